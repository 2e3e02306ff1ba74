import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from storyfold.events.bcubed import agreement
from storyfold.events.changes import diff
from storyfold.events.fold import fold
from storyfold.events.life import sweep
from storyfold.events.likeness import KINDS, LIMIT, shipped_model
from storyfold.events.policy import FoldPolicy
from storyfold.events.revise import revise
from storyfold.events.steps import Folding
from storyfold.events.window import Window
from storyfold.model.articles import ArticleChange, Evidence, EvidenceKind, PlacedArticle, PlacementKind
from storyfold.model.commit import EventHead, WindowRow, WindowState
from storyfold.model.events import ChangeKind, Event, EventStatus
from storyfold.model.identity import EventId
from tests.fakes.events_press import (
    QUAKE,
    QUAKE_AGAIN,
    START,
    article,
    features,
    place,
    quake,
    quake_again,
    trial,
)


@pytest.fixture
def window() -> Window:
    return Window(FoldPolicy())


def test_first_report_opens_an_event(window: Window) -> None:
    """An article unlike any other opens an event at version 1, told by one house."""
    folding = place(window, quake())
    (event,) = folding.events
    (change,) = folding.changes
    assert (event.version, event.status) == (1, EventStatus.EMERGING)
    assert (change.from_version, change.to_version, change.kind) == (0, 1, ChangeKind.OPENED)
    assert folding.folded.placed.placement.kind is PlacementKind.FIRST
    assert event.title.text == "Earthquake kills 12 in coastal town of Bundara"


def test_another_report_joins_its_event(window: Window) -> None:
    """The same happening in another house's words is a report with evidence, and makes the event open."""
    first = place(window, quake())
    second = place(window, quake_again(), 60)
    placement = second.folded.placed.placement
    (event,) = second.events
    assert (first.events[0].event_id, PlacementKind.REPORT) == (placement.event_id, placement.kind)
    assert (event.version, event.status) == (2, EventStatus.OPEN)
    assert (
        event.counts.articles,
        event.counts.reports,
        event.counts.duplicates,
        event.counts.publishers,
        event.counts.independent_publishers,
    ) == (2, 2, 0, 2, 2)
    weights = [abs(each.weight) for each in placement.evidence[1:]]
    assert placement.evidence[0].kind is EvidenceKind.SCORE
    assert sorted(weights, reverse=True) == weights
    assert {EvidenceKind.TERM, EvidenceKind.NAME, EvidenceKind.NUMBER} <= {each.kind for each in placement.evidence}
    assert "counts" in {each.field for each in second.changes[0].diff}


def test_another_happening_opens_another_event(window: Window) -> None:
    """An unrelated article does not join."""
    first = place(window, quake())
    second = place(window, trial(), 60)
    assert first.events[0].event_id != second.events[0].event_id


def test_exact_copy_is_a_duplicate(window: Window) -> None:
    """The same words elsewhere are a copy; copies confirm nothing."""
    first = place(window, quake())
    copy = place(window, article("copy", quake().headline, QUAKE, house="other.example"), 60)
    placement = copy.folded.placed.placement
    assert (PlacementKind.DUPLICATE, quake().article_id, 1.0) == (placement.kind, placement.of, placement.score)
    assert EvidenceKind.TEXT_HASH is placement.evidence[0].kind
    assert ChangeKind.DUPLICATE_ADDED is copy.changes[0].kind
    assert (copy.events[0].counts.publishers, copy.events[0].counts.independent_publishers) == (2, 1)
    assert first.events[0].quotes == copy.events[0].quotes


def test_cut_copy_under_another_headline_is_a_duplicate(window: Window) -> None:
    """Wire copy that lost its last paragraph and its headline is found by containment."""
    place(window, quake())
    cut = QUAKE[: QUAKE.index("Aid convoys")]
    placement = place(window, article("cut", "Dozen die as ground shakes", cut), 60).folded.placed.placement
    assert (placement.kind, placement.evidence[0].kind) == (PlacementKind.DUPLICATE, EvidenceKind.SHINGLES)


# What reading made of pages that have no text of their own.
_FURNITURE = (
    "External links open in a new window and Ostwire is not responsible for what stands on other sites "
    "nor for what their owners may change."
)


