"""Consumer groups of the embedded bus: who is a member, and who owns which partition.

A partition moves at once when its owner left or died. When a new member is due a share, the owner keeps the
partition until it polls next (it has handled what it polled before by then), so that one record is not in
two hands. Each function runs in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from sqlite3 import Connection

from proto.bus.embedded.database import place_of
from proto.bus.embedded.log import StoredTopic


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One partition that a member owns."""

    partition: int
    epoch: int  #: grows when the owner changes
    committed: int  #: next offset the group has not done with
    first_offset: int
    next_offset: int
    wanted: bool  #: another member waits for it


def balance(owners: Mapping[int, str | None], members: Sequence[str]) -> dict[int, str]:
    """Who should own each partition: shares differ by at most one, and as few as possible move.

    `owners` are the present ones, None or not a member where there is none. `members` is not empty.
    """
    held: dict[str, list[int]] = {member: [] for member in members}
    for partition, owner in sorted(owners.items()):
        if owner in held:
            held[owner].append(partition)
    # Those who hold most get the larger shares, which spares a move.
    ranked = sorted(members, key=lambda m: (-len(held[m]), m))
    base, extra = divmod(len(owners), len(members))
    quota = {member: base + (rank < extra) for rank, member in enumerate(ranked)}
    target = {p: m for m in members for p in held[m][: quota[m]]}
    free = (p for p in sorted(owners) if p not in target)
    for member in ranked:
        for _ in range(quota[member] - len(held[member][: quota[member]])):
            target[next(free)] = member
    return target


def beat(
    connection: Connection,
    topic: StoredTopic,
    group: str,
    member: str,
    *,
    now_us: int,
    session_us: int,
    alive: Callable[[str], bool],
) -> tuple[str, ...]:
    """Join, or stay; expel who is dead or was silent too long; share the partitions out again if need be.

    A member last seen in the future counts as silent: the clock was set back, and were it waited for,
    a dead one would keep its partitions until that time comes. Returns who was expelled.
    """
    seen = dict(
        connection.execute(
            "SELECT member, seen_us FROM members WHERE topic = ? AND grp = ?", (topic.number, group)
        ).fetchall()
    )
    expelled = tuple(
        m for m, at in seen.items() if m != member and (abs(now_us - at) > session_us or not alive(m))
    )
    connection.execute(
        "INSERT INTO members VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET seen_us = excluded.seen_us",
        (topic.number, group, member, now_us),
    )
    connection.executemany(
        "DELETE FROM members WHERE topic = ? AND grp = ? AND member = ?",
        [(topic.number, group, m) for m in expelled],
    )
    if expelled or member not in seen:
        share_out(connection, topic, group)
    return expelled


def leave(connection: Connection, topic: StoredTopic, group: str, member: str) -> None:
    """Give all partitions to those who stay."""
    connection.execute(
        "DELETE FROM members WHERE topic = ? AND grp = ? AND member = ?", (topic.number, group, member)
    )
    share_out(connection, topic, group)


def share_out(connection: Connection, topic: StoredTopic, group: str) -> None:
    """Make owners and heirs what `balance` says for the members there are."""
    key = (topic.number, group)
    connection.executemany(
        "INSERT INTO assignments VALUES (?, ?, ?, NULL, NULL, 0, 0) ON CONFLICT DO NOTHING",
        [(*key, p) for p in range(topic.partitions)],
    )
    members = [m for (m,) in connection.execute("SELECT member FROM members WHERE topic = ? AND grp = ?", key)]
    owners: dict[int, str | None] = dict(
        connection.execute(
            "SELECT partition, owner FROM assignments WHERE topic = ? AND grp = ?", key
        ).fetchall()
    )
    if not members:
        connection.execute(
            "UPDATE assignments SET owner = NULL, heir = NULL, epoch = epoch + 1 WHERE topic = ? AND grp = ?",
            key,
        )
        return
    for partition, target in balance(owners, members).items():
        owner = owners[partition]
        if owner in members:
            heir, moved = (None if owner == target else target), False
        else:
            owner, heir, moved = target, None, True
        connection.execute(
            "UPDATE assignments SET owner = ?, heir = ?, epoch = epoch + ? "
            "WHERE topic = ? AND grp = ? AND partition = ?",
            (owner, heir, moved, *key, partition),
        )


def shares(connection: Connection, topic: StoredTopic, group: str, member: str) -> list[Share]:
    """What a member owns."""
    return [
        Share(
            partition=partition,
            epoch=epoch,
            committed=committed,
            first_offset=first,
            next_offset=end,
            wanted=heir is not None,
        )
        for partition, epoch, committed, first, end, heir in connection.execute(
            "SELECT partition, epoch, committed, first_offset, next_offset, heir FROM assignments "
            "JOIN partitions USING (topic, partition) WHERE topic = ? AND grp = ? AND owner = ? "
            "ORDER BY partition",
            (topic.number, group, member),
        )
    ]


def hand_over(connection: Connection, topic: StoredTopic, group: str, member: str) -> None:
    """Give what others wait for to them."""
    connection.execute(
        "UPDATE assignments SET owner = heir, heir = NULL, epoch = epoch + 1 "
        "WHERE topic = ? AND grp = ? AND owner = ? AND heir IS NOT NULL",
        (topic.number, group, member),
    )


def commit(
    connection: Connection, topic: StoredTopic, group: str, member: str, offsets: Mapping[int, int]
) -> list[int]:
    """Set next offsets by partition, never back; returns the partitions that are no longer the member's."""
    lost = []
    for partition, offset in sorted(offsets.items()):
        done = connection.execute(
            "UPDATE assignments SET committed = max(committed, ?) "
            "WHERE topic = ? AND grp = ? AND partition = ? AND owner = ?",
            (offset, topic.number, group, partition, member),
        )
        if not done.rowcount:
            lost.append(partition)
    return lost


def lag(connection: Connection, topic: StoredTopic, group: str) -> dict[int, int]:
    """Records kept that the group has not committed, by partition."""
    if topic.compacted:  # offsets have holes: count
        return {
            partition: connection.execute(
                "SELECT count(*) FROM records WHERE place >= ? AND place < ?",
                (
                    place_of(topic.number, partition, committed),
                    place_of(topic.number, partition + 1, 0),
                ),
            ).fetchone()[0]
            for partition, committed in connection.execute(
                "SELECT partition, committed FROM assignments WHERE topic = ? AND grp = ?",
                (topic.number, group),
            ).fetchall()
        }
    return dict(
        connection.execute(
            "SELECT partition, next_offset - max(committed, first_offset) FROM assignments "
            "JOIN partitions USING (topic, partition) WHERE topic = ? AND grp = ?",
            (topic.number, group),
        ).fetchall()
    )
