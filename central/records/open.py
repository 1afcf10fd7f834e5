"""Open the records: the one place that puts the books together."""

from __future__ import annotations

from pathlib import Path

import structlog

from central.ports import StoreUnavailable
from central.records.accounts import SqlAccountBook
from central.records.alerts import SqlAlertBook
from central.records.assessment import SqlAssessmentBook
from central.records.cases import SqlCaseBook
from central.records.checkpoints import SqlCheckpointBook
from central.records.database import Database
from central.records.deliveries import SqlDeliveryBook
from central.records.digests import SqlDigestBook
from central.records.events import SqlEventLog
from central.records.federation import SqlPeerBook
from central.records.fleet import SqlFleetBook
from central.records.grants import SqlGrantBook
from central.records.holds import SqlHoldBook
from central.records.hotlists import SqlHotlistBook
from central.records.jobs import SqlJobBook
from central.records.migrate import migrate
from central.records.order_rows import active_entries
from central.records.orders import SqlOrderBook
from central.records.patrol import SqlPatrolBook
from central.records.people import SqlPeopleBook
from central.records.port import Records, RecordsPolicy, RecordsUnusable
from central.records.roster import SqlRosterBook
from central.records.sign_ons import SqlSignOnBook
from central.records.site_keys import SqlSiteKeys
from central.records.sqlite import SqliteDatabase
from central.records.trail import Anchor, SqlAuditLog, key_of
from central.records.units import SqlUnitBook
from central.records.watchlist import SqlWatchlistLog
from central.records.watchlist import begin as begin_watchlist
from proto.clock import Clock

DATABASE = "records.db"
KEY = "audit.key"
ANCHOR = "audit.anchor"
PICTURE_PURPOSE = b"bukong addresses of pictures 1"
#: How every SQLite database begins.
_SQLITE = b"SQLite format 3\0"
_log = structlog.get_logger(__name__)


def open_records(
    folder: Path, *, clock: Clock, policy: RecordsPolicy | None = None, url: str | None = None
) -> Records:
    """The records, made where there are none and brought to this version where they are older.

    They are in an SQLite file of the folder or, with a URL (postgresql://user:password@host/database), in that
    PostgreSQL database. Several processes may have the same ones open. The audit trail's key and anchor lie in
    the folder in any case: keep a copy of both elsewhere (see the decision on the audit trail), and give each
    machine that shares a database the same key.

    Raises:
        StoreUnavailable: the folder can't be written, the database can't be reached or written.
        RecordsUnusable: no database, or a newer version's; the audit trail's key is gone or another one; a URL
            is given and psycopg is not installed.
    """
    policy = policy or RecordsPolicy()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"the records' folder can't be made: {error}") from error
    database = _sqlite(folder / DATABASE) if url is None else _postgresql(url)
    try:
        with database.write() as tx:
            before, after = migrate(tx.connection)
        if before != after:
            _log.info("records migrated", before=before, after=after)
        trail = SqlAuditLog(database, clock, key=key_of(folder / KEY, database), anchor=Anchor(folder / ANCHOR))
        trail.begin()
        with database.write() as tx:
            begin_watchlist(tx, active_entries(tx.connection), at=clock.now())
    except BaseException:
        database.close()
        raise
    people = SqlPeopleBook(database, clock, trail, policy)
    accounts = SqlAccountBook(database, clock, trail, policy)
    picture_key = trail.derived(PICTURE_PURPOSE)
    deliveries = SqlDeliveryBook(database, clock, trail, picture_key)
    alerts = SqlAlertBook(database, clock, trail, deliveries, policy)
    return Records(
        orders=SqlOrderBook(database, clock, trail),
        alerts=alerts,
        patrol=SqlPatrolBook(database, clock, alerts),
        fleet=SqlFleetBook(database, clock, policy),
        live=SqlEventLog(database, clock, policy),
        people=people,
        accounts=accounts,
        sign_ons=SqlSignOnBook(database, clock, trail, people, accounts),
        audit=trail,
        digests=SqlDigestBook(database),
        holds=SqlHoldBook(database, clock, trail),
        roster=SqlRosterBook(database, clock, trail),
        deliveries=deliveries,
        checkpoints=SqlCheckpointBook(database, clock),
        watchlist=SqlWatchlistLog(database),
        hotlists=SqlHotlistBook(database, clock, trail),
        grants=SqlGrantBook(database, clock, trail),
        peers=SqlPeerBook(database, clock),
        jobs=SqlJobBook(database, clock, trail),
        cases=SqlCaseBook(database, clock, trail),
        units=SqlUnitBook(database, clock, trail),
        site_keys=SqlSiteKeys(database, clock, trail),
        assessment=SqlAssessmentBook(database),
        policy=policy,
        picture_key=picture_key,
        closing=database,
    )


def _sqlite(path: Path) -> Database:
    if path.is_file():
        with path.open("rb") as file:
            began = file.read(len(_SQLITE))
        if began not in (_SQLITE, b""):
            raise RecordsUnusable(
                f"expected the records' database in {path}, found a file that is none: put back the backup"
            )
    return SqliteDatabase(path)


def _postgresql(url: str) -> Database:
    try:
        # Imported when it is wanted: the driver is an extra.
        from central.records.postgresql import PostgresqlDatabase
    except ImportError as error:
        raise RecordsUnusable(
            f"expected psycopg for records in PostgreSQL, found none ({error}): install bukong[postgres]"
        ) from error
    return PostgresqlDatabase(url)
