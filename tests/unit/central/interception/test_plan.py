"""Posts and units on two rings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from central.checkpoint import Checkpoint
from central.interception import (
    Expected,
    Forecast,
    Geography,
    Ring,
    Sighting,
    Unit,
    UnitStatus,
    plan,
)
from central.interception.travel_time import Window
from central.interception.unit import InvalidUnit, Position, check_position, check_unit

NOW = datetime(2026, 3, 2, tzinfo=UTC)
#: A kilometre apart, roughly.
PLACES = {key: (29.0 + n * 0.009, 104.0) for n, key in enumerate("abcdef")}
GEOGRAPHY = Geography.of(
    Checkpoint(checkpoint_id=k, name=k, latitude=p[0], longitude=p[1]) for k, p in PLACES.items()
)


def expected(key: str, probability: float, minutes: float, *, hops: int = 1) -> Expected:
    window = Window(p50=60 * minutes, p90=90 * minutes)
    return Expected(
        checkpoint_id=key,
        probability=probability,
        hops=hops,
        via=("x",) * (hops - 1),
        window=window,
        p50=NOW + timedelta(seconds=window.p50),
        p90=NOW + timedelta(seconds=window.p90),
    )


def forecast(*of: Expected) -> Forecast:
    return Forecast(
        sighting=Sighting(checkpoint_id="z", at=NOW),
        asked_at=NOW,
        nowhere=0.1,
        expected=of,
        model_version="v",
        network_steps=10,
        own_steps=0,
    )


def unit(unit_id: str, near: str, *, north: float = 0.0, minutes_ago: float = 1) -> Unit:
    latitude, longitude = PLACES[near]
    at = NOW - timedelta(minutes=minutes_ago)
    return Unit(
        unit_id=unit_id,
        name=unit_id,
        status=UnitStatus.FREE,
        status_at=at,
        position=Position(at=at, latitude=latitude + north, longitude=longitude),
    )


def test_the_rings_are_by_hops_and_the_most_probable_come_first() -> None:
    found = plan(
        forecast(
            expected("a", 0.5, 5),
            expected("b", 0.3, 5),
            expected("d", 0.1, 9, hops=3),
            expected("c", 0.2, 9, hops=2),
        ),
        [],
        GEOGRAPHY,
        now=NOW,
        inner=1,
    )
    assert [(p.expected.checkpoint_id, p.ring) for p in found.posts] == [
        ("a", Ring.INNER),
        ("c", Ring.OUTER),
        ("d", Ring.OUTER),
    ]
    assert all(p.proposed is None for p in found.posts)
    assert found.caught == 0


def test_each_unit_has_one_post_and_the_plan_catches_most() -> None:
    both_near = [unit("u1", "a"), unit("u2", "a", north=0.001)]
    found = plan(forecast(expected("a", 0.6, 8), expected("b", 0.3, 8)), both_near, GEOGRAPHY, now=NOW)
    assert {p.expected.checkpoint_id: p.proposed.unit_id for p in found.posts if p.proposed} == {
        "a": "u1",
        "b": "u2",
    }
    assert 0.8 < found.caught <= 0.9
    assert [r.unit_id for r in found.posts[0].in_time] == ["u1", "u2"]


def test_a_unit_that_comes_too_late_is_not_sent() -> None:
    far = unit("far", "f", north=0.05)
    found = plan(forecast(expected("a", 0.9, 2)), [far], GEOGRAPHY, now=NOW)
    assert found.posts[0].proposed is None
    assert found.posts[0].in_time == ()
    assert found.units_considered == 1


@pytest.mark.parametrize(
    "changed",
    [
        replace(unit("u", "a"), status=UnitStatus.BUSY),
        replace(unit("u", "a"), status=UnitStatus.OFF_DUTY),
        replace(unit("u", "a"), engaged="alert-1"),
        replace(unit("u", "a"), position=None),
        unit("u", "a", minutes_ago=16),
    ],
    ids=["busy", "off duty", "engaged", "without a position", "with an old position"],
)
def test_who_cannot_be_sent_is_left_out_and_counted(changed: Unit) -> None:
    found = plan(forecast(expected("a", 0.9, 10)), [changed, unit("v", "a")], GEOGRAPHY, now=NOW)
    assert (found.units_considered, found.units_left_out) == (1, 1)
    assert found.posts[0].proposed is not None
    assert found.posts[0].proposed.unit_id == "v"


def test_a_checkpoint_without_coordinates_has_a_post_but_nobody_to_send() -> None:
    found = plan(forecast(expected("nowhere", 0.9, 10)), [unit("v", "a")], GEOGRAPHY, now=NOW)
    assert found.posts[0].proposed is None


def test_reports_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InvalidUnit, match="unit id"):
        check_unit("no spaces", "x", "")
    with pytest.raises(InvalidUnit, match="name"):
        check_unit("u1", " ", "")
    with pytest.raises(InvalidUnit, match="degrees"):
        check_position(Position(at=NOW, latitude=91, longitude=0), now=NOW)
    with pytest.raises(InvalidUnit, match="now or before"):
        check_position(Position(at=NOW + timedelta(minutes=2), latitude=1, longitude=0), now=NOW)
    check_position(Position(at=NOW + timedelta(seconds=59), latitude=1, longitude=0), now=NOW)
