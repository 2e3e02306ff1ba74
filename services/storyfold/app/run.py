"""Run: the daemon, from settings to exit status."""

import asyncio
import logging
import os
import signal
import threading
from contextlib import AsyncExitStack

from storyfold.app.assembly import (
    Parts,
    assemble_broker,
    assemble_line,
    assemble_parts,
    assemble_publisher,
    runs_line,
    version,
)
from storyfold.app.hops import LINE, runs_apart
from storyfold.app.hubs import listen_for_hubs
from storyfold.app.opening import patiently, unless
from storyfold.app.stages import (
    Stages,
    add_fold,
    add_poll,
    add_presence,
    add_publish,
    add_read,
    add_watch,
    publish_stage,
    standby_stage,
)
from storyfold.app.supervision import Staged, supervise
from storyfold.app.unable import Unable
from storyfold.config.roles import Role
from storyfold.config.settings import Settings
from storyfold.console.pages import About, ConsoleParts, console_app
from storyfold.console.readiness import Probe
from storyfold.console.serving import CannotListen, serving
from storyfold.edges.broker import BrokerFailed
from storyfold.edges.callback_server import CannotListenForHubs
from storyfold.edges.instance_lock import AlreadyRunning, CannotLock, instance_lock
from storyfold.ports import StoreError, StoreUnavailable

logger = logging.getLogger(__name__)

# A stage that has not gone round for so long is stuck: everything it waits for has a shorter deadline.
STUCK_SECONDS = 120.0
# A stop takes no longer, whatever hangs: those who stop services (systemd, Docker, Kubernetes) kill after 10 to 90 s.
STOP_SECONDS = 14.0
RELEASE_SECONDS = 1.0


def run_daemon(settings: Settings, roles: frozenset[Role]) -> int:
    """Run until SIGTERM or SIGINT.

    Args:
        settings: of everything.
        roles: what this process does.

    Returns:
        Exit status 0 after an orderly stop.

    Raises:
        Unable: it cannot start; the message says why and what to do.
        StoreError: the store cannot be used.
        Exception: a defect ended a stage.
    """
    if runs_apart(roles) and not settings.kafka.bootstrap_servers:
        missing = ", ".join(sorted(LINE - roles))
        raise Unable(
            "poll, read and fold that run apart hand work to each other over Kafka: set kafka.bootstrap_servers (the "
            f"embedded broker serves one process only), or let this process do all three (missing: {missing})"
        )
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unable(f"data_dir {settings.data_dir} cannot be made: {error.strerror}; name another one") from error
    try:
        asyncio.run(_run(settings, roles))
    except (AlreadyRunning, CannotLock, BrokerFailed, CannotListen, CannotListenForHubs) as error:
        raise Unable(str(error)) from error
    return 0


async def _run(settings: Settings, roles: frozenset[Role]) -> None:
    stop = asyncio.Event()
    async with AsyncExitStack() as resources:
        stages = Stages()
        _listen_to_signals(stop, stages)
        if roles & LINE:
            resources.enter_context(instance_lock(settings.data_dir / "storyfold.lock", shared=runs_apart(roles)))
        parts = await unless(stop, assemble_parts(settings, roles, resources))
        if parts is None:
            return
        if runs_line(roles):
            await patiently(settings.store_url, parts.clock, lambda: parts.store.release(parts.hops.owner))
        bootstrap = await unless(stop, _assemble(stages, parts, roles, resources))
        if bootstrap is None:
            return
        page = Role.CONSOLE in roles
        app = console_app(_console_parts(stages, parts, roles, bootstrap), page=page)
        url = await resources.enter_async_context(serving(app, settings.console.host, settings.console.port))
        logger.info("%s at %s", "console, metrics and health" if page else "metrics and health", url)
        logger.info("storyfold %s runs: %s", version(), ", ".join(sorted(roles)))
        # A process that only shows the console has no stage of its own that could end.
        stages.staged.append(Staged("console", _forever))
        await supervise(stages.staged, stop)
        if roles & LINE:
            await _release(parts)
    logger.info("stopped")


