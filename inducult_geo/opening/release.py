"""Open a published release for reading: its layers as frames, as SQL, and the evidence behind each site."""

from __future__ import annotations

import difflib
import html
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyogrio

from inducult_geo.errors import ConfigError, ReleaseError
from inducult_geo.match.identity.site_ids import check_site_id
from inducult_geo.opening.explaining import Site
from inducult_geo.opening.views import connect
from inducult_geo.publish.compared.changes import diff
from inducult_geo.publish.compared.opened import Opened
from inducult_geo.publish.compared.typed import read_frame
from inducult_geo.publish.files import GEOPACKAGE, MANIFEST, RECORDS_FILE, SITES_FILE
from inducult_geo.publish.promises.files import sums_of
from inducult_geo.run import SCHEMA_VERSION
from inducult_geo.store import SUMS, DataFolder, current_release
from inducult_geo.text import counted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_NEEDED = (GEOPACKAGE, SITES_FILE, RECORDS_FILE, MANIFEST)
_VIEWS: Mapping[str, str] = {
    "sites": "The sites, one row each.",
    "records": "Every record of every source with its outcome, the rejected ones too.",
    "matches": "Pairs of records that may be one site, with probability, decision and evidence.",
    "review": "Open questions for a person.",
    "rejected": "Records that cannot be used, each with its reason.",
    "regions": "The regions with the counts of their records.",
    "sources": "The sources with license, coordinate system and counts.",
    "changes": "Sites new, gone, moved, renamed, closed, reopened, merged, split, revised since the release before.",
    "former_ids": "Ids of sites that were merged, and the site of this release that each leads to.",
    "former_keys": "Keys that records had before, and the record of this release that each leads to.",
    "vocabulary": "Every value of every list with its labels: in English, German, Czech, Italian ...",
    "dictionary": "Every column of every table, explained.",
    "runs": "The release itself in one row: counts, data_date, version.",
}
"""The frames of a release, which are its views in SQL as well, and what each holds."""


def open_release(path: Path | str, *, check: bool = True) -> Release:
    """Open a release folder, or a copy of one, for reading. Nothing in it is changed.

    Parameters
    ----------
    path
        The folder of a release, `data/processed/current`, or a data folder, of which the current release is opened.
    check
        Whether to compare every file with `SHA256SUMS` first (about a second a gigabyte).

    Returns
    -------
    Release
        Its frames are read when they are first asked for.

    Raises
    ------
    ConfigError
        Where there is no such folder, or it is no release.
    ReleaseError
        Where a file was altered or damaged, or the release has another schema than this program reads.
    """
    folder = release_folder(Path(path))
    missing = [name for name in (*_NEEDED, SUMS) if not (folder / name).is_file()]
    if missing:
        raise ConfigError(
            f"{folder}: is not a complete release, since it lacks {', '.join(missing)}. Name the folder of a release, "
            "such as data/processed/current, and copy it as a whole."
        )
    release = Release(folder)
    _require_schema(release)
    if check:
        sums = sums_of(folder)
        altered = [*sums.altered, *(name for name in _NEEDED if name in sums.unlisted)]
        if altered:
            raise ReleaseError(
                f"{folder}: {', '.join(altered[:5])}: not what {SUMS} says: altered or damaged (to begin editing in "
                "QGIS is enough). Get the release again; open_release(path, check=False) opens it as it is."
            )
    return release


