"""Legal holds; steps of alerts may be deleted with their alert, by the retention only.

Frozen: what changes later changes in a later migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

UTC_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """The guard of the steps is put anew, with a door for the retention."""
    op.create_table(
        "holds",
        sa.Column("hold_id", sa.String(length=36), nullable=False),
        sa.Column("plate", sa.String(length=16), nullable=False),
        sa.Column("case_number", sa.String(length=128), nullable=False),
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("since", UTC_TIME, nullable=True),
        sa.Column("until", UTC_TIME, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.String(length=64), nullable=False),
        sa.Column("placed_at", UTC_TIME, nullable=False),
        sa.Column("lifted_by", sa.String(length=64), nullable=False),
        sa.Column("lifted_at", UTC_TIME, nullable=True),
        sa.Column("lifted_because", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_holds")),
    )
    op.create_table(
        "retention_permit",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("only", name=op.f("pk_retention_permit")),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER alert_steps_no_delete")
        op.execute(
            "CREATE TRIGGER alert_steps_no_delete BEFORE DELETE ON alert_steps "
            "WHEN NOT EXISTS (SELECT 1 FROM retention_permit) "
            "BEGIN SELECT RAISE(ABORT, 'alert_steps is append-only'); END"
        )
        return
    op.execute("DROP TRIGGER alert_steps_append_only ON alert_steps")
    op.execute(
        "CREATE FUNCTION bukong_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'DELETE' AND current_setting('bukong.retention', true) = 'on' THEN RETURN NULL; END IF; "
        "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; "
        "END $$"
    )
    op.execute(
        "CREATE TRIGGER alert_steps_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON alert_steps "
        "FOR EACH STATEMENT EXECUTE FUNCTION bukong_kept()"
    )
