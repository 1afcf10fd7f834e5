"""What the shared state needs of a Redis, so that only `central.state.redis` knows its client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

Arguments = Sequence[str | bytes | int]


class StateAway(Exception):
    """The engine did not answer, or was not asked since it did not before. Stays within `central.state`."""


class Link(Protocol):
    """One Redis. Every method raises StateAway, after a bounded time, where it is away."""

    def script(self, text: str, keys: Sequence[str], arguments: Arguments) -> object:
        """Run a script."""
        ...

    def scripts(self, text: str, calls: Sequence[tuple[Sequence[str], Arguments]]) -> Sequence[object]:
        """Run one script several times, each a step of its own, in one round trip."""
        ...

    def values(self, keys: Sequence[str]) -> Sequence[bytes | None]: ...

    def blocking_read(self, stream: str, after: str, *, timeout_s: float) -> bool:
        """Wait for an entry after this one; may give up earlier than asked."""
        ...

    def delete(self, key: str) -> None: ...
