"""Alerts: repeats of one vehicle, the owner and the offer of a hand-over, escalation, held images.

Frozen: what changes later changes in a later migration.
"""

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

UTC_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns and tables, and fill them for the alerts that there are."""
    # Filled below; SQLite can't make a column NOT NULL later without rebuilding the table.
    op.add_column("alerts", sa.Column("camera_id", sa.Text(), nullable=False, server_default=""))
    epoch = "1970-01-01 00:00:00.000000"
    op.add_column("alerts", sa.Column("first_seen_at", UTC_TIME, nullable=False, server_default=epoch))
    op.add_column("alerts", sa.Column("last_seen_at", UTC_TIME, nullable=False, server_default=epoch))
    op.add_column("alerts", sa.Column("owner", sa.String(length=32), nullable=False, server_default=""))
    op.add_column("alerts", sa.Column("offer", sa.JSON(), nullable=True))
    op.add_column("alerts", sa.Column("escalate_at", UTC_TIME, nullable=True))
    op.create_index(op.f("ix_alerts_escalate_at"), "alerts", ["escalate_at"])
    op.create_index("ix_alerts_order_id_last_seen_at", "alerts", ["order_id", "last_seen_at"])
    op.add_column("alert_steps", sa.Column("addressee", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "alert_repeats",
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.String(length=36), nullable=False),
        sa.Column("checkpoint_id", sa.Text(), nullable=False),
        sa.Column("passage_id", sa.String(length=36), nullable=False),
        sa.Column("passage", sa.Text(), nullable=False),
        sa.Column("tier", sa.String(length=16), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("watchlist_version", sa.BigInteger(), nullable=False),
        sa.Column("matched_at", UTC_TIME, nullable=False),
        sa.Column("joined_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.alert_id"], name=op.f("fk_alert_repeats_alert_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"], name=op.f("fk_alert_repeats_order_id")),
        sa.PrimaryKeyConstraint("alert_id", "number", name=op.f("pk_alert_repeats")),
        sa.UniqueConstraint("passage_id", "order_id", name=op.f("uq_alert_repeats_passage_id")),
    )
    op.create_table(
        "alert_images",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.alert_id"], name=op.f("fk_alert_images_alert_id")),
        sa.PrimaryKeyConstraint("sha256", "alert_id", name=op.f("pk_alert_images")),
    )
    op.create_index(op.f("ix_alert_images_alert_id"), "alert_images", ["alert_id"])
    _fill()


def _fill() -> None:
    connection = op.get_bind()
    for alert_id, passage in connection.execute(sa.text("SELECT alert_id, passage FROM alerts")).all():
        found = json.loads(passage)
        connection.execute(
            sa.text(
                "UPDATE alerts SET camera_id = :camera_id, first_seen_at = :seen_at, "
                "last_seen_at = :seen_at WHERE alert_id = :alert_id"
            ).bindparams(sa.bindparam("seen_at", type_=UTC_TIME)),
            {
                "alert_id": alert_id,
                "camera_id": found["camera_id"].replace("\0", "\ufffd"),
                "seen_at": datetime.fromisoformat(found["captured_at"]).astimezone(UTC),
            },
        )
        for sha256 in {image["sha256"] for image in found["evidence"]}:
            connection.execute(
                sa.text("INSERT INTO alert_images (sha256, alert_id) VALUES (:sha256, :alert_id)"),
                {"sha256": sha256, "alert_id": alert_id},
            )
    connection.execute(
        sa.text(
            "UPDATE alerts SET owner = COALESCE((SELECT username FROM alert_steps WHERE move = 'sign_off' "
            "AND alert_steps.alert_id = alerts.alert_id), '')"
        )
    )
