"""A meter that remembers."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from storyfold.model.metrics import Metric
from storyfold.ports import Meter


class RecordingMeter:
    """Keeps every measurement for a test to look at."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[Metric, StrEnum | None]] = Counter()
        self.gauges: dict[tuple[Metric, StrEnum | None], float] = {}
        self.observations: list[tuple[Metric, StrEnum | None, float]] = []

    def count(self, metric: Metric, label: StrEnum | None = None, by: float = 1) -> None:
        self.counts[metric, label] += by  # type: ignore[assignment]  # a Counter adds floats as well as integers

    def gauge(self, metric: Metric, value: float, label: StrEnum | None = None) -> None:
        self.gauges[metric, label] = value

    def observe(self, metric: Metric, seconds: float, label: StrEnum | None = None) -> None:
        self.observations.append((metric, label, seconds))

    def observe_many(self, metric: Metric, seconds: Sequence[float], label: StrEnum | None = None) -> None:
        for each in seconds:
            self.observe(metric, each, label)

    def counted(self, metric: Metric, label: StrEnum | None = None) -> float:
        """What a counter stands at."""
        return self.counts[metric, label]


_: type[Meter] = RecordingMeter
