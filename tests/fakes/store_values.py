"""Values for the store's tests, each whole and plausible, with the fields that matter as arguments."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from storyfold.model.articles import (
    Article,
    ArticleChange,
    BodySource,
    Dated,
    DateSource,
    Evidence,
    EvidenceKind,
    PlacedArticle,
    Placement,
    PlacementKind,
    Quality,
)
from storyfold.model.commit import FoldedArticle, TakenUp
from storyfold.model.entries import Entry, LedgerEntry, PutOff, RejectReason, RetryReason, Settled
from storyfold.model.events import (
    Actor,
    ActorKind,
    Algorithm,
    Category,
    Change,
    ChangeKind,
    Counts,
    Event,
    EventArticle,
    EventStatus,
    FieldChange,
    Figure,
    Occurred,
    Place,
    Quote,
    Sentence,
    TimeResolution,
)
from storyfold.model.features import Features
from storyfold.model.feeds import FeedSource, Publisher
from storyfold.model.identity import ArticleId, EntryId, EventId, FeedId, PublisherId, change_id_of
from storyfold.model.records import Record, Topic

NOON = datetime(2026, 3, 4, 12, 0, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HOUSE = Publisher(PublisherId("example.org"), "The Example", "example.org", "GB")


def source_of(name: str = "f1", title: str = "Example") -> FeedSource:
    return FeedSource(
        feed_id=FeedId(name),
        url=f"https://example.org/{name}.xml",
        publisher=HOUSE,
        title=title,
        tags=("world", "Straße"),
        interval=timedelta(minutes=20, microseconds=1),
    )


def entry_of(name: str = "e1", content_hash: str = "h1") -> Entry:
    return Entry(
        entry_id=EntryId(name),
        guid=f"tag:{name}",
        url=f"https://example.org/{name}",
        title="Bridge falls \u0000 in “Genoa”",
        summary="",
        content="<p>…</p>",
        authors=("A. Writer",),
        published_at=NOON - HOUR,
        updated_at=None,
        date_clamped=False,
        categories=("World",),
        image=None,
        language="en",
        content_hash=content_hash,
    )


def ledger_of(name: str = "e1", revision: int = 1, at: datetime = NOON, feed: str = "f1") -> LedgerEntry:
    return LedgerEntry(
        entry=entry_of(name, f"h{revision}"),
        feed=source_of(feed),
        revision=revision,
        attempts=0,
        first_seen_at=at,
        taken_up_at=at,
    )


def new_entry(name: str = "e1", revision: int = 1, at: datetime = NOON, feed: str = "f1") -> TakenUp:
    return TakenUp(ledger_of(name, revision, at, feed))


def settled(
    name: str = "e1", revision: int = 1, reason: RejectReason | None = None, at: datetime = NOON + MINUTE
) -> Settled:
    return Settled(EntryId(name), revision, reason, ArticleId("a1") if reason is None else None, at)


def put_off(name: str = "e1", revision: int = 1, due_at: datetime = NOON + HOUR, counted: bool = True) -> PutOff:
    return PutOff(EntryId(name), revision, RetryReason.UNREACHABLE, due_at, counted)


FEATURES = Features(
    language="en",
    text_hash="abc",
    sketch=bytes(range(256)) * 2,
    shingles=380,
    terms=(("bridge", 2.5), ("genoa", 0.1)),
    names=(("autostrade per l'italia", 2),),
    numbers=("43 dead",),
    length=400,
)


def folded_of(
    name: str = "a1",
    *,
    version: int = 1,
    placed_at: datetime = NOON,
    event: str = "v1",
    entry: str = "e1",
    headline: str = "Bridge falls",
    body: str = "It fell.\n\nMany died.",
) -> FoldedArticle:
    article = Article(
        article_id=ArticleId(name),
        version=version,
        change=ArticleChange.NEW,
        url=f"https://example.org/{name}?x=1",
        canonical_url=f"https://example.org/{name}",
        entry_id=EntryId(entry),
        feed_id=FeedId("f1"),
        publisher=HOUSE,
        headline=headline,
        body=body,
        body_source=BodySource.PAGE,
        quality=Quality.FULL,
        language="en",
        authors=("A. Writer",),
        published_at=Dated(NOON - HOUR, DateSource.JSON_LD),
        modified_at=None,
        first_seen_at=NOON - MINUTE,
        sections=("World",),
        is_accessible_for_free=True,
        wire="Reuters",
    )
    evidence = (Evidence(EvidenceKind.TERM, "bridge", 0.4),)
    placement = Placement(EventId(event), PlacementKind.REPORT, None, 0.875, evidence)
    return FoldedArticle(PlacedArticle(article, placement), FEATURES, placed_at)


def bodiless(folded: FoldedArticle) -> FoldedArticle:
    article = replace(folded.placed.article, body="")
    return replace(folded, placed=replace(folded.placed, article=article))


def event_of(
    name: str = "v1",
    version: int = 1,
    status: EventStatus = EventStatus.OPEN,
    last_published_at: datetime = NOON,
    title: str = "Bridge falls",
) -> Event:
    article = ArticleId("a1")
    return Event(
        event_id=EventId(name),
        version=version,
        status=status,
        merged_into=None,
        merged_from=(EventId("v0"),),
        title=Sentence(title, article),
        summary=(Sentence("It fell.", article),),
        category=Category("medtop:03000000", "disaster"),
        languages=("en", "it"),
        occurred=Occurred(NOON - DAY, NOON, TimeResolution.DAY, "on Tuesday"),
        places=(Place("Genoa", "IT", None, 44.4, 8.9, 3176219, "city", 0.9),),
        actors=(Actor("Autostrade", ActorKind.ORGANISATION, 3), Actor("X", None, 1)),
        figures=(Figure(43.0, "dead", article, NOON),),
        quotes=(Quote("We heard thunder", None, article),),
        cited_sources=("Ansa",),
        counts=Counts(2, 1, 1, 2, 1),
        first_published_at=NOON - DAY,
        last_published_at=last_published_at,
        articles=(
            EventArticle(
                article, "https://example.org/a1", "Bridge falls", HOUSE.publisher_id, NOON, PlacementKind.FIRST, 1.0
            ),
        ),
        algorithm=Algorithm("storyfold", "1"),
    )


def record_of(key: str = "k1", topic: Topic = Topic.CHANGES, origin_at: datetime = NOON) -> Record:
    return Record(
        topic=topic,
        key=key,
        headers=(("ce_id", key), ("ce_type", "t"), ("ce_id", "again")),
        value=b'{"x": "\xc3\xa9"}\x00',
        origin_at=origin_at,
        published_at=None if topic is Topic.REJECTS else NOON - HOUR,
    )


def change_of(event: str, to_version: int, at: datetime) -> Change:
    evidence = tuple(Evidence(EvidenceKind.TERM, f"word {number}", 1.0 / (1 + number)) for number in range(9))
    return Change(
        change_id=change_id_of(EventId(event), to_version),
        event_id=EventId(event),
        from_version=to_version - 1,
        to_version=to_version,
        kind=ChangeKind.REPORT_ADDED,
        article_id=ArticleId("a1"),
        evidence=evidence,
        diff=(FieldChange("title", '"a"', '"b"'),),
        at=at,
    )
