"""People's names, out of what pages put into author fields: by-line words, roles, desks and agencies taken off."""

import re

# "By", "written by", "author" and kin, as they open a by-line.
_BY_WORDS = (
    "written by", "reported by", "posted by", "published by", "story by", "words by", "by", "from our correspondent",
    "von", "ein", "text von", "par", "écrit par", "propos recueillis par", "por", "escrito por", "di", "a cura di",
    "door", "av", "af", "från", "fra", "od", "przez", "oprac.", "autor", "autorin", "autora", "autore", "auteur",
    "author", "authors", "reporter", "text", "texte", "texto", "testo", "tekst", "teksti", "szöveg", "írta", "szerző",
    "scris de", "de către", "de", "piše", "napsal", "napsala", "napísal", "foto", "oleh", "penulis", "laporan",
    "yazan", "haber", "yazar", "tác giả", "theo", "bài", "автор", "авторы", "автори", "авторка", "текст", "пише",
    "подготовил", "подготовила", "του", "της", "των", "γράφει", "γράφει ο", "γράφει η", "συντάκτης", "συντάκτρια",
    "рубрику веде", "بقلم", "كتب", "كتبت", "إعداد", "نویسنده", "تحریر", "از", "מאת", "लेखक", "द्वारा", "रिपोर्ट",
    "written", "โดย", "作者", "撰文", "记者", "記者", "本报记者", "本報記者", "文", "文字", "采写",
    "編集", "글", "글쓴이", "sobre", "about", "über", "à propos de", "об авторе", "sull'autore",
    "sobre o autor", "sobre el autor",
    "about the author", "erstellt von", "toimittaja", "kirjoittaja", "phóng viên", "корреспондент", "編集委員",
    "rédigé par", "publié par", "publicado por", "publisert av", "skrevet av", "skriven av", "autorka", "novinar",
    "novinarka", "muhabir", "wartawan", "автор материала", "опубликовал", "опубликовала", "ο", "η", "από", "mwandishi",
)  # fmt: skip
_BY = re.compile(
    r"^\s*(?:"
    + "|".join(re.escape(word) for word in sorted(_BY_WORDS, key=len, reverse=True))
    + r")\s*(?:[:：/／|]\s*|\s+)",
    re.IGNORECASE,
)
_BY_CJK = re.compile(
    r"^[【\[(（]?(?:本报|本報|本刊)?(?:记者|記者|特派员|特派員|作者|撰文|文|글)[:：/／|\s]*(?=[\u3400-\u9fff\uac00-\ud7a3])"
)
_ROLE_CJK = re.compile(
    r"\s*(?:記者|记者|特派員|特派员|編集委員|論説委員|記|기자|특파원|논설위원|선임기자|통신원)[】\])）]?$"
)
# What stands between names. Single letters are words in lower case only: "John E Smith" is one person.
_SPLIT = re.compile(
    r"\s*(?:;|\||/|／|·|•|・(?=\S{4,})|\n|、|،|，|\s&\s|\s\+\s|"
    r"\s(?:and|und|et|en|och|og|ja|And|and also|та|και ο|και η|και|ve|dan|và|oraz|si|și|şi|és|und auch|und\b|et\b|with|"
    r"mit|avec|con|और|اور|এবং|และ|与|與|和|AND|UND|ET|EN|OCH|OG|VE|И|ТА|ΚΑΙ)\s|"
    r"\s(?:y|e|i)\s(?=\S+\s+\S)|\s(?:a|и|و|u)\s)\s*"
)
_COMMA = re.compile(r"\s*,\s*")
_EDGES = " .,:;-–—*'\"【】"
_HANDLE = re.compile(r"\S+@\S+|@\w+|https?://\S+|www\.\S+")
# What stands behind a name: brackets, places, roles, houses, times.
_AFTER = re.compile(
    r"\s*(?:\(|\[|（|【|\s[-–—|]\s|\b(?:for the|For The|FOR THE)\b|\bfollow\b|\bupdated\b|\d{1,2}[:.]\d\d|"
    r"(?<=\w{3})(?<!Prof)(?<!Mag)(?<!Rev)(?<!Hon)[.]\s+(?=[A-ZА-Я]\w+ [A-Z])|"
    r"\s(?:[Ff]oto|[Pp]hoto|[Bb]ild|[Vv]ideo|[Фф]ото)s?\s*:|"
    r"\s(?:in|aus|à|at|from|reports|reporting|в|из|w|we|van onze|is\s+an?|ist|est)\s+\S.*$|\s(?:is|ist|est)$|,\s*$).*$"
)
# Words that no person is called by: desks and titles. Compared within a name, as words.
_DESKS = re.compile(
    r"\b(?:staff|desk|editor(?:s|ial|ial board)?|newsroom|news|reporters?|redaktion|redaktionen|redakcja|redakcji|"
    r"redakce|redakcia|redacci[oó]n|redação|redazione|r[ée]daction|redactie|redaktsioon|redakcija|redaksi|toimitus|"
    r"szerkesztőség|uredništvo|uredništva|toimetus|redacția|redactia|team|ekip|ekibi|editör|haber merkezi|masası|"
    r"admin|administrator|webmaster|web ?desk|agency|agencies|agencia|agencias|agência|agenzia|agence|ajansı|agentur|"
    r"agenturen|press|media|online|tv|radio|magazine|times|daily|post|herald|tribune|gazette|journal|zeitung|tagblatt|"
    r"contributors?|correspondents?|writers?|columnist|analyst|producer|photographer|published|updated|guest|unknown|"
    r"anonymous|none|null|user|wire|services?|bureau|associated|network|group|limited|ltd|inc|gmbh|com|institute|"
    r"university|ministry|council|party|international|ban biên tập|phóng viên|nhóm|редакция|редакція|редакции|"
    r"редакцията|агентство|новости|новини|корреспондент|служба|сайт|συντακτική|ομάδα|wetu)\b",
    re.IGNORECASE,
)
# Agencies and houses by their whole names; some are given names of people, too.
_AGENCIES = frozenset((
    "reuters", "afp", "ap", "dpa", "ansa", "efe", "apa", "tass", "тасс", "xinhua", "bloomberg", "pti", "ians", "ani",
    "upi", "lusa", "belga", "tanjug", "interfax", "интерфакс", "ria", "риа", "ntb", "tt", "ritzau", "stt",
    "bns", "leta",
    "elta", "pap", "čtk", "tasr", "sita", "mti", "hina", "srna", "fena", "beta", "agerpres", "mediafax", "bta",
    "amna",
    "kna", "epd", "sid", "keystone", "sda", "ats", "cp", "aap", "bernama", "antara", "anadolu", "aa", "dha", "iha",
    "yonhap", "kyodo", "jiji", "vna", "ttxvn", "unian", "ukrinform", "cnn", "bbc", "npr", "dw", "rfe", "rfi",
))  # fmt: skip
_DESKS_UNCASED = re.compile(
    r"[社网網報报局部台室組组]$|新聞|新闻|通信|日報|日报|編集|编辑|編輯|综合|综述|來源|来源|뉴스|편집|신문|온라인|डेस्क|टीम|न्यूज|ब्यूरो|"
    r"संवाददाता|एजेंसी|ডেস্ক|প্রতিবেদক|নিজস্ব|সংবাদদাতা|டெஸ்க்|செய்தி|డెస్క్|กอง|ข่าว|ออนไลน์|ทีม|สำนัก|مراسل|تحرير|المحرر|وكالات|وكالة|رويترز|"
    r"غرفة|أخبار|(?:^|\s)نت$|سكاي نيوز|ایسنا|ایرنا|تسنیم|خبرگزاری|گروه|سرویس|ویب|ڈیسک|מערכת|סוכנויות"
)
_CONNECTING = frozenset((
    "de", "da", "do", "dos", "das", "del", "della", "di", "du", "des", "von", "van", "vom", "zum", "zur",
    "der", "den",
    "ter", "ten", "te", "op", "la", "le", "el", "al", "bin", "ibn", "bint", "ould", "abu", "y", "e", "i", "af",
    "av", "zu",
    "und", "mc", "st", "ul", "ur", "t",
))  # fmt: skip
_CASED = re.compile(r"[A-Za-zÀ-ɏͰ-ϿЀ-ӿḀ-ỿ\u0531-\u0586]")
_HAN = re.compile(r"^[\u3400-\u9fff\u3040-\u30ff\s・]+$")
_LONGEST, _MOST_WORDS = 60, 6
# Han and Kana names have at most this many characters, unless a dot parts a foreign one.
_LONGEST_HAN = 6


