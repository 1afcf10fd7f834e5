"""Federation: a question to neighbouring centres, and their questions to us."""

from central.federation.client import Federation, Neighbours
from central.federation.envelope import CLOCKS_APART, Envelope, NotAdmitted, opened, sealed
from central.federation.peer import Field, Home, Peer
from central.federation.reference import BadReference, issue, redeem

__all__ = [
    "CLOCKS_APART",
    "BadReference",
    "Envelope",
    "Federation",
    "Field",
    "Home",
    "Neighbours",
    "NotAdmitted",
    "Peer",
    "issue",
    "opened",
    "redeem",
    "sealed",
]
