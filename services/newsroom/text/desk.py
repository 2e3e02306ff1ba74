"""The copy desk: what becomes of somebody else's text. Wire copy, light edits, corrections, round-ups."""

from functools import cache

from newsroom.seeds import Random
from newsroom.text.banks import general, macros, raw
from newsroom.text.grammar import expand
from newsroom.text.writer import Draft


def dispatch(draft: Draft, dateline: str, agency: str) -> Draft:
    """Put a dateline and the agency's mark before an agency's text."""
    first, *rest = draft.paragraphs
    return Draft(draft.headline, draft.summary, (f"{dateline} ({agency}) - {first}", *rest))


def wire_copy(source: Draft, headline: str, agency: str, rng: Random) -> Draft:
    """Take over an agency's text: new headline, cut from the end, dateline kept or not, few words changed."""
    kept = max(1, round(len(source.paragraphs) * rng.uniform(0.45, 1.0)))
    texts = list(source.paragraphs[:kept])
    if rng.random() < 0.5:
        texts[0] = texts[0].partition(" - ")[2] or texts[0]
    if rng.random() < 0.6:
        texts = [_swap(text, rng, 0.25) for text in texts]
    if rng.random() < 0.4:
        texts.append(
            rng.choice(("({})", "With reporting by {}", "Source: {}", "{} / editing by our desk")).format(agency)
        )
    title = headline if rng.random() < 0.75 else source.headline
    return Draft(title, texts[0], tuple(texts))


def light_edit(source: Draft, headline: str, rng: Random) -> Draft:
    """Take over another house's text with words swapped, a paragraph dropped and paragraphs joined."""
    texts = [_swap(text, rng, 0.7) for text in source.paragraphs]
    if len(texts) > 3:
        texts.pop(rng.randrange(2, len(texts)))
    if len(texts) > 2 and rng.random() < 0.5:
        at = rng.randrange(1, len(texts) - 1)
        texts[at : at + 2] = [f"{texts[at]} {texts[at + 1]}"]
    return Draft(headline, texts[0], tuple(texts))


def corrected(source: Draft, right: Draft, rng: Random) -> Draft:
    """Return the text with a note and with the paragraphs that now say something else."""
    note = expand(rng.choice(general().lines("correction-note")), str, macros(), rng)
    return Draft(right.headline, source.summary, (*right.paragraphs, note))


def correction_headline(headline: str, rng: Random) -> str:
    """Return the headline of an article that corrects an earlier one."""
    template = rng.choice(general().lines("correction-headline"))
    return expand(template, lambda _: headline, macros(), rng)


def round_up(items: tuple[Draft, ...], rng: Random) -> Draft:
    """Write a list of several happenings, a paragraph each."""
    title = expand(rng.choice(general().lines("roundup-headline")), lambda _: items[0].headline, macros(), rng)
    intro = expand(rng.choice(general().lines("roundup-intro")), str, macros(), rng)
    points = tuple(f"{n}. {item.headline}. {item.summary}" for n, item in enumerate(items, start=1))
    return Draft(title, intro, (intro, *points))


def _swap(text: str, rng: Random, share: float) -> str:
    """Exchange some words for their neighbours from the table of edits."""
    for old, new in _edits():
        if old in text and rng.random() < share:
            text = text.replace(f" {old} ", f" {new} ", 1)
    return text


@cache
def _edits() -> tuple[tuple[str, str], ...]:
    """Return the table of exchangeable words."""
    lines = (line.partition(" -> ") for line in raw("edits.txt").splitlines() if line)
    return tuple((old, new) for old, _, new in lines)
