"""What stands beside and inside an article without belonging to it: teasers, links, comments, insets."""

from html import escape

from newsroom.model import Article
from newsroom.seeds import stream

_OPINIONS = (
    "I have said this for years and nobody listens.",
    "Thank you for the sober reporting.",
    "Why is there no comment from the opposition in this piece?",
    "My cousin lives there. Not everything in this article is right.",
    "Again our taxes at work.",
    "First!",
    "Can the moderators please remove the comment above?",
    "It was the same under the last government, only the papers did not write about it.",
    "A little more background would have been nice.",
    "Let us wait for the facts before we judge.",
)
_READERS = (
    "old_sailor",
    "M. from the hills",
    "reader77",
    "Kestrel",
    "anna_k",
    "TaxpayerNo1",
    "Dr. Who Knows",
    "pia",
)
_NEWSLETTER = (
    '<div class="newsletter"><h3>The morning briefing</h3><p>All you need to know before your first coffee, '
    "in your inbox at six.</p><form><input type=email><button>Sign up</button></form></div>\n"
)
_PICTURE = '<figure><img src="/img/scene.jpg" alt=""><figcaption>Archive picture. Photo: agency</figcaption></figure>\n'
_ADVERTISEMENT = '<div class="ad" aria-hidden="true">Advertisement</div>\n'
_INSETS = (_NEWSLETTER, _PICTURE, _ADVERTISEMENT)


def related(others: tuple[Article, ...]) -> str:
    """Return a list of links to further articles."""
    links = "".join(f'<li><a href="{escape(a.path)}">{escape(a.versions[0].headline)}</a></li>' for a in others[:6])
    return f'<section class="related"><h3>More on this</h3><ul>{links}</ul></section>\n'


def teasers(others: tuple[Article, ...]) -> str:
    """Return boxes with headline and summary of further articles."""
    return "".join(
        f'<div class="teaser"><a href="{escape(a.path)}"><h4>{escape(a.versions[0].headline)}</h4></a>'
        f"<p>{escape(a.versions[0].summary[:140])}…</p></div>\n"
        for a in others[:8]
    )


def comments(article: Article, seed: int) -> str:
    """Return what readers wrote under the article; the same on every request."""
    rng = stream(seed, "comments", article.id)
    said = "".join(
        f'<li class="comment"><span class="nick">{rng.choice(_READERS)}</span><p>{rng.choice(_OPINIONS)}</p></li>\n'
        for _ in range(rng.randrange(9))
    )
    return f'<section id="comments" class="comments"><h3>Comments</h3><ol>{said}</ol></section>\n'


def inset(others: tuple[Article, ...], article: Article, seed: int, number: int) -> str:
    """Return something that interrupts the text: an advertisement, a picture, a link to another article."""
    rng = stream(seed, "inset", article.id, number)
    if others and rng.random() < 0.5:
        other = rng.choice(others)
        title = escape(other.versions[0].headline)
        return f'<div class="read-also">Read also: <a href="{escape(other.path)}">{title}</a></div>\n'
    return rng.choice(_INSETS)
