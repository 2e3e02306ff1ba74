"""From bytes to text: which encoding a page is in, whatever it says of itself.

Order: byte order mark, HTTP header, ``meta``, detection (WHATWG Encoding; HTML 13.2.3), each believed only as far as
the bytes bear it out: UTF-8 that decodes is UTF-8 whatever the label, since other encodings never do so by chance.
"""

import codecs
import re
from itertools import islice

from charset_normalizer import from_bytes

# Labels that browsers read as another encoding (WHATWG Encoding, 4.2): the superset that pages really use.
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
}
_ALIASES = {
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ks_c_5601-1987": "cp949",
    "x-gbk": "gb18030",
    "x-cp1251": "cp1251",
}
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_LANGUAGE = re.compile(rb"<html[^>]{0,300}?\blang\s*=\s*[\"']?([A-Za-z]{2})", re.IGNORECASE)
_META_REGION = 8192

# What pages in a language were written in before UTF-8 (WHATWG HTML, 13.2.3.2): a better guess than statistics, which
# take one Latin code page for another.
_LEGACY = {
    **dict.fromkeys(
        ("en", "fr", "de", "es", "pt", "it", "nl", "sv", "da", "no", "nb", "fi", "is", "ca", "id"), "cp1252"
    ),
    **dict.fromkeys(("pl", "cs", "sk", "hu", "ro", "hr", "sl", "bs", "sq"), "cp1250"),
    **dict.fromkeys(("ru", "uk", "bg", "sr", "mk", "be"), "cp1251"),
    **dict.fromkeys(("lt", "lv", "et"), "cp1257"),
    **dict.fromkeys(("ar", "fa", "ur"), "cp1256"),
    "el": "cp1253",
    "tr": "cp1254",
    "he": "cp1255",
    "vi": "cp1258",
    "th": "cp874",
    "ja": "cp932",
    "ko": "cp949",
    "zh": "gb18030",
}

# Stray bytes are forgiven in a page that is otherwise what it says: at most one in this many characters.
_STRAY = 500

# UTF-8 read as windows-1252 and written as UTF-8 again: a lead byte's letter before its continuation bytes' signs.
_LEADS = "".join(map(chr, range(0xC2, 0xF5)))
_TAILS = "".join({bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xC0)})
_DOUBLED = re.compile(f"(?:[{_LEADS}][{re.escape(_TAILS)}]{{1,3}})+")
_DOUBLED_LEAST = 3

_CYRILLIC = {"cp1251": "koi8-r", "koi8-r": "cp1251"}


def decode(body: bytes, content_type: str | None) -> str:
    """Decode a page.

    Args:
        body: as received, decompressed.
        content_type: the header, verbatim.

    Returns:
        Its text; what cannot be read is U+FFFD. Never raises.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return _undouble(body[len(mark) :].decode(encoding, "replace"))
    try:
        return _undouble(body.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    labels = [_label(content_type.encode("ascii", "ignore")) if content_type else None, _label(body[:_META_REGION])]
    for encoding in dict.fromkeys(label for label in labels if label is not None):
        text = _believed(body, encoding)
        if text is not None:
            return _undouble(text)
    return _detected(body)


def _label(declaration: bytes) -> str | None:
    """The Python codec that a declaration names, or None."""
    match = _CHARSET.search(declaration)
    if match is None:
        return None
    name = match[1].decode("ascii").lower()
    try:
        codec = codecs.lookup(_ALIASES.get(name, name)).name
        "".encode(codec)
    except (LookupError, UnicodeError):
        return None
    return _SUPERSETS.get(codec, codec)


def _believed(body: bytes, encoding: str) -> str | None:
    """The text in a declared encoding, unless the bytes speak against it."""
    try:
        text = body.decode(encoding, "replace")
    except (LookupError, UnicodeError, ValueError):
        return None
    if text.count("�") * _STRAY > len(text):
        return None
    other = _CYRILLIC.get(encoding)
    # KOI8 and windows-1251 swap the cases of each other's letters: prose in capitals is the other one.
    if other is not None and _capitals(text) > 0.5:
        return body.decode(other, "replace")
    return text


def _capitals(text: str) -> float:
    """Share of capitals among Cyrillic letters of running prose."""
    letters = re.findall("[А-Яа-я]", text)
    return sum(letter <= "Я" for letter in letters) / len(letters) if letters else 0.0


def _detected(body: bytes) -> str:
    """The text in the encoding that its bytes suggest; windows-1252 where nothing does."""
    stated = _LANGUAGE.search(body[:_META_REGION])
    legacy = _LEGACY.get(stated[1].decode("ascii").lower()) if stated else None
    if legacy is not None and (text := _believed(body, legacy)) is not None:
        return _undouble(text)
    sample = body if len(body) <= 20_000 else body[:10_000] + body[len(body) // 2 : len(body) // 2 + 10_000]
    best = from_bytes(bytes(byte for byte in sample if byte >= 0x20 or byte in b"\t\r\n")).best()
    found = best.encoding if best is not None else "cp1252"
    encoding = _SUPERSETS.get(codecs.lookup(found).name, found)
    text = _believed(body, encoding)
    if text is not None:
        return _undouble(text)
    replaced = body.decode("utf-8", "replace")
    return replaced if replaced.count("�") * 20 < len(replaced) else body.decode("cp1252", "replace")


def _undouble(text: str) -> str:
    """Undo a double encoding, where the page has at least three unmistakable traces of one."""
    if "Ã" not in text and "â€" not in text and "Ð" not in text and "Â" not in text:
        return text
    if sum(1 for _ in islice(_DOUBLED.finditer(text), _DOUBLED_LEAST)) < _DOUBLED_LEAST:
        return text
    return _DOUBLED.sub(_single, text)


def _single(match: re.Match[str]) -> str:
    """The characters that a doubled run stands for; the run itself where it stands for none."""
    raw = _bytes(match[0])
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return match[0]


def _bytes(run: str) -> bytes:
    try:
        return run.encode("cp1252")
    except UnicodeEncodeError:
        return b"".join(_byte(character) for character in run)


def _byte(character: str) -> bytes:
    """The byte that windows-1252 reads as this character (undefined bytes read as their own code point)."""
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")
