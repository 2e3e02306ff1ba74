"""Taking off what stands around an article's text inside its own container: headline, date line, calls to subscribe."""

import re

from storyfold.articles.blocks import Block, BlockKind, covered, grams, words

_NOT_ALNUM = re.compile(r"[\W_]+")

# How far into a text its own headline is looked for, and how far from the end calls to the reader are.
_TOP = 8
_TAIL = 6
# A block this long is prose, whatever words it begins with.
_LABEL_LENGTH = 240

# "Read also", as news sites write it. A block that is this, or begins with this and a colon, points elsewhere.
_RELATED_WORDS = (
    "read more", "read also", "also read", "see also", "see more", "related", "related news", "related stories",
    "related articles", "related topics", "related coverage", "more on this story", "more on this", "more from",
    "more stories", "most read", "don't miss", "don’t miss", "also on", "you may also like",
    "you may also like...", "recommended", "watch", "watch more", "explore further", "what to read next",
    "further reading", "leggi anche", "leggi di più", "vedi anche", "ti potrebbe interessare", "lee también",
    "lea también", "leer más", "te puede interesar", "te recomendamos", "más información", "ver también",
    "leia também", "leia mais", "veja também", "saiba mais", "ler mais", "lire aussi", "à lire aussi",
    "a lire aussi", "lire la suite", "voir aussi", "sur le même sujet", "mehr zum thema", "lesen sie auch",
    "lesen sie mehr", "auch interessant", "mehr dazu", "das könnte sie auch interessieren", "lees ook",
    "lees meer", "læs også", "læs mere", "les også", "les mer", "läs också", "läs även", "läs mer", "lue myös",
    "lue lisää", "lesa meira", "czytaj też", "czytaj także", "czytaj więcej", "zobacz też", "zobacz także",
    "zobacz również", "przeczytaj także", "čtěte také", "přečtěte si také", "přečtěte si", "čítajte aj",
    "prečítajte si aj", "pročitajte i", "pročitajte još", "preberite še", "citește și", "citeşte şi", "vezi și",
    "olvasd el ezt is", "kapcsolódó cikkek", "loe ka", "lasi arī", "skaitykite taip pat", "читайте также",
    "смотрите также", "по теме", "материалы по теме", "читайте також", "читайте ще", "читайте по темі",
    "прочетете още", "вижте още", "още по темата", "прочитајте и", "прочитај и", "διαβάστε επίσης",
    "διαβάστε ακόμα", "διαβάστε περισσότερα", "δείτε επίσης", "ilgili haber", "ilgili haberler",
    "ayrıca okuyun", "bunları da oku", "baca juga", "baca selengkapnya", "lihat juga", "xem thêm", "đọc thêm",
    "tin liên quan", "اقرأ أيضا", "اقرأ أيضاً", "اقرأ المزيد", "إقرأ أيضا", "بیشتر بخوانید", "مطالب مرتبط",
    "یہ بھی پڑھیں", "مزید پڑھیں", "קראו גם", "קראו עוד", "関連記事", "あわせて読みたい", "関連ニュース",
    "相关阅读", "相关新闻", "延伸阅读", "延伸閱讀", "相關新聞", "更多新聞", "관련기사", "관련 기사",
    "อ่านเพิ่มเติม", "ข่าวที่เกี่ยวข้อง", "यह भी पढ़ें", "ये भी पढ़ें", "और पढ़ें", "আরও পড়ুন",
    "மேலும் படிக்க", "soma zaidi", "pia soma", "schon gelesen?", "weitere themen", "mehr themen",
    "weitere artikel", "mehr zu diesem thema", "puedes ver", "más sobre este tema", "sigue leyendo",
    "lee además", "mira también", "te puede interesar también", "en relación con esta noticia",
    "pour aller plus loin", "sur le même thème", "notre sélection", "lire également", "per approfondire",
    "potrebbe interessarti anche", "leggi pure", "continua após a publicidade", "relacionadas", "mais lidas",
    "powiązane artykuły", "polecamy", "warto przeczytać", "mohlo by vás zajímat", "další články",
    "mohlo by vás zaujímať", "прочитајте још", "прочитајте повеќе", "povezane vesti", "povezani članci",
    "vezane vijesti", "citiți și", "te-ar putea interesa", "ezt is olvassa el", "ajánlott cikkek",
    "lasi vairāk", "taip pat skaitykite", "читать также", "рекомендуем", "другие новости", "також читайте",
    "ще по темі", "önerilen haberler", "bunlar da ilginizi çekebilir", "artikel terkait", "berita terkait",
    "simak juga", "bài liên quan", "có thể bạn quan tâm", "مواضيع ذات صلة", "مقالات ذات صلة", "أخبار ذات صلة",
    "إقرأ أيضًا", "اقرأ أيضًا", "اقرأ ايضا", "در همین زمینه", "اخبار مرتبط", "بیشتر بدانید", "כתבות נוספות",
    "עוד בנושא", "この記事も", "おすすめ記事", "合わせて読みたい", "相关文章", "相關文章", "推薦閱讀",
    "推荐阅读", "이 기사도", "함께 볼 만한 기사", "추천 기사", "อ่านข่าวเพิ่มเติม", "ข่าวเกี่ยวข้อง",
    "संबंधित खबरें", "इसे भी पढ़ें", "এ সম্পর্কিত খবর", "আরো পড়ুন", "தொடர்புடைய செய்திகள்", "ఇవి కూడా చదవండి",
)  # fmt: skip
_RELATED = re.compile(
    r"^\W*(?:"
    + "|".join(re.escape(word) for word in sorted(_RELATED_WORDS, key=len, reverse=True))
    + r")\s*(?:$|[:：|»>›→])",
    re.IGNORECASE,
)

