"""From what stands in a file or a variable to a setting's value, and back to TOML; by the setting's type."""

import json
import types
import typing
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from storyfold.config.notation import duration_of, duration_text, size_of, size_text
from storyfold.config.settings import Secret

MASK = "***"


class Unfit(Exception):
    """A value that the setting cannot take; the message says what form it should have, with an example."""


def parse(raw: Any, kind: Any, name: str) -> Any:
    """Make a setting's value of what the TOML file holds.

    Args:
        raw: decoded TOML.
        kind: the setting's type.
        name: its key, of which the ending ``_bytes`` allows sizes such as ``16MiB``.

    Raises:
        Unfit: it is of another type or out of the type's range.
        TypeError: no setting may have this type; a defect of ours.
    """
    inner, optional = _without_none(kind)
    if optional and raw == "":
        return None
    if typing.get_origin(inner) is tuple:
        return _parse_list(raw, typing.get_args(inner), name)
    if isinstance(inner, type) and issubclass(inner, StrEnum):
        return _parse_choice(raw, inner)
    parser = _PARSERS.get(inner)
    if parser is None:
        raise TypeError(f"setting {name} has type {inner}, which config does not know how to read")
    return parser(raw, name)


def parse_text(text: str, kind: Any, name: str) -> Any:
    """Make a setting's value of an environment variable; lists are separated by commas.

    Raises:
        Unfit: as `parse`.
    """
    inner, optional = _without_none(kind)
    if optional and not text:
        return None
    if typing.get_origin(inner) is tuple:
        member = typing.get_args(inner)[0]
        parts = [part.strip() for part in text.strip().removeprefix("[").removesuffix("]").split(",")]
        return tuple(parse_text(part.strip("\"'"), member, name) for part in parts if part)
    if inner is bool:
        if text.lower() not in _BOOLEANS:
            raise Unfit("true or false")
        return _BOOLEANS[text.lower()]
    if inner in {int, float}:
        return parse(_number(text), inner, name)
    return parse(text, inner, name)


def toml(value: Any, name: str) -> str:
    """Write a value as TOML; secrets are written as they are, so call `mask` before."""
    match value:
        case None:
            return '""'
        case bool():
            return "true" if value else "false"
        case timedelta():
            return f'"{duration_text(value)}"'
        case int() if name.endswith("_bytes"):
            return f'"{size_text(value)}"'
        case int() | float():
            return str(value)
        case tuple():
            return "[" + ", ".join(toml(each, name) for each in value) + "]"
        case _:
            # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
            return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def mask(value: Any) -> Any:
    """Hide a secret: all of it, or, in a URL, the password."""
    if not isinstance(value, Secret) or not value:
        return value
    scheme, found, rest = value.partition("://")
    if not found:
        return MASK
    authority, slash, tail = rest.partition("/")
    user, at, host = authority.rpartition("@")
    name, colon, _ = user.partition(":")
    shown = f"{name}:{MASK}@" if colon else f"{user}{at}"
    hidden = tail.partition("?")[0] + ("?" + MASK if "?" in tail else "")
    return f"{scheme}://{shown}{host}{slash}{hidden}"


_BOOLEANS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def _without_none(kind: Any) -> tuple[Any, bool]:
    if typing.get_origin(kind) in {types.UnionType, typing.Union}:
        rest = [each for each in typing.get_args(kind) if each is not type(None)]
        if len(rest) == 1:
            return rest[0], True
    return kind, False


def _number(text: str) -> Any:
    """A number where the text is one; else the text, so that the refusal shows it."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _parse_list(raw: Any, members: tuple[Any, ...], name: str) -> tuple[Any, ...]:
    if not isinstance(raw, list):
        example = '["192.168.0.0/16"]' if members[0] is str else "[80, 443]"
        raise Unfit(f"a list, such as {example}")
    return tuple(parse(each, members[0], name) for each in raw)


def _parse_choice(raw: Any, kind: type[StrEnum]) -> StrEnum:
    choices = [member.value for member in kind]
    if raw not in choices:
        raise Unfit("one of " + ", ".join(f'"{choice}"' for choice in choices))
    return kind(raw)


def _parse_bool(raw: Any, _name: str) -> bool:
    if not isinstance(raw, bool):
        raise Unfit("true or false")
    return raw


def _parse_int(raw: Any, name: str) -> int:
    if name.endswith("_bytes") and isinstance(raw, str):
        size = size_of(raw)
        if size is None:
            raise Unfit('a size, such as "16MiB" or "500KiB"')
        return size
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 0:
        raise Unfit("a whole number, such as 8")
    return raw


def _parse_float(raw: Any, _name: str) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw < float("inf"):
        raise Unfit("a number, such as 0.25")
    return float(raw)


def _parse_duration(raw: Any, _name: str) -> timedelta:
    duration = duration_of(raw) if isinstance(raw, str | int | float) and not isinstance(raw, bool) else None
    if duration is None:
        raise Unfit('a duration, such as "15m", "1d12h" or a number of seconds')
    return duration


def _parse_str(raw: Any, _name: str) -> str:
    if not isinstance(raw, str):
        raise Unfit('text in quotes, such as "news"')
    return raw


def _parse_secret(raw: Any, name: str) -> Secret:
    return Secret(_parse_str(raw, name))


def _parse_path(raw: Any, _name: str) -> Path:
    if not isinstance(raw, str) or not raw or "\0" in raw:
        raise Unfit('a path in quotes, such as "var"')
    return Path(raw).expanduser()


_PARSERS: dict[Any, Any] = {
    bool: _parse_bool,
    int: _parse_int,
    float: _parse_float,
    timedelta: _parse_duration,
    str: _parse_str,
    Secret: _parse_secret,
    Path: _parse_path,
}
