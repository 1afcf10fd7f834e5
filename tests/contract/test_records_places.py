"""What every engine of the records must do for checkpoints and areas."""

from __future__ import annotations

from dataclasses import replace

import pytest

from central.area import Area
from central.checkpoint import Checkpoint
from central.people import InvalidUser, Role
from tests.centre import CHECKPOINT, PASSWORD, START, hit, passage
from tests.contract.records_setting import Setting


class TestCheckpoints:
    def test_put_adds_and_changes(self, setting: Setting) -> None:
        book = setting.records.checkpoints
        other = Checkpoint(checkpoint_id="cp-0", name="南环卡口")
        renamed = replace(CHECKPOINT, name="汇东新卡口", latitude=None)
        book.put([other, renamed])
        book.put([])
        assert book.all() == (other, renamed)
        assert book.names({"cp-0", "cp-7"}) == {"cp-0": "南环卡口"}
        assert book.names(set()) == {}


class TestAreas:
    def test_people_and_checkpoints_keep_theirs(self, setting: Setting) -> None:
        book = setting.records.checkpoints
        outer, inner = Area(area_id="city", name="市"), Area(area_id="county", name="县", parent="city")
        book.put_areas([outer, inner])
        book.put([replace(CHECKPOINT, area_id="county")])
        user = setting.records.people.create_user(
            username="li", name="李", password=PASSWORD, roles=[Role.OPERATOR], areas=["city"], by="tests"
        )
        again = setting.open_again()
        assert again.checkpoints.areas() == (outer, inner)
        assert next(u for u in again.people.users() if u.username == "li") == user
        assert again.checkpoints.scope(user.areas).narrow() == frozenset({CHECKPOINT.checkpoint_id})
        assert again.checkpoints.scope(()).narrow() is None

    def test_an_area_is_renamed_though_people_have_it(self, setting: Setting) -> None:
        book = setting.records.checkpoints
        book.put_areas([Area(area_id="city", name="市")])
        setting.records.people.create_user(
            username="li", name="李", password=PASSWORD, roles=[Role.OPERATOR], areas=["city"], by="tests"
        )
        book.put_areas([Area(area_id="city", name="城")])
        assert book.areas() == (Area(area_id="city", name="城"),)

    def test_an_area_that_there_is_not(self, setting: Setting) -> None:
        with pytest.raises(InvalidUser, match="expected areas that there are for 'li', got nowhere"):
            setting.records.people.create_user(
                username="li",
                name="李",
                password=PASSWORD,
                roles=[Role.OPERATOR],
                areas=["nowhere"],
                by="tests",
            )
        assert "li" not in {user.username for user in setting.records.people.users()}

    def test_alerts_by_checkpoint(self, setting: Setting) -> None:
        alerts = setting.records.alerts
        places = ["cp-1", "cp-2", "cp\0"]
        alerts.raise_alerts([hit(setting.active(), passage(checkpoint_id=each)) for each in places])
        for only_open in (True, False):
            (found,) = alerts.page(only_open=only_open, limit=9, checkpoints={"cp-2"})
            assert found.alert.passage.checkpoint_id == "cp-2"
            assert alerts.page(only_open=only_open, limit=9, checkpoints=()) == ()
            assert len(alerts.page(only_open=only_open, limit=9)) == 3
        assert alerts.figures(START, checkpoints={"cp-1", "cp-2"}).open == 2
        assert alerts.figures(START, checkpoints=()).raised == 0
