"""The command line of the simulated press."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from newsroom import corpus
from newsroom.faults import parse_faults
from newsroom.model import HabitLevel, Plan
from newsroom.plan import Size, compose, retime
from newsroom.serve.addresses import listen, listen_once
from newsroom.serve.clock import begin, real_now
from newsroom.serve.control import ready
from newsroom.serve.server import Setup, serve
from newsroom.serve.sites import Sites
from newsroom.serve.truth import opml

# Between composing the plan and answering the first request.
_START_DELAY_S = 0.2
_SPAN_HOURS, _DEFAULT_START = 72.0, "2026-03-02T00:00:00+00:00"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return the exit status: 0 done or stopped, 2 wrong use or an address that is taken."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (ValueError, OSError) as error:
        print(f"newsroom: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="newsroom", description="A simulated press whose truth is known.")
    commands = parser.add_subparsers(required=True)
    serving = commands.add_parser("serve", help="serve publishers on loopback until SIGTERM")
    _sizes(serving)
    serving.add_argument("--time-scale", type=float, default=1.0, help="seconds of the plan in a real second")
    serving.add_argument("--rate", type=float, help="release so many articles a second evenly, whatever the plan says")
    serving.add_argument("--port", type=int, default=0, help="common port of the publishers, 0: any")
    serving.add_argument("--control-port", type=int, default=0, help="0: any")
    serving.add_argument("--feed-entries", type=int, default=30, help="entries that a feed shows")
    serving.add_argument("--max-age", type=int, help="send Cache-Control: max-age with feeds")
    serving.add_argument("--hub", action="store_true", help="name a WebSub hub that brings feeds as they change")
    serving.add_argument("--faults", default="none", help="none, some, a file, or JSON")
    serving.add_argument("--opml", type=Path, help="write the feeds there")
    serving.add_argument("--ready-file", type=Path, help="write the addresses there as JSON, once listening")
    serving.set_defaults(run=_serve)
    planning = commands.add_parser("plan", help="write the plan as a labelled corpus")
    _sizes(planning)
    planning.add_argument("--start", default=_DEFAULT_START, help="first moment of the plan, ISO 8601")
    planning.add_argument("--jsonl", type=Path, required=True, help="where; gzipped if it ends in .gz")
    planning.set_defaults(run=_plan)
    return parser


def _sizes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--publishers", type=int, default=10)
    parser.add_argument("--happenings", type=int, default=40)
    parser.add_argument("--span-hours", type=float, default=_SPAN_HOURS)
    parser.add_argument("--habits", type=HabitLevel, choices=tuple(HabitLevel), default=HabitLevel.SOME)
    parser.add_argument("--round-ups", action="store_true", help="print lists of the day's happenings too")


def _composed(options: argparse.Namespace, start: datetime) -> Plan:
    size = Size(options.publishers, options.happenings, options.habits, options.round_ups)
    return compose(options.seed, size, start, timedelta(hours=options.span_hours))


def _plan(options: argparse.Namespace) -> int:
    plan = _composed(options, datetime.fromisoformat(options.start))
    count = corpus.write(plan, options.jsonl)
    print(f"{count} articles of {len(plan.happenings)} happenings by {len(plan.publishers)} publishers")
    return 0


def _serve(options: argparse.Namespace) -> int:
    if options.time_scale <= 0 or (options.rate is not None and options.rate <= 0):
        raise ValueError("--time-scale and --rate must be above 0")
    faults = parse_faults(_text_or_file(options.faults))
    span = timedelta(hours=options.span_hours)
    plan = _composed(options, begin(real_now(), span, options.time_scale))
    began, scale = real_now() + _START_DELAY_S, options.time_scale
    if options.rate is not None:
        plan, scale = retime(plan, datetime.fromtimestamp(began, UTC), options.rate), 1.0
    setup = Setup(
        plan=plan,
        began=began,
        scale=scale,
        entries=options.feed_entries,
        max_age=options.max_age,
        faults=faults,
        listeners=listen(len(plan.publishers), options.port),
        control=listen_once(options.control_port),
        hub=options.hub,
    )

    def on_ready(sites: Sites, control: str) -> None:
        if options.opml is not None:
            options.opml.write_text(opml(sites.houses), "utf-8")
        if options.ready_file is not None:
            _write_whole(options.ready_file, ready(control, sites))
        print(f"newsroom: {len(plan.articles)} articles planned, control at {control}", flush=True)

    asyncio.run(serve(setup, on_ready))
    return 0


def _text_or_file(value: str) -> str:
    if value in {"none", "some"} or value.lstrip().startswith(("[", "{")):
        return value
    return Path(value).read_text("utf-8")


def _write_whole(path: Path, text: str) -> None:
    """Write so that whoever waits for the file never sees half of it."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, "utf-8")
    part.replace(path)
