"""Every setting there is, with its default; the policies of the stages are part of it, field by field.

A key in the TOML file is the path of field names (``[poll] floor``). A field marked `FLAT` holds a policy that another
package owns; its fields stand in the table of the section around it. What an attribute means is said once, in the
``Attributes:`` of its class; the commented example config is made from that.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from storyfold.articles.policy import ReadPolicy
from storyfold.events.policy import FoldPolicy
from storyfold.feeds.policy import PollPolicy
from storyfold.feeds.websub import WebSubPolicy
from storyfold.hosts.policy import HostPolicy
from storyfold.model.fetching import FetchLimits
from storyfold.model.retention import Retention
from storyfold.wire.values import BodyTravel

# Marks a field whose own fields stand in the table around it.
FLAT = "flat"
_FLAT = {FLAT: True}


class Secret(str):
    """Text that is never shown: its `repr` hides it, and so does everything that prints settings."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret(***)" if self else "Secret()"


NO_SECRET = Secret("")


class LogLevel(StrEnum):
    """The least severe log lines that are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How log lines are written."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where state is kept.

    Attributes:
        url: SQLAlchemy URL; empty for SQLite in data_dir. A password in it is never shown.
    """

    url: Secret = NO_SECRET


@dataclass(frozen=True, slots=True)
class FeedsSettings:
    """Which feeds are polled.

    Attributes:
        file: OPML (.opml, .xml) or TOML (.toml) list of feeds; read again when it changes or on SIGHUP.
    """

    file: Path = Path("feeds.opml")


@dataclass(frozen=True, slots=True)
class PublishersSettings:
    """Which houses stand behind which domains.

    Attributes:
        file: TOML table of families that adds to the shipped one ([[families]] with id, name, country, domains); read
            again when it changes. Empty for none.
    """

    file: Path | None = None


@dataclass(frozen=True, slots=True)
class PollSettings:
    """How often feeds are asked.

    Attributes:
        policy: when each feed is polled.
        concurrency: polls in hand at a time, all hosts together.
    """

    policy: PollPolicy = field(default_factory=PollPolicy, metadata=_FLAT)
    concurrency: int = 64


@dataclass(frozen=True, slots=True)
class WebSubSettings:
    """Hubs that bring the news of feeds at once (WebSub); off while public_url is empty.

    Attributes:
        public_url: under which hubs on the Internet reach the listener below, such as https://news.example.org/hub;
            put something in front of it that ends TLS. Empty: no hub is subscribed to.
        host: address to listen on for hubs; nothing but callbacks is served there.
        port: to listen on for hubs; 0 for any free one.
        policy: how subscriptions are kept.
        body_bytes: the most of a delivery.
        body_deadline: for a delivery to arrive.
    """

    public_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8643
    policy: WebSubPolicy = field(default_factory=WebSubPolicy, metadata=_FLAT)
    body_bytes: int = 4 * 1024 * 1024
    body_deadline: timedelta = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """Bounds of every request, and where requests may go.

    Attributes:
        contact: a URL or mail address of yours that the User-Agent names, so that publishers can reach you.
        limits: of one exchange.
        allowed_networks: private networks that may be fetched from, as CIDR; public addresses always may.
        allowed_ports: ports that may be fetched from; empty for any.
    """

    contact: str = ""
    limits: FetchLimits = field(default_factory=FetchLimits, metadata=_FLAT)
    allowed_networks: tuple[str, ...] = ()
    allowed_ports: tuple[int, ...] = (80, 443, 8080, 8443)


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """How pages become articles.

    Attributes:
        policy: how stubbornly.
        body: whether bodies travel to Kafka: full, excerpt or none. Folding always sees all of them.
    """

    policy: ReadPolicy = field(default_factory=ReadPolicy, metadata=_FLAT)
    body: BodyTravel = BodyTravel.FULL


class SecurityProtocol(StrEnum):
    """How a connection to Kafka is protected, in Kafka's own words."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"

    @property
    def tls(self) -> bool:
        """Whether it is encrypted."""
        return self in {SecurityProtocol.SSL, SecurityProtocol.SASL_SSL}

    @property
    def sasl(self) -> bool:
        """Whether there is a login."""
        return self in {SecurityProtocol.SASL_PLAINTEXT, SecurityProtocol.SASL_SSL}


class SaslMechanism(StrEnum):
    """How a login to Kafka is proven, in Kafka's own words."""

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"
    OAUTHBEARER = "OAUTHBEARER"


@dataclass(frozen=True, slots=True)
class FoldSettings:
    """When articles are one event.

    Attributes:
        policy: window and quiet time.
        shards: parts that folding is divided into by language where roles run apart; as many processes can fold.
    """

    policy: FoldPolicy = field(default_factory=FoldPolicy, metadata=_FLAT)
    shards: int = 1


