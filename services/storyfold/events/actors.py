"""Names in an article as actors: variants of one name together, with what tells of their kind."""

from collections import Counter

from storyfold.model.events import ActorKind
from storyfold.model.features import Named

# A name behind one of these is a person's.
_TITLES = frozenset(
    """President Prime Minister Chancellor Senator Sen Rep Governor Gov Secretary General Gen Colonel Col Judge
    Justice Pope King Queen Prince Princess Sir Dame Lord Lady Mr Mrs Ms Dr Professor Prof Chief Captain
    Sheriff Mayor Ambassador Archbishop Ayatollah Imam Chairman Congressman Congresswoman Commander Detective
    Officer Sergeant Sgt Lt Herr Frau Monsieur Madame""".split()
)
_ORGANISATION = frozenset(
    """Agency Association Bank Board Bureau Center Centre Chamber Commission Committee Company Congress Corp
    Corporation Council Court Department Foundation Fund Group Inc Institute Ltd Ministry Organization
    Organisation Parliament Party Police Press Senate Service Services Society Union University""".split()
)
_MOST = 12


def actors_in(names: Counter[str]) -> tuple[Named, ...]:
    """Gather the names of an article.

    Args:
        names: as written → mentions, in order of first mention.

    Returns:
        At most twelve, most mentioned first. "Ghani" counts for "Ashraf Ghani" where the article has just one such
        longer name; the kind is None where neither a title nor a word of the name tells.
    """
    kinds: dict[str, ActorKind | None] = {}
    mentions: Counter[str] = Counter()
    for name, count in names.items():
        bare, kind = _bare(name)
        if bare:
            mentions[bare] += count
            kinds[bare] = kinds.get(bare) or kind
    whole: dict[str, set[str]] = {}
    for name in mentions:
        words = name.split(" ")
        if len(words) > 1:
            whole.setdefault(words[-1], set()).add(name)
    total: Counter[str] = Counter()
    for name, count in mentions.items():
        longer = whole.get(name, set())
        target = next(iter(longer)) if len(longer) == 1 else name
        total[target] += count
        kinds[target] = kinds.get(target) or kinds[name]
    ranked = sorted(total, key=lambda name: -total[name])[:_MOST]
    return tuple(Named(name, kinds[name], total[name]) for name in ranked)


def _bare(name: str) -> tuple[str, ActorKind | None]:
    words = name.split(" ")
    titled = 0
    while titled < len(words) and words[titled].rstrip(".") in _TITLES:
        titled += 1
    rest = words[titled:]
    if titled and rest:
        return " ".join(rest), ActorKind.PERSON
    if not rest:
        return "", None
    tells = len(rest) > 1 and (rest[-1] in _ORGANISATION or rest[0] in _ORGANISATION)
    return " ".join(rest), ActorKind.ORGANISATION if tells else None
