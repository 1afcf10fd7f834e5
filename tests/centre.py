"""A whole centre for tests: real records, the real stores, a real server on a free port."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import uvicorn
from prometheus_client import CollectorRegistry

from central.api import ApiSettings, Check, Services, create_app
from central.camera_board import CameraBoard
from central.checkpoint import Checkpoint
from central.federation import Federation
from central.flow.board import FlowBoard
from central.images.folder import FolderImages
from central.interception import Calendar, Geography, MovementModel
from central.learner import LearntMovement
from central.order import Order, OrderMove, OrderRequest
from central.people import Role, User
from central.picture import Addresses
from central.records import Records, RecordsPolicy, open_records
from central.sign_on import IdentityProvider
from central.state import State
from central.state.embedded import open_embedded_state
from central.state.limits import StateLimits
from central.store.chdb import open_chdb_store
from proto.clock import Clock, ClockQuality, ManualClock
from proto.identity import uuid7
from proto.passage import Evidence, EvidenceKind, Hit, Passage, PlateRead, Tier
from proto.plate import PlateClass, PlateColour, classify

START = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)  # noon in China
PASSWORD = "a password for tests"
#: Argon2 at a cost that suits tests.
CHEAP = RecordsPolicy(argon2_time_cost=1, argon2_memory_kib=64)
CHECKPOINT = Checkpoint(
    checkpoint_id="cp-1",
    name="汇东卡口",
    latitude=29.34,
    longitude=104.77,
    directions=("inbound", "outbound"),
    lanes=3,
)


def new_clock() -> ManualClock:
    """A clock that stands at `START`."""
    return ManualClock(current=START)


def passage(
    text: str | None = "川C12345",
    *,
    at: datetime = START,
    checkpoint_id: str = CHECKPOINT.checkpoint_id,
    seed: str = "",
    scene: str | None = None,
) -> Passage:
    """A passage; the same time, text and seed make the same one."""
    read = None
    if text is not None:
        read = PlateRead(
            text=text,
            plate_class=classify(text, PlateColour.BLUE),
            colour=PlateColour.BLUE,
            confidence=0.96875,
            lattice=tuple(((character, 1.0),) for character in text),
            frames=7,
        )
    return Passage(
        passage_id=uuid7(at, seed=f"{text}{seed}{checkpoint_id}"),
        node_id="node-1",
        checkpoint_id=checkpoint_id,
        camera_id="cam-1",
        lane=1,
        direction="inbound",
        captured_at=at,
        clock=ClockQuality.SYNCED,
        plate=read,
        unread_reason="" if read else "too small",
        speed_kmh=42.0,
        evidence=() if scene is None else (Evidence(kind=EvidenceKind.SCENE, sha256=scene, size=3),),
    )


def order_request(plate: str = "川C12345", *, at: datetime = START, days: int = 7) -> OrderRequest:
    """What an applicant asks for, valid from approval on."""
    return OrderRequest(
        plate=plate,
        plate_class=PlateClass.SMALL_CAR,
        priority=1,
        reason="盗抢机动车",
        case_number="A-1",
        legal_basis="程序规定",
        contact="王磊",
        danger_note="持刀",
        instructions="拦停",
        valid_until=at + timedelta(days=days),
    )


def hit(order: Order, of: Passage, *, version: int = 2) -> Hit:
    """An exact match."""
    return Hit(
        order_id=order.order_id,
        passage=of,
        tier=Tier.EXACT,
        score=1.0,
        watchlist_version=version,
        matched_at=of.captured_at,
    )


def people(records: Records) -> dict[Role, User]:
    """One user a role, named like it, with `PASSWORD`."""
    return {
        role: records.people.create_user(
            username=role.value, name=f"{role} 某", password=PASSWORD, roles=[role], by="tests"
        )
        for role in Role
    }


def active_order(records: Records, staff: Mapping[Role, User], request: OrderRequest) -> Order:
    """Drafted, submitted and approved by two people."""
    applicant, approver = staff[Role.APPLICANT], staff[Role.APPROVER]
    order = records.orders.create(request, by=applicant)
    records.orders.move(order.order_id, OrderMove.SUBMIT, by=applicant)
    return records.orders.move(order.order_id, OrderMove.APPROVE, by=approver)


@dataclass(slots=True, kw_only=True)
class Centre:
    """A running centre."""

    services: Services
    url: str
    staff: Mapping[Role, User]
    checks: dict[str, Check]
    _clients: list[httpx.Client] = field(default_factory=list)

    @property
    def records(self) -> Records:
        return self.services.records

    def client(self, role: Role | None = None, *, username: str = "", **headers: str) -> httpx.Client:
        """A browser's stand-in: with a session and its CSRF token where a role or a username is given."""
        # Plain HTTP to this machine: reading the system's certificates would only take time.
        client = httpx.Client(base_url=self.url, headers=headers, timeout=20, verify=False)
        self._clients.append(client)
        username = username or (role.value if role is not None else "")
        if username:
            answer = client.post("/api/session", json={"username": username, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return client

    def picture(self, sha256: str, username: str = "operator", *, passage_id: str = "") -> str:
        """The address of a picture as a passage at `CHECKPOINT` would tell it to this person."""
        addresses = Addresses.of(self.records.picture_key, username, now=self.services.clock.now())
        return addresses.address(
            sha256, passage_id=passage_id or "a passage", checkpoint_id=CHECKPOINT.checkpoint_id
        )

    def machine(self) -> httpx.Client:
        """A node's stand-in."""
        token = self.records.people.create_machine_token("node-1", by="tests")
        return self.client(Authorization=f"Bearer {token}")


def learnt_movement(records: Records, clock: Clock) -> LearntMovement:
    """What the centre knows of movement before it has seen any."""
    learnt = LearntMovement()
    learnt.use(
        MovementModel(
            since=clock.now() - timedelta(days=28),
            calendar=Calendar(),
            geography=Geography.of(records.checkpoints.all()),
            horizon=timedelta(minutes=30),
        )
    )
    return learnt


@contextmanager
def running_centre(
    folder: Path,
    clock: Clock,
    settings: ApiSettings | None = None,
    *,
    state: State | None = None,
    identity_provider: IdentityProvider | None = None,
    federation: Federation | None = None,
) -> Iterator[Centre]:
    """Serve until the block ends."""
    records = open_records(folder / "records", clock=clock, policy=CHEAP)
    records.checkpoints.put([CHECKPOINT])
    store = open_chdb_store(folder / "passages")
    checks = {"records": Check(ok=True, detail="open")}
    services = Services(
        records=records,
        state=state or open_embedded_state(StateLimits(), clock),
        store=store,
        images=FolderImages(folder / "images", clock=clock, max_bytes=1 << 20),
        uploads=folder / "uploads",
        clock=clock,
        movement=learnt_movement(records, clock),
        federation=federation,
        flow=FlowBoard(store.flow, clock, days=7),
        cameras=CameraBoard(store.flow, clock),
        readiness=lambda: checks,
        registry=CollectorRegistry(),
        settings=settings or ApiSettings(max_image_bytes=1 << 20),
        identity_provider=identity_provider,
    )
    try:
        with serve(services) as url:
            centre = Centre(services=services, url=url, staff=people(records), checks=checks)
            try:
                yield centre
            finally:
                for client in centre._clients:
                    client.close()
    finally:
        store.close()
        records.close()


@contextmanager
def serve(services: Services) -> Iterator[str]:
    """The API on a free port; yields its address."""
    config = uvicorn.Config(
        create_app(services), host="127.0.0.1", port=0, log_config=None, lifespan="on", ws="websockets-sansio"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="server")
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            assert time.monotonic() < deadline, "the server is too slow to start"
            time.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
