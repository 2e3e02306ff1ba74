"""What folding needs of an article, computed once in the read stage."""

from dataclasses import dataclass

from storyfold.model.events import ActorKind


@dataclass(frozen=True, slots=True)
class Mentioned:
    """Calendar words in a text.

    Attributes:
        days: ``100 * month + day``, ascending.
        months: from 1, ascending.
        years: ascending.
        weekdays: in the lead; 0 is Monday, ascending.
    """

    days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    years: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """Words between quotation marks, and who said them where the sentence tells."""

    text: str
    speaker: str | None


@dataclass(frozen=True, slots=True)
class Counted:
    """A number as reported with what it counts."""

    value: float
    what: str


@dataclass(frozen=True, slots=True)
class Named:
    """A name as written, how often it stands, and what a title or a word in it tells of its kind."""

    name: str
    kind: ActorKind | None
    mentions: int


@dataclass(frozen=True, slots=True)
class Digest:
    """What an article tells that an event's description may use; all in the article's own words.

    Attributes:
        sentences: from the lead, at most three.
        quotes: at most five.
        figures: at most eight.
        cited: agencies, broadcasters and papers it rests on.
        actors: most mentioned first, at most twelve.
        places: names that stand where places stand, most certain first → confidence.
        when: the words that say when it happened (a weekday, "today"), or None.
    """

    sentences: tuple[str, ...] = ()
    quotes: tuple[Said, ...] = ()
    figures: tuple[Counted, ...] = ()
    cited: tuple[str, ...] = ()
    actors: tuple[Named, ...] = ()
    places: tuple[tuple[str, float], ...] = ()
    when: str | None = None


@dataclass(frozen=True, slots=True)
class Features:
    """Facts about an article's text that need no other article.

    Attributes:
        language: ISO 639-1 or "und".
        text_hash: over the normalised words of headline and body: equal for exact copies.
        sketch: the smallest hashes of its word shingles in ascending order, little-endian uint32 (bottom-k sketch,
            Cohen and Kaplan 2007); empty for texts too short.
        shingles: how many distinct shingles the sketch stands for.
        terms: term → weight within the article (headline and lead count more), the most telling first.
        names: names of people, places and organisations as they occur, folded to lower case → mentions.
        numbers: numbers, normalised.
        length: words in the body.
        headline: terms of the headline.
        lead: terms of the lead.
        named: terms that are parts of names.
        phrases: hashes of neighbouring terms in headline and lead, ascending.
        mentioned: calendar words.
        digest: what a description may use.
    """

    language: str
    text_hash: str
    sketch: bytes
    shingles: int
    terms: tuple[tuple[str, float], ...]
    names: tuple[tuple[str, int], ...]
    numbers: tuple[str, ...]
    length: int
    headline: tuple[str, ...] = ()
    lead: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    phrases: tuple[int, ...] = ()
    mentioned: Mentioned = Mentioned()
    digest: Digest = Digest()
