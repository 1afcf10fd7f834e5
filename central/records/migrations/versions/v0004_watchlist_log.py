"""Every version of the watchlist: its digest, and what changed.

Frozen: what changes later changes in a later migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

UTC_TIME = sa.DateTime(timezone=True)
APPEND_ONLY = ("watchlist_versions", "watchlist_changes")


def upgrade() -> None:
    """Make the tables; what is on the list already is written when the records are opened."""
    op.create_table(
        "watchlist_versions",
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.String(length=512), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_watchlist_versions")),
    )
    op.create_table(
        "watchlist_changes",
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.String(length=36), nullable=False),
        sa.Column("plate", sa.String(length=16), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("version", "number", name=op.f("pk_watchlist_changes")),
    )
    op.create_index(op.f("ix_watchlist_changes_order_id"), "watchlist_changes", ["order_id"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        return
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION bukong_forbidden('is append-only')"
        )
