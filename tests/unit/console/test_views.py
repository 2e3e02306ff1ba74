import json
from dataclasses import asdict, replace
from datetime import timedelta

from storyfold.console.readiness import Answer
from storyfold.console.views import (
    SHOWN_ARTICLES,
    CheckView,
    FeedHealth,
    OutboxView,
    check_view,
    event_view,
    feeds_view,
    health_of,
    house_names,
    ledger_view,
    outbox_view,
)
from storyfold.model.commit import LedgerCounts
from storyfold.model.identity import PublisherId
from tests.fakes.press_review import HAPPENINGS, NOON, event, feeds


def test_an_event_shows_what_people_look_for() -> None:
    """Title, status, counts, first and last publication and the newest articles are taken over as they are."""
    told = event(0)
    view = event_view(told, {PublisherId("northpost.example"): "North Post"})
    title, status, articles, publishers = HAPPENINGS[0]
    assert (title, status, articles, publishers) == (view.title, view.status, view.articles, view.publishers)
    assert (told.first_published_at.isoformat(), told.last_published_at.isoformat()) == (
        view.first_published_at,
        view.last_published_at,
    )
    assert SHOWN_ARTICLES == len(view.newest_articles)
    assert view.newest_articles[0] == view.latest
    assert ("North Post", "daily-ledger.example") == tuple(each.publisher for each in view.newest_articles[:2])


def test_an_event_without_articles_has_no_latest() -> None:
    """A merged event may list none; the view says so instead of failing."""
    assert event_view(replace(event(1), articles=()), {}).latest is None


def test_feeds_in_trouble_come_first() -> None:
    """Failing feeds lead, the longest failing first; healthy ones follow by the time of their next poll."""
    view = feeds_view(feeds(), 100)
    assert ["Coast Herald", "Valley News", "Morgenblatt"] == [feed.title for feed in view.feeds[:3]]
    assert (8, 2, 1, 0, 5) == (view.total, view.failing, view.new, view.retired, view.ok)


def test_a_limit_cuts_the_list_but_not_the_counts() -> None:
    """However few feeds are shown, all are counted."""
    view = feeds_view(feeds(), 1)
    assert (1, 8) == (len(view.feeds), view.total)


def test_a_retired_feed_is_retired_even_while_it_fails() -> None:
    """410 for days is a state of its own, not a failure among others."""
    failing = next(feed for feed in feeds() if feed.state.failures)
    gone = replace(failing, state=replace(failing.state, retired_at=NOON))
    assert FeedHealth.RETIRED is health_of(gone)


def test_the_ledger_equation_is_shown_with_its_verdict() -> None:
    """Both sides of the equation are there, and whether they agree."""
    assert ledger_view(LedgerCounts(10, 6, 2, 1, 1)).balanced
    off = ledger_view(LedgerCounts(10, 6, 2, 1, 0))
    assert (False, 1) == (off.balanced, off.waiting)


def test_outbox_and_checks_are_shown() -> None:
    """Empty and waiting, well and in trouble."""
    since = NOON - timedelta(seconds=3)
    assert OutboxView(0, None) == outbox_view((0, None))
    assert OutboxView(2, since.isoformat()) == outbox_view((2, since))
    assert CheckView("store", ok=True, detail="ok") == check_view(Answer("store", None))
    assert CheckView("store", ok=False, detail="locked") == check_view(Answer("store", "locked"))


def test_houses_are_named_by_their_feeds() -> None:
    """The name of a publisher is the one that its feed is registered with."""
    assert "North Post" == house_names(feeds())[PublisherId("north-post.example")]


def test_views_are_json() -> None:
    """Whatever a view holds can be sent."""
    sent = json.loads(json.dumps([asdict(event_view(event(7), {})), asdict(feeds_view(feeds(), 9))]))
    assert HAPPENINGS[7][0] == sent[0]["title"]
