"""Tail: what stands on the public topics, as it comes."""

import signal
from collections.abc import Iterator
from types import FrameType

from storyfold.app.unable import Unable
from storyfold.config.settings import Settings
from storyfold.edges.topic_reader import CannotSubscribe, SeenRecord, read_topics
from storyfold.model.records import Topic


def bootstrap_of(settings: Settings) -> tuple[str, ...]:
    """Where subscribers connect: the configured brokers, or the embedded one.

    Raises:
        Unable: the embedded broker takes any free port, so nobody can know which.
    """
    if settings.kafka.bootstrap_servers:
        return settings.kafka.bootstrap_servers
    if settings.embedded.port == 0:
        raise Unable(
            "embedded.port is 0 (any free port): set STORYFOLD_KAFKA__BOOTSTRAP_SERVERS to the one it told you"
        )
    return (f"127.0.0.1:{settings.embedded.port}",)


def follow(settings: Settings, topic: Topic, *, from_beginning: bool) -> Iterator[SeenRecord]:
    """Yield a topic's records until SIGINT or SIGTERM.

    Raises:
        Unable: no broker answers.
    """
    stopped = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield from read_topics(
            bootstrap_of(settings),
            (settings.kafka.topic_prefix + topic,),
            from_beginning=from_beginning,
            going_on=lambda: not stopped,
        )
    except CannotSubscribe as error:
        raise Unable(str(error)) from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
