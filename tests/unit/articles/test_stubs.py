"""Pages that answer with status 200 and are no article, in many languages; and articles that look like them."""

import json
from dataclasses import replace

import pytest

from storyfold.articles.extract import extract_page
from storyfold.model.articles import BodySource, Quality
from storyfold.model.page import NoArticle, PageArticle
from tests.unit.articles.pages import SENTENCES, article_html, entry, page

TITLE = "River floods old town"
OF = entry(title=TITLE, summary=SENTENCES[0])


def html(title: str, *paragraphs: str, head: str = "", heading: bool = True) -> str:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    shown = f"<h1>{title}</h1>" if heading else ""
    return f"<html><head><title>{title}</title>{head}</head><body><main>{shown}{text}</main></body></html>"


CHALLENGES = [
    ("Just a moment...", "The site needs to review the security of your connection before proceeding."),
    (
        "Attention Required! | Cloudflare",
        "Sorry, you have been blocked from this site by its owner for the time being.",
    ),
    ("news.example.org", "Please enable JS and disable any ad blocker"),
    ("Access to this page has been denied", "We believe you are using automation tools to browse the website."),
    ("Access Denied", "You don't have permission to access this page on this server. Reference #18.2d351ab8"),
    ("Example News", "Your browser's behaviour made us think that you might be a bot. Press and hold to go on."),
    ("Are you a robot?", "Tick the box to go on to the page that you have asked for, and thank you for the trouble."),
    ("Einen Moment bitte ...", "Bitte aktivieren Sie JavaScript und Cookies, um auf dieser Seite weiterzulesen."),
    ("Un instant…", "Activez JavaScript et les cookies pour poursuivre votre lecture sur notre site."),
    ("Acceso denegado", "El sistema ha visto un tráfico extraño desde su red y le pide que espere un poco."),
    ("Um momento…", "Ative o JavaScript e os cookies para que a página seja mostrada no seu navegador."),
    ("Accesso negato", "Il sistema ha notato qualcosa di strano e chiede di aspettare prima di proseguire."),
    ("Odmowa dostępu", "Włącz obsługę JavaScript i pliki cookie, aby przejść dalej do wybranej strony."),
    ("Доступ ограничен", "Подтвердите, что запросы отправляли вы, и страница откроется через несколько секунд."),
    ("Bir dakika lütfen...", "Devam etmeden önce bağlantınızın güvenliği gözden geçiriliyor, bekleyin."),
    ("لحظة من فضلك", "يتم فحص الاتصال قبل المتابعة إلى الصفحة المطلوبة وقد يستغرق ذلك بضع ثوان"),
    ("しばらくお待ちください", "接続の安全性を確認しています。数秒で自動的にページが表示されます。"),
    ("人机验证", "为了继续访问，请先完成下面的验证，页面会在几秒钟之后自动打开。"),
    ("잠시만 기다리십시오", "연결의 보안을 확인하는 중이며 몇 초가 걸릴 수 있으니 창을 닫지 마십시오."),
    ("Mohon tunggu", "Sambungan Anda sedang diperiksa sebelum halaman yang diminta dapat dibuka untuk Anda."),
]

