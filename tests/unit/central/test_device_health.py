"""How long devices were alive, from their heartbeats."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from central.device_health import Device, DeviceFacts, alive_between, days_in, health, whole_days
from central.ports import Heard
from tests.centre import START
from tests.heartbeat import heartbeat

SILENT = timedelta(seconds=30)
TODAY = date(2026, 3, 1)
NODE, CAMERA = Device(node_id="node-1"), Device(node_id="node-1", camera_id="cam-1")


def heard(seconds: float, *, camera: bool = True) -> Heard:
    beat = heartbeat()
    cameras = tuple(replace(each, alive=camera) for each in beat.cameras)
    return Heard(beat=replace(beat, cameras=cameras), at=START + timedelta(seconds=seconds))


def test_alive_is_what_lies_between_two_heartbeats_that_are_close_enough() -> None:
    beats = [heard(s) for s in (0, 10, 20, 120, 130)]
    assert alive_between(None, beats, silent=SILENT) == {(NODE, TODAY): 30, (CAMERA, TODAY): 30}
    assert alive_between(START - timedelta(seconds=25), beats[:1], silent=SILENT)[NODE, TODAY] == 25
    assert alive_between(START - timedelta(seconds=31), beats[:1], silent=SILENT)[NODE, TODAY] == 0


def test_a_camera_that_its_node_calls_dead_is_there_and_not_alive() -> None:
    beats = [heard(0), heard(10, camera=False), heard(20)]
    assert alive_between(None, beats, silent=SILENT) == {(NODE, TODAY): 20, (CAMERA, TODAY): 10}


def test_heartbeats_out_of_order_count_nothing_twice() -> None:
    beats = [heard(0), heard(20), heard(10), heard(30)]
    assert alive_between(None, beats, silent=SILENT)[NODE, TODAY] == 30


def test_midnight_parts_days() -> None:
    late = START.replace(hour=23, minute=59, second=55)
    beats = [Heard(beat=heartbeat(), at=late + timedelta(seconds=s)) for s in (0, 10)]
    found = alive_between(None, beats, silent=SILENT)
    assert found[NODE, TODAY] == 0
    assert found[NODE, TODAY + timedelta(days=1)] == 10


@pytest.mark.parametrize(
    ("first_at", "alive_s", "hours", "share"),
    [
        pytest.param(START - timedelta(days=9), 43_200, 24, 0.5, id="there all day"),
        pytest.param(START + timedelta(hours=8), 21_600, 12, 0.5, id="new at noon"),
        pytest.param(START - timedelta(days=9), 0, 24, 0.0, id="dead all day"),
        pytest.param(START - timedelta(days=9), 90_000, 24, 1.0, id="never over all"),
    ],
)
def test_a_device_counts_from_its_first_heartbeat_on(
    first_at: object, alive_s: float, hours: float, share: float
) -> None:
    since, until = whole_days(TODAY, TODAY + timedelta(days=1))
    fact = DeviceFacts(device=NODE, checkpoint_id="cp-1", first_at=first_at, alive_s=alive_s)  # type: ignore[arg-type]
    (found,) = health([fact], since=since, until=until, now=until + timedelta(days=3))
    assert (found.of_s / 3600, found.share) == (hours, share)


def test_what_is_still_to_come_counts_for_nobody() -> None:
    since, until = whole_days(TODAY, TODAY + timedelta(days=1))
    fact = DeviceFacts(device=NODE, checkpoint_id="cp-1", first_at=since, alive_s=3600)
    (found,) = health([fact], since=since, until=until, now=since + timedelta(hours=1))
    assert found.share == 1
    assert health([replace(fact, first_at=until)], since=since, until=until, now=until) == ()


def test_a_period_is_of_the_days_that_it_touches() -> None:
    assert days_in(START, START + timedelta(days=1)) == (TODAY, TODAY + timedelta(days=2))
    whole = whole_days(TODAY, TODAY + timedelta(days=1))
    assert days_in(*whole) == (TODAY, TODAY + timedelta(days=1))
