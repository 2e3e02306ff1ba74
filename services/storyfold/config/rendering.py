"""Settings as people read them: the effective config with its origins, and the commented example."""

import textwrap

from storyfold.config.keys import Key, all_keys, section_meaning, sections, value_of
from storyfold.config.loading import Loaded, masked
from storyfold.config.settings import Settings
from storyfold.config.values import toml

_WIDTH = 100


def render_effective(loaded: Loaded) -> str:
    """The effective config as TOML, each line with where its value came from, and secrets masked."""
    lines: list[str] = []
    table = ""
    for key, section in _in_order():
        if section != table:
            lines += ["", f"[{section}]"]
            table = section
        line = f"{key.path[-1]} = {masked(loaded.settings, key)}"
        lines.append(f"{line:<48}  # {loaded.origins.get(key.name, 'default')}")
    return "\n".join(lines).strip() + "\n"


def render_example() -> str:
    """A config file in which every setting stands with its meaning and default, commented out."""
    intro = (
        "Settings of storyfold. Every line that is commented out shows the default. Durations are written 15m, 48h, "
        "1d12h or as seconds; relative paths are relative to this file. Each setting can also be given as a variable: "
        "STORYFOLD_POLL__FLOOR=10m; lists there are separated by commas. 'storyfold config check' tells what is wrong."
    )
    lines = _comment(intro)
    defaults = Settings()
    table = ""
    for key, section in _in_order():
        if section != table:
            lines += ["", *_comment(section_meaning(section)), f"[{section}]"]
            table = section
        lines += ["", *_comment(f"{key.path[-1]}: {key.meaning}")]
        lines.append(f"#{key.path[-1]} = {toml(value_of(defaults, key), key.name)}")
    return "\n".join(lines) + "\n"


def _in_order() -> list[tuple[Key, str]]:
    order = ("", *sections())
    placed = [(key, ".".join(key.path[:-1])) for key in all_keys()]
    return sorted(placed, key=lambda each: order.index(each[1]))


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, _WIDTH)]
