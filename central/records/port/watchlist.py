"""The watchlist's versions, and the keys of its form on the nodes. See `central.records.port`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from proto.passage import WatchlistEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistVersion:
    """One state of the active orders."""

    version: int
    at: datetime
    orders: int
    digest: str  #: of all entries, see `central.content`; 64 hex digits


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldEntry:
    """What a version held for an order."""

    since: int | None  #: the version that made it so; None: the order had never been on the list
    entry: WatchlistEntry | None  #: None: it was not on the list


class WatchlistLog(Protocol):
    """Every version of the watchlist since the records began; a hit names the one that it was matched with."""

    def newest(self) -> WatchlistVersion: ...

    def get(self, version: int) -> WatchlistVersion:
        """Raises:
        NotFound: no such version.
        """
        ...

    def held(self, version: int, order_id: str) -> HeldEntry:
        """Raises:
        NotFound: no such version.
        """
        ...

    def recount(self, version: int) -> str:
        """The digest reckoned anew from all changes up to the version; slow. Another one than was written then
        means that the log was tampered with."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSecret:
    """What makes and seals the nodes' form of the watchlist."""

    epoch: int
    key: bytes = field(repr=False)  #: of the tags, 32 bytes
    signing_key: bytes = field(repr=False)  #: Ed25519, 32 bytes


class SiteKeyBook(Protocol):
    """The keys of the nodes' form of the watchlist, epoch by epoch."""

    def current(self) -> SiteSecret:
        """The newest; made where there is none."""
        ...

    def get(self, epoch: int) -> SiteSecret | None:
        """Of an epoch, also of a past one: passages may come late."""
        ...

    def rotate(self, *, by: str, reason: str) -> int:
        """New keys from now on, e.g. after a node was stolen; returns the epoch."""
        ...
