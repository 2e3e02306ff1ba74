"""Who is credited, in the by-lines of many languages."""

import pytest

from storyfold.articles.authors import authors
from storyfold.articles.dom import head_of, parse
from storyfold.articles.jsonld import Credit, LinkedArticle
from storyfold.articles.people import is_person, names_in

LINK = "<p><a rel='author'>{}</a></p>"
OURS, THEIRS = LINK.format("Ana Sousa"), LINK.format("Cy Other")
URL = "https://www.tagblatt.example/a"


def credited(*names: str, person: bool = False) -> tuple[str, ...]:
    linked = LinkedArticle(authors=tuple(Credit(name, organisation=False, person=person) for name in names))
    return authors(None, None, linked, (), "Tagblatt", URL)


def shown(markup: str) -> tuple[str, ...]:
    root = parse(f"<html><body><p>Text.</p>{markup}</body></html>")
    assert root is not None
    return authors(root, head_of(root), LinkedArticle(), (), "Tagblatt", URL)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("Von Anna Schmidt, Jörg Maier und Eva Groß", ("Anna Schmidt", "Jörg Maier", "Eva Groß")),
        ("Von Anna Schmidt, Berlin", ("Anna Schmidt",)),
        ("Anna Schmidt aus Kiew", ("Anna Schmidt",)),
        ("Par Élodie Martin et Jean-Luc Le Goff (à Paris)", ("Élodie Martin", "Jean-Luc Le Goff")),
        ("Por María Núñez y José de la Cruz", ("María Núñez", "José de la Cruz")),
        ("Por João da Silva e Ana Sousa", ("João da Silva", "Ana Sousa")),
        ("di Luca De Santis e Marta Rossi", ("Luca De Santis", "Marta Rossi")),
        ("Door Sanne van den Berg en Jan 't Hart", ("Sanne van den Berg", "Jan 't Hart")),
        ("Av Åsa Öberg och Nils Ek", ("Åsa Öberg", "Nils Ek")),
        ("Af Søren Kjær og Mette Holm", ("Søren Kjær", "Mette Holm")),
        ("Matti Virtanen ja Aino Mäki", ("Matti Virtanen", "Aino Mäki")),
        ("Autor: Łukasz Żak i Ewa Ćwik", ("Łukasz Żak", "Ewa Ćwik")),
        ("Автор: Иван Петров и Анна Белова", ("Иван Петров", "Анна Белова")),
        ("Олена Коваль та Іван Шевченко", ("Олена Коваль", "Іван Шевченко")),
        ("Γράφει η Μαρία Παπά και ο Νίκος Λάμπρου", ("Μαρία Παπά", "Νίκος Λάμπρου")),
        ("Haber: Efe Yılmaz", ("Efe Yılmaz",)),
        ("Oleh: Budi Santoso dan Sri Wahyuni", ("Budi Santoso", "Sri Wahyuni")),
        ("Nguyễn Văn An và Trần Thị Bích", ("Nguyễn Văn An", "Trần Thị Bích")),
        ("كتب: أحمد علي", ("أحمد علي",)),
        ("بقلم سارة حسن، محمد عمر", ("سارة حسن", "محمد عمر")),
        ("द्वारा राहुल शर्मा", ("राहुल शर्मा",)),
        ("文/张伟", ("张伟",)),
        ("记者 李娜", ("李娜",)),
        ("【山田太郎】", ("山田太郎",)),
        ("山田太郎、鈴木花子", ("山田太郎", "鈴木花子")),
        ("佐藤健 記者", ("佐藤健",)),
        ("홍길동 기자", ("홍길동",)),
        ("By John E Smith and Tim Childers", ("John E Smith", "Tim Childers")),
        ("By JANE DOE, AP Political Writer", ("JANE DOE",)),
        ("Jane Doe, Reuters", ("Jane Doe",)),
        ("Jane Doe | Senior Editor", ("Jane Doe",)),
        ("Jane Doe - Live Science Contributor", ("Jane Doe",)),
        ("Jane Doe. Tagblatt International", ("Jane Doe",)),
        ("Jane Doe is a reporter for NBC News", ("Jane Doe",)),
        ("Tagblatt Sport", ()),
        ("tagblatt.example", ()),
        ("Toimitus", ()),
        ("Редакция", ()),
        ("新华社", ()),
        ("朝日新聞デジタル編集部の記者たち", ()),
        ("एबीपी न्यूज डेस्क", ()),
        ("رويترز", ()),
        ("AFP", ()),
        ("Regan", ()),
        ("?", ()),
    ],
)
def test_by_lines_of_many_languages(field: str, expected: tuple[str, ...]) -> None:
    """People are told from labels, places, roles and houses, whatever joins them."""
    assert expected == credited(field)


