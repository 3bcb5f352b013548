"""Tokens of many names at once: each different word is read once, and only special names one by one.

The tokens are those of `name_tokens`, whose rules are written in `tokens`. Most names are plain: no legal form, no
phrase, no town with a foreign name, no single letter. Their tokens are those of their words, one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from inducult_geo.ragged import Flags, Ints, Ragged, each_once, spread, spread_out, themselves_but
from inducult_geo.text.folding import fold_once
from inducult_geo.text.legal import form_keys, legal_forms, without_form
from inducult_geo.text.lexicon import SILENT_ROLES, Concept, foreign_words, lexicon, place_names, split_lines, which_are
from inducult_geo.text.tokens import may_pair, name_tokens, say_themselves, word_concepts


@dataclass(frozen=True)
class TokenLists:
    """The tokens of names.

    Attributes
    ----------
    numbers
        Token -> its number, in order; some of these are in no list.
    lists
        The numbers of each name's tokens.
    """

    numbers: Mapping[str, int]
    lists: Ragged


def token_lists(names: Sequence[str], lands: Ints, countries: Sequence[str]) -> TokenLists:
    """Make the tokens of names, as `name_tokens` gives them.

    Parameters
    ----------
    names
        Names, cleaned.
    lands
        Country of each, as a number of those in `countries`.
    countries
        Different ISO codes, an empty text for what is unknown.
    """
    code, words, counts = _split(names)
    folded = fold_once("\n".join(words))
    read = _Read.of(split_lines(folded))
    starts, counts = _bare(names, (code, counts), form_keys(folded), lands, countries)
    owner, places = spread_out(starts, counts)
    code = code[places]
    # What holds no letter or digit ("-", "&") parts no words.
    spoken = np.fromiter(map(bool, read.folded), dtype=bool, count=len(read.folded))[code]
    code, owner = code[spoken], owner[spoken]
    special = np.zeros(len(names), dtype=bool)
    special[owner[read.special[code]]] = True
    special[owner[_begin_a_phrase(read, code, owner)]] = True
    special[owner[_depend_on_land(read, code, lands[owner], countries)]] = True
    special[owner[_make_a_pair(read, code, owner)]] = True
    return _assembled(names, (lands, countries), read, (code, owner), special)


def prepare_names(names: pd.Series, country: pd.Series) -> tuple[TokenLists, Ints]:
    """Make the tokens of every name, as `name_tokens` gives them; each pair of name and country is worked out once.

    Parameters
    ----------
    names
        Names, cleaned; missing ones have no tokens.
    country
        ISO codes, missing where unknown, one a name.

    Returns
    -------
    lists, which
        Tokens of the different pairs; and for each name the number of its list, -1 where it is missing.
    """
    (name, said), (land, known) = (pd.factorize(part.array) for part in (names, country))
    width = len(known) + 1
    which = np.full(len(names), -1, dtype=np.int64)
    which[name >= 0], pairs = pd.factorize((name.astype(np.int64) * width + land + 1)[name >= 0])
    return token_lists([*said[pairs // width]], pairs % width, ["", *known]), which


@dataclass(frozen=True)
class _Read:
    """What is known of every different word between spaces.

    Attributes
    ----------
    folded
        The words that it is made of.
    numbers, lists
        Their tokens, as in `TokenLists`.
    special
        Whether its name must be read word by word: a single letter, the beginning of a phrase in a word of several.
    opens, follows
        Whether it may be the first word of a phrase, and the second.
    before
        Whether it may be the first of two words that are one ("Papier Fabrik").
    """

    folded: list[tuple[str, ...]]
    numbers: dict[str, int]
    lists: Ragged
    special: Flags
    opens: Flags
    follows: Flags
    before: Flags

    @classmethod
    def of(cls, folded: list[tuple[str, ...]]) -> _Read:
        """Read words; what two of them are made of is read once."""
        sizes = np.fromiter(map(len, folded), dtype=np.int64, count=len(folded))
        code, different = pd.factorize(np.array([*chain.from_iterable(folded)], dtype=object))
        parts = different.tolist()
        owner = np.repeat(np.arange(len(folded)), sizes)
        before = lexicon().begun(parts)
        numbers = {part: number for number, part in enumerate(parts)}
        others: dict[int, list[int]] = {}
        for at in np.flatnonzero(~say_themselves(parts)).tolist():
            said = word_concepts(parts[at])
            before[at] &= may_pair(parts[at], said)
            tokens = (one if isinstance(one, str) else one.token for one in said if not _is_silent(one))
            others[at] = [numbers.setdefault(token, len(numbers)) for token in tokens]
        single = np.array([len(part) == 1 and part.isalpha() for part in parts], dtype=bool)
        opens, follows = which_are(lexicon().firsts, parts), which_are(lexicon().seconds, parts)
        rows, said_in = spread(Ragged(code, np.r_[0, np.cumsum(sizes)]), themselves_but(len(parts), others))
        counts = np.bincount(rows, minlength=len(folded))
        special, opens, follows, before = (
            np.bincount(owner[flag[code]], minlength=len(folded)) > 0 for flag in (single, opens, follows, before)
        )
        lists = Ragged(said_in, np.r_[0, np.cumsum(counts)])
        return cls(folded, numbers, lists, special | (opens & (sizes > 1)), opens, follows, before)


def _is_silent(said: str | Concept) -> bool:
    return not isinstance(said, str) and said.role in SILENT_ROLES


def _split(names: Sequence[str]) -> tuple[Ints, NDArray[np.object_], Ints]:
    """Split names at white space: the number of each word, the different words, and how many each name has."""
    lists = pc.utf8_split_whitespace(pa.array(names, pa.large_string()))
    words = lists.flatten().dictionary_encode()
    code, texts = words.indices.to_numpy().astype(np.int64), words.dictionary.to_numpy(zero_copy_only=False)
    counts = np.diff(lists.offsets.to_numpy()).astype(np.int64)
    # White space at an end, or nothing else, leaves an empty word.
    filled = texts != ""
    if filled.all():
        return code, texts, counts
    kept = filled[code]
    owner = np.repeat(np.arange(len(names)), counts)[kept]
    code, told = pd.factorize(code[kept])
    return code, texts[told], np.bincount(owner, minlength=len(names))


def _bare(
    names: Sequence[str], said: tuple[Ints, Ints], keys: Sequence[str], lands: Ints, known: Sequence[str]
) -> tuple[Ints, Ints]:
    """Return where the words of each name begin that are left without its legal form, and how many they are."""
    code, counts = said[0], said[1].copy()
    starts = np.cumsum(counts) - counts
    several = np.flatnonzero(counts > 1)
    may = np.zeros(len(names), dtype=bool)
    for number, country in enumerate(known):
        here = several[lands[several] == number]
        forms = legal_forms(country or None)
        for at, known_keys in ((starts[here], forms.heads), (starts[here] + counts[here] - 1, forms.tails)):
            which, different = pd.factorize(code[at])
            told = map(known_keys.__contains__, map(keys.__getitem__, different.tolist()))
            may[here] |= np.fromiter(told, bool, len(different))[which]
    for row in np.flatnonzero(may).tolist():
        left = without_form(names[row].split(), known[lands[row]] or None)
        starts[row] += left.start
        counts[row] = left.stop - left.start
    return starts, counts


def _begin_a_phrase(read: _Read, code: Ints, owner: Ints) -> Ints:
    """Find words that may begin a phrase: the next one of their name is the second of any."""
    return np.flatnonzero(read.opens[code[:-1]] & read.follows[code[1:]] & (owner[:-1] == owner[1:]))


def _depend_on_land(read: _Read, code: Ints, lands: Ints, known: Sequence[str]) -> Ints:
    """Find words that their country makes special: the first of a town's foreign name, a word of trade elsewhere."""
    special = [{*place_names(country or None), *foreign_words(country or None)} for country in known]
    anywhere = frozenset(chain.from_iterable(special))
    maybe = np.fromiter((not anywhere.isdisjoint(parts) for parts in read.folded), bool, len(read.folded))
    rows = np.flatnonzero(maybe[code])
    # Each word is looked up once in each country.
    which, different = pd.factorize(code[rows] * max(len(known), 1) + lands[rows])
    words, places = np.divmod(different, max(len(known), 1))
    told = (
        any(part in special[land] for part in read.folded[one])
        for one, land in zip(words.tolist(), places.tolist(), strict=True)
    )
    found: Flags = np.fromiter(told, dtype=bool, count=len(different))
    return np.asarray(rows[found[which]], dtype=np.int64)


