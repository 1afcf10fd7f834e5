"""Which registered unit was dispatched.

Frozen: what changes later changes in a later migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Steps that there are stay as they are: append-only."""
    op.add_column("alert_steps", sa.Column("unit_id", sa.String(length=64), nullable=False, server_default=""))
