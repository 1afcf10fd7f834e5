"""Nothing is answered without a purpose, nor beyond what one may see, nor before it is written down."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from central.area import EVERYWHERE, Scope
from central.audit import GENESIS, AuditEntry, AuditRecord, chain
from central.investigation import (
    AGE_TIER,
    BeyondReach,
    Gate,
    Grant,
    GrantMove,
    GrantRequest,
    GrantState,
    IllegalGrant,
    InvalidGrant,
    NoPurpose,
    NotYourGrant,
    Purpose,
)
from central.investigation.grant import LONGEST, advance, check
from central.people import Role, User
from central.ports import StoreUnavailable
from tests.centre import START, new_clock

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOMEBODY = User(username="wang", name="王", roles=frozenset({Role.INVESTIGATOR, Role.SUPERVISOR}))
SUPERVISOR = User(username="li", name="李", roles=frozenset({Role.SUPERVISOR}))
REQUEST = GrantRequest(case_number="A-1", reason="盗抢", since=START - 200 * DAY, lasts=3 * DAY)
GRANT = Grant(grant_id="g", username="wang", request=REQUEST, asked_at=START)


@dataclass(slots=True)
class Trail:
    records: list[AuditRecord] = field(default_factory=list)
    broken: bool = False

    def append(self, record: AuditRecord) -> AuditEntry:
        if self.broken:
            raise StoreUnavailable("away")
        self.records.append(record)
        return chain(len(self.records), record, GENESIS, b"")


@dataclass(frozen=True, slots=True)
class Grants:
    standing_by_case: Mapping[str, Grant] = field(default_factory=dict)

    def standing(self, username: str, case_number: str) -> Grant | None:
        found = self.standing_by_case.get(case_number)
        return found if found is not None and found.username == username else None


def gate(trail: Trail | None = None, grants: Grants | None = None) -> Gate:
    return Gate(trail or Trail(), grants or Grants(), new_clock())


def purpose(
    of: Gate, scope: Scope = EVERYWHERE, *, reason: str = "盗抢", case_number: str = "A-1", user: str = "wang"
) -> Purpose:
    return of.purpose(user, ["east"], scope, reason=reason, case_number=case_number)


@pytest.mark.parametrize(
    "wrong",
    [{"reason": " "}, {"case_number": ""}, {"case_number": "\t"}, {"reason": "x" * 1001}],
)
def test_there_is_no_purpose_without_a_reason_and_a_case(wrong: dict[str, str]) -> None:
    with pytest.raises(NoPurpose, match="expected a"):
        purpose(gate(), EVERYWHERE, **wrong)


def test_a_question_is_clipped_to_area_and_age() -> None:
    asker = purpose(gate(), Scope(frozenset({"cp-1", "cp-2"})))
    reach = asker.reach(since=START - 200 * DAY, until=START, checkpoints=["cp-2", "cp-3"])
    assert (reach.checkpoints, reach.since, reach.until) == (frozenset({"cp-2"}), START - AGE_TIER, START)
    with pytest.raises(BeyondReach, match="A-1"):
        asker.reach(since=START - 200 * DAY, until=START - AGE_TIER)
    with pytest.raises(ValueError, match="since before until"):
        asker.reach(since=START, until=START)


def test_a_grant_reaches_further_for_its_case_and_person_only() -> None:
    held = gate(grants=Grants({"A-1": replace(GRANT, state=GrantState.GRANTED, valid_until=START + DAY)}))
    granted = purpose(held)
    assert (granted.earliest, granted.grant_id) == (START - 200 * DAY, "g")
    assert purpose(held, case_number="A-2").earliest == START - AGE_TIER
    assert purpose(held, user="zhao").earliest == START - AGE_TIER


def test_a_grant_takes_nothing_away() -> None:
    late = replace(REQUEST, since=START - DAY)
    held = gate(grants=Grants({"A-1": replace(GRANT, request=late, state=GrantState.GRANTED)}))
    assert purpose(held).earliest == START - AGE_TIER


def test_what_is_asked_is_written_first_and_how_much_came_back_after() -> None:
    trail = Trail()
    of = gate(trail)
    inquiry = of.ask(
        purpose(of),
        "track.search",
        subject="川C12345",
        asked={"limit": 5},
        since=START - 100 * DAY,
        until=START,
    )
    (asked,) = trail.records
    assert (asked.user, asked.action, asked.subject) == ("wang", "track.search", "川C12345")
    assert (asked.reason, asked.case_number) == ("盗抢", "A-1")
    detail = json.loads(asked.detail)
    assert detail["limit"] == 5
    assert detail["clipped_since"] == (START - AGE_TIER).isoformat()
    assert inquiry.clipped_since == START - AGE_TIER
    inquiry.answered(3, total=9)
    assert trail.records[1].action == "track.search.answered"
    assert json.loads(trail.records[1].detail) == {"asked": inquiry.audit_id, "rows": 3, "total": 9}


def test_what_can_not_be_written_down_is_not_let_through() -> None:
    trail = Trail(broken=True)
    of = gate(trail)
    with pytest.raises(StoreUnavailable):
        of.ask(purpose(of), "track.search", subject="", asked={}, since=START - HOUR, until=START)


def test_a_supervisor_grants_and_revokes() -> None:
    granted = advance(GRANT, GrantMove.GRANT, by=SUPERVISOR, note="", now=START)
    assert granted.holds(START + 3 * DAY - HOUR)
    assert not granted.holds(START + 3 * DAY)
    revoked = advance(granted, GrantMove.REVOKE, by=SUPERVISOR, note="案件已结", now=START + HOUR)
    assert not revoked.holds(START + 2 * HOUR)
    with pytest.raises(IllegalGrant, match="expected no move of a grant that is revoked"):
        advance(revoked, GrantMove.GRANT, by=SUPERVISOR, note="", now=START)


def test_nobody_grants_their_own() -> None:
    with pytest.raises(NotYourGrant, match="other than wang"):
        advance(GRANT, GrantMove.GRANT, by=SOMEBODY, note="", now=START)
    with pytest.raises(NotYourGrant):
        advance(
            GRANT, GrantMove.GRANT, by=replace(SUPERVISOR, roles=frozenset({Role.AUDITOR})), note="", now=START
        )


def test_a_refusal_says_why() -> None:
    with pytest.raises(InvalidGrant, match="reason to refuse"):
        advance(GRANT, GrantMove.REFUSE, by=SUPERVISOR, note=" ", now=START)


@pytest.mark.parametrize(
    "wrong",
    [
        {"case_number": " "},
        {"reason": ""},
        {"lasts": timedelta(0)},
        {"lasts": LONGEST + HOUR},
        {"since": START},
    ],
)
def test_a_request_makes_sense(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidGrant, match="expected"):
        check(replace(REQUEST, **wrong), now=START)  # type: ignore[arg-type]
