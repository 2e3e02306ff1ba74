from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyfold.events.actors import actors_in
from storyfold.events.calendar import mentioned
from storyfold.events.copies import SIZE, hashes_of, overlap, sketch
from storyfold.events.features import features_of, telling_terms
from storyfold.events.figures import figures_in
from storyfold.events.language import language_of, lexicon
from storyfold.events.likeness import LIMIT, log_odds, observe
from storyfold.events.names import names_in
from storyfold.events.occurred import occurred, when_said
from storyfold.events.places import places_in
from storyfold.events.policy import FoldPolicy
from storyfold.events.quotes import quotes_in
from storyfold.events.sentences import opening, sentences_of
from storyfold.events.sources import sources_in
from storyfold.events.window import Window
from storyfold.events.words import cut, plain_words
from storyfold.model.events import ActorKind
from storyfold.model.features import Counted, Said
from tests.fakes.events_press import QUAKE, START, TRIAL, article, place

STOP = lexicon("en").stop_words


def test_sentences_end_where_they_end() -> None:
    """Abbreviations end no sentence; quotation marks, paragraphs and full-width stops do."""
    text = "Dr. Quill came. “It fell.” She left!\nThe end\n\nU.S. troops stayed. 地震。町。"
    found = sentences_of(text)
    assert found == ["Dr. Quill came.", "“It fell.”", "She left!", "The end", "U.S. troops stayed.", "地震。", "町。"]
    assert sentences_of(" \n ") == []


def test_opening_stands_in_for_a_headline() -> None:
    """The first sentence is the opening; an empty text has none."""
    assert opening("One thing happened. Then another.") == "One thing happened."
    assert opening("  ") == ""


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("“The enemy suffered losses,” special commander Sayed Nezami said.", "Sayed Nezami"),
        ("“The ground shook badly,” said Mayor Teresa Quill.", "Mayor Teresa Quill"),
        ("Teresa Quill said: “The ground shook badly.”", "Teresa Quill"),
        ("It was “pushed back from several parts” of town.", None),
        ("“The ground shook badly,” He said.", None),
        ('"The ground shook badly," said Odo Venn.', "Odo Venn"),
    ],
)
def test_quotes_have_a_speaker_where_the_sentence_says(sentence: str, said: str | None) -> None:
    """The speaker is the name beside the verb of saying, and nobody where there is none."""
    (quote,) = quotes_in([sentence])
    assert said == quote.speaker


def test_quotes_are_few_and_long_enough() -> None:
    """Two words are no quote, and five quotes are enough."""
    assert quotes_in(["A “so-called ceasefire” held."]) == ()
    assert len(quotes_in(["“One two three four.” “One two three five.” "] * 4)) == 5
    assert Said("one two three four", None) == quotes_in(["“one two three four”"])[0]


def test_figures_say_what_they_count() -> None:
    """Numbers come with what they count; dates, spans of time, sums and years do not come at all."""
    text = (
        "It freed 400 inmates, including more than 100 of their own fighters; 1,000 Afghan troops fled. Twelve people, "
        "three people and 2.5 million voters. 12 killed on 11 September 2021, 9 weeks later; $50 notes, 2021 reports, "
        "7 over there, 6 quite sad."
    )
    found = figures_in(text)
    assert Counted(400.0, "inmates") == found[0]
    assert {(100.0, "fighters"), (1000.0, "Afghan troops"), (3.0, "people"), (2.5e6, "voters"), (12.0, "killed")} == {
        (each.value, each.what) for each in found[1:]
    }
    assert len(figures_in(" ".join(f"{n} houses" for n in range(3, 30)))) == 8


def test_sources_are_media_only() -> None:
    """What reported, was told to or is credited counts where it is a medium's name."""
    text = (
        "Officials told Congress so. The governor had told Reuters otherwise, according to Khaama Press News Agency.\n"
        "A news report by Tolo also said it. The Larkfield Gazette reported more. (AP) Odo Venn reported nothing. "
        "A news report by Monday said so. He told the Guardian\u2019s desk."
    )
    assert sources_in(text) == ("Reuters", "Khaama Press News Agency", "Tolo", "Larkfield Gazette", "AP", "Guardian")


