"""What every engine of the records must do with the unit at the roadside: who rides, what they see and say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from central.alert import AlertMove, AlertState, IllegalStep, IncompleteStep, InvalidReport, Report, Verdict
from central.interception.unit import InvalidUnit
from central.people import Role, User
from central.records import NotFound, Records, open_records
from central.records.port import ENDED_SHOWN, MOST_OF_AN_ALERT
from proto.clock import ManualClock
from tests.centre import CHEAP, PASSWORD, START, active_order, hit, new_clock, order_request, passage, people

PHOTO = "ab" * 32


@dataclass(slots=True, kw_only=True)
class Setting:
    records: Records
    clock: ManualClock
    staff: Mapping[Role, User]
    count: int = 0

    @property
    def driver(self) -> User:
        return self.staff[Role.PATROL]

    def unit(self, unit_id: str = "u1", *crew: str) -> None:
        self.records.units.put(
            unit_id, name=f"{unit_id} 车", team="", area_id=None, by="supervisor", crew=crew or ("patrol",)
        )

    def alert(self, *, unit: str | None = "u1", scene: str | None = None) -> str:
        """A new one; dispatched to the unit where there is one to be."""
        self.count += 1
        plate = f"川C{self.count:05}"
        order = active_order(self.records, self.staff, order_request(plate))
        self.records.alerts.raise_alerts([hit(order, passage(plate, scene=scene))])
        alert_id = next(
            found.alert.alert_id
            for found in self.records.alerts.page(only_open=True, limit=500)
            if found.order.order_id == order.order_id
        )
        self.desk(alert_id, AlertMove.VERIFY, verdict=Verdict.CORRECT)
        self.desk(alert_id, AlertMove.SIGN_OFF)
        if unit is not None:
            self.desk(alert_id, AlertMove.DISPATCH, unit=unit)
        return alert_id

    def desk(
        self, alert_id: str, move: AlertMove, *, verdict: Verdict | None = None, unit: str = "", note: str = ""
    ) -> None:
        by = self.staff[Role.OPERATOR]
        self.records.alerts.step(alert_id, move, by=by, verdict=verdict, unit=unit, note=note)

    def seen(self, username: str = "patrol") -> list[str]:
        return [each.found.alert.alert_id for each in self.records.patrol.dispatches(username)]


@pytest.fixture(params=["sqlite", "postgresql"])
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Setting]:
    url: str | None = request.getfixturevalue("database_url") if request.param == "postgresql" else None
    clock = new_clock()
    records = open_records(tmp_path, clock=clock, policy=CHEAP, url=url)
    yield Setting(records=records, clock=clock, staff=people(records))
    records.close()


class TestWhoRides:
    def test_a_person_rides_with_one_unit_the_last_that_says_so(self, setting: Setting) -> None:
        units, patrol = setting.records.units, setting.records.patrol
        assert patrol.unit("patrol") is None
        setting.unit("u1")
        assert units.get("u1").crew == ("patrol",)
        setting.unit("u2")
        assert [unit.crew for unit in units.all()] == [(), ("patrol",)]
        mine = patrol.unit("patrol")
        assert mine is not None
        assert mine.unit_id == "u2"
        units.put("u2", name="二号", team="", area_id=None, by="supervisor")
        assert units.get("u2").crew == ("patrol",), "who says nothing of the crew leaves it as it is"
        units.put("u2", name="二号", team="", area_id=None, by="supervisor", crew=())
        assert patrol.unit("patrol") is None

    @pytest.mark.parametrize("who", ["operator", "nobody"])
    def test_only_who_has_the_role(self, setting: Setting, who: str) -> None:
        with pytest.raises(InvalidUnit, match=f"of the role patrol .* got {who}"):
            setting.unit("u1", "patrol", who)
        with pytest.raises(NotFound):
            setting.records.units.get("u1")

    def test_who_is_disabled_rides_no_more(self, setting: Setting) -> None:
        setting.unit()
        setting.records.accounts.disable("patrol", by="administrator")
        assert setting.records.units.get("u1").crew == ()

    def test_a_unit_that_goes_takes_its_crew_along(self, setting: Setting) -> None:
        setting.unit()
        alert_id = setting.alert()
        setting.records.units.remove("u1", by="supervisor")
        assert setting.records.patrol.unit("patrol") is None
        assert setting.seen() == []
        assert setting.records.alerts.get(alert_id).alert.steps[-1].unit_id == "u1"

    def test_the_trail_tells_who(self, setting: Setting) -> None:
        setting.unit()
        (entry,) = setting.records.audit.page(limit=1)
        assert entry.record.action == "unit.put"
        assert json.loads(entry.record.detail)["crew"] == ["patrol"]


class TestWhatTheySee:
    def test_what_their_unit_was_sent_to_and_nothing_else(self, setting: Setting) -> None:
        setting.unit("u1")
        setting.unit("u2", "patrol")
        setting.unit("u1", "patrol")
        first = setting.alert()
        setting.clock.advance(60)
        others, unsent = setting.alert(unit="u2"), setting.alert(unit=None)
        second = setting.alert()
        assert setting.seen() == [second, first], "the most lately sent first"
        assert setting.seen("operator") == [], "who rides with none sees none"
        patrol = setting.records.patrol
        for alert_id in (others, unsent, "no such", "a\x00b"):
            with pytest.raises(NotFound):
                patrol.dispatch("patrol", alert_id)
            with pytest.raises(NotFound):
                patrol.step(alert_id, AlertMove.UNDER_WAY, by=setting.driver)
            with pytest.raises(NotFound):
                patrol.take_photo(alert_id, PHOTO, by=setting.driver)

    def test_images_of_those_and_no_others(self, setting: Setting) -> None:
        setting.unit("u2", "patrol")
        setting.unit("u1", "patrol")
        mine, others = "11" * 32, "22" * 32
        setting.alert(scene=mine)
        setting.alert(scene=others, unit=None)
        patrol = setting.records.patrol
        assert [patrol.may_see("patrol", each) for each in (mine, others, "33" * 32)] == [True, False, False]
        assert not patrol.may_see("operator", mine)

    def test_what_has_ended_for_a_while(self, setting: Setting) -> None:
        setting.unit()
        alert_id = setting.alert(scene=PHOTO)
        setting.desk(alert_id, AlertMove.VERIFY, verdict=Verdict.MISREAD)
        setting.clock.advance(ENDED_SHOWN.total_seconds())
        assert setting.seen() == [alert_id]
        setting.clock.advance(1)
        assert setting.seen() == []
        assert not setting.records.patrol.may_see("patrol", PHOTO)

    def test_a_dispatch_and_what_came_after_it(self, setting: Setting) -> None:
        setting.unit()
        alert_id = setting.alert()
        setting.records.patrol.step(alert_id, AlertMove.UNDER_WAY, by=setting.driver)
        found = setting.records.patrol.dispatch("patrol", alert_id)
        assert [step.move for step in found.since] == [AlertMove.DISPATCH, AlertMove.UNDER_WAY]
        assert found.sent.unit_id == found.unit_id == "u1"


class TestWhatTheySay:
    def test_the_whole_way(self, setting: Setting) -> None:
        setting.unit()
        patrol, driver = setting.records.patrol, setting.driver
        alert_id = setting.alert()
        for move, state in (
            (AlertMove.UNDER_WAY, AlertState.DISPATCHED),
            (AlertMove.ON_SCENE, AlertState.DISPATCHED),
            (AlertMove.INTERCEPTED, AlertState.INTERCEPTED),
        ):
            assert patrol.step(alert_id, move, by=driver).found.alert.state is state
        patrol.take_photo(alert_id, PHOTO, by=driver)
        made_at = START - timedelta(minutes=3)
        report = Report(identity_checked=True, photos=(PHOTO,), made_at=made_at, key="k-1")
        after = patrol.step(alert_id, AlertMove.FEEDBACK, by=driver, note="人车均已核实", report=report)
        assert after.found.alert.state is AlertState.FED_BACK
        kept = setting.records.alerts.get(alert_id).alert.steps[-1]
        assert (kept.user, kept.note, kept.photos, kept.key) == ("patrol", "人车均已核实", (PHOTO,), "k-1")
        assert (kept.identity_checked, kept.made_at, kept.at) == (True, made_at, START)
        (entry,) = setting.records.audit.page(limit=1)
        detail = json.loads(entry.record.detail)
        assert (entry.record.action, entry.record.user) == ("alert.feedback", "patrol")
        assert (detail["made_at"], detail["photos"]) == (made_at.isoformat(), [PHOTO])
        assert setting.records.alerts.held_images([PHOTO]) == {PHOTO}, "kept as long as the alert"
        setting.desk(alert_id, AlertMove.CLOSE)

    def test_a_step_that_comes_twice_is_made_once(self, setting: Setting) -> None:
        setting.unit()
        alert_id = setting.alert()
        for _ in range(3):
            after = setting.records.patrol.step(
                alert_id, AlertMove.UNDER_WAY, by=setting.driver, report=Report(key="k-1")
            )
            assert [step.move for step in after.since] == [AlertMove.DISPATCH, AlertMove.UNDER_WAY]
        with pytest.raises(IllegalStep, match="expected under_way once"):
            setting.records.patrol.step(
                alert_id, AlertMove.UNDER_WAY, by=setting.driver, report=Report(key="k-2")
            )

    def test_anothers_mark_is_another_one(self, setting: Setting) -> None:
        """Two ride with the unit: a mark is its author's own, and hides no step of a colleague's."""
        colleague = setting.records.people.create_user(
            username="second", name="二", password=PASSWORD, roles=[Role.PATROL], by="tests"
        )
        setting.unit("u1", "patrol", "second")
        alert_id, patrol = setting.alert(), setting.records.patrol
        patrol.step(alert_id, AlertMove.UNDER_WAY, by=setting.driver, report=Report(key="1"))
        after = patrol.step(alert_id, AlertMove.ON_SCENE, by=colleague, report=Report(key="1"))
        assert [step.user for step in after.since[1:]] == ["patrol", "second"]

    def test_also_when_it_is_all_over(self, setting: Setting) -> None:
        """The answer was lost with the link, and comes to be asked for again long after."""
        setting.unit()
        alert_id = setting.alert()
        setting.records.patrol.step(alert_id, AlertMove.MISSED, by=setting.driver, report=Report(key="k-1"))
        setting.desk(alert_id, AlertMove.FEEDBACK, note="未拦到")
        setting.desk(alert_id, AlertMove.CLOSE)
        setting.clock.advance(7200)
        again = setting.records.patrol.step(
            alert_id, AlertMove.MISSED, by=setting.driver, report=Report(key="k-1")
        )
        assert again.found.alert.state is AlertState.CLOSED

    def test_what_was_overtaken_is_told_by_whom(self, setting: Setting) -> None:
        setting.unit()
        alert_id = setting.alert()
        setting.desk(alert_id, AlertMove.NOT_NEEDED)
        with pytest.raises(IllegalStep, match="operator made the step not_needed"):
            setting.records.patrol.step(alert_id, AlertMove.ON_SCENE, by=setting.driver)

    def test_what_cannot_be(self, setting: Setting) -> None:
        setting.unit()
        patrol, driver = setting.records.patrol, setting.driver
        alert_id = setting.alert()
        late = Report(made_at=START + timedelta(minutes=3))
        with pytest.raises(InvalidReport, match="set the clock of your device"):
            patrol.step(alert_id, AlertMove.UNDER_WAY, by=driver, report=late)
        with pytest.raises(InvalidReport, match="with feedback, got missed"):
            patrol.step(alert_id, AlertMove.MISSED, by=driver, report=Report(identity_checked=True))
        with pytest.raises(IllegalStep, match="a unit may say"):
            patrol.step(alert_id, AlertMove.NOT_NEEDED, by=driver)
        patrol.step(alert_id, AlertMove.MISSED, by=driver)
        with pytest.raises(IncompleteStep, match="expected photos that were handed in before"):
            patrol.step(alert_id, AlertMove.FEEDBACK, by=driver, note="x", report=Report(photos=(PHOTO,)))
        with pytest.raises(IncompleteStep, match="expected a note"):
            patrol.step(alert_id, AlertMove.FEEDBACK, by=driver)

    def test_photos_have_an_end(self, setting: Setting) -> None:
        setting.unit()
        alert_id = setting.alert(scene="11" * 32)
        patrol, driver = setting.records.patrol, setting.driver
        for number in range(MOST_OF_AN_ALERT):
            patrol.take_photo(alert_id, f"{number:064x}", by=driver)
        patrol.take_photo(alert_id, f"{0:064x}", by=driver)  # the same again
        with pytest.raises(IllegalStep, match="expected at most"):
            patrol.take_photo(alert_id, PHOTO, by=driver)
        setting.desk(alert_id, AlertMove.VERIFY, verdict=Verdict.MISREAD)
        with pytest.raises(IllegalStep, match="takes no photo any more"):
            patrol.take_photo(alert_id, PHOTO, by=driver)


def test_of_two_crews_each_has_its_own(setting: Setting) -> None:
    setting.records.people.create_user(
        username="second", name="二", password=PASSWORD, roles=[Role.PATROL], by="tests"
    )
    setting.unit("u1")
    setting.unit("u2", "second")
    first, second = setting.alert(unit="u1"), setting.alert(unit="u2")
    assert (setting.seen("patrol"), setting.seen("second")) == ([first], [second])
