"""Where the vehicle of an alert was seen before."""

from __future__ import annotations

import math
from datetime import datetime

from central.api.services import Services
from central.area import Scope
from central.checkpoint import Checkpoint
from central.ports import PassageQuery, StoreUnavailable
from central.view import CheckpointName, SeenBeforeView
from proto.passage import Passage

_EARTH_KM = 6371.0
#: No vehicle goes from one checkpoint to another at such a speed as the crow flies: two vehicles with one
#: plate.
IMPLAUSIBLE_KMH = 250.0


def seen_before(services: Services, scope: Scope, passage: Passage) -> SeenBeforeView | None:
    """From the shared state, or from the store where that doesn't remember; None: not seen, or not to be had
    now."""
    if passage.plate is None:
        return None
    plate, until = passage.plate.text, passage.captured_at
    sighting = services.state.sightings.last(plate, before=until)
    if sighting is not None and scope.allows(sighting.checkpoint_id):
        return _view(services, passage, sighting.checkpoint_id, sighting.captured_at)
    try:
        page = services.store.search(
            PassageQuery(plate=plate, checkpoints=scope.narrow(), until=until, limit=1)
        )
    except StoreUnavailable:
        return None  # the alert itself must be shown
    return next((_view(services, passage, p.checkpoint_id, p.captured_at) for p in page.passages), None)


def _view(services: Services, passage: Passage, checkpoint_id: str, at: datetime) -> SeenBeforeView:
    seconds = (passage.captured_at - at).total_seconds()
    known = {c.checkpoint_id: c for c in services.records.checkpoints.all()}
    there = known.get(checkpoint_id)
    km = distance_km(there, known.get(passage.checkpoint_id))
    kmh = None if km is None else 3600 * km / seconds
    return SeenBeforeView(
        checkpoint=CheckpointName(checkpoint_id=checkpoint_id, name=there.name if there else checkpoint_id),
        captured_at=at,
        seconds=seconds,
        distance_km=None if km is None else round(km, 3),
        implausible=kmh is not None and kmh > IMPLAUSIBLE_KMH,
    )


def distance_km(one: Checkpoint | None, other: Checkpoint | None) -> float | None:
    """Along the earth's surface, as a sphere; None where a position is not known."""
    if one is None or other is None:
        return None
    if one.latitude is None or one.longitude is None or other.latitude is None or other.longitude is None:
        return None
    south, north = math.radians(one.latitude), math.radians(other.latitude)
    east = math.radians(other.longitude - one.longitude)
    chord = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin(east / 2) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(chord))
