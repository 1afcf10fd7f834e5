"""The identity provider by OpenID Connect: authorization code with PKCE. The only module that knows joserfc.

OpenID Connect Core 1.0 (3.1.3.7 for what is checked of the ID token), OpenID Connect Discovery 1.0, RFC 7636.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from central.ports import StoreUnavailable
from central.sign_on import ClaimRules, Identity, SignOnRefused
from proto.clock import Clock

#: What a token may be signed with: never a secret that both sides have, never nothing.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
LEEWAY_S = 60  #: by which the provider's clock may differ
TIMEOUT_S = 10.0
#: Anybody may begin a sign-on: with the provider away that must not take all threads of the API.
ASKING_AT_ONCE = 4
WAIT_S = 1.0
_DISCOVERY = "/.well-known/openid-configuration"
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class OidcProvider:
    """See `central.sign_on.IdentityProvider`. Finds the provider's addresses and keys when they are first
    needed, and its keys anew where a token is signed by one that is not known yet."""

    def __init__(
        self,
        *,
        name: str,
        issuer: str,
        client_id: str,
        client_secret: str,
        redirect_uri: str,
        scopes: Sequence[str],
        rules: ClaimRules,
        clock: Clock,
    ) -> None:
        self.name = name
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._scopes = tuple(scopes)
        self._rules = rules
        self._clock = clock
        self._slots = threading.BoundedSemaphore(ASKING_AT_ONCE)
        self._lock = threading.Lock()  # held while the provider is asked: see `_waited_for`
        self._endpoints: Mapping[str, str] | None = None
        self._keys: KeySet | None = None

    def address(self, *, state: str, nonce: str, challenge: str) -> str:
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": " ".join(self._scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        base = self._found()["authorization_endpoint"]
        return f"{base}{'&' if urlsplit(base).query else '?'}{urlencode(asked)}"

    def identity(self, *, code: str, verifier: str, nonce: str) -> Identity:
        given = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        answer = self._fetch("POST", self._found()["token_endpoint"], given)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise SignOnRefused("expected an ID token from the identity provider, got none")
        claims = self._checked(token, nonce)
        return Identity(issuer=self._issuer, subject=str(claims["sub"]), user=self._rules.user(claims))

    def _checked(self, token: str, nonce: str) -> Mapping[str, Any]:
        """Claims of a token that the provider signed, for us, now, for this sign-on."""
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._issuer},
            sub={"essential": True},
            aud={"essential": True, "value": self._client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = self._decoded(token)
            registry.validate(claims)
        except (JoseError, ValueError) as error:
            # joserfc names the claim or the fault, never the token.
            raise SignOnRefused(
                f"expected an ID token that {self._issuer} signed for us and this sign-on: {error}"
            ) from error
        audience = claims["aud"]
        several = isinstance(audience, list) and len(audience) > 1
        if (several or "azp" in claims) and claims.get("azp") != self._client_id:
            raise SignOnRefused(
                "expected an ID token that was asked for by us, got one that another party asked for"
            )
        return claims

    def _decoded(self, token: str) -> dict[str, Any]:
        try:
            return jwt.decode(token, self._known_keys(), algorithms=ALGORITHMS).claims
        except (JoseError, ValueError):
            # It may have changed its keys since we asked.
            return jwt.decode(token, self._known_keys(anew=True), algorithms=ALGORITHMS).claims

    def _found(self) -> Mapping[str, str]:
        with _waited_for(self._lock):
            if self._endpoints is None:
                told = self._fetch("GET", self._issuer.rstrip("/") + _DISCOVERY)
                issuer = told.get("issuer")
                if issuer != self._issuer:
                    raise SignOnRefused(
                        f"expected the identity provider to call itself {self._issuer}, got {issuer!r}"
                    )
                endpoints = {name: str(told.get(name, "")) for name in _ENDPOINTS}
                wanted = urlsplit(self._issuer).scheme
                for name, address in endpoints.items():
                    if urlsplit(address).scheme not in ("https", wanted):
                        raise SignOnRefused(f"expected an https address as {name}, got {address!r}")
                self._endpoints = endpoints
            return self._endpoints

    def _known_keys(self, *, anew: bool = False) -> KeySet:
        address = self._found()["jwks_uri"]
        with _waited_for(self._lock):
            if self._keys is None or anew:
                told = self._fetch("GET", address)
                self._keys = KeySet.import_key_set({"keys": told.get("keys", [])})
            return self._keys

    def _fetch(self, method: str, address: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
        auth = (self._client_id, self._client_secret) if form is not None else None
        try:
            with _waited_for(self._slots):
                answer = httpx.request(method, address, data=form, auth=auth, timeout=TIMEOUT_S)
        except httpx.HTTPError as error:
            raise StoreUnavailable(f"the identity provider can't be reached: {type(error).__name__}") from error
        if answer.status_code >= 500:
            raise StoreUnavailable(f"the identity provider answered {answer.status_code}")
        try:
            told = answer.json()
        except ValueError:
            told = None
        if answer.status_code != 200 or not isinstance(told, dict):
            # Its `error` is one of the standard's words; its description may repeat what we sent.
            why = told.get("error", "") if isinstance(told, dict) else ""
            raise SignOnRefused(
                f"expected the identity provider to answer, got {answer.status_code} {str(why)[:40]}".rstrip()
            )
        return told


@contextmanager
def _waited_for(turn: threading.Lock | threading.BoundedSemaphore) -> Iterator[None]:
    """Raises:
    StoreUnavailable: it is not one's turn before long, since the provider is slow to answer others.
    """
    if not turn.acquire(timeout=WAIT_S):
        raise StoreUnavailable("the identity provider is slow to answer: too many sign-ons wait for it")
    try:
        yield
    finally:
        turn.release()
