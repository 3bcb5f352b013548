"""Permits and units: choose which of a source's several records may be one site with a record of another source."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np

from inducult_geo.match.scoring.score import UNIT, Scored
from inducult_geo.ragged import Flags, Ints

OWN_NAME: Final = 0.3
"""Rarity of the words in common from which two names share one of their own: one word that hardly any other has."""

COMPANY: Final = 0.4
"""Weight of a word (see `Lexicon`) from which it may be a company's name, rather than a word that most names hold."""


def sure_or_first(scored: Scored, many: Collection[str]) -> Flags:
    """Tell which pairs are the best of a record among the permits or units of a source, or sure enough beside it."""
    pairs, (source, names) = scored.pairs, scored.pairs.prepared.sources
    is_many = np.isin(names, [*many])
    if not is_many.any():
        return np.ones(len(pairs.left), dtype=bool)
    out: Flags = scored.probability >= UNIT
    for number in np.flatnonzero(is_many):
        for mine, theirs in ((pairs.left, pairs.right), (pairs.right, pairs.left)):
            here = np.flatnonzero(source[theirs] == number)
            out[here[other_works(scored, here, mine[here], theirs[here])]] = False
            best = np.zeros(len(source))
            np.maximum.at(best, mine[here], scored.probability[here])
            out[here] |= scored.probability[here] >= best[mine[here]]
    return out | ~(is_many[source[pairs.left]] | is_many[source[pairs.right]])


def other_works(scored: Scored, rows: Ints, records: Ints, units: Ints) -> Flags:
    """Tell which permits or units are of other works than a record, for all that they share its address.

    A head office holds the permits of all its works. Where one of them bears a name of the record's own, another is of
    other works that does not, shares a word with that one ("Equinor") and has one that no other of its source has.

    Parameters
    ----------
    rows
        Numbers of the pairs.
    records, units
        The record of each, and its permit or unit, all of one source.
    """
    p, names = scored.pairs.prepared, scored.pairs.prepared.name_words
    found = np.zeros(len(rows), dtype=bool)
    sure = np.flatnonzero(scored.probability[rows] >= UNIT)
    bears = scored.scores["telling words"].of(rows[sure]) >= OWN_NAME
    if not bears.any():
        return found
    width, words = len(p.lexicon.words), p.lexicon
    called = names.take(units[sure])
    owner, word = called.rows, called.values
    theirs = records[sure][owner] * width + word
    shared = np.isin(theirs, theirs[bears[owner] & (words.weights[word] >= COMPANY)])
    held = names.take(np.flatnonzero(p.source == p.source[units[0]]))
    once = (np.bincount(held.values, minlength=width) == 1) & ~words.exact & ~p.names_a_town
    with_other, own = (np.bincount(owner[some], minlength=len(sure)) > 0 for some in (shared, once[word]))
    found[sure] = ~bears & with_other & own
    return found