ERRORS = [
    (
        "404 - Page not found | Example News",
        "Perhaps it was moved. Try the search, or go back to the front page of the site.",
    ),
    ("Example News", "Sorry, the page can't be found. It may have been moved, or its name may have changed meanwhile."),
    ("Oops!", "This address leads nowhere. Please try the search above or have a look at the latest news."),
    ("503 Service Unavailable", "Our servers are busy at the moment, please come back in a few minutes from now."),
    ("We'll be back soon", "The site is being looked after tonight and will be open again in the morning hours."),
    ("Seite nicht gefunden", "Vielleicht wurde sie verschoben. Versuchen Sie es über die Suche oder die Startseite."),
    ("Page introuvable", "L'adresse a peut-être changé. Essayez la recherche ou revenez à la page d'accueil."),
    ("Página no encontrada", "Puede que la dirección haya cambiado. Pruebe con el buscador o vuelva a la portada."),
    ("Página não encontrada", "Talvez o endereço tenha mudado. Tente a pesquisa ou volte à primeira página do site."),
    ("Pagina non trovata", "Forse l'indirizzo è cambiato. Provate con la ricerca o tornate alla prima pagina."),
    ("Nie znaleziono strony", "Być może adres się zmienił. Skorzystaj z wyszukiwarki albo wróć na stronę główną."),
    ("Страница не найдена", "Возможно, адрес изменился. Воспользуйтесь поиском или вернитесь на главную страницу."),
    ("Sayfa bulunamadı", "Adres değişmiş olabilir. Aramayı deneyin ya da ana sayfaya dönün, teşekkür ederiz."),
    ("الصفحة غير موجودة", "ربما تغير العنوان جرب البحث أو عد إلى الصفحة الرئيسية للموقع وشكرا لك على الزيارة"),
    ("ページが見つかりません", "アドレスが変わった可能性があります。検索をお試しになるか、トップへお戻りください。"),
    ("页面不存在", "地址可能已经更改，请尝试搜索，或者返回首页查看最新的新闻内容和报道。"),
    ("페이지를 찾을 수 없습니다", "주소가 바뀌었을 수 있습니다. 검색을 이용하거나 첫 화면으로 돌아가 주십시오."),
    ("Halaman tidak ditemukan", "Mungkin alamatnya sudah berubah. Cobalah pencarian atau kembali ke halaman depan."),
    ("Pagina niet gevonden", "Misschien is het adres veranderd. Probeer het zoekvenster of ga naar de voorpagina."),
    ("Sidan hittades inte", "Adressen kan ha ändrats. Pröva sökningen eller gå tillbaka till första sidan i stället."),
    ("Stránka nenalezena", "Adresa se možná změnila. Zkuste vyhledávání nebo se vraťte na úvodní stránku webu."),
    (
        "Az oldal nem található",
        "Lehet, hogy a cím megváltozott. Próbálja meg a keresőt, vagy térjen vissza a főoldalra.",
    ),
    ("Siden ble ikke funnet", "Kanskje adressen er endret. Prøv søket eller gå tilbake til forsiden av nettstedet."),
    ("Η σελίδα δεν βρέθηκε", "Ίσως η διεύθυνση έχει αλλάξει. Δοκιμάστε την αναζήτηση ή επιστρέψτε στην αρχική."),
]

CONSENTS = [
    (
        "We and our 812 partners use cookies to store personal data. Accept all or manage your preferences. "
        "Your consent may be withdrawn; our partners process personal data for tracking and our vendors "
        "rely on consent."
    ),
    (
        "Wir und unsere Partner verwenden Cookies und Tracking. Alle akzeptieren oder ablehnen. Ihre "
        "Einwilligung können "
        "Sie widerrufen, mehr in der Datenschutzerklärung. Mit Werbung weiterlesen: Tracking, Cookies, "
        "Einwilligung."
    ),
    (
        "Nous et nos partenaires utilisons des cookies. Tout accepter, tout refuser. Votre consentement "
        "vaut pour ce "
        "site; "
        "confidentialité, cookies et partenaires sont décrits ici. Nous utilisons des cookies avec votre "
        "consentement."
    ),
    (
        "Nosotros y nuestros socios utilizamos cookies. Aceptar todo o rechazar todo. Su consentimiento se "
        "puede retirar; "
        "cookies, privacidad y consentimiento se explican aquí. Nuestros socios utilizan cookies con su "
        "consentimiento."
    ),
    (
        "Nós e os nossos parceiros utilizamos cookies. Aceitar tudo ou rejeitar tudo. O seu consentimento "
        "pode ser "
        "retirado; "
        "cookies, privacidade e consentimento. Os parceiros utilizam cookies com o seu consentimento."
    ),
    (
        "Noi e i nostri partner utilizziamo cookie. Accetta tutto o rifiuta tutto. Il tuo consenso si può "
        "revocare; "
        "cookie "
        "e consenso sono spiegati qui. I partner usano cookie con il tuo consenso."
    ),
    (
        "My i nasi partnerzy używamy plików cookie. Akceptuj wszystkie lub odrzuć wszystkie. Twoja zgoda "
        "jest dobrowolna, "
        "zgodę można cofnąć; pliki cookie, zgoda i prywatność są opisane tutaj. Pliki cookie wymagają zgody."
    ),
    (
        "Мы и наши партнёры используем cookies. Принять все или отклонить все. Ваше согласие можно "
        "отозвать; согласие, "
        "cookies и конфиденциальность описаны здесь. Мы используем cookies на основании согласия."
    ),
    (
        "Biz ve ortaklarımız çerez kullanıyoruz. Tümünü kabul et veya tümünü reddet. Gizlilik ve çerez "
        "ayarları burada; "
        "onayınız geri alınabilir, çerezler ve gizlilik hakkında bilgi çerez sayfasında."
    ),
    (
        "نحن وشركاؤنا نستخدم ملفات تعريف الارتباط. قبول الكل أو رفض الكل. يمكنك سحب موافقتك في أي وقت. "
        "الخصوصية وملفات "
        "تعريف "
        "الارتباط موضحة هنا. ملفات تعريف الارتباط تحتاج إلى موافقتك والخصوصية مهمة"
    ),
    (
        "当サイトではクッキーを使用しています。すべて同意する、またはすべて拒否することができます。同意して続けるとクッキーと"
        "プライバシーの設定に同意したことになります。クッキーの同意はいつでも撤回できます。"
    ),
    "我们使用cookie。全部接受或者全部拒绝。您的隐私很重要，您的同意可以随时撤回。cookie和隐私政策的说明在这里，继续使用即表示同意。",
    (
        "Kami dan mitra kami menggunakan cookie. Terima semua atau tolak semua. Persetujuan Anda dapat "
        "ditarik; cookie, "
        "kebijakan privasi dan persetujuan dijelaskan di sini. Mitra memakai cookie dengan persetujuan Anda."
    ),
]

