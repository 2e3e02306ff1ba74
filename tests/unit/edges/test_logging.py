import io
import json
import logging
from collections.abc import Iterator

import pytest

from storyfold.edges.logging import JsonFormatter, TextFormatter, harmless, set_up_logging


@pytest.fixture(autouse=True)
def _root_restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def record(message: str, *arguments: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("storyfold.poll", logging.WARNING, __file__, 1, message, arguments, None)
    made.created = 1_483_790_400.123
    vars(made).update(extra)
    return made


def test_a_line_for_people_has_time_level_place_words_and_facts() -> None:
    """The text form is one line with what was passed as extra at its end."""
    line = TextFormatter().format(record("polled %s", "a feed", outcome="dns"))
    assert "2017-01-07T12:00:00.123Z warning storyfold.poll  polled a feed  outcome=dns" == line


def test_a_line_for_machines_is_one_json_object() -> None:
    """The JSON form holds the same facts by name, and cannot be forged by what is passed as extra."""
    line = json.loads(JsonFormatter().format(record("polled", outcome="dns", level="info")))
    wanted = {"at": "2017-01-07T12:00:00.123Z", "level": "warning", "logger": "storyfold.poll", "message": "polled"}
    assert wanted | {"outcome": "dns"} == line


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("two\nlines\r", "two\\nlines\\r"),
        ("\x1b[31mred\x9b", "\\x1b[31mred\\x9b"),
        ("right\u202eleft", "right\\u202eleft"),
        ("get https://me:hunter2@h/x?token=abc&n=1", "get https://***@h/x?token=***&n=1"),
        ("Straße 島", "Straße 島"),
    ],
)
def test_text_from_the_network_is_made_harmless(raw: str, shown: str) -> None:
    """Control characters are escaped, secrets in URLs hidden, and letters of all scripts left alone."""
    assert shown == harmless(raw)


def test_endless_text_is_cut() -> None:
    """A line has an end, whatever a server sends."""
    assert 4000 == len(harmless("x" * 9999))


def test_tracebacks_follow_their_line() -> None:
    """An exception is shown whole, in both forms, its own text made harmless."""
    error = ValueError("bad\x1b")
    made = record("broke")
    made.exc_info = (ValueError, error, None)
    assert "ValueError: bad\\x1b" == TextFormatter().format(made).splitlines()[-1]
    assert json.loads(JsonFormatter().format(made))["traceback"].endswith("ValueError: bad\\x1b")


@pytest.mark.parametrize("line_format", ["text", "json"])
def test_set_up_sends_lines_of_the_level_to_the_stream(line_format: str) -> None:
    """Lines below the level are left out, and so is the small talk of libraries."""
    stream = io.StringIO()
    set_up_logging("info", line_format, stream)
    logging.getLogger("storyfold.x").info("said")
    logging.getLogger("storyfold.x").debug("unsaid")
    logging.getLogger("httpx").info("unsaid too")
    (line,) = stream.getvalue().splitlines()
    assert "said" in line
    assert (line_format == "json") == line.startswith("{")
