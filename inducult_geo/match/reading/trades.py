"""What works make or run on, as far as it tells two works apart: power houses beside other works, fuel, capacity."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from inducult_geo.arrow.texts import different
from inducult_geo.frames import from_json
from inducult_geo.match.reading.fuels import fuel_bits
from inducult_geo.match.reading.record_names import LONGEST_NAME
from inducult_geo.ragged import Flags, Floats, Ints
from inducult_geo.text import fold_once, packaged_rows, words_for_about
from inducult_geo.text.tokens import name_concepts, name_tokens

POWER_WORDS: Final = (
    *("@power_station", "@heating", "@hydro", "@pumped_storage"),
    *("hkw", "bhkw", "gud", "dea", "cte", "igcc", "chp", "wkk", "kwk", "ccgt"),
    *("cet", "uppc", "kw", "wkc", "centrale", "central", "steam", "heat", "heating", "boiler*", "power", "cogen*"),
    "cogeracao",
    *("*kraftwerk*", "*kessel*", "*dampf*", "*heiz*", "verbrennung*", "feuerung*", "*turbin*", "*energ*", "ketel*"),
    *("warmte*", "chauff*", "chaudiere*", "caldera*", "caldeira*", "caldaie", "termoele*", "thermique", "termica"),
    *("elektrocieplow*", "cieplow*", "kotlow*", "kotel*", "kotol*", "teplar*", "vytopn*", "toplar*", "toplan*"),
    *("kotlov*", "eromu*", "futomu*", "kazan*", "kraftvarme*", "fjernvarme*", "varmeverk*", "varmecentral*"),
    *("panncentral*", "voimala*", "voimalaito*", "lampo*", "lampokeskus", "katlumaj*", "katiline*", "katlamaja*"),
)
"""Words of names by which a boiler or power house is known (a star stands for any letters). On a site of many permits
it is seldom the works that another list names."""

_POWER_PATTERN: Final = rf"\A(?:{'|'.join(word.replace('*', '.*') for word in POWER_WORDS)})\z"

POWER_TYPES: Final = frozenset({"power_station", "hydro_power", "heating_plant"})
"""Types of the vocabulary that say the same without such a word."""

NO_TYPES: Final = frozenset({"other", "unknown"})
"""Types that say of no works what they are."""

POWER_USUAL: Final = 0.4
"""Where so many of a source's records are such, that one tells none says nothing; where there are hardly others in it
(`OTHER_WORKS`), the list is about power plants alone. (The permits of a country that heats by many boiler houses are
half such, and a quarter other works.)"""

ALL_POWER: Final = 0.9
"""Where so many are such, the list is about power plants alone, however short it is."""

OTHER_WORKS: Final = 0.03
"""Where so many of a source's records tell other works, the list is of all kinds: what tells no power house in it may
be one all the same, but is likelier none. (Of names in lists of power plants 0.5 to 4 in a hundred tell other works, in
lists of works 20 to 40.)"""

WORKS_ROLES: Final = frozenset({"generic", "specific"})
"""Roles of concepts that say what works a name is of."""

_WITH: Final = re.compile(
    r"[\s(](?:mit|und|samt|ohne|con|ed?|senza|with|and|without|avec|et|sans|met|en|zonder|[az]|se?|sa|i|in|bez|brez|"
    r"med|utan|uten|uden|sin|com|sem|cu|f[aă]r[aă]|su|koos|με|"
    r"ink?l\.?|&|\+)\s",
    re.IGNORECASE,
)
"""With and without in the languages of Europe's lists, and in those of the regions and in French."""

_GROUPED: Final = re.compile(
    r"(?P<whole>\d{1,3}(?P<mark>[ '\u2019\u00a0\u2009\u202f.,])"
    r"\d{3}(?P<more>(?:(?P=mark)\d{3})*))(?:(?!(?P=mark))[.,](?P<part>\d+))?"
)
"""A number with marks between its thousands: "1 200", "1'200,5", "1.200,5"."""

TYPE_FUELS: Final[Mapping[str, str]] = {"hydro_power": "hydro"}
"""Type of the vocabulary -> fuel that it tells where no tag does."""

CAPACITY_TAGS: Final = ("capacity", "plant:output:electricity", "generator:output:electricity")
FUEL_TAGS: Final = ("fuel", "plant:source", "generator:source")
"""Tags that tell capacity and fuel, the first told one counts: as contracts name them, and as OpenStreetMap does."""

