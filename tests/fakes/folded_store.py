"""A store on disk with folded articles in it, as a service leaves it behind."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from storyfold.edges.store.opening import open_store
from storyfold.events.policy import FoldPolicy
from storyfold.events.steps import Folding
from storyfold.events.window import Window
from storyfold.model.articles import Article
from storyfold.model.commit import Commit
from storyfold.ports import Store
from tests.fakes.events_press import QUAKE, article, place, quake, quake_again, trial


def copied() -> Article:
    """The earthquake's first report, word for word in another house."""
    return article("copy", "Quake hits Bundara", QUAKE, house="mirror.example")


def press() -> tuple[Article, ...]:
    """A report, another of the same event, a copy of the first, and something else."""
    return quake(), quake_again(), copied(), trial()


async def fill(store: Store, articles: Sequence[Article]) -> tuple[Folding, ...]:
    """Fold articles a minute apart and commit each."""
    window = Window(FoldPolicy())
    foldings = []
    for number, each in enumerate(articles):
        folding = place(window, each, number * 60)
        await store.apply(Commit(articles=(folding.folded,), events=folding.events, changes=folding.changes))
        foldings.append(folding)
    return tuple(foldings)


def folded_store(file: Path, articles: Sequence[Article] | None = None) -> tuple[Folding, ...]:
    """Make a store at a path, which is closed again when this returns."""

    async def make() -> tuple[Folding, ...]:
        file.parent.mkdir(parents=True, exist_ok=True)
        store = await open_store(f"sqlite:///{file}", timedelta(seconds=5))
        try:
            return await fill(store, press() if articles is None else articles)
        finally:
            await store.close()

    return asyncio.run(make())
