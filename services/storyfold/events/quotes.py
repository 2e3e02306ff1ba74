"""Words between quotation marks, and who said them."""

import re

from storyfold.model.features import Said

_QUOTED = re.compile(r"[“„«]\s?([^“”„«»\n]{12,320}?)\s?[”“»]|\"([^\"\n]{12,320}?)\"")
_SPEAKING = "said|says|told|added|adds|tweeted|wrote|warned|announced|declared|explained|argued|insisted|stated|claimed"
_NAME = r"(?:[A-Z][\w’'.-]+)(?:\s+(?:al-|bin |de |van |von |der )?[A-Z][\w’'.-]+){0,3}"
# … ,” special forces commander Sayed Nezami said.
_NAME_THEN_VERB = re.compile(
    rf"^[,.]?\s*(?:[a-z][\w’'-]*\s+){{0,6}}(?P<name>{_NAME})(?:,[^,.]{{1,60}},)?\s+(?:{_SPEAKING})\b"
)
# … ,” said Sayed Nezami.
_VERB_THEN_NAME = re.compile(rf"^[,.]?\s*(?:{_SPEAKING})\s+(?:[a-z][\w’'-]*\s+){{0,6}}(?P<name>{_NAME})")
# Sayed Nezami said: “ …
_BEFORE = re.compile(rf"(?P<name>{_NAME})(?:,[^,.]{{1,60}},)?\s+(?:{_SPEAKING})(?:\s+[^.“\"]{{1,40}})?[:,]?\s*$")
_PRONOUNS = frozenset("He She They It We I You The A An But And In On At That This".split())
_MOST = 5


def quotes_in(sentences: list[str]) -> tuple[Said, ...]:
    """Find what is said in quotation marks.

    Args:
        sentences: in order.

    Returns:
        At most five quotes of three words or more; the speaker is None where the sentence names none.
    """
    out: list[Said] = []
    for sentence in sentences:
        for match in _QUOTED.finditer(sentence):
            text = (match[1] or match[2]).strip()
            if len(text.split()) < 3:
                continue
            out.append(Said(text, _speaker(sentence[: match.start()], sentence[match.end() :])))
            if len(out) == _MOST:
                return tuple(out)
    return tuple(out)


def _speaker(before: str, after: str) -> str | None:
    found = _NAME_THEN_VERB.search(after) or _VERB_THEN_NAME.search(after) or _BEFORE.search(before)
    if found is None:
        return None
    name = found["name"].rstrip(".")
    return None if name.split()[0] in _PRONOUNS else name
