"""Articles for tests of folding, made from our own sentences."""

from datetime import UTC, datetime, timedelta

from storyfold.events.features import features_of
from storyfold.events.fold import fold
from storyfold.events.steps import Folding
from storyfold.events.window import Window
from storyfold.model.articles import Article, ArticleChange, BodySource, Dated, DateSource, Quality
from storyfold.model.features import Features
from storyfold.model.feeds import Publisher
from storyfold.model.identity import EntryId, FeedId, PublisherId, article_id_of

START = datetime(2026, 3, 4, 12, tzinfo=UTC)

QUAKE = (
    "BUNDARA (Ostwire) — A strong earthquake shook the coastal town of Bundara on Wednesday, killing 12 people. "
    "Rescue workers dug through collapsed houses near the harbour, Mayor Teresa Quill said. "
    "“We heard the ground roar before the walls fell in,” Teresa Quill said. "
    "The tremor of magnitude 6.3 damaged the Bundara bridge and cut power to 4,000 households, Reuters reported. "
    "Aid convoys left the capital Menorra for Bundara with tents and water for the survivors."
)
QUAKE_AGAIN = (
    "Rescuers in Bundara searched the rubble for survivors after an earthquake killed at least 12 people. "
    "The magnitude 6.3 tremor struck the harbour town on Wednesday and brought down the Bundara bridge. "
    "Mayor Teresa Quill told Reuters that power was out and that tents were on their way from Menorra. "
    "Aftershocks kept families in the open while convoys carried water to the coastal town."
)
TRIAL = (
    "A jury in Larkfield convicted banker Odo Venn of fraud on Tuesday after a trial of nine weeks. "
    "Prosecutors had shown that Venn moved 30 million crowns out of the Larkfield pension fund. "
    "“He robbed retired miners of their savings,” prosecutor Ilse Brandt said. "
    "Judge Hanno Reeve will pass sentence next month; Venn faces up to 14 years in prison."
)


def article(
    key: str,
    headline: str,
    body: str,
    *,
    house: str = "ostwire.example",
    published: datetime | None = START,
    language: str | None = None,
) -> Article:
    """An article as reading hands it over."""
    url = f"https://{house}/{key}"
    return Article(
        article_id=article_id_of(url),
        version=1,
        change=ArticleChange.NEW,
        url=url,
        canonical_url=url,
        entry_id=EntryId(key),
        feed_id=FeedId("feed"),
        publisher=Publisher(PublisherId(house), house.split(".", maxsplit=1)[0].title(), house),
        headline=headline,
        body=body,
        body_source=BodySource.PAGE,
        quality=Quality.FULL,
        language=language,
        authors=(),
        published_at=None if published is None else Dated(published, DateSource.FEED),
        modified_at=None,
        first_seen_at=START,
    )


def features(of: Article) -> Features:
    """Its features, as the read stage computes them."""
    return features_of(of.headline, of.body, of.language)


def place(window: Window, of: Article, seconds: float = 0.0) -> Folding:
    """Fold an article and let the window take it in."""
    folding = fold(window, of, features(of), START + timedelta(seconds=seconds))
    window.absorb(folding)
    return folding


def quake() -> Article:
    """The first report of the earthquake."""
    return article("quake", "Earthquake kills 12 in coastal town of Bundara", QUAKE)


def quake_again() -> Article:
    """The earthquake in another house's words."""
    return article("again", "Bundara earthquake: 12 dead, bridge destroyed", QUAKE_AGAIN, house="tagblatt.example")


def trial() -> Article:
    """Something else altogether."""
    return article("trial", "Banker Odo Venn convicted of pension fraud", TRIAL)
