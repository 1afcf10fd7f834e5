"""UUIDv7 (RFC 9562): time-ordered identifiers, minted at the edge."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

_RANDOM_BITS = 74
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def uuid7(at: datetime, *, seed: str | None = None) -> UUID:
    """A UUIDv7 of the given moment (millisecond precision).

    The 74 bits below the time are random, or, with `seed`, its digest: the same moment and seed give the
    same identifier, which makes a replay mint what the first run minted.

    Raises:
        ValueError: `at` has no time zone, or lies outside what 48 bits of milliseconds hold.
    """
    if at.tzinfo is None:
        raise ValueError(f"expected a timezone-aware time, got {at!r}")
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    if not 0 <= milliseconds < 1 << 48:
        raise ValueError(f"expected a time after 1970 that 48 bits of milliseconds hold, got {at!r}")
    if seed is None:
        low = secrets.randbits(_RANDOM_BITS)
    else:
        low = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:10], "big") >> (80 - _RANDOM_BITS)
    high, rest = low >> 62, low & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 0b10 << 62 | rest)
