"""Apache Kafka with TLS, logins and an authorizer: who may connect, and exactly what a publisher must be allowed."""

import asyncio
import base64
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)

from storyfold.app.kafka import kafka_connection
from storyfold.config.settings import KafkaSettings, SaslMechanism, Secret, SecurityProtocol
from storyfold.edges.kafka_hop import HopPlan, KafkaHop
from storyfold.edges.kafka_publisher import KafkaPublication, KafkaPublisher
from storyfold.model.records import OutboxRow, Record, Topic
from storyfold.ports import PublisherError
from tests.brokers.apache import ApacheKafka, KafkaMissing, apache_kafka
from tests.brokers.authorities import Certificates, certificates
from tests.brokers.kafka_settings import Secured
from tests.conftest import missing
from tests.fakes.store_values import NOON

pytestmark = [pytest.mark.kafka, pytest.mark.anyio]
OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
STORE = "s1"
ENTRIES, READ = "storyfold.entries", "storyfold.read"
OUTCOMES, FOLD = "storyfold.outcomes", "storyfold.fold"
KINDS = {"Topic": "TOPIC", "Group": "GROUP", "TransactionalId": "TRANSACTIONAL_ID"}
ANY = ACLFilter(
    None,
    None,
    ACLOperation.ANY,
    ACLPermissionType.ANY,
    ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY),
)


@dataclass(frozen=True)
class Guarded:
    """A cluster that asks who one is."""

    kafka: ApacheKafka
    files: Certificates
    admin: KafkaAdminClient

    def settings(self, **changes: object) -> KafkaSettings:
        """A login by SCRAM over TLS, with changes."""
        usual: dict[str, object] = {
            "bootstrap_servers": self.kafka.addresses("SASL"),
            "security_protocol": SecurityProtocol.SASL_SSL,
            "sasl_mechanism": SaslMechanism.SCRAM_SHA_512,
            "username": "storyfold",
            "password": Secret("right horse"),
            "ca_file": self.files.authority,
        }
        return KafkaSettings(**{**usual, **changes})  # type: ignore[arg-type]

    def allow(self, rights: "list[ACL]") -> None:
        """Let these rights be all there are; nodes take a moment to learn it."""
        self.admin.delete_acls([ANY])
        if rights:
            self.admin.create_acls(rights)
        time.sleep(0.3)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    files = certificates(tmp_path_factory.mktemp("certificates"))
    secured = Secured(files.broker, files.authority, {"storyfold": "right horse"})
    try:
        with apache_kafka(secured=secured) as kafka:
            admin = KafkaAdminClient(bootstrap_servers=list(kafka.bootstrap))
            yield Guarded(kafka, files, admin)
            admin.close()
    except KafkaMissing as error:
        missing(str(error))


def table(heading: str) -> Iterator[list[str]]:
    """The rows of a table of rights, from the kind of resource on; what is before that comes last."""
    section = OPERATIONS.read_text().partition(f"### {heading}\n")[2].partition("\n##")[0]
    for line in section.splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        first = next((place for place, cell in enumerate(cells) if cell in KINDS), None)
        if first is not None:
            yield [*cells[first:], *cells[:first]]


def right(kind: str, name: str, operation: str) -> ACL:
    """What lets the user storyfold do something."""
    pattern = ACLResourcePatternType.PREFIXED if name.endswith("*") else ACLResourcePatternType.LITERAL
    return ACL(
        "User:storyfold",
        "*",
        ACLOperation[re.sub(r"(?<!^)(?=[A-Z])", "_", operation).upper()],
        ACLPermissionType.ALLOW,
        ResourcePattern(ResourceType[KINDS[kind]], name.removesuffix("*"), pattern),
    )


def documented() -> dict[str, ACL]:
    """The rights of the publisher by the table in docs/operations.md."""
    return {
        f"{operation} {kind} {name}": right(kind, name, operation)
        for kind, name, operation, *_ in table("Rights on the cluster")
    }


def apart() -> dict[tuple[str, str], ACL]:
    """The rights of roles that run apart, by role and by what they are."""
    return {
        (role.strip(), f"{operation} {kind} {name}"): right(kind, name, operation)
        for kind, name, operation, _, roles in table("Rights where roles run apart")
        for role in roles.split(",")
    }


def publish(settings: KafkaSettings) -> None:
    """Open, and publish a record."""

    async def work() -> None:
        publication = KafkaPublication("storyfold.publisher", f"storyfold.publisher.{STORE}", "", 1, 1)
        publisher = KafkaPublisher(kafka_connection(settings, settings.bootstrap_servers), publication)
        try:
            position = await publisher.open() or 0
            record = Record(Topic.EVENTS, "k", (("ce_id", "x"),), b"{}", NOON)
            await publisher.publish([OutboxRow(position + 1, record)], position + 1)
        finally:
            await publisher.close()

    asyncio.run(work())


