"""From what extraction found to an article with its identity."""

from storyfold.model.articles import Article, ArticleChange
from storyfold.model.entries import LedgerEntry
from storyfold.model.identity import article_id_of
from storyfold.model.page import PageArticle


def canonical_key(ledger: LedgerEntry, found: PageArticle) -> str:
    """What names the article: its canonical URL, or publisher and guid where it has no page of its own."""
    if ledger.entry.url is None:
        return f"{ledger.feed.publisher.publisher_id}:{ledger.entry.guid or ledger.entry.entry_id}"
    return found.canonical_url


def article_of(ledger: LedgerEntry, found: PageArticle, url: str) -> Article:
    """Join an entry and what its page gave.

    Args:
        ledger: the entry.
        found: what extraction found.
        url: the page that answered, or the feed's own URL for an entry without a link.

    Returns:
        The article at version 1; folding sets version and change where it knows an earlier one.
    """
    key = canonical_key(ledger, found)
    return Article(
        article_id=article_id_of(key),
        version=1,
        change=ArticleChange.NEW,
        url=url,
        canonical_url=key,
        entry_id=ledger.entry.entry_id,
        feed_id=ledger.feed.feed_id,
        publisher=ledger.feed.publisher,
        headline=found.headline,
        body=found.body,
        body_source=found.body_source,
        quality=found.quality,
        language=found.language,
        authors=found.authors,
        published_at=found.published_at,
        modified_at=found.modified_at,
        first_seen_at=ledger.first_seen_at,
        sections=found.sections,
        keywords=found.keywords,
        image=found.image,
        is_accessible_for_free=found.is_accessible_for_free,
        ai_opt_out=found.ai_opt_out,
        wire=found.wire,
        is_live_blog=found.is_live_blog,
        tags=ledger.feed.tags,
    )
