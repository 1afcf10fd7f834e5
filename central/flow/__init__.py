"""Flow: how traffic goes on the sections between checkpoints, against the usual, and what comes next.

Aggregates only: no plate is in here, and what fewer than some vehicles did is not shown.
"""

from central.flow.counts import AHEAD, QUARTER, SLOT, FlowCounts, FlowStore
from central.flow.forecast import Forecast, Forecaster, Measure
from central.flow.network import FlowNetwork, Section, build
from central.flow.placement import Need, Post, place

__all__ = [
    "AHEAD",
    "QUARTER",
    "SLOT",
    "FlowCounts",
    "FlowNetwork",
    "FlowStore",
    "Forecast",
    "Forecaster",
    "Measure",
    "Need",
    "Post",
    "Section",
    "build",
    "place",
]
