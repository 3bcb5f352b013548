"""The tiles: every site once, public columns only, the same bytes each time."""

from __future__ import annotations

import gzip
import json
import locale
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from bundles import HOSTILE, contracts, small_bundle

from inducult_geo.errors import ReleaseError
from inducult_geo.publish.layers.columns import SITES
from inducult_geo.publish.research.tiles import COLUMNS, MAX_ZOOM, MIN_ZOOM, tile_points, write_tiles
from inducult_geo.releasing.withholding import for_release


@pytest.fixture(scope="module")
def bundle():
    return for_release(small_bundle(), contracts())


@pytest.fixture(scope="module")
def path(bundle, tmp_path_factory):
    file = tmp_path_factory.mktemp("tiles") / "sites.pmtiles"
    write_tiles(bundle, file)
    return file


def metadata(path):
    """Return the JSON metadata of a PMTiles file (version 3: offset and length stand at bytes 24 and 32)."""
    data = path.read_bytes()
    assert data[:8] == b"PMTiles\x03"
    start, length = (int.from_bytes(data[at : at + 8], "little") for at in (24, 32))
    assert (data[100], data[101]) == (MIN_ZOOM, MAX_ZOOM)
    return json.loads(gzip.decompress(data[start : start + length]))


def test_every_site_is_there_where_it_lies(bundle, path):
    read = pyogrio.read_dataframe(path).to_crs("EPSG:3035").drop_duplicates("site_id").set_index("site_id")
    told = tile_points(bundle).to_crs("EPSG:3035").set_index("site_id")
    assert set(read.index) == set(bundle.sites["site_id"])
    assert read.geometry.distance(told.geometry.reindex(read.index)).max() < 3.0


def test_every_site_is_in_the_coarsest_zoom_too(bundle, path):
    read = pyogrio.read_dataframe(path, ZOOM_LEVEL=MIN_ZOOM)
    assert set(read["site_id"]) == set(bundle.sites["site_id"])


def test_a_crowd_in_one_tile_loses_nobody(bundle, tmp_path):
    take = np.arange(3000) % len(bundle.sites)
    sites = bundle.sites.iloc[take].reset_index(drop=True)
    sites["site_id"] = [f"IC-{number:05d}-1" for number in range(len(sites))]
    spread = np.random.default_rng(0).normal(0, 2000, (2, len(sites)))
    crowd = sites.set_geometry(shapely.points(4.5e6 + spread[0], 3.0e6 + spread[1]), crs="EPSG:3035")
    write_tiles(replace(bundle, sites=crowd), tmp_path / "crowd.pmtiles")
    for zoom in (MIN_ZOOM, MAX_ZOOM):
        assert pyogrio.read_dataframe(tmp_path / "crowd.pmtiles", ZOOM_LEVEL=zoom)["site_id"].nunique() == 3000


def test_values_are_those_of_the_sites(bundle, path):
    read = pyogrio.read_dataframe(path).drop_duplicates("site_id").set_index("site_id")
    assert set(read.columns) - {"mvt_id", "geometry"} <= set(COLUMNS)
    for row in bundle.sites.to_dict("records"):
        tile = read.loc[row["site_id"]]
        assert tile["name"] == row["name"].replace("\x00", "")
        assert tile["accuracy_m"] == row["accuracy_m"]
        start = row["start_year"]
        assert pd.isna(tile["start_year"]) if pd.isna(start) else tile["start_year"] == start
    assert HOSTILE[0] in set(read["name"])


def test_columns_are_published_ones():
    assert set(COLUMNS) <= {column.name for column in SITES}


def test_metadata_tell_no_other_column(path):
    told = metadata(path)
    (layer,) = told["vector_layers"]
    assert layer["id"] == "sites"
    assert set(layer["fields"]) == set(COLUMNS)
    assert "tilestats" not in told, "it would repeat values"
    text = json.dumps(told)
    assert "lineage" not in text
    assert "osm:way" not in text


def test_metadata_name_whom_to_credit(bundle, path):
    told = metadata(path)
    assert "OpenStreetMap contributors" in told["attribution"]
    assert "Office of Register &lt;of&gt; monuments" in told["attribution"], "viewers show it as HTML"
    assert told["name"] == "SAMPLE: Map of industrial culture: two regions"


