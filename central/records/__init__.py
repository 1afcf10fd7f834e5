"""Orders, alerts, people, nodes, the live feed and the audit trail: kept in a transactional database."""

from central.records.demo import seed_demo_users
from central.records.open import open_records
from central.records.port import (
    Addressee,
    AlertBook,
    AlertFigures,
    AskedBefore,
    AskedTooOften,
    AuditLog,
    Dispatch,
    HeldEntry,
    Node,
    NotFound,
    OrderedAlert,
    Records,
    RecordsPolicy,
    RecordsUnusable,
    SignedIn,
    SourceFigures,
    UnknownOrder,
    Unstorable,
    WatchlistVersion,
)

__all__ = [
    "Addressee",
    "AlertBook",
    "AlertFigures",
    "AskedBefore",
    "AskedTooOften",
    "AuditLog",
    "Dispatch",
    "HeldEntry",
    "Node",
    "NotFound",
    "OrderedAlert",
    "Records",
    "RecordsPolicy",
    "RecordsUnusable",
    "SignedIn",
    "SourceFigures",
    "UnknownOrder",
    "Unstorable",
    "WatchlistVersion",
    "open_records",
    "seed_demo_users",
]
