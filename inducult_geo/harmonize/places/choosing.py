"""Choose the reading of rows of one CRS as their contract says: the steward's, the one that fits, or as declared."""

from __future__ import annotations

from itertools import chain
from typing import Final

import numpy as np

from inducult_geo.catalog.models import Contract
from inducult_geo.errors import ContractError
from inducult_geo.harmonize.places.ground import Ground
from inducult_geo.harmonize.places.placement import Placement, choose_reading
from inducult_geo.harmonize.places.readings import Reading, other_units, readings_of
from inducult_geo.harmonize.transforms.systems import crs_of, systems_over

_OFF_GLOBE_MAX = _HALF = 0.5

_SETTLED: Final = "settled in the contract"


def choose(x: np.ndarray, y: np.ndarray, crs: str | None, contract: Contract, ground: Ground) -> Placement:
    """Return the reading that is meant: the steward's, the one that fits, or as declared where no outline is known.

    Raises
    ------
    ContractError
        Where a wide source names no CRS, or most of its numbers are no degrees though such are declared; where the
        reading that the contract names does not fit, or means several.
    CoordinateError
        Where the CRS is unknown.
    """
    if ground.area is None and crs is None:
        raise ContractError(f"{contract.declared_in}: states no CRS. Name [place] crs, e.g. EPSG:4326.")
    named = contract.place.reading
    if crs is not None and named == Reading.as_declared(crs).name:
        return Placement("chosen", Reading.as_declared(crs), (), _SETTLED)
    if crs is not None and ground.area is None:
        return _choose_wide(x, y, crs, contract, ground)
    choice = _fitting(x, y, crs, contract, ground)
    return choice if named is None else _settled(choice, named, contract)


def _choose_wide(x: np.ndarray, y: np.ndarray, crs: str, contract: Contract, ground: Ground) -> Placement:
    """Return the reading of a wide source: the steward's, as declared where half of the points lie there, what fits.

    A country is wide: swapped numbers of Lambert 72 lie in Belgium, too. So it is not asked what else fits where most
    points lie in its countries as declared, and the steward's word is taken as it stands.
    """
    as_declared = Reading.as_declared(crs)
    if contract.place.reading is not None:
        return Placement("chosen", _reading_called(contract.place.reading, crs, contract), (), _SETTLED)
    if ground.land.area.is_empty:
        _refuse_no_degrees(x, y, crs, contract)
        return Placement("chosen", as_declared, (), "no region to check against")
    share = ground.land.locate(as_declared, x, y).share
    if share >= _HALF:
        return Placement("chosen", as_declared, (), f"as declared, {share:.1%} inside")
    choice = _fitting(x, y, crs, contract, ground)
    if not choice.candidates:
        _refuse_no_degrees(x, y, crs, contract)
    return choice


def _settled(choice: Placement, named: str, contract: Contract) -> Placement:
    """Return, of the readings that fit, the one that the contract names."""
    meant = [c.reading for c in choice.candidates if named in (c.reading.name, f"{c.reading.crs} {c.reading.name}")]
    if choice.reading is not None and choice.reading.name == named:
        meant = [choice.reading]
    if not meant:
        fit = ", ".join(sorted({f"{c.reading.crs} {c.reading.name}" for c in choice.candidates})) or "none"
        raise ContractError(f"{contract.declared_in}: [place] reading '{named}' does not fit. Fitting: {fit}.")
    if len(set(meant)) > 1:
        several = ", ".join(f"'{reading.crs} {reading.name}'" for reading in meant)
        raise ContractError(
            f"{contract.declared_in}: [place] reading '{named}' fits several readings. Write one of {several}."
        )
    return Placement("chosen", meant[0], choice.candidates, _SETTLED)


def _fitting(x: np.ndarray, y: np.ndarray, crs: str | None, contract: Contract, ground: Ground) -> Placement:
    """Return what fits the land: nearly all points, or half of them where the contract does not say how many."""
    planes = systems_over(ground.area.bounds, in_degrees=False) if crs is None and ground.area is not None else ()

    def chosen(at_least: float) -> Placement:
        return choose_reading(x, y, ground.land, crs=crs, candidates=ground.crs, others=planes, share_min=at_least)

    choice = chosen(contract.expect.inside_share_min or 0.95)
    if choice.candidates or contract.expect.inside_share_min is not None:
        return choice
    return _looser(choice, chosen(_HALF), declared=crs is not None)


def _looser(strict: Placement, loose: Placement, *, declared: bool) -> Placement:
    """Judge what fits half of the points only: rows of another county must not cost the file its declared reading.

    A repair is only offered: with so many points outside it is for a person to settle.
    """
    if declared and loose.reading is not None and loose.reading.is_as_declared:
        return loose
    if not loose.candidates:
        return strict
    share = loose.candidates[0].inside_share
    detail = f"'{loose.candidates[0].reading.name}' would put {share:.0%} of the points inside, too few for a repair"
    return Placement("ambiguous", None, loose.candidates, detail)


def _reading_called(named: str, crs: str, contract: Contract) -> Reading:
    """Return the reading of a CRS that a contract names, with its system or without.

    Raises
    ------
    ContractError
        Where there is no such reading of it.
    """
    known = [*chain(readings_of(crs), other_units(crs))]
    meant = [one for one in known if named in (one.name, f"{one.crs} {one.name}")]
    if not meant:
        said = ", ".join(f"'{one.name}'" for one in known)
        raise ContractError(f"{contract.declared_in}: [place] reading '{named}' is none of {crs}. Known: {said}.")
    return meant[0]


def _refuse_no_degrees(x: np.ndarray, y: np.ndarray, crs: str, contract: Contract) -> None:
    """Refuse a wide source whose numbers cannot be the degrees that are declared: most lie off the globe."""
    off = (np.abs(x) > 180) | (np.abs(y) > 90)
    if crs_of(crs).is_geographic and off.mean() > _OFF_GLOBE_MAX:
        raise ContractError(
            f"{contract.declared_in}: wrong [place] crs for {', '.join(contract.files)}: {crs} is in degrees, but "
            f"{off.mean():.0%} of the numbers are not degrees (x {x.min():.0f} to {x.max():.0f}, y {y.min():.0f} to "
            f"{y.max():.0f}). Name the true system as [place] crs; the system stated so far may be wrong."
        )
