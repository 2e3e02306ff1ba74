"""Machines: where roles run, each with names of its own, and the second behind a cable that can be cut."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from benchmarks.rig import Process, python, wait_until

# Where the cable may run, its ends .1 and .2; RFC 2544 keeps these networks for tests between devices of one's own.
NETWORKS = tuple(f"198.18.{number}" for number in range(200, 256))
FIRST_PORT = 20_000
# Nobody listens there, so a name that is not in the hosts file is refused at once and asks nobody elsewhere.
RESOLV = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"
ENTER = 'mount --bind "$0/hosts" /etc/hosts && mount --bind "$0/resolv.conf" /etc/resolv.conf && exec "$@"'


class CannotIsolate(Exception):
    """No namespaces here; the message says what is missing."""


def run(*command: str) -> None:
    """Run a command of the system.

    Raises:
        CannotIsolate: it failed.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotIsolate(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")


def require() -> None:
    """See that machines can be made here.

    Raises:
        CannotIsolate: what is missing.
    """
    if os.geteuid() != 0:
        raise CannotIsolate("network namespaces need root")
    for program in ("ip", "unshare", "mount"):
        if shutil.which(program) is None:
            raise CannotIsolate(f"{program} is missing: apt-get install iproute2 util-linux")
    run("unshare", "-m", "true")


def _unused_network() -> str:
    """The first three numbers of a network that no interface here is in.

    Raises:
        CannotIsolate: all are taken.
    """
    taken = subprocess.run(["ip", "-o", "-4", "addr"], capture_output=True, text=True, check=True).stdout
    for network in NETWORKS:
        if f" {network}." not in taken:
            return network
    raise CannotIsolate(f"networks {NETWORKS[0]}.0 to {NETWORKS[-1]}.0 are all in use here")


class Machine:
    """A machine with a hosts file of its own; this one shares the network of the tests.

    Args:
        folder: for its files; made.
        names: what its hosts file says: name → address.
    """

    def __init__(self, folder: Path, names: dict[str, str]) -> None:
        self.folder = folder
        self._names = names
        folder.mkdir(parents=True)
        (folder / "resolv.conf").write_text(RESOLV)
        self.know_names()

    def know_names(self) -> None:
        """Let names resolve."""
        self._write("".join(f"{address} {name}\n" for name, address in self._names.items()))

    def forget_names(self) -> None:
        """Let no name resolve but localhost."""
        self._write("")

    def command(self, *command: str) -> list[str]:
        """What starts a command on this machine; the process is the command's own, without anything around it."""
        return ["unshare", "-m", "sh", "-c", ENTER, str(self.folder), *command]

    def close(self) -> None:
        """Take away what was made outside the folder."""

    def _write(self, names: str) -> None:
        (self.folder / "hosts").write_text(f"127.0.0.1 localhost\n{names}")


class FarMachine(Machine):
    """A machine in a network namespace, which reaches the given loopback addresses through a cable.

    Args:
        folder: for its files; made.
        names: of its hosts file.
        name: of the namespace and of the cable.
        reached: addresses, host:port, that look the same from there.
    """

    def __init__(self, folder: Path, names: dict[str, str], name: str, reached: Sequence[str]) -> None:
        super().__init__(folder, names)
        self._name = name
        self._relays: list[Process] = []
        far = ("ip", "netns", "exec", name)
        network = _unused_network()
        near_end, far_end = f"{network}.1", f"{network}.2"
        run("ip", "netns", "add", name)
        try:
            run("ip", "link", "add", name, "type", "veth", "peer", "name", "cable", "netns", name)
            run("ip", "addr", "add", f"{near_end}/30", "dev", name)
            run("ip", "link", "set", name, "up")
            run(*far, "ip", "addr", "add", f"{far_end}/30", "dev", "cable")
            run(*far, "ip", "link", "set", "cable", "up")
            run(*far, "ip", "link", "set", "lo", "up")
            ports = range(FIRST_PORT, FIRST_PORT + len(reached))
            near_pairs = [f"{near_end}:{port}={address}" for port, address in zip(ports, reached, strict=True)]
            far_pairs = [f"{address}={near_end}:{port}" for port, address in zip(ports, reached, strict=True)]
            relay = python("-m", "tests.chaos.relay")
            self._relays = [
                Process([*relay, *near_pairs], folder / "near.log"),
                Process([*far, *relay, *far_pairs], folder / "far.log"),
            ]
            for each in self._relays:
                each.start()
            wait_until("the relays to run", lambda: all(each.running() for each in self._relays), 10)
        except BaseException:
            self.close()
            raise

    def command(self, *command: str) -> list[str]:
        """As for any machine, in the namespace."""
        return ["ip", "netns", "exec", self._name, *super().command(*command)]

    def cut(self) -> None:
        """Cut the cable: nothing gets through, and nobody is told."""
        run("ip", "link", "set", self._name, "down")

    def mend(self) -> None:
        """Plug it in again."""
        run("ip", "link", "set", self._name, "up")

    def close(self) -> None:
        """Stop the relays; the cable goes with the namespace."""
        for each in self._relays:
            each.stop(2)
        subprocess.run(["ip", "netns", "del", self._name], capture_output=True, check=False)
        subprocess.run(["ip", "link", "del", self._name], capture_output=True, check=False)
