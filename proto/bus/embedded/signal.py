"""Wakes the consumers of a bus in this process as soon as something was committed here."""

from __future__ import annotations

import threading
from pathlib import Path

_signals: dict[Path, Signal] = {}
_guard = threading.Lock()


class Signal:
    """Counts commits; one a bus file, shared by everything in the process that has the file open."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._count = 0

    @staticmethod
    def of(path: Path) -> Signal:
        """The signal of a bus file."""
        with _guard:
            return _signals.setdefault(path.resolve(), Signal())

    @property
    def count(self) -> int:
        return self._count

    def notify(self) -> None:
        """Something was committed."""
        with self._condition:
            self._count += 1
            self._condition.notify_all()

    def wait(self, seen: int, timeout_s: float) -> None:
        """Until the count is no longer `seen`, or the time is up."""
        with self._condition:
            self._condition.wait_for(lambda: self._count != seen, timeout_s)
