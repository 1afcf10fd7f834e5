"""Auditors' questions to the trail (indexes), what its walks found, its signed daily digests.

Frozen: what changes later changes in a later migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

UTC_TIME = sa.DateTime(timezone=True)
INDEXES = {
    "ix_audit_at": ["at"],
    "ix_audit_username_at": ["username", "at"],
    "ix_audit_action_at": ["action", "at"],
    "ix_audit_subject": ["subject"],
    "ix_audit_case_number": ["case_number"],
}


def upgrade() -> None:
    """Nothing that was written is touched."""
    for name, columns in INDEXES.items():
        op.create_index(name, "audit", columns, unique=False)
    op.create_table(
        "audit_checks",
        sa.Column(
            "check_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("first_bad", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("check_id", name=op.f("pk_audit_checks")),
    )
    op.create_table(
        "audit_digests",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("made_at", UTC_TIME, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("delivered_at", UTC_TIME, nullable=True),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_audit_digests")),
    )