def _make_a_pair(read: _Read, code: Ints, owner: Ints) -> Ints:
    """Find words that are one with the next word of their name, or with a part of themselves."""
    joined = lexicon().words
    maybe = np.flatnonzero(read.before[code])
    found = []
    for at in maybe.tolist():
        parts = read.folded[code[at]]
        if at + 1 < len(code) and owner[at + 1] == owner[at]:
            parts = (*parts, *read.folded[code[at + 1]])
        if any(a + b in joined for a, b in pairwise(parts)):
            found.append(at)
    return np.array(found, dtype=np.int64)


def _assembled(
    names: Sequence[str],
    country: tuple[Ints, Sequence[str]],
    read: _Read,
    said: tuple[Ints, Ints],
    special: Flags,
) -> TokenLists:
    """Put the tokens of plain names and of the others together, each once in its name."""
    code, owner = said
    words, places = spread_out(*read.lists.spans(code))
    rows, numbers = owner[words], read.lists.values[places]
    told = np.zeros(len(names), dtype=bool)
    told[rows] = True
    alone = special | ~told
    kept = ~alone[rows]
    known = dict(read.numbers)
    slow_rows, slow = _one_by_one(names, country, np.flatnonzero(alone), known)
    rows, numbers = np.r_[rows[kept], slow_rows], np.r_[numbers[kept], slow]
    order = np.argsort(rows, kind="stable")
    return TokenLists(known, each_once(rows[order], numbers[order], len(names)))


def _one_by_one(
    names: Sequence[str], country: tuple[Ints, Sequence[str]], rows: Ints, known: dict[str, int]
) -> tuple[Ints, Ints]:
    """Read some names by `name_tokens`; new tokens get their number in `known`."""
    lands, countries = country
    owners: list[int] = []
    numbers: list[int] = []
    for row in rows.tolist():
        for token in name_tokens(names[row], country=countries[lands[row]] or None):
            owners.append(row)
            numbers.append(known.setdefault(token, len(known)))
    return np.array(owners, dtype=np.int64), np.array(numbers, dtype=np.int64)
