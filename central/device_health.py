"""Device health (设备完好): how much of a period nodes and cameras were alive, from their heartbeats. Pure.

A node is alive between two heartbeats that are no further apart than it may be silent, and so is each camera
that it calls alive. A device counts from its first heartbeat on, whether it was heard of in the period or not:
what is dead all month is dead, not missing from the figures.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from central.ports import Heard

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A node, or one of its cameras."""

    node_id: str
    camera_id: str = ""  #: empty: the node itself


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """What the records say of a device in a period."""

    device: Device
    checkpoint_id: str
    first_at: datetime  #: heard of for the first time ever
    alive_s: float  #: in the period


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHealth:
    """How a device did."""

    device: Device
    checkpoint_id: str
    alive_s: float
    of_s: float  #: what of the period it was there for

    @property
    def share(self) -> float:
        return min(1.0, self.alive_s / self.of_s) if self.of_s else 0.0


def alive_between(
    before: datetime | None, beats: Iterable[Heard], *, silent: timedelta
) -> dict[tuple[Device, date], float]:
    """Seconds that each device of one node was alive, by the UTC day in which they end.

    Args:
        before: when the node was heard of last; None: never.
        beats: of the node, in the order in which they were heard.
        silent: how long it may say nothing and be alive.
    """
    found: dict[tuple[Device, date], float] = {}
    for heard in beats:
        beat = heard.beat
        gap = timedelta(0) if before is None else heard.at - before
        seconds = gap.total_seconds() if timedelta(0) <= gap <= silent else 0.0
        day = heard.at.astimezone(UTC).date()
        alive = ["", *(camera.camera_id for camera in beat.cameras if camera.alive)]
        known = {"", *(camera.camera_id for camera in beat.cameras)}
        for camera_id in sorted(known):
            key = (Device(node_id=beat.node_id, camera_id=camera_id), day)
            found[key] = found.get(key, 0.0) + (seconds if camera_id in alive else 0.0)
        before = heard.at if before is None else max(before, heard.at)
    return found


def health(
    facts: Iterable[DeviceFacts], *, since: datetime, until: datetime, now: datetime
) -> tuple[DeviceHealth, ...]:
    """By checkpoint, node and camera. `since` and `until` are whole UTC days."""
    end = min(until, now)
    found = [
        DeviceHealth(
            device=each.device,
            checkpoint_id=each.checkpoint_id,
            alive_s=each.alive_s,
            of_s=max(0.0, (end - max(since, each.first_at)).total_seconds()),
        )
        for each in facts
        if each.first_at < end
    ]
    return tuple(sorted(found, key=lambda d: (d.checkpoint_id, d.device.node_id, d.device.camera_id)))


def days_in(since: datetime, until: datetime) -> tuple[date, date]:
    """The UTC days that [since, until) touches: the first, and the one behind the last."""
    first = since.astimezone(UTC).date()
    last = (until.astimezone(UTC) - timedelta(microseconds=1)).date()
    return first, last + _DAY


def whole_days(first: date, end: date) -> tuple[datetime, datetime]:
    """These days as moments."""
    midnight = datetime.min.time()
    return datetime.combine(first, midnight, UTC), datetime.combine(end, midnight, UTC)
