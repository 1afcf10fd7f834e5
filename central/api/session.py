"""Signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from central.api.security import SESSION_COOKIE, CurrentUser, ServicesOf, address_of, csrf_of
from central.people import MAX_PASSWORD, Role, User

router = APIRouter(prefix="/api", tags=["session"])


class Credentials(BaseModel):
    """Who signs in."""

    username: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(examples=["operator"])
    password: Annotated[str, StringConstraints(min_length=1, max_length=MAX_PASSWORD)] = Field(
        examples=["correct horse battery"], repr=False
    )


class UserView(BaseModel):
    """Who is signed in."""

    username: str
    name: str
    roles: list[Role]
    language: str = Field(description="Of the console, BCP 47.", examples=["zh-CN"])


class SessionView(BaseModel):
    """A session; the cookie carries its secret."""

    user: UserView
    csrf: str = Field(description="To be sent as X-CSRF-Token with every change.")

    @classmethod
    def of(cls, user: User, token: str) -> SessionView:
        return cls(
            user=UserView(
                username=user.username, name=user.name, roles=sorted(user.roles), language=user.language
            ),
            csrf=csrf_of(token),
        )


@router.post("/session", responses={401: {}, 429: {"description": "Too many failed; Retry-After says when."}})
def sign_in(
    credentials: Credentials, request: Request, response: Response, services: ServicesOf
) -> SessionView:
    """Open a session. A wrong name and a wrong password look the same; too many of either lock one out."""
    signed_in = services.records.people.sign_in(
        credentials.username,
        credentials.password,
        address=address_of(request),
        replaces=request.cookies.get(SESSION_COOKIE),
    )
    response.set_cookie(
        SESSION_COOKIE,
        signed_in.token,
        max_age=round((signed_in.expires_at - services.clock.now()).total_seconds()),
        httponly=True,
        samesite="strict",
        secure=services.settings.secure_cookies,
    )
    return SessionView.of(signed_in.user, signed_in.token)


@router.get("/session")
def read_session(user: CurrentUser, request: Request) -> SessionView:
    """Whose session this is."""
    return SessionView.of(user, request.state.token)


@router.delete("/session", status_code=204)
def sign_out(request: Request, response: Response, services: ServicesOf) -> None:
    """End the session."""
    services.records.people.sign_out(request.state.token)
    response.delete_cookie(
        SESSION_COOKIE, httponly=True, samesite="strict", secure=services.settings.secure_cookies
    )
