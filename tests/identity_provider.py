"""A small OpenID Connect provider for tests: real HTTP, its own signing keys, and ways to go wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from proto.clock import Clock

CLIENT_ID, CLIENT_SECRET = "bukong", "marker-client-secret"


@dataclass(slots=True, kw_only=True)
class Provider:
    """What it says of whoever signs in; a test changes it."""

    clock: Clock
    issuer: str = ""
    subject: str = "subject-1"
    claims: dict[str, Any] = field(
        default_factory=lambda: {"preferred_username": "Chen.Gang", "name": "陈刚", "groups": ["duty-room"]}
    )
    overrides: dict[str, Any] = field(default_factory=dict)  #: of the claims that the standard asks for
    key: RSAKey = field(default_factory=lambda: new_key("one"))
    signs_with: RSAKey | None = None  #: another key than the one it publishes
    forge: Callable[[dict[str, Any]], str] | None = None  #: makes the token instead
    broken: bool = False  #: answers 500
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    issued: list[str] = field(default_factory=list)  #: every secret that it gave out

    def authorise(self, query: dict[str, str]) -> str:
        """The person signs in; where the browser is sent back to."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT_ID
        assert "openid" in query["scope"].split()
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        self.issued.append(code)
        return f"{query['redirect_uri']}?code={code}&state={query['state']}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Code and verifier for an ID token; each code once."""
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if authorization != f"Basic {expected}":
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.claims,
            **self.overrides,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        key = self.signs_with or self.key
        token = self.forge(claims) if self.forge else jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)
        access = secrets.token_urlsafe(16)
        self.issued += [token, access]
        return 200, {"id_token": token, "access_token": access, "token_type": "Bearer", "expires_in": 300}


def new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@contextmanager
def running_provider(clock: Clock) -> Iterator[Provider]:
    """On a free port, until the block ends."""
    provider = Provider(clock=clock)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/.well-known/openid-configuration":
                self._answer(
                    200,
                    {
                        "issuer": provider.issuer,
                        "authorization_endpoint": f"{provider.issuer}/authorize",
                        "token_endpoint": f"{provider.issuer}/token",
                        "jwks_uri": f"{provider.issuer}/keys",
                    },
                )
            elif parts.path == "/keys":
                self._answer(200, {"keys": [provider.key.as_dict(private=False)]})
            elif parts.path == "/authorize":
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self.send_response(302)
                self.send_header("Location", provider.authorise(query))
                self.end_headers()
            else:
                self._answer(404, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._answer(*provider.token(form, self.headers.get("Authorization", "")))

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(500 if provider.broken else status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 – as it is called there
            """Nothing: the log of the centre is what tests look at."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
