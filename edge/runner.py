"""One camera, followed: from its frames to passages in the outbox."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import structlog

from edge.frame import Frame
from edge.metrics import CameraMetrics
from edge.motion import MotionGate
from edge.outbox.port import OutboxUnavailable
from edge.pipeline import Pipeline, State, Step
from edge.ports import Camera, CameraError, Detector, Reader
from edge.snapshot import Snapshot, SnapshotError, load, save
from proto.clock import Clock, ClockQuality
from proto.passage import CameraHealth, Passage

log = structlog.get_logger()

#: No frame for so long and a camera counts as not alive, seconds.
SILENT = 10.0
#: Between two tries to store what the outbox did not take, seconds: first, longest.
_RETRY, _RETRY_MOST = 0.2, 5.0
#: Frames in a row that could not be worked on, after which a live camera is given up.
_FAILURES = 10


class PassageSink(Protocol):
    """What a runner needs of an outbox, see `edge.outbox.port.Outbox`."""

    def put(
        self,
        passages: Sequence[Passage],
        images: Mapping[str, bytes],
        *,
        progress: tuple[str, bytes] | None = None,
    ) -> None: ...

    def progress(self, name: str) -> bytes | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How much of a camera's frames is worked on."""

    detect_every: int = 1  #: look for plates in every n-th frame
    recheck: float = 2.0  #: seconds after which a picture without motion is looked at all the same
    use_gate: bool = True  #: whether frames without motion are passed over; photos have no motion
    save_every: int = 100  #: frames between two saves of progress where no passage saves it (files only)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What a camera's runner did so far."""

    frames: int = 0
    dropped: int = 0
    detected: int = 0
    read: int = 0
    passages: int = 0
    unread: int = 0
    last_frame_at: datetime | None = None


