from collections import Counter

from tests.chaos.plan import SECONDS, FaultKind, Targets, plan

TARGETS = Targets(roles=("poll-1", "read-1", "fold-1"), brokers=("1", "2", "3"), machines=("near", "far"), far=("far",))


def test_the_same_seed_gives_the_same_faults() -> None:
    """A run that failed can be had again; another seed gives another run."""
    assert plan(1, 50, TARGETS, gap=2.0) == plan(1, 50, TARGETS, gap=2.0)
    assert plan(1, 50, TARGETS, gap=2.0) != plan(2, 50, TARGETS, gap=2.0)


def test_every_kind_and_every_role_is_hit() -> None:
    """However the dice fall, no kind of fault is left out and each role is killed."""
    faults = plan(3, 12, TARGETS, gap=1.0)
    assert 12 == len(faults)
    assert set(FaultKind) == {fault.kind for fault in faults}
    killed = Counter(fault.target for fault in faults if fault.kind is FaultKind.KILL_ROLE)
    assert set(TARGETS.roles) == set(killed)


def test_faults_hit_what_they_can_hit_for_as_long_as_they_may() -> None:
    """Only a far machine is cut off, and no fault lasts longer or shorter than its kind does."""
    for fault in plan(5, 200, TARGETS, gap=1.0):
        least, most = SECONDS[fault.kind]
        assert fault.target in TARGETS.of(fault.kind)
        assert least <= fault.seconds <= most


def test_a_short_run_is_short() -> None:
    """A full disk lasts ten seconds there, everything else as short as its kind may."""
    faults = plan(7, 30, TARGETS, gap=1.0, shortest=True)
    assert {10.0} == {fault.seconds for fault in faults if fault.kind is FaultKind.DISK_FULL}
    assert all(SECONDS[fault.kind][0] == fault.seconds for fault in faults if fault.kind is not FaultKind.DISK_FULL)
