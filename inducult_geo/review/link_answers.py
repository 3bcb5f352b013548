"""Words that a person wrote into a table of pairs that `inducult link` made: the next link of the lists obeys them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from inducult_geo.errors import ContractError
from inducult_geo.match.link import LINK_COLUMNS
from inducult_geo.match.link_words import LINK_WORDS, NOTHING_SAID
from inducult_geo.publish.spreadsheet import read_csv
from inducult_geo.review.answers import canonical

_OPEN: Final = ("match", "unit", "review", "undecided", "")
"""What stands in `decision` where nobody said anything."""

_PAIR: Final = ["left_id", "right_id"]


@dataclass(frozen=True)
class Earlier:
    """What a person wrote into an earlier table of pairs.

    Attributes
    ----------
    table
        `left_id`, `right_id`, `decision` (one of `LINK_WORDS`, "" where nobody said anything) and the columns that
        somebody added, all as text; each pair once.
    """

    table: pd.DataFrame

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
        table = read_csv(pairs, certain=_PAIR)
        words = table["decision"].map(canonical)
        words = words.where(~words.isin(_OPEN), "")
        if (unknown := ~words.isin([*LINK_WORDS, ""])).any():
            left, right, word = table.loc[unknown, [*_PAIR, "decision"]].iloc[0]
            raise ContractError(
                f"{pairs}: of {left} and {right} the column decision says '{word}', which is no word of a pair of two "
                f"lists. Write {' or '.join(LINK_WORDS)}, or leave what stood there."
            )
        added = [name for name in table if name and name not in LINK_COLUMNS and table[name].str.strip().any()]
        table = table.assign(decision=words)[[*_PAIR, "decision", *added]]
        said = table[table["decision"] != ""].drop_duplicates([*_PAIR, "decision"])
        if (twice := said[said.duplicated(_PAIR)]).size:
            left, right = twice[_PAIR].iloc[0]
            raise ContractError(f"{pairs}: of {left} and {right} two words are said: keep one.")
        rest = table[table["decision"] == ""]
        return cls(pd.concat([said, rest]).drop_duplicates(_PAIR, ignore_index=True))

    @property
    def said(self) -> pd.DataFrame:
        """The pairs of which something was said, with `left_id`, `right_id` and `decision`."""
        return self.table.loc[self.table["decision"] != "", [*_PAIR, "decision"]]

    def added_to(self, pairs: pd.DataFrame) -> pd.DataFrame:
        """Return a table of pairs with the columns that somebody added to the earlier one."""
        return pairs.merge(self.table.drop(columns="decision"), on=_PAIR, how="left")

    def counts(self, pairs: pd.DataFrame, keys: Sequence[pd.Series]) -> dict[str, int]:
        """Count the words, those on a row that is in neither list now (`unknown`), and notes that are lost (`gone`).

        Parameters
        ----------
        pairs
            What the next link gives: an added column of a pair that it does not tell is lost.
        keys
            The sources' own keys of the left and of the right list.
        """
        notes = self.table.drop(columns="decision").set_index(_PAIR)
        noted = notes.index[(notes != "").any(axis=1)]
        words = {word: int((self.table["decision"] == word).sum()) for word in LINK_WORDS}
        known = np.all([self.said[name].isin(side) for name, side in zip(_PAIR, keys, strict=True)], axis=0)
        words["unknown"] = int((~known).sum())
        return words | {"gone": int((~noted.isin(pd.MultiIndex.from_frame(pairs[_PAIR]))).sum())}
