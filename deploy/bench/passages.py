"""Passages that carry a read, for benchmarks that need no more of them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from proto.clock import ClockQuality
from proto.passage import Passage, PlateRead

_AT = datetime(2026, 1, 1, tzinfo=UTC)
_ID = UUID(int=0)


def passage_of(read: PlateRead | None) -> Passage:
    """Somewhere, at some time."""
    return Passage(
        passage_id=_ID,
        node_id="bench",
        checkpoint_id="bench",
        camera_id="bench",
        lane=1,
        direction="",
        captured_at=_AT,
        clock=ClockQuality.SYNCED,
        plate=read,
    )
