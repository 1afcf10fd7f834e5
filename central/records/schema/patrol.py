"""Patrol units, who rides with them and where they were."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, String, Table

from central.records.schema.kinds import Counter, Utc, metadata

units = Table(
    "units",
    metadata,
    Column("unit_id", String(64), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("team", String(64), nullable=False),
    Column("area_id", String(64)),
    Column("status", String(16), nullable=False),
    Column("status_at", Utc, nullable=False),
    Column("position_at", Utc),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("speed_kmh", Float),
)
# Who rides with a unit: one person with one unit.
unit_crews = Table(
    "unit_crews",
    metadata,
    Column("username", ForeignKey("users.username"), primary_key=True),
    Column("unit_id", ForeignKey("units.unit_id"), nullable=False),
    Index("ix_unit_crews_unit_id", "unit_id"),
)
unit_positions = Table(
    "unit_positions",
    metadata,
    Column("position_id", Counter, primary_key=True, autoincrement=True),
    Column("unit_id", ForeignKey("units.unit_id"), nullable=False),
    Column("at", Utc, nullable=False, index=True),
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
    Column("speed_kmh", Float),
    Index("ix_unit_positions_unit_id_at", "unit_id", "at"),
)
