"""How long nodes and cameras were alive, day by day.

Frozen: what changes later changes in a later migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Make the table; devices count from their next heartbeat on."""
    op.create_table(
        "device_days",
        sa.Column("node_id", sa.String(length=64), nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("checkpoint_id", sa.Text(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alive_s", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("node_id", "camera_id", "day", name=op.f("pk_device_days")),
    )
    op.create_index("ix_device_days_day", "device_days", ["day"])
