"""What reading an entry led to: the values on the hop from read to fold."""

from dataclasses import dataclass

from storyfold.model.articles import Article
from storyfold.model.entries import LedgerEntry, PutOff
from storyfold.model.features import Features
from storyfold.model.records import Reject
from storyfold.model.rereads import LookOutcome, Reread


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """The entry gave an article. `article.version` and `article.change` are decided by folding.

    Attributes:
        reread: when to look at its page again; None where nothing hints that it will change.
    """

    ledger: LedgerEntry
    article: Article
    features: Features
    reread: Reread | None = None


@dataclass(frozen=True, slots=True)
class ReadReject:
    """The entry gave none."""

    reject: Reject


@dataclass(frozen=True, slots=True)
class ReadPutOff:
    """The entry is tried again later."""

    put_off: PutOff


@dataclass(frozen=True, slots=True)
class Looked:
    """The page of a known article was looked at again. The ledger is not touched by it.

    Attributes:
        ledger: the entry, with what was planned.
        outcome: what the look found.
        article: the text that stands there now, for `CHANGED` only.
        features: of that text.
        next: the plan from here on.
        status: what the server answered, for `GONE`.
    """

    ledger: LedgerEntry
    outcome: LookOutcome
    next: Reread
    article: Article | None = None
    features: Features | None = None
    status: int | None = None


ReadOutcome = ReadArticle | ReadReject | ReadPutOff | Looked
