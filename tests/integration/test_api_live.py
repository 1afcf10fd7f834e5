"""The live feed over a real WebSocket: what is pushed, resumed, missed and refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from central.alert import AlertMove, Verdict
from central.api import ApiSettings
from central.people import Role
from proto.clock import ManualClock
from tests.centre import Centre, active_order, hit, order_request, passage, running_centre, serve


@pytest.fixture
def centre(tmp_path: Path, clock: ManualClock) -> Iterator[Centre]:
    settings = ApiSettings(live_behind=50, live_recheck=timedelta(milliseconds=20))
    with running_centre(tmp_path, clock, settings) as running:
        yield running


@contextmanager
def console(
    centre: Centre,
    role: Role | None,
    *,
    after: int | str | None = None,
    origin: str | None = None,
    url: str = "",
) -> Iterator[ClientConnection]:
    """A console's connection, its hello not yet read."""
    headers = {}
    if role is not None:
        headers["Cookie"] = f"bukong_session={centre.client(role).cookies['bukong_session']}"
    if origin is not None:
        headers["Origin"] = origin
    address = (url or centre.url).replace("http", "ws", 1) + "/api/live"
    if after is not None:
        address += f"?after={after}"
    # Uncompressed, or a connection would hold a great deal.
    with connect(address, additional_headers=headers, proxy=None, compression=None) as connection:
        yield connection


def next_of(connection: ClientConnection) -> dict[str, Any]:
    while True:
        message = json.loads(connection.recv(timeout=20))
        assert isinstance(message, dict)
        if message["kind"] != "caught_up":
            return message


def closed_with(connection: ClientConnection) -> int | None:
    """The code that the server closes with, whatever it says before."""
    try:
        while True:
            connection.recv(timeout=20)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


class TestRefusals:
    def test_without_a_session(self, centre: Centre) -> None:
        with console(centre, None) as connection:
            assert closed_with(connection) == 4401

    @pytest.mark.parametrize("origin", ["http://evil.example", "null"])
    def test_from_another_sites_page(self, centre: Centre, origin: str) -> None:
        with console(centre, Role.OPERATOR, origin=origin) as connection:
            assert closed_with(connection) == 4403

    def test_from_its_own_page(self, centre: Centre) -> None:
        with console(centre, Role.OPERATOR, origin=centre.url) as connection:
            assert next_of(connection)["kind"] == "hello"

    @pytest.mark.parametrize("after", ["x", "-1", "1.5", "9" * 30, "²"])
    def test_after_what(self, centre: Centre, after: str) -> None:
        with console(centre, Role.OPERATOR, after=after) as connection:
            assert closed_with(connection) == 4422

    def test_a_session_that_ends_ends_the_connection(self, centre: Centre, clock: ManualClock) -> None:
        with console(centre, Role.OPERATOR) as connection:
            next_of(connection)
            centre.records.accounts.disable("operator", by="administrator")
            clock.advance(1)
            assert closed_with(connection) == 4401


class TestEvents:
    def test_an_alert_and_its_steps(self, centre: Centre) -> None:
        order = active_order(centre.records, centre.staff, order_request())
        with console(centre, Role.OPERATOR) as connection:
            hello = next_of(connection)
            assert hello == {"kind": "hello", "newest": hello["newest"], "oldest": 1, "gap": False}
            centre.records.alerts.raise_alerts([hit(order, passage())])
            raised = next_of(connection)
            assert (raised["kind"], raised["at"]) == ("alert", "2026-03-01T04:00:00Z")
            assert raised["id"] == hello["newest"] + 1
            alert_id = raised["data"]["alert_id"]
            assert raised["data"] == centre.client(Role.OPERATOR).get(f"/api/alerts/{alert_id}").json()
            assert raised["data"]["may"] == ["verify", "hand_over"]
            centre.records.alerts.step(
                alert_id, AlertMove.VERIFY, by=centre.staff[Role.OPERATOR], verdict=Verdict.MISREAD
            )
            stepped = next_of(connection)["data"]
            assert (stepped["state"], stepped["may"]) == ("false_alert", [])

    def test_an_order_as_each_may_see_it(self, centre: Centre) -> None:
        centre.records.live.announce([passage()])
        order = centre.records.orders.create(order_request(), by=centre.staff[Role.APPLICANT])
        mays = {}
        for role in (Role.APPLICANT, Role.APPROVER, Role.OPERATOR):
            with console(centre, role, after=1) as connection:
                next_of(connection)
                event = next_of(connection)
            assert (event["kind"], event["data"]["order_id"]) == ("order", order.order_id)
            mays[role] = event["data"]["may"]
        assert mays == {"applicant": ["submit", "withdraw"], "approver": ["withdraw"], "operator": []}

    def test_who_sees_what(self, centre: Centre) -> None:
        order = active_order(centre.records, centre.staff, order_request())
        with console(centre, Role.APPROVER) as approver, console(centre, Role.INVESTIGATOR) as investigator:
            next_of(approver)
            assert [json.loads(investigator.recv())["kind"] for _ in range(2)] == ["hello", "caught_up"]
            centre.records.live.announce([passage()])
            centre.records.alerts.raise_alerts([hit(order, passage())])
            centre.records.orders.create(order_request(), by=centre.staff[Role.APPLICANT])
            assert next_of(approver)["kind"] == "order"
            with pytest.raises(TimeoutError):
                investigator.recv(timeout=0.2)

    def test_no_back_door_to_where_a_vehicle_was(self, centre: Centre, clock: ManualClock) -> None:
        """A resume shows no passage that the live view would not show."""
        first, second = passage(seed="1"), passage(seed="2")
        centre.records.live.announce([first])
        clock.advance(timedelta(minutes=16).total_seconds())
        centre.records.live.announce([second])
        centre.records.live.announce([passage(seed="3")])
        with console(centre, Role.OPERATOR, after=1) as connection:
            next_of(connection)
            assert next_of(connection)["data"]["passage_id"] == str(second.passage_id)


