"""Verify every promise of a release folder, by its files alone.

No code that wrote the release is asked: whoever gets a folder can check it with this package, a damaged or altered
one included. Nothing in the folder is changed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from inducult_geo.publish.compared.opened import Opened
from inducult_geo.publish.promises import content as content
from inducult_geo.publish.promises import files as files
from inducult_geo.publish.promises import gpkg as gpkg
from inducult_geo.publish.promises import research as research
from inducult_geo.publish.promises import web as web

_LOG = logging.getLogger(__name__)

_TOLD = 5
"""How many faults of one promise are told: a thousand say no more than five."""


@dataclass(frozen=True)
class Finding:
    """What became of one promise; `detail` says how it is broken, and is empty where it is kept."""

    promise: str
    ok: bool
    detail: str = ""


PROMISES: Mapping[str, Callable[[Opened], Iterator[str]]] = {
    "every file is there": files.files_are_there,
    "SHA256SUMS lists every file but itself, and each is unaltered": files.sums_match,
    "inducult.gpkg is a GeoPackage 1.3 that opens read-only": gpkg.container_is_right,
    "the database is whole": gpkg.database_is_whole,
    "every layer is there and described": gpkg.layers_are_described,
    "every column has an alias and a description": gpkg.columns_are_described,
    "every coded column has its list": gpkg.coded_columns_have_lists,
    "the table dictionary explains every column": gpkg.dictionary_lists_every_column,
    "every layer has its styles": gpkg.styles_are_there,
    "the embedded project opens and finds its layers": gpkg.project_opens,
    "the project's map themes show what is there": gpkg.themes_show_layers,
    "records in = in sites + in review + rejected, everywhere": content.counts_add_up,
    "nothing points into the void, every site has a record": content.all_is_linked,
    "site ids are well-formed and unique": content.site_ids_are_valid,
    "every geometry is there, valid and in EPSG:3035": content.geometries_are_sound,
    "every record names its license and may be published": content.rights_are_kept,
    "accuracies are positive": content.accuracies_are_positive,
    "values lie in their lists": content.values_are_listed,
    "the Parquet files hold the same rows": files.parquet_has_the_same_rows,
    "the tiles hold every site": web.tiles_hold_the_sites,
    "index.html loads nothing and runs its own script only": web.page_is_sealed,
    "manifest.json is complete and counts the same": files.manifest_is_complete,
    "there is one number of sites": files.number_of_sites_is_one,
    "sites.csv holds every site, in degrees and without formulas": research.csv_holds_the_sites,
    "dictionary and schema name every column": research.dictionary_names_every_column,
    "dcat.jsonld describes every data file": research.every_data_file_is_described,
    "the density surfaces count every site once": research.densities_count_the_sites,
    "the rasters in the GeoPackage count the same": research.coverages_count_the_sites,
}
"""What a release promises -> what yields a sentence for each way in which it is broken; one more is a line here."""


def verify(release: Path) -> list[Finding]:
    """Check every promise of a release.

    Parameters
    ----------
    release
        The release's folder.

    Returns
    -------
    list of Finding
        One for each of `PROMISES`, in order. What cannot be checked counts as broken; nothing is raised.
    """
    opened = Opened(release)
    try:
        return [_check(number, promise, opened) for number, promise in enumerate(PROMISES, start=1)]
    finally:
        opened.close()


def _check(number: int, promise: str, opened: Opened) -> Finding:
    _LOG.debug("checking promise %d of %d: %s", number, len(PROMISES), promise)
    try:
        told = list(islice(PROMISES[promise](opened), _TOLD + 1))
    except FileNotFoundError:  # the first promise names it
        return Finding(promise, False, "cannot be checked: a file that it needs is missing")
    except Exception as problem:  # a folder may be spoiled in any way: what cannot be read is not promised
        return Finding(promise, False, f"cannot be checked: {type(problem).__name__}: {problem}")
    more = ["and more"] if len(told) > _TOLD else []
    return Finding(promise, not told, "; ".join(told[:_TOLD] + more))
