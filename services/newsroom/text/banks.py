"""Reads the phrase banks: plain text files of sections, one wording a line."""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from newsroom.text.grammar import MacroRule, Macros, Template, parse


@dataclass(frozen=True, slots=True)
class Section:
    """Some wordings of one thing.

    Attributes:
        name: First word of its heading without the stage, such as `fact`.
        stage: 0 known at once, 1 from the next day on, 2 at the end.
        label: The rest of the heading.
    """

    name: str
    stage: int
    label: str
    wordings: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class FigureRule:
    """How a number of a kind of happening is drawn.

    Attributes:
        course: `fixed`, `grows` or `falls` as more becomes known.
        below: The number, declared before, of which this one is a part.
    """

    slot: str
    low: float
    high: float
    decimals: int
    course: str
    below: str | None


@dataclass(frozen=True, slots=True)
class DetailRule:
    """How a fixed detail of a kind of happening is drawn."""

    slot: str
    template: Template


@dataclass(frozen=True, slots=True)
class Bank:
    """All that can be said about one kind of happening."""

    name: str
    tone: str
    people: tuple[str, ...]
    figures: tuple[FigureRule, ...]
    details: tuple[DetailRule, ...]
    sections: tuple[Section, ...]

    def choose(self, name: str, stage: int) -> tuple[Section, ...]:
        """Return the sections of that name that are known at `stage`, in the order of the file."""
        return tuple(s for s in self.sections if s.name == name and s.stage <= stage)

    def exactly(self, name: str, stage: int) -> tuple[Section, ...]:
        """Return the sections of that name and of just that stage."""
        return tuple(s for s in self.sections if s.name == name and s.stage == stage)

    def lines(self, name: str) -> tuple[Template, ...]:
        """Return the wordings of all sections of that name."""
        return tuple(w for s in self.sections if s.name == name for w in s.wordings)


_STAGES = {"": 0, "later": 1, "last": 2}


def parse_bank(name: str, text: str) -> Bank:
    """Parse a bank.

    Args:
        name: The kind of happening.
        text: Declarations (`tone`, `person`, `number`, `pick`), then sections, each opened by
            `== name[.stage] [label]`.

    Raises:
        ValueError: A line is neither, or a number has an unknown course.
    """
    tone = "plain"
    people: list[str] = []
    figures: list[FigureRule] = []
    details: list[DetailRule] = []
    sections: list[tuple[str, list[Template]]] = []
    for line in (raw.strip() for raw in text.splitlines()):
        if not line or line.startswith("#"):
            continue
        word, _, rest = line.partition(" ")
        if word == "==":
            sections.append((rest, []))
        elif sections:
            sections[-1][1].append(parse(line))
        elif word == "tone":
            tone = rest
        elif word == "person":
            people.extend(rest.split())
        elif word == "number":
            figures.append(_figure(rest))
        elif word == "pick":
            slot, _, template = rest.partition(" = ")
            details.append(DetailRule(slot, parse(template)))
        else:
            raise ValueError(f"bank {name}: {line!r} is neither a declaration nor in a section")
    made = tuple(_section(heading, tuple(wordings)) for heading, wordings in sections)
    return Bank(name, tone, tuple(people), tuple(figures), tuple(details), made)


def _figure(rest: str) -> FigureRule:
    slot, low, high, *more = rest.split()
    course = more[0] if more else "fixed"
    below = more[1] if len(more) > 1 else None
    if course not in {"fixed", "grows", "falls"}:
        raise ValueError(f"number {slot}: the course {course!r} is none of fixed, grows, falls")
    return FigureRule(slot, float(low), float(high), len(low.partition(".")[2]), course, below)


def _section(heading: str, wordings: tuple[Template, ...]) -> Section:
    head, _, label = heading.partition(" ")
    name, _, stage = head.partition(".")
    return Section(name, _STAGES[stage], label.strip(), wordings)


def _folder() -> Traversable:
    return resources.files("newsroom") / "banks"


@cache
def kinds() -> tuple[Bank, ...]:
    """Return the banks of all kinds of happenings, by name."""
    files = sorted((_folder() / "kinds").iterdir(), key=lambda file: file.name)
    return tuple(
        parse_bank(file.name.removesuffix(".txt"), file.read_text("utf-8"))
        for file in files
        if file.name.endswith(".txt")
    )


@cache
def kind(name: str) -> Bank:
    """Return the bank of one kind of happening.

    Raises:
        LookupError: There is none of that name.
    """
    for bank in kinds():
        if bank.name == name:
            return bank
    raise LookupError(f"no bank tells of {name!r}")


@cache
def general() -> Bank:
    """Return the bank of what is said about anything: reactions, context, opinion, page furniture."""
    return parse_bank("general", (_folder() / "general.txt").read_text("utf-8"))


@cache
def macros() -> Macros:
    """Return the table of shared phrases."""
    bank = parse_bank("macros", (_folder() / "macros.txt").read_text("utf-8"))
    return Macros(tuple(MacroRule(section.name, section.wordings) for section in bank.sections))


def raw(name: str) -> str:
    """Return the text of a bank file that has a format of its own."""
    return (_folder() / name).read_text("utf-8")
