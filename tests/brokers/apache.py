"""Apache Kafka on loopback, for tests: fetched from Maven Central once, run with Java 17.

    python -m tests.brokers.apache --port 9092           # one broker, until SIGTERM or Ctrl-C
    python -m tests.brokers.apache --brokers 3           # three, each record on all, two of which must have it
    python -m tests.brokers.apache --brokers 3 --separate-controllers

KRaft; brokers are controllers too unless told otherwise. Data stand in a folder that is thrown away at the end.
"""

import argparse
import contextlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from tests.brokers.kafka_libraries import KafkaMissing, libraries
from tests.brokers.kafka_settings import CLUSTER_ID, ClusterPlan, Node, Secured

__all__ = ["ApacheKafka", "KafkaMissing", "apache_kafka", "free_port", "run_tool"]

MEMORY = ("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC")
# Half the time to start; for clusters of which nobody measures the speed.
QUICK_START = ("-XX:TieredStopAtLevel=1",)
START_SECONDS = 120.0
# Numbers of separate controllers begin behind this.
CONTROLLERS = 100


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ApacheKafka:
    """A cluster whose brokers, numbered from 1, can be stopped, killed, paused and started again.

    A broker keeps its port and its data over all of that.

    Args:
        folder: for properties, data and logs; an empty one.
        brokers: how many.
        separate_controllers: three further processes that only vote; otherwise each broker votes too.
        secured: further listeners, and an authorizer.
        port: of the first broker; a free one by default.
        further: settings of every node, as in server.properties.
        quick_start: start in half the time, and be slower for ever.

    Raises:
        KafkaMissing: it could not be fetched.
    """

    def __init__(
        self,
        folder: Path,
        brokers: int = 1,
        *,
        separate_controllers: bool = False,
        secured: Secured | None = None,
        port: int | None = None,
        further: Mapping[str, str] | None = None,
        quick_start: bool = True,
    ) -> None:
        self._libraries = libraries()
        self._folder = folder
        self._quick_start = quick_start
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._paused: set[int] = set()
        nodes = [
            Node(number, True, not separate_controllers, _ports(not separate_controllers, secured))
            for number in range(1, brokers + 1)
        ]
        if port is not None:
            nodes[0] = Node(1, True, not separate_controllers, {**nodes[0].ports, "PLAINTEXT": port})
        if separate_controllers:
            nodes += [Node(CONTROLLERS + number, False, True, {"CONTROLLER": free_port()}) for number in range(1, 4)]
        self._plan = ClusterPlan(nodes, secured, further or {})
        self._nodes = {node.number: node for node in nodes}

    @property
    def brokers(self) -> tuple[int, ...]:
        """The numbers of the brokers."""
        return tuple(node.number for node in self._plan.nodes if node.broker)

    @property
    def controllers(self) -> tuple[int, ...]:
        """The numbers of the processes that vote."""
        return tuple(node.number for node in self._plan.nodes if node.controller)

    @property
    def bootstrap(self) -> tuple[str, ...]:
        """Addresses of the plain listeners of all brokers, running or not."""
        return self.addresses("PLAINTEXT")

    def addresses(self, listener: str) -> tuple[str, ...]:
        """Addresses of a listener: PLAINTEXT, SASL or TLS."""
        return tuple(f"127.0.0.1:{node.ports[listener]}" for node in self._plan.nodes if node.broker)

    def start(self) -> None:
        """Format the storage, start every node, and wait until all brokers belong to the cluster.

        Raises:
            KafkaMissing: it does not start; the end of the log says why.
        """
        formatting = [self._format(node) for node in self._plan.nodes]
        for each in formatting:
            said = each.communicate(timeout=START_SECONDS)[0]
            if each.returncode != 0:
                raise KafkaMissing(f"Apache Kafka's storage could not be formatted:\n{said.decode()[-3000:]}")
        for number in sorted(self._nodes, reverse=True):  # controllers first
            self._launch(number)
        self.wait_for(len(self.brokers))

    def running(self, number: int) -> bool:
        """Whether a node's process is there, paused or not."""
        process = self._processes.get(number)
        return process is not None and process.poll() is None

    def stop(self, number: int, seconds: float = 30) -> None:
        """End a node as an operator would: it hands over what it leads first."""
        self._end(number, signal.SIGTERM, seconds)

    def kill(self, number: int) -> None:
        """End a node at once (SIGKILL); what it had not written back is still in the kernel, as after a crash."""
        self._end(number, signal.SIGKILL, 30)

    def pause(self, number: int) -> None:
        """Let a node hang (SIGSTOP) until `resume`."""
        self._paused.add(number)
        self._processes[number].send_signal(signal.SIGSTOP)

    def resume(self, number: int) -> None:
        """Let a paused node go on, as if no time had passed for it."""
        self._paused.discard(number)
        self._processes[number].send_signal(signal.SIGCONT)

    def restart(self, number: int, *, wait: bool = True) -> None:
        """Start a node again, after stopping it where it runs; with `wait`, return when it belongs to the cluster."""
        if self.running(number):
            self.stop(number)
        self._launch(number)
        if wait and self._nodes[number].broker:
            self.wait_for(len(self._answering()))

    def wait_for(self, brokers: int, seconds: float = START_SECONDS) -> None:
        """Wait until every broker that runs knows of at least so many.

        Raises:
            KafkaMissing: a node has ended, or it takes too long; the ends of the logs say why.
        """
        end = time.monotonic() + seconds
        started = {number for number in self._processes if self.running(number)}
        while self._counted() < brokers:
            dead = [number for number in started if not self.running(number)]
            if dead or time.monotonic() > end:
                raise KafkaMissing(f"Apache Kafka did not start:\n{self._logs(dead or sorted(started))}")
            time.sleep(0.1)

    def close(self) -> None:
        """End every node; safe to call more than once."""
        for process in self._processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)  # the data are thrown away, so nothing is worth waiting for
        for process in self._processes.values():
            process.wait(30)

    # -- processes ----------------------------------------------------------------------------------------------------

    def _home(self, number: int) -> Path:
        return self._folder / f"node-{number}"

    def _java(self, *arguments: str) -> list[str]:
        options = (*MEMORY, *QUICK_START) if self._quick_start else MEMORY
        return ["java", *options, "-cp", f"{self._libraries}/*", *arguments]

    def _format(self, node: Node) -> "subprocess.Popen[bytes]":
        home = self._home(node.number)
        home.mkdir(parents=True)
        settings = home / "server.properties"
        settings.write_text(self._plan.properties(node, home))
        users = self._plan.secured.passwords if self._plan.secured is not None else {}
        credentials = [
            f"{mechanism}=[name={name},password={password}]"
            for name, password in users.items()
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
        ]
        further = [word for each in credentials for word in ("--add-scram", each)]
        command = self._java("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(settings), *further)
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def _launch(self, number: int) -> None:
        home = self._home(number)
        with (home / "node.log").open("ab") as log:
            self._processes[number] = subprocess.Popen(
                self._java("kafka.Kafka", str(home / "server.properties")),
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=home,
            )

    def _end(self, number: int, how: signal.Signals, seconds: float) -> None:
        process = self._processes[number]
        process.send_signal(how)
        self.resume(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(30)

    def _answering(self) -> list[int]:
        return [number for number in self.brokers if self.running(number) and number not in self._paused]

    def _counted(self) -> int:
        """How many brokers the cluster has by the least of what its brokers say; 0 while one does not answer."""
        counts = [_brokers_known_at(f"127.0.0.1:{self._nodes[each].ports['PLAINTEXT']}") for each in self._answering()]
        return min(counts, default=0)

    def _logs(self, numbers: list[int]) -> str:
        texts = [(self._home(number) / "node.log").read_text(errors="replace") for number in numbers]
        return "\n".join(f"node {number}: {text[-2000:]}" for number, text in zip(numbers, texts, strict=True))


def run_tool(tool: str, *arguments: str) -> str:
    """Run one of Kafka's own commands by its class, as ``kafka.admin.ConfigCommand``; returns what it printed."""
    command = ["java", *QUICK_START, "-cp", f"{libraries()}/*", tool, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=START_SECONDS).stdout


def _brokers_known_at(address: str) -> int:
    with socket.socket() as probe:  # a client that finds nobody leaves its sockets to the garbage collector
        host, port = address.split(":")
        if probe.connect_ex((host, int(port))) != 0:
            return 0
    with contextlib.suppress(KafkaError, OSError):
        admin = KafkaAdminClient(bootstrap_servers=[address], bootstrap_timeout_ms=2000)
        try:
            return len(admin.describe_cluster()["brokers"])
        finally:
            admin.close()
    return 0


def _ports(controller: bool, secured: Secured | None) -> dict[str, int]:
    names = ["PLAINTEXT", *(["CONTROLLER"] if controller else []), *(["SASL", "TLS"] if secured else [])]
    return {name: free_port() for name in names}


@contextmanager
def apache_kafka(
    port: int | None = None,
    *,
    brokers: int = 1,
    separate_controllers: bool = False,
    secured: Secured | None = None,
    further: Mapping[str, str] | None = None,
    quick_start: bool = True,
) -> Iterator[ApacheKafka]:
    """Run a cluster; see `ApacheKafka`.

    Raises:
        KafkaMissing: it could not be fetched or did not start.
    """
    with tempfile.TemporaryDirectory(prefix="storyfold-kafka-") as folder:
        cluster = ApacheKafka(
            Path(folder),
            brokers,
            separate_controllers=separate_controllers,
            secured=secured,
            port=port,
            further=further,
            quick_start=quick_start,
        )
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.close()


def main() -> int:
    """Run a cluster until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, help="of the first broker; 9092 where there is one broker")
    parser.add_argument("--brokers", type=int, default=1)
    parser.add_argument("--separate-controllers", action="store_true", help="three further processes that only vote")
    arguments = parser.parse_args()
    port = arguments.port or (9092 if arguments.brokers == 1 else None)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        separate = arguments.separate_controllers
        with apache_kafka(port, brokers=arguments.brokers, separate_controllers=separate, quick_start=False) as kafka:
            print(f"Apache Kafka on {','.join(kafka.bootstrap)}", flush=True)
            signal.pause()
    except KafkaMissing as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
