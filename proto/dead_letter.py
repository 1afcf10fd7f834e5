"""A record that was refused, kept with where it came from and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """The original bytes, so that they can be published again once the reason is gone."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: Mapping[str, bytes] = field(default_factory=dict)
    refused_by: str  #: the part that refused it, e.g. the consumer group
    reason: str  #: what was expected and what came
    refused_at: datetime  #: UTC
