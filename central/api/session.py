"""Signing in and out, one's password, one's sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from central.api.security import SESSION_COOKIE, CurrentUser, ServicesOf, address_of, csrf_of
from central.api.services import Services
from central.people import MAX_PASSWORD, LockedOut, Role, User
from central.records import SignedIn

router = APIRouter(prefix="/api", tags=["session"])
Secret = Annotated[str, StringConstraints(min_length=1, max_length=MAX_PASSWORD)]


class Credentials(BaseModel):
    """Who signs in."""

    username: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(examples=["operator"])
    password: Secret = Field(examples=["correct horse battery"], repr=False)


class UserView(BaseModel):
    """Who is signed in."""

    username: str
    name: str
    roles: list[Role]
    language: str = Field(description="Of the console, BCP 47.", examples=["zh-CN"])
    areas: list[str] = Field(description="Ids of the areas they see. Empty: the whole network.")
    must_change_password: bool = Field(description="Nothing else is open to them before.")


class SessionView(BaseModel):
    """A session; the cookie carries its secret."""

    user: UserView
    csrf: str = Field(description="To be sent as X-CSRF-Token with every change.")

    @classmethod
    def of(cls, user: User, token: str) -> SessionView:
        return cls(
            user=UserView(
                username=user.username,
                name=user.name,
                roles=sorted(user.roles),
                language=user.language,
                areas=sorted(user.areas),
                must_change_password=user.must_change_password,
            ),
            csrf=csrf_of(token),
        )


def set_session_cookie(response: Response, signed_in: SignedIn, services: Services) -> None:
    """The browser keeps the session for as long as it lasts."""
    response.set_cookie(
        SESSION_COOKIE,
        signed_in.token,
        max_age=round((signed_in.expires_at - services.clock.now()).total_seconds()),
        httponly=True,
        samesite="strict",
        secure=services.settings.secure_cookies,
    )


@router.post("/session", responses={401: {}, 429: {"description": "Too many failed; Retry-After says when."}})
def sign_in(
    credentials: Credentials, request: Request, response: Response, services: ServicesOf
) -> SessionView:
    """Open a session. A wrong name and a wrong password look the same; too many of either lock one out."""
    address = address_of(request)
    locked_until = services.state.throttle.claim(credentials.username, address)
    if locked_until is not None:
        raise LockedOut(locked_until)
    signed_in = services.records.people.sign_in(
        credentials.username,
        credentials.password,
        address=address,
        replaces=request.cookies.get(SESSION_COOKIE),
    )
    services.state.throttle.forgive(credentials.username)
    set_session_cookie(response, signed_in, services)
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


class PasswordChange(BaseModel):
    """Of one's own password."""

    old: Secret = Field(repr=False)
    new: Secret = Field(repr=False, description="Ten characters or more, not what a guesser would try first.")


class OpenSession(BaseModel):
    """A session that is open."""

    session_id: str
    address: str = Field(description="That it was opened from.")
    created_at: datetime
    seen_at: datetime = Field(description="Last use, to the minute.")
    expires_at: datetime
    current: bool = Field(description="Whether it is the one that asks.")


class SessionsView(BaseModel):
    """The most lately opened first."""

    sessions: list[OpenSession]


@router.post("/session/password", status_code=204, responses={429: {}})
def change_password(change: PasswordChange, user: CurrentUser, request: Request, services: ServicesOf) -> None:
    """Change one's own password; one's other sessions end. Wrong old ones count as failed sign-ins."""
    services.records.people.change_password(
        user.username, change.old, change.new, address=address_of(request), token=request.state.token
    )


@router.get("/sessions")
def list_sessions(user: CurrentUser, request: Request, services: ServicesOf) -> SessionsView:
    """One's own open sessions."""
    people = services.records.people
    current = people.session_id(request.state.token)
    return SessionsView(
        sessions=[
            OpenSession(
                session_id=s.session_id,
                address=s.address,
                created_at=s.created_at,
                seen_at=s.seen_at,
                expires_at=s.expires_at,
                current=s.session_id == current,
            )
            for s in people.sessions(user.username)
        ]
    )


@router.delete("/sessions/{session_id}", status_code=204)
def end_session(session_id: str, user: CurrentUser, services: ServicesOf) -> None:
    """End one of one's own sessions."""
    services.records.people.end_session(user.username, session_id, by=user.username)
