"""Areas, checkpoints, the roads between them and the traffic on those."""

from __future__ import annotations

from datetime import date, timedelta

from pydantic import Field, field_validator

from central.area import Area
from central.checkpoint import Checkpoint
from central.config.section import Section
from central.interception import Calendar, Road


class InterceptionSettings(Section):
    """Where a vehicle will pass next is learnt from the passages."""

    horizon_minutes: int = Field(
        default=30, ge=5, le=240, description="A vehicle that no checkpoint sees for so long has left the road."
    )
    history_days: int = Field(default=28, ge=1, le=365, description="Days of passages that are learnt from.")
    every_s: int = Field(default=60, ge=10, le=3600, description="How often what is new is learnt, in seconds.")
    max_entries: int = Field(
        default=3_000_000,
        ge=100_000,
        description="Numbers that the model holds at most, of some 100 bytes each; the rarest are let go.",
    )
    holidays: tuple[date, ...] = Field(default=(), description='Public holidays, such as "2026-10-01".')
    worked: tuple[date, ...] = Field(default=(), description="Days of a weekend on which people work (调休).")
    unit_kmh: float = Field(
        default=50.0, ge=5, le=200, description="How fast units get to a checkpoint, on average."
    )

    def calendar(self, utc_offset: timedelta) -> Calendar:
        return Calendar(utc_offset=utc_offset, holidays=frozenset(self.holidays), worked=frozenset(self.worked))


class FlowSettings(Section):
    """How traffic goes between checkpoints; [[roads]] says which sections there are, else they are learnt."""

    every_s: int = Field(default=60, ge=10, le=300, description="How often passages are counted, in seconds.")
    history_days: int = Field(default=28, ge=7, le=365, description="Days that the usual is made of.")
    fewest: int = Field(
        default=5, ge=1, le=1000, description="What fewer vehicles did is not told: nobody is singled out."
    )


class RoadSettings(Section):
    """A road between checkpoints without a third on it; the section repeats. None: as the crow flies."""

    start: str = Field(examples=["cp-huidong"], description="Id of the checkpoint where it begins.")
    end: str = Field(examples=["cp-yantan"], description="Id of the checkpoint where it ends.")
    metres: float = Field(gt=0, le=1_000_000, examples=[2400.0], description="Its length.")
    limit_kmh: float = Field(gt=0, le=200, examples=[60.0], description="Its speed limit.")
    two_way: bool = Field(default=True, description="Whether it leads back too.")

    def roads(self) -> tuple[Road, ...]:
        there = Road(start=self.start, end=self.end, metres=self.metres, limit_kmh=self.limit_kmh)
        back = Road(start=self.end, end=self.start, metres=self.metres, limit_kmh=self.limit_kmh)
        return (there, back) if self.two_way else (there,)


class AreaSettings(Section):
    """An area (辖区) that people can be limited to; the section repeats."""

    id: str = Field(min_length=1, max_length=64, examples=["ziliujing"], description="As checkpoints name it.")
    name: str = Field(min_length=1, max_length=64, examples=["自流井区"], description="As people call it.")
    parent: str | None = Field(
        default=None, examples=[""], description="Id of the area that it lies in; empty: none."
    )

    @field_validator("parent")
    @classmethod
    def _empty_is_none(cls, parent: str | None) -> str | None:
        return parent or None

    def area(self) -> Area:
        return Area(area_id=self.id, name=self.name, parent=self.parent)


class CheckpointSettings(Section):
    """A checkpoint; the section repeats."""

    id: str = Field(min_length=1, max_length=64, examples=["cp-huidong"], description="As its nodes name it.")
    name: str = Field(min_length=1, max_length=64, examples=["汇东卡口"], description="As people call it.")
    latitude: float | None = Field(
        default=None, ge=-90, le=90, examples=[29.339], description="Degrees north, WGS 84; may be left out."
    )
    longitude: float | None = Field(
        default=None, ge=-180, le=180, examples=[104.773], description="Degrees east; may be left out."
    )
    directions: tuple[str, ...] = Field(
        default=(), examples=[["inbound", "outbound"]], description="As its nodes report them."
    )
    lanes: int = Field(default=1, ge=1, le=32, examples=[2], description="How many it has.")
    area: str | None = Field(
        default=None, examples=["ziliujing"], description="Id of the area it lies in; may be left out."
    )

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(
            checkpoint_id=self.id,
            name=self.name,
            latitude=self.latitude,
            longitude=self.longitude,
            directions=self.directions,
            lanes=self.lanes,
            area_id=self.area,
        )
