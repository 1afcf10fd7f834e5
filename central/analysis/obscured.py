"""Obscured plates (遮挡、污损): vehicles that keep passing unread where cameras read well.

*Unread.* Passages without a plate, one after the other at different checkpoints, as far apart in time as others
take from there to there. Some follow each other so by chance. How many is reckoned: at every checkpoint that is
next on the way, the unread of that hour of the day times the width of the window in which one would fit.
`strength` is the negative logarithm to 10 of how many chains like this one chance would make of all that was
unread. So a camera that reads badly weighs little by itself; one whose own share of unread is over `bad` tells
nothing at all. On a busy road by day chance makes as many chains as one likes, and none is told.

*Partial.* One text with the same characters in doubt again and again, at several checkpoints, while the texts
that were made of it are hardly ever read for sure. There `strength` is how unlikely it is that so many cameras,
each as doubtful as it is with all that it reads, were in doubt of the same characters.

Whether the plate is covered, dirty or bent is for a person to see in the pictures.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from central.analysis.clone import STEPS
from central.analysis.work import (
    MICRO,
    Finding,
    Ground,
    InvalidWishes,
    Work,
    at_most,
    moment,
    not_longer,
    within,
)
from central.investigation import Limits, Plan, Reach
from proto.plate import classes_of

#: Unread passages that are linked at most.
MOST_UNREAD = 100_000
#: Texts in doubt that are looked at: those seen most often.
MOST_MASKS = 2_000
#: Reasons that tell of the view, not of the plate: they are no evidence.
OF_THE_VIEW = ("cut_off_at_edge", "too_dark", "too_small", "too small")
_HORIZON_US = 2 * 3600 * MICRO
#: Drives that tell how long it takes from there to there, and the least part of those who pass that go there.
_ENOUGH, _LEAST_PART = 30, 0.05
#: Of the times that nine in ten take, how much shorter and longer is still plausible.
_QUICKER, _SLOWER = 0.8, 1.25
#: Places of a plate that a reader's doubt may fall on.
_PLACES = 7
#: Cost in the lattice of a probability, see `central.store.columns`.
_COST_STEPS = 25

_ROADS = f"""
SELECT passed, here, count() AS drives, quantile(0.05)(gap) AS quick, quantile(0.95)(gap) AS slow
FROM ({STEPS}) GROUP BY passed, here HAVING drives >= {{enough:UInt32}}
"""  # noqa: S608
_CAMERAS = """
SELECT toString(checkpoint_id) AS place, count() AS passages,
  countIf(plate = '' AND unread_reason NOT IN {view:Array(String)}) AS unread,
  countIf(plate != '' AND confidence < {doubt:UInt32}) AS doubtful,
  countResample(0, 24, 1)(plate = '' AND unread_reason NOT IN {view:Array(String)} ? 1 : NULL,
    toHour(captured_at, 'UTC')) AS by_hour
FROM seen GROUP BY checkpoint_id
"""
_UNREAD = """
SELECT toString(checkpoint_id) AS place, toUnixTimestamp64Micro(captured_at) AS at,
  toString(direction) AS direction, lane, toString(unread_reason) AS reason, passage_id
FROM seen WHERE plate = '' AND unread_reason NOT IN {view:Array(String)} AND clock != 'unsynced'
  AND checkpoint_id NOT IN {bad:Array(String)}
ORDER BY at, passage_id LIMIT {most:UInt32}
"""
#: In doubt is a character of which the reader's best is not likely enough.
_MASKS = """
SELECT mask, count() AS times, uniqExact(place) AS checkpoints, groupArray(1000)(place) AS places,
  groupUniqArray(40)(plate) AS texts,
  toUnixTimestamp64Micro(min(captured_at)) AS first_us, toUnixTimestamp64Micro(max(captured_at)) AS last_us
