"""The audit trail in the database, its key and its anchor beside it."""

from __future__ import annotations

import hmac
import json
import os
import secrets
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Connection, Row, func, insert, select, update

from central.audit import (
    GENESIS,
    AuditEntry,
    AuditQuery,
    AuditRecord,
    FullCheck,
    Head,
    Verdict,
    chain,
    check_seal,
    genuine,
    head,
    verify,
)
from central.digest import DayCount, bounds
from central.records import schema
from central.records.audit_search import conditions
from central.records.database import Database, Transaction
from central.records.port import RecordsUnusable
from proto.clock import Clock

KEY_BYTES = 32
#: Entries of one transaction.
MOST_TOGETHER = 200
_log = structlog.get_logger(__name__)


class Anchor:
    """A copy of the trail's head in a file outside the database.

    It may lag behind by what was committed last, never lie ahead. Each process keeps its own writes in order;
    where two processes write at once the older head may stay, which is still a true one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def read(self) -> Head | None:
        """None where there is no file, or none that an anchor could be read from."""
        try:
            found = json.loads(self._path.read_text())
            return Head(entries=int(found["entries"]), sha256=str(found["sha256"]), seal=str(found["seal"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def write(self, new: Head) -> None:
        """Raises:
        OSError: it could not be made durable.
        """
        with self._lock:
            now = self.read()
            if now is not None and now.entries >= new.entries:
                return
            beside = _beside(self._path)
            with beside.open("w") as file:
                json.dump({"entries": new.entries, "sha256": new.sha256, "seal": new.seal}, file)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


class _Waiting:
    """An entry that is to be written, and what came of it."""

    def __init__(self, record: AuditRecord) -> None:
        self.record = record
        self.entry: AuditEntry | None = None
        self.error: Exception | None = None


class SqlAuditLog:
    """See `central.records.port.AuditLog`."""

    def __init__(self, database: Database, clock: Clock, *, key: bytes, anchor: Anchor) -> None:
        self._database = database
        self._clock = clock
        self._key = key
        self._anchor = anchor
        self._queue: deque[_Waiting] = deque()
        self._appending = threading.Lock()
        self._checking = threading.Lock()
        self._checked: Head | None = None  #: up to where this process has walked the chain

    def put(self, tx: Transaction, record: AuditRecord) -> AuditEntry:
        """Append in the transaction of what the entry tells of; the anchor follows the commit."""
        found = tx.connection.execute(select(schema.audit_head)).one()
        entry = chain(found.entries + 1, record, found.sha256, self._key)
        new = head(entry.audit_id, entry.sha256, self._key)
        tx.connection.execute(
            insert(schema.audit).values(
                audit_id=entry.audit_id,
                at=record.at,
                username=record.user,
                action=record.action,
                subject=record.subject,
                reason=record.reason,
                case_number=record.case_number,
                detail=record.detail,
                previous_sha256=entry.previous_sha256,
                sha256=entry.sha256,
                seal=entry.seal,
            )
        )
        tx.connection.execute(
            update(schema.audit_head).values(entries=new.entries, sha256=new.sha256, seal=new.seal)
        )
        tx.after_commit(lambda: self._put_anchor(new))
        return entry

    def append(self, record: AuditRecord) -> AuditEntry:
        """Callers that come while another's entry is being written are written together, in the next
        transaction: a page of pictures is many entries at once."""
        waiting = _Waiting(record)
        self._queue.append(waiting)
        with self._appending:
            while waiting.entry is None and waiting.error is None:
                together = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_TOGETHER))]
                self._write(together)
        if waiting.error is not None:
            raise waiting.error
        assert waiting.entry is not None, "who holds the lock writes all that were before it in the queue"
        return waiting.entry

    def _write(self, together: Sequence[_Waiting]) -> None:
        try:
            with self._database.write() as tx:
                entries = [self.put(tx, waiting.record) for waiting in together]
        except Exception as error:  # noqa: BLE001 - each of the callers gets it
            for waiting in together:
                waiting.error = error
            return
        for waiting, entry in zip(together, entries, strict=True):
            waiting.entry = entry

    def page(self, *, before: int | None = None, limit: int) -> tuple[AuditEntry, ...]:
        return self.search(AuditQuery(before=before, limit=limit))

    def search(self, query: AuditQuery) -> tuple[AuditEntry, ...]:
        with self._database.read() as connection:
            chosen = select(schema.audit).where(*conditions(query, connection.dialect.name))
            newest_first = chosen.order_by(schema.audit.c.audit_id.desc()).limit(query.limit)
            return tuple(_entry(row) for row in connection.execute(newest_first))

    def check(self, shown: Sequence[AuditEntry] = (), *, gapless: bool = False) -> Verdict:
        last = self.last_full_check()
        if last is not None and not last.verdict.ok:
            return last.verdict
        for newer, entry in zip((None, *shown), shown, strict=False):
            if not genuine(entry, self._key):
                return _bad(entry.audit_id, "it was edited: its hash or seal is not that of its fields")
            if gapless and newer is not None and newer.audit_id != entry.audit_id + 1:
                return _bad(entry.audit_id + 1, "it was removed")
        with self._checking:
            since = self._checked
            if since is None and last is not None:
                since = head(last.verdict.entries, last.sha256, self._key)
            verdict, self._checked = self._walk(since)
        return verdict

    def verify(self) -> Verdict:
        verdict, reached = self._walk(None)
        with self._checking:
            self._checked = reached
        now = self._clock.now()
        sha256 = reached.sha256 if reached is not None else GENESIS
        with self._database.write() as tx:
            tx.connection.execute(
                insert(schema.audit_checks).values(
                    at=now,
                    ok=verdict.ok,
                    entries=verdict.entries,
                    first_bad=verdict.first_bad,
                    why=verdict.why,
                    sha256=sha256,
                    seal=check_seal(verdict, sha256, now, self._key),
                )
            )
        return verdict

    def last_full_check(self) -> FullCheck | None:
        table = schema.audit_checks
        with self._database.read() as connection:
            row = connection.execute(select(table).order_by(table.c.check_id.desc()).limit(1)).one_or_none()
        if row is None:
            return None
        verdict = Verdict(ok=row.ok, entries=row.entries, first_bad=row.first_bad, why=row.why)
        # One that somebody wrote in by hand spares no walk.
        if row.seal != check_seal(verdict, row.sha256, row.at, self._key):
            return None
        return FullCheck(at=row.at, verdict=verdict, sha256=row.sha256)

    def count_day(self, day: date, utc_offset: timedelta) -> DayCount:
        begin, end = bounds(day, utc_offset)
        table = schema.audit
        of_day = (table.c.at >= begin, table.c.at < end)
        with self._database.read() as connection:
            first, last = connection.execute(
                select(func.min(table.c.audit_id), func.max(table.c.audit_id)).where(*of_day)
            ).one()
            counted = connection.execute(
                select(table.c.action, func.count()).where(*of_day).group_by(table.c.action)
            )
            actions: dict[str, int] = {action: int(number) for action, number in counted}
            newest = connection.execute(
                select(table).where(table.c.at < end).order_by(table.c.audit_id.desc()).limit(1)
            ).one_or_none()
        return DayCount(
            day=day,
            first=first or 0,
            last=last or 0,
            head=GENESIS if newest is None else newest.sha256,
            entries=0 if newest is None else newest.audit_id,
            actions=actions,
        )

    def first_at(self) -> datetime | None:
        table = schema.audit
        with self._database.read() as connection:
            return connection.scalar(select(table.c.at).where(table.c.audit_id == 1))

    def _walk(self, since: Head | None) -> tuple[Verdict, Head | None]:
        """The verdict on what follows `since`, and how far it was good: None where it was not."""
        anchor = self._anchor.read()  # first: entries written from here on may only lie behind it
        reached = since or head(0, GENESIS, self._key)
        with self._database.read() as connection:
            found = connection.execute(select(schema.audit_head)).one_or_none()
            with _entries(connection, after=reached.entries) as entries:
                verdict = verify(
                    entries,
                    head_found=None if found is None else _head(found),
                    anchor=anchor,
                    key=self._key,
                    since=since,
                )
        return verdict, _head(found) if verdict.ok and found is not None else None

    def derived(self, purpose: bytes) -> bytes:
        """A key for another purpose that every process of the centre has, since all have the trail's."""
        return hmac.digest(self._key, purpose, "sha256")

    def begin(self) -> None:
        """Seal the head of an empty trail and anchor it; a trail that has entries is left as it is.

        Raises:
            RecordsUnusable: the trail was begun under another key, as it is where machines share a database.
        """
        with self._database.write() as tx:
            found = tx.connection.execute(select(schema.audit_head)).one_or_none()
            if found is not None:
                self._check_key(tx.connection, _head(found))
            else:
                new = head(0, GENESIS, self._key)
                tx.connection.execute(
                    insert(schema.audit_head).values(only=1, entries=0, sha256=new.sha256, seal=new.seal)
                )
            empty = tx.connection.execute(select(schema.audit.c.audit_id).limit(1)).one_or_none() is None
        if empty and self._anchor.read() is None:
            self._anchor.write(head(0, GENESIS, self._key))

    def _check_key(self, connection: Connection, found: Head) -> None:
        """A head that alone is false was tampered with: `verify` tells. With the first entry it is the key."""
        if found == head(found.entries, found.sha256, self._key):
            return
        row = connection.execute(select(schema.audit).where(schema.audit.c.audit_id == 1)).one_or_none()
        first = None if row is None else _entry(row)
        if first is None or first.seal != chain(1, first.record, GENESIS, self._key).seal:
            raise RecordsUnusable(
                "expected the key that the audit trail was begun with, found another one: put it back from the "
                "backup, or copy it from the machine that has it"
            )

    def _put_anchor(self, new: Head) -> None:
        try:
            self._anchor.write(new)
        except OSError as error:
            # The entry itself is durable; until the anchor is written again it protects a little less.
            _log.error("audit anchor not written", entries=new.entries, error=str(error))