def test_the_makers_own_reader_finds_every_site_in_every_zoom(bundle, path, repository):
    """`pmtiles` of npm and a vector tile decoder: nothing of GDAL."""
    if shutil.which("node") is None or not (repository / "web/node_modules/pmtiles").is_dir():
        pytest.skip("needs node and web/node_modules (npm ci)")
    call = ["node", "read-tiles.mjs", str(path)]
    said = subprocess.run(call, cwd=repository / "web", capture_output=True, text=True, check=True, timeout=120)
    told = json.loads(said.stdout)
    assert set(map(int, told["zooms"])) == set(range(MIN_ZOOM, MAX_ZOOM + 1))
    for zoom in told["zooms"].values():
        assert zoom["layers"] == ["sites"]
        assert zoom["sites"] == sorted(bundle.sites["site_id"])
        assert zoom["named"] == bundle.sites["name"].notna().sum()
    assert told["metadata"] == metadata(path)
    assert (told["header"]["minZoom"], told["header"]["maxZoom"]) == (MIN_ZOOM, MAX_ZOOM)


def test_the_same_bundle_gives_the_same_bytes(bundle, path, tmp_path):
    before = pyogrio.get_gdal_config_option("GDAL_NUM_THREADS")
    again = tmp_path / "sites.pmtiles"
    pyogrio.set_gdal_config_options({"GDAL_NUM_THREADS": "4"})
    try:
        write_tiles(bundle, again)
        assert str(pyogrio.get_gdal_config_option("GDAL_NUM_THREADS")) == "4", "the caller's setting stays"
    finally:
        pyogrio.set_gdal_config_options({"GDAL_NUM_THREADS": before})
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("locales", ["iso8859-1", "iso8859-2", "ascii"])
def test_tiles_are_utf8_whatever_the_locale_of_the_machine(bundle, path, tmp_path, monkeypatch, locales):
    """With LANG=pl_PL the run ended with the places in the code; other letters would have stood in the tiles."""
    monkeypatch.setattr(locale, "getpreferredencoding", lambda *_: locales)
    write_tiles(bundle, tmp_path / "sites.pmtiles")
    assert (tmp_path / "sites.pmtiles").read_bytes() == path.read_bytes()


def test_what_lies_side_by_side_stands_side_by_side_in_a_tile(bundle, tmp_path):
    take = np.arange(400) % len(bundle.sites)
    sites = bundle.sites.iloc[take].reset_index(drop=True)
    sites["site_id"] = [f"IC-{number:05d}-1" for number in range(len(sites))]
    # Two towns a hundred kilometers apart, whose sites take turns in the order of their ids.
    place = shapely.points(4.5e6 + 1e5 * (np.arange(400) % 2), 3.0e6 + np.arange(400.0))
    write_tiles(replace(bundle, sites=sites.set_geometry(place, crs="EPSG:3035")), tmp_path / "towns.pmtiles")
    east = pyogrio.read_dataframe(tmp_path / "towns.pmtiles", ZOOM_LEVEL=MIN_ZOOM).to_crs("EPSG:3035").geometry.x
    assert np.count_nonzero(np.diff(east > 4.55e6)) == 1


def test_nothing_is_left_beside_the_tiles_and_no_warning_is_given(bundle, tmp_path, recwarn):
    write_tiles(bundle, tmp_path / "sites.pmtiles")
    assert [file.name for file in tmp_path.iterdir()] == ["sites.pmtiles"]
    assert not recwarn.list
    assert pyogrio.get_gdal_config_option("GDAL_VALIDATE_CREATION_OPTIONS") is None, "the caller's setting stays"


def test_a_release_of_nothing_has_no_tiles(bundle, tmp_path):
    write_tiles(replace(bundle, sites=bundle.sites.head(0)), tmp_path / "sites.pmtiles")
    assert list(tmp_path.iterdir()) == []


def test_no_place_to_write_is_said(bundle, tmp_path):
    with pytest.raises(ReleaseError, match="could not write the tiles"):
        write_tiles(bundle, tmp_path / "absent" / "sites.pmtiles")
