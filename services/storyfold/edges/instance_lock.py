"""One process a line, or many that share: a lock that ends with the process that holds it, however that ends."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunning(Exception):
    """Another process holds the lock; the message says which."""


class CannotLock(Exception):
    """The lock file cannot be made or written; the message says what to mend."""


@contextmanager
def instance_lock(path: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold a lock file for as long as the block lasts.

    Args:
        path: made where missing; holds the process id of its holder, for people.
        shared: hold it together with others that do so, but with nobody who wants it alone.

    Raises:
        AlreadyRunning: another process holds it.
        CannotLock: the file cannot be made or written.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotLock(
            f"{path} cannot be made or written ({error.strerror}): give this user write access to {path.parent}, or "
            "set data_dir to another folder"
        ) from error
    try:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            raise AlreadyRunning(
                f"another storyfold (process {holder}) works in {path.parent}; stop it, or set another data_dir"
            ) from error
        with contextlib.suppress(OSError):  # a full disk: the lock holds, only its holder goes unnamed
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)
