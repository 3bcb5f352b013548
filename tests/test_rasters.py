"""Rasters night after night: yesterday's values stay where a raster cannot be read, with where they come from."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from test_sample_rasters import NORTH, WEST, _sites, _write

from inducult_geo.frames import Counts, Sites, from_json
from inducult_geo.resolving.rasters import Sampled, raster_files, sampled
from inducult_geo.run import Run, open_run
from inducult_geo.stage import Stage, keep_stage

DECLARED = """
id = "{id}"
title = "Heights"
file = "{file}"
column = "{column}"
licence = "CC0-1.0"
attribution = "nobody"
valid_at = 2024-01-01
"""
POINTS = [(WEST + 50, NORTH - 50), (WEST + 150, NORTH - 50), (WEST - 900, NORTH)]
"""Two sites on the raster and one beside it."""


class Night:
    """The data folder of one region with three sites and rasters."""

    def __init__(self, data: Path) -> None:
        self.data, self.folder = data, data / "raw" / "rasters"
        self.folder.mkdir(parents=True)
        self.before: Stage | None = None

    def declare(self, raster_id: str = "dem", file: str = "dem.tif", column: str = "elevation_m") -> None:
        text = DECLARED.format(id=raster_id, file=file, column=column)
        (self.folder / f"{raster_id}.toml").write_text(text, encoding="utf-8")

    def put(self, values: list[int], file: str = "dem.tif") -> None:
        _write(self.folder / file, np.array([values], dtype="int16"))

    def run(self, sites: Sites | None = None) -> Sampled:
        """Sample as a run does, and keep the outcome for the next night."""
        run = open_run(self.data)
        done = sampled(_sites(POINTS) if sites is None else sites, "opole", self.before, run)
        self.keep(done, run)
        return done

    def keep(self, done: Sampled, run: Run) -> None:
        plain = pd.DataFrame({"a": [1]})
        frames = {"sites": done.sites, "records": plain, "pairs": plain, "review": plain, "registry": plain}
        made = Stage("opole", Path("none"), "r", Counts(3, 3, 0, 0), 3, (), {}, (), rasters=done.facts)
        self.before = keep_stage(made, run, frames)


@pytest.fixture
def night(tmp_path: Path) -> Night:
    night = Night(tmp_path / "data")
    night.declare()
    night.put([187, 203])
    return night


def heights(done: Sampled) -> list[float | None]:
    return [None if pd.isna(value) else value for value in done.sites["elevation_m"]]


def states(done: Sampled) -> dict[str, str]:
    return {fact.source: fact.state for fact in done.facts}


def test_a_raster_is_read_and_told_with_its_file(night: Night) -> None:
    done = night.run()
    assert heights(done) == [187, 203, None]
    assert [from_json(text) for text in done.sites["lineage"]] == [{"elevation_m": "raster:dem@2024-01-01"}] * 2 + [{}]
    (fact,) = done.facts
    assert (fact.state, fact.region, fact.message) == ("fresh", "opole", None)
    assert [(file.name, file.kind, len(file.sha256)) for file in fact.files] == [("dem.tif", "raster", 64)]
    assert done.problems == ()


@pytest.mark.parametrize("damage", ["torn", "gone"])
def test_where_it_cannot_be_read_yesterdays_values_stay_with_their_date(night: Night, damage: str) -> None:
    night.run()
    path = night.folder / "dem.tif"
    path.write_bytes(b"torn") if damage == "torn" else path.unlink()
    for _ in range(2):  # and again the night after
        done = night.run()
        assert heights(done) == [187, 203, None]
        assert from_json(done.sites["lineage"][1]) == {"elevation_m": "raster:dem@2024-01-01"}
        assert done.sites["elevation_m"].dtype == "float64"
        assert states(done) == {"dem": "stale"}
        assert "dem.tif" in str(done.facts[0].message)
        assert done.problems == (), "the fact tells it already"


@pytest.mark.parametrize(("damage", "state"), [("torn", "failed"), ("gone", "absent")])
def test_without_yesterday_there_is_no_value(night: Night, damage: str, state: str) -> None:
    path = night.folder / "dem.tif"
    path.write_bytes(b"torn") if damage == "torn" else path.unlink()
    done = night.run()
    assert heights(done) == [None] * 3
    assert states(done) == {"dem": state}


def test_a_new_site_has_no_value_of_yesterday_and_one_that_is_gone_leaves_none(night: Night) -> None:
    night.run()
    (night.folder / "dem.tif").unlink()
    sites = _sites([POINTS[1], POINTS[0]])
    sites["site_id"] = ["IC-1-A", "IC-9-A"]
    done = night.run(sites)
    assert heights(done) == [203, None]
    assert isinstance(done.sites, gpd.GeoDataFrame)


def test_one_that_fails_leaves_the_others_fresh(night: Night) -> None:
    night.declare("people", "people.tif", "population_per_km2")
    night.put([12, 7], "people.tif")
    night.run()
    (night.folder / "people.tif").write_bytes(b"torn")
    night.put([190, 203])
    done = night.run()
    assert states(done) == {"dem": "fresh", "people": "stale"}
    assert heights(done) == [190, 203, None]
    assert done.sites["population_per_km2"].tolist()[:2] == [12, 7]


@pytest.mark.parametrize("licence", ["nur intern", "unknown", "all rights reserved"])
def test_one_whose_licence_lets_nothing_out_is_not_used_nor_are_its_values_of_yesterday(
    night: Night, licence: str
) -> None:
    assert heights(night.run()) == [187, 203, None]
    path = night.folder / "dem.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("CC0-1.0", licence), encoding="utf-8")
    done = night.run()
    assert heights(done) == [None] * 3
    assert done.sites["lineage"].isna().all()
    assert states(done) == {"dem": "failed"}
    assert f"licence = '{licence}' permits nothing" in str(done.facts[0].message)


def test_what_another_raster_tells_tonight_goes_before_yesterdays_value(night: Night) -> None:
    night.run()
    (night.folder / "dem.tif").unlink()
    night.declare("other", "other.tif")
    night.put([333, -32768], "other.tif")
    done = night.run()
    assert heights(done) == [333, 203, None]
    assert [from_json(text).get("elevation_m") for text in done.sites["lineage"]] == [
        "raster:other@2024-01-01",
        "raster:dem@2024-01-01",
        None,
    ]
    assert any("which is not possible for elevation_m" in problem for problem in done.problems)


@pytest.mark.parametrize("file", ["../secret.tif", "ABSOLUTE"])
def test_a_file_outside_its_folder_is_neither_read_nor_hashed(night: Night, file: str) -> None:
    secret = night.data / "raw" / "secret.tif"
    _write(secret, np.array([[1, 2]], dtype="int16"))
    night.declare(file=str(secret) if file == "ABSOLUTE" else file)
    assert raster_files("dem", open_run(night.data)) == []
    done = night.run()
    assert heights(done) == [None] * 3
    assert states(done) == {"dem": "absent"}
    assert done.facts[0].files == ()
