"""What counts as an article, and how stubbornly one is sought."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class ReadPolicy:
    """Settings of the read stage.

    Attributes:
        attempts: tries before an entry that cannot be fetched is rejected.
        first_retry: wait before the second try; doubles with each further one.
        last_retry: longest wait between tries.
        extract_deadline: one page in a worker; the worker is killed behind it.
        worker_memory_mib: address space of one worker beyond what its libraries take.
        workers: extraction processes; 0 for one a core.
        rereads: further looks at an article's page at most, where feed, sitemap or page hint that it will change; 0 for
            none.
        first_reread: wait before the first of them; four times as long before each further one.
        last_reread: longest wait between two of them.
    """

    attempts: int = 6
    first_retry: timedelta = timedelta(minutes=1)
    last_retry: timedelta = timedelta(hours=6)
    extract_deadline: timedelta = timedelta(seconds=10)
    worker_memory_mib: int = 1024
    workers: int = 0
    rereads: int = 6
    first_reread: timedelta = timedelta(minutes=10)
    last_reread: timedelta = timedelta(days=2)
