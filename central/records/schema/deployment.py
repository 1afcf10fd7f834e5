"""Orders, hotlists and the list that nodes and matchers go by."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    false,
)

from central.records.schema.kinds import Counter, Utc, metadata

orders = Table(
    "orders",
    metadata,
    Column("order_id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("plate", String(16), nullable=False, index=True),
    Column("plate_class", String(32)),
    Column("colour", String(16)),
    Column("checkpoints", JSON, nullable=False),
    Column("directions", JSON, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("case_number", String(128), nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("exact_only", Boolean, nullable=False, server_default=false()),
    Column("danger_note", Text, nullable=False),
    Column("instructions", Text, nullable=False),
    Column("valid_from", Utc),
    Column("valid_until", Utc, nullable=False),
    Column("applicant", ForeignKey("users.username"), nullable=False),
    Column("approver", ForeignKey("users.username")),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False, index=True),
    Column("kind", String(16), nullable=False, server_default="plate"),
    Column("areas", JSON, nullable=False, server_default="[]"),
    Column("schedule", Text),
    Column("retro_s", Integer, nullable=False, server_default="0"),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("in_force_from", Utc),
    Column("emergency_until", Utc),
    Column("hotlist_row", BigInteger, index=True),
    # For which `in_force_from` the past was searched.
    Column("retro_done", Utc),
    Index("ix_orders_state_valid_until", "state", "valid_until"),
)
order_revisions = Table(
    "order_revisions",
    metadata,
    Column("order_id", ForeignKey("orders.order_id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("request", Text, nullable=False),
    Column("proposer", String(32), nullable=False),
    Column("proposed_at", Utc, nullable=False),
    Column("why", Text, nullable=False),
    Column("decider", String(32)),
    Column("decided_at", Utc),
    Column("reason", Text, nullable=False),
    Column("estimate", Text),
)
hotlists = Table(
    "hotlists",
    metadata,
    Column("hotlist_id", Counter, primary_key=True, autoincrement=True),
    Column("name", String(128), nullable=False, unique=True),
    Column("request", Text, nullable=False),
    Column("owner", String(32), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
)
hotlist_imports = Table(
    "hotlist_imports",
    metadata,
    Column("hotlist_id", Counter, ForeignKey("hotlists.hotlist_id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("file_name", String(255), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("importer", String(32), nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("progress", Float, nullable=False),
    Column("diff", Text, nullable=False),
    # What the import adds to the watchlist's content and takes from it, see central.content.
    Column("content", String(512), nullable=False),
    Column("decider", String(32)),
    Column("decided_at", Utc),
    Column("reason", Text, nullable=False),
)
# Narrow on purpose: there are millions. Which list, which import and which line are in the id, see
# central.records.hotlist_rows; a row holds from its import on until the import `until`.
hotlist_rows = Table(
    "hotlist_rows",
    metadata,
    Column("row_id", BigInteger, primary_key=True, autoincrement=False),
    Column("until", Integer),
    Column("plate", String(16), nullable=False),
    Column("plate_class", String(32)),
    Column("colour", String(16)),
    Column("priority", Integer),
    Column("reason", Text),
    Column("case_number", Text),
    Column("danger_note", Text),
    Column("instructions", Text),
    Column("valid_until", Utc),
    Column("listed_since", Integer),
)
watchlist_hotlists = Table(
    "watchlist_hotlists",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("hotlist_id", Counter, primary_key=True, autoincrement=False),
    Column("before", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("changes", Integer, nullable=False),
)
order_steps = Table(
    "order_steps",
    metadata,
    Column("order_id", ForeignKey("orders.order_id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("username", String(32), nullable=False),
    Column("move", String(16), nullable=False),
    Column("before", String(16), nullable=False),
    Column("after", String(16), nullable=False),
    Column("reason", Text, nullable=False),
)
watchlist = Table(
    "watchlist",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    CheckConstraint('"only" = 1', name="one_row"),
)
watchlist_versions = Table(
    "watchlist_versions",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("orders", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("content", String(512), nullable=False),
)
watchlist_changes = Table(
    "watchlist_changes",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("order_id", String(36), nullable=False, index=True),
    Column("plate", String(16), nullable=False),
    Column("entry", LargeBinary),
)
watchlist_epochs = Table(
    "watchlist_epochs",
    metadata,
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("key", LargeBinary, nullable=False),
    Column("signing_key", LargeBinary, nullable=False),
    Column("made_at", Utc, nullable=False),
)
