"""Whose words a copy carries: the text that it goes back to."""

from collections.abc import Sequence
from dataclasses import dataclass

from storyfold.events.copies import Overlap
from storyfold.events.packing import source_of
from storyfold.events.voices import is_house_of
from storyfold.events.window import Known
from storyfold.model.articles import PlacementKind

# A text that overlaps less than the nearest one by more than this is another dispatch of the same story.
_AS_NEAR = 0.1


@dataclass(frozen=True, slots=True)
class Match:
    """A text in the window that an article is a copy of.

    Attributes:
        known: the text.
        overlap: with it.
    """

    known: Known
    overlap: Overlap

    @property
    def strength(self) -> float:
        """The stronger of both measures, 0 to 1."""
        return max(self.overlap.resemblance, self.overlap.containment)


def origin(matches: Sequence[Match], agency: str | None) -> Match:
    """The text that a copy goes back to: the first publisher's, or the agency's own.

    Args:
        matches: at least one.
        agency: that the copy names; None where it names none.

    Returns:
        Among the texts that copy no other (all, where none of them does not), and of those among the ones about as near
        as the nearest: the agency's own article, else the first in the order of placement.
    """
    roots = [match for match in matches if match.known.kind is not PlacementKind.DUPLICATE or _own(match, agency)]
    nearest = max(match.strength for match in roots or matches)
    near = [match for match in roots or matches if match.strength >= nearest - _AS_NEAR]
    return min(near, key=lambda match: (not _own(match, agency), match.known.number))


def _own(match: Match, agency: str | None) -> bool:
    """Whether it is the agency itself that published a text."""
    source = source_of(match.known.packed)
    named = source.agency or agency
    return named is not None and is_house_of(source.publisher, named)
