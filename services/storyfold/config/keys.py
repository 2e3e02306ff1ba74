"""Which keys there are, with type, default and meaning, read off the dataclasses in `storyfold.config.settings`."""

import dataclasses
import inspect
import re
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from storyfold.config.settings import FLAT, Settings

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """One setting.

    Attributes:
        fields: names of the dataclass fields that lead to it from `Settings`.
        path: names as they stand in the file: `fields` without the flat ones.
        type: the annotation, resolved.
        default: its value where nobody says otherwise.
        meaning: what it means, for the example config; may be empty.
    """

    fields: Path
    path: Path
    type: Any
    default: Any
    meaning: str

    @property
    def name(self) -> str:
        """As people write it: ``poll.floor``."""
        return ".".join(self.path)

    @property
    def variable(self) -> str:
        """The environment variable that sets it: ``STORYFOLD_POLL__FLOOR``."""
        return "STORYFOLD_" + "__".join(self.path).upper()


@cache
def all_keys() -> tuple[Key, ...]:
    """Every setting, in the order of the dataclasses; the ones outside a table first."""
    found = tuple(_walk(Settings(), (), ()))
    return tuple(sorted(found, key=lambda key: len(key.path) > 1))


def sections() -> tuple[str, ...]:
    """Names of the tables, in order."""
    return tuple(dict.fromkeys(".".join(key.path[:-1]) for key in all_keys() if len(key.path) > 1))


def section_meaning(section: str) -> str:
    """First sentence of what a table is about."""
    value: Any = Settings()
    for name in section.split("."):
        value = getattr(value, name)
    return _summary(type(value))


def build(values: Mapping[Path, Any]) -> Settings:
    """Settings with these values by `Key.fields`, and defaults for the rest."""
    return cast("Settings", _build(Settings, (), values))


def value_of(settings: Settings, key: Key) -> Any:
    """The value that settings give a key."""
    value: Any = settings
    for name in key.fields:
        value = getattr(value, name)
    return value


def _walk(value: Any, fields: Path, path: Path) -> Iterator[Key]:
    kind = type(value)
    types = typing.get_type_hints(kind)
    meanings = attribute_meanings(kind)
    for each in dataclasses.fields(kind):
        inner = getattr(value, each.name)
        inner_fields = (*fields, each.name)
        inner_path = path if each.metadata.get(FLAT) else (*path, each.name)
        if dataclasses.is_dataclass(inner) and not isinstance(inner, type):
            yield from _walk(inner, inner_fields, inner_path)
        else:
            yield Key(inner_fields, inner_path, types[each.name], inner, meanings.get(each.name, ""))


def _build(kind: type[Any], fields: Path, values: Mapping[Path, Any]) -> Any:
    default = kind()
    changed: dict[str, Any] = {}
    for each in dataclasses.fields(kind):
        inner_fields = (*fields, each.name)
        inner = getattr(default, each.name)
        if dataclasses.is_dataclass(inner) and not isinstance(inner, type):
            changed[each.name] = _build(type(inner), inner_fields, values)
        elif inner_fields in values:
            changed[each.name] = values[inner_fields]
    return dataclasses.replace(default, **changed)


def _summary(kind: type[Any]) -> str:
    return (inspect.getdoc(kind) or "").partition("\n")[0]


_ATTRIBUTE = re.compile(r"^    (\w+): (.*)$")


def attribute_meanings(kind: type[Any]) -> dict[str, str]:
    """What the ``Attributes:`` of a Google-style docstring say, by attribute."""
    _, _, listed = (inspect.getdoc(kind) or "").partition("\nAttributes:\n")
    meanings: dict[str, str] = {}
    name = ""
    for line in listed.splitlines():
        if found := _ATTRIBUTE.match(line):
            name = found[1]
            meanings[name] = found[2]
        elif name and line.startswith("     "):
            meanings[name] += " " + line.strip()
        else:
            name = ""
    return meanings
