"""Does a passage match an active order? Pure: a passage and a watchlist in, hits out.

An order comes into question by its plate, tier by tier, the strongest first, and then must not be ruled out:
by class or colour that contradict, by the order's checkpoints, directions, validity or time windows. What is
not known (a colour at night, a direction that a node can't tell) rules nothing out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from central.suspicion import TrafficProfile
from central.watchlist import Watchlist
from proto.differences import differences
from proto.passage import Hit, Passage, PlateRead, Tier, WatchlistEntry
from proto.plate import PlateClass, PlateColour, classes_of, colours_of, rule_of
from proto.variants import Variant, is_sure, variants

#: Grounds that readers take for each other: both are green for the most part.
GREENS = frozenset({PlateColour.GREEN, PlateColour.YELLOW_GREEN})

#: An order that a read brings into question, how, and how surely.
_Candidate = tuple[WatchlistEntry, Tier, float]


def match(
    passage: Passage, watchlist: Watchlist, *, now: datetime, profile: TrafficProfile | None = None
) -> tuple[Hit, ...]:
    """One hit an order at most, the most urgent order first.

    Args:
        passage: without a plate read, it matches nothing.
        watchlist: what is watched for.
        now: only stamped on the hits: an order's validity is held against the time the vehicle passed, however
            late that is learnt of.
        profile: is told what the read may have been, for later thresholds.
    """
    read = passage.plate
    if read is None:
        return ()
    possible = _possible(read, watchlist, wanted=profile is not None)
    if profile is not None:
        profile.saw(read, possible)
    hits: dict[str, Hit] = {}
    urgent: dict[str, int] = {}
    for entry, tier, score in _candidates(read, watchlist, possible):
        if entry.order_id in hits or not in_scope(passage, entry) or contradicts(read, entry, tier):
            continue
        urgent[entry.order_id] = entry.priority
        hits[entry.order_id] = Hit(
            order_id=entry.order_id,
            passage=passage,
            tier=tier,
            score=score,
            watchlist_version=watchlist.version,
            matched_at=now,
            differences=differences(read, entry.plate) if tier is Tier.SUSPECTED else (),
        )
    return tuple(sorted(hits.values(), key=lambda hit: urgent[hit.order_id]))


def _possible(read: PlateRead, watchlist: Watchlist, *, wanted: bool) -> tuple[Variant, ...]:
    """What a doubtful read may have been; nothing where nobody asks."""
    if is_sure(read) or not (wanted or watchlist.rule.threshold <= 1):
        return ()
    return variants(read, watchlist.rule.background)


def _candidates(read: PlateRead, watchlist: Watchlist, possible: tuple[Variant, ...]) -> Iterator[_Candidate]:
    """Tier by tier, the strongest first: of one order only the first that is in scope counts."""
    for entry in watchlist.exact(read.text):
        yield entry, Tier.EXACT, 1.0
    for entry, probability in watchlist.suspected(read.text, possible):
        yield entry, Tier.SUSPECTED, probability
    for entry in watchlist.patterns(read.text):
        # As sure as the text that fits it.
        yield entry, Tier.PATTERN, read.confidence


def contradicts(read: PlateRead, entry: WatchlistEntry, tier: Tier = Tier.EXACT) -> bool:
    """Is the vehicle another one than the order's, for its class or colour?

    A text may fit several classes, told apart by colour: where that was not seen, any of them may be meant.
    Where the text itself is in doubt, so is the class that it was given, and the colour must speak.
    """
    if tier is Tier.SUSPECTED:
        return _colour_contradicts(read.colour, entry)
    colour_known = read.colour is not PlateColour.UNKNOWN
    if (
        entry.plate_class not in (None, PlateClass.UNKNOWN, read.plate_class)
        and read.plate_class is not PlateClass.UNKNOWN
        and (colour_known or entry.plate_class not in classes_of(read.text))
    ):
        return True
    if not colour_known or entry.colour in (None, PlateColour.UNKNOWN, read.colour):
        return False
    return not {entry.colour, read.colour} <= GREENS


def _colour_contradicts(seen: PlateColour, entry: WatchlistEntry) -> bool:
    """No plate of the order's text, colour and class has the colour that was seen."""
    if seen is PlateColour.UNKNOWN:
        return False
    rule = rule_of(entry.plate_class) if entry.plate_class is not None else None
    possible = {
        colour
        for colour in colours_of(entry.plate)
        if entry.colour in (None, PlateColour.UNKNOWN, colour) and (rule is None or colour in rule.colours)
    }
    if not possible and not classes_of(entry.plate):  # a plate of no known class may have any colour
        possible = {entry.colour or PlateColour.UNKNOWN} - {PlateColour.UNKNOWN}
        return bool(possible) and seen not in possible
    return seen not in possible and not (seen in GREENS and possible & GREENS)


def in_scope(passage: Passage, entry: WatchlistEntry) -> bool:
    """Is the passage where and when the order holds? `valid_from` is inclusive, `valid_until` exclusive."""
    if entry.checkpoints and passage.checkpoint_id not in entry.checkpoints:
        return False
    if entry.directions and passage.direction and passage.direction not in entry.directions:
        return False
    if entry.valid_from is not None and passage.captured_at < entry.valid_from:
        return False
    if entry.valid_until is not None and passage.captured_at >= entry.valid_until:
        return False
    return entry.schedule is None or entry.schedule.contains(passage.captured_at)
