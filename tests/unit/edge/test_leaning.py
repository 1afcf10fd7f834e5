"""What readers expect without seeing, and that a vote holds it once."""

from __future__ import annotations

import pytest

from edge.frame import PlateReading
from edge.leaning import LEANING, levelled
from edge.vote import Vote
from proto.passage import Position
from proto.plate import PROVINCES, PlateClass, PlateColour

#: A province that can't be made out, as the shipped reader has it frame after frame, and one that can.
UNSURE: Position = (("皖", 0.45), ("豫", 0.2), ("浙", 0.12), ("川", 0.07))
SURE: Position = (("川", 0.96), ("皖", 0.02), ("湘", 0.01))


def look(province: Position) -> PlateReading:
    rest = tuple(((c, 0.97),) for c in "C15499")
    return PlateReading(
        text=province[0][0] + "C15499",
        plate_class=PlateClass.SMALL_CAR,
        colour=PlateColour.BLUE,
        rows=1,
        confidence=province[0][1] * 0.97**6,
        lattice=(province, *rest),
        sharpness=0.2,
    )


def voted(*provinces: Position) -> Vote:
    vote = Vote()
    for province in provinces:
        vote = vote.fold(look(province), 0.5)
    return vote


def text(vote: Vote) -> str:
    return vote.read.text if vote.read else ""


def test_the_table_is_a_distribution_over_provinces() -> None:
    assert set(LEANING) <= set(PROVINCES)
    rest = (1 - sum(LEANING.values())) / (len(PROVINCES) - len(LEANING))
    assert 0 < rest <= min(LEANING.values())


def test_looks_that_saw_nothing_do_not_outvote_the_ones_that_saw() -> None:
    assert text(voted(*[UNSURE] * 8, SURE, SURE)) == "川C15499"


def test_what_is_expected_can_still_be_read() -> None:
    wan: Position = (("皖", 0.96), ("川", 0.02), ("豫", 0.01))
    assert text(voted(wan, wan, UNSURE, UNSURE)) == "皖C15499"
    likely: Position = (("皖", 0.8), ("豫", 0.1), ("川", 0.03))
    assert text(voted(*[likely] * 6)) == "皖C15499"


def test_looks_that_saw_nothing_are_not_sure_of_what_they_expect_together() -> None:
    assert voted(*[UNSURE] * 8).confidence < 0.8


def test_a_lone_look_is_taken_at_its_word() -> None:
    one = voted(UNSURE)
    assert text(one) == "皖C15499"
    assert one.read is not None
    assert dict(one.read.lattice[0])["皖"] == pytest.approx(0.45, abs=0.01)


def test_levelling_takes_from_what_is_expected_and_leaves_the_rest() -> None:
    lattice = (UNSURE, (("C", 0.8), ("G", 0.2)))
    assert levelled(lattice, 0.0) == lattice
    half, whole = (levelled(lattice, share) for share in (0.5, 1.0))
    assert half[1] == whole[1] == lattice[1]
    assert sum(p for _, p in whole[0]) <= 1
    shares = [dict(found[0])["川"] / dict(found[0])["皖"] for found in (lattice, half, whole)]
    assert shares == sorted(shares)
    assert shares[2] > 10 * shares[0]
