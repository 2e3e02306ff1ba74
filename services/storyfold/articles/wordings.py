"""What pages that are no articles say, in the languages of the press: words of challenges, errors, consent and walls.

Patterns are matched against text in lower case with straight apostrophes. Each list goes by language; what any page
might say in passing stands in none of them.
"""

import re

# Titles of bot challenges, and the sentences of those that have no title of their own.
CHALLENGE = re.compile(
    r"just a moment|attention required!?|access (?:to this page has been )?denied|(?:error )?403 forbidden|"
    r"request blocked|"
    r"are you (?:a )?(?:robot|human)|(?:i'm |i am )?not a robot|verify(?:ing)? (?:that )?you are (?:a )?human|"
    r"(?:human|bot) verification|security (?:check|verification)|robot check|pardon our interruption|"
    r"(?:we are )?checking your browser|ddos[- ]guard|client challenge|captcha|unusual (?:traffic|activity)|"
    r"please (?:enable|turn on) (?:javascript|js|cookies)|(?:enable|turn on) javascript and cookies|"
    r"please (?:wait|stand by)|performing security verification|"
    r"(?:nur )?einen moment(?: bitte)?|sicherheitsüberprüfung|zugriff verweigert|"
    r"bestätigen sie, dass sie (?:ein mensch|kein roboter)|"
    r"un instant|vérification de sécurité|accès refusé|vérifiez que vous êtes humain|"
    r"un momento|espere un momento|verificación de seguridad|acceso denegado|verifica que eres humano|"
    r"um momento|verificação de segurança|acesso negado|verifique se você é humano|"
    r"verifica di sicurezza|accesso negato|verifica di essere umano|"
    r"cierpliwości|weryfikacja bezpieczeństwa|odmowa dostępu|potwierdź, że jesteś człowiekiem|"
    r"один момент|подождите|проверка безопасности|доступ (?:запрещ[её]н|ограничен)|(?:подтвердите, что )?вы не робот|"
    r"зачекайте|доступ заборонено|підтвердьте, що ви людина|"
    r"bir dakika lütfen|bir dakika|güvenlik doğrulaması|erişim engellendi|robot olmadığınızı|"
    r"een ogenblik geduld|toegang geweigerd|ett ögonblick|et øjeblik|moment prosím|okamžik|"
    r"لحظة(?: من فضلك)?|تم رفض الوصول|التحقق من الأمان|تحقق من أنك إنسان|"
    r"しばらくお待ちください|アクセスが拒否されました|ロボットではありません|"
    r"请稍候|請稍候|安全验证|安全驗證|访问被拒绝|人机验证|잠시만 기다(?:려|리)\S*(?: (?:주세요|주십시오))?|"
    r"접근이 거부|로봇이 아닙니다|"
    r"mohon tunggu|tunggu sebentar|akses ditolak|verifikasi keamanan|bukan robot|vui lòng đợi|รอสักครู่"
)
CHALLENGE_BODY = re.compile(
    r"(?:please )?(?:enable|turn on) (?:js|javascript) and (?:cookies|disable any ad ?blocker)|"
    r"(?:verify|verifying|confirm|checking) (?:that )?(?:you are|you're) (?:a )?human|"
    r"review the security of your connection|checking (?:if the site connection is secure|your browser before)|"
    r"you don't have permission to access .{0,300} on this server|incapsula incident id|cloudflare ray id|"
    r"your (?:activity|behaviou?r|browser).{0,60}"
    r"(?:looks like|made us think|think that you (?:are|might be)) a (?:ro)?bot|"
    r"(?:press (?:and|&) hold|solve the captcha|complete the captcha|unusual traffic from your)|"
    r"aktivieren sie (?:bitte )?javascript und cookies|activez javascript et les cookies|"
    r"(?:habilita|activa) (?:javascript|las cookies) (?:y|para)|"
    r"(?:habilite|ative) (?:o )?javascript e (?:os )?cookies|"
    r"abilita javascript e i cookie|włącz (?:obsługę )?javascript i (?:pliki )?cookie|"
    r"включите javascript и (?:файлы )?cookies?|"
    r"javascript('i)? ve çerezleri etkinleştir|javascript وملفات تعريف الارتباط|javascript ?と ?cookie ?を有効|"
    r"启用 ?javascript ?和 ?cookie|aktifkan javascript dan cookie"
)
# In the markup of challenges, and of no ordinary page behind the same protection.
CHALLENGE_MARKS = (
    b"_cf_chl_opt",
    b"cf-browser-verification",
    b"captcha-delivery.com/captcha",
    b"px-captcha",
    b"errors.edgesuite.net",
    b"_Incapsula_Resource?SWUDNSAI",
    b"sec-if-cpt-container",
    b"window.gokuProps",
    b"sucuri_cloudproxy_js",
)

