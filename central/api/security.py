"""Who is calling and whether they may: sessions, machine tokens, CSRF, the origin of a request."""

from __future__ import annotations

import hashlib
import hmac
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from central.api.rights import RIGHTS
from central.api.services import Services
from central.area import Scope
from central.people import MachineToken, User

SESSION_COOKIE = "bukong_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD"})


def services_of(connection: HTTPConnection) -> Services:
    """What the application was made with."""
    services = connection.app.state.services
    assert isinstance(services, Services)
    return services


def csrf_of(token: str) -> str:
    """The session's CSRF token: derived, so nothing more need be kept, and not leading back to the session."""
    return hashlib.sha256(f"bukong csrf {token}".encode()).hexdigest()


def same_origin(connection: HTTPConnection) -> bool:
    """Whether the browser was on this site; callers that are no browsers send no Origin."""
    origin = connection.headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc == connection.headers.get("host")
    except ValueError:  # no browser says such a thing
        return False


def address_of(request: Request) -> str:
    """The caller's address, as the server sees it (behind a proxy, as the trusted proxy says)."""
    return request.client.host if request.client else "unknown"


def authorise(request: Request, services: Annotated[Services, Depends(services_of)]) -> None:
    """Let the request pass or refuse it. Runs before every endpoint.

    1. The route must be in the table. 2. A change must come from this site's own pages. 3. A public route
    passes, and so does one for neighbouring centres, which checks their signature itself. 4. A bearer must have
    a machine's token for what the route does. 5. Anyone else must have a session, 6. show its CSRF token with a
    change, 7. have a role that may, and 8. have the whole network where what the route shows can't be told
    apart by area. The other routes keep to the areas by their `CurrentScope`. 9. Whoever must change their
    password does that first.

    Raises:
        HTTPException: 401 where nobody is known, 403 where somebody may not.
    """
    route = request.scope["route"].path
    right = RIGHTS.get((request.method, route))  # 1.
    if right is None:
        raise HTTPException(403, f"nobody has been given the right to {request.method} {route}")
    changes = request.method not in SAFE_METHODS
    if changes and not same_origin(request):  # 2.
        raise HTTPException(
            403, f"expected a request from {request.headers.get('host')}, got one from elsewhere"
        )
    if right.public or right.peers:  # 3.
        return
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":  # 4.
        machine = services.records.people.machine(bearer)
        if machine is None:
            raise HTTPException(401, "expected a known machine token", {"WWW-Authenticate": "Bearer"})
        if not right.machines & machine.scopes:
            expected = " or ".join(sorted(right.machines))
            needed = f"expected a token for {expected} to" if expected else "machines may not"
            raise HTTPException(
                403, f"{needed} {request.method} {route}, got one for {', '.join(sorted(machine.scopes))}"
            )
        request.state.machine = machine
        request.state.areas = machine.areas
        return
    token = request.cookies.get(SESSION_COOKIE)
    user = services.records.people.session(token) if token else None
    if token is None or user is None:  # 5.
        raise HTTPException(401, "expected a session: sign in first", {"WWW-Authenticate": "Bearer"})
    shown = request.headers.get(CSRF_HEADER, "").encode()
    if changes and not hmac.compare_digest(shown, csrf_of(token).encode()):  # 6.
        raise HTTPException(403, f"expected the session's CSRF token in the header {CSRF_HEADER}")
    if not right.roles & user.roles:  # 7.
        expected = ", ".join(sorted(right.roles)) or "a machine"
        raise HTTPException(
            403, f"expected {expected} to {request.method} {route}, got {', '.join(sorted(user.roles))}"
        )
    if right.whole_network and user.areas:  # 8.
        raise HTTPException(
            403,
            f"expected somebody of the whole network to {request.method} {route}, got one of "
            + ", ".join(sorted(user.areas)),
        )
    if user.must_change_password and not right.before_password_change:  # 9.
        raise HTTPException(403, "expected the password to be changed first: POST /api/session/password")
    request.state.user = user
    request.state.token = token
    request.state.areas = user.areas


def _user(request: Request) -> User:
    user = request.state.user
    assert isinstance(user, User)
    return user


ServicesOf = Annotated[Services, Depends(services_of)]
#: Whoever is signed in; only for routes that people call.
CurrentUser = Annotated[User, Depends(_user)]


def _machine(request: Request) -> MachineToken:
    machine = request.state.machine
    assert isinstance(machine, MachineToken)
    return machine


#: The machine that calls; only for routes that nobody else calls.
CurrentMachine = Annotated[MachineToken, Depends(_machine)]


def _scope(request: Request, services: ServicesOf) -> Scope:
    return services.records.checkpoints.scope(request.state.areas)


#: The checkpoints that they may see: see `central.area` for how a route keeps to them.
CurrentScope = Annotated[Scope, Depends(_scope)]
