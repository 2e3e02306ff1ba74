"""``storyfold explain``: why an article or an event is where it is, in a person's words and with the numbers."""

import json
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, assert_never

from rich.console import Console
from rich.table import Table
from rich.text import Text

from storyfold.app.explain import ArticleExplained, EventExplained, explain
from storyfold.cli.context import OK, Context
from storyfold.cli.printing import plain, table_of
from storyfold.model.articles import Evidence, EvidenceKind, PlacedArticle, Placement, PlacementKind
from storyfold.model.events import Change, ChangeKind, Event, EventStatus
from storyfold.model.identity import ArticleId
from storyfold.wire.values import BodyTravel, article_value, change_value, event_value

_SHOWN_EVIDENCE = 3
# What a score of either kind of decision measures.
_SURENESS = "sure to {:.0%}"

_STEPS: dict[ChangeKind, str] = {
    ChangeKind.OPENED: "opened",
    ChangeKind.REPORT_ADDED: "another report",
    ChangeKind.DUPLICATE_ADDED: "a copy",
    ChangeKind.DESCRIBED: "told anew",
    ChangeKind.CORRECTED: "corrected",
    ChangeKind.MERGED: "merged",
    ChangeKind.SPLIT: "split",
    ChangeKind.CLOSED: "closed",
    ChangeKind.REOPENED: "reopened",
    ChangeKind.RETRACTED: "retracted",
}
_STATES: dict[EventStatus, str] = {
    EventStatus.EMERGING: "emerging: one publisher tells of it",
    EventStatus.OPEN: "open: several publishers tell of it",
    EventStatus.CLOSED: "closed: nobody has told of it for longer than its own rhythm; a new report reopens it",
    EventStatus.MERGED: "merged into another event",
    EventStatus.RETRACTED: "retracted: it takes no more reports",
}


def execute(context: Context) -> int:
    """Explain one article or event."""
    arguments = context.arguments
    found = explain(context.load().settings, arguments.reference)
    if arguments.json:
        print(json.dumps(value_of(found), ensure_ascii=False, indent=2))
        sys.stdout.flush()
        return OK
    match found:
        case ArticleExplained():
            show_article(context.out, found)
        case EventExplained():
            show_event(context.out, found)
        case _:
            assert_never(found)
    return OK


def value_of(found: ArticleExplained | EventExplained) -> dict[str, Any]:
    """As JSON; articles, events and changes as they stand on Kafka, bodies left out."""
    match found:
        case ArticleExplained(placed=placed, event=event, moved=moved, original=original):
            return {
                "article": article_value(placed, BodyTravel.NONE),
                "event": None if event is None else event_value(event),
                "moved_from": list(moved),
                "original": None if original is None else article_value(original, BodyTravel.NONE),
            }
        case EventExplained(event=event, named=named, changes=changes, articles=articles):
            return {
                "event": event_value(event),
                "merged_ids": list(named),
                "changes": [{k: v for k, v in change_value(each).items() if k != "diff"} for each in changes],
                "articles": [article_value(each, BodyTravel.NONE) for each in articles],
            }


def show_article(out: Console, found: ArticleExplained) -> None:
    """Print why an article is where it is."""
    article, placement = found.placed.article, found.placed.placement
    _title(out, article.headline or "(no headline)")
    _line(out, f"{article.publisher.name}, {_moment(_told_at(found.placed))}, {article.url}")
    _line(out, f"article {article.article_id}, version {article.version} ({article.change.value})")
    out.print()
    _line(out, verdict(found))
    if found.event is not None:
        event = found.event
        _line(out, f"event {event.event_id} “{event.title.text}” is {_STATES[event.status]}")
    if found.moved:
        _line(out, f"it was placed in {found.moved[0]}, which has been merged since")
    if placement.evidence:
        out.print()
        out.print(evidence_table(placement.evidence))


def verdict(found: ArticleExplained) -> str:
    """The placement as a sentence."""
    placement = found.placed.placement
    sure = _SURENESS.format(placement.score)
    by_hand = any(each.kind is EvidenceKind.CURATED for each in placement.evidence)
    if by_hand:
        return f"A person placed it here ({placement.kind.value})."
    match placement.kind:
        case PlacementKind.DUPLICATE:
            wire = found.placed.article.wire or (None if found.original is None else found.original.article.wire)
            words = "" if wire is None else f", in the words of {wire}"
            return f"A copy of {_original(found, placement)}{words}; {sure}. Copies add no facts and confirm nothing."
        case PlacementKind.REPORT:
            return f"A report of its event in its own words; {sure}. What spoke for it and against it stands below."
        case PlacementKind.FIRST:
            near = "no event in the window shared its telling terms"
            if placement.evidence:
                near = f"the {placement.evidence[0].what} was too far (log odds {placement.evidence[0].weight:+.2f})"
            return f"The first report of its event: {near}; {sure}."
        case _:
            assert_never(placement.kind)


