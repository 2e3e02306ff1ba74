"""Reading back: what a `read_committed` consumer sees, kept small enough for tens of thousands of articles."""

import json
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from benchmarks.rig import TOPICS


@dataclass
class SlimReader:
    """Follows all topics from their beginning in a thread and keeps ids and versions only.

    Attributes:
        bootstrap: addresses of the brokers.
        urls: of articles at version 1 → how often.
        versions: of each event, in the order in which they came.
        ids: `ce_id`s of each topic → how often.
        rejects: reason → how many.
    """

    bootstrap: tuple[str, ...]
    urls: Counter[str] = field(default_factory=Counter)
    versions: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    ids: Counter[tuple[str, str]] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to read."""
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop reading."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(30)

    @property
    def repeated(self) -> int:
        """Records that came again."""
        return sum(count - 1 for count in self.ids.values())

    @property
    def gaps(self) -> int:
        """Events whose versions are not 1, 2, 3 … in the order in which they came."""
        return sum(found != list(range(1, len(found) + 1)) for found in self.versions.values())

    def _run(self) -> None:
        positions: dict[TopicPartition, int] = {}
        while not self._stop.is_set():
            try:
                self._follow(positions)
            except KafkaError:
                time.sleep(0.5)

    def _follow(self, positions: dict[TopicPartition, int]) -> None:
        """Read with one consumer until it fails; the next goes on where this one came to."""
        consumer = KafkaConsumer(
            bootstrap_servers=list(self.bootstrap),
            isolation_level="read_committed",
            enable_auto_commit=False,
            group_id=None,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=100,
            metadata_max_age_ms=2_000,
        )
        try:
            while not self._stop.is_set():
                self._assign(consumer, positions)
                if not positions:
                    time.sleep(0.2)
                    continue
                for partition, records in consumer.poll(timeout_ms=200, max_records=2000).items():
                    for record in records:
                        self._take(record)
                        positions[partition] = record.offset + 1
        finally:
            consumer.close(autocommit=False)

    @staticmethod
    def _assign(consumer: KafkaConsumer, positions: dict[TopicPartition, int]) -> None:
        there = {
            TopicPartition(topic, each) for topic in TOPICS for each in (consumer.partitions_for_topic(topic) or ())
        }
        if there and there != set(consumer.assignment()):
            for each in there:
                positions.setdefault(each, 0)
            consumer.assign(sorted(there))
            for each in there:
                consumer.seek(each, positions[each])

    def _take(self, record: Any) -> None:
        headers = dict(record.headers)
        self.ids[record.topic, headers["ce_id"].decode()] += 1
        value = json.loads(record.value)
        match record.topic:
            case "news.articles" if value["version"] == 1:
                self.urls[value["url"]] += 1
            case "news.events":
                self.versions[value["event_id"]].append(value["version"])
            case "news.rejects":
                self.rejects[value["reason"]] += 1
