"""Searches by grant, questions of neighbours, long analyses and saved cases."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from central.records.schema.kinds import Utc, metadata

search_grants = Table(
    "search_grants",
    metadata,
    Column("grant_id", String(36), primary_key=True),
    Column("username", String(64), nullable=False),
    Column("case_number", String(128), nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", Utc, nullable=False),
    Column("lasts_s", Integer, nullable=False),
    Column("asked_at", Utc, nullable=False),
    Column("state", String(16), nullable=False),
    Column("decided_by", String(32), nullable=False),
    Column("decided_at", Utc),
    Column("note", Text, nullable=False),
    Column("valid_until", Utc),
    Index("ix_search_grants_username_case_number", "username", "case_number"),
)
peer_questions = Table(
    "peer_questions",
    metadata,
    Column("peer", String(64), primary_key=True),
    Column("nonce", String(32), primary_key=True),
    Column("at", Utc, nullable=False),
    Index("ix_peer_questions_at", "at"),
)
jobs = Table(
    "jobs",
    metadata,
    Column("job_id", String(36), primary_key=True),
    Column("username", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("wishes", JSON, nullable=False),
    Column("subject", Text, nullable=False),
    Column("since", Utc, nullable=False),
    Column("until", Utc, nullable=False),
    Column("reason", Text, nullable=False),
    Column("case_number", String(128), nullable=False),
    Column("audit_id", BigInteger, nullable=False),
    Column("asked_at", Utc, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("next_at", Utc, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("progress", Float, nullable=False),
    Column("started_at", Utc),
    Column("heard_at", Utc),
    Column("leased_until", Utc),
    Column("cancel_asked_at", Utc),
    Column("ended_at", Utc, index=True),
    Column("why", Text, nullable=False),
    Column("found", Integer),
    # What the answer was made of; without an end there is none, without checkpoints it was the whole network.
    Column("reach_checkpoints", JSON),
    Column("reach_since", Utc),
    Column("reach_until", Utc),
    Index("ix_jobs_username_asked_at", "username", "asked_at"),
)
job_findings = Table(
    "job_findings",
    metadata,
    Column("job_id", ForeignKey("jobs.job_id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("first_at", Utc, nullable=False),
    Column("body", Text, nullable=False),
)
cases = Table(
    "cases",
    metadata,
    Column("case_id", String(36), primary_key=True),
    Column("username", String(64), nullable=False),
    Column("case_number", String(128), nullable=False),
    Column("reason", Text, nullable=False),
    # Of its owner, whenever they put something in; none: the whole network.
    Column("areas", JSON, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("changed_at", Utc, nullable=False, index=True),
    Column("last_number", Integer, nullable=False),
    UniqueConstraint("username", "case_number"),
)
case_questions = Table(
    "case_questions",
    metadata,
    Column("case_id", ForeignKey("cases.case_id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("asked", JSON, nullable=False),
    Column("saved_at", Utc, nullable=False),
)
