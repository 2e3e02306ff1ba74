"""Commands in documents are commands that exist."""

import re
import shlex
from pathlib import Path

import pytest

from storyfold.cli.arguments import parser

REPOSITORY = Path(__file__).parent.parent.parent
DOCUMENTS = (REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").rglob("*.md")))
# Words in capitals stand for what people fill in.
FILLED_IN = {"URL": "https://news.example/rss", "FILE": "x.toml", "ACTION": "list"}


def lines() -> list[str]:
    text = "\n".join(file.read_text(encoding="utf-8") for file in DOCUMENTS)
    fenced = [line.strip() for block in re.findall(r"```\w*\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    return [*fenced, *re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))]


def commands(program: str) -> list[str]:
    bare = [re.sub(r"^(\S+=\S+ )*(\.venv/bin/)?", "", line).partition("  #")[0] for line in lines()]
    return sorted({line.strip() for line in bare if line.startswith(f"{program} ")})


@pytest.mark.parametrize("line", commands("storyfold"))
def test_storyfold_commands_in_documents_parse(line: str) -> None:
    """What a document tells people to type is understood by the program."""
    words = [FILLED_IN.get(word, word) for word in shlex.split(re.split(r" [|>] ", line)[0])][1:]
    assert parser().parse_args(words).command == words[0]


@pytest.mark.parametrize("line", commands("make"))
def test_make_targets_in_documents_exist(line: str) -> None:
    """Each `make TARGET` of the documents is in the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert line.split()[1] in targets


def test_documents_name_commands_at_all() -> None:
    """The search above finds what it is meant to find."""
    assert {"make demo", "make test", "make run"} <= set(commands("make"))
    assert any(line.startswith("storyfold tail") for line in commands("storyfold"))