def key_of(path: Path, database: Database) -> bytes:
    """The key that seals the trail, made where there is neither key nor entry.

    Raises:
        RecordsUnusable: the key's file is gone or damaged while there are entries that it sealed.
    """
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        with database.read() as connection:
            if connection.execute(select(schema.audit.c.audit_id).limit(1)).one_or_none() is not None:
                raise RecordsUnusable(
                    f"expected the audit trail's key in {path}, found none: put it back from the backup"
                ) from None
        return _new_key(path)
    if len(key) != KEY_BYTES:
        raise RecordsUnusable(f"expected a key of {KEY_BYTES} bytes in {path}, found {len(key)}")
    return key


def _beside(path: Path) -> Path:
    """Where to write what is to become `path`; nobody else writes there, whether process or thread."""
    return path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")


def _new_key(path: Path) -> bytes:
    key = secrets.token_bytes(KEY_BYTES)
    beside = _beside(path)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(beside, path)  # fails where another process was first: one key only
    except FileExistsError:
        key = path.read_bytes()
    beside.unlink()
    return key


@contextmanager
def _entries(connection: Connection, *, after: int) -> Iterator[Iterator[AuditEntry]]:
    """All behind this one, never many at once in memory."""
    table = schema.audit
    query = select(table).where(table.c.audit_id > after).order_by(table.c.audit_id)
    with connection.execute(query, execution_options={"yield_per": 1000}) as rows:
        yield (_entry(row) for row in rows)


def _bad(audit_id: int, why: str) -> Verdict:
    return Verdict(ok=False, entries=0, first_bad=audit_id, why=why)


def _head(row: Row[tuple[object, ...]]) -> Head:
    return Head(entries=row.entries, sha256=row.sha256, seal=row.seal)


def _entry(row: Row[tuple[object, ...]]) -> AuditEntry:
    return AuditEntry(
        audit_id=row.audit_id,
        record=AuditRecord(
            at=row.at,
            user=row.username,
            action=row.action,
            subject=row.subject,
            reason=row.reason,
            case_number=row.case_number,
            detail=row.detail,
        ),
        previous_sha256=row.previous_sha256,
        sha256=row.sha256,
        seal=row.seal,
    )
