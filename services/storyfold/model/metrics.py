"""The closed list of metrics: name, kind, help and label, in one place (docs/operations.md lists them all)."""

from dataclasses import dataclass
from enum import Enum, StrEnum, unique

from storyfold.model.articles import ArticleChange, BodySource, PlacementKind
from storyfold.model.entries import RejectReason, RetryReason
from storyfold.model.events import ChangeKind, EventStatus
from storyfold.model.feeds import PollOutcome, Silence
from storyfold.model.fetching import Purpose
from storyfold.model.records import Topic
from storyfold.model.rereads import LookOutcome
from storyfold.model.websub import SubscriptionState, WebSubOutcome


class MetricKind(StrEnum):
    """Prometheus metric types in use."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Stage(StrEnum):
    """The stages, as labels."""

    POLL = "poll"
    READ = "read"
    FOLD = "fold"
    PUBLISH = "publish"
    CONSOLE = "console"


class Tally(StrEnum):
    """The tallies of the ledger equation."""

    TAKEN_UP = "taken-up"
    DONE = "done"
    REJECTED = "rejected"


class Waiting(StrEnum):
    """What an entry that has not ended waits for."""

    PENDING = "pending"  # its first try, or its turn
    RETRY = "retry"  # the moment it was put off to


class FetchOutcome(StrEnum):
    """How one exchange ended."""

    OK = "2xx"
    NOT_MODIFIED = "304"
    REDIRECT = "3xx"
    CLIENT_ERROR = "4xx"
    SERVER_ERROR = "5xx"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    TOO_LARGE = "too-large"
    REDIRECTS = "redirects"
    BLOCKED_ADDRESS = "blocked-address"
    BAD_URL = "bad-url"


class PublishOutcome(StrEnum):
    """How one Kafka transaction ended."""

    COMMITTED = "committed"
    FAILED = "failed"
    FENCED = "fenced"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """One metric.

    Attributes:
        name: as Prometheus shows it, with unit and, for counters, ``_total``.
        kind: counter, gauge or histogram.
        help: one sentence.
        label: name of its only label, or None.
        values: the enum whose members the label takes.
    """

    name: str
    kind: MetricKind
    help: str
    label: str | None = None
    values: type[StrEnum] | None = None


def _counter(name: str, text: str, label: str | None = None, values: type[StrEnum] | None = None) -> MetricDefinition:
    return MetricDefinition(f"storyfold_{name}_total", MetricKind.COUNTER, text, label, values)


def _gauge(name: str, text: str, label: str | None = None, values: type[StrEnum] | None = None) -> MetricDefinition:
    return MetricDefinition(f"storyfold_{name}", MetricKind.GAUGE, text, label, values)


def _histogram(name: str, text: str, label: str | None = None, values: type[StrEnum] | None = None) -> MetricDefinition:
    return MetricDefinition(f"storyfold_{name}_seconds", MetricKind.HISTOGRAM, text, label, values)


@unique
class Metric(Enum):
    """Every metric there is."""

    POLLS = _counter("polls", "Polls that ended, by outcome.", "outcome", PollOutcome)
    POLL_SECONDS = _histogram("poll", "From lease to decision of one poll.")
    FEEDS = _gauge("feeds", "Registered feeds by the outcome of their last poll.", "outcome", PollOutcome)
    FEEDS_SILENT = _gauge("feeds_silent", "Registered feeds that answer well, by what is wrong.", "silence", Silence)
    FEEDS_OVERDUE = _gauge("feeds_overdue", "Feeds that are due and not taken yet.")
    ENTRIES_NEW = _counter("entries_new", "Entries and revisions taken up by polling.")
    FETCHES = _counter("fetches", "Exchanges with servers, by outcome.", "outcome", FetchOutcome)
    FETCH_SECONDS = _histogram("fetch", "Whole exchanges with servers, by purpose.", "purpose", Purpose)
    FETCH_BYTES = _counter("fetch_bytes", "Body bytes received after decompression, by purpose.", "purpose", Purpose)
    ARTICLES_READ = _counter("articles_read", "Articles read, by where the body was taken from.", "source", BodySource)
    REJECTS = _counter("rejects", "Entries that ended without an article, by reason.", "reason", RejectReason)
    RETRIES = _counter("retries", "Entries put off, by reason.", "reason", RetryReason)
    REREADS = _counter("rereads", "Further looks at the pages of known articles, by outcome.", "outcome", LookOutcome)
    READ_SECONDS = _histogram("read", "From taking an entry in hand to its outcome.")
    EXTRACT_SECONDS = _histogram("extract", "One page in an extraction worker.")
    WORKERS_KILLED = _counter(
        "workers_killed", "Workers that were killed or died, by the stage they served.", "stage", Stage
    )
    PLACEMENTS = _counter("placements", "Articles placed, by kind.", "kind", PlacementKind)
    ARTICLE_VERSIONS = _counter("article_versions", "Article versions, by what they changed.", "change", ArticleChange)
    CHANGES = _counter("changes", "Event changes, by kind.", "kind", ChangeKind)
    FOLD_SECONDS = _histogram("fold", "Placing one article.")
    WINDOW_ARTICLES = _gauge("window_articles", "Articles in the folding window.")
    EVENTS = _gauge("events", "Events in the folding window, by status.", "status", EventStatus)
    COMMIT_SECONDS = _histogram("commit", "One store transaction.")
    OUTBOX_ROWS = _gauge("outbox_rows", "Records that are not on Kafka yet.")
    OUTBOX_AGE = _gauge("outbox_age_seconds", "Age of the oldest record that is not on Kafka yet.")
    RECORDS = _counter("records_published", "Records committed to Kafka, by topic.", "topic", Topic)
    RECORDS_CUT = _counter("records_cut", "Articles published with their body cut: the broker takes no larger record.")
    TRANSACTIONS = _counter("transactions", "Kafka transactions, by outcome.", "outcome", PublishOutcome)
    TRANSACTION_SECONDS = _histogram("transaction", "One Kafka transaction from begin to commit.")
    SEEN_TO_KAFKA = _histogram(
        "first_seen_to_kafka", "From the poll that met an entry to its record on Kafka.", "topic", Topic
    )
    PUBLISHED_TO_KAFKA = _histogram(
        "published_to_kafka",
        "From the article's own publication time to its record on Kafka.",
        "topic",
        Topic,
    )
    BROKER_RESTARTS = _counter("embedded_broker_restarts", "Times the embedded broker died and was started again.")
    LEDGER_TALLY = _gauge("ledger_entries_tally", "Entries since the store began, by tally.", "tally", Tally)
    LEDGER_WAITING = _gauge("ledger_waiting", "Entries that have not ended, by what they wait for.", "state", Waiting)
    LEDGER_IMBALANCE = _gauge("ledger_imbalance", "taken up - done - rejected - waiting; anything but 0 is a defect.")
    HOP_DEPTH = _gauge("hop_depth", "Items waiting on the hop into a stage.", "stage", Stage)
    HOP_DROPPED = _counter(
        "hop_dropped", "Messages on the hop into a stage that nobody can read or send, dropped.", "stage", Stage
    )
    IN_HAND = _gauge("in_hand", "Items a stage is working on.", "stage", Stage)
    STAGE_AGE = _gauge("stage_idle_seconds", "Seconds since a stage last went round its loop.", "stage", Stage)
    WEBSUB = _counter("websub", "Exchanges with hubs, either way, by outcome.", "outcome", WebSubOutcome)
    SUBSCRIPTIONS = _gauge("subscriptions", "Subscriptions to hubs, by state.", "state", SubscriptionState)
    CLOCK_JUMPS = _counter("clock_jumps", "Times the wall clock and the steady clock came apart by more than 5 s.")
