"""A checkpoint (卡口): a fixed roadside site with one or more lanes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Where vehicles pass."""

    checkpoint_id: str
    name: str
    latitude: float | None = None  #: degrees north, WGS 84; None: not known
    longitude: float | None = None  #: degrees east, WGS 84
    directions: tuple[str, ...] = ()  #: as its nodes report them
    lanes: int = 1
    area_id: str | None = None  #: the area (辖区) that it lies in; None: none
