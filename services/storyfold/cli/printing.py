"""Tables that fit the terminal, and text from outside that cannot take it over."""

from rich.table import Table
from rich.text import Text


def plain(text: str) -> Text:
    """Text from outside: no markup, and nothing that a terminal would obey."""
    return Text("".join(sign if sign.isprintable() else " " for sign in text))


def table_of(*columns: str, wide: str, right: str = "") -> Table:
    """An empty table whose cells stay on one line, but for one column that takes the room that is left and folds.

    Args:
        columns: headings.
        wide: the column that may fold.
        right: the column of numbers.
    """
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in columns:
        table.add_column(
            name,
            no_wrap=name != wide,
            overflow="fold" if name == wide else "ellipsis",
            justify="right" if name == right else "left",
            ratio=1 if name == wide else None,
        )
    return table
