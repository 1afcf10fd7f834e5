"""Records of the embedded bus: append, fetch, compaction, retention. Each function runs in the caller's
transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
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
from proto.bus.port import POLL_BYTES, BusError, Message, Record, TopicDifference
from proto.topics import Topic

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
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


def append(connection: Connection, topic: StoredTopic, records: Sequence[Record], appended_us: int) -> None:
    """Append in order."""
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
        if size >= POLL_BYTES:
            break
    return messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """What one retention step did."""

    removed: int
    finished: bool  #: False: more is due
    bytes: int  #: that the topic holds now


def retain(connection: Connection, topic: StoredTopic, now_us: int, max_bytes: int) -> Retained:
    """Remove the oldest records that are too old or too many; a compacted topic keeps what it has.

    Only from the front of a partition: what is left has no holes. Nothing goes that a reader has yet to read: a
    reader is a group that has ever committed. Where there is none, age removes and want of room doesn't.
    """
    if topic.compacted:
        return Retained(removed=0, finished=True, bytes=bytes_of(connection, topic))
    left = _RETENTION_STEP
    read = _read_by_all(connection, topic)
    if topic.retention_us is not None:
        before_us = now_us - topic.retention_us
        for partition in range(topic.partitions):
            floor = read.get(partition) if read else None
            left -= _remove_front(connection, topic, partition, left, floor=floor, before_us=before_us)
    while left > 0 and read and bytes_of(connection, topic) > max_bytes:
        oldest = _oldest_partition(connection, topic, read)
        if oldest is None:
            break
        left -= _remove_front(connection, topic, oldest, min(left, 64), floor=read[oldest])
    return Retained(removed=_RETENTION_STEP - left, finished=left > 0, bytes=bytes_of(connection, topic))


def _read_by_all(connection: Connection, topic: StoredTopic) -> dict[int, int]:
    """By partition, the offset up to which every reader has read; empty where there is no reader."""
    return dict(
        connection.execute(
            "SELECT partition, min(committed) FROM assignments WHERE topic = ?1 AND grp IN "
            "(SELECT grp FROM assignments WHERE topic = ?1 AND committed > 0) GROUP BY partition",
            (topic.number,),
        ).fetchall()
    )


def held_up_by(connection: Connection, topic: StoredTopic) -> str:
    """Who keeps the topic from letting go of its oldest records, for a person to read."""
    behind = connection.execute(
        "SELECT grp, sum(next_offset - max(committed, first_offset)) AS behind FROM assignments "
        "JOIN partitions USING (topic, partition) WHERE topic = ?1 AND grp IN "
        "(SELECT grp FROM assignments WHERE topic = ?1 AND committed > 0) "
        "GROUP BY grp HAVING behind > 0 ORDER BY behind DESC",
        (topic.number,),
    ).fetchall()
    if not behind:
        return "no group has read it yet"
    return ", ".join(f"group {group} is {count} records behind" for group, count in behind)


def bytes_of(connection: Connection, topic: StoredTopic) -> int:
    """What the topic's records take, by `size_of`."""
    (total,) = connection.execute(
        "SELECT sum(bytes) FROM partitions WHERE topic = ?", (topic.number,)
    ).fetchone()
    assert isinstance(total, int)
    return total


def _oldest_partition(connection: Connection, topic: StoredTopic, read: Mapping[int, int]) -> int | None:
    """Of those whose front may go."""
    heads = []
    for partition, first in connection.execute(
        "SELECT partition, first_offset FROM partitions WHERE topic = ? AND first_offset < next_offset",
        (topic.number,),
    ).fetchall():
        if first < read[partition]:
            (appended_us,) = connection.execute(
                "SELECT appended_us FROM records WHERE place = ?", (place_of(topic.number, partition, first),)
            ).fetchone()
            heads.append((appended_us, partition))
    return min(heads)[1] if heads else None


def _remove_front(
    connection: Connection,
    topic: StoredTopic,
    partition: int,
    limit: int,
    *,
    floor: int | None,
    before_us: int | None = None,
) -> int:
    """Up to `limit` records below the offset `floor`, where given, and older than `before_us`."""
    count = size = 0
    end = (
        place_of(topic.number, partition + 1, 0) if floor is None else place_of(topic.number, partition, floor)
    )
    for appended_us, record_size in connection.execute(
        "SELECT appended_us, size FROM records WHERE place >= ? AND place < ? ORDER BY place LIMIT ?",
        (place_of(topic.number, partition, 0), end, limit),
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


def differences(connection: Connection, topic: Topic) -> tuple[TopicDifference, ...]:
    """See `Bus.topic_differences`."""
    try:
        stored = find(connection, topic.name)
    except BusError:
        return (TopicDifference(topic=topic.name, what="topic", expected="there", got="missing"),)
    pairs: tuple[tuple[str, object, object], ...] = (
        ("partitions", topic.partitions, stored.partitions),
        ("retention", topic.retention, _span(stored.retention_us)),
        ("compacted", topic.compacted, stored.compacted),
    )
    return tuple(
        TopicDifference(topic=topic.name, what=what, expected=str(expected), got=str(got))
        for what, expected, got in pairs
        if expected != got
    )


def _span(microseconds: int | None) -> timedelta | None:
    return None if microseconds is None else timedelta(microseconds=microseconds)
