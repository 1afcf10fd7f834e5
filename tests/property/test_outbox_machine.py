"""The outbox as a state machine: any order of putting, delivering, crashing and replaying."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from prometheus_client import CollectorRegistry

from edge.outbox import OutboxLimits
from edge.outbox.metrics import OutboxMetrics
from edge.outbox.sqlite import SqliteOutbox
from proto.clock import ManualClock
from tests.passages import images_of, passage, sha256

#: Passages are numbered; of each the model knows where it is.
NUMBERS = st.integers(0, 7)


class OutboxMachine(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.clock = ManualClock()
        self.metrics = OutboxMetrics(CollectorRegistry())
        self.waiting: list[int] = []
        self.delivered: set[int] = set()
        self.images: dict[int, bool] = {}  # number → hit, in the order they were put
        self.mark: bytes | None = None
        self._open()

    def _open(self) -> None:
        self.outbox = SqliteOutbox(self.folder, clock=self.clock, limits=OutboxLimits(), metrics=self.metrics)

    @rule(numbers=st.lists(NUMBERS, max_size=4), hit=st.booleans(), mark=st.none() | st.binary(max_size=3))
    def put(self, numbers: list[int], hit: bool, mark: bytes | None) -> None:
        passages = [passage(n) for n in numbers]
        self.outbox.put(
            passages,
            images_of(*numbers),
            progress=None if mark is None else ("cam", mark),
            hits=frozenset(p.passage_id for p in passages) if hit else frozenset(),
        )
        for n in numbers:
            if n not in self.waiting and n not in self.delivered:
                self.waiting.append(n)
                self.images[n] = hit
        self.mark = self.mark if mark is None else mark

    @rule(limit=st.integers(1, 3))
    def deliver(self, limit: int) -> None:
        queued = self.outbox.passages(limit)
        assert [q.passage for q in queued] == [passage(n) for n in self.waiting[:limit]]
        self.outbox.acknowledge_passages([q.seq for q in queued])
        self.delivered |= set(self.waiting[:limit])
        del self.waiting[:limit]

    @rule()
    def upload(self) -> None:
        expected = self._images_in_order()[:1]
        images = self.outbox.images(1)
        assert [image.sha256 for image in images] == expected
        for image in images:
            data = self.outbox.image(image.sha256)
            assert data is not None
            assert sha256(data) == image.sha256
            self.outbox.image_done(image.sha256)
            del self.images[int(data.split(b"-")[1])]

    @rule(seconds=st.integers(0, 1000))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule()
    def reopen(self) -> None:
        self.outbox.close()
        self._open()

    def _images_in_order(self) -> list[str]:
        numbers = sorted(self.images, key=lambda n: not self.images[n])  # stable: hits first, then oldest
        return [name for n in numbers for name in images_of(n)]

    @invariant()
    def the_outbox_holds_what_the_model_holds(self) -> None:
        stats = self.outbox.stats()
        assert (stats.passages, stats.images) == (len(self.waiting), len(self.images))
        assert [q.passage for q in self.outbox.passages(100)] == [passage(n) for n in self.waiting]
        assert [q.sha256 for q in self.outbox.images(100)] == self._images_in_order()
        assert set(os.listdir(self.folder / "images")) == set(self._images_in_order())
        assert self.outbox.progress("cam") == self.mark
        if not self.waiting and not self.images:
            assert stats.bytes == 0

    def teardown(self) -> None:
        if hasattr(self, "outbox"):
            self.outbox.close()
            shutil.rmtree(self.folder)


TestOutboxMachine = OutboxMachine.TestCase
TestOutboxMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
