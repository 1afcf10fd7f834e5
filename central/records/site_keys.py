"""The keys of the nodes' form of the watchlist, in the database: beside the plates, they hide nothing there."""

from __future__ import annotations

import secrets

from sqlalchemy import insert, select

from central.audit import AuditRecord
from central.records import schema
from central.records.database import Database, Transaction
from central.records.port import SiteSecret
from central.records.trail import SqlAuditLog
from proto.clock import Clock
from proto.signature import SECRET_BYTES
from proto.site_list import KEY_BYTES


class SqlSiteKeys:
    """See `central.records.port.SiteKeyBook`."""

    def __init__(self, database: Database, clock: Clock, trail: SqlAuditLog) -> None:
        self._database = database
        self._clock = clock
        self._trail = trail

    def current(self) -> SiteSecret:
        found = self._newest()
        if found is not None:
            return found
        with self._database.write() as tx:
            there = _newest(tx)  # another process may have been first
            return there if there is not None else self._make(tx, 1)

    def get(self, epoch: int) -> SiteSecret | None:
        table = schema.watchlist_epochs
        with self._database.read() as connection:
            row = connection.execute(select(table).where(table.c.epoch == epoch)).one_or_none()
        return None if row is None else SiteSecret(epoch=row.epoch, key=row.key, signing_key=row.signing_key)

    def rotate(self, *, by: str, reason: str) -> int:
        now = self._clock.now()
        with self._database.write() as tx:
            before = _newest(tx)
            made = self._make(tx, 1 if before is None else before.epoch + 1)
            self._trail.put(
                tx,
                AuditRecord(
                    at=now, user=by, action="watchlist.rotate", subject=f"epoch {made.epoch}", reason=reason
                ),
            )
        return made.epoch

    def _make(self, tx: Transaction, epoch: int) -> SiteSecret:
        made = SiteSecret(
            epoch=epoch, key=secrets.token_bytes(KEY_BYTES), signing_key=secrets.token_bytes(SECRET_BYTES)
        )
        tx.connection.execute(
            insert(schema.watchlist_epochs).values(
                epoch=epoch, key=made.key, signing_key=made.signing_key, made_at=self._clock.now()
            )
        )
        return made

    def _newest(self) -> SiteSecret | None:
        table = schema.watchlist_epochs
        with self._database.read() as connection:
            row = connection.execute(select(table).order_by(table.c.epoch.desc()).limit(1)).one_or_none()
        return None if row is None else SiteSecret(epoch=row.epoch, key=row.key, signing_key=row.signing_key)


def _newest(tx: Transaction) -> SiteSecret | None:
    table = schema.watchlist_epochs
    row = tx.connection.execute(select(table).order_by(table.c.epoch.desc()).limit(1)).one_or_none()
    return None if row is None else SiteSecret(epoch=row.epoch, key=row.key, signing_key=row.signing_key)
