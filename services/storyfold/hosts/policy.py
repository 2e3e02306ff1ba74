"""How politely hosts are treated."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class RetryAfterScope(StrEnum):
    """Who is left alone when a server says when to come back."""

    URL = "url"
    HOST = "host"  # scheme, name and port
    DOMAIN = "domain"  # all hosts of the registrable domain


@dataclass(frozen=True, slots=True)
class HostPolicy:
    """Settings of politeness, shared by polling and reading (polling.md, 14).

    Attributes:
        concurrency: exchanges with one host at a time.
        interval: between the starts of two page requests to one host.
        crawl_delay_cap: a robots.txt asking for more than this is honoured up to this.
        robots_ttl: how long a robots.txt is believed.
        retry_after_scope: what a Retry-After holds for: url, host, or domain (the registrable one).
    """

    concurrency: int = 2
    interval: timedelta = timedelta(seconds=1)
    crawl_delay_cap: timedelta = timedelta(seconds=30)
    robots_ttl: timedelta = timedelta(hours=24)
    retry_after_scope: RetryAfterScope = RetryAfterScope.HOST
