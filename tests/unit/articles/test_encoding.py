"""The encodings that pages are in, whatever they say of themselves."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyfold.articles.encoding import decode, unmarked_utf16
from storyfold.articles.extract import extract_page
from storyfold.model.page import PageArticle
from tests.unit.articles.pages import SENTENCES, article_html, page

TEXTS = {
    "fr": "L’élève fut reçu à l’école où l’on parlait du « cœur » de la forêt, près du château d’été. ",
    "de": "Über die Größe der Bäume im Süden stritten die Bürger früher häufig; heute gehört das Land der Gemeinde. ",
    "tr": "Şehirde ışıklar söndü; çocuklar ağlıyor, büyükler ise yağmurun dinmesini beklediğini söylüyor. İğne düştü. ",
    "pl": "Żółte łódki płynęły wśród świerków, a źdźbła trawy kołysały się na wietrze, gdy zaczął się piękny dzień. ",
    "cs": "Příliš žluťoučký kůň úpěl ďábelské ódy, zatímco řidič čekal u mostu na šťastnější den v Plzni. ",
    "ru": "Вода в реке поднялась выше берегов и затопила нижнюю часть старого города, сообщил в понедельник мэр. ",
    "el": "Το νερό του ποταμού ανέβηκε πάνω από τις όχθες και πλημμύρισε το κάτω μέρος της παλιάς πόλης. ",
    "ar": "ارتفعت مياه النهر فوق ضفافه وغمرت الجزء السفلي من المدينة القديمة كما قال رئيس البلدية يوم الاثنين. ",
    "ja": "川の水が堤防を越え、旧市街の低い地域に流れ込んだと市長が月曜日に語った。学校には四百人が避難している。",
    "ko": "강물이 둑을 넘어 구시가지의 낮은 지역으로 흘러들었다고 시장이 월요일에 말했다. 사백 명이 대피했다. ",
    "zh": "河水漫过堤岸，淹没了老城区的低洼地带，市长星期一说。大约四百人被转移到山上的一所学校。",
    "zh-TW": "河水漫過堤岸，淹沒了老城區的低窪地帶，市長星期一說。大約四百人被轉移到山上的一所學校。",
}


def document(language: str, declared: str = "", padding: int = 0) -> str:
    meta = f"<meta charset='{declared}'>" if declared else ""
    return f"<html lang='{language}'><head>{' ' * padding}{meta}</head><body><p>{TEXTS[language] * 6}</p></body></html>"


CASES = [
    # language, real encoding, declared in meta, declared in the header
    ("fr", "cp1252", "utf-8", "text/html; charset=utf-8"),
    ("fr", "cp1252", "iso-8859-1", None),
    ("de", "cp1252", "", "text/html; charset=ISO-8859-15"),
    ("de", "utf-8", "iso-8859-1", "text/html; charset=windows-1252"),
    ("de", "cp1252", "utf-16", None),
    ("de", "cp1252", "utf-7", "text/html; charset=unicode_escape"),
    ("tr", "cp1254", "iso-8859-9", None),
    ("tr", "cp1254", "iso-8859-1", None),
    ("tr", "cp1254", "", "text/html; charset=windows-1252"),
    ("tr", "cp1254", "", None),
    ("pl", "cp1250", "iso-8859-2", None),
    ("pl", "iso8859-2", "iso-8859-2", None),
    ("cs", "cp1250", "", None),
    ("ru", "koi8-r", "koi8-r", None),
    ("ru", "koi8-r", "windows-1251", None),
    ("ru", "cp1251", "koi8-r", "text/html; charset=utf-8"),
    ("ru", "cp1251", "iso-8859-1", None),
    ("ru", "koi8-r", "iso-8859-1", None),
    ("el", "cp1253", "iso-8859-1", "text/html; charset=iso-8859-1"),
    ("ar", "cp1256", "", "text/html; charset=iso-8859-1"),
    ("ja", "cp932", "shift_jis", None),
    ("ja", "cp932", "euc-jp", None),
    ("ja", "euc_jp", "euc-jp", None),
    ("ja", "euc_jp", "shift_jis", None),
    ("ja", "euc_jp", "", None),
    ("ja", "iso2022_jp", "iso-2022-jp", None),
    ("ja", "utf-8", "shift_jis", "text/html; charset=EUC-JP"),
    ("ko", "euc_kr", "euc-kr", None),
    ("ko", "cp949", "", "text/html; charset=utf-8"),
    ("zh", "gb18030", "gb2312", None),
    ("zh", "gb18030", "", None),
    ("zh", "gb18030", "iso-8859-1", None),
    ("zh-TW", "big5hkscs", "big5", None),
    ("zh-TW", "big5hkscs", "", None),
    ("fr", "utf-16-le", "", None),
    ("ru", "utf-16-be", "", "text/html; charset=utf-8"),
    ("ja", "utf-16-le", "utf-16", "text/html; charset=utf-16"),
]


@pytest.mark.parametrize(("language", "encoding", "meta", "header"), CASES)
def test_pages_are_read_whatever_they_are_labelled(language: str, encoding: str, meta: str, header: str | None) -> None:
    """The bytes speak against a wrong label, and the language for the encoding that its pages were in."""
    html = document(language, meta)
    assert html == decode(html.encode(encoding), header)


@pytest.mark.parametrize("padding", [500, 1100, 4000])
def test_a_meta_behind_the_first_bytes_is_found(padding: int) -> None:
    """Templates put much before it; the language alone would say cp1251 here."""
    html = document("ru", "iso-8859-5", padding)
    assert html == decode(html.encode("iso8859-5"), None)


def test_the_mark_wins_over_the_header_and_the_header_over_the_meta() -> None:
    """In the order of the standard."""
    html = document("ru", "windows-1251")
    assert html == decode(b"\xef\xbb\xbf" + html.encode(), "text/html; charset=koi8-r")
    html = document("ru", "windows-1252")
    assert html == decode(html.encode("iso8859-5"), "text/html; charset=iso-8859-5")


def test_signs_of_windows_in_a_page_of_utf_8_are_read() -> None:
    """An advertisement or a quotation pasted in as it came, between thousands of right bytes."""
    body = document("fr").encode() * 5 + b"<p>It\x92s \x93here\x94 \xff</p>"
    assert decode(body, None).endswith("<p>It’s “here” \N{REPLACEMENT CHARACTER}</p>")


@pytest.mark.parametrize("language", ["fr", "de", "tr", "pl", "ru", "ar", "ja", "ko", "zh", "el"])
@pytest.mark.parametrize("wrong", ["cp1252", "latin-1"])
def test_a_double_encoding_is_undone(language: str, wrong: str) -> None:
    """UTF-8 that was read as windows-1252 or Latin-1 and written as UTF-8 once more."""
    html = document(language)
    doubled = "".join(bytes((byte,)).decode(wrong, "ignore") or chr(byte) for byte in html.encode())
    assert html == decode(doubled.encode(), "text/html; charset=utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "LIBERTÉ\xa0: LE CAFÉ\xa0! L’ÉTÉ\xa0? «\xa0ÂGE\xa0» À\xa0",
        "SÃO PAULO, NÃO É… NÃO É… NÃO É… “AÇÃO” E “CORAÇÃO”",
        "DIE GRÖ“ÄÜ”, Ä“ Ä” Ö“ Ü” — Â",
        "Ð Ñ – Å Ä Ø Ù, æ ç ê Î: letters of the alphabets of the world",
        "ĐÀ NẴNG – “HỘI AN”… Â™ À€",
    ],
)
def test_what_only_looks_doubled_is_left_alone(text: str) -> None:
    """Capitals with accents before quotes, ellipses and hard blanks are text."""
    assert text == decode(text.encode(), None)


def test_an_article_in_unmarked_utf_16_is_extracted() -> None:
    """It is full of zero bytes, and a page all the same; other bytes are no UTF-16."""
    found = extract_page(page(article_html().encode("utf-16-le")))
    assert isinstance(found, PageArticle)
    assert SENTENCES[0] in found.body
    assert unmarked_utf16(b"short") is None
    assert unmarked_utf16(b"\x00\x01\x02\x03" * 100) is None


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-16-le", "surrogatepass")),
    st.none()
    | st.text(max_size=30)
    | st.sampled_from(["utf-8", "cp932", "cp1252", "gbk", "koi8-r"]).map("x; charset={}".format),
)
def test_no_bytes_under_no_label_raise(body: bytes, header: str | None) -> None:
    """Decoding answers with text that can be encoded."""
    decode(b"<html lang=ja>" + body, header).encode("utf-8", "surrogatepass")
    assert "\udc80" not in decode(body, header)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200))
def test_utf_8_is_itself(text: str) -> None:
    """What is plain UTF-8, without traces of a double encoding, comes back as it was."""
    if not any(trace in text for trace in "ÃÂâÐÑÅÄØÙãæçêÎ\ufeff"):
        assert text == decode(text.encode(), None)
