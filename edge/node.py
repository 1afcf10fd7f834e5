"""A checkpoint's node: its cameras, the outbox and what drains it, running."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import structlog

from edge.outbox.port import Outbox, OutboxError
from edge.runner import CameraRunner
from proto.bus.port import BusError, Producer, Record
from proto.clock import Clock, ClockQuality
from proto.codec import encode_heartbeat
from proto.passage import Heartbeat, ModelVersion
from proto.topics import HEARTBEATS

log = structlog.get_logger()

#: How often a drain looks whether the outbox is empty, seconds.
_DRAIN_LOOK = 0.05


class Drainer(Protocol):
    """Empties the outbox in the thread that calls `run`, until told to stop."""

    def run(self, stop: threading.Event) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeIdentity:
    """What a heartbeat says of a node that does not change."""

    node_id: str
    checkpoint_id: str
    software: str
    models: tuple[ModelVersion, ...] = ()


class EdgeNode:
    """Runs a node in threads of its own: one a camera, the relay, the uploader, the heartbeat.

    `start`, then `stop` (or let recorded cameras come to their end), then `join`. It ends in this order: the
    cameras, then the outbox is drained for up to `drain_s` seconds, then the rest. What was not delivered
    stays in the outbox. A node is started once. It owns the outbox and closes it; producer and clock are its
    maker's.
    """

    def __init__(
        self,
        *,
        identity: NodeIdentity,
        runners: Sequence[CameraRunner],
        outbox: Outbox,
        drainers: Sequence[Drainer],
        producer: Producer,
        clock: Clock,
        clock_quality: Callable[[], ClockQuality],
        folder: Path,
        sends_images: bool = False,
        heartbeat_s: float = 10.0,
        drain_s: float = 10.0,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        """Put one together; see `edge.wiring.build_node`.

        Args:
            identity: what heartbeats say of the node.
            runners: one a camera.
            outbox: closed at the end.
            drainers: relay and uploader.
            producer: for heartbeats.
            clock: for heartbeats and waits.
            clock_quality: how far this machine's clock may be trusted.
            folder: whose disk's free space heartbeats tell.
            sends_images: whether a drainer takes images, so that the end waits for them too.
            heartbeat_s: between two heartbeats, seconds.
            drain_s: longest wait for the outbox at the end, seconds.
            on_end: called once all threads have ended.
        """
        self._identity = identity
        self._runners = tuple(runners)
        self._outbox = outbox
        self._drainers = tuple(drainers)
        self._producer = producer
        self._clock = clock
        self._clock_quality = clock_quality
        self._folder = folder
        self._sends_images = sends_images
        self._heartbeat_s = heartbeat_s
        self._drain_s = drain_s
        self._on_end = on_end
        self._started_at: datetime | None = None
        self._was_synced = False
        self._stopping = threading.Event()
        self._ended = threading.Event()  # tells drainers and heartbeat
        self._supervisor = threading.Thread(target=self._run, name=f"node-{identity.node_id}")
        self._undelivered = 0
        self._log = log.bind(node=identity.node_id)

    @property
    def node_id(self) -> str:
        return self._identity.node_id

    @property
    def runners(self) -> tuple[CameraRunner, ...]:
        """For their counts."""
        return self._runners

    @property
    def undelivered(self) -> int:
        """Passages still in the outbox when the node ended; 0 before."""
        return self._undelivered

    @property
    def errors(self) -> dict[str, str]:
        """Cameras that were given up, with the reason."""
        return {r.camera_id: r.error for r in self._runners if r.error}

    def start(self) -> None:
        """Start the threads and return.

        Raises:
            RuntimeError: it was started before.
        """
        self._started_at = self._clock.now()
        self._supervisor.start()

    def stop(self) -> None:
        """Begin to end; returns at once; idempotent; callable from a signal handler."""
        self._stopping.set()
        for runner in self._runners:
            runner.stop()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end; False where it had not come after `timeout` seconds.

        A node that was never started is at its end: its outbox is closed.
        """
        if self._started_at is None:
            self._outbox.close()
            return True
        self._supervisor.join(timeout)
        return not self._supervisor.is_alive()

    def heartbeat(self) -> Heartbeat:
        """How the node does now.

        Raises:
            OutboxError: the outbox can't say.
        """
        now = self._clock.now()
        stats = self._outbox.stats()
        return Heartbeat(
            node_id=self._identity.node_id,
            checkpoint_id=self._identity.checkpoint_id,
            sent_at=now,
            started_at=self._started_at or now,
            clock=self._clock_now(),
            outbox_depth=stats.passages,
            outbox_bytes=stats.bytes,
            disk_free_bytes=shutil.disk_usage(self._folder).free,
            software=self._identity.software,
            cameras=tuple(runner.health() for runner in self._runners),
            models=self._identity.models,
        )

    def _clock_now(self) -> ClockQuality:
        found = self._clock_quality()
        self._was_synced |= found is ClockQuality.SYNCED
        # Once synchronised, a clock drifts away slowly: better than one that never was.
        return ClockQuality.HOLDOVER if self._was_synced and found is ClockQuality.UNSYNCED else found

    def _run(self) -> None:
        """The supervisor: cameras, drain, rest, in that order."""
        cameras = [threading.Thread(target=r.run, name=f"camera-{r.camera_id}") for r in self._runners]
        others = [
            threading.Thread(target=d.run, args=(self._ended,), name=type(d).__name__.lower())
            for d in self._drainers
        ]
        others.append(threading.Thread(target=self._beat, name="heartbeat"))
        for thread in (*others, *cameras):
            thread.start()
        self._log.info("node started", cameras=[r.camera_id for r in self._runners])
        for thread in cameras:
            thread.join()
        self._drain()
        self._ended.set()
        for thread in others:
            thread.join()
        self._on_end()
        self._outbox.close()
        self._log.info("node ended", undelivered=self._undelivered)

    def _drain(self) -> None:
        """Wait until all is delivered, `drain_s` at most."""
        deadline = self._clock.monotonic() + self._drain_s
        while True:
            try:
                stats = self._outbox.stats()
            except OutboxError as error:
                self._log.error("the outbox can't be asked what waits", error=str(error))
                return
            if not stats.passages and not (stats.images and self._sends_images):
                return
            if self._clock.monotonic() >= deadline:
                self._undelivered = stats.passages
                self._log.warning("left in the outbox", passages=stats.passages, images=stats.images)
                return
            self._clock.sleep(_DRAIN_LOOK)

    def _beat(self) -> None:
        """A heartbeat now, then every `heartbeat_s` seconds, and one at the end."""
        while True:
            ended = self._ended.wait(0)
            self._publish_heartbeat()
            if ended:
                return
            self._ended.wait(self._heartbeat_s)

    def _publish_heartbeat(self) -> None:
        try:
            beat = self.heartbeat()
            record = Record(key=self._identity.node_id.encode(), value=encode_heartbeat(beat))
            self._producer.publish(HEARTBEATS, [record])
        except (BusError, OutboxError, OSError) as error:
            # The next one comes soon; passages wait in the outbox meanwhile.
            self._log.warning("no heartbeat", error=str(error))
