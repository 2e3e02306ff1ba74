"""Wire copy: which agency a text comes from, by its dateline or its by-line ("KABUL, July 8 (Reuters) —")."""

import re

_AGENCIES = {
    "Reuters": r"reuters",
    "AP": r"ap|associated press|the associated press",
    "AFP": r"afp|agence france[- ]presse",
    "dpa": r"dpa(?:-afx)?|deutsche presse-agentur",
    "ANSA": r"ansa",
    "EFE": r"efe|agencia efe",
    "Lusa": r"lusa",
    "Xinhua": r"xinhua|新华社|新華社",
    "TASS": r"tass|тасс",
    "RIA Novosti": r"ria novosti|риа новости|ria",
    "Interfax": r"interfax|интерфакс",
    "Kyodo": r"kyodo(?: news)?|共同",
    "Jiji": r"jiji(?: press)?|時事",
    "Yonhap": r"yonhap|연합뉴스",
    "PTI": r"pti|press trust of india",
    "ANI": r"ani",
    "IANS": r"ians",
    "UPI": r"upi",
    "APA": r"apa",
    "Keystone-SDA": r"keystone-sda|sda|ats",
    "Belga": r"belga",
    "ANP": r"anp",
    "NTB": r"ntb",
    "TT": r"tt",
    "Ritzau": r"ritzau",
    "STT": r"stt",
    "PAP": r"pap",
    "ČTK": r"čtk|ctk",
    "TASR": r"tasr",
    "SITA": r"sita",
    "MTI": r"mti",
    "Agerpres": r"agerpres",
    "BTA": r"bta|бта",
    "Hina": r"hina",
    "Tanjug": r"tanjug|танјуг",
    "Beta": r"beta",
    "FoNet": r"fonet",
    "Ukrinform": r"ukrinform|укринформ|укрінформ",
    "Anadolu": r"aa|anadolu(?: agency| ajansı)?",
    "DHA": r"dha",
    "İHA": r"iha|i̇ha",
    "WAM": r"wam",
    "SPA": r"spa",
    "IRNA": r"irna|ایرنا",
    "ISNA": r"isna|ایسنا",
    "Fars": r"fars",
    "Bernama": r"bernama",
    "Antara": r"antara",
    "VNA": r"vna|ttxvn",
    "CNA": r"cna|中央社",
    "Europa Press": r"europa press",
    "Notimex": r"notimex",
    "Télam": r"t[ée]lam",
    "Agência Brasil": r"agência brasil",
    "The Canadian Press": r"the canadian press|canadian press",
    "PA Media": r"pa media|press association",
    "AAP": r"aap",
    "SAPA": r"sapa",
    "NAN": r"nan",
    "APS": r"aps",
    "MAP": r"map",
    "Khaama Press": r"khaama press",
    "Bloomberg": r"bloomberg",
}
_BY_NAME = re.compile(
    "|".join(f"(?P<a{index}>{names})" for index, names in enumerate(_AGENCIES.values())), re.IGNORECASE
)
_NAMES = tuple(_AGENCIES)

# A dateline closes with the agency in brackets and a dash, colon or stop: in the first line, near its beginning.
_DATELINE = re.compile(r"^.{0,80}?[(\[（【]\s*([^()\[\]（）【】]{2,40})\s*[)\]）】]\s*(?:[-–—:.．：]|$|\s)")
_SLASHED = re.compile(r"^.{0,60}?/\s?([A-Za-z]{2,20})(?:/|\s?[-–—])")
_REPORTING = re.compile(
    r"[(\[]?\s*(?:©|\(c\)|source|quelle|fuente|fonte|sursa|источник|джерело|kaynak)\s*:?\s*([\w. -]{2,30})[)\]]?\s*$",
    re.IGNORECASE,
)


def agency_of(body: str, credits_: tuple[str, ...]) -> str | None:
    """Name the agency that a text comes from.

    Args:
        body: plain text, paragraphs separated by empty lines.
        credits_: what the page names as its authors, agencies and desks included.

    Returns:
        The agency's usual name, or None.
    """
    first = body[:160].split("\n", 1)[0]
    for pattern in (_DATELINE, _SLASHED):
        match = pattern.match(first)
        if match and (agency := _named(match[1])):
            return agency
    for credit in credits_:
        for part in re.split(r"[/,;&]|\s-\s|\bund\b|\band\b", credit):
            if agency := _named(part):
                return agency
    last = body[-80:].rsplit("\n", 1)[-1].strip()
    match = _REPORTING.search(last)
    return _named(match[1]) if match and len(last) <= 60 else None


def _named(text: str) -> str | None:
    """The agency that a text is the name of, whole."""
    for part in re.split(r"[/,;|–—-]", text) if _BY_NAME.fullmatch(text.strip()) is None else (text,):
        match = _BY_NAME.fullmatch(part.strip())
        if match is not None and match.lastgroup is not None:
            return _NAMES[int(match.lastgroup[1:])]
    return None
