"""Records of the embedded bus: append, fetch, compaction, retention. Each function runs in the caller's
transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from sqlite3 import Connection
from zlib import crc32

from proto.bus.embedded.database import (
    MAX_PARTITIONS,
    MAX_TOPICS,
    offset_of,
    place_of,
)
from proto.bus.port import BusError, Message, Record
from proto.topics import Topic

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: A poll stops at this many bytes of values, so that a backlog of large records doesn't fill the memory.
_FETCH_BYTES = 16 << 20
#: Records one retention step removes at most: it runs inside a publish, which must not wait long.
_RETENTION_STEP = 2_000


def microseconds(moment: datetime) -> int:
    """Since 1970 UTC."""
    return (moment - _EPOCH) // _MICROSECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTopic:
    """A topic as it was created; what the file says wins over what a caller believes."""

    number: int
    name: str
    partitions: int
    retention_us: int | None
    compacted: bool

    def partition_of(self, key: bytes) -> int:
        return crc32(key) % self.partitions


def create(connection: Connection, topic: Topic) -> None:
    """Nothing where the topic exists."""
    if not 1 <= topic.partitions <= MAX_PARTITIONS:
        raise BusError(f"expected 1 to {MAX_PARTITIONS} partitions, got {topic.partitions} for {topic.name}")
    if connection.execute("SELECT 1 FROM topics WHERE name = ?", (topic.name,)).fetchone():
        return
    (number,) = connection.execute("SELECT coalesce(max(topic), -1) + 1 FROM topics").fetchone()
    if number >= MAX_TOPICS:
        raise BusError(f"expected at most {MAX_TOPICS} topics, got one more: {topic.name}")
    retention_us = None if topic.retention is None else topic.retention // _MICROSECOND
    connection.execute(
        "INSERT INTO topics VALUES (?, ?, ?, ?, ?)",
        (number, topic.name, topic.partitions, retention_us, topic.compacted),
    )
    connection.executemany(
        "INSERT INTO partitions VALUES (?, ?, 0, 0, 0)", [(number, p) for p in range(topic.partitions)]
    )


def find(connection: Connection, name: str) -> StoredTopic:
    """Raises BusError: there is no such topic."""
    row = connection.execute("SELECT * FROM topics WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise BusError(f"expected a topic that was created, got {name!r}: call create_topics first")
    number, name, partitions, retention_us, compacted = row
    return StoredTopic(
        number=number,
        name=name,
        partitions=partitions,
        retention_us=retention_us,
        compacted=bool(compacted),
    )


def size_of(record: Record) -> int:
    """Bytes that count against the largest record allowed and against the topic's share of the disk."""
    headers = sum(len(k.encode()) + len(v) for k, v in record.headers.items())
    return len(record.key) + len(record.value) + headers


def append(connection: Connection, topic: StoredTopic, records: Sequence[Record], appended_us: int) -> int:
    """Append in order; returns the bytes added."""
    ends = dict(
        connection.execute(
            "SELECT partition, next_offset FROM partitions WHERE topic = ?", (topic.number,)
        ).fetchall()
    )
    added: dict[int, int] = {}
    rows = []
    for record in records:
        partition = topic.partition_of(record.key)
        place = place_of(topic.number, partition, ends[partition])
        ends[partition] += 1
        size = size_of(record)
        added[partition] = added.get(partition, 0) + size
        rows.append((place, appended_us, size, record.key, _headers_text(record), record.value))
    connection.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.executemany(
        "UPDATE partitions SET next_offset = ?, bytes = bytes + ? WHERE topic = ? AND partition = ?",
        [(ends[p], n, topic.number, p) for p, n in added.items()],
    )
    if topic.compacted:
        for place, _, _, key, _, _ in rows:
            _supersede(connection, topic, key, place)
    return sum(added.values())


def _headers_text(record: Record) -> str | None:
    if not record.headers:
        return None
    return json.dumps({k: v.hex() for k, v in record.headers.items()})


def _supersede(connection: Connection, topic: StoredTopic, key: bytes, place: int) -> None:
    old = connection.execute(
        "SELECT place, size FROM newest JOIN records USING (place) WHERE topic = ? AND newest.key = ?",
        (topic.number, key),
    ).fetchone()
    if old is not None:
        connection.execute("DELETE FROM records WHERE place = ?", (old[0],))
        connection.execute(
            "UPDATE partitions SET bytes = bytes - ? WHERE topic = ? AND partition = ?",
            (old[1], topic.number, topic.partition_of(key)),
        )
    connection.execute(
        "INSERT INTO newest VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET place = excluded.place",
        (topic.number, key, place),
    )


