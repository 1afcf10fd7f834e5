"""References to pictures that a neighbour was told of: for that neighbour, for minutes. Pure."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime, timedelta

from central.federation.peer import Home
from proto.signature import is_signed, sign

#: Long enough to look at what was found.
LASTS = timedelta(minutes=10)
_SIGNATURE_BYTES = 64
_PURPOSE = b"bukong-image-1\n"


class BadReference(Exception):
    """A reference that leads nowhere; says whether it is too old or not ours."""


def issue(home: Home, sha256: str, *, to: str, now: datetime) -> str:
    """A reference to one picture, for one centre; fit for a URL."""
    until = int((now + LASTS).timestamp())
    body = json.dumps([sha256, to, until], ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(sign(home.secret, _PURPOSE + body) + body).decode("ascii").rstrip("=")


def redeem(home: Home, reference: str, *, by: str, now: datetime) -> str:
    """The picture's SHA-256.

    Raises:
        BadReference: we did not issue it, not to them, or it is too old.
    """
    try:
        raw = base64.urlsafe_b64decode(reference + "=" * (-len(reference) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    signature, body = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
    if not is_signed(home.verify_key, _PURPOSE + body, signature):
        raise BadReference("expected a reference of this centre's")
    sha256, to, until = json.loads(body)
    if to != by:
        raise BadReference("expected a reference that was given to the centre that asks")
    if now.timestamp() >= until:
        raise BadReference("expected a reference of the last minutes, got an older one: search again")
    return str(sha256)
