"""Tokens with which nodes upload their images."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from central.api.security import CurrentUser, ServicesOf

router = APIRouter(prefix="/api/machine-tokens", tags=["machine tokens"])


class MachineName(BaseModel):
    """Which machine the token is for."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)] = Field(
        examples=["node-1"]
    )


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
                revoked_at=t.revoked_at,
            )
            for t in services.records.people.machine_tokens()
        ]
    )


@router.post("", status_code=201)
def create_machine_token(machine: MachineName, user: CurrentUser, services: ServicesOf) -> NewMachineToken:
    """A new token."""
    token = services.records.people.create_machine_token(machine.name, by=user.username)
    return NewMachineToken(name=machine.name, token=token)


@router.delete("/{token_id}", status_code=204)
def revoke_machine_token(token_id: str, user: CurrentUser, services: ServicesOf) -> None:
    """The token is worth nothing from now on; revoking again changes nothing."""
    services.records.people.revoke_machine_token(token_id, by=user.username)
