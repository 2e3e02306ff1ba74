"""What answers with status 200 and is no article: challenges, error pages, consent walls, indexes, videos."""

import re
from enum import StrEnum

from storyfold.articles.blocks import Block, words
from storyfold.articles.dom import Head
from storyfold.articles.jsonld import LinkedArticle


class Stub(StrEnum):
    """What a page is instead of an article."""

    CHALLENGE = "challenge"  # wants to know whether a person reads it
    ERROR = "error"  # says that there is nothing here
    CONSENT = "consent"  # asks for consent to cookies before it shows anything
    INDEX = "index"  # lists articles
    VIDEO = "video"  # shows a film and a line about it


_CHALLENGE = re.compile(
    r"just a moment|attention required|access denied|access to this page has been denied|"
    r"are you (?:a )?(?:robot|human)|"
    r"not a robot|verify(?:ing)? (?:that )?you are (?:a )?human|human verification|security check|"
    r"bot verification|robot check|"
    r"pardon our interruption|checking your browser|ddos[- ]guard|please enable (?:javascript|js|cookies)|captcha|"
    r"un momento|einen moment|nur einen moment|один момент|подождите|403 forbidden|request blocked|unusual traffic",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"\b(?:404|410|50[0234])\b(?!\s*(?:people|dead|km|million))|page not found|not found|"
    r"page (?:is )?(?:unavailable|missing)|"
    r"no longer available|something went wrong|service unavailable|internal server error|"
    r"seite nicht gefunden|nicht gefunden|"
    r"página no encontrada|no encontrad[ao]|página não encontrada|não encontrad[ao]|page (?:introuvable|"
    r"non trouvée)|"
    r"pagina (?:non trovata|niet gevonden|negăsită)|sidan (?:hittades inte|kunde inte)|siden (?:ble|"
    r"blev) ikke|sivua ei löyd|"
    r"nie znaleziono|stránka nenalezena|страница не найдена|сторінку не знайдено|страницата не е|sayfa bulunamadı|"
    r"ページが見つかりません|페이지를 찾을 수|页面不存在|找不到|لم يتم العثور|الصفحة غير موجودة",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"\b(?:cookies?|consent|gdpr|rgpd|dsgvo|privacy|personal data|partners?|vendors?|datenschutz\w*|"
    r"einwilligung\w*|zustimm\w*|"
    r"tracking|werbung|consentement|confidentialité|consentimiento|privacidad|consenso|toestemming|"
    r"samtyck\w*|samtykke\w*|"
    r"zgod[ay]|souhlas\w*|согласи\w*|конфиденциальн\w*)\b",
    re.IGNORECASE,
)
_CONSENT_LEAST, _CONSENT_SHARE = 6, 0.04
# What says that there is nothing here says it at once; a heading may hold a whole page by mistake.
_TITLE_LENGTH, _MOST_TITLES = 300, 12
# Longer texts are articles, whatever words their titles hold.
_ERROR_LENGTH, _CHALLENGE_LENGTH, _CONSENT_LENGTH, _VIDEO_LENGTH = 700, 1200, 6000, 300


def stub_of(blocks: tuple[Block, ...], head: Head, linked: LinkedArticle, feed_title: str) -> Stub | None:
    """Tell what a page is, where it is no article.

    Args:
        blocks: the best body found.
        head: of the page.
        linked: its JSON-LD.
        feed_title: what the feed calls the article: a title that the page shares is evidence for it.
    """
    text = "\n".join(block.text for block in blocks)
    titles = " \n ".join(title[:_TITLE_LENGTH] for title in (head.title, *head.h1[:_MOST_TITLES]))
    about = feed_title.casefold()
    if len(text) < _CHALLENGE_LENGTH and _told(_CHALLENGE, titles, about) and not linked.headline:
        return Stub.CHALLENGE
    if len(text) < _ERROR_LENGTH and _told(_ERROR, titles, about) and not linked.headline:
        return Stub.ERROR
    if len(text) < _CONSENT_LENGTH and not _CONSENT.search(about):
        hits = len(_CONSENT.findall(text))
        if hits >= _CONSENT_LEAST and hits >= _CONSENT_SHARE * len(words(text)) and not _shares(about, text):
            return Stub.CONSENT
    kind = (head.first("og:type") or "").lower()
    if len(text) < _VIDEO_LENGTH and (linked.kind == "VideoObject" or kind.startswith("video")):
        return Stub.VIDEO
    if (
        not linked.kind
        and kind not in {"article", "news"}
        and about
        and about not in titles.casefold()
        and _is_list(blocks)
    ):
        return Stub.INDEX
    return None


def _told(pattern: re.Pattern[str], titles: str, about: str) -> bool:
    """Whether the page's titles say so, in words that the article's own title does not have."""
    match = pattern.search(titles)
    return match is not None and match[0].casefold() not in about


def _shares(about: str, text: str) -> bool:
    """Whether most of a title's longer words stand in the text."""
    wanted = {word for word in words(about) if len(word) > 3}
    return bool(wanted) and len(wanted & set(words(text))) * 2 >= len(wanted)


def _is_list(blocks: tuple[Block, ...]) -> bool:
    """Whether there are many blocks, and hardly any is long enough to be a paragraph."""
    long = sum(len(block.text) >= 160 for block in blocks)
    return len(blocks) >= 15 and long * 10 < len(blocks)
