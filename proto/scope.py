"""What rules an order out although the plate agrees: where, when, colour and class. Pure.

The centre and every node hold the same passages to the same rules.
"""

from __future__ import annotations

from proto.passage import Passage, PlateRead, Tier, WatchlistEntry
from proto.plate import PlateClass, PlateColour, classes_of, colours_of, rule_of

#: Grounds that readers take for each other: both are green for the most part.
GREENS = frozenset({PlateColour.GREEN, PlateColour.YELLOW_GREEN})


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
