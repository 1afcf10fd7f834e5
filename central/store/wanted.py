"""What is asked for, in ClickHouse's SQL.

`terms_of`: what an order would hit, `central.match` on a table instead of on a passage; only what needs no
more than the text: exact matches and patterns. A property test holds the two together. `asked_of`: a person's
filters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from central.ports import PassageQuery
from central.store import columns
from central.watchlist import MANY, ONE, is_pattern
from proto.passage import WatchlistEntry
from proto.plate import PlateClass, PlateColour, classes_of, rule_of
from proto.scope import GREENS
from proto.variants import SURE

Values = dict[str, str | int | Sequence[str]]
#: What LIKE calls our wildcards, and what is to be no wildcard of its own.
_LIKE = {ONE: "_", MANY: "%", "_": "\\_", "%": "\\%", "\\": "\\\\"}


def terms_of(entry: WatchlistEntry) -> tuple[list[str], Mapping[str, str | int | Sequence[str]]]:
    """Conditions that hold for just the passages that the entry hits, and their parameters."""
    terms: list[str] = ["plate != ''"]
    values: Values = {"wanted": entry.plate}
    if is_pattern(entry.plate):
        terms.append("plate LIKE {wanted:String}")
        values["wanted"] = like_of(entry.plate)
    else:
        terms.append("plate = {wanted:String}")
    if entry.colour not in (None, PlateColour.UNKNOWN):
        assert entry.colour is not None
        colours = GREENS if entry.colour in GREENS else {entry.colour}
        terms.append("colour IN {wanted_colours:Array(String)}")
        values["wanted_colours"] = sorted({*colours, PlateColour.UNKNOWN})
    if entry.plate_class not in (None, PlateClass.UNKNOWN):
        assert entry.plate_class is not None
        terms.append(_class_term(entry.plate, entry.plate_class, values))
    if entry.checkpoints:
        terms.append("checkpoint_id IN {wanted_checkpoints:Array(String)}")
        values["wanted_checkpoints"] = sorted(entry.checkpoints)
    if entry.directions:
        terms.append("direction IN {wanted_directions:Array(String)}")
        values["wanted_directions"] = sorted({*entry.directions, ""})
    if entry.valid_from is not None:
        terms.append("captured_at >= fromUnixTimestamp64Micro({wanted_from:Int64}, 'UTC')")
        values["wanted_from"] = columns.microseconds(entry.valid_from)
    if entry.valid_until is not None:
        terms.append("captured_at < fromUnixTimestamp64Micro({wanted_until:Int64}, 'UTC')")
        values["wanted_until"] = columns.microseconds(entry.valid_until)
    if entry.schedule is not None:
        terms.append(_schedule_term(entry, values))
    return terms, values


def like_of(pattern: str) -> str:
    """A pattern with ? and *, as LIKE has it."""
    return "".join(_LIKE.get(c, c) for c in pattern)


def asked_of(query: PassageQuery) -> tuple[list[str], Values]:
    """What a query says of plate, lane and read; without its order, its places and times."""
    terms: list[str] = []
    values: Values = {}
    if query.plate is not None:
        terms.append("plate = {plate:String}")
        values["plate"] = query.plate
    if query.plates is not None:
        terms.append("plate IN {plates:Array(String)}")
        values["plates"] = sorted(query.plates)
    if query.like is not None:
        terms.append(f"(plate = {{like:String}} OR confidence < {round(SURE * columns.CONFIDENCE_STEPS)})")
        values["like"] = query.like
    if query.pattern is not None:
        terms.append("plate LIKE {pattern:String}")
        values["pattern"] = like_of(query.pattern)
    if query.read is not None:
        terms.append("plate != ''" if query.read else "plate = ''")
    named = (
        ("plate_class", query.classes),
        ("colour", query.colours),
        ("direction", query.directions),
    )
    for column, wanted in named:
        if wanted is not None:
            terms.append(f"{column} IN {{{column}s:Array(String)}}")
            values[f"{column}s"] = sorted(wanted)
    if query.lanes is not None:
        lanes = ", ".join(str(int(lane)) for lane in sorted(query.lanes))
        terms.append(f"lane IN ({lanes})" if lanes else "0")
    if query.min_confidence is not None:
        terms.append("confidence >= {least:Int64}")
        values["least"] = round(query.min_confidence * columns.CONFIDENCE_STEPS)
    if query.max_confidence is not None:
        terms.append("plate != '' AND confidence <= {most:Int64}")
        values["most"] = round(query.max_confidence * columns.CONFIDENCE_STEPS)
    return terms, values


def _class_term(plate: str, plate_class: PlateClass, values: Values) -> str:
    """A class told apart by its colour contradicts; without a colour any that the text fits may be meant."""
    values["wanted_classes"] = [plate_class, PlateClass.UNKNOWN]
    named = "plate_class IN {wanted_classes:Array(String)}"
    if is_pattern(plate):
        rule = rule_of(plate_class)
        patterns = rule.patterns if rule else ()
        values["wanted_grammar"] = "|".join(
            "^" + "".join(f"[{alphabet}]" for alphabet in pattern) + "$" for pattern in patterns
        )
        fits = "match(plate, {wanted_grammar:String})"
    else:
        fits = "1" if plate_class in classes_of(plate) else "0"
    return f"({named} OR (colour = '{PlateColour.UNKNOWN}' AND {fits}))"


def _schedule_term(entry: WatchlistEntry, values: Values) -> str:
    schedule = entry.schedule
    assert schedule is not None
    values["wanted_zone"] = schedule.zone
    local = "toTimeZone(captured_at, {wanted_zone:String})"
    day, minute = f"toDayOfWeek({local})", f"(toHour({local}) * 60 + toMinute({local}))"
    windows = []
    for window in schedule.windows:
        days = ", ".join(map(str, sorted(window.days)))
        if not window.past_midnight:
            windows.append(f"({day} IN ({days}) AND {minute} >= {window.start} AND {minute} < {window.end})")
            continue
        following = ", ".join(str(d % 7 + 1) for d in sorted(window.days))
        windows.append(f"({day} IN ({days}) AND {minute} >= {window.start})")
        windows.append(f"({day} IN ({following}) AND {minute} < {window.end})")
    return f"({' OR '.join(windows)})"
