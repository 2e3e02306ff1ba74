"""How durations and sizes are written by people: ``15m``, ``1d12h``, ``16MiB``; both directions."""

import re
from datetime import timedelta

# Largest first, as they are written; the value is in milliseconds.
_UNITS = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_DURATION = re.compile(
    r"(?:(?P<w>\d+)w)?(?:(?P<d>\d+)d)?(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+(?:\.\d+)?)s)?(?:(?P<ms>\d+)ms)?"
)
_SIZES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_SIZE = re.compile(r"(\d+) ?(B|KiB|MiB|GiB)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def duration_of(text: str | float) -> timedelta | None:
    """Read a duration.

    Args:
        text: units from weeks to milliseconds, largest first (``1w``, ``1d12h``, ``1m30s``, ``250ms``), or bare
            seconds, as a number or as text.

    Returns:
        The duration, or None where the text is none (negative ones included).
    """
    if isinstance(text, str) and _NUMBER.fullmatch(text.strip()):
        text = float(text)
    try:
        if not isinstance(text, str):
            return timedelta(seconds=text) if text >= 0 else None
        found = _DURATION.fullmatch(text.strip())
        if found is None or not any(found.groupdict().values()):
            return None
        return timedelta(
            milliseconds=sum(float(count) * _UNITS[unit] for unit, count in found.groupdict().items() if count)
        )
    except (OverflowError, ValueError):
        return None


def duration_text(duration: timedelta) -> str:
    """Write a duration so that `duration_of` reads it back, to the millisecond; weeks are written as days."""
    rest = round(duration / timedelta(milliseconds=1))
    parts = []
    for unit, size in _UNITS.items():
        if unit == "w":
            continue
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def size_of(text: str) -> int | None:
    """Read a size in bytes: ``16MiB``, ``500 KiB`` or bare digits; None where the text is none."""
    if text.strip().isdecimal():
        return int(text)
    found = _SIZE.fullmatch(text.strip())
    return int(found[1]) * _SIZES[found[2]] if found else None


def size_text(size: int) -> str:
    """Write a size in the largest unit that divides it."""
    for unit, factor in reversed(_SIZES.items()):
        if size and size % factor == 0:
            return f"{size // factor}{unit}"
    return f"{size}B"
