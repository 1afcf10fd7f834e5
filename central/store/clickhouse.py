"""Passages in ClickHouse's SQL, whichever engine runs it: chDB in this process or a server."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4

import numpy as np
import pyarrow as pa

from central.columns import Ints, Mask, PassageColumns
from central.hold import Spared
from central.investigation.plan import Cancel, Limits, Plan
from central.ports import (
    BUCKETS_PER_OCTAVE,
    SAME_STOP_S,
    Cursor,
    PassagePage,
    PassageQuery,
    StepCount,
    StoreUnavailable,
)
from central.store import arrow, columns, recent, seen
from central.store.ageing import Ageing
from central.store.flow import ClickHouseFlow
from central.store.layout import ONE_PROCESS, Layout
from central.store.recent import RecentIds
from central.store.tables import migrate
from central.store.wanted import asked_of, terms_of
from central.watchlist import is_pattern
from proto.passage import Passage
from proto.passage_columns import ID

_COLUMNS = ", ".join(f"`{name}`" for name in columns.SCHEMA.names)
_NEWEST_FIRST = "ORDER BY captured_at DESC, passage_id DESC"
#: A page is looked for in ever longer stretches, newest first: parts of other times aren't touched.
STRETCHES: tuple[timedelta, ...] = (timedelta(hours=1), timedelta(days=1), timedelta(days=30))
STRETCHES_OF_A_PATTERN: tuple[timedelta, ...] = (timedelta(days=7), timedelta(days=30))
#: Of known plates: as many days as a page of a vehicle in daily use takes.
STRETCHES_OF_A_PLATE: tuple[timedelta, ...] = (timedelta(days=30),)
#: What is found by the plate needs no other help, and each offer of help takes its time in each part.
_BY_PLATE = (
    " SETTINGS use_skip_indexes = 0, optimize_use_projections = 0, optimize_read_in_order = 0,"
    " optimize_move_to_prewhere = 0"
)
_MILLISECOND = timedelta(milliseconds=1)
_MICROSECOND = timedelta(microseconds=1)
#: A UUIDv7 tells the moment to the millisecond.
_MINTED_WITHIN_US = 999

#: How long before the passages that may come before a step a vehicle may have stood in sight of a camera.
_BEFORE_STEPS = timedelta(minutes=10)
#: See `central.interception.steps`: what is kept, then what comes before and after it, then whose outcome came
#: in time.
_STEPS = """
SELECT if(before_at > 0 AND at - before_at <= {horizon:Int64}, before, '') AS before, here, direction,
  if(within, after, '') AS then, intDiv(at, 3600000000) AS hour,
  if(within, toNullable(toInt32(floor({buckets:Int64} * log2(greatest(1, (after_at - at) / 1e6))))), NULL)
    AS bucket,
  count() AS count
