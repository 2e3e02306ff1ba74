"""Scene: three brokers, PostgreSQL on a small disk, newsroom, and nine roles on two machines."""

import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from benchmarks.rig import Press, Process, free_port, python
from tests.brokers.apache import ApacheKafka, apache_kafka
from tests.brokers.postgresql import PostgresqlServer, conninfo
from tests.chaos.machines import FarMachine, Machine, run
from tests.chaos.plan import Targets

NAMES = {"kafka.chaos": "127.0.0.1", "database.chaos": "127.0.0.1"}
NEAR_ROLES = ("poll-1", "read-1", "fold-1", "publish-1", "console-1")
FAR_ROLES = ("poll-2", "read-2", "fold-2", "publish-2")
FAR = "sfchaos"
DISK_MIB = 2048

CONFIG = """
data_dir = "{folder}"
[store]
url = "{store}"
[feeds]
file = "{feeds}"
[poll]
floor = "5s"
first_interval = "5s"
ceiling = "8s"
news_window = "10000d"
[politeness]
concurrency = 16
interval = "0s"
[read]
attempts = 40
first_retry = "2s"
last_retry = "10s"
[fetch]
contact = "http://localhost/chaos"
allowed_networks = ["127.0.0.0/8"]
allowed_ports = []
[kafka]
bootstrap_servers = [{bootstrap}]
partitions = 6
replication = 3
[console]
port = {console}
"""


@dataclass
class RoleProcess:
    """A role as a process that a supervisor keeps alive.

    Attributes:
        name: role and number, such as read-2.
        process: the program.
        wanted: whether it should be running; a fault that takes it away says no.
        ended: how often it ended without having been killed by a fault.
    """

    name: str
    process: Process
    wanted: bool = True
    ended: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass
class Scene:
    """Everything that runs."""

    kafka: ApacheKafka
    database: PostgresqlServer
    disk: Path
    store: str
    press: Press
    machines: dict[str, Machine]
    roles: dict[str, RoleProcess]
    database_wanted: bool = True

    def targets(self) -> Targets:
        """What faults can hit."""
        return Targets(
            roles=tuple(self.roles),
            brokers=tuple(str(each) for each in self.kafka.brokers),
            machines=tuple(self.machines),
            far=tuple(name for name, machine in self.machines.items() if isinstance(machine, FarMachine)),
        )

    def keep(self) -> None:
        """Start again what has ended by itself, as a supervisor would, and count it."""
        if self.database_wanted and not self.database.running():
            self.database.start()
        for role in self.roles.values():
            with role.lock:
                if role.wanted and not role.process.running():
                    role.ended += 1
                    role.process.start()

    def ask(self, statement: str) -> int:
        """One number from the store; -1 while it does not answer."""
        with suppress(psycopg.Error), psycopg.connect(conninfo(self.store), connect_timeout=3) as connection:
            row = connection.execute(statement.encode()).fetchone()
            return int(row[0]) if row is not None else 0
        return -1


@contextmanager
def scene(folder: Path, press: tuple[str, ...]) -> Iterator[Scene]:
    """Start everything; stop it at the end, however that comes.

    Args:
        folder: for all files; fsync costs there what it costs.
        press: arguments of `newsroom serve`, without those for files.
    """
    with ExitStack() as stack:
        kafka = stack.enter_context(apache_kafka(brokers=3, quick_start=False))
        database, disk = stack.enter_context(_database())
        feeds = folder / "feeds.opml"
        newsroom = Press.start(folder, *press, "--opml", str(feeds))
        stack.callback(newsroom.process.stop, 5)
        newsroom.pause()
        names, hosts = _named(feeds)
        near = Machine(folder / "near", NAMES | names)
        reached = [*kafka.bootstrap, f"127.0.0.1:{database.port}", *hosts]
        far = FarMachine(folder / "far", NAMES | names, FAR, reached)
        stack.callback(far.close)
        store = database.url
        by_name = make_url(store).set(host="database.chaos").render_as_string(hide_password=False)
        bootstrap = ", ".join(f'"kafka.chaos:{each.rpartition(":")[2]}"' for each in kafka.bootstrap)
        roles = {}
        for machine, names_here in ((near, NEAR_ROLES), (far, FAR_ROLES)):
            for name in names_here:
                home = folder / name
                home.mkdir()
                config = home / "storyfold.toml"
                config.write_text(
                    CONFIG.format(folder=home, store=by_name, feeds=feeds, bootstrap=bootstrap, console=free_port())
                )
                command = python("-m", "storyfold", "run", "--roles", name.partition("-")[0], "--config", str(config))
                roles[name] = RoleProcess(name, Process(machine.command(*command), home / "log"))
        for role in roles.values():
            role.process.start()
            stack.callback(role.process.stop, 20)
        yield Scene(kafka, database, disk, store, newsroom, {"near": near, FAR: far}, roles)


@contextmanager
def _database() -> Iterator[tuple[PostgresqlServer, Path]]:
    """PostgreSQL with its data on a disk of its own that can be filled."""
    with tempfile.TemporaryDirectory(prefix="storyfold-chaos-", ignore_cleanup_errors=True) as folder:
        run("mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=0755", "tmpfs", folder)
        try:
            server = PostgresqlServer(Path(folder), free_port(), {"max_connections": "200"})
            server.initialise()
            server.start()
            try:
                yield server, Path(folder)
            finally:
                server.stop()
        finally:
            subprocess.run(["umount", "-l", folder], check=False)


def _named(feeds: Path) -> tuple[dict[str, str], list[str]]:
    """Give the hosts in the feeds file names; returns the names and the addresses behind them."""
    text = feeds.read_text()
    hosts = sorted(set(re.findall(r'xmlUrl="http://([\d.]+:\d+)/', text)))
    names = {}
    for number, host in enumerate(hosts, 1):
        address, _, port = host.partition(":")
        names[f"press-{number}.chaos"] = address
        text = text.replace(f'xmlUrl="http://{host}/', f'xmlUrl="http://press-{number}.chaos:{port}/')
    feeds.write_text(text)
    return names, hosts


def fill(disk: Path) -> None:
    """Leave no room on a disk."""
    with suppress(OSError), (disk / "ballast").open("wb") as ballast:
        while True:
            ballast.write(b"\0" * (1 << 20))
            ballast.flush()


def empty(disk: Path) -> None:
    """Give the room back."""
    (disk / "ballast").unlink(missing_ok=True)


def free_mib(disk: Path) -> int:
    """Room on a disk."""
    return shutil.disk_usage(disk).free >> 20
