import pytest

from newsroom.faults import SOME, Fault, FaultKind, Mischief, Target, parse_faults
from newsroom.model import PublisherId

HERE = PublisherId("p001.example")


def test_named_sets() -> None:
    """`none` is nothing and `some` is the mild set."""
    assert parse_faults("none") == ()
    assert parse_faults("some") == SOME


def test_rules_are_read() -> None:
    """A JSON rule becomes a fault; `from` and `until` are its window."""
    text = '[{"kind": "status", "status": 429, "retry_after": 7, "target": "feeds", "from": 1, "until": 9}]'
    expected = Fault(FaultKind.STATUS, Target.FEEDS, begins=1, ends=9, status=429, retry_after="7")
    assert parse_faults(text) == (expected,)


@pytest.mark.parametrize("bad", ["[{}]", '[{"kind": "dance"}]', '[{"kind": "hang", "colour": 1}]', "{", "[3]"])
def test_wrong_rules_are_refused(bad: str) -> None:
    """What cannot be a rule is refused."""
    with pytest.raises(ValueError):  # noqa: PT011 - JSON and enums word their own errors
        parse_faults(bad)


def test_window_target_and_publisher_decide() -> None:
    """A rule covers only what it says."""
    rule = Fault(FaultKind.HANG, Target.FEEDS, publishers="p00*", begins=5, ends=10)
    assert rule.covers(HERE, Target.FEEDS, 5)
    assert not rule.covers(HERE, Target.FEEDS, 10)
    assert not rule.covers(HERE, Target.PAGES, 6)
    assert not rule.covers(PublisherId("q"), Target.FEEDS, 6)


def test_draws_are_the_same_in_every_run() -> None:
    """The n-th request for a path meets the same fate in every run, at about the given rate."""
    rules = (Fault(FaultKind.RESET, probability=0.3),)
    one, two = Mischief(rules, 4), Mischief(rules, 4)
    fates = [one.draw(HERE, Target.PAGES, "/x", 0) for _ in range(500)]
    assert fates == [two.draw(HERE, Target.PAGES, "/x", 0) for _ in range(500)]
    assert 100 < sum(fate is not None for fate in fates) < 200
