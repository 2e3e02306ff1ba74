from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from newsroom.corpus import lines
from newsroom.model import ArticleKind, FeedFormat, HabitLevel, Layout, Plan
from newsroom.plan import Size, compose, retime

START = datetime(2026, 3, 2, tzinfo=UTC)
SPAN = timedelta(hours=72)


def plan(seed: int = 7, **sizes: object) -> Plan:
    return compose(seed, Size(**{"publishers": 10, "happenings": 40, **sizes}), START, SPAN)  # type: ignore[arg-type] # table of sizes


@pytest.fixture(scope="module")
def big() -> Plan:
    return compose(7, Size(20, 120, HabitLevel.ALL, round_ups=True), START, SPAN)


def test_same_arguments_same_plan() -> None:
    """A plan is a function of its arguments."""
    assert plan() == plan()


def test_another_seed_another_plan() -> None:
    """Another seed tells other stories."""
    assert plan(7).articles[0].versions != plan(8).articles[0].versions


def test_articles_stand_in_order_of_time(big: Plan) -> None:
    """Articles come by time of publication, and all lie within the span."""
    times = [article.published for article in big.articles]
    assert times == sorted(times)
    every = [version.at for article in big.articles for version in article.versions]
    assert min(every) >= START
    assert max(every) < START + SPAN


def test_ids_guids_and_addresses_are_unique(big: Plan) -> None:
    """No two articles of a publisher share an address or an honest guid, and ids are unique."""
    assert len(big.articles) == len({article.id for article in big.articles})
    assert len(big.articles) == len({(article.publisher, article.path) for article in big.articles})
    assert len(big.articles) == len({article.guid for article in big.articles})


def test_a_copy_has_an_earlier_original_of_the_same_happening(big: Plan) -> None:
    """What an article copies was there before, is no copy itself, and tells of the same happening."""
    by_id = {article.id: article for article in big.articles}
    copies = [article for article in big.articles if article.copy_of is not None]
    assert copies
    for copy in copies:
        original = by_id[copy.copy_of or copy.id]
        assert original.copy_of is None
        assert original.published <= copy.published
        assert original.happening == copy.happening


def test_only_copies_are_labelled_copies(big: Plan) -> None:
    """Wire copies, light edits and mirrors name their original; nothing else does."""
    copying = {ArticleKind.WIRE_COPY, ArticleKind.LIGHT_EDIT, ArticleKind.MIRROR}
    assert {True} == {(article.kind in copying) == (article.copy_of is not None) for article in big.articles}


def test_mirrors_carry_the_very_words(big: Plan) -> None:
    """A mirror's body is its original's."""
    by_id = {article.id: article for article in big.articles}
    mirrors = [article for article in big.articles if article.kind is ArticleKind.MIRROR]
    assert mirrors
    for mirror in mirrors:
        original = by_id[mirror.copy_of or mirror.id]
        assert original.versions[0].paragraphs == mirror.versions[0].paragraphs


def test_wire_copies_share_most_words_with_their_original(big: Plan) -> None:
    """A wire copy is a cut and lightly edited copy: most of its word triples are the original's."""
    by_id = {article.id: article for article in big.articles}
    for copy in (a for a in big.articles if a.kind is ArticleKind.WIRE_COPY):
        original = by_id[copy.copy_of or copy.id]
        ours, theirs = (triples(" ".join(a.versions[0].paragraphs)) for a in (copy, original))
        assert len(ours & theirs) > 0.5 * len(ours)


def test_rewrites_share_few_words_with_one_another(big: Plan) -> None:
    """Two reports of one happening in own words are hardly ever near-duplicates."""
    own = {ArticleKind.FIRST, ArticleKind.REWRITE}
    reports = [a for a in big.articles if a.kind in own]
    pairs = [
        (triples(" ".join(one.versions[0].paragraphs)), triples(" ".join(two.versions[0].paragraphs)))
        for index, one in enumerate(reports)
        for two in reports[index + 1 : index + 40]
        if one.happening == two.happening
    ]
    similar = sum(len(one & two) > 0.5 * len(one | two) for one, two in pairs)
    assert len(pairs) > 50
    assert similar < 0.02 * len(pairs)


