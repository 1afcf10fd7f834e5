"""Supervisors' grants to look further back than the age tier.

Frozen: what changes later changes in a later migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

UTC_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "search_grants",
        sa.Column("grant_id", sa.String(length=36), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("case_number", sa.String(length=128), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", UTC_TIME, nullable=False),
        sa.Column("lasts_s", sa.Integer(), nullable=False),
        sa.Column("asked_at", UTC_TIME, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("decided_by", sa.String(length=32), nullable=False),
        sa.Column("decided_at", UTC_TIME, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("valid_until", UTC_TIME, nullable=True),
        sa.PrimaryKeyConstraint("grant_id", name=op.f("pk_search_grants")),
    )
    op.create_index("ix_search_grants_username_case_number", "search_grants", ["username", "case_number"])
