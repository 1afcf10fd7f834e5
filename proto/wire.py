"""How single values look on the wire: times, hashes, probabilities, lattices, enumerations."""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from proto import bukong_pb2 as pb
from proto.clock import ClockQuality
from proto.passage import EvidenceKind, Lattice, Tier
from proto.plate import PlateClass, PlateColour
from proto.schedule import InvalidSchedule, Schedule, schedule_of

#: Probability 1 on the wire: 16 bits resolve what a score over eight positions can still tell apart.
CERTAIN = 0xFFFF
#: Steps a pixel.
PIXEL = 16
#: Stands for "no character here" among a lattice's characters.
NOTHING = "\0"
#: What an image is where nothing else is said.
JPEG = "image/jpeg"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: Below this a product of a probability and `CERTAIN` is float noise, not a lower step.
_NOISE = 1e-6

_E = TypeVar("_E", bound=enum.StrEnum)
_W = TypeVar("_W", bound=int)


class WireError(Exception):
    """A wire value that stands for nothing; the codec names the message around it."""


class Names(Generic[_E, _W]):
    """One enumeration and its wire numbers, which carry the same names behind a prefix."""

    def __init__(self, values: type[_E], prefix: str, wire: dict[str, _W]) -> None:
        self._what = values.__name__
        self.to_wire: dict[_E, _W] = {v: wire[prefix + v.name] for v in values}
        self._values: dict[int, _E] = {number: v for v, number in self.to_wire.items()}
        self._default = next((v for v in values if v.name == "UNKNOWN"), None)

    def get(self, number: int) -> _E | None:
        """The value of a number; None where a newer sender's is not known here."""
        return self._values.get(number)

    def to_value(self, number: int) -> _E:
        """The value of a number; a number not known here is UNKNOWN where the enumeration has that."""
        value = self._values.get(number, self._default)
        if value is None:
            raise WireError(f"expected a {self._what} of {sorted(self._values)}, got {number}")
        return value


CLOCK = Names(ClockQuality, "CLOCK_QUALITY_", dict(pb.ClockQuality.items()))
COLOUR = Names(PlateColour, "PLATE_COLOUR_", dict(pb.PlateColour.items()))
PLATE_CLASS = Names(PlateClass, "PLATE_CLASS_", dict(pb.PlateClass.items()))
EVIDENCE = Names(EvidenceKind, "EVIDENCE_KIND_", dict(pb.EvidenceKind.items()))
TIER = Names(Tier, "TIER_", dict(pb.Tier.items()))


def from_time(moment: datetime) -> int:
    """Microseconds since 1970 UTC."""
    if moment.tzinfo is None:
        raise ValueError(f"expected a timezone-aware time, got {moment!r}")
    return (moment - _EPOCH) // _MICROSECOND


def from_optional_time(moment: datetime | None) -> int | None:
    return None if moment is None else from_time(moment)


def to_time(microseconds: int) -> datetime:
    """Raises OverflowError outside the years 1 to 9999."""
    return _EPOCH + timedelta(microseconds=microseconds)


def from_windows(schedule: Schedule | None) -> list[pb.WeeklyWindow]:
    return [
        pb.WeeklyWindow(days=sum(1 << (day - 1) for day in window.days), start=window.start, end=window.end)
        for window in (schedule.windows if schedule else ())
    ]


def to_schedule(zone: str, windows: Iterable[pb.WeeklyWindow]) -> Schedule | None:
    try:
        return schedule_of(
            zone,
            (([day for day in range(1, 33) if w.days >> (day - 1) & 1], w.start, w.end) for w in windows),
        )
    except InvalidSchedule as error:
        raise WireError(str(error)) from error


def from_sha256(digest: str) -> bytes:
    raw = bytes.fromhex(digest)
    if len(raw) != 32 or digest != raw.hex():
        raise ValueError(f"expected 64 lower-case hex digits, got {digest!r}")
    return raw


def to_sha256(raw: bytes) -> str:
    if len(raw) != 32:
        raise WireError(f"expected a sha256 of 32 bytes, got {len(raw)}")
    return raw.hex()


def from_probability(probability: float) -> int:
    """To the nearest step."""
    return _checked(round(probability * CERTAIN), probability)


def to_probability(steps: int) -> float:
    if steps > CERTAIN:
        raise WireError(f"expected a probability of at most {CERTAIN} steps, got {steps}")
    return steps / CERTAIN


def _checked(steps: int, probability: float) -> int:
    if not 0 <= steps <= CERTAIN:
        raise ValueError(f"expected a probability of 0 to 1, got {probability}")
    return steps


def from_lattice(lattice: Lattice) -> tuple[bytes, str, bytes]:
    """Alternatives a position, all characters, all probabilities (rounded down, zeros left out)."""
    sizes = bytearray()
    characters: list[str] = []
    steps: list[int] = []
    for position in lattice:
        before = len(steps)
        for character, probability in position:
            if len(character) > 1 or character == NOTHING:
                raise ValueError(f"expected one character or none, got {character!r}")
            step = _checked(int(probability * CERTAIN + _NOISE), probability)
            if step:
                characters.append(character or NOTHING)
                steps.append(step)
        sizes.append(len(steps) - before)
    return bytes(sizes), "".join(characters), struct.pack(f"<{len(steps)}H", *steps)


def check_lattice(alternatives: int, characters: int, probability_bytes: int) -> None:
    """Do a lattice's parts agree?"""
    if alternatives != characters or probability_bytes != 2 * characters:
        raise WireError(
            f"expected a lattice of {alternatives} alternatives, got {characters} characters "
            f"and {probability_bytes} bytes of probabilities"
        )


def to_lattice(sizes: bytes, characters: str, probabilities: bytes) -> Lattice:
    count = len(characters)
    check_lattice(sum(sizes), count, len(probabilities))
    named = ["" if c == NOTHING else c for c in characters] if NOTHING in characters else characters
    pairs = tuple(zip(named, [s / CERTAIN for s in struct.unpack(f"<{count}H", probabilities)], strict=True))
    lattice = []
    start = 0
    for size in sizes:
        lattice.append(pairs[start : start + size])
        start += size
    return tuple(lattice)
