"""What every engine of the records must do with saved cases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from central.investigation import case
from central.investigation.case import CaseTaken, Question, QuestionKind, TooManySaved
from central.people import Role, User
from central.records import NotFound, Records, open_records
from proto.clock import ManualClock
from tests.centre import CHEAP, START, new_clock, people

QUESTION = Question(
    kind=QuestionKind.SEARCH, name="案发当晚", subject="川C12345", asked={"plate": "川C12345", "how": "exact"}
)


class Setting:
    def __init__(self, records: Records, clock: ManualClock) -> None:
        self.records = records
        self.clock = clock
        staff = people(records)
        self.ann: User = staff[Role.INVESTIGATOR]
        self.bob: User = replace(self.ann, username="bob")

    def trail(self) -> list[tuple[str, str, str]]:
        found = [e.record for e in self.records.audit.page(limit=50) if e.record.action.startswith("case.")]
        return [(record.action, record.user, record.subject) for record in found][::-1]


@pytest.fixture(params=["sqlite", "postgresql"])
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Setting]:
    url: str | None = request.getfixturevalue("database_url") if request.param == "postgresql" else None
    clock = new_clock()
    records = open_records(tmp_path, clock=clock, policy=CHEAP, url=url)
    yield Setting(records, clock)
    records.close()


def test_what_was_put_in_comes_back_the_newest_first_and_all_of_it_is_in_the_trail(setting: Setting) -> None:
    book = setting.records.cases
    opened = book.open(case_number="A-1", reason="盗抢", by=setting.ann)
    assert (opened.questions, opened.changed_at) == (0, START)
    setting.clock.advance(60)
    first = book.keep(opened.case_id, QUESTION, by=setting.ann)
    second = book.keep(opened.case_id, replace(QUESTION, name="再查", subject=""), by=setting.ann)
    assert (first.number, second.number) == (1, 2)
    held, saved = book.read(opened.case_id, by=setting.bob)
    assert saved == (second, first)
    assert (held.questions, held.changed_at) == (2, START + timedelta(minutes=1))
    assert book.of("investigator") == book.all(limit=5) == (held,) == (book.get(opened.case_id),)
    assert book.of("bob") == ()
    book.let_go(opened.case_id, 2, by=setting.ann)
    # A number is never given twice: what the trail says of the second stays true.
    assert book.keep(opened.case_id, QUESTION, by=setting.ann).number == 3
    book.discard(opened.case_id, by=setting.ann)
    assert book.of("investigator") == ()
    assert setting.trail() == [
        ("case.open", "investigator", ""),
        ("case.keep", "investigator", "川C12345"),
        ("case.keep", "investigator", ""),
        ("case.read", "bob", ""),
        ("case.let_go", "investigator", ""),
        ("case.keep", "investigator", "川C12345"),
        ("case.discard", "investigator", ""),
    ]
    record = setting.records.audit.page(limit=1)[0].record
    assert (record.reason, record.case_number) == ("盗抢", "A-1")
    assert json.loads(record.detail) == {"case": opened.case_id, "questions": 2}


def test_nobody_changes_another_persons(setting: Setting) -> None:
    book = setting.records.cases
    mine = book.open(case_number="A-1", reason="盗抢", by=setting.ann).case_id
    book.keep(mine, QUESTION, by=setting.ann)
    for act in (
        lambda: book.keep(mine, QUESTION, by=setting.bob),
        lambda: book.let_go(mine, 1, by=setting.bob),
        lambda: book.discard(mine, by=setting.bob),
        lambda: book.let_go(mine, 2, by=setting.ann),
        lambda: book.get("none\0"),
        lambda: book.read("none", by=setting.ann),
    ):
        with pytest.raises(NotFound):
            act()
    assert book.get(mine).questions == 1


def test_one_number_is_one_case_of_each_person(setting: Setting) -> None:
    book = setting.records.cases
    book.open(case_number="A-1", reason="盗抢", by=setting.ann)
    with pytest.raises(CaseTaken, match="A-1"):
        book.open(case_number="A-1", reason="另一事由", by=setting.ann)
    assert book.open(case_number="A-1", reason="盗抢", by=setting.bob).username == "bob"


def test_there_are_only_so_many(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("central.records.cases.MOST_CASES", 2)
    monkeypatch.setattr("central.records.cases.MOST_QUESTIONS", 1)
    assert case.MOST_CASES == 500
    book = setting.records.cases
    mine = book.open(case_number="A-1", reason="盗抢", by=setting.ann).case_id
    book.open(case_number="A-2", reason="盗抢", by=setting.ann)
    with pytest.raises(TooManySaved, match="at most 2 cases"):
        book.open(case_number="A-3", reason="盗抢", by=setting.ann)
    book.keep(mine, QUESTION, by=setting.ann)
    with pytest.raises(TooManySaved, match="at most 1 questions"):
        book.keep(mine, QUESTION, by=setting.ann)


def test_a_case_has_all_areas_that_its_owner_had_when_they_filled_it(setting: Setting) -> None:
    book = setting.records.cases
    north, south = (replace(setting.ann, areas=frozenset({area})) for area in ("north", "south"))
    mine = book.open(case_number="A-1", reason="盗抢", by=north).case_id
    assert book.get(mine).areas == {"north"}
    book.keep(mine, QUESTION, by=south)
    assert book.get(mine).areas == {"north", "south"}
    book.keep(mine, QUESTION, by=setting.ann)  # of the whole network by now
    assert book.get(mine).areas == frozenset()
    book.keep(mine, QUESTION, by=north)
    assert book.get(mine).areas == frozenset()


def test_what_nobody_changed_for_long_goes(setting: Setting) -> None:
    book = setting.records.cases
    old = book.open(case_number="A-1", reason="盗抢", by=setting.ann).case_id
    book.keep(old, QUESTION, by=setting.ann)
    kept = book.open(case_number="A-2", reason="盗抢", by=setting.ann).case_id
    setting.clock.advance(86_400)
    book.keep(kept, QUESTION, by=setting.ann)
    assert book.delete_before(START + timedelta(hours=1)) == 1
    assert [each.case_id for each in book.of("investigator")] == [kept]
    assert book.delete_before(START + timedelta(hours=1)) == 0
