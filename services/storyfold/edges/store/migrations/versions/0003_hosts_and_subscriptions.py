"""What hosts asked for is found by how long it matters; subscriptions to hubs (WebSub)."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# As in 0001: ordered by code points, whatever the database's own order.
WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the index and the table."""
    op.create_index("ix_hosts_blocked", "hosts", ["blocked_until"])
    op.create_table(
        "subscriptions",
        sa.Column("feed_id", WORD, nullable=False),
        sa.Column("token", WORD, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("feed_id", name="pk_subscriptions"),
    )
    op.create_index("ix_subscriptions_token", "subscriptions", ["token"], unique=True)
    op.create_index("ix_subscriptions_due", "subscriptions", ["due_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("subscriptions")
    op.drop_index("ix_hosts_blocked", table_name="hosts")
