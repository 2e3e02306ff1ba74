"""What reading an entry led to: the values on the hop from read to fold."""

from dataclasses import dataclass

from storyfold.model.articles import Article
from storyfold.model.entries import LedgerEntry, PutOff
from storyfold.model.features import Features
from storyfold.model.records import Reject


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """The entry gave an article. `article.version` and `article.change` are decided by folding."""

    ledger: LedgerEntry
    article: Article
    features: Features


@dataclass(frozen=True, slots=True)
class ReadReject:
    """The entry gave none."""

    reject: Reject


@dataclass(frozen=True, slots=True)
class ReadPutOff:
    """The entry is tried again later."""

    put_off: PutOff


ReadOutcome = ReadArticle | ReadReject | ReadPutOff
