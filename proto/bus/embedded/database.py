"""The SQLite file behind the embedded bus: schema, transactions, and errors by their bus names."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from proto.bus.port import BusError, BusUnavailable

# A record's rowid is its place: 7 bits topic, 12 bits partition, 44 bits offset. One B-tree then holds all
# records in the order they are read, appends go to the right edge of a partition's range, and no index is
# kept beside it.
PARTITION_BITS = 12
OFFSET_BITS = 44
MAX_TOPICS = 1 << 7
MAX_PARTITIONS = 1 << PARTITION_BITS

#: Of the file; grows with a change that an older program must not touch.
_FORMAT = 1
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS topics (
        topic INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL,
        retention_us INTEGER, compacted INTEGER NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS partitions (
        topic INTEGER NOT NULL, partition INTEGER NOT NULL,
        first_offset INTEGER NOT NULL, next_offset INTEGER NOT NULL, bytes INTEGER NOT NULL,
        PRIMARY KEY (topic, partition)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS records (
        place INTEGER PRIMARY KEY, appended_us INTEGER NOT NULL, size INTEGER NOT NULL,
        key BLOB NOT NULL, headers TEXT, value BLOB NOT NULL)""",
    # Of compacted topics only: where each key's newest record is.
    """CREATE TABLE IF NOT EXISTS newest (
        topic INTEGER NOT NULL, key BLOB NOT NULL, place INTEGER NOT NULL,
        PRIMARY KEY (topic, key)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS members (
        topic INTEGER NOT NULL, grp TEXT NOT NULL, member TEXT NOT NULL, seen_us INTEGER NOT NULL,
        PRIMARY KEY (topic, grp, member)) WITHOUT ROWID""",
    # `heir` takes over when `owner` next polls; `epoch` counts the partition's owners.
    """CREATE TABLE IF NOT EXISTS assignments (
        topic INTEGER NOT NULL, grp TEXT NOT NULL, partition INTEGER NOT NULL,
        owner TEXT, heir TEXT, epoch INTEGER NOT NULL, committed INTEGER NOT NULL,
        PRIMARY KEY (topic, grp, partition)) WITHOUT ROWID""",
)


def place_of(topic: int, partition: int, offset: int) -> int:
    """The rowid of a record."""
    return (topic << PARTITION_BITS | partition) << OFFSET_BITS | offset


def offset_of(place: int) -> int:
    """The offset in a rowid."""
    return place & ((1 << OFFSET_BITS) - 1)


class Database:
    """One connection; not for several threads at once.

    Durability: WAL with synchronous=FULL, so a transaction is on the disk when `write` is left.
    Every SQLite error leaves as `BusUnavailable`, the disk being full and the file being locked longer than
    `busy_timeout_s` included.
    """

    def __init__(self, path: Path, *, busy_timeout_s: float) -> None:
        self._path = path
        with self._named_errors("open"):
            self._connection = sqlite3.connect(
                path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False
            )
            try:
                self._set_up(busy_timeout_s)
            except BaseException:
                self._connection.close()
                raise
        self._closed = False

    def _set_up(self, busy_timeout_s: float) -> None:
        # SQLite's own busy time-out does not cover the switch to WAL, which only a new file needs.
        deadline = time.monotonic() + busy_timeout_s
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode=WAL")
                break
            except sqlite3.OperationalError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(0.01)
        self._connection.execute("PRAGMA synchronous=FULL")
        # Records hold where vehicles were: what is let go of is overwritten.
        self._connection.execute("PRAGMA secure_delete=ON")
        self._connection.execute("PRAGMA journal_size_limit=67108864")
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version == _FORMAT:
            return
        if version != 0:
            raise BusUnavailable(f"expected a bus of format {_FORMAT}, got {version} in {self._path}")
        self._connection.execute("BEGIN IMMEDIATE")
        for statement in _SCHEMA:  # several processes may make the file at once
            self._connection.execute(statement)
        self._connection.execute(f"PRAGMA user_version = {_FORMAT}")
        self._connection.execute("COMMIT")

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock from the start; durable when left without an error."""
        with self._transaction("BEGIN IMMEDIATE", "write") as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A snapshot."""
        with self._transaction("BEGIN", "read") as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str, verb: str) -> Iterator[sqlite3.Connection]:
        if self._closed:
            raise BusError(f"expected an open bus, got one that was closed: {self._path}")
        with self._named_errors(verb):
            self._connection.execute(begin)
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _named_errors(self, verb: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", type(error).__name__)
            raise BusUnavailable(f"could not {verb} {self._path}: {name}: {error}") from error

    def version(self) -> int:
        """Changes whenever another connection, in this process or another, has committed."""
        with self._named_errors("read"):
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        assert isinstance(version, int)
        return version

    def close(self) -> None:
        """Idempotent."""
        if not self._closed:
            self._closed = True
            self._connection.close()
