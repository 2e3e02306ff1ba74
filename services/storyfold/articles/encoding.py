"""From bytes to text: which encoding a page is in, whatever it says of itself.

Order: byte order mark, HTTP header, ``meta``, detection (WHATWG Encoding; HTML 13.2.3), each believed only as far as
the bytes bear it out: UTF-8 that decodes is UTF-8 whatever the label, since other encodings never do so by chance.
"""

import codecs
import re

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
# Labels under which nobody serves pages; a byte order mark or zero bytes tell UTF-16, whatever is said (WHATWG, 4.2).
_NEVER = frozenset(
    (
        "utf-7",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "utf-32-le",
        "utf-32-be",
        "idna",
        "punycode",
        "unicode_escape",
        "raw_unicode_escape",
        "undefined",
    )
)
# Pages that claim the standard and use the bytes that only the Windows code page has.
_WINDOWS = {
    "iso8859-2": "cp1250",
    "iso8859-7": "cp1253",
    "iso8859-8": "cp1255",
    "iso8859-13": "cp1257",
    "iso8859-15": "cp1252",
}
_WESTERN = frozenset(("cp1252", "iso8859-15"))
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_LANGUAGE = re.compile(
    rb"<html[^>]{0,300}?\blang\s*=\s*[\"']?([A-Za-z]{2})(?![A-Za-z])(?:[-_]([A-Za-z]{2,4}))?", re.IGNORECASE
)
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
_TRADITIONAL = frozenset((b"tw", b"hk", b"mo", b"hant"))

# Stray bytes are forgiven in a page that is otherwise what it says: at most one in this many characters.
_STRAY = 500

# UTF-8 read as windows-1252 and written as UTF-8 again: a lead byte's letter before its continuation bytes' signs.
_LEADS = "".join(map(chr, range(0xC2, 0xF5)))
_TAILS = "".join({sign for byte in range(0x80, 0xC0) for sign in (bytes([byte]).decode("cp1252", "ignore"), chr(byte))})
_DOUBLED = re.compile(f"(?:[{_LEADS}][{re.escape(_TAILS)}]{{1,3}})+")
_DOUBLED_LEAST = 3
# Runs that are looked for at all; and what a run may stand for. "CAFÉ …" in capitals would stand for letters that no
# text holds, and is left alone.
_TRACES = (
    *("Ã", "Â", "â€", "â\x80", "Ð", "Ä±", "Ä™", "Ä\x99", "Å‚", "Å\x82", "Å›", "Å\x9b", "Å¡", "ÅŸ", "Å\x9f", "Ä\x9f"),
    *("Ø§", "Ù„", "Ù\x84", "Î±", "ã€", "ã\x80", "ï¼", "çš„", "ç\x9a\x84", "ë‹¤", "ë\x8b¤"),
)
_ASCII = bytes(range(0x80))
_USUAL = re.compile(
    "[\u00a0-\u017f\u0218-\u021b\u0386-\u03ce\u0400-\u045f\u0490\u0491\u05d0-\u05ea\u060c\u061b\u061f\u0621-\u0652\u0660-\u0669"
    "\u067e\u0686\u0698\u06a9\u06af\u06cc\u0900-\u0e5b\u1ea0-\u1ef9\u200b-\u2026\u2030\u2039\u203a\u20ac\u2122\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff5e]+"
)

