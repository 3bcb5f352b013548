"""Read the built-in catalog and those that a user adds; later ones win by id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from inducult_geo.catalog.models import Contract, RasterSource, Region
from inducult_geo.errors import CatalogError, ConfigError, ContractError, did_you_mean
from inducult_geo.toml import read_toml

BUILT_IN = Path(__file__).parent
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Catalog:
    """All that a run may know, by id."""

    regions: dict[str, Region] = field(default_factory=dict)
    sources: dict[str, Contract] = field(default_factory=dict)
    rasters: dict[str, RasterSource] = field(default_factory=dict)

    def region(self, region_id: str) -> Region:
        """Return a region by id.

        Raises
        ------
        CatalogError
            Where no catalog declares it; the message names the nearest ones.
        """
        if region_id in self.regions:
            return self.regions[region_id]
        raise CatalogError(
            f"no region '{region_id}' in the catalog.{did_you_mean(region_id, self.regions)} "
            f"Known: {', '.join(sorted(self.regions))}. Add one as regions/<id>.toml in a folder given by --catalog."
        )

    def sources_of(self, region_id: str) -> list[Contract]:
        """Return the contracts about one region, by id."""
        return sorted((c for c in self.sources.values() if c.region == region_id), key=lambda c: c.id)

    def wide_sources(self) -> list[Contract]:
        """Return the contracts of files about more than one region, by id."""
        return sorted((c for c in self.sources.values() if c.is_wide and c.files), key=lambda c: c.id)


def load_catalog(
    folders: Iterable[Path] = (), *, contracts: Iterable[Path] = (), rasters: Iterable[Path] = ()
) -> Catalog:
    """Read the built-in catalog, then each folder (with `regions/`, `sources/`, `rasters/`) over it.

    Parameters
    ----------
    folders
        Catalog folders that a user gives; a later one wins where ids are the same.
    contracts
        Folders of which every `*.toml` is a contract (a steward's `data/raw/partners`).
    rasters
        Folders of which every `*.toml` declares a raster (a steward's `data/raw/rasters`).

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
    for folder in contracts:
        catalog.sources.update(_read_all(folder, Contract, ContractError))
    for folder in rasters:
        catalog.rasters.update(_read_all(folder, RasterSource, CatalogError))
    _check_references(catalog)
    return catalog


def load_contract(path: Path) -> Contract:
    """Read one contract.

    Raises
    ------
    ContractError
        Where the file is not TOML, or holds an unknown key or a wrong value; the message names it.
    """
    return _read_one(path, Contract, ContractError)


def _check_references(catalog: Catalog) -> None:
    for contract in catalog.sources.values():
        if contract.region is not None and contract.region not in catalog.regions:
            known = ", ".join(sorted(catalog.regions))
            raise ContractError(f"{contract.declared_in}: region '{contract.region}' is in no catalog. Known: {known}.")


def _read_all(folder: Path, model: type[Model], error: type[ConfigError]) -> dict[str, Model]:
    found: dict[str, Model] = {}
    for path in sorted(folder.glob("*.toml")):
        read = _read_one(path, model, error)
        identifier = read.id  # type: ignore[attr-defined]
        if identifier in found:
            raise error(f"{path}: id '{identifier}' is declared twice in {folder}. Give each its own.")
        found[identifier] = read
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
        return f"key '{key}' is missing"
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