class Release:
    """One release, read from its files alone.

    Each frame is read once, when it is first asked for, and handed out as a copy that shares memory until it is
    changed. All geometries are in EPSG:3035 (meters). A column is as `DICTIONARY.md` in the release says; text that is
    not known is null. Use `open_release` to make one.

    Parameters
    ----------
    folder
        The folder of the release.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, Any] = {}

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """What the run read, did and wrote: the release's `manifest.json`.

        Raises
        ------
        ReleaseError
            Where it cannot be read.
        """
        try:
            return Opened(self.folder).manifest
        except (ValueError, OSError) as problem:
            raise ReleaseError(
                f"{self.folder / 'manifest.json'}: cannot be read: {problem}. Get the release again."
            ) from problem

    @property
    def about(self) -> Mapping[str, Any]:
        """The release in numbers: title, run_id, data_date, is_sample, records_in, in_sites, in_review, rejected ..."""
        return dict(self.manifest["run"])

    @property
    def sites(self) -> gpd.GeoDataFrame:
        """The sites: `SITE_COLUMNS`, and geometry: a point, or the outline where a source knows it.

        One row a site, sorted by `site_id`. For one point a site: `sites.representative_point()`.
        """
        return gpd.GeoDataFrame(self._frame("sites"))

    @property
    def records(self) -> gpd.GeoDataFrame:
        """Every record: `RECORD_COLUMNS`, `site_id`, `outcome` ("site", "review", "rejected") and geometry.

        Sorted by `record_key`. A rejected record may have no geometry.
        """
        return gpd.GeoDataFrame(self._frame("records"))

    @property
    def rejected(self) -> gpd.GeoDataFrame:
        """The records that cannot be used, with `reason` and `detail`; the columns of `records`."""
        records = self.records
        return gpd.GeoDataFrame(records[records["outcome"] == "rejected"].reset_index(drop=True))

    @property
    def matches(self) -> pd.DataFrame:
        """Pairs of records that may be one site: left_key, right_key, score (0 to 1), decision ...

        From a score of 0.05 on, and of less where others fit better, one lies in the other, or a person decided.
        """
        return pd.DataFrame(self._frame("matches"))

    @property
    def review(self) -> gpd.GeoDataFrame:
        """Open questions, one point each: review_id, kind, question, left_key, right_key, score, why, priority ..."""
        return gpd.GeoDataFrame(self._frame("review"))

    @property
    def regions(self) -> gpd.GeoDataFrame:
        """The regions: outline, title, area_km2, and records_in = in_sites + in_review + rejected."""
        return gpd.GeoDataFrame(self._frame("regions"))

    @property
    def sources(self) -> pd.DataFrame:
        """The sources, one row each: license, credit line, coordinate system, accuracy_m, counts, state."""
        return pd.DataFrame(self._frame("sources"))

    @property
    def changes(self) -> pd.DataFrame:
        """What changed since the release before: change, site_id, name, region, detail, cause, distance_m.

        From the layer `changes`, or else from `processed/changes/` of the data folder that the release lies in; empty
        where neither tells any. `changes_since` compares any two.
        """
        return pd.DataFrame(self._frame("changes"))

    @property
    def former_ids(self) -> pd.DataFrame:
        """Ids of sites that were merged: site_id, merged_into (a site of this release), last_seen; `site` follows."""
        return pd.DataFrame(self._frame("former_ids"))

    @property
    def former_keys(self) -> pd.DataFrame:
        """Keys that records had before: former_key, record_key (a record of this release), last_seen."""
        return pd.DataFrame(self._frame("former_keys"))

    @property
    def vocabulary(self) -> pd.DataFrame:
        """The values of every list ("type", "status", "reason" ...): list, value, label, label_de, label_cs ..."""
        return pd.DataFrame(self._frame("vocabulary"))

    @property
    def dictionary(self) -> pd.DataFrame:
        """The columns of every table: what each holds, its type and unit, and the list that its values are of."""
        return pd.DataFrame(self._frame("dictionary"))

    @property
    def runs(self) -> pd.DataFrame:
        """The release itself, one row: run_id, title, records_in, in_sites, in_review, rejected, data_date ..."""
        return pd.DataFrame(self._frame("runs"))

    def changes_since(self, older: Release | Path | str) -> pd.DataFrame:
        """Compare with another release, site by site: the columns of `changes`.

        Sites and records are followed where they bear another id or key now (`former_ids`, `former_keys`).

        Raises
        ------
        ReleaseError
            Where `older` is no release.
        """
        return diff(older.folder if isinstance(older, Release) else Path(older), self.folder)

    def site(self, site_id: str) -> Site:
        """Return one site with the evidence behind it; an id that was merged into another gives that other.

        Raises
        ------
        ReleaseError
            Where the release has no such site.
        """
        asked = site_id.strip()
        ids = set(self._frame("sites")["site_id"])
        found = self._living(asked, ids)
        if found is None:
            raise ReleaseError(f"{asked}: {self._why_unknown(asked, ids)}")
        return Site(
            asked_for=asked,
            row=self.sites.iloc[self._rows("sites", "site_id", found)[0]],
            records=gpd.GeoDataFrame(self._of("records", found, "site_id")),
            matches=self._of("matches", found, "left_site", "right_site"),
            review=self._of("review", found, "left_site", "right_site"),
            sources=self.sources,
        )

    def holds(self, site_id: str) -> bool:
        """Whether `site` finds a site by this id."""
        return self._living(site_id.strip(), set(self._frame("sites")["site_id"])) is not None

    def duckdb(self) -> DuckDBPyConnection:
        """Return a new DuckDB connection in memory with a view a frame (`sites`, `records`, `matches` ...).

        The Parquet files are scanned where they lie. Instead of a geometry each spatial view has `geometry_wkb`
        (EPSG:3035), `x_m` and `y_m` (EPSG:3035) and `longitude` and `latitude` (WGS84) of a point on it, so that no
        extension is needed; none is downloaded. The layers go by their names in the GeoPackage, too (`site_points`,
        `site_areas`, `source_records`, `rejected`). Three views more have in rows what columns of `sites` hold as JSON:

        - `origins` (`lineage`) tells of each value of each site which record it comes from: site_id, column_name, value
          (as text; null for the geometry), record_key, source, licence, retrieved_at, valid_at, place (file and row).
          A value that several records made together (all names, say) has a row for each.
        - `events` (`timeline`) tells what happened in which year: site_id, year, event, record_key, source,
          event_precision, and year_from and year_to: the first and the last year that it can mean (null: no bound is
          known). Of a century or a span `year` is the first, of an end the last: no decade. Then what `origins` has of
          a record: licence, retrieved_at, valid_at, place.
        - `contradictions` (`conflicts`) tells what records say against each other: site_id, column_name, record_key,
          value (as text), source, is_shown (whether the site shows this value), and of the record as above.

        Raises
        ------
        ConfigError
            Where duckdb is not installed.
        """
        return connect(self.folder, self._frame)

    def _frame(self, name: str) -> Any:
        """Return a frame, read at most once."""
        if name not in self._read:
            try:
                self._read[name] = read_frame(self.folder, name)
            except (pa.ArrowException, pyogrio.errors.DataSourceError, ValueError, OSError) as problem:
                raise ReleaseError(
                    f"{self.folder}: {name} cannot be read: {problem}. See `inducult verify {self.folder}`."
                ) from problem
        return self._read[name].copy(deep=False)

    def _of(self, name: str, site_id: str, *columns: str) -> pd.DataFrame:
        """Return the rows of a frame that name a site in one of some columns."""
        rows = sorted({int(row) for column in columns for row in self._rows(name, column, site_id)})
        return pd.DataFrame(self._frame(name).iloc[rows].reset_index(drop=True))

    def _rows(self, name: str, column: str, site_id: str) -> Sequence[int]:
        """Return where a site stands in a column; the column is gone through once."""
        key = f"{name}.{column}"
        if key not in self._read:
            self._read[key] = self._frame(name).groupby(column).indices
        found: Mapping[str, Sequence[int]] = self._read[key]
        return found.get(site_id, ())

    def _living(self, site_id: str, ids: set[str]) -> str | None:
        """Return the id of the release that an id leads to, or None."""
        if site_id in ids:
            return site_id
        former = self._frame("former_ids")
        return dict(zip(former["site_id"], former["merged_into"], strict=True)).get(site_id)

    def _why_unknown(self, site_id: str, ids: set[str]) -> str:
        if not site_id.upper().startswith("IC-"):
            return "not a site id, which begins with IC-." + self._called(site_id)
        close = difflib.get_close_matches(site_id.upper(), sorted(ids), n=1, cutoff=0.8)
        meant = f" Did you mean {close[0]}?" if close else ""
        if not check_site_id(site_id):
            return f"not a site id: its check character does not fit, so a character was mistyped.{meant}"
        return (
            f"not a site of release {self.about['run_id']}. It may be in another release, or have disappeared since: "
            f"compare the two with `changes_since`.{meant}"
        )

    def _called(self, text: str) -> str:
        """Say which sites bear a name, or hold the record of a key."""
        sites, records = self._frame("sites"), self._frame("records")
        named = sites.loc[sites["name"].str.casefold() == text.casefold(), "site_id"]
        found = [*named, *records.loc[records["record_key"] == text, "site_id"].dropna()]
        if found:
            return f" Did you mean {' or '.join(found[:3])}?"
        return " Names stand in `sites`, the keys of records in `records`."

    def __repr__(self) -> str:
        numbers = self.about
        return f"<Release {numbers['title']!r}: {counted(numbers['sites'], 'site')} of {self._day}, {self.folder}>"

    @property
    def _day(self) -> str:
        return str(self.about["data_date"] or "an unknown date")

    def _repr_html_(self) -> str:
        said = {name: html.escape(str(value)) for name, value in self.about.items()}
        notice = "<p><b>Sample data: written by hand, for trying out, not for use.</b></p>"
        rows = "".join(f"<tr><td><code>.{name}</code></td><td>{text}</td></tr>" for name, text in _VIEWS.items())
        return (
            f"<h4>{said['title']}</h4>{notice if self.about['is_sample'] else ''}"
            f"<p>{said['sites']} sites; {said['records_in']} records in = {said['in_sites']} in sites + "
            f"{said['in_review']} in review + {said['rejected']} rejected. Data of {html.escape(self._day)}, "
            f"run {said['run_id']}, schema {said['schema_version']}.</p>"
            f"<p><code>{html.escape(str(self.folder))}</code></p><table>{rows}</table>"
        )


def release_folder(path: Path) -> Path:
    """Find the release that a path names: `current` is a file where a disk knows no links.

    Raises
    ------
    ConfigError
        Where there is no such folder, or a data folder without a release.
    """
    is_pointer = path.name == "current" and path.is_file()
    if not (path.is_dir() or is_pointer):
        raise ConfigError(f"{path}: no such folder. Name a release, such as data/processed/current.")
    data = path.resolve().parent.parent if is_pointer else path
    if (data / "raw").is_dir() or (data / "processed").is_dir() or data != path:
        return newest_release(DataFolder(data))
    return path.resolve()


def newest_release(folder: DataFolder) -> Path:
    """Return the current release of a data folder.

    Raises
    ------
    ConfigError
        Where there is none.
    """
    found = current_release(folder)
    if found is None:
        raise ConfigError(f"{folder.root}: there is no release yet. Make one: inducult run --data {folder.root}.")
    return found


def _require_schema(release: Release) -> None:
    said = str(release.manifest.get("schema_version", ""))
    if not re.fullmatch(r"\d+\.\d+", said):
        raise ReleaseError(f"{release.folder}: manifest.json names no schema_version. Is it a release of inducult-geo?")
    theirs, ours = (int(version.partition(".")[0]) for version in (said, SCHEMA_VERSION))
    if theirs == ours:
        return
    remedy = "Upgrade inducult-geo" if theirs > ours else "Open it with the version of inducult-geo that wrote it"
    raise ReleaseError(
        f"{release.folder}: has schema {said}; this inducult-geo reads {ours}.x. {remedy} "
        f"(the release was written by {release.manifest.get('version', 'an unknown version')})."
    )
