import json
from datetime import UTC, datetime, timedelta

import feedparser
import pytest

from newsroom.model import FeedFormat, Habit, HabitLevel, Layout, Plan, Publisher
from newsroom.plan import Size, compose
from newsroom.render.chrome import chrome
from newsroom.render.feeds import Listing, write_feed
from newsroom.render.pages import Page, write_page

START = datetime(2026, 3, 2, tzinfo=UTC)
SPAN = timedelta(hours=72)
BASE = "http://127.0.1.1:8000"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return compose(3, Size(36, 60, HabitLevel.NONE), START, SPAN)


def listing(plan: Plan, publisher: Publisher, fetch: int = 1) -> Listing:
    articles = tuple(a for a in plan.articles if a.publisher == publisher.id)[-10:]
    return Listing(publisher, BASE, articles[::-1], START + SPAN, fetch)


def of(plan: Plan, form: FeedFormat, *habits: Habit) -> Publisher:
    from dataclasses import replace

    return replace(next(p for p in plan.publishers if p.format is form), habits=habits)


@pytest.mark.parametrize("form", [FeedFormat.RSS20, FeedFormat.RSS10, FeedFormat.ATOM])
def test_xml_feeds_parse(plan: Plan, form: FeedFormat) -> None:
    """Feedparser finds every entry of an honest feed, with title, link, id and date, and has no complaint."""
    publisher = of(plan, form)
    made = listing(plan, publisher)
    parsed = feedparser.parse(write_feed(made))
    assert not parsed.bozo
    assert [a.at(made.now).headline for a in made.articles] == [e.title for e in parsed.entries]
    assert [f"{BASE}{a.path}" for a in made.articles] == [e.link for e in parsed.entries]
    assert {True} == {"id" in e and ("published_parsed" in e or "updated_parsed" in e) for e in parsed.entries}


def test_json_feed_parses(plan: Plan) -> None:
    """A JSON Feed is version 1.1 and lists every article."""
    publisher = of(plan, FeedFormat.JSON)
    made = listing(plan, publisher)
    decoded = json.loads(write_feed(made))
    assert decoded["version"] == "https://jsonfeed.org/version/1.1"
    assert [a.guid for a in made.articles] == [item["id"] for item in decoded["items"]]


@pytest.mark.parametrize("form", [FeedFormat.RSS20, FeedFormat.RSS10, FeedFormat.ATOM])
@pytest.mark.parametrize("habit", tuple(Habit))
def test_bad_habits_leave_entries_to_be_found(plan: Plan, form: FeedFormat, habit: Habit) -> None:
    """With any bad habit feedparser still finds every entry and its link."""
    made = listing(plan, of(plan, form, habit))
    parsed = feedparser.parse(write_feed(made))
    assert len(made.articles) == len(parsed.entries)
    assert {True} == {e.link.startswith(BASE) for e in parsed.entries}


def test_reused_guid(plan: Plan) -> None:
    """One guid for all."""
    parsed = feedparser.parse(write_feed(listing(plan, of(plan, FeedFormat.RSS20, Habit.REUSED_GUID))))
    assert len({entry.id for entry in parsed.entries}) == 1


def test_changing_guid(plan: Plan) -> None:
    """Another guid at every fetch."""
    publisher = of(plan, FeedFormat.RSS20, Habit.CHANGING_GUID)
    first, second = (feedparser.parse(write_feed(listing(plan, publisher, fetch))) for fetch in (1, 2))
    assert not {e.id for e in first.entries} & {e.id for e in second.entries}


def test_missing_dates(plan: Plan) -> None:
    """No entry has a date."""
    parsed = feedparser.parse(write_feed(listing(plan, of(plan, FeedFormat.RSS20, Habit.MISSING_DATES))))
    assert not [entry for entry in parsed.entries if "published" in entry]


def test_wrong_charset_is_not_utf8(plan: Plan) -> None:
    """A feed that claims UTF-8 holds bytes that are none."""
    from dataclasses import replace

    publisher = replace(of(plan, FeedFormat.RSS20, Habit.WRONG_CHARSET), name="Café Courier")
    body = write_feed(listing(plan, publisher))
    assert b'encoding="UTF-8"' in body
    with pytest.raises(UnicodeDecodeError):
        body.decode()


@pytest.mark.parametrize("layout", tuple(Layout))
@pytest.mark.parametrize("amp", [False, True])
def test_pages_hold_every_paragraph_in_order(plan: Plan, layout: Layout, amp: bool) -> None:
    """In every layout the body stands on the page, paragraph by paragraph, and can be recovered."""
    from dataclasses import replace
    from html import unescape

    publisher = replace(plan.publishers[0], layout=layout)
    articles = tuple(a for a in plan.articles if a.publisher == publisher.id)
    article = articles[0]
    page = Page(publisher, BASE, article, article.versions[0], articles[1:9], chrome(publisher, 3), 3)
    text = unescape(write_page(page, amp=amp))
    place = text.index("<body>")
    for paragraph in article.versions[0].paragraphs:
        place = text.index(f">{paragraph}</p>", place)
    assert 20_000 < len(text.encode()) < 130_000
