import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from storyfold.edges.telemetry import BUCKETS, PrometheusMeter
from storyfold.model.feeds import PollOutcome
from storyfold.model.fetching import Purpose
from storyfold.model.metrics import Metric, MetricKind, Stage
from storyfold.model.records import Topic


def samples(meter: PrometheusMeter) -> dict[tuple[str, tuple[str, ...]], float]:
    families = text_string_to_metric_families(meter.text().decode())
    return {(each.name, tuple(each.labels.values())): each.value for family in families for each in family.samples}


def test_every_metric_exists_from_the_start() -> None:
    """Before anything happened, each metric shows 0 for each value of its label."""
    found = samples(PrometheusMeter())
    for metric in Metric:
        name = metric.value.name + ("_count" if metric.value.kind is MetricKind.HISTOGRAM else "")
        labels = [(member.value,) for member in metric.value.values] if metric.value.values else [()]
        for label in labels:
            assert 0 == found[name, label]


def test_counters_gauges_and_histograms_take_their_measurements() -> None:
    """What is counted, set and observed stands in the text."""
    meter = PrometheusMeter()
    meter.count(Metric.POLLS, PollOutcome.DNS)
    meter.count(Metric.FETCH_BYTES, Purpose.PAGE, by=512)
    meter.gauge(Metric.HOP_DEPTH, 7, Stage.READ)
    meter.observe(Metric.POLL_SECONDS, 0.3)
    meter.observe(Metric.POLL_SECONDS, -1)
    found = samples(meter)
    assert 1 == found["storyfold_polls_total", ("dns",)]
    assert 512 == found["storyfold_fetch_bytes_total", ("page",)]
    assert 7 == found["storyfold_hop_depth", ("read",)]
    assert (2, 0.3) == (found["storyfold_poll_seconds_count", ()], found["storyfold_poll_seconds_sum", ()])


@given(st.lists(st.floats(-1, 1e6) | st.sampled_from(BUCKETS[Metric.SEEN_TO_KAFKA]), max_size=30))
def test_many_observations_at_once(seconds: list[float]) -> None:
    """Observing many spans in one go gives what observing each gives."""
    at_once, one_by_one = PrometheusMeter(), PrometheusMeter()
    at_once.observe_many(Metric.SEEN_TO_KAFKA, seconds, Topic.EVENTS)
    for each in seconds:
        one_by_one.observe(Metric.SEEN_TO_KAFKA, each, Topic.EVENTS)
    name = Metric.SEEN_TO_KAFKA.value.name
    expected = {place: value for place, value in samples(one_by_one).items() if place[0].startswith(name)}
    found = {place: value for place, value in samples(at_once).items() if place[0].startswith(name)}
    assert pytest.approx(expected) == found


@pytest.mark.parametrize(
    ("metric", "label"), [(Metric.POLLS, None), (Metric.POLLS, Purpose.PAGE), (Metric.ENTRIES_NEW, Purpose.PAGE)]
)
def test_a_wrong_label_is_a_defect(metric: Metric, label: Purpose | None) -> None:
    """A label that is missing, not wanted or of another enum is refused."""
    with pytest.raises(ValueError, match="takes"):
        PrometheusMeter().count(metric, label)


def test_a_wrong_kind_is_a_defect() -> None:
    """A gauge cannot be counted, nor a counter set or observed."""
    meter = PrometheusMeter()
    with pytest.raises(TypeError, match="not a counter"):
        meter.count(Metric.OUTBOX_ROWS)
    with pytest.raises(TypeError, match="not a gauge"):
        meter.gauge(Metric.ENTRIES_NEW, 1)
    with pytest.raises(TypeError, match="not a histogram"):
        meter.observe(Metric.ENTRIES_NEW, 1)


def test_two_meters_share_nothing() -> None:
    """Each meter has a registry of its own."""
    first, second = PrometheusMeter(), PrometheusMeter()
    first.count(Metric.ENTRIES_NEW)
    assert 0 == samples(second)["storyfold_entries_new_total", ()]


def test_every_histogram_has_its_buckets() -> None:
    """Buckets are chosen for each histogram by what it measures."""
    assert {metric for metric in Metric if metric.value.kind is MetricKind.HISTOGRAM} == set(BUCKETS)


def test_the_process_itself_is_measured() -> None:
    """CPU, memory and garbage collection of the process stand beside our own metrics."""
    names = {name for name, _ in samples(PrometheusMeter())}
    assert {"process_cpu_seconds_total", "process_resident_memory_bytes", "python_gc_collections_total"} <= names
