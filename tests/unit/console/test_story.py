from dataclasses import replace
from datetime import timedelta

from storyfold.console.story import SHOWN_EVIDENCE, story_view
from storyfold.model.articles import Evidence, EvidenceKind
from storyfold.model.events import (
    Actor,
    ActorKind,
    Change,
    ChangeKind,
    EventStatus,
    Figure,
    Occurred,
    Place,
    Quote,
    Sentence,
    TimeResolution,
)
from storyfold.model.identity import ArticleId, ChangeId, EventId, PublisherId
from tests.fakes.press_review import NOON, event

DAY = timedelta(days=1)


def test_an_event_is_told_with_the_article_behind_each_fact() -> None:
    """What, when, where, who, figures, quotes and sources stand in the view, each with its article where known."""
    plain = event(0)
    known = plain.articles[0].article_id
    told = replace(
        plain,
        summary=(Sentence("The bridge is closed.", known), Sentence("Nobody was hurt.", ArticleId("long-gone"))),
        occurred=Occurred(NOON, NOON + DAY, TimeResolution.DAY, "Wednesday"),
        places=(Place("Northport", "no", None, None, None, None, None, 0.8),),
        actors=(Actor("Coast Guard", ActorKind.ORGANISATION, 7), Actor("Ada Lund", None, 2)),
        figures=(Figure(14.0, "injured", known, NOON),),
        quotes=(Quote("We heard a bang", "Ada Lund", known),),
        cited_sources=("Reuters",),
    )
    view = story_view(told, (), {PublisherId("northpost.example"): "North Post"})
    assert [("The bridge is closed.", "North Post"), ("Nobody was hurt.", None)] == [
        (each.text, each.source and each.source.publisher) for each in view.summary
    ]
    assert view.occurred is not None
    assert ("day", "Wednesday") == (view.occurred.resolution, view.occurred.evidence)
    assert ("Northport", "no", 0.8) == (view.places[0].name, view.places[0].country, view.places[0].confidence)
    assert [("Coast Guard", "organisation"), ("Ada Lund", None)] == [(each.name, each.kind) for each in view.actors]
    assert (14.0, "injured", NOON.isoformat()) == (view.figures[0].value, view.figures[0].what, view.figures[0].at)
    assert ("We heard a bang", "Ada Lund") == (view.quotes[0].text, view.quotes[0].speaker)
    assert ("Reuters",) == view.cited_sources
    assert len(plain.articles) == len(view.newest_articles)


def test_what_nobody_tells_is_nothing() -> None:
    """An event of which no time is known says so with None, not with a guess."""
    assert story_view(event(1), (), {}).occurred is None


def test_steps_come_newest_first_with_the_strongest_evidence() -> None:
    """Each step names its version, its article and at most a few observations with their weights."""
    told = event(0)
    evidence = tuple(Evidence(EvidenceKind.TERM, f"word {n}", 5.0 - n) for n in range(SHOWN_EVIDENCE + 2))
    steps = tuple(
        Change(ChangeId(f"c{n}"), told.event_id, n - 1, n, kind, article, evidence, (), NOON + n * DAY)
        for n, kind, article in (
            (1, ChangeKind.OPENED, told.articles[-1].article_id),
            (2, ChangeKind.CLOSED, None),
        )
    )
    view = story_view(told, steps, {})
    assert [(2, "closed", None), (1, "opened", told.articles[-1].url)] == [
        (each.version, each.kind, each.source and each.source.url) for each in view.steps
    ]
    assert SHOWN_EVIDENCE == len(view.steps[0].evidence)
    assert "term: word 0 (+5.00)" == view.steps[0].evidence[0]


def test_only_an_ended_event_leads_elsewhere() -> None:
    """The event that another went into is told for status merged, and for no other."""
    merged = replace(event(2), status=EventStatus.MERGED, merged_into=EventId("other"))
    assert "other" == story_view(merged, (), {}).merged_into
    assert story_view(event(2), (), {}).merged_into is None
