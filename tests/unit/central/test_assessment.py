"""The yardstick: what counts, for whom, and how far a figure may be trusted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.alert import AlertMove, AlertState, AlertStep, Verdict
from central.assessment import (
    AlertFacts,
    Duty,
    OrderFacts,
    Rate,
    Roster,
    Times,
    alert_figures,
    assess,
    duty_of,
    order_figures,
)
from central.order import OrderMove, OrderState, OrderStep
from central.roster import Shift, ShiftRequest
from proto.passage import Tier
from tests.centre import START

S, M, V = AlertState, AlertMove, Verdict


def step(move: AlertMove, seconds: float, *, verdict: Verdict | None = None, user: str = "li") -> AlertStep:
    at = START + timedelta(seconds=seconds)
    return AlertStep(at=at, user=user, move=move, before=S.RAISED, after=S.VERIFIED, verdict=verdict)


def alert(
    state: AlertState,
    *steps: AlertStep,
    number: int = 0,
    tier: Tier = Tier.EXACT,
    camera: str = "cam-1",
    at: datetime = START,
) -> AlertFacts:
    return AlertFacts(
        alert_id=f"a{number}-{len(steps)}-{state}",
        tier=tier,
        camera_id=camera,
        checkpoint_id="cp-1",
        raised_at=at,
        state=state,
        steps=steps,
    )


def shift(team: str, people: tuple[str, ...], first: float, last: float, *, line: int = 1) -> Shift:
    """Hours from START, which is noon."""
    return Shift(
        shift_id=team,
        request=ShiftRequest(
            team=team,
            people=people,
            starts_at=START + timedelta(hours=first),
            ends_at=START + timedelta(hours=last),
            line=line,
        ),
    )


def order(
    state: OrderState, *moves: OrderMove, alerts: int = 0, false: int = 0, case: str = "A-1"
) -> OrderFacts:
    steps = tuple(
        OrderStep(at=START, user="x", move=move, before=OrderState.DRAFT, after=OrderState.ACTIVE)
        for move in moves
    )
    return OrderFacts(
        order_id="o",
        applicant="wang",
        created_at=START,
        state=state,
        case_number=case,
        history=steps,
        alerts=alerts,
        false_alerts=false,
    )


INTERCEPTED = alert(
    S.CLOSED,
    step(M.VERIFY, 10, verdict=V.CORRECT),
    step(M.SIGN_OFF, 20),
    step(M.DISPATCH, 30),
    step(M.INTERCEPTED, 600),
)
MISSED = alert(
    S.MISSED,
    step(M.VERIFY, 30, verdict=V.CANNOT_TELL),
    step(M.SIGN_OFF, 60),
    step(M.DISPATCH, 90),
    step(M.MISSED, 900),
)
CALLED_BACK = alert(
    S.NOT_NEEDED,
    step(M.VERIFY, 30, verdict=V.CORRECT),
    step(M.SIGN_OFF, 40),
    step(M.DISPATCH, 90),
    step(M.NOT_NEEDED, 100),
)
FALSE = alert(S.FALSE_ALERT, step(M.VERIFY, 5, verdict=V.MISREAD), tier=Tier.SUSPECTED, camera="cam-2")
FOUND_FALSE_LATER = alert(
    S.FALSE_ALERT,
    step(M.VERIFY, 5, verdict=V.CORRECT),
    step(M.SIGN_OFF, 100),
    step(M.VERIFY, 700, verdict=V.MISREAD),
)
UNSEEN = alert(S.RAISED, step(M.ESCALATE, 300, user="(clock)"))


class TestRates:
    @given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_the_interval_holds_the_share_and_stays_within_one(self, case: tuple[int, int]) -> None:
        rate = Rate(count=case[0], of=case[1])
        assert rate.interval is not None
        assert rate.value is not None
        low, high = rate.interval
        assert 0 <= low <= rate.value <= high <= 1
        assert high - low > 0

    def test_three_of_three_prove_little(self) -> None:
        assert Rate(count=3, of=3).interval == pytest.approx((0.4385, 1.0), abs=1e-3)
        assert Rate(count=300, of=300).interval == pytest.approx((0.9874, 1.0), abs=1e-3)

    def test_nothing_is_no_share(self) -> None:
        assert (Rate(count=0, of=0).value, Rate(count=0, of=0).interval) == (None, None)

    @given(st.lists(st.floats(0, 1e6), min_size=1))
    def test_quantiles_are_waits_that_occurred(self, seconds: list[float]) -> None:
        times = Times.of(seconds, waiting=0)
        assert times.p50 in seconds
        assert times.p90 is not None
        assert times.p90 in seconds
        assert sum(s <= times.p90 for s in seconds) >= 0.9 * len(seconds)


def test_of_a_group_of_alerts() -> None:
    figures = alert_figures([INTERCEPTED, MISSED, CALLED_BACK, FALSE, FOUND_FALSE_LATER, UNSEEN])
    assert figures.alerts == 6
    assert figures.sign_off == Times(count=4, p50=40.0, p90=100.0, waiting=1)
    assert figures.verified_correct == Rate(count=2, of=4)  # who could not tell is not counted
    assert figures.intercepted_of_sent == Rate(count=1, of=2)  # called back is no outcome
    assert figures.intercepted_of_all == Rate(count=1, of=4)
    assert figures.false_alerts == Rate(count=2, of=5)  # nobody has looked at one
    assert figures.escalated == Rate(count=1, of=6)


def test_of_no_alerts_there_is_no_figure() -> None:
    figures = alert_figures([])
    assert figures.sign_off == Times(count=0, p50=None, p90=None, waiting=0)
    assert figures.false_alerts.value is None


class TestDuty:
    ROSTER = Roster(
        [
            shift("一班", ("li", "he"), -4, 4),
            shift("二班", ("li",), 4, 12),
            shift("后备", ("zhao",), -4, 12, line=2),
        ],
        utc_offset=timedelta(hours=8),
    )

    def test_it_is_theirs_who_signed_at_that_time(self) -> None:
        late = alert(S.SIGNED_OFF, step(M.SIGN_OFF, 5 * 3600))
        assert duty_of(late, self.ROSTER) == Duty(team="二班", shift="16:00-00:00")
        reserve = alert(S.SIGNED_OFF, step(M.SIGN_OFF, 60, user="zhao"))
        assert duty_of(reserve, self.ROSTER).team == "后备"

    def test_unsigned_it_is_theirs_who_were_asked_first(self) -> None:
        assert duty_of(UNSEEN, self.ROSTER) == Duty(team="一班", shift="08:00-16:00")

    def test_a_shift_of_another_area_is_not_asked(self) -> None:
        request = replace(shift("东区", ("wu",), -4, 4).request, areas=frozenset({"east"}))
        east = Shift(shift_id="east", request=request)
        everywhere = shift("一班", ("li",), -4, 4)
        for areas, expected in ((frozenset({"east", "city"}), "东区"), (frozenset({"west", "city"}), "一班")):
            roster = Roster([everywhere, east], utc_offset=timedelta(0), areas={"cp-1": areas})
            assert duty_of(UNSEEN, roster).team == expected

    def test_off_the_roster_it_is_nobodys(self) -> None:
        stranger = alert(S.SIGNED_OFF, step(M.SIGN_OFF, 60, user="stranger"))
        assert duty_of(stranger, self.ROSTER) == Duty()
        assert duty_of(alert(S.RAISED, at=START + timedelta(days=2)), self.ROSTER) == Duty()

    def test_every_alert_is_in_one_group_of_each_kind(self) -> None:
        alerts = [INTERCEPTED, MISSED, CALLED_BACK, FALSE, FOUND_FALSE_LATER, UNSEEN]
        found = assess(alerts, [], self.ROSTER, case_number=".*")
        for groups in (found.by_team, found.by_shift, found.by_tier, found.by_camera):
            assert sum(figures.alerts for figures in groups.values()) == 6
        assert found.by_tier["suspected"].false_alerts == Rate(count=1, of=1)
        assert found.by_camera["cp-1/cam-2"].alerts == 1


def test_the_quality_of_orders() -> None:
    submit, approve, activate, expire = (
        OrderMove.SUBMIT,
        OrderMove.APPROVE,
        OrderMove.ACTIVATE,
        OrderMove.EXPIRE,
    )
    orders = [
        order(OrderState.ACTIVE, submit, approve, activate, alerts=3, false=1),
        order(OrderState.EXPIRED, submit, approve, activate, expire),
        order(OrderState.EXPIRED, submit, approve, activate, expire, alerts=1),
        order(OrderState.REJECTED, submit, OrderMove.REJECT, case="as told"),
        order(OrderState.WITHDRAWN, OrderMove.WITHDRAW),
        order(OrderState.EXPIRED, OrderMove.EMERGENCY, OrderMove.LAPSE, case="B 12"),
        order(OrderState.ACTIVE, OrderMove.EMERGENCY, approve, activate),
    ]
    figures = order_figures(orders, case_number=r".*\d.*")
    assert figures.orders == 7
    assert figures.with_alerts == Rate(count=2, of=5)
    assert figures.false_alerts == Rate(count=1, of=4)
    assert figures.withdrawn == Rate(count=1, of=7)
    assert figures.rejected == Rate(count=1, of=5)
    assert figures.expired_without_alert == Rate(count=2, of=3)
    assert figures.lapsed_emergencies == Rate(count=1, of=2)
    assert figures.with_case_number == Rate(count=6, of=7)
