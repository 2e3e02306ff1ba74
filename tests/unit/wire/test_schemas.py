"""The schemas say what the code sends, and a released one never changes."""

import hashlib
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from jsonschema import Draft202012Validator

from storyfold.model.articles import ArticleChange, PlacedArticle
from storyfold.model.events import Change, ChangeKind, Event
from storyfold.model.records import Record, Reject, Topic
from storyfold.wire.encode import Encoder, event_step, type_of
from storyfold.wire.values import BodyTravel
from tests.fakes.store_values import NOON
from tests.fakes.wire_values import FEW, every

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"
NAMES = ("article", "event", "event-change", "reject")
ENCODERS = tuple(Encoder(body=travel) for travel in BodyTravel)


@cache
def schema_of(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{name}.v1.schema.json").read_text())
    return loaded


@cache
def strict(name: str) -> Draft202012Validator:
    """The schema with every further field forbidden: consumers allow them, our encoders send none."""
    return Draft202012Validator(closed(schema_of(name)), format_checker=Draft202012Validator.FORMAT_CHECKER)


def closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    tight = {name: closed(value) for name, value in schema.items()}
    return {**tight, "additionalProperties": False} if isinstance(schema.get("properties"), dict) else tight


def complaints(name: str, record: Record) -> list[str]:
    return [error.message for error in strict(name).iter_errors(json.loads(record.value))]


@pytest.mark.parametrize("name", NAMES)
def test_schemas_are_schemas(name: str) -> None:
    """Each is valid JSON Schema 2020-12 and lets further fields pass, as consumers are promised."""
    Draft202012Validator.check_schema(schema_of(name))
    assert schema_of(name)["additionalProperties"] is True


@FEW
@given(every(PlacedArticle))
def test_articles_validate(placed: PlacedArticle) -> None:
    """Whatever an article holds, its record is as the schema says and has no field beyond it."""
    for encoder in ENCODERS:
        assert complaints("article", encoder.article(placed)) == []


@FEW
@given(every(Event))
def test_events_validate(event: Event) -> None:
    """Whatever an event holds, its record is as the schema says."""
    assert complaints("event", ENCODERS[0].event(event, None, NOON)) == []


@FEW
@given(every(Change))
def test_changes_validate(change: Change) -> None:
    """Whatever a change holds, its record is as the schema says."""
    assert complaints("event-change", ENCODERS[0].change(change, NOON)) == []


@FEW
@given(every(Reject))
def test_rejects_validate(reject: Reject) -> None:
    """Whatever a reject holds, its record is as the schema says."""
    assert complaints("reject", ENCODERS[0].reject(reject)) == []


def test_released_schemas_are_frozen() -> None:
    """The schemas are those that were released: a change that is compatible is noted here, any other is a v2."""
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for pattern in ("*.schema.json", "*.avsc")
        for path in SCHEMAS.glob(pattern)
    }
    assert json.loads((SCHEMAS / "frozen.json").read_text()) == found


# -- Avro -------------------------------------------------------------------------------------------------------------


def avro_fields(schema: Any, known: dict[str, Any]) -> Any:
    """The names in an Avro schema as a tree: {field: subtree or None}."""
    match schema:
        case list():
            return next((avro_fields(each, known) for each in schema if each != "null"), None)
        case {"type": "record", "name": name, "fields": fields}:
            known[name] = {}
            known[name].update({field["name"]: avro_fields(field["type"], known) for field in fields})
            return known[name]
        case {"type": "array", "items": items}:
            return avro_fields(items, known)
        case str() if schema in known:
            return known[schema]
    return None


def json_fields(schema: dict[str, Any]) -> Any:
    if "properties" in schema:
        return {name: json_fields(each) for name, each in schema["properties"].items()}
    return json_fields(schema["items"]) if "items" in schema else None


@pytest.mark.parametrize("name", NAMES)
def test_avro_has_the_same_fields(name: str) -> None:
    """The Avro schema has the fields of the JSON Schema, at every depth."""
    avro = json.loads((SCHEMAS / f"{name}.v1.avsc").read_text())
    assert json_fields(schema_of(name)) == avro_fields(avro, {})


# -- AsyncAPI ---------------------------------------------------------------------------------------------------------


@cache
def asyncapi() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_text())
    return loaded


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (value for name, value in node.items() if name == "$ref")
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_reference_resolves() -> None:
    """Each $ref points at something in the document or at a schema file."""
    for reference in set(references(asyncapi())):
        if not reference.startswith("#/"):
            assert (SCHEMAS / reference).is_file(), reference
            continue
        node = asyncapi()
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]


def test_topics_are_those_of_the_code() -> None:
    """The channels are the public topics, each with an operation that sends to it."""
    channels = asyncapi()["channels"]
    assert {topic.value for topic in Topic} == {channel["address"] for channel in channels.values()}
    sent = {operation["channel"]["$ref"].rsplit("/", 1)[1] for operation in asyncapi()["operations"].values()}
    assert set(channels) == sent


def types_in(message: str) -> set[str]:
    return set(asyncapi()["components"]["messages"][message]["headers"]["allOf"][1]["properties"]["ce_type"]["enum"])


def test_types_are_those_of_the_code() -> None:
    """Every `ce_type` that can be sent is listed, and no other."""
    assert types_in("article") == {type_of("article", change.value) for change in ArticleChange}
    assert types_in("event") == {type_of("event", event_step(kind)) for kind in (None, *ChangeKind)}
    assert types_in("eventChange") == {type_of("event-change", kind.value) for kind in ChangeKind}
    assert types_in("reject") == {type_of("entry", "rejected")}


@FEW
@given(every(PlacedArticle), every(Event), every(Change), every(Reject))
def test_headers_and_keys_are_those_of_the_code(
    placed: PlacedArticle, event: Event, change: Change, reject: Reject
) -> None:
    """Headers validate against the document, and keys are the field it names."""
    document = asyncapi()
    encoder = ENCODERS[0]
    records = {
        "article": encoder.article(placed),
        "event": encoder.event(event, change.kind, NOON),
        "eventChange": encoder.change(change, NOON),
        "reject": encoder.reject(reject),
    }
    headers = Draft202012Validator(document["components"]["schemas"]["headers"])
    for name, record in records.items():
        message = document["components"]["messages"][name]
        assert [error.message for error in headers.iter_errors(dict(record.headers))] == []
        assert dict(record.headers)["ce_type"] in types_in(name)
        key = message["bindings"]["kafka"]["key"]["description"]
        value = json.loads(record.value)
        assert record.key == value[key]
        names = message["headers"]["allOf"][1]["properties"]["ce_id"]["description"].split(":")
        assert dict(record.headers)["ce_id"] == ":".join(str(value[each]) for each in names)
