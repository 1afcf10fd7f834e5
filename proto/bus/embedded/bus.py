"""The embedded bus: a log on one SQLite file."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from proto.bus.embedded import log
from proto.bus.embedded.appender import Appender
from proto.bus.embedded.consumer import EmbeddedConsumer
from proto.bus.embedded.database import Database
from proto.bus.embedded.liveness import Liveness
from proto.bus.embedded.signal import Signal
from proto.bus.port import BusError, Record, TopicDifference
from proto.clock import Clock
from proto.topics import Topic


class EmbeddedProducer:
    """`Producer` of the port; safe to call from several threads, whose records share an fsync."""

    def __init__(self, appender: Appender, *, on_close: Callable[[EmbeddedProducer], object]) -> None:
        self._appender = appender
        self._on_close = on_close
        self._closed = False

    def publish(self, topic: Topic, records: Sequence[Record]) -> None:
        """As the port says."""
        if self._closed:
            raise BusError("expected an open producer, got one that was closed")
        self._appender.append(topic, records)

    def close(self) -> None:
        """As the port says."""
        self._closed = True
        self._on_close(self)


class EmbeddedBus:
    """`Bus` of the port on one file; several processes of one machine may have it open.

    Retention: by each topic's age, and by `max_topic_bytes`, oldest first; but what a group that ever committed
    has yet to read stays. Where there is no room then, a publish is refused with `BusFull`: what waits stays
    with who has it, a node's outbox. Compaction happens at once: of each key only the newest record is there.
    An empty value stays, so that a consumer that comes late learns of it.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        max_record_bytes: int = 1 << 20,
        max_topic_bytes: int = 2 << 30,
        session_timeout_s: float = 10.0,
        busy_timeout_s: float = 5.0,
    ) -> None:
        """Opens the file, or makes it and its folder.

        Raises:
            BusUnavailable: it can't be opened.
        """
        self._path = path
        self._clock = clock
        self._session_timeout_s = session_timeout_s
        self._busy_timeout_s = busy_timeout_s
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = Database(path, busy_timeout_s=busy_timeout_s)
        self._signal = Signal.of(path)
        self._liveness = Liveness(path)
        self._appender = Appender(
            self._database,
            self._signal,
            clock,
            max_record_bytes=max_record_bytes,
            max_topic_bytes=max_topic_bytes,
        )
        self._producers: set[EmbeddedProducer] = set()
        self._consumers: set[EmbeddedConsumer] = set()

    def create_topics(self, topics: Sequence[Topic]) -> None:
        """As the port says."""
        self._appender.create_topics(topics)

    def topic_differences(self, topics: Sequence[Topic]) -> tuple[TopicDifference, ...]:
        """As the port says."""
        with (
            closing(Database(self._path, busy_timeout_s=self._busy_timeout_s)) as database,
            database.read() as connection,
        ):
            return tuple(found for topic in topics for found in log.differences(connection, topic))

    def producer(self) -> EmbeddedProducer:
        """As the port says."""
        producer = EmbeddedProducer(self._appender, on_close=self._producers.discard)
        self._producers.add(producer)
        return producer

    def consumer(self, topic: Topic, *, group: str) -> EmbeddedConsumer:
        """As the port says.

        Raises:
            BusError: the topic was not created.
        """
        database = Database(self._path, busy_timeout_s=self._busy_timeout_s)
        try:
            with database.read() as connection:
                stored = log.find(connection, topic.name)
            consumer = EmbeddedConsumer(
                database,
                stored,
                group,
                secrets.token_hex(8),
                signal=self._signal,
                liveness=self._liveness,
                clock=self._clock,
                session_timeout_s=self._session_timeout_s,
                on_close=self._consumers.discard,
            )
        except BaseException:
            database.close()
            raise
        self._consumers.add(consumer)
        return consumer

    def close(self) -> None:
        """As the port says."""
        for producer in tuple(self._producers):
            producer.close()
        for consumer in tuple(self._consumers):
            consumer.close()
        self._appender.close()
