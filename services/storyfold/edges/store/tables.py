"""The tables: what queries need is a column, the rest of a value is one JSON document (docs/adr/0003-store.md).

No foreign keys: rows outlive what they point to (an entry its feed, an article its entry), each for its own time.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware datetime as microseconds since 1970 in UTC: exact, ordered, and the same in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 base's signature
        """Turn a datetime into a number."""
        return None if value is None else moment_number(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 base's signature
        """Turn a number into a datetime."""
        return None if value is None else EPOCH + timedelta(microseconds=value)


def moment_number(value: datetime) -> int:
    """What `Moment` makes of a datetime."""
    return (value - EPOCH) // MICROSECOND


class Prose(TypeDecorator[str]):
    """Text of others; PostgreSQL cannot keep the character NUL, which means nothing there."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Put the replacement character where need be."""
        return value if value is None or dialect.name == "sqlite" else value.replace("\x00", "\ufffd")


# In the order of code points as in SQLite and Python, whatever language a PostgreSQL database was made for: an upgrade
# of the system's C library cannot turn an index upside down, and comparing is comparing bytes.
WORD = String().with_variant(String(collation="C"), "postgresql")

# SQLite orders rows by an INTEGER key only; elsewhere 32 bits would run out.
SEQUENCE = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s"})

