"""Whom an existing identity provider signs on, and as what."""

from __future__ import annotations

from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from central.config.section import ENVIRONMENT_PREFIX, Section
from central.people import Role
from central.sign_on import ClaimRules


class OidcSettings(Section):
    """Signing on by an existing identity provider (OpenID Connect); passwords go on beside it."""

    issuer: str = Field(
        default="", description="The provider's address, as it calls itself; empty: there is none."
    )
    name: str = Field(
        default="统一身份认证", max_length=64, description="What people call it: on the sign-in page."
    )
    client_id: str = Field(default="", description="What the provider calls us.")
    client_secret: SecretStr = Field(
        default=SecretStr(""),
        description=f"Better not in a file: give it in {ENVIRONMENT_PREFIX}OIDC__CLIENT_SECRET.",
    )
    redirect_uri: str = Field(
        default="",
        description="Where it sends people back, e.g. https://bukong.example/api/sign-on/callback.",
    )
    scopes: tuple[str, ...] = Field(default=("openid", "profile"), description="Asked of the provider.")
    username_claim: str = Field(default="preferred_username", description="Claim with the username.")
    name_claim: str = Field(default="name", description="Claim with the name.")
    roles_claim: str = Field(default="groups", description="Claim with the groups that are roles here.")
    roles: tuple[str, ...] = Field(
        default=(), description='Which group is which role, like "duty-room=operator". Others are none.'
    )
    areas_claim: str = Field(
        default="", description="Claim with what is an area here; empty: everybody has the whole network."
    )
    areas: tuple[str, ...] = Field(
        default=(), description='Like "ziliujing-branch=ziliujing"; "headquarters=*" is the whole network.'
    )

    @field_validator("issuer")
    @classmethod
    def _secure(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
        if issuer and parts.scheme != "https" and not local:
            raise ValueError("expected an address that begins with https://")
        return issuer

    @field_validator("roles")
    @classmethod
    def _roles_there_are(cls, roles: tuple[str, ...]) -> tuple[str, ...]:
        for role in _pairs(roles).values():
            if role not in list(Role):
                raise ValueError(f"expected a role of {', '.join(Role)} behind the =, got {role!r}")
        return roles

    @field_validator("areas")
    @classmethod
    def _pairs_of_areas(cls, areas: tuple[str, ...]) -> tuple[str, ...]:
        _pairs(areas)
        return areas

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.issuer:
            missing = [each for each in ("client_id", "redirect_uri", "roles") if not getattr(self, each)]
            if missing:
                raise ValueError(f"expected {', '.join(missing)} beside an issuer, got none")
        return self

    def rules(self) -> ClaimRules:
        return ClaimRules(
            username=self.username_claim,
            name=self.name_claim,
            roles=self.roles_claim,
            areas=self.areas_claim,
            role_of={group: Role(role) for group, role in _pairs(self.roles).items()},
            area_of=_pairs(self.areas),
        )


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    """Raises:
    ValueError: one is not like this=that.
    """
    pairs = [text.rpartition("=") for text in texts]
    for (left, _, right), text in zip(pairs, texts, strict=True):
        if not left or not right:
            raise ValueError(f"expected pairs like this=that, got {text!r}")
    return {left: right for left, _, right in pairs}
