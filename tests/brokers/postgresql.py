"""PostgreSQL on loopback, for tests: Debian's server, run as its own user, its data in a folder that is thrown away.

python -m tests.brokers.postgresql --port 5433        # runs until SIGTERM or Ctrl-C
"""

import argparse
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import LiteralString

import psutil
import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from tests.brokers.apache import free_port

USER = "storyfold"
# Debian's package makes this account; the server refuses to run as root.
ACCOUNT = "postgres"
OVERRIDE = "STORYFOLD_TEST_POSTGRESQL_URL"


class PostgresqlMissing(Exception):
    """PostgreSQL cannot be had on this machine; the message says what is missing."""


def binaries() -> Path:
    """The folder of the server's programs, the newest there is; installed where missing and root asks.

    Raises:
        PostgresqlMissing: not there, and it could not be installed.
    """
    if (found := _found()) is not None:
        return found
    said = "only root may install it"
    if os.geteuid() == 0 and shutil.which("apt-get") is not None:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "postgresql"]):
            done = subprocess.run(
                ["apt-get", *command], env=environment, capture_output=True, text=True, check=False, timeout=600
            )
            said = done.stderr[-2000:]
        if (found := _found()) is not None:
            return found
    raise PostgresqlMissing(f"PostgreSQL's server is missing: apt-get install postgresql ({said})")


def _found() -> Path | None:
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if folders:
        return max(folders, key=lambda folder: int(folder.parent.name))
    program = shutil.which("postgres")
    return None if program is None else Path(program).resolve().parent


@dataclass
class PostgresqlServer:
    """A server of one's own, that can be stopped, killed and started again.

    Attributes:
        folder: its home, which belongs to the account it runs under.
        port: on 127.0.0.1.
        settings: what stands on its command line beside the defaults.
    """

    folder: Path
    port: int
    settings: Mapping[str, str] = field(default_factory=dict)
    password: str = field(default_factory=lambda: secrets.token_hex(12))
    _program: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """SQLAlchemy URL of its first database, as superuser."""
        return URL.create(
            "postgresql+psycopg", USER, self.password, "127.0.0.1", self.port, "postgres"
        ).render_as_string(hide_password=False)

    def initialise(self) -> None:
        """Make the cluster; sessions need a password, as they should on a server that others share."""
        word = self.folder / "password"
        word.write_text(self.password)
        if os.geteuid() == 0:
            for path in (self.folder, word):
                shutil.chown(path, ACCOUNT, ACCOUNT)
        options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
        command = [str(binaries() / "initdb"), "-D", str(self._data), "-U", USER, f"--pwfile={word}", *options]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            user=_account(),
            group=_account(),
            extra_groups=_groups(),
        )
        if done.returncode != 0:
            raise PostgresqlMissing(f"initdb failed:\n{done.stderr[-2000:]}")

    def start(self, seconds: float = 60) -> None:
        """Start it and wait until it answers."""
        given = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            **self.settings,
        }
        options = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
        command = [str(binaries() / "postgres"), "-D", str(self._data), *options]
        end = time.monotonic() + seconds
        while True:
            with (self.folder / "log").open("ab") as log:
                self._program = subprocess.Popen(
                    command,
                    stdout=log,
                    stderr=log,
                    cwd=self.folder,
                    user=_account(),
                    group=_account(),
                    extra_groups=_groups(),
                )
            while self._program.poll() is None:
                with suppress(psycopg.OperationalError), psycopg.connect(conninfo(self.url), connect_timeout=2):
                    return
                time.sleep(0.05)
            # After a kill the old one's children may hold its memory for a moment.
            if time.monotonic() > end:
                raise PostgresqlMissing(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()[-3000:]}")
            time.sleep(0.1)

    def running(self) -> bool:
        """Whether its process is there."""
        return self._program is not None and self._program.poll() is None

    def stop(self) -> None:
        """Stop it, ending its sessions."""
        if self._program is not None:
            self._program.send_signal(signal.SIGINT)
            self._program.wait(30)
            self._program = None

    def kill(self) -> None:
        """Kill it and its children with SIGKILL, all at once as far as can be."""
        if self._program is not None:
            parent = psutil.Process(self._program.pid)
            for process in (*parent.children(recursive=True), parent):
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            self._program.wait(30)
            self._program = None

    @property
    def _data(self) -> Path:
        return self.folder / "data"


def _account() -> str | None:
    return ACCOUNT if os.geteuid() == 0 else None


def _groups() -> list[str] | None:
    return [] if os.geteuid() == 0 else None


@contextmanager
def postgresql_server(port: int | None = None, settings: Mapping[str, str] | None = None) -> Iterator[PostgresqlServer]:
    """Run a server of one's own.

    Args:
        port: to listen on; a free one by default.
        settings: of the server, such as ``{"fsync": "off"}``.

    Raises:
        PostgresqlMissing: it cannot be had or does not start.
    """
    binaries()
    # Not under pytest's folders, which only their owner may enter.
    with tempfile.TemporaryDirectory(prefix="storyfold-postgresql-", ignore_cleanup_errors=True) as folder:
        server = PostgresqlServer(Path(folder), port or free_port(), settings or {})
        server.initialise()
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def postgresql() -> Iterator[str]:
    """Where a server is: the one that the environment names, else one of one's own; yields its SQLAlchemy URL.

    Raises:
        PostgresqlMissing: it cannot be had or does not start.
    """
    named = os.environ.get(OVERRIDE)
    if named:
        yield named
        return
    with postgresql_server() as server:
        yield server.url


@contextmanager
def fresh_database(server: str, options: LiteralString = "") -> Iterator[str]:
    """Make an empty database; yields its URL and drops it in the end."""
    name = f"test_{uuid.uuid4().hex}"
    run_sql(server, sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(name), sql.SQL(options)))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        run_sql(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def conninfo(url: str) -> str:
    """An SQLAlchemy URL as libpq has it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def run_sql(url: str, statement: str | sql.Composed) -> None:
    """Run a statement by itself."""
    with psycopg.connect(conninfo(url), autocommit=True) as connection:
        connection.execute(statement.encode() if isinstance(statement, str) else statement)


def main() -> int:
    """Run a server until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=5433)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with postgresql_server(arguments.port) as server:
            print(f"PostgreSQL at {server.url}", flush=True)
            signal.pause()
    except PostgresqlMissing as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
