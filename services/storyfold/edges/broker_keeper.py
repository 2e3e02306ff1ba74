"""The keeper: a tiny process that holds the embedded broker, so that it survives a storyfold that is killed.

    python -I broker_keeper.py FOLDER BINARY PORT CLUSTER_ID STORE_ID GONE_SECONDS

The broker keeps everything in memory: if it died with storyfold, consumers would lose what they had not read. So the
broker is a child of this process, which notes in ``broker.json`` where it is, and ends it when storyfold has been gone
for GONE_SECONDS, or at once on SIGTERM. Whether storyfold is there shows in the lock it holds on ``broker.lock``; the
kernel frees it however storyfold ends. When the broker dies, the keeper ends too.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

NOTE_NAME = "broker.json"
LOCK_NAME = "broker.lock"
LOG_NAME = "broker.log"
LOOK_SECONDS = 0.5
# Longer than the broker ever took to stop on SIGTERM here (3 ms).
STOP_SECONDS = 3.0
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class BrokerNote:
    """Where the embedded broker of a data folder is.

    Attributes:
        keeper_pid: the process that holds it.
        broker_pid: the broker itself.
        port: on loopback.
        cluster_id: what it calls itself; another with each start.
        store_id: the store whose records it carries.
    """

    keeper_pid: int
    broker_pid: int
    port: int
    cluster_id: str
    store_id: str


def read_note(folder: Path) -> BrokerNote | None:
    """The note in a data folder; None where there is none that can be read."""
    try:
        value = json.loads((folder / NOTE_NAME).read_text())
        return BrokerNote(**value)
    except (OSError, ValueError, TypeError):
        return None


def write_note(folder: Path, note: BrokerNote) -> None:
    """Replace the note, whole or not at all."""
    fresh = folder / f"{NOTE_NAME}.new"
    fresh.write_text(json.dumps(asdict(note)))
    fresh.replace(folder / NOTE_NAME)


class Presence:
    """The lock that shows that storyfold is there.

    A POSIX record lock: it belongs to the process, so no worker that storyfold forked can hold it on.
    """

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take(self) -> bool:
        """Take the lock if nobody has it; whether it is ours now."""
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def free(self) -> None:
        """Let the lock go; it can be taken again."""
        fcntl.lockf(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go for good."""
        os.close(self._file)


class Keeper:
    """Watches one broker.

    Args:
        folder: the data folder.
        broker: the running broker.
        patience: seconds that it waits for a storyfold to come back.
    """

    def __init__(self, folder: Path, broker: subprocess.Popen[bytes], patience: float) -> None:
        self._patience = patience
        self._folder = folder
        self._broker = broker
        self._presence = Presence(folder)

    def keep(self) -> None:
        """Return when the broker has died, or after ending it because storyfold has been gone too long."""
        seen = time.monotonic()
        while self._broker.poll() is None:
            if not self._presence.take():
                seen = time.monotonic()
            else:
                self._presence.free()
                if time.monotonic() - seen > self._patience:
                    break
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._broker.wait(LOOK_SECONDS)
        self.end()

    def end(self) -> None:
        """Stop the broker and take the note away, if it still speaks of this keeper."""
        note = read_note(self._folder)
        if note is not None and note.keeper_pid == os.getpid():
            (self._folder / NOTE_NAME).unlink(missing_ok=True)
        if self._broker.poll() is None:
            self._broker.terminate()
            # A broker that was stopped (SIGSTOP) does not hear SIGTERM.
            try:
                self._broker.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._broker.kill()
                self._broker.wait(STOP_SECONDS)


def _die_with_keeper() -> None:
    """In the child, before it becomes the broker: be killed when the keeper dies (Linux prctl(2))."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start_broker(folder: Path, binary: str, port: int, cluster_id: str) -> subprocess.Popen[bytes]:
    """Start the broker on loopback, its output in a file that begins anew."""
    address = f"tcp://127.0.0.1:{port}"
    command = [binary, "broker", "--cluster-id", cluster_id, "--storage-engine", "memory://storyfold/", "--silent"]
    with (folder / LOG_NAME).open("wb") as log:
        return subprocess.Popen(  # noqa: S603 # the binary is the one the package ships
            [*command, "--listener-url", address, "--advertised-listener-url", address],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            # Safe here: the keeper has one thread. The lock's file is closed on exec.
            preexec_fn=_die_with_keeper,  # noqa: PLW1509 # see above
        )


class _Stopped(Exception):
    """SIGTERM came."""


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Leave whatever is being waited for; once is enough."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Stopped


def main(arguments: list[str]) -> int:
    """Hold a broker until it is no longer needed."""
    folder, binary, port, cluster_id, store_id, patience = Path(arguments[0]), *arguments[1:6]
    broker = start_broker(folder, binary, int(port), cluster_id)
    keeper = Keeper(folder, broker, float(patience))

    signal.signal(signal.SIGTERM, _stop)
    write_note(folder, BrokerNote(os.getpid(), broker.pid, int(port), cluster_id, store_id))
    try:
        keeper.keep()
    except _Stopped:
        keeper.end()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
