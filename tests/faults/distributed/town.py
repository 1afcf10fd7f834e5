"""The topology: brokers, databases, central processes and nodes, started, killed and kept running."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from pydantic import TypeAdapter

from central.config import CentreSettings, load_settings
from central.order import OrderMove, OrderRequest
from central.people import Role
from central.records import Records
from central.wiring import open_bus, open_configured_records
from deploy.servers.kafka import KafkaServer
from deploy.servers.redis import RedisServer
from proto.bus.kafka_settings import KafkaSettings
from proto.clock import SystemClock
from proto.topics import ALL
from tests.faults.distributed.script import NodePlan, Script, listed_plate
from tests.faults.site import Program
from tests.postgresql import Databases, OwnServer

_BUKONG = [sys.executable, "-m", "proto.cli", "--log-level", "warning", "central"]
_WATCH_S = 0.3
#: A full disk, as a process sees it: no file may grow beyond this.
_FULL_BYTES = 4096


@dataclass
class Kept:
    """A program that is started again when it ends, as a service manager does."""

    program: Program
    hold_until: float = 0.0  #: not before
    restarts: int = 0  #: by itself, beside those after a kill
    killed: bool = False
    finished: bool = False  #: ended well: it is not wanted any more


@dataclass
class Town:
    """What runs. `watch` in a thread of its own keeps it so."""

    folder: Path
    kafka: KafkaServer
    redis: RedisServer
    postgres: OwnServer
    settings: CentreSettings
    config: Path
    token: str
    url: str
    kept: dict[str, Kept] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def add_central(self, name: str, *task: str) -> None:
        """`bukong central TASK`, a static member of its groups."""
        command = [*_BUKONG, "--config", str(self.config), *task]
        environment = {"BUKONG_CENTRAL__KAFKA__INSTANCE": name, "BUKONG_LOG_FORMAT": "json"}
        self._add(Program(name, command, self.folder / f"{name}.log", environment))

    def add_node(self, script: Script, *, backlog: int = 0) -> NodePlan:
        folder = self.folder / script.node_id
        folder.mkdir()
        kafka = self.settings.kafka.model_copy(update={"timeout_s": 8.0})
        plan = NodePlan(
            folder=str(folder),
            kafka=kafka.model_dump_json(),
            url=self.url,
            token=self.token,
            script=script,
            backlog=backlog,
        )
        config = folder / "plan.json"
        config.write_bytes(TypeAdapter(NodePlan).dump_json(plan))
        command = [sys.executable, "-m", "tests.faults.distributed.node", str(config)]
        self._add(Program(script.node_id, command, self.folder / f"{script.node_id}.log"))
        return plan

    def _add(self, program: Program) -> None:
        with self._lock:
            self.kept[program.name] = Kept(program)
            program.start()

    def watch(self) -> None:
        """Start again what ended, until `stop`."""
        while not self._stop.wait(_WATCH_S):
            with self._lock:
                for kept in self.kept.values():
                    self._look_after(kept)

    def _look_after(self, kept: Kept) -> None:
        program = kept.program
        if program.running or kept.finished or time.monotonic() < kept.hold_until:
            return
        if not kept.killed:
            assert program.process is not None
            if program.process.returncode == 0:
                kept.finished = True
                return
            kept.restarts += 1
        kept.killed = False
        program.start()

    def kill(self, name: str, *, away_s: float) -> None:
        """kill -9, and started again after a while."""
        with self._lock:
            kept = self.kept[name]
            kept.hold_until = time.monotonic() + away_s
            if kept.program.running:
                kept.killed = True
                kept.program.kill()

    def fill_disk(self, pid: int) -> None:
        """From now on no file of that process may grow."""
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (_FULL_BYTES, resource.RLIM_INFINITY))

    def free_disk(self, pid: int) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def start_postgres(self) -> None:
        """Its orphans hold the shared memory for a moment after a kill -9."""
        deadline = time.monotonic() + 60
        while True:
            try:
                self.postgres.start()
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)
            else:
                return

    def finish_node(self, name: str, timeout_s: float) -> dict[str, int]:
        """Wait until a node that has made enough has delivered it; what it told."""
        program = self.kept[name].program
        deadline = time.monotonic() + timeout_s
        while program.running or not self.kept[name].finished:
            assert time.monotonic() < deadline, f"{name} did not deliver what waits; see {program.log}"
            time.sleep(0.1)
        assert program.process is not None
        assert program.process.stdout is not None
        told: dict[str, int] = json.loads(program.process.stdout.read())
        program.close()
        return told

    def stop_central(self) -> list[str]:
        """SIGTERM to the central processes; names of those that did not end well."""
        self._stop.set()
        bad = []
        for name, kept in self.kept.items():
            if kept.program.running:
                try:
                    kept.program.end(60)
                except AssertionError:
                    bad.append(name)
        return bad

    def close(self) -> None:
        """Whatever still runs goes."""
        self._stop.set()
        for kept in self.kept.values():
            if kept.program.running:
                kept.program.kill()
            kept.program.close()


@contextmanager
def town(folder: Path, *, letters: Sequence[str], listed: int) -> Iterator[Town]:
    """Servers, topics and `listed` active orders for each letter's listed vehicles; no process of ours yet."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        kafka = KafkaServer(folder / "kafka", nodes=3)
        stack.enter_context(kafka)
        redis = RedisServer(folder / "redis")
        stack.enter_context(redis)
        postgres = stack.enter_context(closing(OwnServer()))
        databases = Databases(postgres.url)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        config = folder / "central.toml"
        config.write_text(_toml(folder, kafka, redis, databases.new(), port), encoding="utf-8")
        settings = load_settings(config)
        clock = SystemClock()
        with closing(open_bus(settings, clock)) as bus:
            bus.create_topics(ALL)
        with closing(open_configured_records(settings, clock)) as records:
            place_orders(records, [listed_plate(letter, n) for letter in letters for n in range(listed)])
        token = subprocess.run(
            [*_BUKONG, "--config", str(config), "tokens", "add", "nodes"],
            check=True, capture_output=True, text=True, env=os.environ | {"BUKONG_LOG_LEVEL": "error"},
        ).stdout.strip()  # fmt: skip
        made = Town(
            folder=folder,
            kafka=kafka,
            redis=redis,
            postgres=postgres,
            settings=settings,
            config=config,
            token=token,
            url=f"http://127.0.0.1:{port}",
        )
        try:
            yield made
        finally:
            made.close()


