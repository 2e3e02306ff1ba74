"""Facts about an article's text that need no other article: what reading computes for folding."""

from collections import Counter
from collections.abc import Iterable
from itertools import compress
from math import log1p
from zlib import crc32

from storyfold.events.background import background
from storyfold.events.calendar import mentioned
from storyfold.events.copies import sketch, text_hash
from storyfold.events.digest import digest_of
from storyfold.events.language import Lexicon, language_of, lexicon, stems_of
from storyfold.events.names import names_in
from storyfold.events.sentences import opening
from storyfold.events.words import cut, in_small, plain_words, words_in
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
    text = cut(reach)
    words = in_small(text.words)
    spoken = language_of(words, language)
    known = lexicon(spoken)
    written = Counter(words)
    counts = _mentions(written, in_small(words_in(_tail(reach))), known)
    head, opens = in_small(words_in(heading)), words[:_PHRASE_WORDS]
    head_stems, opening_stems = stems_of(head, known), stems_of(opens, known)
    head_telling, opening_telling = _telling(head, known), _telling(opens, known)
    in_head = dict.fromkeys(compress(head_stems, head_telling))
    in_lead = dict.fromkeys(compress(opening_stems[:_LEAD_WORDS], opening_telling)) | in_head
    names = names_in(text, known.stop_words, spoken)
    plain = plain_words(body)
    packed, shingles = sketch(plain)
    terms = _heaviest(counts, in_head, in_lead)
    kept = {term for term, _ in terms}
    named = dict.fromkeys(stems_of(in_small(" ".join(names).split(" ") if names else []), known))
    return Features(
        language=spoken,
        text_hash=text_hash([*plain_words(headline), "|", *plain]),
        sketch=packed,
        shingles=shingles,
        terms=terms,
        names=tuple((name.lower(), count) for name, count in names.most_common(_MOST_NAMES)),
        numbers=_numbers(written),
        length=len(plain),
        headline=tuple(term for term in in_head if term in kept),
        lead=tuple(term for term in in_lead if term in kept),
        named=tuple(term for term in named if term in kept),
        phrases=_phrases(
            (head_stems, head_telling),
            (opening_stems, opening_telling),
        ),
        mentioned=mentioned(f"{headline}\n{reach}"),
        digest=digest_of(headline, reach, names, spoken),
    )


def telling_terms(text: str, language: str) -> frozenset[str]:
    """The distinct terms of a text, cut and stemmed as features are: what document frequencies count."""
    known = lexicon(language)
    words = list(set(in_small(words_in(text[:_REACH]))))
    return frozenset(compress(stems_of(words, known), _telling(words, known)))


def _telling(words: list[str], known: Lexicon) -> list[bool]:
    stops = known.stop_words
    return [word not in stops and len(word) > 1 for word in words]


def _mentions(written: Counter[str], tail: list[str], known: Lexicon) -> Counter[str]:
    """How often the text mentions its terms, without those that stand nowhere but in its closing paragraphs."""
    # Each distinct word is stemmed and judged once; a text repeats every other of its words.
    distinct = list(written)
    stems = dict(zip(distinct, stems_of(distinct, known), strict=True))
    counts: Counter[str] = Counter()
    for word in compress(distinct, _telling(distinct, known)):
        counts[stems[word]] += written[word]
    for stem, mentions in Counter(map(stems.__getitem__, tail)).items():
        if counts[stem] == mentions:
            del counts[stem]
    return counts


def _tail(text: str) -> str:
    """The closing paragraphs, where houses put what they append to everything."""
    start = len(text.rstrip())
    for _ in range(_TAIL_PARAGRAPHS):
        end = text.rfind("\n", 0, start)
        if end < _TAIL_FROM * len(text):
            break
        start = end
    return text[start:] if start < len(text.rstrip()) else ""


def _heaviest(
    counts: Counter[str], in_head: dict[str, None], in_lead: dict[str, None]
) -> tuple[tuple[str, float], ...]:
    weights = {term: log1p(mentions) for term, mentions in counts.items()}
    for term in in_head:
        weights[term] = log1p(counts[term]) + _HEADLINE_BONUS
    for term in in_lead:
        if term in counts:
            weights[term] += _LEAD_BONUS
    rarities = background().rarities(weights)
    scores = zip(
        [-weight * rarity for weight, rarity in zip(weights.values(), rarities, strict=True)], weights, strict=True
    )
    ranked = sorted(scores)[:_MOST_TERMS]
    return tuple((term, round(weights[term], 3)) for _, term in ranked)


def _numbers(written: Iterable[str]) -> tuple[str, ...]:
    found = dict.fromkeys([word.replace(",", "") for word in written if word[0].isdigit()])
    return tuple(found)[:_MOST_NUMBERS]


def _phrases(*passages: tuple[list[str], list[bool]]) -> tuple[int, ...]:
    found: set[int] = set()
    for stems, telling in passages:
        for i in range(len(stems) - 1):
            if telling[i] and telling[i + 1]:
                found.add(crc32(f"{stems[i]} {stems[i + 1]}".encode()))
    return tuple(sorted(found))
