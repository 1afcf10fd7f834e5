"""The port of the records: orders, alerts, people, nodes, the live feed and the audit trail.

What holds for every book here:

- Durability: what a call changed survives kill -9 and a power cut once it returns.
- Atomicity: a call is one transaction. A change, its step in the history, its event on the live feed and its
  entry in the audit trail are written together or not at all.
- Isolation: two callers, in one process or several, act one after the other.
- Threads: every book may be called from several threads.
- Errors: `StoreUnavailable` where the engine can't be reached or can't write: nothing was changed, unless the
  connection to a server broke while it committed; then all of the call was written or nothing.
"""

from central.records.port.alerts import (
    Addressee,
    AlertBook,
    AlertFigures,
    AssessmentBook,
    HoldBook,
    OrderedAlert,
    SourceFigures,
)
from central.records.port.books import Closing, Records, RecordsPolicy
from central.records.port.errors import (
    AskedBefore,
    AskedTooOften,
    NotFound,
    RecordsUnusable,
    UnknownOrder,
    Unstorable,
)
from central.records.port.network import CheckpointBook, EventLog, FleetBook, Node, RosterBook, UnitBook
from central.records.port.orders import HotlistBook, OrderBook, OrderQuality
from central.records.port.patrol import ENDED_SHOWN, MOST_OF_AN_ALERT, Dispatch, PatrolBook
from central.records.port.people import AccountBook, BegunSignOn, PeopleBook, SignedIn, SignOnBook
from central.records.port.trail import AuditLog, DigestBook, GrantBook, PeerBook
from central.records.port.watchlist import HeldEntry, SiteKeyBook, SiteSecret, WatchlistLog, WatchlistVersion

__all__ = [
    "ENDED_SHOWN",
    "MOST_OF_AN_ALERT",
    "AccountBook",
    "Addressee",
    "AlertBook",
    "AlertFigures",
    "AskedBefore",
    "AskedTooOften",
    "AssessmentBook",
    "AuditLog",
    "BegunSignOn",
    "CheckpointBook",
    "Closing",
    "DigestBook",
    "Dispatch",
    "EventLog",
    "FleetBook",
    "GrantBook",
    "HeldEntry",
    "HoldBook",
    "HotlistBook",
    "Node",
    "NotFound",
    "OrderBook",
    "OrderQuality",
    "OrderedAlert",
    "PatrolBook",
    "PeerBook",
    "PeopleBook",
    "Records",
    "RecordsPolicy",
    "RecordsUnusable",
    "RosterBook",
    "SignOnBook",
    "SignedIn",
    "SiteKeyBook",
    "SiteSecret",
    "SourceFigures",
    "UnitBook",
    "UnknownOrder",
    "Unstorable",
    "WatchlistLog",
    "WatchlistVersion",
]
