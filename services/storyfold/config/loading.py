"""Settings from a TOML file and the environment: everything that is wrong with them is said at once."""

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storyfold.config.keys import Key, all_keys, build, value_of
from storyfold.config.rules import RULES, contradictions
from storyfold.config.settings import Secret, Settings
from storyfold.config.values import Unfit, mask, parse, parse_text, toml

PREFIX = "STORYFOLD_"
# Variables with our prefix that are no settings: the config file itself, and where tests find their corpora.
NOT_SETTINGS = frozenset({"STORYFOLD_CONFIG", "STORYFOLD_SHARED"})
DEFAULT_FILE = Path("storyfold.toml")


class ConfigInvalid(Exception):
    """The config cannot be used. Its text lists every problem, a line each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and where each value came from.

    Attributes:
        settings: to go by.
        file: the file that was read, or None.
        origins: by `Key.name`: a file's name or a variable's; defaults are left out.
    """

    settings: Settings
    file: Path | None
    origins: Mapping[str, str]


def find_file(given: Path | None, environment: Mapping[str, str]) -> Path | None:
    """Which config file to read: the one given, else STORYFOLD_CONFIG, else storyfold.toml where it exists."""
    if given is not None:
        return given
    if named := environment.get("STORYFOLD_CONFIG"):
        return Path(named)
    return DEFAULT_FILE if DEFAULT_FILE.is_file() else None


def load(file: Path | None, environment: Mapping[str, str]) -> Loaded:
    """Read settings; the environment wins over the file.

    Args:
        file: TOML, or None for none. Relative paths in it are relative to its folder.
        environment: of which variables that begin with STORYFOLD_ are settings.

    Raises:
        ConfigInvalid: the file cannot be read or is no TOML, a key is unknown, a value has the wrong form, or values
            contradict each other.
    """
    tree = _read(file) if file is not None else {}
    return interpret(tree, file, environment)


def interpret(tree: Mapping[str, Any], file: Path | None, environment: Mapping[str, str]) -> Loaded:
    """Make settings of decoded TOML and the environment.

    Args:
        tree: decoded TOML; empty for none.
        file: where it was read, for messages and relative paths.
        environment: as `load`.

    Raises:
        ConfigInvalid: as `load`.
    """
    reading = _Reading()
    reading.take_tree(tree, file or DEFAULT_FILE)
    reading.take_environment(environment)
    if file is not None:
        reading.place_paths(file.parent)
    if reading.problems:
        raise ConfigInvalid(tuple(reading.problems))
    settings = build(reading.values)
    if problems := contradictions(settings):
        raise ConfigInvalid(problems)
    return Loaded(settings, file, reading.origins)


def masked(settings: Settings, key: Key) -> str:
    """A setting's value as TOML, with secrets hidden."""
    return toml(mask(value_of(settings, key)), key.name)


def _read(file: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_bytes().decode())
    except OSError as error:
        what = f"{file}: cannot be read ({error.strerror}); name another file with --config"
        raise ConfigInvalid((what,)) from error
    except UnicodeDecodeError as error:
        raise ConfigInvalid((f"{file}: is not UTF-8 text; save it as UTF-8",)) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid((f"{file}: is not valid TOML: {error}",)) from error


class _Reading:
    """Collects values and problems."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, ...], Any] = {}
        self.origins: dict[str, str] = {}
        self.problems: list[str] = []

    def take_tree(self, tree: Mapping[str, Any], file: Path) -> None:
        keys = {key.path: key for key in all_keys()}
        tables = {key.path[:depth] for key in all_keys() for depth in range(1, len(key.path))}
        for path, raw in _leaves(tree, tables):
            name = ".".join(path)
            if path in tables:
                self.problems.append(f"{file}: [{name}] is a table of settings, not a value")
            elif (key := keys.get(path)) is None:
                self.problems.append(f"{file}: there is no setting {name}{_nearest(path)}")
            else:
                self._take(key, raw, f"{file}: {name}", str(file), base=file.parent)

    def take_environment(self, environment: Mapping[str, str]) -> None:
        keys = {key.variable: key for key in all_keys()}
        for variable in sorted(environment):
            if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
                continue
            if (key := keys.get(variable)) is None:
                near = difflib.get_close_matches(variable, keys, 1, 0.5)
                hint = f"; did you mean {near[0]}?" if near else "; 'storyfold config show' lists all settings"
                self.problems.append(f"environment: {variable} is no setting{hint}")
            else:
                self._take(key, environment[variable], f"environment: {variable}", variable, base=None)

    def place_paths(self, base: Path) -> None:
        """Default paths are relative to the file's folder too, so that a line means the same commented out or not."""
        for key in all_keys():
            if isinstance(key.default, Path):
                self.values.setdefault(key.fields, base / key.default)

    def _take(self, key: Key, raw: Any, where: str, origin: str, base: Path | None) -> None:
        try:
            value = parse_text(raw, key.type, key.name) if base is None else parse(raw, key.type, key.name)
        except Unfit as error:
            self.problems.append(f"{where} is {_shown(raw, key)}, but should be {error}")
            return
        rule = RULES.get(key.name)
        if rule is not None and not rule.holds(value):
            self.problems.append(f"{where} is {_shown(raw, key)}, but should be {rule.expected}")
            return
        if isinstance(value, Path) and base is not None:
            value = base / value
        self.values[key.fields] = value
        self.origins[key.name] = origin


def _leaves(
    tree: Mapping[str, Any], tables: set[tuple[str, ...]], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Values with their paths; a table that is none of ours counts as one value, so that it is named once."""
    for name, value in tree.items():
        inner = (*path, name)
        if isinstance(value, dict) and inner in tables:
            yield from _leaves(value, tables, inner)
        else:
            yield inner, value


def _nearest(path: tuple[str, ...]) -> str:
    """A hint at the setting that was probably meant."""
    name = ".".join(path)
    names = [key.name for key in all_keys()]
    by_last = {key.path[-1]: key.name for key in all_keys()}
    found = difflib.get_close_matches(name, names, 1, 0.7)
    elsewhere = difflib.get_close_matches(path[-1], by_last, 1, 0.7)
    tables = difflib.get_close_matches(name, {key.path[0] for key in all_keys() if len(key.path) > 1}, 1, 0.6)
    if found:
        return f"; did you mean {found[0]}?"
    if elsewhere:
        return f"; did you mean {by_last[elsewhere[0]]}?"
    if tables:
        return f"; did you mean [{tables[0]}]?"
    return "; 'storyfold config show' lists all settings"


def _shown(raw: Any, key: Key) -> str:
    """What was given, shortened, and never a secret."""
    if key.type is Secret:
        return "not text"
    text = repr(raw)
    return text if len(text) <= 60 else text[:57] + "..."
