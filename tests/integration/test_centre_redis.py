"""Centres that share a Redis: one leads, all show the same feed, and Redis may go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from central.centre import Centre, PartName
from central.config import BusSettings, CentreSettings, CheckpointSettings, HttpSettings, StateSettings
from central.wiring import open_bus
from deploy.servers.redis import RedisServer
from proto.bus.port import Bus
from proto.clock import SystemClock
from tests.centre import active_order, order_request, people
from tests.integration.test_centre import eventually, now_passing, publish
from tests.redis import new_prefix, own_server

CLOCK = SystemClock()


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with own_server() as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path, server: RedisServer) -> CentreSettings:
    return CentreSettings(
        data=tmp_path / "central",
        http=HttpSettings(port=0),
        bus=BusSettings(),
        state=StateSettings(
            engine="redis", url=SecretStr(server.url), prefix=new_prefix(), timeout_s=0.3, lease_s=1
        ),
        checkpoints=(CheckpointSettings(id="cp-1", name="汇东卡口"),),
    )


@pytest.fixture
def bus(settings: CentreSettings) -> Iterator[Bus]:
    bus = open_bus(settings, CLOCK)
    yield bus
    bus.close()


def leads(centre: Centre, job: PartName) -> bool:
    return centre.registry.get_sample_value("bukong_leader", {"job": job.value}) == 1.0


def ready(centre: Centre) -> tuple[int, list[str]]:
    with httpx.Client(base_url=centre.address, timeout=20) as client:
        answer = client.get("/readyz")
    return answer.status_code, answer.json()["degraded"]


def plates_fed(centre: Centre, after: int) -> list[str]:
    """Of the passages that the shared stream, or the log, has after this event."""
    feed = centre.records.live.since(after, limit=100)
    return [json.loads(event.body)["plate"]["text"] for event in feed if event.kind == "passage"]


def test_redis_goes_and_comes_back_under_a_centre_that_works(
    settings: CentreSettings, bus: Bus, server: RedisServer
) -> None:
    with Centre(settings, bus) as centre:
        active_order(centre.records, people(centre.records), order_request("川C00007", at=CLOCK.now()))
        assert ready(centre) == (200, [])

        def passages() -> list[int]:
            """How many each alert has."""
            alerts = centre.records.alerts.page(only_open=True, limit=10)
            return [len(ordered.alert.passages) for ordered in alerts]

        def suppressed() -> float | None:
            return centre.registry.get_sample_value("bukong_match_repeats_suppressed_total")

        publish(bus, now_passing(7), now_passing(7))
        eventually(lambda: (passages(), suppressed()) == ([1], 1.0))
        server.kill()
        eventually(lambda: ready(centre) == (200, ["state"]))
        publish(bus, now_passing(7))
        eventually(lambda: passages() == [2])  # nothing is remembered, so it goes to the records, which merge
        assert "bukong_state_available 0.0" in httpx.get(f"{centre.address}/metrics").text
        assert leads(centre, PartName.ORDERS)
        server.start()
        eventually(lambda: ready(centre) == (200, []))
        publish(bus, now_passing(8))
        eventually(lambda: plates_fed(centre, 0)[-1:] == ["川C00008"])
        assert all(check.ok for check in centre.checks().values())


def test_one_of_two_processes_leads_and_the_other_takes_over(settings: CentreSettings, bus: Bus) -> None:
    parts = frozenset({PartName.ORDERS})
    first, second = Centre(settings, bus, parts=parts), Centre(settings, bus, parts=parts)
    first.start()
    second.start()
    try:
        assert (leads(first, PartName.ORDERS), leads(second, PartName.ORDERS)) == (True, False)
        first.stop()
        eventually(lambda: leads(second, PartName.ORDERS))
    finally:
        second.stop()
