"""Makes the publishers: names, formats, layouts, sisters and bad habits."""

from newsroom.model import FeedFormat, Habit, HabitLevel, Layout, Publisher, PublisherId
from newsroom.seeds import Random, stream
from newsroom.text.banks import general, macros
from newsroom.text.grammar import expand
from newsroom.text.world import Land

_TITLES = (
    "Courier", "Herald", "Tribune", "Post", "Observer", "Gazette", "Chronicle", "Mirror", "Standard",
    "Telegraph", "Dispatch", "Sentinel", "Examiner", "Monitor", "Echo", "Express", "Journal", "Ledger",
    "Argus", "Beacon",
)  # fmt: skip
_AGENCIES = ("MPA", "Interlink", "NordPresse", "Unipress")
# With so many publishers the first of them is a news agency.
_LEAST_WITH_AGENCY = 4
# One publisher in so many shares a house with the one before.
_SISTER_EVERY = 6
# Habits that rule each other out.
_GUIDS = frozenset({Habit.REUSED_GUID, Habit.CHANGING_GUID, Habit.MISSING_GUID})
# With HabitLevel.SOME one publisher in so many has one habit.
_HABIT_EVERY = 3


def agencies() -> tuple[str, ...]:
    """Return the news agencies; the first is a publisher itself where there are at least four."""
    return _AGENCIES


def publishers(seed: int, count: int, habits: HabitLevel, lands: tuple[Land, ...]) -> tuple[Publisher, ...]:
    """Make `count` publishers; feed formats and layouts all occur as soon as there are enough of them."""
    made: list[Publisher] = []
    for index in range(count):
        rng = stream(seed, "publisher", index)
        agency = _AGENCIES[0] if index == 0 and count >= _LEAST_WITH_AGENCY else None
        made.append(_publisher(index, agency, made, _habits(index, habits), rng.choice(lands), rng=rng))
    return tuple(made)


def _publisher(
    index: int,
    agency: str | None,
    made: list[Publisher],
    habits: tuple[Habit, ...],
    land: Land,
    *,
    rng: Random,
) -> Publisher:
    country = land.country
    taken = {publisher.name for publisher in made}
    name = (
        f"{agency} News Agency" if agency else f"{rng.choice((land.town(rng), country.capital))} {rng.choice(_TITLES)}"
    )
    while name in taken:
        name = f"{land.town(rng)} {rng.choice(_TITLES)}"
    if Habit.BARE_AMPERSANDS in habits:
        name = f"{name} & Sons"
    own = PublisherId(f"p{index:03}.{_domain(name)}.example")
    sister = index % _SISTER_EVERY == _SISTER_EVERY - 1
    formats, layouts = tuple(FeedFormat), tuple(Layout)
    footer = ""
    if index % 2:
        templates = general().lines("footer")
        fixed = {"name": name, "country": country.name}
        footer = expand(templates[(index // 2) % len(templates)], fixed.__getitem__, macros(), rng)
    return Publisher(
        id=own,
        name=name,
        country=country.name,
        house=made[-1].house if sister else own,
        zone=country.zone,
        format=formats[index % len(formats)],
        layout=layouts[(index * 3 + index // len(layouts)) % len(layouts)],
        full_text=index % 4 == 2,
        habits=habits,
        footer=footer,
        spells_numbers=rng.random() < 0.4,
        url_style=index % 4,
        staff=tuple(land.person(rng).name for _ in range(6)),
        agency=agency,
    )


def _habits(index: int, level: HabitLevel) -> tuple[Habit, ...]:
    every = tuple(Habit)
    match level:
        case HabitLevel.NONE:
            return ()
        case HabitLevel.SOME:
            if index % _HABIT_EVERY != 1:
                return ()
            return (every[(index // _HABIT_EVERY) * 5 % len(every)],)
        case HabitLevel.ALL:
            first, second = every[index % len(every)], every[(index * 5 + 3) % len(every)]
            return (first,) if first is second or {first, second} <= _GUIDS else (first, second)


def _domain(name: str) -> str:
    letters = (c.lower() if c.isascii() and c.isalnum() else "-" for c in name)
    return "-".join("".join(letters).split("-")).strip("-").replace("--", "-").replace("--", "-")
