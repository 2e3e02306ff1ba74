"""Voices: how many independently tell of an event.

A house that prints an agency's text adds no voice of its own: ten houses with one agency's texts are one voice,
whether or not those texts are alike. An agency that is a house itself is still one voice.
"""

from collections.abc import Iterable

from storyfold.model.identity import PublisherId

# The house that told something in its own words, and the agency whose words they are; None where they are its own.
Voice = tuple[PublisherId, str | None]


def independent(voices: Iterable[Voice]) -> int:
    """Count distinct voices: agencies, and houses with words of their own that are none of those agencies."""
    voices = tuple(voices)
    agencies = {_plain(agency) for _, agency in voices if agency}
    houses = {house for house, agency in voices if not agency and _plain(house.partition(".")[0]) not in agencies}
    return len(agencies) + len(houses)


def is_house_of(publisher: PublisherId, agency: str) -> bool:
    """Whether a publisher is the agency of that name, as the first part of its id says ("reuters.com")."""
    return _plain(publisher.partition(".")[0]) == _plain(agency)


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))
