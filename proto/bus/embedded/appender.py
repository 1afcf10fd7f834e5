"""Appends for all producers of a process: those that wait at the same time share one transaction and fsync."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from sqlite3 import Connection

from proto.bus.embedded import log
from proto.bus.embedded.database import Database
from proto.bus.embedded.signal import Signal
from proto.bus.port import BusError, BusFull, BusUnavailable, Record, RecordTooLarge
from proto.clock import Clock
from proto.topics import Topic

#: Retention is looked at this often, and where a topic is full.
_RETENTION_PERIOD_S = 30.0


@dataclass(slots=True, eq=False)
class _Job:
    topic: str
    records: Sequence[Record]
    finished: bool = False
    error: BusError | None = None


@dataclass(slots=True)
class _Held:
    """What a topic holds, by the last look at its retention and what was appended here since."""

    checked_at: float
    bytes: int


class Appender:
    """Safe to call from several threads."""

    def __init__(
        self, database: Database, signal: Signal, clock: Clock, *, max_record_bytes: int, max_topic_bytes: int
    ) -> None:
        self._database = database
        self._signal = signal
        self._clock = clock
        self._max_record_bytes = max_record_bytes
        self._max_topic_bytes = max_topic_bytes
        self._waiting: list[_Job] = []
        self._guard = threading.Lock()
        self._writing = threading.Lock()
        self._held: dict[str, _Held] = {}

    def create_topics(self, topics: Sequence[Topic]) -> None:
        """As `Bus.create_topics`."""
        with self._writing, self._database.write() as connection:
            for topic in topics:
                log.create(connection, topic)

    def close(self) -> None:
        """Waits for what is being written; idempotent."""
        with self._writing:
            self._database.close()

    def append(self, topic: Topic, records: Sequence[Record]) -> None:
        """As `Producer.publish`."""
        for record in records:
            size = log.size_of(record)
            if size > self._max_record_bytes:
                raise RecordTooLarge(
                    f"expected a record of at most {self._max_record_bytes} bytes on {topic.name}, got {size}"
                )
        if not records:
            return
        job = _Job(topic.name, records)
        with self._guard:
            self._waiting.append(job)
        with self._writing:  # whoever comes first writes for all who wait meanwhile
            if not job.finished:
                with self._guard:
                    jobs, self._waiting = self._waiting, []
                self._write(jobs)
        if job.error is not None:
            raise job.error

    def _write(self, jobs: Sequence[_Job]) -> None:
        try:
            with self._database.write() as connection:
                now_us = log.microseconds(self._clock.now())
                for job in jobs:
                    try:
                        topic = log.find(connection, job.topic)
                    except BusError as error:  # this job's fault alone
                        job.error = error
                        continue
                    grown = sum(map(log.size_of, job.records))
                    job.error = self._room_for(connection, topic, grown, now_us)
                    if job.error is None:
                        log.append(connection, topic, job.records, now_us)
        except BaseException as error:
            for job in jobs:
                job.error = job.error or (
                    error if isinstance(error, BusError) else BusUnavailable(f"nothing was appended: {error!r}")
                )
            if not isinstance(error, BusError):
                raise
        finally:
            for job in jobs:
                job.finished = True
        self._signal.notify()

    def _room_for(
        self, connection: Connection, topic: log.StoredTopic, grown: int, now_us: int
    ) -> BusFull | None:
        """Lets go of what is too old, or is in the way of what comes; says so where that is not enough."""
        now = self._clock.monotonic()
        if topic.name not in self._held:
            self._held[topic.name] = _Held(float("-inf"), log.bytes_of(connection, topic))
        held = self._held[topic.name]
        # Other processes append too: what is held is asked again each time that retention is looked at.
        full = not topic.compacted and held.bytes + grown > self._max_topic_bytes
        if full or now - held.checked_at >= _RETENTION_PERIOD_S:
            retained = log.retain(connection, topic, now_us, self._max_topic_bytes - grown)
            held.checked_at = now if retained.finished else float("-inf")
            held.bytes = retained.bytes
            full = retained.finished and not topic.compacted and held.bytes + grown > self._max_topic_bytes
        if full:
            return BusFull(
                f"expected at most {self._max_topic_bytes} bytes on {topic.name}, got {grown} more than the "
                f"{held.bytes} there: {log.held_up_by(connection, topic)}"
            )
        held.bytes += grown
        return None
