"""Signing on by an existing identity provider (OpenID Connect): what its claims make of somebody. Pure.

The provider says who somebody is and which groups they are in; the settings say which group is which role and
area. Somebody without a role of ours is refused, and so is somebody without an area where areas are asked for:
a group that nobody has mapped must never be the whole network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from central.people import USERNAME, PeopleError, Role, User

#: Stands for the whole network where a group is mapped to areas.
WHOLE_NETWORK = "*"


class SignOnRefused(PeopleError):
    """The provider's answer lets nobody in; says why, and nothing of its secrets."""


class NoRightsHere(PeopleError):
    """The provider knows them; nothing here is theirs to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRules:
    """Which claim says what."""

    username: str = "preferred_username"
    name: str = "name"
    roles: str = "groups"
    areas: str = ""  #: empty: areas are not asked for, everybody has the whole network
    role_of: Mapping[str, Role]  #: group → role
    area_of: Mapping[str, str]  #: group → area's id, or `WHOLE_NETWORK`

    def user(self, claims: Mapping[str, Any]) -> User:
        """Who it is and what they may.

        Raises:
            SignOnRefused: there is no username, or none that can be one here.
            NoRightsHere: no group is a role, or none is an area where areas are asked for.
        """
        username = str(claims.get(self.username, "")).lower()
        if not USERNAME.fullmatch(username):
            raise SignOnRefused(
                f"expected in the claim {self.username} a username of 2 to 32 of a-z 0-9 . _ - that begins "
                f"with a letter, got {username[:80]!r}"
            )
        roles = frozenset(self.role_of[group] for group in _values(claims, self.roles) if group in self.role_of)
        if not roles:
            raise NoRightsHere(
                f"expected one of {username}'s {self.roles} to be a role here, got none that is: an "
                "administrator maps them in the settings"
            )
        name = str(claims.get(self.name) or username).strip()[:64]
        return User(username=username, name=name or username, roles=roles, areas=self._areas(claims, username))

    def _areas(self, claims: Mapping[str, Any], username: str) -> frozenset[str]:
        if not self.areas:
            return frozenset()
        areas = frozenset(self.area_of[each] for each in _values(claims, self.areas) if each in self.area_of)
        if not areas:
            raise NoRightsHere(
                f"expected one of {username}'s {self.areas} to be an area here, got none that is"
            )
        return frozenset() if WHOLE_NETWORK in areas else areas


def _values(claims: Mapping[str, Any], name: str) -> list[str]:
    """A claim is one text or a list of them."""
    found = claims.get(name, [])
    return (
        [found] if isinstance(found, str) else [str(each) for each in found] if isinstance(found, list) else []
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom the provider vouches for."""

    issuer: str
    subject: str  #: never given to anybody else by the issuer
    user: User  #: as its claims make them


class IdentityProvider(Protocol):
    """Where people sign on. May be called from several threads.

    Every method raises StoreUnavailable where the provider can't be reached.
    """

    name: str  #: as people call it

    def address(self, *, state: str, nonce: str, challenge: str) -> str:
        """Where to send the browser. `challenge`: S256 of the verifier that `identity` is given (PKCE)."""
        ...

    def identity(self, *, code: str, verifier: str, nonce: str) -> Identity:
        """Whom the code that the browser brought back stands for.

        Raises:
            SignOnRefused: the provider took the code for nothing, or its token is not for us, not from it,
                over, or of another sign-on.
            NoRightsHere: see `ClaimRules.user`.
        """
        ...
