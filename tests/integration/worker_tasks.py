"""Tasks that misbehave, for workers to run: they must stand in a module that workers can import."""

import os
import signal
import socket
import subprocess
import time

from storyfold.edges.parsing import FeedDocument
from storyfold.model.page import FeedHints, NoArticle, NoArticleReason, Page, ParsedFeed


def double(number: int) -> int:
    return 2 * number


def process_id(_: object) -> int:
    return os.getpid()


def parent_id(_: object) -> int:
    return os.getppid()


def hang(seconds: float) -> None:
    time.sleep(seconds)


def spin(_: object) -> None:
    while True:
        pass


def ignore_terminate_and_hang(_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(60)


def exit_at_once(status: int) -> None:
    os._exit(status)


def crash(_: object) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def hog_memory(mebibytes: int) -> int:
    return len(bytearray(mebibytes * 1024 * 1024))


def grow_for_ever(_: object) -> None:
    """Many small pieces, as a tree of a page would take them."""
    kept = []
    while True:
        kept.append([0] * 10_000)


def spin_in_c(_: object) -> int:
    """Long work in C code, which no signal handler of Python's can interrupt."""
    return len(str(7 ** (10**8)))


def open_connection(address: tuple[str, int]) -> None:
    with socket.socket() as connection:
        connection.connect(address)


def start_program(command: str) -> None:
    subprocess.run([command], check=True)


def give_what_cannot_travel(_: object) -> object:
    return lambda: None


def fail(message: str) -> None:
    raise ValueError(message)


def sleep_then_double(argument: tuple[float, int]) -> int:
    seconds, number = argument
    time.sleep(seconds)
    return 2 * number


def size_of(body: bytes) -> int:
    return len(body)


def read_nothing(page: Page) -> NoArticle:
    return NoArticle(NoArticleReason.NO_TEXT, page.url)


def hang_on(page: Page) -> NoArticle:
    time.sleep(60)
    return read_nothing(page)


def parse_nothing(document: FeedDocument) -> ParsedFeed:
    return ParsedFeed(document.source.title, None, None, "rss20", (), FeedHints())
