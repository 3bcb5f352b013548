"""Decisions that a person wrote into a table of `inducult link`: the next link of the lists obeys them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from inducult_geo.errors import ContractError
from inducult_geo.match.link import LINK_COLUMNS
from inducult_geo.match.link_words import LINK_WORDS, NOTHING_SAID, PAIR, are_among
from inducult_geo.publish.spreadsheet import read_csv
from inducult_geo.review.answers import canonical

_OPEN: Final = ("match", "unit", "review", "undecided", "")
"""What stands in `decision` where nobody said anything."""

_NAMES: Final = ("left_name", "right_name")
_KEPT: Final = "not found any more; kept for the note beside it"


@dataclass(frozen=True)
class Earlier:
    """What a person wrote into an earlier table of pairs.

    Attributes
    ----------
    table
        `left_id`, `right_id`, `decision` (one of `LINK_WORDS`, "" where nobody said anything), the names that it told
        and the columns that somebody added, all as text; each pair once.
    added
        The columns that somebody added.
    """

    table: pd.DataFrame
    added: tuple[str, ...] = ()

    @classmethod
    def of(cls, pairs: Path) -> Earlier:
        """Read a CSV with `LINK_COLUMNS`, as a spreadsheet may have saved it; nothing where there is none.

        Raises
        ------
        ContractError
            Where a word is none that is known, or two words are said of one pair; with their ids.
        """
        if not pairs.is_file() or not pairs.stat().st_size:
            return cls(NOTHING_SAID)
        table = read_csv(pairs, certain=PAIR)
        words = table["decision"].map(canonical)
        words = words.where(~words.isin(_OPEN), "")
        if (unknown := ~words.isin([*LINK_WORDS, ""])).any():
            left, right, word = table.loc[unknown, [*PAIR, "decision"]].iloc[0]
            raise ContractError(
                f"{pairs}: the column 'decision' says '{word}' of {left} and {right}, which is not an answer about "
                f"a pair of two lists. Write {' or '.join(LINK_WORDS)}, or leave the cell as it was."
            )
        heads = [str(name) for name in table if name and name not in LINK_COLUMNS]
        added = [name for name in heads if table[name].str.strip().any()]
        names = [name for name in _NAMES if name in table]
        table = table.assign(decision=words)[[*PAIR, "decision", *names, *added]]
        said = table[table["decision"] != ""].drop_duplicates([*PAIR, "decision"])
        if (twice := said[said.duplicated(PAIR)]).size:
            left, right = twice[PAIR].iloc[0]
            raise ContractError(f"{pairs}: there are two different decisions about {left} and {right}. Keep one.")
        is_said = table["decision"] != ""
        return cls(_each_once(pd.concat([table[is_said], table[~is_said]], ignore_index=True), added), tuple(added))

    @property
    def said(self) -> pd.DataFrame:
        """The pairs of which something was said, with `left_id`, `right_id` and `decision`."""
        return self.table.loc[self.table["decision"] != "", [*PAIR, "decision"]]

    def added_to(self, pairs: pd.DataFrame) -> pd.DataFrame:
        """Return a table of pairs with the columns that somebody added to the earlier one.

        A pair that is not found any more stays as `undecided` where somebody noted something beside it.
        """
        pairs = pairs.merge(self.table[[*PAIR, *self.added]], on=PAIR, how="left")
        kept = self._kept(pairs).assign(decision="undecided", doubtful=False, why=_KEPT)
        return pd.concat([pairs, kept.reindex(columns=pairs.columns)], ignore_index=True) if len(kept) else pairs

    def _kept(self, pairs: pd.DataFrame) -> pd.DataFrame:
        """Return the pairs beside which somebody noted something, and that are not found any more."""
        filled = [self.table[name].str.strip() != "" for name in self.added]
        noted = self.table[np.any(filled, axis=0)] if filled else self.table.iloc[:0]
        return noted[~are_among(noted, pairs)]

    def counts(self, pairs: pd.DataFrame, keys: Sequence[pd.Series]) -> dict[str, int]:
        """Count the words, those on a row that is in neither list now (`unknown`), and pairs kept for a note (`kept`).

        Parameters
        ----------
        pairs
            What the next link gives.
        keys
            The sources' own keys of the left and of the right list.
        """
        words = {word: int((self.table["decision"] == word).sum()) for word in LINK_WORDS}
        known = np.all([self.said[name].isin(side) for name, side in zip(PAIR, keys, strict=True)], axis=0)
        return words | {"unknown": int((~known).sum()), "kept": len(self._kept(pairs))}


def _each_once(table: pd.DataFrame, added: Sequence[str]) -> pd.DataFrame:
    """Keep the first row of each pair, with all that is noted beside any of its rows in the columns `added`."""
    again, kept = table[table.duplicated(PAIR, keep=False)], table.drop_duplicates(PAIR, ignore_index=True)
    if again.empty:
        return kept
    place = pd.MultiIndex.from_frame(kept[PAIR])
    for name in added:
        noted = again[name].str.strip().groupby([again[side] for side in PAIR]).agg(_together)
        kept[name] = noted.reindex(place).reset_index(drop=True).fillna(kept[name])
    return kept


def _together(notes: pd.Series) -> str:
    return "; ".join(dict.fromkeys(filter(None, notes)))
