"""Every route of the table that leaves something in the audit trail is called, and leaves it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from fnmatch import fnmatch
from pathlib import Path

import pytest

from central.api.rights import RIGHTS
from central.api.trace import TRACES, Traced, Untraced
from tests.centre import PASSWORD, new_clock, running_centre
from tests.integration.api_requests import IMAGE, SHA
from tests.integration.trail_calls import CALLS, ELSEWHERE
from tests.integration.trail_stage import R, Stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    clock = new_clock()
    with running_centre(tmp_path_factory.mktemp("centre"), clock) as centre:
        centre.services.images.put(SHA, IMAGE)
        centre.records.people.create_user(
            username="colleague", name="某", password=PASSWORD, roles=[R.OPERATOR], by="tests"
        )
        centre.records.people.create_user(
            username="on.duty", name="某", password=PASSWORD, roles=[R.APPLICANT, R.EMERGENCY], by="tests"
        )
        centre.records.people.create_user(
            username="other.admin", name="某", password=PASSWORD, roles=[R.ADMINISTRATOR], by="tests"
        )
        yield Stage(centre=centre, clock=clock)


def test_every_route_says_what_it_leaves_or_why_it_leaves_nothing() -> None:
    assert set(TRACES) == set(RIGHTS), "see central/api/trace.py"
    for route, trace in TRACES.items():
        if isinstance(trace, Untraced):
            assert len(trace.why) > 20, route
    for route, module in ELSEWHERE.items():
        trace = TRACES[route]
        assert isinstance(trace, Traced)
        assert trace.action in (Path(__file__).parent / module).read_text(encoding="utf-8")
    assert {*CALLS, *ELSEWHERE} == {route for route, trace in TRACES.items() if isinstance(trace, Traced)}


@pytest.mark.parametrize("route", sorted(CALLS), ids=" ".join)
def test_it_leaves_what_it_says(stage: Stage, route: tuple[str, str]) -> None:
    trace = TRACES[route]
    assert isinstance(trace, Traced)
    before = len(stage.trail())
    answer = CALLS[route](stage)
    assert answer.is_success, answer.text
    left = [record for record in stage.trail()[before:] if fnmatch(record.action, trace.action)]
    assert left, [record.action for record in stage.trail()[before:]]
    record = left[-1]
    assert record.user
    assert record.at == stage.clock.now()
    assert isinstance(json.loads(record.detail), dict)


def test_who_looked_at_a_picture_and_at_an_alert(stage: Stage) -> None:
    operator = stage.as_(R.OPERATOR)
    alert_id = stage.alert()
    operator.get(f"/api/alerts/{alert_id}")
    operator.get(stage.centre.picture(SHA, passage_id="p-1"))
    viewed, pictured = stage.trail()[-2:]
    assert (viewed.user, viewed.action, viewed.subject) == ("operator", "alert.view", alert_id)
    assert (viewed.reason, viewed.case_number) == ("盗抢机动车", "A-1")
    assert json.loads(viewed.detail) == {"passages": 1, "seen_before": False}
    assert (pictured.user, pictured.action, pictured.subject) == ("operator", "image.view", SHA)
    assert json.loads(pictured.detail) == {"bytes": len(IMAGE), "passage": "p-1", "checkpoint": "cp-1"}


def test_a_refused_sign_in_is_there_with_the_lock_that_it_led_to(stage: Stage) -> None:
    wrong = {"username": "supervisor", "password": "not the password"}
    client = stage.centre.client()
    before = len(stage.trail())
    assert [client.post("/api/session", json=wrong).status_code for _ in range(7)] == [401] * 5 + [429] * 2
    refused = stage.trail()[before:]
    assert [record.action for record in refused] == ["session.refused"] * 5
    assert ["locked_until" in json.loads(record.detail) for record in refused] == [False] * 4 + [True]
    stage.clock.advance(timedelta(minutes=31).total_seconds())