def _toml(folder: Path, kafka: KafkaServer, redis: RedisServer, records: str, port: int) -> str:
    settings = KafkaSettings(servers=kafka.servers, replication=3, session_s=6, max_poll_s=30, timeout_s=10)
    return "\n".join(
        [
            f"data = {json.dumps(str(folder / 'central'))}",
            '[bus]\nengine = "kafka"',
            "[kafka]",
            *(
                f"{name} = {json.dumps(value)}"
                for name, value in settings.model_dump(mode="json").items()
                if name in ("servers", "replication", "session_s", "max_poll_s", "timeout_s")
            ),
            f'[records]\nengine = "postgresql"\nurl = {json.dumps(records)}',
            f'[state]\nengine = "redis"\nurl = {json.dumps(redis.url)}',
            f"[http]\nport = {port}",
            '[[checkpoints]]\nid = "cp-1"\nname = "一号卡口"\ndirections = ["inbound", "outbound"]\nlanes = 3',
            "",
        ]
    )


def place_orders(records: Records, plates: Sequence[str]) -> None:
    """Active orders, entered as people do."""
    applicant, approver = (
        records.people.create_user(
            username=name, name=name, password="a password of the campaign", roles=[role], by="faults"
        )
        for name, role in (("applicant", Role.APPLICANT), ("approver", Role.APPROVER))
    )
    valid_until = SystemClock().now() + timedelta(days=7)
    for plate in plates:
        request = OrderRequest(
            plate=plate,
            priority=2,
            reason="盗抢机动车",
            case_number="A-1",
            legal_basis="程序规定",
            contact="指挥中心",
            valid_until=valid_until,
            retro=timedelta(hours=2),  # a clock that is an hour behind hides no listed vehicle
        )
        order = records.orders.create(request, by=applicant)
        records.orders.move(order.order_id, OrderMove.SUBMIT, by=applicant)
        records.orders.move(order.order_id, OrderMove.APPROVE, by=approver)