def test_page_furniture_makes_no_copies(window: Window) -> None:
    """Two pages of which only a house's standing words were read are no copies under different headlines."""
    place(window, article("quake", "Earthquake kills 12 in Bundara", _FURNITURE))
    other = place(window, article("trial", "Larkfield banker convicted of fraud", _FURNITURE), 60)
    assert PlacementKind.DUPLICATE is not other.folded.placed.placement.kind


def test_tiny_copy_under_its_headline_is_a_duplicate(window: Window) -> None:
    """A brief that another house repeats with its headline is a copy, however short; so is a copy of the copy."""
    place(window, article("one", "Earthquake kills 12 in Bundara", _FURNITURE))
    for i in (1, 2):
        headline = "Earthquake kills 12 in Bundara town" if i == 1 else "Bundara"
        again = place(window, article(f"again{i}", headline, f"Now {_FURNITURE}", house="b.example"), 60 * i)
        assert PlacementKind.DUPLICATE is again.folded.placed.placement.kind


def test_same_article_many_times_stays_one_event(window: Window) -> None:
    """A thousand copies make one event with one report."""
    for i in range(1000):
        last = place(window, article(f"c{i}", quake().headline, QUAKE, house=f"h{i}.example"), i)
    assert (last.events[-1].counts.articles, last.events[-1].counts.reports) == (1000, 1)
    assert last.events[-1].version == 1000
    assert len(last.events[-1].articles) == 50


def test_common_footer_glues_nothing(window: Window) -> None:
    """A footer that a house appends to everything does not make one event of its articles."""
    footer = (
        "\n\nSubscribe to the Ostwire morning letter for the best of our reporting, sent before breakfast. "
        "Ostwire is owned by its readers and printed in Menorra by the Harbour Press."
    )
    one = place(window, replace(quake(), body=QUAKE + footer))
    two = place(window, replace(trial(), body=trial().body + footer), 60)
    assert one.events[0].event_id != two.events[0].event_id


@pytest.mark.parametrize(
    ("headline", "body"),
    [("", ""), ("Live", ""), ("", "x"), ("Earthquake", "Earthquake."), ("A", "word " * 40_000)],
)
def test_odd_texts_are_placed(window: Window, headline: str, body: str) -> None:
    """Empty, one-word and very long texts open an event of their own rather than fail or glue."""
    place(window, quake())
    folding = place(window, article("odd", headline, body), 60)
    assert PlacementKind.FIRST is folding.folded.placed.placement.kind


@pytest.mark.parametrize("year", [1970, 2099])
def test_far_dates_do_not_fail(window: Window, year: int) -> None:
    """An article dated in another age is placed; under weights that heed time, its date speaks against joining."""
    heeding = tuple(
        -0.5 if kind == "apart" else weight for kind, weight in zip(KINDS, window.model.weights, strict=True)
    )
    window.model = replace(window.model, weights=heeding)
    place(window, quake())
    far = article(
        "far", "Earthquake kills 12 in Bundara", quake_again().body, published=datetime(year, 1, 1, tzinfo=UTC)
    )
    near = replace(far, published_at=quake().published_at)
    far_score = _time_weight(fold(window, far, features(far), START).folded.placed.placement.evidence)
    near_score = _time_weight(fold(window, near, features(near), START).folded.placed.placement.evidence)
    assert far_score < near_score


def _time_weight(evidence: tuple[Evidence, ...]) -> float:
    return sum(each.weight for each in evidence if each.what == "days between publication")


def test_quiet_event_closes_once_and_reopens(window: Window) -> None:
    """An event without reports is closed after the quiet time; a late report opens it again, version by version."""
    place(window, quake())
    later = START + timedelta(hours=72)
    (closing,) = sweep(window, later)
    window.settle(closing)
    assert (
        closing.event.status,
        closing.change.kind,
        closing.event.version,
    ) == (EventStatus.CLOSED, ChangeKind.CLOSED, 2)
    assert sweep(window, later + timedelta(hours=72)) == ()
    late = place(window, quake_again(), 80 * 3600)
    assert [change.kind for change in late.changes] == [ChangeKind.REOPENED, ChangeKind.REPORT_ADDED]
    assert [event.version for event in late.events] == [3, 4]
    assert EventStatus.OPEN is late.events[-1].status


