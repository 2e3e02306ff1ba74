"""What is computed for features in bulk is what the plain way of computing it, word by word, gives."""

from collections import Counter
from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from storyfold.events.copies import LEAST, LONGEST, SIZE, hashes_of, sketch
from storyfold.events.names import names_in
from storyfold.events.words import cut, in_small, words_in

_PIECES = (
    *("Aid ", "aid ", "Bundara ", "Bundara’s ", "BUNDARA's", "Mr ", "of ", "de ", "News ", "news ", "The ", "the "),
    *(
        " & ",
        "-",
        ". ",
        ".",
        ", ",
        "\n",
        "’",
        "'s",
        "x",
        "A",
        "ΟΔΟΣ ",
        "Σ",
        "Σ'Α ",
        "İ",
        "ǅep ",
        "ß",
        "ﬁ",
        "1,200 ",
        "²",
    ),
    *("日本語", "ไทย", "한국어 ", "עברית ", "́", "_", "\t", "“", "”"),
)
TEXTS = st.lists(st.sampled_from(_PIECES), max_size=60).map("".join) | st.text(max_size=80)
STOP = frozenset({"the", "news", "a"})


def plain_names(text: str, language: str) -> Counter[str]:
    """Names by looking at every word in turn."""
    parts, inner = cut(text), frozenset("of de la du von van der den del da do dos al bin ibn".split())
    lower = {word for word in parts.runs if word[0].islower()}
    found: Counter[str] = Counter()
    opening: Counter[str] = Counter()
    run: list[str] = []
    fresh, begun_fresh = True, False
    last = len(parts.runs) - 1
    for i, raw in enumerate(parts.runs):
        gap = "\n" if i == last else parts.gaps[i]
        goes_on = False
        if raw[0].isupper() and len(raw) > 1:
            word = raw.removesuffix("'s").removesuffix("’s") if raw.endswith(("'s", "’s")) else raw
            word = raw[:-2] if word != raw else raw
            small = word.lower()
            names = small not in STOP or (run and small in {"news", "times", "people", "new"})
            if names and not (fresh and small in lower):
                begun_fresh = begun_fresh if run else fresh
                run.append(word)
                goes_on = gap in {" ", "-", " & "} and word == raw
        elif run and raw in inner and gap == " " and i < last and parts.runs[i + 1][0].isupper():
            run.append(raw)
            goes_on = True
        if run and not goes_on:
            while run and run[-1] in inner:
                run.pop()
            if (2 if language in {"de", "lb"} else 1) <= len(run) <= 6:
                (opening if begun_fresh and len(run) == 1 else found)[" ".join(run)] += 1
            run = []
        fresh = gap != " " and any(mark in '.!?:;\n"“”„«»•|—' for mark in gap)
    for name in found.keys() & opening.keys():
        found[name] += opening[name]
    return found


def plain_sketch(words: list[str]) -> tuple[list[int], int]:
    """The smallest hashes of shingles, one shingle at a time."""
    factors = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1)
    words, hashes = words[:LONGEST], set()
    for i in range(len(words) - 4):
        mixed = sum(crc32(words[i + place].encode()) * factors[place] for place in range(5)) % 2**64
        mixed ^= mixed >> 31
        hashes.add((mixed * 0x9FB21C651E98DF25 % 2**64) >> 32)
    return sorted(hashes)[:SIZE] if len(hashes) >= LEAST else [], len(hashes)


@given(TEXTS, st.sampled_from(["en", "de"]))
def test_names_as_word_by_word(text: str, language: str) -> None:
    """Only capitals are looked at, and the same names come out, in the same order."""
    assert list(plain_names(text, language).items()) == list(names_in(cut(text), STOP, language).items())


@given(
    st.lists(
        st.sampled_from(["one", "two", "three", "four", "ß", "語", "six"]) | st.text("ab", max_size=4), max_size=600
    )
)
def test_sketches_as_shingle_by_shingle(words: list[str]) -> None:
    """Hashes computed all at once are those computed one at a time, and stored sketches stay comparable."""
    packed, shingles = sketch(words)
    assert plain_sketch(words) == (list(hashes_of(packed)), shingles)


def test_a_long_text_is_sketched_by_its_beginning() -> None:
    """Beyond the bound of words nothing counts, and beyond the bound of hashes the smallest stay."""
    words = [str(number) for number in range(LONGEST + 50)]
    packed, shingles = sketch(words)
    assert plain_sketch(words) == (list(hashes_of(packed)), shingles)


@given(TEXTS)
def test_small_letters_as_word_by_word(text: str) -> None:
    """A sigma at the end of a word stays one, whatever the next word is."""
    words = words_in(text)
    assert [word.lower().replace("’", "'").removesuffix("'s") for word in words] == in_small(words)


def test_a_name_does_not_end_in_a_small_word() -> None:
    """A small word in front of a capitalised stop word was no part of the name after all."""
    assert dict(names_in(cut("went to Larkfield of The north"), STOP, "en")) == {"Larkfield": 1}
