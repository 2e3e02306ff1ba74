"""``storyfold tail``: records of a topic as they come, for people or as JSON lines."""

import json
import sys
from typing import Any, assert_never

from rich.text import Text

from storyfold.app.tail import follow
from storyfold.cli.context import OK, Context
from storyfold.edges.topic_reader import SeenRecord
from storyfold.model.records import Topic

_TOPICS = {
    "articles": Topic.ARTICLES,
    "events": Topic.EVENTS,
    "changes": Topic.CHANGES,
    "rejects": Topic.REJECTS,
}


def execute(context: Context) -> int:
    """Print until interrupted."""
    arguments = context.arguments
    topic = _TOPICS[arguments.what]
    settings = context.load().settings
    for record in follow(settings, topic, from_beginning=arguments.from_beginning):
        if arguments.json:
            print((record.value or b"null").decode(errors="replace"))
            sys.stdout.flush()
        else:
            context.out.print(line_of(topic, record), soft_wrap=True)
    return OK


def line_of(topic: Topic, record: SeenRecord) -> Text:
    """One line for people; hostile text cannot reach the terminal, as rich drops control codes."""
    value: dict[str, Any] = json.loads(record.value) if record.value is not None else {}
    at = record.written_at.strftime("%H:%M:%S")
    match topic:
        case Topic.EVENTS:
            counts = value.get("counts") or {}
            told = f"{_count(counts.get('articles'), 'article')}, {_count(counts.get('publishers'), 'publisher')}"
            parts = (f"v{value.get('version')} {value.get('status')}", _title(value), told)
        case Topic.CHANGES:
            parts = (
                f"{value.get('kind')}",
                f"{value.get('event_id')} v{value.get('from_version')} → v{value.get('to_version')}",
                ", ".join(str(each.get("what")) for each in (value.get("evidence") or ())[:4]),
            )
        case Topic.ARTICLES:
            placement = value.get("placement") or {}
            house = value.get("publisher") or {}
            parts = (f"{placement.get('kind')}", f"{value.get('headline')}", f"{house.get('name')}")
        case Topic.REJECTS:
            parts = (f"{value.get('reason')}", f"{value.get('url')}", f"{value.get('message')}")
        case _:
            assert_never(topic)
    line = Text(f"{at}  ", style="dim")
    line.append(_printable(parts[0]), style="bold")
    for part in parts[1:]:
        line.append(f"  {_printable(part)}", style="default")
    return line


def _count(count: Any, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _title(value: dict[str, Any]) -> str:
    title = value.get("title")
    return str(title.get("text")) if isinstance(title, dict) else str(title)


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)
