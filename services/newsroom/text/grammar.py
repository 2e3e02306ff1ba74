"""Sentence templates: `(a|b|)` chooses, `[slot]` takes a fact, `<macro>` a phrase from a shared table."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from newsroom.seeds import Random

Resolve = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Slot:
    """A place where a fact goes."""

    name: str


@dataclass(frozen=True, slots=True)
class Macro:
    """A place where a phrase of the shared table goes."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Several ways of saying it."""

    options: tuple["Template", ...]


Node = str | Slot | Macro | Choice
Template = tuple[Node, ...]

_TOKEN = re.compile(r"\[([^\]]+)\]|<([^>]+)>|([(|)])")
_ARTICLE = re.compile(r"\b([Aa]) (?=(?!uni|use|usu|eu|one\b|once)[aeiou]|[AEIO]|8|11[ -]|18[ -])")


def parse(text: str) -> Template:
    """Parse one line of a bank.

    Raises:
        ValueError: A parenthesis is not closed or not opened.
    """
    stack: list[list[list[Node]]] = [[[]]]
    last = 0
    for match in _TOKEN.finditer(text):
        if match.start() > last:
            stack[-1][-1].append(text[last : match.start()])
        last = match.end()
        slot, macro, mark = match.groups()
        if slot is not None:
            stack[-1][-1].append(Slot(slot))
        elif macro is not None:
            stack[-1][-1].append(Macro(macro))
        elif mark == "(":
            stack.append([[]])
        elif mark == "|" and len(stack) > 1:
            stack[-1].append([])
        elif mark == ")" and len(stack) > 1:
            options = tuple(tuple(option) for option in stack.pop())
            stack[-1][-1].append(Choice(options))
        else:
            raise ValueError(f"{mark!r} at {match.start()} has no opening parenthesis: {text!r}")
    if len(stack) != 1:
        raise ValueError(f"A parenthesis is not closed: {text!r}")
    stack[-1][-1].append(text[last:])
    return tuple(node for node in stack[0][0] if node != "")


def expand(template: Template, resolve: Resolve, macros: "Macros", rng: Random) -> str:
    """Return one wording of `template`, with its facts filled in.

    Args:
        template: What `parse` returned.
        resolve: Gives the text of a slot by its name.
        macros: The shared phrases.
        rng: Chooses among the wordings.
    """
    return tidy(fill(template, resolve, macros, rng))


def fill(template: Template, resolve: Resolve, macros: "Macros", rng: Random) -> str:
    """Return one wording of `template` as it stands within a sentence."""
    parts: list[str] = []
    _expand(template, resolve, macros, rng, parts)
    return " ".join("".join(parts).split())


def _expand(template: Template, resolve: Resolve, macros: "Macros", rng: Random, out: list[str]) -> None:
    for node in template:
        if isinstance(node, str):
            out.append(node)
        elif isinstance(node, Slot):
            out.append(resolve(node.name))
        elif isinstance(node, Macro):
            _expand(macros.pick(node.name, rng), resolve, macros, rng, out)
        else:
            options = node.options
            _expand(options[int(rng.random() * len(options))], resolve, macros, rng, out)


def tidy(text: str) -> str:
    """Mend spaces, `a`/`an` and the first letter."""
    joined = " ".join(text.split()).replace(" ,", ",").replace(" .", ".").replace(",,", ",")
    joined = joined.replace("the the town", "the local").replace("the the ", "the ")
    mended = _ARTICLE.sub(r"\1n ", joined)
    return mended[:1].upper() + mended[1:]


@dataclass(frozen=True, slots=True)
class MacroRule:
    """One shared phrase and its wordings."""

    name: str
    wordings: tuple[Template, ...]


class Macros:
    """The table of shared phrases."""

    def __init__(self, rules: tuple[MacroRule, ...]) -> None:
        self._rules = {rule.name: rule.wordings for rule in rules}

    def pick(self, name: str, rng: Random) -> Template:
        """Return one wording of the phrase.

        Raises:
            KeyError: No bank defines it.
        """
        wordings = self._rules[name]
        return wordings[int(rng.random() * len(wordings))]
