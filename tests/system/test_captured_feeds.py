"""The main job on real input: 49 feeds as publishers served them, with real pages behind their links."""

import sqlite3
from collections import Counter
from pathlib import Path

import feedparser
import pytest

from benchmarks.rig import Process, TopicReader, answers, free_port, get_json, python, shared_data, stopping, wait_until
from tests.system.captured import Captured
from tests.system.conditions import corpus_or_skip

CONFIG = """
data_dir = "{folder}/var"
[feeds]
file = "{folder}/feeds.toml"
[poll]
news_window = "10000d"
first_interval = "6h"
[politeness]
concurrency = 16
interval = "0s"
[fetch]
contact = "http://localhost/test"
allowed_networks = ["127.0.0.0/8"]
allowed_ports = []
[embedded]
port = {broker}
[console]
port = {console}
"""


def found_by_feedparser(captured: Captured) -> dict[str, int]:
    """How many entries feedparser finds in each feed; one that is listed twice, word for word, is one entry."""
    found = {name: feedparser.parse(body).entries for name, body in captured.feeds.items()}
    return {
        name: len({(each.get("id"), each.get("link"), each.get("title"), each.get("summary")) for each in entries})
        for name, entries in found.items()
    }


@pytest.fixture
def captured() -> Captured:
    """The captured feeds, served."""
    server = Captured.of(corpus_or_skip(shared_data()))
    server.start()
    yield server
    server.stop()


def test_every_entry_ends_as_article_reject_or_retry(captured: Captured, tmp_path: Path) -> None:
    """Each entry that feedparser finds is in exactly one of article, reject and retry, on Kafka and in the ledger."""
    broker, console = free_port(), free_port()
    feeds = [f'[[feeds]]\nurl = "http://127.0.0.1:{captured.port}/feeds/{name}"\n' for name in captured.feeds]
    (tmp_path / "feeds.toml").write_text("\n".join(feeds))
    (tmp_path / "storyfold.toml").write_text(CONFIG.format(folder=tmp_path, broker=broker, console=console))
    command = python("-m", "storyfold", "run", "--config", str(tmp_path / "storyfold.toml"))
    program = Process(command, tmp_path / "storyfold.log")
    reader = TopicReader(f"127.0.0.1:{broker}")
    with stopping(program):
        program.start()
        wait_until("readiness", lambda: answers(f"http://127.0.0.1:{console}/readyz"), 60)
        reader.start()

        def settled() -> bool:
            status = get_json(f"http://127.0.0.1:{console}/api/status")
            return bool(
                status["ledger"]["taken_up"] and not status["ledger"]["pending"] and not status["outbox"]["rows"]
            )

        wait_until("every feed to be polled", lambda: _polled(tmp_path) == len(captured.feeds), 120)
        wait_until("every entry to end", settled, 240)
        wait_until("every record to be read", lambda: _recorded(reader) >= _ended(tmp_path), 30)
        assert 0 == program.stop(), program.tail()
        reader.stop()
    _check(captured, tmp_path, reader)


def _rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    database = sqlite3.connect(f"file:{folder}/var/storyfold.sqlite3?mode=ro", uri=True)
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()


def _polled(folder: Path) -> int:
    return len(_rows(folder, "SELECT feed_id FROM feeds WHERE json_extract(state, '$.last_outcome') IS NOT NULL"))


def _ended(folder: Path) -> int:
    return len(_rows(folder, "SELECT entry_id FROM entries WHERE state IN ('done', 'rejected')"))


def _recorded(reader: TopicReader) -> int:
    return len(_entries_on_kafka(reader))


def _entries_on_kafka(reader: TopicReader) -> list[str]:
    return [record.value["entry_id"] for topic in ("news.articles", "news.rejects") for record in reader.of(topic)]


def _check(captured: Captured, folder: Path, reader: TopicReader) -> None:
    expected = found_by_feedparser(captured)
    ledger = dict(_rows(folder, "SELECT entry_id, state FROM entries"))
    by_feed = Counter(
        str(url).rpartition("/")[2]
        for (url,) in _rows(folder, "SELECT feeds.url FROM entries JOIN feeds ON feeds.feed_id = entries.feed_id")
    )
    assert expected == {name: by_feed[name] for name in expected}

    on_kafka = Counter(_entries_on_kafka(reader))
    assert {} == {entry: count for entry, count in on_kafka.items() if count > 1}
    assert {entry for entry, state in ledger.items() if state in {"done", "rejected"}} == set(on_kafka)
    articles = {record.value["entry_id"] for record in reader.of("news.articles")}
    assert {entry for entry, state in ledger.items() if state == "done"} == articles
    assert len(articles) > sum(expected.values()) * 0.5, "most entries should have become articles"
