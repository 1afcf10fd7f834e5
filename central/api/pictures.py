"""Whose addresses of pictures an answer carries: see `central.picture`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from central.api.security import ServicesOf
from central.api.services import Services
from central.people import User
from central.picture import Addresses


def addresses_for(services: Services, user: User) -> Addresses:
    """What this person can open."""
    return Addresses.of(services.records.picture_key, user.username, now=services.clock.now())


def _addresses(request: Request, services: ServicesOf) -> Addresses | None:
    user = getattr(request.state, "user", None)
    return addresses_for(services, user) if isinstance(user, User) else None


#: The caller's; None: a machine, which opens no pictures and is told bare addresses.
CurrentAddresses = Annotated[Addresses | None, Depends(_addresses)]
