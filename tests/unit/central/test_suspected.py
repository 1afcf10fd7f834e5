"""Suspected hits: what a doubtful read may have been, and how much certainty a list asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from central.match import match
from central.suspicion import (
    ENOUGH,
    LEVELS,
    NEVER,
    Rule,
    TrafficProfile,
    false_per_million,
    room,
    rule_for,
    shape,
)
from central.watchlist import Change, Watchlist, compile_watchlist
from proto.background import UNKNOWN, learn
from proto.differences import differences, in_words
from proto.passage import Lattice, Passage, PlateRead, Tier, WatchlistEntry
from proto.plate import PlateClass, PlateColour, classify
from proto.variants import variants
from tests.passages import START, passage

NOW = START + timedelta(hours=1)
ANY = Rule(threshold=LEVELS[0])


def read(text: str, *, doubt: dict[int, tuple[tuple[str, float], ...]], **changes: object) -> PlateRead:
    """A read whose positions are sure but for those named, from 0; its confidence is what they leave."""
    lattice: Lattice = tuple(doubt.get(i, ((c, 1.0),)) for i, c in enumerate(text))
    confidence = 1.0
    for c, position in zip(text, lattice, strict=True):
        confidence *= dict(position).get(c, 0.0)
    plate = PlateRead(
        text=text,
        plate_class=classify(text, PlateColour.BLUE),
        colour=PlateColour.BLUE,
        confidence=confidence,
        lattice=lattice,
    )
    return replace(plate, **changes)  # type: ignore[arg-type]


def seen(plate: PlateRead) -> Passage:
    return replace(passage(1), plate=plate)


def order(plate: str, **fields: object) -> WatchlistEntry:
    return WatchlistEntry(**({"order_id": f"order {plate}", "plate": plate} | fields))  # type: ignore[arg-type]


def watching(*entries: WatchlistEntry, rule: Rule = ANY) -> Watchlist:
    return compile_watchlist(3, entries, rule=rule)


EIGHT_OR_B = read("川C12845", doubt={4: (("8", 0.7), ("B", 0.29))})


def test_an_order_that_the_reader_itself_held_for_likely_is_suspected() -> None:
    (hit,) = match(seen(EIGHT_OR_B), watching(order("川C12B45")), now=NOW)
    assert hit.tier is Tier.SUSPECTED
    assert hit.score == pytest.approx(0.29, abs=0.03)
    (difference,) = hit.differences
    assert (difference.position, difference.read, difference.ordered) == (5, "8", "B")
    assert in_words(hit.differences, 0.31) == "5: read 8, order B (29 %); the order's plate with 31 %".replace(
        " %", "%"
    )


def test_what_was_read_is_exact_and_not_suspected_besides() -> None:
    hits = match(seen(EIGHT_OR_B), watching(order("川C12845"), order("川C12B45")), now=NOW)
    assert [(h.order_id, h.tier) for h in hits] == [
        ("order 川C12845", Tier.EXACT),
        ("order 川C12B45", Tier.SUSPECTED),
    ]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        pytest.param(read("川C12845", doubt={}), order("川C12B45"), id="a sure read is taken at its word"),
        pytest.param(EIGHT_OR_B, order("川C19845"), id="the reader saw no such thing"),
        pytest.param(EIGHT_OR_B, order("川C12B45", exact_only=True), id="the order opted out"),
        pytest.param(EIGHT_OR_B, order("川C12B45", colour=PlateColour.YELLOW), id="its colour contradicts"),
        pytest.param(
            EIGHT_OR_B,
            order("川C12B45", plate_class=PlateClass.LARGE_VEHICLE),
            id="its class has another colour",
        ),
        pytest.param(EIGHT_OR_B, order("川C12B45", checkpoints=frozenset({"cp-9"})), id="elsewhere"),
        pytest.param(
            read("川CD12345", doubt={3: (("1", 0.9),)}, colour=PlateColour.GREEN),
            order("川CD1234"),
            id="no blue plate is green",
        ),
    ],
)
def test_what_is_not_suspected(given: PlateRead, wanted: WatchlistEntry) -> None:
    assert match(seen(given), watching(wanted), now=NOW) == ()


def test_a_list_that_suspects_nothing_has_exact_hits_only() -> None:
    assert match(seen(EIGHT_OR_B), watching(order("川C12B45"), rule=Rule(threshold=NEVER)), now=NOW) == ()


def test_a_colour_that_was_not_seen_contradicts_nothing() -> None:
    at_night = replace(EIGHT_OR_B, colour=PlateColour.UNKNOWN)
    wanted = order("川C12B45", colour=PlateColour.YELLOW)
    assert [h.tier for h in match(seen(at_night), watching(wanted), now=NOW)] == [Tier.SUSPECTED]


def test_a_missing_tail_is_suspected_and_said_so() -> None:
    cut = replace(read("川CD1234", doubt={}), confidence=0.5, colour=PlateColour.UNKNOWN)
    (hit,) = match(seen(cut), watching(order("川CD12345")), now=NOW)
    (difference,) = hit.differences
    assert (hit.tier, difference.position, difference.read, difference.ordered) == (Tier.SUSPECTED, 8, "", "5")


def test_a_missing_middle_character_of_a_text_that_fits_no_plate() -> None:
    cut = replace(read("川C1245", doubt={3: (("2", 0.9),)}), plate_class=PlateClass.UNKNOWN)
    found = match(seen(cut), watching(order("川C12345")), now=NOW)
    assert [h.tier for h in found] == [Tier.SUSPECTED]


def test_what_is_common_here_explains_a_rare_province() -> None:
    lattice: Lattice = ((("皖", 0.8), ("川", 0.15)), *(((c, 1.0),) for c in "C12345"))
    misread = replace(read("皖C12345", doubt={}), lattice=lattice, confidence=0.8)
    here = learn({"川C": 800_000, "川A": 100_000, "皖C": 100})
    nowhere = dict(variants(misread, UNKNOWN))
    assert nowhere["皖C12345"] > nowhere["川C12345"]
    known = dict(variants(misread, here))
    assert known["川C12345"] > 0.99


def test_a_longer_list_asks_for_more_certainty() -> None:
    profile = TrafficProfile()
    for _ in range(ENOUGH):
        profile.saw(EIGHT_OR_B, variants(EIGHT_OR_B, UNKNOWN))
    kind = shape("川C12B45")
    thresholds = [rule_for(profile, {kind: n}, 5.0).threshold for n in (1, 10, 200_000)]
    assert thresholds == sorted(thresholds)
    assert thresholds[0] < thresholds[-1]
    assert rule_for(profile, {kind: 1}, 0.0).threshold == NEVER


def test_a_rule_keeps_the_rate_that_was_wanted() -> None:
    profile = TrafficProfile()
    for _ in range(ENOUGH):
        profile.saw(EIGHT_OR_B, variants(EIGHT_OR_B, UNKNOWN))
    listed = {shape("川C12B45"): 1000}
    rule = rule_for(profile, listed, 5.0)
    assert rule.expected_per_million <= 5.0
    rates = false_per_million(profile, listed)
    assert rates == sorted(rates, reverse=True)
    # Every read hands out one plate of this very kind, of which a thousand in 240,000 are listed.
    assert rates[0] == pytest.approx(1e6 * 1000 / room(shape("川C12B45")), rel=0.05)


def test_without_traffic_the_densest_kind_is_reckoned_with() -> None:
    few = rule_for(TrafficProfile(), {shape("川C12345"): 1}, 5.0)
    many = rule_for(TrafficProfile(), {shape("川C12345"): 90_000}, 5.0)
    assert few.threshold < 1 < many.threshold


def test_only_reads_that_can_match_are_kept_for_matching() -> None:
    texts = ["川C12345", "川C12346", "", "川A00001"]
    sure = [True, True, True, False]
    assert watching(order("川C12345")).matchable(texts, sure) == [0, 3]
    assert watching(order("川C12345"), rule=Rule(threshold=NEVER)).matchable(texts, sure) == [0]
    assert watching(order("川?12346")).matchable(texts, sure) == [0, 1, 3]
    assert watching(order("*")).matchable(texts, sure) == [0, 1, 2, 3]


def test_changes_lead_to_the_list_that_compiling_gives() -> None:
    before = watching(
        order("川C12345"), order("川C12345", order_id="two"), order("川?00000"), order("京A00001")
    )
    changed = before.changed(
        9,
        [
            Change(order_id="two", plate="川C12345", entry=None),
            Change(order_id="order 川?00000", plate="川?00000", entry=None),
            Change(order_id="order 京A00001", plate="京A00001", entry=order("京A00001", priority=1)),
            Change(order_id="new", plate="沪B00002", entry=order("沪B00002", order_id="new", exact_only=True)),
            Change(order_id="never there", plate="沪B00003", entry=None),
        ],
    )
    wanted = compile_watchlist(
        9,
        [
            order("川C12345"),
            order("京A00001", priority=1),
            order("沪B00002", order_id="new", exact_only=True),
        ],
        rule=ANY,
    )
    assert (changed.version, changed.size, changed.shapes) == (9, wanted.size, wanted.shapes)
    assert sorted(changed.entries(), key=lambda e: e.order_id) == sorted(
        wanted.entries(), key=lambda e: e.order_id
    )
    assert before.size == 4


def test_differences_of_texts_of_different_lengths() -> None:
    longer = differences(read("川CD123456", doubt={}), "川CD12345")
    assert [(d.position, d.read, d.ordered) for d in longer] == [(9, "6", "")]
    assert "order has none" in in_words(longer, 0.2)