class CameraRunner:
    """Runs one camera in the thread that calls `run`; anything else may be called from other threads.

    The loop, a frame:

    1. Take the frame; count what the camera had to drop.
    2. Pass over it unless it is due and something moves.
    3. Detect plates.
    4. Associate them; read those worth reading.
    5. Conclude: vote, track, make the passages that are due.
    6. Store them in the outbox, for a file together with how far it was followed, in one transaction.

    A live camera that outpaces the loop drops frames itself (see `edge.ports.Camera`); a file waits. Killed
    at any instant, a file is taken up at the last stored frame and yields the same passages with the same
    identifiers; of a live camera, what had not been stored is gone with the frames.
    """

    def __init__(
        self,
        *,
        camera: Camera,
        source: str,
        pipeline: Pipeline,
        detector: Detector,
        reader: Reader,
        outbox: PassageSink,
        metrics: CameraMetrics,
        clock: Clock,
        pace: Pace,
        clock_quality: Callable[[], ClockQuality] = lambda: ClockQuality.UNKNOWN,
    ) -> None:
        """Put one together.

        Args:
            camera: closed when the run ends.
            source: names what a file shows, so that another file under the same name starts afresh.
            pipeline: what the frames go through.
            detector: finds plates; may be shared with other runners.
            reader: reads them; may be shared.
            outbox: where passages go.
            metrics: what counts.
            clock: for durations only; times of passages are the frames' own.
            pace: how much of the frames is worked on.
            clock_quality: asked for live frames whose camera can't tell how far their time may be trusted.
        """
        self._camera, self._source, self._pipeline = camera, source, pipeline
        self._detector, self._reader, self._outbox = detector, reader, outbox
        self._metrics, self._clock, self._pace = metrics, clock, pace
        self._clock_quality = clock_quality
        self._log = log.bind(camera=camera.camera_id)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        # Guarded by `_lock`.
        self._count = Count()
        self._heard: float | None = None
        self._running = False
        self._error = ""

    @property
    def camera_id(self) -> str:
        return self._camera.camera_id

    @property
    def count(self) -> Count:
        """So far."""
        with self._lock:
            return self._count

    @property
    def error(self) -> str:
        """Why the camera was given up; empty while it was not."""
        with self._lock:
            return self._error

    def health(self) -> CameraHealth:
        """For the heartbeat."""
        with self._lock:
            count, heard, running, error = self._count, self._heard, self._running, self._error
        alive = running and heard is not None and self._clock.monotonic() - heard < SILENT
        return CameraHealth(
            camera_id=self.camera_id,
            alive=alive,
            frames=count.frames,
            frames_dropped=count.dropped,
            passages=count.passages,
            unread=count.unread,
            last_frame_at=count.last_frame_at,
            error=error,
        )

    def stop(self) -> None:
        """End the loop after the frame it is at; idempotent."""
        self._stop.set()
        self._camera.close()

    def run(self) -> None:
        """Follow the camera until it ends, fails for good or `stop` is called. Raises nothing."""
        with self._lock:
            self._running = True
        self._metrics.alive.labels(self.camera_id).set(1)
        try:
            self._follow(self._restore())
        except CameraError as error:
            self._log.error("the camera was given up", error=str(error))
            self._fail(str(error))
        except Exception as error:  # noqa: BLE001 - the thread's end, where nobody else would hear of it
            # Other cameras go on; the heartbeat carries what happened to this one.
            self._log.exception("following the camera failed")
            self._fail(f"{type(error).__name__}: {error}")
        finally:
            with self._lock:
                self._running = False
            self._camera.close()
            self._metrics.alive.labels(self.camera_id).set(0)

    def _fail(self, error: str) -> None:
        with self._lock:
            self._error = error

    def _follow(self, at: Snapshot) -> None:
        if at.finished:
            self._log.info("followed to its end before", frames=at.next_index)
            return
        unsaved = failures = 0
        broken: Exception | None = None
        frames = self._camera.frames(start_index=at.next_index)
        while True:
            try:
                frame = next(frames, None)
            except CameraError as error:
                broken = error  # what was seen until here is reported all the same
                break
            if frame is None:
                break
            # 1. Take.
            self._taken(frame, at.next_index)
            if self._camera.live and frame.clock is ClockQuality.UNKNOWN:
                frame = replace(frame, clock=self._clock_quality())
            due = frame.index >= at.due_index
            at = replace(at, next_index=frame.index + 1)
            # 2. Pass over. 3. Detect. 4. Associate and read. 5. Conclude.
            step = Step(state=at.state)
            if due:
                looks = True
                try:
                    looks = self._moves(at, frame)
                    step = self._work(at, frame) if looks else self._pipeline.still(at.state, frame)
                    failures = 0
                except Exception as error:
                    # One picture that an engine chokes on must not end a live camera; a recording would lose
                    # vehicles in silence, and an engine that chokes on everything is no use.
                    failures += 1
                    self._metrics.frames_failed.labels(self.camera_id).inc()
                    if not self._camera.live:
                        raise  # the next run takes it up at the last stored frame
                    if failures >= _FAILURES:
                        broken = error
                        break
                    self._log.exception("a frame could not be worked on", frame=frame.index)
                self._note(step)
                at = replace(
                    at,
                    state=step.state,
                    due_index=frame.index + self._pace.detect_every,
                    looked_seconds=frame.seconds if looks else at.looked_seconds,
                )
            # 6. Store.
            unsaved += 1
            if step.reports or (unsaved >= self._pace.save_every and not self._camera.live):
                self._store(step, at)
                unsaved = 0
            if self._stop.is_set():
                break
        if self._stop.is_set() and not self._camera.live:
            self._store(Step(state=at.state), at)  # to be taken up again here
            return
        step = self._pipeline.finish(at.state)
        self._note(step)
        self._store(step, replace(at, state=step.state, finished=broken is None))
        if broken is not None:
            raise broken

    def _moves(self, at: Snapshot, frame: Frame) -> bool:
        """Step 2: whether the frame is worth the detector's time. A still picture is, now and then."""
        if at.gate is None:
            return True
        with self._timed("gate"):
            moves = at.gate.regions(frame.image, frame.seconds) is not None
        return moves or frame.seconds - at.looked_seconds >= self._pace.recheck

    def _work(self, at: Snapshot, frame: Frame) -> Step:
        """Steps 3 to 5."""
        with self._timed("detect"):
            plates = self._detector.detect(frame.image)
        plan = self._pipeline.look(at.state, frame, plates)
        with self._timed("read"):
            chosen = [plates[i] for i in plan.to_read]
            readings = self._reader.read(frame.image, chosen) if chosen else ()
        with self._timed("conclude"):
            step = self._pipeline.conclude(at.state, frame, plan, readings)
        with self._lock:
            self._count = replace(
                self._count, detected=self._count.detected + 1, read=self._count.read + len(chosen)
            )
        self._metrics.frames_detected.labels(self.camera_id).inc()
        self._metrics.plates_read.labels(self.camera_id).inc(len(chosen))
        return step

    def _taken(self, frame: Frame, expected_index: int) -> None:
        missed = max(0, frame.index - expected_index) if expected_index else 0
        self._metrics.frames.labels(self.camera_id).inc()
        self._metrics.frames_dropped.labels(self.camera_id).inc(missed)
        with self._lock:
            self._heard = self._clock.monotonic()
            self._count = replace(
                self._count,
                frames=self._count.frames + 1,
                dropped=self._count.dropped + missed,
                last_frame_at=frame.captured_at,
            )

    def _note(self, step: Step) -> None:
        for flaw in step.flaws:
            self._metrics.looks_dropped.labels(self.camera_id, flaw.value).inc()
        for reason in step.dropped:
            self._metrics.tracklets_dropped.labels(self.camera_id, reason).inc()

    def _store(self, step: Step, at: Snapshot) -> None:
        passages = [report.passage for report in step.reports]
        images = {sha256: data for report in step.reports for sha256, data in report.images.items()}
        progress = None
        if not self._camera.live:
            progress = (_progress_name(self.camera_id), save(at, self._pipeline.darkroom))
        elif not passages:
            return
        wait = _RETRY
        while True:
            try:
                with self._timed("store"):
                    self._outbox.put(passages, images, progress=progress)
                break
            except OutboxUnavailable as error:
                # Nothing is lost in silence: the camera waits (and drops) until the disk takes it again.
                self._log.error(
                    "passages can't be stored, trying again", error=str(error), waiting=len(passages)
                )
                if self._stop.wait(wait):
                    self._log.error("passages were not stored before the stop", lost=len(passages))
                    return
                wait = min(2 * wait, _RETRY_MOST)
        self._stored(passages)

    def _stored(self, passages: Sequence[Passage]) -> None:
        for passage in passages:
            self._metrics.passages.labels(self.camera_id).inc()
            if passage.plate is None:
                self._metrics.unread.labels(self.camera_id, passage.unread_reason).inc()
        with self._lock:
            self._count = replace(
                self._count,
                passages=self._count.passages + len(passages),
                unread=self._count.unread + sum(p.plate is None for p in passages),
            )

    def _restore(self) -> Snapshot:
        fresh = Snapshot(
            source=self._source,
            next_index=0,
            due_index=0,
            looked_seconds=0.0,
            state=State(),
            gate=MotionGate() if self._pace.use_gate else None,
        )
        if self._camera.live:
            return fresh
        saved = self._outbox.progress(_progress_name(self.camera_id))
        if saved is None:
            return fresh
        try:
            found = load(saved)
        except SnapshotError as error:
            # Identifiers are repeatable: from the start again, what was reported is known and not doubled.
            self._log.warning("the saved progress is of no use, starting over", error=str(error))
            return fresh
        return found if found.source == self._source else fresh

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        began = self._clock.monotonic()
        yield
        self._metrics.stage_seconds.labels(stage).observe(self._clock.monotonic() - began)


def _progress_name(camera_id: str) -> str:
    return f"camera/{camera_id}"