# Titles of error and maintenance pages.
ERROR = re.compile(
    r"(?:error|http|fehler|erreur|hata|błąd|ошибка|エラー)?[ :#-]*\b(?:404|410|50[0234])\b(?: error| not found| gone)?|"
    r"oops!?|whoops!?|"
    r"(?:page|article|content|story)?(?: you requested)? ?(?:was |could |can ?)?(?:'t be |not be |not )found|"
    r"(?:this |the |that )?page (?:you .{3,40} )?(?:is |isn't |doesn't |does not |no longer )?"
    r"(?:unavailable|missing|available|exists?|can'?t be found)|"
    r"no longer available|something went wrong|(?:service|temporarily|site) unavailable|internal server error|"
    r"bad gateway|"
    r"(?:down for |under |scheduled |site )maintenance|we'll be (?:right )?back(?: soon)?|"
    r"(?:die )?seite (?:(?:wurde )?nicht gefunden|existiert nicht(?: mehr)?)|nicht gefunden|fehlerseite|"
    r"wartungsarbeiten|"
    r"(?:cette )?page (?:introuvable|non trouvée|n'existe (?:pas|plus))|erreur|site en maintenance|"
    r"página no (?:encontrada|existe|disponible)|no encontrad[ao]|en mantenimiento|"
    r"página não (?:encontrada|existe|disponível)|não encontrad[ao]|em manutenção|"
    r"pagina non (?:trovata|esiste|disponibile)|in manutenzione|"
    r"nie znaleziono(?: strony)?|strona nie (?:istnieje|została znaleziona)|przerwa techniczna|"
    r"(?:ой!? )?(?:страница|материал) не найден[а]?|такой страницы (?:нет|не существует)|технические работы|"
    r"сторінку не знайдено|сторінка не (?:знайдена|існує)|страницата не (?:е намерена|съществува)|"
    r"stránka (?:nenalezena|nebyla nalezena|neexistuje|sa nenašla)|az oldal nem található|a keresett oldal nem|"
    r"pagin[aă] (?:nu a fost găsită|negăsită|niet gevonden)|sidan (?:hittades inte|kunde inte hittas|finns inte)|"
    r"siden (?:ble|blev|kunne) ikke (?:funnet|fundet|findes)|siden (?:finnes|findes) ikke|sivua ei löyd(?:y|etty)|"
    r"stranica (?:nije pronađena|ne postoji)|strani ni mogoče najti|η σελίδα δεν (?:βρέθηκε|υπάρχει)|"
    r"(?:aradığınız )?sayfa (?:bulunamadı|mevcut değil)|bakım çalışması|"
    r"الصفحة (?:غير موجودة|المطلوبة غير موجودة|التي تبحث عنها)|لم يتم العثور على الصفحة|"
    r"صفحه (?:مورد نظر )?(?:یافت|پیدا) نشد|"
    r"הדף (?:לא נמצא|המבוקש)|पृष्ठ नहीं मिला|पेज नहीं मिला|"
    r"(?:お探しの)?ページ(?:が|は)(?:見つかりません|存在しません)(?:でした)?|メンテナンス中|"
    r"(?:요청하신 )?페이지를 찾을 수 없습니다|존재하지 않는 페이지|"
    r"(?:页面|網頁|頁面|网页|您访问的页面)(?:不存在|未找到|找不到|走丢了)|找不到(?:页面|頁面|网页|網頁)|系统维护|"
    r"halaman (?:tidak ditemukan|tidak tersedia|yang anda cari)|sedang dalam (?:perbaikan|pemeliharaan)|"
    r"không tìm thấy trang|trang không tồn tại|ไม่พบหน้า"
)

