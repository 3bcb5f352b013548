"""The steps of the pipeline as functions, for notebooks and other programs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from shapely.geometry.base import BaseGeometry

from inducult_geo.catalog import OSM, Contract, load_contract
from inducult_geo.collecting.boundaries import outline_for_check
from inducult_geo.collecting.by_contract import read_by_contract
from inducult_geo.collecting.gather import harmonized
from inducult_geo.errors import ConfigError, ContractError
from inducult_geo.frames import Records, as_records, read_shapes, to_json
from inducult_geo.harmonize.places.ground import Ground
from inducult_geo.match.link import link as link_records
from inducult_geo.match.scoring.score import Weights
from inducult_geo.publish.files import SITES_FILE
from inducult_geo.run import open_run
from inducult_geo.sources.osm.overpass import fetch_objects, is_answer, read_answer
from inducult_geo.sources.osm.pbf import read_objects
from inducult_geo.sources.osm.records import records_of


def read_osm(
    path: Path | str | None = None, *, region: str | BaseGeometry | None = None, place: str | None = None
) -> Records:
    """Read the industrial records of an OpenStreetMap extract, or of a place through Overpass.

    Parameters
    ----------
    path
        `.osm.pbf`, `.osm`, `.osm.gz` or `.osm.bz2`.
    region
        Clip to a polygon (EPSG:4326) or to a region of the catalog by id; the whole file where not given.
    place
        Instead of a file: a place by name ("Leoben, Austria"), looked up with osmnx and asked of Overpass. For small
        areas.

    Returns
    -------
    GeoDataFrame
        `RECORD_COLUMNS` and geometry in EPSG:3035; objects whose geometry is lost carry a `reason`.

    Raises
    ------
    ConfigError
        Where not exactly one of `path` and `place` is given.
    SourceError
        Where the file is truncated or no OpenStreetMap file, the place unknown, or no server gave a whole answer.
    """
    if (path is None) == (place is None):
        raise ConfigError("read_osm: give either a path or a place.")
    run = open_run(contracts=False)
    area = outline_for_check(run.catalog.region(region), run).area if isinstance(region, str) else region
    if place is not None:
        # osmnx is heavy, and only this call needs it.
        from inducult_geo.sources.web.places import look_up

        table = records_of(
            fetch_objects(
                "place", area=area or look_up(place, deadline_s=run.settings.http_deadline_s), settings=run.settings
            )
        )
    else:
        extract = Path(str(path))
        table = records_of((read_answer if is_answer(extract) else read_objects)(extract, area=area))
    return harmonized(run.catalog.sources[OSM], table, Ground("the extract", None)).records


def read_source(contract: Path | str | Contract, *, data: Path | str | None = None) -> Records:
    """Read and harmonize a partner's file by its contract.

    Parameters
    ----------
    contract
        A contract, or the path of its TOML.
    data
        The data folder, for the region's outline and files in `raw/partners`.

    Returns
    -------
    GeoDataFrame
        `RECORD_COLUMNS` and geometry in EPSG:3035, one row a row of the file (or a key, where the contract says so);
        what cannot be used has a `reason`.

    Raises
    ------
    ContractError, SourceError
        Where the contract is wrong or the file does not fit it.
    """
    run = open_run(None if data is None else Path(data), contracts=False)
    declared = contract if isinstance(contract, Contract) else load_contract(Path(contract))
    return read_by_contract(declared, run)[1].records


def link(
    left: Records,
    right: Records,
    *,
    units: bool = False,
    weights: Weights | None = None,
    said: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Link two tables of records: which of the left are the same site as which of the right.

    Rows without a place take part through names and addresses; other rejected rows do not.

    Parameters
    ----------
    left, right
        Records, such as `read_source` gives.
    units
        Whether several rows of the right may be one site of the left (permits, units).
    weights
        What each comparison counts; the shipped ones where not given.
    said
        What people said of pairs: left_id, right_id, decision (same or different). It goes before every score.

    Returns
    -------
    DataFrame
        left_id, right_id (the sources' own keys), left_name, right_name, score, decision (match, unit, review, or what
        was said),
        beside (the best match, of works that the right list gives again and of units), doubtful (worth a person's
        look), distance_m, why; one row a pair, ordered by left_id, then the highest score first.
    """
    return link_records(_linkable(left), _linkable(right), units=units, weights=weights, said=said)


def records_of_release(release: Path | str) -> Records:
    """Read the sites of a release as records, to link another table against them.

    Raises
    ------
    ContractError
        Where there is no release, or its sites cannot be read.
    """
    path = Path(release) / SITES_FILE
    if not path.is_file():
        raise ContractError(
            f"{release}: is not a release, since it holds no sites.parquet. Name a contract or a release folder."
        )
    try:
        sites = read_shapes(path)
    except (OSError, ValueError, pa.ArrowException) as problem:
        raise ContractError(f"{path}: cannot be read: {str(problem).rstrip('.')}. Copy the release anew.") from problem
    keys = sites["site_id"].astype(str)
    ids = sites["wikidata"].map(lambda item: to_json({"wikidata": item}), na_action="ignore")
    return as_records(sites.assign(record_key="release:" + keys, source="release", ids=ids, reason=None))


def takes_part(records: Records) -> np.ndarray:
    """Tell of each row whether it takes part when records are linked: accepted ones do, and those without a place."""
    return (records["reason"].isna() | (records["reason"] == "no_coordinates")).to_numpy()


def _linkable(records: Records) -> Records:
    return as_records(records[takes_part(records)].assign(reason=None, detail=None))