WALLS = [
    "This article is for subscribers only. It takes a minute to join, and you may leave whenever you please.",
    "Dieser Inhalt ist nur für Abonnenten. Testen Sie uns einen Monat lang und lesen Sie alles ohne Grenzen.",
    "Cet article est réservé aux abonnés. Essayez notre offre pendant un mois et lisez tous nos articles.",
    "Contenido exclusivo para suscriptores. Pruebe nuestra oferta durante un mes y lea todos los artículos.",
    "Conteúdo exclusivo para assinantes. Experimente a nossa oferta por um mês e leia todos os artigos do site.",
    "Contenuto riservato agli abbonati. Provate la nostra offerta per un mese e leggete tutti gli articoli.",
    "Treść dostępna tylko dla prenumeratorów. Wypróbuj ofertę przez miesiąc i czytaj wszystkie artykuły serwisu.",
    "Материал доступен только подписчикам. Попробуйте подписку на месяц и читайте все статьи без ограничений.",
    "Bu içerik yalnızca abonelere açıktır. Bir ay boyunca deneyin ve bütün haberleri sınırsız olarak okuyun.",
    "هذا المحتوى للمشتركين فقط ويمكنك تجربة الاشتراك لمدة شهر وقراءة جميع المقالات من دون أي قيود على الإطلاق",
    "この記事は有料会員限定です。一か月のお試し期間がありますので、ぜひこの機会にご検討ください。",
    "本文为付费内容，您可以先试用一个月，之后再决定是否继续阅读我们网站上的全部文章和报道。",
    "Artikel ini khusus pelanggan. Cobalah selama satu bulan dan bacalah semua artikel tanpa batas di situs kami.",
]


def assert_the_feed_serves(body: str) -> None:
    """The feed serves in place of the page, under its own headline and address; without its text nothing does."""
    found = extract_page(page(body, of=OF))
    assert isinstance(found, PageArticle)
    assert (SENTENCES[0], BodySource.FEED, Quality.SUMMARY_ONLY) == (found.body, found.body_source, found.quality)
    assert (TITLE, OF.url) == (found.headline, found.canonical_url)
    assert isinstance(extract_page(page(body, of=entry(title=TITLE))), NoArticle)


