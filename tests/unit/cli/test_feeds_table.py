import io

from rich.console import Console

from storyfold.app.feeds import ListedFeed
from storyfold.cli.feeds import table_of
from tests.fakes.press_review import feeds


def test_each_feed_is_one_line_with_all_its_columns() -> None:
    """In eighty columns a long message is cut, and neither it nor a long name pushes the moments out."""
    listed = [ListedFeed(feed.source, feed) for feed in feeds()]
    out = io.StringIO()
    Console(file=out, width=80).print(table_of([*listed, ListedFeed(listed[0].source, None)]))
    header, *lines = out.getvalue().splitlines()
    assert len(listed) + 1 == len(lines)
    assert ["feed", "last poll", "last success", "next poll", "note"] == [
        each.strip() for each in header.split("  ") if each.strip()
    ]
    failing = next(line for line in lines if line.startswith("Coast Herald"))
    assert "dns" in failing
    assert "the name coast" in failing
    assert failing.rstrip().endswith("…")
    assert "not polled yet" in lines[-1]
