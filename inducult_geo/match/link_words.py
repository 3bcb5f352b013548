"""Decisions of people about pairs of two lists: they overrule every score, and stay in the table of pairs."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from inducult_geo.frames import own_keys
from inducult_geo.match.decided.verdict import DIFFERENT, SAME
from inducult_geo.match.pairs.compared import Compared
from inducult_geo.ragged import Flags

LINK_WORDS: Final = (SAME, DIFFERENT)
"""What can be said of a pair in the column `decision` of a table of pairs."""

PAIR: Final = ["left_id", "right_id"]
"""What tells a pair: the sources' own keys of its two rows."""

NOTHING_SAID: Final = pd.DataFrame(columns=[*PAIR, "decision"], dtype="str")
"""What `with_words` takes where nobody said anything."""
_TOLD: Final = {SAME: "said to be one site", DIFFERENT: "said to be two sites"}


def are_different(pairs: Compared, said: pd.DataFrame) -> Flags | None:
    """Tell of which pairs somebody said that they are two sites; None where nobody said so of any.

    Parameters
    ----------
    said
        As for `with_words`.
    """
    apart = said[said["decision"] == DIFFERENT]
    if apart.empty:
        return None
    keys = own_keys(pd.Series(pairs.prepared.key, dtype="str")).to_numpy()
    return are_among(pd.DataFrame({"left_id": keys[pairs.left], "right_id": keys[pairs.right]}), apart)


def with_words(table: pd.DataFrame, said: pd.DataFrame) -> pd.DataFrame:
    """Put what was said of pairs into a table of pairs.

    Parameters
    ----------
    table
        What `link` gives, with any columns of `LINK_COLUMNS`.
    said
        `left_id`, `right_id`, `decision` (one of `LINK_WORDS`); each pair once.

    Returns
    -------
    pandas.DataFrame
        The same table. A left row that is the same as right ones has these, and what stands beside them; no other match
        nor question. Each word has its row, with the word as `decision`, the score that the pair has without it (null
        where it is not among those that are told), and no doubt.
    """
    if said.empty:
        return table
    same = said[said["decision"] == SAME]
    beside = are_among(table.assign(right_id=table["beside"]), same)
    kept = table[(~table["left_id"].isin(same["left_id"]) | beside) & ~are_among(table, said)]
    words = said[[*PAIR, "decision"]].merge(table.drop(columns="decision"), on=PAIR, how="left")
    words = words.assign(
        beside=pd.Series([None] * len(words), dtype="str"),
        doubtful=False,
        why=[
            _TOLD[word] + ("" if pd.isna(why) else f"; {why}")
            for word, why in zip(words["decision"], words["why"], strict=True)
        ],
    )
    return pd.concat([kept, words[table.columns]], ignore_index=True)


def are_among(pairs: pd.DataFrame, those: pd.DataFrame) -> Flags:
    """Tell which rows of a table are pairs of another one, by `left_id` and `right_id`."""
    every, some = (pd.MultiIndex.from_frame(table[PAIR].astype(object)) for table in (pairs, those))
    return np.asarray(every.isin(some), dtype=bool)
