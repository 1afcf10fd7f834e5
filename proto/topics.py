"""The bus's topics: name, what a record carries, key, and how long it stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic of the bus."""

    name: str
    partitions: int
    retention: timedelta | None  #: None: kept while it is the newest of its key
    compacted: bool = False  #: keep the newest record of each key


#: PassageBatch, keyed by node: a node's passages stay in order.
PASSAGES = Topic(name="bukong.passages.v1", partitions=12, retention=timedelta(days=7))
#: Heartbeat, keyed by node.
HEARTBEATS = Topic(name="bukong.heartbeats.v1", partitions=3, retention=timedelta(days=1))
#: The nodes' form of the watchlist: SiteBucket keyed by its number, SignedManifest; see `proto.site_list`.
WATCHLIST = Topic(name="bukong.watchlist.v1", partitions=1, retention=None, compacted=True)
#: DeadLetter: the original bytes with where they came from and why they were refused.
DEAD_LETTERS = Topic(name="bukong.dead-letters.v1", partitions=1, retention=timedelta(days=90))

ALL = (PASSAGES, HEARTBEATS, WATCHLIST, DEAD_LETTERS)
