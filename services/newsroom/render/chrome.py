"""What surrounds the article on every page of a publisher: styles, scripts, navigation, consent, footer."""

from dataclasses import dataclass
from html import escape

from newsroom.model import Publisher
from newsroom.seeds import Random, stream

_SECTIONS = (
    "World", "Politics", "Business", "Markets", "Sport", "Culture", "Science", "Health", "Travel", "Opinion",
    "Weather", "Video", "Podcasts", "Jobs", "Property", "Motoring", "Books", "Food", "Games", "Archive",
)  # fmt: skip
_TOPICS = (
    "Elections", "Climate", "Budget", "Football", "Railways", "Schools", "Housing", "Energy", "Courts",
    "Farming", "Theatre", "Museums", "Startups", "Pensions", "Cycling", "Harbour", "Airport", "Universities",
    "Police", "Taxes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chrome:
    """The unchanging markup of a publisher's pages.

    Attributes:
        head: Styles and scripts, to stand in `head`.
        top: From the opening of the body to the article.
        bottom: From the article to the end of the page.
    """

    head: str
    top: str
    bottom: str


def chrome(publisher: Publisher, seed: int) -> Chrome:
    """Build the chrome; it weighs between 18 and some 90 kB, depending on the publisher."""
    rng = stream(seed, "chrome", publisher.id)
    head = f"<style>{_styles(rng)}</style>\n<script>{_script(rng)}</script>\n"
    name = escape(publisher.name)
    top = (
        f'<a class="skip" href="#main">Skip to content</a>\n{_consent(rng)}'
        f'<header class="masthead"><a class="logo" href="/">{name}</a>'
        '<form action="/search"><input name="q" placeholder="Search"><button>Search</button></form>'
        f'<a href="/login">Sign in</a> <a href="/subscribe">Subscribe</a></header>\n{_navigation(rng)}'
    )
    bottom = (
        f'<footer class="site-footer">{_columns(rng)}<p>© {name}. All rights reserved. '
        "Registered office and imprint: see contact page.</p></footer>\n"
    )
    return Chrome(head, top, bottom)


def _styles(rng: Random) -> str:
    rules = (
        f".c{rng.randrange(16**4):x} .{rng.choice(_TOPICS).lower()}-{n}"
        f"{{margin:{rng.randrange(40)}px {rng.randrange(40)}px;color:#{rng.randrange(16**6):06x};"
        f"font:{rng.randrange(11, 30)}px/1.{rng.randrange(2, 8)} Georgia,serif;display:block}}"
        for n in range(rng.randrange(90, 500))
    )
    return "\n".join(rules)


def _script(rng: Random) -> str:
    settings = ",".join(f'"k{n}":"{rng.randrange(16**12):x}"' for n in range(rng.randrange(100, 900)))
    return f'window.__site={{{settings}}};(function(d){{d.documentElement.className+=" js"}})(document);'


def _consent(rng: Random) -> str:
    if rng.random() < 0.3:
        return ""
    return (
        '<div id="cookie-banner" class="consent" role="dialog"><p>We and our partners store and access '
        "information on your device to personalise content and advertising. "
        "You can change your choice at any time.</p>"
        "<button>Accept all</button><button>Reject</button><button>Settings</button></div>\n"
    )


def _navigation(rng: Random) -> str:
    sections = rng.sample(_SECTIONS, 14)
    items = "".join(f'<li><a href="/section/{s.lower()}">{s}</a>{_submenu(rng, s)}</li>' for s in sections)
    return f'<nav class="main-nav"><ul>{items}</ul></nav>\n'


def _submenu(rng: Random, section: str) -> str:
    topics = rng.sample(_TOPICS, rng.randrange(3, 12))
    links = "".join(f'<li><a href="/section/{section.lower()}/{t.lower()}">{t}</a></li>' for t in topics)
    return f"<ul>{links}</ul>"


def _columns(rng: Random) -> str:
    columns = []
    for title in ("Company", "Services", "Topics", "Regions"):
        topics = rng.sample(_TOPICS, rng.randrange(8, 18))
        links = "".join(f'<li><a href="/t/{t.lower()}">{t}</a></li>' for t in topics)
        columns.append(f'<div class="col"><h4>{title}</h4><ul>{links}</ul></div>')
    return "".join(columns)
