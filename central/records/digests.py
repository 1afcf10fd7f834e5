"""Signed daily digests in the database."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import insert, select, update

from central.digest import Digest
from central.records import schema
from central.records.database import Database


class SqlDigestBook:
    """See `central.records.port.DigestBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, digest: Digest, *, made_at: datetime) -> bool:
        table = schema.audit_digests
        day = digest.day.isoformat()
        with self._database.write() as tx:
            if tx.connection.execute(select(table.c.day).where(table.c.day == day)).one_or_none() is not None:
                return False
            tx.connection.execute(
                insert(table).values(day=day, made_at=made_at, body=digest.body, signature=digest.signature)
            )
        return True

    def get(self, day: date) -> Digest | None:
        table = schema.audit_digests
        with self._database.read() as connection:
            row = connection.execute(select(table).where(table.c.day == day.isoformat())).one_or_none()
        return None if row is None else Digest(day=day, body=row.body, signature=row.signature)

    def newest(self, *, limit: int) -> tuple[Digest, ...]:
        return self._some(limit=limit, undelivered=False)

    def undelivered(self, *, limit: int) -> tuple[Digest, ...]:
        return self._some(limit=limit, undelivered=True)

    def delivered(self, day: date, *, at: datetime) -> None:
        table = schema.audit_digests
        with self._database.write() as tx:
            tx.connection.execute(update(table).where(table.c.day == day.isoformat()).values(delivered_at=at))

    def _some(self, *, limit: int, undelivered: bool) -> tuple[Digest, ...]:
        table = schema.audit_digests
        query = select(table).order_by(table.c.day.desc()).limit(limit)
        if undelivered:
            query = query.where(table.c.delivered_at.is_(None))
        with self._database.read() as connection:
            return tuple(
                Digest(day=date.fromisoformat(row.day), body=row.body, signature=row.signature)
                for row in connection.execute(query)
            )
