"""One release as it is compared with another: sites, records and decisions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio

from inducult_geo.errors import ReleaseError
from inducult_geo.frames import WORK_CRS, read_shapes
from inducult_geo.publish.bundle import Bundle, withheld_sources
from inducult_geo.publish.compared.opened import tables_alone
from inducult_geo.publish.compared.revisions import COMPARED, READ
from inducult_geo.publish.files import GEOPACKAGE, RECORDS_FILE, SITES_FILE
from inducult_geo.publish.layers.former_ids import former_ids, former_keys
from inducult_geo.typed import with_none

_SITE_FIELDS = ["site_id", "name", "region", "status", "geometry"]
_RECORD_FIELDS = ["record_key", "source", "site_id", "content_hash"]
_PAIR = ["left_key", "right_key", "decision", "decided_by"]
_FORMER_IDS, _FORMER_KEYS = ["site_id", "merged_into"], ["former_key", "record_key"]
_MORE = ("geometry_origin", "reason")
"""What records have in releases of today."""


class Site(NamedTuple):
    """A site as it stands in one release; x and y in `WORK_CRS`."""

    name: str | None
    region: str | None
    status: str | None
    x: float
    y: float


class Record(NamedTuple):
    """A record as it stands in one release."""

    source: str
    site_id: str | None
    content_hash: str | None
    origin: str | None = None
    reason: str | None = None
    had_another_key: bool = False


class Word(NamedTuple):
    """What a person said of two records: `same`, `part_of` or `different`."""

    left: str
    right: str
    decision: str
    who: str


@dataclass(frozen=True)
class Snapshot:
    """One release, by key.

    `members` is site id -> its record keys, `withheld` are the sources that stay at home, `words` is record key -> what
    people said of it. `former_ids` is id of a site that was merged -> the site that it went into, `former_keys` key
    that a record had -> the record that goes on as it. `values` has what is compared of sites (`COMPARED`, as far as
    it is there), index `site_id`; `read` gives of records, by their keys, how they were read (`READ` and `geometry`,
    as far as they are there).
    """

    sites: Mapping[str, Site]
    records: Mapping[str, Record]
    members: Mapping[str, frozenset[str]]
    withheld: frozenset[str] = frozenset()
    words: Mapping[str, tuple[Word, ...]] = field(default_factory=dict)
    former_ids: Mapping[str, str] = field(default_factory=dict)
    former_keys: Mapping[str, str] = field(default_factory=dict)
    values: pd.DataFrame = field(default_factory=pd.DataFrame)
    read: Callable[[Collection[str]], pd.DataFrame] = lambda _: pd.DataFrame({"record_key": []})

    @cached_property
    def whole_of(self) -> Mapping[str, str]:
        """Site -> the site that it is a part of."""
        return _mapped(self.values["part_of"].reset_index()) if "part_of" in self.values else {}

    def are_together(self, word: Word) -> bool | None:
        """Whether two records are in one site; null where one is not there."""
        left, right = self.records.get(word.left), self.records.get(word.right)
        if left is None or right is None or left.site_id is None:
            return None
        return left.site_id == right.site_id

    def is_part(self, word: Word) -> bool:
        """Whether the site of the left record is a part of that of the right one."""
        homes = [record and record.site_id for record in (self.records.get(word.left), self.records.get(word.right))]
        return homes[0] is not None and homes[1] is not None and self.whole_of.get(homes[0]) == homes[1]

    def under_the_keys_of(self, other: Snapshot) -> Snapshot:
        """Return this release with what goes on under other keys in another release, older or newer, under those.

        A key that both have is believed: it is the same record.
        """
        told = [*other.former_keys.items(), *((now, was) for was, now in self.former_keys.items())]
        lone = ((mine, key) for mine, key in told if mine not in other.records and key not in self.records)
        named: dict[str, str] = {}
        taken: set[str] = set()
        for mine, key in lone:
            if mine in self.records and key in other.records and mine not in named and key not in taken:
                named[mine] = key
                taken.add(key)
        if not named:
            return self
        records = {named.get(key, key): record for key, record in self.records.items()}
        records |= {key: records[key]._replace(had_another_key=True) for key in named.values()}
        members = {site: frozenset(named.get(key, key) for key in keys) for site, keys in self.members.items()}
        words = {
            named.get(key, key): tuple(
                word._replace(left=named.get(word.left, word.left), right=named.get(word.right, word.right))
                for word in said
            )
            for key, said in self.words.items()
        }
        return replace(self, records=records, members=members, words=words)


def read_snapshot(folder: Path) -> Snapshot:
    """Read what is compared of one release."""
    table = _table(folder, SITES_FILE, _SITE_FIELDS, COMPARED)
    records = _table(folder, RECORDS_FILE, _RECORD_FIELDS, _MORE)
    package = tables_alone(folder / GEOPACKAGE)
    sources, pairs = _told(package, "sources", ["source", "publish"]), _told(package, "matches", _PAIR)
    told = replace(
        _snapshot_of(gpd.GeoDataFrame(table), records, pairs),
        withheld=withheld_sources(sources),
        former_ids=_mapped(_told(package, "former_ids", _FORMER_IDS)),
        former_keys=_mapped(_told(package, "former_keys", _FORMER_KEYS)),
    )
    return replace(told, read=partial(_read_of, folder / RECORDS_FILE))


def _read_of(path: Path, keys: Collection[str]) -> pd.DataFrame:
    """Return how records of a release were read; geometries as WKB."""
    there = pq.read_schema(path).names
    columns = [name for name in ("record_key", *READ, "geometry") if name in there]
    return pd.DataFrame(pq.read_table(path, columns=columns, filters=[("record_key", "in", [*keys])]).to_pandas())


def _told(package: Path, layer: str, columns: list[str]) -> pd.DataFrame:
    """Read columns of a table of a release, empty ones where it is too old for them; no row where it has no table."""
    try:
        told = pyogrio.read_dataframe(package, layer=layer, columns=columns, read_geometry=False)
        return pd.DataFrame(told.reindex(columns=columns))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError):
        return pd.DataFrame(columns=columns)


def snapshot_of_bundle(bundle: Bundle) -> Snapshot:
    """Index what is to be published by its keys."""
    return replace(
        _snapshot_of(bundle.sites, pd.DataFrame(bundle.records), bundle.pairs),
        withheld=withheld_sources(bundle.sources),
        former_ids=_mapped(former_ids(bundle)[_FORMER_IDS]),
        former_keys=_mapped(former_keys(bundle)[_FORMER_KEYS]),
    )


def _mapped(table: pd.DataFrame) -> Mapping[str, str]:
    """Return what a table of two columns says as a mapping; what is null says nothing."""
    return dict(table.dropna().astype(str).itertuples(index=False, name=None))


def _words(pairs: pd.DataFrame) -> Mapping[str, tuple[Word, ...]]:
    """Return what people said, by each of both records."""
    said: dict[str, list[Word]] = {}
    decided = pairs.loc[pairs["decided_by"].notna(), _PAIR]
    for word in map(Word._make, decided.itertuples(index=False, name=None)):
        for key in (word.left, word.right):
            said.setdefault(key, []).append(word)
    return {key: tuple(words) for key, words in said.items()}


def _snapshot_of(sites: gpd.GeoDataFrame, records: pd.DataFrame, pairs: pd.DataFrame) -> Snapshot:
    """Index sites (any CRS), records and what people said of pairs by their keys."""
    points = sites.to_crs(WORK_CRS).geometry.representative_point()
    named = zip(sites["site_id"], *_values(sites, ["name", "region", "status"]), points.x, points.y, strict=True)
    fields = [*_RECORD_FIELDS[1:], *_MORE]
    keyed = zip(records["record_key"], *_values(records.reindex(columns=fields), fields), strict=True)
    by_key = {str(key): Record(*rest) for key, *rest in keyed}
    members: dict[str, set[str]] = {}
    for key, record in by_key.items():
        if record.site_id is not None:
            members.setdefault(record.site_id, set()).add(key)
    whole = {site_id: frozenset(keys) for site_id, keys in members.items()}
    homes = {str(site_id): Site(*rest) for site_id, *rest in named}
    values = pd.DataFrame(sites[["site_id", *(name for name in COMPARED if name in sites)]])
    read = partial(_read_among, records)
    words = _words(pairs)
    return Snapshot(homes, by_key, whole, words=words, values=values.set_index("site_id"), read=read)


def _read_among(records: pd.DataFrame, keys: Collection[str]) -> pd.DataFrame:
    """Return how some of these records were read; geometries as shapes."""
    columns = [name for name in ("record_key", *READ, "geometry") if name in records]
    return pd.DataFrame(records.loc[records["record_key"].isin(keys), columns])


def _values(frame: pd.DataFrame, columns: Sequence[str]) -> list[list[Any]]:
    """Return columns as lists with None for null."""
    return [with_none(frame[column]).tolist() for column in columns]


def _table(folder: Path, name: str, columns: Sequence[str], more: Sequence[str]) -> pd.DataFrame:
    """Read columns of a Parquet file of a release, and more of them where it has them."""
    path = folder / name
    try:
        there = pq.read_schema(path).names
        wanted = [*columns, *(extra for extra in more if extra in there and extra not in columns)]
        if "geometry" in columns:
            return read_shapes(path, columns=wanted)
        return pd.DataFrame(pq.read_table(path, columns=wanted).to_pandas())
    except FileNotFoundError:
        raise ReleaseError(f"{folder}: no {name}: is this the folder of a release?") from None
    except (pa.ArrowException, ValueError, KeyError, OSError) as problem:
        raise ReleaseError(f"{path}: cannot be read: {problem}. Check the release with `inducult verify`.") from problem