feeds = Table(
    "feeds",
    metadata,
    Column("feed_id", WORD, primary_key=True),
    Column("url", WORD, nullable=False),
    Column("source", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", Moment, comment="null once the feed has left the list"),
    Column("listed", LargeBinary, comment="entry ids of the last document; null before there was one"),
)
Index("ix_feeds_due", feeds.c.due_at, feeds.c.feed_id)

# Which feeds are in hand. Apart from feeds, whose rows are wide and lie anywhere: leasing a hundred would write a
# hundred pages, and their places in the index. Here they are few, on few pages; one look-up skips one that is in hand.
feed_leases = Table(
    "feed_leases",
    metadata,
    Column("feed_id", WORD, primary_key=True),
    Column("owner", WORD, nullable=False),
    Column("leased_until", Moment, nullable=False),
    sqlite_with_rowid=False,
)

entries = Table(
    "entries",
    metadata,
    Column("entry_id", WORD, primary_key=True),
    Column("feed_id", WORD, nullable=False),
    Column("state", WORD, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("content_hash", WORD, nullable=False),
    Column("first_seen_at", Moment, nullable=False),
    Column("taken_up_at", Moment, nullable=False),
    Column("due_at", Moment, comment="null once it has ended"),
    Column("lease_owner", WORD),
    Column("leased_until", Moment),
    Column("ended_at", Moment, comment="null while it waits"),
    Column("reason", WORD, comment="why it was put off or rejected"),
    Column("article_id", WORD),
    Column("document", Text, comment="entry and feed; null once it has ended"),
)
# Partial, because almost every row has ended; `state` makes it enough to count the waiting ones.
Index(
    "ix_entries_due",
    entries.c.due_at,
    entries.c.entry_id,
    entries.c.leased_until,
    entries.c.state,
    sqlite_where=entries.c.due_at.is_not(None),
    postgresql_where=entries.c.due_at.is_not(None),
)
Index("ix_entries_ended", entries.c.ended_at, entries.c.entry_id)

articles = Table(
    "articles",
    metadata,
    Column("article_id", WORD, primary_key=True),
    Column("ordinal", BigInteger, nullable=False, comment="in the order of first placement"),
    Column("version", Integer, nullable=False),
    Column("event_id", WORD, nullable=False),
    Column("canonical_url", WORD, nullable=False),
    Column("first_entry_id", WORD, nullable=False),
    Column("placed_at", Moment, nullable=False),
    Column("document", Text, nullable=False, comment="the placed article without its body"),
    Column("features", LargeBinary, nullable=False),
    Column("language", BigInteger, comment="its number, by which folding is divided into shards"),
)
Index("ix_articles_placed", articles.c.placed_at, articles.c.ordinal)
Index("ix_articles_canonical_url", articles.c.canonical_url)
Index("ix_articles_event", articles.c.event_id)

# Apart from articles, so that loading the window reads none of them, and pruning them is a range.
bodies = Table(
    "bodies",
    metadata,
    Column("article_id", WORD, primary_key=True),
    Column("placed_at", Moment, nullable=False),
    Column("body", Prose, nullable=False),
)
Index("ix_bodies_placed", bodies.c.placed_at)

# When an article's page is looked at again; a row that is over stays, so that looks are counted for the article's life.
rereads = Table(
    "rereads",
    metadata,
    Column("article_id", WORD, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("looks_left", Integer, nullable=False, comment="looks that may yet be made"),
    Column("due_at", Moment, comment="null once there will be no further look"),
    Column("lease_owner", WORD),
    Column("leased_until", Moment),
    Column("document", Text, comment="the entry, its feed and the plan; null once it is over"),
)
Index(
    "ix_rereads_due",
    rereads.c.due_at,
    rereads.c.article_id,
    rereads.c.leased_until,
    sqlite_where=rereads.c.due_at.is_not(None),
    postgresql_where=rereads.c.due_at.is_not(None),
)

# What folding's window keeps of each article; apart, so that filling a window reads nothing else.
window_rows = Table(
    "window_rows",
    metadata,
    Column("article_id", WORD, primary_key=True),
    Column("ordinal", BigInteger, nullable=False, comment="as in articles"),
    Column("placed_at", Moment, nullable=False),
    Column("event_id", WORD, nullable=False),
    Column("language", BigInteger, comment="as in articles"),
    Column("kind", WORD, nullable=False),
    Column("version", Integer, nullable=False),
    Column("packed", LargeBinary, nullable=False, comment="empty where it must be packed anew from the features"),
)
# With the event, so that the window's events are found without reading its rows.
Index("ix_window_rows_placed", window_rows.c.placed_at, window_rows.c.ordinal, window_rows.c.event_id)

events = Table(
    "events",
    metadata,
    Column("event_id", WORD, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("status", WORD, nullable=False),
    Column("last_published_at", Moment, nullable=False),
    Column("document", Text, nullable=False),
)
Index("ix_events_status", events.c.status, events.c.last_published_at)
Index("ix_events_last_published", events.c.last_published_at, events.c.event_id)

# What people are told of an event's life; the whole of it, diffs too, is on Kafka.
changes = Table(
    "changes",
    metadata,
    Column("change_id", WORD, primary_key=True),
    Column("event_id", WORD, nullable=False),
    Column("to_version", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("document", Text, nullable=False),
)
Index("ix_changes_event", changes.c.event_id, changes.c.to_version)
Index("ix_changes_at", changes.c.at)

# What people decided against folding; kept for good, as folding heeds it for good.
curations = Table(
    "curations",
    metadata,
    Column("number", SEQUENCE, primary_key=True, autoincrement=False),
    Column("ended", Boolean, nullable=False),
    Column("document", Text, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("sequence", SEQUENCE, primary_key=True, autoincrement=False),
    Column("topic", WORD, nullable=False),
    Column("key", WORD, nullable=False),
    Column("headers", Text, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("origin_at", Moment, nullable=False),
    Column("published_at", Moment),
)

shards = Table(
    "shards",
    metadata,
    Column("name", WORD, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
)

tallies = Table(
    "tallies",
    metadata,
    Column("slot", Integer, primary_key=True, autoincrement=False, comment="one a writer, so that none waits"),
    Column("tally", WORD, primary_key=True),
    Column("reason", WORD, primary_key=True, comment="empty where the tally has none"),
    Column("total", BigInteger, nullable=False),
)

# What hosts asked for, by origin or by registrable domain: hold-offs, and pacing that outlasts a restart.
hosts = Table(
    "hosts",
    metadata,
    Column("host", WORD, primary_key=True),
    Column("blocked_until", Moment),  # nothing of it matters any more from then on
    Column("document", Text, nullable=False),
)
Index("ix_hosts_blocked", hosts.c.blocked_until)

robots = Table(
    "robots",
    metadata,
    Column("origin", WORD, primary_key=True),
    Column("expires_at", Moment, nullable=False),
    Column("document", Text, nullable=False),
)
Index("ix_robots_expires", robots.c.expires_at)

# At most one a feed (WebSub); a feed whose hub is another gets a new token, by which its callback is told apart.
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("feed_id", WORD, primary_key=True),
    Column("token", WORD, nullable=False),
    Column("revision", Integer, nullable=False),  # one more with each change, so that none is overwritten
    Column("state", WORD, nullable=False),
    Column("due_at", Moment, nullable=False),  # when to ask the hub for something next
    Column("document", Text, nullable=False),
)
Index("ix_subscriptions_token", subscriptions.c.token, unique=True)
Index("ix_subscriptions_due", subscriptions.c.due_at)
