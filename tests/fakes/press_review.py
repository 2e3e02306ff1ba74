"""Plausible events and feeds for the console and the command line to show."""

from datetime import UTC, datetime, timedelta

from storyfold.model.articles import PlacementKind
from storyfold.model.events import Algorithm, Counts, Event, EventArticle, EventStatus, Sentence
from storyfold.model.feeds import Feed, FeedSource, PollOutcome, PollState, Publisher
from storyfold.model.identity import ArticleId, PublisherId, article_id_of, event_id_of, feed_id_of

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)

HAPPENINGS = (
    ("Harbour bridge closed after tanker strikes pier", EventStatus.OPEN, 23, 9),
    ("Parliament passes water bill by two votes", EventStatus.OPEN, 11, 7),
    ("Quake of magnitude 5.9 shakes northern valley, 14 hurt", EventStatus.OPEN, 41, 18),
    ("Tech group to cut 1,200 jobs in three countries", EventStatus.EMERGING, 1, 1),
    ("Erste Straßenbahn nach Umbau der Südlinie gestartet", EventStatus.EMERGING, 2, 1),
    ("<img src=x onerror=alert(1)> headline with markup in it", EventStatus.EMERGING, 1, 1),
    ("Champion withdraws from final with knee injury", EventStatus.CLOSED, 16, 8),
    ("島で山火事、住民300人が避難", EventStatus.OPEN, 5, 4),
)


def article(number: int, at: datetime, kind: PlacementKind, headline: str) -> EventArticle:
    house = ("northpost.example", "daily-ledger.example", "agencia-sur.example", "kurier.example")[number % 4]
    url = f"https://{house}/2026/03/04/story-{number}.html"
    return EventArticle(article_id_of(url), url, headline, PublisherId(house), at, kind, 0.87)


def event(index: int, now: datetime = NOON) -> Event:
    """The event number `index`, as it stands at a time."""
    title, status, articles, publishers = HAPPENINGS[index % len(HAPPENINGS)]
    last = now - timedelta(minutes=7 * index + 1)
    first = last - timedelta(hours=articles / 3) if articles > 1 else last
    kinds = (PlacementKind.REPORT, PlacementKind.DUPLICATE, PlacementKind.REPORT)
    listed = tuple(
        article(
            100 * index + each,
            last - (last - first) * each / max(1, articles - 1),
            PlacementKind.FIRST if each == articles - 1 else kinds[each % 3],
            title if each % 2 else f"{title}: what is known so far",
        )
        for each in range(min(articles, 50))
    )
    opener = ArticleId(f"opener-{index}")
    return Event(
        event_id=event_id_of(opener, first),
        version=articles + index % 3,
        status=status,
        merged_into=None,
        merged_from=(),
        title=Sentence(title, opener),
        summary=(),
        category=None,
        languages=("en",),
        occurred=None,
        places=(),
        actors=(),
        figures=(),
        quotes=(),
        cited_sources=(),
        counts=Counts(articles, articles - articles // 3, articles // 3, publishers, publishers),
        first_published_at=first,
        last_published_at=last,
        articles=listed,
        algorithm=Algorithm("fold", "1"),
    )


def source(name: str, url: str) -> FeedSource:
    """A feed as registered."""
    house = url.split("/")[2]
    return FeedSource(feed_id_of(url), url, Publisher(PublisherId(house), name, house), name)


def feeds(now: datetime = NOON) -> tuple[Feed, ...]:
    """Feeds in every state of health."""
    minute = timedelta(minutes=1)

    def feed(name: str, outcome: PollOutcome | None, failures: int = 0, message: str | None = None) -> Feed:
        url = f"https://{name.lower().replace(' ', '-')}.example/rss.xml"
        polled = now - 4 * minute if outcome is not None else None
        success = None if outcome is None else polled if not failures else now - 130 * minute
        state = PollState(
            url,
            now + 11 * minute * (1 + failures),
            last_poll_at=polled,
            last_outcome=outcome,
            last_message=message,
            last_success_at=success,
            last_new_at=success,
            failures=failures,
        )
        return Feed(source(name, url), state)

    return (
        feed("North Post", PollOutcome.NEW_ENTRIES),
        feed("Daily Ledger World", PollOutcome.NOT_MODIFIED),
        feed("Agencia Sur", PollOutcome.SAME_BODY),
        feed("Kurier", PollOutcome.UNCHANGED),
        feed(
            "Coast Herald",
            PollOutcome.DNS,
            3,
            "the name coast-herald.example does not resolve; polled again with growing pauses",
        ),
        feed("Valley News", PollOutcome.NOT_A_FEED, 1, "the server sent an HTML page where a feed is expected"),
        feed("Radio Levante", PollOutcome.NEW_ENTRIES),
        feed("Morgenblatt", None),
    )
