"""Doctor: looks at everything the service needs, without starting it; each finding is ok or says what to do."""

import asyncio
import errno
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from sqlalchemy.engine import make_url

from storyfold.app.assembly import broker_folder, connection
from storyfold.config.settings import Settings
from storyfold.edges.broker import embedded_address
from storyfold.edges.broker_contact import brokers_at
from storyfold.edges.broker_probe import cluster_at
from storyfold.edges.clock import SystemClock
from storyfold.edges.feeds_file import DiskFeedsFile
from storyfold.edges.store.opening import adapter_of
from storyfold.edges.store.sql import SqlStore
from storyfold.model.commit import LedgerCounts
from storyfold.ports import StoreError
from storyfold.urls.domain import host_of
from storyfold.urls.safety import address_allowed

# Below this the outbox of a broker that is away for an hour, and SQLite's own log, may no longer fit.
LEAST_FREE_BYTES = 1024**3
# A file that is this much younger than the clock's time was written by a clock that was right.
CLOCK_TOLERANCE = timedelta(minutes=5)
STEADY_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Check:
    """One finding.

    Attributes:
        name: of what was looked at.
        trouble: None where all is well; else what is wrong and what to do.
        detail: what was found, where all is well.
    """

    name: str
    trouble: str | None
    detail: str = ""


def examine(settings: Settings) -> tuple[Check, ...]:
    """Look at contact, feeds file, store, broker, console port, hubs, disk and clock, in this order."""
    clock = SystemClock()
    return (
        _contact(settings),
        _feeds(settings),
        _store(settings),
        _broker(settings),
        _console(settings),
        *_hubs(settings),
        _disk(settings.data_dir),
        _clock(clock.now, settings),
    )


def _contact(settings: Settings) -> Check:
    if settings.fetch.contact:
        return Check("contact", None, settings.fetch.contact)
    return Check("contact", "publishers cannot reach you: set fetch.contact to a URL or mail address of yours")


def _feeds(settings: Settings) -> Check:
    file = settings.feeds.file
    if not file.exists():
        return Check("feeds", f"{file} is not there: add a feed with 'storyfold feeds add URL', or set feeds.file")
    listed = DiskFeedsFile(file, settings.publishers.file).read()
    if listed.complaints and listed.sources:
        more = f" (and {len(listed.complaints) - 1} more)" if len(listed.complaints) > 1 else ""
        return Check("feeds", f"{file}: {listed.complaints[0]}{more}")
    if not listed.sources:
        return Check("feeds", f"{file} lists no feeds: add one with 'storyfold feeds add URL'")
    return Check("feeds", None, f"{len(listed.sources)} in {file}")


def _store(settings: Settings) -> Check:
    url = make_url(settings.store_url)
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        return Check("store", None, f"{shown} is not there yet; the first run makes it")
    try:
        counts = asyncio.run(_counted(settings.store_url))
    except StoreError as error:
        return Check("store", str(error))
    if not counts.balanced:
        return Check("store", f"{shown}: the ledger does not reconcile, a defect: keep a copy and report it")
    return Check("store", None, f"{shown}: {counts.taken_up} entries taken up, {counts.waiting} waiting")


async def _counted(url: str) -> LedgerCounts:
    """Read and write the store as it is: looking at it must not migrate it.

    Raises:
        StoreError: it cannot be read or written.
    """
    store = SqlStore(adapter_of(url))
    try:
        await store.ping()
        return await store.ledger_counts()
    finally:
        await store.close()


def _broker(settings: Settings) -> Check:
    servers = settings.kafka.bootstrap_servers
    if servers:
        found = brokers_at(connection(settings, servers))
        if isinstance(found, str):
            where = ", ".join(servers)
            advice = "start it, or empty kafka.bootstrap_servers to embed one"
            return Check("broker", f"no answer from {where}: {advice} ({found})")
        return Check("broker", None, f"{', '.join(servers)}, {found} brokers" if found > 1 else ", ".join(servers))
    running = embedded_address(broker_folder(settings))
    port = int(running.rpartition(":")[2]) if running is not None else settings.embedded.port
    if port and asyncio.run(cluster_at(port)) is not None:
        return Check("broker", None, f"the embedded one runs at 127.0.0.1:{port}")
    if port and running is None and _listens("127.0.0.1", port):
        return Check("broker", f"something else listens on 127.0.0.1:{port}: set embedded.port (0 for any free one)")
    return Check("broker", None, "embedded, for one machine and for trying things; it starts with the service")


def _console(settings: Settings) -> Check:
    return _listener("console", settings.console.host, settings.console.port)


def _hubs(settings: Settings) -> tuple[Check, ...]:
    """The listener for hubs, and whether hubs can find it; nothing where there is none."""
    websub = settings.websub
    if not websub.public_url:
        return ()
    found = _listener("websub", websub.host, websub.port)
    host = host_of(websub.public_url)
    if found.trouble is None and (host == "localhost" or not _is_public(host)) and not settings.fetch.allowed_networks:
        reach = f"hubs on the Internet cannot reach {host}: set websub.public_url to how they see this machine"
        return (Check("websub", reach),)
    return (found,)


def _is_public(host: str) -> bool:
    """Whether an address is; a name is believed to be."""
    try:
        return address_allowed(ip_address(host), ())
    except ValueError:
        return True


def _listener(name: str, host: str, port: int) -> Check:
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        # Only an address of this machine can be in use; no other one is ever connected to.
        if error.errno == errno.EADDRINUSE and _listens(host, port):
            return Check(name, None, f"something listens on {host}:{port}, a running storyfold as a rule")
        return Check(name, f"cannot listen on {host}:{port} ({error.strerror}): set {name}.host and {name}.port")
    return Check(name, None, f"{host}:{port} is free")


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def _disk(folder: Path) -> Check:
    """Whether the data folder, or the nearest one above it that exists, can be written and has room."""
    existing = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not existing.is_dir():
        return Check("disk", f"{existing} is not a folder: set data_dir")
    try:
        probe = existing / ".storyfold-doctor"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        return Check("disk", f"{existing} cannot be written ({error.strerror}): mend its rights, or set data_dir")
    free = shutil.disk_usage(existing).free
    if free < LEAST_FREE_BYTES:
        return Check("disk", f"{free // 1024**2} MiB free in {existing}: free some, or set data_dir to a larger disk")
    return Check("disk", None, f"{free / 1024**3:.0f} GiB free in {existing}")


def _clock(now: Callable[[], datetime], settings: Settings) -> Check:
    """Whether the clock runs with the steady one, and is not behind files that were written before."""
    started, steady = now(), time.monotonic()
    time.sleep(STEADY_SECONDS)
    drift = (now() - started).total_seconds() - (time.monotonic() - steady)
    if abs(drift) > STEADY_SECONDS:
        return Check("clock", f"the clock moved by {drift:.1f} s against the steady one: run a time service that slews")
    latest = max(_written(Path(__file__)), _written(settings.feeds.file), _written(settings.data_dir))
    if latest - now() > CLOCK_TOLERANCE:
        return Check("clock", f"the clock says {now():%Y-%m-%d %H:%M} UTC, but files here are younger: set the clock")
    return Check("clock", None, f"{now():%Y-%m-%d %H:%M:%S} UTC")


def _written(file: Path) -> datetime:
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except OSError:
        return datetime.min.replace(tzinfo=UTC)
