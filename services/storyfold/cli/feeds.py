"""``storyfold feeds``: list, add, remove, import, export, check, why, discover, moved, undo."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from rich.table import Table
from rich.text import Text

from storyfold.app import feeds
from storyfold.app.feed_check import FeedReport, check_feeds
from storyfold.app.feed_discovery import discover_feeds
from storyfold.cli.context import FAILED, OK, Context
from storyfold.config.settings import Settings
from storyfold.edges.clock import SystemClock
from storyfold.edges.replacing import replace_text
from storyfold.feeds.explanation import why
from storyfold.feeds.silence import silence_of
from storyfold.feeds.websub import live_until, told


def execute(context: Context) -> int:
    """Do one thing to the feeds file, or look at it."""
    arguments = context.arguments
    settings = context.load().settings
    match arguments.action:
        case "list":
            _list(context, settings)
        case "add":
            feeds.add_feed(settings, arguments.url, arguments.title)
            _say(context, f"added to {settings.feeds.file}; a running storyfold polls it within seconds")
        case "remove":
            feeds.remove_feed(settings, arguments.url)
            _say(context, f"removed from {settings.feeds.file}; a running storyfold polls it no more")
        case "import":
            done = feeds.import_feeds(settings, arguments.file)
            _say(context, f"{len(done.added)} added to {settings.feeds.file}, {done.known} were there already")
        case "export":
            _export(context, settings)
        case "moved":
            _moved(context, settings)
        case "undo":
            _undo(context, settings)
        case "why":
            _why(context, settings)
        case "discover":
            return _discover(context, settings)
        case _:
            return _check(context, settings)
    return OK


def _say(context: Context, text: str) -> None:
    context.out.print(text, markup=False, highlight=False, soft_wrap=True)


def _list(context: Context, settings: Settings) -> None:
    context.out.print(table_of(feeds.list_feeds(settings)))


def table_of(listed: Iterable[feeds.ListedFeed]) -> Table:
    """A line a feed, however narrow the terminal: names and notes share what the moments leave of it."""
    table = Table(box=None, pad_edge=False, header_style="dim", expand=True)
    table.add_column("feed", no_wrap=True, overflow="ellipsis", ratio=1)
    for name in ("last poll", "last success", "next poll"):
        table.add_column(name, no_wrap=True)
    table.add_column("note", no_wrap=True, overflow="ellipsis", ratio=1)
    for each in listed:
        title = Text(each.source.title or each.source.url)
        if each.polled is None:
            table.add_row(title, Text("not polled yet", style="dim"))
            continue
        state = each.polled.state
        outcome = Text(state.last_outcome or "not polled yet", style="red" if state.failures else "green")
        note = Text(state.last_message or "", style="red")
        table.add_row(title, outcome, _moment(state.last_success_at), _moment(state.next_poll_at), note)
    return table


def _moment(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%m-%d %H:%M") if at is not None else "never"


def _export(context: Context, settings: Settings) -> None:
    text = feeds.export_feeds(settings)
    file = context.arguments.file
    if file is None:
        context.out.out(text, end="", highlight=False)
    else:
        replace_text(file, text)
        _say(context, f"wrote {file}")


def _why(context: Context, settings: Settings) -> None:
    feed = feeds.met_feed(settings, context.arguments.feed)
    now, policy = SystemClock().now(), settings.poll.policy
    _say(context, f"{feed.source.title or feed.source.url}  {feed.state.url}")
    for url in feed.state.previous_urls:
        _say(context, f"  it was at {url} before")
    subscription = feeds.subscription_of(settings, feed)
    for sentence in why(replace(feed, pushed_until=live_until(subscription)), now, policy):
        _say(context, f"  {sentence}")
    if subscription is not None:
        _say(context, f"  {told(subscription, now)}")
    elif feed.state.hub is not None:
        off = "" if settings.websub.public_url else ": set websub.public_url to have its news at once"
        _say(context, f"  it names the hub {feed.state.hub}, which is not subscribed to{off}")
    silence = silence_of(feed.state, now, policy)
    _say(context, f"  {silence.silence.value}: {silence.reason}" if silence.reason else "  nothing is wrong with it")
    for past in feed.state.history:
        new = f", {past.new} new" if past.new else ""
        message = f": {past.message}" if past.message else ""
        _say(context, f"  {past.at:%Y-%m-%d %H:%M} UTC  {past.outcome.value}{new}{message}")


def _moved(context: Context, settings: Settings) -> None:
    found = feeds.moved_feeds(settings)
    for feed in found:
        state = feed.state
        _say(context, f"{feed.source.title or feed.source.url}  {feed.source.url}")
        if state.previous_urls:
            _say(
                context,
                f"  moved to {state.url} on {_moment(state.moved_at)}: put that into the feeds file, or undo it",
            )
            for url in reversed(state.previous_urls):
                _say(context, f"  was at {url}")
        if state.redirect is not None:
            seen = f"{state.redirect.confirmations} times since {_moment(state.redirect.since)}"
            _say(context, f"  is redirected for good to {state.redirect.target}, seen {seen}: not moved yet")
        if state.retired_at is not None:
            _say(context, f"  retired on {_moment(state.retired_at)}: its server said for days that it is gone (410)")
    if found:
        _say(context, "'storyfold feeds undo URL' takes back a retirement, or the last move, for good")
    else:
        _say(context, "no feed has moved or been retired")


def _undo(context: Context, settings: Settings) -> None:
    done = feeds.undo(settings, context.arguments.feed)
    if done.retired:
        _say(context, f"{done.registered} is not retired any more; a running storyfold polls it within seconds")
    else:
        _say(context, f"{done.registered} is polled at {done.now} again, and will not move to {done.was} by itself")


def _discover(context: Context, settings: Settings) -> int:
    found = discover_feeds(settings, context.arguments.site)
    for feed in found:
        _say(context, f"{feed.url}  {feed.title}  ({feed.format}, {feed.entries} entries, by {feed.by})")
    if not found:
        _say(context, "no feed was found: ask the publisher, or look for one by hand")
    return OK if found else FAILED


def _check(context: Context, settings: Settings) -> int:
    urls = tuple(context.arguments.url) or feeds.registered(settings)
    reports = check_feeds(settings, urls)
    for report in reports:
        context.out.print(_report(report), soft_wrap=True)
    bad = sum(report.trouble is not None for report in reports)
    if len(reports) > 1:
        _say(context, f"{len(reports) - bad} of {len(reports)} can be polled")
    return FAILED if bad else OK


def _report(report: FeedReport) -> Text:
    well = report.trouble is None
    text = Text("ok       " if well else "trouble  ", style="green" if well else "bold red")
    text.append(report.url, style="default")
    if report.title:
        text.append(f"  {report.title}", style="bold default")
    if report.trouble is not None:
        text.append(f"\n         {report.trouble}", style="red")
    for fact in report.facts:
        text.append(f"\n         {fact}", style="dim default")
    return text
