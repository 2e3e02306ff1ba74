"""What folding's window keeps of each article, packed, so that a start reads nothing else."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None

# As in 0001: ordered by code points, whatever the database's own order.
WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")

FILL = """
INSERT INTO window_rows (article_id, ordinal, placed_at, event_id, language, kind, version, packed)
SELECT article_id, ordinal, placed_at, event_id, language, 'report', version, :empty FROM articles
"""


def upgrade() -> None:
    """Add the table, with a row for each article there is; folding packs what is empty anew from the features."""
    op.create_table(
        "window_rows",
        sa.Column("article_id", WORD, nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False, comment="as in articles"),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.Column("event_id", WORD, nullable=False),
        sa.Column("language", sa.BigInteger(), comment="as in articles"),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "packed",
            sa.LargeBinary(),
            nullable=False,
            comment="empty where it must be packed anew from the features",
        ),
        sa.PrimaryKeyConstraint("article_id", name="pk_window_rows"),
    )
    op.create_index("ix_window_rows_placed", "window_rows", ["placed_at", "ordinal", "event_id"])
    empty = sa.bindparam("empty", b"", sa.LargeBinary())
    op.execute(sa.text(FILL).bindparams(empty))


def downgrade() -> None:
    """Drop it."""
    op.drop_table("window_rows")
