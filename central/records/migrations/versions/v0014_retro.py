"""Orders: for which beginning their past was searched.

Frozen: what changes later changes in a later migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the column."""
    op.add_column("orders", sa.Column("retro_done", sa.DateTime(timezone=True), nullable=True))
