"""``storyfold events``: merge, split and retract by hand, and the list of what was decided so."""

import argparse
from datetime import UTC
from typing import assert_never

from storyfold.app.curate import record, recorded
from storyfold.app.unable import Unable
from storyfold.cli.context import OK, USAGE, Context
from storyfold.cli.printing import plain, table_of
from storyfold.config.settings import Settings
from storyfold.model.curation import (
    Curation,
    CurationOrder,
    MergeEvents,
    RetractArticle,
    RetractEvent,
    SplitEvent,
)
from storyfold.model.identity import ArticleId, EventId


def execute(context: Context) -> int:
    """Record a decision, or list them all."""
    arguments = context.arguments
    settings = context.load().settings
    if arguments.action == "curations":
        _list(context, settings)
        return OK
    by = arguments.by or context.environment.get("USER") or "somebody"
    number = record(settings, order_of(arguments), by, arguments.reason)
    told = (
        f"recorded as curation {number}: a running storyfold carries it out within seconds, one that is stopped when "
        "it starts"
    )
    context.out.print(told, markup=False, highlight=False, soft_wrap=True)
    return OK


def order_of(arguments: argparse.Namespace) -> CurationOrder:
    """What the command line asks for.

    Raises:
        Unable: it names neither an event nor an article to retract, or both.
    """
    match arguments.action:
        case "merge":
            return MergeEvents(EventId(arguments.one), EventId(arguments.other))
        case "split":
            return SplitEvent(EventId(arguments.event), tuple(map(ArticleId, arguments.articles)))
        case _:
            if (arguments.event is None) == (arguments.article is None):
                raise Unable("name an event to retract, or an article with --article", status=USAGE)
            if arguments.article is not None:
                return RetractArticle(ArticleId(arguments.article))
            return RetractEvent(EventId(arguments.event))


def _list(context: Context, settings: Settings) -> None:
    table = table_of("", "recorded", "by", "state", "what", wide="what")
    for each in recorded(settings):
        at = each.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
        table.add_row(str(each.number), at, plain(each.by), each.state.value, plain(sentence(each)))
    context.out.print(table)


def sentence(curation: Curation) -> str:
    """A decision in words, with its reason and how it ended."""
    match curation.order:
        case MergeEvents(one=one, other=other):
            what = f"merge {one} and {other}"
        case SplitEvent(event_id=event_id, articles=articles):
            into = f" as {curation.opened}" if curation.opened else ""
            what = f"split {', '.join(articles)} off {event_id}{into}"
        case RetractEvent(event_id=event_id):
            what = f"retract {event_id}"
        case RetractArticle(article_id=article_id):
            what = f"retract article {article_id}"
        case _:
            assert_never(curation.order)
    return "; ".join(part for part in (what, curation.reason, curation.told) if part)
