"""The audit trail, and what may not be deleted."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, String, Table, Text

from central.records.schema.kinds import Counter, Utc, metadata

audit = Table(
    "audit",
    metadata,
    Column("audit_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("username", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("case_number", String(128), nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous_sha256", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("seal", String(64), nullable=False),
    Index("ix_audit_at", "at"),
    Index("ix_audit_username_at", "username", "at"),
    Index("ix_audit_action_at", "action", "at"),
    Index("ix_audit_subject", "subject"),
    Index("ix_audit_case_number", "case_number"),
)
audit_head = Table(
    "audit_head",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("entries", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("seal", String(64), nullable=False),
    CheckConstraint('"only" = 1', name="one_row"),
)
audit_checks = Table(
    "audit_checks",
    metadata,
    Column("check_id", Counter, primary_key=True, autoincrement=True),
    Column("at", Utc, nullable=False),
    Column("ok", Boolean, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("first_bad", BigInteger),
    Column("why", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("seal", String(64), nullable=False),
)
audit_digests = Table(
    "audit_digests",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("made_at", Utc, nullable=False),
    Column("body", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("delivered_at", Utc),
)
holds = Table(
    "holds",
    metadata,
    Column("hold_id", String(36), primary_key=True),
    Column("plate", String(16), nullable=False),
    Column("case_number", String(128), nullable=False),
    Column("alert_id", String(36), nullable=False),
    Column("since", Utc),
    Column("until", Utc),
    Column("reason", Text, nullable=False),
    Column("placed_by", String(64), nullable=False),
    Column("placed_at", Utc, nullable=False),
    Column("lifted_by", String(64), nullable=False),
    Column("lifted_at", Utc),
    Column("lifted_because", Text, nullable=False),
)
# A row is here only within the transaction that deletes old alerts: SQLite's guard of their steps looks for it.
retention_permit = Table(
    "retention_permit",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
)
