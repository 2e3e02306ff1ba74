"""The day and zone of publication, on pages as content systems write them."""

import pytest

from storyfold.articles.dates import Moments, moments
from storyfold.articles.dom import head_of, parse
from storyfold.articles.jsonld import LinkedArticle
from storyfold.model.articles import DateSource
from tests.unit.articles.pages import SEEN_AT


def found(
    markup: str,
    *,
    linked: str | None = None,
    modified: str | None = None,
    lang: str = "en",
    url: str = "https://e.org/a",
) -> Moments:
    root = parse(f"<html lang='{lang}'><body>{markup}<p>Text.</p></body></html>")
    assert root is not None
    article = LinkedArticle(published=linked, modified=modified)
    return moments(root, head_of(root), article, url, (None, None), seen_at=SEEN_AT)


def meta(name: str, content: str) -> str:
    return f"<meta name='{name}' content='{content}'>"


@pytest.mark.parametrize(
    ("markup", "linked", "modified", "expected"),
    [
        # The page states UTC; another place tells the publisher's own offset, or its local time.
        (
            meta("article:published_time", "2026-04-29T23:30:00+02:00"),
            "2026-04-29T21:30:00Z",
            None,
            "29T23:30:00+02:00",
        ),
        (meta("sailthru.date", "2026-04-28 20:58:46"), "2026-04-29T04:58:46Z", None, "28T20:58:46-08:00"),
        ("<time>April 28, 2026 8:58 pm</time>", "2026-04-29T00:58:46Z", None, "28T20:58:46-04:00"),
        (meta("sailthru.date", "2026-04-29 10:28:46"), "2026-04-29T04:58:46Z", None, "29T10:28:46+05:30"),
        ("", "2026-04-28T22:10:00Z", "2026-04-29T08:00:00+03:00", "29T01:10:00+03:00"),
        # Nothing to go by, the same time, or a time that is merely another: UTC stays.
        ("", "2026-04-28T22:10:00Z", "2026-04-29T08:00:00Z", "28T22:10:00+00:00"),
        (meta("date", "2026-04-28 22:10:00"), "2026-04-28T22:10:00Z", None, "28T22:10:00+00:00"),
        (meta("date", "2026-04-28 20:17:31"), "2026-04-28T22:10:00Z", None, "28T22:10:00+00:00"),
        (meta("date", "2026-04-28"), "2026-04-28T22:10:00Z", None, "28T22:10:00+00:00"),
        # A zone of its own is kept, a local time without zone likewise.
        (meta("date", "2026-04-28T22:10:00Z"), "2026-04-29T00:10:00+02:00", None, "29T00:10:00+02:00"),
        (meta("date", "2026-04-28T22:10:00Z"), "2026-04-29T00:10:00", None, "29T00:10:00+00:00"),
    ],
)
def test_the_day_is_the_publishers_own(markup: str, linked: str, modified: str | None, expected: str) -> None:
    """A moment in UTC is told in the zone that the page betrays elsewhere."""
    when = found(markup, linked=linked, modified=modified).published
    assert when is not None
    assert f"2026-04-{expected}" == when.at.isoformat()


@pytest.mark.parametrize(
    ("markup", "lang", "day"),
    [
        ("<h1>H</h1><time class='updated'>29.4.2026</time><time>28.4.2026</time>", "de", "2026-04-28"),
        ("<time>1.4.2026</time><h1>H</h1><time>28.4.2026</time>", "de", "2026-04-28"),
        (
            "<time>1.4.2026</time><header><time>28.4.2026</time><h1>H</h1></header><time>2.4.2026</time>",
            "de",
            "2026-04-28",
        ),
        ("<time>28.4.2026</time><section><h1>H</h1></section>", "de", "2026-04-28"),
        ("<h1>H</h1><time class='published updated'>28.4.2026</time><time>2.4.2026</time>", "de", "2026-04-28"),
        (
            "<time itemprop='dateModified' datetime='2026-04-29'></time><time datetime='2026-04-28'></time>",
            "en",
            "2026-04-28",
        ),
        ("<h1>H</h1><time>4/3/2026</time>", "en-US", "2026-04-03"),
        ("<h1>H</h1><time>4/3/2026</time>", "en-GB", "2026-03-04"),
        (
            "<div class='article-date'>Publié le 28 avril 2026 à 10h22, mis à jour le 29 avril 2026</div>",
            "fr",
            "2026-04-28",
        ),
        ("<p class='meta'>Обновлено 29 апреля 2026</p><p class='meta'>28 апреля 2026</p>", "ru", "2026-04-28"),
        ("<p class='meta'>Обновлено 29 апреля 2026</p>", "ru", "2026-04-29"),
        ("<span class='posted-on'>२८ अप्रैल २०२६, 05:30 PM IST</span>", "hi", "2026-04-28"),
        ("<div class='news-date'>5. listopada 2025.</div>", "hr", "2025-10-05"),
        ("<div class='pub_time'>2026年4月28日 09:12</div>", "zh", "2026-04-28"),
        (
            '<script id="__NEXT_DATA__">{"props":{"publishedAt":"2026-04-28T09:00:00+09:00"}}</script>',
            "ja",
            "2026-04-28",
        ),
        ('<script>var data = "{\\"datePublished\\":\\"2026-04-28\\"}"</script>', "en", "2026-04-28"),
        ("<script>var unpublished = 1</script><script src='a.js'></script><p>28 April 2026</p>", "en", "2026-04-28"),
    ],
)
def test_the_day_is_found_where_no_meta_states_it(markup: str, lang: str, day: str) -> None:
    """Marked and shown times and the page's own data serve, those of a change last."""
    when = found(markup, lang=lang).published
    assert when is not None
    assert (day, DateSource.TEXT) == (when.at.date().isoformat(), when.source)


def test_the_change_is_told_in_the_same_zone() -> None:
    """Both moments take the zone that the page betrays."""
    when = found(
        meta("sailthru.date", "2026-04-28 20:58:46"), linked="2026-04-29T04:58:46Z", modified="2026-04-29T06:00:00Z"
    )
    assert when.modified is not None
    assert when.modified.at.isoformat() == "2026-04-28T22:00:00-08:00"
