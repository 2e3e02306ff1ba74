from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from storyfold.config.keys import all_keys, attribute_meanings, value_of
from storyfold.config.loading import ConfigInvalid, Loaded, interpret
from storyfold.config.rendering import render_effective
from storyfold.config.rules import RULES
from storyfold.config.settings import LogLevel, Secret, Settings
from storyfold.config.values import mask, parse
from storyfold.wire.values import BodyTravel

FILE = Path("etc/storyfold.toml")


def problems_of(tree: dict[str, Any], environment: dict[str, str] | None = None) -> tuple[str, ...]:
    with pytest.raises(ConfigInvalid) as caught:
        interpret(tree, FILE, environment or {})
    return caught.value.problems


def test_nothing_given_is_all_defaults() -> None:
    """Without file and environment the settings are those of the dataclasses."""
    assert Loaded(Settings(), None, {}) == interpret({}, None, {"PATH": "/bin"})


def test_file_sets_every_kind_of_value() -> None:
    """Durations, sizes, lists, choices, numbers and paths arrive as values of their types."""
    loaded = interpret(
        {
            "data_dir": "/srv/news",
            "poll": {"floor": "10m", "concurrency": 8, "jitter": 0},
            "fetch": {"body_bytes": "2MiB", "allowed_networks": ["10.0.0.0/8"], "allowed_ports": []},
            "read": {"body": "none"},
            "log": {"level": "debug"},
        },
        FILE,
        {},
    )
    settings = loaded.settings
    assert Path("/srv/news") == settings.data_dir
    assert timedelta(minutes=10) == settings.poll.policy.floor
    assert (8, 0.0) == (settings.poll.concurrency, settings.poll.policy.jitter)
    assert 2 * 1024**2 == settings.fetch.limits.body_bytes
    assert (("10.0.0.0/8",), ()) == (settings.fetch.allowed_networks, settings.fetch.allowed_ports)
    assert BodyTravel.NONE is settings.read.body
    assert LogLevel.DEBUG is settings.log.level
    assert str(FILE) == loaded.origins["poll.floor"]


def test_environment_wins_over_file() -> None:
    """A variable replaces what the file says, and is named as the origin."""
    variable = "STORYFOLD_KAFKA__BOOTSTRAP_SERVERS"
    loaded = interpret({"kafka": {"bootstrap_servers": ["a:1"]}}, FILE, {variable: "b:2, c:3"})
    assert ("b:2", "c:3") == loaded.settings.kafka.bootstrap_servers
    assert variable == loaded.origins["kafka.bootstrap_servers"]


@pytest.mark.parametrize(
    ("variable", "text", "field", "meant"),
    [
        ("STORYFOLD_POLL__FLOOR", "90", "poll.floor", timedelta(seconds=90)),
        ("STORYFOLD_POLL__JITTER", "0.5", "poll.jitter", 0.5),
        ("STORYFOLD_CONSOLE__PORT", "9000", "console.port", 9000),
        ("STORYFOLD_FETCH__ALLOWED_PORTS", "[80, 81]", "fetch.allowed_ports", (80, 81)),
        ("STORYFOLD_FETCH__ALLOWED_PORTS", "", "fetch.allowed_ports", ()),
        ("STORYFOLD_FETCH__WIRE_BYTES", "1MiB", "fetch.wire_bytes", 1024**2),
        ("STORYFOLD_FEEDS__FILE", "mine.opml", "feeds.file", Path("mine.opml")),
        ("STORYFOLD_LOG__FORMAT", "json", "log.format", "json"),
    ],
)
def test_variables_are_read_by_type(variable: str, text: str, field: str, meant: object) -> None:
    """Text from the environment becomes the setting's type; paths stay relative to where the program runs."""
    settings = interpret({}, FILE, {variable: text}).settings
    key = next(key for key in all_keys() if key.name == field)
    assert meant == value_of(settings, key)


def test_paths_in_a_file_are_relative_to_it() -> None:
    """A relative path means the same whether its line is commented out or not."""
    written = interpret({"feeds": {"file": "mine.opml"}}, FILE, {}).settings
    assert (Path("etc/mine.opml"), Path("etc/var")) == (written.feeds.file, written.data_dir)


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"poll": {"flor": "1s"}}, f"{FILE}: there is no setting poll.flor; did you mean poll.floor?"),
        ({"politeness": {"floor": "1s"}}, f"{FILE}: there is no setting politeness.floor; did you mean poll.floor?"),
        ({"pol": {"x": 1}}, f"{FILE}: there is no setting pol; did you mean [poll]?"),
        ({"zzz": 1}, f"{FILE}: there is no setting zzz; 'storyfold config show' lists all settings"),
        ({"store": 3}, f"{FILE}: [store] is a table of settings, not a value"),
    ],
)
def test_unknown_keys_name_file_key_and_the_nearest_right_one(tree: dict[str, Any], said: str) -> None:
    """A slip of the pen is answered with what was probably meant."""
    assert (said,) == problems_of(tree)


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"poll": {"floor": "soon"}}, "poll.floor is 'soon', but should be a duration, such as \"15m\""),
        ({"poll": {"floor": True}}, "poll.floor is True, but should be a duration"),
        ({"poll": {"floor": 0}}, "poll.floor is 0, but should be longer than nothing"),
        ({"poll": {"jitter": 2}}, "poll.jitter is 2, but should be a share: 0 to 1"),
        ({"poll": {"jitter": "x"}}, "poll.jitter is 'x', but should be a number, such as 0.25"),
        ({"console": {"port": 70000}}, "console.port is 70000, but should be a port: 0 to 65535"),
        ({"console": {"port": "8642"}}, "console.port is '8642', but should be a whole number, such as 8"),
        ({"console": {"host": 1}}, "console.host is 1, but should be text in quotes"),
        ({"fetch": {"allowed_networks": "10.0.0.0/8"}}, "but should be a list, such as"),
        ({"fetch": {"allowed_networks": ["10.0.0.1/8"]}}, 'but should be networks, such as "10.0.0.0/8"'),
        ({"fetch": {"body_bytes": "16 MB"}}, 'but should be a size, such as "16MiB"'),
        ({"read": {"body": "half"}}, 'but should be one of "full", "excerpt", "none"'),
        ({"kafka": {"bootstrap_servers": ["kafka"]}}, 'but should be servers, such as "kafka-1:9092"'),
        ({"kafka": {"password": 7}}, "kafka.password is not text"),
        ({"data_dir": ""}, "data_dir is '', but should be a path in quotes"),
        ({"fetch": {"contact": "x" * 99 + "\n"}}, "...,"),
    ],
)
def test_wrong_values_say_what_where_and_what_form(tree: dict[str, Any], said: str) -> None:
    """A wrong value is named with its place and the form that is expected, by example."""
    (problem,) = problems_of(tree)
    assert said in problem
    assert problem.startswith(f"{FILE}: ")


