"""What storyfold must be allowed on a cluster with an authorizer, and how to say that something is not.

docs/operations.md holds the same as a table; a test takes away one right after the other.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from kafka import errors


class Resource(StrEnum):
    """Kinds of resources, as ``kafka-acls.sh`` names them."""

    TOPIC = "topic"
    GROUP = "group"
    TRANSACTIONAL_ID = "transactional-id"


@dataclass(frozen=True, slots=True)
class Right:
    """An operation on a resource, in the words of ``kafka-acls.sh``."""

    operation: str
    resource: Resource
    name: str


class RightMissing(errors.KafkaError):  # type: ignore[misc]  # kafka-python is published without types
    """The cluster's authorizer does not let us; the message names the right and the command that grants it."""

    def __init__(self, right: Right, principal: str | None, bootstrap: str) -> None:
        who = f"User:{principal}" if principal else "PRINCIPAL"
        super().__init__(
            f"{who if principal else 'this login'} may not {right.operation} {right.resource} {right.name}: "
            f"kafka-acls.sh --bootstrap-server {bootstrap} --add --allow-principal {who} "
            f"--operation {right.operation} --{right.resource} {right.name}"
        )


@dataclass(frozen=True, slots=True)
class Rights:
    """Turns what a broker says into the right that is missing.

    Attributes:
        principal: the user name; None where it is not known here (certificates, tokens).
        bootstrap: for the command.
    """

    principal: str | None
    bootstrap: str

    def missing(self, operation: str, resource: Resource, name: str) -> RightMissing:
        """The error that says so."""
        return RightMissing(Right(operation, resource, name), self.principal, self.bootstrap)

    @contextmanager
    def needed(self, operation: str, resource: Resource, name: str) -> Iterator[None]:
        """A block of which any refusal by the authorizer means that this right is missing.

        Raises:
            RightMissing: instead.
        """
        try:
            yield
        except errors.KafkaError as error:
            if isinstance(error, RightMissing) or not is_refusal(error):
                raise
            raise self.missing(operation, resource, name) from error


def is_refusal(error: Exception) -> bool:
    """Whether an error comes from the authorizer; some of kafka-python's wrap it in words alone."""
    return isinstance(error, errors.AuthorizationError) or "AuthorizationFailedError" in str(error)