# Share of zero bytes in the first markup of UTF-16; and how far JIS's shifts, all ASCII as in UTF-8, are looked for.
_WIDE_SAMPLE, _WIDE_LEAST, _WIDE_SHARE = 256, 16, 0.12
_SHIFT_REGION = 65_536
_C1 = re.compile(rb"[\x80-\x9f]")
_RUNS, _LONG_RUN = re.compile(rb"[\x80-\xff]+"), 4
_ESCAPED, _BEYOND = re.compile("[\udc80-\udcff]"), re.compile("[^\x00-\x7f\udc80-\udcff]+")
# Dashes, quotes, the ellipsis and the hard blank of windows-1252, where they strayed into UTF-8.
_SIGNS = {chr(0xDC00 + byte): bytes((byte,)).decode("cp1252") for byte in (0x85, *range(0x91, 0x98), 0xA0)}

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
    if (wide := unmarked_utf16(body)) is not None:
        return _undouble(body.decode(wide, "replace"))
    if _shifts(body[:_SHIFT_REGION]):
        return body.decode("iso2022_jp", "replace")
    try:
        return _undouble(body.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    labels = [_label(content_type.encode("ascii", "ignore")) if content_type else None, _label(body[:_META_REGION])]
    for encoding in dict.fromkeys(label for label in labels if label is not None):
        text = _stated(body, encoding)
        if text is not None:
            return _undouble(text)
    return _detected(body)


def unmarked_utf16(body: bytes) -> str | None:
    """The codec of UTF-16 without a byte order mark: markup has its zeros in every other place; None for all else."""
    sample = body[:_WIDE_SAMPLE]
    if len(sample) < _WIDE_LEAST:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd > _WIDE_SHARE * len(sample) and even * 8 < odd and b"<\x00" in sample:
        return "utf-16-le"
    return "utf-16-be" if even > _WIDE_SHARE * len(sample) and odd * 8 < even and b"\x00<" in sample else None


def _shifts(sample: bytes) -> bool:
    """Whether a text shifts to JIS and back."""
    return (b"\x1b$B" in sample or b"\x1b$@" in sample) and (b"\x1b(B" in sample or b"\x1b(J" in sample)


def _stated(body: bytes, encoding: str) -> str | None:
    """The text in the encoding that a page states, or in the one that is usually meant by it; None to look further."""
    if encoding == "utf-8":
        return _mostly_utf8(body)
    legacy = _legacy(body)
    if encoding in _WESTERN:
        # Runs of letters beyond ASCII are another script's; Turkish has six letters where others have Icelandic ones.
        if _is_other_script(body):
            return None
        encoding = "cp1254" if legacy == "cp1254" else encoding
    if encoding == "cp932" and _is_euc(body):
        encoding = "euc_jp"
    return _believed(body, _WINDOWS.get(encoding, encoding) if _C1.search(body) else encoding)


def _mostly_utf8(body: bytes) -> str | None:
    """The text of a page in UTF-8 with strays in it, windows-1252's signs read as such; None where it is none."""
    text = body.decode("utf-8", "surrogateescape")
    strays = len(_ESCAPED.findall(text))
    if strays * _STRAY > len(text) or strays * 4 > sum(map(len, _BEYOND.findall(text))):
        return None
    return _ESCAPED.sub(lambda stray: _SIGNS.get(stray[0], "\N{REPLACEMENT CHARACTER}"), text)


def _is_other_script(body: bytes) -> bool:
    """Whether most bytes beyond ASCII stand in runs too long for a language of the Latin script."""
    runs = _RUNS.findall(body)
    return sum(len(run) for run in runs if len(run) >= _LONG_RUN) * 2 > sum(map(len, runs)) > 0


def _is_euc(body: bytes) -> bool:
    """Whether text said to be Shift JIS is EUC-JP, which reads as half-width kana then."""
    text = body.decode("cp932", "replace")
    kana = sum("\uff61" <= character <= "\uff9f" for character in text)
    if kana * 3 < sum(character > "\x7f" for character in text):
        return False
    return body.decode("euc_jp", "replace").count("\N{REPLACEMENT CHARACTER}") * 10 < kana


def _legacy(body: bytes) -> str | None:
    """What pages in the language that this one states were written in."""
    stated = _LANGUAGE.search(body[:_META_REGION])
    if stated is None:
        return None
    language = stated[1].decode("ascii").lower()
    if language == "zh" and (stated[2] or b"").lower() in _TRADITIONAL:
        return "big5hkscs"
    return _LEGACY.get(language)


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
    return None if codec in _NEVER else _SUPERSETS.get(codec, codec)


def _believed(body: bytes, encoding: str) -> str | None:
    """The text in a declared encoding, unless the bytes speak against it."""
    text = body.decode(encoding, "replace")
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
    if (text := _mostly_utf8(body)) is not None:
        return _undouble(text)
    legacy = _legacy(body)
    if legacy is not None and not (legacy == "cp1252" and _is_other_script(body)):
        text = _believed(body, "euc_jp" if legacy == "cp932" and _is_euc(body) else legacy)
        if text is not None:
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
    # Without what is ASCII a page is a small part of itself, and quickly searched.
    beyond = text.encode("utf-8", "replace").translate(None, _ASCII).decode("utf-8")
    if not any(trace in beyond for trace in _TRACES):
        return text
    certain = (single for run in _DOUBLED.finditer(text) if (single := _single(run)) != run[0])
    found = 0
    for single in certain:
        found += len(single)
        if found >= _DOUBLED_LEAST:
            return _DOUBLED.sub(_single, text)
    return text


def _single(match: re.Match[str]) -> str:
    """The characters that a doubled run stands for; the run itself where it stands for none that texts hold."""
    try:
        found = b"".join(_byte(character) for character in match[0]).decode("utf-8")
    except UnicodeDecodeError:
        return match[0]
    return found if _USUAL.fullmatch(found) else match[0]


def _byte(character: str) -> bytes:
    """The byte that windows-1252 reads as this character (undefined bytes read as their own code point)."""
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")
