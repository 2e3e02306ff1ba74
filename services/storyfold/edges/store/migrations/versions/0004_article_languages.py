"""The language of each article as a number, so that a fold shard reads its own window and nothing else."""

from zlib import crc32

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Articles that are read at once.
PART = 1000
COMMENT = "its number, by which folding is divided into shards"

articles = sa.table("articles", sa.column("article_id"), sa.column("features"), sa.column("language"))


class Spoken(msgspec.Struct):
    """The one feature that is wanted."""

    language: str


def upgrade() -> None:
    """Add the column and fill it from the features."""
    op.add_column("articles", sa.Column("language", sa.BigInteger(), comment=COMMENT))
    _fill(op.get_bind())


def downgrade() -> None:
    """Drop it."""
    op.drop_column("articles", "language")


def _fill(connection: sa.Connection) -> None:
    spoken = msgspec.msgpack.Decoder(Spoken)
    behind = ""
    while True:
        query = sa.select(articles.c.article_id, articles.c.features).where(articles.c.article_id > behind)
        rows = connection.execute(query.order_by(articles.c.article_id).limit(PART)).all()
        if not rows:
            return
        change = sa.update(articles).where(articles.c.article_id == sa.bindparam("key"))
        numbers = [
            {"key": row.article_id, "language": crc32(spoken.decode(row.features).language.encode())} for row in rows
        ]
        connection.execute(change.values(language=sa.bindparam("language")), numbers)
        behind = rows[-1].article_id
