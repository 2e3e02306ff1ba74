"""The public topics: created where missing, compared where not, never altered."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kafka import KafkaAdminClient, errors
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic

from storyfold.edges.kafka_rights import Resource, Rights
from storyfold.model.records import Topic

logger = logging.getLogger(__name__)

UNKNOWN_TOPIC = errors.UnknownTopicOrPartitionError.errno
ALREADY_THERE = errors.TopicAlreadyExistsError.errno
FORBIDDEN_TOPIC = errors.TopicAuthorizationFailedError.errno
FORBIDDEN_CLUSTER = errors.ClusterAuthorizationFailedError.errno


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """A topic as it is created.

    Attributes:
        name: with the prefix.
        partitions: how many.
        replication: how many brokers hold each; -1 leaves it to the cluster.
        settings: topic configs.
    """

    name: str
    partitions: int
    replication: int
    settings: tuple[tuple[str, str], ...]


def topic_name(prefix: str, topic: Topic) -> str:
    """A topic's name on the cluster."""
    return f"{prefix}{topic.value}"


def publisher_group(prefix: str, store_id: str) -> str:
    """The consumer group whose offset is the publisher's position: one a store, so that a new store starts anew."""
    return f"{prefix}storyfold.publisher.{store_id}"


def transactional_id(prefix: str) -> str:
    """The name under which publishers to the same topics fence one another."""
    return f"{prefix}storyfold.publisher"


def _retention(time: timedelta) -> tuple[tuple[str, str], ...]:
    return (("cleanup.policy", "delete"), ("retention.ms", str(int(time.total_seconds() * 1000))))


SETTINGS: dict[Topic, tuple[tuple[str, str], ...]] = {
    Topic.ARTICLES: _retention(timedelta(days=7)),
    Topic.EVENTS: (("cleanup.policy", "compact"),),
    Topic.CHANGES: _retention(timedelta(days=30)),
    Topic.REJECTS: _retention(timedelta(days=30)),
}


def plan_topics(prefix: str, partitions: int, replication: int) -> tuple[TopicPlan, ...]:
    """The four public topics with the settings that docs/consuming.md promises."""
    return tuple(
        TopicPlan(topic_name(prefix, topic), partitions, replication, settings) for topic, settings in SETTINGS.items()
    )


def ensure_topics(
    admin: KafkaAdminClient, plans: Sequence[TopicPlan], bootstrap: str, rights: Rights
) -> tuple[str, ...]:
    """Create the topics that are missing.

    Args:
        admin: a connected client.
        plans: what should be there.
        bootstrap: for the commands in the answer.
        rights: says which is missing.

    Returns:
        A sentence for each difference between a topic that was there and its plan, with the command that mends it.

    Raises:
        RightMissing: the authorizer does not let us.
        KafkaError: the broker is not there, or does not let us.
    """
    there = {each["name"]: each for each in admin.describe_topics([plan.name for plan in plans])}
    for plan in plans:
        if there.get(plan.name, {}).get("error_code") == FORBIDDEN_TOPIC:
            # Describing comes with writing; a topic that may not be seen may as well not be there.
            raise rights.missing("Write", Resource.TOPIC, plan.name)
    missing = [plan for plan in plans if there.get(plan.name, {}).get("error_code") == UNKNOWN_TOPIC]
    if missing:
        create_topics(admin, missing, rights)
    old = [plan for plan in plans if plan not in missing and not there[plan.name]["error_code"]]
    return tuple(_differences(admin, old, there, bootstrap)) if old else ()


def create_topics(admin: KafkaAdminClient, plans: Sequence[TopicPlan], rights: Rights) -> None:
    """Create topics, unless somebody else just did.

    Args:
        admin: connected.
        plans: what to create.
        rights: how to name what the authorizer does not allow.

    Raises:
        RightMissing: the authorizer does not let us.
        KafkaError: the broker is not there, or does not let us.
    """
    wanted = [
        NewTopic(plan.name, plan.partitions, plan.replication, topic_configs=dict(plan.settings)) for plan in plans
    ]
    answer = admin.create_topics(wanted, raise_errors=False)
    for each in answer["topics"]:
        if each["error_code"] in {FORBIDDEN_TOPIC, FORBIDDEN_CLUSTER}:
            raise rights.missing("Create", Resource.TOPIC, each["name"])
        if each["error_code"] not in (0, ALREADY_THERE):
            raise errors.for_code(each["error_code"])(f"topic {each['name']}: {each['error_message']}")
    admin.wait_for_topics([plan.name for plan in plans], timeout_ms=admin.config["request_timeout_ms"])
    logger.info("created the topics %s", ", ".join(plan.name for plan in plans))


def _differences(
    admin: KafkaAdminClient, plans: Sequence[TopicPlan], there: dict[str, Any], bootstrap: str
) -> Iterator[str]:
    configs = _configs(admin, plans)
    for plan in plans:
        partitions = len(there[plan.name]["partitions"])
        if partitions != plan.partitions:
            yield (
                f"topic {plan.name} has {partitions} partitions, not {plan.partitions}; storyfold goes on with what is "
                f"there. Set kafka.partitions = {partitions}, or, knowing that keys then change partitions: "
                f"kafka-topics.sh --bootstrap-server {bootstrap} --alter --topic {plan.name} "
                f"--partitions {plan.partitions}"
            )
        for name, wanted in plan.settings:
            found = configs.get(plan.name, {}).get(name)
            if found is not None and found != wanted:
                yield (
                    f"topic {plan.name} has {name}={found}, not {wanted}; storyfold goes on with what is there. To "
                    f"mend it: kafka-configs.sh --bootstrap-server {bootstrap} --alter --entity-type topics "
                    f"--entity-name {plan.name} --add-config {name}={wanted}"
                )


def _configs(admin: KafkaAdminClient, plans: Sequence[TopicPlan]) -> dict[str, dict[str, str]]:
    """Settings by topic; a broker that does not tell them, or to us, gives none."""
    resources = [ConfigResource(ConfigResourceType.TOPIC, plan.name) for plan in plans]
    try:
        answer = admin.describe_configs(resources)
    except (errors.UnsupportedVersionError, errors.AuthorizationError) as error:
        logger.info("the broker does not tell topic settings: %s", error)
        return {}
    return {
        topic: {name: str(entry["value"]) for name, entry in entries.items()}
        for topic, entries in answer.get("topic", {}).items()
    }
