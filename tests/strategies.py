"""Hypothesis strategies for everything that crosses the wire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st

from proto.clock import ClockQuality
from proto.dead_letter import DeadLetter
from proto.passage import (
    Box,
    CameraHealth,
    Difference,
    Evidence,
    EvidenceKind,
    Heartbeat,
    Hit,
    Lattice,
    LocalHit,
    ModelVersion,
    Passage,
    PlateRead,
    Position,
    Tier,
    WatchlistEntry,
)
from proto.plate import ALPHABET, PlateClass, PlateColour
from proto.schedule import Schedule, Window

#: Text that UTF-8 can hold.
text = st.text(st.characters(codec="utf-8"), max_size=12)
named = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
#: 1970 to 2200, to the microsecond.
times = st.integers(0, 7_258_118_400_000_000).map(
    lambda n: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=n)
)
counts = st.integers(0, 2**62)
sha256s = st.binary(min_size=32, max_size=32).map(bytes.hex)
probabilities = st.floats(0, 1)
#: What the wire keeps of a coordinate: 1/16 pixel.
coordinates = st.integers(-(10**6), 10**7).map(lambda n: n / 16)
characters = st.one_of(
    st.sampled_from(ALPHABET), st.just(""), st.characters(codec="utf-8", exclude_characters="\0")
)


@st.composite
def positions(draw: st.DrawFn) -> Position:
    """Alternatives whose probabilities sum to at most 1, most probable first."""
    names = draw(st.lists(characters, max_size=5, unique=True))
    left = 1.0
    shares = []
    for _ in names:
        share = draw(st.floats(0, left))
        left = max(0.0, left - share)
        shares.append(share)
    return tuple(zip(names, sorted(shares, reverse=True), strict=True))


lattices: st.SearchStrategy[Lattice] = st.lists(positions(), max_size=9).map(tuple)
boxes = st.builds(Box, x1=coordinates, y1=coordinates, x2=coordinates, y2=coordinates)
models = st.lists(
    st.builds(ModelVersion, purpose=text, name=text, sha256=sha256s), max_size=3, unique=True
).map(tuple)
evidence = st.builds(
    Evidence,
    kind=st.sampled_from(EvidenceKind),
    sha256=sha256s,
    size=counts,
    media_type=st.sampled_from(["image/jpeg", "image/png"]),
)
reads = st.builds(
    PlateRead,
    text=text,
    plate_class=st.sampled_from(PlateClass),
    colour=st.sampled_from(PlateColour),
    confidence=probabilities,
    lattice=lattices,
    rows=st.integers(1, 2),
    frames=st.integers(1, 10**6),
)
local_hits = st.builds(
    LocalHit,
    tag=st.binary(min_size=8, max_size=8).map(bytes.hex),
    epoch=counts,
    tier=st.sampled_from(Tier),
    score=probabilities,
    list_version=counts,
    alarmed_at=times,
)
passages = st.builds(
    Passage,
    passage_id=st.integers(0, 2**128 - 1).map(lambda n: UUID(int=n)),
    node_id=text,
    checkpoint_id=text,
    camera_id=text,
    lane=st.integers(0, 20),
    direction=text,
    captured_at=times,
    clock=st.sampled_from(ClockQuality),
    plate=st.none() | reads,
    unread_reason=text,
    vehicle_box=st.none() | boxes,
    plate_box=st.none() | boxes,
    speed_kmh=st.none() | st.integers(0, 40_000).map(lambda n: n / 100),
    evidence=st.lists(evidence, max_size=3).map(tuple),
    models=models,
    local_hits=st.lists(local_hits, max_size=2).map(tuple),
)
cameras = st.builds(
    CameraHealth,
    camera_id=text,
    alive=st.booleans(),
    frames=counts,
    frames_dropped=counts,
    passages=counts,
    unread=counts,
    last_frame_at=st.none() | times,
    error=text,
)
heartbeats = st.builds(
    Heartbeat,
    node_id=named,
    checkpoint_id=text,
    sent_at=times,
    started_at=times,
    clock=st.sampled_from(ClockQuality),
    outbox_depth=counts,
    outbox_bytes=counts,
    disk_free_bytes=counts,
    software=text,
    cameras=st.lists(cameras, max_size=3).map(tuple),
    models=models,
)


def windows() -> st.SearchStrategy[Window]:
    days = st.frozensets(st.integers(1, 7), min_size=1)
    return st.builds(Window, days=days, start=st.integers(0, 1439), end=st.integers(1, 1440))


def schedules(zones: Sequence[str] = ("Asia/Shanghai", "Europe/Paris")) -> st.SearchStrategy[Schedule]:
    return st.builds(
        Schedule, zone=st.sampled_from(zones), windows=st.lists(windows(), min_size=1, max_size=3).map(tuple)
    )


watchlist_entries = st.builds(
    WatchlistEntry,
    order_id=named,
    plate=named,
    plate_class=st.none() | st.sampled_from(PlateClass),
    colour=st.none() | st.sampled_from(PlateColour),
    checkpoints=st.frozensets(text, max_size=4),
    directions=st.frozensets(text, max_size=4),
    priority=st.integers(1, 4),
    valid_from=st.none() | times,
    valid_until=st.none() | times,
    schedule=st.none() | schedules(),
    exact_only=st.booleans(),
)
differences = st.builds(
    Difference, position=st.integers(1, 16), read=text, ordered=text, probability=probabilities
)
hits = st.builds(
    Hit,
    order_id=text,
    passage=passages,
    tier=st.sampled_from(Tier),
    score=probabilities,
    watchlist_version=counts,
    matched_at=times,
    differences=st.lists(differences, max_size=3).map(tuple),
    site_alarm_at=st.none() | times,
)
dead_letters = st.builds(
    DeadLetter,
    topic=named,
    partition=st.integers(0, 4095),
    offset=counts,
    key=st.binary(max_size=20),
    value=st.binary(max_size=50),
    headers=st.dictionaries(text, st.binary(max_size=5), max_size=3),
    refused_by=text,
    reason=text,
    refused_at=times,
)
