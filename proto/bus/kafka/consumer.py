"""A consumer of the Kafka bus."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.structs import OffsetAndMetadata

from proto.bus.kafka.client import named, opened
from proto.bus.kafka_settings import KafkaSettings
from proto.bus.port import POLL_BYTES, BusError, LostAssignment, Message
from proto.topics import Topic

#: Fetched ahead at once, so that small polls see every partition.
_FETCH_RECORDS = 500
#: Held of fetches at once, in bytes, at most: a backlog must not fill the memory.
_FETCH_BYTES = 16 << 20
#: A waiting poll looks this often whether it was closed.
_TICK_S = 0.5


@dataclass(frozen=True, slots=True)
class Membership:
    """Which consumer of a group this is among those of its process."""

    topic: str
    group: str
    number: int

    def instance(self, settings: KafkaSettings) -> str | None:
        """The static member's name; None where members are dynamic."""
        if not settings.instance:
            return None
        return f"{settings.instance}-{self.topic}-{self.group}-{self.number}"


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # the client has no types
    """Tells a consumer what it lost and what it was given. Called from the client's own thread."""

    def __init__(self, consumer: KafkaBusConsumer) -> None:
        self._consumer = consumer

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self._consumer.lost(p.partition for p in revoked)

    def on_partitions_lost(self, lost: Collection[TopicPartition]) -> None:
        self._consumer.lost(p.partition for p in lost)

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        self._consumer.forget(p.partition for p in assigned)