class TestResuming:
    def test_nothing_is_missed_or_doubled_over_a_restart(self, centre: Centre) -> None:
        passages = [passage(seed=str(i)) for i in range(9)]
        with console(centre, Role.OPERATOR) as connection:
            next_of(connection)
            centre.records.live.announce(passages[:3])
            seen = [next_of(connection) for _ in range(2)]  # the connection breaks here
        centre.records.live.announce(passages[3:6])
        with (
            serve(centre.services) as url,
            console(centre, Role.OPERATOR, after=seen[-1]["id"], url=url) as connection,
        ):
            hello = next_of(connection)
            assert not hello["gap"]
            centre.records.live.announce(passages[6:])
            seen += [next_of(connection) for _ in range(7)]
        assert [event["data"]["passage_id"] for event in seen] == [str(p.passage_id) for p in passages]
        ids = [event["id"] for event in seen]
        assert ids == sorted(set(ids))

    def test_what_is_no_longer_kept_is_a_gap(self, centre: Centre, clock: ManualClock) -> None:
        centre.records.live.announce([passage(seed=str(i)) for i in range(5)])
        clock.advance(timedelta(days=2).total_seconds())
        centre.records.live.prune()
        with console(centre, Role.OPERATOR, after=2) as connection:
            assert next_of(connection) == {"kind": "hello", "newest": 5, "oldest": 5, "gap": True}
            centre.records.live.announce([passage(seed="new")])
            assert next_of(connection)["id"] == 6

    def test_a_feed_begun_anew_is_a_gap(self, centre: Centre) -> None:
        with console(centre, Role.OPERATOR, after=4711) as connection:
            assert next_of(connection)["gap"]
            centre.records.live.announce([passage()])
            assert next_of(connection)["data"]["passage_id"] == str(passage().passage_id)

    def test_too_much_to_catch_up_with_is_a_gap(self, centre: Centre) -> None:
        centre.records.live.announce([passage(seed=str(i)) for i in range(60)])
        with serve(centre.services) as url, console(centre, Role.OPERATOR, after=1, url=url) as connection:
            assert not next_of(connection)["gap"]
            assert next_of(connection) == {"kind": "gap", "newest": 60}
            centre.records.live.announce([passage(seed="new")])
            assert next_of(connection)["id"] == 61

    def test_as_much_as_may_be_is_none(self, centre: Centre) -> None:
        centre.records.live.announce([passage(seed=str(i)) for i in range(60)])
        with serve(centre.services) as url, console(centre, Role.OPERATOR, after=10, url=url) as connection:
            next_of(connection)
            assert [next_of(connection)["id"] for _ in range(50)] == list(range(11, 61))


class TestCatchingUp:
    def test_it_is_said_once_when_all_from_before_has_come(self, centre: Centre) -> None:
        centre.records.live.announce([passage(seed=str(i)) for i in range(5)])
        with console(centre, Role.OPERATOR, after=2) as connection:
            said = [json.loads(connection.recv(timeout=20)) for _ in range(5)]
            centre.records.live.announce([passage(seed="new")])
            assert json.loads(connection.recv(timeout=20))["id"] == 6
        assert [message["kind"] for message in said] == ["hello", *["passage"] * 3, "caught_up"]
        assert said[-1]["newest"] == 5

    def test_also_to_one_who_may_see_none_of_it(self, centre: Centre) -> None:
        centre.records.live.announce([passage(seed=str(i)) for i in range(5)])
        with console(centre, Role.INVESTIGATOR, after=2) as connection:
            said = [json.loads(connection.recv(timeout=20)) for _ in range(2)]
        assert [message["kind"] for message in said] == ["hello", "caught_up"]

    def test_at_once_where_nothing_is_to_catch_up_with(self, centre: Centre) -> None:
        with console(centre, Role.OPERATOR) as connection:
            said = [json.loads(connection.recv(timeout=20)) for _ in range(2)]
        assert [message["kind"] for message in said] == ["hello", "caught_up"]


