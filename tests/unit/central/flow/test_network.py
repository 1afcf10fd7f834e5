"""Today against the usual, the forecast, and cameras that were down."""

from __future__ import annotations

import numpy as np
import pytest

from central.flow import Section
from central.flow.counts import AHEAD, DAY
from tests.unit.central.flow.networks import NOW, counts, network, quiet


def test_an_even_road_is_as_usual_and_stays_so() -> None:
    found = network(counts(quiet))
    assert found.sections == (Section("a", "b"),)
    assert found.vehicles[0, found.now - 1] == 20
    assert found.usual_vehicles.p50[0, found.now] == 20
    assert found.free_seconds[0] == pytest.approx(120)
    assert found.congestion(0, found.now - 1) == pytest.approx(1.0)
    assert found.foretold_vehicles.p50[0] == pytest.approx([20] * AHEAD)
    assert found.foretold_seconds.p50[0] == pytest.approx([120] * AHEAD)
    assert found.begins(found.now) == NOW


def test_what_is_to_come_is_not_known() -> None:
    found = network(counts(quiet))
    assert np.isnan(found.vehicles[:, found.now :]).all()


def test_a_dead_camera_is_no_free_road() -> None:
    """b sees nothing today from six to ten: no zero, and the forecast goes on from what was seen since."""
    found = network(counts(quiet, blind=lambda day, quarter: day == 0 and 24 <= quarter < 40))
    today = found.vehicles[0, found.today]
    assert np.isnan(today[24:40]).all()
    assert (today[40:48] == 20).all()
    assert found.foretold_vehicles.p50[0] == pytest.approx([20] * AHEAD)


def test_days_of_a_dead_camera_do_not_make_the_usual() -> None:
    found = network(counts(quiet, blind=lambda day, _: 1 <= day <= 4))
    assert found.usual_vehicles.p50[0, found.now] == 20
    assert found.usual_vehicles.p10[0, found.now] == 20


def test_an_empty_night_is_a_free_road() -> None:
    """Two an hour as a rule: an hour of none is nothing to wonder at."""

    def sparse(day: int, quarter: int) -> tuple[int, float]:
        if quarter < 20:
            return (1 if day and (quarter + day) % 3 == 0 else 0), 100.0
        return 20, 120.0

    found = network(counts(sparse))
    assert (found.vehicles[0, found.today][:20] == 0).all()


def test_a_day_that_is_busier_is_foretold_busier_less_so_the_further_ahead() -> None:
    rng = np.random.default_rng(1)
    factor = {day: float(rng.uniform(0.6, 1.5)) for day in range(20)} | {0: 1.5}

    def wavering(day: int, quarter: int) -> tuple[int, float]:
        vehicles, seconds = quiet(day, quarter)
        return round(vehicles * factor[day]), seconds * factor[day]

    found = network(counts(wavering))
    usual = found.usual_vehicles.p50[0, found.now : found.now + AHEAD]
    assert (found.foretold_vehicles.p50[0] > usual).all()
    assert (found.foretold_vehicles.p50[0] < 30.5).all()
    assert (found.foretold_seconds.p50[0] > found.usual_seconds.p50[0, found.now : found.now + AHEAD]).all()


def test_weekends_have_their_own_usual() -> None:
    """30 March 2026 is a Monday: one and two days before are the weekend."""

    def weekly(day: int, quarter: int) -> tuple[int, float]:
        vehicles, seconds = quiet(day, quarter)
        return (vehicles // 4 if day % 7 in (2, 3) else vehicles), seconds

    found = network(counts(weekly))
    noon = np.arange(found.usual_vehicles.p50.shape[1] // DAY) * DAY + 48
    assert found.usual_vehicles.p50[0, noon][-4:].tolist() == [5, 20, 20, 20]


def test_nothing_counted_is_an_empty_network() -> None:
    found = counts(quiet)
    nothing = type(found)(**{name: getattr(found, name)[:0] for name in found.__dataclass_fields__})
    assert network(nothing).sections == ()
