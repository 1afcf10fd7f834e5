"""The daily digest of the audit trail, signed: what a third party holds the trail against. Pure but for its
key file.

A digest tells of one local day: its entries' numbers, how many of each action, and the hash of the last one.
Since each entry's hash covers all before it, whoever keeps the digests can prove which entries there were,
and a centre that wrote its trail anew could not sign the old days without showing it. Signed with Ed25519
(RFC 8032): the public key is enough to check, the private one stays in a file of mode 0600."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

FORMAT = "bukong audit digest 1"


class BadDigest(ValueError):
    """It is no digest, or not one that was signed with this key; says what was expected and what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """One local day of the trail."""

    day: date
    first: int  #: audit_id; 0 where the day has no entry
    last: int
    head: str  #: SHA-256 of the last entry up to the end of the day
    entries: int  #: of the trail, up to the end of the day
    actions: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A signed day."""

    day: date
    body: str  #: canonical JSON; what is signed, byte by byte
    signature: str  #: base64

    def file(self, public_key: str) -> str:
        """As it is handed on: the key is only a hint; who checks has got it by another way."""
        return json.dumps(
            {"body": json.loads(self.body), "signature": self.signature, "public_key": public_key},
            ensure_ascii=False,
            indent=2,
        )


def bounds(day: date, utc_offset: timedelta) -> tuple[datetime, datetime]:
    """When the local day begins and ends."""
    begin = datetime(day.year, day.month, day.day, tzinfo=timezone(utc_offset))
    return begin, begin + timedelta(days=1)


class Signer:
    """Signs with the key in a file, which is made where there is none."""

    def __init__(self, path: Path) -> None:
        """Raises:
        OSError: it can't be read or made.
        BadDigest: the file holds no key.
        """
        if not path.exists():
            _new_key(path)
        raw = path.read_bytes()
        if len(raw) != 32:
            raise BadDigest(f"expected a key of 32 bytes in {path}, found {len(raw)}")
        self._key = Ed25519PrivateKey.from_private_bytes(raw)

    @property
    def public_key(self) -> str:
        """As PEM."""
        return (
            self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
        )

    def sign(self, count: DayCount, *, made_at: datetime) -> Digest:
        body = _canonical(
            {
                "format": FORMAT,
                "day": count.day.isoformat(),
                "first": count.first,
                "last": count.last,
                "count": count.last - count.first + 1 if count.first else 0,
                "entries": count.entries,
                "head": count.head,
                "actions": dict(count.actions),
                "made_at": made_at.isoformat(timespec="seconds"),
            }
        )
        return Digest(
            day=count.day, body=body, signature=base64.b64encode(self._key.sign(body.encode())).decode("ascii")
        )


def read(text: str, *, public_key: str) -> DayCount:
    """What a digest's file says, once its signature was checked with the key, as PEM.

    Raises:
        BadDigest: it is not as it was signed.
    """
    try:
        key = load_pem_public_key(public_key.encode())
    except ValueError as error:
        raise BadDigest(f"expected a public key as PEM: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise BadDigest(f"expected an Ed25519 key, got {type(key).__name__}")
    try:
        found = json.loads(text)
        body, signature = found["body"], base64.b64decode(found["signature"], validate=True)
        key.verify(signature, _canonical(body).encode())
        if body["format"] != FORMAT:
            raise BadDigest(f"expected {FORMAT!r}, got {body['format']!r}")
        return DayCount(
            day=date.fromisoformat(body["day"]),
            first=int(body["first"]),
            last=int(body["last"]),
            head=str(body["head"]),
            entries=int(body["entries"]),
            actions={str(action): int(count) for action, count in body["actions"].items()},
        )
    except InvalidSignature:
        raise BadDigest(
            "the signature is not this key's over this text: it was changed, or is another's"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, BadDigest):
            raise
        raise BadDigest(f"expected a digest's file, got something else: {error}") from error


def _canonical(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def _new_key(path: Path) -> None:
    raw = Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(beside, path)  # where another process was first, its key is the one
    except FileExistsError:
        pass
    finally:
        beside.unlink()
