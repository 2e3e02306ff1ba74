"""Tail: what stands on the public topics, as it comes."""

import signal
from collections.abc import Iterator
from types import FrameType

from storyfold.app.assembly import broker_folder, connection
from storyfold.app.unable import Unable
from storyfold.config.settings import Settings
from storyfold.edges.broker import embedded_address
from storyfold.edges.kafka_topics import topic_name
from storyfold.edges.topic_reader import CannotSubscribe, SeenRecord, read_topics
from storyfold.model.records import Topic


def bootstrap_of(settings: Settings) -> tuple[str, ...]:
    """Where subscribers connect: the configured brokers, or the embedded one where it runs.

    Raises:
        Unable: no brokers are configured and no embedded one runs.
    """
    if settings.kafka.bootstrap_servers:
        return settings.kafka.bootstrap_servers
    running = embedded_address(broker_folder(settings))
    if running is None:
        raise Unable(
            f"no embedded broker runs for {settings.data_dir}: start 'storyfold run' with the same config first, "
            "or set kafka.bootstrap_servers"
        )
    return (running,)


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
            connection(settings, bootstrap_of(settings)),
            (topic_name(settings.kafka.topic_prefix, topic),),
            from_beginning=from_beginning,
            going_on=lambda: not stopped,
        )
    except CannotSubscribe as error:
        raise Unable(str(error)) from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
