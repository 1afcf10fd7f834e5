"""The quality gate: each flaw by itself, and the verdict over a tracklet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edge.frame import Image, PlateDetection
from edge.quality import Flaw, Gate, plate_height, weight
from edge.vote import Vote
from proto.passage import Box
from tests.unit.edge.readings import reading

BRIGHT: Image = np.full((720, 1280, 3), 120, np.uint8)


def plate(x: float, y: float, height: float, *, confidence: float = 0.9) -> PlateDetection:
    width = height * 3.14
    return PlateDetection(
        box=Box(x1=x, y1=y, x2=x + width, y2=y + height),
        corners=((x, y), (x + width, y), (x + width, y + height), (x, y + height)),
        confidence=confidence,
    )


@pytest.mark.parametrize(
    ("image", "seen", "flaw"),
    [
        pytest.param(BRIGHT, plate(600, 400, 30), None, id="fine"),
        pytest.param(BRIGHT, plate(600, 400, 8), Flaw.TOO_SMALL, id="far"),
        pytest.param(BRIGHT, plate(-3, 400, 30), Flaw.CUT_OFF_AT_EDGE, id="left edge"),
        pytest.param(BRIGHT, plate(1200, 400, 30), Flaw.CUT_OFF_AT_EDGE, id="right edge"),
        pytest.param(BRIGHT, plate(600, 695, 30), Flaw.CUT_OFF_AT_EDGE, id="foot"),
        pytest.param(BRIGHT // 10, plate(600, 400, 30), Flaw.TOO_DARK, id="dark"),
    ],
)
def test_before_reading(image: Image, seen: PlateDetection, flaw: Flaw | None) -> None:
    assert Gate().before_reading(image, seen) is flaw


def test_a_plate_wholly_outside_is_cut_off_not_an_error() -> None:
    assert Gate().before_reading(BRIGHT, plate(5000, 5000, 30)) is Flaw.CUT_OFF_AT_EDGE


def test_dark_ground_with_bright_characters_is_not_too_dark() -> None:
    image = BRIGHT // 10
    image[410:420, 620:640] = 200
    assert Gate().before_reading(image, plate(600, 400, 30)) is None


@pytest.mark.parametrize(
    ("sharpness", "flaw"),
    [pytest.param(0.5, None, id="sharp"), pytest.param(0.01, Flaw.BLURRED, id="blurred")],
)
def test_after_reading(sharpness: float, flaw: Flaw | None) -> None:
    assert Gate().after_reading(replace(reading("川C12345"), sharpness=sharpness)) is flaw


def test_no_reading_is_illegible() -> None:
    assert Gate().after_reading(None) is Flaw.ILLEGIBLE
    assert Gate().after_reading(replace(reading("川C12345"), lattice=())) is Flaw.ILLEGIBLE


def test_weight_grows_with_size_sharpness_and_certainty_of_the_find() -> None:
    sharp, soft = replace(reading("川C12345"), sharpness=0.6), replace(reading("川C12345"), sharpness=0.1)
    best = weight(plate(0, 0, 40, confidence=1.0), sharp)
    assert best == pytest.approx(1.0)
    assert 0 < weight(plate(0, 0, 15, confidence=1.0), sharp) < best
    assert 0 < weight(plate(0, 0, 40, confidence=1.0), soft) < best
    assert 0 < weight(plate(0, 0, 40, confidence=0.4), sharp) < best


def voted(*certainties: float) -> Vote:
    vote = Vote()
    for certainty in certainties:
        vote = vote.fold(reading("川C12345", certainty=certainty), 1.0)
    return vote


@pytest.mark.parametrize(
    ("vote", "flaws", "verdict"),
    [
        pytest.param(voted(0.99), {}, None, id="good"),
        pytest.param(voted(0.99), {Flaw.TOO_SMALL: 30}, None, id="small at first"),
        pytest.param(voted(0.5), {}, Flaw.LOW_CONFIDENCE, id="unsure"),
        pytest.param(
            voted(0.5)
            .fold(reading("渝B77Q01", certainty=0.5), 1.0)
            .fold(reading("云F3X9Z2", certainty=0.5), 1.0),
            {},
            Flaw.READS_DISAGREE,
            id="torn",
        ),
        pytest.param(Vote(), {}, Flaw.ILLEGIBLE, id="nothing at all"),
        pytest.param(Vote(), {Flaw.TOO_SMALL: 9}, Flaw.TOO_SMALL, id="always small"),
        pytest.param(Vote(), {Flaw.TOO_SMALL: 9, Flaw.BLURRED: 2}, Flaw.BLURRED, id="small, then blurred"),
        pytest.param(Vote(), {Flaw.TOO_DARK: 2, Flaw.ILLEGIBLE: 2}, Flaw.TOO_DARK, id="a tie"),
    ],
)
def test_verdict(vote: Vote, flaws: dict[Flaw, int], verdict: Flaw | None) -> None:
    assert Gate().verdict(vote, flaws) is verdict


def test_height_of_a_leaning_plate_is_that_of_its_edges() -> None:
    corners = ((0.0, 0.0), (100.0, 20.0), (100.0, 50.0), (0.0, 32.0))
    leaning = PlateDetection(box=Box(x1=0, y1=0, x2=100, y2=50), corners=corners, confidence=1)
    assert plate_height(leaning) == pytest.approx(31)