def test_names_are_not_the_starts_of_sentences() -> None:
    """Capitals in mid-sentence make names; a word that opens a sentence is one only if it is one elsewhere."""
    text = (
        "Rescuers came. Rescuers met Teresa Quill of the Ministry of Health. "
        "Quill\u2019s men left. Soon Quill went to News."
    )
    found = names_in(cut(text), STOP, "en")
    assert dict(found) == {"Teresa Quill": 1, "Ministry of Health": 1, "Quill": 2}


def test_german_nouns_are_no_names() -> None:
    """Where every noun has a capital only runs of words are names."""
    assert dict(names_in(cut("gestern hat Angela Merkel das Haus verlassen"), STOP, "de")) == {"Angela Merkel": 1}


def test_actors_gather_variants_and_kinds() -> None:
    """Short forms count for the long one; titles make persons, some words organisations; else the kind is unknown."""
    names = Counter({"President Ashraf Ghani": 1, "Ghani": 3, "Taliban": 2, "Khaama News Agency": 1, "President": 1})
    assert [(each.name, each.kind, each.mentions) for each in actors_in(names)] == [
        ("Ashraf Ghani", ActorKind.PERSON, 4),
        ("Taliban", None, 2),
        ("Khaama News Agency", ActorKind.ORGANISATION, 1),
    ]


def test_places_stand_where_places_stand() -> None:
    """Datelines are surest, then names beside "city" or "province", then names behind "in"; months are none."""
    body = (
        "BUNDARA (Ostwire) — They entered Qala-e-Naw in Badghis province in January. Qala-e-Naw city fell. In Menorra"
    )
    found = dict(places_in("", body))
    assert pytest.approx({k: found[k] for k in list(found)[:3]}, abs=0.11) == {
        "Bundara": 0.6,
        "Qala-e-Naw": 0.5,
        "Badghis": 0.6,
    }
    assert "January" not in found
    assert places_in("", "nothing here") == ()


def test_calendar_words_are_collected() -> None:
    """Days, months, years and weekdays are read in several languages and orders."""
    found = mentioned("On Wednesday, 4 March 2026 and March 5th; am 6. Mai, il 7 giugno; 99 July; 2026")
    assert (
        found.days,
        found.months,
        found.years,
        found.weekdays,
    ) == ((304, 305, 506, 607), (3, 5, 6, 7), (2026,), (2,))
    assert mentioned("x " * 800 + "Monday").weekdays == ()


@pytest.mark.parametrize(
    ("words", "day"), [("On Monday", 2), ("Wednesday", 4), ("Friday", 27), ("today", 4), ("yesterday", 3)]
)
def test_occurred_counts_back_from_publication(words: str, day: int) -> None:
    """A weekday is the last such day up to publication."""
    found = occurred(words, START)
    assert found is not None
    assert (day, words) == (found.start.day, found.evidence)


def test_occurred_is_unknown_where_nothing_tells() -> None:
    """Without words or date there is no day, and the first day of the calendar has no yesterday."""
    assert occurred(None, START) is None
    assert occurred("today", None) is None
    first = datetime(1, 1, 1, tzinfo=UTC)
    found = occurred("yesterday", first)
    assert found is not None
    assert first == found.start
    assert when_said(["It ends next Friday.", "On Monday it began."]) == "On Monday"
    assert when_said(["No day."]) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("the house of the people was in a state of fear", "en"),
        ("das Haus ist nicht mehr in der Stadt und der Wald", "de"),
        ("la maison est dans une ville et les gens sont avec elle", "fr"),
        ("он сказал что это не было и в доме", "ru"),
        ("xyzzy plugh", "und"),
        ("", "und"),
    ],
)
def test_language_is_told_by_small_words(text: str, language: str) -> None:
    """Small words tell the language; without them it is undecided."""
    assert language == language_of(text.lower().split(), None)


def test_stated_language_is_believed() -> None:
    """What the article states goes before what its words look like."""
    assert language_of(["the"], "fr-CH") == "fr"


def test_unspaced_scripts_are_cut_into_pairs() -> None:
    """Where no spaces stand between words, pairs of characters stand for words."""
    assert plain_words("東京で M6 地 ok") == ["東京", "京で", "m6", "地", "ok"]
    assert plain_words("a東京b") == ["a", "東京", "b"]


