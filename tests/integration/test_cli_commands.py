"""Commands in this process, on a folder of their own."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from storyfold.cli.main import main

RSS = b"""<rss version="2.0"><channel><title>North Post</title>
<item><guid>1</guid><title>One</title><link>https://a.example/1</link></item></channel></rss>"""


class Press(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = RSS if self.path == "/rss" else b"<!doctype html><title>no feed</title>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature of the library
        """Say nothing."""


@pytest.fixture
def press() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Press) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "storyfold.toml").write_text(
        '[fetch]\ncontact = "desk@news.example"\nallowed_networks = ["127.0.0.0/8"]\nallowed_ports = []\n'
        "[console]\nport = 0\n[embedded]\nport = 0\n"
    )


def test_config_is_shown_checked_and_exemplified(capsys: pytest.CaptureFixture[str]) -> None:
    """The three actions print what they promise and end well."""
    assert 0 == main(["config", "show"])
    assert 'contact = "desk@news.example"' in capsys.readouterr().out
    assert 0 == main(["config", "check"])
    assert capsys.readouterr().out.startswith("ok: storyfold.toml; 5 settings given")
    assert 0 == main(["config", "example"])
    assert "[politeness]" in capsys.readouterr().out


def test_a_feed_is_added_listed_exported_and_removed(capsys: pytest.CaptureFixture[str]) -> None:
    """The life of a feed in the feeds file."""
    assert 0 == main(["feeds", "add", "https://a.example/rss", "--title", "Alpha"])
    assert 0 == main(["feeds", "list"])
    told = capsys.readouterr().out
    assert "added to feeds.opml" in told
    assert "Alpha" in told
    assert 0 == main(["feeds", "export"])
    assert 'xmlUrl="https://a.example/rss"' in capsys.readouterr().out
    assert 0 == main(["feeds", "export", "out.opml"])
    assert 0 == main(["feeds", "remove", "https://a.example/rss"])
    assert 0 == main(["feeds", "import", "out.opml"])
    assert "1 added to feeds.opml, 0 were there already" in capsys.readouterr().out
    assert 1 == main(["feeds", "add", "https://a.example/rss"])
    assert "already" in capsys.readouterr().err


def test_feeds_are_checked_and_explained(press: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A feed is fetched once and told of; what is none makes the command fail, with advice."""
    assert 0 == main(["feeds", "check", f"{press}/rss"])
    assert "North Post" in capsys.readouterr().out
    assert 1 == main(["feeds", "check", f"{press}/rss", f"{press}/page", "http://127.0.0.1:1/"])
    told = capsys.readouterr().out
    assert "what came is not a feed" in told
    assert "1 of 3 can be polled" in told


def test_the_doctor_ends_well_where_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    """Every line ok and status 0; status 1 with a line that says what to do, and 2 for the config."""
    assert 1 == main(["doctor"])
    assert "feeds add URL" in " ".join(capsys.readouterr().out.split())
    main(["feeds", "add", "https://a.example/rss"])
    capsys.readouterr()
    assert 0 == main(["doctor"])
    assert "trouble" not in capsys.readouterr().out
    Path("storyfold.toml").write_text("[pol]\n")
    assert 2 == main(["doctor"])
    assert "did you mean [poll]?" in " ".join(capsys.readouterr().out.split())


def test_tail_without_a_broker_says_what_to_start(capsys: pytest.CaptureFixture[str]) -> None:
    """No broker, no waiting: one message, status 1."""
    assert 1 == main(["tail", "events"])
    assert "no embedded broker runs" in capsys.readouterr().err
