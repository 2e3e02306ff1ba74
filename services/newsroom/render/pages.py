"""Writes article pages in seven layouts around the same body."""

import json
from dataclasses import dataclass
from html import escape
from typing import assert_never

from newsroom.model import Article, Layout, Publisher, Version
from newsroom.render.chrome import Chrome
from newsroom.render.dates import iso
from newsroom.render.furniture import comments, inset, related, teasers


@dataclass(frozen=True, slots=True)
class Page:
    """An article page as it is to be written.

    Attributes:
        base: Address of the publisher without a slash at the end.
        version: What stands there now.
        others: Further articles of the publisher, for teasers.
        seed: Of the plan; decides comments and insets.
    """

    publisher: Publisher
    base: str
    article: Article
    version: Version
    others: tuple[Article, ...]
    chrome: Chrome
    seed: int


# Layouts that say where the article really lives; the others leave readers to guess.
_CANONICAL = frozenset({Layout.ARTICLE, Layout.AMP, Layout.JSONLD, Layout.BLOCKS})
_META = frozenset({Layout.ARTICLE, Layout.MICRODATA, Layout.JSONLD, Layout.BLOCKS})
_JSONLD = frozenset({Layout.JSONLD, Layout.BLOCKS, Layout.AMP})
_HAS_AMP = frozenset({Layout.ARTICLE, Layout.JSONLD})


def write_page(page: Page, *, amp: bool = False) -> str:
    """Write the page; with `amp` its reduced twin, which names the full page as canonical."""
    layout = Layout.AMP if amp else page.publisher.layout
    body = _body(page, layout)
    if layout is Layout.AMP:
        top, bottom = (
            f'<header><a href="/">{escape(page.publisher.name)}</a></header>',
            "<footer>Imprint</footer>",
        )
    else:
        top, bottom = page.chrome.top, page.chrome.bottom
    opening = '<html amp lang="en">' if layout is Layout.AMP else '<html lang="en">'
    return (
        f"<!DOCTYPE html>\n{opening}\n<head>\n{_head(page, layout)}{page.chrome.head}</head>\n"
        f"<body>\n{top}{body}{bottom}</body>\n</html>\n"
    )


def amp_path(article: Article) -> str:
    """Return the path of the reduced twin."""
    return f"/amp{article.path}"


def _head(page: Page, layout: Layout) -> str:
    version, publisher = page.version, page.publisher
    url = f"{page.base}{page.article.path}"
    title = escape(version.headline)
    parts = [
        '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n',
        f"<title>{title} | {escape(publisher.name)}</title>\n",
    ]
    if layout in _CANONICAL:
        parts.append(f'<link rel="canonical" href="{escape(url)}">\n')
    if layout in _HAS_AMP:
        parts.append(f'<link rel="amphtml" href="{escape(page.base + amp_path(page.article))}">\n')
    if layout in _META:
        parts.append(
            f'<meta property="og:title" content="{title}">\n<meta property="og:type" content="article">\n'
            f'<meta property="og:site_name" content="{escape(publisher.name)}">\n'
            f'<meta name="description" content="{escape(version.summary)}">\n'
            f'<meta property="article:published_time" content="{iso(publisher, page.article.published)}">\n'
            f'<meta property="article:modified_time" content="{iso(publisher, version.at)}">\n'
        )
        parts.extend(f'<meta name="author" content="{escape(a)}">\n' for a in page.article.authors)
    if layout in _JSONLD:
        parts.append(_json_ld(page, url, whole=layout is Layout.JSONLD))
    return "".join(parts)


def _json_ld(page: Page, url: str, *, whole: bool) -> str:
    version = page.version
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": version.headline,
        "datePublished": iso(page.publisher, page.article.published),
        "dateModified": iso(page.publisher, version.at),
        "mainEntityOfPage": url,
        "author": [{"@type": "Person", "name": name} for name in page.article.authors],
        "publisher": {"@type": "Organization", "name": page.publisher.name},
    }
    if whole:
        data["articleBody"] = "\n\n".join(version.paragraphs)
    text = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
    return f'<script type="application/ld+json">{text}</script>\n'


def _body(page: Page, layout: Layout) -> str:
    match layout:
        case Layout.ARTICLE:
            return _article(page)
        case Layout.SOUP:
            return _soup(page)
        case Layout.TABLE:
            return _table(page)
        case Layout.AMP:
            return _amp(page)
        case Layout.MICRODATA:
            return _microdata(page)
        case Layout.JSONLD:
            return _json_ld_body(page)
        case Layout.BLOCKS:
            return _blocks(page)
        case _:
            assert_never(layout)


