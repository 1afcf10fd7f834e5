"""The audit trail in the database, its key and its anchor beside it."""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from sqlalchemy import Connection, Row, insert, select, update

from central.audit import GENESIS, AuditEntry, AuditRecord, Head, Verdict, chain, head, verify
from central.records import schema
from central.records.database import Database, Transaction
from central.records.port import RecordsUnusable

KEY_BYTES = 32
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


class SqlAuditLog:
    """See `central.records.port.AuditLog`."""

    def __init__(self, database: Database, *, key: bytes, anchor: Anchor) -> None:
        self._database = database
        self._key = key
        self._anchor = anchor

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
        with self._database.write() as tx:
            return self.put(tx, record)

    def page(self, *, before: int | None = None, limit: int) -> tuple[AuditEntry, ...]:
        query = select(schema.audit).order_by(schema.audit.c.audit_id.desc()).limit(limit)
        if before is not None:
            query = query.where(schema.audit.c.audit_id < before)
        with self._database.read() as connection:
            return tuple(_entry(row) for row in connection.execute(query))

    def verify(self) -> Verdict:
        anchor = self._anchor.read()  # first: entries written from here on may only lie behind it
        with self._database.read() as connection:
            found = connection.execute(select(schema.audit_head)).one_or_none()
            with _entries(connection) as entries:
                return verify(
                    entries,
                    head_found=None if found is None else _head(found),
                    anchor=anchor,
                    key=self._key,
                )

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
def _entries(connection: Connection) -> Iterator[Iterator[AuditEntry]]:
    """All of them, never many at once in memory."""
    query = select(schema.audit).order_by(schema.audit.c.audit_id)
    with connection.execute(query, execution_options={"yield_per": 1000}) as rows:
        yield (_entry(row) for row in rows)


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