@dataclass(frozen=True, slots=True)
class HopSettings:
    """The way between poll, read and fold where they run in processes of their own: topics of the same broker.

    Attributes:
        partitions: of the topic to reading, where it has to be created; as many processes can read.
        capacity: entries on their way to reading beyond which polling waits.
    """

    partitions: int = 12
    capacity: int = 2000


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """The broker that records go to.

    Attributes:
        bootstrap_servers: host:port of some brokers; empty for the embedded broker.
        topic_prefix: put before the name of every topic.
        partitions: of a topic that has to be created; one that exists is never altered.
        replication: copies of each partition of a topic that has to be created.
        security_protocol: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.
        sasl_mechanism: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER; for SASL protocols.
        username: for PLAIN and SCRAM.
        password: for PLAIN and SCRAM; better given as STORYFOLD_KAFKA__PASSWORD. Never shown.
        ca_file: PEM of the authorities that may vouch for the brokers; empty for the system's. Names are checked.
        certificate_file: PEM of our own certificate, where brokers ask for one.
        key_file: PEM of its key, without a passphrase.
        token_url: OAUTHBEARER: endpoint that gives tokens for client credentials (RFC 6749); https.
        token_client_id: OAUTHBEARER: who asks for a token.
        token_client_secret: OAUTHBEARER: better given as STORYFOLD_KAFKA__TOKEN_CLIENT_SECRET. Never shown.
        token_scope: OAUTHBEARER: what the token is for; empty for the endpoint's default.
        token_ca_file: OAUTHBEARER: PEM of the authorities that may vouch for the endpoint; empty for the system's.
    """

    bootstrap_servers: tuple[str, ...] = ()
    topic_prefix: str = ""
    partitions: int = 1
    replication: int = 1
    security_protocol: SecurityProtocol = SecurityProtocol.PLAINTEXT
    sasl_mechanism: SaslMechanism = SaslMechanism.SCRAM_SHA_512
    username: str = ""
    password: Secret = NO_SECRET
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    token_url: str = ""
    token_client_id: str = ""
    token_client_secret: Secret = NO_SECRET
    token_scope: str = ""
    token_ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class EmbeddedSettings:
    """The broker that storyfold starts itself where kafka.bootstrap_servers is empty: one machine, memory only.

    Attributes:
        port: on loopback; 0 for any free one.
    """

    port: int = 9092


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """Metrics, health and the web page.

    Attributes:
        host: address to listen on. There is no login: leave it on loopback, or put something with one in front.
        port: 0 for any free one.
        allowed_hosts: further names the console answers to in the Host header, without port (IP addresses and
            localhost always work).
    """

    host: str = "127.0.0.1"
    port: int = 8642
    allowed_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What storyfold says of itself, on standard error.

    Attributes:
        level: debug, info, warning or error.
        format: text for people, json for machines (an object a line).
    """

    level: LogLevel = LogLevel.INFO
    format: LogFormat = LogFormat.TEXT


@dataclass(frozen=True, slots=True)
class Settings:
    """All of them.

    Attributes:
        data_dir: where state lives that is not elsewhere; made where missing.
        store: where state is kept.
        feeds: which feeds are polled.
        publishers: the houses behind them.
        poll: how often.
        websub: hubs that bring news at once.
        politeness: how hosts are treated.
        fetch: bounds of requests.
        read: how pages become articles.
        fold: when articles are one event.
        hop: between stages that run apart.
        kafka: the broker.
        embedded: the broker without a broker.
        console: metrics, health and the web page.
        retention: how long state is kept; an entry that its feed still lists stays known, however old.
        log: what storyfold says of itself.
    """

    data_dir: Path = Path("var")
    store: StoreSettings = field(default_factory=StoreSettings)
    feeds: FeedsSettings = field(default_factory=FeedsSettings)
    publishers: PublishersSettings = field(default_factory=PublishersSettings)
    poll: PollSettings = field(default_factory=PollSettings)
    websub: WebSubSettings = field(default_factory=WebSubSettings)
    politeness: HostPolicy = field(default_factory=HostPolicy)
    fetch: FetchSettings = field(default_factory=FetchSettings)
    read: ReadSettings = field(default_factory=ReadSettings)
    fold: FoldSettings = field(default_factory=FoldSettings)
    hop: HopSettings = field(default_factory=HopSettings)
    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    embedded: EmbeddedSettings = field(default_factory=EmbeddedSettings)
    console: ConsoleSettings = field(default_factory=ConsoleSettings)
    retention: Retention = field(default_factory=Retention)
    log: LogSettings = field(default_factory=LogSettings)

    @property
    def store_url(self) -> str:
        """The SQLAlchemy URL to open: `store.url`, or SQLite in `data_dir`."""
        return str(self.store.url) or f"sqlite:///{self.data_dir / 'storyfold.sqlite3'}"
