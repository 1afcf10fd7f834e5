"""A store that is slow makes the bus wait, and no process grow: on both buses."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from central.config import BusSettings, CentreSettings
from central.ingest import GROUP
from central.wiring import open_bus
from deploy.bench.load.lag import lags
from proto.bus.port import Bus, Record
from proto.clock import SystemClock
from proto.codec import encode_passages
from proto.identity import uuid7
from proto.passage import EvidenceKind
from proto.topics import ALL, PASSAGES
from tests.passages import passage

pytestmark = pytest.mark.slow

A_RECORD = 200
#: Before it begins and while it is at work: 234 MiB of the latter, and several times that as values.
BEFORE, AMID = 2_000, 6_000
DELAY_S, SECONDS = 2.0, 10.0  #: 6 writes in that time
#: Above what it holds at rest: a poll, what a client fetches ahead, the first write (230 MiB were seen). A
#: process that reads on meanwhile grows by 530 at least.
GROWTH_MIB = 350.0


@pytest.fixture(params=["embedded", "kafka"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> CentreSettings:
    values: dict[str, Any] = {"data": tmp_path / "central", "bus": BusSettings(engine=request.param)}
    if request.param == "kafka":
        servers = request.getfixturevalue("kafka_servers")
        prefix = f"t{uuid.uuid4().hex[:12]}."
        values["kafka"] = {"servers": servers, "prefix": prefix, "replication": 1, "compression": "none"}
    return CentreSettings.model_validate(values)


@pytest.fixture
def bus(settings: CentreSettings) -> Iterator[Bus]:
    with closing(open_bus(settings, SystemClock())) as bus:
        bus.create_topics(ALL)
        yield bus


def records() -> list[Record]:
    """Of many nodes, on all partitions."""
    kinds = (EvidenceKind.SCENE, EvidenceKind.PLATE)
    made = []
    for node in range(40):
        now = SystemClock().now()
        passages = [
            replace(passage(n, node_id=f"node-{node}", kinds=kinds), passage_id=uuid7(now, seed=f"{node}/{n}"))
            for n in range(A_RECORD)
        ]
        made.append(Record(key=b"node-%d" % node, value=encode_passages(passages)))
    return made


def test_a_slow_store_slows_the_ingest_and_fills_no_memory(settings: CentreSettings, bus: Bus) -> None:
    assert settings.ingest.max_records * 6 < BEFORE + AMID, "it would be through before the time is up"
    made = records()
    producer = bus.producer()
    for _ in range(BEFORE // len(made)):
        producer.publish(PASSAGES, made)
    ingest = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.slow_ingest", _json(settings), str(DELAY_S), str(SECONDS)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert ingest.stdout is not None
    at_rest = _rss_mib(ingest.stdout.readline())
    ingest.stdout.readline()  # it is at work
    with lags(settings) as lag:
        behind = [lag(GROUP) or 0]
        for _ in range(AMID // len(made)):
            producer.publish(PASSAGES, made)
        behind.append(lag(GROUP) or 0)
        out, _ = ingest.communicate(timeout=60)
        behind.append(lag(GROUP) or 0)
    assert ingest.returncode == 0
    held = [_rss_mib(line) for line in out.splitlines()]
    assert behind[1] > behind[0] > 0, behind  # what comes waits on the bus
    assert 0 < behind[2] < BEFORE + AMID, behind  # and is taken in as the store allows
    assert max(held) - at_rest < GROWTH_MIB, (at_rest, held)


def _rss_mib(line: str) -> float:
    return float(json.loads(line)["rss_mib"])


def _json(settings: CentreSettings) -> str:
    return settings.model_dump_json(exclude={"records"})
