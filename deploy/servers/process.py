"""A server that runs while a block of code does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class ServerProcess(ABC):
    """As a context: started on the way in, stopped on the way out."""

    @abstractmethod
    def start(self) -> None:
        """Returns once it answers."""

    @abstractmethod
    def stop(self) -> None:
        """Idempotent."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