def test_the_rights_of_the_table_are_enough(guarded: Guarded) -> None:
    """With what docs/operations.md lists and nothing else, topics are made and records published."""
    guarded.allow(list(documented().values()))
    publish(guarded.settings())


# What a publisher without each right is told; DescribeConfigs only lets it compare settings.
TOLD = {
    "Write Topic news.*": "may not Write topic news.articles",
    "Create Topic news.*": "may not Create topic news.articles",
    "Read Topic news.events": "may not Read topic news.events",
    "Write TransactionalId storyfold.publisher": "may not Write transactional-id storyfold.publisher",
    "Read Group storyfold.publisher.*": "may not Read group storyfold.publisher.s1",
}


@pytest.mark.parametrize("without", TOLD)
def test_each_right_is_needed(guarded: Guarded, without: str) -> None:
    """Without any one of them nothing is published, and the message names it with the command that grants it."""
    if without.startswith("Create"):
        guarded.allow([])
        guarded.admin.delete_topics([topic.value for topic in Topic], raise_errors=False)
    guarded.allow([acl for name, acl in documented().items() if name != without])
    with pytest.raises(PublisherError) as raised:
        publish(guarded.settings())
    assert f"User:storyfold {TOLD[without]}" in str(raised.value)
    assert "kafka-acls.sh --bootstrap-server" in str(raised.value)


def test_no_right_is_listed_that_is_not_tried() -> None:
    """Every right of the table is taken away by a test, but the one that only lets settings be compared."""
    assert set(TOLD) | {"DescribeConfigs Topic news.*"} == set(documented())


def test_settings_need_not_be_told(guarded: Guarded) -> None:
    """Without DescribeConfigs records are published all the same."""
    guarded.allow([acl for name, acl in documented().items() if not name.startswith("DescribeConfigs")])
    publish(guarded.settings())


# -- roles apart ------------------------------------------------------------------------------------------------------


def hop_of(guarded: Guarded, role: str, *, partitions: int = 1) -> tuple[KafkaHop[str], KafkaHop[str]]:
    """What a role has of the hops of entries and of outcomes."""
    settings = guarded.settings()

    def hop(topic: str, group: str, *, keeps: bool) -> KafkaHop[str]:
        plan: HopPlan[str] = HopPlan(
            topic=topic,
            group=group,
            partitions=partitions,
            replication=1,
            capacity=100,
            encode=str.encode,
            decode=lambda message: (message or b"").decode(),
            key_of=lambda _: None,
            partition_of=lambda _: 0,
            smaller=lambda _: None,
            dropped=lambda: pytest.fail(f"{role} dropped a message"),
            keeps_positions=keeps,
        )
        return KafkaHop(kafka_connection(settings, settings.bootstrap_servers), plan)

    return hop(ENTRIES, READ, keeps=False), hop(OUTCOMES, FOLD, keeps=True)


async def work(guarded: Guarded, role: str, partitions: int = 1) -> None:
    """Do for the hops what a role does, until it is done."""
    entries, outcomes = hop_of(guarded, role, partitions=partitions)
    measuring = asyncio.create_task(entries.measure()) if role == "poll" else None
    try:
        if role == "poll":
            await entries.send(["entry"])
            while not entries.room():
                await asyncio.sleep(0.05)
        if role == "read":
            entries.done(await entries.receive(1))
            await outcomes.send(["outcome"])
        if role == "fold":
            while 0 not in await outcomes.given(1):
                pass
            assert ("outcome",) == await outcomes.open(0, None).receive(1)
    finally:
        if measuring is not None:
            measuring.cancel()
        for each in (entries, outcomes):
            await each.close()


def rights_of(role: str, without: str = "") -> list[ACL]:
    return [acl for (whose, what), acl in apart().items() if whose == role and what != without]


async def test_the_rights_of_roles_apart_are_enough(guarded: Guarded) -> None:
    """Each with what docs/operations.md lists for it and nothing else: topics are made, items sent and received."""
    for role in ("poll", "read", "fold"):
        guarded.allow(rights_of(role))
        async with asyncio.timeout(40):
            await work(guarded, role)


# What a role without each right is told; Create and Alter are tried with one role, as they are one right for all.
TOLD_APART = {
    ("poll", "Create Topic storyfold.*"): f"may not Create topic {ENTRIES}",
    ("poll", "Alter Topic storyfold.*"): f"may not Alter topic {ENTRIES}",
    ("poll", f"Write Topic {ENTRIES}"): f"may not Write topic {ENTRIES}",
    ("poll", f"Describe Group {READ}"): f"may not Describe group {READ}",
    ("read", f"Read Topic {ENTRIES}"): f"may not Read topic {ENTRIES}",
    ("read", f"Read Group {READ}"): f"may not Read group {READ}",
    ("read", f"Write Topic {OUTCOMES}"): f"may not Write topic {OUTCOMES}",
    ("fold", f"Read Topic {OUTCOMES}"): f"may not Read topic {OUTCOMES}",
    ("fold", f"Read Group {FOLD}"): f"may not Read group {FOLD}",
}


