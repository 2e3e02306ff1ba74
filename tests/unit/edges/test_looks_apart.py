"""Further looks where the stages run apart: they travel whole, by their page's host, to the shard of their article."""

from dataclasses import replace

from storyfold.app.hops import host_of
from storyfold.edges import hop_messages
from storyfold.events.shards import shard_of
from storyfold.model.articles import Quality
from storyfold.model.feeds import Validators
from storyfold.model.outcomes import Looked, ReadArticle
from storyfold.model.rereads import Hint, LookOutcome, Reread
from tests.fakes.events_press import START, features, quake
from tests.fakes.store_values import ledger_of

PLAN = Reread(
    article_id=quake().article_id,
    version=2,
    url="http://moved.example:8080/quake",
    due_at=START,
    left=3,
    step=1,
    hint=Hint.FEED,
    mark="mark",
    quality=Quality.FULL,
    body_hash="hash",
    validators=Validators('"1"'),
    language="fr",
)
ROW = replace(ledger_of(), again=PLAN)
LOOKED = Looked(ROW, LookOutcome.CHANGED, PLAN, quake(), features(quake()), 200)


def test_a_look_and_what_it_found_travel_whole() -> None:
    """What is unpacked is what was packed."""
    assert ROW == hop_messages.entry_from(hop_messages.encode(ROW))
    assert LOOKED == hop_messages.outcome_from(hop_messages.encode(LOOKED))


def test_a_look_goes_to_who_is_polite_to_the_host_of_its_page() -> None:
    """That of the page that answered last, which need not be that of the feed's link."""
    assert "moved.example:8080" == host_of(ROW)
    assert "example.org" == host_of(replace(ROW, again=None))


def test_whoever_folded_an_article_decides_about_looks_at_it() -> None:
    """By the language in which it was folded, whatever the page is in now."""
    french = replace(features(quake()), language="fr")
    for shards in (1, 2, 3, 7):
        assert shard_of(ReadArticle(ROW, quake(), french), shards) == shard_of(LOOKED, shards)


def test_a_text_too_large_to_travel_proves_nothing() -> None:
    """The plan goes on without it."""
    smaller = hop_messages.smaller_outcome(LOOKED)
    assert replace(LOOKED, outcome=LookOutcome.NO_ARTICLE, article=None, features=None) == smaller
