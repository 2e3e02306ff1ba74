"""Time zones as pages name them beside a time of day: offsets, and the abbreviations that newsrooms use.

An abbreviation that means several zones is taken for the one with most newsrooms (IST is India's, CST the United
States'); those without a season ("ET") are looked up for their day.
"""

import re
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_HOURS = {
    "z": 0, "utc": 0, "gmt": 0, "wet": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8,
    "pdt": -7, "akst": -9, "akdt": -8, "hst": -10, "ast": -4, "adt": -3, "nst": -3.5, "ndt": -2.5, "brt": -3, "art": -3,
    "clt": -4, "pet": -5, "bst": 1, "west": 1, "cet": 1, "mez": 1, "hnec": 1, "cest": 2, "mesz": 2, "eet": 2, "eest": 3,
    "msk": 3, "мск": 3, "trt": 3, "sast": 2, "cat": 2, "wat": 1, "eat": 3, "gst": 4, "irst": 3.5, "pkt": 5, "ist": 5.5,
    "npt": 5.75, "ict": 7, "wib": 7, "wita": 8, "wit": 9, "sgt": 8, "myt": 8, "hkt": 8, "pht": 8, "awst": 8, "jst": 9,
    "kst": 9, "aest": 10, "aedt": 11, "acst": 9.5, "acdt": 10.5, "nzst": 12, "nzdt": 13,
}  # fmt: skip
_SEASONAL = {"et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles"}
_OFFSET = re.compile(r"^\W{0,2}(?:GMT|UTC)?\s?([+\u2212-])(\d{1,2})(?::?(\d{2}))?(?!\d)", re.IGNORECASE)
_NAMED = re.compile(r"^\W{0,3}([^\W\d_]{1,4})(?![^\W\d_])")
_LARGEST = timedelta(hours=15)


def zone_after(text: str, local: datetime) -> tzinfo | None:
    """The zone that stands right behind a time of day.

    Args:
        text: what follows the time.
        local: the time, naive: decides between winter and summer.

    Returns:
        A zone, or None where none is named.
    """
    if match := _OFFSET.match(text):
        shift = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        if shift < _LARGEST:
            return timezone(shift if match[1] == "+" else -shift)
    if match := _NAMED.match(text):
        name = match[1].casefold()
        if name in _SEASONAL:
            return timezone(local.replace(tzinfo=ZoneInfo(_SEASONAL[name])).utcoffset() or timedelta())
        if name in _HOURS:
            return timezone(timedelta(hours=_HOURS[name]))
    return None
