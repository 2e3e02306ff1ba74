"""Where a publisher is at home in time: the zone of its country, as far as one zone serves the country's press.

Countries with several zones stand with the one that most of their newsrooms keep. The United States and the United
Kingdom's English are missing on purpose: their locales are the default of content systems all over the world.
Zone names are the IANA database's, country codes ISO 3166-1, language codes ISO 639-1.
"""

from datetime import tzinfo
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

_ZONES = """
Africa/Abidjan ci gm gh gn gw ml mr sn sl tg bf|Africa/Algiers dz|Africa/Cairo eg|Africa/Casablanca ma
Africa/Harare zw zm mw mz bw rw bi|Africa/Johannesburg za na ls sz|Africa/Khartoum sd ss
Africa/Lagos ng bj cm cg ga ne td cd ao
Africa/Nairobi ke tz ug et so er dj mg|Africa/Tripoli ly|Africa/Tunis tn
America/Argentina/Buenos_Aires ar|America/Bogota co|America/Caracas ve|America/Costa_Rica cr gt sv hn ni
America/Guayaquil ec|America/Havana cu|America/Jamaica jm|America/La_Paz bo|America/Lima pe|America/Mexico_City mx
America/Montevideo uy|America/Panama pa|America/Asuncion py|America/Puerto_Rico pr tt bb aw cw|America/Santiago cl
America/Santo_Domingo do|America/Sao_Paulo br|America/Toronto ca|America/Port-au-Prince ht|America/Guyana gy
Asia/Almaty kz|Asia/Amman jo|Asia/Baghdad iq|Asia/Baku az|Asia/Bangkok th|Asia/Beirut lb|Asia/Colombo lk
Asia/Damascus sy|Asia/Dhaka bd|Asia/Dubai ae om|Asia/Bishkek kg|Asia/Dushanbe tj|Asia/Hong_Kong hk
Asia/Ho_Chi_Minh vn|Asia/Hebron ps|Asia/Jakarta id|Asia/Jerusalem il|Asia/Kabul af|Asia/Karachi pk|Asia/Kathmandu np
Asia/Kolkata in|Asia/Kuala_Lumpur my|Asia/Manila ph|Asia/Phnom_Penh kh|Asia/Riyadh sa kw qa bh ye|Asia/Seoul kr
Asia/Shanghai cn|Asia/Singapore sg|Asia/Taipei tw|Asia/Tashkent uz|Asia/Tbilisi ge|Asia/Tehran ir|Asia/Tokyo jp
Asia/Ulaanbaatar mn|Asia/Vientiane la|Asia/Yangon mm|Asia/Yerevan am|Atlantic/Reykjavik is|Australia/Sydney au
Europe/Amsterdam nl|Europe/Athens gr cy|Europe/Belgrade rs me ba mk xk|Europe/Berlin de|Europe/Bratislava sk
Europe/Brussels be|Europe/Bucharest ro|Europe/Budapest hu|Europe/Chisinau md|Europe/Copenhagen dk|Europe/Dublin ie
Europe/Helsinki fi|Europe/Istanbul tr|Europe/Kyiv ua|Europe/Lisbon pt|Europe/Ljubljana si|Europe/London uk gb
Europe/Luxembourg lu|Europe/Madrid es|Europe/Malta mt|Europe/Minsk by|Europe/Moscow ru|Europe/Oslo no|Europe/Paris fr
Europe/Prague cz|Europe/Riga lv|Europe/Rome it|Europe/Sofia bg|Europe/Stockholm se|Europe/Tallinn ee|Europe/Tirane al
Europe/Vienna at|Europe/Vilnius lt|Europe/Warsaw pl|Europe/Zagreb hr|Europe/Zurich ch li|Pacific/Auckland nz
"""
_OF_COUNTRY = {
    code: zone
    for entry in _ZONES.replace("\n", "|").split("|")
    if entry
    for zone, *codes in [entry.split()]
    for code in codes
}
# Languages whose press is at home in one country, or in countries that share a zone.
_OF_LANGUAGE = {
    "ja": "jp", "ko": "kr", "th": "th", "vi": "vn", "it": "it", "pl": "pl", "cs": "cz", "sk": "sk", "hu": "hu",
    "sv": "se",
    "da": "dk", "nb": "no", "no": "no", "fi": "fi", "el": "gr", "he": "il", "tr": "tr", "bg": "bg", "ro": "ro",
    "uk": "ua",
    "hr": "hr", "sl": "si", "sr": "rs", "mk": "mk", "sq": "al", "lv": "lv", "lt": "lt", "et": "ee", "hi": "in",
    "ta": "in",
    "te": "in", "mr": "in", "gu": "in", "kn": "in", "ml": "in", "fa": "ir", "ka": "ge", "hy": "am", "az": "az",
    "kk": "kz",
    "de": "de", "nl": "nl", "id": "id", "ms": "my", "sw": "ke", "zh": "cn", "ne": "np", "si": "lk", "my": "mm",
    "km": "kh",
    "lo": "la", "am": "et", "mn": "mn", "is": "is", "ur": "pk", "bn": "bd", "ca": "es",
}  # fmt: skip
# Regions that content systems state unasked, and one that repeats the language.
_UNASKED = frozenset(("en-us", "en-gb", "ar-ar", "sv-sv", "et-et"))
# Domains of countries that are sold to the world.
_SOLD = frozenset(("co", "me", "la", "tt", "ai", "io"))


def home_zone(url: str, country: str | None, tags: tuple[str, ...]) -> tzinfo | None:
    """The zone that a publisher keeps.

    Args:
        url: of the page: a country's top-level domain tells it.
        country: of the publisher, where the feeds file says so.
        tags: language tags that the page states, lower case, the most trusted first.

    Returns:
        A zone, or None where nothing tells one.
    """
    codes = [(country or "").lower(), _top_level(url)]
    codes += [tag.rsplit("-", 1)[-1] for tag in tags if "-" in tag and tag not in _UNASKED]
    codes += [_OF_LANGUAGE.get(tag.split("-", maxsplit=1)[0], "") for tag in tags]
    name = next((_OF_COUNTRY[code] for code in codes if code in _OF_COUNTRY), None)
    return ZoneInfo(name) if name else None


def _top_level(url: str) -> str:
    try:
        label = (urlsplit(url).hostname or "").rsplit(".", 1)[-1].lower()
    except ValueError:
        return ""
    return "" if label in _SOLD else label
