"""Metrics in documents, dashboard and alerts are those of the code."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storyfold.model.metrics import Metric, MetricKind

REPOSITORY = Path(__file__).parent.parent.parent
OPERATIONS = REPOSITORY / "docs" / "operations.md"
DASHBOARD = REPOSITORY / "deploy" / "grafana-dashboard.json"
ALERTS = REPOSITORY / "deploy" / "alerts.yml"
NAME = re.compile(r"\bstoryfold_[a-z0-9_]+")
LABELS = re.compile(r"\b(storyfold_[a-z0-9_]+)\{([^}]*)\}")
BY = re.compile(r"\b(?:by|on)\s*\(([^)]*)\)")


def series() -> dict[str, Metric]:
    """Every series that Prometheus sees, by name."""
    found: dict[str, Metric] = {}
    for metric in Metric:
        ends = ("_bucket", "_sum", "_count") if metric.value.kind is MetricKind.HISTOGRAM else ("",)
        found |= {metric.value.name + end: metric for end in ends}
    return found


def expressions() -> Iterator[str]:
    """Every query in the dashboard and the alerts."""
    dashboard: Any = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    yield from re.findall(r"expr: (?:>\n)?((?:.+\n)(?:          .+\n)*)", ALERTS.read_text(encoding="utf-8"))


def test_every_metric_is_in_the_runbook_with_its_kind_and_label() -> None:
    """Each metric has its row in docs/operations.md."""
    text = OPERATIONS.read_text(encoding="utf-8")
    for metric in Metric:
        label = f"{{{metric.value.label}}}" if metric.value.label else ""
        assert f"| `{metric.value.name}{label}` | {metric.value.kind} |" in text


def test_the_runbook_names_no_metric_that_does_not_exist() -> None:
    """A metric that was renamed leaves no trace."""
    known = {metric.value.name for metric in Metric} | set(series())
    assert set() == set(NAME.findall(OPERATIONS.read_text(encoding="utf-8"))) - known


def test_dashboard_and_alerts_ask_for_series_that_exist() -> None:
    """Each query names series of the code, and of a histogram its buckets, sum or count."""
    asked = list(expressions())
    assert len(asked) > 30
    for expression in asked:
        assert set() == set(NAME.findall(expression)) - set(series()), expression


def test_dashboard_and_alerts_use_labels_and_values_that_exist() -> None:
    """A label or an outcome that was renamed would make a panel or an alert silent."""
    for expression in expressions():
        labels = {series()[name].value.label for name in NAME.findall(expression)} | {"le", "topic", "job"}
        for listed in BY.findall(expression):
            assert set() == {each.strip() for each in listed.split(",")} - labels, expression
        for name, selector in LABELS.findall(expression):
            definition = series()[name].value
            for label, values in re.findall(r"(\w+)!?=~?\"([^\"]*)\"", selector):
                assert definition.label == label, expression
                assert definition.values is not None
                assert set() == set(values.split("|")) - set(definition.values), expression


def test_every_metric_is_drawn() -> None:
    """The dashboard has a panel for each metric."""
    drawn = {series()[name] for expression in expressions() for name in NAME.findall(expression)}
    assert set(Metric) == drawn


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("link", re.findall(r"runbook: (\S+)", ALERTS.read_text(encoding="utf-8")))
def test_every_alert_names_a_section_of_the_runbook(link: str) -> None:
    """Who is woken finds what to do."""
    file, _, anchor = link.partition("#")
    assert anchor in anchors((REPOSITORY / file).read_text(encoding="utf-8"))
