"""Compare the types and themes of two records."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from inducult_geo.catalog.models import MUSEUM_THEME
from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.pairs.scores import Scores, chosen
from inducult_geo.match.reading.prepared import Prepared
from inducult_geo.match.reading.trades import NO_TYPES
from inducult_geo.ragged import Flags, Floats, Ints

GENERAL_THEMES: Final = frozenset(("other", "museum_memory", "housing_landscape"))
"""Themes that say nothing against another one: a museum may stand in a mill."""

THEMES_OF_ANY_WORKS: Final = ("energy", "transport_storage", "water_waste")
"""Themes of what works of any trade may have: a power house, a siding, a well."""

NEIGHBORING_THEMES: Final = (
    ("mining", "metallurgy"),
    ("mining", "building_materials"),
    ("mining", "glass_ceramics"),
    ("mining", "chemistry"),
    ("metallurgy", "engineering"),
    ("metallurgy", "building_materials"),
    ("metallurgy", "chemistry"),
    ("building_materials", "glass_ceramics"),
    ("building_materials", "chemistry"),
    ("chemistry", "glass_ceramics"),
    ("chemistry", "textiles_leather"),
    ("chemistry", "paper_wood"),
    ("chemistry", "food_drink"),
)
"""Themes that one works may be of by turns, as lists see it: a quarry and its lime kilns, a foundry and what it casts,
a pulp mill, a sugar factory that distills. No labels tell these."""

NEIGHBORING_TYPES: Final = (("grain_mill", "sawmill"), ("grain_mill", "paper_mill"))
"""The same of types whose themes have nothing else in common: a mill grinds, saws and makes paper, no brewery does."""

VAGUE_TYPES: Final = NO_TYPES | {"factory", "industrial_area", "industrial_site"}
"""Types that any works may bear: no proof of one site."""

STANDING_ALONE: Final = ("bridge_viaduct", "canal_lock", "owner_villa", "railway_station", "workers_housing")
"""Types of what is no part of works, whatever it is called after: the villa of a brewer is no brewery."""


def same_kind(pairs: Compared) -> Scores:
    """Compare what both are: 1 the same type, 0.5 the same theme, 0.25 another, 0 another trade; else unknown.

    Of another trade is what one works hardly is, a brewery and a mine: neither is of `THEMES_OF_ANY_WORKS`, and they
    are neither `NEIGHBORING_THEMES` nor `NEIGHBORING_TYPES`. So is all that is not of its type, and no museum, beside
    what is `STANDING_ALONE`.
    """
    p = pairs.prepared
    (types, plain), (themes, telling) = _coded(p, "type", VAGUE_TYPES), _coded(p, "theme", GENERAL_THEMES)
    kinds, subjects = (types[pairs.left], types[pairs.right]), (themes[pairs.left], themes[pairs.right])
    same_type = (kinds[0] == kinds[1]) & plain[kinds[0]]
    told = telling[subjects[0]] & telling[subjects[1]]
    value = np.where(same_type, 1.0, np.where(told, _themes_alike(p.coded["theme"][1].tolist())[subjects], np.nan))
    value[(value == 0) & _are_pairs(p.coded["type"][1].tolist(), NEIGHBORING_TYPES)[kinds]] = 0.25
    value[_stand_apart(pairs) & plain[kinds[0]] & plain[kinds[1]] & ~same_type] = 0.0
    told_as = {1.0: "same type", 0.5: "same theme", 0.25: "another theme", 0.0: "another trade"}
    return Scores(value, chosen(value, told_as))


def _themes_alike(themes: Sequence[str]) -> Floats:
    """Return for each theme how alike each theme is (see `same_kind`)."""
    beside = [*NEIGHBORING_THEMES, *((mine, theme) for mine in THEMES_OF_ANY_WORKS for theme in themes)]
    found = np.where(_are_pairs(themes, beside), 0.25, 0.0)
    np.fill_diagonal(found, 0.5)
    return found


def _are_pairs(texts: Sequence[str], pairs: Collection[tuple[str, str]]) -> Flags:
    """Tell for each text with which texts it stands among some pairs, in any order."""
    place = {text: number for number, text in enumerate(texts)}
    found = np.zeros((len(texts), len(texts)), dtype=bool)
    for one, other in pairs:
        if one in place and other in place:
            found[place[one], place[other]] = found[place[other], place[one]] = True
    return found


def _stand_apart(pairs: Compared) -> Flags:
    """Tell which pairs hold one that is `STANDING_ALONE`, and no museum: that may be in it."""
    (kinds, types), (subjects, themes) = pairs.prepared.coded["type"], pairs.prepared.coded["theme"]
    alone, museum = np.isin(types, STANDING_ALONE)[kinds], (themes == MUSEUM_THEME)[subjects]
    left, right = pairs.left, pairs.right
    return np.asarray((alone[left] | alone[right]) & ~museum[left] & ~museum[right], dtype=bool)


def _coded(p: Prepared, column: str, vague: Collection[str]) -> tuple[Ints, Flags]:
    """Return each record's text as a number, and which of the texts say something."""
    codes, different = p.coded[column]
    return codes, np.array([text != "" and text not in vague for text in different], dtype=bool)
