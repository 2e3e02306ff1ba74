"""Two happenings that resemble each other, an article about both, and events into which they were put together."""

from datetime import timedelta

from storyfold.events.fold import Placing, fold, tell
from storyfold.events.window import Held, Window
from storyfold.model.articles import Article, Placement, PlacementKind
from storyfold.model.commit import FoldedArticle
from tests.fakes.events_press import QUAKE, QUAKE_AGAIN, START, article, features

OTHER = (
    "SORVIK (Nordwire) — A quake of magnitude 5.1 woke the mining village of Sorvik on Monday and injured 31 miners. "
    "The pit head of the Sorvik colliery gave way, its manager Anselm Roth said. "
    "Helicopters flew the injured over the snowed-in pass to the hospital of Tarn. "
    "Geologist Mira Lund warned that the glacier above Sorvik had cracked."
)
OTHER_AGAIN = (
    "Helicopters have flown 31 injured miners out of Sorvik after a magnitude 5.1 quake broke the colliery's pit head. "
    "Anselm Roth, who manages the mine, said that nobody was left underground on Monday. "
    "The pass to Tarn stays closed; Mira Lund sees cracks in the glacier above the village."
)
OTHER_THIRD = (
    "After Monday's quake the Sorvik colliery is shut: its pit head gave way and 31 miners were injured. "
    "Helicopters took them to the hospital of Tarn, since snow has closed the pass. "
    "The glacier above the village has cracked, geologist Mira Lund said; manager Anselm Roth wants to dig again."
)
ROUND_UP = (
    "Two earthquakes in one week: in Bundara the harbour town counts 12 dead after a tremor of magnitude 6.3 brought "
    "down the Bundara bridge, Mayor Teresa Quill said. In Sorvik 31 miners were injured when the colliery's pit head "
    "gave way; helicopters flew them to Tarn, said Anselm Roth. Convoys left Menorra; Mira Lund watches the glacier."
)


def quakes() -> tuple[Article, ...]:
    """Two of the one, a round-up, two of the other."""
    return (
        article("b1", "Earthquake kills 12 in Bundara", QUAKE),
        article("b2", "Bundara digs for survivors after earthquake", QUAKE_AGAIN, house="daily.example"),
        article("r", "Two earthquakes shake the country", ROUND_UP, house="weekly.example"),
        article("s1", "Miners injured as quake hits Sorvik", OTHER, house="nordwire.example"),
        article("s2", "Sorvik miners flown out after quake", OTHER_AGAIN, house="north.example"),
    )


def glued(window: Window, articles: tuple[Article, ...]) -> tuple[Held, tuple[FoldedArticle, ...]]:
    """Put articles into one event, whatever folding thinks."""
    first, *others = articles
    foldings = [fold(window, first, features(first), START)]
    window.absorb(foldings[0])
    event_id = foldings[0].events[-1].event_id
    for number, each in enumerate(others, 1):
        placing = Placing(Placement(event_id, PlacementKind.REPORT, None, 1.0), window.held(event_id))
        foldings.append(tell(window, placing, each, features(each), START + timedelta(minutes=number)))
        window.absorb(foldings[-1])
    held = window.held(event_id)
    assert held is not None
    return held, tuple(each.folded for each in foldings)
