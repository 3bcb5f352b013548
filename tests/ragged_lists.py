"""Lists of whole numbers packed as the package packs them."""

from collections.abc import Sequence

import numpy as np

from inducult_geo.ragged import Ragged


def ragged(lists: Sequence[Sequence[int]]) -> Ragged:
    values = np.array([value for some in lists for value in some], dtype=np.int64)
    return Ragged(values, np.cumsum([0, *map(len, lists)], dtype=np.int64))
