"""When an article is looked at again, and what a look comes to."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.articles.assemble import article_of
from storyfold.articles.policy import ReadPolicy
from storyfold.articles.rereads import after, hint_of, judge_found, judge_look, mark_of, plan
from storyfold.model.articles import Article, BodySource, Dated, DateSource, Quality
from storyfold.model.entries import LedgerEntry
from storyfold.model.feeds import Validators
from storyfold.model.fetching import FetchResponse
from storyfold.model.identity import ArticleId
from storyfold.model.rereads import Hint, LookOutcome, Reread
from tests.fakes.values import NOW, entry, ledger, page_article, response

POLICY = ReadPolicy()
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LATELY = Dated(NOW - HOUR, DateSource.META)


class Even(random.Random):
    """Chance that leaves waits as they are."""

    def uniform(self, a: float, b: float) -> float:
        return 1.0 if a <= 1.0 <= b else a


def read(row: LedgerEntry | None = None, **fields: Any) -> Article:
    return article_of(row or ledger(), page_article(**fields), "http://courier.example/news/1")


def planned(
    article: Article | None = None, answer: FetchResponse | None = None, row: LedgerEntry | None = None
) -> Reread | None:
    given_article = article or read(modified_at=LATELY)
    return plan(row or ledger(), given_article, answer or response(body=b"page"), NOW, POLICY, Even(), language="en")


def some(**fields: Any) -> Reread:
    found = planned()
    assert found is not None
    return replace(found, **fields)


def followed(outcome: LookOutcome, before: Reread | None = None, **more: Any) -> Reread:
    return after(before or some(), outcome, NOW, POLICY, Even(), **more)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, None),
        ({"modified_at": Dated(NOW - 7 * HOUR, DateSource.META)}, None),
        ({"modified_at": Dated(NOW, DateSource.TEXT)}, None),
        ({"modified_at": LATELY}, Hint.MODIFIED),
        ({"modified_at": Dated(NOW, DateSource.JSON_LD)}, Hint.MODIFIED),
        ({"is_live_blog": True, "modified_at": LATELY}, Hint.LIVE),
        ({"body": "The bridge fell. This is a developing story and will be updated."}, Hint.DEVELOPING),
        ({"headline": "BREAKING NEWS: bridge falls"}, Hint.DEVELOPING),
        ({"body": f"{'word ' * 400}\n\nCorrection: it was the other bridge."}, Hint.CORRECTED),
        ({"body": f"{'word ' * 200} developing story {'word ' * 200}"}, None),
    ],
)
def test_what_hints_at_a_change(fields: dict[str, Any], expected: Hint | None) -> None:
    """The page's own words in its first and last lines, and a modification of the last hours; nothing else."""
    assert expected is hint_of(ledger(), read(**fields), NOW)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (ledger(revision=2), Hint.FEED),
        (ledger(entry=entry(published_at=NOW - HOUR, updated_at=NOW)), Hint.FEED),
        (ledger(entry=entry(published_at=NOW - MINUTE, updated_at=NOW)), None),
        (ledger(entry=entry(published_at=None, updated_at=NOW)), None),
        (ledger(entry=entry(published_at=NOW - 9 * HOUR, updated_at=NOW - 7 * HOUR)), None),
    ],
)
def test_what_the_feed_hints_at(row: LedgerEntry, expected: Hint | None) -> None:
    """An entry that changed, or was updated lately and not in the same breath as it was published."""
    assert expected is hint_of(row, read(), NOW)


def test_a_plan_remembers_what_to_compare_with() -> None:
    """The address that answered, its validators, its bytes and its text; a weak hint is given half the looks."""
    found = planned(answer=response(body=b"page", etag='"1"', last_modified="then"))
    assert found is not None
    assert (Validators('"1"', "then"), 3, 40 * MINUTE) == (found.validators, found.left, (found.due_at or NOW) - NOW)
    assert mark_of(read(modified_at=LATELY)) == found.mark
    strong = planned(read(is_live_blog=True))
    assert strong is not None
    assert (6, 10 * MINUTE) == (strong.left, (strong.due_at or NOW) - NOW)


@pytest.mark.parametrize(
    "article",
    [
        read(),
        read(is_live_blog=True, body_source=BodySource.FEED),
        read(is_live_blog=True, quality=Quality.SUMMARY_ONLY),
    ],
)
def test_articles_without_hint_or_page_are_left_alone(article: Article) -> None:
    """Nothing is planned where nothing hints at a change, or no page was read."""
    assert planned(article) is None


def test_looks_can_be_switched_off() -> None:
    """With `rereads = 0` nothing is planned."""
    none = plan(ledger(), read(is_live_blog=True), response(), NOW, ReadPolicy(rereads=0), Even(), language="en")
    assert none is None


@pytest.mark.parametrize(
    ("control", "wait"),
    [("max-age=7200", 2 * HOUR), ("public, max-age=31536000", 48 * HOUR), ("no-store", 40 * MINUTE)],
)
def test_no_look_while_the_page_calls_itself_fresh(control: str, wait: timedelta) -> None:
    """max-age puts a look off, by two days at most."""
    found = planned(answer=response(cache_control=control))
    assert found is not None
    assert NOW + wait == found.due_at


