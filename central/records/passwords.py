"""Passwords as Argon2id hashes. The only module that knows argon2."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

#: Hashes computed at a time: each takes tens of megabytes and a core, and anyone may knock.
AT_ONCE = 2


class Passwords:
    """Hashes and compares; may be called from several threads."""

    def __init__(self, *, time_cost: int, memory_kib: int) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib)
        self._turn = threading.BoundedSemaphore(AT_ONCE)
        self._nobodys = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        with self._turn:
            return self._hasher.hash(password)

    def matches(self, password: str, known: str | None) -> bool:
        """`known` None: there is no such user; takes as long as if there were, and is false."""
        with self._turn:
            try:
                self._hasher.verify(known or self._nobodys, password)
            except (VerifyMismatchError, InvalidHashError):
                return False
        return known is not None

    def outdated(self, known: str) -> bool:
        """Whether the hash was made at another cost than today's."""
        return self._hasher.check_needs_rehash(known)
