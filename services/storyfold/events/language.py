"""Which language a text is in, as far as its small words tell, and how its words are cut down to stems."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import Stemmer

UNDECIDED = "und"

# Snowball algorithms (Porter 2001) by ISO 639-1; a language without one keeps its words whole.
_ALGORITHMS = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}

# A text counts as written in a language when at least this share of its first words are that language's small words.
# Running prose has .35 to .50 in its own language and below .10 in its neighbours'.
_LEAST_SHARE = 0.12
_SAMPLE = 150


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What is known of a language: its small words, and its stemmer (None keeps words whole)."""

    stop_words: frozenset[str]
    stemmer: Stemmer.Stemmer | None


@cache
def _stop_words() -> dict[str, frozenset[str]]:
    text = files("storyfold.events").joinpath("data/stopwords.toml").read_text("utf-8")
    return {language: frozenset(words.split()) for language, words in tomllib.loads(text).items()}


@cache
def lexicon(language: str) -> Lexicon:
    """What is known of a language.

    Args:
        language: ISO 639-1, or "und".

    Returns:
        Its lexicon; for a language without a list of small words, English's and the web's.
    """
    lists = _stop_words()
    words = lists["web"] | lists.get(language, lists["en"])
    algorithm = _ALGORITHMS.get(language)
    # The stemmer's own cache is unbounded in effect at its default size; 20,000 words cover a day of news.
    return Lexicon(words, Stemmer.Stemmer(algorithm, 20_000) if algorithm else None)


def stems_of(words: list[str], known: Lexicon) -> list[str]:
    """Words cut down to their stems; whole where the language has no stemmer."""
    return known.stemmer.stemWords(words) if known.stemmer else words


def language_of(words: list[str], stated: str | None) -> str:
    """Decide a language: what the article states, else what its small words say.

    Args:
        words: lower case, in order.
        stated: ISO 639-1 or BCP 47, or None.

    Returns:
        ISO 639-1, or "und".
    """
    if stated:
        return stated[:2].lower()
    sample = words[:_SAMPLE]
    if not sample:
        return UNDECIDED
    lists = _stop_words()
    shares = [(sum(word in lists[code] for word in sample) / len(sample), code) for code in lists if code != "web"]
    share, language = max(shares)
    return language if share >= _LEAST_SHARE else UNDECIDED