FROM (
  SELECT at, here, direction, after, after_at, lagged AS before, lagged_at AS before_at,
    after_at > 0 AND after_at - at <= {horizon:Int64} AS within,
    if(within, after_at, at + {horizon:Int64}) AS outcome
  FROM (
    SELECT at, here, direction,
      lagInFrame(here) OVER w AS lagged, lagInFrame(at) OVER w AS lagged_at,
      leadInFrame(here) OVER w AS after, leadInFrame(at) OVER w AS after_at
    FROM (
      SELECT plate, passage_id, here, direction, at,
        lagInFrame(here) OVER seen AS last, lagInFrame(at) OVER seen AS last_at
      FROM (
        SELECT plate, passage_id, toString(checkpoint_id) AS here, toString(direction) AS direction,
          toUnixTimestamp64Micro(captured_at) AS at
        FROM passages
        WHERE plate != '' AND captured_at >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
          AND captured_at < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
      )
      WINDOW seen AS (PARTITION BY plate ORDER BY at, passage_id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    )
    WHERE NOT (last_at > 0 AND last = here AND at - last_at < {same:Int64})
    WINDOW w AS (PARTITION BY plate ORDER BY at, passage_id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)
  )
)
WHERE outcome >= {since:Int64} AND outcome < {until:Int64}
GROUP BY before, here, direction, then, hour, bucket
"""

Parameters = Mapping[str, str | int | float | Sequence[str] | Sequence[int] | Sequence[float]]
#: Memory a query may use unless it is said otherwise: `CONNECTIONS` of them leave the centre alive.
MEMORY_MIB = 2048
#: What every query of every engine runs with.
SETTINGS: Mapping[str, int] = {
    # A batch that comes late may touch as many days as it likes.
    "max_partitions_per_insert_block": 0,
}
#: Planned questions that may run at once: what people ask leaves room for what the road brings.
PLANS_AT_ONCE = 2
#: How long a query may take to notice that it was called off.
_ENDS_WITHIN_S = 5.0
#: How often a question that waits for its turn looks whether it was called off.
_TURN_S = 0.2
_PROGRESS = """
SELECT read_rows / greatest(total_rows_approx, 1) AS part FROM system.processes
WHERE Settings['log_comment'] = {tag:String} AND total_rows_approx > 0
"""


class Engine(Protocol):
    """What runs ClickHouse's SQL. Safe to call from several threads.

    Every method raises StoreUnavailable where the engine refuses or can't be reached. Parameters stand in the
    SQL as {name:Type} and never become part of its text.
    """

    def query(self, sql: str, parameters: Parameters | None = None) -> pa.Table: ...

    def command(self, sql: str, parameters: Parameters | None = None) -> None:
        """Something without an answer."""
        ...

    def insert(self, table: str, rows: pa.Table) -> None:
        """All rows, durable on return."""
        ...

    def cancel(self, tag: str) -> None:
        """End the queries that run with this text as their log_comment. There may be none."""
        ...

    def close(self) -> None: ...


class ClickHousePassages:
    """A `PassageStore`. One writer at a time: inserts of this object wait for each other, and for
    partitions that are dropped.

    A passage is the same if its `passage_id` is, and is looked for around its `captured_at` and the time in
    its UUIDv7: an edge never changes either.
    """

    def __init__(
        self,
        engine: Engine,
        layout: Layout | None = None,
        *,
        only_writer: bool = False,
        memory_mib: int = MEMORY_MIB,
    ) -> None:
        """Args:
        engine: that runs the SQL.
        layout: how the tables lie; None: on one machine, for one writer.
        only_writer: nobody else writes to these passages while this object is open. Then what was written of
            late is remembered, and the engine is asked only about what may be a double.
        memory_mib: that the engine allows a query.
        """
        self._engine = engine
        self._limits = Limits(memory_mib=memory_mib)
        self._layout = layout or ONE_PROCESS
        self._writing = threading.Lock()
        self._answering = threading.BoundedSemaphore(PLANS_AT_ONCE)
        self._recent = RecentIds() if only_writer else None
        migrate(engine, self._layout)
        self.flow = ClickHouseFlow(engine, self._layout)
        self._ageing = Ageing(engine, self._layout, self._writing)

    def insert(self, passages: Sequence[Passage]) -> tuple[Passage, ...]:
        given = tuple(passages)
        new = self._write(
            columns.to_arrow(given),
            b"".join([p.passage_id.bytes for p in given]),
            np.array([columns.microseconds(p.captured_at) for p in given], np.int64),
        )
        return tuple(given[i] for i in new)

    def insert_columns(self, passages: PassageColumns, rows: Ints) -> Ints:
        table = arrow.to_arrow(passages, rows)
        identifiers = np.frombuffer(passages.passage_id, np.uint8).reshape(-1, ID)[rows].tobytes()
        fresh: Ints = rows[self._write(table, identifiers, passages.captured_at_us[rows])]
        return fresh

    def _write(self, table: pa.Table, identifiers: bytes, captured_us: Ints) -> Ints:
        """Store the rows that are not there yet, each once; returns which those were."""
        rows = first_of_each(identifiers)
        if not len(rows):
            return rows
        minted_us = recent.minted_us(identifiers, captured_us)
        with self._writing:
            known = self._known(rows, identifiers, captured_us, minted_us)
            rows = rows[~known]
            if len(rows):
                if self._recent is not None:
                    # Before the insert: one that fails may have stored some of them.
                    self._recent.add(minted_us[rows], recent.tails(identifiers)[rows])
                self._engine.insert(
                    "passages", table if len(rows) == len(table) else table.take(pa.array(rows))
                )
        return rows

    def _known(self, rows: Ints, identifiers: bytes, captured_us: Ints, minted_us: Ints) -> Mask:
        """Which of the rows are there already."""
        suspect = np.ones(len(rows), bool)
        if self._recent is not None:
            earliest = np.minimum(captured_us, minted_us)[rows]
            self._recent.cover(int(earliest.min()), count=self._count_between, load=self._load_between)
            if (since := self._recent.since_us) is not None:
                perhaps = self._recent.perhaps(minted_us[rows], recent.tails(identifiers)[rows])
                suspect = perhaps | (earliest < since)
        asked = rows[suspect]
        if len(asked):
            raw = {int(i): identifiers[ID * i : ID * i + ID] for i in asked}
            there = self._ask(list(raw.values()), captured_us[asked], minted_us[asked])
            suspect[suspect] = [raw[int(i)] in there for i in asked]
        return suspect

    def _ask(self, identifiers: Sequence[bytes], captured_us: Ints, minted_us: Ints) -> set[bytes]:
        """Those that the engine has."""
        found = self._engine.query(
            "SELECT passage_id FROM passages"
            " WHERE captured_at >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')"
            " AND captured_at <= fromUnixTimestamp64Micro({last:Int64}, 'UTC')"
            # As the column's own type: as a String, identifiers that end in a zero byte would never be equal.
            " AND passage_id IN (SELECT toFixedString(unhex(arrayJoin({ids:Array(String)})), 16))",
            {
                "first": int(min(captured_us.min(), minted_us.min())),
                "last": int(max(captured_us.max(), minted_us.max() + _MINTED_WITHIN_US)),
                "ids": [identifier.hex() for identifier in identifiers],
            },
        )
        return set(found.column("passage_id").to_pylist())

    def _count_between(self, first_us: int, end_us: int | None) -> int:
        where, parameters = _between(first_us, end_us)
        found = self._engine.query(f"SELECT count() AS n FROM passages WHERE {where}", parameters)  # noqa: S608
        return int(found.column("n")[0].as_py())

    def _load_between(self, first_us: int, end_us: int | None) -> tuple[Ints, Ints]:
        where, parameters = _between(first_us, end_us)
        found = self._engine.query(
            f"SELECT passage_id, captured_at FROM passages WHERE {where}",  # noqa: S608
            parameters,
        )
        identifiers = b"".join(found.column("passage_id").to_pylist())
        captured_us = found.column("captured_at").cast(pa.int64()).to_numpy()
        return recent.minted_us(identifiers, captured_us), recent.tails(identifiers)

    def get(self, passage_id: UUID) -> Passage | None:
        """The time in the identifier is tried first, all of the table after."""
        moment = _minted_at(passage_id)
        same_id = "passage_id = toFixedString(unhex({id:String}), 16)"
        parameters: dict[str, str | int] = {"id": passage_id.hex}
        if moment is not None:
            parameters |= {
                "first": columns.microseconds(moment),
                "last": columns.microseconds(moment + _MILLISECOND),
            }
            near = (
                " AND captured_at >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')"
                " AND captured_at < fromUnixTimestamp64Micro({last:Int64}, 'UTC')"
            )
            found = self._select(same_id + near, parameters, limit=1)
            if found:
                return found[0]
        return next(iter(self._select(same_id, parameters, limit=1)), None)

    def search(self, query: PassageQuery) -> PassagePage:
        limit = query.limit
        if limit < 1:
            raise ValueError(f"expected a limit of at least 1, got {limit}")
        found = self._of_pattern(query) if _is_of_pattern(query) else self._newest(query)
        page = found[:limit]
        last = page[-1] if len(found) > limit else None
        following = Cursor(captured_at=last.captured_at, passage_id=last.passage_id) if last else None
        return PassagePage(passages=page, next=following)

    def _newest(self, query: PassageQuery) -> tuple[Passage, ...]:
        """The newest, one more than the query's limit if there are so many."""
        settings = _BY_PLATE if _of_plates(query) else ""
        found: tuple[Passage, ...] = ()
        for since, until in self._stretches(query):
            left = query.limit + 1 - len(found)
            where, parameters = _conditions(query, since=since, until=until, after=query.after)
            found += self._select(where, parameters, limit=left, settings=settings)
            if len(found) > query.limit:
                break
        return found

    def _of_pattern(self, query: PassageQuery) -> tuple[Passage, ...]:
        """Like `_newest`: first which plates fit and when, which two columns tell, then those rows whole."""
        plates: set[str] = set()
        moments: list[int] = []
        for since, until in self._stretches(query):
            where, parameters = _conditions(query, since=since, until=until, after=query.after)
            left = query.limit + 1 - len(moments)
            found = self._fitting(where, parameters, f"{left}")
            at = found.column("captured_at")
            if len(found) == left > 1 and at[-1] == at[-2]:
                # Others of that moment may belong on the page. Not asked for at once: it takes twice as long.
                found = self._fitting(where, parameters, f"{left} WITH TIES")
            plates.update(found.column("plate").to_pylist())
            moments += found.column("captured_at").cast(pa.int64()).to_pylist()
            if len(moments) > query.limit:
                break
        if not moments:
            return ()
        where, parameters = _conditions(
            replace(query, plates=frozenset(plates)),
            since=columns.moment_of(min(moments)),
            until=query.until,
            after=query.after,
        )
        page = self._select(where, parameters, limit=query.limit + 1, settings=_BY_PLATE)
        if len(page) <= query.limit < len(moments):
            # Some went between the two (deletion, a replica that lags): older ones may be left.
            return self._newest(query)
        return page

    def _fitting(self, where: str, parameters: Parameters, limit: str) -> pa.Table:
        """Plates and times, newest first, by the order of plates: it knows prefixes and runs of characters."""
        return self._asked(
            f"SELECT plate, captured_at FROM {self._layout.source} WHERE {where}"  # noqa: S608
            f" ORDER BY captured_at DESC LIMIT {limit} SETTINGS optimize_use_projections = 0",
            parameters,
        )

    def count(self, query: PassageQuery) -> int:
        where, parameters = _conditions(query, since=query.since, until=query.until, after=None)
        found = self._asked(f"SELECT count() AS n FROM {self._layout.source} WHERE {where}", parameters)  # noqa: S608
        return int(found.column("n")[0].as_py())

    def _asked(self, sql: str, parameters: Parameters) -> pa.Table:
        """Raises:
        TooMuch: it takes more memory than a query may.
        """
        try:
            return self._engine.query(sql, parameters)
        except StoreUnavailable as error:
            raise seen.reason("search", self._limits, str(error)) or error from error

    def answer(self, plan: Plan, *, cancel: Cancel | None = None) -> pa.Table:
        tag = f"bukong-{uuid4().hex}"
        limits = replace(plan.limits, memory_mib=min(plan.limits.memory_mib, self._limits.memory_mib))
        sql, parameters = seen.rendered(replace(plan, limits=limits), self._layout.source, tag=tag)
        cancel = cancel or Cancel()
        ended = threading.Event()

        def end() -> None:
            # Told again until it is over: it may have been about to begin.
            for _ in range(int(_ENDS_WITHIN_S / 0.05)):
                self._engine.cancel(tag)
                if ended.wait(0.05):
                    return

        self._await_turn(plan, cancel)
        try:
            with cancel.ending(tag, end):
                try:
                    return self._engine.query(sql, parameters)
                except StoreUnavailable as error:
                    why = seen.reason(plan.name, limits, str(error), cancelled=cancel.asked)
                    raise why or error from error
                finally:
                    ended.set()
        finally:
            self._answering.release()

    def _await_turn(self, plan: Plan, cancel: Cancel) -> None:
        """Raises:
        Cancelled: it was called off while it waited.
        StoreUnavailable: its turn does not come.
        """
        longest = time.monotonic() + plan.limits.seconds
        while not self._answering.acquire(timeout=_TURN_S):
            cancel.check()
            if time.monotonic() >= longest:
                raise StoreUnavailable(f"{plan.name}: too many questions at once, ask again")

    def progress(self, cancel: Cancel) -> float | None:
        for tag in cancel.running:
            for row in self._engine.query(_PROGRESS, {"tag": tag}).to_pylist():
                return min(1.0, float(row["part"]))
        return None

    def steps(self, *, since: datetime, until: datetime, horizon: timedelta) -> tuple[StepCount, ...]:
        found = self._engine.query(
            _STEPS,
            {
                "since": columns.microseconds(since),
                "until": columns.microseconds(until),
                "horizon": horizon // timedelta(microseconds=1),
                # Far enough back to know what was passed before, and what was the same stop.
                "first": max(0, columns.microseconds(since - 2 * horizon - _BEFORE_STEPS)),
                "same": SAME_STOP_S * 1_000_000,
                "buckets": BUCKETS_PER_OCTAVE,
            },
        )
        return tuple(
            StepCount(**{**row, "hour": columns.moment_of(row["hour"] * 3_600_000_000)})
            for row in found.to_pylist()
        )

    def delete_before(self, moment: datetime, *, spared: Sequence[Spared] = ()) -> int:
        return self._ageing.delete_before(moment, spared)

    def evidence_of(self, spared: Sequence[Spared]) -> frozenset[str]:
        return self._ageing.evidence_of(spared)

    def forget_evidence_before(self, moment: datetime, *, spared: Sequence[Spared] = ()) -> int:
        return self._ageing.forget_evidence_before(moment, spared)

    def close(self) -> None:
        self._engine.close()

    def _select(
        self, where: str, parameters: Parameters, *, limit: int, settings: str = ""
    ) -> tuple[Passage, ...]:
        source = self._layout.source
        sql = f"SELECT {_COLUMNS} FROM {source} WHERE {where} {_NEWEST_FIRST} LIMIT {limit}{settings}"  # noqa: S608
        return columns.from_arrow(self._asked(sql, parameters))

    def _stretches(self, query: PassageQuery) -> Iterator[tuple[datetime | None, datetime | None]]:
        """Times to look in, each from and before when: the newest first, all of the query's together."""
        until = query.until
        if query.after is not None and (until is None or query.after.captured_at < until):
            until = query.after.captured_at + _MICROSECOND  # another one of that moment may be left
        if _of_plates(query):
            newest, stretches = until, STRETCHES_OF_A_PLATE
        else:
            found = self._engine.query("SELECT max(captured_at) AS at FROM passages").column("at")
            known = columns.moment_of(found.cast(pa.int64())[0].as_py())
            newest = min(known, until) if until else known
            stretches = STRETCHES_OF_A_PATTERN if _is_of_pattern(query) else STRETCHES
        for stretch in stretches:
            if newest is None or (query.since is not None and newest - stretch <= query.since):
                break
            yield newest - stretch, until
            until = newest - stretch
        yield query.since, until


def _is_of_pattern(query: PassageQuery) -> bool:
    by_entry = query.entry is not None and is_pattern(query.entry.plate)
    return (query.pattern is not None or by_entry) and not _of_plates(query)


def _of_plates(query: PassageQuery) -> bool:
    """Is it about plates that are known, so that the order of the table leads to them?"""
    by_entry = query.entry is not None and not is_pattern(query.entry.plate)
    return query.plate is not None or query.plates is not None or by_entry


def _minted_at(passage_id: UUID) -> datetime | None:
    """The moment in a UUIDv7, to the millisecond; None in any other."""
    if passage_id.version != 7:
        return None
    moment = columns.EARLIEST + (passage_id.int >> 80) * _MILLISECOND
    return moment if moment < columns.LATEST else None


def first_of_each(identifiers: bytes) -> Ints:
    """The rows, less those whose identifier comes again."""
    tails = recent.tails(identifiers)
    rows = np.arange(len(tails))
    if len(np.unique(tails)) == len(tails):
        return rows
    first: dict[bytes, int] = {}
    for row in rows.tolist():
        first.setdefault(identifiers[ID * row : ID * row + ID], row)
    return np.array(list(first.values()))


def _between(first_us: int, end_us: int | None) -> tuple[str, dict[str, str | int | Sequence[str]]]:
    first = "captured_at >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')"
    if end_us is None:
        return first, {"first": first_us}
    end = "captured_at < fromUnixTimestamp64Micro({end:Int64}, 'UTC')"
    return f"{first} AND {end}", {"first": first_us, "end": end_us}


def _conditions(
    query: PassageQuery, *, since: datetime | None, until: datetime | None, after: Cursor | None
) -> tuple[str, dict[str, str | int | Sequence[str]]]:
    terms = ["1"]
    parameters: dict[str, str | int | Sequence[str]] = {}
    asked, given = asked_of(query)
    terms += asked
    parameters |= given
    if query.entry is not None:
        wanted, values = terms_of(query.entry)
        terms += wanted
        parameters |= values
    if query.checkpoints is not None:
        terms.append("checkpoint_id IN {checkpoints:Array(String)}")
        parameters["checkpoints"] = sorted(query.checkpoints)
    if since is not None:
        terms.append("captured_at >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')")
        parameters["since"] = columns.microseconds(since)
    if until is not None:
        terms.append("captured_at < fromUnixTimestamp64Micro({until:Int64}, 'UTC')")
        parameters["until"] = columns.microseconds(until)
    if after is not None:
        # The first term alone prunes parts; the second is exact.
        at = "fromUnixTimestamp64Micro({after_at:Int64}, 'UTC')"
        terms.append(f"captured_at <= {at}")
        terms.append(f"(captured_at < {at} OR passage_id < toFixedString(unhex({{after_id:String}}), 16))")
        parameters["after_at"] = columns.microseconds(after.captured_at)
        parameters["after_id"] = after.passage_id.hex
    return " AND ".join(terms), parameters
