"""The newest list that a node has had in use: an old one that was signed once is not taken after a restart.

Two numbers: nothing of the list itself is on the disk.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import structlog

#: Epoch and version: of two lists the greater is the newer.
Age = tuple[int, int]
_log = structlog.get_logger("watchlist")


class NewestSeen:
    """In a file, or where none is given while the process runs. Not for several threads at once."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self.age = None if file is None else _read(file)

    def saw(self, age: Age) -> None:
        """A list of this age is in use from now on, even where that can't be written down: a site that alarms
        by the newest list is worth more than one that remembers it."""
        if self.age is not None and age <= self.age:
            return
        self.age = age
        if self._file is not None:
            try:
                _write(self._file, age)
            except OSError as error:
                _log.error("the newest list's number could not be written down", why=str(error))


def _read(file: Path) -> Age | None:
    """None where there is none yet, or it is damaged: then as on a new node."""
    try:
        epoch, version = json.loads(file.read_text("utf-8"))
        return int(epoch), int(version)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        _log.error("the newest list's number can't be read; any that is signed will do", why=str(error))
        return None


def _write(file: Path, age: Age) -> None:
    beside = file.with_name(f"{file.name}.new")
    with beside.open("w", encoding="utf-8") as stream:
        json.dump(age, stream)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(file)
