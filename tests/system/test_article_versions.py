"""Pages that change behind their feed's back: storyfold looks again and tells of it, once, across a kill."""

from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from benchmarks.rig import Seen, TopicReader, stopping, wait_until
from tests.system.hostile import House, headline, house, page_of
from tests.system.program import Program

# Looks at once instead of after ten minutes; six of them at most.
SOON = 'first_retry = "1s"\nfirst_reread = "2s"\nlast_reread = "3s"'
NAMES = ("same", "silent", "mended", "taken-back", "gone", "walled")
MENDED = "Correction: an earlier version of this article misnamed the ferry."
CHALLENGE = (
    b"<html><head><title>Just a moment...</title></head><body><h1>Checking your browser</h1>"
    b"<p>Please enable JavaScript and cookies to continue.</p></body></html>"
)


def dated(name: str, more: str = "") -> bytes:
    """A page that says when it was modified, which hints that it may be modified again."""
    meta = f'<meta property="article:modified_time" content="{datetime.now(UTC).isoformat()}">'
    page = page_of(name).decode().replace("</head>", f"{meta}</head>").replace("</article>", f"{more}</article>")
    return page.encode()


def serve(place: House, name: str, body: bytes) -> None:
    place.serves(f"/news/{name}", body, "text/html")


def answer_410(handler: BaseHTTPRequestHandler) -> None:
    handler.send_error(410)


def conditional(body: bytes, hits: list[str]) -> Callable[[BaseHTTPRequestHandler], None]:
    """A page with a validator, which notes what it was asked with."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        hits.append(handler.headers.get("If-None-Match") or "")
        if hits[-1] == '"v1"':
            handler.send_response(304)
            handler.send_header("ETag", '"v1"')
            handler.end_headers()
            return
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(len(body)))
        handler.send_header("ETag", '"v1"')
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def change_everything(place: House) -> None:
    """What the house does to its pages; its feed says nothing of it."""
    more = "".join(f"<p>{headline(f'addition {number}')} was added on Friday night.</p>" for number in range(8))
    serve(place, "silent", dated("silent", more))
    serve(place, "mended", dated("mended", f"<p>{MENDED}</p>"))
    note = f"<html><body><h1>{headline('taken-back')}</h1><p>This article has been withdrawn.</p></body></html>"
    serve(place, "taken-back", note.encode())
    place.answers["/news/gone"] = answer_410
    serve(place, "walled", CHALLENGE)


def versions(reader: TopicReader) -> list[tuple[str, int, str]]:
    return [
        (record.value["url"].rpartition("/")[2], record.value["version"], record.value["change"])
        for record in reader.of("news.articles")
    ]


def latest(reader: TopicReader, name: str) -> Any:
    records: list[Seen] = [each for each in reader.of("news.articles") if each.value["url"].endswith(f"/{name}")]
    return max((each.value for each in records), key=lambda value: value["version"])


def test_pages_that_change_silently(tmp_path: Path) -> None:
    """Each comes out as version 2 of its class, with what changed; no version twice, though the program is killed."""
    asked: list[str] = []
    with house() as place:
        feed = place.lists(*NAMES)
        for name in NAMES[1:]:
            serve(place, name, dated(name))
        place.answers["/news/same"] = conditional(dated("same"), asked)
        feeds = tmp_path / "feeds.opml"
        feeds.write_text(f'<opml version="2.0"><body><outline text="h" xmlUrl="{feed}"/></body></opml>')
        program = Program(tmp_path, feeds)
        program.config.write_text(program.config.read_text().replace('first_retry = "1s"', SOON))
        with stopping(program.process):
            program.start()
            reader = TopicReader(program.bootstrap)
            reader.start()
            wait_until("the articles", lambda: len(versions(reader)) == len(NAMES), 60)
            change_everything(place)
            wait_until("the first of the versions", lambda: len(versions(reader)) > len(NAMES), 60)
            program.process.kill()
            program.start()
            over = "SELECT count(*) FROM rereads WHERE due_at IS NOT NULL"
            wait_until("an end of the looks", lambda: program.rows(over) == [(0,)], 60)
            wait_until("quiet", program.settled, 20)
            counts = program.rows("SELECT tally, sum(total) FROM tallies GROUP BY tally")
            reader.stop()
    seen = versions(reader)
    assert sorted(seen) == sorted(set(seen))
    told = {(name, change) for name, version, change in seen if version > 1}
    assert {
        ("silent", "substantive"),
        ("mended", "correction"),
        ("taken-back", "retraction"),
        ("gone", "retraction"),
    } == told
    assert {
        "body": ([], [MENDED]),
    }.items() <= {each["field"]: (each["before"], each["after"]) for each in latest(reader, "mended")["diff"]}.items()
    assert [{"field": "page", "before": ["200"], "after": ["410"], "cut": False}] == latest(reader, "gone")["diff"]
    assert ["", '"v1"'] == asked[:2]
    assert len(asked) <= 1 + 6
    assert {"taken-up": len(NAMES), "done": len(NAMES)} == dict(counts)
