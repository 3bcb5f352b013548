"""Read and harmonize one source by its contract as a run would, without keeping anything."""

from __future__ import annotations

from inducult_geo.catalog import Contract
from inducult_geo.collecting.boundaries import outline_for_check
from inducult_geo.collecting.gather import ground_of_region, ground_of_the_world, harmonized, in_languages_of
from inducult_geo.errors import ContractError
from inducult_geo.frames import RawTable
from inducult_geo.harmonize.places.ground import Ground
from inducult_geo.harmonize.records import Harmonized
from inducult_geo.run import Run
from inducult_geo.sources.partners.files import find_files, near_name
from inducult_geo.sources.partners.partner import read_partner


def read_by_contract(contract: Contract, run: Run) -> tuple[RawTable, Harmonized]:
    """Read and harmonize a source as a run would, without keeping anything.

    Raises
    ------
    ContractError
        Where none of its files is there, or one cannot be read or placed.
    """
    files = find_files(contract, partners=run.folder.partners)
    if not files:
        raise ContractError(
            f"{contract.declared_in}: {', '.join(contract.files) or 'no file'} is not there.{near_name(contract)} Put "
            f"it beside the contract or into {run.folder.partners}, or correct `files`."
        )
    if contract.region is not None:
        contract = in_languages_of(contract, run.catalog.region(contract.region))
    table = read_partner(contract, files)
    return table, harmonized(contract, table, ground_of(contract, run))


def ground_of(contract: Contract, run: Run) -> Ground:
    """Return what is known of the land that a contract's source is about."""
    if contract.region is None:
        return ground_of_the_world(contract, run)
    region = run.catalog.region(contract.region)
    return ground_of_region(region, outline_for_check(region, run).area, run)
