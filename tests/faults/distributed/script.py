"""What a simulated node of the campaign sees: passage 0, 1, 2, …, the same whenever it is asked."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from proto.identity import uuid7
from proto.passage import Evidence, EvidenceKind, Passage
from tests.passages import image_of, passage, sha256

#: An image small enough to be sent whole; now and then one that is sent in pieces.
SMALL, LARGE = 2_000, 300_000


@dataclass(frozen=True, kw_only=True)
class Jump:
    """The node's clock is wrong from a passage on."""

    since: int  #: number of the passage
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Script:
    """One node's. Every `listed_every`-th vehicle is on the list, under a plate that passes once."""

    node_id: str
    letter: str  #: of its listed plates' second character: its own among the nodes
    start: str  #: ISO 8601, of passage 0
    rate: float  #: passages a second of its own time
    listed_every: int  #: 0: none is
    image_every: int  #: 0: none has a picture
    jumps: tuple[Jump, ...] = ()

    @cached_property
    def _template(self) -> Passage:
        return passage(0, kinds=(), node_id=self.node_id)

    @cached_property
    def _start(self) -> datetime:
        return datetime.fromisoformat(self.start)

    def ahead(self, number: int) -> timedelta:
        """How wrong the clock is at that passage."""
        wrong = [jump.seconds for jump in self.jumps if jump.since <= number]
        return timedelta(seconds=wrong[-1] if wrong else 0)

    def at(self, number: int) -> datetime:
        """By the node's clock."""
        return self._start + timedelta(seconds=number / self.rate) + self.ahead(number)

    def id_of(self, number: int) -> bytes:
        """The passage's identifier, without the passage."""
        return uuid7(self.at(number), seed=f"{self.node_id}/{number}").bytes

    def plate(self, number: int) -> str:
        if self.listed(number):
            return listed_plate(self.letter, number // self.listed_every)
        return f"川Z{number % 100_000:05d}"

    def listed(self, number: int) -> bool:
        return bool(self.listed_every) and number % self.listed_every == 0

    def image(self, number: int) -> bytes | None:
        """Its picture; most have none here."""
        if not self.image_every or number % self.image_every:
            return None
        large = number % (20 * self.image_every) == 0
        return f"{self.node_id}-".encode() + image_of(number, size=LARGE if large else SMALL)

    def passage_of(self, number: int) -> Passage:
        template, text = self._template, self.plate(number)
        assert template.plate is not None
        at, picture = self.at(number), self.image(number)
        evidence: tuple[Evidence, ...] = ()
        if picture is not None:
            evidence = (Evidence(kind=EvidenceKind.SCENE, sha256=sha256(picture), size=len(picture)),)
        # Sure of itself: what a doubtful read may have been is the suspected tier's business, not the faults'.
        lattice = tuple(((c, 1.0),) for c in text)
        return dataclasses.replace(
            template,
            passage_id=uuid7(at, seed=f"{self.node_id}/{number}"),
            captured_at=at,
            plate=dataclasses.replace(template.plate, text=text, lattice=lattice, confidence=1.0),
            evidence=evidence,
        )


def listed_plate(letter: str, count: int) -> str:
    """The plate of a node's so manieth listed vehicle."""
    return f"川{letter}{count:05d}"


@dataclass(frozen=True, kw_only=True)
class NodePlan:
    """What a node's process is told, as JSON in a file."""

    folder: str
    kafka: str  #: `KafkaSettings` as JSON
    url: str
    token: str
    script: Script
    backlog: int = (
        0  #: passages put before its link is there, as fast as the disk takes them; 0: it has its link
    )

    @property
    def enough(self) -> Path:
        """Once this file is there, the node makes no more, delivers what waits and ends."""
        return Path(self.folder) / "enough"

    @property
    def healed(self) -> Path:
        """Once this file is there, the link is."""
        return Path(self.folder) / "healed"
