"""Lists of whole numbers packed as the package packs them."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from inducult_geo.ragged import Ragged
from inducult_geo.text import TokenLists, token_lists


def ragged(lists: Sequence[Sequence[int]]) -> Ragged:
    values = np.array([value for some in lists for value in some], dtype=np.int64)
    return Ragged(values, np.cumsum([0, *map(len, lists)], dtype=np.int64))


def words_of(lists: TokenLists) -> list[tuple[str, ...]]:
    tokens = [*lists.numbers]
    said = [tokens[number] for number in lists.lists.values]
    return [tuple(said[start:end]) for start, end in pairwise(lists.lists.offsets)]


def tokens_of(names: Sequence[str], countries: Sequence[str | None]) -> TokenLists:
    """Make the tokens of names, each by its country."""
    lands, known = pd.factorize(np.array([country or "" for country in countries], dtype=object))
    return token_lists(names, lands, known.tolist())
