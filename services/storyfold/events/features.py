"""Facts about an article's text that need no other article: what reading computes for folding."""

from collections import Counter
from math import log1p
from zlib import crc32

from storyfold.events.background import background
from storyfold.events.calendar import mentioned
from storyfold.events.copies import sketch, text_hash
from storyfold.events.digest import digest_of
from storyfold.events.language import Lexicon, language_of, lexicon
from storyfold.events.names import names_in
from storyfold.events.sentences import opening
from storyfold.events.words import plain_words, words_in
from storyfold.model.features import Features

# Characters of the body that terms are taken from: 5,000 words; what stands behind is appendix.
_REACH = 30_000
_LEAD_WORDS = 80
_PHRASE_WORDS = 150
# Words that stand nowhere but in the last paragraph do not count as terms, unless that is more than 40 % of
# the text: footers, bylines and "read more" would glue a house's articles together.
_TAIL_PARAGRAPHS = 1
_TAIL_FROM = 0.6
_MOST_TERMS = 100
_MOST_NAMES = 40
_MOST_NUMBERS = 40
# Measured on the training stories (benchmarks/train_folding.py): a word of the headline, or of the lead, counts as
# much as a repetition by which log(1 + mentions) grows by this much.
_HEADLINE_BONUS = 1.0
_LEAD_BONUS = 1.0


def features_of(headline: str, body: str, language: str | None) -> Features:
    """Take from an article's text what folding needs of it.

    Args:
        headline: plain text; where empty, the body's first sentence stands in for it.
        body: plain text of any length; may be empty.
        language: ISO 639-1 as the article states it, or None.

    Returns:
        The features; the same for the same arguments on any machine.
    """
    reach = body[:_REACH]
    heading = headline.strip() or opening(reach)
    words = _normal(words_in(reach))
    spoken = language_of(words, language)
    known = lexicon(spoken)
    stems = known.stemmer.stemWords(words) if known.stemmer else words
    head = _normal(words_in(heading))
    head_stems = known.stemmer.stemWords(head) if known.stemmer else head
    telling = [_tells(word, known) for word in words]
    head_telling = [_tells(word, known) for word in head]
    counts = Counter(stem for stem, tells in zip(stems, telling, strict=True) if tells)
    for stem, mentions in _only_at_the_end(stems, _tail_words(reach)).items():
        if counts[stem] == mentions:
            del counts[stem]
    in_head = dict.fromkeys(stem for stem, tells in zip(head_stems, head_telling, strict=True) if tells)
    lead = zip(stems[:_LEAD_WORDS], telling[:_LEAD_WORDS], strict=True)
    in_lead = dict.fromkeys(stem for stem, tells in lead if tells) | in_head
    names = names_in(reach, known.stop_words, spoken)
    parts = _normal([part for name in names for part in name.split(" ")])
    plain = plain_words(body)
    packed, shingles = sketch(plain)
    terms = _heaviest(counts, in_head, in_lead)
    kept = {term for term, _ in terms}
    named = dict.fromkeys(known.stemmer.stemWords(parts) if known.stemmer else parts)
    return Features(
        language=spoken,
        text_hash=text_hash([*plain_words(headline), "|", *plain]),
        sketch=packed,
        shingles=shingles,
        terms=terms,
        names=tuple((name.lower(), count) for name, count in names.most_common(_MOST_NAMES)),
        numbers=_numbers(words),
        length=len(plain),
        headline=tuple(term for term in in_head if term in kept),
        lead=tuple(term for term in in_lead if term in kept),
        named=tuple(term for term in named if term in kept),
        phrases=_phrases(
            (head_stems, head_telling),
            (stems[:_PHRASE_WORDS], telling[:_PHRASE_WORDS]),
        ),
        mentioned=mentioned(f"{headline}\n{reach}"),
        digest=digest_of(headline, reach, names, spoken),
    )


def telling_terms(text: str, language: str) -> frozenset[str]:
    """The distinct terms of a text, cut and stemmed as features are: what document frequencies count."""
    known = lexicon(language)
    words = _normal(words_in(text[:_REACH]))
    stems = known.stemmer.stemWords(words) if known.stemmer else words
    return frozenset(stem for stem, word in zip(stems, words, strict=True) if _tells(word, known))


def _normal(found: list[str]) -> list[str]:
    lowered = [word.lower().replace("’", "'") for word in found]
    return [word.removesuffix("'s") for word in lowered]


def _tells(word: str, known: Lexicon) -> bool:
    return len(word) > 1 and word not in known.stop_words


def _tail_words(text: str) -> int:
    """How many words stand in the closing paragraphs, where houses put what they append to everything."""
    start = len(text.rstrip())
    for _ in range(_TAIL_PARAGRAPHS):
        end = text.rfind("\n", 0, start)
        if end < _TAIL_FROM * len(text):
            break
        start = end
    return 0 if start >= len(text.rstrip()) else len(words_in(text[start:]))


def _only_at_the_end(stems: list[str], tail: int) -> Counter[str]:
    return Counter(stems[len(stems) - tail :])


def _heaviest(
    counts: Counter[str], in_head: dict[str, None], in_lead: dict[str, None]
) -> tuple[tuple[str, float], ...]:
    table = background()
    weights: dict[str, float] = {}
    for term in (*in_head, *counts):
        if term not in weights:
            bonus = _HEADLINE_BONUS * (term in in_head) + _LEAD_BONUS * (term in in_lead and term in counts)
            weights[term] = log1p(counts[term]) + bonus
    ranked = sorted(weights, key=lambda term: (-weights[term] * table.rarity(term), term))[:_MOST_TERMS]
    return tuple((term, round(weights[term], 3)) for term in ranked)


def _numbers(words: list[str]) -> tuple[str, ...]:
    found = dict.fromkeys(word.replace(",", "") for word in words if word[0].isdigit())
    return tuple(found)[:_MOST_NUMBERS]


def _phrases(*passages: tuple[list[str], list[bool]]) -> tuple[int, ...]:
    found: set[int] = set()
    for stems, telling in passages:
        for i in range(len(stems) - 1):
            if telling[i] and telling[i + 1]:
                found.add(crc32(f"{stems[i]} {stems[i + 1]}".encode()))
    return tuple(sorted(found))
