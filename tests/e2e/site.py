"""A whole centre with its console on one address that survives restarts, and a road to send vehicles down."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx

from central.centre import Centre
from central.config import CentreSettings, CheckpointSettings, HttpSettings, RetentionSettings
from central.order import Order, OrderMove, OrderRequest
from central.people import Role, User
from central.ports import PassageQuery, PassageStore
from central.records import Records
from proto.bus.embedded import EmbeddedBus
from proto.bus.port import Record
from proto.clock import ClockQuality, SystemClock
from proto.codec import encode_heartbeat, encode_passages
from proto.identity import uuid7
from proto.passage import CameraHealth, Evidence, EvidenceKind, Heartbeat, Passage, PlateRead
from proto.plate import PlateColour, classify, colours_of, parse
from proto.topics import HEARTBEATS, PASSAGES, Topic
from tests.e2e.pictures import Pictures, pictures

PASSWORD = "correct horse battery"
HUIDONG, YANTAN, GONGJING = CHECKPOINTS = (
    CheckpointSettings(
        id="cp-huidong",
        name="汇东路口卡口",
        latitude=29.348,
        longitude=104.775,
        directions=("inbound", "outbound"),
        lanes=3,
    ),
    CheckpointSettings(
        id="cp-yantan",
        name="沿滩大道卡口",
        latitude=29.272,
        longitude=104.875,
        directions=("inbound", "outbound"),
        lanes=2,
    ),
    CheckpointSettings(
        id="cp-gongjing",
        name="贡井长土卡口",
        latitude=29.345,
        longitude=104.700,
        directions=("inbound",),
        lanes=2,
    ),
)


@dataclass(slots=True)
class Site:
    """A centre. `start` and `stop` bring it up and down at the same address, with what it keeps."""

    folder: Path
    clock: SystemClock = field(default_factory=SystemClock)
    port: int = 0
    _staff: dict[str, User] = field(default_factory=dict)
    _token: str = ""
    _centre: Centre | None = None
    _bus: EmbeddedBus | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def records(self) -> Records:
        assert self._centre is not None, "the site is down"
        return self._centre.records

    @property
    def store(self) -> PassageStore:
        assert self._centre is not None, "the site is down"
        return self._centre.store

    def start(self) -> None:
        settings = CentreSettings(
            data=self.folder,
            http=HttpSettings(port=self.port),
            checkpoints=CHECKPOINTS,
            retention=RetentionSettings(passages_days=365),  # longer than anybody may look back by themselves
        )
        self._bus = EmbeddedBus(settings.bus_file, clock=self.clock)
        self._centre = Centre(settings, self._bus, self.clock)
        self._centre.start()
        self.port = int(self._centre.address.rsplit(":", 1)[1])
        if not self._token:
            self._token = self.records.people.create_machine_token("edge-tests", by="tests")

    def stop(self) -> None:
        if self._centre is not None:
            self._centre.stop()
        if self._bus is not None:
            self._bus.close()
        self._centre = self._bus = None

    def forget_events(self) -> None:
        """While it is down: its live feed begins anew, so that nobody can catch up."""
        assert self._centre is None, "expected a site that is down"
        with sqlite3.connect(self.folder / "records" / "records.db") as database:
            database.execute("DELETE FROM events")
            database.execute("DELETE FROM sqlite_sequence WHERE name = 'events'")
        database.close()

    def user(self, username: str, *roles: Role) -> User:
        """A user with `PASSWORD`; the same one where there is one already."""
        if username not in self._staff:
            self._staff[username] = self.records.people.create_user(
                username=username, name=f"{username} 同志", password=PASSWORD, roles=list(roles), by="tests"
            )
        return self._staff[username]

    def order(
        self,
        plate: str,
        *,
        priority: int = 2,
        danger_note: str = "",
        reason: str = "肇事逃逸",
        retro: timedelta = timedelta(0),
    ) -> Order:
        """An active order, approved by a second person; `retro`: so much of the past alerts too."""
        applicant, approver = self.user("wang.lei", Role.APPLICANT), self.user("zhang.min", Role.APPROVER)
        request = OrderRequest(
            plate=plate,
            priority=priority,
            reason=reason,
            case_number="川公交[2026]0001号",
            legal_basis="道路交通安全法",
            contact="王磊 110",
            danger_note=danger_note,
            instructions="拦停后核验车架号",
            valid_until=self.clock.now() + timedelta(days=1),
            retro=retro,
        )
        order = self.records.orders.create(request, by=applicant)
        self.records.orders.move(order.order_id, OrderMove.SUBMIT, by=applicant)
        return self.records.orders.move(order.order_id, OrderMove.APPROVE, by=approver)

    def pass_by(
        self,
        plate: str,
        *,
        checkpoint: CheckpointSettings = HUIDONG,
        lane: int = 2,
        ago: timedelta = timedelta(0),
        upload: bool = True,
        unread_reason: str = "",
        unsure: tuple[int, str] | None = None,
    ) -> Passage:
        """A vehicle passes: its passage is on the bus, and its pictures are there unless `upload` is False.

        `unsure`: a position of the plate and what else it could be.
        """
        parsed = parse(plate)
        colour = next(colours_of(parsed.text), PlateColour.UNKNOWN)
        evidence = _pictures(plate)
        at = self.clock.now() - ago
        lattice = [((character, 0.996), ("8", 0.002)) for character in parsed.text]
        if unsure is not None:
            position, other = unsure
            lattice[position] = ((parsed.text[position], 0.74), (other, 0.21))
        read = PlateRead(
            text=parsed.text,
            plate_class=classify(parsed.text, colour),
            colour=colour,
            confidence=0.972,
            lattice=tuple(lattice),
            frames=9,
        )
        passage = Passage(
            passage_id=uuid7(at),
            node_id=f"edge-{checkpoint.id}",
            checkpoint_id=checkpoint.id,
            camera_id="cam-1",
            lane=lane,
            direction="inbound",
            captured_at=at,
            clock=ClockQuality.SYNCED,
            plate=None if unread_reason else read,
            unread_reason=unread_reason,
            vehicle_box=evidence.vehicle_box,
            plate_box=evidence.plate_box,
            speed_kmh=43.2,
            evidence=tuple(_evidence(kind, data) for kind, data in _files(evidence)),
        )
        if upload:
            self.upload(plate)
        self.publish(passage)
        return passage

    def publish(self, *passages: Passage) -> None:
        """As a node's relay does."""
        self._publish(PASSAGES, *(Record(key=p.node_id.encode(), value=encode_passages([p])) for p in passages))

    def beat(self, checkpoint: CheckpointSettings, *, ago: timedelta = timedelta(0), error: str = "") -> None:
        """A node at this checkpoint says how it is."""
        at = self.clock.now() - ago
        camera = CameraHealth(
            camera_id="cam-1",
            alive=not error,
            frames=1280,
            frames_dropped=3,
            passages=81,
            unread=2,
            last_frame_at=at,
            error=error,
        )
        beat = Heartbeat(
            node_id=f"edge-{checkpoint.id}",
            checkpoint_id=checkpoint.id,
            sent_at=at,
            started_at=at - timedelta(hours=3),
            clock=ClockQuality.SYNCED,
            outbox_depth=4,
            outbox_bytes=48_000,
            disk_free_bytes=52_000_000_000,
            software="0.1.0",
            cameras=(camera,),
        )
        self._publish(HEARTBEATS, Record(key=beat.node_id.encode(), value=encode_heartbeat(beat)))

    def wait_stored(self, count: int, *, plate: str | None = None) -> None:
        """Until the store has at least so many passages (of this plate)."""
        assert self._centre is not None, "the site is down"
        deadline = self.clock.monotonic() + 20
        while self._centre.store.count(PassageQuery(plate=plate)) < count:
            assert self.clock.monotonic() < deadline, "the passages did not arrive"
            self.clock.sleep(0.02)

    def upload(self, plate: str) -> None:
        """The pictures of this plate's passages arrive, by their own road."""
        with httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self._token}"}) as client:
            for _, data in _files(_pictures(plate)):
                answer = client.put(f"/api/images/{hashlib.sha256(data).hexdigest()}", content=data)
                assert answer.status_code in (200, 201), answer.text

    def _publish(self, topic: Topic, *records: Record) -> None:
        assert self._bus is not None, "the site is down"
        producer = self._bus.producer()
        producer.publish(topic, records)
        producer.close()


def _pictures(plate: str) -> Pictures:
    text = parse(plate).text
    return pictures(text, classify(text, next(colours_of(text), PlateColour.UNKNOWN)))


def _files(evidence: Pictures) -> list[tuple[EvidenceKind, bytes]]:
    return [
        (EvidenceKind.SCENE, evidence.scene),
        (EvidenceKind.VEHICLE, evidence.vehicle),
        (EvidenceKind.PLATE, evidence.plate),
    ]


def _evidence(kind: EvidenceKind, data: bytes) -> Evidence:
    return Evidence(kind=kind, sha256=hashlib.sha256(data).hexdigest(), size=len(data))


@contextmanager
def running_site(folder: Path) -> Iterator[Site]:
    """A centre of its own in this folder, served until the block ends."""
    site = Site(folder)
    try:
        site.start()
        yield site
    finally:
        site.stop()
