"""One process a line."""

import os
from pathlib import Path

import pytest

from storyfold.edges.instance_lock import AlreadyRunning, CannotLock, instance_lock


def test_the_second_is_told_who_is_there(tmp_path: Path) -> None:
    """It is refused with the first one's process id, and let in when the first has gone."""
    path = tmp_path / "storyfold.lock"
    with instance_lock(path):
        with (
            pytest.raises(AlreadyRunning, match=rf"process {os.getpid()}\) works in .*another data_dir"),
            instance_lock(path),
        ):
            pass
        assert f"{os.getpid()}\n" == path.read_text()
    with instance_lock(path):
        assert path.exists()


def test_it_is_let_go_when_the_block_fails(tmp_path: Path) -> None:
    """An error inside frees the lock."""
    path = tmp_path / "storyfold.lock"
    with pytest.raises(LookupError), instance_lock(path):
        raise LookupError
    with instance_lock(path):
        assert path.exists()


def test_a_file_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """The message names the file, the cause and the remedy."""
    (tmp_path / "lock").mkdir()
    message = r"lock cannot be made or written \(Is a directory\): give this user write"
    with pytest.raises(CannotLock, match=message), instance_lock(tmp_path / "lock"):
        pass
