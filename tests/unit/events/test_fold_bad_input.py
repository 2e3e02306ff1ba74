"""What badly made articles and streams must not do to folding."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest

from storyfold.events.fold import fold
from storyfold.events.life import sweep
from storyfold.events.policy import FoldPolicy
from storyfold.events.window import Window
from storyfold.model.articles import Article, PlacementKind
from storyfold.model.events import EventStatus
from storyfold.model.identity import EventId
from tests.fakes.events_press import START, article, features, place, quake, quake_again, trial

_STRIKE = (
    "Bus drivers in Ostrand will stop work on Friday to press for shorter shifts, their union said. "
    "Talks with the Ostrand Transit Board broke down over an offer of 3 per cent, union secretary Berit Molan said. "
    "Some 900 drivers are called out, and night lines will not run until Sunday."
)
_LAUNCH = (
    "A Corvane rocket carrying a weather satellite lifted off from the Sandhook range before dawn. "
    "The satellite, Meteon 4, separated after 27 minutes, flight director Paul Ekander said. "
    "It will watch storms over the southern ocean for eight years."
)
_VOTE = (
    "Lawmakers in Velmark rejected a bill to lower the voting age to sixteen by 88 votes to 71. "
    "The minister for the interior, Sanna Kallio, said she would bring the bill back after the summer. "
    "Youth groups had camped outside the Velmark assembly for a week."
)
_ROUND_UP = (
    "Good evening, here is what happened today.\n\n1. An earthquake of magnitude 6.3 killed 12 people in Bundara."
    "\n\n2. A jury in Larkfield convicted banker Odo Venn of pension fraud."
    "\n\n3. Bus drivers in Ostrand will stop work on Friday."
    "\n\n4. A Corvane rocket put the weather satellite Meteon 4 into orbit."
    "\n\n5. Lawmakers in Velmark rejected a lower voting age."
)


@pytest.fixture
def window() -> Window:
    return Window(FoldPolicy())


def _day_of_news() -> list[Article]:
    return [
        quake(),
        trial(),
        article("strike", "Ostrand bus drivers to strike on Friday", _STRIKE, house="kurier.example"),
        article("launch", "Rocket puts Meteon 4 weather satellite into orbit", _LAUNCH, house="orbit.example"),
        article("vote", "Velmark rejects voting at sixteen", _VOTE, house="kurier.example"),
    ]


def _event(window: Window, each: Article) -> EventId:
    known = window.known(each.article_id)
    assert known is not None
    return window.resolve(known.event_id)


@pytest.mark.parametrize("at", [0, 2, 5])
def test_list_of_headlines_is_no_hub(window: Window, at: int) -> None:
    """A list of the day's five things does not make one event of the five, whenever it comes."""
    stream = _day_of_news()
    stream.insert(at, article("five", "Five things you need to know today", _ROUND_UP, house="brief.example"))
    for i, each in enumerate(stream):
        place(window, each, 60 * i)
    news = [_event(window, each) for each in _day_of_news()]
    assert all(one != other for one, other in combinations(news, 2))


def test_live_blog_that_tells_of_everything_is_no_hub(window: Window) -> None:
    """A live page that grows to 200 kB and mentions all the day's news leaves its events apart."""
    entries = [each.body for each in _day_of_news()]
    blog = article("live", "Live: the day's news as it happens", "\n\n".join(entries * 130), house="live.example")
    assert len(blog.body) > 200_000
    for i, each in enumerate([blog, *_day_of_news()]):
        place(window, each, 60 * i)
    placed = [window.known(each.article_id) for each in _day_of_news()]
    reports = [each for each in placed if each is not None and each.kind is not PlacementKind.DUPLICATE]
    assert len(reports) == len({window.resolve(each.event_id) for each in reports})


@pytest.mark.parametrize("headline", ["Live", "Video", "Opinion", ""])
def test_headlines_without_bodies_stay_apart(window: Window, headline: str) -> None:
    """Pages of which nothing but a label was read have nothing in common, however often the label comes."""
    events = {
        place(window, article(f"e{i}", headline, "", house=f"h{i}.example"), i).events[0].event_id for i in range(5)
    }
    assert len(events) == 5


def test_footer_of_several_paragraphs_glues_nothing(window: Window) -> None:
    """What a house prints under everything does not tie its articles, though it fills three paragraphs."""
    footer = (
        "\n\nRead the Ostwire evening letter."
        "\n\nOstwire belongs to its readers, and is printed by the Harbour Press of Menorra."
        "\n\nWrite to the editors of Ostwire at the harbour office in Menorra. All rights reserved by Ostwire."
    )
    for i, each in enumerate(_day_of_news()):
        place(window, replace(each, body=each.body + footer), 60 * i)
    events = {_event(window, each) for each in _day_of_news()}
    assert len(events) == len(_day_of_news())


@pytest.mark.parametrize("year", [1970, 2099])
def test_absurd_date_does_not_split_an_event(window: Window, year: int) -> None:
    """A house whose dates are wrong still has its report put with the others."""
    place(window, quake())
    odd = replace(quake_again(), published_at=None)
    far = article("odd", odd.headline, odd.body, house="odd.example", published=datetime(year, 1, 1, tzinfo=UTC))
    assert PlacementKind.REPORT is place(window, far, 60).folded.placed.placement.kind


def test_stream_that_stops_for_a_week_goes_on(window: Window) -> None:
    """After a week of silence a late report finds its event closed and opens it again; news opens its own."""
    first = place(window, quake())
    back = START + timedelta(days=7)
    for step in sweep(window, back):
        window.settle(step)
    late = replace(quake_again(), published_at=None)
    folding = fold(window, late, features(late), back)
    window.absorb(folding)
    assert first.events[0].event_id == folding.events[-1].event_id
    assert folding.events[-1].status in {EventStatus.OPEN, EventStatus.EMERGING}
    other = fold(window, trial(), features(trial()), back)
    assert PlacementKind.FIRST is other.folded.placed.placement.kind
