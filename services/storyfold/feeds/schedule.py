"""What follows from a poll: old memory, what was seen and `now` go in, new memory and entries to take up come out.

::

    feed.state | request_validators | (fetch, parse) | reidentified | (ledger) | decide | (commit)

Everything in brackets is the pipeline's; what stands here is pure. The parts have their own leaves: `cadence` learns
the interval, `freshness` reads headers, `backoff` and `moves` know failures and redirects, `timing` puts the next poll
together.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from storyfold.feeds.backoff import BACKOFFS
from storyfold.feeds.cadence import after_news, after_silence, credible_dates, first_interval, genuinely_new
from storyfold.feeds.freshness import fresh_for
from storyfold.feeds.identity import guids_changed, known_by_link, link_marks
from storyfold.feeds.moves import confirmed
from storyfold.feeds.observation import Failed, HeldOff, NotModified, Observation, Parsed, Pushed, SameBody
from storyfold.feeds.policy import PollPolicy
from storyfold.feeds.selection import entries_to_take_up, genuine, hidden_by_304
from storyfold.feeds.timing import after_failure, after_success
from storyfold.hosts.retry_after import retry_after_of
from storyfold.model.commit import TakenUp
from storyfold.model.entries import Entry
from storyfold.model.feeds import Feed, Identity, PastPoll, PollOutcome, PollState, Validators
from storyfold.model.fetching import FetchResponse
from storyfold.model.identity import EntryId
from storyfold.model.page import ParsedFeed

# A feed polled this seldom within `unconditional_span` waits for `unconditional_every`: or else a feed polled daily
# would be asked without validators every time.
_FEW_POLLS = 10
# What `feeds why` shows: so many polls, and so much of each message.
_HISTORY, _MESSAGE = 20, 160


@dataclass(frozen=True, slots=True)
class PollDecision:
    """What follows from one poll.

    Attributes:
        outcome: how it ended.
        state: what is remembered from now on.
        next_poll_at: when the feed is polled again; stands in `state` too.
        taken_up: ledger rows that begin; those with `known_as` end in the same breath.
        listed: every entry that the document listed; None where none was parsed.
        hold_off: until when the server wants to be left alone, in its own words.
    """

    outcome: PollOutcome
    state: PollState
    next_poll_at: datetime
    taken_up: tuple[TakenUp, ...] = ()
    listed: tuple[EntryId, ...] | None = None
    hold_off: datetime | None = None


def request_validators(state: PollState, now: datetime, policy: PollPolicy) -> Validators:
    """Decide what to ask with: the validators verbatim, or none for the probe that finds out servers that lie.

    Args:
        state: before the poll.
        now: the time of the poll.
        policy: how often to probe.
    """
    if state.validators_off_until is not None and now < state.validators_off_until:
        return Validators()
    asked = state.polls_since_unconditional
    if asked >= policy.unconditional_every - 1:
        return Validators()
    if state.unconditional_at is not None and asked >= _FEW_POLLS:
        return Validators() if now - state.unconditional_at >= policy.unconditional_span else state.validators
    return state.validators


def reidentified(feed: Feed, document: ParsedFeed) -> tuple[ParsedFeed, Identity]:
    """Give entries the ids that suit the feed: those of their links where its guids have proved to say nothing.

    Args:
        feed: before the poll.
        document: as parsed.
    """
    if feed.state.identity is Identity.GUID and not guids_changed(feed.state.link_marks, document.entries):
        return document, Identity.GUID
    return replace(document, entries=known_by_link(document.entries, feed.source.feed_id)), Identity.LINK


def decide(feed: Feed, observation: Observation, now: datetime, policy: PollPolicy, *, chance: float) -> PollDecision:
    """Decide what follows from a poll.

    Args:
        feed: before it.
        observation: what it saw.
        now: when it ended; UTC.
        policy: settings.
        chance: drawn evenly from 0 to 1, for the jitter.
    """
    decision = _decided(feed, observation, now, policy, chance=chance)
    if isinstance(observation, HeldOff):
        return decision
    message = None if decision.state.last_message is None else decision.state.last_message[:_MESSAGE]
    if isinstance(observation, Pushed):
        message = "brought by its hub"
    line = PastPoll(now, decision.outcome, len(decision.taken_up), message)
    history = (line, *feed.state.history)[:_HISTORY]
    return replace(decision, state=replace(decision.state, history=history, next_poll_at=decision.next_poll_at))


def _decided(feed: Feed, observation: Observation, now: datetime, policy: PollPolicy, *, chance: float) -> PollDecision:
    match observation:
        case Parsed():
            return _parsed(feed, observation, now, policy, chance=chance)
        case Pushed():
            return _pushed(feed, observation, now, policy)
        case SameBody(response):
            state = confirmed(feed.state, response.redirects, now, policy)
            return _quiet(feed, state, observation, now, policy, chance=chance)
        case NotModified():
            return _quiet(feed, feed.state, observation, now, policy, chance=chance)
        case HeldOff(until):
            at = max(until, now) + policy.floor * policy.jitter * chance
            return PollDecision(PollOutcome.THROTTLED, replace(feed.state, next_poll_at=at), next_poll_at=at)
        case Failed():
            return _failed(feed, observation, now, policy, chance=chance)
        case _:
            assert_never(observation)


def _parsed(feed: Feed, seen: Parsed, now: datetime, policy: PollPolicy, *, chance: float) -> PollDecision:
    before, document = feed.state, seen.document
    taken_up = entries_to_take_up(feed, seen, now, policy)
    news = genuine(taken_up)
    state = confirmed(before, seen.response.redirects, now, policy) if seen.known else before
    state = _asked(_learned(state, document, seen, now), now, conditional=seen.conditional)
    if not seen.conditional and hidden_by_304(before, seen.response, news):
        state = replace(state, false_304s=before.false_304s + 1, validators_off_until=now + policy.validators_rest)
    state = _with_rhythm(before, state, document.entries, news, now, policy)
    outcome = _outcome_of(taken_up)
    state = _succeeded(state, outcome, document.complaint, seen.response, now)
    ttl = policy.ceiling if document.hints.expired else state.ttl
    fresh = fresh_for(seen.response, now)
    at = after_success(feed, replace(state, ttl=ttl), fresh, now, policy, chance=chance)
    return PollDecision(
        outcome,
        replace(state, ttl=ttl),
        next_poll_at=at,
        taken_up=taken_up,
        listed=tuple(entry.entry_id for entry in document.entries),
    )


def _pushed(feed: Feed, seen: Pushed, now: datetime, policy: PollPolicy) -> PollDecision:
    """Take what a hub brought. What the feed lists and when it is polled next, only a poll can tell."""
    before = feed.state
    taken_up = entries_to_take_up(feed, seen, now, policy)
    count = genuinely_new(genuine(taken_up), before.last_poll_at, now, policy)
    state = before
    if count:
        interval = after_news(before, count, now, policy)
        state = replace(before, interval=interval, news_interval=interval, last_new_at=now)
    return PollDecision(_outcome_of(taken_up), state, next_poll_at=before.next_poll_at, taken_up=taken_up)


def _outcome_of(taken_up: tuple[TakenUp, ...]) -> PollOutcome:
    return PollOutcome.NEW_ENTRIES if any(row.known_as is None for row in taken_up) else PollOutcome.UNCHANGED


def _learned(state: PollState, document: ParsedFeed, seen: Parsed, now: datetime) -> PollState:
    """What a document that parsed leaves behind, whatever is new in it."""
    hints = document.hints
    return replace(
        state,
        validators=_validators(seen.response),
        body_hash=seen.body_hash,
        # An empty document tells nothing about what is old: the next one may list the archive.
        primed=state.primed or bool(document.entries),
        identity=seen.identity,
        link_marks=link_marks(document.entries),
        ttl=None if hints.ttl_seconds is None else timedelta(seconds=hints.ttl_seconds),
        skip_hours=hints.skip_hours,
        skip_days=hints.skip_days,
        last_success_at=now,
        listed_count=len(document.entries),
        dated_count=sum(1 for entry in document.entries if entry.published_at or entry.updated_at),
        empty_since=None if document.entries else state.empty_since or now,
        degraded=document.complaint,
        hub=hints.hub,
        self_url=hints.self_url,
    )


def _with_rhythm(
    before: PollState,
    state: PollState,
    entries: tuple[Entry, ...],
    news: tuple[Entry, ...],
    now: datetime,
    policy: PollPolicy,
) -> PollState:
    if not before.primed:
        newest = max(credible_dates(entries, now), default=now if news else None)
        interval = first_interval(entries, now, policy)
        return replace(state, interval=interval, news_interval=interval, last_new_at=newest)
    count = genuinely_new(news, before.last_poll_at, now, policy)
    if count == 0:
        return replace(state, interval=after_silence(before, now, policy))
    interval = after_news(before, count, now, policy)
    return replace(state, interval=interval, news_interval=interval, last_new_at=now)


def _quiet(
    feed: Feed,
    state: PollState,
    seen: SameBody | NotModified,
    now: datetime,
    policy: PollPolicy,
    *,
    chance: float,
) -> PollDecision:
    """What follows from nothing new: by far the most polls, so the state is copied once for all that changes in it."""
    response = seen.response
    if isinstance(seen, NotModified):
        outcome, conditional = PollOutcome.NOT_MODIFIED, True
        validators = _updated(state.validators, response)
    else:
        outcome, conditional = PollOutcome.SAME_BODY, seen.conditional
        validators = _validators(response)
    fresh = fresh_for(response, now)
    state = replace(
        state,
        validators=validators,
        polls_since_unconditional=state.polls_since_unconditional + 1 if conditional else 0,
        unconditional_at=state.unconditional_at if conditional else now,
        interval=after_silence(feed.state, now, policy),
        last_poll_at=now,
        last_outcome=outcome,
        last_message=state.last_message if state.failures == 0 else None,
        last_success_at=now,
        failures=0,
        gone_since=None,
        retired_at=None,
        retry_after=None,
        fresh_until=None if fresh is None else now + fresh,
    )
    at = after_success(feed, state, fresh, now, policy, chance=chance)
    return PollDecision(outcome, state, next_poll_at=at)


def _succeeded(
    state: PollState, outcome: PollOutcome, complaint: str | None, response: FetchResponse, now: datetime
) -> PollState:
    fresh = fresh_for(response, now)
    return replace(
        state,
        last_poll_at=now,
        last_outcome=outcome,
        last_message=complaint,
        last_success_at=now,
        failures=0,
        gone_since=None,
        retired_at=None,
        retry_after=None,
        fresh_until=None if fresh is None else now + fresh,
    )


def _failed(feed: Feed, seen: Failed, now: datetime, policy: PollPolicy, *, chance: float) -> PollDecision:
    before = feed.state
    wanted = None
    if seen.response is not None and seen.outcome is PollOutcome.THROTTLED:
        wanted = retry_after_of(seen.response.header("retry-after"), now)
    state = replace(
        before,
        last_poll_at=now,
        last_outcome=seen.outcome,
        last_message=seen.message,
        failures=before.failures + 1,
        retry_after=wanted,
        fresh_until=None,
    )
    state = _gone(state, seen, now, policy)
    backoff = BACKOFFS[seen.outcome].after(state.failures)
    if state.retired_at is not None:
        backoff = max(backoff, policy.retired_interval)
    at = after_failure(feed, state, backoff, now, policy, chance=chance)
    return PollDecision(seen.outcome, state, next_poll_at=at, hold_off=wanted)


def _gone(state: PollState, seen: Failed, now: datetime, policy: PollPolicy) -> PollState:
    """Two 410 in a row, days apart, retire a feed; a failure to get any answer proves nothing either way."""
    if seen.outcome is PollOutcome.GONE:
        since = state.gone_since or now
        retired = state.retired_at or (now if now - since >= policy.gone_span else None)
        return replace(state, gone_since=since, retired_at=retired)
    return state if seen.response is None else replace(state, gone_since=None)


def _asked(state: PollState, now: datetime, *, conditional: bool) -> PollState:
    if conditional:
        return replace(state, polls_since_unconditional=state.polls_since_unconditional + 1)
    return replace(state, polls_since_unconditional=0, unconditional_at=now)


def _validators(response: FetchResponse) -> Validators:
    return Validators(etag=response.header("etag"), last_modified=response.header("last-modified"))


def _updated(validators: Validators, response: FetchResponse) -> Validators:
    """A 304 speaks only for the headers that it carries (RFC 9111, 4.3.4)."""
    carried = _validators(response)
    return Validators(
        etag=carried.etag or validators.etag, last_modified=carried.last_modified or validators.last_modified
    )
