"""Parts that fail are made anew; parts that hang are told of."""

from __future__ import annotations

import threading
from collections.abc import Callable

from central.parts import STALLED_AFTER_S, Backoff, Part, Supervisor
from proto.clock import ManualClock

AT_ONCE = Backoff(first_s=0.0)


class Scripted:
    """A part whose steps do what a script says, then stand still until it is let go on."""

    def __init__(self, steps: list[Callable[[], None]], done: threading.Event, go_on: threading.Event) -> None:
        self._steps = steps
        self._done = done
        self._go_on = go_on
        self.closed = False

    def step(self) -> None:
        if self._steps:
            self._steps.pop(0)()
            return
        self._done.set()
        self._go_on.wait()

    def close(self) -> None:
        self.closed = True


class Stage:
    """A supervisor of scripted parts, and all parts it made."""

    def __init__(self, *scripts: list[Callable[[], None]]) -> None:
        self.clock = ManualClock()
        self.done, self.go_on = threading.Event(), threading.Event()
        self.made: list[Scripted] = []
        self.restarts = 0
        self._scripts = list(scripts)
        self.supervisor = Supervisor(
            "it", self._make, clock=self.clock, backoff=AT_ONCE, on_restart=self._restarted
        )

    def _make(self) -> Part:
        if not self._scripts:
            raise AssertionError("made once too often")
        self.made.append(Scripted(self._scripts.pop(0), self.done, self.go_on))
        return self.made[-1]

    def _restarted(self) -> None:
        self.restarts += 1

    def run(self) -> None:
        self.supervisor.start()
        assert self.done.wait(10)

    def end(self) -> None:
        self.supervisor.stop()
        self.go_on.set()
        assert self.supervisor.join(10)


def well() -> None:
    """A step that works."""


def fail() -> None:
    raise RuntimeError("no luck")


def test_a_part_that_works_is_stepped_until_it_is_stopped_and_then_closed() -> None:
    stage = Stage([well, well])
    assert not stage.supervisor.state().ok
    stage.run()
    assert stage.supervisor.wait_settled(10)
    assert (stage.supervisor.state().ok, stage.supervisor.state().detail) == (True, "running")
    stage.end()
    assert [part.closed for part in stage.made] == [True]
    assert (stage.supervisor.state().ok, stage.supervisor.state().detail) == (False, "stopped")
    assert stage.restarts == 0


def test_a_part_that_fails_is_closed_and_made_anew() -> None:
    stage = Stage([well, fail], [fail], [well])
    stage.run()
    assert [part.closed for part in stage.made] == [True, True, False]
    assert stage.restarts == 2
    assert stage.supervisor.state().ok
    stage.end()


def test_a_part_that_keeps_failing_says_why() -> None:
    stage = Stage([fail], [fail], [])
    stage.run()
    # The last one is in its first step: nothing shows yet that it does better.
    assert stage.supervisor.wait_settled(10)
    state = stage.supervisor.state()
    assert not state.ok
    assert state.detail == "failed 2 times in a row: RuntimeError: no luck"
    stage.end()


def test_a_part_that_cannot_even_be_made_is_tried_again() -> None:
    attempts = []
    made = threading.Event()

    def make() -> Part:
        attempts.append(1)
        if len(attempts) < 3:
            raise OSError("not yet")
        made.set()
        return Scripted([], threading.Event(), made)

    supervisor = Supervisor("it", make, clock=ManualClock(), backoff=AT_ONCE)
    supervisor.start()
    assert made.wait(10)
    supervisor.stop()
    assert supervisor.join(10)
    assert len(attempts) == 3


def test_a_step_that_does_not_end_is_a_part_that_hangs() -> None:
    stage = Stage([well])
    stage.run()
    stage.clock.advance(STALLED_AFTER_S - 1)
    assert stage.supervisor.state().ok
    stage.clock.advance(2)
    assert stage.supervisor.state().detail == "in one step for 61 s"
    stage.end()


def test_stopping_does_not_wait_for_patience_to_end() -> None:
    failed = threading.Event()

    def make() -> Part:
        failed.set()
        raise OSError("never")

    supervisor = Supervisor("it", make, clock=ManualClock(), backoff=Backoff(first_s=3600, longest_s=3600))
    supervisor.start()
    assert failed.wait(10)
    supervisor.stop()
    assert supervisor.join(10)


def test_patience_doubles_up_to_its_limit() -> None:
    backoff = Backoff(first_s=0.5, longest_s=3.0)
    assert [backoff.after(n) for n in (1, 2, 3, 4, 5, 1000)] == [0.5, 1.0, 2.0, 3.0, 3.0, 3.0]