def test_sketch_of_whole_texts_is_exact() -> None:
    """Short texts are compared exactly: identical, half contained, disjoint, too short."""
    words = [f"w{i}" for i in range(104)]
    whole, count = sketch(words)
    half, half_count = sketch(words[:54])
    other, other_count = sketch([f"x{i}" for i in range(104)])
    assert (count, half_count) == (100, 50)
    assert (
        overlap(hashes_of(whole), count, hashes_of(half), half_count).resemblance,
        overlap(hashes_of(whole), count, hashes_of(half), half_count).containment,
    ) == (0.5, 1.0)
    assert overlap(hashes_of(whole), count, hashes_of(other), other_count).containment == 0.0
    assert sketch(words[:6])[0] == b""
    assert overlap(hashes_of(b""), 0, hashes_of(whole), count).resemblance == 0.0


def test_sketch_of_long_texts_is_close() -> None:
    """Long texts are sampled: the estimate lies within a few hundredths, also against a short one."""
    words = [f"w{i}" for i in range(3000)]
    whole, count = sketch(words)
    part, part_count = sketch(words[:1500])
    short, short_count = sketch(words[:204])
    assert len(hashes_of(whole)) == SIZE
    found = overlap(hashes_of(part), part_count, hashes_of(whole), count)
    assert pytest.approx((0.5, 1.0), abs=0.08) == (found.resemblance, found.containment)
    assert pytest.approx(1.0, abs=0.01) == overlap(hashes_of(whole), count, hashes_of(short), short_count).containment


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=200), st.text(max_size=600))
def test_features_of_any_text(headline: str, body: str) -> None:
    """No text makes features fail, and the same text gives the same features."""
    assert features_of(headline, body, None) == features_of(headline, body, None)


def test_features_name_what_matters() -> None:
    """Terms of the headline come with the article's names and numbers, whatever its length."""
    found = features_of("Earthquake kills 12 in coastal town of Bundara", QUAKE, None)
    assert found.language == "en"
    assert {"earthquak", "bundara", "coastal"} <= set(found.headline)
    assert {"bundara", "quill"} <= set(found.named)
    assert {"12", "6.3", "4000"} <= set(found.numbers)
    assert (
        found.text_hash == features_of("earthquake kills 12 in Coastal Town of Bundara!", QUAKE.upper(), None).text_hash
    )


def test_closing_words_are_no_terms() -> None:
    """What stands in the last paragraphs only is a footer, not what the article is about."""
    footer = "\n\nSubscribe to our zebra newsletter."
    assert "zebra" not in dict(features_of("Trial", TRIAL + footer, "en").terms)


def test_terms_of_a_text_are_its_stems() -> None:
    """Document frequencies count stems, without small words, in languages with a stemmer and without."""
    assert telling_terms("The earthquakes and the town", "en") == {"earthquak", "town"}
    assert telling_terms("xyzzies", "und") == {"xyzzies"}


def test_observation_of_strangers_is_none() -> None:
    """Two articles that share no words are not looked at any closer, and the odds are as low as they go."""
    window = Window(FoldPolicy())
    one = window.probe(features_of("Alpha", "alpha beta gamma", "en"), None)
    two = window.probe(features_of("Delta", "delta epsilon zeta", "en"), None)
    assert observe(one, [two.profile]) == [None]
    assert observe(one, []) == []
    assert log_odds(window.model, None) == -LIMIT


def test_footers_lead_to_a_limited_number_of_articles() -> None:
    """A text that stands in hundreds of articles is compared with few of them."""
    window = Window(FoldPolicy())
    for i in range(40):
        place(window, article(f"f{i}", f"Notice {i}", QUAKE, house=f"h{i}.example"), i)
    sketched = hashes_of(features_of("", QUAKE, None).sketch)
    assert len(window.overlapping(sketched)) <= 24


def test_names_kept_apart_by_lower_case_words() -> None:
    """A word that is written small elsewhere is no name when it opens a sentence, and runs may end in small words."""
    found = names_in(cut("Aid came. The aid of Bundara of the north. University of"), STOP, "en")
    assert dict(found) == {"Bundara": 1}
