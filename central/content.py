"""What a version of the watchlist held, as one number that can be kept up order by order. Pure.

The digest of a set: SHAKE-256 of every entry as 2,048 bits, summed modulo 2^2048, then hashed. The order of
the entries doesn't matter, an entry is added or taken away in microseconds however long the list is, and nobody
knows how to find two lists of one digest (M. Bellare and D. Micciancio, "A New Paradigm for Collision-free
Hashing", 1997, with a modulus wide enough for long lists).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from proto.codec import encode_watchlist_entry
from proto.passage import WatchlistEntry

_BYTES = 256
_MODULUS = 1 << (8 * _BYTES)


class Content:
    """The sum over a set of entries; starts with none."""

    __slots__ = ("_sum",)

    def __init__(self, hexadecimal: str = "") -> None:
        """As `hex` gave it; empty for no entries."""
        self._sum = int(hexadecimal or "0", 16)

    def add(self, encoded: bytes) -> None:
        """An entry, as `proto.codec` writes it, that was not there."""
        self._sum = (self._sum + _term(encoded)) % _MODULUS

    def remove(self, encoded: bytes) -> None:
        """An entry that was there."""
        self._sum = (self._sum - _term(encoded)) % _MODULUS

    def merge(self, hexadecimal: str) -> None:
        """All that another sum added and took away, as its `hex` gave it."""
        self._sum = (self._sum + int(hexadecimal or "0", 16)) % _MODULUS

    def hex(self) -> str:
        """512 digits."""
        return f"{self._sum:0{2 * _BYTES}x}"

    def digest(self) -> str:
        """64 hex digits that stand for the whole set."""
        return hashlib.sha256(self._sum.to_bytes(_BYTES, "big")).hexdigest()


def digest_of(entries: Iterable[WatchlistEntry]) -> str:
    """Of a whole list, for who has it and wants to check."""
    content = Content()
    for entry in entries:
        content.add(encode_watchlist_entry(entry))
    return content.digest()


def _term(encoded: bytes) -> int:
    return int.from_bytes(hashlib.shake_256(encoded).digest(_BYTES), "big")
