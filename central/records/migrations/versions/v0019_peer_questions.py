"""Neighbouring centres' questions of the last minutes.

Frozen: what changes later changes in a later migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "peer_questions",
        sa.Column("peer", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("peer", "nonce", name=op.f("pk_peer_questions")),
    )
    op.create_index("ix_peer_questions_at", "peer_questions", ["at"])
