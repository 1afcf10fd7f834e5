"""What every analysis is made of. Pure.

An analysis is a frozen dataclass of wishes with a method `work`: a generator that yields one planned question
after the other, is sent each answer, and returns what it found. It touches nothing itself: whoever runs it asks
the store, between questions looks whether it was called off, and keeps what is found.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Protocol

from central.checkpoint import Checkpoint
from central.investigation import Plan, Reach, TooMuch

#: A finding: names to what JSON holds. Moments are ISO 8601 of UTC. Every one has `first_at`: the earliest
#: passage that it rests on.
Finding = dict[str, Any]
#: Plans out, Arrow tables in, findings at the end: the most telling first.
Work = Generator[Plan, Any, list[Finding]]
#: Of one analysis; more are not kept, which is an error and no silent cut.
MOST_FINDINGS = 10_000
MICRO = 1_000_000


class InvalidWishes(ValueError):
    """Wishes that make no sense or go past a stated limit; says what was expected and what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What is known besides the passages."""

    places: Mapping[str, tuple[float, float]] = field(default_factory=dict)  #: checkpoint → degrees N, E
    utc_offset: timedelta = timedelta(hours=8)  #: of the local clock that days and nights go by


def ground_of(checkpoints: Iterable[Checkpoint], utc_offset: timedelta) -> Ground:
    """What the centre's configuration tells."""
    places = {
        c.checkpoint_id: (c.latitude, c.longitude)
        for c in checkpoints
        if c.latitude is not None and c.longitude is not None
    }
    return Ground(places=places, utc_offset=utc_offset)


class Analysis(Protocol):
    """Wishes of one kind, checked when they are made."""

    kind: ClassVar[str]
    longest: ClassVar[timedelta]  #: time that may be asked about at once
    questions: ClassVar[int]  #: that it puts, at most: its progress is told by them
    columns: ClassVar[dict[str, str]]  #: what a finding may have, in order, and what it means

    @property
    def subject(self) -> str:
        """The plate it is about, for the trail; empty: it is about no single one."""
        ...

    def work(self, reach: Reach, ground: Ground) -> Work: ...


def within(name: str, value: float, least: float, most: float) -> None:
    """Raises:
    InvalidWishes: it is not.
    """
    if not least <= value <= most:  # nan is not either
        raise InvalidWishes(f"expected {name} of {least:g} to {most:g}, got {value:g}")


def a_plate(text: str) -> None:
    """Raises:
    InvalidWishes: it can't be one.
    """
    if not 1 <= len(text) <= 16 or any(ord(c) < 0x20 for c in text):
        raise InvalidWishes(f"expected a plate of 1 to 16 characters, got {text!r}")


def some_checkpoints(name: str, ids: Sequence[str], *, least: int = 1, most: int = 200) -> None:
    """Raises:
    InvalidWishes: too few, too many, or some that are none.
    """
    if not least <= len(ids) <= most:
        raise InvalidWishes(f"expected {least} to {most} {name}, got {len(ids)}")
    for each in ids:
        if not 1 <= len(each) <= 64 or any(ord(c) < 0x20 for c in each):
            raise InvalidWishes(f"expected {name} as ids of 1 to 64 characters, got {each!r}")


def not_longer(kind: str, reach: Reach, longest: timedelta) -> None:
    """Raises:
    TooMuch: the time asked about is longer than the analysis takes.
    """
    if reach.until - reach.since > longest:
        raise TooMuch(
            f"{kind}: expected at most {longest / timedelta(days=1):g} days, got "
            f"{(reach.until - reach.since) / timedelta(days=1):.1f}: ask for a shorter time"
        )


def at_most(kind: str, findings: list[Finding]) -> list[Finding]:
    """Raises:
    TooMuch: more than are kept.
    """
    if len(findings) > MOST_FINDINGS:
        raise TooMuch(
            f"{kind}: expected at most {MOST_FINDINGS} findings, got {len(findings)}: ask for less time or a "
            "higher threshold"
        )
    return findings


def moment(us: int) -> str:
    """Microseconds since 1970 as ISO 8601."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)).isoformat()


def micros(at: datetime) -> int:
    """The inverse of `moment`, of a time."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def rows(table: Any) -> list[Finding]:
    """An answer's rows; what ends on _at is made a moment."""
    found: list[Finding] = table.to_pylist()
    for row in found:
        for name, value in row.items():
            if name.endswith("_at") and isinstance(value, int):
                row[name] = moment(value)
    return found


def poisson_tail(count: int, expected: float) -> float:
    """log10 of the probability of `count` or more where so many are expected."""
    if count <= 0:
        return 0.0
    expected = max(expected, 1e-12)
    # The terms from `count` on, each told by the one before it.
    first = count * math.log(expected) - expected - math.lgamma(count + 1)
    total, term = 1.0, 1.0
    for n in range(count + 1, count + 1000):
        term *= expected / n
        total += term
        if term < total * 1e-12:
            break
    return min(0.0, (first + math.log(total)) / math.log(10))
