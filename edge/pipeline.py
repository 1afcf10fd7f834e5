"""From detections to passages: the state machine of one camera. Pure: the same inputs give the same passages.

One frame takes two steps, since reading is dear and only the tracklets know what is worth reading:

1. `look` associates what motion leaves no doubt about and names the plates to read.
2. `conclude` takes the readings, associates the rest by motion and text, votes, and hands out the passages
   that are due.

A passage is due when its plate crossed the trigger line and the vote is decisive; without a line ahead, when
the vote is decisive and has had time to find a good picture; and at the latest when the vehicle is gone. A
vehicle found again after its tracklet ended is known by its text and reported no second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from edge.evidence import Darkroom
from edge.frame import Frame, PlateDetection, PlateReading
from edge.lane import Layout
from edge.quality import Flaw, Gate, plate_height
from edge.report import Identity, Report, passage_of
from edge.track import OTHER_TEXT, SAME_TEXT, Fit, Pair, assign, candidates, certain
from edge.tracklet import Look, Tracklet, begin, see
from edge.trajectory import View, rest, sighting
from edge.vote import support
from proto.passage import PlateRead


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the pipeline goes by; times in seconds."""

    strong: float = 0.5  #: detection confidence that may start a tracklet
    weak: float = 0.3  #: and that may continue one
    decisive: float = 0.93  #: confidence of a vote that needs no more looks
    decisive_alone: float = 0.985  #: the same for a single look
    patience: float = 0.4  #: after the decision, for a better picture, where no line is to be crossed
    lost: float = 1.0  #: unseen for so long, a tracklet ends
    gone: float = 0.25  #: the same where its plate should have left the picture
    remembered: float = 8.0  #: so long an ended tracklet's text suppresses a second passage
    remembered_parked: float = 1800.0  #: the same for one that never moved: it may be seen again any time
    look_again: float = 0.2  #: between two looks at an undecided plate that got no larger
    look_growth: float = 1.12  #: growth of a plate that makes another look worth while
    last_growth: float = 1.3  #: the same once the vote is decided: for the picture at the line
    verify: float = 1.5  #: between looks at a vehicle already reported
    most_looks: int = 24  #: a tracklet, until it is reported
    most_looks_a_frame: int = 6
    most_remembered: int = 100  #: ended tracklets
    most_open: int = 40  #: tracklets followed at a time; the longest unseen ends first
    stills: bool = False  #: every frame is a scene of its own (a folder of photos): nothing is followed


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All a camera's pipeline knows between two frames."""

    next_number: int = 0
    looked_seconds: float = 0.0  #: when plates were last looked for
    tracklets: tuple[Tracklet, ...] = ()  #: open ones, and ended ones that were read and are remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What `look` found out, for `conclude`."""

    plates: tuple[PlateDetection, ...]
    to_read: tuple[int, ...]  #: indices of plates
    flaws: tuple[Flaw | None, ...]  #: what makes a plate not worth reading
    strong: tuple[int, ...]
    fit: Fit
    pairs: tuple[Pair, ...]  #: (tracklet, plate) beyond doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a frame led to."""

    state: State
    reports: tuple[Report, ...] = ()
    dropped: tuple[str, ...] = ()  #: why tracklets came to nothing: duplicate, brief, elsewhere, still
    flaws: tuple[Flaw, ...] = ()  #: why looks were dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """The rules of one camera, applied. Holds no state."""

    identity: Identity
    layout: Layout = field(default_factory=Layout)
    rules: Rules = field(default_factory=Rules)
    gate: Gate = field(default_factory=Gate)
    darkroom: Darkroom = field(default_factory=Darkroom)

    def look(self, state: State, frame: Frame, plates: Sequence[PlateDetection]) -> Plan:
        """Associate what is beyond doubt; say which plates to read."""
        seen = [sighting(plate) for plate in plates]
        fit = candidates([t.path if t.open else None for t in state.tracklets], seen, frame.seconds)
        strong = tuple(j for j, plate in enumerate(plates) if plate.confidence >= self.rules.strong)
        sure = certain(fit, [t.settled for t in state.tracklets])
        pairs = tuple((i, j) for i, j in sure if j in strong)
        of = {j: state.tracklets[i] for i, j in pairs}
        flaws = tuple(self.gate.before_reading(frame.image, plate) for plate in plates)
        wanted = [
            j
            for j in strong
            if flaws[j] is None and (j not in of or self._worth_a_look(of[j], plates[j], frame))
        ]
        # Undecided vehicles first, near ones before far ones.
        wanted.sort(key=lambda j: (j in of and of[j].decided_seconds is not None, -seen[j].size))
        return Plan(
            plates=tuple(plates),
            to_read=tuple(wanted[: self.rules.most_looks_a_frame]),
            flaws=flaws,
            strong=strong,
            fit=fit,
            pairs=pairs,
        )

    def conclude(self, state: State, frame: Frame, plan: Plan, readings: Sequence[PlateReading | None]) -> Step:
        """Take the readings of `plan.to_read`, in that order; hand out what is due."""
        looks = self._looks(plan, readings)
        pairs = self._associate(state, plan, looks)
        tracklets = list(state.tracklets)
        for i, j in pairs:
            tracklets[i] = see(tracklets[i], frame, looks[j], self.layout)
        taken = {j for _, j in pairs}
        number = state.next_number
        view = View(width=frame.image.shape[1], height=frame.image.shape[0])
        for j in plan.strong:
            shadow = any(plan.plates[j].box.iou(plan.plates[k].box) > 0.3 for k in taken)
            if j not in taken and not shadow:
                tracklets.append(begin(number, frame, looks[j], view))
                number += 1
                taken.add(j)
        flaws = tuple(look.flaw for j, look in enumerate(looks) if look.flaw and j in plan.strong)
        state = State(
            next_number=number,
            looked_seconds=frame.seconds,
            tracklets=tuple(self._decided(t, frame.seconds) for t in tracklets),
        )
        return replace(self._settle(state, frame.seconds), flaws=flaws)

    def still(self, state: State, frame: Frame) -> Step:
        """A frame in which nothing moved since the last: what was there at the last look is there, at rest."""
        tracklets = tuple(
            replace(t, path=rest(t.path, frame.seconds), last_seconds=frame.seconds)
            if t.open and t.last_seconds >= state.looked_seconds
            else t
            for t in state.tracklets
        )
        return self._settle(replace(state, tracklets=tracklets), frame.seconds)

    def finish(self, state: State) -> Step:
        """The source has ended: report what is still open."""
        return self._settle(state, float("inf"))

    def _worth_a_look(self, tracklet: Tracklet, plate: PlateDetection, frame: Frame) -> bool:
        waited = frame.seconds - tracklet.look_seconds
        if tracklet.reported:  # only lest another vehicle takes its place unnoticed
            return waited >= self.rules.verify
        if tracklet.looks >= self.rules.most_looks:
            return False
        growth = plate_height(plate) / max(1.0, tracklet.look_height)
        if tracklet.decided_seconds is not None:
            return growth >= self.rules.last_growth
        return waited >= self.rules.look_again or growth >= self.rules.look_growth

    def _looks(self, plan: Plan, readings: Sequence[PlateReading | None]) -> list[Look]:
        looks = [Look(plate=p, flaw=f) for p, f in zip(plan.plates, plan.flaws, strict=True)]
        for j, reading in zip(plan.to_read, readings, strict=True):
            looks[j] = Look(
                plate=plan.plates[j], asked=True, reading=reading, flaw=self.gate.after_reading(reading)
            )
        return looks

    def _associate(self, state: State, plan: Plan, looks: Sequence[Look]) -> list[Pair]:
        def text(i: int, j: int) -> float:
            return state.tracklets[i].supports(looks[j].reading)

        # What was beyond doubt stands, unless the text says that another vehicle took the place.
        pairs = [(i, j) for i, j in plan.pairs if text(i, j) > OTHER_TEXT]
        rows, columns = self._free(state, pairs, plan.strong)
        pairs += assign(plan.fit, rows, columns, text)
        weak = [
            j
            for j, plate in enumerate(plan.plates)
            if j not in plan.strong and plate.confidence >= self.rules.weak
        ]
        rows, columns = self._free(state, pairs, weak)
        pairs += assign(plan.fit, [i for i in rows if state.tracklets[i].settled], columns)
        return pairs

    def _free(self, state: State, pairs: Sequence[Pair], columns: Sequence[int]) -> tuple[list[int], list[int]]:
        if self.rules.stills:
            return [], list(columns)
        rows_taken, columns_taken = {i for i, _ in pairs}, {j for _, j in pairs}
        rows = [i for i in range(len(state.tracklets)) if i not in rows_taken]
        return rows, [j for j in columns if j not in columns_taken]

    def _decided(self, tracklet: Tracklet, seconds: float) -> Tracklet:
        """With the moment noted at which its vote became decisive, or ceased to be."""
        alone = tracklet.vote.frames == 1
        needed = self.rules.decisive_alone if alone else self.rules.decisive
        if tracklet.vote.confidence < needed:
            return replace(tracklet, decided_seconds=None)
        since = tracklet.decided_seconds
        return replace(tracklet, decided_seconds=seconds if since is None else since)

    def _settle(self, state: State, seconds: float) -> Step:
        """End what is gone, report what is due, forget what is old."""
        reports: list[Report] = []
        dropped: list[str] = []
        kept: list[Tracklet] = []
        crowd = sorted((t.last_seconds for t in state.tracklets if t.open), reverse=True)
        oldest = crowd[self.rules.most_open] if len(crowd) > self.rules.most_open else -1.0
        tracklets = list(state.tracklets)
        for at, before in enumerate(tracklets):
            tracklet = before
            if tracklet.open and (self._over(tracklet, seconds) or tracklet.last_seconds <= oldest):
                tracklet = replace(tracklet, ended_seconds=tracklet.last_seconds)
            if not tracklet.reported and (not tracklet.open or self._due(tracklet, seconds)):
                others = [t for t in (*kept, *tracklets[at + 1 :]) if t.reported]
                reason = self._nothing(tracklet, others)
                if reason:
                    dropped.append(reason)
                else:
                    reports.append(passage_of(tracklet, self.identity, self.layout, self.gate, self.darkroom))
                # Its pictures are on their way; what remains serves to know the vehicle again.
                tracklet = replace(tracklet, reported=True, shots=())
            if tracklet.open or self._remembered(tracklet, seconds):
                kept.append(tracklet)
        ended = sorted((t.last_seconds for t in kept if not t.open), reverse=True)
        if len(ended) > self.rules.most_remembered:
            limit = ended[self.rules.most_remembered]
            kept = [t for t in kept if t.open or t.last_seconds > limit]
        return Step(state=replace(state, tracklets=tuple(kept)), reports=tuple(reports), dropped=tuple(dropped))

    def _remembered(self, tracklet: Tracklet, seconds: float) -> bool:
        """Whether an ended tracklet's text is kept, to know the vehicle again."""
        if self.rules.stills or self._plate(tracklet) is None:
            return False  # found again, and legible then, an unread vehicle is better told twice than never
        moved = tracklet.travelled >= 1.0
        longest = self.rules.remembered if moved else self.rules.remembered_parked
        return seconds - tracklet.last_seconds <= longest

    def _plate(self, tracklet: Tracklet) -> PlateRead | None:
        """What a tracklet's passage says of its plate."""
        flawed = self.gate.verdict(tracklet.vote, dict(tracklet.flaws))
        return None if flawed else tracklet.vote.read

    def _over(self, tracklet: Tracklet, seconds: float) -> bool:
        if self.rules.stills:
            return True
        unseen = seconds - tracklet.last_seconds
        if unseen > self.rules.lost:
            return True
        return unseen > self.rules.gone and tracklet.leaving(seconds)

    def _due(self, tracklet: Tracklet, seconds: float) -> bool:
        if tracklet.decided_seconds is None:
            return False
        if tracklet.trigger is not None:
            return True
        return self.layout.trigger is None and seconds - tracklet.decided_seconds >= self.rules.patience

    def _nothing(self, tracklet: Tracklet, others: Sequence[Tracklet]) -> str:
        """Why a tracklet is no passage; empty where it is one."""
        if self.rules.stills:
            return ""
        read = self._plate(tracklet)
        if read:
            twins = [p for t in others if (p := self._plate(t)) and not _together(tracklet, t)]
            again = any(t.text == read.text or support(read.lattice, t) >= SAME_TEXT for t in twins)
            return "duplicate" if again else ""
        if tracklet.sightings < 3:
            return "brief"  # a flicker of the detector, not a vehicle
        if self.layout.trigger:
            return "" if tracklet.trigger else "elsewhere"  # it may come yet, as another tracklet
        if self.gate.verdict(tracklet.vote, dict(tracklet.flaws)) is Flaw.TOO_SMALL:
            return "elsewhere"
        return "" if tracklet.travelled >= 1.0 else "still"  # a sign, not a vehicle


def _together(one: Tracklet, other: Tracklet) -> bool:
    """Whether both were followed at one moment: then they are two vehicles, whatever their plates say."""
    return one.first_seconds < other.last_seconds and other.first_seconds < one.last_seconds
