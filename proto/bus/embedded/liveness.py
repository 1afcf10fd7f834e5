"""Which consumers of a bus are alive, told by the kernel: a lock goes when its process does."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class Liveness:
    """Locked files beside the bus, one a consumer.

    A killed consumer's partitions can so move at once instead of after its session time-out, which stays for
    those that hang. All processes must be on one machine, as they must for SQLite's WAL anyway.
    """

    def __init__(self, bus: Path) -> None:
        self._folder = bus.with_name(bus.name + ".members")
        self._held: dict[str, int] = {}

    def hold(self, member: str) -> None:
        """Say that `member` lives, until `release` or this process's end."""
        self._folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._folder / member, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        self._held[member] = handle

    def release(self, member: str) -> None:
        """Idempotent."""
        handle = self._held.pop(member, None)
        if handle is not None:
            (self._folder / member).unlink(missing_ok=True)
            os.close(handle)

    def alive(self, member: str) -> bool:
        """False once the process that held it has ended, however it did."""
        try:
            handle = os.open(self._folder / member, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def forget(self, member: str) -> None:
        """Remove what a dead one left."""
        (self._folder / member).unlink(missing_ok=True)