# Words of consent: many of them, close together, are a wall or an article about walls.
CONSENT = re.compile(
    r"\b(?:cookies?|consent|gdpr|rgpd|dsgvo|kvkk|privacy|personal data|partners?|vendors?|datenschutz\w*|"
    r"einwilligung\w*|zustimm\w*|tracking|werbung|consentement|confidentialité|consentimi?ento|privacidade?|"
    r"parceiros|socios|consenso|partenaires|toestemming|samtyck\w*|samtykke\w*|çerez\w*|gizlilik\w*|zgod[ay]|"
    r"zgodę|prywatnoś\w*|plik\w* cookie|souhlas\w*|согласи\w*|конфиденциальн\w*|kebijakan privasi|persetujuan|"
    r"mitra)\b|"
    r"ملفات تعريف الارتباط|الخصوصية|موافقت\w*|クッキー|cookie|同意|プライバシー|隐私|隱私|쿠키|개인정보"
)
# One of these stands in every such text; looking for them is cheap.
CONSENT_STEMS = (
    *("cookie", "consent", "einwillig", "zustimm", "consenso", "zgod", "çerez", "samtyk", "toestemming", "souhlas"),
    *("согласи", "privasi", "الارتباط", "الخصوصية", "クッキー", "同意", "隐私", "隱私", "쿠키", "privacy"),
)
# What only a wall says: a choice put to the reader, or a house speaking of itself and its partners.
CONSENT_ACT = re.compile(
    r"we (?:and|&) our (?:[\w,]+ )?(?:partners|vendors)|(?:accept|reject|agree to) all\b|"
    r"manage (?:your )?(?:preferences|options|choices)|"
    r"before you continue|your (?:consent|privacy choices|privacy is important)|we (?:use|need your consent)|i agree|"
    r"wir und unsere (?:\w+ )?partner|alle(?:s)? (?:akzeptieren|ablehnen)|ihre (?:einwilligung|zustimmung)|"
    r"mit werbung (?:weiter)?lesen|"
    r"wir (?:verwenden|nutzen|benötigen)|"
    r"nous et nos (?:\w+ )?partenaires|(?:tout|je) (?:accepter?|refuser?)|votre (?:consentement|vie privée)|"
    r"continuer sans accepter|"
    r"nous utilisons|nosotros y nuestros (?:\w+ )?socios|(?:aceptar|rechazar) (?:todo|todas|y continuar)|"
    r"tu (?:consentimiento|privacidad)|"
    r"su consentimiento|utilizamos|"
    r"nós e (?:os )?nossos (?:\w+ )?parceiros|(?:aceitar|rejeitar|recusar) (?:tudo|todos)|"
    r"(?:o seu|seu) consentimento|sua privacidade|"
    r"noi e i nostri (?:\w+ )?partner|(?:accetta|rifiuta) (?:tutto|tutti|e continua)|il tuo consenso|utilizziamo|"
    r"my i nasi (?:\w+ )?partnerzy|(?:akceptuj|odrzuć|akceptuję) (?:wszystk\w+|i przejdź)|"
    r"twoj\w+ (?:zgod\w+|prywatnoś\w+)|używamy|"
    r"мы и наши (?:\S+ )?партн[её]ры|принять все|отклонить все|ваше согласие|мы используем|"
    r"biz ve (?:\w+ )?ortaklarımız|(?:tümünü|hepsini) (?:kabul et|reddet)|(?:onayınız|rızanız|gizliliğiniz)|"
    r"kullanıyoruz|"
    r"wij en onze (?:\w+ )?partners|alles (?:accepteren|weigeren)|uw toestemming|vi och våra partner|godkänn alla|"
    r"vi og våre partnere|"
    r"godta alle|accepter alle|my a naši partneři|přijmout vše|"
    r"نحن وشركاؤنا|قبول الكل|رفض الكل|موافقتك|نستخدم|"
    r"すべて(?:許可|同意|拒否|受け入れ)|同意して(?:続ける|進む)|当サイト(?:では|は)|使用してい(?:ます|る)|"
    r"全部(?:接受|拒绝|拒絕)|接受(?:全部|所有)|我们(?:使用|和我们的合作伙伴)|我們(?:使用|和我們的合作夥伴)|"
    r"您的(?:同意|隐私|隱私)|"
    r"모두 (?:동의|거부|수락)|kami dan (?:para )?mitra|(?:terima|tolak|setujui) semua|persetujuan anda|"
    r"kami menggunakan"
)

