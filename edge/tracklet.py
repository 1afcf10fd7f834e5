"""One vehicle followed within one camera. Pure.

A tracklet is a value; each sighting gives the next one. It carries all that a passage will need: motion, the
vote, the best shots, and when it crossed the lines.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from edge.evidence import Darkroom, Shot, merit
from edge.frame import Frame, PlateDetection, PlateReading
from edge.lane import Layout, Line, Point, crossing
from edge.quality import Flaw, plate_height, weight
from edge.track import GATE
from edge.trajectory import Trajectory, View, expected, mismatch, predict, sighting, start, update
from edge.vote import Vote, support
from proto.clock import ClockQuality

#: Shots kept a tracklet: one for each text that its plate was read as, the best few.
MAX_SHOTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed:
    """When and where the plate crossed a line."""

    seconds: float
    captured_at: datetime
    at: Point
    towards: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tracklet:
    """What is known of one vehicle so far."""

    number: int  #: counts a camera's tracklets from 0
    path: Trajectory
    sightings: int
    first_seconds: float
    last_seconds: float
    last_captured_at: datetime
    clock: ClockQuality
    origin: Point  #: first and last place, as shares of the picture
    place: Point
    plate: PlateDetection  #: as last seen
    travelled: float = 0.0  #: farthest from the origin so far, in plate sizes
    vote: Vote = field(default_factory=Vote)
    flaws: tuple[tuple[Flaw, int], ...] = ()
    shots: tuple[Shot, ...] = ()  #: best first
    looks: int = 0  #: readings asked for
    look_seconds: float = 0.0  #: when it was last read
    look_height: float = 0.0  #: the tallest plate read so far, in pixels
    trigger: Crossed | None = None
    measure: Crossed | None = None
    decided_seconds: float | None = None  #: since when the vote is decisive
    reported: bool = False  #: its passage is out, or another tracklet's is of the same vehicle
    ended_seconds: float | None = None  #: since when it is no longer looked for by motion

    @property
    def settled(self) -> bool:
        """Whether its motion is known well enough to tell it from its neighbours."""
        return self.sightings >= 2 and self.ended_seconds is None

    @property
    def open(self) -> bool:
        """Whether it is still looked for by motion."""
        return self.ended_seconds is None

    def leaving(self, seconds: float) -> bool:
        """Whether its plate should be out of the picture by now."""
        where = expected(predict(self.path, seconds))
        return where is None or not self.path.view.holds(where.x, where.y)

    def supports(self, reading: PlateReading | None) -> float:
        """See `edge.vote.support`; 0 without a reading."""
        return support(reading.lattice, self.vote.read) if reading else 0.0

    def shot(self) -> Shot | None:
        """The evidence: the shot whose own text is the voted one, or shares most characters with it."""
        text = self.vote.read.text if self.vote.read else ""

        def shared(shot: Shot) -> int:
            return sum(a == b for a, b in zip(shot.text, text, strict=False))

        return max(self.shots, key=lambda s: (s.text == text, shared(s), s.merit), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one frame says of one plate."""

    plate: PlateDetection
    asked: bool = False  #: whether it was handed to the reader
    reading: PlateReading | None = None
    flaw: Flaw | None = None  #: why it doesn't count in the vote


def begin(number: int, frame: Frame, look: Look, view: View) -> Tracklet:
    """A vehicle seen for the first time."""
    seen = sighting(look.plate)
    place = seen.x / view.width, seen.y / view.height
    tracklet = Tracklet(
        number=number,
        path=start(seen, frame.seconds, view),
        sightings=1,
        first_seconds=frame.seconds,
        last_seconds=frame.seconds,
        last_captured_at=frame.captured_at,
        clock=frame.clock,
        origin=place,
        place=place,
        plate=look.plate,
    )
    return _looked(tracklet, frame, look)


def see(tracklet: Tracklet, frame: Frame, look: Look, layout: Layout) -> Tracklet:
    """The vehicle seen again: motion, lines, vote, shots."""
    seen, view = sighting(look.plate), tracklet.path.view
    place = seen.x / view.width, seen.y / view.height
    path = predict(tracklet.path, frame.seconds)
    if tracklet.open and mismatch(path, seen)[0] <= GATE:
        path = update(path, seen)
    else:  # found again by its text: what its motion was says nothing now
        path = start(seen, frame.seconds, view)
    ox, oy = tracklet.origin[0] * view.width, tracklet.origin[1] * view.height
    moved = ((seen.x - ox) ** 2 + (seen.y - oy) ** 2) ** 0.5 / seen.size
    return _looked(
        replace(
            tracklet,
            path=path,
            sightings=tracklet.sightings + 1,
            last_seconds=frame.seconds,
            last_captured_at=frame.captured_at,
            clock=frame.clock,
            place=place,
            plate=look.plate,
            travelled=max(tracklet.travelled, moved),
            trigger=tracklet.trigger or _crossed(tracklet, layout.trigger, place, frame),
            measure=tracklet.measure or _crossed(tracklet, layout.measure, place, frame),
            ended_seconds=None,
        ),
        frame,
        look,
    )


def _crossed(tracklet: Tracklet, line: Line | None, place: Point, frame: Frame) -> Crossed | None:
    found = crossing(line, tracklet.place, place) if line else None
    if found is None:
        return None
    step = frame.captured_at - tracklet.last_captured_at
    return Crossed(
        seconds=tracklet.last_seconds + found.share * (frame.seconds - tracklet.last_seconds),
        captured_at=tracklet.last_captured_at + found.share * step,
        at=found.at,
        towards=found.towards,
    )


def _looked(tracklet: Tracklet, frame: Frame, look: Look) -> Tracklet:
    """Vote and shots after a look."""
    flaws = tracklet.flaws
    if look.flaw:
        counted = dict(flaws)
        counted[look.flaw] = counted.get(look.flaw, 0) + 1
        flaws = tuple(counted.items())
    vote = tracklet.vote
    if look.reading and not look.flaw:
        vote = vote.fold(look.reading, weight(look.plate, look.reading))
    return replace(
        tracklet,
        vote=vote,
        flaws=flaws,
        shots=tracklet.shots if tracklet.reported else _better(tracklet.shots, frame, look),
        looks=tracklet.looks + look.asked,
        look_seconds=frame.seconds if look.asked else tracklet.look_seconds,
        look_height=max(tracklet.look_height, plate_height(look.plate) if look.asked else 0.0),
    )


def _better(shots: tuple[Shot, ...], frame: Frame, look: Look) -> tuple[Shot, ...]:
    """The shots with this frame among them, where it beats the one that shows the same text."""
    # A frame that was not read can't vouch for what it shows; it is kept only until one that was comes.
    if shots and not look.asked:
        return shots
    height, width = frame.image.shape[:2]
    sharpness = look.reading.sharpness if look.reading else 0.0
    shot = Shot(
        text=look.reading.text if look.reading and not look.flaw else "",
        merit=merit(look.plate, sharpness, (width, height)),
        captured_at=frame.captured_at,
        plate=look.plate,
        size=(width, height),
        image=frame.image,
    )
    same = next((s for s in shots if s.text == shot.text), None)
    if same and same.merit >= shot.merit:
        return shots
    others = [s for s in shots if s is not same]
    return tuple(sorted([shot, *others], key=lambda s: (s.text != "", s.merit), reverse=True)[:MAX_SHOTS])


def developed(tracklet: Tracklet, darkroom: Darkroom) -> Tracklet:
    """The tracklet with its shots' pictures made: what can be saved to disk."""
    return replace(tracklet, shots=tuple(darkroom.develop(shot) for shot in tracklet.shots))
