"""Which texts a plate may have been read as, and how likely each read of them was it. Pure.

The matcher goes from a read to the plates that it may be (`proto.variants`); a search goes the other way: from
a plate to the texts under which its passages may lie. Those are the texts that readers make of it by confusable
characters, by one character of any other kind, by one that is missing or too many. The texts are many and most
are other vehicles: a read of them counts only as far as its own lattice makes the plate likely.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, product
from typing import Any

from central.investigation import Limits, Plan, Reach
from central.store.columns import lattice_of, microseconds, moment_of
from proto.background import UNKNOWN, Background
from proto.passage import PlateRead
from proto.plate import ALNUM, PROVINCES, PlateClass, PlateColour, confusable_with
from proto.variants import SURE, variants

#: Reads in doubt of a text that are scored at most, the newest: their mean is told by these.
MOST_READS = 40
#: Of a text that was read within this time before the end, only those reads: what lies further back is mostly
#: of the same few vehicles.
_NEAR = timedelta(days=14)
#: A text whose reads are less likely the plate than this is not shown.
LEAST_LIKELY = 0.001
#: What a reader may put in a place; a read outside the grammar may have the letters I and O.
_CHARACTERS = ALNUM + "IO"
#: In the units of the table.
_CONFIDENCE_STEPS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A text that the plate may have been read as."""

    text: str
    passages: int  #: with this text that may be the plate: all of the plate's own, of others those in doubt
    likelihood: float  #: that such a passage is the plate's, mean over those scored
    first_at: datetime
    last_at: datetime


def texts_like(plate: str) -> frozenset[str]:
    """Texts that a reader may have made of the plate, itself included: some hundreds."""
    found = {plate}
    for at, character in enumerate(plate):
        others = PROVINCES if character in PROVINCES else _CHARACTERS
        found |= {plate[:at] + other + plate[at + 1 :] for other in others}
        found.add(plate[:at] + plate[at + 1 :])
    for one, other in combinations(range(len(plate)), 2):
        for a, b in product(confusable_with(plate[one]), confusable_with(plate[other])):
            found.add(plate[:one] + a + plate[one + 1 : other] + b + plate[other + 1 :])
    # One too many mostly doubles its neighbour or is a mark at the end.
    found |= {plate + c for c in ALNUM}
    found |= {plate[:at] + plate[at] + plate[at:] for at in range(1, len(plate))}
    found.discard("")
    return frozenset(found)


def plan_counts(plate: str, reach: Reach, *, limits: Limits | None = None) -> Plan:
    """How often each of the texts was read: columns plate, passages, first_us, last_us."""
    return Plan(
        name="looks like",
        sql=(
            "SELECT plate, count() AS passages, toUnixTimestamp64Micro(min(captured_at)) AS first_us,"
            " toUnixTimestamp64Micro(max(captured_at)) AS last_us FROM seen"
            " WHERE plate IN {texts:Array(String)} AND (plate = {plate:String} OR confidence < {sure:Int64})"
            " GROUP BY plate"
        ),
        reach=reach,
        parameters={
            "plate": plate,
            "texts": sorted(texts_like(plate)),
            "sure": round(SURE * _CONFIDENCE_STEPS),
        },
        limits=limits or Limits(seconds=10),
        by_plate=True,
        skips=False,
    )


def plans_of_reads(plate: str, counts: Any, reach: Reach, *, limits: Limits | None = None) -> tuple[Plan, ...]:
    """The newest reads in doubt of other texts, of each some: columns plate, confidence and the lattice's.

    Args:
        plate: what is looked for.
        counts: what `plan_counts` was answered, an Arrow table: texts that were read at all.
        reach: where may be looked.
        limits: of each query.
    """
    near = max(reach.since, reach.until - _NEAR)
    lately: list[str] = []
    before: list[str] = []
    for text, last_us in zip(
        counts.column("plate").to_pylist(), counts.column("last_us").to_pylist(), strict=True
    ):
        if text != plate:
            (lately if moment_of(last_us) >= near else before).append(text)
    return tuple(
        Plan(
            name="looks like",
            sql=(
                "SELECT plate, confidence, `lattice.position` AS position, `lattice.character` AS character,"
                " `lattice.cost` AS cost FROM seen WHERE plate IN {texts:Array(String)}"
                " AND confidence < {sure:Int64}"
                " AND captured_at >= fromUnixTimestamp64Micro({near:Int64}, 'UTC')"
                " ORDER BY captured_at DESC LIMIT {most:UInt64} BY plate"
            ),
            reach=reach,
            parameters={
                "texts": sorted(texts),
                "sure": round(SURE * _CONFIDENCE_STEPS),
                "near": microseconds(since),
                "most": MOST_READS,
            },
            limits=limits or Limits(seconds=10),
            by_plate=True,
        )
        for texts, since in ((lately, near), (before, reach.since))
        if texts
    )


def reads_of(rows: Any) -> tuple[PlateRead, ...]:
    """The rows of one of `plans_of_reads`, an Arrow table, as far as a likelihood needs them."""
    found = []
    for row in rows.to_pylist():
        text = row["plate"]
        found.append(
            PlateRead(
                text=text,
                plate_class=PlateClass.UNKNOWN,
                colour=PlateColour.UNKNOWN,
                confidence=row["confidence"] / _CONFIDENCE_STEPS,
                lattice=lattice_of(row["position"], row["character"], row["cost"]),
            )
        )
    return tuple(found)


def likelihoods(plate: str, reads: Iterable[PlateRead], background: Background = UNKNOWN) -> dict[str, float]:
    """Text → probability that a read of it is the plate, mean over its reads."""
    sums: dict[str, tuple[float, int]] = {}
    for read in reads:
        score = dict(variants(read, background)).get(plate, 0.0)
        total, count = sums.get(read.text, (0.0, 0))
        sums[read.text] = (total + score, count + 1)
    return {text: total / count for text, (total, count) in sums.items()} | {plate: 1.0}


def candidates(counts: Any, scores: Mapping[str, float]) -> tuple[Candidate, ...]:
    """The rows of `plan_counts`, an Arrow table, with what `likelihoods` made of their reads."""
    return tuple(
        Candidate(
            text=row["plate"],
            passages=row["passages"],
            likelihood=scores.get(row["plate"], 0.0),
            first_at=moment_of(row["first_us"]),
            last_at=moment_of(row["last_us"]),
        )
        for row in counts.to_pylist()
    )


def ranked(counts: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Those that are likely enough, the likeliest first."""
    kept = [c for c in counts if c.likelihood >= LEAST_LIKELY]
    return tuple(sorted(kept, key=lambda c: (-c.likelihood, -c.passages, c.text)))
