"""From what extraction found to an article."""

from dataclasses import replace

from storyfold.articles.assemble import article_of
from storyfold.model.articles import ArticleChange
from storyfold.model.identity import article_id_of
from tests.fakes.values import entry, ledger, page_article


def test_an_article_is_named_by_its_canonical_url() -> None:
    """Two entries whose pages name one canonical URL give one article id."""
    one = article_of(ledger("1"), page_article(canonical_url="http://courier.example/a"), "http://courier.example/a?x")
    two = article_of(ledger("2"), page_article(canonical_url="http://courier.example/a"), "http://courier.example/a")
    assert article_id_of("http://courier.example/a") == one.article_id == two.article_id
    assert (1, ArticleChange.NEW) == (one.version, one.change)


def test_an_entry_without_a_link_is_named_by_publisher_and_guid() -> None:
    """What has no page of its own is named by who says it and how they call it."""
    row = ledger(entry=entry("1", url=None, guid="g-7"))
    article = article_of(row, page_article(), row.feed.url)
    assert "valleycourier.example:g-7" == article.canonical_url
    assert article_id_of("valleycourier.example:g-7") == article.article_id


def test_an_entry_without_link_and_guid_is_named_by_its_own_id() -> None:
    """Even then the name is the same the next time."""
    row = ledger(entry=entry("1", url=None, guid=None))
    article = article_of(row, page_article(), row.feed.url)
    assert f"valleycourier.example:{row.entry.entry_id}" == article.canonical_url


def test_the_owners_words_for_a_feed_stand_in_its_articles() -> None:
    """Tags go into every article of the feed, as its house does."""
    row = ledger("1")
    row = replace(row, feed=replace(row.feed, tags=("local", "São Paulo")))
    article = article_of(row, page_article(), "http://courier.example/a")
    assert (("local", "São Paulo"), row.feed.publisher) == (article.tags, article.publisher)
