"""The port every bus engine stands behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from proto.topics import Topic

#: A poll ends once so many bytes of values are together, so that a backlog fills no memory.
POLL_BYTES = 16 << 20


class BusError(Exception):
    """Base of everything a bus raises."""


class BusUnavailable(BusError):
    """The bus can't be reached or did not acknowledge in time; nothing may be assumed; try again later."""


class RecordTooLarge(BusError):
    """A record is larger than the bus takes; it will never be accepted, so don't try again."""


class BusFull(BusUnavailable):
    """The bus holds as much as it may and its readers are behind: nothing was appended; try again later."""


class LostAssignment(BusError):
    """Another consumer of the group owns the partition by now; its offset was not committed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a producer hands in. `key` decides the partition; equal keys keep their order."""

    key: bytes
    value: bytes
    headers: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a consumer is handed."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: Mapping[str, bytes]
    appended_at: datetime  #: UTC, when the bus took it


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicDifference:
    """Something of a topic that the bus holds otherwise than it is described."""

    topic: str  #: its name on the bus
    what: str  #: e.g. partitions, retention.ms
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.topic}: expected {self.what} {self.expected}, got {self.got}"


class Producer(Protocol):
    """Publishes records.

    Durability: when `publish` returns, every record has been acknowledged as durable (flushed to disk,
    or held by all in-sync replicas). When it raises, any number of the records, from none to all, may be
    on the bus: publish again and let the consumers dedupe.
    Order: records of one key published by one producer are delivered in the order given.
    Several producers in several processes may publish to one topic.
    """

    def publish(self, topic: Topic, records: Sequence[Record]) -> None:
        """Append; returns once durable.

        Raises:
            BusUnavailable: not acknowledged; try again.
            BusFull: nothing was appended, since readers are too far behind; a kind of BusUnavailable.
            RecordTooLarge: a record will never be accepted; none was appended.
        """
        ...

    def close(self) -> None:
        """Release what is held; idempotent."""
        ...


class Consumer(Protocol):
    """Reads one topic as a member of a group.

    Groups: each group sees every record; within a group each partition belongs to one consumer at a time,
    so that records of one key are handled one after the other. A consumer that dies, or does not poll or
    wait in a poll for a session time-out, loses its partitions to the others; one that closes, at once. What
    a new member is due, an owner lets go of when it polls next: commit before polling again.
    Delivery: at least once. `poll` hands out records from the committed offset on, in offset order within a
    partition; what was polled and not committed is delivered again, to this consumer after it is reopened
    or to whoever gets the partition. A new group starts at the oldest record still kept.
    Retention: records older than the topic's retention may be gone; the consumer goes on at the oldest left.
    Compaction: of a compacted topic the newest record of each key is delivered, older ones perhaps.
    A consumer is used from one thread.
    """

    def poll(self, *, max_records: int, timeout_s: float) -> Sequence[Message]:
        """Up to `max_records`, fewer where they come to `POLL_BYTES`; waits up to `timeout_s` for the first
        one; empty when none came.

        Raises:
            BusUnavailable: try again later.
        """
        ...

    def commit(self, messages: Sequence[Message]) -> None:
        """Everything up to and with these messages, partition by partition, is done with. Durable on return.

        Raises:
            LostAssignment: the partition was taken over; its effects will be repeated by its new owner.
            BusUnavailable: not known whether the commit took; committing again is harmless.
        """
        ...

    def lag(self) -> int:
        """Records of this consumer's topic that its group has not committed yet, over all partitions.

        Raises:
            BusUnavailable: not known now.
        """
        ...

    def lag_by_partition(self) -> Mapping[int, int]:
        """`lag`, partition by partition: all of the topic's, whoever owns them."""
        ...

    def close(self) -> None:
        """Leave the group; commits nothing; idempotent."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Bus(Protocol):
    """Makes producers and consumers of one bus, and its topics."""

    def create_topics(self, topics: Sequence[Topic]) -> None:
        """Make what is missing; topics that exist are left as they are. Idempotent."""
        ...

    def topic_differences(self, topics: Sequence[Topic]) -> Sequence[TopicDifference]:
        """What the bus holds otherwise than described here; empty where all is as it should be.

        Raises:
            BusUnavailable: try again later.
        """
        ...

    def producer(self) -> Producer: ...

    def consumer(self, topic: Topic, *, group: str) -> Consumer: ...

    def close(self) -> None:
        """Close all producers and consumers made here; idempotent."""
        ...