_MEGAWATTS: Final[Mapping[str, float]] = {"k": 1e-3, "m": 1.0, "g": 1e3}
_UNIT: Final = re.compile(
    r"([kMG])W[\s_,]*\(?(?:e|el\w*|th?|therm\w*|p|inst\w*|nett?o?|brutto|gross)?\.?\)?\s*$", re.IGNORECASE
)
_ABOUT: Final = re.compile(rf"^(?:[~≈±]|(?:{words_for_about()})\b\.?)\s*")
"""What stands before a capacity that is rounded, folded."""

_BEHIND: Final = re.compile(rf"(?:[*†‡]{{1,3}}|\(?(?<![^\W_])(?:{words_for_about()})\.?\)?)$")
"""What stands behind a capacity, folded: that it is rounded, and the mark of a footnote."""

_TOLD: Final = re.compile("|".join(f'"{tag}"' for tag in (*CAPACITY_TAGS, *FUEL_TAGS)))


def power_words(words: Iterable[str]) -> Flags:
    """Tell which words name a boiler or power house."""
    told = pc.match_substring_regex(pa.array(words, pa.string()), _POWER_PATTERN)
    return np.asarray(told.to_numpy(zero_copy_only=False), dtype=bool)


@cache
def _trades() -> frozenset[str]:
    """Return the tokens of all concepts that say what works a name is of."""
    return frozenset(
        "@" + row["concept_id"] for row in packaged_rows("name_concepts.csv") if row["role"] in WORKS_ROLES
    )


def works_words(words: Iterable[str]) -> Flags:
    """Tell which words name works, those that name a boiler or power house among them."""
    return np.array([*map(_trades().__contains__, words)], dtype=bool)


def is_beside_works(name: str) -> bool:
    """Tell whether a name is of other works, with the power house that it tells of or without ("Mühle mit Kessel")."""
    if len(name) > LONGEST_NAME:
        return False
    heads = (name[: found.start()] for found in _WITH.finditer(name))
    return any(
        any(concept.role in WORKS_ROLES for concept in name_concepts(head)) and not power_words(name_tokens(head)).any()
        for head in heads
    )


def capacity_and_fuel(tags: pd.Series, types: pd.Series) -> tuple[Floats, Ints]:
    """Read capacity (a positive number) and fuel from the JSON of each record's tags, the fuel else from its type.

    Returns
    -------
    capacity, fuel
        Numbers as the source gives them, in megawatts where it tells a unit, NaN where none; fuels as bits in the order
        of `fuels.FUELS`, 0 where none.
    """
    codes, told = different(tags)
    capacity, fuel = np.full(len(told), np.nan), np.zeros(len(told), dtype=np.int64)
    for place, text in enumerate(told):
        # Looking first is ten times as fast as reading, and few sources tell either.
        if isinstance(text, str) and _TOLD.search(text):
            said = from_json(text)
            capacity[place] = _number(next((said[tag] for tag in CAPACITY_TAGS if said.get(tag)), None))
            fuel[place] = fuel_bits(str(next((said[tag] for tag in FUEL_TAGS if said.get(tag)), "")))
    burns = fuel[codes]
    for name, said_by_type in TYPE_FUELS.items():
        burns[(burns == 0) & types.eq(name).to_numpy(dtype=bool, na_value=False)] = fuel_bits(said_by_type)
    return capacity[codes], burns


def _number(value: object) -> float:
    """Return a positive number, or NaN; in megawatts where a unit is told ("168 MW", "ca. 1.2 GWel")."""
    said = _BEHIND.sub("", fold_once(str(value).strip())).rstrip()
    unit = _UNIT.search(said)
    text = _BEHIND.sub("", _ABOUT.sub("", said[: unit.start() if unit else None].rstrip())).rstrip()
    grouped = _GROUPED.fullmatch(text)
    # One dot or comma alone is that of a fraction, but nobody measures a power house to the watt ("1.200 kW").
    is_rough = unit is not None and unit[1].lower() == "k" and not text.startswith("0")
    if grouped and (grouped["mark"] not in ".," or grouped["more"] or grouped["part"] or is_rough):
        text = f"{grouped['whole'].replace(grouped['mark'], '')}.{grouped['part'] or 0}"
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return float("nan")
    number *= _MEGAWATTS[unit[1].lower()] if unit else 1.0
    return number if 0 < number < 1e9 else float("nan")
