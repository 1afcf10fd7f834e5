"""Texts, alternatives and confidence from posteriors made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from edge.read.alphabet import BLANK, COLUMN_OF, OTHER, column_of
from edge.read.decode import Decoded, decode, unconstrained, view_of
from tests.unit.edge.read.posteriors import Seen, posterior


def read(*looks: list[Seen | str], favoured: str = "") -> Decoded:
    """Decode looks; with `favoured`, texts of another length are held unlikely."""

    def prior(text: str) -> float:
        return -5.0 if favoured and len(text) != len(favoured) else 0.0

    return decode([view_of(posterior(look)) for look in looks], prior)


@pytest.mark.parametrize(
    "text",
    [
        "川C8K52M",
        "皖AD12345",
        "鲁B12345D",
        "沪A1707领",
        "川A1234学",
        "粤Z1234港",
        "WJ川1234A",
        "川AX123应急",
        "123456使",
    ],
)
def test_every_class_is_read_when_seen_clearly(text: str) -> None:
    decoded = read(list(text))
    assert decoded.text == text
    assert decoded.confidence > 0.97
    assert len(decoded.lattice) == len(text)


def test_the_grammar_decides_between_characters_that_look_alike() -> None:
    # The city is a letter, a small new-energy plate ends in digits: 0 and 8 alone would be likelier.
    decoded = read(["川", {"8": 0.6, "B": 0.39}, "D", "1", "2", "3", "4", {"B": 0.6, "8": 0.39}])
    assert decoded.text == "川BD12348"


def test_zero_and_o_are_one_shape() -> None:
    assert read(["粤", {"0": 0.99}, "T", "9", {"O": 0.99}, "4", "8"]).text == "粤OT9048"


def test_a_stray_character_in_front_is_dropped() -> None:
    assert read(["H", *"皖A10EL5"]).text == "皖A10EL5"


def test_a_missing_character_costs_confidence_and_is_guessed_with_alternatives() -> None:
    decoded = read(["川", "A", "1", "2", {"3": 0.02, "8": 0.01}, "4", "5"])
    assert decoded.text == "川A12345"
    assert decoded.confidence < 0.8
    assert dict(decoded.lattice[4]).keys() >= {"3", "8"}


def test_looks_are_summed_and_one_bad_look_is_outvoted() -> None:
    good: list[Seen | str] = list("川C8K52M")
    bad: list[Seen | str] = ["川", "C", {"B": 0.9, "8": 0.05}, *"K52M"]
    assert read(bad).text == "川CBK52M"
    fused = read(good, bad, good)
    assert fused.text == "川C8K52M"
    assert fused.confidence < read(good).confidence


def test_alternatives_carry_what_was_seen() -> None:
    decoded = read(["川", "C", {"8": 0.7, "B": 0.28}, *"K52M"])
    (best, p), (second, q) = decoded.lattice[2][:2]
    assert (best, second) == ("8", "B")
    assert p == pytest.approx(0.7 / 0.98, abs=0.02)
    assert q == pytest.approx(0.28 / 0.98, abs=0.02)
    assert decoded.confidence == pytest.approx(p, abs=0.03)
    assert all(sum(probability for _, probability in position) <= 1 + 1e-9 for position in decoded.lattice)


def test_an_alternative_of_another_class_is_among_the_alternatives() -> None:
    decoded = read([*"皖Q0686", {"9": 0.5, "学": 0.45}])
    assert decoded.text == "皖Q06869"
    assert dict(decoded.lattice[6])["学"] == pytest.approx(0.47, abs=0.05)


def test_the_prior_decides_where_the_picture_leaves_it_open() -> None:
    seen: list[Seen | str] = ["皖", "A", "D", "1", "4", {"4": 0.4}, "8", "8"]
    assert read(seen, favoured="1234567").text == "皖AD1488"
    assert read(seen, favoured="12345678").text == "皖AD14488"


def test_text_outside_the_grammar_is_had_without_it() -> None:
    views = [view_of(posterior(list("AB12CD")))]
    outside = unconstrained(views)
    assert outside.text == "AB12CD"
    assert outside.score > decode(views, lambda _: 0.0).score + 10


def test_nothing_seen_reads_as_nothing() -> None:
    assert unconstrained([view_of(posterior([{}, {}]))]).text == ""


def test_sure_blanks_are_told_once() -> None:
    view = view_of(posterior([{}, {}, {}, "7"]))
    assert len(view) < len(posterior([{}, {}, {}, "7"]))
    assert unconstrained([view]).text == "7"


def test_other_characters_leave_their_share_to_the_plates() -> None:
    seen = np.zeros((1, OTHER + 1), np.float32)
    seen[0, [OTHER, COLUMN_OF["津"], BLANK]] = 0.9, 0.08, 0.02
    assert np.exp(view_of(seen)[0, COLUMN_OF["津"]]) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("character", "column"),
    [
        ("·", BLANK),
        (" ", BLANK),
        ("a", COLUMN_OF["A"]),
        ("Ａ", COLUMN_OF["A"]),
        ("I", COLUMN_OF["1"]),
        ("O", COLUMN_OF["O"]),
        ("猫", OTHER),
    ],
)
def test_columns(character: str, column: int) -> None:
    assert column_of(character) == column
