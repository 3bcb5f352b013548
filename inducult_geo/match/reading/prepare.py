"""Prepare records for the comparisons: words as numbers with their rarity, places as arrays.

Everything that depends on one record alone is worked out here once, so that comparing many pairs is array work.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import sparse

from inducult_geo.arrow.texts import coded, different, texts
from inducult_geo.frames import Records
from inducult_geo.match.reading.address_lines import without_towns
from inducult_geo.match.reading.addresses import companies_apart
from inducult_geo.match.reading.addresses_in_names import addresses_in_names
from inducult_geo.match.reading.countries import countries_of
from inducult_geo.match.reading.identifiers import identifiers
from inducult_geo.match.reading.lexicon import Lexicon
from inducult_geo.match.reading.places import points_in
from inducult_geo.match.reading.prepared import AMONG_HOUSES, AMONG_WORKS, HOUSE, LISTED, UNTOLD, Prepared
from inducult_geo.match.reading.record_names import Texts, called, joined, owners_in
from inducult_geo.match.reading.trades import (
    ALL_POWER,
    NO_TYPES,
    OTHER_WORKS,
    POWER_TYPES,
    POWER_USUAL,
    capacity_and_fuel,
    is_beside_works,
    power_words,
    works_words,
)
from inducult_geo.match.reading.trusted_identifiers import trusted
from inducult_geo.match.reading.words import SIDES, Words
from inducult_geo.ragged import Flags, Floats, Ints, Ragged, Small, sets, spread, starts_of
from inducult_geo.text import without_sign

ACCURACY_BY_ORIGIN_M: Final[Mapping[str, float]] = {
    "surveyed": 20.0,
    "digitized": 30.0,
    "address": 300.0,
    "settlement": 2000.0,
}
"""How true a point is where its source does not say (meters); anything else counts as `UNKNOWN_ACCURACY_M`."""

UNKNOWN_ACCURACY_M: Final = 300.0
STEM_LENGTH: Final = 5
CONCEPT_SHARE: Final = 0.5
"""What a concept weighs against a proper word of the same rarity: "brickworks" tells less than "Wienerberger"."""

BEYOND: Final = 100
"""Records of elsewhere among which a table is weighed: in one of a few records every word would be frequent."""

USUAL_SHARE: Final = 0.05
"""A word that stands in a larger share of one source's names in one country tells less, and nothing where in all."""

USUAL_ROWS: Final = 20

_AFTER_POSTCODE: Final = re.compile(
    r"(?:(?<=\d{3})|(?<=\d{3}\s\d\d)|(?<=\d{4}\s[a-z]{2})|(?<=\d{4}[a-z]{2}))[\s-]+[^\W\d_]{3}.*$"
)
"""A town after a postcode, as countries group its digits: 1000, 360 01, 45-123, 1012 AB."""


def prepare(records: Records) -> Prepared:
    """Prepare records for comparing.

    Parameters
    ----------
    records
        Records in the work CRS; their index is not used.
    """
    return trusted(_as_told(records))


def _as_told(records: Records) -> Prepared:
    """Prepare records with all identifiers that they tell."""
    words = Words()
    geometry = records.geometry.to_numpy().astype(object)
    xy = points_in(geometry)
    country = countries_of(records, xy)
    own, parents = called(records["names"])
    own, lines = addresses_in_names(own, records["address"])
    addresses, companies = companies_apart(without_towns(lines, records["city"], country), country)
    owners = joined(joined(owners_in(records["operator"]), parents), owners_in(companies))
    lands, known = pd.factorize(country)
    (names, operators), variants = words.variants((own, owners), lands, known)
    streets, numbers, has_street = words.addresses(addresses)
    cities, localities = words.towns(records["city"], lands, known)
    said = flat(names, variants)
    capacity, fuel = capacity_and_fuel(records["tags"], records["type"])
    source = _text(records["source"])
    group = pd.factorize(pd.factorize(source)[0] * max(len(known), 1) + lands)[0].astype(np.int64)
    return Prepared(
        key=records["record_key"].fillna("").to_numpy(dtype=object),
        source=source,
        country=country,
        geometry=geometry,
        xy=xy,
        accuracy_m=accuracies(records),
        area_m2=np.nan_to_num(shapely.area(geometry)),
        names=names,
        operators=operators,
        variants=variants,
        streets=streets,
        house_numbers=numbers,
        has_street=has_street,
        cities=cities,
        localities=localities,
        postcode=_each(_postcode, records["postcode"]),
        type=_text(records["type"]),
        theme=_text(records["theme"]),
        aspect=_text(records["aspect"]),
        start_year=records["start_year"].to_numpy(dtype="float64", na_value=np.nan),
        end_year=records["end_year"].to_numpy(dtype="float64", na_value=np.nan),
        ids=_each(identifiers, records["ids"]),
        capacity=capacity,
        fuel=fuel,
        service=_services(words, said, fuel > 0, records, own),
        lexicon=_lexicon(words, said, [flat(operators, variants), streets, cities], group),
    )


def accuracies(records: Records) -> Floats:
    """How true each record's place is, in meters: as its source says, else by what the point stands for."""
    told = records["accuracy_m"].to_numpy(dtype="float64", na_value=np.nan)
    supposed = coded(texts(records["geometry_origin"])).numbers(ACCURACY_BY_ORIGIN_M, UNKNOWN_ACCURACY_M)
    return np.where(np.isnan(told), supposed, told)


