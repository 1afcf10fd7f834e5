"""Alerts delivered to real servers, whatever these do, by one process and by several."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from email import message_from_string
from email.policy import default as mail_policy
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from central.delivery.mail import MailServer
from central.delivery.message import Request
from central.delivery.notice import Templates
from central.delivery.port import Delivery, DeliveryState
from central.delivery.post import Poster
from central.delivery.target import (
    Carry,
    DispatchPolicy,
    Happening,
    RetryPolicy,
    Target,
    TargetKind,
    TargetRequest,
)
from central.dispatch import Dispatch
from central.metrics import CentreMetrics
from central.order import Order
from central.records import Records, open_records
from proto.clock import ManualClock
from tests.centre import CHEAP, CHECKPOINT, START, active_order, hit, new_clock, order_request, passage, people
from tests.integration.receivers import certificate, http_receiver, smtp_receiver

POLICY = DispatchPolicy(timeout_s=1.0, retry=RetryPolicy(attempts=3))
SECRET = "a secret for tests"


class Road:
    """Records with an order, and processes that deliver."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.clock = clock
        self.records: Records = open_records(folder, clock=clock, policy=CHEAP)
        self.records.checkpoints.put([CHECKPOINT])
        self.order: Order = active_order(self.records, people(self.records), order_request())
        self.registry = CollectorRegistry()
        self.metrics = CentreMetrics(self.registry)
        self.seen = 0

    def dispatch(
        self, *, allow_private: bool = True, ca_file: Path | None = None, mail: MailServer | None = None
    ) -> Dispatch:
        return Dispatch(
            self.records.alerts,
            self.records.deliveries,
            poster=Poster(allow_private=allow_private, timeout_s=POLICY.timeout_s, ca_file=ca_file),
            mail=mail,
            templates=Templates(),
            policy=POLICY,
            clock=self.clock,
            metrics=self.metrics,
        )

    def target(self, url: str, kind: TargetKind = TargetKind.WEBHOOK, **more: object) -> Target:
        wanted = TargetRequest(name=f"{kind}", kind=kind, address=url, **more)  # type: ignore[arg-type]
        return self.records.deliveries.add_target(wanted, secret=SECRET, by="tests")

    def alert(self) -> None:
        """One more, of its own."""
        self.seen += 1
        of = passage(at=START + self.seen * timedelta(hours=1), seed=str(self.seen))
        assert self.records.alerts.raise_alerts([hit(self.order, of)]) == 1

    def deliveries(self) -> tuple[Delivery, ...]:
        """The oldest first."""
        return self.records.deliveries.page(limit=500)[::-1]

    def states(self) -> list[str]:
        return [delivery.state.value for delivery in self.deliveries()]


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    road = Road(tmp_path, new_clock())
    with closing(road.records):
        yield road


def until(dispatch: Dispatch, done: Callable[[], bool]) -> None:
    """Rounds until it is done."""
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline, "it is not done"
        dispatch.step()


def settled(road: Road, attempts: int, which: int = 0) -> Callable[[], bool]:
    """Whether a delivery had so many attempts, and nobody is at it."""

    def look() -> bool:
        found = road.deliveries()[which]
        waits = found.state == DeliveryState.PENDING and found.next_at <= road.clock.now()
        return found.attempts == attempts and not waits

    return look


@contextmanager
def running(road: Road, **settings: object) -> Iterator[Dispatch]:
    with closing(road.dispatch(**settings)) as dispatch:  # type: ignore[arg-type]
        yield dispatch


def test_a_webhook_is_signed_and_told_no_more_than_it_may(road: Road) -> None:
    with http_receiver() as receiver, running(road) as dispatch:
        road.target(receiver.url)
        road.alert()
        until(dispatch, lambda: road.states() == ["delivered"])
    ((headers, body, _),) = receiver.came
    signed = headers["Bukong-Timestamp"].encode() + b"." + body
    assert headers["Bukong-Timestamp"] == str(int(START.timestamp()))
    assert headers["Bukong-Signature"] == f"v1={hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()}"
    said = json.loads(body)
    assert headers["Bukong-Delivery"] == said["delivery_id"] == road.deliveries()[0].delivery_id
    assert (said["event"], said["checkpoint"], said["priority"], said["state"]) == (
        "raised",
        "汇东卡口",
        1,
        "raised",
    )
    text = body.decode()
    for secret in ("川C", "持刀", "盗抢", "A-1", "王磊", "/api/images", "operator"):
        assert secret not in text
    assert (
        road.registry.get_sample_value(
            "bukong_dispatch_deliveries_total", {"target": "webhook", "outcome": "delivered"}
        )
        == 1
    )


def test_what_it_may_carry_is_said(road: Road) -> None:
    with http_receiver() as receiver, running(road) as dispatch:
        road.target(receiver.url, carry=frozenset(Carry))
        road.alert()
        until(dispatch, lambda: road.states() == ["delivered"])
    said = json.loads(receiver.came[0][1])
    assert (said["plate"], said["danger_note"], said["case_number"]) == ("川C·12345", "持刀", "A-1")
    assert said["pictures"] == []


