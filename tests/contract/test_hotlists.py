"""Hotlists on every engine of the records: from a file to alerts, and back out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from central.content import digest_of
from central.hotlist import (
    Hotlist,
    HotlistRequest,
    IllegalImport,
    Import,
    ImportMove,
    ImportState,
    NotYourImport,
    OtherFile,
    Row,
    Shrinks,
)
from central.match import match
from central.order import InvalidOrder, OrderMove, OrderState
from central.people import Role, User
from central.records import NotFound, Records, UnknownOrder, open_records
from central.records.port import HotlistBook
from central.watchlist import compile_watchlist
from proto.clock import ManualClock
from proto.passage import Hit, Tier
from tests.centre import CHEAP, CHECKPOINT, START, new_clock, passage, people

REQUEST = HotlistRequest(
    name="盗抢车辆",
    department="刑侦支队",
    purpose="追查盗抢车辆",
    legal_basis="程序规定",
    contact="王磊",
    case_number="L-1",
    priority=2,
    instructions="拦停",
    valid_until=START + timedelta(days=365),
)


class Lists:
    """A list with who works on it."""

    def __init__(self, records: Records, clock: ManualClock) -> None:
        self.records, self.clock = records, clock
        self.staff = people(records)
        self.hotlist = self.book.create(REQUEST, by=self.staff[Role.APPLICANT])

    @property
    def book(self) -> HotlistBook:
        return self.records.hotlists

    def read(self, rows: Sequence[Row | str], *, sha256: str = "a" * 64) -> Import:
        received = self.book.receive(
            self.hotlist.hotlist_id, file_name="list.csv", sha256=sha256, size=9, by=self.staff[Role.APPLICANT]
        )
        return self.book.read(received.hotlist_id, received.number, enumerate(rows, start=2))

    def move(self, number: int, move: ImportMove, *, by: User | None = None, **more: Any) -> Import:
        deciding = move in (ImportMove.APPROVE, ImportMove.REJECT)
        who = by or self.staff[Role.APPROVER if deciding else Role.APPLICANT]
        if move is ImportMove.CONFIRM:
            more.setdefault("sha256", "a" * 64)
        return self.book.move(self.hotlist.hotlist_id, number, move, by=who, **more)

    def put(self, rows: Sequence[Row | str], *, shrink: bool = False) -> Import:
        read = self.read(rows)
        self.move(read.number, ImportMove.CONFIRM, shrink=shrink)
        return self.move(read.number, ImportMove.APPROVE)

    def plates(self) -> list[str]:
        return sorted(entry.plate for entry in self.records.orders.entries()[1])


@pytest.fixture(params=["sqlite", "postgresql"])
def lists(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lists]:
    url: str | None = request.getfixturevalue("database_url") if request.param == "postgresql" else None
    clock = new_clock()
    records = open_records(tmp_path, clock=clock, policy=CHEAP, url=url)
    records.checkpoints.put([CHECKPOINT])
    yield Lists(records, clock)
    records.close()


def vehicles(*numbers: int, reason: str = "") -> list[Row]:
    return [Row(plate=f"川C{number:05d}", reason=reason) for number in numbers]


def hit_of(lists: Lists, plate: str, *, seed: str = "") -> Hit:
    version, entries = lists.records.orders.entries()
    entry = next(each for each in entries if each.plate == plate)
    of = passage(plate, at=lists.clock.now(), seed=seed)
    return Hit(
        order_id=entry.order_id,
        passage=of,
        tier=Tier.EXACT,
        score=1,
        watchlist_version=version,
        matched_at=START,
    )


def test_nothing_is_watched_for_before_a_second_person_approves(lists: Lists) -> None:
    version = lists.records.orders.version()
    read = lists.read(vehicles(1, 2))
    assert (read.state, read.diff.added, read.progress) == (ImportState.PREVIEWED, 2, 1.0)
    with pytest.raises(OtherFile):
        lists.move(1, ImportMove.CONFIRM, sha256="b" * 64)
    lists.move(1, ImportMove.CONFIRM)
    assert (lists.plates(), lists.records.orders.version()) == ([], version)
    approved = lists.move(1, ImportMove.APPROVE)
    assert (approved.state, approved.decider) == (ImportState.IN_FORCE, "approver")
    assert lists.plates() == ["川C00001", "川C00002"]
    assert lists.records.orders.version() == version + 1
    assert lists.book.get(lists.hotlist.hotlist_id) == replace(lists.hotlist, generation=1, rows=2)


def test_a_daily_replacement_tells_and_does_what_differs(lists: Lists) -> None:
    lists.put(vehicles(1, 2, 3, 4, 5, 6))
    changed = replace(vehicles(2)[0], reason="another")
    read = lists.read([*vehicles(1, 3, 4, 5), changed, *vehicles(7, 1), "no plate"])
    diff = read.diff
    assert (diff.lines, diff.kept, diff.changed, diff.added, diff.removed) == (8, 4, 1, 1, 1)
    assert (diff.duplicates, diff.refused) == (1, 1)
    assert [(e.line, e.message[:6]) for e in diff.errors] == [(8, "line 2"), (9, "no pla")]
    lists.move(read.number, ImportMove.CONFIRM)
    lists.move(read.number, ImportMove.APPROVE)
    assert lists.plates() == [f"川C0000{n}" for n in (1, 2, 3, 4, 5, 7)]
    first, second = reversed(lists.book.imports(lists.hotlist.hotlist_id))
    assert (first.state, second.state) == (ImportState.REPLACED, ImportState.IN_FORCE)
    with lists.book.export(lists.hotlist.hotlist_id, by=lists.staff[Role.APPLICANT], form="csv") as rows:
        assert {(row.plate, row.reason) for row in rows} == {
            ("川C00002", "another"), *((f"川C0000{n}", "") for n in (1, 3, 4, 5, 7)),
        }  # fmt: skip
    entry = lists.records.audit.page(limit=1)[0].record
    assert (entry.action, entry.user) == ("hotlist.export", "applicant")


def test_a_list_that_shrinks_by_over_a_fifth_wants_a_word_more(lists: Lists) -> None:
    lists.put(vehicles(1, 2, 3, 4, 5, 6, 7, 8, 9, 10))
    read = lists.read(vehicles(1, 2, 3, 4, 5, 6, 7))
    with pytest.raises(Shrinks, match="from 10 to 7 rows"):
        lists.move(read.number, ImportMove.CONFIRM)
    assert lists.move(read.number, ImportMove.CONFIRM, shrink=True).state is ImportState.CONFIRMED


@pytest.mark.parametrize("move", [ImportMove.REJECT, ImportMove.DROP])
def test_what_was_rejected_leaves_the_list_as_it_was(lists: Lists, move: ImportMove) -> None:
    lists.put(vehicles(1, 2))
    before = lists.records.orders.entries()
    read = lists.read([*vehicles(1, reason="x"), *vehicles(2, 3)])
    lists.move(read.number, ImportMove.CONFIRM)
    with pytest.raises(IllegalImport, match="got number 2"):
        lists.read(vehicles(1))
    assert lists.move(read.number, move, reason="no").state in (ImportState.REJECTED, ImportState.DROPPED)
    assert lists.records.orders.entries() == before
    assert lists.put(vehicles(1, 2, 3)).diff.added == 1


def test_who_handed_it_in_does_not_approve_it(lists: Lists) -> None:
    lists.read(vehicles(1))
    lists.move(1, ImportMove.CONFIRM)
    both = replace(lists.staff[Role.APPLICANT], roles=frozenset({Role.APPLICANT, Role.APPROVER}))
    for move in (ImportMove.APPROVE, ImportMove.REJECT):
        with pytest.raises(NotYourImport):
            lists.move(1, move, by=both, reason="mine")
    with pytest.raises(NotYourImport, match="who handed it in"):
        lists.move(1, ImportMove.DROP, by=replace(both, username="other"))
    with pytest.raises(IllegalImport):
        lists.move(1, ImportMove.READ)


def test_an_alert_shows_the_list_the_row_and_the_reason(lists: Lists) -> None:
    lists.put([replace(vehicles(1)[0], reason="驾驶人在逃", danger_note="持刀"), *vehicles(2)])
    alerts = lists.records.alerts
    assert alerts.raise_alerts([hit_of(lists, "川C00001")]) == 1
    assert alerts.raise_alerts([hit_of(lists, "川C00001")]) == 0
    (found,) = alerts.page(only_open=True, limit=9)
    wanted = found.order.request
    assert wanted.reason == "盗抢车辆（刑侦支队）第 2 行：驾驶人在逃"
    assert (wanted.priority, wanted.instructions, wanted.danger_note) == (2, "拦停", "持刀")
    assert (found.order.applicant, found.order.approver, found.order.state) == (
        "applicant",
        "approver",
        OrderState.ACTIVE,
    )
    assert len(lists.plates()) == 2  # the order that it became is not watched for a second time
    stray = replace(hit_of(lists, "川C00002"), order_id="hl-99")
    with pytest.raises(UnknownOrder):
        alerts.raise_alerts([stray])


def test_a_row_that_is_gone_takes_its_order_with_it(lists: Lists) -> None:
    lists.put(vehicles(1, 2, 3, 4, 5, 6))
    late, first = hit_of(lists, "川C00002", seed="late"), hit_of(lists, "川C00001")
    lists.records.alerts.raise_alerts([first])
    lists.put(vehicles(3, 4, 5, 6, 7))
    assert lists.records.orders.get(first.order_id).state is OrderState.WITHDRAWN
    assert lists.records.alerts.raise_alerts([late]) == 0


def test_what_passed_before_a_row_was_changed_and_comes_late_is_a_hit_of_the_changed_one(lists: Lists) -> None:
    """The link was down over the daily replacement: the vehicle was listed all the while."""
    lists.put(vehicles(1))
    lists.clock.advance(3600)
    passed = passage("川C00001", at=lists.clock.now(), seed="late")
    for reason in ("another", "a third"):
        lists.clock.advance(3600)
        lists.put([*vehicles(1, reason=reason), *vehicles(2)])
    watchlist = compile_watchlist(*lists.records.orders.entries())
    (hit,) = match(passed, watchlist, now=lists.clock.now())
    assert lists.records.alerts.raise_alerts([hit]) == 1
    (found,) = lists.records.alerts.page(only_open=True, limit=9)
    assert (found.alert.retro, "a third" in found.order.request.reason) == (False, True)
    too_early = passage("川C00002", at=passed.captured_at, seed="early")
    assert match(too_early, watchlist, now=lists.clock.now()) == ()
    log = lists.records.watchlist
    assert (
        log.newest().digest == digest_of(lists.records.orders.entries()[1]) == log.recount(log.newest().version)
    )


def test_one_vehicle_can_be_called_off_at_once(lists: Lists) -> None:
    lists.put(vehicles(1))
    one = hit_of(lists, "川C00001")
    lists.records.alerts.raise_alerts([one])
    lists.records.orders.move(one.order_id, OrderMove.WITHDRAW, by=lists.staff[Role.SUPERVISOR], reason="found")
    lists.clock.advance(7200)
    assert lists.records.alerts.raise_alerts([hit_of(lists, "川C00001", seed="again")]) == 0


def test_every_version_of_the_watchlist_can_be_told(lists: Lists) -> None:
    log, source = lists.records.watchlist, lists.records.orders
    empty = source.version()
    lists.put(vehicles(1, 2, 3, 4, 5, 6))
    first, entries = source.entries()
    watched = compile_watchlist(first, entries)
    lists.put([*vehicles(2, reason="x"), *vehicles(3, 4, 5, 6, 7)])
    second, newest = source.entries()
    for version, held in ((empty, ()), (first, entries), (second, newest)):
        assert log.get(version).digest == digest_of(held) == log.recount(version)
        assert log.get(version).orders == len(held)
    told = source.changes(first)
    assert told is not None
    assert set(watched.changed(*told).entries()) == set(newest)
    gone = next(e for e in entries if e.plate == "川C00001")
    assert log.held(first, gone.order_id).entry == gone
    assert log.held(second, gone.order_id).entry is None


def test_a_reading_that_broke_off_is_begun_anew(lists: Lists) -> None:
    lists.put(vehicles(1, 2))
    before = lists.records.orders.entries()
    new = lists.book.receive(
        lists.hotlist.hotlist_id, file_name="f", sha256="a" * 64, size=1, by=lists.staff[Role.APPLICANT]
    )

    def broken() -> Iterator[tuple[int, Row | str]]:
        for number in range(30_000):
            yield number + 2, Row(plate=f"川D{number:05d}")
        raise OSError("the disk")

    with pytest.raises(OSError, match="the disk"):
        lists.book.read(new.hotlist_id, new.number, broken())
    assert lists.book.waiting() == (replace(new, progress=0.0),)
    assert lists.records.orders.entries() == before
    assert lists.book.read(new.hotlist_id, new.number, enumerate(vehicles(1, 2, 3), start=2)).diff.added == 1


def test_a_file_that_can_not_be_read(lists: Lists) -> None:
    new = lists.book.receive(
        lists.hotlist.hotlist_id, file_name="f", sha256="a" * 64, size=1, by=lists.staff[Role.APPLICANT]
    )
    failed = lists.book.fail(new.hotlist_id, new.number, "no column")
    assert (failed.state, failed.reason) == (ImportState.FAILED, "no column")
    assert lists.book.waiting() == ()


def test_what_makes_no_sense(lists: Lists) -> None:
    applicant = lists.staff[Role.APPLICANT]
    with pytest.raises(InvalidOrder, match="of a new name"):
        lists.book.create(REQUEST, by=applicant)
    with pytest.raises(InvalidOrder, match="expected a department"):
        lists.book.create(replace(REQUEST, name="x", department=" "), by=applicant)
    for number in (7, lists.hotlist.hotlist_id):
        with pytest.raises(NotFound):
            lists.book.get_import(number, 3)
    assert lists.book.all() == (lists.hotlist,)
    assert isinstance(lists.hotlist, Hotlist)
