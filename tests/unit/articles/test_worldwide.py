"""Shapes in which sites all over the world set their articles, in scripts with and without spaces."""

import json

import pytest

from storyfold.articles.blocks import blocks_from_text, measure
from storyfold.articles.dom import parse
from storyfold.articles.extract import extract_page
from storyfold.articles.state import body_in_data, data_scripts
from storyfold.articles.trimming import trimmed
from storyfold.model.articles import BodySource
from storyfold.model.page import NoArticle, PageArticle
from tests.unit.articles.pages import SENTENCES, entry, page

TEXTS = {
    "ja": (
        "川が氾濫、旧市街が浸水",
        "台風の影響で川の水が堤防を越え、旧市街の低い地域が月曜日の夜に水につかったと市長が明らかにした。",
        "約四百人の住民が丘の上にある学校に避難し、ボランティアが寝床と炊き出しを用意した。",
        "正午までに行方不明者の報告はなく、北部に通じる橋は数日間閉鎖される見通しだ。",
    ),
    "ar": (
        "النهر يغرق المدينة القديمة",
        "قال رئيس البلدية إن النهر فاض على ضفتيه ليلة الاثنين وأغرق الجزء السفلي من المدينة القديمة.",
        "ونقل نحو أربعمئة شخص إلى مدرسة على التل حيث أعد المتطوعون أسرة ومطبخا للمحتاجين.",
        "ولم يبلغ عن فقدان أحد حتى الظهر، لكن الجسر المؤدي إلى الحي الشمالي سيبقى مغلقا عدة أيام.",
    ),
    "th": (
        "แม่น้ำท่วมเมืองเก่า",
        "นายกเทศมนตรีกล่าวว่าแม่น้ำล้นตลิ่งในคืนวันจันทร์และท่วมพื้นที่ลุ่มของเมืองเก่า",
        "ประชาชนราวสี่ร้อยคนถูกพาไปยังโรงเรียนบนเนินเขาซึ่งอาสาสมัครได้จัดเตียงและครัวไว้",
        "ไม่มีรายงานผู้สูญหายจนถึงเที่ยงแต่สะพานไปยังเขตเหนือจะปิดหลายวัน",
    ),
}
LIST = "".join(f"<li><a href='/{index}'>Another headline of the day, number {index}</a></li>" for index in range(9))


def data(lines: list[str], shape: str) -> str:
    match shape:
        case "string":
            body: object = "".join(f"<p>{line}</p>" for line in lines)
        case "blocks":
            body = [{"type": "text", "content": line} for line in lines] + [{"type": "image", "url": "/x.jpg"}, 7]
        case _:
            body = lines
    return json.dumps({"props": {"page": {"title": "x", "article": {"body": body}, "flags": [True, None, 3]}}})


def inner(lines: list[str], shape: str) -> str:
    match shape:
        case "paragraphs":
            return "<article>" + "".join(f"<p>{line}</p>" for line in lines) + "</article>"
        case "breaks":
            return "<div class='news-text'>" + "<br><br>".join(lines) + "</div>"
        case "divs":
            return "<div class='story'>" + "".join(f"<div>{line}</div>" for line in lines) + "</div>"
        case "parts":
            return "".join(f"<div class='text-block'><p>{line}</p></div><div class='ad'></div>" for line in lines)
        case "list":
            return f"<div class='content'><p>{lines[0]}</p><ul><li>{'</li><li>'.join(lines[1:])}</li></ul></div>"
        case "linked":
            node = {"@type": "NewsArticle", "articleBody": "\n".join(lines)}
            return f"<div id='app'></div><script type='application/ld+json'>{json.dumps(node)}</script>"
        case _:
            return f"<div id='__next'></div><script type='application/json'>{data(lines, shape)}</script>"


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize(
    "shape", ["paragraphs", "breaks", "divs", "parts", "list", "linked", "string", "blocks", "strings"]
)
def test_the_text_is_found_whole(language: str, shape: str) -> None:
    """Whatever holds the text, markup or data, all of it is found, without headline and lists around it."""
    title, *lines = TEXTS[language]
    markup = (
        f"<html lang='{language}'><head><title>{title}</title></head><body><header><ul>{LIST}</ul></header>"
        f"<main><h1>{title}</h1>{inner(lines, shape)}</main><footer><p>© 2026 Example</p></footer></body></html>"
    )
    found = extract_page(page(markup))
    assert isinstance(found, PageArticle)
    assert (title, " ".join(lines)) == (found.headline, " ".join(found.body.split()))
    assert (BodySource.JSON_LD if shape == "linked" else BodySource.PAGE) == found.body_source


def test_a_headline_alone_is_no_text() -> None:
    """A page that shows its headline and nothing else gives way to the feed, or has no article."""
    markup = "<html><body><main><h1>The river floods the old town again</h1></main></body></html>"
    assert isinstance(extract_page(page(markup)), NoArticle)
    summary = "The river rose above its banks and flooded the old town, the mayor said on Monday."
    found = extract_page(page(markup, of=entry(summary=summary)))
    assert isinstance(found, PageArticle)
    assert (summary, BodySource.FEED) == (found.body, found.body_source)


@pytest.mark.parametrize("text", ["", "{", "[" * 200_000, json.dumps({"a": "x" * 2_000_001}), '{"a": ["short", {}]}'])
def test_data_without_a_text_give_none(text: str) -> None:
    """Broken, huge, deep and plain data hold no body, and nothing raises."""
    root = parse(f"<html><body><script type='application/json'>{text}</script><p>x</p></body></html>")
    assert root is not None
    assert body_in_data(data_scripts(root)) == ()


def test_linked_data_are_not_the_programs_data() -> None:
    """JSON-LD is read elsewhere, and scripts that are programs hold no data."""
    root = parse("<script type='application/ld+json'>{}</script><script>let a = 1</script><p>x</p>")
    assert root is not None
    assert data_scripts(root) == ()


def test_dense_scripts_measure_more() -> None:
    """A character of Han, Kana or Hangul says as much as two and a half of an alphabet."""
    assert [4, 4, 10, 10] == [measure(text) for text in ("text", "река", "旧市街が", "구시가지")]


@pytest.mark.parametrize(
    "call",
    [
        "Materiał chroniony prawem autorskim, przedruk za zgodą wydawcy.",
        "PUEDES VER: El puente del norte sigue cerrado",
        "Schon gelesen?",
        "To view the full story, please subscribe to the Example Times.",
        "Pour lire la suite de cet article, abonnez-vous.",
        "مواضيع ذات صلة",
        "推荐阅读：桥梁关闭数日",
        "بیشتر بدانید: پل شمال",
        "Mohlo by vás zajímat: most zůstává zavřený",
        "Bunlar da ilginizi çekebilir",
    ],
)
def test_calls_to_readers_go(call: str) -> None:
    """What points elsewhere or speaks to the reader is dropped from the middle of a text, in many languages."""
    text = blocks_from_text("\n".join(SENTENCES))
    assert text == trimmed((*text[:2], *blocks_from_text(call), *text[2:]), (), "")


@pytest.mark.parametrize(
    "notice", ["© Örnek Gazetesi. Tüm hakları saklıdır.", "Todos os direitos reservados.", "禁止转载"]
)
def test_notices_of_rights_go_from_the_end(notice: str) -> None:
    """Who holds the rights is said below a text, and is no part of it."""
    text = blocks_from_text("\n".join(SENTENCES))
    assert text == trimmed((*text, *blocks_from_text(notice)), (), "")
