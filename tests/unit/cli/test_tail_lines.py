import json
from datetime import UTC, datetime
from typing import Any

import pytest

from storyfold.cli.tail import line_of
from storyfold.edges.topic_reader import SeenRecord
from storyfold.model.records import Topic


def seen(topic: Topic, value: Any) -> SeenRecord:
    body = json.dumps(value).encode() if value is not None else None
    return SeenRecord(topic, 0, 7, "key", (), body, datetime(2026, 3, 4, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("topic", "value", "line"),
    [
        (
            Topic.EVENTS,
            {
                "version": 3,
                "status": "open",
                "title": {"text": "Bridge closed"},
                "counts": {"articles": 5, "publishers": 2},
            },
            "12:00:00  v3 open  Bridge closed  5 articles, 2 publishers",
        ),
        (
            Topic.EVENTS,
            {"version": 3, "status": "open", "title": "Bridge closed", "counts": {"articles": 5, "publishers": 2}},
            "12:00:00  v3 open  Bridge closed  5 articles, 2 publishers",
        ),
        (
            Topic.CHANGES,
            {"kind": "opened", "event_id": "e", "from_version": 0, "to_version": 1, "evidence": [{"what": "bridge"}]},
            "12:00:00  opened  e v0 → v1  bridge",
        ),
        (
            Topic.ARTICLES,
            {"headline": "Bridge\x1b[31m", "publisher": {"name": "North Post"}, "placement": {"kind": "first"}},
            "12:00:00  first  Bridge [31m  North Post",
        ),
        (
            Topic.REJECTS,
            {"reason": "robots", "url": "https://x.example/", "message": "robots.txt forbids it"},
            "12:00:00  robots  https://x.example/  robots.txt forbids it",
        ),
    ],
)
def test_each_topic_has_its_line(topic: Topic, value: Any, line: str) -> None:
    """The line says what people look for, and control characters in it are harmless."""
    assert line == line_of(topic, seen(topic, value)).plain


def test_a_tombstone_has_a_line_too() -> None:
    """A record without a value does not stop the tail."""
    assert line_of(Topic.EVENTS, seen(Topic.EVENTS, None)).plain.startswith("12:00:00")