def test_report_puts_closing_off(window: Window) -> None:
    """An event that got a report in between is not closed at the first moment noted for it."""
    place(window, quake())
    place(window, quake_again(), 3600)
    assert sweep(window, START + timedelta(hours=72)) == ()
    assert len(sweep(window, START + timedelta(hours=73))) == 1


def test_old_articles_leave_the_window(window: Window) -> None:
    """Behind the window nothing is compared any more, and nothing is kept."""
    place(window, quake())
    place(window, article("copy", quake().headline, QUAKE, house="other.example"), 60)
    window.expire(START + timedelta(days=15))
    assert window.known(quake().article_id) is None
    late = place(window, quake_again(), 15 * 86_400)
    assert PlacementKind.FIRST is late.folded.placed.placement.kind


def test_rebuilt_window_decides_alike(window: Window) -> None:
    """A window filled from the store, bodies left out, folds the next article as the live one does."""
    foldings = [place(window, quake()), place(window, trial(), 30)]
    state = WindowState(
        tuple(
            replace(
                each.folded, placed=replace(each.folded.placed, article=replace(each.folded.placed.article, body=""))
            )
            for each in foldings
        ),
        tuple(each.events[-1] for each in foldings),
    )
    rebuilt = Window.rebuild(state, FoldPolicy())
    one = fold(window, quake_again(), features(quake_again()), START)
    two = fold(rebuilt, quake_again(), features(quake_again()), START)
    assert one == two


def _placed(window: Window) -> PlacedArticle:
    return place(window, quake()).folded.placed


def test_cosmetic_revision_leaves_the_event_alone(window: Window) -> None:
    """A comma more is version 2 of the article and no step of the event."""
    previous = _placed(window)
    newer = replace(quake(), body=QUAKE.replace("tents and water", "tents, and water"))
    folding = revise(window, previous, newer, features(newer), START)
    assert (folding.folded.placed.article.version, folding.folded.placed.article.change) == (2, ArticleChange.COSMETIC)
    assert (folding.events, folding.changes) == ((), ())


@pytest.mark.parametrize(
    ("addition", "change", "kind"),
    [
        ("The toll rose to 31 people by nightfall, officials said.", ArticleChange.SUBSTANTIVE, ChangeKind.DESCRIBED),
        ("Correction: 14 people died, not 12 people as stated.", ArticleChange.CORRECTION, ChangeKind.CORRECTED),
        ("This story has been withdrawn.", ArticleChange.RETRACTION, ChangeKind.CORRECTED),
    ],
)
def test_revision_is_told_apart(window: Window, addition: str, change: ArticleChange, kind: ChangeKind) -> None:
    """New facts, corrections and retractions are told apart, and take the event one version further."""
    previous = _placed(window)
    newer = replace(quake(), headline="Bundara earthquake: what we know now", body=f"{addition} {QUAKE}")
    folding = revise(window, previous, newer, features(newer), START)
    window.absorb(folding)
    assert change is folding.folded.placed.article.change
    assert [(2, kind)] == [(each.to_version, each.kind) for each in folding.changes]
    assert previous.placement.event_id == folding.folded.placed.placement.event_id


def test_retraction_takes_the_facts_back(window: Window) -> None:
    """What rested on a retracted article alone leaves the event."""
    previous = _placed(window)
    newer = replace(quake(), headline="RETRACTION: earthquake", body="This story has been withdrawn.")
    (event,) = revise(window, previous, newer, features(newer), START).events
    assert (event.summary, event.figures, event.quotes) == ((), (), ())


def test_scores_of_a_clustering() -> None:
    """B-cubed and pairwise scores are what their definitions give by hand."""
    found = agreement(["a", "a", "b", "b"], ["x", "x", "x", "y"])
    assert pytest.approx((0.75, 2 / 3, 12 / 17, 0.4)) == (
        found.precision,
        found.recall,
        found.f1,
        found.pairwise_f1,
    )
    assert agreement([], []).f1 == 1.0
    assert agreement(["a"], ["x"]).pairwise_f1 == 1.0


def test_diff_is_json(window: Window) -> None:
    """Every field that a change shows, before and after, is JSON."""
    place(window, quake())
    for each in place(window, quake_again(), 60).changes[0].diff:
        assert json.loads(each.before) != json.loads(each.after)


