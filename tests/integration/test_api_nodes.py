"""The fleet over the API: what each camera reads beside its own past, and how long things are kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from central.api import ApiSettings
from central.config import RetentionSettings
from central.flow.keeper import FlowKeeper
from central.people import Role
from central.ports import Heard, StoreUnavailable
from proto.clock import ClockQuality
from proto.passage import CameraHealth, Heartbeat, Passage
from tests.centre import START, Centre, new_clock, passage, running_centre

DAYS = 5
KEPT = RetentionSettings(passages_days=60).kept()


def seen(number: int, hours: float, days_ago: int, *, camera: str, read: bool = True) -> Passage:
    at = START - timedelta(days=days_ago) - timedelta(hours=hours)
    return replace(
        passage(f"川C{number:05}" if read else None, at=at, seed=f"{number}{camera}"), camera_id=camera
    )


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """Two cameras that saw forty vehicles in these three hours on each day; one reads half of them now."""
    clock = new_clock()
    clock.current = START + timedelta(minutes=20)
    with running_centre(tmp_path_factory.mktemp("centre"), clock, ApiSettings(kept=KEPT)) as running:
        passed = [
            seen(n, 0.05 + n * 2.9 / 40, ago, camera=camera, read=camera == "cam-1" or ago > 0 or n % 2 == 0)
            for ago in range(DAYS)
            for n in range(40)
            for camera in ("cam-1", "cam-2")
        ]
        running.services.store.insert(passed)
        FlowKeeper(
            running.services.store.flow, clock, history=timedelta(days=DAYS), stopped=lambda: False
        ).run()
        cameras = tuple(
            CameraHealth(camera_id=name, alive=True, frames=1, frames_dropped=0, passages=40, unread=0)
            for name in ("cam-1", "cam-2", "cam-new")
        )
        beat = Heartbeat(
            node_id="node-1",
            checkpoint_id="cp-1",
            sent_at=clock.now(),
            started_at=START,
            clock=ClockQuality.SYNCED,
            outbox_depth=0,
            outbox_bytes=0,
            disk_free_bytes=10**10,
            software="0.1.0",
            cameras=cameras,
        )
        running.records.fleet.heartbeat([Heard(beat=beat, at=clock.now())])
        yield running


def test_a_camera_whose_read_rate_fell_is_flagged_with_the_figures_behind_it(centre: Centre) -> None:
    (node,) = centre.client(Role.SUPERVISOR).get("/api/nodes").json()["nodes"]
    as_ever, fogged, new = node["cameras"]
    assert fogged["reads"] == {
        "passages": 40,
        "read_rate": 0.5,
        "usual_passages": None,  # a Sunday, and no three of them are known
        "usual_read_rate": 1.0,
        "days": DAYS - 1,
        "rate_fell": True,
        "passages_fell": False,
    }
    assert as_ever["reads"]["read_rate"] == 1.0
    assert not as_ever["reads"]["rate_fell"]
    assert new["reads"] is None


def test_the_fleet_is_seen_while_the_store_is_away(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(centre.services.cameras, "reads", away)
    (node,) = centre.client(Role.OPERATOR).get("/api/nodes").json()["nodes"]
    assert [camera["reads"] for camera in node["cameras"]] == [None, None, None]


def test_how_long_things_are_kept_is_what_is_configured(centre: Centre) -> None:
    rules = centre.client(Role.AUDITOR).get("/api/retention").json()["rules"]
    assert rules[0] == {"kind": "passages", "days": 60}
    assert {rule["kind"]: rule["days"] for rule in rules} == KEPT
