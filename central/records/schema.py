"""The tables, as SQLAlchemy Core sees them. The migrations make them; a test holds the two together."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
#: An integer key that counts up by itself; SQLite does so for INTEGER only.
Counter = BigInteger().with_variant(Integer(), "sqlite")


class Utc(TypeDecorator[datetime]):
    """A timezone-aware UTC time, to the microsecond; SQLite, which knows no zones, keeps it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"expected a timezone-aware time, got {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


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
areas = Table(
    "areas",
    metadata,
    Column("area_id", String(64), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("parent", String(64)),
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
alerts = Table(
    "alerts",
    metadata,
    Column("alert_id", String(36), primary_key=True),
    Column("order_id", ForeignKey("orders.order_id"), nullable=False),
    Column("passage_id", String(36), nullable=False),
    Column("passage", Text, nullable=False),
    Column("checkpoint_id", Text, nullable=False),
    Column("tier", String(16), nullable=False),
    Column("score", Float, nullable=False),
    Column("watchlist_version", BigInteger, nullable=False),
    Column("matched_at", Utc, nullable=False),
    Column("raised_at", Utc, nullable=False, index=True),
    Column("state", String(16), nullable=False, index=True),
    Column("camera_id", Text, nullable=False),
    # Of its passages, repeats included.
    Column("first_seen_at", Utc, nullable=False),
    Column("last_seen_at", Utc, nullable=False),
    Column("owner", String(32), nullable=False),
    Column("offer", JSON(none_as_null=True)),
    # When the clock owes the next escalation; none where nobody has to be reminded any more.
    Column("escalate_at", Utc, index=True),
    Column("retro", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("passage_id", "order_id"),
    Index("ix_alerts_order_id_last_seen_at", "order_id", "last_seen_at"),
)
alert_repeats = Table(
    "alert_repeats",
    metadata,
    Column("alert_id", ForeignKey("alerts.alert_id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("order_id", ForeignKey("orders.order_id"), nullable=False),
    Column("checkpoint_id", Text, nullable=False),
    Column("passage_id", String(36), nullable=False),
    Column("passage", Text, nullable=False),
    Column("tier", String(16), nullable=False),
    Column("score", Float, nullable=False),
    Column("watchlist_version", BigInteger, nullable=False),
    Column("matched_at", Utc, nullable=False),
    Column("joined_at", Utc, nullable=False),
    UniqueConstraint("passage_id", "order_id"),
)
alert_images = Table(
    "alert_images",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("alert_id", ForeignKey("alerts.alert_id"), primary_key=True, index=True),
)
alert_steps = Table(
    "alert_steps",
    metadata,
    Column("alert_id", ForeignKey("alerts.alert_id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("username", String(32), nullable=False),
    Column("move", String(16), nullable=False),
    Column("before", String(16), nullable=False),
    Column("after", String(16), nullable=False),
    Column("verdict", String(16)),
    Column("unit", Text, nullable=False),
    Column("unit_id", String(64), nullable=False, server_default=""),
    Column("note", Text, nullable=False),
    Column("addressee", Text, nullable=False),
    Column("identity_checked", Boolean),
    Column("photos", JSON(none_as_null=True)),
    # When its author made it, where it came later, and the author's own mark of it.
    Column("made_at", Utc),
    Column("key", String(64), nullable=False, server_default=""),
    Index("ix_alert_steps_move_at", "move", "at"),
    Index("ix_alert_steps_unit_id", "unit_id"),
)
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
events = Table(
    "events",
    metadata,
    Column("event_id", Counter, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),
    Column("at", Utc, nullable=False),
    Column("body", Text, nullable=False),
    # AUTOINCREMENT: an id is never given again, even where the newest event was pruned.
    sqlite_autoincrement=True,
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
shifts = Table(
    "shifts",
    metadata,
    Column("shift_id", String(36), primary_key=True),
    Column("team", String(64), nullable=False),
    Column("people", JSON, nullable=False),
    Column("starts_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False, index=True),
    Column("areas", JSON, nullable=False),
    Column("line", Integer, nullable=False),
    UniqueConstraint("team", "starts_at"),
)
targets = Table(
    "targets",
    metadata,
    Column("target_id", String(36), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("address", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("previous_secret", Text, nullable=False),
    Column("previous_until", Utc),
    Column("events", JSON, nullable=False),
    Column("max_priority", Integer, nullable=False),
    Column("areas", JSON, nullable=False),
    Column("carry", JSON, nullable=False),
    Column("language", String(16), nullable=False),
    Column("enabled", Boolean, nullable=False),
)
deliveries = Table(
    "deliveries",
    metadata,
    Column("number", Counter, primary_key=True, autoincrement=True),
    Column("delivery_id", String(36), nullable=False, unique=True),
    Column("target_id", ForeignKey("targets.target_id"), nullable=False),
    Column("alert_id", ForeignKey("alerts.alert_id"), nullable=False, index=True),
    Column("event", String(16), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("next_at", Utc, nullable=False),
    Column("leased_by", String(36), nullable=False),
    Column("leased_until", Utc),
    Column("delivered_at", Utc),
    Column("last_error", Text, nullable=False),
    Index("ix_deliveries_state_target_id_number", "state", "target_id", "number"),
    sqlite_autoincrement=True,
)
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
