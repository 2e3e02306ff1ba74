"""One feed as a feeds file writes it, whatever the file's format: text that nobody has judged yet."""

import re
from dataclasses import dataclass
from datetime import timedelta

from storyfold.model.feeds import FeedSource

# What XML 1.0 cannot hold, and what TOML must escape: nothing a person writes into a feeds file on purpose.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_UNITS = ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed with its attributes as written; empty where not written.

    Attributes:
        url: of the feed.
        line: where it stands in the file, from 1.
        title: as shown to people.
        tags: as written, each maybe a list with commas.
        publisher: name of the house.
        publisher_id: stable name of the house.
        domain: registrable domain of the house.
        country: of the house.
        language: of the feed.
        interval: between polls.
        robots: whether robots.txt governs the feed.
        body: where bodies are taken from.
    """

    url: str
    line: int
    title: str = ""
    tags: tuple[str, ...] = ()
    publisher: str = ""
    publisher_id: str = ""
    domain: str = ""
    country: str = ""
    language: str = ""
    interval: str = ""
    robots: str = ""
    body: str = ""


def outline_of(source: FeedSource) -> Outline:
    """Write a source down, every attribute that a reader would not find out by itself or by default.

    Args:
        source: as registered.
    """
    publisher = source.publisher
    return Outline(
        url=source.url,
        line=0,
        title=source.title,
        tags=source.tags,
        publisher=publisher.name,
        publisher_id=publisher.publisher_id,
        domain=publisher.domain,
        country=publisher.country or "",
        language=source.language or "",
        interval="" if source.interval is None else _written(source.interval),
        robots="obey" if source.obey_robots else "",
        body=source.body.value,
    )


def tidy(text: str) -> str:
    """Collapse white space and drop what cannot be written.

    Args:
        text: as found.
    """
    return " ".join(_UNPRINTABLE.sub("", text).split())


def _written(interval: timedelta) -> str:
    seconds = max(1, int(interval.total_seconds()))
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    return f"{seconds // size}{unit}"
