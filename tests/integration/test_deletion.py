"""What is too old is really gone: not to be found as bytes in any file. And what a hold keeps is there."""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from central.alert import AlertMove, Verdict
from central.config import CentreSettings
from central.hold import HoldRequest, InvalidHold
from central.metrics import CentreMetrics
from central.people import Role
from central.ports import PassageQuery, PassageStore
from central.records import NotFound, Records
from central.wiring import open_bus, open_engines, retention_of
from proto.bus.port import Record
from proto.clock import ManualClock
from proto.codec import encode_passages
from proto.passage import Passage
from proto.topics import ALL, PASSAGES
from tests.centre import START, active_order, hit, order_request, passage, people

HOLDS = ("hold.place", "hold.lift")
Asked = Callable[[str], HoldRequest]
#: Texts that no other file has by chance.
OLD, WANTED = "川X9Q7Z5", "川X7J5W3"


class Setting:
    """A centre's engines that keep passages for 5 days, images for 2 and alerts for 10."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock(current=START)
        settings = CentreSettings(data=folder)
        kept = settings.retention.model_copy(update={"passages_days": 5, "images_days": 2, "alerts_days": 10})
        self.settings = settings.model_copy(update={"retention": kept})
        self.bus = open_bus(self.settings, self.clock)
        self.bus.create_topics(ALL)
        self.engines = open_engines(self.settings, self.clock)
        self.retention = retention_of(
            self.settings, self.engines, self.clock, CentreMetrics(CollectorRegistry())
        )
        self.staff = people(self.records)

    @property
    def records(self) -> Records:
        return self.engines.records

    @property
    def store(self) -> PassageStore:
        assert self.engines.store is not None
        return self.engines.store

    def pictured(self, plate: str, *, days: int = 0) -> tuple[Passage, bytes]:
        """A passage on the bus, in the store and on the live feed, and its picture."""
        picture = b"\xff\xd8\xff" + secrets.token_bytes(2000)
        sha256 = hashlib.sha256(picture).hexdigest()
        seen = passage(plate, at=START + timedelta(days=days), scene=sha256)
        self.bus.producer().publish(PASSAGES, [Record(key=b"node-1", value=encode_passages([seen]))])
        self.store.insert([seen])
        self.records.live.announce([seen])
        self.engines.images.put(sha256, picture)
        return seen, picture

    def closed_alert(self, plate: str) -> tuple[str, Passage, bytes]:
        """Raised, seen to be none, and so over."""
        order = active_order(self.records, self.staff, order_request(plate))
        seen, picture = self.pictured(plate)
        self.records.alerts.raise_alerts([hit(order, seen)])
        alert = self.records.alerts.page(only_open=True, limit=1)[0].alert
        self.records.alerts.step(
            alert.alert_id, AlertMove.VERIFY, by=self.staff[Role.OPERATOR], verdict=Verdict.MISREAD
        )
        return alert.alert_id, seen, picture

    def days_pass(self, days: int) -> None:
        self.clock.advance(86_400 * days)
        self.records.live.prune()
        self.retention.run()

    def files_with(self, what: bytes) -> list[str]:
        files = (path for path in self.folder.rglob("*") if path.is_file())
        found = []
        for path in files:
            try:
                if what in path.read_bytes():
                    found.append(str(path.relative_to(self.folder)))
            except FileNotFoundError:  # a part that was just let go of
                continue
        return found

    def close(self) -> None:
        self.engines.close()
        self.bus.close()


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[Setting]:
    found = Setting(tmp_path / "data")
    yield found
    found.close()


def test_no_file_has_the_plate_or_the_picture_any_more(setting: Setting) -> None:
    _, picture = setting.pictured(OLD)
    setting.pictured("京A00001", days=9)
    plate = OLD.encode()
    where = setting.files_with(plate)
    assert any("clickhouse" in name for name in where)
    assert any("records.db" in name for name in where)
    assert any("bus.db" in name for name in where)
    assert len(setting.files_with(picture)) == 1
    setting.days_pass(9)
    # The bus keeps records for as long as the topic says, and lets go of them when the next ones come.
    setting.pictured("京A00002", days=9)
    with closing(sqlite3.connect(setting.settings.bus_file)) as bus:
        bus.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert setting.store.count(PassageQuery(plate=OLD)) == 0
    assert setting.files_with(picture) == []
    assert setting.files_with(plate) == []
    entries = [e.record for e in setting.records.audit.page(limit=50) if e.record.action == "retention.delete"]
    assert {(e.subject, json.loads(e.detail)["count"]) for e in entries} == {("images", 2), ("passages", 1)}
    assert OLD not in repr(entries)


def test_an_alert_keeps_its_pictures_and_goes_with_all_that_is_its_own(setting: Setting) -> None:
    alert_id, seen, picture = setting.closed_alert(WANTED)
    setting.days_pass(7)
    assert setting.store.count(PassageQuery()) == 0
    assert len(setting.files_with(picture)) == 1
    assert setting.records.alerts.get(alert_id).alert.passage == seen
    passage_id = str(seen.passage_id).encode()
    assert setting.files_with(passage_id)
    setting.pictured(OLD, days=7)  # the live feed's newest event always stays, and was the alert's
    setting.days_pass(7)
    with pytest.raises(NotFound):
        setting.records.alerts.get(alert_id)
    assert setting.files_with(picture) == []
    assert setting.files_with(passage_id) == []
    with sqlite3.connect(setting.folder / "records" / "records.db") as database:
        for table in ("alerts", "alert_steps", "alert_repeats", "alert_images", "retention_permit"):
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
    database.close()


def test_steps_of_alerts_are_still_for_nobody_else_to_delete(setting: Setting) -> None:
    setting.closed_alert(WANTED)
    with (
        closing(sqlite3.connect(setting.folder / "records" / "records.db")) as database,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        database.execute("DELETE FROM alert_steps")


def test_an_alert_that_is_not_over_stays_whatever_its_age(setting: Setting) -> None:
    order = active_order(setting.records, setting.staff, order_request(WANTED))
    seen, _ = setting.pictured(WANTED)
    setting.records.alerts.raise_alerts([hit(order, seen)])
    setting.days_pass(30)
    assert len(setting.records.alerts.page(only_open=True, limit=9)) == 1


@pytest.mark.parametrize(
    "request_of",
    [
        lambda _: HoldRequest(plate=WANTED, reason="复议"),
        lambda _: HoldRequest(case_number="A-1", reason="复议"),
        lambda alert_id: HoldRequest(alert_id=alert_id, reason="复议"),
        lambda _: HoldRequest(since=START, until=START + timedelta(hours=1), reason="复议"),
    ],
    ids=["plate", "case", "alert", "time"],
)
def test_what_a_hold_names_stays_until_another_person_lifts_it(setting: Setting, request_of: Asked) -> None:
    alert_id, seen, picture = setting.closed_alert(WANTED)
    other, other_picture = setting.pictured(OLD, days=-1)
    hold = setting.records.holds.place(request_of(alert_id), by="supervisor")
    setting.days_pass(30)
    assert [p.passage_id for p in setting.store.search(PassageQuery()).passages] == [seen.passage_id]
    assert setting.records.alerts.get(alert_id).alert.passage == seen
    assert len(setting.files_with(picture)) == 1
    assert setting.files_with(other_picture) == []
    assert setting.store.get(other.passage_id) is None
    with pytest.raises(InvalidHold, match="expected another person than supervisor"):
        setting.records.holds.lift(hold.hold_id, by="supervisor", because="案件已结")
    setting.records.holds.lift(hold.hold_id, by="auditor", because="案件已结")
    setting.days_pass(1)
    assert setting.store.count(PassageQuery()) == 0
    assert setting.files_with(picture) == []
    with pytest.raises(NotFound):
        setting.records.alerts.get(alert_id)
    lifted, placed = [e.record for e in setting.records.audit.page(limit=50) if e.record.action in HOLDS]
    assert (placed.action, placed.user, placed.reason) == ("hold.place", "supervisor", "复议")
    assert (lifted.action, lifted.user, lifted.reason) == ("hold.lift", "auditor", "案件已结")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (HoldRequest(plate="", reason="复议"), "expected a plate, a case number, an alert"),
        (HoldRequest(since=START, reason="复议"), "or a time from and to"),
        (HoldRequest(plate=OLD, reason=" "), "expected a reason"),
        (HoldRequest(plate=OLD, alert_id="a", reason="复议"), "expected an alert alone"),
        (HoldRequest(plate=OLD, since=START, until=START, reason="复议"), "expected since before until"),
    ],
)
def test_a_hold_that_can_not_be(setting: Setting, wrong: HoldRequest, why: str) -> None:
    with pytest.raises(InvalidHold, match=why):
        setting.records.holds.place(wrong, by="supervisor")
    with pytest.raises(NotFound):
        setting.records.holds.place(HoldRequest(alert_id="none", reason="复议"), by="supervisor")


def test_a_hold_is_lifted_once(setting: Setting) -> None:
    hold = setting.records.holds.place(HoldRequest(plate=OLD, reason="复议"), by="supervisor")
    with pytest.raises(InvalidHold, match="expected a reason"):
        setting.records.holds.lift(hold.hold_id, by="auditor", because=" ")
    setting.records.holds.lift(hold.hold_id, by="auditor", because="案件已结")
    with pytest.raises(InvalidHold, match="that auditor lifted"):
        setting.records.holds.lift(hold.hold_id, by="another", because="案件已结")
    with pytest.raises(NotFound):
        setting.records.holds.lift("none", by="auditor", because="案件已结")
    (listed,) = setting.records.holds.all()
    assert (listed.active, listed.lifted_by) == (False, "auditor")