# Things a page says to its reader; a short block that says them is not the article.
_CALL = re.compile(
    r"newsletter|signing up|download (?:the|our) app|get the .{0,40}\bapp\b|all rights reserved|"
    r"join our .{0,30}(?:channel|group|telegram|whatsapp)|"
    r"for personal,? non-commercial use|to read the full story|error (?:has occurred|processing)|"
    r"please try again later|"
    r"like this story\?|share (?:it|this) with|support (?:our|us)\b.{0,40}journalis|"
    r"suscr[ií]bete|inscreva-se|assine (?:já|a nossa|o)|inscrivez-vous|abonnez-vous|iscriviti|abonnieren sie|"
    r"zapisz się|materiał chroniony prawem|ten tekst przeczytasz|if you enjoyed (?:reading )?this|"
    r"(?:to view|to continue reading|to read) (?:the full|this) (?:story|article)|download the .{0,40}\bapps?\b|"
    r"pour lire la suite|accéder en illimité|réservé aux abonnés|exclusivo para (?:suscriptores|assinantes)|"
    r"únete (?:a|al|desde)|síguenos (?:en|a)|siga (?:o|a|nosso)|segui(?:ci)? (?:su|il canale)|folge(?:n sie)? uns|"
    r"tilaa (?:uutiskirje|lehti)|prenumerera på|tegn abonnement|bliv abonnent|word abonnee|sledujte nás|"
    r"urmăriți-ne|urmărește-ne|пратите нас|следите за нами|читайте нас|ακολουθήστε|تابعنا|تابعونا|اشترك (?:في|الآن)|"
    r"हमें फॉलो|क्लिक करें|theo dõi .{0,30}(?:trên|kênh)|ติดตาม.{0,20}(?:ได้ที่|ทาง)|채널을 구독|"
    r"関連キーワード|подписывайтесь|подпишитесь|підписуйтесь|абонирайте се|abone ol|takip edin|langganan",
    re.IGNORECASE,
)
# The same at the end of a text, where less is needed to tell them.
_LAST_CALL = re.compile(
    r"sign up (?:for|to|here)|subscribe (?:to|now|here|today)|click here (?:to|for)|©|ⓒ|\(c\) ?\d{4}|copyright\b|"
    r"無断転載|無断複製|禁止转载|未经授权|著作権|저작권|حقوق النشر|جميع الحقوق|सर्वाधिकार|สงวนลิขสิทธิ์|"
    r"bản quyền|tüm hakları|"
    r"все права защищены|всі права захищені|wszelkie prawa|alle rechte vorbehalten|tous droits réservés|"
    r"todos los derechos|todos os direitos|tutti i diritti|무단 ?전재|版权所有|版權所有|follow us\b",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"^\W*(?:comments?|\d+ comments?|advertisement|advertising|ad|publicité|publicidad|publicidade|"
    r"pubblicità|anzeige|"
    r"werbung|reklama?|реклама|διαφήμιση|iklan|広告|광고|share|share this|tags?|topics?|print|print article|email|"
    r"order reprints|save|listen|image|photo|video|sponsored|thank you|sorry!?|loading\.*|null|undefined)\W*$",
    re.IGNORECASE,
)
_NETWORKS = re.compile(
    r"\b(?:facebook|twitter|instagram|youtube|telegram|whatsapp|tiktok|linkedin|threads|google news)\b", re.IGNORECASE
)
_ADDRESS = re.compile(r"^\W*(?:https?://|www\.)\S+\W*$", re.IGNORECASE)
_CONTACT = re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.]+|(?:^|\s)@\w{3,}")
# A line that is a date or time and little else.
_DATE_LINE = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.h]\d\d\b")


