"""storyfold under test: a config for loopback, the program, and what its store and console say."""

import sqlite3
from pathlib import Path
from typing import Any

from benchmarks.rig import Process, answers, free_port, get_json, python, wait_until

# For a press on loopback: less polite, and in more of a hurry, than anything on the web deserves.
LOOPBACK = """
data_dir = "{folder}/var"
[feeds]
file = "{feeds}"
[poll]
floor = "1s"
first_interval = "1s"
ceiling = "2s"
news_window = "10000d"
[politeness]
concurrency = 16
interval = "0s"
[read]
first_retry = "1s"
[fetch]
contact = "http://localhost/test"
allowed_networks = ["127.0.0.0/8"]
allowed_ports = []
"""
CONFIG = f"""{LOOPBACK}
{{kafka}}
[embedded]
port = {{broker}}
[console]
port = {{console}}
"""


class Program:
    """storyfold, run as a user would run it, in a folder of its own.

    Args:
        folder: for config, data and log.
        feeds: the feeds file.
        bootstrap: of a broker; None for the embedded one.
        more: appended to the config.
    """

    def __init__(self, folder: Path, feeds: Path, bootstrap: str | None = None, more: str = "") -> None:
        self.folder = folder
        self.broker_port, self.console_port = free_port(), free_port()
        self.bootstrap = bootstrap or f"127.0.0.1:{self.broker_port}"
        kafka = f'[kafka]\nbootstrap_servers = ["{bootstrap}"]\n' if bootstrap else ""
        text = CONFIG.format(
            folder=folder, feeds=feeds, kafka=kafka, broker=self.broker_port, console=self.console_port
        )
        self.config = folder / "storyfold.toml"
        self.config.write_text(text + more)
        self.process = Process(python("-m", "storyfold", "run", "--config", str(self.config)), folder / "storyfold.log")

    def start(self, *, ready: bool = True) -> None:
        """Start it; with `ready`, return when it says that it is."""
        self.process.start()
        if ready:
            wait_until("readiness", self.is_ready, 90)

    def is_ready(self) -> bool:
        """What /readyz says.

        Raises:
            AssertionError: the program has ended.
        """
        assert self.process.running(), f"storyfold ended by itself:\n{self.process.tail()}"
        return answers(f"http://127.0.0.1:{self.console_port}/readyz")

    def status(self) -> Any:
        """What /api/status says."""
        return get_json(f"http://127.0.0.1:{self.console_port}/api/status")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the store."""
        database = sqlite3.connect(f"file:{self.folder}/var/storyfold.sqlite3?mode=ro", uri=True, timeout=10)
        try:
            return database.execute(query).fetchall()
        finally:
            database.close()

    def settled(self) -> bool:
        """Whether no entry waits and the outbox is empty."""
        waiting = self.rows("SELECT count(*) FROM entries WHERE state IN ('pending', 'retry')")[0][0]
        return waiting == 0 and self.rows("SELECT count(*) FROM outbox")[0][0] == 0