FROM (
  SELECT plate, captured_at, toString(checkpoint_id) AS place,
    arrayMap(n -> arrayMin(arrayMap((p, c) -> if(p = n, c, 255), `lattice.position`, `lattice.cost`)),
      range(lengthUTF8(plate))) AS best,
    arrayStringConcat(arrayMap((c, n) -> if(best[n + 1] > {cost:UInt32}, '?', c),
      extractAll(plate, '.'), range(lengthUTF8(plate)))) AS mask
  FROM seen
  WHERE plate != '' AND (confidence < {doubt:UInt32} OR lengthUTF8(plate) BETWEEN 4 AND 6)
    AND checkpoint_id NOT IN {bad:Array(String)}
)
WHERE countSubstrings(mask, '?') BETWEEN 1 AND 3 OR lengthUTF8(mask) BETWEEN 4 AND 6
GROUP BY mask HAVING times >= {times:UInt32} AND checkpoints >= {checkpoints:UInt32}
ORDER BY times DESC, mask LIMIT {most:UInt32}
"""
_SURE = """
SELECT plate, count() AS times FROM seen
WHERE plate IN {texts:Array(String)} AND confidence >= {doubt:UInt32} GROUP BY plate
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObscuredWishes:
    """Which vehicles hide their plates?"""

    kind: ClassVar[str] = "obscured"
    longest: ClassVar[timedelta] = timedelta(days=7)
    questions: ClassVar[int] = 5
    columns: ClassVar[dict[str, str]] = {
        "why": "unread: passages without a plate, one after the other; partial: the same characters in doubt.",
        "text": "Of partial: what was read, with ? for what was in doubt.",
        "strength": "-log10 of how many like it chance would make.",
        "passages": "That it rests on.",
        "checkpoints": "Different ones.",
        "sure": "Of partial: passages at which one of the texts was read for sure.",
        "first_at": "Earliest passage that it rests on.",
        "last_at": "Latest one.",
        "steps": "Of unread: checkpoint, direction, lane, at, reason, passage_id, and the camera's own unread "
        "share.",
    }
    checkpoints: int = 3  #: different ones
    strength: float = 2.0  #: see the module
    bad: float = 0.25  #: own share of unread, or of doubtful, from which a checkpoint tells nothing
    doubt: float = 0.7  #: a character is in doubt where the reader's best is less likely than this

    def __post_init__(self) -> None:
        within("checkpoints", self.checkpoints, 2, 50)
        within("strength", self.strength, 0, 300)
        within("bad", self.bad, 0.01, 1)
        within("doubt", self.doubt, 0.3, 0.95)

    @property
    def subject(self) -> str:
        return ""

    def work(self, reach: Reach, ground: Ground) -> Work:
        del ground
        not_longer(self.kind, reach, self.longest)
        days = max(1.0, (reach.until - reach.since) / timedelta(days=1))
        doubt = round(self.doubt * 10_000)

        def plan(sql: str, rows: int = 200_000, **parameters: Any) -> Plan:
            return Plan(
                name=self.kind,
                sql=sql,
                reach=reach,
                parameters=parameters,
                limits=Limits(rows=rows, seconds=120),
            )

        cameras = yield plan(_CAMERAS, view=OF_THE_VIEW, doubt=doubt)
        eyes = {row["place"]: Eye.of(row, days) for row in cameras.to_pylist()}
        bad = sorted(place for place, eye in eyes.items() if eye.unread_share > self.bad)
        roads = yield plan(_ROADS, horizon=_HORIZON_US, enough=_ENOUGH, sure=0, shares=1)
        unread = yield plan(_UNREAD, MOST_UNREAD + 1, view=OF_THE_VIEW, bad=bad or [""], most=MOST_UNREAD + 1)
        if unread.num_rows > MOST_UNREAD:
            raise InvalidWishes(
                f"obscured: expected at most {MOST_UNREAD} unread passages, found more: ask for less time or "
                "fewer checkpoints"
            )
        found = chains(unread.to_pylist(), Ways.of(roads.to_pylist(), eyes), self)
        doubtful = sorted(place for place, eye in eyes.items() if eye.doubtful_share > self.bad)
        masks = yield plan(
            _MASKS,
            doubt=doubt,
            cost=math.floor(-_COST_STEPS * math.log(self.doubt)),
            bad=doubtful or [""],
            times=self.checkpoints,
            checkpoints=self.checkpoints,
            most=MOST_MASKS,
        )
        rows = [row for row in masks.to_pylist() if "?" in row["mask"] or not classes_of(row["mask"])]
        texts = sorted({text for row in rows for text in row["texts"]})
        if texts:
            answer = yield plan(_SURE, texts=texts, doubt=doubt)
            sure = {row["plate"]: row["times"] for row in answer.to_pylist()}
            found += [f for row in rows if (f := self._partial(row, sure, eyes, len(rows))) is not None]
        return at_most(self.kind, sorted(found, key=lambda f: (-f["strength"], f["first_at"], f["text"])))

    def _partial(
        self, row: dict[str, Any], sure: dict[str, int], eyes: dict[str, Eye], tried: int
    ) -> Finding | None:
        mask = row["mask"]
        # A short text is in no doubt by itself: what is missing was never seen.
        read = 0 if "?" not in mask else sum(sure.get(text, 0) for text in row["texts"])
        if read > 0.2 * row["times"]:
            return None
        chance = sum(math.log10(eyes[place].doubtful_share / _PLACES) for place in row["places"][1:])
        strength = -chance - math.log10(tried)
        if strength < self.strength:
            return None
        return {
            "why": "partial",
            "text": mask,
            "strength": round(strength, 2),
            "passages": row["times"],
            "checkpoints": row["checkpoints"],
            "sure": read,
            "first_at": moment(row["first_us"]),
            "last_at": moment(row["last_us"]),
            "steps": None,
        }


