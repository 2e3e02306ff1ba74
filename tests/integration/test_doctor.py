"""The doctor, on folders and ports of this machine."""

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from storyfold.app import feeds
from storyfold.app.doctor import Check, examine
from storyfold.config.settings import (
    ConsoleSettings,
    EmbeddedSettings,
    FeedsSettings,
    FetchSettings,
    KafkaSettings,
    Secret,
    Settings,
    StoreSettings,
    WebSubSettings,
)


def healthy(folder: Path) -> Settings:
    settings = replace(
        Settings(),
        data_dir=folder / "var",
        feeds=FeedsSettings(folder / "feeds.opml"),
        fetch=FetchSettings(contact="desk@news.example"),
        console=ConsoleSettings(port=0),
        embedded=EmbeddedSettings(port=0),
    )
    feeds.add_feed(settings, "https://a.example/rss", "")
    return settings


def found(settings: Settings, name: str) -> Check:
    return next(check for check in examine(settings) if check.name == name)


def test_a_healthy_place_has_no_trouble(tmp_path: Path) -> None:
    """Before the first run all is well, and nothing was made by looking."""
    checks = examine(healthy(tmp_path))
    assert {"contact", "feeds", "store", "broker", "console", "disk", "clock"} == {check.name for check in checks}
    assert [] == [check for check in checks if check.trouble is not None]
    assert ["feeds.opml"] == [file.name for file in tmp_path.iterdir()]


def test_missing_contact_and_feeds_are_said(tmp_path: Path) -> None:
    """Each says which setting or command mends it."""
    settings = replace(healthy(tmp_path), fetch=FetchSettings(), feeds=FeedsSettings(tmp_path / "gone.opml"))
    assert "set fetch.contact" in (found(settings, "contact").trouble or "")
    assert "storyfold feeds add URL" in (found(settings, "feeds").trouble or "")


def test_a_store_that_is_none_is_said(tmp_path: Path) -> None:
    """A file that is no database is trouble, and is left as it is."""
    (tmp_path / "x.sqlite3").write_bytes(b"this is not a database, but long enough to look like one" * 20)
    settings = replace(healthy(tmp_path), store=StoreSettings(Secret(f"sqlite:///{tmp_path}/x.sqlite3")))
    assert found(settings, "store").trouble
    assert (tmp_path / "x.sqlite3").read_bytes().startswith(b"this is not")


def test_a_broker_that_is_not_there_is_said(tmp_path: Path) -> None:
    """The message names the address that did not answer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = replace(healthy(tmp_path), kafka=KafkaSettings(bootstrap_servers=(f"127.0.0.1:{port}",)))
    assert f"no answer from 127.0.0.1:{port}" in (found(settings, "broker").trouble or "")


def test_ports_in_use_are_said(tmp_path: Path) -> None:
    """Something that is no broker on the broker's port is trouble; on the console's it is probably storyfold."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = replace(healthy(tmp_path), embedded=EmbeddedSettings(port), console=ConsoleSettings(port=port))
        assert "set embedded.port" in (found(settings, "broker").trouble or "")
        assert "something listens" in found(settings, "console").detail


@pytest.mark.parametrize("host", ["198.51.100.1", "no such host"])
def test_an_address_that_is_not_ours_is_said(tmp_path: Path, host: str) -> None:
    """The console cannot listen there, and the setting is named."""
    settings = replace(healthy(tmp_path), console=ConsoleSettings(host=host, port=8642))
    assert "set console.host" in (found(settings, "console").trouble or "")


def test_a_data_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    """State cannot live in a file."""
    (tmp_path / "file").write_text("")
    settings = replace(healthy(tmp_path), data_dir=tmp_path / "file" / "var")
    assert "is not a folder" in (found(settings, "disk").trouble or "")


def test_a_clock_behind_its_files_is_said(tmp_path: Path) -> None:
    """Files from the future mean that the clock was right once and is not now."""
    settings = healthy(tmp_path)
    os.utime(settings.feeds.file, (4_000_000_000, 4_000_000_000))
    assert "set the clock" in (found(settings, "clock").trouble or "")


@pytest.mark.parametrize(
    ("url", "trouble"),
    [
        ("https://news.example/hub", None),
        ("http://192.168.1.7/hub", "cannot reach 192.168.1.7"),
        ("http://localhost:8643", "cannot reach localhost"),
    ],
)
def test_hubs_that_cannot_find_us_are_said(tmp_path: Path, url: str, trouble: str | None) -> None:
    """An address of one's own network is none that a hub on the Internet can call."""
    settings = replace(healthy(tmp_path), websub=WebSubSettings(public_url=url, port=0))
    said = found(settings, "websub").trouble
    assert said is None if trouble is None else trouble in (said or "")


def test_a_port_for_hubs_that_cannot_be_had_is_said(tmp_path: Path) -> None:
    """The setting to change is named."""
    taken = WebSubSettings(public_url="https://news.example/hub", host="203.0.113.1", port=8643)
    assert "set websub.host and websub.port" in (
        found(replace(healthy(tmp_path), websub=taken), "websub").trouble or ""
    )
