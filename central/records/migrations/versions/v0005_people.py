"""People's administration: forced changes of passwords, identities of a provider, sessions that can be told
apart, scopes and expiry of machines' tokens, sign-ons under way.

Frozen: what changes later changes in a later migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

UTC_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Tokens there are stay as they were, for images; people sign in anew, since a session now has an id."""
    op.add_column(
        "users", sa.Column("must_change_password", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("users", sa.Column("identity_sha256", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_users_identity_sha256"), "users", ["identity_sha256"], unique=True)
    op.drop_table("sessions")
    op.create_table(
        "sessions",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("username", sa.String(length=32), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("seen_at", UTC_TIME, nullable=False),
        sa.Column("expires_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["username"], ["users.username"], name=op.f("fk_sessions_username")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_sessions")),
        sa.UniqueConstraint("session_id", name=op.f("uq_sessions_session_id")),
    )
    op.create_index(op.f("ix_sessions_username"), "sessions", ["username"], unique=False)
    op.add_column("machine_tokens", sa.Column("scopes", sa.JSON(), nullable=False, server_default='["images"]'))
    op.add_column("machine_tokens", sa.Column("areas", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("machine_tokens", sa.Column("expires_at", UTC_TIME, nullable=True))
    op.create_table(
        "sign_ons",
        sa.Column("state_sha256", sa.String(length=64), nullable=False),
        sa.Column("browser_sha256", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("verifier", sa.String(length=128), nullable=False),
        sa.Column("expires_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("state_sha256", name=op.f("pk_sign_ons")),
    )