def _merged(window: Window) -> Folding:
    """Two events opened under a strict model, made one by a third report under a lax one."""
    strict = replace(shipped_model(), join=LIMIT + 1)
    window.model = strict
    place(window, quake())
    place(window, quake_again(), 60)
    window.model = replace(strict, join=-LIMIT, merge=-LIMIT)
    third = article(
        "third", "Bundara: earthquake toll stays at 12", QUAKE_AGAIN[:240] + QUAKE[60:200], house="c.example"
    )
    return place(window, third, 120)


def test_two_events_become_one(window: Window) -> None:
    """When a report shows that two events are one, the later ends with the earlier's id; all its articles move."""
    folding = _merged(window)
    assert [each.kind for each in folding.changes] == [ChangeKind.REPORT_ADDED, ChangeKind.MERGED, ChangeKind.MERGED]
    winner, loser = folding.events[-2:]
    assert (EventStatus.MERGED, winner.event_id) == (loser.status, loser.merged_into)
    assert (loser.event_id,) == winner.merged_from
    assert 3 == winner.counts.articles == len(winner.articles)
    versions: dict[str, list[int]] = {}
    for each in folding.changes:
        versions.setdefault(each.event_id, []).append(each.to_version)
    assert all(list(range(steps[0], steps[0] + len(steps))) == steps for steps in versions.values())
    held = window.held(loser.event_id)
    assert held is not None
    assert (winner, 3) == (window.document(held.event_id), len(held.reports))


def _alone(window: Window, rejoin: float) -> Folding:
    """A report that stayed alone under a strict model, and an event that has grown since."""
    shipped = shipped_model()
    window.model = replace(shipped, join=LIMIT + 1)
    place(window, quake())
    place(window, quake_again(), 60)
    window.model = replace(shipped, merge=LIMIT + 1, rejoin=rejoin)
    text = QUAKE_AGAIN[:240] + QUAKE[60:200]
    return place(window, article("third", "Bundara: earthquake toll stays at 12", text, house="c.example"), 120)


def test_a_report_that_stayed_alone_is_looked_at_again(window: Window) -> None:
    """When an event that it belongs to grows, a lone report is taken in; its id leads there."""
    folding = _alone(window, -1.0)
    assert [ChangeKind.REPORT_ADDED, ChangeKind.MERGED, ChangeKind.MERGED] == [each.kind for each in folding.changes]
    assert 3 == folding.events[-2].counts.reports


def test_a_report_that_is_far_from_all_stays_alone(window: Window) -> None:
    """Below the line a lone report stays an event of its own."""
    folding = _alone(window, LIMIT + 1)
    assert [ChangeKind.REPORT_ADDED] == [each.kind for each in folding.changes]


def test_merged_events_close_as_one(window: Window) -> None:
    """Of two events that became one only the one that lives is closed."""
    _merged(window)
    assert len(sweep(window, START + timedelta(days=5))) == 1


def test_rebuilt_window_follows_merges(window: Window) -> None:
    """An article placed in an event that was merged away belongs to the event that lives."""
    foldings = [place(window, quake())]
    gone = replace(
        foldings[0].events[0],
        event_id=EventId("00000000-0000-7000-8000-000000000000"),
        status=EventStatus.MERGED,
        merged_into=foldings[0].events[0].event_id,
    )
    rebuilt = Window.rebuild(WindowState((foldings[0].folded,), (foldings[0].events[0], gone)), FoldPolicy())
    assert foldings[0].events[0].event_id == rebuilt.resolve(gone.event_id)


def test_article_of_a_lost_event_is_left_out(window: Window) -> None:
    """An article whose event the store no longer has is not compared with."""
    folding = place(window, quake())
    rebuilt = Window.rebuild(WindowState((folding.folded,), ()), FoldPolicy())
    assert rebuilt.known(quake().article_id) is None


def test_revised_copy_adds_no_facts(window: Window) -> None:
    """A new headline of a copy changes the list of articles, not what the event says."""
    place(window, quake())
    copy = article("copy", quake().headline, QUAKE, house="other.example")
    previous = place(window, copy, 60).folded.placed
    newer = replace(copy, headline="Bundara in ruins after earthquake")
    (event,) = revise(window, previous, newer, features(newer), START).events
    assert "Bundara in ruins after earthquake" in {each.headline for each in event.articles}
    assert quake().headline == event.title.text


