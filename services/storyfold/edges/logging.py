"""Logging: lines for people or objects for machines, on one stream, with nothing in them that could do harm.

Text from the network reaches log lines (a feed's title, a server's complaint). Its control characters are escaped, so
that it can neither forge a line nor drive a terminal; userinfo and query of URLs are left out, where secrets stand.
"""

import json
import logging
import re
from datetime import UTC, datetime
from typing import TextIO

# C0 and C1 controls, line and paragraph separators, and the marks that turn the direction of text around.
_CONTROL = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]")
_USERINFO = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/\s@\"'?#]+@", re.IGNORECASE)
_SECRET_PAIR = re.compile(
    r"(?P<name>(?:password|passwd|secret|token|api[_-]?key|sig|signature)=)[^&\s\"'<>]+", re.IGNORECASE
)
# Longer lines are somebody else's text, not ours.
_LONGEST = 4000

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
# What a log record holds anyway; anything else was passed as `extra`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
# Libraries that tell of every request or poll at INFO.
_CHATTY = ("aiohttp.access", "httpx", "httpcore", "kafka", "trafilatura", "htmldate", "courlan", "alembic")


def harmless(text: str) -> str:
    """Escape control characters, hide secrets in URLs, and cut what is too long."""
    text = _USERINFO.sub(r"\g<scheme>***@", text)
    text = _SECRET_PAIR.sub(r"\g<name>***", text)
    text = _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


class TextFormatter(logging.Formatter):
    """``2017-01-07T12:00:00.123Z info    storyfold.pipeline.poll  what happened  key=value``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback behind it where there is one."""
        extra = "".join(f"  {name}={harmless(str(value))}" for name, value in _extra(record).items())
        head = f"{_moment(record)} {record.levelname.lower():<7} {record.name}  {harmless(record.getMessage())}{extra}"
        return "\n".join([head, *_traceback(record)])


class JsonFormatter(logging.Formatter):
    """One JSON object a line: at, level, logger, message, what was passed as `extra`, and the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; non-ASCII characters are escaped, as every reader of JSON understands."""
        line: dict[str, object] = {
            "at": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": harmless(record.getMessage()),
        }
        line |= {name: harmless(str(value)) for name, value in _extra(record).items() if name not in line}
        if trace := _traceback(record):
            line["traceback"] = "\n".join(trace)
        return json.dumps(line)


def set_up_logging(level: str, line_format: str, stream: TextIO) -> None:
    """Send all log lines of the process to a stream.

    Args:
        level: debug, info, warning or error.
        line_format: text or json.
        stream: where to; standard error, as a rule.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter() if line_format == "json" else TextFormatter())
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(_LEVELS[level])
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(_LEVELS[level], logging.WARNING))


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def _traceback(record: logging.LogRecord) -> list[str]:
    if not record.exc_info:
        return []
    lines = logging.Formatter().formatException(record.exc_info).splitlines()
    return [harmless(line) for line in lines]
