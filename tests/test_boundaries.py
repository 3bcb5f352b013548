"""Where a region's outline comes from: file, extract, what was kept; and what is refused as an outline."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from files_made import ENDLESS, with_view
from pyproj import CRS
from test_overpass import Reply, answer, ok, serving

from inducult_geo.catalog import Region
from inducult_geo.collecting.at_hand import kept_file
from inducult_geo.collecting.boundaries import kept_outline, last_outline, outline, outline_for_check, read_outline
from inducult_geo.errors import RegionError, TransientError
from inducult_geo.run import Run, open_run
from inducult_geo.sources.formats import geopackages

SQUARE = shapely.box(17.0, 50.0, 17.1, 50.1)
SQUARE_KM2 = 79.7
"""Area of `SQUARE` on the ellipsoid, by hand: 0.1 degrees are 11.12 km north and 7.16 km east at 50.05 N."""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "data" / "raw" / "boundaries").mkdir(parents=True)
    return open_run(tmp_path / "data", contracts=False)


def region(folder: Path, **said: Any) -> Region:
    values = {"id": "here", "country": "PL", "bbox": (16.5, 49.5, 18.0, 50.5), "boundary": {"ISO3166-2": "PL-XX"}}
    return Region(**{**values, **said}, declared_in=folder / "here.toml")


def write(path: Path, *shapes: shapely.Geometry, crs: str = "EPSG:4326", **columns: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = {name: [value] * len(shapes) for name, value in columns.items()}
    gpd.GeoDataFrame(table, geometry=[*shapes], crs=crs).to_file(path)
    return path


def extract(path: Path, shape: shapely.Polygon = SQUARE, *, tags: dict[str, str] | None = None) -> Path:
    """An extract that holds one closed way with the tags of a boundary."""
    told = {"boundary": "administrative", "ISO3166-2": "PL-XX"} if tags is None else tags
    corners = [*shape.exterior.coords][:-1]
    nodes = [f'<node id="{n}" version="1" lat="{y}" lon="{x}"/>' for n, (x, y) in enumerate(corners, 1)]
    refs = "".join(f'<nd ref="{n}"/>' for n in [*range(1, len(corners) + 1), 1])
    kept = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in told.items())
    path.write_text(f'<osm version="0.6">{"".join(nodes)}<way id="1" version="1">{refs}{kept}</way></osm>')
    return path


class TestAFile:
    def test_parts_become_one_outline_in_degrees(self, tmp_path: Path) -> None:
        parts = (
            shapely.box(4_800_000, 3_000_000, 4_810_000, 3_010_000),
            shapely.box(4_810_000, 3_000_000, 4_820_000, 3_010_000),
        )
        found = read_outline(write(tmp_path / "a.gpkg", *parts, crs="EPSG:3035"))
        assert found is not None
        assert found.area.geom_type == "Polygon"
        back = gpd.GeoSeries([found.area], crs="EPSG:4326").to_crs("EPSG:3035")
        assert back.area.iloc[0] == pytest.approx(2e8, rel=1e-3)

    def test_lines_and_points_are_left_out(self, tmp_path: Path) -> None:
        features = [SQUARE, shapely.Point(0, 0), shapely.LineString([(0, 0), (1, 1)])]
        rows = [{"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(one)} for one in features]
        path = tmp_path / "a.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}), encoding="utf-8")
        found = read_outline(path)
        assert found is not None
        assert found.area.equals(SQUARE)

    def test_a_bow_tie_is_mended(self, tmp_path: Path) -> None:
        bow = shapely.Polygon([(17, 50), (17.1, 50.1), (17.1, 50), (17, 50.1)])
        found = read_outline(write(tmp_path / "a.geojson", bow))
        assert found is not None
        assert found.area.is_valid
        assert found.area.area > 0

    def test_who_made_it_is_read_with_it(self, tmp_path: Path) -> None:
        said = {"source": "Surveying office", "licence": "CC-BY-4.0", "attribution": "Office 2026"}
        found = read_outline(write(tmp_path / "a.geojson", SQUARE, **said))
        assert found is not None
        assert (found.source, found.licence, found.attribution) == ("Surveying office", "CC-BY-4.0", "Office 2026")

    def test_without_words_the_file_names_itself(self, tmp_path: Path) -> None:
        found = read_outline(write(tmp_path / "a.geojson", SQUARE))
        assert found is not None
        assert (found.source, found.licence) == ("a.geojson", "")

    def test_no_file_is_no_outline(self, tmp_path: Path) -> None:
        assert read_outline(tmp_path / "a.geojson") is None

    @pytest.mark.parametrize("text", ["", "not a map", '{"type": "FeatureCollection", "features": []}'])
    def test_what_is_no_outline_is_told(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "a.geojson"
        path.write_text(text)
        with pytest.raises(RegionError, match=r"a\.geojson: (cannot be read as a boundary|holds no polygon)"):
            read_outline(path)

    def test_points_alone_are_no_outline(self, tmp_path: Path) -> None:
        with pytest.raises(RegionError, match="holds no polygon with a coordinate system"):
            read_outline(write(tmp_path / "a.geojson", shapely.Point(17, 50)))

    def test_layers_are_not_chosen_from(self, tmp_path: Path) -> None:
        for layer in ("places", "outline"):
            gpd.GeoDataFrame(geometry=[SQUARE], crs="EPSG:4326").to_file(tmp_path / "a.gpkg", layer=layer)
        with pytest.raises(RegionError, match=r"several layers \('places', 'outline'\).*Save the one with the outline"):
            read_outline(tmp_path / "a.gpkg")

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a.geojson")
        with pytest.raises(RegionError, match=r"a\.geojson: cannot be read as a boundary: is not a file, but a pipe"):
            read_outline(tmp_path / "a.geojson")

    def test_a_view_without_end_is_not_waited_for(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(geopackages, "MAX_SECONDS", 0.5)
        with pytest.raises(RegionError, match=r"layer 'w' is made by a query .* does not end"):
            read_outline(with_view(tmp_path / "a.gpkg", f"{ENDLESS} WHERE x < 0"))

    def test_a_bomb_is_told_by_its_directory(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.geojson", b" " * (60 << 20))
        with pytest.raises(RegionError, match="zip bomb"):
            read_outline(tmp_path / "a.zip")

    def test_what_crosses_itself_at_every_turn_is_no_outline(self, tmp_path: Path) -> None:
        tangle = shapely.Polygon(np.random.default_rng(1).random((2000, 2)))
        with pytest.raises(RegionError, match=r"a\.geojson: a polygon crosses itself at every turn, .* Draw it again"):
            read_outline(write(tmp_path / "a.geojson", tangle))

    @pytest.mark.parametrize("bounds", [(500_000, 4_500_000, 510_000, 4_510_000), (170, 80, 190, 85)])
    def test_what_lies_off_the_globe_is_another_system(self, tmp_path: Path, bounds: tuple[float, ...]) -> None:
        with pytest.raises(RegionError, match=r"do not lie on the globe: in EPSG:4326 they span .* right one"):
            read_outline(write(tmp_path / "a.geojson", shapely.box(*bounds)))

    def test_lines_that_joining_leaves_are_no_area(self, tmp_path: Path) -> None:
        spike = shapely.Polygon([(17, 50), (17.1, 50), (17.3, 50), (17.1, 50), (17.1, 50.1), (17, 50.1)])
        found = read_outline(write(tmp_path / "a.geojson", spike))
        assert found is not None
        assert found.area.equals(SQUARE)
        assert found.area.geom_type == "Polygon"


class TestTheOrder:
    def test_the_steward_s_file_goes_first(self, run: Run, tmp_path: Path) -> None:
        write(run.folder.raw / "boundaries" / "here.geojson", SQUARE, source="mine")
        declared = region(tmp_path, boundary={"file": "theirs.geojson"})
        write(tmp_path / "theirs.geojson", shapely.box(17.2, 50.2, 17.3, 50.3), source="theirs")
        assert outline(declared, run, extract=extract(tmp_path / "a.osm")).source == "mine"

    def test_then_the_file_that_the_region_names(self, run: Run, tmp_path: Path) -> None:
        write(tmp_path / "theirs.geojson", SQUARE, source="theirs", licence="CC0-1.0")
        declared = region(
            tmp_path, boundary={"file": "theirs.geojson", "source": "Office", "attribution": "Office 2026"}
        )
        found = outline(declared, run)
        assert (found.source, found.licence, found.attribution) == ("Office", "CC0-1.0", "Office 2026")

    def test_a_file_that_is_named_and_missing_is_told(self, run: Run, tmp_path: Path) -> None:
        with pytest.raises(RegionError, match=r"here\.toml: \[boundary\] file .*gone\.geojson is not there"):
            outline(region(tmp_path, boundary={"file": "gone.geojson"}), run)

    def test_an_outline_of_another_place_is_refused(self, run: Run, tmp_path: Path) -> None:
        swapped = shapely.transform(SQUARE, lambda points: points[:, ::-1])
        write(run.folder.raw / "boundaries" / "here.geojson", swapped)
        with pytest.raises(
            RegionError, match=r"not an outline of here: it spans 50, 17, 50\.1, 17\.1 degrees.*axes swapped"
        ):
            outline(region(tmp_path), run)

    def test_a_new_projection_beside_a_shapefile_counts(self, run: Run, tmp_path: Path) -> None:
        write(tmp_path / "theirs.shp", SQUARE)
        declared = region(tmp_path, boundary={"file": "theirs.shp"})
        first = kept_outline(declared, run).path.stat().st_ino
        (tmp_path / "theirs.prj").write_text(CRS("EPSG:4258").to_wkt("WKT1_ESRI"))
        assert kept_outline(declared, open_run(run.folder.root, contracts=False)).path.stat().st_ino != first

    def test_then_the_extract_by_its_tags(self, run: Run, tmp_path: Path) -> None:
        found = outline(region(tmp_path), run, extract=extract(tmp_path / "a.osm"))
        assert found.area.equals(SQUARE)
        assert found.source == "OpenStreetMap extract a.osm"
        assert found.licence == "ODbL-1.0"

    def test_an_extract_without_it_is_no_answer(self, run: Run, tmp_path: Path) -> None:
        other = extract(tmp_path / "a.osm", tags={"boundary": "administrative", "ISO3166-2": "PL-YY"})
        with pytest.raises(RegionError, match=r"here: the region has no outline\. Put one at .*ISO3166-2=PL-XX"):
            outline(region(tmp_path), run, extract=other)


class TestTheArea:
    def test_one_that_comes_near_the_official_area_is_taken(self, run: Run, tmp_path: Path) -> None:
        near = region(tmp_path, area_km2=SQUARE_KM2 * 1.03)
        assert outline(near, run, extract=extract(tmp_path / "a.osm")).area.equals(SQUARE)

    @pytest.mark.parametrize("factor", [0.5, 1.2, 100])
    def test_a_part_or_another_place_is_refused(self, run: Run, tmp_path: Path, factor: float) -> None:
        other = region(tmp_path, area_km2=SQUARE_KM2 * factor)
        with pytest.raises(RegionError, match=r"measures 80 km2, not .*give the region a file"):
            outline(other, run, extract=extract(tmp_path / "a.osm"))

    def test_a_file_is_taken_at_its_word(self, run: Run, tmp_path: Path) -> None:
        write(run.folder.raw / "boundaries" / "here.geojson", SQUARE)
        assert outline(region(tmp_path, area_km2=5_000), run).area.equals(SQUARE)


class TestWhatIsKept:
    def test_it_is_found_again_exactly(self, run: Run, tmp_path: Path) -> None:
        kept = kept_outline(region(tmp_path), run, extract=extract(tmp_path / "a.osm"))
        again = last_outline(region(tmp_path), run)
        assert again is not None
        assert again.digest == kept.digest
        assert again.area.equals(SQUARE)
        assert again.about["licence"] == "ODbL-1.0"

    def test_without_the_extract_yesterday_s_outline_stays(self, run: Run, tmp_path: Path) -> None:
        kept_outline(region(tmp_path), run, extract=extract(tmp_path / "a.osm"))
        assert outline(region(tmp_path), run).area.equals(SQUARE)

    def test_another_extract_gives_another_outline(self, run: Run, tmp_path: Path) -> None:
        first = kept_outline(region(tmp_path), run, extract=extract(tmp_path / "a.osm"))
        moved = shapely.box(17.2, 50.0, 17.3, 50.1)
        later = open_run(run.folder.root, contracts=False)
        second = kept_outline(region(tmp_path), later, extract=extract(tmp_path / "b.osm", moved), ask=False)
        assert second.digest != first.digest
        assert second.area.equals(moved)

    def test_one_that_was_damaged_is_not_taken(self, run: Run, tmp_path: Path) -> None:
        kept_outline(region(tmp_path), run, extract=extract(tmp_path / "a.osm"))
        path = kept_file(region(tmp_path), run)
        path.write_text(path.read_text(encoding="utf-8").replace("17.1", "19.1"), encoding="utf-8")
        assert last_outline(region(tmp_path), open_run(run.folder.root, contracts=False)) is None

    @pytest.mark.parametrize(
        "about", [7, None, ["a"], {"source": "a"}, {"source": 1, "licence": "", "attribution": ""}]
    )
    def test_one_of_which_nonsense_is_told_is_not_taken(self, run: Run, tmp_path: Path, about: Any) -> None:
        kept_outline(region(tmp_path), run, extract=extract(tmp_path / "a.osm"))
        note = kept_file(region(tmp_path), run).with_suffix(".json")
        note.write_text(json.dumps(json.loads(note.read_text(encoding="utf-8")) | {"about": about}), encoding="utf-8")
        assert last_outline(region(tmp_path), run) is None

    @pytest.mark.parametrize("word", ["digest", "about"])
    def test_one_of_which_another_version_tells_is_not_taken(self, run: Run, tmp_path: Path, word: str) -> None:
        kept_outline(region(tmp_path), run, extract=extract(tmp_path / "a.osm"))
        note = kept_file(region(tmp_path), run).with_suffix(".json")
        note.write_text(note.read_text(encoding="utf-8").replace(f'"{word}"', '"word"'), encoding="utf-8")
        assert last_outline(region(tmp_path), run) is None

    def test_there_is_none_before_the_first_run(self, run: Run, tmp_path: Path) -> None:
        assert last_outline(region(tmp_path), run) is None


class TestForACheck:
    def test_the_box_does_where_nothing_is_at_hand(self, run: Run, tmp_path: Path) -> None:
        found = outline_for_check(region(tmp_path), run)
        assert found.area.equals(shapely.box(16.5, 49.5, 18.0, 50.5))
        assert found.source.startswith("bounding box")

    def test_a_real_outline_goes_before_the_box(self, run: Run, tmp_path: Path) -> None:
        write(run.folder.raw / "boundaries" / "here.geojson", SQUARE)
        assert outline_for_check(region(tmp_path), run).area.equals(SQUARE)


class TestUnchanged:
    """An outline is found anew where what it comes from has changed, and only there."""

    def kept(self, run: Run, tmp_path: Path, **said: Any) -> int:
        """Keep the outline with a run of its own; return which write of the file it is."""
        run = open_run(run.folder.root, contracts=False, **said)
        kept_outline(region(tmp_path), run, extract=tmp_path / "a.osm")
        return kept_file(region(tmp_path), run).stat().st_ino

    def test_it_stays_until_its_extract_changes(self, run: Run, tmp_path: Path) -> None:
        extract(tmp_path / "a.osm")
        first = self.kept(run, tmp_path)
        assert self.kept(run, tmp_path) == first
        extract(tmp_path / "a.osm", shapely.box(17.0, 50.0, 17.2, 50.1))
        assert self.kept(run, tmp_path) != first

    def test_who_says_afresh_gets_it_anew(self, run: Run, tmp_path: Path) -> None:
        extract(tmp_path / "a.osm")
        first = self.kept(run, tmp_path)
        assert self.kept(run, tmp_path, afresh=True) != first

    def test_with_a_steward_s_file_the_extract_does_not_count(self, run: Run, tmp_path: Path) -> None:
        extract(tmp_path / "a.osm")
        write(run.folder.raw / "boundaries" / "here.geojson", SQUARE)
        first = self.kept(run, tmp_path)
        extract(tmp_path / "a.osm", shapely.box(17.0, 50.0, 17.2, 50.1))
        assert self.kept(run, tmp_path) == first

    def test_a_changed_declaration_counts(self, run: Run, tmp_path: Path) -> None:
        extract(tmp_path / "a.osm")
        first = self.kept(run, tmp_path)
        other = region(tmp_path, area_km2=SQUARE_KM2)
        kept_outline(other, run, extract=tmp_path / "a.osm")
        assert kept_file(other, run).stat().st_ino != first

    def test_what_it_was_made_of_being_lost_it_is_made_again(self, run: Run, tmp_path: Path) -> None:
        extract(tmp_path / "a.osm")
        first = self.kept(run, tmp_path)
        kept_file(region(tmp_path), run).with_suffix(".json").unlink()
        assert self.kept(run, tmp_path) != first


RING = tuple(
    {"type": "node", "id": n, "version": 1, "lat": y, "lon": x}
    for n, (x, y) in enumerate([*SQUARE.exterior.coords][:-1], 1)
)
WAY = {
    "type": "way", "id": 1, "version": 1, "nodes": [1, 2, 3, 4, 1],
    "tags": {"boundary": "administrative", "ISO3166-2": "PL-XX"},
}  # fmt: skip


class TestOverpass:
    def asked(self, run: Run, monkeypatch: pytest.MonkeyPatch, url: str, said: list[str] | None = None) -> Run:
        monkeypatch.setenv("INDUCULT_OVERPASS_URLS", url)
        monkeypatch.setenv("INDUCULT_RETRY_BASE_S", "0")
        tell = (said if said is not None else []).append
        return open_run(run.folder.root, contracts=False, osm="overpass", say=tell)

    def test_the_server_is_asked_every_night(self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        replies: list[Reply] = [ok(answer(*RING, WAY))]
        with serving(replies) as (url, questions):
            for _ in range(2):
                kept = kept_outline(region(tmp_path), self.asked(run, monkeypatch, url))
        assert len(questions) == 2
        assert kept.area.equals(SQUARE)
        assert kept.about["source"] == "OpenStreetMap through Overpass"

    def test_who_reads_partners_files_asks_only_where_no_outline_is_kept(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with serving([ok(answer(*RING, WAY))]) as (url, questions):
            for _ in range(2):
                kept = kept_outline(region(tmp_path), self.asked(run, monkeypatch, url), ask=False)
        assert len(questions) == 1
        assert kept.area.equals(SQUARE)

    def test_a_steward_s_file_asks_nobody(self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(run.folder.raw / "boundaries" / "here.geojson", SQUARE, source="mine")
        run = self.asked(run, monkeypatch, "http://127.0.0.1:9/api")
        first = kept_outline(region(tmp_path), run)
        assert first.about["source"] == "mine"
        again = kept_outline(region(tmp_path), run)
        assert again.path.stat().st_ino == first.path.stat().st_ino

    def test_where_it_is_silent_the_last_outline_stays_and_it_is_said(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with serving([ok(answer(*RING, WAY))]) as (url, _):
            kept_outline(region(tmp_path), self.asked(run, monkeypatch, url))
        said: list[str] = []
        kept = kept_outline(region(tmp_path), self.asked(run, monkeypatch, "http://127.0.0.1:9/api", said))
        assert kept.area.equals(SQUARE)
        (line,) = said
        assert line.startswith("here: Overpass, boundary of 'here': ")
        assert line.endswith("The outline of the last good run stays.")

    def test_without_a_last_outline_the_region_fails_and_may_be_asked_again(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(RegionError, match=r"here: Overpass, boundary of 'here'") as told:
            kept_outline(region(tmp_path), self.asked(run, monkeypatch, "http://127.0.0.1:9/api"))
        assert isinstance(told.value.__cause__, TransientError)

    def test_what_the_server_refuses_is_no_matter_of_patience(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refusal: list[Reply] = [(400, {}, b"<p>parse error</p>")]
        with serving(refusal) as (url, _), pytest.raises(RegionError, match=r"here: .*parse error") as told:
            kept_outline(region(tmp_path), self.asked(run, monkeypatch, url))
        assert not isinstance(told.value.__cause__, TransientError)

    def test_an_answer_in_the_archive_serves_as_an_extract(self, run: Run, tmp_path: Path) -> None:
        path = tmp_path / "here-2026-11-20.json"
        path.write_text(json.dumps(answer(*RING, WAY)), encoding="utf-8")
        found = outline(region(tmp_path), run, extract=path)
        assert found.area.equals(SQUARE)
        assert found.source == "OpenStreetMap extract here-2026-11-20.json"


def test_an_extract_that_cuts_the_outline_fails_the_region_with_its_name(run: Run, tmp_path: Path) -> None:
    path = extract(tmp_path / "a.osm")
    path.write_text(path.read_text().replace('<node id="2"', '<node id="22"'))
    with pytest.raises(RegionError, match=r"here: .*a\.osm: the extract cuts the boundary way/1"):
        outline(region(tmp_path), run, extract=path)


def test_a_region_with_a_file_alone_names_where_another_can_be_put(run: Run, tmp_path: Path) -> None:
    with pytest.raises(RegionError) as told:
        outline(region(tmp_path, boundary={"ISO3166-2": ["PL-XX", "PL-YY"], "ref": "7"}), run)
    assert str(told.value) == (
        f"here: the region has no outline. Put one at {run.folder.raw}/boundaries/here.geojson, or an extract "
        "that holds the boundary tagged ISO3166-2=PL-XX|PL-YY or ref=7, "
        "or name it as [boundary] file in the region's TOML."
    )


def test_what_the_declaration_says_of_a_file_goes_before_what_the_file_says(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "theirs.geojson", SQUARE, note="a note", source="s", licence="CC0-1.0", attribution="they")
    plain = outline(region(tmp_path, boundary={"file": "theirs.geojson"}), run)
    assert (plain.source, plain.licence, plain.attribution) == ("a note", "CC0-1.0", "they")
    said = {"file": "theirs.geojson", "licence": "CC-BY-4.0", "attribution": "Office"}
    told = outline(region(tmp_path, boundary=said), run)
    assert (told.source, told.licence, told.attribution) == ("a note", "CC-BY-4.0", "Office")


@pytest.mark.parametrize(("factor", "is_taken"), [(0.955, True), (1.049, True), (0.94, False), (1.06, False)])
def test_an_outline_may_be_five_percent_off(run: Run, tmp_path: Path, factor: float, is_taken: bool) -> None:
    near = region(tmp_path, area_km2=SQUARE_KM2 / factor)
    if is_taken:
        assert outline(near, run, extract=extract(tmp_path / "a.osm")).area.equals(SQUARE)
        return
    with pytest.raises(RegionError, match=r"here: the outline in the OpenStreetMap extract a\.osm measures 80 km2"):
        outline(near, run, extract=extract(tmp_path / "a.osm"))


@pytest.mark.parametrize("is_own", [True, False])
def test_an_outline_that_may_not_leave_the_house_is_refused(run: Run, tmp_path: Path, is_own: bool) -> None:
    """Every release shows it; its licence was read and passed on ("nur intern"), and nobody obeyed it."""
    file = run.folder.raw / "boundaries" / "here.geojson" if is_own else tmp_path / "o.geojson"
    write(file, SQUARE, licence="nur intern" if is_own else "CC0-1.0")
    boundary = {"file": "o.geojson", "licence": "bitte anfragen" if not is_own else ""}
    told = r"geojson: licence = '(nur intern|bitte anfragen)' permits nothing: every release shows the outline"
    with pytest.raises(RegionError, match=told):
        outline(region(tmp_path, boundary=boundary), run)
    write(file, SQUARE, licence="CC-BY-4.0")
    allowed = region(tmp_path, boundary={"file": "o.geojson", "licence": "with permission of the office"})
    assert outline(allowed, run).area.equals(SQUARE)
