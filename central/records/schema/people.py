"""People, how they sign in, and machines that have a token."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, String, Table

from central.records.schema.kinds import Counter, Utc, metadata

users = Table(
    "users",
    metadata,
    Column("username", String(32), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("language", String(16), nullable=False),
    Column("password_hash", String(256), nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("must_change_password", Boolean, nullable=False),
    # Of people who sign in by an identity provider: "ISSUER SUBJECT", hashed to fit.
    Column("identity_sha256", String(64)),
    Column("created_at", Utc, nullable=False),
    Index("ix_users_identity_sha256", "identity_sha256", unique=True),
)
account_hands = Table(
    "account_hands",
    metadata,
    Column("number", Counter, primary_key=True),
    Column("username", ForeignKey("users.username"), nullable=False),
    Column("by", String(64), nullable=False),
    Column("what", String(32), nullable=False),
    Column("at", Utc, nullable=False),
    Column("confirmed_by", String(64)),
    Column("confirmed_at", Utc),
    Index("ix_account_hands_username", "username"),
)
user_areas = Table(
    "user_areas",
    metadata,
    Column("username", ForeignKey("users.username"), primary_key=True),
    Column("area_id", ForeignKey("areas.area_id"), primary_key=True),
)
user_roles = Table(
    "user_roles",
    metadata,
    Column("username", ForeignKey("users.username"), primary_key=True),
    Column("role", String(16), primary_key=True),
)
sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("session_id", String(36), nullable=False, unique=True),
    Column("username", ForeignKey("users.username"), nullable=False, index=True),
    Column("address", String(64), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
)
login_attempts = Table(
    "login_attempts",
    metadata,
    Column("attempt_id", Counter, primary_key=True, autoincrement=True),
    Column("username", String(64), nullable=False, index=True),
    Column("address", String(64), nullable=False, index=True),
    Column("at", Utc, nullable=False),
)
machine_tokens = Table(
    "machine_tokens",
    metadata,
    Column("token_id", String(36), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("created_at", Utc, nullable=False),
    Column("created_by", String(32), nullable=False),
    Column("revoked_at", Utc),
    Column("scopes", JSON, nullable=False),
    Column("areas", JSON, nullable=False),
    Column("expires_at", Utc),
)
sign_ons = Table(
    "sign_ons",
    metadata,
    Column("state_sha256", String(64), primary_key=True),
    Column("browser_sha256", String(64), nullable=False),
    Column("nonce", String(64), nullable=False),
    Column("verifier", String(128), nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("address", String(64), nullable=False, server_default=""),
    Index("ix_sign_ons_address", "address"),
)
