"""The port of the outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

from proto.passage import Passage


class OutboxError(Exception):
    """Base of everything an outbox raises."""


class OutboxUnavailable(OutboxError):
    """The disk is full or fails, or another process has this outbox; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxLimits:
    """How much waits at most. Beyond it the least valuable goes first, and is counted.

    Order of going: images of passages that hit nothing, images of hits, passages that hit nothing, hits; the
    oldest first within each. A passage is worth more than any picture, and some hundred bytes.
    """

    max_bytes: int = 8 << 30  #: of images and encoded passages together
    max_age: timedelta = timedelta(days=14)
    max_hit_age: timedelta = timedelta(days=90)
    #: How long delivered passages' identifiers are remembered, so that a replay doesn't send them again.
    remember: timedelta = timedelta(days=7)
    remember_at_most: int = 500_000


class QueuedPassage(NamedTuple):
    """A passage that waits."""

    seq: int  #: grows in the order of `put`
    passage: Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedImage:
    """An image that waits."""

    sha256: str
    size: int  #: bytes
    hit: bool  #: evidence of a local hit


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxStats:
    """What waits, and what never will."""

    passages: int  #: waiting
    images: int  #: waiting
    bytes: int  #: on the disk, refused ones included
    oldest_at: datetime | None  #: when the oldest waiting passage was put
    refused_passages: int  #: kept aside: the bus will never take them
    refused_images: int  #: kept aside: the centre will never take them
    evicted_passages: int  #: since the outbox was made: went to make room or for their age
    evicted_images: int
    lost_images: int  #: since the outbox was made: their files were gone or damaged


class Outbox(Protocol):
    """A durable queue of passages and their images; one process has it, any of its threads may use it.

    Durability: what `put` was given survives kill -9 and a power cut once it returns; when the process dies
    inside it, all of it is there or none, the progress mark included.
    Identity: by `passage_id` and by the images' SHA-256. Putting a passage again that waits, or that was
    acknowledged within the limits' `remember`, changes nothing, so a deterministic replay from the last
    progress mark neither loses nor doubles.
    Order: passages come out in the order they were put. Images: hits first, then oldest.
    """

    def put(
        self,
        passages: Sequence[Passage],
        images: Mapping[str, bytes],
        *,
        progress: tuple[str, bytes] | None = None,
        hits: AbstractSet[UUID] = frozenset(),
    ) -> None:
        """Queue passages with their images by SHA-256, and set a progress mark, in one transaction.

        Only images that a passage names as evidence are kept. `hits` are passages that matched an order here.

        Raises:
            ValueError: an image's bytes are not what its SHA-256 says.
            OutboxUnavailable: nothing was queued.
        """
        ...

    def progress(self, name: str) -> bytes | None:
        """The last mark of that name."""
        ...

    def passages(self, limit: int) -> Sequence[QueuedPassage]:
        """The oldest that wait; they stay until acknowledged. One whose bytes were damaged is kept aside as
        `refuse_passage` does, so that it holds up none behind it."""
        ...

    def acknowledge_passages(self, seqs: Sequence[int]) -> None:
        """The bus has them; unknown ones are ignored."""
        ...

    def refuse_passage(self, seq: int, reason: str) -> None:
        """The bus will never take it: keep it aside, with the reason, within the limits."""
        ...

    def images(self, limit: int) -> Sequence[QueuedImage]:
        """The next to send; they stay until done."""
        ...

    def image(self, sha256: str) -> bytes | None:
        """An image's bytes; None where it is gone (evicted meanwhile, or its file is damaged).

        Raises:
            OutboxUnavailable: it can't be read now; it stays in the queue.
        """
        ...

    def image_done(self, sha256: str) -> None:
        """The centre has it; an unknown one is ignored."""
        ...

    def refuse_image(self, sha256: str, reason: str) -> None:
        """The centre will never take it: keep it aside, with the reason, within the limits."""
        ...

    def stats(self) -> OutboxStats: ...

    @property
    def puts(self) -> int:
        """Counts `put`s since opening, for `wait`."""
        ...

    def wait(self, puts: int, timeout_s: float) -> None:
        """Block until `puts` is no longer what it was, or the time is up."""
        ...

    def close(self) -> None:
        """Idempotent."""
        ...