def test_500_then_200_the_same_delivery_again_and_the_next_one_after_it(road: Road) -> None:
    with http_receiver() as receiver, running(road) as dispatch:
        receiver.answers = [500, 200]
        road.target(receiver.url)
        road.alert()
        road.alert()
        until(dispatch, settled(road, 1))
        (first, second) = road.deliveries()
        assert first.last_error == "expected a status of 2xx, got 500"
        assert START + timedelta(seconds=1) <= first.next_at <= START + timedelta(seconds=2)
        for _ in range(3):
            dispatch.step()
        assert (len(receiver.came), road.deliveries()[1].attempts) == (1, 0)  # its time has not come
        road.clock.advance(2)
        until(dispatch, lambda: road.states() == ["delivered"] * 2)
    assert [headers["Bukong-Delivery"] for headers, *_ in receiver.came] == [
        first.delivery_id,
        first.delivery_id,
        second.delivery_id,
    ]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("hang", "expected an answer within 1 s, got none"),
        ("close", "expected an answer, got RemoteProtocolError"),
        (302, "expected a status of 2xx, got 302 (redirects are not followed)"),
        (404, "expected a status of 2xx, got 404"),
    ],
)
def test_what_goes_on_failing_is_given_up_and_can_be_sent_again(
    road: Road, answer: int | str, why: str
) -> None:
    with http_receiver() as receiver, running(road) as dispatch:
        receiver.answers = [answer]
        road.target(receiver.url)
        road.alert()
        for attempt in (1, 2, 3):
            until(dispatch, settled(road, attempt))
            road.clock.advance(10)
        (dead,) = road.deliveries()
        assert (dead.state, dead.last_error, len(receiver.came)) == ("dead", why, 3)
        receiver.answers = [200]
        receiver.over.set()
        assert road.records.deliveries.resend(dead.delivery_id, by="tests").state == "pending"
        until(dispatch, lambda: road.states() == ["delivered"])
    assert receiver.came[-1][0]["Bukong-Delivery"] == dead.delivery_id


def test_one_that_hangs_holds_up_no_other(road: Road) -> None:
    with http_receiver() as slow, http_receiver() as brisk, running(road) as dispatch:
        slow.answers = ["hang"]
        road.target(slow.url)
        brisk_id = road.target(brisk.url).target_id
        for _ in range(5):
            road.alert()

        def arrived() -> bool:
            mine = road.records.deliveries.page(limit=99, target_id=brisk_id)
            return all(delivery.state == "delivered" for delivery in mine)

        begun = time.monotonic()
        until(dispatch, arrived)
        assert time.monotonic() - begun < POLICY.timeout_s + 2
    assert len(brisk.came) == 5


def test_a_mail_server_that_hangs_holds_up_neither_others_nor_escalations(road: Road) -> None:
    """More targets by mail than asyncio has threads of its own."""
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        http_receiver() as brisk,
        running(
            road,
            mail=MailServer(
                host="127.0.0.1", port=silent.getsockname()[1], security="none", sender="a@example.com",
                timeout_s=6,
            ),
        ) as dispatch,
    ):  # fmt: skip
        for n in range(24):
            road.target(f"duty{n}@example.com", TargetKind.EMAIL)
        brisk_id = road.target(brisk.url).target_id
        for _ in range(3):
            road.alert()

        def arrived() -> bool:
            mine = road.records.deliveries.page(limit=99, target_id=brisk_id)
            return all(delivery.state == "delivered" for delivery in mine)

        begun = time.monotonic()
        until(dispatch, arrived)
        assert time.monotonic() - begun < 5


