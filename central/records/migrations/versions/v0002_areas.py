"""Areas: what people may see; alerts say where they were raised.

Frozen: what changes later changes in a later migration.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables; people there are keep the whole network, alerts there are take it from their passage."""
    op.create_table(
        "areas",
        sa.Column("area_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("parent", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("area_id", name=op.f("pk_areas")),
    )
    op.create_table(
        "user_areas",
        sa.Column("username", sa.String(length=32), nullable=False),
        sa.Column("area_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.area_id"], name=op.f("fk_user_areas_area_id")),
        sa.ForeignKeyConstraint(["username"], ["users.username"], name=op.f("fk_user_areas_username")),
        sa.PrimaryKeyConstraint("username", "area_id", name=op.f("pk_user_areas")),
    )
    op.add_column("checkpoints", sa.Column("area_id", sa.String(length=64), nullable=True))
    op.add_column("alerts", sa.Column("checkpoint_id", sa.Text(), nullable=False, server_default=""))
    connection = op.get_bind()
    alerts = sa.table("alerts", sa.column("alert_id"), sa.column("passage"), sa.column("checkpoint_id"))
    for row in connection.execute(sa.select(alerts.c.alert_id, alerts.c.passage)).all():
        # Read here and not by the database: PostgreSQL's JSON refuses what a text may hold.
        checkpoint_id = json.loads(row.passage)["checkpoint_id"].replace("\0", "\ufffd")
        connection.execute(
            sa.update(alerts).where(alerts.c.alert_id == row.alert_id).values(checkpoint_id=checkpoint_id)
        )
