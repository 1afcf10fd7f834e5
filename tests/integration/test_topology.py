"""The services of deploy/compose.yaml, as processes on this machine: the same commands, the same settings.

No container engine is needed: Kafka, Redis and PostgreSQL are the real servers that the other tests use, in
ClickHouse's place stands its HTTP front of chDB (see `tests.clickhouse`). What a container adds, its image and
its network, is not tested here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import cv2
import httpx
import numpy as np
import pytest

from central.config import load_settings
from central.people import Role
from central.wiring import open_configured_records
from edge.models import ModelError, ModelFolder, registry
from edge.scene import PlateFace
from edge.scene.plate import render_plate
from proto.clock import SystemClock
from proto.plate import PlateClass
from tests import compose
from tests.centre import PASSWORD
from tests.clickhouse import database_of

LISTED, OTHER = "川C8K52M", "川A93N7P"
_PATIENCE_S = 90.0
#: Two matchers: the work is shared by starting more.
_STARTED = ("ingest", "match", "match", "dispatch", "api")


@dataclass(slots=True)
class Started:
    """A service that runs."""

    name: str
    process: subprocess.Popen[str]
    address: str = field(default="")


@dataclass(slots=True)
class Town:
    """Where the services of one test find each other."""

    folder: Path
    places: dict[str, str]
    prefix: str
    running: list[Started] = field(default_factory=list)

    def environment(self, service: dict[str, Any]) -> dict[str, str]:
        """The service's own, with this machine's places in it."""
        found = {}
        for key, value in service["environment"].items():
            text = str(value)
            for theirs, ours in self.places.items():
                text = text.replace(theirs, ours)
            found[key] = text
        return found | {
            "BUKONG_CENTRAL__DATA": str(self.folder / "central"),
            "BUKONG_CENTRAL__KAFKA__PREFIX": self.prefix,
            "BUKONG_CENTRAL__STATE__PREFIX": f"{self.prefix}:",
            # Several processes share this machine's ports: each takes a free one and prints it.
            "BUKONG_CENTRAL__PROBES__HOST": "127.0.0.1",
            "BUKONG_CENTRAL__PROBES__PORT": "0",
            "BUKONG_CENTRAL__HTTP__HOST": "127.0.0.1",
            "BUKONG_CENTRAL__HTTP__PORT": "0",
        }

    def start(self, name: str, *command: str, environment: dict[str, str]) -> Started:
        process = subprocess.Popen(
            [sys.executable, "-m", "proto.cli", "--log-level", "warning", *command],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"} | environment,
        )
        started = Started(name=name, process=process)
        self.running.append(started)
        return started


@pytest.fixture
def services() -> dict[str, Any]:
    return compose.services(dict.fromkeys(compose.variables(), "x1"))


@pytest.fixture
def town(tmp_path: Path, kafka_servers: tuple[str, ...], redis_url: str, database_url: str) -> Iterator[Town]:
    try:
        for asset in registry().needed:
            ModelFolder().require(asset)
    except ModelError as error:
        pytest.skip(f"needs the models: {error}")
    places = {
        '["kafka:9092"]': str(list(kafka_servers)).replace("'", '"'),
        "postgresql://bukong:x1@postgres/bukong": database_url,
        "http://bukong:x1@clickhouse:8123/bukong": database_of(tmp_path),
        "redis://:x1@redis:6379/0": redis_url,
    }
    town = Town(folder=tmp_path, places=places, prefix=f"t{uuid4().hex[:8]}-")
    yield town
    for started in town.running:
        started.process.kill()
        started.process.communicate()


def until(there: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        if found := there():
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited {_PATIENCE_S:.0f} s for {what}")


def photo(path: Path, text: str) -> None:
    """A plate on a dark road."""
    rng = np.random.default_rng(sum(map(ord, text)))
    picture = cv2.GaussianBlur(rng.integers(40, 110, (540, 960, 3), np.uint8), (0, 0), 3)
    plate = render_plate(PlateFace(text=text, plate_class=PlateClass.SMALL_CAR, rows=1), 0.4)
    height, width = plate.shape[:2]
    picture[220 : 320 + height, 300 : 480 + width] = 70
    picture[260 : 260 + height, 380 : 380 + width] = plate
    cv2.imencode(".png", cv2.GaussianBlur(picture, (0, 0), 0.7))[1].tofile(path)


@contextmanager
def signed_in(address: str, username: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=20) as client:
        answer = client.post("/api/session", json={"username": username, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        yield client


def metrics(service: Started) -> str:
    return httpx.get(f"{service.address}/metrics", timeout=20).text


@pytest.mark.timeout(300)
def test_the_topology_raises_an_alert_and_stops_cleanly(
    town: Town, services: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What `prepare` does, once before the others.
    prepare = town.environment(services["prepare"])
    for command in services["prepare"]["command"][0].split("&&"):
        assert command.split()[0] == "bukong"
        done = town.start("prepare", *command.split()[1:], environment=prepare)
        assert done.process.wait(_PATIENCE_S) == 0, command
    people(monkeypatch, prepare)

    settings_file = str(compose.FILE.parent / "compose" / "central.toml")
    centre = []
    for name in _STARTED:
        command = [settings_file if part.startswith("/etc/") else part for part in services[name]["command"]]
        centre.append(town.start(name, "central", *command, environment=town.environment(services[name])))
    for service in centre:
        assert service.process.stdout is not None
        service.address = service.process.stdout.readline().strip()
        assert service.address.startswith("http://127.0.0.1:"), service.name
        until(partial(ready, service.address), f"{service.name} to be ready")
    api = centre[-1].address

    order_for(LISTED, api)
    node = edge(town, services, api)
    with signed_in(api, "operator") as operator:
        alert = until(lambda: operator.get("/api/alerts").json()["alerts"], "the alert")[0]
        assert alert["passage"]["plate"]["text"] == LISTED
        picture = alert["passage"]["evidence"]["plate"]
        until(lambda: operator.get(picture).status_code == 200, "the picture of the plate")
    stored = "bukong_ingest_passages_stored_total 2.0"
    until(lambda: stored in metrics(centre[0]), "both passages to be stored")
    matched = [s for s in centre if s.name == "match" and "bukong_match_alerts_raised_total 1.0" in metrics(s)]
    assert len(matched) == 1

    # A node that has seen all photos, and delivered what it saw, ends by itself.
    assert node.process.wait(60) == 0
    for service in centre:
        service.process.send_signal(signal.SIGTERM)
    for service in centre:
        assert service.process.wait(60) == 0, service.name


def ready(address: str) -> bool:
    return httpx.get(f"{address}/readyz", timeout=20).status_code == 200


def people(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    """Those who work there, in the records that the services have."""
    with monkeypatch.context() as patch:
        for key, value in environment.items():
            patch.setenv(key, value)
        records = open_configured_records(load_settings(), SystemClock())
    for role in (Role.OPERATOR, Role.APPLICANT, Role.APPROVER):
        records.people.create_user(
            username=role.value, name=role.value, password=PASSWORD, roles=[role], by="tests"
        )
    records.close()


def order_for(plate: str, api: str) -> None:
    draft = {
        "plate": plate,
        "priority": 1,
        "reason": "盗抢机动车",
        "case_number": "A-1",
        "legal_basis": "程序规定",
        "contact": "王磊",
        "valid_until": (SystemClock().now() + timedelta(days=2)).isoformat(),
    }
    with signed_in(api, "applicant") as applicant, signed_in(api, "approver") as approver:
        made = applicant.post("/api/orders", json=draft)
        assert made.status_code == 201, made.text
        order_id = made.json()["order_id"]
        assert applicant.post(f"/api/orders/{order_id}/submit").status_code == 200
        approved = approver.post(f"/api/orders/{order_id}/approve")
        assert approved.status_code == 200, approved.text


def edge(town: Town, services: dict[str, Any], api: str) -> Started:
    """The edge's service on two photos, one of them of the listed vehicle."""
    footage = town.folder / "footage"
    footage.mkdir()
    photo(footage / "1.png", OTHER)
    photo(footage / "2.png", LISTED)
    theirs = (compose.FILE.parent / "compose" / "edge.toml").read_text(encoding="utf-8")
    ours = town.folder / "edge.toml"
    places = {
        '["kafka:9092"]': town.places['["kafka:9092"]'],
        "replication = 1": f'replication = 1\nprefix = "{town.prefix}"',
        '"/footage"': f'"{footage}"',
        "http://api:8080": api,
        "metrics_port = 9101": "metrics_port = 0",
        '"0.0.0.0"': '"127.0.0.1"',
    }
    for there, here in places.items():
        assert there in theirs, there
        theirs = theirs.replace(there, here)
    ours.write_text(theirs, encoding="utf-8")
    token = town.start(
        "token", "central", "tokens", "add", "edge-1", environment=town.environment(services["api"])
    )
    secret, _ = token.process.communicate(timeout=_PATIENCE_S)
    environment = {
        "BUKONG_EDGE__DATA": str(town.folder / "edge"),
        "BUKONG_EDGE__IMAGES__TOKEN": secret.strip(),
    }
    assert set(services["edge"]["environment"]) <= set(environment)
    command = [str(ours) if part == "/etc/bukong/edge.toml" else part for part in compose.command_of("edge")]
    assert str(ours) in command
    return town.start("edge", "edge", *command, environment=environment)
