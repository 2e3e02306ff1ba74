"""The command line: every command and option, with the help people read."""

import argparse
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from storyfold.config.notation import duration_of
from storyfold.config.roles import Role
from storyfold.edges.clock import SystemClock

TAILED = ("articles", "events", "changes", "rejects")


def roles_of(text: str) -> frozenset[Role]:
    """Read ``--roles``.

    Raises:
        argparse.ArgumentTypeError: a name is none.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in set(Role)]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"{unknown[0] if unknown else 'nothing'!r}: choose from {', '.join(Role)}")
    return frozenset(Role(name) for name in names)


def moment_of(text: str) -> datetime:
    """Read ``--since``: a moment (ISO 8601, UTC where it names no zone), or how long ago.

    Raises:
        argparse.ArgumentTypeError: it is neither.
    """
    ago = duration_of(text)
    if ago is not None:
        return SystemClock().now() - ago
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r}: write a moment like 2026-03-01T12:00Z, or 3d for so long ago"
        ) from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def parser() -> argparse.ArgumentParser:
    """All commands."""
    root = argparse.ArgumentParser(
        prog="storyfold", description="News feeds in, events out: polls, reads, folds and publishes to Kafka."
    )
    root.add_argument("--version", action="version", version=f"storyfold {_version()}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--config", type=Path, metavar="FILE", help="TOML settings; default: $STORYFOLD_CONFIG, else storyfold.toml"
    )
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_run(commands, common)
    _add_feeds(commands, common)
    tail = commands.add_parser("tail", parents=[common], help="print what stands on a topic, as it comes")
    tail.add_argument("what", choices=TAILED)
    tail.add_argument("--from-beginning", action="store_true", help="begin with the oldest record")
    tail.add_argument("--json", action="store_true", help="one JSON value a line")
    told = commands.add_parser("explain", parents=[common], help="why an article or an event is where it is")
    told.add_argument("reference", metavar="ARTICLE|EVENT", help="an id, or the URL of an article")
    told.add_argument("--json", action="store_true", help="one JSON value instead of tables")
    _add_events(commands, common)
    again = commands.add_parser("replay", parents=[common], help="fold articles again, and compare the events")
    again.add_argument("--since", type=moment_of, required=True, metavar="T", help="2026-03-01, 2026-03-01T12:00Z, 3d")
    again.add_argument(
        "--from",
        dest="origin",
        choices=("store", "topic"),
        default="store",
        help="where articles are taken from; topic: news.articles, features computed anew from bodies (default: store)",
    )
    again.add_argument("--algorithm", metavar="V", help="version of the shipped one, or a file of weights")
    again.add_argument("--shadow", action="store_true", help="write and publish nothing (there is no other way yet)")
    again.add_argument("--json", action="store_true", help="one JSON value instead of tables")
    commands.add_parser("doctor", parents=[common], help="check config, store, broker, disk and clock")
    config = commands.add_parser("config", help="show or check the settings")
    actions = config.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("show", parents=[common], help="the effective settings, and where each value came from")
    actions.add_parser("check", parents=[common], help="say what is wrong with the settings, if anything")
    actions.add_parser("example", parents=[common], help="a commented file with every setting and its default")
    return root


def _add_events(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", common: argparse.ArgumentParser
) -> None:
    events = commands.add_parser("events", help="merge, split and retract events by hand")
    actions = events.add_subparsers(dest="action", required=True, metavar="ACTION")
    signed = argparse.ArgumentParser(add_help=False)
    signed.add_argument("--by", default="", metavar="NAME", help="who decides; default: $USER. Stands in the changes")
    signed.add_argument("--reason", default="", metavar="TEXT", help="why; stands in the changes")
    merge = actions.add_parser("merge", parents=[common, signed], help="two events are one; the later id ends")
    merge.add_argument("one", metavar="EVENT")
    merge.add_argument("other", metavar="EVENT")
    split = actions.add_parser("split", parents=[common, signed], help="articles of an event are another event")
    split.add_argument("event", metavar="EVENT")
    split.add_argument("articles", metavar="ARTICLE", nargs="+", help="ids or URLs; their copies go with them")
    retract = actions.add_parser("retract", parents=[common, signed], help="an event takes no more reports")
    retract.add_argument("event", metavar="EVENT", nargs="?")
    retract.add_argument("--article", metavar="ARTICLE", help="retract an article instead: its facts leave its event")
    actions.add_parser("curations", parents=[common], help="what was decided by hand, and how it ended")


def _add_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", common: argparse.ArgumentParser) -> None:
    run = commands.add_parser("run", parents=[common], help="run the service until SIGTERM")
    run.add_argument(
        "--roles",
        type=roles_of,
        default=frozenset(Role),
        metavar="ROLE,...",
        help=f"of {', '.join(Role)}; default: all",
    )
    demo = commands.add_parser("demo", parents=[common], help="run against a simulated press and show what comes out")
    demo.add_argument("--seconds", type=float, default=120.0, help="how long the press publishes (default: 120)")
    demo.add_argument("--seed", type=int, default=1, help="of the simulated press (default: 1)")
    demo.add_argument("--once", action="store_true", help="end after the report instead of staying up for a look")


def _add_feeds(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", common: argparse.ArgumentParser
) -> None:
    feeds = commands.add_parser("feeds", help="look after the list of feeds")
    actions = feeds.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", parents=[common], help="feeds with their health")
    add = actions.add_parser("add", parents=[common], help="add a feed to the feeds file")
    add.add_argument("url")
    add.add_argument("--title", default="", help="as shown to people")
    remove = actions.add_parser("remove", parents=[common], help="remove a feed from the feeds file")
    remove.add_argument("url")
    bring = actions.add_parser("import", parents=[common], help="add all feeds of an OPML or TOML file")
    bring.add_argument("file", type=Path)
    export = actions.add_parser("export", parents=[common], help="write all feeds as OPML")
    export.add_argument("file", type=Path, nargs="?", help="default: standard output")
    check = actions.add_parser("check", parents=[common], help="fetch feeds once and explain what comes")
    check.add_argument("url", nargs="*", help="default: all of the feeds file")
    why = actions.add_parser("why", parents=[common], help="say why the next poll of a feed is when it is")
    why.add_argument("feed", help="its address or id")
    actions.add_parser("moved", parents=[common], help="feeds that moved, are about to, or were retired")
    back = actions.add_parser("undo", parents=[common], help="take back that a feed is retired, or that it moved")
    back.add_argument("feed", help="its address or id")
    discover = actions.add_parser("discover", parents=[common], help="look for the feeds of a site")
    discover.add_argument("site", help="address of a page of it")


def _version() -> str:
    try:
        return metadata.version("storyfold")
    except metadata.PackageNotFoundError:
        return "(not installed)"
