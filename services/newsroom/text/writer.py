"""Writes reports: the same facts in other words, order and length each time."""

from dataclasses import dataclass
from operator import itemgetter

from newsroom.model import Happening
from newsroom.seeds import Random
from newsroom.text.banks import Bank, Section, general, kind, macros
from newsroom.text.grammar import Template, expand, fill
from newsroom.text.voice import Voice

# How often a later report leaves out a fact that was known at an earlier stage.
_STALE_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Draft:
    """A text before it has a publisher."""

    headline: str
    summary: str
    paragraphs: tuple[str, ...]

    @property
    def words(self) -> int:
        """Words of the body."""
        return sum(paragraph.count(" ") + 1 for paragraph in self.paragraphs)


@dataclass(frozen=True, slots=True)
class Order:
    """What an editor asks for.

    Attributes:
        stage: Which facts and figures are known: 0, 1 or 2.
        words: Wanted length of the body.
        spells_numbers: Small numbers are written as words.
        asides: Other happenings that are mentioned in passing.
    """

    stage: int
    words: int
    spells_numbers: bool
    asides: tuple[Happening, ...] = ()


def report(happening: Happening, order: Order, rng: Random) -> Draft:
    """Write a report of a happening in words of its own.

    The lead comes first, then facts, quotes, reactions and context in an order that follows importance with
    noise, until the wanted length is reached. No wording is used twice in one report.
    """
    bank = kind(happening.kind)
    voice = Voice(happening, order.stage, words=order.spells_numbers, rng=rng)

    def say(template: Template) -> str:
        return expand(template, voice.resolve, macros(), rng)

    headline = say(_headline(bank, order.stage, rng))
    voice.forget_names()
    sentences = [say(_lead(bank, order.stage, rng))]
    count = sentences[0].count(" ") + 1
    for template in _pool(bank, order.stage, rng):
        if count >= order.words:
            break
        sentence = say(template)
        sentences.append(sentence)
        count += sentence.count(" ") + 1
    for other in order.asides:
        sentences.insert(rng.randint(1, len(sentences)), _aside(other, order, rng))
    summary = sentences[0] if rng.random() < 0.7 else " ".join(sentences[:2])
    return Draft(headline, summary, paragraphs(sentences, rng))


def _aside(other: Happening, order: Order, rng: Random) -> str:
    """Mention another happening in one sentence."""
    voice = Voice(other, order.stage, words=order.spells_numbers, rng=rng)
    mention = fill(rng.choice(kind(other.kind).lines("mention")), voice.resolve, macros(), rng)
    slots = {"mention": mention, "elsewhere": other.country.capital}
    return expand(rng.choice(general().lines("aside")), slots.__getitem__, macros(), rng)


def paragraphs(sentences: list[str], rng: Random) -> tuple[str, ...]:
    """Group sentences into paragraphs of one to three; the lead stands alone more often than not."""
    grouped: list[str] = []
    index = 0
    while index < len(sentences):
        size = 1 if index == 0 and rng.random() < 0.6 else rng.choice((1, 2, 2, 3))
        grouped.append(" ".join(sentences[index : index + size]))
        index += size
    return tuple(grouped)


def opinion(happening: Happening, order: Order, rng: Random) -> Draft:
    """Write a piece that takes the happening's subject as its occasion and is a story of its own."""
    bank, common = kind(happening.kind), general()
    voice = Voice(happening, order.stage, words=order.spells_numbers, rng=rng)
    topic = rng.choice(bank.lines("topic"))

    def resolve(slot: str) -> str:
        if slot == "topic":
            return (
                expand(topic, voice.resolve, macros(), rng)[0].lower() + expand(topic, voice.resolve, macros(), rng)[1:]
            )
        return voice.resolve(slot)

    def say(template: Template) -> str:
        return expand(template, resolve, macros(), rng)

    headline = say(rng.choice(common.lines("opinion-headline")))
    voice.forget_names()
    leads = tuple(w for s in common.sections if s.name == "opinion" and s.label == "lead" for w in s.wordings)
    body = [w for s in common.sections if s.name == "opinion" and not s.label for w in s.wordings]
    rng.shuffle(body)
    sentences = [say(rng.choice(leads))]
    for template in (*body, *bank.lines("background")):
        if sum(s.count(" ") + 1 for s in sentences) >= order.words:
            break
        sentences.append(say(template))
    return Draft(headline, sentences[0], paragraphs(sentences, rng))


def _headline(bank: Bank, stage: int, rng: Random) -> Template:
    return _of_stage(bank, "headline", stage, rng)


def _lead(bank: Bank, stage: int, rng: Random) -> Template:
    return _of_stage(bank, "lead", stage, rng)


def _of_stage(bank: Bank, name: str, stage: int, rng: Random) -> Template:
    """Choose from the newest stage that has wordings, sometimes from one before."""
    sections = bank.choose(name, stage)
    newest = max(section.stage for section in sections)
    fitting = tuple(section for section in sections if section.stage == newest)
    return rng.choice(rng.choice(fitting).wordings)


def _pool(bank: Bank, stage: int, rng: Random) -> tuple[Template, ...]:
    """Return what can follow the lead, the most wanted first."""
    ranked: list[tuple[float, Template]] = []
    for index, section in enumerate(bank.choose("fact", stage)):
        fresh = section.stage == stage and stage > 0
        if stage > section.stage and rng.random() < _STALE_SHARE:
            continue
        weight = (0.0 if fresh else 0.5 * index) + rng.random() * 5
        ranked.append((weight, rng.choice(section.wordings)))
    ranked.extend((2 + rng.random() * 8, rng.choice(s.wordings)) for s in bank.choose("quote", stage))
    ranked.extend((4 + rng.random() * 10, template) for template in _some(bank.choose("background", 2), 3, rng))
    common = general()
    reactions = tuple(s for s in common.sections if s.name == "reaction" and s.label == bank.tone)
    ranked.extend((3 + rng.random() * 9, template) for template in _some(reactions, 3, rng))
    ranked.extend((5 + rng.random() * 10, template) for template in _some(common.choose("context", 0), 8, rng))
    ranked.sort(key=itemgetter(0))
    return tuple(template for _, template in ranked)


def _some(sections: tuple[Section, ...], most: int, rng: Random) -> tuple[Template, ...]:
    """Draw up to `most` different wordings from sections whose lines are different statements."""
    wordings = [wording for section in sections for wording in section.wordings]
    return tuple(rng.sample(wordings, min(most, len(wordings))))
