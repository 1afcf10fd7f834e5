"""A day's passages as columns: what cameras report, nothing that only the simulator knows."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from proto.plate import PlateClass, PlateColour

#: Headings, as the checkpoints report them; a column's number is its place here.
DIRECTIONS = ("northbound", "eastbound", "southbound", "westbound")
CLASSES = tuple(PlateClass)
COLOURS = tuple(PlateColour)


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """Passages in the order of time; every column has one value a passage."""

    plate: NDArray[np.int32]  #: which of `plates`
    second: NDArray[np.int32]  #: which of `plates` the reader named beside; `plate` where it named none
    captured_at: NDArray[np.int64]  #: microseconds since 1970, UTC
    checkpoint: NDArray[np.int16]  #: which of `RoadNetwork.checkpoint_ids`
    direction: NDArray[np.int8]  #: which of DIRECTIONS
    lane: NDArray[np.int8]  #: 1 is nearest the centre line
    speed: NDArray[np.uint16]  #: tenths of km/h
    confidence: NDArray[np.uint16]  #: ten-thousandths
    plate_class: NDArray[np.int8]  #: which of CLASSES
    colour: NDArray[np.int8]  #: which of COLOURS
    plates: NDArray[np.str_]  #: texts as read, each once; an empty one was not legible

    def __len__(self) -> int:
        return len(self.plate)

    def take(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> Batch:
        """Some of the passages."""
        columns = {f.name: getattr(self, f.name) for f in fields(self)}
        return Batch(**{name: c if name == "plates" else c[which] for name, c in columns.items()})
