"""Leases of feeds in a table of their own, so that leasing does not write the feeds' rows."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None

# As in 0001: ordered by code points, whatever the database's own order.
WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the table, carry over what is in hand, and drop the columns."""
    op.create_table(
        "feed_leases",
        sa.Column("feed_id", WORD, nullable=False),
        sa.Column("owner", WORD, nullable=False),
        sa.Column("leased_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("feed_id", name="pk_feed_leases"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO feed_leases (feed_id, owner, leased_until) SELECT feed_id, lease_owner, leased_until FROM feeds"
        " WHERE due_at IS NOT NULL AND lease_owner IS NOT NULL AND leased_until IS NOT NULL"
    )
    op.drop_index("ix_feeds_due", "feeds")
    op.drop_column("feeds", "leased_until")
    op.drop_column("feeds", "lease_owner")
    op.create_index("ix_feeds_due", "feeds", ["due_at", "feed_id"])


def downgrade() -> None:
    """Put the columns back, and what is in hand into them."""
    op.drop_index("ix_feeds_due", "feeds")
    op.add_column("feeds", sa.Column("lease_owner", WORD))
    op.add_column("feeds", sa.Column("leased_until", sa.BigInteger()))
    op.execute(
        "UPDATE feeds SET lease_owner = (SELECT owner FROM feed_leases WHERE feed_leases.feed_id = feeds.feed_id),"
        " leased_until = (SELECT leased_until FROM feed_leases WHERE feed_leases.feed_id = feeds.feed_id)"
        " WHERE feed_id IN (SELECT feed_id FROM feed_leases)"
    )
    op.create_index("ix_feeds_due", "feeds", ["due_at", "feed_id", "leased_until"])
    op.drop_table("feed_leases")
