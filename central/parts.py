"""Running parts and who looks after them: one thread each, started anew with patience when it fails."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from proto.clock import Clock

_log = structlog.get_logger(__name__)


class Part(Protocol):
    """Something that goes on for as long as the centre runs. Made, stepped and closed on one thread."""

    def step(self) -> None:
        """One round: wait a moment for work (half a second at most), do it, make it durable.

        Whatever it raises, the part is closed and made anew; what it had not committed comes again.
        """
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Seconds to wait before a part that failed is made anew, doubled each time it fails again."""

    first_s: float = 0.2
    longest_s: float = 10.0

    def after(self, failures: int) -> float:
        """`failures` in a row, at least one."""
        return min(self.longest_s, self.first_s * 2.0 ** min(failures - 1, 30))


@dataclass(frozen=True, slots=True, kw_only=True)
class PartState:
    """How a part is doing."""

    ok: bool
    detail: str


#: A part that has been in one step for so long hangs.
STALLED_AFTER_S = 60.0


class Supervisor:
    """Runs one part on a thread until it is told to stop."""

    def __init__(
        self,
        name: str,
        make: Callable[[], Part],
        *,
        clock: Clock,
        backoff: Backoff | None = None,
        on_restart: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self._make = make
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._on_restart = on_restart
        self._stopping = threading.Event()
        self._settled = threading.Event()
        self._error = ""
        self._stepped_at = clock.monotonic()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask it to stop after the step it is in; returns at once."""
        self._stopping.set()

    def join(self, timeout_s: float) -> bool:
        """Wait until it stopped; False where it is still in a step."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def wait_settled(self, timeout_s: float) -> bool:
        """Wait for its first step to be over, well or not."""
        return self._settled.wait(timeout_s)

    def state(self) -> PartState:
        if self._error:
            return PartState(ok=False, detail=self._error)
        if not self._settled.is_set():
            return PartState(ok=False, detail="starting")
        if not self._thread.is_alive():
            return PartState(ok=False, detail="stopped")
        seconds = self._clock.monotonic() - self._stepped_at
        if seconds > STALLED_AFTER_S:
            return PartState(ok=False, detail=f"in one step for {seconds:.0f} s")
        return PartState(ok=True, detail="running")

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            failures = self._run_until_failure(failures)
            if self._stopping.is_set():
                return
            self._on_restart()
            self._stopping.wait(self._backoff.after(failures))

    def _run_until_failure(self, failures: int) -> int:
        """Returns the failures in a row, this one included."""
        part: Part | None = None
        try:
            part = self._make()
            while not self._stopping.is_set():
                part.step()
                failures, self._error = 0, ""
                self._stepped_at = self._clock.monotonic()
                self._settled.set()
        except Exception as error:  # noqa: BLE001 - whatever broke it, it is made anew and shown as not ready
            failures += 1
            self._error = f"failed {failures} times in a row: {type(error).__name__}: {error}"
            self._settled.set()
            where = traceback.format_exc() if failures == 1 else ""
            _log.warning("part failed", part=self.name, failures=failures, error=self._error, where=where)
        finally:
            if part is not None:
                self._close(part)
        return failures

    def _close(self, part: Part) -> None:
        try:
            part.close()
        except Exception as error:  # noqa: BLE001 - closing what failed may fail too; the thread goes on
            _log.warning("part did not close", part=self.name, error=str(error))
