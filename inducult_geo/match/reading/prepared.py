"""Prepared records as arrays, and what is derived from them once for all pairs."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from inducult_geo.match.reading.lexicon import Lexicon
from inducult_geo.match.reading.misplaced import astray_m
from inducult_geo.match.reading.places import place_order
from inducult_geo.match.reading.town_forms import forms_of_towns
from inducult_geo.match.reading.units import capacity_of_all, machines_of, units_of
from inducult_geo.ragged import Flags, Floats, Ints, Ragged, Small, sets, spread

NO_AREA_M2: Final = 1.0
"""What is no larger is a point."""

TELLS_FUELS: Final = 0.5
"""Share of a source's records with a fuel from which it is one that tells fuels."""

_CODE_LENGTH = 12

UNTOLD, AMONG_WORKS, HOUSE, AMONG_HOUSES, LISTED = range(5)
"""What a record tells of being a power house (see `Prepared.service`)."""


@dataclass(frozen=True)
class Prepared:
    """Records as arrays, one row a record (`n` rows); `names` and `operators` go record -> variants -> words.

    Attributes
    ----------
    key, source, country
        Text arrays; an unknown country is an empty text.
    geometry, xy, accuracy_m, area_m2
        Shapes and representative points in the work CRS; NaN where there is no place.
    names, operators
        Row -> numbers of variants in `variants`.
    variants
        Variant -> numbers of words.
    streets, house_numbers, cities
        Row -> numbers of words.
    localities
        Row -> numbers of the words of the town and of those in brackets behind it ("Paal (Beringen)").
    has_street
        Whether the address tells a street, and not an estate, a village or the works ("Usine de Rety").
    postcode, type, theme, aspect
        Text arrays, empty where unknown.
    start_year, end_year
        NaN where unknown.
    ids
        Dictionaries scheme -> value.
    capacity, fuel
        As the source tells them in its tags: a number (NaN where unknown), and fuels as bits (see `fuels`).
    service
        `HOUSE` where the name, the type or a fuel tells of a boiler or power house; `LISTED` for all of a source that
        is about such alone. Where nothing tells of one: `AMONG_HOUSES` in any other source of many such, `AMONG_WORKS`
        in one that tells of other works, else `UNTOLD`; so where there is no name.
    lexicon
        The words.
    """

    key: NDArray[np.object_]
    source: NDArray[np.object_]
    country: NDArray[np.object_]
    geometry: NDArray[np.object_]
    xy: Floats
    accuracy_m: Floats
    area_m2: Floats
    names: Ragged
    operators: Ragged
    variants: Ragged
    streets: Ragged
    house_numbers: Ragged
    has_street: Flags
    cities: Ragged
    localities: Ragged
    postcode: NDArray[np.object_]
    type: NDArray[np.object_]
    theme: NDArray[np.object_]
    aspect: NDArray[np.object_]
    start_year: Floats
    end_year: Floats
    ids: NDArray[np.object_]
    capacity: Floats
    fuel: Ints
    service: Small
    lexicon: Lexicon

    def __len__(self) -> int:
        return len(self.key)

    def in_place_order(self, split: int = 0) -> Prepared:
        """Return the same records, those beside each other one by one, before and from `split` (see `place_order`).

        Pairs are of neighbors: where these lie side by side, comparing a million records waits less for memory.
        """
        return self.take(place_order(self.xy, split))

    def take(self, rows: Ints) -> Prepared:
        """Return some of the records (nothing that was worked out is kept); the words are those of all."""
        moved: dict[str, Any] = {}
        for name in {field.name for field in fields(self)} - {"variants", "lexicon"}:
            values = getattr(self, name)
            moved[name] = values.take(rows) if isinstance(values, Ragged) else values[rows]
        return replace(self, **moved)

    @cached_property
    def x(self) -> Floats:
        """East of each place in meters."""
        return np.ascontiguousarray(self.xy[:, 0])

    @cached_property
    def y(self) -> Floats:
        """North of each place in meters."""
        return np.ascontiguousarray(self.xy[:, 1])

    def apart_m(self, first: Ints, second: Ints) -> Floats:
        """Distance of the places of records, pair by pair, in meters; NaN where one has none."""
        east, north = (part.take(first) - part.take(second) for part in (self.x, self.y))
        # Meters of one continent neither overflow nor vanish: what `numpy.hypot` guards against costs three times more.
        return np.sqrt(east * east + north * north)

    @cached_property
    def town_codes(self) -> Ints:
        """Each record's town in its country as a number; -1 where it tells none."""
        # The words of a town in the order of their numbers: "Bad Ischl" and "Ischl, Bad" are one.
        towns = sets(self.cities.rows, self.cities.values, len(self))
        return self._in_land(np.where(towns.has_any, towns.alike_in_order[0], -1))

    @cached_property
    def postcode_codes(self) -> Ints:
        """Each record's postcode in its country as a number; -1 where it tells none."""
        codes = self.coded["postcode"][0]
        return self._in_land(np.where(self.is_postcode.take(codes), codes, -1))

    def _in_land(self, part: Ints) -> Ints:
        """Country and a part of the address of each record as one number; -1 where the part is unknown."""
        return np.where(part < 0, -1, self.land * (int(part.max(initial=0)) + 1) + part)

    @cached_property
    def astray(self) -> tuple[tuple[Ints, Floats], ...]:
        """Each record's town and postcode, and how far its place lies from it where it contradicts it (`astray_m`)."""
        told = (self.town_codes, self.postcode_codes)
        return tuple((codes, away) for codes in told if (away := astray_m(codes, self.x, self.y)).any())

    @cached_property
    def every_word(self) -> Ragged:
        """Row -> the words of all names and operators."""
        both = [spread(part, self.variants) for part in (self.names, self.operators)]
        rows, words = (np.concatenate(part) for part in zip(*both, strict=True))
        return sets(rows, words, len(self))

    @cached_property
    def everything(self) -> Ragged:
        """Row -> the words of all names and operators, and those of the address that are words of any name, too."""
        known = {word: number for number, word in enumerate(self.lexicon.words.tolist())}
        # Words of streets are marked (see `reading.words`); of a name they are plain.
        plain = np.array([known.get(word[1:], -1) if word[:1] == "~" else -1 for word in known], dtype=np.int64)
        streets = self.streets.rows, plain[self.streets.values]
        parts = (*((part.rows, part.values) for part in (self.every_word, self.cities)), streets)
        rows, words = (np.concatenate(part) for part in zip(*parts, strict=True))
        return sets(rows[words >= 0], words[words >= 0], len(self))

    @cached_property
    def name_words(self) -> Ragged:
        """Row -> the words of all names."""
        return sets(*spread(self.names, self.variants), len(self))

    @cached_property
    def coded(self) -> dict[str, tuple[Ints, NDArray[np.object_]]]:
        """Each record's text as a number, and the different texts: of `postcode`, `type`, `theme`."""
        found = {}
        for name, column in (("postcode", self.postcode), ("type", self.type), ("theme", self.theme)):
            codes, texts = pd.factorize(column)
            found[name] = codes.astype(np.int64), texts
        return found

    @cached_property
    def is_postcode(self) -> Flags:
        """Tell which of the different postcodes (see `coded`) is one, not the empty text of those who tell none."""
        return np.asarray(self.coded["postcode"][1] != "", dtype=bool)

    @cached_property
    def postcode_signs(self) -> NDArray[np.uint32]:
        """The signs of each different postcode (see `coded`), 0 beyond its end; all after the twelfth is left out."""
        texts = self.coded["postcode"][1]
        return texts.astype(f"U{_CODE_LENGTH}").view(np.uint32).reshape(len(texts), _CODE_LENGTH)

    @cached_property
    def sources(self) -> tuple[Ints, NDArray[np.object_]]:
        """Each record's source as a number, and the names of the sources in their order."""
        codes, names = pd.factorize(self.source, sort=True)
        return codes.astype(np.int64), names

    @cached_property
    def tells_fuels(self) -> Flags:
        """Which sources tell fuels, one value for each of `sources`."""
        source = self.sources[0]
        return np.asarray(np.bincount(source, weights=self.fuel > 0) / np.bincount(source) >= TELLS_FUELS, dtype=bool)

    @cached_property
    def untold(self) -> frozenset[str]:
        """Columns of records, of those that comparisons need (see `Comparison.fields`), that no record tells."""
        told = {
            "names": self.names.counts.any(),
            "operator": self.operators.counts.any(),
            "address": self.streets.counts.any() or self.house_numbers.counts.any(),
            "postcode": self.is_postcode.any(),
            "city": self.cities.counts.any(),
            "type": (self.coded["type"][1] != "").any(),
            "theme": (self.coded["theme"][1] != "").any(),
            "start_year": (~np.isnan(self.start_year)).any(),
            "ids": self.has_ids.any(),
            "tags": (~np.isnan(self.capacity)).any() or self.fuel.any(),
        }
        return frozenset(name for name, any_told in told.items() if not any_told)

    @cached_property
    def is_numbered(self) -> Flags:
        """Tell whose first name holds the number of a unit."""
        # Few names hold a number at all: the others need no closer look.
        named = np.flatnonzero(self.names.has_any)
        found = np.zeros(len(self), dtype=bool)
        found[named] = self.variants.holding(self.lexicon.is_unit)[self.names.values[self.names.offsets[named]]]
        return found

    @cached_property
    def is_own_name(self) -> Flags:
        """Tell which variants are not made of words of trade and numbers alone."""
        return self.variants.holding(~self.lexicon.exact)

    @cached_property
    def units(self) -> Ints:
        """Number of the plant that each record is a unit of; -1 where it is none (see `units.units_of`)."""
        rows = np.flatnonzero(self.is_numbered)
        first = self.variants.take(self.names.values[self.names.offsets[rows]])
        found = np.full(len(self), -1, dtype=np.int64)
        found[rows] = units_of(first, self.lexicon, source=self.source[rows], xy=self.xy[rows])
        return found

    @cached_property
    def is_machine(self) -> Flags:
        """Tell which records are units of a plant all of whose units lie at one place (see `units.machines_of`)."""
        return machines_of(self.units, self.xy)

    @cached_property
    def plant_capacity(self) -> Floats:
        """Capacity of all units of each record's plant; NaN where unknown, or it is no unit."""
        return capacity_of_all(self.units, self.capacity)

    @cached_property
    def has_ids(self) -> Flags:
        """Tell which records have identifiers."""
        return np.fromiter(map(bool, self.ids), dtype=bool, count=len(self))

    @cached_property
    def id_holders(self) -> dict[tuple[str, str, str], int]:
        """Source, scheme and identifier -> how many records of the source bear it."""
        holders: dict[tuple[str, str, str], int] = {}
        for source, ids in ((self.source[row], self.ids[row]) for row in np.flatnonzero(self.has_ids)):
            for scheme, text in ids.items():
                holders[source, scheme, text] = holders.get((source, scheme, text), 0) + 1
        return holders

    @cached_property
    def _first_of_town(self) -> Ints:
        """The first word of the town of each record; -1 where it has none."""
        first = np.full(len(self), -1, dtype=np.int64)
        told = np.flatnonzero(self.localities.counts)
        first[told] = self.localities.values[self.localities.offsets[told]]
        return first

    @cached_property
    def town_forms(self) -> Ints:
        """Words that are forms of a town's, each with that as one number, in order (see `forms_of_towns`)."""
        width = max(len(self.lexicon.words), 1)
        told = np.flatnonzero(np.bincount(self.land.take(self.localities.rows) * width + self.localities.values))
        land, word = np.divmod(told, width)
        towns = zip(self._lands[1][land].tolist(), word.tolist(), strict=True)
        return forms_of_towns(self.lexicon.words.tolist(), towns)

    @cached_property
    def is_town_form(self) -> Flags:
        """Tell which words are a form of any town's."""
        found = np.zeros(max(len(self.lexicon.words), 1), dtype=bool)
        found[self.town_forms // len(found)] = True
        return found

    def is_in_town(self, records: Ints, owner: Ints, words: Ints) -> Flags:
        """Tell which words are of the `localities` of their record, as they are or as a form of one (`town_forms`).

        The record is that of some at place `owner`.
        """
        localities = self.localities
        # Records are looked up far apart, once each; their words then lie side by side.
        found: Flags = self._first_of_town.take(records).take(owner) == words
        form = self.is_town_form.take(words)
        # Most towns have one word, and few words are forms of any.
        is_long = (localities.counts.take(records) > 1).take(owner) if localities.longest > 1 else False
        rows = np.flatnonzero(form | is_long)
        for place in range(localities.longest):
            record = records.take(owner.take(rows))
            told = localities.counts.take(record) > place
            rows, record = rows[told], record[told]
            town, word = localities.values.take(localities.offsets.take(record) + place), words.take(rows)
            found[rows] |= (town == word) | self._are_forms(word, town)
        return found

    def _are_forms(self, words: Ints, towns: Ints) -> Flags:
        """Tell which words are a form of the town's word beside them."""
        forms, codes = self.town_forms, words * len(self.is_town_form) + towns
        at = np.minimum(np.searchsorted(forms, codes), len(forms) - 1)
        return np.asarray(forms.take(at) == codes) if len(forms) else np.zeros(len(codes), dtype=bool)

    @cached_property
    def is_power_plant(self) -> Flags:
        """Tell which records are boiler or power houses, or of a source that is about such."""
        return np.asarray(self.service >= HOUSE, dtype=bool)

    @cached_property
    def names_a_town(self) -> NDArray[np.bool_]:
        """Tell of each word whether it names the town of any record, as it is or as a form of it."""
        named = self.is_town_form.copy()
        named[self.localities.values] = True
        return named

    @cached_property
    def tells_other_town(self) -> Flags:
        """Tell whose names hold a word of the town of any record, and none of their own."""
        names = self.name_words
        rows, words = names.rows, names.values
        maybe = self.names_a_town.take(words)
        rows, words = rows[maybe], words[maybe]
        own = rows[self.is_in_town(np.arange(len(self)), rows, words)]
        found = np.zeros(len(self), dtype=bool)
        found[rows] = True
        found[own] = False
        return found

    @cached_property
    def is_wide(self) -> Flags:
        """Tell which records stand neither at a single point nor nowhere."""
        kind = shapely.get_type_id(self.geometry)
        return np.asarray((kind != shapely.GeometryType.POINT) & (kind != shapely.GeometryType.MISSING), dtype=bool)

    @cached_property
    def has_areas(self) -> bool:
        """Whether any record is an area."""
        return bool((self.area_m2 > NO_AREA_M2).any())

    @cached_property
    def _lands(self) -> tuple[Ints, NDArray[np.object_]]:
        codes, lands = pd.factorize(self.country)
        return codes.astype(np.int64), lands

    @property
    def land(self) -> Ints:
        """Each record's country as a number."""
        return self._lands[0]