# "Place - Name Surname"; two names in Hebrew, the second with its "and"; reporters' names in Chinese set side by side.
_PLACE_BEFORE = re.compile(r"^[^\W\d]{3,}\s[-–—]\s(?=\S+\s\S+)")
_HEBREW_AND = re.compile(r"^([\u05d0-\u05ea]+ [\u05d0-\u05ea]+) ו([\u05d0-\u05ea]+ [\u05d0-\u05ea]+)$")
_CHINESE_REPORTERS = re.compile(r"记者|通讯员")
_BETWEEN_HAN = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")


def names_in(field: str) -> list[str]:
    """The names in a field: "By A B, C D and E F" holds three.

    Args:
        field: of whatever says who wrote an article.

    Returns:
        Candidates, in order; `is_person` tells which are people.
    """
    text = _unlabelled(_HANDLE.sub(" ", "\n".join(" ".join(line.split()) for line in field.split("\n"))))
    text = _HEBREW_AND.sub(r"\1\n\2", text)
    if _CHINESE_REPORTERS.search(field):
        text = _BETWEEN_HAN.sub("、", text)
    parts: list[str] = []
    for part in _SPLIT.split(text):
        pieces = [piece for piece in _COMMA.split(part) if piece]
        # "Surname, Name" is one person; "Name Surname, Name Surname" are two.
        parts += (
            [f"{pieces[1]} {pieces[0]}"]
            if len(pieces) == 2 and all(" " not in piece and piece.casefold() not in _AGENCIES for piece in pieces)
            else pieces
        )
    return [
        _ROLE_CJK.sub("", _AFTER.sub("", _unlabelled(_PLACE_BEFORE.sub("", part.strip(_EDGES))))).strip(_EDGES)
        for part in parts
    ]


def _unlabelled(text: str) -> str:
    return _BY.sub("", _BY_CJK.sub("", text))


def is_person(name: str, *, single: bool = False) -> bool:
    """Whether a text can be a person's name: some words, capitals where the script has them, none of a desk's.

    Args:
        name: one candidate.
        single: whether one word will do, where the page states outright that a person is meant.
    """
    words = name.split()
    if not words or len(name) > _LONGEST or len(words) > _MOST_WORDS:
        return False
    if any(character.isdigit() or character in "{}<>=#?!" for character in name):
        return False
    if _DESKS.search(name) or _DESKS_UNCASED.search(name) or name.casefold() in _AGENCIES:
        return False
    if not _CASED.search(name):
        return len(name) >= 2 and not (
            _HAN.match(name) and "・" not in name and len(name.replace(" ", "")) > _LONGEST_HAN
        )
    if len(words) == 1:
        return single and len(name) >= 3 and name.isalpha() and name[0].isupper() and name[1:].islower()
    return all(
        word[0].isupper()
        or word.lower().strip("'’.") in _CONNECTING
        or not word[0].isalpha()
        or word[1:2] in "'’"
        or not _CASED.match(word)
        for word in words
    )
