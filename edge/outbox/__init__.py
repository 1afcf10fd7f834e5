"""The durable queue on an edge node: what was seen waits here until the centre has it."""

from edge.outbox.port import (
    Outbox,
    OutboxError,
    OutboxLimits,
    OutboxStats,
    OutboxUnavailable,
    QueuedImage,
    QueuedPassage,
)

__all__ = [
    "Outbox",
    "OutboxError",
    "OutboxLimits",
    "OutboxStats",
    "OutboxUnavailable",
    "QueuedImage",
    "QueuedPassage",
]