async def _release(parts: Parts) -> None:
    """Free what is leased, so that the next start need not; where the store is away, the next start does it."""
    try:
        async with asyncio.timeout(RELEASE_SECONDS):
            await parts.store.bury(parts.hops.owner)
    except (StoreUnavailable, TimeoutError):
        logger.info("the store is not there to take back what is leased; the next start sees to that")


async def _assemble(stages: Stages, parts: Parts, roles: frozenset[Role], resources: AsyncExitStack) -> str:
    """Make the stages of these roles; returns where consumers connect."""
    settings = parts.settings
    bootstrap = settings.kafka.bootstrap_servers
    broker = None
    if Role.PUBLISH in roles:
        if not bootstrap:
            broker = await assemble_broker(parts, resources)
            bootstrap = (broker.bootstrap,)
            stages.publish = publish_stage(parts, (await assemble_publisher(parts, bootstrap))())
        else:
            publisher = await assemble_publisher(parts, bootstrap)
            stages.publish = standby_stage(parts, publisher, force=runs_line(roles))
    if roles & {Role.POLL, Role.READ}:
        line = assemble_line(parts, resources)
        await patiently(settings.store_url, parts.clock, line.gate.share)
        stages.staged.append(Staged("politeness", line.gate.run))
        if Role.POLL in roles:
            add_poll(stages, parts, line)
        if stages.callbacks is not None:
            address = await listen_for_hubs(parts, stages.callbacks, resources)
            logger.info("hubs are listened to at %s, and reach it as %s", address, settings.websub.public_url)
        if Role.READ in roles:
            add_read(stages, parts, line)
    if Role.FOLD in roles:
        add_fold(stages, parts)
    add_presence(stages, parts)
    add_publish(stages, broker)
    add_watch(stages, parts, roles)
    return ",".join(bootstrap) or "the embedded broker of the process that publishes"


def _console_parts(stages: Stages, parts: Parts, roles: frozenset[Role], bootstrap: str) -> ConsoleParts:
    async def ask_store() -> str | None:
        try:
            await parts.store.ping()
        except StoreError as error:
            return str(error)
        return None

    async def ask_broker() -> str | None:
        if stages.publish is None or stages.publish.connected:
            return None
        return f"the broker at {bootstrap} does not take records: see the log, and kafka.bootstrap_servers"

    async def ask_stages() -> str | None:
        stuck = [stage for stage, age in stages.ages(parts.clock.steady()).items() if age > STUCK_SECONDS]
        return f"not moving for {STUCK_SECONDS:.0f} s: {', '.join(stuck)}; see the log" if stuck else None

    return ConsoleParts(
        store=parts.store,
        clock=parts.clock,
        metrics=parts.meter.text,
        probes=(Probe("store", ask_store), Probe("broker", ask_broker), Probe("stages", ask_stages)),
        about=About(
            version=version(),
            started_at=parts.clock.now(),
            broker=bootstrap,
            embedded=not parts.settings.kafka.bootstrap_servers,
            roles=tuple(sorted(roles)),
        ),
        allowed_hosts=parts.settings.console.allowed_hosts,
    )


def _listen_to_signals(stop: asyncio.Event, stages: Stages) -> None:
    """SIGTERM and SIGINT stop in order, the second one at once; SIGHUP reads the feeds file again."""
    loop = asyncio.get_running_loop()

    def on_stop() -> None:
        if stop.is_set():
            logger.warning("told twice: stopping at once; what was in hand stays in the store")
            # Everything acknowledged is on disk, and what is in hand is leased: the next start takes it up again.
            os._exit(130)
        logger.info("stopping: finishing what is in hand")
        stop.set()
        _end_by(STOP_SECONDS)

    def on_hangup() -> None:
        if stages.registry is not None:
            logger.info("reading the feeds file again")
            stages.registry.reload()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_stop)
    loop.add_signal_handler(signal.SIGHUP, on_hangup)


def _end_by(seconds: float) -> None:
    """End the process so many seconds from now, should it still be there: a thread may wait for a disk or a broker."""

    def end() -> None:
        logger.warning("not stopped within %.0f s: ending here; what was in hand stays in the store", seconds)
        os._exit(0)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


async def _forever() -> None:
    await asyncio.Event().wait()
