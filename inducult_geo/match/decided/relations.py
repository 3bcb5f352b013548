"""What follows from all decisions together: which records are one site, which is part of which, contradictions.

`same` joins records into groups. Between two groups only one thing can hold: that one is part of the other, or that
they are different. What breaks this is a contradiction; it is named with every word that takes part, never resolved
in silence. Until a person settles it, the cautious words are obeyed: `different` and `part_of` keep two records
apart, and of the `same` words that would join them nevertheless the oldest gives way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from inducult_geo.match.decided.verdict import DIFFERENT, PART_OF, SAME, Decision

Tied = Mapping[str, Sequence[tuple[str, Decision]]]
"""Record key -> records that a word `same` ties it to, with the word."""


def tied_by(words: Iterable[Decision]) -> Tied:
    """Gather the words `same` by the records that they are about."""
    tied: dict[str, list[tuple[str, Decision]]] = defaultdict(list)
    for one in sorted(words, key=lambda one: one.pair):
        if one.decision == SAME:
            tied[one.left].append((one.right, one))
            tied[one.right].append((one.left, one))
    return tied


def groups_of(tied: Tied) -> dict[str, str]:
    """Record key -> smallest key of its group, for records that a word `same` is about."""
    group: dict[str, str] = {}
    for start in sorted(tied):
        waiting = [] if start in group else [start]
        group.setdefault(start, start)
        for key in waiting:
            for other, _ in tied[key]:
                if other not in group:
                    group[other] = start
                    waiting.append(other)
    return group


def chain(tied: Tied, start: str, goal: str) -> list[Decision]:
    """Return the shortest chain of words from one record to another; empty where there is none, or nothing to tie."""
    came: dict[str, tuple[str, Decision] | None] = {start: None}
    waiting = [start]
    for key in waiting:
        for other, one in tied.get(key, ()):
            if other not in came:
                came[other] = (key, one)
                waiting.append(other)
    found = []
    step = came.get(goal)
    while step is not None:
        found.append(step[1])
        step = came[step[0]]
    return found[::-1]


def conflicts(words: Iterable[Decision]) -> Iterator[tuple[Decision, ...]]:
    """Yield every set of words that cannot all be true, in an order that depends on the words alone.

    These are: `different` or `part_of` within one group; `different` and `part_of` (or `part_of` both ways) between
    the same two groups; `different` between a group and one that it is part of by way of others; wholes that are part
    of each other in a ring; and a part of two wholes of which neither is part of the other.
    """
    ordered = sorted(words, key=lambda one: one.pair)
    tied = tied_by(ordered)
    group = groups_of(tied)
    between: dict[tuple[str, str], list[Decision]] = defaultdict(list)
    for one in ordered:
        a, b = group.get(one.left, one.left), group.get(one.right, one.right)
        if one.decision == SAME:
            continue
        if a == b:
            yield (one, *chain(tied, *one.pair))
        else:
            between[(a, b) if a < b else (b, a)].append(one)
    for said in between.values():
        first = said[0]
        for one in said[1:]:
            if _claim(one, group) != _claim(first, group):
                turned = group.get(one.left, one.left) != group.get(first.left, first.left)
                ends = (one.right, one.left) if turned else (one.left, one.right)
                yield (first, one, *chain(tied, first.left, ends[0]), *chain(tied, first.right, ends[1]))
    yield from _misplaced([one for said in between.values() for one in said], group)


def kept_apart(words: Iterable[Decision], group: Mapping[str, int]) -> set[int]:
    """Return the groups of records of which words keep two apart, be it by way of others that are called the same.

    Where one hall is a partner's works, and another hall is not, the two halls are two.

    Parameters
    ----------
    words
        Decisions in force.
    group
        Record key -> number of the group that something else than words makes of it.
    """
    said = [*words]
    same = groups_of(tied_by(said))
    held: dict[str, set[int]] = defaultdict(set)
    for key in {key for one in said for key in one.pair} & group.keys():
        held[same.get(key, key)].add(group[key])
    found: set[int] = set()
    for one in said:
        a, b = same.get(one.left, one.left), same.get(one.right, one.right)
        if one.decision != SAME and a != b:
            found |= held[a] & held[b]
        elif one.decision != SAME and one.left in group and group[one.left] == group.get(one.right):
            found.add(group[one.left])
    return found


def told(found: Iterable[Decision]) -> str:
    """Tell the words of a contradiction, each with who said it and when."""
    return " and ".join(f"{one.who} on {one.moment}: '{one.left}' {one.decision} '{one.right}'" for one in found)


def wholes(words: Collection[Decision], group: Mapping[str, str]) -> dict[str, tuple[str, Decision]]:
    """Return for each part its whole: the innermost of several, else the one named last; of a ring the last words.

    Parameters
    ----------
    words
        Decisions in force.
    group
        Record key -> its site (or anything that stands for it). Words about records that are not in it are passed
        over, and so are those within one site or between sites that a steward calls different.

    Returns
    -------
    dict
        Site of the part -> site of the whole, and the word that says so.
    """
    return _chosen(_ringless(words, group))


def _chosen(named: Mapping[str, Mapping[str, Decision]]) -> dict[str, tuple[str, Decision]]:
    """Choose for each part one of the wholes that are named."""
    return {part: _innermost(found, named) for part, found in sorted(named.items())}


def _ringless(words: Collection[Decision], group: Mapping[str, str]) -> dict[str, dict[str, Decision]]:
    """Return for each part all wholes that are named, and by which word: of a ring the last words.

    A word that gives way to another whole of its part closes no ring: what it was held against is heard.
    """
    apart = _different(words, group)
    said = {
        one: (group[one.left], group[one.right])
        for one in sorted(words, key=lambda one: one.order, reverse=True)
        if one.decision == PART_OF and one.left in group and one.right in group and _sites(one, group) not in apart
    }
    named: dict[str, dict[str, Decision]] = defaultdict(dict)
    _name(said, named)
    chosen = {part: dict([found]) for part, found in _chosen(named).items()}
    kept: dict[str, dict[str, Decision]] = defaultdict(dict)
    for part, found in named.items():
        kept[part] = {whole: one for whole, one in found.items() if _reaches(chosen, part, whole)}
    _name({one: (a, b) for one, (a, b) in said.items() if b not in named.get(a, ())}, kept)
    return kept


def _name(said: Mapping[Decision, tuple[str, str]], named: dict[str, dict[str, Decision]]) -> None:
    """Add to the wholes of each part those of words, in their order, but for words that would close a ring."""
    for one, (part, whole) in said.items():
        if part != whole and not _reaches(named, whole, part):
            named[part].setdefault(whole, one)


def unheeded(words: Iterable[Decision], group: Mapping[str, str]) -> Iterator[tuple[Decision, list[Decision]]]:
    """Yield each word `part_of` on two sites of which it is not true, with the words on them that are obeyed.

    The words may be about other records of these sites: then they do not contradict each other by themselves.

    Parameters
    ----------
    words, group
        As for `wholes`.
    """
    ordered = sorted(words, key=lambda one: one.pair)
    every = _ringless(ordered, group)
    chosen = _chosen(every)
    named = {part: dict([found]) for part, found in chosen.items()}
    apart = _different(ordered, group)
    for one in ordered:
        if one.decision != PART_OF or not group.keys() >= {*one.pair}:
            continue
        part, whole = group[one.left], group[one.right]
        if part == whole or _reaches(named, part, whole):
            continue
        if (different := apart.get(_sites(one, group))) is not None:
            yield one, [different]
            continue
        # Of a ring the oldest word gives way; a younger one is not heard since its part has another whole.
        against = _way(named, whole, part)
        is_oldest = bool(against) and one.order < min(other.order for other in against)
        if part in chosen and not is_oldest:
            yield one, [chosen[part][1]]
        else:
            yield one, against or _way(every, whole, part)


def _innermost(found: Mapping[str, Decision], named: Mapping[str, Mapping[str, Decision]]) -> tuple[str, Decision]:
    """Choose among several wholes the one that lies within the others; the word said last where none does."""
    latest_first = sorted(found.items(), key=lambda item: item[1].order, reverse=True)
    inner = (item for item in latest_first if all(_reaches(named, item[0], other) for other in found))
    return next(inner, latest_first[0])


def _reaches(named: Mapping[str, Mapping[str, Decision]], part: str, whole: str) -> bool:
    """Whether one site is the other, or is part of it by way of others."""
    seen, waiting = {part}, [part]
    for site in waiting:
        for other in named.get(site, {}):
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return whole in seen


def _different(words: Iterable[Decision], group: Mapping[str, str]) -> dict[tuple[str, str], Decision]:
    """Return the pairs of sites that a steward calls different, each with a word that says so."""
    return {_sites(one, group): one for one in words if one.decision == DIFFERENT}


def _sites(one: Decision, group: Mapping[str, str]) -> tuple[str, str]:
    a, b = sorted((group.get(one.left, one.left), group.get(one.right, one.right)))
    return a, b


def _claim(one: Decision, group: Mapping[str, str]) -> tuple[str, str]:
    """Return what a word says of its two groups: `part_of` has a direction, `different` has none."""
    return (one.decision, group.get(one.left, one.left) if one.decision == PART_OF else "")


def _misplaced(words: Sequence[Decision], group: Mapping[str, str]) -> Iterator[tuple[Decision, ...]]:
    """Yield rings of parts, parts that are different from what they are part of, and those of wholes side by side."""
    named: dict[str, dict[str, Decision]] = defaultdict(dict)
    for one in (one for one in words if one.decision == PART_OF):
        part, whole = group.get(one.left, one.left), group.get(one.right, one.right)
        if _reaches(named, whole, part) and part not in named.get(whole, {}):
            yield (one, *_way(named, whole, part))
        elif not _reaches(named, whole, part):
            named[part][whole] = one
    for a, b, one in ((*_sites(one, group), one) for one in words if one.decision == DIFFERENT):
        for part, whole in ((a, b), (b, a)):
            if whole not in named.get(part, {}) and _reaches(named, part, whole):
                yield (one, *_way(named, part, whole))
    for found in named.values():
        for (a, said), (b, also) in combinations(found.items(), 2):
            if not _reaches(named, a, b) and not _reaches(named, b, a):
                yield (said, also)


def _way(named: Mapping[str, Mapping[str, Decision]], part: str, whole: str) -> list[Decision]:
    """Return the words that lead from a part to a whole."""
    for other, one in sorted(named.get(part, {}).items()):
        if other == whole:
            return [one]
        if _reaches(named, other, whole):
            return [one, *_way(named, other, whole)]
    return []
