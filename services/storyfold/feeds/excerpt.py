"""The newest items of a document that lists more than anyone reads: cut out before parsing, in linear time.

Feeds list their newest items first; archives and some scripts list them last. The dates of the two ends tell.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from storyfold.feeds.dates import from_text

T = TypeVar("T")

_ITEM = re.compile(r"<(?:[A-Za-z_][\w.\-]*:)?(?:item|entry)[\s>/]")
_END = re.compile(r"</(?:[A-Za-z_][\w.\-]*:)?(?:item|entry)\s*>")
_DATE = re.compile(r"<(?:pubDate|dc:date|updated|published|issued|modified)\b[^<>]*>([^<>]{1,60})<", re.IGNORECASE)


def newest_items(text: str, most: int) -> tuple[str, int]:
    """Cut an RSS, RDF or Atom document down.

    Args:
        text: the document.
        most: items that may stay.

    Returns:
        The document with its newest items, and how many were cut away (0 where it is returned as it came).
    """
    if text.count("<item") + text.count("<entry") + text.count(":item") + text.count(":entry") <= most:
        return text, 0
    starts = [found.start() for found in _ITEM.finditer(text)]
    surplus = len(starts) - most
    if surplus <= 0:
        return text, 0
    end = starts[-1]
    for found in _END.finditer(text, end):
        end = found.end()
    first = _date_in(text[starts[0] : starts[1]])
    last = _date_in(text[starts[-1] : end])
    if first is not None and last is not None and last > first:
        kept = text[starts[surplus] : end]
    else:
        kept = text[starts[0] : starts[most]]
    return text[: starts[0]] + kept + text[end:], surplus


def newest(dated: Sequence[tuple[datetime | None, T]], most: int) -> tuple[T, ...]:
    """Keep the newest of things that are already read, in their order.

    Args:
        dated: things with their dates; those without one count as newest, lest they be lost unseen.
        most: how many may stay.
    """
    if len(dated) <= most:
        return tuple(thing for _, thing in dated)
    order = sorted(range(len(dated)), key=lambda place: _age(dated[place][0]), reverse=True)
    return tuple(dated[place][1] for place in sorted(order[:most]))


def complaint_about(surplus: int, most: int) -> str:
    """Say that items were left out.

    Args:
        surplus: how many.
        most: how many were read.
    """
    return f"lists {surplus + most} items; only the newest {most} were read, {surplus} were left out"


def _age(moment: datetime | None) -> float:
    return float("inf") if moment is None else moment.timestamp()


def _date_in(item: str) -> datetime | None:
    found = _DATE.search(item)
    return None if found is None else from_text(found[1])
