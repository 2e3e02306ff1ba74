"""Cutting text into sentences."""

import re

# Behind a full stop, question or exclamation mark (and closing quotation marks), before something that can begin a
# sentence; or at the end of a paragraph.
_END = re.compile(r"(?<=[.!?…。！？])[\"”’»)\]]*\s+(?=[\"“‘«(\[]?[^\W_a-z])|\s*\n\s*|(?<=[。！？])")
# A full stop behind these ends no sentence.
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"“])(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Gen|Col|Lt|Sgt|Capt|Maj|Sen|Rep|Gov|Prof|Rev|Jr|Sr|No|Inc|Ltd|Co|Corp|vs|U\.S|U\.K|U\.N"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec|a\.m|p\.m|i\.e|e\.g)\.$"
)
_OPENING = 250


def sentences_of(text: str) -> list[str]:
    """Cut a text into its sentences.

    Args:
        text: paragraphs separated by line breaks.

    Returns:
        Sentences in order, without the space around them; abbreviations of English are not taken for ends.
    """
    out: list[str] = []
    start = 0
    for match in _END.finditer(text):
        closing = match.group().rstrip()
        piece = text[start : match.start()] + ("" if "\n" in match.group() else closing)
        if "\n" not in match.group() and _ABBREVIATION.search(piece):
            continue
        if piece.strip():
            out.append(piece.strip())
        start = match.end()
    if text[start:].strip():
        out.append(text[start:].strip())
    return out


def opening(text: str) -> str:
    """The first sentence of a text, or its first 250 characters: what stands in for a missing headline."""
    head = text.lstrip()[: 2 * _OPENING]
    found = sentences_of(head)
    return found[0][:_OPENING] if found else ""
