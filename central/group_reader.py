"""A running part's end of the bus: polls for its group, commits, and says how far it is behind."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from central.metrics import CentreMetrics
from proto.bus.port import Bus, BusUnavailable, LostAssignment, Message
from proto.clock import Clock
from proto.topics import Topic

#: An empty poll takes no longer, so that a part that is told to stop does.
POLL_S = 0.2
_LAG_EVERY_S = 2.0
#: Bytes of a round that is not waited after: there is more where it came from.
PLENTY = 1 << 19
_log = structlog.get_logger(__name__)


class GroupReader:
    """One consumer of a group. Used from one thread.

    A round has a cost of its own, whatever it brings: a transaction, an insert, a part to be merged. So records
    that trickle in are taken together every `pause_s`; the first after a silence is not waited for, nor is
    anything while there is plenty.
    """

    def __init__(
        self, bus: Bus, topic: Topic, *, group: str, clock: Clock, metrics: CentreMetrics, pause_s: float = 0.0
    ) -> None:
        """`pause_s`: least time from one poll that brought little to the next.

        Raises:
            BusUnavailable: try again later.
        """
        self.group = group
        self._consumer = bus.consumer(topic, group=group)
        self._clock = clock
        self._lag = metrics.lag
        self._lost = metrics.assignments_lost.labels(group)
        self._lag_due = clock.monotonic()
        self._pause_s = pause_s
        self._due = clock.monotonic()

    def poll(self, max_records: int) -> Sequence[Message]:
        """As the port has it; waits `POLL_S` at most, after the pause."""
        now = self._clock.monotonic()
        if now >= self._lag_due:
            self._tell_lag()
            self._lag_due = self._clock.monotonic() + _LAG_EVERY_S
        early = self._due - self._clock.monotonic()
        if early > 0:
            self._clock.sleep(early)
        messages = self._consumer.poll(max_records=max_records, timeout_s=POLL_S)
        if messages and sum(len(message.value) for message in messages) < PLENTY:
            self._due = self._clock.monotonic() + self._pause_s
        return messages

    def _tell_lag(self) -> None:
        """What is not known now stays as it was told last: the figure is a courtesy, passages are the work."""
        try:
            behind = self._consumer.lag_by_partition()
        except BusUnavailable as error:
            _log.info("lag not known", group=self.group, error=str(error))
            return
        for partition, records in behind.items():
            self._lag.labels(self.group, str(partition)).set(records)

    def commit(self, messages: Sequence[Message]) -> None:
        """As the port has it, but a lost assignment is no failure: the new owner repeats the effects, which
        are the same the second time, and this consumer goes on with what it still has."""
        try:
            self._consumer.commit(messages)
        except LostAssignment as error:
            self._lost.inc()
            _log.info("assignment lost", group=self.group, error=str(error))

    def close(self) -> None:
        self._consumer.close()
