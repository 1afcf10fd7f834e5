"""The embedded bus as a state machine: any order of publishing, polling, committing, dying and reopening."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from proto.bus.embedded import EmbeddedBus
from proto.bus.embedded.consumer import EmbeddedConsumer
from proto.bus.port import LostAssignment, Message, Record
from proto.clock import ManualClock
from tests.contract.bus_engines import LOG, drain

SESSION_S = 10.0


class BusMachine(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.clock = ManualClock()
        self.bus = self._bus()
        self.published: dict[bytes, int] = defaultdict(int)
        #: The group's members, each with what it polled and did not commit.
        self.members: list[tuple[EmbeddedConsumer, list[Message]]] = []
        #: Of each key, how far the group has committed: these never come again.
        self.done: dict[bytes, int] = {}

    def _bus(self) -> EmbeddedBus:
        bus = EmbeddedBus(self.folder / "bus.db", clock=self.clock, session_timeout_s=SESSION_S)
        bus.create_topics([LOG])
        return bus

    @rule(keys=st.lists(st.sampled_from([b"a", b"b", b"c", b"d", b"e"]), min_size=1, max_size=8))
    def publish(self, keys: list[bytes]) -> None:
        records = []
        for key in keys:
            records.append(Record(key=key, value=b"%d" % self.published[key]))
            self.published[key] += 1
        self.bus.producer().publish(LOG, records)

    @precondition(lambda self: len(self.members) < 4)
    @rule()
    def join(self) -> None:
        self.members.append((self.bus.consumer(LOG, group="g"), []))

    @precondition(lambda self: self.members)
    @rule(which=st.integers(0, 3), limit=st.integers(1, 6))
    def poll(self, which: int, limit: int) -> None:
        consumer, in_hand = self.members[which % len(self.members)]
        for message in consumer.poll(max_records=limit, timeout_s=0):
            assert int(message.value) > self.done.get(message.key, -1), "a committed record came again"
            assert int(message.value) < self.published[message.key]
            in_hand.append(message)

    @precondition(lambda self: self.members)
    @rule(which=st.integers(0, 3))
    def commit(self, which: int) -> None:
        consumer, in_hand = self.members[which % len(self.members)]
        for partition in {m.partition for m in in_hand}:
            part = [m for m in in_hand if m.partition == partition]
            try:
                consumer.commit(part)
            except LostAssignment:
                continue
            for message in sorted(part, key=lambda m: m.offset):
                done = self.done.get(message.key, -1)
                assert int(message.value) <= done + 1, "a commit went over a record nobody had"
                self.done[message.key] = max(done, int(message.value))
        in_hand.clear()

    @precondition(lambda self: self.members)
    @rule(which=st.integers(0, 3))
    def leave(self, which: int) -> None:
        consumer, _ = self.members.pop(which % len(self.members))
        consumer.close()

    @rule(seconds=st.sampled_from([1.0, 3.0, SESSION_S + 1]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule()
    def reopen(self) -> None:
        self.bus.close()
        self.members.clear()
        self.bus = self._bus()

    @invariant()
    def the_group_is_never_ahead(self) -> None:
        assert all(done < self.published[key] for key, done in self.done.items())

    def teardown(self) -> None:
        if not hasattr(self, "bus"):
            return
        self.bus.close()
        bus = self._bus()
        rest: dict[bytes, list[int]] = defaultdict(list)
        for message in drain(bus.consumer(LOG, group="g")):
            rest[message.key].append(int(message.value))
        for key, count in self.published.items():
            # Nothing lost, nothing out of order, nothing committed again.
            assert rest[key] == list(range(self.done.get(key, -1) + 1, count))
        bus.close()
        shutil.rmtree(self.folder)


TestBusMachine = BusMachine.TestCase
TestBusMachine.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
