"""The bench of fusion: three ways to decide from the same readings, and how they are counted."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from click.testing import CliRunner

from deploy.bench import fusion
from deploy.bench.fusion import WHOLE, Decided, Tally, best_frame, decide, drives, majority, tallies, tell
from deploy.bench.fusion_drive import (
    LIGHTS,
    SPEEDS_KMH,
    STRETCHES,
    Approach,
    Drive,
    Look,
    film,
    open_eyes,
    plate_pixels,
    scene_of,
)
from edge.frame import PlateReading
from edge.models import ModelError
from edge.wiring import Vision
from proto.passage import Position
from proto.plate import PlateClass, PlateColour
from tests.unit.edge.readings import reading

TRUTH = "川C7K2M9"


def look(text: str, certainty: float = 0.9, *, metres: float = 22.0) -> Look:
    return Look(metres=metres, reading=reading(text, certainty=certainty), weight=0.7)


def hidden(at: int) -> Look:
    """A look that has one character wrong."""
    sure = reading(TRUTH, certainty=0.98)
    doubt: Position = (("8", 0.3), (TRUTH[at], 0.25))
    lattice = (*sure.lattice[:at], doubt, *sure.lattice[at + 1 :])
    wrong = PlateReading(
        text=TRUTH[:at] + "8" + TRUTH[at + 1 :],
        plate_class=PlateClass.UNKNOWN,
        colour=PlateColour.BLUE,
        rows=1,
        confidence=0.2,
        lattice=lattice,
        sharpness=0.5,
    )
    return Look(metres=22.0, reading=wrong, weight=0.7)


def approach(looks: Sequence[Look], frames: Sequence[float] = (22.0,)) -> Approach:
    return Approach(light="day", speed_kmh=50, truth=TRUTH, frames=tuple(frames), looks=tuple(looks))


def decided(*right: str, distance: str = "near", light: str = "day", looks: int = 3) -> Decided:
    return Decided(
        light=light,
        speed_kmh=SPEEDS_KMH[0],
        distance=distance,
        frames=4,
        looks=looks,
        right=frozenset(right),
        sure="vote" in right,
    )


def test_the_best_frame_is_the_most_confident_one() -> None:
    assert best_frame([look("川C11111", 0.9), look("川C22222", 0.95), look("川C11111", 0.9)]) == "川C22222"
    assert best_frame([]) == ""


def test_the_majority_is_of_whole_texts_and_ties_go_to_the_surer() -> None:
    assert majority([look("川C11111", 0.9), look("川C22222", 0.95), look("川C11111", 0.9)]) == "川C11111"
    assert majority([look("川C11111", 0.9), look("川C22222", 0.95)]) == "川C22222"
    assert majority([]) == ""


def test_the_three_ways_decide_from_the_same_looks() -> None:
    wrong = "川C7K2M8"
    found = decide(approach([look(wrong, 0.4), look(wrong, 0.4), look(TRUTH, 0.99)]), "near")
    assert found.right == {"vote", "best_frame", "some_frame"}
    assert (found.looks, found.frames, found.distance) == (3, 1, "near")


def test_the_vote_can_be_right_where_no_frame_was() -> None:
    assert decide(approach([hidden(at) for at in range(2, 7)]), "near").right == {"vote"}


def test_a_vehicle_that_was_never_read_counts_against_all() -> None:
    found = decide(approach([]), "far")
    assert found.right == frozenset()
    assert not found.sure


def test_a_stretch_has_its_own_frames_and_looks() -> None:
    metres = [31.0, 28.0, 27.9, 24.0, 21.0]
    whole = approach([look(TRUTH, metres=m) for m in metres], metres)
    assert [whole.within(name).frames for name in STRETCHES] == [(31.0,), (28.0, 27.9), (24.0, 21.0)]
    assert [len(whole.within(name).looks) for name in STRETCHES] == [1, 2, 2]


def test_plates_grow_from_stretch_to_stretch() -> None:
    heights = [plate_pixels(name) for name in STRETCHES]
    assert heights == sorted(heights)
    assert all(far < near for far, near in heights)


def test_a_tally_counts_and_says_how_far_it_may_be_trusted() -> None:
    everything = [decided("vote"), decided("vote", "best_frame"), decided("best_frame", "majority"), decided()]
    tally = Tally.of(everything)
    assert tally.right == {"vote": 2, "best_frame": 2, "majority": 1, "some_frame": 0}
    assert (tally.only_vote, tally.only_best_frame, tally.only_majority) == (1, 1, 1)
    assert (tally.sure, tally.sure_right) == (2, 2)
    vote = tally.figures()["vote"]
    assert vote == {"right": 2, "share": 0.5, "low": 0.15, "high": 0.85}
    assert "50 [15–85]" in tally.line("near")


def test_tallies_are_by_key() -> None:
    found = tallies([decided("vote"), decided(light="dusk"), decided()], lambda d: d.light)
    assert {light: tally.passages for light, tally in found.items()} == {"day": 2, "dusk": 1}


@pytest.mark.parametrize(("passages", "sizes"), [(3, [3]), (25, [10, 10, 5])])
def test_every_light_and_speed_gets_as_many_vehicles(passages: int, sizes: list[int]) -> None:
    work = drives(passages, seed=1)
    assert len(work) == len(sizes) * len(LIGHTS) * len(SPEEDS_KMH)
    one = [d.vehicles for d in work if (d.light, d.speed_kmh) == ("night", 100)]
    assert one == sizes
    assert len(set(work)) == len(work)


def test_provinces_can_be_alike_in_number() -> None:
    usual, alike = (
        Drive(light="day", speed_kmh=50, number=0, vehicles=40, seed=1, alike=alike) for alike in (False, True)
    )
    usually, anywhere = ([v.face.text for v in scene_of(d).traffic.vehicles] for d in (usual, alike))
    assert len(usually) == len(anywhere) == 40
    assert sum(text[0] == "川" for text in usually) > 20
    assert len({text[0] for text in anywhere}) > 15
    assert scene_of(usual) == scene_of(usual)


def test_the_tables_name_every_cell(capsys: pytest.CaptureFixture[str]) -> None:
    everything = [decided("vote", distance=distance) for distance in (*STRETCHES, WHOLE)]
    tell(everything, as_json=False)
    lines = capsys.readouterr().out
    assert "the whole approach" in lines
    assert f"far, {SPEEDS_KMH[0]} km/h, day" in lines
    tell(everything, as_json=True)
    figures = json.loads(capsys.readouterr().out)
    assert figures["vehicles"] == 1
    assert figures["by_distance"]["near"]["vote"]["right"] == 1
    assert figures["by_light"]["day"]["passages"] == len(STRETCHES)  # the whole is no fourth distance
    assert [cell["distance"] for cell in figures["cells"]] == [*STRETCHES, WHOLE]
    assert "cores" in figures["machine"]


@pytest.fixture(scope="module")
def vision() -> Vision:
    try:
        return open_eyes()
    except ModelError as error:
        pytest.skip(f"needs the models: {error}")


def test_a_drive_is_filmed_and_read_by_the_real_engines(vision: Vision) -> None:
    drive = Drive(light="day", speed_kmh=100, number=0, vehicles=2, seed=3)
    found = film(drive, vision)
    assert len({a.truth for a in found}) == 2
    for a in found:
        assert 4 <= len(a.frames) <= 6  # twelve metres at 100 km/h and 12.5 frames a second
        assert list(a.frames) == sorted(a.frames, reverse=True)
        assert all(20 < y <= 32 for y in a.frames)
        assert {one.metres for one in a.looks} <= set(a.frames)
    read = [one.reading.text for a in found for one in a.looks if one.metres < 24]
    assert read, "a plate of 30 pixels is found and read"
    assert any(one.reading.text[2:] == a.truth[2:] for a in found for one in a.looks)
    assert film(drive, vision) == found


@pytest.mark.usefixtures("vision")
def test_the_command_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fusion, "LIGHTS", {"day": LIGHTS["day"]})
    monkeypatch.setattr(fusion, "SPEEDS_KMH", (100,))
    result = CliRunner().invoke(fusion.fusion, ["--passages", "1", "--workers", "1", "--json"])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["vehicles"] == 1
    assert [cell["distance"] for cell in figures["cells"]] == [*STRETCHES, WHOLE]
    assert figures["by_distance"][WHOLE]["frames"] in range(4, 7)
