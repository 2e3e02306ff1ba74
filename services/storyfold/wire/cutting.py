"""Records made to fit: an article's body is cut for a broker that takes no larger record, and the record says so."""

import json
from dataclasses import replace

from storyfold.model.records import Record, Topic
from storyfold.wire.encode import dump
from storyfold.wire.values import excerpt_of

# A header of ours beside those of CloudEvents: which field of the value does not hold all that there is.
CUT_HEADER = ("storyfold_cut", "body")


def cut_to(record: Record, limit: int) -> Record | None:
    """A record whose value has at most so many bytes.

    Args:
        record: as it was decided; its id and everything but the body stay.
        limit: bytes.

    Returns:
        The record, which carries `CUT_HEADER` where it was cut; None where cutting cannot make it fit, for only
        articles have something that a consumer can also get elsewhere (`url`).
    """
    if len(record.value) <= limit:
        return record
    if record.topic is not Topic.ARTICLES:
        return None
    value = json.loads(record.value)
    body = value.get("body") or ""
    fitting = dump({**value, "body": ""})
    room = limit - len(fitting)
    if room < 0:
        return None
    # A character takes one byte at least, and quotation marks and line breaks two: what is over is cut again.
    length = min(len(body), room)
    while length:
        tried = dump({**value, "body": excerpt_of(body[:length])})
        if len(tried) <= limit:
            fitting = tried
            break
        length = min(length - 1, length * room // (room + len(tried) - limit))
    headers = (*(each for each in record.headers if each != CUT_HEADER), CUT_HEADER)
    return replace(record, headers=headers, value=fitting)
