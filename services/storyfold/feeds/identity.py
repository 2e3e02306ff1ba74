"""Which entry is which: ids that stay the same across polls, restarts and machines (polling.md, 20 and 22).

The key of an entry is its guid verbatim, else its canonical link, else a hash of title, link and date. Two kinds of
feeds lie about guids:

- One guid for many items. Seen within one document: items that share a guid but not a link are known by link; those
  that share the link too, by hash. Items alike in guid, link, title and date are one entry that is listed twice.
- A new guid for the same item at every fetch. Seen from one document to the next: `link_marks` keeps which guid stood
  beside which link, and where all links that stayed have changed their guids, the guids say nothing: the feed is known
  by links from then on. A house that renumbers its articles once lands there too, rightly: they are the same articles.
  One link alone proves that only where its item is the same in every word and in its date: a ticker of one item links
  to one page for ever.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from storyfold.feeds.plaintext import plain_text
from storyfold.model.entries import Entry
from storyfold.model.identity import EntryId, FeedId, entry_id_of
from storyfold.urls.canonical import canonical_url

# So many links are remembered: all of an ordinary feed, and little enough for 100,000 feeds.
_REMEMBERED = 64
# Links that must have stayed before changed guids prove anything by themselves.
_PROOF = 2
# Hex digits each of link, guid and words: 24 bits; all links of a document would have to collide at once to mislead.
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Draft:
    """An item as the reader of its format found it, before it has an id; fields as in `Entry`.

    Attributes:
        date_text: the date as the document gives it: unlike `published_at` it never depends on when we looked.
    """

    guid: str | None
    url: str | None
    title: str
    summary: str
    content: str
    authors: tuple[str, ...]
    published_at: datetime | None
    updated_at: datetime | None
    date_clamped: bool
    date_text: str
    categories: tuple[str, ...]
    image: str | None
    language: str | None


def identified(drafts: Iterable[Draft], feed_id: FeedId) -> tuple[Entry, ...]:
    """Give items their ids.

    Args:
        drafts: the items of one document, in its order.
        feed_id: the feed that lists them.

    Returns:
        Entries in the same order, each id once: the first of those that share it.
    """
    distinct = list({_fingerprint(draft): draft for draft in reversed(list(drafts))}.items())[::-1]
    by_guid: defaultdict[str | None, list[str | None]] = defaultdict(list)
    links = [canonical_url(draft.url) if draft.url else None for _, draft in distinct]
    for (_, draft), link in zip(distinct, links, strict=True):
        by_guid[draft.guid].append(link)
    companions = {guid: Counter(shared) for guid, shared in by_guid.items()}
    entries: dict[EntryId, Entry] = {}
    for (fingerprint, draft), link in zip(distinct, links, strict=True):
        shared = companions[draft.guid]
        if draft.guid is not None and shared.total() == 1:
            key = f"guid:{draft.guid}"
        elif link is not None and shared[link] == 1:
            key = f"link:{link}"
        else:
            key = f"hash:{fingerprint}"
        entry = _entry(draft, entry_id_of(feed_id, key), link)
        entries.setdefault(entry.entry_id, entry)
    return tuple(entries.values())


def known_by_link(entries: Sequence[Entry], feed_id: FeedId) -> tuple[Entry, ...]:
    """Give entries the ids of their links, for a feed whose guids say nothing.

    Args:
        entries: of one document, as `identified` gave them.
        feed_id: the feed that lists them.

    Returns:
        The same entries; those without a link, or with a link that others share, keep their ids.
    """
    unique = _unique_links(entries)
    return tuple(
        replace(entry, entry_id=entry_id_of(feed_id, f"link:{link}")) if (link := unique.get(entry.entry_id)) else entry
        for entry in entries
    )


def link_marks(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Note which guid stands beside which link.

    Args:
        entries: of one document.

    Returns:
        Short marks for the next call of `guids_changed`; only of links that one entry alone has.
    """
    unique = _unique_links(entries)
    marks = (
        _short(link) + _short(entry.guid) + _short(f"{entry.content_hash} {entry.published_at}")
        for entry in entries
        if (link := unique.get(entry.entry_id)) is not None and entry.guid is not None
    )
    return tuple(mark for mark, _ in zip(marks, range(_REMEMBERED), strict=False))


def guids_changed(before: Sequence[str], entries: Sequence[Entry]) -> bool:
    """Whether the links that stayed since the last document have all changed their guids.

    Args:
        before: marks of the last document; those of a store before words were marked hold none, and prove less.
        entries: of this one.
    """
    was = {mark[:_DIGITS]: mark[_DIGITS:] for mark in before}
    now = {mark[:_DIGITS]: mark[_DIGITS:] for mark in link_marks(entries)}
    stayed = was.keys() & now.keys()
    if not all(was[link][:_DIGITS] != now[link][:_DIGITS] for link in stayed):
        return False
    return len(stayed) >= _PROOF or any(was[link][_DIGITS:] == now[link][_DIGITS:] for link in stayed)


def was_listed(before: Sequence[str], entry: Entry) -> bool:
    """Whether the last document listed an entry's link.

    Args:
        before: marks of the last document.
        entry: of this one.
    """
    return entry.url is not None and any(mark.startswith(_short(_link(entry.url))) for mark in before)


def _unique_links(entries: Sequence[Entry]) -> dict[EntryId, str]:
    links = {entry.entry_id: _link(entry.url) for entry in entries if entry.url is not None}
    shared = Counter(links.values())
    return {entry_id: link for entry_id, link in links.items() if shared[link] == 1}


# Each document is looked at three times in a row: against the last one, for its marks, and for what is new in it.
_link = lru_cache(maxsize=512)(canonical_url)


@lru_cache(maxsize=1024)
def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_DIGITS]


def _fingerprint(draft: Draft) -> str:
    # Microblogs have no titles: their words are the only thing that tells their items apart.
    return _digest((draft.guid or "", draft.url or "", draft.title or draft.summary, draft.date_text))


def _entry(draft: Draft, entry_id: EntryId, link: str | None) -> Entry:
    # Words only: a counting pixel or a reordered attribute in the markup is no new revision.
    content_hash = _digest((draft.title, link or "", draft.summary, plain_text(draft.content)))
    return Entry(
        entry_id=entry_id,
        guid=draft.guid,
        url=draft.url,
        title=draft.title,
        summary=draft.summary,
        content=draft.content,
        authors=draft.authors,
        published_at=draft.published_at,
        updated_at=draft.updated_at,
        date_clamped=draft.date_clamped,
        categories=draft.categories,
        image=draft.image,
        language=draft.language,
        content_hash=content_hash,
    )


def _digest(parts: tuple[str, ...]) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()