@pytest.mark.parametrize(("title", "text"), CHALLENGES)
def test_a_challenge_is_no_article(title: str, text: str) -> None:
    """Neither by its title nor, without one that says so, by what it says."""
    assert_the_feed_serves(html(title, text))


@pytest.mark.parametrize(
    "mark",
    [
        "<script>window._cf_chl_opt={cvId:'3'}</script>",
        "<script src='https://geo.captcha-delivery.com/captcha/?x=1'></script>",
        "<div id='px-captcha'></div>",
    ],
)
def test_a_challenge_without_words_is_told_by_its_markup(mark: str) -> None:
    """What stands in challenges alone, on a short page."""
    text = "Something about your request was not as we are used to see it, and so we ask you to wait here for a while."
    assert_the_feed_serves(html("news.example.org", text, mark, heading=False))


@pytest.mark.parametrize(("title", "text"), ERRORS)
def test_an_error_page_is_no_article(title: str, text: str) -> None:
    """A page that says that there is nothing, under status 200."""
    assert_the_feed_serves(html(title, text, head="<link rel='canonical' href='https://news.example.org/404'>"))


@pytest.mark.parametrize("text", CONSENTS)
def test_a_consent_wall_is_no_article(text: str) -> None:
    """A page that asks for consent first, even at another address."""
    body = html("Example News", text)
    assert_the_feed_serves(body)
    found = extract_page(replace(page(body, of=OF), url="https://consent.example.net/collect?session=1"))
    assert isinstance(found, PageArticle)
    assert OF.url == found.canonical_url


@pytest.mark.parametrize("text", WALLS)
def test_a_wall_without_a_teaser_is_no_article(text: str) -> None:
    """The feed's text serves, and the article is told not to be free."""
    found = extract_page(page(html(TITLE, text), of=OF))
    assert isinstance(found, PageArticle)
    assert (SENTENCES[0], Quality.SUMMARY_ONLY, False) == (found.body, found.quality, found.is_accessible_for_free)
    assert isinstance(extract_page(page(html(TITLE, text), of=entry(title=TITLE))), NoArticle)


@pytest.mark.parametrize("text", WALLS)
def test_a_teaser_before_a_wall_is_a_part(text: str) -> None:
    """What stands in front of the wall is kept as a part; a page that says it is free is believed."""
    teaser = article_html(paragraphs=(*SENTENCES[:3], text))
    found = extract_page(page(teaser, of=OF))
    assert isinstance(found, PageArticle)
    assert (Quality.PARTIAL, False) == (found.quality, found.is_accessible_for_free)
    free = json.dumps({"@type": "NewsArticle", "headline": TITLE, "isAccessibleForFree": True})
    said = article_html(f"<script type='application/ld+json'>{free}</script>", paragraphs=(*SENTENCES[:3], text))
    found = extract_page(page(said, of=OF))
    assert isinstance(found, PageArticle)
    assert (Quality.FULL, True) == (found.quality, found.is_accessible_for_free)


