"""The outbox's SQLite file: what is in it, and how it is opened."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from edge.outbox.port import OutboxUnavailable

_FORMAT = 1
_SCHEMA = (
    """CREATE TABLE passages (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, passage_id BLOB NOT NULL UNIQUE, put_us INTEGER NOT NULL,
        hit INTEGER NOT NULL, size INTEGER NOT NULL, body BLOB NOT NULL, refused TEXT)""",
    "CREATE INDEX passages_by_worth ON passages (hit, put_us)",
    """CREATE TABLE images (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, sha256 TEXT NOT NULL UNIQUE, put_us INTEGER NOT NULL,
        hit INTEGER NOT NULL, size INTEGER NOT NULL, refused TEXT)""",
    "CREATE INDEX images_by_worth ON images (hit, put_us)",
    # How much there is, kept by triggers: a put must not count a long queue.
    "CREATE TABLE totals (bytes INTEGER NOT NULL)",
    "INSERT INTO totals VALUES (0)",
    "CREATE TRIGGER passages_in AFTER INSERT ON passages BEGIN UPDATE totals SET bytes = bytes + new.size; END",
    "CREATE TRIGGER passages_out AFTER DELETE ON passages "
    "BEGIN UPDATE totals SET bytes = bytes - old.size; END",
    "CREATE TRIGGER images_in AFTER INSERT ON images BEGIN UPDATE totals SET bytes = bytes + new.size; END",
    "CREATE TRIGGER images_out AFTER DELETE ON images BEGIN UPDATE totals SET bytes = bytes - old.size; END",
    # Passages the bus has: a replay may put them again.
    """CREATE TABLE delivered (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, passage_id BLOB NOT NULL UNIQUE, at_us INTEGER NOT NULL)""",
    "CREATE TABLE progress (name TEXT PRIMARY KEY, mark BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    f"PRAGMA user_version = {_FORMAT}",
)


def connect(path: Path) -> sqlite3.Connection:
    """A connection whose transactions are on the disk when they return.

    Raises:
        OutboxUnavailable: the file can't be opened, or is of another format.
    """
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise OutboxUnavailable(f"could not open {path}: {error}") from error
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            connection.execute("BEGIN")
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute("COMMIT")
        elif version != _FORMAT:
            raise OutboxUnavailable(f"expected an outbox of format {_FORMAT}, got {version} in {path}")
    except sqlite3.Error as error:
        connection.close()
        raise OutboxUnavailable(f"could not open {path}: {error}") from error
    except OutboxUnavailable:
        connection.close()
        raise
    return connection
