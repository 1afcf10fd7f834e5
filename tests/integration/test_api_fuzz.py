"""Every route of the OpenAPI document, called with what it allows and with what it doesn't, as everybody.

No answer may be a 5xx, none may be of a status, media type or shape that the document doesn't tell of. Routes
are taken from the document, so one that comes later is called too. Bounded: a route is called as two of those
who may and two of those who may not, chosen by route and BUKONG_FUZZ_SEED. With BUKONG_FUZZ_EXAMPLES it is
called as everybody, so many requests a route, caller and kind: `make fuzz`.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import httpx
import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from central.alert import AlertMove, Verdict
from central.api.document import operations_of
from central.api.rights import RIGHTS
from central.area import Area
from central.investigation import JobLimits, JobQuestion, Reach
from central.people import ADDRESS_THROTTLE, Role, TokenScope, User
from proto.clock import ManualClock
from tests.centre import (
    PASSWORD,
    START,
    Centre,
    active_order,
    hit,
    new_clock,
    order_request,
    passage,
    running_centre,
)
from tests.integration.api_requests import IMAGE, SHA

Case = schemathesis.Case[Any]
EXAMPLES = int(os.environ.get("BUKONG_FUZZ_EXAMPLES", "3"))
EVERYBODY = "BUKONG_FUZZ_EXAMPLES" in os.environ
SEED = int(os.environ.get("BUKONG_FUZZ_SEED", "1"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
#: Callers: each role, each kind of token, somebody of one area with every role, nobody.
CALLERS = (*Role, *TokenScope, "one-area", "nobody")
#: What would end the caller's own session: tried once all else is done.
LAST = (("DELETE", "/api/session"),)
#: Somebody that may be disabled, reset and so on without ending a caller's session.
SOMEBODY = "somebody"


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """With an order of each stage, an alert, an image and somebody, so that paths lead somewhere."""
    with ExitStack() as stack:
        running = stack.enter_context(running_centre(tmp_path_factory.mktemp("centre"), new_clock()))
        records = running.records
        records.checkpoints.put_areas([Area(area_id="east", name="东区")])
        for username, areas in ((SOMEBODY, ()), ("one-area", ("east",))):
            records.people.create_user(
                username=username, name="某", password=PASSWORD, roles=list(Role), areas=areas, by="tests"
            )
        seen = passage(scene=SHA)
        running.services.store.insert([seen])
        running.services.images.put(SHA, IMAGE)
        records.alerts.raise_alerts([hit(active_order(records, running.staff, order_request()), seen)])
        reach = Reach(checkpoints=None, since=START - timedelta(days=9), until=START)
        sent(running)
        for person in records.people.users():
            if person.username in (Role.INVESTIGATOR, "one-area"):
                job(running, person, reach)
                records.cases.open(case_number="A-1", reason="盗抢", by=person)
        yield running


def sent(centre: Centre) -> None:
    """A unit that was sent to an alert, with somebody who rides with it."""
    records, operator = centre.records, centre.staff[Role.OPERATOR]
    crew = [Role.PATROL.value, "one-area"]
    records.units.put("u1", name="一号车", team="", area_id=None, by="tests", crew=crew)
    wanted = active_order(records, centre.staff, order_request("川C99999"))
    records.alerts.raise_alerts([hit(wanted, passage("川C99999", scene=SHA))])
    (alert_id,) = (
        found.alert.alert_id
        for found in records.alerts.page(only_open=True, limit=9)
        if found.order.order_id == wanted.order_id
    )
    records.alerts.step(alert_id, AlertMove.VERIFY, by=operator, verdict=Verdict.CORRECT)
    records.alerts.step(alert_id, AlertMove.SIGN_OFF, by=operator)
    records.alerts.step(alert_id, AlertMove.DISPATCH, by=operator, unit="u1")


def job(centre: Centre, person: User, reach: Reach) -> None:
    """One that is done."""
    question = JobQuestion(
        kind="base",
        wishes={"plate": "川C12345", "hours": 4.0},
        subject="川C12345",
        since=reach.since,
        until=reach.until,
        reason="盗抢",
        case_number="A-1",
    )
    book = centre.records.jobs
    book.start(question, by=person, audit_id=1, limits=JobLimits())
    taken = book.take(lease=timedelta(minutes=1))
    assert taken is not None
    book.finish(taken.job_id, taken.attempt, [{"went_in": "cp-1", "rests": 2}], reach)


def real(centre: Centre) -> dict[str, list[str]]:
    """What the parameters of paths may be where they are to lead somewhere, by name."""
    records = centre.records
    return {
        "order_id": [order.order_id for order in records.orders.page(limit=5)],
        "alert_id": [found.alert.alert_id for found in records.alerts.page(only_open=False, limit=5)],
        "sha256": [SHA],
        "job_id": [job.job_id for name in (Role.INVESTIGATOR, "one-area") for job in records.jobs.of(name)],
        "case_id": [case.case_id for case in records.cases.all(limit=5)],
        "username": [SOMEBODY],
        "unit_id": ["u1"],
        "token_id": [token.token_id for token in records.people.machine_tokens() if token.name == "spare"],
    }


def kinds_of(operation: Any) -> list[GenerationMode]:
    """With what the document allows and, where there is anything to be wrong, with what it doesn't."""
    wrong = operation.body or operation.query
    return [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if wrong else [])]