@pytest.mark.parametrize(
    ("stated", "free"),
    [
        ({"hasPart": {"isAccessibleForFree": "False", "cssSelector": ".wall"}}, False),
        ({"hasPart": [{"isAccessibleForFree": False}, "x"]}, False),
        ({"hasPart": [{"isAccessibleForFree": True}]}, None),
        ({"isAccessibleForFree": True, "hasPart": {"isAccessibleForFree": False}}, True),
    ],
)
def test_parts_that_cost_money_are_read(stated: dict[str, object], free: bool | None) -> None:
    """A part behind a wall decides where the page is silent about the whole."""
    script = json.dumps({"@type": "NewsArticle", "headline": TITLE, **stated})
    found = extract_page(page(article_html(f"<script type='application/ld+json'>{script}</script>"), of=OF))
    assert isinstance(found, PageArticle)
    assert free is found.is_accessible_for_free


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Cookie banners must offer a real choice, court rules", CONSENTS[0] + " The court said so on Monday."),
        (
            "Page not found: ministry loses its website",
            "Visitors of the ministry's website read 'page not found' all day.",
        ),
        (
            "Are you a robot? Why captchas annoy everyone",
            "Captchas annoy people, and robots solve them faster, a study says.",
        ),
        (
            "Access denied to aid convoys at the border",
            "Aid convoys were denied access at the border, the agency said on Monday.",
        ),
        ("404 people rescued from ferry", "Rescuers brought 404 people from the ferry to the shore during the night."),
        (
            "Papers raise paywall: 'For subscribers only'",
            "Papers raise the price of what is 'for subscribers only' by half.",
        ),
        (
            "Cookies sind aus: Bäcker streiken",
            "Die Bäcker streiken, und Cookies sind in der Stadt am Montag ausverkauft.",
        ),
        (
            "DSGVO: Einwilligung reicht nicht",
            "Die Einwilligung reicht nicht, sagt das Gericht; die DSGVO verlange mehr als das.",
        ),
        (
            "Robots take over the harbour",
            "Robots take over the harbour this summer, the city said, and no captcha will stop them.",
        ),
        (
            "Service unavailable: trains stand still",
            "Trains stand still and the service is unavailable until noon, the railway said.",
        ),
    ],
)
def test_an_article_about_such_things_stays_an_article(title: str, text: str) -> None:
    """Its own title speaks for it, with the feed's word and without, and however short it is."""
    body = html(title, text, f"{text} People in the town were not amused.")
    for known in (entry(title=title), entry()):
        found = extract_page(page(body, of=known))
        assert isinstance(found, PageArticle)
        assert text.split(".", maxsplit=1)[0] in found.body


def test_an_ordinary_page_behind_a_guard_stays_an_article() -> None:
    """A site's guard leaves scripts on every page."""
    scripts = "<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script><script src='https://js.datadome.co/tags.js'></script>"
    found = extract_page(page(article_html(scripts), of=OF))
    assert isinstance(found, PageArticle)
    assert BodySource.PAGE is found.body_source


def test_a_front_page_in_place_of_an_article_is_an_index() -> None:
    """A site that leads old addresses to its front page shows other articles there."""
    front = replace(
        page(article_html().replace("River floods", "Harvest begins in"), of=OF), url="https://news.example.org/"
    )
    found = extract_page(replace(front, entry=replace(OF, title="Council elects new mayor")))
    assert isinstance(found, PageArticle)
    assert (BodySource.FEED, OF.url) == (found.body_source, found.canonical_url)
    own = extract_page(
        page(article_html(), of=entry(url="https://news.example.org/", title="Council elects new mayor"))
    )
    assert isinstance(own, PageArticle)
    assert BodySource.PAGE is own.body_source


@pytest.mark.parametrize(
    "head",
    [
        "<meta property='og:type' content='website'>",
        '<script type=\'application/ld+json\'>{"@type": "CollectionPage"}</script>',
    ],
)
def test_a_section_is_an_index(head: str) -> None:
    """Short lines about many things, on a page that does not say that it is an article."""
    lines = [f"The council of district {n} has met and decided what comes next for all of us." for n in range(9)]
    assert_the_feed_serves(html("Region | Example News", *lines, head=head, heading=False))


@pytest.mark.parametrize(
    ("url", "head"),
    [
        ("https://news.example.org/video/river-123", ""),
        ("https://news.example.org/river", '<script type=\'application/ld+json\'>{"@type": "VideoObject"}</script>'),
    ],
)
def test_a_film_is_marked_as_a_summary(url: str, head: str) -> None:
    """A page with a film and a line about it, by its address or by what it says of itself."""
    found = extract_page(page(html(TITLE, SENTENCES[0], head=head), of=entry(url=url, title=TITLE)))
    assert isinstance(found, PageArticle)
    assert (SENTENCES[0], Quality.SUMMARY_ONLY) == (found.body, found.quality)


def test_a_challenge_does_not_name_the_article_of_a_full_feed() -> None:
    """Where the feed has the whole text, headline and address are the feed's too."""
    of = entry(title=TITLE, content="".join(f"<p>{sentence}</p>" for sentence in SENTENCES * 4))
    found = extract_page(page(html("Just a moment...", "Checking your browser."), of=of))
    assert isinstance(found, PageArticle)
    assert (TITLE, BodySource.FEED, Quality.FULL) == (found.headline, found.body_source, found.quality)
