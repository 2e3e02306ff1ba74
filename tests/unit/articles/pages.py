"""Pages made up for the tests of extraction."""

from datetime import UTC, datetime

from storyfold.model.entries import Entry
from storyfold.model.feeds import FeedSource, Publisher
from storyfold.model.identity import EntryId, FeedId, PublisherId
from storyfold.model.page import Page

SEEN_AT = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
SENTENCES = (
    "The river rose above its banks on Monday night and flooded the lower part of the old town, the mayor said.",
    "Some four hundred people were brought to a school on the hill, where volunteers had set up beds and a kitchen.",
    "Engineers opened the second gate of the dam at dawn, after the first had jammed on a fallen tree in the storm.",
    "No one was reported missing by noon, but the bridge to the northern district will stay closed for several days.",
)


def entry(
    *,
    url: str | None = "https://news.example.org/2026/04/30/river-floods-old-town",
    title: str = "",
    summary: str = "",
    content: str = "",
    authors: tuple[str, ...] = (),
    published_at: datetime | None = None,
    updated_at: datetime | None = None,
) -> Entry:
    return Entry(
        entry_id=EntryId("entry"),
        guid="guid-1",
        url=url,
        title=title,
        summary=summary,
        content=content,
        authors=authors,
        published_at=published_at,
        updated_at=updated_at,
        date_clamped=False,
        categories=("Region", "Weather"),
        image="https://news.example.org/feed.jpg",
        language="en",
        content_hash="",
    )


def page(body: bytes | str, *, of: Entry | None = None, content_type: str | None = "text/html") -> Page:
    found = of or entry()
    return Page(
        url=found.url or "https://news.example.org/feed",
        body=body.encode() if isinstance(body, str) else body,
        content_type=content_type,
        entry=found,
        source=FeedSource(
            FeedId("feed"),
            "https://news.example.org/feed",
            Publisher(PublisherId("p"), "Example News", "example.org"),
            "Example",
        ),
        seen_at=SEEN_AT,
    )


def article_html(head: str = "", before: str = "", after: str = "", paragraphs: tuple[str, ...] = SENTENCES) -> str:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f"<!doctype html><html lang='en'><head><title>River floods old town | Example News</title>{head}</head><body>"
        f"<nav><a href='/'>Home</a></nav><article><h1>River floods old town</h1>{before}"
        f"<div class='article-body'>{text}</div>"
        f"{after}</article><footer>© Example News</footer></body></html>"
    )
