"""Tokens of machines: nodes that hand in images, platforms that read, units that report where they are."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from central.api.moment import Moment
from central.api.security import CurrentUser, ServicesOf
from central.api.users import AreaIds
from central.people import TokenScope

router = APIRouter(prefix="/api/machine-tokens", tags=["machine tokens"])


class NewToken(BaseModel):
    """Which machine the token is for, and what it may do with it."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)] = Field(
        examples=["node-1"]
    )
    scopes: set[TokenScope] = Field(default={TokenScope.IMAGES}, min_length=1)
    areas: AreaIds = Field(default=[], description="What it may see. Empty: the whole network.")
    expires_at: Moment | None = Field(default=None, description="null: only when it is revoked.")


class NewMachineToken(BaseModel):
    """The secret, told this once."""

    name: str
    token: str = Field(repr=False)


class MachineTokenView(BaseModel):
    """A token, without its secret."""

    token_id: str
    name: str
    created_at: datetime
    created_by: str
    scopes: list[TokenScope]
    areas: list[str] = Field(description="Empty: the whole network.")
    expires_at: datetime | None
    revoked_at: datetime | None


class MachineTokensView(BaseModel):
    """Newest first, revoked ones too."""

    machine_tokens: list[MachineTokenView]


@router.get("")
def list_machine_tokens(services: ServicesOf) -> MachineTokensView:
    """All tokens there ever were."""
    return MachineTokensView(
        machine_tokens=[
            MachineTokenView(
                token_id=t.token_id,
                name=t.name,
                created_at=t.created_at,
                created_by=t.created_by,
                scopes=sorted(t.scopes),
                areas=sorted(t.areas),
                expires_at=t.expires_at,
                revoked_at=t.revoked_at,
            )
            for t in services.records.people.machine_tokens()
        ]
    )


@router.post("", status_code=201)
def create_machine_token(machine: NewToken, user: CurrentUser, services: ServicesOf) -> NewMachineToken:
    """A new token."""
    token = services.records.people.create_machine_token(
        machine.name,
        by=user.username,
        scopes=machine.scopes,
        areas=machine.areas,
        expires_at=machine.expires_at,
    )
    return NewMachineToken(name=machine.name, token=token)


@router.delete("/{token_id}", status_code=204)
def revoke_machine_token(token_id: str, user: CurrentUser, services: ServicesOf) -> None:
    """The token is worth nothing from now on; revoking again changes nothing."""
    services.records.people.revoke_machine_token(token_id, by=user.username)
