"""Imported by the fork server before it forks workers: what extraction loads at its first page is loaded here, once.

Models and tables then stand in memory that all workers share, and a fresh worker's first page takes no longer than its
second. Nobody else imports this module.
"""

import gc
from datetime import UTC, datetime

from storyfold.articles.extract import extract_page
from storyfold.events.features import features_of
from storyfold.model.entries import Entry
from storyfold.model.feeds import FeedSource, Publisher
from storyfold.model.identity import EntryId, FeedId, PublisherId
from storyfold.model.page import NoArticle, Page

_PAGE = (
    b"<html><head><title>The river rose</title></head><body><article><h1>The river rose</h1><p>The river rose above "
    b"its banks on Monday night and flooded the lower part of the old town, the mayor said.</p><p>Some four hundred "
    b"people were brought to a school on the hill, where they spent the night.</p></article></body></html>"
)


def warm() -> None:
    """Read one page as a worker would."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    entry = Entry(
        entry_id=EntryId("warm"),
        guid=None,
        url=None,
        title="",
        summary="",
        content="",
        authors=(),
        published_at=None,
        updated_at=None,
        date_clamped=False,
        categories=(),
        image=None,
        language=None,
        content_hash="",
    )
    source = FeedSource(FeedId("warm"), "", Publisher(PublisherId("warm"), "", ""), "")
    found = extract_page(Page("http://localhost/", _PAGE, "text/html", entry, source, at))
    if not isinstance(found, NoArticle):
        features_of(found.headline, found.body, found.language)


warm()
# What stands now is never collected: workers would otherwise copy shared memory only to count references.
gc.freeze()
