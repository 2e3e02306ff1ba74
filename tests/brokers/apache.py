"""Apache Kafka on loopback, for tests: fetched from Maven Central once, run with Java 17.

    python -m tests.brokers.apache --port 9092        # runs until SIGTERM or Ctrl-C

One broker, KRaft, combined with its controller, its data in a folder that is thrown away at the end.
"""

import argparse
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = HERE.parent.parent / "var" / "cache" / "kafka"
CLUSTER_ID = "c3Rvcnlmb2xkLXRlc3RzMA"  # 16 bytes in URL-safe base64, as StorageTool wants it

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={folder}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
"""


class KafkaMissing(Exception):
    """Apache Kafka cannot be had on this machine; the message says what is missing."""


def libraries() -> Path:
    """The folder of jars, fetched on first use.

    Raises:
        KafkaMissing: no Java, no Maven, or Maven could not fetch.
    """
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise KafkaMissing(f"Apache Kafka needs {program}: install Debian's openjdk-17-jre-headless and maven")
    folder = CACHE / "libs"
    if (CACHE / "complete").exists():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    command = ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
    done = subprocess.run([*command, f"-DoutputDirectory={folder}"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise KafkaMissing(f"Maven could not fetch Apache Kafka:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    (CACHE / "complete").touch()
    return folder


def _java(libs: Path, *arguments: str) -> list[str]:
    memory = ("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
    return ["java", *memory, "-cp", f"{libs}/*", *arguments]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def apache_kafka(port: int | None = None) -> Iterator[str]:
    """Run a broker; yields its bootstrap address.

    Args:
        port: to listen on; a free one by default.

    Raises:
        KafkaMissing: it could not be fetched or did not start.
    """
    libs = libraries()
    port = port or free_port()
    with tempfile.TemporaryDirectory(prefix="storyfold-kafka-") as folder:
        settings = Path(folder) / "server.properties"
        settings.write_text(PROPERTIES.format(port=port, controller=free_port(), folder=folder))
        log = Path(folder) / "broker.log"
        format_command = _java(libs, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(settings))
        subprocess.run(format_command, check=True, capture_output=True)
        with log.open("wb") as output:
            broker = subprocess.Popen(
                _java(libs, "kafka.Kafka", str(settings)), stdout=output, stderr=subprocess.STDOUT, cwd=folder
            )
        try:
            _wait_for(broker, port, log)
            yield f"127.0.0.1:{port}"
        finally:
            broker.terminate()
            try:
                broker.wait(15)
            except subprocess.TimeoutExpired:
                broker.kill()
                broker.wait(5)


def _wait_for(broker: subprocess.Popen[bytes], port: int, log: Path, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not _listens(port):
        if broker.poll() is not None or time.monotonic() > end:
            raise KafkaMissing(f"Apache Kafka did not start:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.1)


def main() -> int:
    """Run a broker until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=9092)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with apache_kafka(arguments.port) as address:
            print(f"Apache Kafka on {address}", flush=True)
            signal.pause()
    except KafkaMissing as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
