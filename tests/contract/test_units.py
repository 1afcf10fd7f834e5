"""What every engine of the records must do with units."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from central.alert import AlertMove, UnknownUnit, Verdict
from central.area import Area
from central.audit import AuditRecord
from central.interception import UnitStatus
from central.interception.unit import InvalidUnit, Position
from central.people import Role, User
from central.records import NotFound, Records, open_records
from central.view import CheckpointName
from proto.clock import ManualClock
from tests.centre import CHEAP, START, active_order, hit, new_clock, order_request, passage, people


@dataclass(slots=True, kw_only=True)
class Setting:
    records: Records
    clock: ManualClock
    staff: Mapping[Role, User]

    def unit(self, unit_id: str = "u1") -> None:
        self.records.units.put(unit_id, name="三号车", team="一中队", area_id=None, by="supervisor")


@pytest.fixture(params=["sqlite", "postgresql"])
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Setting]:
    url: str | None = request.getfixturevalue("database_url") if request.param == "postgresql" else None
    clock = new_clock()
    records = open_records(tmp_path, clock=clock, policy=CHEAP, url=url)
    yield Setting(records=records, clock=clock, staff=people(records))
    records.close()


def place(minutes: float = 0, north: float = 29.3) -> Position:
    return Position(at=START + timedelta(minutes=minutes), latitude=north, longitude=104.7, speed_kmh=31.5)


def test_a_unit_begins_off_duty_and_may_be_called_otherwise(setting: Setting) -> None:
    units = setting.records.units
    setting.unit()
    found = units.get("u1")
    assert (found.name, found.team, found.status, found.position) == (
        "三号车",
        "一中队",
        UnitStatus.OFF_DUTY,
        None,
    )
    units.set_status("u1", UnitStatus.FREE, by="operator")
    again = units.put("u1", name="四号车", team="", area_id=None, by="supervisor")
    assert (again.name, again.status) == ("四号车", UnitStatus.FREE)
    assert units.all() == (again,)


def test_what_cannot_be_is_refused(setting: Setting) -> None:
    units = setting.records.units
    with pytest.raises(InvalidUnit, match="area"):
        units.put("u1", name="x", team="", area_id="nowhere", by="s")
    with pytest.raises(InvalidUnit, match="unit id"):
        units.put("u 1", name="x", team="", area_id=None, by="s")
    for call in (
        lambda: units.get("u1"),
        lambda: units.get("u\x001"),
        lambda: units.report("u1", place()),
        lambda: units.set_status("u1", UnitStatus.FREE, by="s"),
        lambda: units.remove("u1", by="s"),
        lambda: units.positions("u1", since=START, limit=1),
    ):
        with pytest.raises(NotFound):
            call()


def test_the_newest_report_counts_and_a_late_one_goes_to_the_history(setting: Setting) -> None:
    units = setting.records.units
    setting.unit()
    setting.clock.advance(600)
    units.report("u1", place(5), UnitStatus.FREE)
    after = units.report("u1", place(2, north=29.5))
    assert after.position == place(5)
    assert after.status is UnitStatus.FREE
    assert after.status_at == setting.clock.now()
    history = units.positions("u1", since=START, limit=10)
    assert history == (place(5), place(2, north=29.5))
    assert units.positions("u1", since=START + timedelta(minutes=3), limit=10) == (place(5),)
    with pytest.raises(InvalidUnit, match="now or before"):
        units.report("u1", place(30))


def test_retention_takes_the_history_and_leaves_the_newest(setting: Setting) -> None:
    units = setting.records.units
    setting.unit()
    setting.clock.advance(3600)
    for minutes in (0, 10, 20):
        units.report("u1", place(minutes))
    assert units.delete_before(START + timedelta(minutes=30)) == 3
    assert units.positions("u1", since=START, limit=10) == ()
    assert units.get("u1").position == place(20)


def test_a_unit_that_was_dispatched_is_engaged_until_there_is_an_outcome(setting: Setting) -> None:
    records, operator = setting.records, setting.staff[Role.OPERATOR]
    setting.unit()
    setting.unit("u2")
    order = active_order(records, setting.staff, order_request())
    records.alerts.raise_alerts([hit(order, passage())])
    (ordered,) = records.alerts.page(only_open=True, limit=5)
    alert_id = ordered.alert.alert_id
    records.alerts.step(alert_id, AlertMove.VERIFY, by=operator, verdict=Verdict.CORRECT)
    records.alerts.step(alert_id, AlertMove.SIGN_OFF, by=operator)
    records.alerts.step(alert_id, AlertMove.DISPATCH, by=operator, unit="u1")
    assert [u.engaged for u in records.units.all()] == [alert_id, None]
    records.alerts.step(alert_id, AlertMove.MISSED, by=operator)
    assert [u.engaged for u in records.units.all()] == [None, None]


def to_dispatch(setting: Setting) -> str:
    """An alert that somebody has signed off."""
    records, operator = setting.records, setting.staff[Role.OPERATOR]
    order = active_order(records, setting.staff, order_request())
    records.alerts.raise_alerts([hit(order, passage())])
    (ordered,) = records.alerts.page(only_open=True, limit=5)
    alert_id = ordered.alert.alert_id
    records.alerts.step(alert_id, AlertMove.VERIFY, by=operator, verdict=Verdict.CORRECT)
    records.alerts.step(alert_id, AlertMove.SIGN_OFF, by=operator)
    return alert_id


@pytest.mark.parametrize("called", ["u1", "  u1 ", "1 号车"])
def test_a_registered_unit_is_dispatched_by_its_id_or_its_name(setting: Setting, called: str) -> None:
    alert_id, operator = to_dispatch(setting), setting.staff[Role.OPERATOR]
    setting.records.units.put("u1", name="1 号车", team="", area_id=None, by="tests")
    setting.records.units.put("u2", name="2 号车", team="", area_id=None, by="tests")
    after = setting.records.alerts.step(alert_id, AlertMove.DISPATCH, by=operator, unit=called)
    assert (after.alert.steps[-1].unit, after.alert.steps[-1].unit_id) == ("1 号车", "u1")
    assert [u.engaged for u in setting.records.units.all()] == [alert_id, None]
    assert json.loads(setting.records.audit.page(limit=1)[0].record.detail)["unit_id"] == "u1"


def test_where_units_are_registered_no_other_is_dispatched(setting: Setting) -> None:
    records, operator = setting.records, setting.staff[Role.OPERATOR]
    alert_id = to_dispatch(setting)
    records.checkpoints.put_areas([Area(area_id="north", name="北区"), Area(area_id="south", name="南区")])
    for unit_id, name, area_id in (("u1", "车", "north"), ("u2", "车", None), ("u3", "南车", "south")):
        records.units.put(unit_id, name=name, team="", area_id=area_id, by="tests")
    for called, why in (("3 号车", "got another; there are: u1 (车), u2 (车), u3"), ("车", "one of several")):
        with pytest.raises(UnknownUnit, match=re.escape(why)):
            records.alerts.step(alert_id, AlertMove.DISPATCH, by=operator, unit=called)
    north = replace(operator, areas=frozenset({"north"}))
    with pytest.raises(UnknownUnit, match=re.escape("there are: u1 (车), u2 (车)")):
        records.alerts.step(alert_id, AlertMove.DISPATCH, by=north, unit="u3")
    assert records.alerts.get(alert_id).alert.state == "signed_off"
    after = records.alerts.step(alert_id, AlertMove.DISPATCH, by=north, unit="u2")
    assert after.alert.steps[-1].unit_id == "u2"


def test_where_none_is_registered_whatever_they_are_called_must_do(setting: Setting) -> None:
    alert_id = to_dispatch(setting)
    after = setting.records.alerts.step(
        alert_id, AlertMove.DISPATCH, by=setting.staff[Role.OPERATOR], unit=" 3 号车 "
    )
    assert (after.alert.steps[-1].unit, after.alert.steps[-1].unit_id) == ("3 号车", "")


def test_what_people_do_to_units_is_in_the_trail(setting: Setting) -> None:
    records = setting.records
    records.checkpoints.put_areas([Area(area_id="north", name="北区")])
    records.units.put("u1", name="x", team="", area_id="north", by="supervisor")
    records.units.set_status("u1", UnitStatus.BUSY, by="operator")
    records.units.report("u1", place(-1))
    records.units.remove("u1", by="supervisor")
    assert records.units.all() == ()
    told = [e.record for e in records.audit.page(limit=3)][::-1]
    assert [(r.action, r.user, r.subject) for r in told] == [
        ("unit.put", "supervisor", "u1"),
        ("unit.status", "operator", "u1"),
        ("unit.remove", "supervisor", "u1"),
    ]
    assert json.loads(told[1].detail) == {"before": "off_duty", "after": "busy"}
    assert records.audit.verify().ok


def test_a_plan_is_written_down_and_shown_where_one_wants_it(setting: Setting) -> None:
    records = setting.records
    before = records.live.newest()
    record = AuditRecord(at=START, user="operator", action="alert.interception", subject="a1")
    records.units.record_plan(record)
    assert records.live.newest() == before
    records.units.record_plan(record, announced=CheckpointName(checkpoint_id="cp-1", name="汇东卡口"))
    (event,) = records.live.since(before, limit=5)
    assert (event.kind, json.loads(event.body)["checkpoint_id"]) == ("interception", "cp-1")
    assert [e.record.action for e in records.audit.page(limit=2)] == ["alert.interception"] * 2
