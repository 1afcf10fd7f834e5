"""Processes of a measured run: started as anyone starts them, watched for CPU and memory."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_MIB = 1 << 20
_TICKS = 100.0  # USER_HZ, fixed on Linux


class NotRunning(Exception):
    """A process ended or did not come up; with the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a process took."""

    cpu_s: float
    peak_mib: float


def usage(pid: int) -> Usage:
    """Of a process that runs: processor seconds of all its threads, and the most memory it held."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text()
    peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return Usage(cpu_s=(int(fields[11]) + int(fields[12])) / _TICKS, peak_mib=int(peak) * 1024 / _MIB)


class Processes:
    """Several of them, by name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen[str]] = {}

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
        with self._log(name).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command],
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._running[name] = process
        return process

    def usage(self) -> dict[str, Usage]:
        """Of those that run."""
        return {name: usage(p.pid) for name, p in self._running.items() if p.poll() is None}

    def wait_for_log(self, *names: str, event: str, timeout_s: float) -> None:
        """Until one of these processes has logged this event.

        Raises:
            NotRunning: one of them ended, or the time is up.
        """
        deadline = time.monotonic() + timeout_s
        while not any(entry.get("event") == event for name in names for entry in self._entries(name)):
            ended = [name for name in names if self._running[name].poll() is not None]
            if ended or time.monotonic() > deadline:
                for name in ended or names:
                    tail = self._log(name).read_text("utf-8", "replace")[-2000:]
                    raise NotRunning(f"{name} did not get ready, no {event!r} from it: {tail}")
            time.sleep(0.1)

    def stop(self, name: str) -> None:
        """Orderly."""
        process = self._running.pop(name)
        process.terminate()
        try:
            process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _entries(self, name: str) -> list[Mapping[str, object]]:
        lines = self._log(name).read_text("utf-8", "replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in list(self._running):
            self.stop(name)
