"""What every passage store must hold to."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from central.columns_decode import columns_of
from central.hold import Spared
from central.investigation import Cancel, Cancelled, Limits, Plan, Reach, TooMuch
from central.ports import Cursor, PassageQuery, PassageStore, Unstorable
from proto.passage import Box, EvidenceKind, Passage
from tests.contract.passage_stores import ENGINES
from tests.passages import START, passage

ALL = PassageQuery(limit=1000)


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def store(engine: str, tmp_path: Path) -> Iterator[PassageStore]:
    store = ENGINES[engine](tmp_path)
    yield store
    store.close()


def numbered(*numbers: int) -> list[Passage]:
    return [passage(n) for n in numbers]


def ids(passages: list[Passage] | tuple[Passage, ...]) -> list[UUID]:
    return [p.passage_id for p in passages]


def with_last_byte(p: Passage, byte: int) -> Passage:
    return replace(p, passage_id=UUID(bytes=p.passage_id.bytes[:15] + bytes([byte])))


class TestFidelity:
    def test_everything_exact_comes_back_as_it_went_in(self, store: PassageStore) -> None:
        whole = replace(
            passage(1, kinds=tuple(EvidenceKind)),
            vehicle_box=Box(x1=1, y1=2, x2=300, y2=400),
            captured_at=START + timedelta(microseconds=123_457),
            speed_kmh=None,
        )
        store.insert([whole])
        found = store.get(whole.passage_id)
        assert found is not None
        assert found.plate is not None
        assert whole.plate is not None
        assert replace(found, plate=None) == replace(whole, plate=None)
        rounded = found.plate.confidence, found.plate.lattice
        assert found.plate == replace(whole.plate, confidence=rounded[0], lattice=rounded[1])

    def test_what_is_rounded_is_rounded_no_more_than_the_port_allows(self, store: PassageStore) -> None:
        given = passage(2)
        store.insert([given])
        found = store.get(given.passage_id)
        assert found is not None
        assert found.plate is not None
        assert given.plate is not None
        assert found.plate.confidence == pytest.approx(given.plate.confidence, abs=0.5e-4)
        for got, expected in zip(found.plate.lattice, given.plate.lattice, strict=True):
            assert [c for c, _ in got] == [c for c, _ in expected]
            assert [p for _, p in got] == pytest.approx([p for _, p in expected], rel=0.021)
            assert sum(p for _, p in got) <= 1 + 1e-9
        assert given.vehicle_box is not None
        assert found.vehicle_box is not None
        assert found.vehicle_box.x2 == pytest.approx(given.vehicle_box.x2, abs=0.5)

    def test_what_was_not_known_stays_unknown(self, store: PassageStore) -> None:
        bare = replace(
            passage(3, unread_reason="too small"),
            vehicle_box=None,
            plate_box=None,
            speed_kmh=None,
            evidence=(),
            models=(),
            direction="",
            lane=0,
        )
        store.insert([bare])
        assert store.get(bare.passage_id) == bare

    @pytest.mark.parametrize("text", ["it's", "a\\b", "tab\tnew\nline", "\\N", "川·✓", "{x:String}", "\x00"])
    def test_any_text_is_only_text(self, store: PassageStore, text: str) -> None:
        given = passage(4)
        assert given.plate is not None
        odd = replace(given, plate=replace(given.plate, text=text), checkpoint_id=text, node_id=text)
        store.insert([odd, passage(5)])
        (found,) = store.search(PassageQuery(plate=text, checkpoints=frozenset({text, "]['"}))).passages
        assert found.plate is not None
        assert (found.plate.text, found.checkpoint_id, found.node_id) == (text, text, text)

    def test_a_lattice_may_have_positions_without_alternatives(self, store: PassageStore) -> None:
        given = passage(6)
        assert given.plate is not None
        lattice = ((), (("A", 1.0),), (("", 0.5), ("8", 0.25)), ())
        store.insert([replace(given, plate=replace(given.plate, lattice=lattice))])
        found = store.get(given.passage_id)
        assert found is not None
        assert found.plate is not None
        assert [[c for c, _ in position] for position in found.plate.lattice] == [[], ["A"], ["", "8"], []]


class TestInsert:
    def test_columns_are_stored_as_values_are(self, engine: str, tmp_path: Path) -> None:
        sent = [passage(n, kinds=tuple(EvidenceKind)) for n in (3, 1, 2)] + [passage(4, unread_reason="glare")]
        found = []
        for name in ("values", "columns"):
            store = ENGINES[engine](tmp_path / name)
            if name == "values":
                store.insert(sent)
            else:
                store.insert_columns(columns_of(sent), np.arange(4))
            found.append(store.search(ALL).passages)
            store.close()
        assert found[0] == found[1]
        assert len(found[0]) == 4

    def test_of_columns_only_the_rows_named_are_stored_and_only_once(self, store: PassageStore) -> None:
        store.insert([passage(1)])
        arrays = columns_of(numbered(5, 1, 2, 3, 2))
        assert store.insert_columns(arrays, np.array([1, 2, 3, 4])).tolist() == [2, 3]
        assert ids(store.search(ALL).passages) == ids(numbered(3, 2, 1))
        assert store.insert_columns(arrays, np.array([], int)).tolist() == []
        assert store.insert_columns(arrays, np.arange(5)).tolist() == [0]

    def test_columns_that_cannot_be_stored_are_refused_unless_left_out(self, store: PassageStore) -> None:
        old = replace(passage(1), captured_at=datetime(1969, 12, 31, tzinfo=UTC))
        arrays = columns_of([passage(2), old])
        with pytest.raises(Unstorable, match="captured_at"):
            store.insert_columns(arrays, np.arange(2))
        assert store.count(ALL) == 0
        assert store.insert_columns(arrays, np.array([0])).tolist() == [0]

    def test_tells_what_is_new_in_the_order_given(self, store: PassageStore) -> None:
        assert store.insert(numbered(3, 1)) == tuple(numbered(3, 1))
        assert store.insert(numbered(2, 3, 4, 1)) == tuple(numbered(2, 4))

    def test_a_passage_again_changes_nothing_and_is_never_seen_twice(self, store: PassageStore) -> None:
        store.insert(numbered(*range(50)))
        for _ in range(3):
            assert store.insert(numbered(*range(50))) == ()
            assert store.count(ALL) == 50
            assert len(set(ids(store.search(ALL).passages))) == len(store.search(ALL).passages) == 50

    @pytest.mark.parametrize("byte", [0x00, 0x20, 0x27, 0x5C, 0xFF])
    def test_identifiers_may_end_in_any_byte(self, store: PassageStore, byte: int) -> None:
        odd = with_last_byte(passage(1), byte)
        assert store.insert([odd]) == (odd,)
        assert store.insert([odd, passage(1)]) == (passage(1),)
        assert store.get(odd.passage_id) is not None

    def test_equals_in_one_call_are_one(self, store: PassageStore) -> None:
        assert store.insert([passage(1), passage(2), passage(1)]) == tuple(numbered(1, 2))
        assert store.count(ALL) == 2

    def test_a_batch_may_span_years(self, store: PassageStore) -> None:
        spread = [passage(n * 86_400 * 5) for n in range(200)]
        assert len(store.insert(spread)) == 200
        assert store.insert(spread) == ()

    def test_an_identifier_with_another_time_in_it_is_known_again(self, store: PassageStore) -> None:
        late = replace(passage(1), captured_at=START - timedelta(days=400))
        store.insert([late])
        assert store.insert([late]) == ()
        assert store.get(late.passage_id) is not None

    def test_nothing_is_nothing(self, store: PassageStore) -> None:
        assert store.insert([]) == ()

    @pytest.mark.parametrize("moment", [datetime(1969, 12, 31, tzinfo=UTC), datetime(2300, 1, 1, tzinfo=UTC)])
    def test_a_time_that_no_clock_shows_is_refused_whole(self, store: PassageStore, moment: datetime) -> None:
        with pytest.raises(Unstorable, match="captured_at"):
            store.insert([passage(1), replace(passage(2), captured_at=moment)])
        assert store.count(ALL) == 0

    def test_threads_that_insert_the_same_store_it_once(self, store: PassageStore) -> None:
        news: list[int] = []

        def work() -> None:
            for begin in range(0, 100, 10):
                news.append(len(store.insert(numbered(*range(begin, begin + 10)))))
                store.search(PassageQuery(plate="川C00005"))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(news) == 100
        assert store.count(ALL) == 100


class TestSearch:
    def test_newest_first(self, store: PassageStore) -> None:
        store.insert(numbered(5, 1, 9, 3))
        assert store.search(ALL).passages[0].captured_at == passage(9).captured_at
        assert ids(store.search(ALL).passages) == ids(numbered(9, 5, 3, 1))

    @pytest.mark.parametrize("pattern", [None, "川C*"])
    def test_pages_go_on_where_the_one_before_ended(self, store: PassageStore, pattern: str | None) -> None:
        # All of one moment, a plate each: only the identifier tells them apart.
        same = [replace(passage(n), captured_at=START) for n in range(25)]
        store.insert(same)
        seen: list[UUID] = []
        after: Cursor | None = None
        while True:
            page = store.search(PassageQuery(pattern=pattern, limit=10, after=after))
            seen += ids(page.passages)
            if page.next is None:
                break
            after = page.next
        assert seen == sorted(ids(same), reverse=True)

    def test_the_last_page_says_so_even_when_it_is_full(self, store: PassageStore) -> None:
        store.insert(numbered(*range(10)))
        assert store.search(PassageQuery(limit=10)).next is None
        assert store.search(PassageQuery(limit=9)).next is not None

    def test_since_is_inclusive_and_until_is_not(self, store: PassageStore) -> None:
        store.insert(numbered(1, 2, 3))
        query = PassageQuery(since=passage(1).captured_at, until=passage(3).captured_at)
        assert ids(store.search(query).passages) == ids(numbered(2, 1))
        assert store.count(query) == 2

    def test_by_plate_by_checkpoint_by_read(self, store: PassageStore) -> None:
        elsewhere = replace(passage(2), checkpoint_id="cp-2")
        unread = passage(3, unread_reason="glare")
        store.insert([passage(1), elsewhere, unread])
        for query, expected in (
            (PassageQuery(plate="川C00002"), [elsewhere]),
            (PassageQuery(checkpoints=frozenset({"cp-2", "cp-9"})), [elsewhere]),
            (PassageQuery(checkpoints=frozenset()), []),
            (PassageQuery(read=True), [elsewhere, passage(1)]),
            (PassageQuery(read=False), [unread]),
            (PassageQuery(plate="川C0000"), []),
        ):
            assert ids(store.search(query).passages) == ids(expected)
            assert store.count(query) == len(expected)

    def test_far_apart_passages_are_on_one_page(self, store: PassageStore) -> None:
        far = numbered(0, 60, 7200, 86_400 * 3, 86_400 * 60, 86_400 * 400)
        store.insert(far)
        assert ids(store.search(ALL).passages) == ids(far[::-1])
        assert ids(store.search(PassageQuery(limit=2)).passages) == ids(far[:-3:-1])

    def test_an_empty_store_has_an_empty_page(self, store: PassageStore) -> None:
        page = store.search(ALL)
        assert (page.passages, page.next) == ((), None)
        assert store.get(passage(1).passage_id) is None
        assert store.get(UUID(int=5)) is None

    def test_a_limit_of_nothing_is_a_mistake(self, store: PassageStore) -> None:
        with pytest.raises(ValueError, match="limit"):
            store.search(PassageQuery(limit=0))


def plan(sql: str, *, checkpoints: frozenset[str] | None = None, **more: Any) -> Plan:
    """Over the hour after START."""
    reach = Reach(checkpoints=checkpoints, since=START, until=START + timedelta(hours=1))
    return Plan(name="asked", sql=sql, reach=reach, **more)


#: Takes far longer than any test has.
ENDLESS = "SELECT count() FROM seen CROSS JOIN numbers(1000000000000) AS n WHERE sipHash64(n.number) = 1"


class TestPlans:
    def test_a_plan_sees_its_reach_and_no_more(self, store: PassageStore) -> None:
        here = [replace(passage(n), captured_at=START + timedelta(minutes=n)) for n in range(4)]
        elsewhere = replace(passage(10), captured_at=START, checkpoint_id="elsewhere")
        before = replace(passage(11), captured_at=START - timedelta(microseconds=1))
        after = replace(passage(12), captured_at=START + timedelta(hours=1))
        store.insert([*here, elsewhere, before, after])
        sql = "SELECT hex(passage_id) AS id FROM seen"
        allowed = frozenset(p.checkpoint_id for p in here)
        found = store.answer(plan(sql, checkpoints=allowed))
        assert sorted(found.column("id").to_pylist()) == sorted(p.passage_id.hex.upper() for p in here)
        assert store.answer(plan(sql)).num_rows == 5
        assert store.answer(plan(sql, checkpoints=frozenset())).num_rows == 0

    def test_values_of_every_kind_are_parameters(self, store: PassageStore) -> None:
        store.insert(numbered(1))
        found = store.answer(
            plan(
                "SELECT {t:String} AS t, {n:Int64} AS n, {f:Float64} AS f, {ts:Array(String)} AS ts,"
                " {ns:Array(Int64)} AS ns, {fs:Array(Float64)} AS fs FROM seen LIMIT 1",
                parameters={
                    "t": "a'b\\",
                    "n": -3,
                    "f": 0.5,
                    "ts": ["x'y", "川"],
                    "ns": [1, -2],
                    "fs": [0.25, 1e300],
                },
            )
        )
        assert found.to_pylist() == [
            {"t": "a'b\\", "n": -3, "f": 0.5, "ts": ["x'y", "川"], "ns": [1, -2], "fs": [0.25, 1e300]}
        ]

    def test_past_a_limit_there_is_no_answer_but_a_message(self, store: PassageStore) -> None:
        store.insert(numbered(*range(20)))
        few = Limits(rows=5)
        with pytest.raises(TooMuch, match="at most 5 rows"):
            store.answer(plan("SELECT passage_id FROM seen", limits=few))
        with pytest.raises(TooMuch, match=r"at most 0\.2 s"):
            store.answer(plan(ENDLESS, limits=Limits(seconds=0.2)))
        big = "SELECT length(groupArray(n.number)) AS n FROM seen CROSS JOIN numbers(10000000) AS n"
        with pytest.raises(TooMuch, match="at most 16 MiB"):
            store.answer(plan(big, limits=Limits(memory_mib=16)))

    def test_a_question_that_is_called_off_ends(self, store: PassageStore) -> None:
        store.insert(numbered(1))
        cancel = Cancel()
        timer = threading.Timer(0.3, cancel.ask)
        timer.start()
        with pytest.raises(Cancelled):
            store.answer(plan(ENDLESS), cancel=cancel)
        timer.join()
        with pytest.raises(Cancelled):
            store.answer(plan("SELECT 1 AS one FROM seen"), cancel=cancel)

    def test_how_far_a_question_is(self, store: PassageStore) -> None:
        store.insert(numbered(1, 2, 3))
        cancel = Cancel()
        assert store.progress(cancel) is None

        def ask() -> None:
            with pytest.raises(Cancelled):
                store.answer(plan(ENDLESS), cancel=cancel)

        asking = threading.Thread(target=ask)
        asking.start()
        deadline = time.monotonic() + 20
        while (part := store.progress(cancel)) is None:
            assert time.monotonic() < deadline
        assert 0 <= part <= 1
        cancel.ask()
        asking.join()
        assert store.progress(cancel) is None

    def test_questions_hold_up_no_insert(self, store: PassageStore) -> None:
        store.insert(numbered(1))
        cancel = Cancel()

        def ask() -> None:
            with pytest.raises(Cancelled):
                store.answer(plan(ENDLESS), cancel=cancel)

        asking = [threading.Thread(target=ask) for _ in range(3)]
        for each in asking:
            each.start()
        assert ids(store.insert(numbered(1, 2))) == ids(numbered(2))
        cancel.ask()
        for each in asking:
            each.join()


class TestRetention:
    def test_deletes_what_is_older_and_nothing_else(self, store: PassageStore) -> None:
        day = 86_400
        store.insert(numbered(0, day - 1, day, day + 10, day + 20, 3 * day))
        moment = START + timedelta(seconds=day + 20)
        assert store.delete_before(moment) == 4
        assert ids(store.search(ALL).passages) == ids(numbered(3 * day, day + 20))
        assert store.delete_before(moment) == 0

    def test_of_many_weeks_all_that_is_older_goes_but_what_is_spared(self, store: PassageStore) -> None:
        days = [replace(passage(n), captured_at=START + timedelta(days=n)) for n in range(40)]
        store.insert(days)
        assert days[3].plate is not None
        spared = Spared(plate=days[3].plate.text, since=START, until=START + timedelta(days=4))
        held = [p for p in days[:4] if p.plate and p.plate.text == days[3].plate.text]
        for age in (8, 9, 20, 33):  # within a week, on its first day, weeks later
            moment = START + timedelta(days=age)
            store.delete_before(moment, spared=[spared])
            left = store.search(ALL).passages
            assert {p.passage_id for p in left} == {p.passage_id for p in (*held, *days[age:])}, age
        assert store.delete_before(START + timedelta(days=33)) == len(held)

    def test_what_was_deleted_may_come_again(self, store: PassageStore) -> None:
        store.insert(numbered(1))
        store.delete_before(START + timedelta(days=1))
        assert store.insert(numbered(1)) == tuple(numbered(1))
        assert store.count(ALL) == 1


class TestForgettingEvidence:
    def test_of_older_days_all_but_the_pictures_stays(self, store: PassageStore) -> None:
        box = Box(x1=1, y1=2, x2=3, y2=4)
        old, also_old, young = (
            replace(passage(n), captured_at=START + timedelta(hours=hours), vehicle_box=box, plate_box=box)
            for n, hours in ((1, 1), (2, 2), (3, 24))
        )
        store.insert([old, also_old, young])
        assert store.forget_evidence_before(START + timedelta(hours=23)) == 0
        assert store.forget_evidence_before(START + timedelta(days=1, hours=2)) == 2
        found = {p.passage_id: p for p in store.search(ALL).passages}
        for p in (old, also_old):
            bare = replace(p, plate=None, evidence=(), vehicle_box=None, plate_box=None)
            assert replace(found[p.passage_id], plate=None) == bare
        assert found[young.passage_id].evidence == young.evidence
        assert found[young.passage_id].vehicle_box == box
        assert store.forget_evidence_before(START + timedelta(days=1, hours=2)) == 0

    def test_of_many_days_what_is_spared_keeps_its_own(self, store: PassageStore) -> None:
        days = [replace(passage(n), captured_at=START + timedelta(days=n)) for n in range(5)]
        store.insert(days)
        held = replace(days[1], captured_at=days[0].captured_at, passage_id=passage(77).passage_id)
        store.insert([held])
        assert held.plate is not None
        spared = Spared(plate=held.plate.text, since=START, until=START + timedelta(hours=1))
        assert store.forget_evidence_before(START + timedelta(days=4), spared=[spared]) == 4
        kept = {p.passage_id for p in store.search(ALL).passages if p.evidence}
        assert kept == {held.passage_id, days[4].passage_id}

    def test_what_comes_late_is_let_go_of_next_time(self, store: PassageStore) -> None:
        store.insert(numbered(1))
        assert store.forget_evidence_before(START + timedelta(days=1)) == 1
        store.insert(numbered(1, 2))
        assert [len(p.evidence) for p in store.search(ALL).passages] == [1, 0]
        assert store.forget_evidence_before(START + timedelta(days=1)) == 1
        assert [len(p.evidence) for p in store.search(ALL).passages] == [0, 0]


class TestDurability:
    def test_is_the_same_when_opened_again(self, engine: str, tmp_path: Path) -> None:
        for _ in range(2):
            store = ENGINES[engine](tmp_path)
            store.insert(numbered(1, 2))
            store.close()
            store.close()
        store = ENGINES[engine](tmp_path)
        assert ids(store.search(ALL).passages) == ids(numbered(2, 1))
        store.close()

    def test_what_was_acknowledged_survives_kill_9(self, engine: str, tmp_path: Path) -> None:
        acknowledged = 0
        for _ in range(3):
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "tests.contract.passage_process",
                    engine,
                    str(tmp_path),
                    str(acknowledged),
                ],
                stdout=subprocess.PIPE,
                text=True,
            )
            assert process.stdout is not None
            for _ in range(7):
                assert process.stdout.readline()
            process.kill()
            rest, _ = process.communicate()
            acknowledged += 10 * (7 + len(rest.splitlines()))
        store = ENGINES[engine](tmp_path)
        try:
            assert store.count(PassageQuery(until=passage(acknowledged).captured_at)) == acknowledged
            assert store.insert(numbered(*range(acknowledged))) == ()
        finally:
            store.close()


def test_what_is_spared_stays_and_its_pictures_are_told(store: PassageStore) -> None:
    old = [passage(n) for n in range(4)]
    store.insert(old)
    plates = [p.plate.text for p in old if p.plate is not None]
    spared = [Spared(plate=plates[1]), Spared(since=old[2].captured_at, until=old[3].captured_at)]
    kept = [p for p in old if p.plate is not None and (p.plate.text == plates[1] or p is old[2])]
    assert store.evidence_of(()) == frozenset()
    assert store.evidence_of(spared) == {image.sha256 for p in kept for image in p.evidence}
    assert store.delete_before(START + timedelta(days=400), spared=spared) == len(old) - len(kept)
    assert {p.passage_id for p in store.search(PassageQuery()).passages} == {p.passage_id for p in kept}
    assert store.delete_before(START + timedelta(days=400), spared=spared) == 0
    assert store.delete_before(START + timedelta(days=400)) == len(kept)