def _texts(page: Page) -> list[str]:
    """Return the paragraphs as markup, the publisher's footer last."""
    footer = (page.publisher.footer,) if page.publisher.footer else ()
    return [escape(text, quote=False) for text in (*page.version.paragraphs, *footer)]


def _byline(page: Page) -> str:
    return f"By {escape(' and '.join(page.article.authors))}" if page.article.authors else "Staff"


def _shown_date(page: Page) -> str:
    return f"{page.article.published + page.publisher.zone:%d %B %Y, %H:%M}"


def _article(page: Page) -> str:
    text = "\n".join(f"<p>{t}</p>" for t in _texts(page))
    return (
        f'<main id="main"><article><h1>{escape(page.version.headline)}</h1>\n'
        f'<p class="byline">{_byline(page)} '
        f'<time datetime="{iso(page.publisher, page.article.published)}">{_shown_date(page)}</time></p>\n'
        f'<div class="article-body">\n{text}\n</div></article>\n{related(page.others)}'
        f"<aside>{teasers(page.others)}</aside>\n{comments(page.article, page.seed)}</main>\n"
    )


def _soup(page: Page) -> str:
    text = "".join(f'<div class="txt"><p>{t}</p></div>\n' for t in _texts(page))
    return (
        f'<div id="wrap"><div class="col-left">{teasers(page.others)}</div>\n'
        '<div class="col-mid"><div class="hd">'
        f'<div class="ttl"><h1>{escape(page.version.headline)}</h1></div><div class="inf">{_byline(page)} | '
        f'{_shown_date(page)}</div></div>\n<div class="content">\n{text}</div>'
        f"{related(page.others)}</div></div>\n"
        f"{comments(page.article, page.seed)}"
    )


def _table(page: Page) -> str:
    text = "\n".join(f"<p>{t}</p>" for t in _texts(page))
    return (
        f'<table width="980"><tr><td width="200" valign="top">{teasers(page.others)}</td>\n<td valign="top">'
        f"<h2>{escape(page.version.headline)}</h2><font size=1>{_shown_date(page)} - {_byline(page)}</font>\n"
        f'{text}\n</td><td width="160">Advertisement</td></tr></table>\n'
    )


def _amp(page: Page) -> str:
    text = "\n".join(f"<p>{t}</p>" for t in _texts(page))
    return (
        f"<article><h1>{escape(page.version.headline)}</h1><address>{_byline(page)}</address>\n"
        '<amp-img src="/img/lead.jpg" width="640" height="360" layout="responsive"></amp-img>\n'
        f"<section>{text}</section></article>\n<amp-ad width=300 height=250></amp-ad>\n{related(page.others)}"
    )


def _microdata(page: Page) -> str:
    text = "\n".join(f"<p>{t}</p>" for t in _texts(page))
    return (
        f'<div itemscope itemtype="https://schema.org/NewsArticle"><h1 itemprop="headline">'
        f'{escape(page.version.headline)}</h1>\n<span itemprop="author">{_byline(page)}</span> '
        f'<meta itemprop="datePublished" content="{iso(page.publisher, page.article.published)}">\n'
        f'<div itemprop="articleBody">\n{text}\n</div></div>\n<aside>{teasers(page.others)}</aside>\n'
        f"{comments(page.article, page.seed)}"
    )


def _json_ld_body(page: Page) -> str:
    text = "\n".join(f'<p data-n="{n}">{t}</p>' for n, t in enumerate(_texts(page)))
    return (
        f'<div id="app"><section class="story"><h1>{escape(page.version.headline)}</h1>'
        f'<div class="meta">{_shown_date(page)}</div>\n{text}\n</section>\n{related(page.others)}</div>\n'
        f"{comments(page.article, page.seed)}"
    )


def _blocks(page: Page) -> str:
    parts = []
    for number, text in enumerate(_texts(page)):
        parts.append(f'<div class="block block-text"><p>{text}</p></div>')
        if number % 3 == 1:
            parts.append(inset(page.others, page.article, page.seed, number))
    return (
        f'<main><article class="story"><header><h1>{escape(page.version.headline)}</h1>'
        f'<span class="author">{_byline(page)}</span> <time>{_shown_date(page)}</time></header>\n'
        f"{''.join(parts)}\n</article>{related(page.others)}<aside>{teasers(page.others)}</aside></main>\n"
    )
