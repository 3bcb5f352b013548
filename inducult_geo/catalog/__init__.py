"""What the project knows: regions, sources, rasters and vocabulary, declared as files."""

from inducult_geo.catalog.load import OSM, Catalog, load_catalog, load_contract, told_by_stewards
from inducult_geo.catalog.models import Boundary, Contract, Place, RasterSource, Read, Region

__all__ = [
    "OSM",
    "Boundary",
    "Catalog",
    "Contract",
    "Place",
    "RasterSource",
    "Read",
    "Region",
    "load_catalog",
    "load_contract",
    "told_by_stewards",
]
