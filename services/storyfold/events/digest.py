"""What an article tells that an event's description may use, gathered once in the read stage."""

from collections import Counter

from storyfold.events.actors import actors_in
from storyfold.events.figures import figures_in
from storyfold.events.occurred import when_said
from storyfold.events.places import places_in
from storyfold.events.quotes import quotes_in
from storyfold.events.sentences import sentences_of
from storyfold.events.sources import sources_in
from storyfold.model.features import Digest

# Characters of the body that are read for it: some 650 words; a description needs no more.
_REACH = 4_000
_LEAD = 3
_SHORTEST, _LONGEST = 40, 400


def digest_of(headline: str, body: str, names: Counter[str], language: str) -> Digest:
    """Gather what a description may use.

    Args:
        headline: plain text.
        body: plain text.
        names: as `names_in` found them.
        language: ISO 639-1; numbers, sources and places are read in English only, where their wording is known.

    Returns:
        Everything in the article's own words.
    """
    reach = body[:_REACH]
    english = language == "en"
    sentences = sentences_of(reach)
    lead = [each for each in sentences if _SHORTEST <= len(each) <= _LONGEST and each != headline][:_LEAD]
    return Digest(
        sentences=tuple(lead),
        quotes=quotes_in(sentences),
        figures=figures_in(reach) if english else (),
        cited=sources_in(reach) if english else (),
        actors=actors_in(names),
        places=places_in(headline, reach) if english else (),
        when=when_said(lead),
    )
