"""Looking at an article's page again: why, when, and what a look found."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from storyfold.model.articles import Quality
from storyfold.model.feeds import Validators
from storyfold.model.identity import ArticleId


class Hint(StrEnum):
    """What makes it worth a look whether an article has changed since it was read."""

    LIVE = "live"  # a running account
    DEVELOPING = "developing"  # its first lines say that more will follow
    CORRECTED = "corrected"  # it bears a correction: houses that mend once mend twice
    CHANGED = "changed"  # a look has found another text
    FEED = "feed"  # its feed or sitemap says that it was updated after it was published
    MODIFIED = "modified"  # the page tells when it was modified, and that was lately


class LookOutcome(StrEnum):
    """How one more look at an article's page ended; the closed list that metrics and logs use."""

    NOT_MODIFIED = "not-modified"  # 304
    SAME_BYTES = "same-bytes"
    SAME_TEXT = "same-text"  # other bytes around the same headline, body and authors
    CHANGED = "changed"  # another text: the next version
    GONE = "gone"  # 410, or 404 at two looks in a row: a retraction
    MISSING = "missing"  # 404 for the first time: the next look decides
    NO_ARTICLE = "no-article"  # a wall, a challenge, less than before, or another article; nothing is concluded
    ROBOTS = "robots"  # robots.txt forbids it by now, or cannot be reached
    FAILED = "failed"  # no answer, or one that says to come back later
    BUSY = "busy"  # new entries need the host or the hands; put back, and not counted as a look
    STALE = "stale"  # the article has had another version meanwhile, or is forgotten; what was found is dropped


@dataclass(frozen=True, slots=True)
class Reread:
    """When an article's page is looked at again, and what it is compared with.

    Attributes:
        article_id: which article.
        version: the version that was known when this was planned.
        url: the page that answered last.
        due_at: not before; None where there will be no further look.
        left: looks that may yet be made.
        step: waits since it was read or last found changed; each is longer than the one before.
        hint: what makes it worth it.
        mark: hash of the headline, body and authors of that version.
        quality: how much of the article that version has.
        body_hash: SHA-256 hex of the bytes last seen.
        validators: of those bytes.
        missing: whether the last look found no page.
        language: of that version's text as folding sees it (ISO 639-1, or und): whoever folds that decides about looks.
    """

    article_id: ArticleId
    version: int
    url: str
    due_at: datetime | None
    left: int
    step: int
    hint: Hint
    mark: str
    quality: Quality
    body_hash: str
    validators: Validators = field(default_factory=Validators)
    missing: bool = False
    language: str = "und"