@pytest.mark.parametrize(("role", "without"), TOLD_APART)
async def test_each_right_of_roles_apart_is_needed(
    guarded: Guarded, role: str, without: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Without any one of them a role waits, and the log names it with the command that grants it."""
    guarded.allow(rights_of("poll") + rights_of("read"))
    if without.startswith("Create"):
        guarded.admin.delete_topics([ENTRIES], raise_errors=False)
    else:
        async with asyncio.timeout(40):
            await work(guarded, "poll")  # there is something to be received
    guarded.allow(rights_of(role, without))
    working = asyncio.create_task(work(guarded, role, partitions=50 if without.startswith("Alter") else 1))
    told = f"User:storyfold {TOLD_APART[role, without]}: kafka-acls.sh --bootstrap-server"
    async with asyncio.timeout(40):
        while told not in caplog.text:
            assert not working.done(), f"{role} needs no right to {without}"
            await asyncio.sleep(0.05)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


def test_no_right_of_roles_apart_is_listed_that_is_not_tried() -> None:
    """Every right of the table is taken away by a test, those that all have from one of them."""
    shared = {(role, f"{what} Topic storyfold.*") for role in ("read", "fold") for what in ("Create", "Alter")}
    assert set(TOLD_APART) | shared == set(apart())


# -- logging in -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mechanism", [SaslMechanism.PLAIN, SaslMechanism.SCRAM_SHA_256, SaslMechanism.SCRAM_SHA_512])
def test_logins(guarded: Guarded, mechanism: SaslMechanism) -> None:
    """Each mechanism with a password works over TLS."""
    guarded.allow(list(documented().values()))
    publish(guarded.settings(sasl_mechanism=mechanism))


def test_certificates_of_clients(guarded: Guarded) -> None:
    """Where brokers ask for a certificate, ours is shown, and its subject is who we are."""
    rights = documented().values()
    # trustme writes a number of chance into the subject, so whoever comes may.
    guarded.allow([ACL("User:*", "*", each.operation, each.permission_type, each.resource_pattern) for each in rights])
    publish(
        guarded.settings(
            bootstrap_servers=guarded.kafka.addresses("TLS"),
            security_protocol=SecurityProtocol.SSL,
            username="",
            certificate_file=guarded.files.client,
            key_file=guarded.files.client_key,
        )
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"password": Secret("battery")}, "Authentication failed|at a login that is wrong"),
        ({"ca_file": None}, "certificate verify failed"),
        ({"security_protocol": SecurityProtocol.PLAINTEXT}, r"does not speak Kafka in the clear"),
        ({"ca_file": Path("/nowhere.pem")}, r"kafka\.ca_file /nowhere\.pem cannot be used"),
        ({"certificate_file": Path("/no.pem"), "key_file": Path("/no.key")}, r"kafka\.certificate_file /no\.pem"),
    ],
    ids=["password", "authority", "clear", "no authority file", "no certificate file"],
)
def test_why_there_is_no_connection(guarded: Guarded, changes: dict[str, object], told: str) -> None:
    """What keeps us out is told in a sentence, without the password."""
    with pytest.raises(PublisherError, match=told) as raised:
        publish(guarded.settings(**changes))
    assert "horse" not in str(raised.value)
    assert "battery" not in str(raised.value)


def test_names_are_checked(guarded: Guarded) -> None:
    """A broker reached by a name that its certificate does not hold is not believed."""
    port = guarded.kafka.addresses("SASL")[0].rpartition(":")[2]
    with pytest.raises(PublisherError, match="Hostname mismatch"):
        publish(guarded.settings(bootstrap_servers=(f"localhost:{port}",)))


# -- tokens -----------------------------------------------------------------------------------------------------------


def unsecured_token(seconds: float) -> str:
    """What the broker's handler for tests believes: a JWS without a signature."""
    claims = {"sub": "storyfold", "iat": time.time() - 1, "exp": time.time() + seconds}
    parts = (json.dumps(each).encode() for each in ({"alg": "none"}, claims))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


@contextmanager
def endpoint(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A token endpoint on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.rfile.read(int(self.headers["Content-Length"])))
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    asked: list[bytes] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/token"
        assert len(asked) == 1, "a token that is good is asked for once"
        assert asked[0] == b"grant_type=client_credentials&scope=kafka"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_tokens(guarded: Guarded) -> None:
    """A token from the endpoint, asked for once with the client's credentials, logs in."""
    guarded.allow(list(documented().values()))
    seen: list[str | None] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers["Authorization"])
        body = json.dumps({"access_token": unsecured_token(600), "token_type": "Bearer", "expires_in": 600}).encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    with endpoint(answer) as url:
        publish(
            guarded.settings(
                sasl_mechanism=SaslMechanism.OAUTHBEARER,
                username="",
                token_url=url,
                token_client_id="storyfold",
                token_client_secret=Secret("shh"),
                token_scope="kafka",
            )
        )
    assert seen == ["Basic " + base64.b64encode(b"storyfold:shh").decode()]
