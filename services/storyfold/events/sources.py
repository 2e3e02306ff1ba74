"""Agencies, broadcasters and papers that an article says it rests on."""

import re
from functools import cache
from importlib.resources import files

_WORD = r"[A-Z][\w&’'-]*(?:\.\w+)*"
_NAME = rf"(?P<name>(?:the )?{_WORD}(?: (?:della |de )?{_WORD}){{0,4}})"
# Behind these words any name is a source.
_REPORT_BY = re.compile(rf"\b(?:news|media|press|television|radio)\s+reports?\s+by\s+{_NAME}")
# Here only a name known or recognisable as that of a medium is one.
_VERBS = ("reported", "reports", "quoted", "cited")
# The dearest of the four: it begins at every capital. Texts without one of its verbs, three of four, are spared it.
_REPORTED = re.compile(rf"{_NAME}(?:\s+(?:news\s+agency|newspaper|television|radio|TV))?\s+(?:{'|'.join(_VERBS)})\b")
_TOLD = re.compile(
    rf"\b(?:told|telling|according\s+to|quoted\s+by|cited\s+by|reported\s+by|interview\s+with)\s+{_NAME}"
)
_CREDIT = re.compile(r"\((?P<name>[A-Z][\w .&-]{1,30})\)")
_MEDIUM = frozenset(
    """Agency Broadcasting Chronicle Courier Daily Dispatch Gazette Herald Journal Magazine Mail Mirror News
    Newspaper Observer Post Press Radio Reporter Review Standard Telegraph Television Times Tribune TV Zeitung
    Sun Globe Wire""".split()
)
_MOST = 8


@cache
def _known() -> frozenset[str]:
    return frozenset(files("storyfold.events").joinpath("data/sources.txt").read_text("utf-8").splitlines())


def sources_in(text: str) -> tuple[str, ...]:
    """Find the media that a text rests on.

    Args:
        text: running text, English.

    Returns:
        Their names, at most eight, in the order in which they are first cited.
    """
    found: dict[str, int] = {}
    for pattern, any_name in ((_REPORTED, False), (_TOLD, False), (_REPORT_BY, True), (_CREDIT, False)):
        if pattern is _REPORTED and not any(verb in text for verb in _VERBS):
            continue
        for match in pattern.finditer(text):
            name = _tidy(match["name"])
            if name and (_is_medium(name) or (any_name and _names_one(name))):
                found.setdefault(name, match.start())
    return tuple(sorted(found, key=lambda name: (found[name], name)))[:_MOST]


def _tidy(name: str) -> str:
    name = re.sub(r"^[Tt]he\s+", "", name.strip())
    return re.sub(r"['’]s$", "", name).rstrip(".,'’")


def _is_medium(name: str) -> bool:
    words = name.split()
    return name in _known() or f"The {name}" in _known() or (len(words) > 1 and words[-1] in _MEDIUM)


def _names_one(name: str) -> bool:
    return name[0].isupper() and name.split(maxsplit=1)[0] not in {
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    }