def test_everything_wrong_is_said_at_once() -> None:
    """Problems of file and environment come together, not one run after the other."""
    found = problems_of({"poll": {"flor": 1, "jitter": 9}}, {"STORYFOLD_KAFKA__PASWORD": "x", "STORYFOLD_Q": ""})
    assert 4 == len(found)
    assert "environment: STORYFOLD_KAFKA__PASWORD is no setting; did you mean STORYFOLD_KAFKA__PASSWORD?" in found


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"poll": {"floor": "2d"}}, "poll.floor is longer than poll.ceiling"),
        ({"read": {"first_retry": "1d"}}, "read.first_retry is longer than read.last_retry"),
        ({"kafka": {"username": "me"}}, "kafka.security_protocol is PLAINTEXT"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(tree: dict[str, Any], said: str) -> None:
    """Values that are well alone but not together are refused, with what to change."""
    (problem,) = problems_of(tree)
    assert said in problem


def test_own_variables_that_are_no_settings_pass() -> None:
    """The variables that name the config file and the corpora are not taken for settings."""
    assert Settings() == interpret({}, None, {"STORYFOLD_CONFIG": "x", "STORYFOLD_SHARED": "y"}).settings


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("", ""),
        ("hunter2", "***"),
        ("postgresql+psycopg://me:hunter2@db/news?password=hunter2", "postgresql+psycopg://me:***@db/news?***"),
        ("postgresql://me@db/news", "postgresql://me@db/news"),
        ("sqlite:///var/x.sqlite3", "sqlite:///var/x.sqlite3"),
    ],
)
def test_secrets_are_masked(secret: str, shown: str) -> None:
    """What is secret in a value never leaves it; the rest of a URL stays legible."""
    assert shown == mask(Secret(secret))
    assert "hunter2" not in repr(Secret(secret))


def test_show_hides_secrets_and_names_origins() -> None:
    """The effective config is TOML with origins, and no secret in it."""
    text = render_effective(interpret({"poll": {"floor": "5m"}}, FILE, {"STORYFOLD_KAFKA__PASSWORD": "hunter2"}))
    lines = {line.partition(" = ")[0]: line for line in text.splitlines()}
    assert "hunter2" not in text
    assert lines["floor"].endswith(f"# {FILE}")
    assert lines["password"].endswith("# STORYFOLD_KAFKA__PASSWORD")
    assert lines["ceiling"].endswith("# default")


def test_every_setting_says_what_it_means_and_can_be_read() -> None:
    """Each key has a meaning for the example config, and a type that config can read back from its default."""
    for key in all_keys():
        assert key.meaning, f"{key.name} has no line under Attributes"
        with pytest.raises(ConfigInvalid):
            interpret(_nested(key.path, object()), FILE, {})


def test_every_rule_names_a_setting() -> None:
    """A rule for a setting that was renamed would silently hold nothing."""
    assert set() == set(RULES) - {key.name for key in all_keys()}


def test_a_type_that_cannot_be_read_is_a_defect() -> None:
    """A policy that grows a field of an unknown type is noticed when it is read, not ignored."""
    with pytest.raises(TypeError, match=r"poll\.shape"):
        parse("x", complex, "poll.shape")


def test_an_optional_setting_is_emptied_by_empty_text() -> None:
    """None is written as empty text."""
    assert parse("", timedelta | None, "x") is None
    assert timedelta(seconds=1) == parse("1s", timedelta | None, "x")
    assert parse(True, bool, "x") is True


def test_meanings_are_read_off_docstrings() -> None:
    """Continuation lines belong to the attribute above them; what follows the list does not."""

    @dataclass(frozen=True)
    class Example:
        """Shows.

        Attributes:
            first: one
                and more.
            second: two.

        And an afterthought.
        """

    assert {"first": "one and more.", "second": "two."} == attribute_meanings(Example)


def test_the_store_is_sqlite_in_the_data_folder_unless_told() -> None:
    """An empty URL means the default store."""
    assert "sqlite:///var/storyfold.sqlite3" == Settings().store_url
    told = interpret({"store": {"url": "postgresql://db/news"}}, FILE, {}).settings
    assert "postgresql://db/news" == told.store_url


def _nested(path: tuple[str, ...], value: object) -> dict[str, Any]:
    tree: Any = value
    for name in reversed(path):
        tree = {name: tree}
    return tree  # type: ignore[no-any-return]  # built from a non-empty path
