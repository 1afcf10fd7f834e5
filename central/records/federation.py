"""Neighbours' questions of the last minutes: none is answered twice, none asks too often."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, insert, select

from central.federation.envelope import CLOCKS_APART
from central.records import schema
from central.records.database import Database
from central.records.port import AskedBefore, AskedTooOften
from proto.clock import Clock

_MINUTE = timedelta(minutes=1)
#: Signed at most CLOCKS_APART ahead, good until CLOCKS_APART behind.
_KEPT = 3 * CLOCKS_APART + _MINUTE


class SqlPeerBook:
    """See `central.records.port.PeerBook`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def admit(self, peer: str, nonce: str, *, per_minute: int) -> None:
        now, table = self._clock.now(), schema.peer_questions
        with self._database.write() as tx:
            tx.connection.execute(delete(table).where(table.c.at < now - _KEPT))
            known = select(table.c.nonce).where(table.c.peer == peer, table.c.nonce == nonce)
            if tx.connection.execute(known).first() is not None:
                raise AskedBefore("expected a question that was not asked before: its nonce is known")
            lately = select(func.count()).where(table.c.peer == peer, table.c.at > now - _MINUTE)
            asked = tx.connection.execute(lately).scalar_one()
            if asked >= per_minute:
                raise AskedTooOften(f"expected at most {per_minute} questions a minute, got more")
            tx.connection.execute(insert(table).values(peer=peer, nonce=nonce, at=now))
