"""From a page to its article: the one way in to this package.

    bytes → text → one tree ─┬→ head, JSON-LD → headline, authors, dates, facts
                             └→ pruned, stitched → candidates → judged → trimmed → body

A vote, not a guess: several ways of extraction propose a body, and feed, headline and JSON-LD decide between them. What
is no article (challenge, error, consent wall, index) gives way to the feed's own text.
"""

import re
from dataclasses import dataclass, replace

from lxml.html import HtmlElement

from storyfold.articles.authors import authors
from storyfold.articles.blocks import Block, blocks_from_text, joined, measure
from storyfold.articles.candidates import Way, by_trafilatura, densest, prose_of, stitch
from storyfold.articles.dates import moments
from storyfold.articles.dom import ELEMENT_LIMIT, Head, head_of, parse, size_of, text_of
from storyfold.articles.encoding import decode, unmarked_utf16
from storyfold.articles.headline import headline
from storyfold.articles.jsonld import LinkedArticle, linked_article, plain
from storyfold.articles.judge import THIN, Candidate, choose
from storyfold.articles.language import language_of
from storyfold.articles.metadata import Facts, facts_of
from storyfold.articles.pruning import prune
from storyfold.articles.state import body_in_data, data_scripts
from storyfold.articles.stubs import Stub, stub_of, walled
from storyfold.articles.trimming import trimmed
from storyfold.articles.wire import agency_of
from storyfold.model.articles import BodySource, Quality
from storyfold.model.entries import Entry
from storyfold.model.page import NoArticle, NoArticleReason, Page, PageArticle
from storyfold.urls.canonical import canonical_url

# A feed that carries this much text of an entry carries the article.
_FEED_FULL = 1200
# A body that costs money and is shorter is the teaser in front of the wall.
_TEASER = 1500
# Shorter texts are labels ("Video", "Read on"), not articles.
_LEAST = 25
# A page's body this short is worth less than a longer text in the feed; a body in its data, nothing.
_SHORT = 120
# Ways that are told an article outright; and pages without its text whose head tells of the article all the same.
_STATED = frozenset((Way.JSON_LD, Way.DATA))
_OF_ITS_ARTICLE = frozenset((Stub.VIDEO, Stub.PAYWALL))

_HTML_TYPES = (
    "text/html",
    "application/xhtml",
    "text/plain",
    "application/xml",
    "text/xml",
    "application/octet-stream",
)
_BINARY = re.compile(
    rb"^(?:%PDF-|\x89PNG|GIF8[79]a|\xff\xd8\xff|PK\x03\x04|RIFF|\x1f\x8b|\x00\x00\x00.ftyp|OggS|ID3)", re.DOTALL
)
# Bytes that text does not hold; a share of them beyond a template fault is something else under a false name.
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\f\r\x1b")
_CONTROL_SHARE = 0.02
_SAMPLE = 65_536
# Larger pages are not searched for a date in their text: its patterns take seconds on runs of one character.
_SEARCHED = 1_000_000
_OPEN_END = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])\s*$")


@dataclass(frozen=True, slots=True)
class _Body:
    blocks: tuple[Block, ...]
    source: BodySource
    quality: Quality
    walled: bool = False


@dataclass(frozen=True, slots=True)
class _Read:
    """What a page holds: its head, its JSON-LD, and its tree, which is cut down last; None where it is too large."""

    root: HtmlElement | None
    head: Head
    linked: LinkedArticle


def extract_page(page: Page) -> PageArticle | NoArticle:
    """Take the article out of a page, or out of its feed where the page has none.

    Args:
        page: as fetched; with an empty body the feed's own text is all there is.

    Returns:
        The article, or why there is none. Never raises, on any bytes.
    """
    own = _feed_body(page.entry)
    if not page.body:
        return (
            _from_feed(page, own)
            if own
            else NoArticle(NoArticleReason.NO_TEXT, f"neither page nor text in the feed for {page.url}")
        )
    if not _may_be_html(page):
        message = f"{page.url} is {page.content_type or 'binary'}, and the feed has no text of its own"
        return _from_feed(page, own) if own else NoArticle(NoArticleReason.NOT_HTML, message)
    read = _read(page)
    found = None if read is None else _from_page(page, read, own)
    if isinstance(found, PageArticle):
        return found
    if found is not None:
        # What such a page calls itself, and where it was found, is not the article's.
        page = replace(page, url=page.entry.url or page.url)
    instead = f" (it is a page of another kind: {found.value})" if found is not None else ""
    message = f"no text of an article on {page.url}{instead} nor in its feed"
    return _from_feed(page, own) if own else NoArticle(NoArticleReason.NO_TEXT, message)


