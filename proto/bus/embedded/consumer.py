"""A consumer of the embedded bus."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from sqlite3 import Connection
from types import TracebackType
from typing import Self

import structlog

from proto.bus.embedded import groups, log
from proto.bus.embedded.database import Database
from proto.bus.embedded.liveness import Liveness
from proto.bus.embedded.signal import Signal
from proto.bus.port import BusError, LostAssignment, Message
from proto.clock import Clock

#: How often a waiting poll asks whether another process has committed.
_TICK_S = 0.01
#: Beats a session time-out.
_BEATS = 5


class EmbeddedConsumer:
    """`Consumer` of the port. Used from one thread; `close` may come from another."""

    def __init__(
        self,
        database: Database,
        topic: log.StoredTopic,
        group: str,
        member: str,
        *,
        signal: Signal,
        liveness: Liveness,
        clock: Clock,
        session_timeout_s: float,
        on_close: Callable[[EmbeddedConsumer], object],
    ) -> None:
        self._database = database
        self._topic = topic
        self._group = group
        self._member = member
        self._signal = signal
        self._liveness = liveness
        self._clock = clock
        self._session_s = session_timeout_s
        self._on_close = on_close
        self._beat_at = float("-inf")
        self._positions: dict[int, tuple[int, int]] = {}  # partition → epoch, next offset to hand out
        self._first = 0  # the partition that comes first in the next poll, so that none starves
        self._lock = threading.RLock()
        self._closed = False
        self._log = structlog.get_logger("bus").bind(topic=topic.name, group=group, member=member)
        liveness.hold(member)
        try:
            self._beat()
        except BaseException:
            liveness.release(member)
            raise

    def poll(self, *, max_records: int, timeout_s: float) -> Sequence[Message]:
        """As the port says. The wait is real time, whatever clock counts sessions."""
        if max_records < 1:
            raise ValueError(f"expected to poll at least one record, got max_records={max_records}")
        deadline = time.monotonic() + timeout_s
        while True:
            with self._lock:
                self._check_open()
                count, version = self._signal.count, self._database.version()
                self._beat_if_due()
                messages = self._fetch(max_records)
            if messages or not self._wait(count, version, deadline):
                return messages

    def _wait(self, count: int, version: int, deadline: float) -> bool:
        """Until something may be there (True) or the time is up (False)."""
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._signal.wait(count, min(left, _TICK_S))
            with self._lock:
                self._check_open()
                if self._signal.count != count or self._database.version() != version or self._beat_is_due():
                    return True

    def _fetch(self, max_records: int) -> list[Message]:
        with self._database.read() as connection:
            shares = groups.shares(connection, self._topic, self._group, self._member)
            if not any(share.wanted for share in shares):
                return self._collect(connection, shares, max_records)
        with self._database.write() as connection:
            groups.hand_over(connection, self._topic, self._group, self._member)
            shares = groups.shares(connection, self._topic, self._group, self._member)
            messages = self._collect(connection, shares, max_records)
        self._signal.notify()
        return messages

    def _collect(
        self, connection: Connection, shares: Sequence[groups.Share], max_records: int
    ) -> list[Message]:
        messages: list[Message] = []
        positions: dict[int, tuple[int, int]] = {}
        for share in sorted(shares, key=lambda s: (s.partition < self._first, s.partition)):
            epoch, position = self._positions.get(share.partition, (-1, 0))
            if epoch != share.epoch:  # new here: what was polled before and not committed comes again
                position = share.committed
            position = max(position, share.first_offset)
            if position < share.next_offset and len(messages) < max_records:
                found = log.fetch(
                    connection, self._topic, share.partition, position, max_records - len(messages)
                )
                if found:
                    messages += found
                    position = found[-1].offset + 1
                    self._first = share.partition + 1
            positions[share.partition] = (share.epoch, position)
        self._positions = positions
        return messages

    def commit(self, messages: Sequence[Message]) -> None:
        """As the port says; partitions still owned are committed even where others are lost."""
        offsets: dict[int, int] = {}
        for message in messages:
            offsets[message.partition] = max(offsets.get(message.partition, 0), message.offset + 1)
        with self._lock:
            self._check_open()
            with self._database.write() as connection:
                lost = groups.commit(connection, self._topic, self._group, self._member, offsets)
        if lost:
            raise LostAssignment(
                f"expected to own partitions {sorted(offsets)} of {self._topic.name} in group {self._group}, "
                f"got {lost} taken over by another consumer"
            )

    def lag(self) -> int:
        """As the port says."""
        return sum(self.lag_by_partition().values())

    def lag_by_partition(self) -> Mapping[int, int]:
        """As the port says."""
        with self._lock:
            self._check_open()
            with self._database.read() as connection:
                return groups.lag(connection, self._topic, self._group)

    def close(self) -> None:
        """As the port says. Where the file can't be written, the others find out by the lock that goes."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            try:
                with self._database.write() as connection:
                    groups.leave(connection, self._topic, self._group, self._member)
            except BusError as error:
                self._log.warning("left without saying so", why=str(error))
            self._database.close()
            self._liveness.release(self._member)
        self._signal.notify()

    def _check_open(self) -> None:
        if self._closed:
            raise BusError(f"expected an open consumer of {self._topic.name}, got one that was closed")

    def _beat_is_due(self) -> bool:
        return self._clock.monotonic() - self._beat_at >= self._session_s / _BEATS

    def _beat_if_due(self) -> None:
        if self._beat_is_due():
            self._beat()

    def _beat(self) -> None:
        with self._database.write() as connection:
            expelled = groups.beat(
                connection,
                self._topic,
                self._group,
                self._member,
                now_us=log.microseconds(self._clock.now()),
                session_us=round(self._session_s * 1e6),
                alive=self._liveness.alive,
            )
        self._beat_at = self._clock.monotonic()
        for member in expelled:
            self._log.warning("took over from a consumer that went silent", silent=member)
            if not self._liveness.alive(member):
                self._liveness.forget(member)
        if expelled:
            self._signal.notify()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
