"""A centre under load: its folder, bus, orders and processes, and what became of what was sent."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from uuid import UUID

from central.config import BusSettings, CentreSettings, HttpSettings
from central.store.chdb import ChdbEngine
from central.wiring import open_bus
from deploy.bench.load.generator import Plan
from deploy.bench.load.lag import lags
from deploy.bench.load.orders import place_orders
from deploy.bench.load.processes import NotRunning, Processes, Usage, usage
from deploy.bench.load.vehicles import Traffic
from deploy.bench.report import progress
from deploy.servers.kafka import KafkaServer
from proto.bus.kafka_settings import KafkaSettings
from proto.clock import SystemClock
from proto.topics import ALL, PASSAGES

_READY_S = 300.0
#: How often it is asked how far the centre is.
_LOOK_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What the generator did."""

    passages: int
    first: float  #: time of the first publish
    last: float
    listed: Mapping[UUID, float]  #: listed vehicles' passages, and when each was given to the bus
    cpu_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the store has."""

    passages: int
    duplicates: int


class Site:
    """One run's centre. Its processes stop when the `with` ends."""

    def __init__(
        self, folder: Path, settings: CentreSettings, processes: Processes, broker: int | None
    ) -> None:
        self.folder = folder
        self.settings = settings
        self.processes = processes
        self._broker = broker
        self._runs = 0
        self.environment = os.environ | {"BUKONG_LOG_FORMAT": "json", "BUKONG_LOG_LEVEL": "info"}
        self._config = folder / "central.toml"
        self._config.write_text(_toml(settings), encoding="utf-8")

    def start(self, *parts: str) -> None:
        """`bukong central PART` in a process each, until each is at work; `match` with its watchlist in use and
        the nodes' form of it published, which takes it as long again and is no part of any passage's cost."""
        names = [f"{part}-{number}" for number, part in enumerate(parts)]
        for name, part in zip(names, parts, strict=True):
            command = ["-m", "proto.cli", "central", "--config", str(self._config), part]
            self.processes.start(name, command, self.environment)
        for name, part in zip(names, parts, strict=True):
            at_work = "watchlist in use" if part == "match" else "centre started"
            self.processes.wait_for_log(name, event=at_work, timeout_s=_READY_S)
        matching = [name for name, part in zip(names, parts, strict=True) if part == "match"]
        if matching:  # one of them has the lease
            self.processes.wait_for_log(*matching, event="list published to the nodes", timeout_s=_READY_S)

    def beside(self, prefix: str) -> Site:
        """Topics of their own on the same broker, for what is not the centre."""
        kafka = self.settings.kafka.model_copy(update={"prefix": prefix})
        settings = self.settings.model_copy(update={"kafka": kafka})
        folder = self.folder / prefix
        folder.mkdir()
        with closing(open_bus(settings, SystemClock())) as bus:
            bus.create_topics([PASSAGES])
        return Site(folder, settings, self.processes, self._broker)

    def stop(self) -> None:
        for name in self.processes.usage():
            self.processes.stop(name)

    def usage(self) -> dict[str, Usage]:
        """Of the centre's processes and the broker."""
        found = self.processes.usage()
        if self._broker is not None:
            found["broker"] = usage(self._broker)
        return found

    @contextmanager
    def sending(self, passages: int, *, batch: int, rate: float, traffic: Traffic) -> Iterator[Sending]:
        """A generator whose records are made; nothing is sent yet."""
        self._runs += 1
        sent = self.folder / f"sent-{self._runs}.jsonl"
        plan = Plan(
            settings=self.settings,
            passages=passages,
            batch=batch,
            rate=rate,
            traffic={name: getattr(traffic, name) for name in Traffic.__slots__},
            seed=self._runs,
            sent=sent,
        )
        name = f"generator-{self._runs}"
        process = self.processes.start(name, ["-m", "deploy.bench.load.generator"], self.environment)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(plan.model_dump_json() + "\n")
        process.stdin.flush()
        if process.stdout.readline().strip() != "ready":
            raise NotRunning(f"{name} did not get ready")
        yield Sending(process, self.processes, name, sent)
        self.processes.stop(name)

    def wait_until_done(self, *groups: str, timeout_s: float) -> float:
        """Until the groups have committed all there is; when that was.

        Raises:
            NotRunning: the time is up, or a process of the centre ended.
        """
        deadline = time.monotonic() + timeout_s
        with lags(self.settings) as lag:
            while any(lag(group) != 0 for group in groups):
                if time.monotonic() > deadline:
                    raise NotRunning(f"expected {groups} to be done in {timeout_s:.0f} s, they lag")
                time.sleep(_LOOK_S)
        return time.time()

    def stored(self) -> Stored:
        """Asked once the centre has stopped, since the store can be open in one process only."""
        with ChdbEngine(self.settings.data / "passages") as engine:
            (row,) = engine.query(
                "SELECT count() AS rows, uniqExact(passage_id) AS passages FROM passages"
            ).to_pylist()
        return Stored(passages=row["passages"], duplicates=row["rows"] - row["passages"])


@contextmanager
def opened(
    folder: Path, *, engine: Literal["embedded", "kafka"], orders: int, partitions: int
) -> Iterator[Site]:
    """A bus with its topics, and records with so many orders; nothing of the centre runs yet."""
    data = folder / "data"
    with ExitStack() as stack:
        settings = CentreSettings(data=data, bus=BusSettings(engine=engine), http=HttpSettings(port=0))
        broker = None
        if engine == "kafka":
            server = stack.enter_context(KafkaServer(folder / "kafka"))
            kafka = KafkaSettings(servers=server.servers, replication=1, compression="none")
            settings = settings.model_copy(update={"kafka": kafka})
            (broker,) = server.pids
        progress(f"{orders:,} orders into the records")
        place_orders(data / "records", orders, clock=SystemClock())
        with closing(open_bus(settings, SystemClock())) as bus:
            bus.create_topics([replace(t, partitions=partitions) if t is PASSAGES else t for t in ALL])
        yield Site(folder, settings, stack.enter_context(Processes(folder)), broker)


def _toml(settings: CentreSettings) -> str:
    """What differs from the defaults."""
    lines = [
        f"data = {json.dumps(str(settings.data))}",
        f'[bus]\nengine = "{settings.bus.engine}"',
        "[http]\nport = 0",
    ]
    if settings.bus.engine == "kafka":
        servers = json.dumps(list(settings.kafka.servers))
        lines.append(f"[kafka]\nservers = {servers}\nreplication = 1")
    return "\n".join(lines) + "\n"


class Sending:
    """A generator that waits for the word."""

    def __init__(self, process: subprocess.Popen[str], processes: Processes, name: str, sent: Path) -> None:
        self._process = process
        self._processes = processes
        self._name = name
        self._sent = sent

    def go(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def wait(self) -> Sent:
        """Until all is published. Raises NotRunning."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise NotRunning(f"{self._name} ended before all was sent")
        told = json.loads(line)
        used = self._processes.usage().get(self._name)
        entries = map(json.loads, self._sent.read_text(encoding="utf-8").splitlines())
        return Sent(
            passages=told["passages"],
            first=told["first"],
            last=told["last"],
            listed={UUID(hex=entry["id"]): entry["at"] for entry in entries},
            cpu_s=used.cpu_s if used else 0.0,
        )