@pytest.mark.parametrize(
    ("answer", "before", "expected"),
    [
        (response(304), some(), LookOutcome.NOT_MODIFIED),
        (response(410), some(), LookOutcome.GONE),
        (response(404), some(), LookOutcome.MISSING),
        (response(404), some(missing=True), LookOutcome.GONE),
        (response(403), some(), LookOutcome.FAILED),
        (response(503), some(), LookOutcome.FAILED),
        (response(200, content_type="application/pdf"), some(), LookOutcome.FAILED),
        (response(200, b"page"), some(), LookOutcome.SAME_BYTES),
        (response(200, b"other"), some(), None),
    ],
)
def test_what_an_answer_comes_to(answer: FetchResponse, before: Reread, expected: LookOutcome | None) -> None:
    """Only 410, and 404 twice in a row, say that an article was taken down; only other bytes are read."""
    assert expected is judge_look(before, answer)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, LookOutcome.SAME_TEXT),
        ({"modified_at": Dated(NOW, DateSource.META)}, LookOutcome.SAME_TEXT),
        ({"body": "The bridge over the Arl was closed on Monday. Engineers will look at it."}, LookOutcome.SAME_TEXT),
        ({"headline": "Bridge opens again"}, LookOutcome.CHANGED),
        ({"authors": ("Ben Okri",)}, LookOutcome.CHANGED),
        ({"body": "The bridge is open."}, LookOutcome.CHANGED),
        ({"body": "The bridge", "quality": Quality.PARTIAL}, LookOutcome.NO_ARTICLE),
        ({"body": "From the feed.", "body_source": BodySource.FEED}, LookOutcome.NO_ARTICLE),
        ({"canonical_url": "http://courier.example/", "headline": "Valley Courier"}, LookOutcome.NO_ARTICLE),
        ({"canonical_url": "http://courier.example/", "headline": ""}, LookOutcome.NO_ARTICLE),
        ({"canonical_url": "http://courier.example/moved", "headline": "Headline 1 again"}, LookOutcome.CHANGED),
    ],
)
def test_what_a_page_comes_to(fields: dict[str, Any], expected: LookOutcome) -> None:
    """Another text of the same article; less of it than before, or another article, prove nothing."""
    before = some(mark=mark_of(read()))
    assert expected is judge_found(before, "Headline 1", read(**fields))


def test_waits_grow_while_nothing_changes_and_begin_anew_when_something_does() -> None:
    """Four times as long each, up to the longest; a change is followed closely."""
    again = some(left=9, step=0)
    waits = []
    for _ in range(4):
        again = followed(LookOutcome.NOT_MODIFIED, again, response=response(304))
        waits.append((again.due_at or NOW) - NOW)
    assert [40 * MINUTE, 160 * MINUTE, 640 * MINUTE, 2560 * MINUTE] == waits
    again = followed(LookOutcome.SAME_BYTES, again, response=response(200, b"page"))
    assert NOW + 48 * HOUR == again.due_at
    newer = read(headline="Bridge opens")
    changed = followed(LookOutcome.CHANGED, again, response=response(200, b"new", etag='"2"'), article=newer)
    assert (NOW + 10 * MINUTE, Hint.CHANGED, mark_of(newer)) == (changed.due_at, changed.hint, changed.mark)
    assert Validators('"2"') == changed.validators


def test_a_304_updates_the_validators_that_it_carries() -> None:
    """The others stand (RFC 9111, 4.3.4)."""
    before = some(validators=Validators('"1"', "then"))
    assert (
        Validators('"2"', "then")
        == followed(LookOutcome.NOT_MODIFIED, before, response=response(304, etag='"2"')).validators
    )


def test_a_missing_page_is_looked_for_again_soon() -> None:
    """One 404 may be a slip of the server; the next look tells."""
    found = followed(LookOutcome.MISSING, some(step=3), response=response(404))
    assert (True, NOW + 10 * MINUTE) == (found.missing, found.due_at)
    assert not followed(LookOutcome.FAILED, found).missing


def test_a_look_put_back_costs_none() -> None:
    """It comes again when the host is free, and a little later."""
    found = followed(LookOutcome.BUSY, not_before=NOW + HOUR)
    assert (some().left, some().step, NOW + HOUR + MINUTE) == (found.left, found.step, found.due_at)
    assert NOW + MINUTE == followed(LookOutcome.BUSY).due_at


def test_a_servers_own_word_is_never_undercut() -> None:
    """Retry-After puts the next look off."""
    assert NOW + 72 * HOUR == followed(LookOutcome.FAILED, not_before=NOW + 72 * HOUR).due_at


@given(st.lists(st.sampled_from(LookOutcome), max_size=40), st.integers(min_value=1, max_value=8))
def test_looks_come_to_an_end(outcomes: list[LookOutcome], looks: int) -> None:
    """Whatever is found, an article is looked at no more often than planned, and never before its time."""
    again = some(left=looks)
    made = 0
    now: datetime = NOW
    for outcome in outcomes:
        if again.due_at is None:
            break
        assert again.due_at >= now
        now = again.due_at
        made += outcome is not LookOutcome.BUSY
        again = after(again, outcome, now, POLICY, random.Random(1), article=read())
    assert made <= looks
    assert (again.due_at is None) == (again.left == 0)
    assert ArticleId(again.article_id) == some().article_id
