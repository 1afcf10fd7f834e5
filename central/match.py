"""Does a passage match an active order? Pure: a passage and a watchlist in, hits out.

An order comes into question by its plate, tier by tier, the strongest first, and then must not be ruled out:
by class or colour that contradict, by the order's checkpoints, directions, validity or time windows. What is
not known (a colour at night, a direction that a node can't tell) rules nothing out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from central.watchlist import Watchlist
from proto.passage import Hit, Passage, PlateRead, Tier, WatchlistEntry
from proto.plate import PlateClass, PlateColour, classes_of

#: Grounds that readers take for each other: both are green for the most part.
_GREENS = frozenset({PlateColour.GREEN, PlateColour.YELLOW_GREEN})

#: An order that a read brings into question, how, and how surely.
_Candidate = tuple[WatchlistEntry, Tier, float]


def match(passage: Passage, watchlist: Watchlist, *, now: datetime) -> tuple[Hit, ...]:
    """One hit an order at most, the most urgent order first. `now` is only stamped on the hits: an order's
    validity is held against the time the vehicle passed, however late that is learnt of."""
    if passage.plate is None:
        return ()
    hits: dict[str, Hit] = {}
    urgent: dict[str, int] = {}
    for entry, tier, score in _candidates(passage.plate, watchlist):
        if entry.order_id in hits or not in_scope(passage, entry) or contradicts(passage.plate, entry):
            continue
        urgent[entry.order_id] = entry.priority
        hits[entry.order_id] = Hit(
            order_id=entry.order_id,
            passage=passage,
            tier=tier,
            score=score,
            watchlist_version=watchlist.version,
            matched_at=now,
        )
    return tuple(sorted(hits.values(), key=lambda hit: urgent[hit.order_id]))


def _candidates(read: PlateRead, watchlist: Watchlist) -> Iterator[_Candidate]:
    """Tier by tier, the strongest first: of one order only the first that is in scope counts."""
    for entry in watchlist.exact(read.text):
        yield entry, Tier.EXACT, 1.0
    for entry in watchlist.patterns(read.text):
        # As sure as the text that fits it.
        yield entry, Tier.PATTERN, read.confidence


def contradicts(read: PlateRead, entry: WatchlistEntry) -> bool:
    """Is the vehicle another one than the order's, for its class or colour?

    A text may fit several classes, told apart by colour: where that was not seen, any of them may be meant.
    """
    colour_known = read.colour is not PlateColour.UNKNOWN
    if (
        entry.plate_class not in (None, PlateClass.UNKNOWN, read.plate_class)
        and read.plate_class is not PlateClass.UNKNOWN
        and (colour_known or entry.plate_class not in classes_of(read.text))
    ):
        return True
    if not colour_known or entry.colour in (None, PlateColour.UNKNOWN, read.colour):
        return False
    return not {entry.colour, read.colour} <= _GREENS


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
