"""A release opened for research: frames, SQL and explanations say what the files say, and a bad folder is refused."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from bundles import HOSTILE, contracts, small_bundle

from inducult_geo import open_release
from inducult_geo.errors import ConfigError, ReleaseError
from inducult_geo.frames import PAIR_COLUMNS, RECORD_COLUMNS, SITE_COLUMNS, from_json
from inducult_geo.harmonize.dates.read import life_span, parse_date, parse_end
from inducult_geo.match.identity.site_ids import new_site_id
from inducult_geo.opening import views
from inducult_geo.opening.explaining import EVIDENCE_COLUMNS, VALUE_COLUMNS, Explanation, Site
from inducult_geo.opening.release import Release
from inducult_geo.publish.compared.changes import CHANGE_COLUMNS
from inducult_geo.publish.layers import columns
from inducult_geo.publish.release import write_release, write_sums
from inducult_geo.publish.research.listing import LAW_SQL
from inducult_geo.releasing.withholding import for_release

FRAMES = (
    *("sites", "records", "rejected", "matches", "review", "regions", "sources", "changes"),
    *("former_ids", "former_keys", "vocabulary", "dictionary", "runs"),
)


@pytest.fixture(scope="module")
def release(sample_data: Path) -> Release:
    return open_release(sample_data)


@pytest.fixture
def copy(tmp_path: Path, release: Release) -> Path:
    """A copy of the sample's release, alone, to be spoiled."""
    return Path(shutil.copytree(release.folder, tmp_path / "a copy [1]"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release full of hostile names."""
    folder = tmp_path_factory.mktemp("hostile")
    bundle = for_release(small_bundle(), contracts())
    write_release(bundle, folder, {"schema_version": "1.0", "version": "0", "run": dict(bundle.run)})
    return open_release(folder)


def sums(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def spoil_manifest(folder: Path, **said: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **said}), encoding="utf-8")
    write_sums(folder)


def test_the_frames_count_what_the_release_counts(release: Release) -> None:
    about = release.about
    outcomes = release.records["outcome"].value_counts()
    assert len(release.sites) == about["sites"]
    assert len(release.records) == about["records_in"]
    assert [outcomes["site"], outcomes["review"], outcomes["rejected"]] == [
        about["in_sites"], about["in_review"], about["rejected"]
    ]  # fmt: skip
    assert len(release.rejected) == about["rejected"]
    assert release.rejected["reason"].notna().all()
    assert release.regions["records_in"].sum() == about["records_in"]
    assert release.sources["records_in"].sum() == about["records_in"]


def test_the_frames_have_their_declared_columns_and_types(release: Release) -> None:
    assert list(release.sites) == [*SITE_COLUMNS, "geometry"]
    assert list(release.records) == [*RECORD_COLUMNS, "site_id", "outcome", "geometry"]
    assert list(release.matches) == [*PAIR_COLUMNS]
    assert list(release.review) == [*(column.name for column in columns.REVIEW), "geometry"]
    assert list(release.sources) == [column.name for column in columns.SOURCES]
    assert list(release.changes) == [*CHANGE_COLUMNS]
    for name in ("sites", "records", "review", "regions"):
        assert getattr(release, name).crs.to_epsg() == 3035
    assert release.sites["start_year"].dtype == "Int64"
    assert release.sources["publish"].dtype == "boolean"
    assert release.matches["score"].dtype == "float64"
    assert set(release.sites[["first_seen", "last_seen"]].dtypes.astype(str)) == {"datetime64[ms]"}


def test_nothing_is_read_before_it_is_asked_for(copy: Path) -> None:
    opened = open_release(copy)
    (copy / "records.parquet").unlink()
    assert len(opened.sites)
    with pytest.raises(ReleaseError, match=r"records cannot be read.*inducult verify"):
        opened.records  # noqa: B018


def test_sql_on_what_is_damaged_is_told_as_the_frames_tell_it(copy: Path) -> None:
    (copy / "records.parquet").write_bytes(b"PAR1")
    with pytest.raises(ReleaseError, match=r"records cannot be read.*inducult verify"):
        open_release(copy, check=False).duckdb()


def test_a_frame_can_be_changed_without_changing_the_release(release: Release) -> None:
    mine = release.sites
    mine["name"] = "spoiled"
    mine.loc[0, "region"] = "nowhere"
    assert "spoiled" not in set(release.sites["name"])
    assert "nowhere" not in set(release.sites["region"])


def test_reading_everything_changes_no_byte_and_adds_no_file(copy: Path) -> None:
    before = sums(copy)
    opened = open_release(copy)
    for name in FRAMES:
        getattr(opened, name)
    opened.duckdb().sql("SELECT count(*) FROM sites").fetchall()
    assert sums(copy) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_can_be_read(copy: Path) -> None:
    copy.chmod(0o555)
    try:
        assert len(open_release(copy).review)
    finally:
        copy.chmod(0o755)


@pytest.mark.parametrize("name", ["sites.parquet", "inducult.gpkg", "README.txt", "manifest.json"])
def test_an_altered_file_is_refused_by_name(copy: Path, release: Release, name: str) -> None:
    with (copy / name).open("ab") as file:
        file.write(b"\n")
    with pytest.raises(ReleaseError, match=f"{name}: not what SHA256SUMS says"):
        open_release(copy)
    assert open_release(copy, check=False).about["sites"] == len(release.sites)


def test_a_file_that_nobody_vouches_for_is_refused(copy: Path) -> None:
    listed = (copy / "SHA256SUMS").read_text(encoding="utf-8").splitlines(keepends=True)
    (copy / "SHA256SUMS").write_text("".join(line for line in listed if "sites.parquet" not in line), encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"sites\.parquet: not what SHA256SUMS says"):
        open_release(copy)
    (copy / "SHA256SUMS").write_bytes(b"\xcd")
    with pytest.raises(ReleaseError, match=r"SHA256SUMS: cannot be read: .* Get the release again"):
        open_release(copy)


def test_a_side_file_that_qgis_left_is_no_reason_to_refuse(copy: Path) -> None:
    (copy / "density_monuments.tif.aux.xml").write_text("<PAMDataset/>", encoding="utf-8")
    assert len(open_release(copy).sites)


@pytest.mark.parametrize("name", ["SHA256SUMS", "records.parquet", "inducult.gpkg"])
def test_half_a_copy_is_no_release(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ConfigError, match=f"lacks {name}.*copy it as a whole"):
        open_release(copy)


def test_a_newer_schema_is_refused_with_the_remedy(copy: Path) -> None:
    spoil_manifest(copy, schema_version="2.0", version="9.9.9")
    with pytest.raises(ReleaseError, match=r"has schema 2\.0.*reads 1\.x\. Upgrade inducult-geo .*9\.9\.9"):
        open_release(copy)


def test_an_older_schema_is_refused_with_another_remedy(copy: Path) -> None:
    spoil_manifest(copy, schema_version="0.9")
    with pytest.raises(ReleaseError, match="Open it with the version of inducult-geo that wrote it"):
        open_release(copy)


def test_a_later_minor_schema_is_read_with_its_new_columns(copy: Path) -> None:
    sites = gpd.read_parquet(copy / "sites.parquet")
    sites.assign(worth="much").to_parquet(copy / "sites.parquet", write_covering_bbox=True)
    spoil_manifest(copy, schema_version="1.99")
    assert set(open_release(copy).sites["worth"]) == {"much"}


def test_an_earlier_minor_schema_is_read_with_the_columns_that_it_lacks(copy: Path) -> None:
    sites = gpd.read_parquet(copy / "sites.parquet")
    sites.drop(columns=["elevation_m", "fee"]).to_parquet(copy / "sites.parquet", write_covering_bbox=True)
    write_sums(copy)
    opened = open_release(copy)
    assert list(opened.sites) == [*SITE_COLUMNS, "geometry"]
    assert opened.sites[["elevation_m", "fee"]].isna().all(axis=None)
    assert opened.site(opened.sites["site_id"].iloc[0]).explain().words


def test_days_are_days_in_sql_and_in_words(release: Release) -> None:
    answer = release.duckdb().sql(
        "SELECT typeof(last_seen), count(*) FROM sites WHERE last_seen > '2000-01-01' GROUP BY 1"
    )
    assert answer.fetchall() == [("DATE", release.sites["last_seen"].notna().sum())]
    site = release.sites.dropna(subset="last_seen").iloc[0]
    values = release.site(site["site_id"]).explain().values.set_index("column")["value"]
    assert values["last_seen"] == f"{site['last_seen']:%Y-%m-%d}"


def test_a_release_that_wrote_days_as_text_is_read_with_the_days(copy: Path, release: Release) -> None:
    sites = gpd.read_parquet(copy / "sites.parquet")
    text = sites["last_seen"].map(lambda day: f"{day}T20:21:22Z", na_action="ignore").astype("str")
    sites.assign(last_seen=text).to_parquet(copy / "sites.parquet", write_covering_bbox=True)
    write_sums(copy)
    pd.testing.assert_series_equal(open_release(copy).sites["last_seen"], release.sites["last_seen"])


@pytest.mark.parametrize("said", [None, "", "next", 7])
def test_a_manifest_without_a_schema_is_no_release(copy: Path, said: object) -> None:
    spoil_manifest(copy, schema_version=said)
    with pytest.raises(ReleaseError, match="names no schema_version"):
        open_release(copy)


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"'])
def test_a_spoiled_manifest_is_told(copy: Path, text: str) -> None:
    (copy / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"manifest\.json.*cannot be read"):
        open_release(copy, check=False)


def test_every_way_to_name_a_release(sample_data: Path, release: Release, tmp_path: Path) -> None:
    for path in (sample_data, sample_data / "processed" / "current", str(release.folder)):
        assert open_release(path).folder == release.folder
    # Where links cannot be made, `current` is a file that names the release.
    data, name = tmp_path / "data", release.folder.name
    shutil.copytree(release.folder, data / "processed" / "releases" / name)
    (data / "processed" / "current").write_text(f"{name}\n", encoding="utf-8")
    assert open_release(data / "processed" / "current").folder.name == name


def test_a_wrong_name_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no such folder\. Name a release"):
        open_release(tmp_path / "nothing")
    with pytest.raises(ConfigError, match=r"lacks inducult\.gpkg"):
        open_release(tmp_path)
    (tmp_path / "processed").mkdir()
    with pytest.raises(ConfigError, match=r"no release yet\. Make one: inducult run"):
        open_release(tmp_path)


def test_a_layer_without_rows_is_an_empty_frame(tmp_path: Path) -> None:
    bundle = for_release(small_bundle(), contracts())
    bare = bundle.__class__(**{**vars(bundle), "pairs": bundle.pairs.iloc[:0], "review": bundle.review.iloc[:0]})
    write_release(bare, tmp_path, {"schema_version": "1.0", "run": dict(bundle.run)})
    opened = open_release(tmp_path)
    assert list(opened.matches) == [*PAIR_COLUMNS]
    assert len(opened.matches) == len(opened.review) == 0
    assert opened.review.crs.to_epsg() == 3035
    assert opened.duckdb().sql("SELECT count(*) FROM review").fetchall() == [(0,)]


class TestSql:
    def test_every_frame_is_a_view_of_as_many_rows(self, release: Release) -> None:
        connection = release.duckdb()
        for name in FRAMES:
            told = connection.sql(f"SELECT count(*) FROM {name}").fetchall()
            assert told == [(len(getattr(release, name)),)], name

    def test_a_query_for_the_geopackage_is_answered_with_the_same_rows(self, release: Release) -> None:
        connection = release.duckdb()
        for layer in ("site_points", "site_areas", "source_records", "rejected"):
            rows = pyogrio.read_info(release.folder / "inducult.gpkg", layer=layer)["features"]
            assert connection.sql(f"SELECT count(*) FROM {layer}").fetchall() == [(rows,)], layer
        assert [connection.sql(law).fetchall() for law in LAW_SQL] == [[(True,)], [], [], [(0,)], [(0,)], [(0,)]]

    def test_places_are_those_of_sites_csv(self, release: Release) -> None:
        sheet = pd.read_csv(release.folder / "sites.csv").sort_values("site_id")
        rows = release.duckdb().sql("SELECT longitude, latitude FROM sites ORDER BY site_id").fetchdf()
        assert rows["longitude"].tolist() == sheet["longitude"].tolist()
        assert rows["latitude"].tolist() == sheet["latitude"].tolist()

    def test_the_geometry_is_the_same_as_wkb(self, release: Release) -> None:
        rows = release.duckdb().sql("SELECT site_id, geometry_wkb FROM sites ORDER BY site_id").fetchall()
        shapes = shapely.from_wkb([bytes(blob) for _, blob in rows])
        assert shapely.equals_exact(shapes, release.sites.sort_values("site_id").geometry.to_numpy()).all()

    def test_a_record_without_a_place_is_there_with_nulls(self, release: Release) -> None:
        lost = int(release.records.geometry.isna().sum())
        assert lost > 0
        assert release.duckdb().sql("SELECT count(*) FROM records WHERE x_m IS NULL").fetchall() == [(lost,)]

    def test_no_extension_is_ever_downloaded(self, release: Release) -> None:
        with pytest.raises(duckdb.Error, match="spatial"):
            release.duckdb().sql("SELECT ST_Area(geometry_wkb) FROM sites").fetchall()

    def test_names_are_json_without_an_extension(self, release: Release) -> None:
        (told,) = release.duckdb().sql("SELECT count(*) FROM sites WHERE names::JSON ->> 'name' IS NOT NULL").fetchall()
        assert told[0] > 100

    def test_each_value_of_each_site_has_its_origins(self, release: Release) -> None:
        told = release.duckdb().sql("SELECT * FROM origins").fetchdf().astype("object")
        expected = {
            (site, column, key)
            for site, text in zip(release.sites["site_id"], release.sites["lineage"], strict=True)
            for column, keys in json.loads(text).items()
            for key in keys.split("; ")
        }
        assert set(zip(told["site_id"], told["column_name"], told["record_key"], strict=True)) == expected
        assert len(told) == len(expected) > 1000
        records = release.records.set_index("record_key")
        for column in ("source", "licence", "retrieved_at", "valid_at", "place"):
            said = [None if value != value else value for value in records.loc[told["record_key"], column]]
            assert [None if value != value else value for value in told[column]] == said, column
        sites = release.sites.set_index("site_id")
        for column in ("name", "address", "start_year", "type"):
            mine = told[told["column_name"] == column].drop_duplicates("site_id").set_index("site_id")["value"]
            assert mine.to_dict() == sites.loc[mine.index, column].astype(str).to_dict(), column
        assert told.loc[told["column_name"] == "geometry", "value"].isna().all()

    def test_what_a_raster_tells_has_its_license(self, copy: Path) -> None:
        sites = gpd.read_parquet(copy / "sites.parquet")
        sites["lineage"] = None
        sites.loc[0, ["elevation_m", "lineage"]] = [312.0, '{"elevation_m": "raster:dem@2011-01-01"}']
        sites.to_parquet(copy / "sites.parquet", write_covering_bbox=True)
        with closing(sqlite3.connect(copy / "inducult.gpkg")) as package, package:
            package.execute(
                "UPDATE sources SET source = 'dem', licence = 'CC-BY-4.0', valid_at = '2011-01-01', retrieved_at = NULL"
                " WHERE rowid = 1"
            )
        told = open_release(copy, check=False).duckdb().sql("SELECT * EXCLUDE site_id FROM origins").fetchall()
        assert told == [("elevation_m", "312.0", "raster:dem@2011-01-01", "dem", "CC-BY-4.0", None, "2011-01-01", None)]

    def test_a_key_that_looks_like_two_is_one_where_there_is_such_a_record(self, copy: Path) -> None:
        read = {name: gpd.read_parquet(copy / f"{name}.parquet") for name in ("sites", "records")}
        read["records"].loc[0, "record_key"] = "register:A; B"
        read["sites"]["lineage"] = '{"name": "register:A; B", "names": "register:A; B; no:1"}'
        for name, frame in read.items():
            frame.to_parquet(copy / f"{name}.parquet", write_covering_bbox=True)
        connection = open_release(copy, check=False).duckdb()
        rows = connection.sql("SELECT DISTINCT column_name, record_key, source IS NULL FROM origins ORDER BY ALL")
        told = rows.fetchall()
        assert told[0] == ("name", "register:A; B", False)
        assert {(key, unknown) for column, key, unknown in told if column == "names"} >= {("no:1", True)}

    def test_what_happened_and_what_is_contradicted_stand_in_rows(self, copy: Path) -> None:
        read = gpd.read_parquet(copy / "sites.parquet")
        read["timeline"] = read["conflicts"] = None
        records = gpd.read_parquet(copy / "records.parquet")
        records.loc[0, ["start_year", "year_precision", "end_precision"]] = [1880, "decade", "year"]
        records.to_parquet(copy / "records.parquet", write_covering_bbox=True)
        known, key = read.loc[3, "site_id"], records.loc[0, "record_key"]
        told = [{"year": 1880, "event": "founded", "record": key}, {"year": -50, "event": "closed", "record": 'no:"1'}]
        told += [{"year": 2010, "event": "museum until", "record": key}]
        told += [{"year": 2011, "event": "culture until", "record": key}]
        read.loc[3, "timeline"] = json.dumps(told)
        said = {key: "disused", 'no:"1': "functional", "no:2": "disused"}
        read.loc[3, ["conflicts", "lineage"]] = [
            json.dumps({"status": said, "a.b": {"c": "x"}}),
            f'{{"status": "{key}"}}',
        ]
        read.to_parquet(copy / "sites.parquet", write_covering_bbox=True)
        connection = open_release(copy, check=False).duckdb()
        source, nobody = key.split(":")[0], (None,) * 4
        (cited,) = connection.execute(
            "SELECT licence, retrieved_at, valid_at, place FROM records WHERE record_key = ?", [key]
        ).fetchall()
        assert cited[0]
        assert cited[3]
        assert connection.sql("SELECT * FROM events ORDER BY year").fetchall() == [
            (known, -50, "closed", 'no:"1', None, None, None, None, *nobody),
            (known, 1880, "founded", key, source, "decade", 1880, 1890, *cited),
            (known, 2010, "museum until", key, source, "year", 2010, 2010, *cited),
            (known, 2011, "culture until", key, source, "year", 2011, 2011, *cited),
        ]
        assert set(connection.sql("SELECT * FROM contradictions").fetchall()) == {
            (known, "status", key, "disused", source, True, *cited),
            (known, "status", 'no:"1', "functional", None, False, *nobody),
            (known, "status", "no:2", "disused", None, True, *nobody),
            (known, "a.b", "c", "x", None, False, *nobody),
        }

    def test_an_event_has_the_precision_of_its_own_year(self, release: Release) -> None:
        told = release.duckdb().sql("SELECT * FROM events").fetchdf()
        records = release.records.set_index("record_key").loc[told["record_key"]].reset_index()
        ends = told["event"].str.contains("closed|until")
        assert 0 < ends.sum() < len(told)
        for some, column in ((ends, "end_precision"), (~ends, "year_precision")):
            assert told.loc[some, "event_precision"].tolist() == records.loc[some, column].tolist()
            assert told.loc[some, "event_precision"].notna().all()

    def test_no_date_of_a_register_means_a_year_out_of_the_bounds_of_its_event(self) -> None:
        dates = pd.read_csv(Path(__file__).parent / "data" / "register_dates.csv")["raw"].astype(str)
        spans = [(text, life_span(text, None), life_span(None, text)) for text in dates]
        told = [(text, "founded", a.start_year, a.year_precision, parse_date(text)) for text, a, _ in spans]
        told += [(text, "closed", b.end_year, b.end_precision, parse_end(text)) for text, _, b in spans]
        told = [(*row, str(number)) for number, row in enumerate(told) if row[2] is not None]
        connection = duckdb.connect()
        records_file = pd.DataFrame(
            {
                "record_key": [key for *_, key in told],
                "source": "register",
                **dict.fromkeys(("licence", "retrieved_at", "valid_at", "place")),
                "start_year": 1,
                "year_precision": [precision for *_, precision, _, _ in told],
                "end_precision": [precision for *_, precision, _, _ in told],
            }
        )
        timelines = [json.dumps([{"year": year, "event": event, "record": key}]) for _, event, year, *_, key in told]
        sites_file = pd.DataFrame({"site_id": records_file["record_key"], "timeline": timelines})
        for name, frame in (("records_file", records_file), ("sites_file", sites_file)):
            connection.register(name, frame)
        connection.execute(views.EVENTS.format(end_precision="r.end_precision"))
        rows = connection.sql("SELECT record_key, year_from, year_to FROM events").fetchall()
        bounds = {key: found for key, *found in rows}
        assert len(bounds) == len(told) > 700
        for text, event, _, precision, meant, key in told:
            first, last = bounds[key]
            # Of "since 1890" and of a life from founding to closing the other year is another event's.
            alone = meant.inner is not None or meant.precision == "life"
            is_founded = event == "founded"
            if not alone or is_founded:
                assert first is None or first <= meant.start, (text, event, precision)
            if not alone or not is_founded:
                assert last is None or meant.end <= last, (text, event, precision)

    def test_the_bounds_of_an_event_are_no_wider_than_its_precision(self) -> None:
        """As `docs/tour-researcher.md` tells them."""
        spans = {"day": 0, "month": 0, "season": 0, "year": 0, "part_of_decade": 4, "decade": 10}
        spans |= {"turn_of_century": 20, "part_of_century": 49, "century": 99}
        told = {name: (1900, 1900 + later, 1900 - later, 1900) for name, later in spans.items()}
        told |= {"approximate": (1895, 1905) * 2, "period": (1900, None, None, 1900), "range": (1900, None, None, 1900)}
        told |= {"open_start": (None, 1900) * 2, "open_end": (1900, None) * 2}
        connection = duckdb.connect()
        both = [{"year": 1900, "event": event} for event in ("founded", "closed")]
        sites = [(name, json.dumps([{**one, "record": name} for one in both])) for name in told]
        records = pd.DataFrame({"record_key": [*told], "year_precision": [*told], "end_precision": [*told]})
        records = records.assign(**dict.fromkeys(("source", "licence", "retrieved_at", "valid_at", "place")))
        connection.register("sites_file", pd.DataFrame(sites, columns=["site_id", "timeline"]))
        connection.register("records_file", records)
        connection.execute(views.EVENTS.format(end_precision="r.end_precision"))
        rows = connection.sql("SELECT site_id, year_from, year_to FROM events ORDER BY site_id, event DESC").fetchall()
        found: dict[str, tuple[int | None, ...]] = {}
        for name, *years in rows:
            found[name] = (*found.get(name, ()), *years)
        assert found == told

    def test_an_older_release_tells_the_precision_of_an_end_alone(self, copy: Path) -> None:
        records = gpd.read_parquet(copy / "records.parquet").drop(columns="end_precision")
        records.to_parquet(copy / "records.parquet", write_covering_bbox=True)
        told = open_release(copy, check=False).duckdb().sql("SELECT * FROM events").fetchdf()
        ends = told["event"].str.contains("closed|until")
        beside = told["record_key"].isin(records.loc[records["start_year"].notna(), "record_key"])
        assert told.loc[ends & beside, "event_precision"].isna().all()
        assert told.loc[~ends, "event_precision"].notna().all()

    def test_a_folder_with_signs_of_a_pattern_is_read_as_it_is(self, copy: Path) -> None:
        assert open_release(copy).duckdb().sql("SELECT count(*) FROM records").fetchall() == [(209,)]

    def test_hostile_names_come_out_as_they_are(self, hostile: Release) -> None:
        names = {name for (name,) in hostile.duckdb().sql("SELECT name FROM sites").fetchall()}
        assert HOSTILE[1] in names

    def test_without_duckdb_the_remedy_is_named(self, release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "duckdb", None)
        with pytest.raises(ConfigError, match=r"pip install 'inducult-geo\[research\]'"):
            release.duckdb()


class TestChanges:
    def test_those_told_beside_the_release_are_read(self, tmp_path: Path, release: Release) -> None:
        data = tmp_path / "data" / "processed"
        folder = Path(shutil.copytree(release.folder, data / "releases" / "B"))
        (data / "changes").mkdir()
        (data / "changes" / "A_B.csv").write_text(
            ",".join(CHANGE_COLUMNS)
            + "\nmoved,IC-1,Hütte,opole,12 m,osm changed,12.5\nnew,IC-2,,opole,first seen,x,\n",
            encoding="utf-8-sig",
        )
        (data / "changes" / "0_B.csv").write_text(f"{','.join(CHANGE_COLUMNS)}\n", encoding="utf-8")
        told = open_release(folder).changes
        assert told["change"].tolist() == ["moved", "new"], "since the release before, not since an older one"
        assert told["distance_m"].tolist()[0] == 12.5
        assert told["name"].isna().tolist() == [False, True]

    def test_those_told_in_the_geopackage_are_read(self, copy: Path) -> None:
        row = {
            "change": "new",
            "site_id": "IC-2",
            "name": None,
            "region": "opole",
            "detail": "first seen",
            "cause": "x",
        }
        told = gpd.GeoDataFrame([{**row, "distance_m": None}], geometry=[shapely.Point(1, 2)], crs="EPSG:3035")
        told.astype(dict(CHANGE_COLUMNS)).to_file(copy / "inducult.gpkg", layer="changes", driver="GPKG", mode="a")
        write_sums(copy)
        changes = open_release(copy).changes
        assert list(changes) == [*CHANGE_COLUMNS]
        assert changes["site_id"].tolist() == ["IC-2"]
        assert changes["distance_m"].isna().all()

    def test_two_releases_are_compared(self, release: Release, copy: Path) -> None:
        sites = gpd.read_parquet(copy / "sites.parquet")
        sites.loc[0, "name"] = "Another name"
        sites.to_parquet(copy / "sites.parquet", write_covering_bbox=True)
        write_sums(copy)
        for older in (release, release.folder, str(release.folder)):
            assert open_release(copy).changes_since(older)["change"].tolist() == ["renamed"]
        assert release.changes_since(release).empty


@pytest.fixture(scope="module")
def explained(release: Release) -> dict[str, Explanation]:
    """Every second site of the sample with its explanation, and the one of most records."""
    some = [*release.sites["site_id"].iloc[::2], release.sites.sort_values("n_records")["site_id"].iloc[-1]]
    return {site_id: release.site(site_id).explain() for site_id in some}


class TestSite:
    def merged(self, release: Release) -> Site:
        """The sample's site of most records."""
        return release.site(release.sites.sort_values("n_records")["site_id"].iloc[-1])

    def test_every_site_explains_itself(self, explained: dict[str, Explanation]) -> None:
        for site_id, told in explained.items():
            site = told.site
            assert told.words.startswith(f"{site_id} is ")
            assert len(site.records) == site.row["n_records"]
            assert all(f"- {key}: " in told.words for key in site.records["record_key"])
            assert list(told.values) == [*VALUE_COLUMNS]
            assert str(told)

    def test_lineage_holds_every_value_is_what_its_record_says(self, explained: dict[str, Explanation]) -> None:
        """Each value that is said to be taken from a record stands in that record."""
        checked = 0
        for told in explained.values():
            site = told.site
            by_key = {record["record_key"]: record for record in site.told}
            for row in told.values.to_dict("records"):
                if row["how"] != "taken from the record" or row["column"] in ("geometry", "name", "name_en"):
                    continue
                assert str(by_key[row["record_key"]][row["column"]]) == str(site.row[row["column"]]), row
                checked += 1
        assert checked > 500

    def test_no_value_is_without_an_origin(self, explained: dict[str, Explanation]) -> None:
        told = pd.concat([explanation.values for explanation in explained.values()])
        assert "not told" not in set(told["how"])
        assert set(told.loc[told["how"] == "no record says", "value"]) == {"unknown"}
        assert told.loc[told["how"] == "taken from the record", "record_key"].notna().all()

    def test_a_name_is_one_of_its_records_names(self, release: Release) -> None:
        values = self.merged(release).explain().values.set_index("column")
        key = values.loc["name", "record_key"]
        names = from_json(release.records.set_index("record_key").loc[key, "names"]).values()
        assert values.loc["name", "value"] in names

    def test_the_place_is_that_of_the_record_it_is_said_to_be(self, release: Release) -> None:
        site = self.merged(release)
        key = site.explain().values.set_index("column").loc["geometry", "record_key"]
        shape = site.records.set_index("record_key").geometry[key]
        assert shapely.equals_exact(shape, site.row["geometry"])
        assert f"Its place is that of {key}" in site.explain().words

    def test_what_others_say_is_told(self, release: Release) -> None:
        """A record that says another type than the site's is named with what it says."""
        told = self.merged(release).explain().values.set_index("column").loc["type"]
        records = self.merged(release).records
        others = records[(records["type"] != told["value"]) & records["type"].notna()]
        assert len(others)
        for record in others.to_dict("records"):
            assert f"{record['record_key']}: {record['type']}" in told["others"]

    def test_the_evidence_is_that_of_the_matches(self, release: Release) -> None:
        site = self.merged(release)
        evidence = site.explain().evidence
        assert list(evidence) == [*EVIDENCE_COLUMNS]
        keys = set(site.records["record_key"])
        both = release.matches[release.matches["left_key"].isin(keys) & release.matches["right_key"].isin(keys)]
        assert sorted(evidence["score"]) == sorted(both["score"])
        assert all(why in site.explain().words for why in both["why"])

    def test_what_was_kept_apart_and_what_is_asked_is_told(self, release: Release) -> None:
        asked = release.review[release.review["kind"] == "pair"].iloc[0]
        told = release.site(asked["left_site"]).explain().words
        assert f"Open question {asked['review_id']}" in told
        assert f"Kept apart from {asked['right_site']}" in told

    def test_one_record_alone_says_so(self, release: Release) -> None:
        lone = release.sites[release.sites["n_records"] == 1]["site_id"].iloc[0]
        assert "a single record" in release.site(lone).explain().words

    def test_a_merged_id_leads_to_its_successor(self, hostile: Release, tmp_path: Path) -> None:
        """A release that was copied away from its data folder knows it, too."""
        folder = Path(shutil.copytree(hostile.folder, tmp_path / "R"))
        first, stands = hostile.former_ids[["site_id", "merged_into"]].iloc[0]
        site = open_release(folder).site(f" {first} ")
        assert site.site_id == stands
        assert site.explain().words.startswith(f"{first} was merged into {stands}.")

    def test_an_id_whose_successor_is_withheld_leads_nowhere(self, hostile: Release) -> None:
        assert sorted(hostile.former_ids["site_id"]) == sorted([new_site_id("one"), new_site_id("two")])
        with pytest.raises(ReleaseError, match="not a site of release"):
            hostile.site(new_site_id("three"))

    def test_former_ids_are_rows_of_sql(self, hostile: Release) -> None:
        asked = "SELECT f.site_id, f.last_seen FROM former_ids AS f JOIN sites AS s ON f.merged_into = s.site_id"
        with hostile.duckdb() as con:
            told = dict(con.sql(asked).fetchall())
        assert told[new_site_id("one")].isoformat()[:10] == "2024-05-01"
        assert told[new_site_id("two")] is None

    def test_a_release_without_merges_has_none(self, release: Release) -> None:
        assert release.former_ids.empty
        assert [*release.former_ids] == ["site_id", "merged_into", "last_seen"]

    def test_a_mistyped_id_is_told_from_an_unknown_one(self, release: Release) -> None:
        stands = release.sites["site_id"].iloc[0]
        wrong = stands[:-1] + ("0" if stands[-1] != "0" else "1")
        with pytest.raises(ReleaseError, match=f"mistyped. Did you mean {stands}"):
            release.site(wrong)
        with pytest.raises(ReleaseError, match=f"not a site of release {release.about['run_id']}"):
            release.site(new_site_id("never seen"))

    def test_a_name_or_the_key_of_a_record_leads_to_the_id(self, release: Release) -> None:
        """Both were told to be ids with a slip of the pen."""
        records = release.records.dropna(subset=["site_id"])
        key, site_id = records[["record_key", "site_id"]].iloc[0]
        name = release.sites.set_index("site_id")["name"].dropna()
        for asked, meant in ((key, site_id), (name.iloc[0].upper(), name.index[0])):
            with pytest.raises(ReleaseError, match=f"not a site id, which begins with IC-. Did you mean .*{meant}"):
                release.site(asked)
        with pytest.raises(ReleaseError, match="Names stand in `sites`, the keys of records in `records`"):
            release.site("Nix da")


class TestNotebook:
    def test_the_page_of_a_release_tells_its_numbers_and_that_it_is_a_sample(self, release: Release) -> None:
        page = release._repr_html_()
        about = release.about
        assert f"{about['sites']} sites" in page
        assert "Sample data" in page
        assert str(about["sites"]) in repr(release)

    def test_hostile_text_is_escaped(self, hostile: Release) -> None:
        pages = [hostile.site(site_id)._repr_html_() for site_id in hostile.sites["site_id"]]
        assert not any("<script>" in page or "\x00" in page for page in pages)
        assert any("&lt;script&gt;" in page for page in pages)

    def test_a_site_names_itself_in_one_line(self, release: Release) -> None:
        assert "\n" not in repr(release.site(release.sites["site_id"].iloc[0]))
