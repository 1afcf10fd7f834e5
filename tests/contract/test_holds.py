"""What every engine of the records must do for legal holds and the deletion of alerts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from central.alert import AlertMove, Verdict
from central.hold import HoldRequest, InvalidHold, Spared
from central.people import Role
from central.records import NotFound
from tests.centre import START, hit, passage
from tests.contract.records_setting import Setting

LATER = START + timedelta(days=10)


def over(setting: Setting, plate: str) -> str:
    """An alert that is over."""
    order = setting.active(plate)
    setting.records.alerts.raise_alerts([hit(order, passage(plate))])
    alert_id = setting.records.alerts.page(only_open=True, limit=1)[0].alert.alert_id
    setting.records.alerts.step(
        alert_id, AlertMove.VERIFY, by=setting.staff[Role.OPERATOR], verdict=Verdict.MISREAD
    )
    return alert_id


def test_a_hold_comes_back_as_it_was_placed_and_lifted(setting: Setting) -> None:
    wanted = HoldRequest(plate="川C12345", since=START, until=LATER, reason="行政复议")
    placed = setting.records.holds.place(wanted, by="supervisor")
    assert placed.active
    assert setting.open_again().holds.all() == (placed,)
    lifted = setting.records.holds.lift(placed.hold_id, by="auditor", because="案件已结")
    assert setting.open_again().holds.all() == (lifted,)
    assert (lifted.lifted_by, lifted.lifted_because, lifted.active) == ("auditor", "案件已结", False)


def test_what_holds_spare_of_the_passages(setting: Setting) -> None:
    alert_id = over(setting, "川C12345")
    book = setting.records.holds
    assert book.spared() == ()
    by_alert = book.place(HoldRequest(alert_id=alert_id, reason="r"), by="a")
    (spared,) = book.spared()
    assert (spared.plate, spared.since, spared.until) == ("川C12345", START, START + timedelta(seconds=1))
    book.lift(by_alert.hold_id, by="b", because="r")
    book.place(HoldRequest(case_number="A-1", since=START, reason="r"), by="a")
    book.place(HoldRequest(case_number="none", reason="r"), by="a")
    book.place(HoldRequest(since=START, until=LATER, reason="r"), by="a")
    assert set(book.spared()) == {
        Spared(plate="川C12345", since=START),
        Spared(since=START, until=LATER),
    }


def test_old_alerts_go_and_held_ones_stay(setting: Setting) -> None:
    gone, held = over(setting, "川C12345"), over(setting, "京A00001")
    hold = setting.records.holds.place(HoldRequest(plate="京A00001", reason="r"), by="a")
    assert setting.records.holds.delete_alerts(START) == 0
    assert setting.records.holds.delete_alerts(LATER) == 1
    with pytest.raises(NotFound):
        setting.records.alerts.get(gone)
    assert setting.records.alerts.get(held).alert.alert_id == held
    setting.records.holds.lift(hold.hold_id, by="b", because="r")
    assert setting.records.holds.delete_alerts(LATER) == 1
    assert setting.records.holds.delete_alerts(LATER) == 0
    setting.records.holds.scrub()
    assert setting.records.audit.verify().ok


def test_who_placed_it_can_not_lift_it(setting: Setting) -> None:
    wanted = HoldRequest(plate="川C12345", reason="r")
    hold = setting.records.holds.place(wanted, by="a")
    with pytest.raises(InvalidHold, match="another person than a"):
        setting.records.holds.lift(hold.hold_id, by="a", because="r")
    with pytest.raises(InvalidHold, match="expected a reason"):
        setting.records.holds.place(replace(wanted, reason=""), by="a")
    assert setting.records.holds.all() == (hold,)