class TestServerSentEvents:
    def test_events_come_and_are_resumed_by_the_last_ones_id(self, centre: Centre) -> None:
        passages = [passage(seed=str(i)) for i in range(4)]
        centre.records.live.announce(passages[:3])
        client = centre.client(Role.OPERATOR, Accept="text/event-stream")
        with client.stream("GET", "/api/live/events", headers={"Last-Event-ID": "1"}) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.iter_lines()
            told = [event_of(lines) for _ in range(4)]
            centre.records.live.announce(passages[3:])
            told.append(event_of(lines))
        assert [(kind, number) for kind, number, _ in told] == [
            ("hello", None),
            ("passage", "2"),
            ("passage", "3"),
            ("caught_up", "3"),
            ("passage", "4"),
        ]
        assert told[0][2] == {"kind": "hello", "newest": 3, "oldest": 1, "gap": False}
        assert told[4][2]["data"]["passage_id"] == str(passages[3].passage_id)

    def test_with_the_rights_of_whoever_looks(self, centre: Centre) -> None:
        centre.records.live.announce([passage()])
        client = centre.client(Role.INVESTIGATOR, Accept="text/event-stream")
        with client.stream("GET", "/api/live/events", params={"after": 4711}) as answer:
            lines = answer.iter_lines()
            kinds = [event_of(lines)[::2] for _ in range(2)]
        assert kinds[0] == ("hello", {"kind": "hello", "newest": 1, "oldest": 1, "gap": True})
        assert kinds[1][0] == "caught_up"

    def test_one_who_takes_no_stream_is_given_none(self, centre: Centre) -> None:
        client = centre.client(Role.OPERATOR)
        assert client.get("/api/live/events").status_code == 406
        answer = client.get("/api/live/events", headers={"Accept": "text/event-stream", "Last-Event-ID": "x"})
        assert answer.status_code == 422
        assert centre.client(Accept="text/event-stream").get("/api/live/events").status_code == 401


def test_who_rides_no_more_is_told_of_no_dispatch(centre: Centre, clock: ManualClock) -> None:
    records, operator = centre.records, centre.staff[Role.OPERATOR]
    records.units.put("u1", name="一号", team="", area_id=None, by="tests", crew=["patrol"])

    def send(plate: str) -> None:
        order = active_order(records, centre.staff, order_request(plate))
        records.alerts.raise_alerts([hit(order, passage(plate))])
        (raised,) = (
            f.alert.alert_id
            for f in records.alerts.page(only_open=True, limit=9)
            if f.order.request.plate == plate
        )
        records.alerts.step(raised, AlertMove.VERIFY, by=operator, verdict=Verdict.CORRECT)
        records.alerts.step(raised, AlertMove.SIGN_OFF, by=operator)
        records.alerts.step(raised, AlertMove.DISPATCH, by=operator, unit="u1")

    with console(centre, Role.PATROL) as connection:
        assert next_of(connection)["kind"] == "hello"
        send("川C10001")
        assert next_of(connection)["kind"] == "dispatch"
        records.accounts.change("patrol", by="administrator", roles=[Role.APPLICANT])
        clock.advance(1)
        kinds = set[str]()
        for number in range(100):  # until it was looked at who they are
            active_order(records, centre.staff, order_request(f"川C2{number:04}"))
            with suppress(TimeoutError):
                kinds.add(json.loads(connection.recv(timeout=0.1))["kind"])
            if "order" in kinds:
                break
        send("川C10002")
        last = active_order(records, centre.staff, order_request("川C30000"))
        while True:
            told = next_of(connection)
            assert told["kind"] == "order"
            if told["data"]["order_id"] == last.order_id:
                break


def event_of(lines: Iterator[str]) -> tuple[str, str | None, Any]:
    """Kind, id and data of the next event."""
    fields: dict[str, str] = {}
    for line in lines:
        if line == "" and fields:
            return fields["event"], fields.get("id"), json.loads(fields["data"])
        name, colon, value = line.partition(": ")
        if colon:
            fields[name] = value
    raise AssertionError("the stream ended")


class TestSlowConsoles:
    def test_one_that_does_not_read_is_given_a_gap_and_holds_up_nobody(
        self, tmp_path: Path, clock: ManualClock
    ) -> None:
        batch = [passage(seed=str(i)) for i in range(100)]
        with (
            running_centre(tmp_path, clock, ApiSettings(live_behind=500)) as centre,
            console(centre, Role.OPERATOR) as slow,
            console(centre, Role.OPERATOR) as brisk,
        ):
            next_of(slow)
            next_of(brisk)
            written = 0
            while written < 15_000:  # far more than the slow one's connection can hold
                centre.records.live.announce(batch)
                ids = [next_of(brisk)["id"] for _ in batch]
                assert ids == list(range(written + 1, written + 101))
                written += 100
            seen: list[int] = []
            gaps = 0
            while not seen or seen[-1] < written:
                message = next_of(slow)
                gaps += message["kind"] == "gap"
                seen.append(message["newest"] if message["kind"] == "gap" else message["id"])
            assert gaps == 1
            assert seen == sorted(set(seen))
            assert len(seen) < written
            centre.records.live.announce([passage(seed="after")])
            assert next_of(slow)["id"] == written + 1
