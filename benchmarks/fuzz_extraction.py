"""Fuzzes extraction by mutation of pages of our own writing.

``python -m benchmarks.fuzz_extraction --seconds 600``. Pages are cut, doubled, spliced with one another, salted with
markup, entities and bytes that have hurt parsers before, and nested; each is read in this process, within a limit of
time. What raises, takes longer than the limit or gives text that cannot be encoded is printed with its seed, which
``--seed`` repeats. The last line is one JSON object.
"""

import argparse
import json
import logging
import random
import resource
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.extraction import Truth, page_of
from storyfold.articles.extract import extract_page
from storyfold.model.page import NoArticle, Page

_SEEN_AT = datetime(2026, 5, 1, tzinfo=UTC)
# A page that takes longer is a finding: a large real page takes a tenth of it.
_LIMIT_SECONDS = 3.0
SEEDS = (
    """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>River floods old town | Example</title>
<meta property="og:title" content="River floods old town"><meta name="author" content="By Ana Sousa and Ben
Okri, Staff">
<meta property="article:published_time" content="2026-04-30T06:15:00+02:00"><link rel="canonical" href="/a">
<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"NewsArticle","headline":
"River floods old town","datePublished":"2026-04-30","author":[{"@type":"Person","name":"Ana Sousa"}],"articleBody":
"The river rose above its banks on Monday night and flooded the lower part of the old town."}]}</script></head>
<body><nav><a href="/">Home</a></nav><article><h1>River floods old town</h1><div class="byline">By Ana Sousa<br>
<time datetime="2026-04-30T06:15">April 30, 2026</time></div><div class="body"><p>The river rose above its
banks on Monday
night and flooded the lower part of the old town, the mayor said.</p><p>Some four hundred people were brought
to a school.
</p><ul><li>One</li><li>Two</li></ul><table><tr><td>Depth</td><td>3 m</td></tr></table><blockquote>We were lucky.
</blockquote></div></article><aside><a href="/b">Read also</a></aside><footer>&copy;
Example</footer></body></html>""",
    """<html lang=ru><meta charset=windows-1251><title>Река затопила город - Пример</title><body><div id=main><h1>Река
затопила город</h1><span class=date>14 мая 2026, 12:30</span><div class=text>Вода в реке поднялась выше берегов и
затопила нижнюю часть старого города, сообщил мэр.<br><br>Людей перевезли в школу.</div></div>""",
    """<html dir=rtl lang=ar><body><h1>الفيضان يغمر المدينة القديمة</h1><p>بقلم أحمد علي ١٧ أبريل ٢٠٢٦</p>
<p>ارتفع النهر فوق ضفافه ليلة الاثنين وغمر الجزء السفلي من المدينة القديمة، حسبما قال رئيس
البلدية.</p></body></html>""",
    """<html lang=ja><body><h1>洪水が旧市街を襲う</h1><time>2026年4月17日
午後3時05分</time><p>月曜日の夜、川が堤防を越え、
旧市街の低い部分が浸水したと市長が述べた。約四百人が丘の上の学校に運ばれた。</p><iframe
srcdoc="<p>x</p>"></iframe></body></html>""",
    """<html><body><div class="cookie">We and our partners use cookies. Consent, privacy, vendors, GDPR,
tracking, personal
data.</div><script>window.__NEXT_DATA__={"publishedAt":"2026-04-28T09:00:00Z"}</script><noscript>Enable
JS</noscript>""",
)
_SALT = (
    "<",
    ">",
    "</",
    "&",
    "&#",
    "&#x110000;",
    "&#0;",
    "&amp;amp;amp;",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "\x00",
    "\ufffe",
    "\ud800",
    "\u202e",
    "\u200f",
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<td>",
    "<table>",
    "<svg><a>",
    "<math>",
    "<template>",
    "<frameset>",
    "<base href='//['>",
    "<meta http-equiv=refresh content='0;url=/'>",
    "<h1>",
    "<h1></h1>",
    "<time>",
    "<time datetime='99999-99-99'>",
    "<meta name=date content='0000-00-00'>",
    "9" * 400,
    "2026-13-45T99:99",
    "{",
    "}",
    '"',
    '"author":{"@id":"#a"},"@id":"#a"',
    "[" * 2000,
    '{"a":' * 2000,
    "<b>" * 300,
    "<span class='author'>",
    "a" * 5000,
    "é" * 3000,
    "。" * 500,
    ". " * 800,
    "<br>" * 400,
    "<a rel=author>" * 40,
    "\r\n" * 300,
    "\t",
    "<p>x" * 400,
    "𝔘",
    "İ",
    "ﬁ",
    "ẞ",
    "ǅ",
    "١٢٣",
    "²³",
    "௧",
    "Ⅻ",
    "<script type='application/ld+json'>",
    "</script>",
    "<title>",
    "1e999",
    "NaN",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A page that extraction stumbled over."""

    seed: int
    what: str


def mutated(rng: random.Random) -> bytes:
    """A page that nobody wrote."""
    text = rng.choice(SEEDS)
    for _ in range(rng.randint(1, 12)):
        text = _step(text, rng)
    data = text.encode(rng.choice(("utf-8", "utf-8", "utf-8", "cp1251", "utf-16-le", "shift_jis")), "replace")
    if rng.random() < 0.3:
        spoiled = bytearray(data)
        for _ in range(rng.randint(1, 40)):
            spoiled[rng.randrange(len(spoiled))] = rng.randrange(256)
        data = bytes(spoiled)
    return data


def _step(text: str, rng: random.Random) -> str:
    start, end = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
    match rng.randrange(6):
        case 0:
            return text[:start] + rng.choice(_SALT) + text[start:]
        case 1:
            return text[:start] + text[end:] or "<"
        case 2:
            return (text[:end] + text[start:end] * rng.choice((1, 2, 30)) + text[end:])[:400_000]
        case 3:
            other = rng.choice(SEEDS)
            return text[:start] + other[rng.randrange(len(other)) :]
        case 4:
            return text[:start] + rng.choice(_SALT) * rng.choice((1, 3, 50)) + text[end:] or "<"
        case _:
            tag = rng.choice(("div", "p", "span", "table", "ul", "article", "b", "h1", "script"))
            deep = rng.choice((1, 5, 200))
            return text[:start] + f"<{tag}>" * deep + text[start:end] + f"</{tag}>" * deep + text[end:]


def tried(page: Page, seed: int) -> Finding | None:
    """Read one page and say what went wrong, if anything did."""
    started = time.process_time()
    try:
        found = extract_page(page)
    except Exception as error:  # noqa: BLE001 - whatever is raised is what is looked for
        return Finding(seed, repr(error)[:300])
    spent = time.process_time() - started
    if spent > _LIMIT_SECONDS:
        return Finding(seed, f"took {spent:.1f} s for {len(page.body)} bytes")
    if not isinstance(found, NoArticle):
        try:
            "".join((found.headline, found.body, *found.authors, *found.keywords, *found.sections)).encode()
        except UnicodeEncodeError as error:
            return Finding(seed, repr(error)[:300])
    return None


def main(arguments: list[str]) -> int:
    """Fuzz and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz_extraction", description=main.__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="of CPU")
    parser.add_argument("--seed", type=int, help="read the one page of this seed and say what came of it")
    parser.add_argument("--first", type=int, default=0, help="the seed to begin with")
    options = parser.parse_args(arguments)
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    findings: list[Finding] = []
    count, seed = 0, options.first
    while options.seed is not None or time.process_time() < options.seconds:
        seed = seed if options.seed is None else options.seed
        body = mutated(random.Random(seed))
        truth = Truth(str(seed), "https://e.org/2026/04/30/a", body, None, "", None, None)
        if finding := tried(page_of(truth, _SEEN_AT), seed):
            findings.append(finding)
            print(f"seed {finding.seed}: {finding.what}", flush=True)
        count, seed = count + 1, seed + 1
        if options.seed is not None:
            break
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result = {"pages": count, "findings": len(findings), "cpu_seconds": round(time.process_time(), 1)}
    print(json.dumps(result | {"peak_mib": round(peak)}))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
