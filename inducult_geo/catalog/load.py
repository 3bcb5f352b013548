"""Read the built-in catalog and those that a user adds; later ones win by id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from inducult_geo.catalog.models import Contract, RasterSource, Region
from inducult_geo.errors import CatalogError, ConfigError, ContractError, did_you_mean
from inducult_geo.toml import read_toml

BUILT_IN = Path(__file__).parent
OSM = "osm"
"""Id of OpenStreetMap among the sources: it has readers of its own."""

Model = TypeVar("Model", Region, Contract, RasterSource)
Steward = TypeVar("Steward", Contract, RasterSource)


@dataclass(frozen=True)
class Catalog:
    """All that a run may know, by id.

    `broken` tells of stewards' contracts that cannot be read why not: by id, where `sources` holds the contract of the
    last good run in its place. `unread` tells the same, by file, of those that no run has read yet, and of rasters.
    """

    regions: dict[str, Region] = field(default_factory=dict)
    sources: dict[str, Contract] = field(default_factory=dict)
    rasters: dict[str, RasterSource] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)

    def region(self, region_id: str) -> Region:
        """Return a region by id.

        Raises
        ------
        CatalogError
            Where no catalog declares it; the message names the nearest ones.
        """
        if (found := self.regions.get(region_id.strip().lower())) is not None:
            return found
        raise CatalogError(
            f"the catalog has no region '{region_id}'.{did_you_mean(region_id, self.regions)} Known: "
            f"{', '.join(sorted(self.regions))}. Add one as catalog/regions/<id>.toml in the data folder."
        )

    def source_id(self, said: str) -> str:
        """Return a source's id, where there is one of it.

        Raises
        ------
        CatalogError
            Where no contract declares it (the message names the nearest ones), or the contract cannot be read.
        """
        if said in self.sources:
            return said
        if (why := self.unread.get(f"{said}.toml")) is not None:
            raise CatalogError(f"source '{said}': its contract cannot be read. {why}")
        raise CatalogError(
            f"no source '{said}' is declared.{did_you_mean(said, self.sources)} A source is named by the `id` of its "
            "contract; the layer `sources` of a release lists them all."
        )

    def sources_of(self, region_id: str) -> list[Contract]:
        """Return the contracts about one region, by id."""
        return sorted((c for c in self.sources.values() if c.region == region_id), key=lambda c: c.id)

    def wide_sources(self) -> list[Contract]:
        """Return the contracts of files about more than one region, by id."""
        return sorted((c for c in self.sources.values() if c.is_wide and c.files), key=lambda c: c.id)


def load_catalog(
    folders: Iterable[Path] = (),
    *,
    contracts: Iterable[Path] = (),
    rasters: Iterable[Path] = (),
    last_good: Mapping[str, Mapping[str, Any]] | None = None,
) -> Catalog:
    """Read the built-in catalog, then each folder (with `regions/`, `sources/`, `rasters/`) over it.

    Parameters
    ----------
    folders
        Catalog folders that a user gives; a later one wins where ids are the same.
    contracts
        Folders of which every `*.toml` is a contract (a steward's `data/raw/partners`). One that cannot be read costs
        its own source: see `Catalog.broken`.
    rasters
        Folders of which every `*.toml` declares a raster (a steward's `data/raw/rasters`). One that cannot be read is
        told in `Catalog.unread`.
    last_good
        What stewards declared when the last run read it (`told_by_stewards`): stands in for what cannot be read.

    Raises
    ------
    CatalogError, ContractError
        Where a file does not hold what it must, or a source names a region that nobody declares.
    """
    catalog = Catalog()
    for folder in (BUILT_IN, *folders):
        if not folder.is_dir():
            raise CatalogError(f"--catalog {folder}: no such folder")
        catalog.regions.update(_read_all(folder / "regions", Region, CatalogError))
        catalog.sources.update(_read_all(folder / "sources", Contract, ContractError))
        catalog.rasters.update(_read_all(folder / "rasters", RasterSource, CatalogError))
    for source in catalog.sources.values():
        _check_region(source, catalog)
    _add_stewards(catalog, contracts, rasters, last_good or {})
    return catalog


def _add_stewards(
    catalog: Catalog, contracts: Iterable[Path], rasters: Iterable[Path], known: Mapping[str, Mapping[str, Any]]
) -> None:
    """Add what stewards declare beside their files, in place."""
    for folder in contracts:
        for path, contract, why in _each(folder, Contract, known, lambda one: _check_partner(one, catalog)):
            if contract is None:
                catalog.unread[path.name] = str(why)
                continue
            catalog.sources[contract.id] = contract
            if why is not None:
                catalog.broken[contract.id] = why
    for folder in rasters:
        for path, raster, why in _each(folder, RasterSource, known):
            if raster is not None:
                catalog.rasters[raster.id] = raster
            if why is not None:
                catalog.unread[path.name] = why


def load_contract(path: Path) -> Contract:
    """Read one contract.

    Raises
    ------
    ContractError
        Where the file is not TOML, or holds an unknown key or a wrong value; the message names it.
    """
    if path.suffix.lower() != ".toml" and path.is_file():
        raise ContractError(
            f"{path}: is not a contract, which is a .toml file. For a table, `inducult draft {path.name} --out "
            f"{path.stem}.toml` writes a first contract; for a release, name its folder."
        )
    return _read_one(path, Contract, ContractError)


def told_by_stewards(catalog: Catalog, folders: Iterable[Path]) -> dict[str, dict[str, Any]]:
    """Return what is declared in stewards' folders, by folder and file, as JSON can hold it; for `last_good`."""
    there = {*folders}
    known: list[Contract | RasterSource] = [*catalog.sources.values(), *catalog.rasters.values()]
    return {_place(one.declared_in): one.model_dump(mode="json") for one in known if one.declared_in.parent in there}


def _place(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _each(
    folder: Path,
    model: type[Steward],
    last_good: Mapping[str, Mapping[str, Any]],
    check: Callable[[Steward], None] = lambda _: None,
) -> Iterator[tuple[Path, Steward | None, str | None]]:
    """Yield what each file of a folder declares: what is wrong with one is no matter of the others.

    Of a file that cannot be read, what it declared in the last good run (null where it never did), and what is wrong.
    """
    read: dict[Path, Steward] = {}
    wrong: dict[Path, str] = {}
    for path in _declarations(folder):
        try:
            one = _read_one(path, model, ContractError)
            check(one)
            if twin := next((other for other in read.values() if other.id == one.id), None):
                raise ContractError(_twice(path, one.id, twin.declared_in))
            read[path] = one
        except ContractError as problem:
            wrong[path] = str(problem)
    own = {one.id for one in read.values()}
    for path in sorted([*read, *wrong]):
        before = read.get(path) or _as_before(path, model, last_good, check)
        yield path, before if path in read or (before is not None and before.id not in own) else None, wrong.get(path)


def _as_before(
    path: Path, model: type[Steward], last_good: Mapping[str, Mapping[str, Any]], check: Callable[[Steward], None]
) -> Steward | None:
    try:
        before = model.model_validate({**last_good[_place(path)], "declared_in": path})
        check(before)
    except (KeyError, TypeError, ValidationError, ContractError):
        # Never read, or noted by another version of this program, or of a region that is gone.
        return None
    return before


def _check_partner(contract: Contract, catalog: Catalog) -> None:
    if contract.id == OSM:
        raise ContractError(
            f"{contract.declared_in}: id '{OSM}' is reserved for OpenStreetMap. Choose another id for the "
            "partner's file."
        )
    _check_region(contract, catalog)


def _check_region(contract: Contract, catalog: Catalog) -> None:
    if contract.region is not None and contract.region not in catalog.regions:
        known = ", ".join(sorted(catalog.regions))
        raise ContractError(
            f"{contract.declared_in}: region '{contract.region}' is not in the "
            f"catalog.{did_you_mean(contract.region, catalog.regions)} Known: {known}."
        )


def _twice(path: Path, identifier: str, other: Path) -> str:
    return (
        f"{path}: id '{identifier}' is also the id of {other.name}. Give each contract an id of its own; if one is a "
        "copy, remove it."
    )


def _declarations(folder: Path) -> list[Path]:
    """Return the files of a folder that declare something; none of those that a Mac puts beside ("._list.toml")."""
    return sorted(path for path in folder.glob("*.toml") if not path.name.startswith("."))


def _read_all(folder: Path, model: type[Model], error: type[ConfigError]) -> dict[str, Model]:
    found: dict[str, Model] = {}
    for path in _declarations(folder):
        read = _read_one(path, model, error)
        if read.id in found:
            raise error(_twice(path, read.id, found[read.id].declared_in))
        found[read.id] = read
    return found


def _read_one(path: Path, model: type[Model], error: type[ConfigError]) -> Model:
    values = read_toml(path, error)
    try:
        return model.model_validate({**values, "declared_in": path})
    except ValidationError as problem:
        raise error(_speak(path, model, problem)) from problem


def _speak(path: Path, model: type[BaseModel], problem: ValidationError) -> str:
    """Turn a validation error into sentences that name key, fault and remedy."""
    return f"{path}: " + "; ".join(_sentence(model, dict(entry)) for entry in problem.errors())


def _sentence(model: type[BaseModel], entry: dict[str, Any]) -> str:
    where: Sequence[Any] = entry["loc"]
    key = ".".join(str(part) for part in where)
    if entry["type"] == "extra_forbidden":
        known = sorted(_fields_at(model, where[:-1]))
        return f"unknown key '{key}'.{did_you_mean(str(where[-1]), known)} Known here: {', '.join(known)}"
    if entry["type"] == "missing":
        told = model.model_fields[key].examples if key in model.model_fields else None
        return f"key '{key}' is missing" + (f": write {told[0]}" if told else "")
    message = str(entry["msg"]).removeprefix("Value error, ")
    return f"key '{key}': {message}" if key else message


def _fields_at(model: type[BaseModel], where: Sequence[Any]) -> set[str]:
    """Return the keys that a model knows at a place inside it."""
    for part in where:
        inner = model.model_fields[str(part)].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return set()
        model = inner
    return set(model.model_fields) - {"declared_in"}
