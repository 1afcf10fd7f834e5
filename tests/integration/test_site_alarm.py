"""The site's own alarm: from an order at the centre to a lamp at the roadside, with the link down, and back."""

from __future__ import annotations

import stat
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from central.group_reader import GroupReader
from central.matcher import GROUP, Matcher
from central.metrics import CentreMetrics
from central.order import OrderMove
from central.people import Role, TokenScope
from central.repeats import RepeatFilter
from central.site_publisher import SitePublisher
from central.suspicion import Rule
from edge.alarm import Alarms, CommandDevice
from edge.backoff import Backoff
from edge.list_follower import KeyService, ListFollower, ListMetrics
from edge.outbox import OutboxLimits
from edge.outbox.metrics import OutboxMetrics
from edge.outbox.sqlite import SqliteOutbox
from edge.relay import Relay
from edge.site_match import MatchingSink
from proto.background import UNKNOWN
from proto.bus.embedded import EmbeddedBus
from proto.bus.port import Bus, BusUnavailable, Consumer, Message, Record
from proto.clock import ManualClock
from proto.passage import Passage
from proto.topics import ALL, PASSAGES, WATCHLIST, Topic
from tests.centre import Centre, active_order, new_clock, order_request, passage, running_centre
from tests.integration.centre_road import LIMITS, RULES

PLATE, OTHER = "川C00001", "川C00002"


class CutConsumer:
    """A consumer on the far side of a link that may be cut."""

    def __init__(self, inner: Consumer, link: Link) -> None:
        self._inner = inner
        self._link = link

    def poll(self, *, max_records: int, timeout_s: float) -> Sequence[Message]:
        if self._link.cut:
            raise BusUnavailable("the link is cut")
        return self._inner.poll(max_records=max_records, timeout_s=0.02)

    def close(self) -> None:
        self._inner.close()


@dataclass(slots=True)
class Link:
    """The node's way to the bus."""

    bus: Bus
    cut: bool = False

    def consumer(self, topic: Topic, *, group: str) -> CutConsumer:
        if self.cut:
            raise BusUnavailable("the link is cut")
        return CutConsumer(self.bus.consumer(topic, group=group), self)


@dataclass(slots=True)
class World:
    """A centre, its bus, and one node."""

    centre: Centre
    bus: Bus
    link: Link
    clock: ManualClock
    outbox: SqliteOutbox
    sink: MatchingSink
    publisher: SitePublisher
    registry: CollectorRegistry
    lamp: Path
    matched: CollectorRegistry = field(default_factory=CollectorRegistry)  #: of the last matching

    def watch_for(self, plate: str) -> str:
        return active_order(self.centre.records, self.centre.staff, order_request(plate)).order_id

    def publish(self) -> int:
        """The list to the nodes; its version."""
        self.publisher.publish()
        return self.centre.records.orders.version()

    def node_has(self, version: int) -> bool:
        return self.registry.get_sample_value("bukong_edge_watchlist_version") == version

    def lit(self) -> list[str]:
        return self.lamp.read_text().splitlines() if self.lamp.is_file() else []

    def relay(self) -> None:
        """What waited on the node comes to the bus."""
        relay = Relay(
            self.outbox,
            self.bus.producer(),
            node_id="node-1",
            metrics=OutboxMetrics(CollectorRegistry()),
        )
        stop = threading.Event()
        thread = threading.Thread(target=relay.run, args=(stop,))
        thread.start()
        until(lambda: self.outbox.stats().passages == 0)
        stop.set()
        thread.join()

    def match(self) -> None:
        """What is on the bus is matched at the centre."""
        self.matched = CollectorRegistry()
        metrics = CentreMetrics(self.matched)
        records = self.centre.records

        def key_of(epoch: int) -> bytes | None:
            secret = records.site_keys.get(epoch)
            return None if secret is None else secret.key

        matcher = Matcher(
            GroupReader(self.bus, PASSAGES, group=GROUP, clock=self.clock, metrics=metrics),
            records.orders,
            records.alerts,
            admission=RULES,
            max_records=100,
            repeats=RepeatFilter(self.centre.services.state.repeats, LIMITS.repeat_window),
            key_of=key_of,
            clock=self.clock,
            metrics=metrics,
        )
        for _ in range(3):
            matcher.step()
        matcher.close()


