"""Hotlists' rows: since which import their vehicle is listed.

Frozen: what changes later changes in a later migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the column."""
    op.add_column("hotlist_rows", sa.Column("listed_since", sa.Integer(), nullable=True))
