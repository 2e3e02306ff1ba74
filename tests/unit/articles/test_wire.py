"""Datelines, as agencies of many countries set them."""

import pytest

from storyfold.articles.wire import agency_of

REST = " the river rose above its banks and flooded the old town on Monday night, the mayor said."


@pytest.mark.parametrize(
    ("dateline", "agency"),
    [
        ("KABUL, July 8 (Reuters) —", "Reuters"),
        ("(ANSA) - ROMA, 3 MAG -", "ANSA"),
        ("MADRID, 3 May. (EUROPA PRESS) -", "Europa Press"),
        ("МОСКВА, 3 мая - РИА Новости.", "RIA Novosti"),
        ("МОСКВА, 3 мая. /ТАСС/.", "TASS"),
        ("Москва. 3 мая. INTERFAX.RU -", "Interfax"),
        ("КИЇВ. 3 травня. УНН.", "UNN"),
        ("新华社北京5月3日电（记者王小明）", "Xinhua"),
        ("中新社北京5月3日电", "CNS"),
        ("（中央社記者王小明台北3日電）", "CNA"),
        ("【東京共同】", "Kyodo"),
        ("【ロンドン＝ロイター】", "Reuters"),
        ("[ロンドン ３日 ロイター] -", "Reuters"),
        ("(서울=연합뉴스) 홍길동 기자 =", "Yonhap"),
        ("[서울=뉴시스]", "Newsis"),
        ("القاهرة (رويترز) -", "Reuters"),
        ("باريس (أ ف ب) -", "AFP"),
        ("به گزارش ایسنا،", "ISNA"),
        ("नई दिल्ली, 3 मई (भाषा) -", "PTI"),
        ("Αθήνα (ΑΠΕ-ΜΠΕ)", "ANA-MPA"),
        ("BUNDARA, March 4 (Ostwire) —", "Ostwire"),
        ("PORT EDEN, 4. Mai (Nord Presse) -", "Nord Presse"),
        ("BUNDARA (Ostwire) —", None),
        ("Bundara, March 4 (archive) -", None),
        ("【写真】市長が", None),
        ("人民日报记者在北京来电", None),
        ("The council met on 3 May.", None),
    ],
)
def test_a_dateline_names_its_agency(dateline: str, agency: str | None) -> None:
    """The agency stands in brackets, between strokes, behind the date, or before the word for a wire."""
    assert agency == agency_of(dateline + REST, ())
