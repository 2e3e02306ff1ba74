"""What stands in the properties file of each node of a Kafka cluster for tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CLUSTER_ID = "c3Rvcnlmb2xkLXRlc3RzMA"  # 16 bytes in URL-safe base64, as StorageTool wants it
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")


@dataclass(frozen=True, slots=True)
class Secured:
    """Listeners for strangers, and an authorizer; whoever comes by the plain listener may do everything.

    Attributes:
        certificate: PEM file with the brokers' key and certificate chain.
        authorities: PEM file with the authorities that certificates of clients may come from.
        passwords: by user, for PLAIN and SCRAM.
    """

    certificate: Path
    authorities: Path
    passwords: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Node:
    """One process of the cluster.

    Attributes:
        number: its node.id.
        broker: whether it holds records.
        controller: whether it votes on what the cluster is.
        ports: by listener.
    """

    number: int
    broker: bool
    controller: bool
    ports: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """The whole cluster.

    Attributes:
        nodes: all processes.
        secured: with more than the plain listener.
        further: settings of every broker that win over what stands here.
    """

    nodes: Sequence[Node]
    secured: Secured | None = None
    further: Mapping[str, str] = field(default_factory=dict)

    def properties(self, node: Node, folder: Path) -> str:
        """The text of a node's properties file."""
        roles = [name for name, has in (("broker", node.broker), ("controller", node.controller)) if has]
        voters = [f"{each.number}@127.0.0.1:{each.ports['CONTROLLER']}" for each in self.nodes if each.controller]
        settings = {
            "process.roles": ",".join(roles),
            "node.id": str(node.number),
            "controller.quorum.voters": ",".join(voters),
            "listeners": ",".join(f"{name}://127.0.0.1:{port}" for name, port in node.ports.items()),
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL:SASL_SSL,TLS:SSL",
            "log.dirs": str(folder / "data"),
            "auto.create.topics.enable": "false",
            **self._replication(),
        }
        if node.broker:
            open_to_clients = {name: port for name, port in node.ports.items() if name != "CONTROLLER"}
            settings["advertised.listeners"] = ",".join(f"{k}://127.0.0.1:{v}" for k, v in open_to_clients.items())
            settings["inter.broker.listener.name"] = "PLAINTEXT"
        if self.secured is not None:
            settings |= _security(self.secured)
        settings |= self.further
        return "".join(f"{name}={value}\n" for name, value in settings.items())

    def _replication(self) -> dict[str, str]:
        """Three copies of which two must have a record, or as many as there are brokers."""
        brokers = sum(node.broker for node in self.nodes)
        copies, in_sync = str(min(3, brokers)), str(min(2, brokers))
        return {
            "default.replication.factor": copies,
            "min.insync.replicas": in_sync,
            "offsets.topic.replication.factor": copies,
            "offsets.topic.num.partitions": str(brokers),
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": in_sync,
            "transaction.state.log.num.partitions": str(brokers),
            "group.initial.rebalance.delay.ms": "0",
            # Dead brokers are noticed sooner than after the 9 s of the default.
            "broker.session.timeout.ms": "6000",
            "broker.heartbeat.interval.ms": "1000",
        }


def _security(secured: Secured) -> dict[str, str]:
    modules = "org.apache.kafka.common.security"
    users = " ".join(f'user_{name}="{password}"' for name, password in secured.passwords.items())
    scram = f"{modules}.scram.ScramLoginModule required;"
    keys = {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(secured.certificate),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(secured.authorities),
    }
    return {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
        "sasl.enabled.mechanisms": ",".join(MECHANISMS),
        **{f"listener.name.{listener}.{name}": value for listener in ("sasl", "tls") for name, value in keys.items()},
        "listener.name.tls.ssl.client.auth": "required",
        "listener.name.sasl.plain.sasl.jaas.config": f"{modules}.plain.PlainLoginModule required {users};",
        "listener.name.sasl.scram-sha-256.sasl.jaas.config": scram,
        "listener.name.sasl.scram-sha-512.sasl.jaas.config": scram,
        "listener.name.sasl.oauthbearer.sasl.jaas.config": (
            f'{modules}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="storyfold";'
        ),
    }
