"""The counting of the traffic and of the cameras, as configured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from central.api.services import ApiSettings
from central.camera_board import CameraBoard
from central.camera_reads import CameraKey, CameraReads
from central.config import CentreSettings
from central.flow import FlowStore, Section
from central.flow.board import FlowBoard
from central.flow.keeper import FlowKeeper
from central.metrics import CentreMetrics
from proto.clock import Clock


def flow_board(settings: CentreSettings, store: FlowStore, clock: Clock) -> FlowBoard:
    """The traffic as of now."""
    roads = [road for configured in settings.roads for road in configured.roads()]
    return FlowBoard(
        store,
        clock,
        calendar=settings.interception.calendar(ApiSettings().utc_offset),
        days=settings.flow.history_days,
        roads=[Section(road.start, road.end) for road in roads],
    )


def camera_board(settings: CentreSettings, store: FlowStore, clock: Clock) -> CameraBoard:
    """The cameras against their own past."""
    return CameraBoard(store, clock, calendar=settings.interception.calendar(ApiSettings().utc_offset))


def tell_cameras(metrics: CentreMetrics, found: Mapping[CameraKey, CameraReads]) -> None:
    """Those that read less than they used to; one that does again is no longer told of."""
    metrics.cameras_fell.clear()
    for camera, reads in found.items():
        for what, fell in (("read_rate", reads.rate_fell), ("passages", reads.passages_fell)):
            if fell:
                metrics.cameras_fell.labels(camera.checkpoint_id, camera.camera_id, what).set(1)


def flow_job(
    settings: CentreSettings,
    store: FlowStore,
    clock: Clock,
    metrics: CentreMetrics,
    stopped: Callable[[], bool],
) -> Callable[[], object]:
    """One round: 1. count what is not counted yet; 2. tell of the cameras that read less than they used to."""
    keeper = FlowKeeper(store, clock, history=timedelta(days=settings.flow.history_days), stopped=stopped)
    board = camera_board(settings, store, clock)

    def run() -> None:
        keeper.run()  # 1
        tell_cameras(metrics, board.reads())  # 2

    return run
