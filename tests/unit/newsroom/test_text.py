import pytest

from newsroom.seeds import stream
from newsroom.text.banks import kinds, macros, parse_bank
from newsroom.text.grammar import expand, parse
from newsroom.text.voice import ordinal, rounded, spell


def say(template: str, seed: int = 1, **facts: str) -> str:
    return expand(parse(template), facts.__getitem__, macros(), stream(seed))


def test_choices_slots_and_articles() -> None:
    """Choices are made, slots filled, `a` becomes `an`, and the sentence begins with a capital."""
    assert say("(a) [what] came, a (odd) thing.", what="owl") == "An owl came, an odd thing."


def test_nested_choices_reach_every_wording() -> None:
    """Every path through nested choices is taken by some seed."""
    assert {"Ab", "Ac", "D"} == {say("(a(b|c)|d)", seed) for seed in range(60)}


@pytest.mark.parametrize("bad", ["(a|b", "a|b)", "a)"])
def test_unbalanced_templates_are_refused(bad: str) -> None:
    """A parenthesis without its partner is a mistake in the bank."""
    with pytest.raises(ValueError, match="parenthesis"):
        parse(bad)


def test_stray_lines_are_refused() -> None:
    """A line that is neither a declaration nor in a section is a mistake in the bank."""
    with pytest.raises(ValueError, match="neither"):
        parse_bank("x", "nonsense here")


def test_unknown_course_is_refused() -> None:
    """A number has one of three courses."""
    with pytest.raises(ValueError, match="none of"):
        parse_bank("x", "number dead 1 2 explodes")


def test_banks_are_rich_enough() -> None:
    """There are twelve kinds or more, each with enough wordings for every part of an article."""
    assert len(kinds()) >= 12
    for bank in kinds():
        assert len(bank.lines("headline")) >= 6, bank.name
        assert len(bank.exactly("lead", 1)) == 1, bank.name
        assert len(bank.choose("fact", 2)) >= 8, bank.name
        assert bank.lines("quote"), bank.name
        assert bank.lines("topic"), bank.name
        assert bank.lines("mention"), bank.name


@pytest.mark.parametrize(
    ("amount", "decimals", "words", "expected"),
    [(12, 0, True, "twelve"), (12, 0, False, "12"), (1234, 0, True, "1,234"), (6.25, 2, True, "6.25")],
)
def test_spelling_of_numbers(amount: float, decimals: int, words: bool, expected: str) -> None:
    """Numbers follow house style."""
    assert expected == spell(amount, decimals, words=words)


@pytest.mark.parametrize(("amount", "expected"), [(7, 7), (83, 83), (1279, 1200), (45_901, 45_000)])
def test_rounding(amount: int, expected: int) -> None:
    """Two leading digits are kept."""
    assert expected == rounded(amount)


@pytest.mark.parametrize(("number", "expected"), [(1, "1st"), (22, "22nd"), (83, "83rd"), (11, "11th"), (4, "4th")])
def test_ordinals(number: int, expected: str) -> None:
    """Ordinals take their endings, the teens theirs."""
    assert expected == ordinal(number)
