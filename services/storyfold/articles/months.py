"""Names of months in the languages that news is written in, as the beginnings by which they are told apart.

Nominative, genitive and abbreviated forms share their beginning. Where languages differ over a name (Croatian and
Polish *listopad* are October and November) the longer form decides, else the page's language. Names after CLDR.
"""

import re

# A line a language or family: January to December; forms of one month are set apart by a slash.
_GREGORIAN = """
jan feb mar apr may jun jul aug sep oct nov dec
jän febr mär/maer apr mai/maj juni juli august sept okt nov dez
janv fév/fev mars avr mai juin juil aoû/aout sept octo nov déc
ene feb marz abr mayo junio julio ago set oct nov dic
jan fev març abr maio junho julho agosto set out nov dez
gen feb marz apr mag giu lug ago set ott nov dic
gen feb març abr maig juny juliol agost set oct nov des
ian feb mart apr mai iun iul aug sept oct noi dec
jan feb maart/mrt apr mei juni juli aug sep okt nov dec
sty lut mar kwi maj cze lip sie wrz paź lis gru
led úno/uno bře/bre dub kvě/kve červen/červn/čvn červenec/července/čvc srp/srpna/srpen zář/zar říj/rij lis pro
jan feb mar apr máj jún júl aug sep okt nov dec
jan febr már ápr máj jún júl aug szept okt nov dec
jan feb mar apr maj jun jul avg sept okt nov dec
sij velj ožu/ozu tra svi lipnj/lipanj srpnj/srpanj kol ruj listopada-hr stu prosin
tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu
jaan veeb märts apr mai juuni juuli aug sept okt nov dets
janv febr mart apr maij jūn jūl aug sept okt nov dec
saus vasar kov baland gegu biržel liep rugpj rugs spal lapkr gruod
jan feb mar apr maí jún júl ágú sep okt nóv des
jan shk mar pri maj qer kor gush shta tet nën/nen dhj
jan feb mac apr mei jun julai ogos/agu sep okt nov disem/des
oca şub mart nis mayıs/may haz tem ağu eyl eki kas ara
yan fev mart apr may iyun iyul avq sent okt noy dek
yan fev mart apr may iyun iyul avg sen okt noy dek
янв фев мар апр мая/май июн июл авг сен окт ноя дек
січ лют бер кві тра черв лип серп вер жов лист груд
студз лют сак крас мая чэрв ліп жні верас кас ліст снеж
яну фев мар апр май юни юли авг сеп окт ное дек
јан феб мар апр мај јун јул авг сеп окт нов дец
қаң ақп нау сәу мам мау шіл там қыр қаз қар жел
ιαν φεβ μαρ/μάρ απρ μαΐ/μάι/μαι/μαϊ ιουν/ιούν ιουλ/ιούλ αυγ/αύγ σεπ οκτ νοε/νοέ δεκ
հունվ փետր մարտ ապր մայ հունիս հուլիս օգոս սեպտ հոկտ նոյ դեկ
იან თებ მარ აპრ მაი ივნ ივლ აგვ სექ ოქტ ნოე დეკ
يناير فبراير مارس أبريل/ابريل/إبريل مايو يونيو يوليو أغسطس/اغسطس سبتمبر أكتوبر/اكتوبر نوفمبر ديسمبر
كانون_الثاني شباط آذار نيسان أيار حزيران تموز آب أيلول تشرين_الأول تشرين_الثاني كانون_الأول
جانفي فيفري مارس أفريل ماي جوان جويلية أوت سبتمبر أكتوبر نوفمبر ديسمبر
ژانویه فوریه مارس آوریل مه ژوئن ژوئیه/جولای اوت/آگوست سپتامبر اکتبر نوامبر دسامبر
جنوری فروری مارچ اپریل مئی جون جولائی اگست ستمبر اکتوبر نومبر دسمبر
ינואר פברואר מרץ/מרס אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר
जनवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर
जन. फ़रवरी मार्च एप्रिल मे जून जुलै ऑगस्ट सितम्बर अक्तूबर नवम्बर दिसम्बर
जन. फ़रवरी मार्च एप्रिल मे जून जुलै ऑगस्ट सप्टेंबर ऑक्टोबर नोव्हेंबर डिसेंबर
জানুয়ারি/জানুয়ারি ফেব্রুয়ারি/ফেব্রুয়ারি মার্চ এপ্রিল মে জুন জুলাই আগস্ট সেপ্টেম্বর অক্টোবর নভেম্বর ডিসেম্বর
ஜனவரி பிப்ரவரி மார்ச் ஏப்ரல் மே ஜூன் ஜூலை ஆகஸ்ட் செப்டம்பர் அக்டோபர் நவம்பர் டிசம்பர்
జనవరి ఫిబ్రవరి మార్చి ఏప్రిల్ మే జూన్ జులై/జూలై ఆగస్టు సెప్టెంబర్ అక్టోబర్ నవంబర్ డిసెంబర్
มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม
ม.ค. ก.พ. มี.ค. เม.ย. พ.ค. มิ.ย. ก.ค. ส.ค. ก.ย. ต.ค. พ.ย. ธ.ค.
"""
# The Solar Hijri calendar of Iran and Afghanistan.
_HIJRI = "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند"


def _table(lines: str) -> dict[str, int]:
    """Beginnings to months; the first to claim one keeps it."""
    found: dict[str, int] = {}
    for line in lines.strip().splitlines():
        for number, forms in enumerate(line.split(), 1):
            for form in forms.split("/"):
                found.setdefault(form.replace("_", " "), number)
    return found


MONTHS = _table(_GREGORIAN)
HIJRI_MONTHS = _table(_HIJRI)
# Croatian names what Polish, Czech and Ukrainian name otherwise.
CROATIAN = {"lis": 10, "srp": 7, "lip": 6, "pro": 12}

# A month's name with whatever follows it in the same word, not within a word; Hebrew and Arabic set "in" before it.
MONTH_NAME = re.compile(
    r"(?<![^\W\d_])[בلو]?("
    + "|".join(re.escape(form) for form in sorted({*MONTHS, *HIJRI_MONTHS}, key=len, reverse=True))
    + r")[^\W\d_]*",
    re.IGNORECASE,
)