def until(done: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.01)


def lamp_command(folder: Path) -> tuple[str, Path]:
    """A command that writes down what it was told, as a lamp would light."""
    lamp, script = folder / "lamp", folder / "light"
    script.write_text(f'#!/bin/sh\necho "$BUKONG_ALARM_PLATE $BUKONG_ALARM_TIER" >> "{lamp}"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return str(script), lamp


@contextmanager
def following(follower: ListFollower) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=follower.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = new_clock()
    bus = EmbeddedBus(tmp_path / "bus.db", clock=clock)
    bus.create_topics(ALL)
    link = Link(bus)
    script, lamp = lamp_command(tmp_path)
    registry = CollectorRegistry()
    with running_centre(tmp_path / "centre", clock) as centre:
        publisher = SitePublisher(
            centre.records.orders,
            centre.records.site_keys,
            bus.producer(),
            rule=lambda: Rule(threshold=0.05, background=UNKNOWN),
            clock=clock,
            metrics=CentreMetrics(CollectorRegistry()),
        )
        outbox = SqliteOutbox(
            tmp_path / "outbox", clock=clock, limits=OutboxLimits(), metrics=OutboxMetrics(registry)
        )
        alarms = Alarms([CommandDevice([script])])
        sink = MatchingSink(outbox, alarms, clock)
        token = centre.records.people.create_machine_token("node-1", by="tests", scopes={TokenScope.WATCHLIST})
        follower = ListFollower(
            link,
            KeyService(base_url=centre.url, token=token),
            sink.use,
            node_id="node-1",
            metrics=ListMetrics(registry),
            new_backoff=lambda: Backoff(first_s=0.01, most_s=0.02),
        )
        with following(follower):
            yield World(centre, bus, link, clock, outbox, sink, publisher, registry, lamp)
        alarms.close()
        outbox.close()
    bus.close()


def doubtful(plate: str, last: str) -> Passage:
    """A passage read as that plate, whose last character may be another one."""
    given = passage(plate)
    assert given.plate is not None
    lattice = (*(((c, 1.0),) for c in plate[:-1]), ((plate[-1], 0.7), (last, 0.29)))
    return replace(given, plate=replace(given.plate, confidence=0.7, lattice=lattice))


def test_with_the_link_down_the_site_alarms_and_the_alert_comes_once_and_says_so(world: World) -> None:
    world.watch_for(PLATE)
    version = world.publish()
    until(lambda: world.node_has(version))
    world.link.cut = True

    world.sink.put([passage(PLATE), passage(OTHER)], {})
    until(lambda: world.lit() == [f"{PLATE} exact"])
    alarmed_at = world.clock.now()
    waiting = [queued.passage for queued in world.outbox.passages(10)]
    assert [bool(p.local_hits) for p in waiting] == [True, False]

    world.clock.advance(600)
    world.relay()
    world.match()
    world.match()  # a matcher that starts anew has nothing left to do
    (found,) = world.centre.records.alerts.page(only_open=False, limit=10)
    assert found.alert.watchlist_version == version
    shown = world.centre.client(Role.OPERATOR).get("/api/alerts").json()["alerts"]
    assert [alert["site_alarm_at"] for alert in shown] == [alarmed_at.isoformat().replace("+00:00", "Z")]


def test_an_alarm_that_no_order_confirms_is_counted(world: World) -> None:
    order_id = world.watch_for(PLATE)
    version = world.publish()
    until(lambda: world.node_has(version))
    world.link.cut = True
    staff = world.centre.staff
    world.centre.records.orders.move(order_id, OrderMove.WITHDRAW, by=staff[Role.SUPERVISOR], reason="已找到")
    world.sink.put([passage(PLATE), passage(OTHER)], {})  # the site has the list of before
    until(lambda: world.lit() == [f"{PLATE} exact"])
    world.relay()
    world.match()

    def counted(outcome: str) -> float | None:
        return world.matched.get_sample_value("bukong_match_site_alarms_total", {"outcome": outcome})

    assert (counted("unconfirmed"), counted("confirmed")) == (1, 0)


def test_a_suspected_plate_alarms_too_and_the_alert_says_what_differs(world: World) -> None:
    world.watch_for("川C0000Z")
    version = world.publish()
    until(lambda: world.node_has(version))
    world.sink.put([doubtful("川C00002", "Z")], {})
    until(lambda: world.lit() == ["川C00002 suspected"])
    world.relay()
    world.match()
    (shown,) = world.centre.client(Role.OPERATOR).get("/api/alerts").json()["alerts"]
    assert shown["tier"] == "suspected"
    assert shown["differences"].startswith("7: read 2, order Z (29%)")
    assert shown["site_alarm_at"] is not None


def test_a_node_that_was_away_catches_up(world: World) -> None:
    order_id = world.watch_for(PLATE)
    until(lambda: world.node_has(world.publish()))
    world.link.cut = True
    applicant = world.centre.staff[Role.APPLICANT]
    world.centre.records.orders.move(order_id, OrderMove.WITHDRAW, by=applicant, reason="found")
    world.watch_for(OTHER)
    version = world.publish()
    world.sink.put([passage(PLATE)], {})  # by the list it has
    until(lambda: len(world.lit()) == 1)
    world.link.cut = False
    until(lambda: world.node_has(version))
    world.sink.put([passage(PLATE, seed="later"), passage(OTHER)], {})
    until(lambda: world.lit() == [f"{PLATE} exact", f"{OTHER} exact"])


@pytest.mark.parametrize(
    "change", [(b"\x08\x01", b"\x08\x02"), (b"\x18\x10", b"\x18\x20")], ids=["epoch", "size"]
)
def test_a_forged_list_is_refused(world: World, change: tuple[bytes, bytes]) -> None:
    world.watch_for(PLATE)
    version = world.publish()
    until(lambda: world.node_has(version))
    with world.bus.consumer(WATCHLIST, group="thief") as consumer:
        messages = consumer.poll(max_records=1000, timeout_s=1)
    (manifest,) = [m for m in messages if m.key == b"manifest"]
    forged = manifest.value.replace(*change, 1)
    assert forged != manifest.value
    world.bus.producer().publish(WATCHLIST, [Record(key=manifest.key, value=forged)])
    until(lambda: world.registry.get_sample_value("bukong_edge_watchlist_refused_total") == 1)
    world.sink.put([passage(PLATE)], {})
    until(lambda: len(world.lit()) == 1)


def test_after_a_theft_new_keys_reach_the_nodes_that_are_still_ours(world: World) -> None:
    world.watch_for(PLATE)
    until(lambda: world.node_has(world.publish()))
    assert world.centre.records.site_keys.rotate(by="tests", reason="a node was stolen") == 2
    world.watch_for(OTHER)
    version = world.publish()
    until(lambda: world.node_has(version))
    world.sink.put([passage(OTHER)], {})
    until(lambda: world.lit() == [f"{OTHER} exact"])
    actions = [entry.record.action for entry in world.centre.records.audit.page(limit=50)]
    assert actions.count("watchlist.rotate") == 1
    assert actions.count("watchlist.key") == 2


def test_the_key_is_for_nodes_only(world: World) -> None:
    assert world.centre.client().get("/api/watchlist/key").status_code == 401
    assert world.centre.client(Role.ADMINISTRATOR).get("/api/watchlist/key").status_code == 403
    images_only = world.centre.machine()
    assert images_only.get("/api/watchlist/key").status_code == 403


def test_an_auditor_is_shown_what_a_version_held(world: World) -> None:
    order_id = world.watch_for(PLATE)
    version = world.centre.records.orders.version()
    auditor = world.centre.client(Role.AUDITOR)
    held = _json(auditor.get(f"/api/watchlist/versions/{version}/orders/{order_id}"))
    assert (held["since"], held["entry"]["plate"], held["version"]["orders"]) == (version, PLATE, 1)
    before = _json(auditor.get(f"/api/watchlist/versions/{version - 1}/orders/{order_id}"))
    assert (before["since"], before["entry"]) == (None, None)
    assert _json(auditor.get("/api/watchlist"))["digest"] == held["version"]["digest"]
    assert auditor.get("/api/watchlist/versions/999").status_code == 404


def _json(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()
