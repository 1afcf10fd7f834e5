"""What a centre puts around a question so that its neighbour knows who asks, and that it asks now. Pure.

Signed (Ed25519) are: who asks, who is asked, the path, the time, a nonce and the body's SHA-256. A question
that was recorded can't be asked again (time and nonce), nor be put to another centre or another route.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from central.federation.peer import Home, Peer
from proto.signature import is_signed, sign

#: Clocks of two centres may differ by so much; a nonce is remembered for longer than twice this.
CLOCKS_APART = timedelta(seconds=60)
_FORMAT = "bukong-federation-1"
_PREFIX = "X-Bukong-"
_NONCE = re.compile(r"[0-9a-f]{32}")


class NotAdmitted(Exception):
    """A question that is not answered at all; says what was expected, not what is known here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Of a question that a known centre signed for us, lately. Whether its nonce is new is not known yet."""

    peer: Peer
    nonce: str


def sealed(home: Home, *, to: str, path: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers to send with the body."""
    time, nonce = str(int(now.timestamp())), secrets.token_hex(16)
    signature = sign(home.secret, _signed(home.name, to, path, time, nonce, body))
    return {
        f"{_PREFIX}Centre": _ascii(home.name),
        f"{_PREFIX}Time": time,
        f"{_PREFIX}Nonce": nonce,
        f"{_PREFIX}Signature": base64.b64encode(signature).decode("ascii"),
    }


def opened(
    headers: Mapping[str, str], body: bytes, *, home: Home, peers: Mapping[str, Peer], path: str, now: datetime
) -> Envelope:
    """Args:
        headers: of the request; names in any case where the mapping allows for it.
        peers: by name.

    Raises:
        NotAdmitted: it is nobody's whom we know, not for us, not of now, or not as it was signed.
    """
    time, nonce = headers.get(f"{_PREFIX}Time", ""), headers.get(f"{_PREFIX}Nonce", "")
    peer = peers.get(_text(headers.get(f"{_PREFIX}Centre", "")))
    if peer is None or not time.isascii() or not time.isdigit() or not _NONCE.fullmatch(nonce):
        raise NotAdmitted("expected a question signed by a neighbouring centre")
    try:
        signature = base64.b64decode(headers.get(f"{_PREFIX}Signature", ""), validate=True)
    except (binascii.Error, ValueError):
        signature = b""
    if not is_signed(peer.verify_key, _signed(peer.name, home.name, path, time, nonce, body), signature):
        raise NotAdmitted("expected a question signed by a neighbouring centre")
    apart = abs(int(time) - now.timestamp())
    if apart > CLOCKS_APART.total_seconds():
        raise NotAdmitted(f"expected clocks within {CLOCKS_APART.seconds} s of each other, got {apart:.0f} s")
    return Envelope(peer=peer, nonce=nonce)


def _signed(centre: str, to: str, path: str, time: str, nonce: str, body: bytes) -> bytes:
    parts = (_FORMAT, _ascii(centre), _ascii(to), path, time, nonce, hashlib.sha256(body).hexdigest())
    return "\n".join(parts).encode("utf-8")


def _ascii(name: str) -> str:
    """A name as a header can carry it."""
    return name.encode("utf-8").hex()


def _text(header: str) -> str:
    try:
        return bytes.fromhex(header).decode("utf-8")
    except ValueError:
        return ""