def fetch(connection: Connection, topic: StoredTopic, partition: int, offset: int, limit: int) -> list[Message]:
    """Records from an offset on, in order; fewer than `limit` where they are large."""
    messages: list[Message] = []
    size = 0
    for place, appended_us, key, headers, value in connection.execute(
        "SELECT place, appended_us, key, headers, value FROM records WHERE place >= ? AND place < ? "
        "ORDER BY place LIMIT ?",
        (place_of(topic.number, partition, offset), place_of(topic.number, partition + 1, 0), limit),
    ):
        messages.append(
            Message(
                topic=topic.name,
                partition=partition,
                offset=offset_of(place),
                key=key,
                value=value,
                headers={k: bytes.fromhex(v) for k, v in json.loads(headers).items()} if headers else {},
                appended_at=_EPOCH + timedelta(microseconds=appended_us),
            )
        )
        size += len(value)
        if size >= _FETCH_BYTES:
            break
    return messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """What one retention step did."""

    removed: int
    finished: bool  #: False: more is due
    unread: dict[str, int]  #: group → records it had not committed and now never sees


def retain(connection: Connection, topic: StoredTopic, now_us: int, max_bytes: int) -> Retained:
    """Remove the oldest records that are too old or too many; a compacted topic keeps what it has.

    Only from the front of a partition: what is left has no holes.
    """
    if topic.compacted:
        return Retained(removed=0, finished=True, unread={})
    left = _RETENTION_STEP
    if topic.retention_us is not None:
        for partition in range(topic.partitions):
            left -= _remove_front(connection, topic, partition, left, before_us=now_us - topic.retention_us)
    while left > 0 and _bytes(connection, topic) > max_bytes:
        left -= _remove_front(connection, topic, _oldest_partition(connection, topic), min(left, 64))
    removed = _RETENTION_STEP - left
    return Retained(removed=removed, finished=left > 0, unread=_skip_unread(connection, topic, removed))


def _bytes(connection: Connection, topic: StoredTopic) -> int:
    (total,) = connection.execute(
        "SELECT sum(bytes) FROM partitions WHERE topic = ?", (topic.number,)
    ).fetchone()
    assert isinstance(total, int)
    return total


def _oldest_partition(connection: Connection, topic: StoredTopic) -> int:
    heads = []
    for partition, first in connection.execute(
        "SELECT partition, first_offset FROM partitions WHERE topic = ? AND first_offset < next_offset",
        (topic.number,),
    ).fetchall():
        (appended_us,) = connection.execute(
            "SELECT appended_us FROM records WHERE place = ?", (place_of(topic.number, partition, first),)
        ).fetchone()
        heads.append((appended_us, partition))
    _, oldest = min(heads)
    assert isinstance(oldest, int)
    return oldest


def _remove_front(
    connection: Connection,
    topic: StoredTopic,
    partition: int,
    limit: int,
    before_us: int | None = None,
) -> int:
    count = size = 0
    for appended_us, record_size in connection.execute(
        "SELECT appended_us, size FROM records WHERE place >= ? AND place < ? ORDER BY place LIMIT ?",
        (place_of(topic.number, partition, 0), place_of(topic.number, partition + 1, 0), limit),
    ):
        if before_us is not None and appended_us >= before_us:
            break
        count += 1
        size += record_size
    if count:
        (first,) = connection.execute(
            "UPDATE partitions SET first_offset = first_offset + ?, bytes = bytes - ? "
            "WHERE topic = ? AND partition = ? RETURNING first_offset",
            (count, size, topic.number, partition),
        ).fetchone()
        connection.execute(
            "DELETE FROM records WHERE place >= ? AND place < ?",
            (place_of(topic.number, partition, 0), place_of(topic.number, partition, first)),
        )
    return count


def _skip_unread(connection: Connection, topic: StoredTopic, removed: int) -> dict[str, int]:
    """Move groups that were behind to the oldest record left, and say how many each lost."""
    if not removed:
        return {}
    behind = connection.execute(
        "SELECT grp, partition, first_offset, first_offset - committed FROM assignments "
        "JOIN partitions USING (topic, partition) WHERE topic = ? AND committed < first_offset",
        (topic.number,),
    ).fetchall()
    unread: dict[str, int] = {}
    for group, partition, first, lost in behind:
        unread[group] = unread.get(group, 0) + lost
        connection.execute(
            "UPDATE assignments SET committed = ? WHERE topic = ? AND grp = ? AND partition = ?",
            (first, topic.number, group, partition),
        )
    return unread
