"""What every engine of the records must tell the assessment, see `central.records.port.AssessmentBook`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from central.alert import AlertMove, AlertState, Verdict
from central.order import OrderMove, OrderState
from central.people import Role
from proto.passage import Tier
from tests.centre import START, hit, order_request, passage
from tests.contract.records_setting import Setting
from tests.heartbeat import heard, heartbeat

DAY = timedelta(days=1)


def test_alerts_of_a_period_with_their_steps(setting: Setting) -> None:
    records, operator = setting.records, setting.staff[Role.OPERATOR]
    orders = [setting.active(f"川C0000{n}") for n in range(3)]
    seen = [
        passage(order.request.plate, checkpoint_id=place)
        for order, place in zip(orders, ("cp-1", "cp-2", "cp-1"), strict=True)
    ]
    for order, of in list(zip(orders, seen, strict=True))[:2]:
        records.alerts.raise_alerts([hit(order, of)])
    found = {o.order.order_id: o.alert.alert_id for o in records.alerts.page(only_open=True, limit=9)}
    first = found[orders[0].order_id]
    setting.clock.advance(30)
    records.alerts.step(first, AlertMove.VERIFY, by=operator, verdict=Verdict.CORRECT)
    setting.clock.advance(30)
    records.alerts.step(first, AlertMove.SIGN_OFF, by=operator)
    records.alerts.step(first, AlertMove.DISPATCH, by=operator, unit="3 号车", note="北出口")
    setting.clock.advance(DAY.total_seconds())
    later = replace(hit(orders[2], seen[2]), tier=Tier.SUSPECTED)
    records.alerts.raise_alerts([later])

    facts = records.assessment.alerts(START, START + DAY)
    by_id = {fact.alert_id: fact for fact in facts}
    assert by_id.keys() == set(found.values())
    fact = by_id[first]
    assert (fact.tier, fact.camera_id, fact.checkpoint_id) == (Tier.EXACT, "cam-1", "cp-1")
    assert (fact.raised_at, fact.state, fact.verdict) == (START, AlertState.DISPATCHED, Verdict.CORRECT)
    assert [(s.move, s.user, s.at - START, s.unit, s.note) for s in fact.steps] == [
        (AlertMove.VERIFY, "operator", timedelta(seconds=30), "", ""),
        (AlertMove.SIGN_OFF, "operator", timedelta(seconds=60), "", ""),
        (AlertMove.DISPATCH, "operator", timedelta(seconds=60), "3 号车", "北出口"),
    ]
    # The period's beginning belongs to it and its end does not; areas narrow it.
    end = START + timedelta(seconds=60) + DAY
    (last,) = records.assessment.alerts(end, end + DAY)
    assert (last.tier, last.steps) == (Tier.SUSPECTED, ())
    assert records.assessment.alerts(START + timedelta(microseconds=1), end) == ()
    here = records.assessment.alerts(START, START + 2 * DAY, checkpoints=["cp-2"])
    assert [fact.checkpoint_id for fact in here] == ["cp-2"]
    assert records.assessment.alerts(START, START + 2 * DAY, checkpoints=[]) == ()
    assert setting.open_again().assessment.alerts(START, START + DAY) == facts


def test_orders_of_a_period_with_what_they_raised(setting: Setting) -> None:
    records, staff = setting.records, setting.staff
    busy, idle = setting.active("川C00001"), setting.active("川C00002")
    for n in range(3):
        # Each so long after the other that it is an alert of its own.
        at = START + timedelta(hours=n)
        records.alerts.raise_alerts([hit(busy, passage("川C00001", at=at, seed=str(n)))])
    (one, *_) = records.alerts.page(only_open=True, limit=9)
    records.alerts.step(one.alert.alert_id, AlertMove.VERIFY, by=staff[Role.OPERATOR], verdict=Verdict.MISREAD)
    records.orders.move(idle.order_id, OrderMove.WITHDRAW, by=staff[Role.SUPERVISOR], reason="已找到")
    setting.clock.advance(DAY.total_seconds())
    records.orders.create(order_request("川C00003", at=setting.clock.now()), by=staff[Role.APPLICANT])

    facts = {fact.order_id: fact for fact in records.assessment.orders(START, START + DAY)}
    assert facts.keys() == {busy.order_id, idle.order_id}
    assert (facts[busy.order_id].alerts, facts[busy.order_id].false_alerts) == (3, 1)
    assert facts[busy.order_id].state is OrderState.ACTIVE
    told = facts[idle.order_id]
    assert (told.alerts, told.false_alerts, told.state) == (0, 0, OrderState.WITHDRAWN)
    assert (told.applicant, told.created_at, told.case_number) == ("applicant", START, "A-1")
    assert [step.move for step in told.history] == ["submit", "approve", "activate", "withdraw"]
    assert told.history[-1].reason == "已找到"
    (draft,) = records.assessment.orders(START + DAY, START + 2 * DAY)
    assert (draft.state, draft.history) == (OrderState.DRAFT, ())


def test_how_long_devices_were_alive(setting: Setting) -> None:
    records, today = setting.records, START.date()
    for seconds in (0, 10, 20, 500, 510):
        records.fleet.heartbeat([heard(seconds, heartbeat(seconds=seconds))])
    records.fleet.heartbeat([heard(510, heartbeat(seconds=510))])  # delivered again
    elsewhere = replace(heartbeat("node-2"), checkpoint_id="cp-2")
    records.fleet.heartbeat(
        [heard(s, replace(elsewhere, sent_at=START + timedelta(seconds=s))) for s in (0, 20)]
    )
    day = (today, today + DAY)
    found = {(f.device.node_id, f.device.camera_id): f for f in records.assessment.devices(*day)}
    assert {key: f.alive_s for key, f in found.items()} == {
        ("node-1", ""): 30,
        ("node-1", "cam-1"): 30,
        ("node-2", ""): 20,
        ("node-2", "cam-1"): 20,
    }
    assert {f.first_at for f in found.values()} == {START}
    here = records.assessment.devices(*day, checkpoints=["cp-2"])
    assert {f.device.node_id for f in here} == {"node-2"}
    # Of a later day they are told too: dead, and not missing from the figures.
    later = records.assessment.devices(today + DAY, today + 2 * DAY)
    assert {(f.device.node_id, f.alive_s) for f in later} == {("node-1", 0), ("node-2", 0)}
    assert records.assessment.devices(today - DAY, today) == ()
