"""Who rides with a unit, and what a unit says of the alert it was sent to.

Frozen: what changes later changes in a later migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Steps that there are stay as they are: append-only."""
    op.create_table(
        "unit_crews",
        sa.Column("username", sa.String(length=32), nullable=False),
        sa.Column("unit_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["username"], ["users.username"], name=op.f("fk_unit_crews_username")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.unit_id"], name=op.f("fk_unit_crews_unit_id")),
        sa.PrimaryKeyConstraint("username", name=op.f("pk_unit_crews")),
    )
    op.create_index("ix_unit_crews_unit_id", "unit_crews", ["unit_id"])
    op.add_column("alert_steps", sa.Column("identity_checked", sa.Boolean()))
    op.add_column("alert_steps", sa.Column("photos", sa.JSON(none_as_null=True)))
    op.add_column("alert_steps", sa.Column("made_at", sa.DateTime(timezone=True)))
    op.add_column("alert_steps", sa.Column("key", sa.String(length=64), nullable=False, server_default=""))
    op.create_index("ix_alert_steps_unit_id", "alert_steps", ["unit_id"])
