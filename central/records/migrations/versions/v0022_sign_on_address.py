"""Where a sign-on was begun from.

Frozen: what changes later changes in a later migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Those under way are of nowhere, for ten minutes."""
    op.add_column("sign_ons", sa.Column("address", sa.String(length=64), nullable=False, server_default=""))
    op.create_index("ix_sign_ons_address", "sign_ons", ["address"])
