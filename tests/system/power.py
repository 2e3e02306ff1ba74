"""A model of a power cut: what may be on a disk when the power goes at some moment of a recorded run.

The run is recorded by strace: every write, sync and truncation of the store's files, and what the program acknowledged,
in order. What was synced before the moment is on the disk. Of what was written since, any sectors may be, in any
combination, and what was under way may be garbage: disks and kernels promise nothing for it.
"""

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
# Stands for the folder of the store: removing a file is on the disk when its folder is.
FOLDER = "/"
CALLS = "pwrite64,write,fsync,fdatasync,ftruncate,unlink,openat"


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes at a place of a file."""

    file: str
    offset: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Truncated:
    """A file's length was changed."""

    file: str
    length: int


@dataclass(frozen=True, slots=True)
class Removed:
    """A file is gone, once its folder is on the disk."""

    file: str


@dataclass(frozen=True, slots=True)
class SyncBegun:
    """A thread asked for a file to be on the disk; so will be what was written before this."""

    file: str
    thread: int


@dataclass(frozen=True, slots=True)
class SyncEnded:
    """The thread's file is on the disk."""

    file: str
    thread: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The program said that a commit is done."""

    number: int


Step = Written | Truncated | Removed | SyncBegun | SyncEnded | Acknowledged

_LINE = re.compile(r"(?P<thread>\d+) +(?P<call>\w+)\((?P<rest>.*)")
_RESUMED = re.compile(r"(?P<thread>\d+) +<\.\.\. (?P<call>fsync|fdatasync) resumed>.* = 0")
_FILE = re.compile(r"\d+<(?P<path>[^>]*)>")
_PWRITE = re.compile(r'\d+<[^>]*>, "(?P<data>[^"]*)", \d+, (?P<offset>\d+)')
_ACK = re.compile(r'1<[^>]*>, "(?P<data>[^"]*)"')


def steps_of(log: Iterable[str], store: Path) -> Iterator[Step]:
    """Read what `strace -f -y -xx` wrote.

    Args:
        log: its lines.
        store: the database; files whose names begin with its are told of, by what follows (``""``, ``"-wal"``).
    """
    waiting: dict[int, str] = {}
    for line in log:
        if resumed := _RESUMED.match(line):
            thread = int(resumed["thread"])
            if thread in waiting:
                yield SyncEnded(waiting.pop(thread), thread)
            continue
        found = _LINE.match(line)
        if found is None or " = -1 " in line:
            continue
        thread, call, rest = int(found["thread"]), found["call"], found["rest"]
        step = _step(call, rest, str(store), thread)
        if step is None:
            continue
        yield step
        if isinstance(step, SyncBegun):
            if "unfinished" in rest:
                waiting[thread] = step.file
            else:
                yield SyncEnded(step.file, thread)


def _step(call: str, rest: str, store: str, thread: int) -> Step | None:
    """What one call does, where it is about the store."""
    if call == "write":
        said = _ACK.match(rest)
        text = _bytes(said["data"]) if said else b""
        return Acknowledged(int(text[4:])) if text.startswith(b"ACK ") else None
    if call == "unlink":
        path = _bytes(rest.partition('"')[2].partition('"')[0]).decode()
        return Removed(path.removeprefix(store)) if path.startswith(store) else None
    name = _FILE.match(rest)
    if name is None or not (path := _path(name["path"])).startswith(store):
        is_folder = name is not None and _path(name["path"]) == str(Path(store).parent)
        return SyncBegun(FOLDER, thread) if is_folder and call in {"fsync", "fdatasync"} else None
    file = path.removeprefix(store)
    if call == "pwrite64" and (what := _PWRITE.match(rest)):
        return Written(file, int(what["offset"]), _bytes(what["data"]))
    if call == "ftruncate":
        return Truncated(file, int(rest.partition(", ")[2].partition(")")[0]))
    return SyncBegun(file, thread) if call in {"fsync", "fdatasync"} else None


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _path(text: str) -> str:
    return _bytes(text).decode() if text.startswith("\\x") else text


@dataclass(slots=True)
class Disk:
    """What is surely on the disk, and what may be.

    Attributes:
        lying: whether the disk says that it has synced and has not.
    """

    lying: bool = False
    surely: dict[str, bytearray] = field(default_factory=dict)
    maybe: list[Written | Truncated | Removed] = field(default_factory=list)
    _begun: dict[int, list[Written | Truncated | Removed]] = field(default_factory=dict)

    def take(self, step: Step) -> None:
        """Let a step happen."""
        match step:
            case Written() | Truncated() | Removed():
                self.maybe.append(step)
            case SyncBegun():
                self._begun[step.thread] = [each for each in self.maybe if _covers(step.file, each)]
            case SyncEnded() if not self.lying:
                for each in self._begun.pop(step.thread):
                    if any(each is other for other in self.maybe):
                        _apply(self.surely, each)
                        self.maybe = [other for other in self.maybe if other is not each]
            case _:
                pass

    def after_a_cut(self, chance: random.Random) -> dict[str, bytes]:
        """What files hold when the power comes back: any of what may be there, by sectors."""
        files = {name: bytearray(content) for name, content in self.surely.items()}
        share = chance.choice((0.0, 0.2, 0.5, 0.8, 1.0))
        for each in self.maybe:
            for part in _sectors(each):
                if chance.random() < share:
                    _apply(files, part)
                elif isinstance(part, Written) and chance.random() < 0.02:
                    _apply(files, Written(part.file, part.offset, chance.randbytes(len(part.data))))
        return {name: bytes(content) for name, content in files.items()}


def _covers(synced: str, step: Written | Truncated | Removed) -> bool:
    return synced == FOLDER if isinstance(step, Removed) else synced == step.file


def _sectors(step: Written | Truncated | Removed) -> Iterator[Written | Truncated | Removed]:
    if not isinstance(step, Written):
        yield step
        return
    start, end = step.offset, step.offset + len(step.data)
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        yield Written(step.file, start, step.data[start - step.offset : stop - step.offset])
        start = stop


def _apply(files: dict[str, bytearray], step: Written | Truncated | Removed) -> None:
    match step:
        case Removed():
            files.pop(step.file, None)
        case Truncated():
            content = files.setdefault(step.file, bytearray())
            del content[step.length :]
            content.extend(bytes(step.length - len(content)))
        case Written():
            content = files.setdefault(step.file, bytearray())
            content.extend(bytes(max(0, step.offset + len(step.data) - len(content))))
            content[step.offset : step.offset + len(step.data)] = step.data
