"""Signing on by the identity provider: to it and back again, in the browser."""

from __future__ import annotations

import base64
import hashlib
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from central.api.security import SESSION_COOKIE, ServicesOf, address_of
from central.api.services import Services
from central.api.session import set_session_cookie
from central.people import InvalidUser
from central.sign_on import IdentityProvider, NoRightsHere, SignOnRefused

router = APIRouter(prefix="/api/sign-on", tags=["session"])
#: Ties a sign-on to the browser that began it. Lax: it must come along when the provider sends them back.
BROWSER_COOKIE = "bukong_sign_on"
_PATH = "/api/sign-on"
_LASTS_S = 600
_OFTEN = {"description": "Too many failed or not ended from there; Retry-After says when."}
Opaque = Annotated[str, Query(max_length=4096)]


class SignOnView(BaseModel):
    """Whether people can sign on elsewhere."""

    available: bool
    name: str = Field(description="What the identity provider is called; empty where there is none.")


def _provider(services: Services) -> IdentityProvider:
    if services.identity_provider is None:
        raise HTTPException(
            404, "expected an identity provider in the settings, found none: sign in by password"
        )
    return services.identity_provider


@router.get("")
def read_sign_on(services: ServicesOf) -> SignOnView:
    """Whether there is an identity provider."""
    provider = services.identity_provider
    return SignOnView(available=provider is not None, name="" if provider is None else provider.name)


@router.get(
    "/start", status_code=302, response_class=RedirectResponse, responses={401: {}, 404: {}, 429: _OFTEN}
)
def start_sign_on(request: Request, services: ServicesOf) -> RedirectResponse:
    """To the identity provider."""
    provider = _provider(services)
    begun = services.records.sign_ons.begin(address=address_of(request))
    digest = hashlib.sha256(begun.verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    answer = RedirectResponse(
        provider.address(state=begun.state, nonce=begun.nonce, challenge=challenge), status_code=302
    )
    answer.set_cookie(
        BROWSER_COOKIE,
        begun.browser,
        max_age=_LASTS_S,
        path=_PATH,
        httponly=True,
        samesite="lax",
        secure=services.settings.secure_cookies,
    )
    return answer


@router.get(
    "/callback",
    status_code=302,
    response_class=RedirectResponse,
    responses={401: {}, 403: {}, 404: {}, 429: _OFTEN},
)
def finish_sign_on(
    request: Request,
    services: ServicesOf,
    state: Opaque = "",
    code: Opaque = "",
    error: Annotated[str, Query(max_length=4096, description="The provider's, where it let nobody in.")] = "",
) -> RedirectResponse:
    """Back from the identity provider: open a session and go to the console.

    1. The sign-on must be one that this browser began, and is taken so that it can't be used again. 2. The
    provider says whom the code stands for. 3. Their account is made or brought up to what it says, and a
    session opened. What is refused is in the audit trail.
    """
    provider = _provider(services)
    address = address_of(request)
    sign_ons = services.records.sign_ons
    try:
        begun = sign_ons.take(state, request.cookies.get(BROWSER_COOKIE, ""), address=address)  # 1.
        if error or not code:
            raise SignOnRefused("expected the identity provider to let somebody in, it did not")
        identity = provider.identity(code=code, verifier=begun.verifier, nonce=begun.nonce)  # 2.
        signed_in = sign_ons.enter(  # 3.
            identity, address=address, replaces=request.cookies.get(SESSION_COOKIE)
        )
    except (SignOnRefused, NoRightsHere, InvalidUser) as refusal:
        sign_ons.refused(str(refusal), address=address)
        if isinstance(refusal, InvalidUser):
            raise HTTPException(403, str(refusal)) from refusal
        raise
    answer = RedirectResponse("/", status_code=302)
    set_session_cookie(answer, signed_in, services)
    answer.delete_cookie(BROWSER_COOKIE, path=_PATH, httponly=True, samesite="lax")
    return answer
