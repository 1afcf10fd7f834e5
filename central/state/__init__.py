"""What the centre's processes share for a while and may forget at any time."""

from central.state.port import (
    Degraded,
    Fanout,
    Lease,
    Leases,
    LoginThrottle,
    Raised,
    Repeats,
    Sighting,
    SightingColumns,
    Sightings,
    State,
)

__all__ = [
    "Degraded",
    "Fanout",
    "Lease",
    "Leases",
    "LoginThrottle",
    "Raised",
    "Repeats",
    "Sighting",
    "SightingColumns",
    "Sightings",
    "State",
]
