"""Passages in ClickHouse's SQL, whichever engine runs it: chDB in this process or a server."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
import pyarrow as pa

from central.columns import Ints, Mask, PassageColumns
from central.hold import Spared
from central.investigation.plan import Cancel, Limits, Plan
from central.ports import PassagePage, PassageQuery, StepCount, StoreUnavailable
from central.store import arrow, columns, recent, seen
from central.store.ageing import Ageing
from central.store.engine import MEMORY_MIB, Engine
from central.store.flow import ClickHouseFlow
from central.store.layout import ONE_PROCESS, Layout
from central.store.recent import RecentIds
from central.store.search import ClickHouseSearch
from central.store.steps import steps_between
from central.store.tables import migrate
from proto.passage import Passage
from proto.passage_columns import ID

#: A UUIDv7 tells the moment to the millisecond.
_MINTED_WITHIN_US = 999
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
        self._search = ClickHouseSearch(engine, self._layout, self._limits)
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
        return self._search.get(passage_id)

    def search(self, query: PassageQuery) -> PassagePage:
        return self._search.page(query)

    def count(self, query: PassageQuery) -> int:
        return self._search.count(query)

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
        return steps_between(self._engine, since=since, until=until, horizon=horizon)

    def delete_before(self, moment: datetime, *, spared: Sequence[Spared] = ()) -> int:
        return self._ageing.delete_before(moment, spared)

    def evidence_of(self, spared: Sequence[Spared]) -> frozenset[str]:
        return self._ageing.evidence_of(spared)

    def forget_evidence_before(self, moment: datetime, *, spared: Sequence[Spared] = ()) -> int:
        return self._ageing.forget_evidence_before(moment, spared)

    def close(self) -> None:
        self._engine.close()


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
