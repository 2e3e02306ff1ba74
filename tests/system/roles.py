"""Roles as processes of their own, on Apache Kafka and PostgreSQL, and what must hold of all they publish."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.rig import Press, Process, Seen, TopicReader, answers, free_port, get_json, python, stopping, wait_until
from tests.brokers.apache import KafkaMissing, apache_kafka
from tests.brokers.postgresql import conninfo, fresh_database
from tests.system.conditions import missing
from tests.system.program import LOOPBACK

ROLES = ("poll", "read", "fold", "publish", "console")

CONFIG = f"""{LOOPBACK}
[store]
url = "{{store}}"
[kafka]
bootstrap_servers = ["{{bootstrap}}"]
[fold]
shards = 2
[hop]
partitions = 6
"""


@contextmanager
def services(postgresql_url: str) -> Iterator[tuple[str, str]]:
    """A broker of one's own and an empty database: bootstrap address and SQLAlchemy URL."""
    try:
        with apache_kafka() as kafka, fresh_database(postgresql_url) as store:
            yield kafka.bootstrap[0], store
    except KafkaMissing as error:
        missing(str(error))


@dataclass
class Roles:
    """One process for each name: a role, or a role and a number (`read 2`).

    Attributes:
        folder: for configs, data and logs.
        bootstrap: of the broker.
        store: SQLAlchemy URL.
    """

    folder: Path
    bootstrap: str
    store: str
    processes: dict[str, Process] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    def start(self, *names: str) -> None:
        """Start some, at first or again."""
        for name in names:
            if name not in self.processes:
                self._add(name)
            self.processes[name].start()

    def _add(self, name: str) -> None:
        self.ports[name] = free_port()
        config = self.folder / f"{name.replace(' ', '-')}.toml"
        text = CONFIG.format(
            folder=self.folder, store=self.store, feeds=self.folder / "feeds.opml", bootstrap=self.bootstrap
        )
        config.write_text(f"{text}[console]\nport = {self.ports[name]}\n")
        command = python("-m", "storyfold", "run", "--roles", name.split(maxsplit=1)[0], "--config", str(config))
        self.processes[name] = Process(command, config.with_suffix(".log"))

    def wait_until_ready(self, *names: str) -> None:
        """Return when /readyz of each says so."""
        for name in names:
            wait_until(f"{name} to be ready", lambda: self._ready(name), 90)  # noqa: B023 # waited for here

    def _ready(self, name: str) -> bool:
        assert self.processes[name].running(), f"{name} ended by itself:\n{self.processes[name].tail()}"
        return answers(f"http://127.0.0.1:{self.ports[name]}/readyz")

    def log(self, name: str) -> str:
        """All that a process has printed."""
        return self.processes[name].log.read_text(errors="replace")

    def status(self, name: str) -> Any:
        """What /api/status of a process says."""
        return get_json(f"http://127.0.0.1:{self.ports[name]}/api/status")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the store."""
        with psycopg.connect(conninfo(self.store), autocommit=True) as connection:
            return connection.execute(query.encode()).fetchall()

    def settled(self) -> bool:
        """Whether no entry waits and the outbox is empty."""
        waiting = self.rows("SELECT count(*) FROM entries WHERE due_at IS NOT NULL")[0][0]
        return waiting == 0 and self.rows("SELECT count(*) FROM outbox")[0][0] == 0

    def all_running(self) -> None:
        """Fail where one has ended."""
        ended = {name: each.tail() for name, each in self.processes.items() if not each.running()}
        assert not ended, "\n".join(f"{name} ended by itself:\n{said}" for name, said in ended.items())


@contextmanager
def running(roles: Roles, *press_arguments: str) -> Iterator[tuple[Press, TopicReader]]:
    """newsroom, paused, and a consumer; everything is stopped in the end."""
    press = Press.start(roles.folder, *press_arguments, "--opml", str(roles.folder / "feeds.opml"))
    press.pause()
    reader = TopicReader(roles.bootstrap)
    reader.start()
    try:
        with stopping(press.process):
            yield press, reader
    finally:
        for process in roles.processes.values():
            if process.running():
                process.stop()
        reader.stop()


def listed(press: Press) -> set[str]:
    """URLs of all articles that newsroom has listed."""
    return {article["url"] for article in press.truth()["articles"] if article["first_listed_at"] is not None}


def wait_until_settled(press: Press, roles: Roles, reader: TopicReader, seconds: float) -> set[str]:
    """Wait until newsroom has told everything and all of it is on Kafka; returns the URLs."""
    wait_until("newsroom to have told everything", lambda: press.truth()["complete"], seconds, every=0.5)
    planned = press.truth()["totals"]["planned"]
    wait_until("all of it to be listed", lambda: len(listed(press)) == planned, 60, every=0.5)
    urls = listed(press)

    def taken_up() -> bool:
        roles.all_running()
        return int(roles.rows("SELECT count(*) FROM entries")[0][0]) >= len(urls)

    wait_until("everything to be taken up", taken_up, 60, every=0.5)
    wait_until("everything to be settled", roles.settled, seconds, every=0.5)
    wait_until("everything to be read back", lambda: len(first_versions(reader)) >= len(urls), 30)
    return urls


def first_versions(reader: TopicReader) -> list[Seen]:
    """Articles as they came first."""
    return [record for record in reader.of("news.articles") if record.value["version"] == 1]


def damage(urls: set[str], seen: Sequence[Seen]) -> dict[str, Any]:
    """What is wrong with what a `read_committed` consumer saw: lost, repeated, gaps; each empty where all is well."""
    articles = [each for each in seen if each.topic == "news.articles" and each.value["version"] == 1]
    found = {each.value["url"] for each in articles}
    counts = Counter((each.topic, each.headers["ce_id"]) for each in seen)
    versions: defaultdict[str, list[int]] = defaultdict(list)
    for each in seen:
        if each.topic == "news.events":
            versions[each.value["event_id"]].append(each.value["version"])
    return {
        "lost": sorted(urls - found),
        "repeated": {name: count for name, count in counts.items() if count > 1},
        "gaps": {event: found for event, found in versions.items() if found != list(range(1, len(found) + 1))},
    }


SOUND: dict[str, Any] = {"lost": [], "repeated": {}, "gaps": {}}


def ledger_reconciles(roles: Roles) -> bool:
    """Whether the ledger equation holds in the store."""
    tallies = dict(roles.rows("SELECT tally, sum(total) FROM tallies GROUP BY tally"))
    waiting = roles.rows("SELECT count(*) FROM entries WHERE due_at IS NOT NULL")[0][0]
    return bool(tallies.get("taken-up", 0) == tallies.get("done", 0) + tallies.get("rejected", 0) + waiting)
