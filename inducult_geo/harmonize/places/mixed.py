"""Detect files that mix systems: rows outside a region that would be inside in another one. Reported, never applied.

A list put together out of several keeps the numbers of each. Read in the one system that the contract names, the rows
of the others land far away or nowhere, all of them alike; what explains them together is no slip of one row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from inducult_geo.harmonize.places.placement import POINTS_MIN, choose_reading, is_usable
from inducult_geo.harmonize.places.readings import Land, Reading, readings_of
from inducult_geo.harmonize.transforms.crs import transform_points
from inducult_geo.ragged import Floats
from inducult_geo.text import counted

_OFTEN_MIXED = ("EPSG:4326", "EPSG:3857")
_SHARE_MIN = 0.5
_NAMED_MAX = 3
_NEARLY_ALL = 0.95
_SAMPLE = 1000


@dataclass(frozen=True)
class Other:
    """Another reading of rows that lie outside.

    Attributes
    ----------
    reading
        The likeliest one.
    fits
        True for each row that it puts into the region.
    systems
        Every system that would do, the likeliest first: which one is meant, the numbers alone cannot tell. Where it is
        the rows' own system, written in another way, that one alone.
    is_own
        Whether it is the rows' own system.
    told
        The systems that the cells of these rows say, which no contract overrules.
    """

    reading: Reading
    fits: np.ndarray
    systems: tuple[str, ...]
    is_own: bool = False
    told: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The systems in words, and what else must be done to the numbers."""
        named = " or ".join(self.systems[:_NAMED_MAX]) + (" or another" if len(self.systems) > _NAMED_MAX else "")
        return named if self.reading.is_as_declared else f"{named} ({self.reading.name})"

    @property
    def advice(self) -> str:
        """What the file seems to be, and what to do with these rows."""
        if self.is_own:
            return (
                "the file seems to write its coordinates in two ways. Put these rows into a file of their own, with a "
                "contract that states their reading."
            )
        if self.told:
            return (
                f"their cells state {' and '.join(self.told)}, which takes precedence over the contract. Ask the "
                "sender which system is right, and have the cells corrected in the file."
            )
        return (
            "the file seems to mix systems. Put these rows into a file of their own, with a contract that names their "
            "system; ask the sender which one it is."
        )


def another_system(
    x: Floats, y: Floats, land: Land, systems: Sequence[str], own: Sequence[str] = (), declared: str | None = None
) -> Other | None:
    """Find a reading that puts most of some misplaced rows into the region; None where there is none.

    Parameters
    ----------
    x, y
        The numbers of the rows as written, shape (n,).
    land
        Where they must lie.
    systems
        The systems usual there; degrees and Web Mercator are tried in any case.
    own
        The system that each row is said to be in, n or none: of readings that do as well, theirs is the likeliest.
    declared
        The system of the rows that name none themselves.
    """
    if len(np.unique(np.column_stack([x, y]), axis=0)) < POINTS_MIN:
        return None
    usual = dict.fromkeys([*sorted(set(own)), *systems, *_OFTEN_MIXED])
    choice = choose_reading(x, y, land, crs=None, candidates=tuple(usual), share_min=_SHARE_MIN)
    if not choice.candidates:
        return None
    reading = max(
        choice.candidates, key=lambda one: (one.inside_share, one.reading.is_as_declared, one.reading.crs in own)
    ).reading
    fits = land.locate(reading, x, y).inside
    theirs = {crs for crs, fit in zip(own, fits.tolist(), strict=False) if fit}
    if theirs == {reading.crs}:
        return Other(reading, fits, (reading.crs,), is_own=True)
    alike = (one.reading for one in choice.candidates if one.reading.name == reading.name)
    # Of two systems in one list each would do for its own rows.
    others = [one.crs for one in alike if land.locate(one, x[fits], y[fits]).share >= _SHARE_MIN]
    told = () if declared in (None, *theirs) else tuple(sorted(theirs))
    return Other(reading, fits, tuple(dict.fromkeys([reading.crs, *others])), told=told)


def two_systems(x: Floats, y: Floats, land: Land, systems: Sequence[str]) -> str:
    """Say which two readings put all rows of a file into the region together, where none does alone; else nothing.

    A region that lies across two zones has lists with both: the first figure of the easting names the zone.

    Parameters
    ----------
    x, y
        The numbers of all rows as written, shape (n,).
    systems
        The systems usual in the region, and the declared one.
    """
    codes = (code for code in dict.fromkeys([*systems, *_OFTEN_MIXED]) if is_usable(code, land.country))
    readings = (reading for code in codes for reading in readings_of(code, plain="as written"))
    step = max(1, len(x) // _SAMPLE)
    some_x, some_y = x[::step], y[::step]
    found = [(one, inside) for one in readings if (inside := land.locate(one, some_x, some_y).inside).any()]
    needed = _NEARLY_ALL if len(np.unique(some_x + 1j * some_y)) >= POINTS_MIN else 1.0
    pairs = [
        (one, other)
        for (one, mine), (other, theirs) in combinations(found, 2)
        if (mine | theirs).mean() >= needed > max(mine.mean(), theirs.mean())
    ]
    if not pairs:
        return ""
    # Two that are written alike need one explanation less.
    one, other = min(pairs, key=_explanations)
    mine = land.locate(one, x, y).inside
    theirs = land.locate(other, x, y).inside & ~mine
    told = " and ".join(
        f"{counted(int(rows.sum()), 'row')} in {reading.crs}{'' if reading.is_as_declared else f' ({reading.name})'} "
        f"(e.g. x {x[rows][0]:.10g}, y {y[rows][0]:.10g})"
        for reading, rows in ((one, mine), (other, theirs))
    )
    if one.crs == other.crs:
        return (
            f" The file seems to write its coordinates in two ways: {told} would lie inside. Have the wrong ones "
            "corrected, or put the rows of each kind into a file of their own, with a contract that states how they "
            "are read."
        )
    return (
        f" The file seems to mix two systems: {told} would lie inside. Put the rows of each system into a file of "
        "their own, with a contract that names their system."
    )


def _explanations(pair: tuple[Reading, Reading]) -> tuple[int, bool, bool]:
    """Give what two readings need explained: what is done to numbers, in two ways, and a second system."""
    one, other = pair
    return len(one.repairs) + len(other.repairs), one.name != other.name, one.crs != other.crs


def whereabouts(x: Floats, y: Floats, crs: str | None, country: str) -> str:
    """Say where the middle of some numbers lies, as declared or as degrees; nothing where that is no place.

    Of a list that is about another land no reading fits: where it lies is what a person knows it by.
    """
    middle_x, middle_y = np.median(x), np.median(y)
    if crs is None and not (abs(middle_x) <= 180 and abs(middle_y) <= 90):
        return ""
    done = transform_points(
        [middle_x], [middle_y], source_crs=crs or "EPSG:4326", target_crs="EPSG:4326", country=country
    )
    longitude, latitude = float(done.x[0]), float(done.y[0])
    if not (np.isfinite(longitude) and np.isfinite(latitude)):
        return ""
    said = "As declared" if crs else "As degrees"
    return f" {said} their middle is at latitude {latitude:.3f}, longitude {longitude:.3f}: look there on a map."
