"""Appends for all producers of a process: those that wait at the same time share one transaction and fsync."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from sqlite3 import Connection

import structlog

from proto.bus.embedded import log
from proto.bus.embedded.database import Database
from proto.bus.embedded.signal import Signal
from proto.bus.port import BusError, BusUnavailable, Record, RecordTooLarge
from proto.clock import Clock
from proto.topics import Topic

#: Retention is looked at this often, or when a topic has grown by this share of what it may hold.
_RETENTION_PERIOD_S = 30.0
_RETENTION_SHARE = 1 / 16


@dataclass(slots=True, eq=False)
class _Job:
    topic: str
    records: Sequence[Record]
    finished: bool = False
    error: BusError | None = None


@dataclass(slots=True)
class _Growth:
    """What a topic took since its retention was last looked at."""

    checked_at: float
    bytes: int = field(default=0)


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
        self._growth: dict[str, _Growth] = {}
        self._log = structlog.get_logger("bus")

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
                    grown = log.append(connection, topic, job.records, now_us)
                    self._retain_if_due(connection, topic, grown, now_us)
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

    def _retain_if_due(self, connection: Connection, topic: log.StoredTopic, grown: int, now_us: int) -> None:
        now = self._clock.monotonic()
        growth = self._growth.setdefault(topic.name, _Growth(float("-inf")))
        growth.bytes += grown
        if (
            now - growth.checked_at < _RETENTION_PERIOD_S
            and growth.bytes < self._max_topic_bytes * _RETENTION_SHARE
        ):
            return
        retained = log.retain(connection, topic, now_us, self._max_topic_bytes)
        self._growth[topic.name] = _Growth(now if retained.finished else float("-inf"))
        for group, lost in retained.unread.items():
            self._log.warning(
                "retention removed records a group had not read", topic=topic.name, group=group, records=lost
            )
