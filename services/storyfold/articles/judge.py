"""Which candidate is the body: a vote of the ways of extraction, the feed and the page's own headline."""

from collections.abc import Callable
from dataclasses import dataclass

from storyfold.articles.blocks import Block, covered, grams, measure, words
from storyfold.articles.candidates import Way

# Below this many characters an extraction has hardly found an article.
THIN = 250
_TINY = 100
# Below this many, what stands on the page decides whether it was found whole.
_DOUBTFUL = 2500
# A candidate must be so much longer than another that it contains, to be the whole of which that is a part.
_LONGER = 1.25
# Share of a text's word sequences found in another, from which the other contains it; and below which they differ.
_CONTAINED, _STRANGE = 0.6, 0.15
# Share of the topic's words in a body that is on it.
_ON_TOPIC = 0.6
# Share below which a text is doubted, and how much longer another is that is taken in place of a part.
_OFF_TOPIC, _WHOLE = 0.35, 3
# Share of the page's prose that an extraction must hold not to be doubted.
_PROSE_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Candidate:
    """A body, and how it was found."""

    way: Way
    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        """The blocks, a line each."""
        return "\n".join(block.text for block in self.blocks)

    @property
    def size(self) -> int:
        """Characters, as `measure` counts them."""
        return sum(measure(block.text) for block in self.blocks)


def choose(
    first: Candidate,
    stated: tuple[Candidate, ...],
    prose: Callable[[], int],
    further: Callable[[], tuple[Candidate, ...]],
    topic: str,
) -> Candidate:
    """Choose a body.

    Args:
        first: by trafilatura's rules, which are right nearly always.
        stated: bodies that the page (JSON-LD) or the feed state outright.
        prose: counts the characters of prose on the page; asked where the first is doubtful.
        further: what dearer ways find; asked where the first has hardly found anything, or little of what is there.
        topic: headline and summary, as feed and page give them.

    Returns:
        The one to take.
    """
    best = first
    for other in stated:
        best = _better(best, other, topic)
    # A short text that has the topic's words is short news, not a part of something longer.
    about = relevance(best.text, topic) if best.size < _DOUBTFUL else 1.0
    thin = best.size < _TINY or (best.size < THIN and about < _ON_TOPIC)
    part = best is first and best.size < _DOUBTFUL and best.size < _PROSE_SHARE * prose()
    strange = best is first and about < _OFF_TOPIC and bool(topic.strip())
    if not (thin or part or strange):
        return best
    for other in further():
        whole = (part or strange) and other.size >= _WHOLE * best.size and relevance(other.text, topic) >= about
        best = other if whole else _better(best, other, topic)
    return best


def _better(best: Candidate, other: Candidate, topic: str) -> Candidate:
    """The other, where it is the whole of which the best is a part, or where it alone is about the topic."""
    if other.size < min(THIN, best.size + 1) or other.size < best.size * 0.5:
        return best
    if not best.size:
        return other
    if other.size >= _LONGER * best.size and covered(grams(best.text), grams(other.text)) >= _CONTAINED:
        return other
    about = relevance(best.text, topic)
    if best.size < THIN and other.size >= THIN and relevance(other.text, topic) >= about:
        return other
    # A body with most of the topic's words is not another article; the dear comparison is for the few that lack them.
    if about > _ON_TOPIC or relevance(other.text, topic) <= about + 0.25:
        return best
    return other if covered(grams(best.text), grams(other.text)) <= _STRANGE else best


def relevance(text: str, topic: str) -> float:
    """Share of the topic's longer words that a text has; 0 where there is no topic."""
    wanted = {word for word in words(topic) if len(word) > 3 or not word.isascii()}
    return len(wanted & set(words(text))) / len(wanted) if wanted else 0.0