def trimmed(blocks: tuple[Block, ...], headlines: tuple[str, ...], reference: str, lead: str = "") -> tuple[Block, ...]:
    """Take off what is not the article's text.

    Args:
        blocks: a candidate body.
        headlines: of the article, in all its forms.
        reference: the body as the page's own JSON-LD gives it; may be empty, cut short, or nothing of the kind.
        lead: the summary that the page states, which it may show above the body.

    Returns:
        The blocks that remain; all of them where hardly anything would.
    """
    kept = blocks
    for headline in headlines:
        kept = _without_top(_without_prefix(kept, headline), headline)
    kept = _without_calls(_without_repeats(kept))
    if reference:
        kept = _within(kept, reference, lead)
    size, before = sum(len(block.text) for block in kept), sum(len(block.text) for block in blocks)
    # Nothing but the headline, or what stands around a text, is no text.
    return kept if size * 3 >= before or (not size and before < _LABEL_LENGTH) else blocks


def folded(text: str) -> str:
    """Letters and digits alone, lower case: equal for texts that differ in punctuation and spacing."""
    return _NOT_ALNUM.sub("", text.casefold())


def _without_prefix(blocks: tuple[Block, ...], headline: str) -> tuple[Block, ...]:
    """Drop the headline from a page's whole text run together, which is the last resort of the rules."""
    if len(blocks) != 1 or not headline or not blocks[0].text.startswith(f"{headline} "):
        return blocks
    return (Block(blocks[0].kind, blocks[0].text[len(headline) + 1 :]),)


def _without_top(blocks: tuple[Block, ...], headline: str) -> tuple[Block, ...]:
    """Drop the headline, what stands above it, and the date lines below it."""
    wanted = folded(headline)
    start = 0
    if wanted:
        for index, block in enumerate(blocks[:_TOP]):
            if (
                len(block.text) <= 4 * len(headline)
                and _like(folded(block.text), wanted)
                and all(len(above.text) < _LABEL_LENGTH for above in blocks[:index])
            ):
                start = index + 1
                break
    while start < len(blocks) and start < _TOP and _is_date_line(blocks[start].text):
        start += 1
    return blocks[start:]


def _like(text: str, headline: str) -> bool:
    if text == headline:
        return True
    shorter, longer = sorted((text, headline), key=len)
    return len(shorter) >= 20 and len(shorter) >= 0.8 * len(longer) and longer.startswith(shorter)


def _is_date_line(text: str) -> bool:
    return (
        len(text) <= 70 and bool(_DATE_LINE.search(text)) and len(words(text)) <= 12 and text[-1] not in ".!?。"
    ) or bool(_ADDRESS.match(text) or _ALONE.match(text))


def _without_repeats(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Drop second copies of blocks, where the page shows its text twice (a refrain is no copy)."""
    seen: set[str] = set()
    kept: list[Block] = []
    repeated = 0
    for block in blocks:
        if len(block.text) >= 60 and block.text in seen:
            repeated += len(block.text)
            continue
        seen.add(block.text)
        kept.append(block)
    return tuple(kept) if repeated * 5 >= 2 * sum(len(block.text) for block in blocks) else blocks


def _without_calls(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Drop blocks that speak to the reader or point elsewhere, and headings left with nothing below them."""
    last = len(blocks)
    kept = [block for index, block in enumerate(blocks) if not _is_call(block, tail=index >= last - _TAIL)]
    while kept and (kept[-1].kind is BlockKind.HEADING or _is_date_line(kept[-1].text)) and len(kept) > 1:
        kept.pop()
    return tuple(kept)


def _is_call(block: Block, *, tail: bool) -> bool:
    text = block.text
    if len(text) > _LABEL_LENGTH:
        return False
    if _ALONE.match(text) or _RELATED.match(text) or _CALL.search(text):
        return True
    if not tail:
        return False
    if _LAST_CALL.search(text):
        return True
    return len(set(_NETWORKS.findall(text.lower()))) >= 2 or bool(_CONTACT.search(text)) or bool(_ADDRESS.match(text))


def _within(blocks: tuple[Block, ...], reference: str, lead: str) -> tuple[Block, ...]:
    """Drop what stands before the first and behind the last block that the reference has too, where it is whole.

    The page's own summary above the text stays: it is a part of the article that its data does not repeat.
    """
    whole, ours = grams(reference), grams("\n".join(block.text for block in blocks))
    if covered(ours, whole) < 0.75 or covered(whole, ours) < 0.75:
        return blocks
    known = [index for index, block in enumerate(blocks) if covered(grams(block.text), whole) >= 0.5]
    if not known:
        return blocks
    summary = grams(lead)
    leads = [block for block in blocks[: known[0]] if covered(summary, grams(block.text)) >= 0.6]
    return (*leads[:1], *blocks[known[0] : known[-1] + 1])
