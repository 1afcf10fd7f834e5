"""Holds what came out of the road against what the simulator knows drove by. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

#: A passage belongs to a truth where their crossing times are at most this far apart.
TOLERANCE = timedelta(seconds=2.5)
#: The same text again at the same camera within this time is the same vehicle counted twice.
DOUBLED_WITHIN = timedelta(seconds=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """What really happened: a vehicle crossed a camera's trigger line."""

    camera_id: str
    text: str
    lane: int
    at: datetime
    by_day: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the centre's page was told: one passage."""

    passage_id: str
    camera_id: str
    text: str  #: empty: not legible
    lane: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How passages and truth agree. `crossings` = right + wrong + unread + missed."""

    crossings: int
    right: int  #: reported once, text as it is
    wrong: int  #: reported once, other text
    unread: int  #: reported once, not legible
    missed: int  #: not reported
    doubled: int  #: passages over and above the first of a vehicle
    extra: int  #: passages that belong to no vehicle
    misreads: tuple[tuple[str, str], ...] = field(default=())  #: (true text, what was read)
    unreported: tuple[str, ...] = field(default=())  #: camera and true text of what was missed

    @property
    def share_right(self) -> float:
        """0 to 1 of the crossings; NaN where there were none."""
        return self.right / self.crossings if self.crossings else math.nan


def judge(truth: Sequence[Crossing], seen: Sequence[Seen]) -> Judgement:
    """Pair passages with crossings, camera by camera.

    First those with the same text, nearest in time first; then, among what is left, any passage with the
    nearest crossing of the same lane (or, where the lane is not known, any lane). So a wrong text can't
    steal the crossing of a right one.
    """
    left_truth = set(range(len(truth)))
    left_seen = set(range(len(seen)))
    pairs: list[tuple[int, int]] = []

    def take(same_text: bool) -> None:
        options = sorted(
            (abs(truth[t].at - seen[s].at), t, s)
            for t in left_truth
            for s in left_seen
            if truth[t].camera_id == seen[s].camera_id
            and abs(truth[t].at - seen[s].at) <= TOLERANCE
            and ((truth[t].text == seen[s].text) if same_text else seen[s].lane in (0, truth[t].lane))
        )
        for _, t, s in options:
            if t in left_truth and s in left_seen:
                left_truth.discard(t)
                left_seen.discard(s)
                pairs.append((t, s))

    take(same_text=True)
    take(same_text=False)

    right = sum(truth[t].text == seen[s].text for t, s in pairs)
    unread = sum(not seen[s].text for _, s in pairs)
    doubled = sum(_is_double(seen[s], [seen[other] for _, other in pairs]) for s in left_seen)
    return Judgement(
        crossings=len(truth),
        right=right,
        wrong=len(pairs) - right - unread,
        unread=unread,
        missed=len(left_truth),
        doubled=doubled,
        extra=len(left_seen) - doubled,
        unreported=tuple(f"{truth[t].camera_id} {truth[t].text}" for t in sorted(left_truth)),
        misreads=tuple(
            (truth[t].text, seen[s].text) for t, s in pairs if seen[s].text and truth[t].text != seen[s].text
        ),
    )


def _is_double(one: Seen, others: Sequence[Seen]) -> bool:
    return any(
        one.camera_id == other.camera_id
        and abs(one.at - other.at) <= DOUBLED_WITHIN
        and bool(one.text)
        and one.text == other.text
        for other in others
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` (0 to 1) of all values do not exceed; NaN of nothing."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
