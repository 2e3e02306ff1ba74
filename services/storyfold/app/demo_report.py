"""The demo's report: what stood on Kafka against what the press told."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from storyfold.edges.topic_reader import SeenRecord
from storyfold.events.bcubed import Agreement, agreement
from storyfold.model.records import Topic
from storyfold.urls.canonical import canonical_url

SHOWN = 25


@dataclass(frozen=True, slots=True)
class Row:
    """An event as the table shows it."""

    title: str
    articles: int
    publishers: int
    first: datetime
    last: datetime
    status: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out.

    Attributes:
        rows: events, those with most articles first.
        told: articles that the press listed in a feed.
        articles: of them on Kafka.
        lost: of them not on Kafka, neither as an article nor as a reject.
        repeated: records that stood there more than once, by their `ce_id`.
        gaps: steps missing between the versions of events.
        happenings: that the press told of.
        scores: B-cubed of the events against the happenings.
    """

    rows: tuple[Row, ...]
    told: int
    articles: int
    lost: int
    repeated: int
    gaps: int
    happenings: int
    scores: Agreement


def score(truth: Any, records: Sequence[SeenRecord]) -> Outcome:
    """Compare what was read from Kafka with what the press knows.

    Args:
        truth: newsroom's own account.
        records: of all topics, in order within each partition.
    """
    values = [(record, json.loads(record.value)) for record in records if record.value is not None]
    events = _latest_events(values)
    event_of = {
        canonical_url(value["url"]): _resolve(value["placement"]["event_id"], events)
        for record, value in values
        if record.topic == Topic.ARTICLES
    }
    rejected = {
        canonical_url(value["url"])
        for record, value in values
        if record.topic == Topic.REJECTS and value["url"] is not None
    }
    listed = {
        canonical_url(each["url"]): each["story"] for each in truth["articles"] if each["first_listed_at"] is not None
    }
    both = sorted(listed.keys() & event_of.keys())
    ids = Counter((record.topic, value) for record in records for name, value in record.headers if name == "ce_id")
    return Outcome(
        rows=tuple(_row(event) for event in _shown(events)),
        told=len(listed),
        articles=len(both),
        lost=len(listed.keys() - event_of.keys() - rejected),
        repeated=sum(count - 1 for count in ids.values()),
        gaps=_gaps(values),
        happenings=len({story for story in listed.values() if story is not None}),
        scores=agreement([event_of[place] for place in both], [listed[place] for place in both]),
    )


def print_report(console: Console, outcome: Outcome) -> None:
    """Print the table of events and the figures below it."""
    shown = min(SHOWN, len(outcome.rows))
    title = f"the {shown} largest of {len(outcome.rows)} events on news.events"
    table = Table(title=title, box=SIMPLE_HEAD, expand=True, padding=(0, 1, 0, 0))
    table.add_column("event", overflow="ellipsis", no_wrap=True, ratio=1)
    for name in ("articles", "houses"):
        table.add_column(name, justify="right", no_wrap=True, min_width=len(name))
    for name, width in (("first", 9), ("last", 9), ("status", 6)):
        table.add_column(name, no_wrap=True, min_width=width)
    for row in outcome.rows[:SHOWN]:
        moments = (f"{row.first:%a %H:%M}", f"{row.last:%a %H:%M}")
        table.add_row(_plain(row.title), str(row.articles), str(row.publishers), *moments, row.status)
    console.print()
    console.print(table)
    scores = outcome.scores
    console.print(
        f"\n{outcome.told} articles told by the press, {outcome.articles} articles on Kafka, "
        f"{outcome.lost} lost, {outcome.repeated} repeated, {outcome.gaps} gaps between event versions"
    )
    console.print(
        f"{outcome.happenings} stories in truth, {len(outcome.rows)} events found: "
        f"B-cubed precision {scores.precision:.3f}, recall {scores.recall:.3f}, F1 {scores.f1:.3f}"
    )


def _plain(text: str) -> str:
    """A headline without what a terminal or rich would take for a command."""
    return "".join(char for char in text if char.isprintable()).replace("[", "(").replace("]", ")")


def _latest_events(values: Sequence[tuple[SeenRecord, Any]]) -> dict[str, Any]:
    latest: dict[str, Any] = {}
    for record, value in values:
        if record.topic == Topic.EVENTS:
            known = latest.get(value["event_id"])
            if known is None or value["version"] > known["version"]:
                latest[value["event_id"]] = value
    return latest


def _resolve(event_id: str, events: dict[str, Any]) -> str:
    while (into := events.get(event_id, {}).get("merged_into")) is not None:
        event_id = into
    return event_id


def _shown(events: dict[str, Any]) -> list[Any]:
    whole = [event for event in events.values() if event["status"] != "merged"]
    return sorted(whole, key=lambda event: (-event["counts"]["articles"], event["event_id"]))


def _row(event: Any) -> Row:
    title = event["title"]
    return Row(
        title=title["text"] if isinstance(title, dict) else title,
        articles=event["counts"]["articles"],
        publishers=event["counts"]["publishers"],
        first=datetime.fromisoformat(event["first_published_at"]),
        last=datetime.fromisoformat(event["last_published_at"]),
        status=event["status"],
    )


def _gaps(values: Sequence[tuple[SeenRecord, Any]]) -> int:
    """How many versions are missing, or stand before an earlier one, over all events."""
    versions: defaultdict[str, list[int]] = defaultdict(list)
    for record, value in values:
        if record.topic == Topic.EVENTS:
            versions[value["event_id"]].append(value["version"])
    return sum(found != list(range(1, len(found) + 1)) for found in versions.values())
