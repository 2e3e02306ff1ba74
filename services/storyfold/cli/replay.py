"""``storyfold replay --shadow``: folds articles again and prints how events differ."""

import json
import sys
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from storyfold.app.replay import Origin, Replayed, replay
from storyfold.app.unable import Unable
from storyfold.cli.context import OK, USAGE, Context
from storyfold.cli.printing import plain, table_of
from storyfold.events.comparison import Difference
from storyfold.model.identity import ArticleId

# Differences that are printed, the largest.
SHOWN = 10
# Headlines of an event that are printed.
_HEADLINES = 3


def execute(context: Context) -> int:
    """Replay and report."""
    arguments = context.arguments
    if not arguments.shadow:
        raise Unable("replay only compares: say --shadow, by which nothing is written or published", status=USAGE)
    found = replay(context.load().settings, arguments.since, arguments.algorithm, Origin(arguments.origin))
    if arguments.json:
        print(json.dumps(value_of(found), ensure_ascii=False, indent=2))
        sys.stdout.flush()
    else:
        show(context.out, found)
    return OK


def value_of(found: Replayed) -> dict[str, Any]:
    """As JSON; all differences."""
    return {
        **asdict(found.comparison),
        "kinds": [{"then": then.value, "now": now.value, "articles": count} for then, now, count in found.kinds],
    }


def show(out: Console, found: Replayed) -> None:
    """Print the figures and the largest differences."""
    comparison = found.comparison
    figures = Table.grid(padding=(0, 2))
    for name, value in (
        ("articles folded again", f"{comparison.articles:,}"),
        ("events then, now", f"{comparison.then:,}, {comparison.now:,}"),
        ("the same", f"{comparison.same:,}"),
        ("now holding articles of several events", f"{comparison.merged:,}"),
        ("now in several events", f"{comparison.split:,}"),
        ("agreement (B\u00b3 F1, precision, recall)", _agreement(found)),
        *((f"was {then.value}, is {now.value}", f"{count:,}") for then, now, count in found.kinds),
    ):
        figures.add_row(name, value)
    out.print(figures)
    if not comparison.differences:
        return
    out.print()
    table = table_of("", "moved", "event", "articles", "headlines", wide="headlines", right="moved")
    table.columns[3].justify = "right"
    for difference in comparison.differences[:SHOWN]:
        for when, moved, event, articles in _rows(difference):
            table.add_row(when, moved, event, str(len(articles)), plain(_headlines(articles, found)))
        table.add_section()
    out.print(table)
    more = len(comparison.differences) - SHOWN
    if more > 0:
        out.print(f"and {more} smaller differences; --json lists all", style="dim")


def _agreement(found: Replayed) -> str:
    scores = found.comparison.agreement
    return f"{scores.f1:.4f}, {scores.precision:.4f}, {scores.recall:.4f}"


def _rows(difference: Difference) -> list[tuple[str, str, str, tuple[ArticleId, ...]]]:
    then = [("then", "", event, articles) for event, articles in difference.then]
    now = [("now", "", event, articles) for event, articles in difference.now]
    first = then[0]
    return [(first[0], str(difference.moved), first[2], first[3]), *then[1:], *now]


def _headlines(articles: tuple[ArticleId, ...], found: Replayed) -> str:
    told = "; ".join(found.headlines[each] for each in articles[:_HEADLINES])
    return told if len(articles) <= _HEADLINES else f"{told}; …"