def _may_be_html(page: Page) -> bool:
    kind = (page.content_type or "").split(";")[0].strip().lower()
    if kind and not kind.startswith(_HTML_TYPES):
        return False
    if _BINARY.match(page.body[:64]):
        return False
    # UTF-16 is full of zero bytes, with a byte order mark or without.
    sample = page.body[:_SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    marked = page.body[:2] in {b"\xff\xfe", b"\xfe\xff"}
    return controls <= _CONTROL_SHARE * len(sample) or marked or unmarked_utf16(page.body) is not None


def _read(page: Page) -> _Read | None:
    root = parse(decode(page.body, page.content_type))
    if root is None:
        return None
    whole = root if size_of(root) <= ELEMENT_LIMIT else None
    head = head_of(root)
    shown = (*head.h1, head.first("og:title") or "", page.entry.title)
    return _Read(whole, head, linked_article(head.scripts, tuple(title for title in shown if title)))


def _from_page(page: Page, read: _Read, own: tuple[Block, ...]) -> PageArticle | Stub | None:
    head, linked, entry = read.head, read.linked, page.entry
    house = page.source.publisher.name
    searched = read.root if len(page.body) <= _SEARCHED else None
    when = moments(
        searched,
        head,
        linked,
        page.url,
        (entry.published_at, entry.updated_at),
        seen_at=page.seen_at,
        country=page.source.publisher.country,
    )
    people = authors(read.root, head, linked, entry.authors, house, page.url)
    title = headline(head, linked, entry.title, house, page.url)
    facts = facts_of(page.url, head, linked, entry)
    body = _body(page, read, own, title, facts)
    if not isinstance(body, _Body):
        return body
    text = joined(body.blocks)
    credited = (*(credit.name for credit in linked.authors), *head.all("author", "article:author"), *entry.authors)
    return PageArticle(
        canonical_url=facts.canonical_url,
        headline=title,
        body=text,
        body_source=body.source,
        quality=body.quality,
        language=language_of(
            text,
            page.source.language,
            linked.language,
            head.language,
            head.first("og:locale", "content-language"),
            entry.language,
        ),
        authors=people,
        published_at=when.published,
        modified_at=when.modified,
        sections=facts.sections,
        keywords=facts.keywords,
        image=facts.image,
        is_accessible_for_free=False if body.walled else facts.is_accessible_for_free,
        ai_opt_out=facts.ai_opt_out,
        wire=agency_of(text, credited),
        is_live_blog=facts.is_live_blog,
    )


def _body(page: Page, read: _Read, own: tuple[Block, ...], title: str, facts: Facts) -> _Body | Stub | None:
    """The best body; what the page is instead of an article; or None where page and feed have no text."""
    chosen = _chosen(page, read, own, title)
    # Where the feed's text is better, the page may be none still, and its title and address are not to be believed.
    judged = () if chosen.way is Way.FEED else chosen.blocks
    stub = None if chosen.way in _STATED else stub_of(page, judged, read.head, read.linked)
    size = chosen.size
    if stub is not None and stub not in _OF_ITS_ARTICLE:
        return stub
    if stub is not None or size < _LEAST or (size < _SHORT and sum(measure(block.text) for block in own) > size):
        if own:
            return _Body(own, BodySource.FEED, _feed_quality(own), walled=_costs(facts, read))
        # A film's caption is all the text its page has.
        if stub is Stub.VIDEO and size >= _LEAST:
            return _Body(chosen.blocks, BodySource.PAGE, Quality.SUMMARY_ONLY)
        return stub
    match chosen.way:
        case Way.JSON_LD:
            source = BodySource.JSON_LD
        case Way.FEED:
            return _Body(chosen.blocks, BodySource.FEED, _feed_quality(chosen.blocks))
        case _:
            source = BodySource.PAGE
    costs = size < _TEASER and _costs(facts, read)
    cut = bool(_OPEN_END.search(chosen.blocks[-1].text)) and size < _TEASER
    return _Body(chosen.blocks, source, Quality.PARTIAL if costs or cut else Quality.FULL, costs)


def _costs(facts: Facts, read: _Read) -> bool:
    """Whether the article is for those who pay: as the page states, or else as it tells its readers."""
    if facts.is_accessible_for_free is not None or read.root is None:
        return facts.is_accessible_for_free is False
    return walled(text_of(read.root))


def _chosen(page: Page, read: _Read, own: tuple[Block, ...], title: str) -> Candidate:
    root, linked = read.root, read.linked
    stated = [Candidate(Way.JSON_LD, blocks_from_text(linked.body))] if measure(linked.body) >= _SHORT else []
    if sum(measure(block.text) for block in own) >= THIN:
        stated.append(Candidate(Way.FEED, own))
    summary = linked.description or read.head.first("og:description", "description") or page.entry.summary
    topic = f"{title} {summary}"
    if root is None:
        return choose(Candidate(Way.FAST, ()), tuple(stated), lambda: 0, tuple, topic)
    data = data_scripts(root)
    stitch(prune(root))
    titles = tuple(dict.fromkeys(text for text in (title, *read.head.h1[:2], page.entry.title) if text))

    def tidy(way: Way, blocks: tuple[Block, ...]) -> Candidate:
        return Candidate(way, trimmed(blocks, titles, linked.body, summary))

    def further() -> tuple[Candidate, ...]:
        return (
            tidy(Way.FULL, by_trafilatura(root, page.url, Way.FULL)),
            tidy(Way.DENSEST, densest(root)),
            tidy(Way.DATA, body_in_data(data)),
        )

    first = tidy(Way.FAST, by_trafilatura(root, page.url, Way.FAST))
    return choose(first, tuple(stated), lambda: prose_of(root), further, topic)


def _feed_body(entry: Entry) -> tuple[Block, ...]:
    """The feed's own text: its content, or its summary where that is longer or all there is."""
    content, summary = blocks_from_text(plain(entry.content)), blocks_from_text(entry.summary)
    longest = max((content, summary), key=lambda blocks: sum(measure(block.text) for block in blocks))
    return longest if sum(measure(block.text) for block in longest) >= _LEAST else ()


def _feed_quality(blocks: tuple[Block, ...]) -> Quality:
    whole = sum(measure(block.text) for block in blocks) >= _FEED_FULL and not _OPEN_END.search(blocks[-1].text)
    return Quality.FULL if whole else Quality.SUMMARY_ONLY


def _from_feed(page: Page, own: tuple[Block, ...]) -> PageArticle:
    """The article as the feed alone tells it."""
    entry, publisher = page.entry, page.source.publisher
    none = LinkedArticle()
    text = joined(own)
    when = moments(
        None, None, none, entry.url or page.url, (entry.published_at, entry.updated_at), seen_at=page.seen_at
    )
    return PageArticle(
        canonical_url=canonical_url(page.url)
        if entry.url
        else f"{publisher.publisher_id}:{entry.guid or entry.entry_id}",
        headline=headline(None, none, entry.title, publisher.name),
        body=text,
        body_source=BodySource.FEED,
        quality=_feed_quality(own),
        language=language_of(text, page.source.language, entry.language),
        authors=authors(None, None, none, entry.authors, publisher.name),
        published_at=when.published,
        modified_at=when.modified,
        sections=entry.categories[:3],
        keywords=entry.categories,
        image=entry.image,
        is_accessible_for_free=None,
        ai_opt_out=None,
        wire=agency_of(text, entry.authors),
    )
