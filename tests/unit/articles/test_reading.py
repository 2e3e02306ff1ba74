"""What becomes of an entry after its page was asked for."""

import random
from datetime import timedelta

import pytest

from storyfold.articles.policy import ReadPolicy
from storyfold.articles.reading import (
    Readable,
    TryLater,
    Unreadable,
    feed_has_text,
    judge_response,
    make_room,
    put_off,
)
from storyfold.model.entries import RejectReason, RetryReason
from tests.fakes.values import NOW, entry, ledger, response

POLICY = ReadPolicy(attempts=3, first_retry=timedelta(minutes=1), last_retry=timedelta(minutes=90))


@pytest.mark.parametrize(
    "content_type", ["text/html", "TEXT/HTML; charset=utf-8", "application/xhtml+xml", "text/plain"]
)
def test_html_with_200_is_readable(content_type: str) -> None:
    """A page that says it is HTML is extracted from."""
    assert isinstance(judge_response(response(200, content_type=content_type)), Readable)


def test_a_page_that_does_not_say_what_it_is_is_readable() -> None:
    """Without a Content-Type the bytes decide, in extraction."""
    assert isinstance(judge_response(response(200)), Readable)


@pytest.mark.parametrize(
    ("status", "reason", "feed_may_serve"),
    [
        (401, RejectReason.FORBIDDEN, True),
        (403, RejectReason.FORBIDDEN, True),
        (451, RejectReason.FORBIDDEN, True),
        (404, RejectReason.NOT_FOUND, False),
        (410, RejectReason.GONE, False),
        (400, RejectReason.CLIENT_ERROR, True),
        (418, RejectReason.CLIENT_ERROR, True),
        (302, RejectReason.REDIRECTS, True),
        (204, RejectReason.NO_TEXT, True),
    ],
)
def test_statuses_that_end_it(status: int, reason: RejectReason, feed_may_serve: bool) -> None:
    """A final status names its reason, and whether the feed's own text may stand in."""
    verdict = judge_response(response(status))
    assert isinstance(verdict, Unreadable)
    assert (reason, feed_may_serve) == (verdict.reason, verdict.feed_may_serve)
    assert str(status) in verdict.message


@pytest.mark.parametrize(
    ("status", "reason", "otherwise"),
    [
        (429, RetryReason.THROTTLED, RejectReason.SERVER_ERROR),
        (503, RetryReason.THROTTLED, RejectReason.SERVER_ERROR),
        (500, RetryReason.SERVER_ERROR, RejectReason.SERVER_ERROR),
        (599, RetryReason.SERVER_ERROR, RejectReason.SERVER_ERROR),
        (408, RetryReason.SERVER_ERROR, RejectReason.CLIENT_ERROR),
    ],
)
def test_statuses_worth_another_try(status: int, reason: RetryReason, otherwise: RejectReason) -> None:
    """A passing fault is tried again, and names what it comes to when it does not pass."""
    verdict = judge_response(response(status))
    assert isinstance(verdict, TryLater)
    assert (reason, otherwise) == (verdict.reason, verdict.otherwise.reason)


def test_what_is_not_html_is_said_by_its_type() -> None:
    """A video or PDF is no page; the message names the type."""
    verdict = judge_response(response(200, content_type="application/pdf"))
    assert isinstance(verdict, Unreadable)
    assert verdict.reason is RejectReason.NOT_HTML
    assert "application/pdf" in verdict.message


@pytest.mark.parametrize("attempts", [0, 1])
def test_waits_double_and_spread(attempts: int) -> None:
    """Each further try waits twice as long, give or take the spread."""
    waiting = put_off(ledger(attempts=attempts), RetryReason.UNREACHABLE, NOW, None, POLICY, random.Random(1))
    assert waiting is not None
    wait = POLICY.first_retry * 2**attempts
    assert 0.9 * wait <= waiting.due_at - NOW <= 1.3 * wait
    assert waiting.counted


def test_tries_are_used_up() -> None:
    """The last try is not put off."""
    assert put_off(ledger(attempts=2), RetryReason.UNREACHABLE, NOW, None, POLICY, random.Random(1)) is None


def test_waits_are_capped_but_never_undercut_the_server() -> None:
    """The wait stays below its cap, unless the server asked for more."""
    many = ReadPolicy(attempts=99, first_retry=timedelta(minutes=1), last_retry=timedelta(minutes=90))
    capped = put_off(ledger(attempts=40), RetryReason.THROTTLED, NOW, None, many, random.Random(1))
    asked = put_off(ledger(), RetryReason.THROTTLED, NOW, NOW + timedelta(days=2), many, random.Random(1))
    assert capped is not None
    assert capped.due_at - NOW <= 1.3 * timedelta(minutes=90)
    assert asked is not None
    assert NOW + timedelta(days=2) == asked.due_at


def test_a_busy_host_costs_no_try() -> None:
    """An entry given back because its host is busy has not been tried."""
    waiting = make_room(ledger(), NOW, timedelta(minutes=5))
    assert (NOW + timedelta(minutes=5), False) == (waiting.due_at, waiting.counted)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [({}, False), ({"summary": " \n"}, False), ({"summary": "A"}, True), ({"content": "<p>"}, True)],
)
def test_whether_the_feed_has_text(fields: dict[str, str], expected: bool) -> None:
    """White space is no text."""
    assert expected is feed_has_text(entry(**fields))
