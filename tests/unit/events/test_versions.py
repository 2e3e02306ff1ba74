"""What a version of an article changed."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from storyfold.events.versions import diff_of
from storyfold.model.articles import Dated, DateSource, TextChange
from tests.fakes.events_press import START, quake
from tests.fakes.wire_values import FEW

SENTENCES = st.lists(st.sampled_from(["One stood.", "Two fell.", "Three ran.", "Four sat.", "Five sang."]), max_size=12)


def test_only_what_differs_is_told() -> None:
    """Fields in their order, and of the body the sentences that went and came."""
    before = replace(quake(), body="One stood. Two fell.\n\nThree ran.", modified_at=None)
    after = replace(
        before,
        headline="Other",
        body="One stood. Two rose.\n\nThree ran.",
        authors=("A. B.",),
        modified_at=Dated(START, DateSource.META),
    )
    stamp = START.isoformat().replace("+00:00", "Z")
    assert (
        TextChange("headline", (before.headline,), ("Other",)),
        TextChange("body", ("Two fell.",), ("Two rose.",)),
        TextChange("authors", before.authors, ("A. B.",)),
        TextChange("modified_at", (), (stamp,)),
    ) == diff_of(before, after)


def test_nothing_is_told_of_a_body_that_was_pruned_or_only_broken_anew() -> None:
    """Without the text before there is nothing to compare, and line breaks are no sentences."""
    after = replace(quake(), body="One stood. Two fell.")
    assert () == diff_of(replace(after, body=""), after)
    assert () == diff_of(replace(after, body="One stood.\n\nTwo fell."), after)
    assert (TextChange("headline", ("x",), ()),) == diff_of(replace(after, headline="x"), replace(after, headline=""))


def test_a_diff_is_bounded() -> None:
    """A rewritten book of an article is told by its beginning, and says so."""
    before = replace(quake(), body=" ".join(f"Old {number} stood there." for number in range(1000)))
    after = replace(quake(), body=" ".join(f"New {number} {'very ' * 100}late." for number in range(1000)))
    (change,) = diff_of(before, after)
    assert (24, 24, True) == (len(change.before), len(change.after), change.cut)
    assert max(map(len, change.after)) == 300


def test_long_texts_are_compared_as_bags() -> None:
    """Of a thousand sentences the one that is new and the one that went are found, repeats counted."""
    whole = [f"Line {number} stood." for number in range(1000)]
    before = replace(quake(), body=" ".join([*whole, "Line 3 stood."]))
    after = replace(quake(), body=" ".join([*whole, "New came."]))
    assert (TextChange("body", ("Line 3 stood.",), ("New came.",)),) == diff_of(before, after)


@FEW
@given(SENTENCES, SENTENCES)
def test_taking_out_and_putting_in_leads_from_one_to_the_other(old: list[str], new: list[str]) -> None:
    """As bags: what stood, less what was removed, and what was added, is what stands."""
    before, after = replace(quake(), body=" ".join(old)), replace(quake(), body=" ".join(new))
    if not old:
        return
    changes = {change.field: change for change in diff_of(before, after)}
    removed = changes["body"].before if "body" in changes else ()
    added = changes["body"].after if "body" in changes else ()
    left = list(old)
    for sentence in removed:
        left.remove(sentence)
    assert sorted([*left, *added]) == sorted(new)