class KafkaBusConsumer:
    """`Consumer` of the port. Used from one thread; `close` may come from another.

    When members come and go, all partitions are shared out anew in a poll, and what was not committed by then
    is handed out again, to the old owner too. (kafka-python can share out cooperatively; 3.0.12 left a
    partition without an owner for half a minute when a silent member came back.)
    While the cluster is away `poll` comes back empty, since the client waits for it; `lag` and `commit` say so.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        topic: Topic,
        membership: Membership,
        *,
        lag: Callable[[], Mapping[int, int]],
        on_close: Callable[[KafkaBusConsumer], object],
    ) -> None:
        """Raises:
        BusUnavailable: the cluster can't be reached.
        """
        self._settings = settings
        self._topic = topic
        self._name = settings.prefix + topic.name
        self._group = membership.group
        self._lag = lag
        self._on_close = on_close
        self._turn = threading.RLock()  # of who talks to the client
        self._state = threading.Lock()  # of the three below, which the client's thread changes too
        self._waiting: dict[int, deque[Message]] = {}  # fetched, not handed out yet
        self._handed: dict[int, int] = {}  # one after the last offset handed out since the partition came here
        self._committed: dict[int, int] = {}
        self._first = 0  # the partition that comes first in the next poll, so that none starves
        self._closed = False
        self.rebalances = 0  #: times that partitions were taken away, to be shared out anew
        with named(f"consuming {topic.name}"):
            self._client = opened(
                KafkaConsumer,
                **settings.client()
                | {"request_timeout_ms": round((settings.timeout_s + settings.max_poll_s) * 1000)},
                group_id=settings.prefix + membership.group,
                group_instance_id=membership.instance(settings),
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                allow_auto_create_topics=False,
                partition_assignment_strategy=(RangePartitionAssignor,),
                session_timeout_ms=round(settings.session_s * 1000),
                heartbeat_interval_ms=round(settings.session_s * 1000 / 5),
                max_poll_interval_ms=round(max(settings.max_poll_s, settings.session_s) * 1000),
                fetch_max_bytes=_FETCH_BYTES,
                metrics_enabled=False,
            )
        self._client.subscribe([self._name], listener=_Listener(self))

    @property
    def partitions(self) -> frozenset[int]:
        """What is this consumer's at the moment."""
        return frozenset(p.partition for p in self._client.assignment())

    def lost(self, partitions: Iterable[int]) -> None:
        """These go to be shared out anew."""
        self.rebalances += 1
        self.forget(partitions)

    def forget(self, partitions: Iterable[int]) -> None:
        """These went away or came anew: what is known of them doesn't hold any more."""
        with self._state:
            for partition in partitions:
                self._waiting.pop(partition, None)
                self._handed.pop(partition, None)
                self._committed.pop(partition, None)

    def poll(self, *, max_records: int, timeout_s: float) -> Sequence[Message]:
        """As the port says. A consumer joins its group in its first polls, which takes a few round trips."""
        if max_records < 1:
            raise ValueError(f"expected to poll at least one record, got max_records={max_records}")
        deadline = time.monotonic() + timeout_s
        while True:
            with self._turn:
                self._check_open()
                self._fetch(max_records, min(max(0.0, deadline - time.monotonic()), _TICK_S))
                messages = self._take(max_records)
            if messages or time.monotonic() >= deadline:
                return messages

    def _fetch(self, max_records: int, timeout_s: float) -> None:
        """Asks the client even where enough waits: it keeps up its membership in its poll."""
        with self._state:
            waiting = sum(map(len, self._waiting.values()))
        wanted = max(max_records, _FETCH_RECORDS) if waiting < max_records else 1
        self._keep_joining()
        with named(f"poll of {self._topic.name}"):
            found = self._client.poll(timeout_ms=0 if waiting else round(timeout_s * 1000), max_records=wanted)
        owned = self.partitions
        with self._state:
            for key, records in found.items():
                if key.partition in owned:
                    self._waiting.setdefault(key.partition, deque()).extend(map(self._message, records))

    def _keep_joining(self) -> None:
        """See to it that a join that the last poll didn't wait for is taken up by the next.

        kafka-python 3.0.12 forgets one that it began because partitions became known or came anew, once it has
        shared them out: it then sends no heartbeats, is thrown out of the group and owns nothing for ever,
        without a word. Asked to join while a join is under way, it takes up that one.
        """
        coordinator = self._client._coordinator
        if coordinator._join_task is not None:
            coordinator.request_rejoin()

    def _take(self, max_records: int) -> list[Message]:
        messages: list[Message] = []
        size = 0
        with self._state:
            for partition in sorted(self._waiting, key=lambda p: (p < self._first, p)):
                waiting = self._waiting[partition]
                while waiting and len(messages) < max_records and size < POLL_BYTES:
                    messages.append(waiting.popleft())
                    size += len(messages[-1].value)
                    self._handed[partition] = messages[-1].offset + 1
                    self._first = partition + 1
        return messages

    def _message(self, record: Any) -> Message:
        return Message(
            topic=self._topic.name,
            partition=record.partition,
            offset=record.offset,
            key=record.key or b"",
            value=record.value or b"",
            headers=dict(record.headers),
            appended_at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        )

    def commit(self, messages: Sequence[Message]) -> None:
        """As the port says; partitions still owned are committed even where others are lost.

        While partitions are shared out anew, Kafka takes no commits: that is told as a lost assignment too.
        """
        offsets: dict[int, int] = {}
        for message in messages:
            offsets[message.partition] = max(offsets.get(message.partition, 0), message.offset + 1)
        doing = f"commit of {self._topic.name} in group {self._group}"
        with self._turn:
            self._check_open()
            owned = self.partitions
            with self._state:
                kept = {p: o for p, o in offsets.items() if p in owned and o <= self._handed.get(p, -1)}
                due = {p: o for p, o in kept.items() if o > self._committed.get(p, -1)}
            if due:
                with named(doing):
                    self._client.commit(
                        {TopicPartition(self._name, p): OffsetAndMetadata(o, "", -1) for p, o in due.items()},
                        timeout_ms=round(self._settings.timeout_s * 1000),
                    )
                with self._state:
                    self._committed |= due
        if lost := sorted(offsets.keys() - kept.keys()):
            raise LostAssignment(
                f"{doing}: expected to own partitions {sorted(offsets)}, got {lost} taken over"
            )

    def lag(self) -> int:
        """As the port says; of a compacted topic, what was compacted away counts until it is passed."""
        return sum(self.lag_by_partition().values())

    def lag_by_partition(self) -> Mapping[int, int]:
        """As the port says; like `lag`."""
        self._check_open()
        return self._lag()

    def close(self) -> None:
        """As the port says. A static member stays one until its session ends: see `KafkaSettings.instance`."""
        self._closed = True  # ends a poll that waits in another thread
        with self._turn:
            self._client.close(autocommit=False, timeout_ms=5_000)
        self._on_close(self)

    def _check_open(self) -> None:
        if self._closed:
            raise BusError(f"expected an open consumer of {self._topic.name}, got one that was closed")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
