"""Lists of the day's happenings, which belong to none of them."""

from datetime import timedelta

from newsroom.model import ArticleKind, Publisher, Version
from newsroom.seeds import Random
from newsroom.story import Told
from newsroom.text.desk import round_up
from newsroom.text.writer import Draft

_POINTS = 5
_HOURS_BACK = 18
_SHARE_OF_ARTICLES = 0.02


def round_ups(told: tuple[Told, ...], houses: tuple[Publisher, ...], rng: Random) -> tuple[Told, ...]:
    """Return lists of five happenings each, about one to fifty articles.

    Each stands right behind the last article that it draws on, and has different happenings as its points.
    """
    ordered = sorted(told, key=lambda item: item.versions[0].at)
    made: list[Told] = []
    for number in range(round(len(ordered) * _SHARE_OF_ARTICLES)):
        last = ordered[rng.randrange(len(ordered) // 3, len(ordered))]
        at = last.versions[0].at
        recent = [o for o in ordered if timedelta(0) <= at - o.versions[0].at < timedelta(hours=_HOURS_BACK)]
        by_happening = {item.happening: item for item in recent if item.kind is not ArticleKind.BACKGROUND}
        items = list(by_happening.values())
        if len(items) < _POINTS:
            continue
        chosen = rng.sample(items, _POINTS)
        drafts = tuple(
            Draft(item.versions[0].headline, item.versions[0].summary, item.versions[0].paragraphs) for item in chosen
        )
        draft = round_up(drafts, rng)
        version = Version(at, draft.headline, draft.summary, draft.paragraphs)
        house = rng.choice(houses)
        made.append(
            Told(
                f"round-up-{number}", house, ArticleKind.ROUND_UP, chosen[0].happening,
                None, None, None, (), (), (version,),
            )
        )  # fmt: skip
    return tuple(made)
