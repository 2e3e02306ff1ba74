"""When articles' pages are looked at again."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# As in 0001: ordered by code points, whatever the database's own order.
WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the table and its index."""
    op.create_table(
        "rereads",
        sa.Column("article_id", WORD, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("looks_left", sa.Integer(), nullable=False, comment="looks that may yet be made"),
        sa.Column("due_at", sa.BigInteger(), comment="null once there will be no further look"),
        sa.Column("lease_owner", WORD),
        sa.Column("leased_until", sa.BigInteger()),
        sa.Column("document", sa.Text(), comment="the entry, its feed and the plan; null once it is over"),
        sa.PrimaryKeyConstraint("article_id", name="pk_rereads"),
    )
    op.create_index(
        "ix_rereads_due",
        "rereads",
        ["due_at", "article_id", "leased_until"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("rereads")
