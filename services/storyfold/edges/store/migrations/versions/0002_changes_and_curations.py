"""Steps of events for `storyfold explain`, what people decided against folding, and articles by event."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# As in 0001: ordered by code points, whatever the database's own order.
WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Add both tables and the index."""
    op.create_table(
        "changes",
        sa.Column("change_id", WORD, nullable=False),
        sa.Column("event_id", WORD, nullable=False),
        sa.Column("to_version", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("change_id", name="pk_changes"),
    )
    op.create_index("ix_changes_event", "changes", ["event_id", "to_version"])
    op.create_index("ix_changes_at", "changes", ["at"])
    op.create_table(
        "curations",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_curations"),
    )
    shards = sa.table("shards", sa.column("name"), sa.column("position"), sa.column("epoch"), sa.column("document"))
    op.bulk_insert(shards, [{"name": "curated", "position": 0, "epoch": 0, "document": ""}])
    op.create_index("ix_articles_event", "articles", ["event_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_articles_event", table_name="articles")
    shards = sa.table("shards", sa.column("name"))
    op.execute(shards.delete().where(shards.c.name == "curated"))
    op.drop_table("curations")
    op.drop_table("changes")
