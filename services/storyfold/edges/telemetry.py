"""Telemetry: the `Meter` port over prometheus-client, in a registry of its own.

Every metric of the closed list exists from the start, with every label value at 0, so that a rate over a counter is
right from its first increment and a dashboard shows 0 instead of nothing.
"""

from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Sequence
from enum import StrEnum
from typing import assert_never

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from storyfold.model.metrics import Metric, MetricDefinition, MetricKind
from storyfold.ports import Meter

# Seconds. Work inside the process: a store transaction is below 10 ms, a hung worker is killed after some 10 s.
_WORK = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# Exchanges with other people's servers end at their deadline (default 30 s); reading waits for politeness, too.
_EXCHANGE = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
# From first sight to Kafka: half a second when all is well, hours when a broker or a site is down.
_DELAY = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 21_600.0, 86_400.0)
# From publication: the polling interval rules it, minutes to a day; feeds with old items go beyond.
_AGE = (1.0, 10.0, 60.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 21_600.0, 43_200.0, 86_400.0, 604_800.0)

BUCKETS = {
    Metric.POLL_SECONDS: _EXCHANGE,
    Metric.FETCH_SECONDS: _EXCHANGE,
    Metric.READ_SECONDS: _EXCHANGE,
    Metric.EXTRACT_SECONDS: _WORK,
    Metric.FOLD_SECONDS: _WORK,
    Metric.COMMIT_SECONDS: _WORK,
    Metric.TRANSACTION_SECONDS: _WORK,
    Metric.SEEN_TO_KAFKA: _DELAY,
    Metric.PUBLISHED_TO_KAFKA: _AGE,
}

_Instrument = Counter | Gauge | Histogram


class PrometheusMeter:
    """Counts, gauges and histograms, as Prometheus wants them.

    The text also holds the process's own figures (CPU, memory, open files) and the garbage collector's. Switches off
    prometheus-client's ``_created`` series for the whole process: they double the text and nobody reads them.
    """

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # published without annotations
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        self._plain: dict[Metric, _Instrument] = {}
        self._labelled: dict[tuple[Metric, StrEnum], _Instrument] = {}
        for metric in Metric:
            instrument = _instrument(metric, self._registry)
            if metric.value.values is None:
                self._plain[metric] = instrument
            else:
                for member in metric.value.values:
                    self._labelled[metric, member] = instrument.labels(member.value)

    def count(self, metric: Metric, label: StrEnum | None = None, by: float = 1) -> None:
        """Add to a counter."""
        instrument = self._find(metric, label)
        if not isinstance(instrument, Counter):
            raise TypeError(f"{metric.value.name} is a {metric.value.kind}, not a counter")
        instrument.inc(by)

    def gauge(self, metric: Metric, value: float, label: StrEnum | None = None) -> None:
        """Set a gauge."""
        instrument = self._find(metric, label)
        if not isinstance(instrument, Gauge):
            raise TypeError(f"{metric.value.name} is a {metric.value.kind}, not a gauge")
        instrument.set(value)

    def observe(self, metric: Metric, seconds: float, label: StrEnum | None = None) -> None:
        """Add to a histogram; a negative span, which only a clock that jumped can give, counts as 0."""
        self._histogram(metric, label).observe(max(0.0, seconds))

    def observe_many(self, metric: Metric, seconds: Sequence[float], label: StrEnum | None = None) -> None:
        """Add to a histogram what `observe` would add one by one, with one step a bucket."""
        histogram = self._histogram(metric, label)
        spans = [max(0.0, each) for each in seconds]
        bounds = histogram._upper_bounds  # noqa: SLF001 # the client has no way to add more than one
        for bucket, number in Tally(bisect_left(bounds, each) for each in spans).items():
            histogram._buckets[bucket].inc(number)  # noqa: SLF001 # see above
        histogram._sum.inc(sum(spans))  # noqa: SLF001 # see above

    def text(self) -> bytes:
        """Everything measured so far, in the Prometheus text format 0.0.4."""
        return generate_latest(self._registry)

    def _histogram(self, metric: Metric, label: StrEnum | None) -> Histogram:
        instrument = self._find(metric, label)
        if not isinstance(instrument, Histogram):
            raise TypeError(f"{metric.value.name} is a {metric.value.kind}, not a histogram")
        return instrument

    def _find(self, metric: Metric, label: StrEnum | None) -> _Instrument:
        """The instrument of a metric and label.

        Raises:
            ValueError: the label is missing, not wanted, or of another enum; a defect of the caller.
        """
        found = self._plain.get(metric) if label is None else self._labelled.get((metric, label))
        if found is None or (label is not None and type(label) is not metric.value.values):
            raise ValueError(f"{metric.value.name} takes {metric.value.values or 'no label'}, not {label!r}")
        return found


def _instrument(metric: Metric, registry: CollectorRegistry) -> _Instrument:
    definition: MetricDefinition = metric.value
    labels = () if definition.label is None else (definition.label,)
    match definition.kind:
        case MetricKind.COUNTER:
            return Counter(definition.name, definition.help, labels, registry=registry)
        case MetricKind.GAUGE:
            return Gauge(definition.name, definition.help, labels, registry=registry)
        case MetricKind.HISTOGRAM:
            return Histogram(definition.name, definition.help, labels, registry=registry, buckets=BUCKETS[metric])
        case _:
            assert_never(definition.kind)


_fits: type[Meter] = PrometheusMeter
