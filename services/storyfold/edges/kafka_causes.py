"""Why a Kafka cluster cannot be reached: kafka-python says it in its log alone, and what it raises is a timeout."""

import logging
import re
import threading
from collections import deque

# What tells more than that nobody answered, the best first.
_TELLING = (
    re.compile(r"SaslAuthenticationFailedError: (?P<cause>(?!Sasl).+)"),
    re.compile(r"(?P<cause>\[SSL.*?\][^(]*)"),
    re.compile(r"(?P<cause>(?:Unable to request a token|Unsupported|The SASL mechanism).*)", re.IGNORECASE),
    re.compile(r"(?P<cause>Invalid frame length.*)"),
    # The version is known once a broker has answered; its word about the login may be overtaken by its hanging up.
    re.compile(r"broker_version=\(\d.*Connection lost: KafkaConnectionError: (?P<cause>socket disconnected)"),
)
# Attempts of a few seconds log less than this.
_KEPT = 50
_TOO_LONG = 300


class _LastWords(logging.Handler):
    """Keeps the last errors of kafka-python instead of writing them."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._said: deque[str] = deque(maxlen=_KEPT)
        self._guard = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message and the error it stands beside."""
        text = record.getMessage()
        if record.exc_info is not None and record.exc_info[1] is not None:
            text = f"{text}: {record.exc_info[1]}"
        with self._guard:
            self._said.append(text)

    def forget(self) -> None:
        """Begin anew."""
        with self._guard:
            self._said.clear()

    def cause(self) -> str | None:
        """The most telling of what was said since."""
        with self._guard:
            said = list(self._said)
        for pattern in _TELLING:
            for text in reversed(said):
                if found := pattern.search(text):
                    return found["cause"].strip()[:_TOO_LONG]
        return None


_last_words = _LastWords()


def quiet_kafka_python() -> None:
    """Keep kafka-python's own log to itself: it tells every retry as an error, and storyfold says it once."""
    logger = logging.getLogger("kafka")
    logger.setLevel(logging.ERROR)
    logger.propagate = False
    if _last_words not in logger.handlers:
        logger.addHandler(_last_words)


def before_connecting() -> None:
    """Forget what was said of attempts before; `cause_of` then speaks of this one."""
    _last_words.forget()


def cause_of(error: Exception) -> str:
    """What to tell of a cluster that was not reached: the cause where one was logged, else the error.

    Processes with several connections at a time may be told of another's cause; it is theirs as well, as a rule.
    """
    cause = _last_words.cause()
    if cause is None:
        return str(error)
    if cause.startswith("Invalid frame length"):
        return "what answers does not speak Kafka in the clear; see kafka.security_protocol"
    if cause == "socket disconnected":
        return "a broker answers and then hangs up, as at a login that is wrong; see kafka.username and kafka.password"
    return f"{cause}; see kafka.security_protocol and what stands with it"
