"""Calendar words in a text: days, months, years, weekdays."""

import re

from storyfold.model.features import Mentioned

_MONTHS: dict[str, int] = {}
for _number, _names in enumerate(
    (
        "january jan januar janvier enero gennaio janeiro января",
        "february feb februar février febrero febbraio fevereiro февраля",
        "march mar märz mars marzo março марта",
        "april apr avril abril aprile апреля",
        "may mai mayo maggio maio мая",
        "june jun juni juin junio giugno junho июня",
        "july jul juli juillet julio luglio julho июля",
        "august aug août agosto августа",
        "september sep sept septembre septiembre settembre setembro сентября",
        "october oct oktober octobre octubre ottobre outubro октября",
        "november nov novembre noviembre novembro ноября",
        "december dec dezember décembre diciembre dicembre dezembro декабря",
    ),
    start=1,
):
    _MONTHS.update(dict.fromkeys(_names.split(), _number))

WEEKDAYS: dict[str, int] = {}
for _number, _names in enumerate(
    (
        "monday montag lundi lunes lunedì segunda-feira понедельник",
        "tuesday dienstag mardi martes martedì terça-feira вторник",
        "wednesday mittwoch mercredi miércoles mercoledì quarta-feira среду",
        "thursday donnerstag jeudi jueves giovedì quinta-feira четверг",
        "friday freitag vendredi viernes venerdì sexta-feira пятницу",
        "saturday samstag samedi sábado sabato субботу",
        "sunday sonntag dimanche domingo domenica воскресенье",
    )
):
    WEEKDAYS.update(dict.fromkeys(_names.split(), _number))

_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
# Most words are none of these: two letters tell, before the alternatives are tried one by one.
_BEGINNINGS = "|".join(sorted({word[:2] for word in (*_MONTHS, *WEEKDAYS)}))
_CALENDAR = re.compile(
    rf"\b(?=\d|{_BEGINNINGS})(?:"
    rf"(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|th|\.)?(?:\s+(?:of|de|di))?\s+)?(?P<month>{_MONTH})\b\.?"
    rf"(?:\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b)?|(?P<year>(?:19|20)\d\d)\b"
    rf"|(?P<weekday>{'|'.join(sorted(WEEKDAYS, key=len, reverse=True))})s?\b)"
)
# The whole of most articles; what stands behind is background, archives and related stories.
_REACH = 6_000
_LEAD = 1_500


def mentioned(text: str) -> Mentioned:
    """Collect the calendar words of a text.

    Args:
        text: headline and body; only the first 6,000 characters count, and 1,500 for weekdays.

    Returns:
        What was found, in any of seven languages; English abbreviations included.
    """
    days: set[int] = set()
    months: set[int] = set()
    years: set[int] = set()
    weekdays: set[int] = set()
    for match in _CALENDAR.finditer(text[:_REACH].lower()):
        if match["year"]:
            years.add(int(match["year"]))
        elif match["weekday"]:
            if match.start() < _LEAD:
                weekdays.add(WEEKDAYS[match["weekday"]])
        else:
            month = _MONTHS[match["month"]]
            months.add(month)
            day = int(match["d1"] or match["d2"] or 0)
            if 1 <= day <= 31:
                days.add(100 * month + day)
    return Mentioned(*(tuple(sorted(found)) for found in (days, months, years, weekdays)))
