"""The first tables.

Moments are microseconds since 1970; documents are JSON.
"""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make all tables, and name the store."""
    _make_feeds_and_entries()
    _make_articles_and_events()
    _make_outbox_and_counters()
    _make_hosts()
    shards = sa.table("shards", sa.column("name"), sa.column("position"), sa.column("epoch"), sa.column("document"))
    op.bulk_insert(
        shards,
        [
            {"name": "outbox", "position": 0, "epoch": 0, "document": ""},
            {"name": "placed", "position": 0, "epoch": 0, "document": ""},
            {"name": "store", "position": 0, "epoch": 0, "document": str(uuid.uuid4())},
        ],
    )


def downgrade() -> None:
    """Drop all tables."""
    for name in (
        "robots",
        "hosts",
        "tallies",
        "shards",
        "outbox",
        "events",
        "bodies",
        "articles",
        "entries",
        "feeds",
    ):
        op.drop_table(name)


def _make_feeds_and_entries() -> None:
    op.create_table(
        "feeds",
        sa.Column("feed_id", WORD, nullable=False),
        sa.Column("url", WORD, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), comment="null once the feed has left the list"),
        sa.Column("lease_owner", WORD),
        sa.Column("leased_until", sa.BigInteger()),
        sa.Column("listed", sa.LargeBinary(), comment="entry ids of the last document; null before there was one"),
        sa.PrimaryKeyConstraint("feed_id", name="pk_feeds"),
    )
    op.create_index("ix_feeds_due", "feeds", ["due_at", "feed_id", "leased_until"])
    op.create_table(
        "entries",
        sa.Column("entry_id", WORD, nullable=False),
        sa.Column("feed_id", WORD, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("content_hash", WORD, nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("taken_up_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), comment="null once it has ended"),
        sa.Column("lease_owner", WORD),
        sa.Column("leased_until", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger(), comment="null while it waits"),
        sa.Column("reason", WORD, comment="why it was put off or rejected"),
        sa.Column("article_id", WORD),
        sa.Column("document", sa.Text(), comment="entry and feed; null once it has ended"),
        sa.PrimaryKeyConstraint("entry_id", name="pk_entries"),
    )
    op.create_index(
        "ix_entries_due",
        "entries",
        ["due_at", "entry_id", "leased_until", "state"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_entries_ended", "entries", ["ended_at", "entry_id"])


def _make_articles_and_events() -> None:
    op.create_table(
        "articles",
        sa.Column("article_id", WORD, nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False, comment="in the order of first placement"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_id", WORD, nullable=False),
        sa.Column("canonical_url", WORD, nullable=False),
        sa.Column("first_entry_id", WORD, nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False, comment="the placed article without its body"),
        sa.Column("features", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("article_id", name="pk_articles"),
    )
    op.create_index("ix_articles_placed", "articles", ["placed_at", "ordinal"])
    op.create_index("ix_articles_canonical_url", "articles", ["canonical_url"])
    op.create_table(
        "bodies",
        sa.Column("article_id", WORD, nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("article_id", name="pk_bodies"),
    )
    op.create_index("ix_bodies_placed", "bodies", ["placed_at"])
    op.create_table(
        "events",
        sa.Column("event_id", WORD, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", WORD, nullable=False),
        sa.Column("last_published_at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_events"),
    )
    op.create_index("ix_events_status", "events", ["status", "last_published_at"])
    op.create_index("ix_events_last_published", "events", ["last_published_at", "event_id"])


def _make_outbox_and_counters() -> None:
    op.create_table(
        "outbox",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("topic", WORD, nullable=False),
        sa.Column("key", WORD, nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("origin_at", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("sequence", name="pk_outbox"),
    )
    op.create_table(
        "shards",
        sa.Column("name", WORD, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_shards"),
    )
    op.create_table(
        "tallies",
        sa.Column(
            "slot", sa.Integer(), autoincrement=False, nullable=False, comment="one a writer, so that none waits"
        ),
        sa.Column("tally", WORD, nullable=False),
        sa.Column("reason", WORD, nullable=False, comment="empty where the tally has none"),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("slot", "tally", "reason", name="pk_tallies"),
    )


def _make_hosts() -> None:
    op.create_table(
        "hosts",
        sa.Column("host", WORD, nullable=False),
        sa.Column("blocked_until", sa.BigInteger()),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("host", name="pk_hosts"),
    )
    op.create_table(
        "robots",
        sa.Column("origin", WORD, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("origin", name="pk_robots"),
    )
    op.create_index("ix_robots_expires", "robots", ["expires_at"])
