"""Wire copy: which agency a text comes from, by its dateline or its by-line ("KABUL, July 8 (Reuters) —")."""

import re

_AGENCIES = {
    "Reuters": r"reuters|рейтерс?|ロイター|路透社?|رويترز|로이터",
    "AP": r"ap|associated press|the associated press|ap通信|美联社|美聯社|أ ?ب",
    "AFP": r"afp|agence france[- ]presse|afp通信|法新社|афп|أ ?ف ?ب|ا ف ب",
    "dpa": r"dpa(?:-afx)?|deutsche presse-agentur",
    "ANSA": r"ansa",
    "EFE": r"efe|agencia efe",
    "Lusa": r"lusa",
    "Xinhua": r"xinhua|新华社|新華社|新华网|شينخوا|синьхуа",
    "TASS": r"tass|тасс",
    "RIA Novosti": r"ria novosti|риа новости|ria",
    "Interfax": r"interfax|интерфакс|interfax\.ru",
    "Kyodo": r"kyodo(?: news)?|共同|共同通信",
    "Jiji": r"jiji(?: press)?|時事|時事通信",
    "Yonhap": r"yonhap|연합뉴스|韩联社|韓聯社",
    "PTI": r"pti|press trust of india|भाषा|पीटीआई",
    "ANI": r"ani|एएनआई",
    "IANS": r"ians|आईएएनएस|آئی اے این ایس",
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
    "Anadolu": r"aa|anadolu(?: agency| ajansı)?|الأناضول|анадолу",
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
    "CNA": r"cna|中央社|中央社記者",
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
    "Bloomberg": r"bloomberg|ブルームバーグ|彭博社?",
    "CNS": r"中新社|中国新闻社",
    "Newsis": r"newsis|뉴시스",
    "News1": r"news1|뉴스1",
    "MENA": r"أ ?ش ?أ",
    "ANA-MPA": r"απε-?μπε|αμπε|ana-mpa|amna",
    "UNN": r"унн",
    "UNIAN": r"unian|уніан|униан",
}
_BY_NAME = re.compile(
    "|".join(f"(?P<a{index}>{names})" for index, names in enumerate(_AGENCIES.values())), re.IGNORECASE
)
_NAMES = tuple(_AGENCIES)

# Place in capitals, date, a name in brackets, a dash: so agencies alone begin a text ("KABUL, July 8 (Reuters) -"),
# so that one that is not in the table is believed too; without a date it may be any house's own dateline.
_FULL_DATELINE = re.compile(
    r"^[A-ZÀ-Þ][A-ZÀ-Þ'’ .-]{2,40},\s(?:[A-Z][a-z]{2,8}\.?\s\d{1,2}|\d{1,2}\.?\s\w{3,9})\.?\s"
    r"\((?P<agency>[A-Z][\w&.-]{1,20}(?:\s[A-Z][\w&.-]{1,20}){0,2})\)\s?[-–—]"
)

# A dateline closes with the agency in brackets and a dash, colon or stop: in the first line, near its beginning.
_DATELINE = re.compile(r"^.{0,80}?[(\[（【]\s*([^()\[\]（）【】]{2,40})\s*[)\]）】]\s*(?:[-–—:.．：]|$|\s)")
_SLASHED = re.compile(r"^.{0,60}?/\s?([A-Za-zА-Яа-яІіЇїЄє. ]{2,20})(?:/|\s?[-–—])")
# The agency behind the date, without brackets, as Russian and Ukrainian datelines have it; "according to" in Persian.
_AFTER_DATE = re.compile(
    r"^\S.{0,40}?\d{1,2}\.? \w{3,12}[.,]?\s*[-–—/]?\s*([A-ZА-ЯІЇЄҐ][\w. ]{1,18}?)/?(?:\.\s|\s?[-–—])"
)
_ACCORDING = re.compile(r"^به گزارش (?:خبرگزاری )?([^\s،:]{3,12})")
# In East Asia the agency stands beside the place in the brackets, or opens the text before "电" ("wire").
_BESIDE_PLACE = re.compile(
    r"^\W{0,2}[(\[（【](?=[^)\]）】]{0,40}[\u3040-\u9fff\uac00-\ud7af])([^()\[\]（）【】]{2,40})[)\]）】]"
)
_OPENING = re.compile(r"^\W{0,2}(?:据)?([\u3400-\u9fff]{3})[^，。]{0,24}[电電讯訊]")
_EAST_ASIAN = {
    name: re.compile(parts)
    for name, names in _AGENCIES.items()
    if (parts := "|".join(part for part in names.split("|") if re.match("[\u3040-\u9fff\uac00-\ud7af]", part)))
}
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
    for pattern in (_DATELINE, _SLASHED, _AFTER_DATE, _ACCORDING, _OPENING):
        match = pattern.match(first)
        if match and (agency := _named(match[1])):
            return agency
    if match := _FULL_DATELINE.match(first):
        return match["agency"]
    if match := _BESIDE_PLACE.match(first):
        for name, known in _EAST_ASIAN.items():
            if known.search(match[1]):
                return name
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
