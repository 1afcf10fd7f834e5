"""The bus on Apache Kafka, 4.0 or later: the only module that knows its client, kafka-python."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from types import TracebackType
from typing import Any, Self

from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka import errors as client_errors
from kafka.admin import OffsetSpec
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.net.compat import KafkaNetClient
from kafka.structs import OffsetAndMetadata

from proto.bus.kafka_settings import KafkaSettings
from proto.bus.port import BusError, BusUnavailable, LostAssignment, Message, Record, RecordTooLarge
from proto.topics import Topic

#: Largest key, value and headers of a record together: what a broker takes by default, less its framing.
MAX_RECORD_BYTES = 1_000_000
#: Records of one partition and producer that travel together, at most, in bytes.
_BATCH_BYTES = 512 << 10
_LINGER_MS = 5
#: Fetched ahead at once, so that small polls see every partition.
_FETCH_RECORDS = 500
#: A waiting poll looks this often whether it was closed.
_TICK_S = 0.5
_RETRY_S = 0.1
_DISCARD_S = 2.0

_LOST = (
    client_errors.CommitFailedError,
    client_errors.RebalanceInProgressError,
    client_errors.IllegalGenerationError,
    client_errors.UnknownMemberIdError,
    client_errors.FencedInstanceIdError,
)


@contextmanager
def _named(doing: str) -> Iterator[None]:
    """The client's errors as the port's."""
    try:
        yield
    except _LOST as error:
        raise LostAssignment(
            f"{doing}: the partitions were taken over ({error or type(error).__name__})"
        ) from error
    except (client_errors.MessageSizeTooLargeError, client_errors.RecordListTooLargeError) as error:
        raise RecordTooLarge(f"{doing}: the broker takes no record as large ({error})") from error
    except (client_errors.KafkaError, OSError) as error:
        raise BusUnavailable(f"{doing}: {type(error).__name__}: {error}") from error


def _size(record: Record) -> int:
    headers = sum(len(name.encode()) + len(value) for name, value in record.headers.items())
    return len(record.key) + len(record.value) + headers


def _opened(make: Callable[..., Any], **values: Any) -> Any:
    """A client, connected. One that doesn't come up would leave its thread behind: it is closed here."""
    made: list[KafkaNetClient] = []

    def network(**configuration: Any) -> KafkaNetClient:
        made.append(KafkaNetClient(**configuration))
        return made[-1]

    try:
        return make(**values, kafka_client=network)
    except BaseException:
        for client in made:
            client.close()
        raise


class KafkaBusProducer:
    """`Producer` of the port; safe to call from several threads. Connects at the first publish, so that a
    node may start while the cluster is away.

    Idempotent: a retry inside one publish appends nothing twice and keeps the order.
    """

    def __init__(self, bus: KafkaBus) -> None:
        self._bus = bus
        self._closed = False

    def publish(self, topic: Topic, records: Sequence[Record]) -> None:
        """As the port says."""
        if self._closed:
            raise BusError("expected an open producer, got one that was closed")
        for record in records:
            if (size := _size(record)) > MAX_RECORD_BYTES:
                raise RecordTooLarge(f"expected at most {MAX_RECORD_BYTES} bytes a record, got {size}")
        self._bus.publish(topic, records)

    def close(self) -> None:
        """As the port says."""
        self._closed = True


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # the client has no types
    """Tells a consumer what it lost and what it was given. Called from the client's own thread."""

    def __init__(self, consumer: KafkaBusConsumer) -> None:
        self._consumer = consumer

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self._consumer.forget(p.partition for p in revoked)

    def on_partitions_lost(self, lost: Collection[TopicPartition]) -> None:
        self._consumer.forget(p.partition for p in lost)

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        self._consumer.forget(p.partition for p in assigned)


