"""Speed between two lines a known distance apart. Pure."""

from __future__ import annotations

#: Faster than this is a mistake of the set-up, not a vehicle.
FASTEST_KMH = 300.0


def speed_kmh(first_s: float, second_s: float, distance_m: float) -> float | None:
    """Kilometres an hour of a plate that crossed one line at `first_s` and the other at `second_s` (seconds, in
    any order); None where that gives nothing credible.

    Both lines must be drawn where a plate, at its height above the road, is `distance_m` apart.
    """
    seconds = abs(second_s - first_s)
    if seconds <= 0:
        return None
    speed = distance_m / seconds * 3.6
    return round(speed, 1) if speed <= FASTEST_KMH else None