def show_event(out: Console, found: EventExplained) -> None:
    """Print an event's life, its articles and its houses."""
    event = found.event
    _title(out, event.title.text)
    _line(out, f"event {event.event_id}, version {event.version}, {_STATES[event.status]}")
    if found.named:
        _line(out, f"asked for as {found.named[0]}, which was merged into it")
    counts = event.counts
    _line(
        out,
        f"{_many(counts.reports, 'report')} and {_many(counts.duplicates, 'copy', 'copies')} from "
        f"{_many(counts.publishers, 'publisher')}, of which {counts.independent_publishers} in their own words; "
        f"{_moment(event.first_published_at)} to {_moment(event.last_published_at)}",
    )
    out.print()
    out.print(life_table(found))
    missing = event.version - len(found.changes)
    if missing > 0:
        _line(out, f"(the {_many(missing, 'step')} before that are not kept any more)", style="dim")
    out.print()
    out.print(articles_table(found))
    out.print()
    out.print(houses_table(event, found.articles))


def evidence_table(evidence: Iterable[Evidence]) -> Table:
    """Each observation with its weight, as it counted."""
    table = table_of("evidence", "what", "weight", "", wide="what", right="weight")
    for each in evidence:
        table.add_row(
            plain(each.kind.value), plain(each.what), f"{each.weight:+.3f}", "against" if each.weight < 0 else ""
        )
    return table


def life_table(found: EventExplained) -> Table:
    """An event's steps."""
    table = table_of("when", "version", "step", "why", wide="why", right="version")
    for change in found.changes:
        table.add_row(_moment(change.at), str(change.to_version), _STEPS[change.kind], plain(_why(change, found)))
    return table


def articles_table(found: EventExplained) -> Table:
    """An event's articles in the order they were placed."""
    table = table_of("", "published", "kind", "score", "publisher", "headline", wide="headline", right="score")
    numbers = {placed.article.article_id: number for number, placed in enumerate(found.articles, 1)}
    for placed in found.articles:
        article, placement = placed.article, placed.placement
        kind = placement.kind.value
        if placement.of is not None:
            kind = f"copy of {numbers.get(placement.of, 'another')}"
        table.add_row(
            str(numbers[article.article_id]),
            _moment(_told_at(placed)),
            plain(kind),
            f"{placement.score:.2f}",
            plain(article.publisher.name),
            plain(article.headline),
        )
    return table


def houses_table(event: Event, articles: Iterable[PlacedArticle]) -> Table:
    """Who tells of an event, and whether in their own words."""
    reports: Counter[str] = Counter()
    copies: Counter[str] = Counter()
    for placed in articles:
        counter = copies if placed.placement.kind is PlacementKind.DUPLICATE else reports
        counter[placed.article.publisher.name] += 1
    table = table_of("publisher", "reports", "copies", wide="publisher", right="reports")
    table.columns[2].justify = "right"
    for name in sorted(reports | copies, key=lambda each: (-reports[each], -copies[each], each)):
        table.add_row(plain(name), str(reports[name]), str(copies[name]))
    if not reports and not copies:
        table.add_row(f"(its {event.counts.articles} articles are forgotten)", "", "")
    return table


def _why(change: Change, found: EventExplained) -> str:
    told = [f"{each.what} ({each.weight:+.2f})" for each in change.evidence[:_SHOWN_EVIDENCE]]
    if change.article_id is not None:
        told.insert(0, f"“{_name(found, change.article_id)}”")
    return "; ".join(told)


def _name(found: EventExplained, article_id: ArticleId) -> str:
    placed = found.by_id.get(article_id)
    return article_id if placed is None else placed.article.headline or placed.article.url


def _original(found: ArticleExplained, placement: Placement) -> str:
    if found.original is None:
        return f"article {placement.of}, which the store has forgotten"
    article = found.original.article
    return f"“{article.headline}” ({article.publisher.name}, article {article.article_id})"


def _told_at(placed: PlacedArticle) -> datetime:
    return placed.article.first_seen_at if placed.article.published_at is None else placed.article.published_at.at


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count} {one}" if count == 1 else f"{count} {more or one + 's'}"


def _title(out: Console, text: str) -> None:
    out.print(Text(str(plain(text)), style="bold"))


def _line(out: Console, text: str, style: str = "") -> None:
    out.print(Text(str(plain(text)), style=style))
