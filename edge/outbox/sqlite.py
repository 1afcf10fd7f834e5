"""The outbox on one SQLite file, with a folder of images beside it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog

from edge.outbox.database import connect
from edge.outbox.eviction import Eviction
from edge.outbox.images import ImageFolder
from edge.outbox.metrics import OutboxMetrics
from edge.outbox.port import (
    OutboxError,
    OutboxLimits,
    OutboxStats,
    OutboxUnavailable,
    QueuedImage,
    QueuedPassage,
)
from proto.clock import Clock
from proto.codec import DecodeError, decode_passages, encode_passages
from proto.passage import Passage

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class SqliteOutbox:
    """`Outbox` of the port, in a folder of its own."""

    def __init__(self, folder: Path, *, clock: Clock, limits: OutboxLimits, metrics: OutboxMetrics) -> None:
        """Opens the folder, or makes it; what a crash left half done is cleared away.

        Raises:
            OutboxUnavailable: the folder can't be used, or another process has it.
        """
        self._clock = clock
        self._limits = limits
        self._metrics = metrics
        self._log = structlog.get_logger("outbox").bind(folder=str(folder))
        self._lock = threading.RLock()
        self._changed = threading.Condition()
        self._puts = 0
        self._closed = False
        try:
            self._images = ImageFolder(folder / "images")
            self._owner = _own(folder / "owner")
        except OSError as error:
            raise OutboxUnavailable(f"could not open the outbox {folder}: {error}") from error
        try:
            self._connection = connect(folder / "outbox.db")
            try:
                self._sweep()
            except BaseException:
                self._connection.close()
                raise
        except BaseException:
            os.close(self._owner)
            raise

    def _sweep(self) -> None:
        with self._transaction() as connection:
            known = {sha256 for (sha256,) in connection.execute("SELECT sha256 FROM images")}
            for sha256 in self._images.sweep(known):
                self._lose(connection, sha256)

    def put(
        self,
        passages: Sequence[Passage],
        images: Mapping[str, bytes],
        *,
        progress: tuple[str, bytes] | None = None,
        hits: AbstractSet[UUID] = frozenset(),
    ) -> None:
        """As the port says."""
        for sha256, data in images.items():
            if hashlib.sha256(data).hexdigest() != sha256:
                raise ValueError(f"expected an image with the sha256 {sha256}, got other bytes")
        with self._lock:
            with self._transaction() as connection:
                new = [p for p in passages if not _known(connection, p.passage_id)]
                self._put_images(connection, new, images, hits)
                self._put_passages(connection, new, hits)
                if progress is not None:
                    connection.execute("REPLACE INTO progress VALUES (?, ?)", progress)
                eviction = Eviction(connection, self._limits, self._now_us())
                eviction.run()
                self._count(connection, "evicted_images", eviction.total("image"))
                self._count(connection, "evicted_passages", eviction.total("passage"))
            self._report(eviction)
        with self._changed:
            self._puts += 1
            self._changed.notify_all()

    def _put_passages(
        self, connection: sqlite3.Connection, passages: Sequence[Passage], hits: AbstractSet[UUID]
    ) -> None:
        now_us = self._now_us()
        for passage in passages:
            body = encode_passages([passage])
            connection.execute(
                "INSERT INTO passages (passage_id, put_us, hit, size, body) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO NOTHING",  # twice in one put
                (passage.passage_id.bytes, now_us, passage.passage_id in hits, len(body), body),
            )

    def _put_images(
        self,
        connection: sqlite3.Connection,
        passages: Sequence[Passage],
        images: Mapping[str, bytes],
        hits: AbstractSet[UUID],
    ) -> None:
        now_us = self._now_us()
        wanted: dict[str, bool] = {}
        for passage in passages:
            for evidence in passage.evidence:
                if evidence.sha256 in images:
                    hit = passage.passage_id in hits
                    wanted[evidence.sha256] = hit or wanted.get(evidence.sha256, False)
        fresh: dict[str, bytes] = {}
        for sha256, hit in wanted.items():
            size = len(images[sha256])
            if connection.execute("SELECT 1 FROM images WHERE sha256 = ?", (sha256,)).fetchone():
                connection.execute("UPDATE images SET hit = hit OR ? WHERE sha256 = ?", (hit, sha256))
                continue
            connection.execute(
                "INSERT INTO images (sha256, put_us, hit, size) VALUES (?, ?, ?, ?)",
                (sha256, now_us, hit, size),
            )
            fresh[sha256] = images[sha256]
        self._images.write(fresh)

    def progress(self, name: str) -> bytes | None:
        """As the port says."""
        with self._transaction() as connection:
            row = connection.execute("SELECT mark FROM progress WHERE name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def passages(self, limit: int) -> Sequence[QueuedPassage]:
        """As the port says."""
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT seq, body FROM passages WHERE refused IS NULL ORDER BY seq LIMIT ?", (limit,)
            ).fetchall()
        queued = []
        for seq, body in rows:
            try:
                queued.append(QueuedPassage(seq, decode_passages(body)[0]))
            except DecodeError as error:  # it would hold up all behind it for ever
                self.refuse_passage(seq, f"damaged in the outbox: {error}")
        return queued if queued or not rows else self.passages(limit)

    def acknowledge_passages(self, seqs: Sequence[int]) -> None:
        """As the port says."""
        now_us = self._now_us()
        with self._transaction() as connection:
            for seq in seqs:
                connection.execute(
                    "INSERT INTO delivered (passage_id, at_us) SELECT passage_id, ? FROM passages "
                    "WHERE seq = ? ON CONFLICT DO NOTHING",
                    (now_us, seq),
                )
                connection.execute("DELETE FROM passages WHERE seq = ?", (seq,))
            connection.execute(
                "DELETE FROM delivered WHERE at_us < ? OR seq <= (SELECT max(seq) FROM delivered) - ?",
                (now_us - self._limits.remember // _MICROSECOND, self._limits.remember_at_most),
            )

    def refuse_passage(self, seq: int, reason: str) -> None:
        """As the port says."""
        with self._transaction() as connection:
            connection.execute("UPDATE passages SET refused = ? WHERE seq = ?", (reason, seq))
        self._metrics.refused.labels("passage").inc()
        self._log.error("a passage is kept aside", seq=seq, why=reason)

    def images(self, limit: int) -> Sequence[QueuedImage]:
        """As the port says."""
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT sha256, size, hit FROM images WHERE refused IS NULL "
                "ORDER BY hit DESC, put_us, seq LIMIT ?",
                (limit,),
            ).fetchall()
        return [QueuedImage(sha256=sha256, size=size, hit=bool(hit)) for sha256, size, hit in rows]

    def image(self, sha256: str) -> bytes | None:
        """As the port says; an image whose file is gone or damaged leaves the queue and is counted."""
        with _disk():
            data = self._images.read(sha256)
        if data is not None:
            return data
        with self._transaction() as connection:  # no put and no eviction comes between from here on
            queued = connection.execute("SELECT 1 FROM images WHERE sha256 = ?", (sha256,)).fetchone()
            data = self._images.read(sha256) if queued else None
            if queued and data is None:
                self._lose(connection, sha256)
        return data

    def image_done(self, sha256: str) -> None:
        """As the port says."""
        with self._lock:
            with self._transaction() as connection:
                connection.execute("DELETE FROM images WHERE sha256 = ?", (sha256,))
            self._discard(sha256)

    def refuse_image(self, sha256: str, reason: str) -> None:
        """As the port says."""
        with self._transaction() as connection:
            connection.execute("UPDATE images SET refused = ? WHERE sha256 = ?", (reason, sha256))
        self._metrics.refused.labels("image").inc()
        self._log.error("an image is kept aside", sha256=sha256, why=reason)

    def stats(self) -> OutboxStats:
        """As the port says."""
        with self._transaction() as connection:
            passages, refused_passages, oldest = connection.execute(
                "SELECT count(*) - count(refused), count(refused), "
                "min(CASE WHEN refused IS NULL THEN put_us END) FROM passages"
            ).fetchone()
            images, refused_images = connection.execute(
                "SELECT count(*) - count(refused), count(refused) FROM images"
            ).fetchone()
            (total,) = connection.execute("SELECT bytes FROM totals").fetchone()
            counters: dict[str, int] = dict(connection.execute("SELECT name, value FROM counters").fetchall())
        self._metrics.waiting.labels("passage").set(passages)
        self._metrics.waiting.labels("image").set(images)
        self._metrics.bytes.set(total)
        return OutboxStats(
            passages=passages,
            images=images,
            bytes=total,
            oldest_at=None if oldest is None else _EPOCH + timedelta(microseconds=oldest),
            refused_passages=refused_passages,
            refused_images=refused_images,
            evicted_passages=counters.get("evicted_passages", 0),
            evicted_images=counters.get("evicted_images", 0),
            lost_images=counters.get("lost_images", 0),
        )

    @property
    def puts(self) -> int:
        """As the port says."""
        return self._puts

    def wait(self, puts: int, timeout_s: float) -> None:
        """As the port says."""
        with self._changed:
            self._changed.wait_for(lambda: self._puts != puts, timeout_s)

    def close(self) -> None:
        """As the port says."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._connection.close()
                os.close(self._owner)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._closed:
                raise OutboxError("expected an open outbox, got one that was closed")
            with _disk():
                self._connection.execute("BEGIN")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise

    def _discard(self, sha256: str) -> None:
        """Remove the file of an image whose row is gone for good; never raises for the disk's sake.

        The transaction stands: telling the caller that it failed would be untrue. The next opening clears a
        file without a row away.
        """
        try:
            self._images.remove(sha256)
        except OSError as error:
            self._log.warning("an image's file stays until the next opening", sha256=sha256, why=str(error))

    def _report(self, eviction: Eviction) -> None:
        for sha256 in eviction.files:
            self._discard(sha256)
        for (kind, hit), count in eviction.removed.items():
            self._metrics.evicted.labels(kind, str(hit).lower()).inc(count)
        if eviction.removed.total():
            self._log.warning(
                "the outbox is over its limits and lets go of what was not delivered",
                images=eviction.total("image"),
                passages=eviction.total("passage"),
            )

    def _lose(self, connection: sqlite3.Connection, sha256: str) -> None:
        connection.execute("DELETE FROM images WHERE sha256 = ?", (sha256,))
        self._images.remove(sha256)
        self._count(connection, "lost_images", 1)
        self._metrics.lost.inc()
        self._log.error("an image's file is gone or damaged", sha256=sha256)

    @staticmethod
    def _count(connection: sqlite3.Connection, name: str, by: int) -> None:
        if by:
            connection.execute(
                "INSERT INTO counters VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value",
                (name, by),
            )

    def _now_us(self) -> int:
        return (self._clock.now() - _EPOCH) // _MICROSECOND


@contextmanager
def _disk() -> Iterator[None]:
    """Trouble with SQLite or a file inside is `OutboxUnavailable`."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise OutboxUnavailable(f"the outbox's disk fails: {error}") from error


def _known(connection: sqlite3.Connection, passage_id: UUID) -> bool:
    return (
        connection.execute(
            "SELECT 1 FROM passages WHERE passage_id = ?1 "
            "UNION ALL SELECT 1 FROM delivered WHERE passage_id = ?1",
            (passage_id.bytes,),
        ).fetchone()
        is not None
    )


def _own(path: Path) -> int:
    """Lock the outbox for this process; the kernel unlocks when it ends. Raises OSError."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise OutboxUnavailable(f"another process has this outbox: {path.parent}") from None
    return handle
