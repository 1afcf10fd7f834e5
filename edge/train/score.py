"""Scores reads against labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from edge.frame import PlateDetection, PlateReading
from edge.read.photo import PhotoReading
from edge.train.labelled import Label, LabelledPhoto

#: Overlap (IoU) from which a box counts as found.
FOUND = 0.3


@dataclass(slots=True)
class Count:
    """Plates of one kind."""

    plates: int = 0
    found: int = 0
    exact: int = 0
    but_province: int = 0  #: exact, the first character left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Misread:
    """A plate not read as it should be."""

    photo: LabelledPhoto
    label: Label
    plate: PlateDetection | None  #: None: not found
    reading: PlateReading | None


@dataclass(slots=True)
class Score:
    """What came of a set of photos."""

    counts: dict[str, Count] = field(default_factory=lambda: defaultdict(Count))
    misread: list[Misread] = field(default_factory=list)
    believed: list[tuple[float, bool]] = field(default_factory=list)  #: confidence, and whether it was right
    extra: int = 0  #: plates that touch no label; some photos show plates nobody labelled
    photos: int = 0
    detect_ms: float = 0.0
    read_ms: float = 0.0
    cpu_s: float = 0.0  #: of the whole process, decoding of the files included

    @property
    def total(self) -> Count:
        return self.counts["all"]

    def add(self, photo: LabelledPhoto, found: PhotoReading) -> None:
        """Count one photo."""
        self.photos += 1
        self.detect_ms += found.detect_ms
        self.read_ms += found.read_ms
        for label in photo.labels:
            if label.text:
                self._count(photo, label, _match(label, found))
        if any(label.box for label in photo.labels):
            self.extra += photo.unlabelled(plate.box for plate, _ in found.plates)

    def _count(
        self, photo: LabelledPhoto, label: Label, match: tuple[PlateDetection, PlateReading | None] | None
    ) -> None:
        plate, reading = match or (None, None)
        right = reading is not None and label.says(reading.text)
        for kind in ("all", label.kind, f"from {photo.source}"):
            count = self.counts[kind]
            count.plates += 1
            count.found += plate is not None
            count.exact += right
            count.but_province += reading is not None and label.says_but_for_the_province(reading.text)
        if reading is not None:
            self.believed.append((reading.confidence, right))
        if not right:
            self.misread.append(Misread(photo=photo, label=label, plate=plate, reading=reading))


def _match(label: Label, found: PhotoReading) -> tuple[PlateDetection, PlateReading | None] | None:
    if label.box is None:
        return found.plates[0] if found.plates else None
    box = label.box
    best = max(found.plates, key=lambda p: p[0].box.iou(box), default=None)
    return best if best and best[0].box.iou(box) >= FOUND else None


def table(name: str, score: Score) -> str:
    """The figures, for people."""
    lines = [f"{name:26s}{'plates':>8s}{'found':>9s}{'exact':>9s}{'w/o prov.':>11s}"]
    for kind, count in sorted(score.counts.items(), key=lambda item: (item[0] != "all", item[0])):
        shares = [n / count.plates for n in (count.found, count.exact, count.but_province)]
        lines.append(f"  {kind:24s}{count.plates:8d}{shares[0]:9.3f}{shares[1]:9.3f}{shares[2]:11.3f}")
    photos = max(1, score.photos)
    detect, read = score.detect_ms / photos, score.read_ms / photos
    cpu = score.cpu_s / photos * 1e3
    lines.append(
        f"  a photo: {detect + read:.0f} ms wall (detect {detect:.0f}, read {read:.0f}), {cpu:.0f} ms processor"
    )
    lines.append(f"  plates beyond the labels: {score.extra}")
    return "\n".join(lines)


def calibration_error(believed: Sequence[tuple[float, bool]], bins: int = 15) -> float:
    """Expected calibration error: by how much confidence and truth differ, over bins of confidence."""
    error = 0.0
    for i in range(bins):
        here = [(c, r) for c, r in believed if i <= c * bins < i + 1 or (i == bins - 1 and c >= 1)]
        if here:
            said, right = (sum(column) / len(here) for column in zip(*here, strict=True))
            error += abs(said - right) * len(here) / len(believed)
    return error


def calibration(believed: Sequence[tuple[float, bool]]) -> str:
    """Confidence against what came true."""
    bounds = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0001)
    lines = [f"{'confidence':26s}{'reads':>8s}{'said':>9s}{'right':>9s}"]
    for low, high in pairwise(bounds):
        here = [(c, right) for c, right in believed if low <= c < high]
        if here:
            said, right = (sum(column) / len(here) for column in zip(*here, strict=True))
            lines.append(f"  {f'{low:.2f} to {min(high, 1):.2f}':24s}{len(here):8d}{said:9.3f}{right:9.3f}")
    lines.append(f"  expected calibration error {calibration_error(believed):.3f}")
    return "\n".join(lines)
