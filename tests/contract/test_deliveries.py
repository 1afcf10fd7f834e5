"""What every engine of the records must do for deliveries."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from central.alert import AlertMove, Verdict
from central.area import Area
from central.delivery.port import DeliveryState
from central.delivery.target import Happening, NotDead, Target, TargetKind, TargetRequest
from central.people import Role
from central.records import NotFound
from tests.centre import CHECKPOINT, START, hit, passage
from tests.contract.records_setting import Setting, later

LEASE = timedelta(seconds=30)


def add(setting: Setting, name: str = "t", **more: object) -> Target:
    wanted = TargetRequest(name=name, kind=TargetKind.WEBHOOK, address="https://example.com", **more)  # type: ignore[arg-type]
    return setting.records.deliveries.add_target(wanted, secret="secret", by="administrator")


def test_a_target_comes_back_as_it_was_set(setting: Setting) -> None:
    book = setting.records.deliveries
    target = add(setting, events=frozenset(Happening), max_priority=2)
    assert setting.open_again().deliveries.target(target.target_id) == target
    rotated = book.change_secret(target.target_id, "another", by="administrator")
    assert rotated.secrets(START) == ("another", "secret")
    assert rotated.secrets(START + timedelta(days=1)) == ("another",)
    changed = book.change_target(target.target_id, replace(target.request, name="新"), by="administrator")
    assert book.targets() == (changed,)
    assert changed.secret == "another"
    actions = [entry.record.action for entry in setting.records.audit.page(limit=3)]
    assert actions == ["target.change", "target.change_secret", "target.add"]
    with pytest.raises(NotFound):
        book.target("none")


def test_each_is_owed_what_it_wants(setting: Setting) -> None:
    checkpoints = setting.records.checkpoints
    checkpoints.put_areas([Area(area_id="city", name="市"), Area(area_id="east", name="东", parent="city")])
    checkpoints.put([replace(CHECKPOINT, area_id="east")])
    wanted = {
        "all": add(setting, "all", events=frozenset(Happening)),
        "city": add(setting, "city", areas=frozenset({"city"})),
        "urgent": add(setting, "urgent", max_priority=1),
        "off": add(setting, "off", enabled=False),
    }
    alerts, by = setting.records.alerts, setting.staff[Role.OPERATOR]
    order = setting.active(priority=2)
    alerts.raise_alerts([hit(order, passage())])
    alerts.raise_alerts([hit(order, later(1, minutes=1))])
    setting.clock.advance(120)
    (escalated,) = alerts.escalate()
    alerts.step(escalated.alert.alert_id, AlertMove.VERIFY, by=by, verdict=Verdict.CORRECT)
    alerts.step(escalated.alert.alert_id, AlertMove.VERIFY, by=by, verdict=Verdict.MISREAD)
    book = setting.records.deliveries
    owed = {
        name: [d.event for d in book.page(limit=99, target_id=target.target_id)][::-1]
        for name, target in wanted.items()
    }
    assert owed == {
        "all": ["raised", "repeated", "escalated", "stepped", "ended"],
        "city": ["raised", "escalated"],
        "urgent": [],
        "off": [],
    }
    assert {of.name: of.pending for of in book.figures()} == {"all": 5, "city": 2, "urgent": 0, "off": 0}


def test_one_at_a_time_in_order_and_never_two_at_it(setting: Setting) -> None:
    add(setting)
    order = setting.active()
    setting.records.alerts.raise_alerts([hit(order, later(i)) for i in range(3)])
    book, other = setting.records.deliveries, setting.open_again().deliveries
    (first,) = book.claim("a", limit=9, lease=LEASE)
    assert first.delivery.attempts == 1
    assert other.claim("b", limit=9, lease=LEASE) == ()
    assert book.failed(first, error="x", retry_at=START + timedelta(seconds=5))
    assert other.claim("b", limit=9, lease=LEASE) == ()
    setting.clock.advance(5)
    (again,) = other.claim("b", limit=9, lease=LEASE)
    assert (again.delivery.delivery_id, again.delivery.attempts) == (first.delivery.delivery_id, 2)
    assert not book.delivered(first), "it is another one's now"
    setting.clock.advance(LEASE.total_seconds())
    (third,) = book.claim("a", limit=9, lease=LEASE)
    assert third.delivery.delivery_id == first.delivery.delivery_id
    assert not other.delivered(again)
    assert book.delivered(third)
    (second,) = book.claim("a", limit=9, lease=LEASE)
    assert second.delivery.number > third.delivery.number


def test_processes_at_once_claim_each_once(setting: Setting) -> None:
    for i in range(6):
        add(setting, f"t{i}")
    setting.records.alerts.raise_alerts([hit(setting.active(), passage())])
    books = [setting.records.deliveries, setting.open_again().deliveries]
    with ThreadPoolExecutor(4) as pool:
        claims = list(pool.map(lambda i: books[i % 2].claim(f"w{i}", limit=2, lease=LEASE), range(8)))
    found = [claim.delivery.delivery_id for mine in claims for claim in mine]
    assert len(found) == len(set(found)) == 6


def test_what_is_given_up_lets_the_next_one_go_and_can_be_sent_again(setting: Setting) -> None:
    add(setting)
    order = setting.active()
    setting.records.alerts.raise_alerts([hit(order, later(i)) for i in range(2)])
    book = setting.records.deliveries
    (first,) = book.claim("a", limit=9, lease=LEASE)
    with pytest.raises(NotDead):
        book.resend(first.delivery.delivery_id, by="administrator")
    assert book.failed(first, error="e" * 999, retry_at=None)
    (dead,) = book.page(limit=9, state=DeliveryState.DEAD)
    assert dead.last_error == "e" * 500
    (second,) = book.claim("a", limit=9, lease=LEASE)
    assert book.delivered(second)
    assert [(of.pending, of.dead) for of in book.figures()] == [(0, 1)]
    assert book.resend(dead.delivery_id, by="administrator").attempts == 0
    (again,) = book.claim("a", limit=9, lease=LEASE)
    assert again.delivery.delivery_id == dead.delivery_id
    assert book.prune(START + timedelta(days=1), states=[DeliveryState.DELIVERED]) == 1
    assert [delivery.delivery_id for delivery in book.page(limit=9)] == [dead.delivery_id]


def test_what_is_refused_owes_nothing(setting: Setting) -> None:
    """The delivery is written with what it tells of, or not at all."""
    add(setting, events=frozenset(Happening))
    setting.records.alerts.raise_alerts([hit(setting.active(), passage())])
    alert_id = setting.records.alerts.page(only_open=True, limit=1)[0].alert.alert_id
    with pytest.raises(Exception, match="allows"):
        setting.records.alerts.step(alert_id, AlertMove.CLOSE, by=setting.staff[Role.OPERATOR])
    assert len(setting.records.deliveries.page(limit=9)) == 1
