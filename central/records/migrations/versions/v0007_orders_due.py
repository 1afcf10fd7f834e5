"""Orders that the clock owes a move are found by an index, not by reading all orders every second."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_orders_state_valid_until", "orders", ["state", "valid_until"])
