"""Orders that opt out of the suspected tier.

Frozen: what changes later changes in a later migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the column; orders there are stay as they are."""
    op.add_column("orders", sa.Column("exact_only", sa.Boolean(), nullable=False, server_default=sa.false()))
