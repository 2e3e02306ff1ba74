"""``python -m tests.conformance``: run the suite and print rule, result and evidence as a table.

The last line counts; the exit status is that of the tests. A row without a test counts as failed, a row whose test is
an expected failure as missing, whatever else passed.
"""

import sys
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.conformance.rules import RULES, Rule

_STYLES = {"passed": "green", "missing": "yellow", "failed": "bold red", "no test": "bold red"}


class Report:
    """Collects what each row's tests said."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[str, str]]] = {}
        self._keys: dict[str, str] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note which test proves which row."""
        for item in items:
            mark = item.get_closest_marker("rule")
            if mark is None:
                raise pytest.UsageError(f"{item.nodeid} proves no rule: mark it with pytest.mark.rule")
            self._keys[item.nodeid] = mark.args[0]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a test ended."""
        if report.when != "call" and report.passed:
            return
        evidence = "; ".join(str(value) for name, value in report.user_properties if name == "evidence")
        if hasattr(report, "wasxfail") and report.skipped:
            result, evidence = "missing", report.wasxfail.removeprefix("reason: ")
        else:
            result = "passed" if report.passed else "failed"
        self._rows.setdefault(self._keys[report.nodeid], []).append((result, evidence))

    def result_of(self, rule: Rule) -> tuple[str, str]:
        """Result and evidence of a row."""
        rows = self._rows.get(rule.key, [])
        found = {result for result, _ in rows}
        for worst in ("failed", "missing", "passed"):
            if worst in found:
                seen = [evidence for result, evidence in rows if result == worst and evidence]
                return worst, "; ".join(seen) or f"{len(rows)} tests"
        return "no test", ""


def main() -> int:
    """Run and print."""
    report = Report()
    arguments = ["-q", "--no-header", "-p", "no:cacheprovider", str(Path(__file__).parent), *sys.argv[1:]]
    status = int(pytest.main(arguments, plugins=[report]))
    table = Table(box=None, pad_edge=False, header_style="bold", row_styles=["", "on grey7"])
    table.add_column("rule", no_wrap=True)
    table.add_column("result", no_wrap=True)
    table.add_column("what must hold")
    table.add_column("source")
    table.add_column("evidence")
    counts: dict[str, int] = {}
    for rule in RULES:
        result, evidence = report.result_of(rule)
        counts[result] = counts.get(result, 0) + 1
        table.add_row(rule.key, Text(result, style=_STYLES[result]), rule.says, rule.source, Text(evidence))
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(table)
    console.print(f"{len(RULES)} rules: " + ", ".join(f"{count} {result}" for result, count in sorted(counts.items())))
    return status or int("no test" in counts)


if __name__ == "__main__":
    sys.exit(main())
