"""Orders: kinds of target, areas, time windows, emergencies, revisions, since when each is in force; alerts of
the past are marked.

Frozen: what changes later changes in a later migration.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

UTC_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns and the table; orders there are get their first revision."""
    op.add_column("orders", sa.Column("kind", sa.String(length=16), nullable=False, server_default="plate"))
    op.add_column("orders", sa.Column("areas", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("orders", sa.Column("schedule", sa.Text(), nullable=True))
    op.add_column("orders", sa.Column("retro_s", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("orders", sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("orders", sa.Column("in_force_from", UTC_TIME, nullable=True))
    op.add_column("orders", sa.Column("emergency_until", UTC_TIME, nullable=True))
    op.add_column("orders", sa.Column("hotlist_row", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_orders_hotlist_row"), "orders", ["hotlist_row"])
    op.add_column("alerts", sa.Column("retro", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "order_revisions",
        sa.Column("order_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("proposer", sa.String(length=32), nullable=False),
        sa.Column("proposed_at", UTC_TIME, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("decider", sa.String(length=32), nullable=True),
        sa.Column("decided_at", UTC_TIME, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("estimate", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"], name=op.f("fk_order_revisions_order_id")),
        sa.PrimaryKeyConstraint("order_id", "number", name=op.f("pk_order_revisions")),
    )
    _fill()


def _fill() -> None:
    """What was active is in force since it became so, and each order's request is its first revision."""
    connection = op.get_bind()
    connection.execute(
        sa.text(
            "UPDATE orders SET in_force_from = (SELECT max(order_steps.at) FROM order_steps"
            " WHERE order_steps.order_id = orders.order_id AND order_steps.move = 'activate')"
        )
    )
    orders = sa.table(
        "orders",
        *(
            sa.column(name)
            for name in (
                "order_id", "plate", "plate_class", "colour", "priority", "reason", "case_number",
                "legal_basis", "contact", "danger_note", "instructions", "applicant",
            )
        ),
        sa.column("checkpoints", sa.JSON()),
        sa.column("directions", sa.JSON()),
        *(sa.column(name, UTC_TIME) for name in ("valid_from", "valid_until", "created_at")),
    )  # fmt: skip
    revisions = sa.table(
        "order_revisions",
        *(
            sa.column(name)
            for name in ("order_id", "number", "kind", "state", "request", "proposer", "why", "reason")
        ),
        sa.column("proposed_at", UTC_TIME),
    )
    for row in connection.execute(sa.select(orders)).mappings().all():
        request = dict(row)
        order_id, applicant, created_at = (request.pop(n) for n in ("order_id", "applicant", "created_at"))
        for name in ("valid_from", "valid_until"):
            moment = request[name]
            # SQLite keeps UTC without saying so.
            request[name] = moment and moment.isoformat() + ("" if moment.tzinfo else "+00:00")
        connection.execute(
            sa.insert(revisions).values(
                order_id=order_id,
                number=1,
                kind="draft",
                state="current",
                request=json.dumps(request, ensure_ascii=False),
                proposer=applicant,
                proposed_at=created_at,
                why="",
                reason="",
            )
        )
