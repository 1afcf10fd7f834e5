"""What every engine of the records must do with grants to look further back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from central.investigation import GrantMove, GrantRequest, GrantState, IllegalGrant, InvalidGrant, NotYourGrant
from central.people import Role, User
from central.records import NotFound, Records, open_records
from proto.clock import ManualClock
from tests.centre import CHEAP, START, new_clock, people

DAY = timedelta(days=1)
REQUEST = GrantRequest(case_number="A-1", reason="盗抢", since=START - 200 * DAY, lasts=2 * DAY)


class Setting:
    def __init__(self, records: Records, clock: ManualClock) -> None:
        self.records = records
        self.clock = clock
        staff = people(records)
        self.investigator: User = staff[Role.INVESTIGATOR]
        self.supervisor: User = staff[Role.SUPERVISOR]


@pytest.fixture(params=["sqlite", "postgresql"])
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Setting]:
    url: str | None = request.getfixturevalue("database_url") if request.param == "postgresql" else None
    clock = new_clock()
    records = open_records(tmp_path, clock=clock, policy=CHEAP, url=url)
    yield Setting(records, clock)
    records.close()


def test_a_grant_holds_from_the_decision_on_for_its_time(setting: Setting) -> None:
    grants = setting.records.grants
    asked = grants.ask(REQUEST, by=setting.investigator)
    assert asked.state is GrantState.ASKED
    assert grants.standing("investigator", "A-1") is None
    setting.clock.advance(3600)
    granted = grants.decide(asked.grant_id, GrantMove.GRANT, by=setting.supervisor)
    assert granted.valid_until == START + timedelta(hours=1) + 2 * DAY
    assert grants.get(asked.grant_id) == granted == grants.standing("investigator", "A-1")
    assert grants.standing("investigator", "A-2") is None
    assert grants.standing("supervisor", "A-1") is None
    assert grants.standing("investigator", "A-1\0") is None
    setting.clock.advance(2 * 86_400)
    assert grants.standing("investigator", "A-1") is None


def test_the_grant_that_reaches_back_furthest_stands(setting: Setting) -> None:
    grants = setting.records.grants
    for days in (100, 300, 200):
        asked = grants.ask(replace(REQUEST, since=START - days * DAY), by=setting.investigator)
        grants.decide(asked.grant_id, GrantMove.GRANT, by=setting.supervisor)
    standing = grants.standing("investigator", "A-1")
    assert standing is not None
    assert standing.request.since == START - 300 * DAY
    grants.decide(standing.grant_id, GrantMove.REVOKE, by=setting.supervisor, note="结案")
    standing = grants.standing("investigator", "A-1")
    assert standing is not None
    assert standing.request.since == START - 200 * DAY


def test_every_step_is_in_the_trail(setting: Setting) -> None:
    grants = setting.records.grants
    asked = grants.ask(REQUEST, by=setting.investigator)
    grants.decide(asked.grant_id, GrantMove.REFUSE, by=setting.supervisor, note="无关")
    entries = [e.record for e in setting.records.audit.page(limit=2)]
    assert [(e.action, e.user, e.subject, e.case_number) for e in entries] == [
        ("grant.refuse", "supervisor", asked.grant_id, "A-1"),
        ("grant.ask", "investigator", asked.grant_id, "A-1"),
    ]


def test_what_is_refused_changes_nothing(setting: Setting) -> None:
    grants = setting.records.grants
    asked = grants.ask(REQUEST, by=setting.investigator)
    before = setting.records.audit.page(limit=1)
    with pytest.raises(NotYourGrant):
        grants.decide(asked.grant_id, GrantMove.GRANT, by=setting.investigator)
    with pytest.raises(IllegalGrant):
        grants.decide(asked.grant_id, GrantMove.REVOKE, by=setting.supervisor, note="x")
    with pytest.raises(InvalidGrant):
        grants.ask(replace(REQUEST, reason=" "), by=setting.investigator)
    for unknown in ("made-up", "a\0b"):
        with pytest.raises(NotFound):
            grants.decide(unknown, GrantMove.GRANT, by=setting.supervisor)
    assert grants.page(limit=10) == (asked,)
    assert setting.records.audit.page(limit=1) == before


def test_a_page_is_ones_own_or_everybodys(setting: Setting) -> None:
    grants = setting.records.grants
    mine = grants.ask(REQUEST, by=setting.investigator)
    setting.clock.advance(1)
    other = grants.ask(REQUEST, by=setting.supervisor)
    assert grants.page(limit=10) == (other, mine)
    assert grants.page(limit=1) == (other,)
    assert grants.page(usernames={"investigator"}, limit=10) == (mine,)
