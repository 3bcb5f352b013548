"""Split addresses of one line: "John Kennedylaan 51, 9042 Gent, Belgium" has a street, a town and a country.

The town and the country are compared for themselves. Beside a street of another list they would count as words of a
street that are not alike; and "Leoben, Austria" tells no street at all.
"""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from inducult_geo.match.reading.addresses import LONGEST_LINE
from inducult_geo.match.reading.words import city_words
from inducult_geo.text.countries import country_code

_LONGEST_SIGN: Final = 2
_COMMA: Final = re.compile(r",(?!\d)")
"""One between parts, and not within a number ("km 38,9")."""

_DIGITS: Final = re.compile(r"\d+")
_IS_HOUSE: Final = re.compile(r"(?=.*[^\W\d_])(?=.*\d)")
"""A street or quarter with the number of a house."""


def without_towns(addresses: pd.Series, cities: pd.Series, country: NDArray[np.object_]) -> pd.Series:
    """Return addresses without the record's own town and country, and what stands between them.

    Parameters
    ----------
    addresses, cities, country
        One text a record each; only addresses with a comma are looked at.

    Returns
    -------
    pandas.Series
        What is left of each address, null where nothing is.
    """
    lines = pa.array(addresses, pa.string(), from_pandas=True)
    some = np.flatnonzero(pc.fill_null(pc.match_substring(lines, ","), False).to_numpy(zero_copy_only=False))
    if not len(some):
        return addresses
    left = addresses.to_numpy(dtype=object, copy=True)
    told = zip(left[some], cities.iloc[some], country[some], strict=True)
    left[some] = [_street(*row) for row in told]
    return pd.Series(left, index=addresses.index, dtype=object)


def _street(line: str, city: Any, country: str) -> str | None:
    if len(line) > LONGEST_LINE:
        return line
    parts = [part.strip() for part in _COMMA.split(line)]
    # Two letters may be those of a county, one that of a building.
    tells_country = len(parts[-1]) > _LONGEST_SIGN and country_code(parts[-1]) is not None
    if tells_country:
        parts.pop()
    own = city_words(city, country)
    towns = [n for n, part in enumerate(parts) if own and city_words(_DIGITS.sub(" ", part), country) == own]
    if towns:
        before, behind = parts[: towns[0]], parts[towns[0] + 1 :]
        # Behind the town stands a county or a postcode, where the street stands before it or a country at the end.
        if before or tells_country:
            behind = [part for part in behind if _IS_HOUSE.match(part)]
        parts = before + behind
    return ", ".join(part for part in parts if part) or None