@dataclass(frozen=True, slots=True)
class Eye:
    """How well a checkpoint reads."""

    passages: int
    unread_share: float
    doubtful_share: float
    rates: tuple[float, ...]  #: unread a microsecond, by hour of UTC

    @classmethod
    def of(cls, row: dict[str, Any], days: float) -> Eye:
        """Of a row of the question about cameras. A little is added to all, so that nothing counts as never."""
        passages, unread = row["passages"] + 2, row["unread"] + 1
        exposed = days * 3600 * MICRO
        # An hour of few days tells little by itself: half of it is the day's mean.
        rates = tuple((hour + unread / 24) / 2 / exposed for hour in row["by_hour"])
        return cls(row["passages"], unread / passages, (row["doubtful"] + 1) / passages, rates)


@dataclass(frozen=True, slots=True)
class Ways:
    """Where one comes next, and when."""

    before: dict[str, list[tuple[str, float, float]]]  #: checkpoint → (checkpoint before it, quickest, slowest)
    chance: dict[str, tuple[float, ...]]  #: unread that would fit as a next step by chance, by hour of UTC
    shares: dict[str, float]  #: of unread, of each

    @classmethod
    def of(cls, roads: Sequence[dict[str, Any]], eyes: dict[str, Eye]) -> Ways:
        before: dict[str, list[tuple[str, float, float]]] = defaultdict(list)
        chance: dict[str, list[float]] = defaultdict(lambda: [0.0] * 24)
        for road in roads:
            start, end = road["passed"], road["here"]
            if start not in eyes or end not in eyes or road["drives"] < _LEAST_PART * eyes[start].passages:
                continue
            quick, slow = _QUICKER * road["quick"], _SLOWER * road["slow"]
            before[end].append((start, quick, slow))
            for hour, rate in enumerate(eyes[end].rates):
                chance[start][hour] += rate * (slow - quick)
        shares = {place: eye.unread_share for place, eye in eyes.items()}
        return cls(dict(before), {place: tuple(hours) for place, hours in chance.items()}, shares)


def chains(unread: Sequence[dict[str, Any]], ways: Ways, wishes: ObscuredWishes) -> list[Finding]:
    """Unread passages in the order of time → those that follow each other so that chance would hardly make it.

    Each passage is in one chain at most, the strongest first.
    """
    ats: dict[str, list[int]] = defaultdict(list)
    numbers: dict[str, list[int]] = defaultdict(list)
    best = [0.0] * len(unread)
    came: list[int | None] = [None] * len(unread)
    for number, row in enumerate(unread):
        for start, quick, slow in ways.before.get(row["place"], ()):
            first = bisect_left(ats[start], row["at"] - slow)
            last = bisect_right(ats[start], row["at"] - quick)
            for before in numbers[start][first:last]:
                hour = unread[before]["at"] // (3600 * MICRO) % 24
                gain = best[before] - math.log10(min(1.0, max(1e-9, ways.chance[start][hour])))
                if gain > best[number]:
                    best[number], came[number] = gain, before
        ats[row["place"]].append(row["at"])
        numbers[row["place"]].append(number)
    used = [False] * len(unread)
    tried = math.log10(max(1, len(unread)))
    found = []
    for end in sorted(range(len(unread)), key=lambda n: -best[n]):
        if best[end] - tried < wishes.strength:
            break
        chain = [*_back(end, came)][::-1]
        if any(used[n] for n in chain):
            continue
        if len({unread[n]["place"] for n in chain}) < wishes.checkpoints:
            continue
        for n in chain:
            used[n] = True
        found.append(_chain([unread[n] for n in chain], best[end] - tried, ways))
    return found


def _back(end: int, came: Sequence[int | None]) -> Iterator[int]:
    here: int | None = end
    while here is not None:
        yield here
        here = came[here]


def _chain(rows: Sequence[dict[str, Any]], strength: float, ways: Ways) -> Finding:
    return {
        "why": "unread",
        "text": "",
        "strength": round(strength, 2),
        "passages": len(rows),
        "checkpoints": len({row["place"] for row in rows}),
        "sure": None,
        "first_at": moment(rows[0]["at"]),
        "last_at": moment(rows[-1]["at"]),
        "steps": [
            {
                "checkpoint": row["place"],
                "direction": row["direction"],
                "lane": row["lane"],
                "at": moment(row["at"]),
                "reason": row["reason"],
                "passage_id": str(UUID(bytes=bytes(row["passage_id"]))),
                "unread_share": round(ways.shares[row["place"]], 4),
            }
            for row in rows
        ],
    }