def may_call(caller: str, key: tuple[str, str]) -> bool:
    right = RIGHTS[key]
    roles = caller in right.roles or (caller == "one-area" and bool(right.roles) and not right.whole_network)
    return right.public or roles or caller in right.machines


def chosen(key: tuple[str, str]) -> frozenset[str]:
    """Who calls a route where not everybody does."""
    draw = random.Random(f"{SEED} {key}")
    groups = [[each for each in CALLERS if may_call(each, key) is may] for may in (True, False)]
    return frozenset(each for group in groups for each in draw.sample(group, min(2, len(group))))


class Caller:
    """Sends cases as one caller, to things that there are more often than not."""

    def __init__(self, centre: Centre, client: httpx.Client) -> None:
        self._centre = centre
        self._headers = dict(client.headers)
        self._cookies = dict(client.cookies)
        self._chosen = random.Random(SEED)

    def call(self, case: Case) -> None:
        """Raises:
        FailureGroup: the answer is none that the document tells of.
        """
        known = real(self._centre)
        for name in case.path_parameters or {}:
            if known.get(name) and self._chosen.random() < 0.7:
                case.path_parameters[name] = self._chosen.choice(known[name])
        # Whoever calls shows what is theirs, not what was made up.
        for name in ("X-CSRF-Token", "Authorization"):
            case.headers.pop(name, None)
        case.cookies.clear()
        answer = case.call(base_url=self._centre.url, headers=self._headers, cookies=self._cookies, timeout=30)
        case.validate_response(answer, checks=CHECKS)

    def call_often(self, operation: Any, kind: GenerationMode, *, times: int) -> None:
        @hypothesis.seed(SEED)
        @settings(
            max_examples=times,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=kind))
        def each(case: Case) -> None:
            self.call(case)

        each()


@pytest.mark.slow
@pytest.mark.timeout(max(300, 60 * EXAMPLES))
@pytest.mark.parametrize("caller", CALLERS)
def test_every_answer_is_one_that_the_document_tells_of(centre: Centre, caller: str) -> None:
    people = centre.records.people
    clock = centre.services.clock
    assert isinstance(clock, ManualClock)
    clock.advance(ADDRESS_THROTTLE.lock.total_seconds())  # the caller before has tried many a wrong password
    people.create_machine_token("spare", by="tests")
    if caller in list(TokenScope):
        token = people.create_machine_token("fuzz", by="tests", scopes=[TokenScope(caller)])
        client = centre.client(Authorization=f"Bearer {token}")
    else:
        client = centre.client(username="" if caller == "nobody" else caller)
    document = client.get("/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    sender = Caller(centre, client)
    keys = [key for key in operations_of(document) if key not in LAST]
    failed: list[str] = []
    for method, path in (*keys, *LAST):
        if not EVERYBODY and caller not in chosen((method, path)):
            continue
        may = may_call(caller, (method, path))
        operation = schema[path][method]
        for kind in kinds_of(operation):
            try:
                # Who may not is refused whatever they send: once is enough.
                sender.call_often(operation, kind, times=EXAMPLES if may else 1)
            except FailureGroup as failures:
                failed += [f"{method} {path} ({kind.value}): {each}" for each in failures.exceptions]
    assert not failed, "\n\n".join(failed)