def test_what_nobody_thought_of_ends_among_the_dead_and_breaks_no_other_off(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Poster.post

    async def odd(self: Poster, request: Request) -> tuple[int, bytes]:
        if "odd" in request.url:
            raise ValueError(f"cannot make head or tail of {request.url}")
        return await real(self, request)

    monkeypatch.setattr(Poster, "post", odd)
    with http_receiver() as receiver, running(road) as dispatch:
        raised = frozenset({Happening.RAISED})
        road.target("https://odd.example.com/a-key", events=raised)
        road.target(receiver.url, events=raised)
        road.alert()
        for _ in range(POLICY.retry.attempts):
            until(dispatch, lambda: DeliveryState.DELIVERED in road.states())
            dispatch.step()
            road.clock.advance(600)
        until(dispatch, lambda: sorted(road.states()) == ["dead", "delivered"])
    (dead,) = road.records.deliveries.page(limit=9, state=DeliveryState.DEAD)
    assert dead.last_error == "the centre failed to send it: ValueError"


def test_tls_is_verified(road: Road, tmp_path: Path) -> None:
    files = certificate(tmp_path)
    with http_receiver(files) as receiver:
        road.target(receiver.url)
        road.alert()
        with running(road) as stranger:
            until(stranger, settled(road, 1))
        assert road.deliveries()[0].last_error == "expected an answer, got ConnectError"
        assert receiver.came == []
        road.clock.advance(10)
        with running(road, ca_file=files[0]) as dispatch:
            until(dispatch, lambda: road.states() == ["delivered"])
    assert receiver.came[0][0]["Host"] == receiver.url.split("/")[2]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_ones_own_network_is_out_of_reach_unless_it_is_allowed(road: Road, scheme: str) -> None:
    with http_receiver() as receiver, running(road, allow_private=False) as dispatch:
        road.target(receiver.url.replace("http", scheme))
        road.alert()
        until(dispatch, settled(road, 1))
    assert receiver.came == []
    expected = {"http": "expected https", "https": "expected a public address"}[scheme]
    assert road.deliveries()[0].last_error.startswith(expected)


def test_several_processes_share_the_work_without_doubling(road: Road) -> None:
    with http_receiver() as one, http_receiver() as other, running(road) as first, running(road) as second:
        road.target(one.url)
        road.target(other.url)
        for _ in range(10):
            road.alert()
        deadline = time.monotonic() + 20
        while road.states() != ["delivered"] * 20:
            assert time.monotonic() < deadline
            first.step()
            second.step()
    for receiver in (one, other):
        keys = [headers["Bukong-Delivery"] for headers, *_ in receiver.came]
        assert len(keys) == len(set(keys)) == 10
        versions = [json.loads(body)["seen_at"] for _, body, _ in receiver.came]
        assert versions == sorted(versions)


def test_what_a_process_that_died_had_in_hand_comes_again(road: Road) -> None:
    with http_receiver() as receiver:
        receiver.answers = ["hang"]
        road.target(receiver.url)
        road.alert()
        with running(road) as died:
            until(died, lambda: bool(receiver.came))
        receiver.answers = [200]
        with running(road) as dispatch:
            for _ in range(3):
                dispatch.step()
            assert len(receiver.came) == 1  # the lease
            road.clock.advance(40)
            until(dispatch, lambda: road.states() == ["delivered"])
    keys = {headers["Bukong-Delivery"] for headers, *_ in receiver.came}
    assert (len(receiver.came), len(keys)) == (2, 1)


@pytest.mark.parametrize("kind", [TargetKind.WECOM, TargetKind.DINGTALK, TargetKind.FEISHU])
def test_a_robots_no_is_a_no(road: Road, kind: TargetKind) -> None:
    with http_receiver() as receiver, running(road) as dispatch:
        receiver.body = b'{"code":19021,"errcode":310000}'
        road.target(receiver.url, kind, carry=frozenset({Carry.PLATE}))
        road.alert()
        until(dispatch, settled(road, 1))
        assert road.deliveries()[0].last_error == "expected the robot's code 0, got 310000"
        receiver.body = b'{"code":0}' if kind is TargetKind.FEISHU else b'{"errcode":0,"errmsg":"ok"}'
        road.clock.advance(10)
        until(dispatch, lambda: road.states() == ["delivered"])
    text = receiver.came[-1][1].decode()
    assert "【布控】新预警" in text
    assert "号牌：川C·12345" in text
    assert "持刀" not in text


def test_by_email(road: Road) -> None:
    with smtp_receiver() as mailbox:
        server = MailServer(host="127.0.0.1", port=mailbox.port, security="none", sender="bukong@example.com")
        with running(road, mail=server) as dispatch:
            mailbox.refuse = True
            road.target("duty@example.com, chief@example.com", TargetKind.EMAIL)
            road.alert()
            until(dispatch, settled(road, 1))
            assert road.deliveries()[0].last_error.endswith("got SMTPRecipientsRefused")
            mailbox.refuse = False
            road.clock.advance(10)
            until(dispatch, lambda: road.states() == ["delivered"])
    assert mailbox.recipients == ["duty@example.com", "chief@example.com"]
    mail = message_from_string(mailbox.mails[0], policy=mail_policy)
    assert mail["Subject"] == "【布控】新预警"
    assert mail["Message-ID"] == f"<{road.deliveries()[0].delivery_id}@bukong.invalid>"
    assert "卡口：汇东卡口" in mail.get_content()
    assert "川C" not in mail.get_content()


def test_without_a_mail_server_it_says_so(road: Road) -> None:
    with running(road) as dispatch:
        road.target("duty@example.com", TargetKind.EMAIL)
        road.alert()
        until(dispatch, settled(road, 1))
    assert road.deliveries()[0].last_error == "expected a mail server in the settings, found none"


def test_what_the_clock_escalates_is_delivered_and_counted(road: Road) -> None:
    with http_receiver() as receiver, running(road) as dispatch:
        road.target(receiver.url, events=frozenset({Happening.ESCALATED}))
        road.alert()
        dispatch.step()
        road.clock.advance(60)
        until(dispatch, lambda: road.states() == ["delivered"])
    assert json.loads(receiver.came[0][1])["event"] == "escalated"
    assert road.registry.get_sample_value("bukong_dispatch_escalations_total", {"priority": "1"}) == 1
    of = {"checkpoint": "cp-1", "camera": "cam-1", "tier": "exact"}
    assert road.registry.get_sample_value("bukong_alerts_raised_of_the_day", of) == 1
