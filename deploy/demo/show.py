"""Runs the demo: puts city, nodes, bus, centre and page together in one process, and takes them apart again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from central.centre import Centre
from central.config import CentreSettings, CheckpointSettings, HttpSettings
from central.people import TokenScope
from central.records.demo import seed_demo_users
from central.wiring import open_bus
from deploy.city import City
from deploy.demo.calibration import camera_settings
from deploy.demo.orders import Wanted, place_orders, wanted_vehicles
from deploy.demo.outcome import Outcome, latency_of
from deploy.demo.page import Account, Arrival, Page
from deploy.demo.summary import Crossing, Judgement, Seen, judge
from edge.camera.simulated import SimulatedCamera
from edge.camera.source import camera_of
from edge.config import (
    BusSettings,
    CameraSettings,
    ImageSettings,
    NodeSettings,
    VisionSettings,
    WatchlistSettings,
)
from edge.node import EdgeNode
from edge.scene.light import Light
from edge.wiring import Vision, build_node, open_vision
from proto.bus.port import Bus
from proto.clock import Clock

#: Checkpoint of what the user named.
OWN_CHECKPOINT = "K99"
_OWN_NAME = "自带素材"
#: Crossings this close to the end are not judged: their passages may not be due yet.
_TAIL = timedelta(seconds=2)
#: How long the page may take, at the end, to be told what was published.
_SETTLE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to show."""

    seconds: float  #: of the city's traffic
    folder: Path
    host: str = "127.0.0.1"
    port: int = 8080
    seed: int = 1
    fps: float = 8.0
    simulate: bool = True
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoUser:
    """Who may sign in to the console."""

    username: str
    password: str
    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a person needs to look in."""

    address: str
    users: tuple[DemoUser, ...]
    wanted: tuple[Wanted, ...]


class Show:
    """One run of the demo; a context manager: everything is up inside, and down after."""

    def __init__(self, plan: Plan, clock: Clock) -> None:
        self.plan = plan
        self._clock = clock
        self._city = City.demo(seed=plan.seed)
        self._cameras: dict[str, SimulatedCamera] = {}
        self._nodes: list[EdgeNode] = []
        self._bus: Bus | None = None
        self._centre: Centre | None = None
        self._page: Page | None = None
        self._accounts: dict[str, Account] = {}
        self._wanted: tuple[Wanted, ...] = ()
        self._started = clock.monotonic()

    def open(self) -> Opening:
        """Start everything, place the orders, let the cameras run.

        Raises:
            ModelError, CameraError, StoreUnavailable, OSError: something needed is missing; says what.
        """
        plan = self.plan
        for source in plan.sources:
            camera_of(
                source, OWN_CHECKPOINT, clock=self._clock
            ).close()  # a wrong one is told before anything starts
        vision = open_vision(VisionSettings())
        settings = CentreSettings(
            data=plan.folder / "central",
            http=HttpSettings(host=plan.host, port=plan.port),
            checkpoints=tuple(self._checkpoints()),
        )
        self._bus = open_bus(settings, self._clock)
        self._centre = Centre(settings, self._bus, self._clock)
        self._centre.start()
        records = self._centre.records
        users = tuple(
            DemoUser(username=username, password=password, name=name, roles=roles)
            for username, password, name, roles in seed_demo_users(records, self._clock)
        )
        address = self._centre.address
        for user in users:
            self._accounts[user.roles[0]] = Account(address, user.username, user.password)
        if plan.simulate:
            self._wanted = wanted_vehicles(self._city, seconds=plan.seconds)
            place_orders(
                self._accounts["applicant"], self._accounts["approver"], self._wanted, now=self._clock.now()
            )
        self._page = Page(self._accounts["operator"], self._clock)
        self._page.start()
        token = records.people.create_machine_token(
            "demo nodes", by="demo", scopes={TokenScope.IMAGES, TokenScope.WATCHLIST}
        )
        images = ImageSettings(url=address, token=token)
        bus = BusSettings(path=settings.bus_file)
        if plan.simulate:
            self._add_city_nodes(vision, bus, images)
        if plan.sources:
            self._add_own_node(vision, bus, images)
        self._started = self._clock.monotonic()
        for node in self._nodes:
            node.start()
        return Opening(address=address, users=users, wanted=self._wanted)

    def arrivals(self, *, after: int) -> tuple[list[Arrival], int]:
        """What the page was told since; the second is what to ask with next."""
        assert self._page is not None
        return self._page.arrivals(after=after)

    def close(self) -> Outcome:
        """Stop the cameras, let what they saw come through, judge it, and stop the rest."""
        seconds = self._clock.monotonic() - self._started
        ended = self._clock.now()
        for node in self._nodes:
            node.stop()
        stuck = [node.node_id for node in self._nodes if not node.join(30)]
        self._wait_for_page()
        outcome = self._judge(seconds, ended, stuck)
        self.abandon()
        return outcome

    def abandon(self) -> None:
        """Stop everything without judging; idempotent."""
        for node in self._nodes:
            node.stop()
        for node in self._nodes:
            node.join(15)
        if self._page is not None:
            self._page.close()
        for account in self._accounts.values():
            account.close()
        self._accounts.clear()
        if self._centre is not None:
            self._centre.stop()
        if self._bus is not None:
            self._bus.close()

    def _checkpoints(self) -> list[CheckpointSettings]:
        found = [
            CheckpointSettings(
                id=c.checkpoint_id,
                name=c.name,
                latitude=c.latitude,
                longitude=c.longitude,
                directions=tuple(sorted({lane.direction for cam in c.cameras for lane in cam.view.lanes})),
                lanes=max(lane.number for cam in c.cameras for lane in cam.view.lanes),
            )
            for c in self._city.checkpoints
            if self.plan.simulate
        ]
        if self.plan.sources:
            found.append(CheckpointSettings(id=OWN_CHECKPOINT, name=_OWN_NAME))
        return found

    def _add_city_nodes(self, vision: Vision, bus: BusSettings, images: ImageSettings) -> None:
        for checkpoint in self._city.checkpoints:
            for camera in checkpoint.cameras:
                scene = self._city.scene(camera.camera_id, self.plan.seconds + 5)
                self._cameras[camera.camera_id] = SimulatedCamera(
                    camera.camera_id, scene, fps=self.plan.fps, live=True, clock=self._clock
                )
            self._add_node(
                vision,
                bus,
                images,
                checkpoint_id=checkpoint.checkpoint_id,
                cameras=[camera_settings(camera) for camera in checkpoint.cameras],
            )

    def _add_own_node(self, vision: Vision, bus: BusSettings, images: ImageSettings) -> None:
        cameras = [
            CameraSettings(id=f"{OWN_CHECKPOINT}-{number}", source=source, paced=True)
            for number, source in enumerate(self.plan.sources, start=1)
        ]
        self._add_node(vision, bus, images, checkpoint_id=OWN_CHECKPOINT, cameras=cameras)

    def _add_node(
        self,
        vision: Vision,
        bus: BusSettings,
        images: ImageSettings,
        *,
        checkpoint_id: str,
        cameras: Sequence[CameraSettings],
    ) -> None:
        assert self._bus is not None
        settings = NodeSettings(
            node_id=f"node-{checkpoint_id.lower()}",
            checkpoint_id=checkpoint_id,
            data=self.plan.folder / "edge" / checkpoint_id,
            heartbeat_s=5.0,
            bus=bus,
            images=images,
            watchlist=WatchlistSettings(match=True),
            cameras=tuple(cameras),
        )
        self._nodes.append(
            build_node(
                settings,
                vision=vision,
                bus=self._bus,
                clock=self._clock,
                registry=CollectorRegistry(),
                cameras={c.id: self._cameras[c.id] for c in cameras if c.id in self._cameras},
            )
        )

    def _wait_for_page(self) -> None:
        """Until the page has as many passages as the nodes handed over, or for so long."""
        owed = sum(runner.count.passages for node in self._nodes for runner in node.runners)
        deadline = self._clock.monotonic() + _SETTLE_S
        while len(self._told("passage")) < owed and self._clock.monotonic() < deadline:
            self._clock.sleep(0.05)

    def _told(self, kind: str) -> list[Arrival]:
        assert self._page is not None
        return [a for a in self._page.arrivals(after=0)[0] if a.kind == kind]

    def _judge(self, seconds: float, ended: datetime, stuck: Sequence[str]) -> Outcome:
        assert self._centre is not None
        passages = self._told("passage")
        simulated = [a for a in passages if a.data["camera_id"] in self._cameras]
        # An alert's first event is its raising; a vehicle that comes by again joins the alert that is running.
        told = self._told("alert")
        raised = list({a.data["alert_id"]: a for a in reversed(told)}.values())
        truth = self._crossings(until=ended - _TAIL)
        # What crossed after the last crossing that is judged is neither right nor extra.
        last = max((t.at for t in truth), default=ended) + timedelta(milliseconds=500)
        seen = [s for s in map(_seen, simulated) if s.at <= last]
        owed = [t for t in truth if t.text in {w.plate for w in self._wanted}]
        alerted = {(p["camera_id"], a.data["order"]["plate"]) for a in told for p in a.data["passages"]}
        counts = [runner.count for node in self._nodes for runner in node.runners]
        faults = [f"node {name} did not stop" for name in stuck]
        faults += [f"camera {c}: {why}" for node in self._nodes for c, why in node.errors.items()]
        faults += [f"node {n.node_id} left {n.undelivered} passages" for n in self._nodes if n.undelivered]
        faults += [f"{name}: {check.detail}" for name, check in self._centre.checks().items() if not check.ok]
        day = {c.camera_id for c in self._city.cameras if c.conditions.light is Light.DAY}

        def half(by_day: bool) -> Judgement:
            return judge(
                [t for t in truth if (t.camera_id in day) == by_day],
                [s for s in seen if (s.camera_id in day) == by_day],
            )

        return Outcome(
            seconds=seconds,
            cameras=len(counts),
            frames=sum(c.frames for c in counts),
            frames_dropped=sum(c.dropped for c in counts),
            passages=len(simulated),
            day=half(True),
            night=half(False),
            own_passages=len(passages) - len(simulated),
            alerts=len(raised),
            alerts_owed=len(owed),
            alerts_missing=sum((t.camera_id, t.text) not in alerted for t in owed),
            passage_latency=latency_of([_late(a, a.data) for a in simulated]),
            alert_latency=latency_of(
                [_late(a, a.data["passage"]) for a in raised if a.data["passage"]["camera_id"] in self._cameras]
            ),
            faults=tuple(faults),
        )

    def _crossings(self, *, until: datetime) -> list[Crossing]:
        found = []
        for camera_id, camera in self._cameras.items():
            since = camera.filming_since
            if since is None:
                continue
            for truth in camera.scene.truth():
                at = since + timedelta(seconds=truth.crosses_at)
                if at <= until:
                    found.append(Crossing(camera_id=camera_id, text=truth.text, lane=truth.lane, at=at))
        return found


def _seen(arrival: Arrival) -> Seen:
    data = arrival.data
    return Seen(
        passage_id=data["passage_id"],
        camera_id=data["camera_id"],
        text=data["plate"]["text"] if data["plate"] else "",
        lane=data["lane"],
        at=datetime.fromisoformat(data["captured_at"]),
    )


def _late(arrival: Arrival, passage: dict[str, Any]) -> float:
    return (arrival.arrived_at - datetime.fromisoformat(passage["captured_at"])).total_seconds()
