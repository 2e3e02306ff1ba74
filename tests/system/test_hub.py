"""News by hub: from a publisher's change to the record on Kafka, while polling sleeps."""

from pathlib import Path
from statistics import median

from benchmarks.rig import Press, TopicReader, free_port, get_json, stopping, wait_until
from tests.system.asking import metrics
from tests.system.program import Program

PRESS = ("--seed", "9", "--publishers", "3", "--happenings", "12", "--habits", "none", "--rate", "1", "--hub")
ARTICLES = 12


def test_what_a_hub_brings_is_on_kafka_within_a_second(tmp_path: Path) -> None:
    """Feeds are polled once, at the start; every article after that comes by the hub, its record a second later."""
    press = Press.start(tmp_path, *PRESS, "--opml", str(tmp_path / "feeds.opml"))
    port = free_port()
    hub = f'[websub]\npublic_url = "http://127.0.0.1:{port}/as/seen/by/hubs"\nport = {port}\n'
    program = Program(tmp_path, tmp_path / "feeds.opml", more=hub)
    # No poll but the first may bring anything.
    hours = program.config.read_text().replace('floor = "1s"', 'floor = "6h"').replace('"2s"', '"24h"')
    program.config.write_text(hours.replace('first_interval = "1s"', 'first_interval = "6h"'))
    reader = TopicReader(program.bootstrap)
    with stopping(program.process, press.process):
        press.pause()
        program.start()
        reader.start()
        wait_until("three subscriptions", lambda: get_json(f"{press.control}/status")["hub"]["subscribers"] == 3, 60)
        wait_until("all from the first polls to settle", program.settled, 60)
        before = {article["id"] for article in press.truth()["articles"]}
        press.resume()
        wait_until(f"{ARTICLES} articles by hub", lambda: len(_delays(press, reader, before)) >= ARTICLES, 90)
        press.pause()
        delays = sorted(_delays(press, reader, before).values())
        counted = metrics(program)
        assert 0 == program.process.stop(), program.process.tail()
        reader.stop()
    told = f"{len(delays)} articles: median {median(delays):.2f} s, longest {delays[-1]:.2f} s"
    print(told)
    assert 3 == sum(count for name, count in counted.items() if name.startswith("storyfold_polls_total"))
    assert 1 <= counted['storyfold_websub_total{outcome="delivered"}']
    assert 0 == counted['storyfold_websub_total{outcome="bad-signature"}']
    assert median(delays) < 1.0, told


def _delays(press: Press, reader: TopicReader, before: set[str]) -> dict[str, float]:
    """Seconds from the hub's ping to the record, by article that was published since."""
    listed = {
        article["url"]: article["first_listed_at"]
        for article in press.truth()["articles"]
        if article["id"] not in before and article["first_listed_at"] is not None
    }
    seen: dict[str, float] = {}
    for record in reader.of("news.articles"):
        url = record.value["url"]
        if url in listed:
            seen.setdefault(url, record.at - listed[url])
    return seen