def triples(text: str) -> set[tuple[str, ...]]:
    words = text.lower().split()
    return {tuple(words[index : index + 3]) for index in range(len(words) - 2)}


def test_all_kinds_formats_and_layouts_occur(big: Plan) -> None:
    """A plan of some size has every kind of article, every feed format and every layout."""
    assert set(ArticleKind) == {article.kind for article in big.articles}
    assert set(FeedFormat) == {publisher.format for publisher in big.publishers}
    assert set(Layout) == {publisher.layout for publisher in big.publishers}


def test_background_and_round_ups_are_stories_of_their_own(big: Plan) -> None:
    """A background piece has a topic but no happening, and a story label that nobody shares."""
    stories = Counter(article.story for article in big.articles)
    own = [a for a in big.articles if a.kind in {ArticleKind.BACKGROUND, ArticleKind.ROUND_UP}]
    assert {1} == {stories[article.story] for article in own}
    assert {True} == {article.happening is None and article.topic is not None for article in own}


def test_every_happening_is_told(big: Plan) -> None:
    """No happening is without a report."""
    assert {happening.id for happening in big.happenings} == {a.happening for a in big.articles if a.happening}


def test_hard_neighbours_exist(big: Plan) -> None:
    """There are two happenings of one kind in different places of one region within a day."""
    close = [
        (one, two)
        for one in big.happenings
        for two in big.happenings
        if one.kind == two.kind
        and one.id < two.id
        and one.region == two.region
        and one.place != two.place
        and abs(one.at - two.at) < timedelta(days=1)
    ]
    assert close


def test_lengths_spread(big: Plan) -> None:
    """Bodies of own words run from short notes to long reads."""
    own = {ArticleKind.FIRST, ArticleKind.REWRITE, ArticleKind.FOLLOW_UP}
    lengths = [len(" ".join(a.versions[0].paragraphs).split()) for a in big.articles if a.kind in own]
    assert min(lengths) < 110
    assert max(lengths) > 300


def test_no_slot_or_mark_of_the_grammar_is_left(big: Plan) -> None:
    """Finished text holds no bracket, bar or macro of the templates."""
    for article in big.articles:
        version = article.versions[-1]
        text = " ".join((version.headline, version.summary, *version.paragraphs))
        assert not set("[]|<>") & set(text), text


@pytest.mark.parametrize(("level", "most"), [(HabitLevel.NONE, 0), (HabitLevel.SOME, 1), (HabitLevel.ALL, 2)])
def test_habits_by_level(level: HabitLevel, most: int) -> None:
    """The level says how many bad habits a publisher can have."""
    assert most == max(len(p.habits) for p in plan(habits=level, happenings=1, publishers=12).publishers)


def test_retimed_plan_is_even() -> None:
    """In rate mode articles come at even distances, in the same order and with the same words."""
    original = plan()
    even = retime(original, START, per_second=10)
    assert [a.id for a in original.articles] == [a.id for a in even.articles]
    assert timedelta(seconds=0.1) == even.articles[5].published - even.articles[4].published
    assert original.articles[5].versions[0].paragraphs == even.articles[5].versions[0].paragraphs


def test_corpus_lines_carry_the_footer_and_the_label() -> None:
    """A corpus has a line an article, with the publisher's footer at the end of the text."""
    made = plan()
    rows = list(lines(made))
    assert len(made.articles) == len(rows)
    footers = {p.id: p.footer for p in made.publishers}
    signed = [row for row, a in zip(rows, made.articles, strict=True) if footers[a.publisher]]
    assert signed
    assert '"story": "' in rows[0]


@pytest.mark.parametrize("size", [Size(0, 1), Size(1, 0)])
def test_nothing_to_publish_is_refused(size: Size) -> None:
    """A plan without publishers or happenings is a mistake."""
    with pytest.raises(ValueError, match="at least one"):
        compose(1, size, START, SPAN)


def test_a_start_without_zone_is_refused() -> None:
    """A naive start is a mistake."""
    with pytest.raises(ValueError, match="zone"):
        compose(1, Size(1, 1), START.replace(tzinfo=None), SPAN)
