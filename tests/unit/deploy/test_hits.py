"""The benchmark of hits: rivals that find what they should, repeatable traffic, and no need of photos."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from deploy.bench import rivals
from deploy.bench.hits import Tally, hits, same_recall
from deploy.bench.traffic import City, Donors
from proto.plate import fold

LISTED = ["川C12345", "川C12B45", "川CD12345"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("川C12345", set(LISTED)),
        ("川C12346", {"川C12345"}),
        ("川C12845", {"川C12345", "川C12B45"}),
        ("川CD1234", {"川CD12345"}),
        ("川C123456", {"川C12345"}),
        ("京A00000", set()),
    ],
)
def test_one_edit_finds_what_is_one_edit_away(text: str, found: set[str]) -> None:
    assert rivals.one_edit(LISTED)(text) == found


def test_folding_finds_look_alikes_and_exact_only_itself() -> None:
    assert rivals.folded(LISTED)("川C12845") == {p for p in LISTED if fold(p) == fold("川C12845")} != set()
    assert rivals.exact(LISTED)("川C12845") == set()


def test_the_same_seed_draws_the_same_traffic_mostly_of_the_city_and_now_and_then_misread() -> None:
    def drawn() -> list[tuple[str, str]]:
        city = City(Donors.of([]), seed=3)
        reads = [city.read(city.plate()) for _ in range(2000)]
        return [(one.truth, one.read.text) for one in reads]

    assert drawn() == drawn()
    home = sum(truth.startswith("川C") for truth, _ in drawn()) / 2000
    misread = sum(truth != text for truth, text in drawn()) / 2000
    assert 0.75 < home < 0.85
    assert 0.005 < misread < 0.1


def test_at_one_recall_a_rival_without_a_score_is_thinned() -> None:
    floor = Tally(wanted=100, found=90, passages=1000, false=0)
    rival = Tally(wanted=100, found=100, passages=1000, false=50)
    ours = [Tally(wanted=100, found=95, passages=1000, false=1), Tally(wanted=100, found=92, passages=1000)]
    found = same_recall(ours, rival, floor)
    assert found == pytest.approx({"recall": 0.95, "edit1": 25_000, "bukong": 1_000, "fewer": 25})


def test_without_photos_it_says_so_and_judges_synthetic_reads(tmp_path: Path) -> None:
    curve = tmp_path / "curve.svg"
    done = CliRunner().invoke(
        hits,
        ["--json", "--listed", "200", "--passages", "300", "--plates", str(tmp_path), "--curve", str(curve)],
        catch_exceptions=False,
    )
    assert done.exit_code == 0
    assert "synthetic reads only" in done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert set(figures["false_per_million"]) == {"exact", "edit1", "fold", "bukong"}
    assert figures["real"] is None
    assert figures["recall_by"]["exact"] <= figures["recall"] <= 1
    assert "<svg" in curve.read_text()
