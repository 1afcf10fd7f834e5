"""Hotlists: their imports and rows, and which generation of each a version of the watchlist has.

Frozen: what changes later changes in a later migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

UTC_TIME = sa.DateTime(timezone=True)
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "hotlists",
        sa.Column("hotlist_id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hotlist_id", name=op.f("pk_hotlists")),
        sa.UniqueConstraint("name", name=op.f("uq_hotlists_name")),
    )
    op.create_table(
        "hotlist_imports",
        sa.Column("hotlist_id", COUNTER, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("importer", sa.String(length=32), nullable=False),
        sa.Column("received_at", UTC_TIME, nullable=False),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("diff", sa.Text(), nullable=False),
        sa.Column("content", sa.String(length=512), nullable=False),
        sa.Column("decider", sa.String(length=32), nullable=True),
        sa.Column("decided_at", UTC_TIME, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hotlist_id"], ["hotlists.hotlist_id"], name=op.f("fk_hotlist_imports_hotlist_id")
        ),
        sa.PrimaryKeyConstraint("hotlist_id", "number", name=op.f("pk_hotlist_imports")),
    )
    op.create_table(
        "hotlist_rows",
        sa.Column("row_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", sa.Integer(), nullable=True),
        sa.Column("plate", sa.String(length=16), nullable=False),
        sa.Column("plate_class", sa.String(length=32), nullable=True),
        sa.Column("colour", sa.String(length=16), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("case_number", sa.Text(), nullable=True),
        sa.Column("danger_note", sa.Text(), nullable=True),
        sa.Column("instructions", sa.Text(), nullable=True),
        sa.Column("valid_until", UTC_TIME, nullable=True),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_hotlist_rows")),
    )
    op.create_table(
        "watchlist_hotlists",
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hotlist_id", COUNTER, nullable=False),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("version", "hotlist_id", name=op.f("pk_watchlist_hotlists")),
    )
