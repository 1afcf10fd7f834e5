"""Who had a hand in an account, and who confirmed it.

Frozen: what changes later changes in a later migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table. Accounts that are there count as confirmed: the trail tells of their making."""
    op.create_table(
        "account_hands",
        sa.Column("number", COUNTER, autoincrement=True, nullable=False),
        sa.Column("username", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.String(length=64), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["username"], ["users.username"], name=op.f("fk_account_hands_username")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_account_hands")),
    )
    op.create_index("ix_account_hands_username", "account_hands", ["username"])