class KafkaBusConsumer:
    """`Consumer` of the port. Used from one thread; `close` may come from another.

    When members come and go, all partitions are shared out anew in a poll, and what was not committed by then
    is handed out again, to the old owner too. (kafka-python can share out cooperatively; 3.0.12 left a
    partition without an owner for half a minute when a silent member came back.)
    While the cluster is away `poll` comes back empty, since the client waits for it; `lag` and `commit` say so.
    """

    def __init__(self, bus: KafkaBus, topic: Topic, group: str, partitions: int, client: KafkaConsumer) -> None:
        self._bus = bus
        self._topic = topic
        self._group = group
        self._partitions = partitions
        self._client = client
        self._turn = threading.RLock()  # of who talks to the client
        self._state = threading.Lock()  # of the three below, which the client's thread changes too
        self._waiting: dict[int, deque[Message]] = {}  # fetched, not handed out yet
        self._handed: dict[int, int] = {}  # one after the last offset handed out since the partition came here
        self._committed: dict[int, int] = {}
        self._first = 0  # the partition that comes first in the next poll, so that none starves
        self._closed = False
        client.subscribe([bus.name_of(topic)], listener=_Listener(self))

    @property
    def partitions(self) -> frozenset[int]:
        """What is this consumer's at the moment."""
        return frozenset(p.partition for p in self._client.assignment())

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
        with _named(f"poll of {self._topic.name}"):
            found = self._client.poll(timeout_ms=0 if waiting else round(timeout_s * 1000), max_records=wanted)
        owned = self.partitions
        with self._state:
            for key, records in found.items():
                if key.partition in owned:
                    self._waiting.setdefault(key.partition, deque()).extend(map(self._message, records))

    def _take(self, max_records: int) -> list[Message]:
        messages: list[Message] = []
        with self._state:
            for partition in sorted(self._waiting, key=lambda p: (p < self._first, p)):
                waiting = self._waiting[partition]
                taken = [waiting.popleft() for _ in range(min(len(waiting), max_records - len(messages)))]
                if taken:
                    messages += taken
                    self._handed[partition] = taken[-1].offset + 1
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
                name = self._bus.name_of(self._topic)
                with _named(doing):
                    self._client.commit(
                        {TopicPartition(name, p): OffsetAndMetadata(o, "", -1) for p, o in due.items()},
                        timeout_ms=round(self._bus.settings.timeout_s * 1000),
                    )
                with self._state:
                    self._committed |= due
        if lost := sorted(offsets.keys() - kept.keys()):
            raise LostAssignment(
                f"{doing}: expected to own partitions {sorted(offsets)}, got {lost} taken over"
            )

    def lag(self) -> int:
        """As the port says; of a compacted topic, what was compacted away counts until it is passed."""
        self._check_open()
        return self._bus.lag(self._topic, self._group, self._partitions)

    def close(self) -> None:
        """As the port says."""
        self._closed = True  # ends a poll that waits in another thread
        with self._turn:
            self._client.close(autocommit=False, timeout_ms=5_000)

    def _check_open(self) -> None:
        if self._closed:
            raise BusError(f"expected an open consumer of {self._topic.name}, got one that was closed")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class KafkaBus:
    """`Bus` of the port on a Kafka cluster. Connects when it is first used; safe to use from several threads.

    Durability: acknowledged is what all in-sync replicas have; with a replication of three, at least two.
    Retention and compaction are the brokers' and happen in their own time: of a compacted topic older records
    of a key may be delivered before the newest. An empty value is a record, no deletion.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self.settings = settings
        self._lock = threading.RLock()
        self._admin: KafkaAdminClient | None = None
        self._writer: KafkaProducer | None = None
        self._known: dict[str, int] = {}  # topics that are there, and their partitions
        self._producers: list[KafkaBusProducer] = []
        self._consumers: list[KafkaBusConsumer] = []
        self._numbers = count()
        self._closed = False

    def name_of(self, topic: Topic) -> str:
        """The topic's name on the cluster."""
        return self.settings.prefix + topic.name

    def create_topics(self, topics: Sequence[Topic]) -> None:
        """As the port says; with the topic's retention and compaction, `appended_at` being the brokers' clock.

        Raises:
            BusUnavailable: no cluster, or one with fewer brokers than `replication`.
        """
        with self._lock, _named("creating topics"):
            admin = self._connected()
            there = set(admin.list_topics())
            missing = {self.name_of(t): self._specification(t) for t in topics if self.name_of(t) not in there}
            if missing:
                try:
                    admin.create_topics(missing, wait_for_metadata=True)
                except client_errors.TopicAlreadyExistsError:  # another process was first
                    admin.wait_for_topics(list(missing))

    def _specification(self, topic: Topic) -> dict[str, Any]:
        milliseconds = -1 if topic.retention is None else round(topic.retention.total_seconds() * 1000)
        policies = ["compact"] if topic.compacted else []
        if topic.retention is not None or not topic.compacted:
            policies.append("delete")
        return {
            "num_partitions": topic.partitions,
            "replication_factor": self.settings.replication,
            "configs": {
                "cleanup.policy": ",".join(policies),
                "retention.ms": str(milliseconds),
                "message.timestamp.type": "LogAppendTime",
                "min.insync.replicas": str(max(1, self.settings.replication - 1)),
            },
        }

    def producer(self) -> KafkaBusProducer:
        """As the port says."""
        self._check_open()
        producer = KafkaBusProducer(self)
        self._producers.append(producer)
        return producer

    def consumer(self, topic: Topic, *, group: str) -> KafkaBusConsumer:
        """As the port says.

        Raises:
            BusError: the topic was not created.
            BusUnavailable: the cluster can't be reached.
        """
        partitions = self._partitions(topic)
        settings = self.settings
        instance = (
            f"{settings.instance}-{topic.name}-{group}-{next(self._numbers)}" if settings.instance else None
        )
        with _named(f"consuming {topic.name}"):
            client = _opened(
                KafkaConsumer,
                **settings.client()
                | {"request_timeout_ms": round((settings.timeout_s + settings.max_poll_s) * 1000)},
                group_id=settings.prefix + group,
                group_instance_id=instance,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                allow_auto_create_topics=False,
                partition_assignment_strategy=(RangePartitionAssignor,),
                session_timeout_ms=round(settings.session_s * 1000),
                heartbeat_interval_ms=round(settings.session_s * 1000 / 5),
                max_poll_interval_ms=round(max(settings.max_poll_s, settings.session_s) * 1000),
                metrics_enabled=False,
            )
        consumer = KafkaBusConsumer(self, topic, group, partitions, client)
        self._consumers.append(consumer)
        return consumer

    def publish(self, topic: Topic, records: Sequence[Record]) -> None:
        """All of them, by the one client that the producers share; returns once all are acknowledged."""
        name = self.name_of(topic)
        self._partitions(topic)
        with _named(f"publish to {topic.name}"):
            writer = self._connected_writer()
            sent = [
                writer.send(name, key=record.key, value=record.value, headers=list(record.headers.items()))
                for record in records
            ]
            try:
                writer.flush(timeout=2 * self.settings.timeout_s)
                for future in sent:
                    future.get(timeout=2 * self.settings.timeout_s)
            except client_errors.KafkaError:
                self._discard(writer)
                raise

    def _discard(self, writer: KafkaProducer) -> None:
        """Nothing of a publish that failed may come after its end, and kafka-python 3.0.12 does not get over an
        idempotent batch that timed out: the next publish takes a new client."""
        with self._lock:
            current = self._writer is writer
            if current:
                self._writer = None
        if not current:
            return
        # `close` waits for what is under way; only the client's sender can be told to drop it.
        writer._sender.force_close()
        with suppress(client_errors.KafkaError):
            writer.close(timeout=_DISCARD_S)

    def lag(self, topic: Topic, group: str, partitions: int) -> int:
        """Offsets that the group has not committed, over all partitions."""
        with self._lock, _named(f"lag of {group}"):
            admin = self._connected()
            keys = [TopicPartition(self.name_of(topic), p) for p in range(partitions)]
            group_id = self.settings.prefix + group
            committed = self._retried(lambda: admin.list_group_offsets({group_id: keys}).get(group_id, {}))
            first = self._retried(
                lambda: admin.list_partition_offsets(dict.fromkeys(keys, OffsetSpec.EARLIEST))
            )
            ends = self._retried(lambda: admin.list_partition_offsets(dict.fromkeys(keys, OffsetSpec.LATEST)))
        return sum(
            max(0, ends[k].offset - max(first[k].offset, committed[k].offset if k in committed else 0))
            for k in keys
        )

    def close(self) -> None:
        """As the port says."""
        self._closed = True
        for producer in self._producers:
            producer.close()
        for consumer in self._consumers:
            consumer.close()
        with self._lock:
            if self._writer is not None:
                self._discard(self._writer)
            if self._admin is not None:
                self._admin.close()
            self._writer = self._admin = None

    def _retried(self, ask: Callable[[], dict[TopicPartition, Any]]) -> dict[TopicPartition, Any]:
        """A group's coordinator and a topic's leaders take a moment; the admin client doesn't wait for them."""
        deadline = time.monotonic() + self.settings.timeout_s
        while True:
            try:
                return ask()
            except client_errors.RetriableError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(_RETRY_S)

    def _partitions(self, topic: Topic) -> int:
        name = self.name_of(topic)
        with self._lock:
            if name not in self._known:
                with _named(f"looking up {topic.name}"):
                    (found,) = self._connected().describe_topics([name])
                if code := found["error_code"]:
                    why = client_errors.for_code(code).__name__
                    raise BusError(f"expected topic {name} to be created, got {why}")
                self._known[name] = len(found["partitions"])
            return self._known[name]

    def _connected(self) -> KafkaAdminClient:
        self._check_open()
        if self._admin is None:
            self._admin = _opened(KafkaAdminClient, **self.settings.client())
        return self._admin

    def _connected_writer(self) -> KafkaProducer:
        with self._lock:
            self._check_open()
            if self._writer is None:
                settings = self.settings
                self._writer = _opened(
                    KafkaProducer,
                    **settings.client(),
                    acks="all",
                    enable_idempotence=True,
                    compression_type=None if settings.compression == "none" else settings.compression,
                    batch_size=_BATCH_BYTES,
                    linger_ms=_LINGER_MS,
                    delivery_timeout_ms=round(settings.timeout_s * 1000) + _LINGER_MS,
                    max_block_ms=round(settings.timeout_s * 1000),
                    allow_auto_create_topics=False,
                    metrics_enabled=False,
                )
            return self._writer

    def _check_open(self) -> None:
        if self._closed:
            raise BusError("expected an open bus, got one that was closed")
