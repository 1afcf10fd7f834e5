"""Areas, checkpoints and the nodes that report from them."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Date, Float, Index, Integer, String, Table, Text

from central.records.schema.kinds import Utc, metadata

areas = Table(
    "areas",
    metadata,
    Column("area_id", String(64), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("parent", String(64)),
)
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("checkpoint_id", String(64), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("directions", JSON, nullable=False),
    Column("lanes", Integer, nullable=False),
    Column("area_id", String(64)),
)
nodes = Table(
    "nodes",
    metadata,
    Column("node_id", String(64), primary_key=True),
    Column("sent_at", Utc, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("body", Text, nullable=False),
)
device_days = Table(
    "device_days",
    metadata,
    Column("node_id", String(64), primary_key=True),
    Column("camera_id", String(64), primary_key=True),  # empty: the node itself
    Column("day", Date, primary_key=True),  # UTC
    Column("checkpoint_id", Text, nullable=False),
    Column("first_at", Utc, nullable=False),  # of the day
    Column("alive_s", Float, nullable=False),
    Index("ix_device_days_day", "day"),
)