def bag(prepared: Prepared, parts: Sequence[Ragged], *, stems: bool = True) -> sparse.csr_matrix:
    """Words of each record (rows x stems), each once, weighed by rarity, of length 1: what the quick look compares."""
    lexicon = prepared.lexicon
    keys = [word[:STEM_LENGTH] if stems and word[:1] not in "@#" else word for word in lexicon.words]
    codes = pd.factorize(np.asarray(keys, dtype=object))[0] if len(keys) else np.zeros(0, dtype=int)
    size, width = len(prepared), int(codes.max(initial=0)) + 1
    rows = np.concatenate([part.rows for part in parts])
    stems_of = sets(rows, codes.take(np.concatenate([part.values for part in parts]).astype(np.int64)), size)
    rarity = np.log((size + 1) / np.maximum(np.bincount(stems_of.values, minlength=width), 1))
    weight, row = rarity.take(stems_of.values), stems_of.rows
    length = np.sqrt(np.bincount(row, weights=weight * weight, minlength=size))
    weight *= (1 / np.maximum(length, 1e-9)).take(row)
    return sparse.csr_matrix((weight, stems_of.values, stems_of.offsets), shape=(size, width))


def flat(outer: Ragged, inner: Ragged) -> Ragged:
    """Row -> variants -> words made row -> words."""
    return sets(*spread(outer, inner), len(outer))


def _each(work: Callable[[Any], Any], column: pd.Series) -> NDArray[np.object_]:
    """Do the same to each value of a column, but once for equal ones, in order of appearance."""
    codes, values = different(column)
    done = np.empty(len(values), dtype=object)
    done[:] = [work(value) for value in values]
    return done[codes]


def _text(column: pd.Series) -> NDArray[np.object_]:
    """Return a text column with empty texts for nulls; equal ones are one object, not one a row."""
    codes, texts = pd.factorize(column)
    return np.array([*texts, ""], dtype=object)[codes]


def _postcode(value: Any) -> str:
    """Return a postcode's letters and digits without leading zeros (a spreadsheet takes them away).

    The sign of a country before it ("SI-1000") and a town after it are left out; without a digit it is none.
    """
    if not isinstance(value, str):
        return ""
    _, plain = without_sign(value.lower().removesuffix(".0"))
    told = _AFTER_POSTCODE.sub("", plain)
    code = re.sub(r"[^0-9a-z]", "", told).lstrip("0")
    return code if any(map(str.isdigit, code)) else ""


def _services(words: Words, names: Ragged, burns: Flags, records: Records, called_by: Texts) -> Small:
    """Tell who is a boiler or power house, by its name, its type or that a fuel is told (see `Prepared.service`)."""
    names_power = power_words(words.number)
    found = names.holding(names_power)
    some = np.flatnonzero(found[called_by.rows])
    beside = [is_beside_works(name) for name in called_by.listed[called_by.numbers[some]].tolist()]
    found[called_by.rows[some[np.array(beside, dtype=bool)]]] = False
    house = burns | found | records["type"].isin(POWER_TYPES).to_numpy(dtype=bool)
    other = names.holding(works_words(words.number) & ~names_power)
    other |= ~records["type"].isin([*POWER_TYPES, *NO_TYPES, None]).to_numpy(dtype=bool)
    told = house | names.has_any
    codes, sources = pd.factorize(records["source"])
    n_told, n_houses, n_others = (
        np.bincount(codes[told & who], minlength=len(sources)) for who in (told, house, other & ~house)
    )
    many, mixed = n_houses > POWER_USUAL * n_told, n_others >= OTHER_WORKS * n_told
    # A short list that tells of none is no proof: one more would be too many.
    only = many & ((n_others + 1 < OTHER_WORKS * n_told) | (n_houses >= ALL_POWER * n_told))
    service = np.full(len(names), UNTOLD, dtype=np.int32)
    service[told & mixed[codes]] = AMONG_WORKS
    service[told & many[codes]] = AMONG_HOUSES
    service[house] = HOUSE
    service[only[codes]] = LISTED
    return service


def _usual(names: Ragged, group: Ints, n_words: int) -> Floats:
    """How rare each word is where it is most usual: among the names of one source in one country, 0 to 1.

    "Hungary" may be rare in a list of all countries, and stand in every name of one.
    """
    sizes = np.bincount(group)
    codes = np.sort(np.repeat(group, names.counts) * max(n_words, 1) + names.values)
    starts = starts_of(codes)
    pairs, counts = codes[starts], np.diff(np.r_[starts, len(codes)])
    share = counts / (sizes[pairs // max(n_words, 1)] + USUAL_ROWS)
    most = np.zeros(n_words)
    np.maximum.at(most, pairs % max(n_words, 1), share)
    return np.asarray(np.clip(np.log(np.maximum(most, 1e-6)) / np.log(USUAL_SHARE), 0.0, 1.0), dtype=float)


def _lexicon(words: Words, names: Ragged, others: Sequence[Ragged], group: Ints) -> Lexicon:
    """Count in how many records each word stands, in their names and elsewhere, and weigh it."""
    listed = np.array(list(words.number), dtype=object)
    seen = sum(np.bincount(part.values, minlength=len(listed)) for part in (names, *others))
    sign = listed.astype("U1")
    concept, is_one_sign = sign == "@", np.fromiter(map(len, listed), dtype=np.int64, count=len(listed)) == 1
    is_digits = np.fromiter(map(str.isdigit, listed), dtype=bool, count=len(listed))
    number = (sign == "#") | is_one_sign | is_digits
    side = np.zeros(len(listed), dtype=np.int8)
    told = [word for word in SIDES if word in words.number]
    side[[words.number[word] for word in told]] = [SIDES[word] for word in told]
    beyond = len(names) + BEYOND
    rarity = np.log(beyond / np.maximum(seen, 1)) / np.log(beyond)
    rarity = np.minimum(rarity, _usual(names, group, len(listed)))
    weights = np.maximum(rarity, 0.05) * np.where(concept, CONCEPT_SHARE, 1.0)
    return Lexicon(listed, weights, concept | number, number, side)
