"""From bytes to text: byte order mark, HTTP, XML declaration, detection, in this order (polling.md, 24; RFC 7303, 3).

A declared encoding that does not fit the bytes is passed over, so that one wrong word costs nothing.
"""

import codecs
import re

from charset_normalizer import from_bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# "<?xm" without a mark (XML 1.0, appendix F.1).
_BARE = (
    (b"<\x00?\x00", "utf-16-le"),
    (b"\x00<\x00?", "utf-16-be"),
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
)

_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:\-]{1,40})[\"']")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:\-]{1,40})", re.IGNORECASE)

# The WHATWG Encoding Standard reads these labels as their supersets, because that is what is meant.
_MEANT = {"ascii": "cp1252", "iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949"}

# What real documents are in. Python knows more codecs; some of those take quadratic time or give lone surrogates.
_TRUSTED = re.compile(
    r"utf-(8|8-sig|16|16-le|16-be|32|32-le|32-be)|ascii|iso8859-\d+|cp\d+|koi8-[rtu]|mac-(roman|cyrillic|greek|turkish)"
    r"|gb2312|gbk|gb18030|hz|big5(hkscs)?|shift_jis(x0213|_2004)?|euc_(jp|kr|jis_2004|jisx0213)|iso2022_\w+|johab|tis-620"
    r"|kz1048|ptcp154|viscii",
)

# Detection looks at this much; more bytes make it slower and no surer.
_SAMPLE = 32 * 1024


def decode(body: bytes, content_type: str | None) -> str:
    """Decode a document.

    Args:
        body: as received, decompressed.
        content_type: the HTTP header, verbatim; None where missing.

    Returns:
        The text without byte order mark; bytes that fit nothing become U+FFFD.
    """
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    for label in (_from_http(content_type), _from_declaration(body), "utf-8"):
        text = _strictly(body, label)
        if text is not None:
            return text
    best = from_bytes(body[:_SAMPLE]).best()
    return body.decode("cp1252" if best is None else best.encoding, "replace")


def _from_http(content_type: str | None) -> str | None:
    found = _CHARSET.search(content_type or "")
    return found[1] if found else None


def _from_declaration(body: bytes) -> str | None:
    for start, encoding in _BARE:
        if body.startswith(start):
            return encoding
    found = _DECLARED.search(body, 0, 1024)
    return found[1].decode("ascii") if found else None


def _strictly(body: bytes, label: str | None) -> str | None:
    if label is None:
        return None
    try:
        name = codecs.lookup(label).name
        if not _TRUSTED.fullmatch(name):
            return None
        return body.decode(_MEANT.get(name, name))
    except (LookupError, UnicodeError):
        return None