def test_one_name_is_enough_where_a_person_is_stated() -> None:
    """JSON-LD's Person may have one name; a login or a house is still none."""
    assert credited("Regan", "Tagblatt", "rmb8090", "jdadmin", "AFP", person=True) == ("Regan",)


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        # Names side by side in blocks do not run together.
        (
            "<div class='byline'><p>By Ana Sousa and Ben Okri</p><p>Associated Press</p></div>",
            ("Ana Sousa", "Ben Okri"),
        ),
        # Two marked names of one by-line, and one of the next teaser.
        (
            f"<div><div>{OURS}{LINK.format('Ben Okri')}</div></div><div><div><div>{THEIRS}</div></div></div>",
            ("Ana Sousa", "Ben Okri"),
        ),
        ("<aside><a rel='author'>Cy Other</a></aside><div class='byline'>By Ana Sousa</div>", ("Ana Sousa",)),
        ("<div class='comments'><a rel='author'>Cy Other</a></div>", ()),
        ("<div class='byline'>28 April 2026</div><div class='authors'>Ana Sousa</div>", ("Ana Sousa",)),
        ("<div class='byline'>28 April</div><div class='author'>May 2</div><div class='author'>Ana Sousa</div>", ()),
        ("<article class='author-x'><div class='byline'>Ana Sousa<br>Senior Reporter</div></article>", ("Ana Sousa",)),
    ],
)
def test_by_lines_in_markup(markup: str, expected: tuple[str, ...]) -> None:
    """The page's own by-line is read, other articles' and commenters' are not."""
    assert expected == shown(markup)


def test_metas_name_authors() -> None:
    """Where JSON-LD names nobody."""
    assert shown("<meta name='author' content='Staff'><meta name='byl' content='By Ana Sousa'>") == ("Ana Sousa",)


def test_parts_of_a_name_that_say_nothing_go() -> None:
    """Handles and addresses are no names."""
    assert names_in("Ana Sousa @ana https://e.org/ana") == ["Ana Sousa"]
    assert is_person("Ælfric 山田")


@pytest.mark.parametrize(
    ("field", "people"),
    [
        ("Erstellt von Andri Bryner", ["Andri Bryner"]),
        ("Glen Owen And Brendan Carlin For The Mail On Sunday", ["Glen Owen", "Brendan Carlin"]),
        ("José Ortega y Gasset", ["José Ortega y Gasset"]),
        ("María José García y Juan Pérez", ["María José García", "Juan Pérez"]),
        ("Корреспондент: Ольга Смирнова", ["Ольга Смирнова"]),
        ("Του Γιώργου Παπαδόπουλου", ["Γιώργου Παπαδόπουλου"]),
        ("القاهرة - أحمد علي", ["أحمد علي"]),
        ("الجزيرة نت", []),
        ("יעל כהן ודני לוי", ["יעל כהן", "דני לוי"]),
        ("編集委員 鈴木一郎", ["鈴木一郎"]),
        ("本报记者 王小明 李华", ["王小明", "李华"]),
        ("홍길동 기자 hong@news.example", ["홍길동"]),
        ("Phóng viên Minh Anh", ["Minh Anh"]),
        ("Por Redação, g1 — São Paulo", []),
        ("Mwandishi Wetu", []),
        ("Prof. Dr. Max Weber", ["Prof. Dr. Max Weber"]),
        ("T. Lee Smith", ["T. Lee Smith"]),
        ("Text: Eva Ek Foto: Bo By", ["Eva Ek"]),
        ("กองบรรณาธิการ", []),
        ("สมชาย ใจดี", ["สมชาย ใจดี"]),
    ],
)
def test_by_lines_of_the_world_give_their_people(field: str, people: list[str]) -> None:
    """By-words, desks, places and titles, as by-lines in many languages have them."""
    assert people == [name for name in names_in(field) if is_person(name)]