def test_revision_without_its_event_is_kept(window: Window) -> None:
    """A new version of an article that left the window is placed as before and touches no event."""
    previous = _placed(window)
    window.expire(START + timedelta(days=15))
    newer = replace(quake(), headline="Bundara: what we know now")
    folding = revise(window, previous, newer, features(newer), START)
    assert (folding.folded.placed.article.version, folding.events) == (2, ())
    same = revise(window, previous, quake(), features(quake()), START)
    assert ArticleChange.COSMETIC is same.folded.placed.article.change


def test_clear_headline_replaces_a_label(window: Window) -> None:
    """A one-word headline gives way to one that tells; a telling one stays."""
    place(window, replace(quake(), headline="Live"))
    event = place(window, quake_again(), 60).events[-1]
    assert event.title.text == "Bundara earthquake: 12 dead, bridge destroyed"


def test_reports_of_one_moment_close_once(window: Window) -> None:
    """Two articles placed at the same moment note one closing, and a closed event of the store is not closed again."""
    first = place(window, quake())
    place(window, quake_again())
    (closing,) = sweep(window, START + timedelta(days=5))
    rebuilt = Window.rebuild(WindowState((first.folded,), (closing.event,)), FoldPolicy())
    assert sweep(rebuilt, START + timedelta(days=5)) == ()


def test_long_revisions_are_compared_by_their_ends(window: Window) -> None:
    """In a long article a correction is looked for at both ends, and a text too short to sketch by its words."""
    previous = _placed(window)
    newer = replace(quake(), body=QUAKE * 2 + " Correction: the bridge stands.")
    assert (
        revise(window, previous, newer, features(newer), START).folded.placed.article.change is ArticleChange.CORRECTION
    )
    brief = place(window, article("brief", "Short notice", "Harbour closed."), 60).folded.placed
    other = replace(brief.article, body="Harbour closed again.")
    assert (
        revise(window, brief, other, features(other), START).folded.placed.article.change is ArticleChange.SUBSTANTIVE
    )


def test_what_has_no_json_form_is_named() -> None:
    """A value that an event should not hold is refused with its type's name."""
    with pytest.raises(TypeError, match="object"):
        diff(replace(_event(), category=object()), _event())  # type: ignore[arg-type] - a value that should not be there


def _event() -> Event:
    return place(Window(FoldPolicy()), quake()).events[0]


def test_a_window_filled_from_packed_rows_decides_alike(window: Window) -> None:
    """What the store keeps is all that deciding needs; descriptions are given back when they are asked for."""
    foldings = [place(window, each, number * 60) for number, each in enumerate((quake(), trial()))]
    event = foldings[0].events[-1]
    filled = Window(FoldPolicy(), documents=1)
    filled.take_heads(EventHead(each.events[-1].event_id, EventStatus.EMERGING, None) for each in foldings)
    filled.take_rows(
        WindowRow(
            each.folded.placed.article.article_id,
            each.folded.placed.placement.event_id,
            each.folded.placed.placement.kind,
            1,
            each.folded.placed_at,
            each.folded.packed,
        )
        for each in foldings
    )
    assert (event.event_id,) == filled.lacking([event.event_id])
    filled.recall(foldings[1].events[-1])
    filled.recall(event)
    assert (foldings[1].events[-1].event_id,) == filled.lacking([each.events[-1].event_id for each in foldings])
    assert place(window, quake_again(), 300) == place(filled, quake_again(), 300)


def test_an_event_that_is_lost_takes_its_articles_along(window: Window) -> None:
    """As when the store no longer has it: the next report opens another."""
    first = place(window, quake()).events[-1]
    place(window, trial(), 60)
    window.lose(first.event_id)
    assert (None, 1) == (window.held(first.event_id), window.size())
    assert place(window, quake_again(), 120).events[-1].event_id != first.event_id


def test_words_count_while_their_event_is_in_the_window(window: Window) -> None:
    """When all of it has left, words are as rare as at the start."""
    empty = dict(window._counts)
    place(window, quake())
    place(window, quake_again(), 60)
    assert empty != window._counts
    window.expire(START + timedelta(days=15))
    assert (empty, 0) == (window._counts, window.size())