# What stands between a teaser and the rest: the reader is told that it is for those who pay.
WALL = (
    *("this article is for subscribers", "this content is for subscribers", "available to subscribers only"),
    *("for subscribers only", "subscriber-only content", "subscribe to continue reading", "subscribe to read the full"),
    *("to continue reading this article", "subscribe to unlock", "to read the full story, subscribe"),
    *("already a subscriber? log in", "already a subscriber? sign in", "you have reached your limit of free articles"),
    *("dieser artikel ist nur für abonnenten", "dieser inhalt ist nur für abonnenten", "weiterlesen mit abo"),
    *("lesen sie weiter mit", "um weiterzulesen", "sie sind bereits abonnent", "exklusiv für abonnenten"),
    *("cet article est réservé aux abonnés", "article réservé aux abonnés", "la suite est réservée aux abonnés"),
    *("abonnez-vous pour lire la suite", "il vous reste à lire", "pour lire la suite de cet article"),
    *("contenido exclusivo para suscriptores", "este contenido es exclusivo", "suscríbete para seguir leyendo"),
    *("para seguir leyendo, suscríbete", "artículo solo para suscriptores", "¿ya eres suscriptor?"),
    *(
        "conteúdo exclusivo para assinantes",
        "exclusivo para assinantes",
        "assine para continuar lendo",
        "já é assinante?",
    ),
    *("contenuto riservato agli abbonati", "articolo riservato agli abbonati", "abbonati per continuare a leggere"),
    *("sei già abbonato?", "questo articolo è riservato agli abbonati"),
    *("treść dostępna tylko dla prenumeratorów", "artykuł tylko dla prenumeratorów", "kup dostęp, aby czytać dalej"),
    *("dalsza część artykułu jest dostępna", "pozostało do przeczytania"),
    *("материал доступен только подписчикам", "доступно только по подписке", "оформите подписку, чтобы читать"),
    *("статья доступна по подписке", "матеріал доступний лише передплатникам"),
    *("bu içerik yalnızca abonelere", "bu haber abonelere özeldir", "okumaya devam etmek için abone ol"),
    *("هذا المحتوى للمشتركين فقط", "للمشتركين فقط", "اشترك لمواصلة القراءة", "اشترك لقراءة المقال كاملا"),
    *("この記事は有料会員限定です", "この記事は会員限定です", "有料会員になると続きを", "残り文字数", "続きを読むには"),
    *("本文为付费内容", "订阅后继续阅读", "成为会员继续阅读", "訂閱後繼續閱讀", "本文為付費內容", "仅限订阅用户"),
    *("유료 회원 전용", "구독자 전용 기사", "구독 후 계속"),
    *("artikel ini khusus pelanggan", "khusus untuk pelanggan", "berlangganan untuk melanjutkan membaca"),
    *(
        "dit artikel is alleen voor abonnees",
        "lees verder met een abonnement",
        "artikeln är låst",
        "läs vidare som prenumerant",
    ),
    *("denne artikkelen er for abonnenter", "artiklen er kun for abonnenter", "tämä artikkeli on vain tilaajille"),
    *(
        "obsah jen pro předplatitele",
        "článek je pouze pro předplatitele",
        "a cikk csak előfizetőknek",
        "doar pentru abonați",
    ),
    *("μόνο για συνδρομητές", "רק למנויים", "chỉ dành cho thuê bao"),
)


def lowered(text: str) -> str:
    """A text as the patterns here want it: lower case, straight apostrophes, single blanks."""
    return " ".join(text.lower().replace("’", "'").replace("ʼ", "'").split())
