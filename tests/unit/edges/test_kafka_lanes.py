"""What a consumer has of one partition."""

from storyfold.edges.kafka_lanes import Lane


def lane_with(*offsets: int) -> Lane[str]:
    lane: Lane[str] = Lane(0, 1)
    lane.put([(offset, f"item {offset}") for offset in offsets], offsets[-1] + 1)
    return lane


def test_nothing_is_safe_before_it_is_done() -> None:
    """What waits or is in hand comes again; so does what is done with behind it."""
    lane = lane_with(5, 6, 7, 8)
    assert -1 == lane.safe
    assert [(5, "item 5"), (6, "item 6"), (7, "item 7")] == lane.take(3)
    lane.finish(6)
    assert (5, 8) == (lane.safe, lane.next)
    lane.finish(5)
    assert 7 == lane.safe
    lane.finish(7)
    assert 8 == lane.safe


def test_what_could_not_be_read_is_done_with() -> None:
    """A gap in the offsets, or a whole batch of them, holds nothing back."""
    lane = lane_with(5, 9)
    lane.take(2)
    lane.finish(5)
    lane.finish(9)
    assert 10 == lane.safe
    lane.put([], 12)
    assert (12, 12) == (lane.safe, lane.next)


def test_what_is_behind_is_counted() -> None:
    """Up to the partition's end, where that is known; what waits here in any case."""
    lane = lane_with(5, 6)
    assert 2 == lane.behind()
    lane.take(1)
    lane.end = 20
    assert 14 == lane.behind()


def test_opening_forgets_what_is_here() -> None:
    """Each opening has its number, and starts from its position."""
    lane: Lane[str] = Lane(0, 1, opened=-1)
    assert 1 == lane.open(None)
    lane.put([(0, "a"), (1, "b")], 2)
    lane.take(1)
    assert 2 == lane.open(7)
    assert (7, -1, []) == (lane.next, lane.safe, lane.take(9))
