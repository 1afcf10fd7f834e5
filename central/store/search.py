"""Pages of passages, newest first, in ClickHouse's SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pyarrow as pa

from central.investigation.plan import Limits
from central.ports import Cursor, PassagePage, PassageQuery, StoreUnavailable
from central.store import columns, seen
from central.store.engine import Engine, Parameters
from central.store.layout import Layout
from central.store.wanted import asked_of, terms_of
from central.watchlist import is_pattern
from proto.passage import Passage

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


class ClickHouseSearch:
    """What a `PassageStore` answers of `get`, `search` and `count`.

    Raises (all methods):
        StoreUnavailable: the engine refuses or can't be reached.
        TooMuch: it takes more memory than a query may.
    """

    def __init__(self, engine: Engine, layout: Layout, limits: Limits) -> None:
        self._engine = engine
        self._layout = layout
        self._limits = limits

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

    def page(self, query: PassageQuery) -> PassagePage:
        limit = query.limit
        if limit < 1:
            raise ValueError(f"expected a limit of at least 1, got {limit}")
        found = self._of_pattern(query) if _is_of_pattern(query) else self._newest(query)
        page = found[:limit]
        last = page[-1] if len(found) > limit else None
        following = Cursor(captured_at=last.captured_at, passage_id=last.passage_id) if last else None
        return PassagePage(passages=page, next=following)

    def count(self, query: PassageQuery) -> int:
        where, parameters = _conditions(query, since=query.since, until=query.until, after=None)
        found = self._asked(f"SELECT count() AS n FROM {self._layout.source} WHERE {where}", parameters)  # noqa: S608
        return int(found.column("n")[0].as_py())

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

    def _select(
        self, where: str, parameters: Parameters, *, limit: int, settings: str = ""
    ) -> tuple[Passage, ...]:
        source = self._layout.source
        sql = f"SELECT {_COLUMNS} FROM {source} WHERE {where} {_NEWEST_FIRST} LIMIT {limit}{settings}"  # noqa: S608
        return columns.from_arrow(self._asked(sql, parameters))

    def _asked(self, sql: str, parameters: Parameters) -> pa.Table:
        """Raises:
        TooMuch: it takes more memory than a query may.
        """
        try:
            return self._engine.query(sql, parameters)
        except StoreUnavailable as error:
            raise seen.reason("search", self._limits, str(error)) or error from error


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
