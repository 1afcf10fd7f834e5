"""The centre in one process: from the bus to the console's address, and gracefully down again."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from central.centre import EVERYTHING, Centre, PartName
from central.config import BusSettings, CentreSettings, CheckpointSettings, HttpSettings
from central.people import Role
from central.ports import PassageQuery
from central.store.chdb import StoreInUse, open_chdb_store
from central.wiring import open_bus
from proto.bus.port import Bus, Record
from proto.clock import SystemClock
from proto.codec import encode_passages
from proto.identity import uuid7
from proto.passage import Passage
from proto.topics import PASSAGES
from tests.centre import PASSWORD, active_order, order_request, people
from tests.passages import passage

CLOCK = SystemClock()


@pytest.fixture
def settings(tmp_path: Path) -> CentreSettings:
    return CentreSettings(
        data=tmp_path / "central",
        http=HttpSettings(port=0),
        bus=BusSettings(),
        checkpoints=(CheckpointSettings(id="cp-1", name="汇东卡口"),),
    )


@pytest.fixture
def bus(settings: CentreSettings) -> Iterator[Bus]:
    bus = open_bus(settings, CLOCK)
    yield bus
    bus.close()


def now_passing(number: int) -> Passage:
    now = CLOCK.now()
    return replace(passage(number), captured_at=now, passage_id=uuid7(now))


def publish(bus: Bus, *passages: Passage) -> None:
    bus.producer().publish(PASSAGES, [Record(key=b"node-1", value=encode_passages(passages))])


def eventually(what: Callable[[], bool], *, within_s: float = 10.0) -> float:
    """Seconds until it was so."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() < began + within_s, "it never was"
        time.sleep(0.002)
    return time.monotonic() - began


def test_a_listed_vehicle_passes(settings: CentreSettings, bus: Bus) -> None:
    with Centre(settings, bus) as centre:
        staff = people(centre.records)
        active_order(centre.records, staff, order_request("川C00007", at=CLOCK.now()))
        publish(bus, now_passing(6), now_passing(7), now_passing(8))
        eventually(lambda: len(centre.records.alerts.page(only_open=True, limit=10)) == 1)
        eventually(lambda: centre.store.count(PassageQuery()) == 3)
        with httpx.Client(base_url=centre.address, timeout=20) as client:
            ready = client.get("/readyz")
            assert ready.status_code == 200
            assert set(ready.json()["checks"]) == {*EVERYTHING, "records", "passages", "state"}
            metrics = client.get("/metrics").text
            assert "bukong_match_alerts_raised_total 1.0" in metrics
            assert "bukong_ingest_passages_stored_total 3.0" in metrics
            sign_in = {"username": Role.OPERATOR.value, "password": PASSWORD}
            assert client.post("/api/session", json=sign_in).status_code == 200
            (alert,) = client.get("/api/alerts").json()["alerts"]
            assert "川C00007" in str(alert)
            assert "汇东卡口" in str(alert)


def test_a_stopped_centre_lets_go_of_everything_and_goes_on_where_it_was(
    settings: CentreSettings, bus: Bus
) -> None:
    first = Centre(settings, bus)
    first.start()
    publish(bus, now_passing(1))
    eventually(lambda: first.store.count(PassageQuery()) == 1)
    first.stop()
    first.stop()
    assert not [t for t in threading.enumerate() if t.name in {*EVERYTHING, "http"}]
    publish(bus, now_passing(2))
    with Centre(settings, bus) as second:
        eventually(lambda: second.store.count(PassageQuery()) == 2)


def test_the_matcher_needs_no_passages_and_runs_beside_the_rest(settings: CentreSettings, bus: Bus) -> None:
    parts = frozenset({PartName.MATCH, PartName.PROBES})
    with (
        Centre(settings, bus),
        Centre(settings, bus, parts=parts) as matcher,
        httpx.Client(base_url=matcher.address, timeout=20) as client,
    ):
        assert client.get("/healthz").json() == {"alive": True}
        ready = client.get("/readyz")
        assert (ready.status_code, set(ready.json()["checks"])) == (
            200,
            {"match", "probes", "records", "state"},
        )
        lag = client.get("/metrics").text
        assert 'bukong_bus_lag_records{group="match",partition="0"} 0.0' in lag
        assert client.get("/api/orders").status_code == 404


def test_the_probes_say_what_is_wrong(
    settings: CentreSettings, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Centre(settings, bus, parts=frozenset({PartName.ORDERS, PartName.PROBES})) as centre:

        def broken() -> int:
            raise OSError("the disk is gone")

        monkeypatch.setattr(centre.records.orders, "tick", broken)
        eventually(lambda: not centre.checks()["orders"].ok)
        ready = httpx.get(f"{centre.address}/readyz", timeout=20)
        assert ready.status_code == 503
        assert "the disk is gone" in ready.json()["checks"]["orders"]["detail"]


def test_passages_that_are_open_elsewhere_are_named_and_the_address_is_free_again(
    settings: CentreSettings, bus: Bus
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    wanted = settings.model_copy(update={"http": HttpSettings(port=port)})
    holder = open_chdb_store(settings.data / "passages")
    try:
        with pytest.raises(StoreInUse):
            Centre(wanted, bus).start()
    finally:
        holder.close()
    socket.create_server(("127.0.0.1", port)).close()


def test_an_address_that_is_taken_is_an_error_of_the_start(settings: CentreSettings, bus: Bus) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wanted = settings.model_copy(update={"http": HttpSettings(port=taken.getsockname()[1])})
        with pytest.raises(OSError, match="in use"):
            Centre(wanted, bus).start()


def test_a_part_that_fails_makes_the_centre_unready_and_comes_back(
    settings: CentreSettings, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Centre(settings, bus) as centre:

        def broken() -> int:
            raise OSError("the disk is gone")

        with monkeypatch.context() as patched:
            patched.setattr(centre.records.orders, "tick", broken)
            eventually(lambda: not centre.checks()["orders"].ok)
            assert "the disk is gone" in centre.checks()["orders"].detail
            with httpx.Client(base_url=centre.address, timeout=20) as client:
                assert client.get("/readyz").status_code == 503
        eventually(lambda: centre.checks()["orders"].ok)
        assert centre.registry.get_sample_value("bukong_part_restarts_total", {"part": "orders"})
