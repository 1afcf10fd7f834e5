"""Periodic jobs are done by whoever holds their lease."""

from __future__ import annotations

import math

import pytest
from prometheus_client import CollectorRegistry

from central.leadership import Led
from central.metrics import CentreMetrics
from central.state import Lease
from proto.clock import ManualClock


class OneLease:
    """A lease that is ours, somebody else's, or runs out while it is asked for."""

    def __init__(self) -> None:
        self.ours = True
        self.valid_until = math.inf
        self.released = 0

    def hold(self, name: str) -> Lease | None:
        return Lease(name=name, token=7, valid_until=self.valid_until) if self.ours else None

    def release(self, name: str) -> None:
        self.released += 1


class Stage:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.lease = OneLease()
        self.registry = CollectorRegistry()
        self.runs: list[float] = []
        self.broken = False
        self.led = Led(
            self._job,
            name="orders",
            every_s=2.0,
            leases=self.lease,
            clock=self.clock,
            wait=self.clock.sleep,
            metrics=CentreMetrics(self.registry),
        )

    def _job(self) -> None:
        self.runs.append(self.clock.elapsed)
        if self.broken:
            raise RuntimeError("no luck")

    def steps(self, count: int) -> None:
        for _ in range(count):
            self.led.step()

    def leads(self) -> float | None:
        return self.registry.get_sample_value("bukong_leader", {"job": "orders"})


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_job_runs_at_once_and_then_when_it_is_due(stage: Stage) -> None:
    stage.steps(12)
    assert stage.runs == [0.0, 2.0, 4.0]
    assert stage.leads() == 1


def test_a_job_that_fails_is_due_again(stage: Stage) -> None:
    stage.broken = True
    for _ in range(2):
        with pytest.raises(RuntimeError):
            stage.led.step()
    assert stage.runs == [0.0, 0.0]


def test_who_does_not_lead_does_nothing_until_it_does(stage: Stage) -> None:
    stage.lease.ours = False
    stage.steps(10)
    assert stage.runs == []
    assert stage.leads() == 0
    stage.lease.ours = True
    stage.steps(1)
    assert len(stage.runs) == 1
    stage.lease.ours = False
    stage.steps(10)
    assert len(stage.runs) == 1


def test_nothing_is_done_on_a_lease_that_ran_out_meanwhile(stage: Stage) -> None:
    stage.lease.valid_until = stage.clock.elapsed
    stage.steps(3)
    assert stage.runs == []


def test_who_ends_lets_the_next_one_have_it(stage: Stage) -> None:
    stage.steps(1)
    stage.led.close()
    assert stage.lease.released == 1
    assert stage.leads() == 0
