"""Writes a plan as a labelled corpus: a JSON line an article in order of arrival."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from newsroom.model import Article, Plan


def lines(plan: Plan) -> Iterator[str]:
    """Yield `{id, url, title, text, published, story}` of every article as JSON, without line ends.

    The text ends with the publisher's footer, as it does on the page.
    """
    footers = {publisher.id: publisher.footer for publisher in plan.publishers}
    for article in plan.articles:
        yield json.dumps(_row(article, footers[article.publisher]), ensure_ascii=False)


def write(plan: Plan, path: Path) -> int:
    """Write the corpus, gzipped if the name ends in `.gz`; return the number of articles."""
    text = "".join(f"{line}\n" for line in lines(plan))
    if path.suffix == ".gz":
        # Time 0 in the header, so that the same plan gives the same bytes.
        path.write_bytes(gzip.compress(text.encode(), mtime=0))
    else:
        path.write_text(text, "utf-8")
    return len(plan.articles)


def _row(article: Article, footer: str) -> dict[str, str]:
    first = article.versions[0]
    return {
        "id": article.id,
        "url": f"https://{article.publisher}{article.path}",
        "title": first.headline,
        "text": "\n\n".join((*first.paragraphs, footer) if footer else first.paragraphs),
        "published": article.published.isoformat(),
        "story": article.story,
    }
