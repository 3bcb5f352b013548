"""First contracts for unknown files: every guess marked, nothing decided in silence, all of them load."""

from __future__ import annotations

import os
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from inducult_geo.api import read_source
from inducult_geo.catalog import Read, load_contract
from inducult_geo.checking.check import check
from inducult_geo.drafting.columns import axes_of, columns_of, fields_of, place_text_of
from inducult_geo.drafting.contract import draft
from inducult_geo.drafting.crs import crs_lines
from inducult_geo.drafting.keys import key_of
from inducult_geo.errors import CatalogError, ContractError
from inducult_geo.harmonize.transforms.crs import transform_points
from inducult_geo.run import Run, open_run

ROWS = 12


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return open_run(tmp_path_factory.mktemp("data"), contracts=False)


def table(crs: str, country: str, box: tuple[float, float, float, float]) -> pd.DataFrame:
    """Twelve works in a box, in a system."""
    chance = np.random.default_rng(11)
    west, south, east, north = box
    points = chance.uniform((west, south), (east, north), (ROWS, 2))
    moved = transform_points(points[:, 0], points[:, 1], source_crs="EPSG:4326", target_crs=crs, country=country)
    degrees = crs == "EPSG:4326"
    return pd.DataFrame(
        {
            "nr": [f"A/{n}" for n in range(ROWS)],
            "nazwa": [f"Cegielnia nr {n}" for n in range(ROWS)],
            "x": np.round(moved.x, 6 if degrees else 2),
            "y": np.round(moved.y, 6 if degrees else 2),
            "rok": [str(1850 + n) for n in range(ROWS)],
            "kod_pocztowy": ["45-061"] * ROWS,
            "foto": ["a.jpg"] * ROWS,
        }
    )


OPOLE = (17.4, 50.3, 18.2, 50.9)
ZWICKAU = (12.4, 50.65, 12.6, 50.8)


def written(tmp_path: Path, frame: pd.DataFrame, **how: object) -> Path:
    path = tmp_path / "Zabytki Opole.csv"
    frame.to_csv(path, index=False, **how)  # type: ignore[call-overload]
    return path


def loaded(path: Path, text: str) -> tuple[Path, object]:
    contract = path.with_name("c.toml")
    contract.write_text(text, encoding="utf-8")
    return contract, load_contract(contract)


def test_items_that_some_rows_lack_are_no_key_and_degrees_may_be_written_in_two_ways(tmp_path: Path, run: Run) -> None:
    """Each row without an item was rejected; a list of decimal degrees and minutes was said to hold no coordinates."""
    path = tmp_path / "a.csv"
    rows = ["Weberei;50°43'5.2\"N;12°29'46.1\"E;https://www.wikidata.org/wiki/Q1", "Brauerei;50.7188;12.4961;",
            "Papierfabrik;50.7288;12.4861;https://www.wikidata.org/wiki/Q2"]  # fmt: skip
    lines = [f"{row};{year}" for row, year in zip(rows, (1887, 1903, 1912), strict=True)]
    path.write_text("\n".join(["Name;lat;lon;wikidata;yearBuilt", *lines, ""]), encoding="utf-8")
    text = draft(path, run)
    _, found = loaded(path, text)
    assert (found.place.x, found.place.y) == ("lon", "lat")  # type: ignore[attr-defined]
    columns = {"ids.wikidata": "wikidata", "name": "Name", "start": "yearBuilt"}
    assert dict(found.columns) == columns  # type: ignore[attr-defined]
    assert "# Of 'wikidata' no key can be made: 1 row would be rejected." in text


def test_a_plain_table_is_drafted_and_checked(tmp_path: Path, run: Run) -> None:
    path = written(tmp_path, table("EPSG:4326", "PL", OPOLE), sep=";")
    text = draft(path, run, region="opole")
    contract, found = loaded(path, text)
    assert found.id == "zabytki_opole"  # type: ignore[attr-defined]
    assert found.region == "opole"  # type: ignore[attr-defined]
    assert dict(found.columns) == {  # type: ignore[attr-defined]
        "key": "nr",
        "name": "nazwa",
        "start": "rok",
        "postcode": "kod_pocztowy",
    }
    assert found.place.crs == "EPSG:4326"  # the degrees that are usual there  # type: ignore[attr-defined]
    assert found.read.delimiter == ";"  # type: ignore[attr-defined]
    assert '# ignore = ["foto"]' in text
    report = check(contract, run)
    assert report.accepted == ROWS


def test_a_column_that_tells_the_place_is_not_offered_to_be_ignored(tmp_path: Path, run: Run) -> None:
    frame = pd.DataFrame(
        {"Plant": ["Huta Mała", "Huta Batory"], "Group": ["A", "B"], "Where": ["50.66, 18.2", "50.31, 19.1"]}
    )
    text = draft(written(tmp_path, frame, sep=";"), run)
    assert 'text = "Where" # guessed' in text
    assert '# ignore = ["Group"]' in text


def test_a_list_of_power_units_is_drafted_with_what_they_burn(tmp_path: Path, run: Run) -> None:
    """A number of the row, a code, kinds that are fuels under a name of their own, and several units at one place."""
    path = tmp_path / "units.csv"
    kinds = ("Fossil Gas", "Fossil Hard coal", "Hydro Water Reservoir")
    rows = [
        f"{n},11W-{7 * n},Kraftwerk {n // 4},{12.4 + n // 4 / 50:.3f},50.7,{90 + n},{kinds[n % 3]},NACE_1.1:40.10"
        for n in range(ROWS)
    ]
    head = "row,eic_code,name,lon,lat,capacity_mw,types,NACEMainEconomicActivityCode"
    path.write_text("\n".join((head, *rows)), encoding="utf-8")
    text = draft(path, run)
    contract, found = loaded(path, text)
    assert dict(found.columns) == {  # type: ignore[attr-defined]
        "key": "eic_code",
        "name": "name",
        "fuel": "types",
        "nace": "NACEMainEconomicActivityCode",
        "capacity": "capacity_mw",
    }
    assert '# type = "types"' in text
    assert "# units_per_site = true # 100% of the places are those of several rows" in text
    told = read_source(contract)
    assert told["nace"].eq("NACE_1.1:40.10").all()
    assert told["tags"].str.contains('"fuel": "Fossil Gas"').sum() == ROWS / 3
    contract.write_text(text.replace("# units_per_site = true", "units_per_site = true"), encoding="utf-8")
    assert load_contract(contract).units_per_site


def test_a_key_that_may_only_number_the_rows_is_said_to_with_what_else_could_be_it(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "works.csv"
    rows = [f"{n + 1};P{1000 + n * 7};Werk {n % 9};{12.4 + n / 50:.3f};50.7" for n in range(ROWS)]
    path.write_text("\n".join(("lfd;eprtr;name;lon;lat", *rows)), encoding="utf-8")
    text = draft(path, run)
    assert 'key = "lfd" # guessed' in text
    assert "# If it only numbers the rows" in text
    assert '# key = "eprtr" # different in every row' in text
    _, found = loaded(path, text)
    assert found.columns["key"] == "lfd"  # type: ignore[attr-defined]
    path.write_text("\n".join(("lfd;code;name;lon;lat", *rows)), encoding="utf-8")
    text = draft(path, run)
    assert 'key = "code" # guessed' in text
    assert "only numbers the rows" not in text
    rows = [f"Z{n};Werk {n % 9};{12.4 + n / 50:.3f};50.7" for n in range(ROWS)]
    path.write_text("\n".join(("code;name;lon;lat", *rows)), encoding="utf-8")
    text = draft(path, run)
    assert "other numbers: ask the sender for a key that never changes." in text, "a warning: there is no other"
    assert loaded(path, text)[1].columns["key"] == "code"  # type: ignore[attr-defined]


def test_rows_without_a_place_take_no_key_from_a_column(tmp_path: Path, run: Run) -> None:
    """A banner and a sum had no number, so the register's own number gave way to that of the rows."""
    rows = [f"{n + 1};P{1000 + n * 7};Werk {n % 9};{12.4 + n / 50:.3f};50.7;Dr. Weiß" for n in range(ROWS)]
    path = tmp_path / "works.csv"
    head = "Lfd. Nr.;Obj.-Nr.;Name;lon;lat;BETREIBER_ANSPR"
    path.write_text("\n".join((head, "Stadt Opole;;;;;", *rows, "Summe:;;;;;")), encoding="utf-8")
    text = draft(path, run)
    assert 'key = "Obj.-Nr." # guessed' in text
    assert 'private = ["BETREIBER_ANSPR"] # guessed' in text
    assert "# operator" not in text


def test_a_list_of_works_at_places_of_their_own_is_not_taken_for_units(tmp_path: Path, run: Run) -> None:
    assert "units_per_site" not in draft(written(tmp_path, table("EPSG:4326", "PL", OPOLE)), run)


def test_every_key_that_is_not_a_fact_is_marked(tmp_path: Path, run: Run) -> None:
    text = draft(written(tmp_path, table("EPSG:4326", "PL", OPOLE)), run)
    facts = ("files", "licence", "attribution", "[", "geometry")
    for line in text.splitlines():
        if line and not line.startswith(("#", *facts)):
            assert "# guessed" in line or "# detected" in line or "# stated" in line, line


def test_several_systems_that_fit_leave_the_choice_open(tmp_path: Path, run: Run) -> None:
    """Gauss-Krueger by DHDN and by RD/83 lie a meter apart: containment tells neither."""
    path = written(tmp_path, table("EPSG:31468", "DE", ZWICKAU))
    text = draft(path, run, region="zwickau")
    assert text.count('# crs = "EPSG:') >= 2
    assert "candidate: 100% inside zwickau, as written" in text
    contract, found = loaded(path, text)
    assert found.place.crs is None  # type: ignore[attr-defined]
    report = check(contract, run)
    # Undecided, every row waits for a person; none is lost.
    assert report.as_dict()["rows_in"] == ROWS


def test_a_file_that_states_its_system_keeps_it(tmp_path: Path, run: Run) -> None:
    frame = table("EPSG:2180", "PL", OPOLE)
    shapes = gpd.GeoDataFrame(frame[["nr", "nazwa"]], geometry=gpd.points_from_xy(frame["x"], frame["y"]), crs=2180)
    shapes.to_file(tmp_path / "a.gpkg", engine="pyogrio")
    text = draft(tmp_path / "a.gpkg", run)
    assert 'crs = "EPSG:2180" # stated by the file' in text
    assert 'countries = ["PL"] # guessed' in text
    contract, _ = loaded(tmp_path / "a.gpkg", text)
    assert check(contract, run).accepted == ROWS


def test_places_without_a_region_name_the_regions_near(tmp_path: Path, run: Run) -> None:
    text = draft(written(tmp_path, table("EPSG:4326", "PL", OPOLE)), run)
    assert '# region = "opole" # 100% of the rows lie near it' in text


def test_without_a_region_every_region_is_tried(tmp_path: Path, run: Run) -> None:
    text = draft(written(tmp_path, table("EPSG:2180", "PL", OPOLE)), run)
    assert '# crs = "EPSG:2180" # candidate: 100% inside opole, as written' in text
    assert '# region = "opole" # see the candidates' in text
    assert "\ncrs = " not in text


def test_web_mercator_is_recognized_where_no_usual_system_fits(tmp_path: Path, run: Run) -> None:
    frame = pd.DataFrame(
        {"nr": ["1", "2"], "nazwa": ["Huta", "Hala"], "x": [-5806323, -4992342], "y": [-2881551, -2271229]}
    )
    text = draft(written(tmp_path, frame), run)
    assert '# crs = "EPSG:3857" # Web Mercator would put them at longitude -52' in text
    assert "ask the sender" in text
    assert "# Of a list about more than the region" not in text, "no region was asked about"
    about = draft(written(tmp_path, frame), run, region="opole")
    assert '# If the list is about more than the region, write countries = ["PL"] instead of region.' in about
    loaded(tmp_path / "a.csv", text)


def test_old_systems_of_a_country_are_offered_where_no_usual_one_fits(tmp_path: Path, run: Run) -> None:
    frame = table("EPSG:2174", "PL", OPOLE)
    swapped = frame.rename(columns={"x": "y", "y": "x"})
    asked = "# None of the systems in use there puts the places in opole: ask the sender which system it is."
    for given, how in ((frame, ""), (swapped, ", axes swapped")):
        text = draft(written(tmp_path, given), run, region="opole")
        assert asked in text
        offered = [line for line in text.splitlines() if "not usual there" in line]
        line = f'# crs = "EPSG:2174" # Pulkovo 1942(58) / Poland zone IV, not usual there: 100% inside{how}'
        assert offered == [line], "and no other of Poland's old zones"
        assert "\ncrs = " not in text
    text = draft(written(tmp_path, table("EPSG:25833", "CZ", (12.85, 50.2, 12.9, 50.25))), run, region="karlovy-vary")
    assert text.count('# crs = "EPSG:25833" #') == 1


def test_axes_that_fit_only_swapped_are_set(tmp_path: Path, run: Run) -> None:
    """Poland's surveyors call the northing X: each list of theirs was drafted without a system."""
    frame = table("EPSG:2180", "PL", OPOLE).rename(columns={"x": "Y", "y": "X"})
    text = draft(path := written(tmp_path, frame), run, region="opole")
    assert 'crs = "EPSG:2180" # guessed: no other candidate lies elsewhere, 100% inside, axes swapped' in text
    contract, _ = loaded(path, text)
    assert check(contract, run).accepted == ROWS
    alike = table("EPSG:3912", "SI", (14.2, 46.2, 14.4, 46.3)).rename(columns={"x": "GKY", "y": "GKX"})
    text = draft(written(tmp_path, alike), run, region="gorenjska")
    assert "\ncrs = " not in text
    assert "# Their numbers look alike." in text


def test_nothing_but_the_order_of_axes_is_guessed(run: Run) -> None:
    opole = run.catalog.regions["opole"]
    meters, degrees = (table(crs, "PL", OPOLE)[["x", "y"]].to_numpy(float) for crs in ("EPSG:2180", "EPSG:4326"))
    kilometers = crs_lines(None, meters / 1000, opole, run)
    assert (kilometers.chosen, kilometers.offered) == (None, ["EPSG:2180"])
    swapped = crs_lines("EPSG:2180", meters[:, ::-1], opole, run)
    assert "do not lie in opole" in swapped.place[-1]
    unknown = "+proj=longlat +ellps=bessel +towgs84=1,2,3 +no_defs"
    assert crs_lines(unknown, degrees, None, run).chosen is None, "of another datum than that of receivers"
    few_there = np.r_[degrees[:5], degrees[5:] + 5]
    assert crs_lines("EPSG:4326", few_there, None, run).head == []
    assert crs_lines("EPSG:4156", degrees, None, run).head == [], "of two countries"


def test_a_reading_with_a_rival_elsewhere_is_not_set(tmp_path: Path, run: Run) -> None:
    """Two candidates more than three meters apart: a person decides."""
    path = written(tmp_path, table("EPSG:31468", "DE", ZWICKAU))
    text = draft(path, run, region="zwickau")
    candidates = [line for line in text.splitlines() if "# candidate:" in line]
    assert len(candidates) >= 2
    assert "\ncrs = " not in text
    text = draft(written(tmp_path, table("EPSG:25833", "DE", ZWICKAU)), run, region="zwickau")
    assert text.count("as written") == 2, "ETRS89 and ED50"
    assert "zone prefix missing, 1,8" in text
    assert "\ncrs = " not in text, "of one that fits as it stands the rival is another slip"


def test_planes_that_look_alike_are_told_with_the_way_between_them(tmp_path: Path, run: Run) -> None:
    """A list in Lambert 2005 was drafted as one in Lambert 72, 1.4 km off."""
    path = written(tmp_path, table("EPSG:3447", "BE", (5.3, 50.9, 5.6, 51.0)))
    text = draft(path, run, region="limburg")
    usual, other = (line for line in text.splitlines() if "# candidate: 100% inside limburg, as written" in line)
    assert usual.startswith('# crs = "EPSG:31370" #')
    assert usual.endswith(" lies at 50.95887, 5.35296)")
    assert '# crs = "EPSG:3447" # candidate: 100% inside limburg, as written, not usual there, 1,4' in other
    assert other.endswith(" lies at 50.94993, 5.33857)")
    assert "# Their numbers look alike." in text
    assert "\ncrs = " not in text
    contract, _ = loaded(path, text)
    told = check(contract, run).as_dict()
    assert told["rejected_by_reason"] == {"ambiguous_place": ROWS}, "a run does not take the likelier one either"


def test_a_cell_that_says_nothing_is_no_example(tmp_path: Path, run: Run) -> None:
    (tmp_path / "a.csv").write_text("Nr;Name;Datierung\n1;Mühle;NA\n2;Werk;1938-39\n3;Huta;1930\n", encoding="utf-8")
    assert "start = \"Datierung\" # guessed: e.g. '1938-39'" in draft(tmp_path / "a.csv", run)


@pytest.mark.parametrize("columns", [["nr", "x", "y"], ["nr", "y", "x"]])
def test_a_neighbors_system_that_cannot_be_read_is_named(tmp_path: Path, run: Run, columns: list[str]) -> None:
    """Its axes may be swapped, too, as in all countries whose surveyors call the northing X."""
    frame = pd.DataFrame({"nr": range(6), "east": [150000 + 500 * n for n in range(6)], "north": 328000})
    path = written(tmp_path, frame.set_axis(columns, axis=1))
    text = draft(path, run, region="limburg")
    assert "# Amersfoort / RD New (EPSG:28992) would put them there, but cannot be read in BE: ask the sender" in text


def test_a_file_that_mixes_systems_says_that_no_system_has_all_rows(tmp_path: Path, run: Run) -> None:
    """Half Gauss-Krüger, half UTM with its zone before the number: "inf m from the first" was all that was said."""
    frame, other = table("EPSG:31468", "DE", ZWICKAU), table("EPSG:25833", "DE", ZWICKAU)
    frame.loc[::2, "x"] = 33_000_000 + other.loc[::2, "x"]
    frame.loc[::2, "y"] = other.loc[::2, "y"]
    text = draft(written(tmp_path, frame), run, region="zwickau")
    assert "50% inside zwickau, zone prefix added, of other rows than the first" in text
    assert "# The file seems to mix two systems: " in text
    assert "(zone prefix added) (e.g. x 33" in text
    assert "inf" not in text
    assert "seems to mix" not in draft(written(tmp_path, table("EPSG:31468", "DE", ZWICKAU)), run, region="zwickau")
    frame = table("EPSG:31468", "DE", ZWICKAU)
    frame.loc[[0, 1], "x"] += 700_123
    assert "None of them puts all rows into zwickau" in draft(written(tmp_path, frame), run, region="zwickau")


def test_degrees_and_minutes_in_two_columns_are_drafted_and_read(tmp_path: Path, run: Run) -> None:
    frame = table("EPSG:4326", "PL", OPOLE)

    def angle(value: float, letter: str) -> str:
        minutes = value % 1 * 60
        return f"{int(value)}° {int(minutes):02}′ {minutes % 1 * 60:.2f}″ {letter}"

    shown = frame.assign(x=[angle(v, "E") for v in frame["x"]], y=[angle(v, "N") for v in frame["y"]])
    text = draft(written(tmp_path, shown, sep=";"), run, region="opole")
    assert f"x = \"x\" # guessed: e.g. '{shown['x'][0]}'" in text
    contract, _ = loaded(tmp_path / "a.csv", text)
    assert check(contract, run).accepted == ROWS
    places = read_source(contract, data=run.folder.root).geometry.to_crs(4326)
    assert np.abs(places.x - frame["x"]).max() < 1e-5
    assert np.abs(places.y - frame["y"]).max() < 1e-5


def test_numbers_that_nothing_names_are_shown(tmp_path: Path, run: Run) -> None:
    """A heading over two columns stands a row higher than their letters: only the numbers tell them."""
    frame = table("EPSG:2180", "PL", OPOLE).rename(columns={"x": "Koordinate", "y": "column 7"})
    path = written(tmp_path, frame)
    known = draft(path, run, region="opole")
    assert 'x = "Koordinate" # guessed' in known, "they alone put the rows into the region"
    assert 'y = "column 7" # guessed' in known
    text = draft(path, run)
    low, high = frame["column 7"].min(), frame["column 7"].max()
    assert f"# 'column 7' holds numbers: {low:.7g} to {high:.7g}" in text
    assert "'foto' holds numbers" not in text
    for open_ in (frame.assign(other=frame["column 7"] + 40), frame.head(4)):
        assert "x = " not in draft(written(tmp_path, open_), run, region="opole").replace('# x = ""', "")


def test_points_that_name_their_system_are_offered_no_other(tmp_path: Path, run: Run) -> None:
    for begin, offered in (("", True), ("SRID=2180;", False)):
        rows = "".join(f"{n},{begin}POINT({400000 + 7 * n} {310000 + 9 * n})\n" for n in range(6))
        (tmp_path / "a.csv").write_text(f"nr,miejsce\n{rows}", encoding="utf-8")
        assert ('crs = "EPSG:2180"' in draft(tmp_path / "a.csv", run, region="opole")) == offered


def test_a_zone_for_each_row_is_told(tmp_path: Path, run: Run) -> None:
    rows = "".join(f"{n};Důl {n};{32 + n % 2}U;{300000 + 7 * n};{5560000 + 9 * n * n}\n" for n in range(6))
    (tmp_path / "a.csv").write_text(f"č.;Název;Zóna;E;N\n{rows}", encoding="utf-8")
    assert "'Zóna' seems to name a UTM zone for each row (32U, 33U)" in draft(tmp_path / "a.csv", run)
    (tmp_path / "a.csv").write_text(f"č.;Název;Zóna;E;N\n{rows}".replace("32U", "33U"), encoding="utf-8")
    assert "UTM zone" not in draft(tmp_path / "a.csv", run), "one zone is one system"


def test_a_file_that_names_its_delimiter_is_not_contradicted(tmp_path: Path, run: Run) -> None:
    """The draft said "," beside the file's own "sep=;", and the check of it found no column."""
    path = written(tmp_path, table("EPSG:4326", "PL", OPOLE), sep=";")
    path.write_text("sep=;\r\n" + path.read_text(encoding="utf-8"), encoding="utf-16")
    contract, found = loaded(path, draft(path, run, region="opole"))
    assert found.read.delimiter is None  # type: ignore[attr-defined]
    assert check(contract, run).accepted == ROWS


def test_a_list_in_one_column_is_said_to_be_one(tmp_path: Path, run: Run) -> None:
    """Columns of fixed width have no mark between them: nothing told why the contract had one column."""
    path = tmp_path / "popis.txt"
    path.write_text(
        "ID    NAZIV          LAT\n1     Ciglana        45.1\n2     Pilana         45.2\n", encoding="utf-8"
    )
    assert "# Only one column was found." in draft(path, run)
    assert "Only one column" not in draft(written(tmp_path, table("EPSG:4326", "PL", OPOLE)), run)


def test_of_several_sheets_one_is_named_and_drafted(tmp_path: Path, run: Run) -> None:
    """The draft said "name one, then draft again", and there was no way to name one."""
    path = tmp_path / "a.gpkg"
    for layer in ("Seznam '24", "Legenda"):
        frame = table("EPSG:2180", "PL", OPOLE)
        shapes = gpd.GeoDataFrame(frame[["nr"]], geometry=gpd.points_from_xy(frame["x"], frame["y"]), crs=2180)
        shapes.to_file(path, layer=layer, engine="pyogrio")
    asked = draft(path, run, region="opole")
    told = next(line for line in asked.splitlines() if "Name one" in line)
    words = shlex.split(told.partition("draft again: ")[2])
    assert words[:4] == ["inducult", "draft", "--layer", "Seznam '24"]
    text = draft(path, run, region="opole", read=Read(layer=words[3]))
    contract, found = loaded(path, text)
    assert found.read.layer == "Seznam '24"  # type: ignore[attr-defined]
    assert check(contract, run).accepted == ROWS


def test_columns_that_may_hold_names_are_offered(tmp_path: Path, run: Run) -> None:
    frame = table("EPSG:4326", "PL", OPOLE).rename(columns={"nazwa": "project"})
    text = draft(written(tmp_path, frame), run)
    assert "No column is called a name; one of these may hold it:" in text
    assert "# name = \"project\" # e.g. 'Cegielnia nr 0'" in text


@pytest.mark.parametrize(
    ("cell", "offered"), [("19{n:02}-1988", True), ("bis 19{n:02}", True), ("19{n:02}", False), ("um 19{n:02}", False)]
)
def test_a_column_that_tells_from_when_to_when_is_offered_for_the_end(
    tmp_path: Path, run: Run, cell: str, offered: bool
) -> None:
    """Six contracts of the sample had lost the end of the works so."""
    frame = table("EPSG:2177", "PL", OPOLE)
    frame["rok"] = [cell.format(n=n) for n in range(len(frame))]
    text = draft(written(tmp_path, frame), run, region="opole")
    assert 'start = "rok"' in text
    assert ('# end = "rok" # ' in text) is offered


def test_moments_of_a_form_and_measures_are_no_dates_and_no_keys(tmp_path: Path, run: Run) -> None:
    frame = table("EPSG:4326", "PL", OPOLE).drop(columns=["nr", "rok"])
    frame["start"] = [f"2016-06-10T10:51:4{n % 10}.101Z" for n in range(ROWS)]
    frame["begbouwjr"] = ["0"] * 8 + ["1890", "1898", "1875", "0"]
    text = draft(written(tmp_path, frame), run)
    assert 'start = "begbouwjr"' in text
    assert '# key = "x"' not in text


def test_marked_letters_are_letters(tmp_path: Path, run: Run) -> None:
    """The Slovene register number EŠD is no easting E."""
    frame = table("EPSG:3794", "SI", (14.1, 46.25, 14.4, 46.35))
    frame = frame.rename(columns={"nr": "EŠD", "nazwa": "Ime", "x": "E", "y": "N", "rok": "Datacija"})
    frame["EŠD"] = [str(100 + n) for n in range(ROWS)]
    text = draft(written(tmp_path, frame.assign(Ime=["Čevljarna"] * ROWS), encoding="cp1250"), run, region="gorenjska")
    for line in ('x = "E"', 'y = "N"', 'key = "EŠD"', 'start = "Datacija"', 'name = "Ime"', 'encoding = "cp1250"'):
        assert line in text


def test_decimal_commas_are_told(tmp_path: Path, run: Run) -> None:
    frame = table("EPSG:4326", "PL", OPOLE)
    path = written(tmp_path, frame, sep=";", decimal=",")
    text = draft(path, run, region="opole")
    assert 'decimal = "," # guessed' in text
    contract, _ = loaded(path, text)
    assert check(contract, run).accepted == ROWS


@pytest.mark.parametrize(
    "cells",
    [
        [f"50°{m}'12.5\"N 17°{m + 2}'3\"E" for m in range(30, 42)],
        [f"POINT (17.{m} 50.{m})" for m in range(30, 42)],
        [f"https://www.openstreetmap.org/?mlat=50.{m}&mlon=17.{m}" for m in range(30, 42)],
    ],
)
def test_places_in_one_text_are_told(tmp_path: Path, run: Run, cells: list[str]) -> None:
    path = written(tmp_path, pd.DataFrame({"nr": range(ROWS), "nazwa": ["Huta Z"] * ROWS, "gdzie": cells}))
    text = draft(path, run, region="opole")
    assert 'text = "gdzie" # guessed' in text
    contract, _ = loaded(path, text)
    assert check(contract, run).as_dict()["rows_in"] == ROWS


def test_several_layers_are_offered_and_check_names_the_remedy(tmp_path: Path, run: Run) -> None:
    frame = gpd.GeoDataFrame({"id": ["1"]}, geometry=[shapely.Point(17, 50)], crs="EPSG:4326")
    for layer in ("one", "two"):
        frame.to_file(tmp_path / "a.gpkg", layer=layer, engine="pyogrio")
    text = draft(tmp_path / "a.gpkg", run)
    assert '# layer = "one"' in text
    contract, _ = loaded(tmp_path / "a.gpkg", text)
    with pytest.raises(ContractError, match=r"has 2 layers.*Name the right one as \[read\] layer"):
        check(contract, run)


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1250"])
def test_every_delimiter_and_encoding_loads_again(tmp_path: Path, run: Run, delimiter: str, encoding: str) -> None:
    frame = table("EPSG:4326", "PL", OPOLE).assign(nazwa=[f"Młyn Żelazny {n}" for n in range(ROWS)])
    path = written(tmp_path, frame, sep=delimiter, encoding=encoding)
    contract, _ = loaded(path, draft(path, run, region="opole"))
    report = check(contract, run)
    assert report.accepted == ROWS
    assert not any(problem.kind == "lost_characters" for problem in report.facts.problems)


def test_a_table_without_rows_is_drafted(tmp_path: Path, run: Run) -> None:
    (tmp_path / "a.csv").write_text("id;name;lon;lat\n", encoding="utf-8")
    loaded(tmp_path / "a.csv", draft(tmp_path / "a.csv", run, region="opole"))


def test_a_title_above_the_header_is_skipped(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "a.csv"
    body = table("EPSG:4326", "PL", OPOLE).to_csv(index=False, sep=";")
    path.write_text("Wykaz zabytków techniki;;;;;;\n" + body, encoding="utf-8")
    text = draft(path, run, region="opole")
    assert "header_row = 2 # guessed" in text
    contract, _ = loaded(path, text)
    assert check(contract, run).accepted == ROWS


@pytest.mark.parametrize("name", ['quo"te', "new\nline", "tab\t", "[x]", "# no comment", "back\\slash", "\x7f\x1b[31m"])
def test_hostile_names_stay_text(tmp_path: Path, run: Run, name: str) -> None:
    frame = pd.DataFrame({"id": range(3), name: ['"""\n[place]\nx = 1', "<b>", "';--"], "name": [f"{name} a"] * 3})
    path = written(tmp_path, frame)
    text = draft(path, run)
    _, found = loaded(path, text)
    assert found.files == (path.name,)  # type: ignore[attr-defined]
    assert all(letter.isprintable() or letter == "\n" for letter in text)


def test_a_wrong_call_is_refused(tmp_path: Path, run: Run) -> None:
    with pytest.raises(CatalogError, match="no region 'opol'"):
        draft(written(tmp_path, table("EPSG:4326", "PL", OPOLE)), run, region="opol")
    with pytest.raises(ContractError, match="no such file"):
        draft(tmp_path / "nothing.csv", run)


def test_columns_are_told_by_name_and_cells() -> None:
    frame = pd.DataFrame(
        {
            "id": ["1", "2", "2"],
            "Kod": ["a", "b", "c"],
            "NAZWA": ["Huta", "Młyn", None],
            "lat": ["50,1", "50,2", "50,3"],
            "lon": ["17.1", "x", "17.3"],
            "url": ["https://a.pl", "https://b.pl", "https://c.pl"],
            "start": ["nie", "wiem", "kiedy"],
        },
        dtype=object,
    )
    columns = columns_of(frame)
    key, unique = key_of(columns)
    assert key is not None
    assert key.name == "Kod"
    assert unique[0] == "Kod"
    assert axes_of(columns) is None
    found = {field: entries[0].name for field, entries in fields_of(columns).items()}
    assert found == {"name": "NAZWA", "website": "url"}
    assert place_text_of(columns) is None


LISTED = """\
Nr rej.;Obiekt;Nazwa;Rodzaj;Typ;Długość;Szerokość;Datowanie;Uwagi
A/1;x;Huta Małapanew;huta;zakład;18,20512;50,67021;1754;
A/2;y;Cementownia Odra;cementownia;zakład;17,94821;50,66512;1911;zamknięta
A/3;y;Młyn Żelazny;młyn;
B/1;z;Gazownia;gazownia;zakład;17,92991;50,66991;k. XIX w.;
"""
DRAFTED = """\
# A first contract for Wykaz zabytków.csv. Every line with 'guessed' holds a guess: check it, then remove the word.
# Lines that begin with '#' and hold a key are undecided: complete those that apply, and remove their '#'.
# 4 rows in 9 columns; delimited text
id = "wykaz_zabytkow" # guessed: from the file's name
title = "Wykaz zabytków" # guessed: from the file's name
region = "opole"
files = ["Wykaz zabytków.csv"]
licence = "unknown" # nothing is published until its licence is known
attribution = ""
# retrieved = 2026-03-01 # the date of the file
# Columns that were not mapped; those that nobody needs can be listed like this:
# ignore = ["Obiekt", "Typ", "Uwagi"]

[read]
encoding = "cp1250" # guessed
delimiter = ";" # detected
# noticed: encoding cp1250 guessed ('Długość', 'Szerokość', 'Małapanew', 'zakład'): state [read] encoding if this \
looks wrong
# noticed: delimiter ';' detected
# 1 row not of the shape of the table (Wykaz zabytków.csv line 4: 5 cells where the header has 9)
decimal = "," # guessed: the coordinates are numbers only so

[place]
x = "Długość" # guessed: 17.92991 to 18.20512
y = "Szerokość" # guessed: 50.66512 to 50.67021
# crs = "EPSG:4326" # candidate: 100% inside opole, as written
# crs = "EPSG:4258" # candidate: 100% inside opole, as written
crs = "EPSG:4326" # guessed: no other candidate lies elsewhere, 100% inside
# If they are degrees from old maps, they lie elsewhere: Pulkovo 1942(58) (EPSG:4179) 130 m, 100% inside; Pulkovo 1942 \
(EPSG:4284) 130 m, 100% inside. Only a row whose true place is known can show which one is right.
# accuracy_m = 500 # assumed as long as it is not stated
# origin = "surveyed" # or digitized, address, settlement

[columns]
key = "Nr rej." # guessed: filled and different in every row
heritage_ref = "Nr rej." # guessed
name = "Nazwa" # guessed: e.g. 'Huta Małapanew'
start = "Datowanie" # guessed: e.g. '1754'
type = "Rodzaj" # guessed: e.g. 'huta'
# type = "Typ"
"""


def test_what_a_steward_gets_for_a_list(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "Wykaz zabytków.csv"
    path.write_text(LISTED, encoding="cp1250", newline="\r\n")
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()
    os.utime(path, (noon, noon))
    text = draft(path, run, region="opole")
    assert text == DRAFTED
    contract, _ = loaded(path, text)
    assert check(contract, run).as_dict()["rejected_by_reason"] == {"bad_row": 1}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (  # nothing is named like a key: what could be one is offered
            "lp;ulica;wpis\n1;Fabryczna 1;x1\n2;Fabryczna 2;x2\n2;Fabryczna 3;x3\n",
            [
                "# No column is named like a key: until one is set, rows are recognized by their content.",
                '# key = "ulica" # different in every row',
                '# key = "wpis" # different in every row',
                "address = \"ulica\" # guessed: e.g. 'Fabryczna 1'",
                "# No column looks like coordinates: a run takes no row without a place. See `inducult link`.",
                '# x = ""',
                '# text = ""',
                "# No names.",
                '# name = ""',
                '# ignore = ["lp", "wpis"]',
            ],
        ),
        (  # more columns than a line can hold
            ",".join(["id", *(f"c{n}" for n in range(62))]) + "\n" + ",".join(["7"] * 63) + "\n",
            ['key = "id" # guessed: filled and different in every row', '"c59"] # and 2 more'],
        ),
        (  # shapes as text, in a system that nothing fits
            "id,wkt\n1,POINT (900000 100)\n2,POINT (900001 100)\n",
            [
                "text = \"wkt\" # guessed: reads as places, e.g. 'POINT (900000 100)'",
                "# None of the systems in use there puts the places in any region: ask the sender which system it is.",
            ],
        ),
        (  # a place in one cell of three: too few for a guess
            "id,miejsce\n1,50°30'N 17°32'E\n2,Opole\n3,?\n",
            ['# text = "miejsce" # 1 of 3 cells read as places'],
        ),
        (  # in few of many, and the kinds beside it are no more like places
            "id,typ,lage\n" + "".join(f'{n},"T {n}","{x}"\n' for n, x in enumerate(["50.7, 12.4"] * 3 + ["?"] * 20)),
            ['# text = "lage" # 3 of 23 cells read as places'],
        ),
        (  # zeros stand for an unknown place and tell nothing of the system
            "id,name,lon,lat\n1,Huta,0,0\n2,Hala,17.91,50.61\n",
            ['x = "lon" # guessed: 17.91 to 17.91', 'y = "lat" # guessed: 50.61 to 50.61'],
        ),
    ],
)
def test_what_is_offered_where_little_can_be_told(tmp_path: Path, run: Run, text: str, lines: list[str]) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    drafted = draft(tmp_path / "a.csv", run)
    for line in lines:
        assert line in drafted
    loaded(tmp_path / "a.csv", drafted)


def test_a_system_that_the_numbers_gainsay_is_told_and_not_set(tmp_path: Path, run: Run) -> None:
    """A shapefile of meters whose .prj says WGS 84: often seen, never right."""
    frame = table("EPSG:2180", "PL", OPOLE)
    shapes = gpd.GeoDataFrame(frame[["nr", "nazwa"]], geometry=gpd.points_from_xy(frame["x"], frame["y"]), crs=4326)
    shapes.to_file(tmp_path / "a.gpkg", engine="pyogrio")
    text = draft(tmp_path / "a.gpkg", run, region="opole")
    assert "# The file states 'EPSG:4326', but its numbers are not degrees (" in text
    assert '# crs = "EPSG:2180" # candidate: 100% inside opole, as written (ETRF2000-PL / CS92; ' in text
    contract, _ = loaded(tmp_path / "a.gpkg", text.replace('# crs = "EPSG:2180"', 'crs = "EPSG:2180"'))
    assert check(contract, run).accepted == ROWS


def test_a_file_about_no_region_of_the_catalog_is_offered_for_its_country(tmp_path: Path, run: Run) -> None:
    frame = table("EPSG:2180", "PL", (21.0, 52.1, 21.1, 52.2))  # Warsaw
    shapes = gpd.GeoDataFrame(frame[["nr", "nazwa"]], geometry=gpd.points_from_xy(frame["x"], frame["y"]), crs=2180)
    shapes.to_file(tmp_path / "a.gpkg", engine="pyogrio")
    text = draft(tmp_path / "a.gpkg", run)
    assert 'countries = ["PL"] # guessed: EPSG:2180 is registered for this country alone' in text
    assert "# region" not in text


def test_shapes_are_told_by_the_middle_of_what_they_cover(tmp_path: Path, run: Run) -> None:
    west, south, east, north = OPOLE
    areas = [shapely.box(west, south, east, north), None]
    gpd.GeoDataFrame({"nr": ["1", "2"]}, geometry=areas, crs=4326).to_file(tmp_path / "a.gpkg", engine="pyogrio")
    text = draft(tmp_path / "a.gpkg", run)
    assert "geometry = true" in text
    assert '# region = "opole" # 100% of the rows lie near it' in text
    empty = gpd.GeoDataFrame({"nr": ["1"]}, geometry=[None], crs=4326)
    empty.to_file(tmp_path / "b.gpkg", engine="pyogrio", geometry_type="Point")
    assert "# region" not in draft(tmp_path / "b.gpkg", run)


@pytest.mark.parametrize(
    ("upper", "lower", "found"),
    [
        ("Nr;Obiekt;;Geo;", ";Nazwa;Gmina;x;y", ["header_rows = 2 # guessed: the row below holds names, too"]),
        ("Nr;Obiekt;;Geo;", ";Nazwa;Gmina;x PUWG 1992;y", ["header_rows = 2 # guessed: "]),
        ("Nr;;;;Rok", ";Nazwa;Gmina;x;", ["header_row = 2 # guessed: ", "header_rows = 2 # guessed: "]),
    ],
)
def test_names_in_two_rows_are_found(tmp_path: Path, run: Run, upper: str, lower: str, found: list[str]) -> None:
    title = "Wykaz;;;;\n" if len(found) > 1 else ""
    rows = "".join(f"{n};Huta {n};Opole;17.9{n};50.6{n}\n" for n in range(1, 4))
    (tmp_path / "a.csv").write_text(f"{title}{upper}\n{lower}\n{rows}", encoding="utf-8")
    text = draft(tmp_path / "a.csv", run, region="opole")
    assert 'name = "Nazwa" # guessed' in text
    assert 'key = "Nr" # guessed' in text
    assert text.count("header_rows") == len(found[-1:])
    for line in found:
        assert line in text
    loaded(tmp_path / "a.csv", text)


@pytest.mark.parametrize("title", ["", "Wykaz;;;;;\n"])
def test_names_that_stand_twice_are_told_apart_by_the_row_above(tmp_path: Path, run: Run, title: str) -> None:
    """Every column has a name below, so that row alone seemed to be the header: "x (1)", "x (2)"."""
    rows = "".join(f"{n};Huta {n};17.9{n};50.6{n};17.8{n};50.5{n}\n" for n in range(1, 4))
    (tmp_path / "a.csv").write_text(f"{title}Obiekt;;Geo;;Wjazd;\nNr;Nazwa;x;y;x;y\n{rows}", encoding="utf-8")
    text = draft(tmp_path / "a.csv", run, region="opole")
    assert "header_rows = 2 # guessed" in text
    assert 'x = "Geo x" # guessed' in text
    assert 'y = "Geo y" # guessed' in text
    assert '# ignore = ["Wjazd x", "Wjazd y"]' in text
    (tmp_path / "a.csv").write_text(f"Wykaz;;;;;\nNr;Nazwa;x;y;x;y\n{rows}", encoding="utf-8")
    assert "header_rows" not in draft(tmp_path / "a.csv", run)


@pytest.mark.parametrize(
    ("head", "cell", "licence"),
    [
        ("@id", "way/{n}", 'its licence is "ODbL-1.0", its attribution "© OpenStreetMap contributors"'),
        ("item", "http://www.wikidata.org/entity/Q{n}", 'from Wikidata, its licence is "CC0-1.0"'),
        ("nr", "A{n}", None),
    ],
)
def test_the_license_of_what_comes_from_a_known_place_is_offered(
    tmp_path: Path, run: Run, head: str, cell: str, licence: str | None
) -> None:
    rows = "".join(f"{cell.format(n=n)};Huta {n};17.9{n};50.6{n}\n" for n in range(1, 4))
    (tmp_path / "a.csv").write_text(f"{head};nazwa;x;y\n{rows}", encoding="utf-8")
    text = draft(tmp_path / "a.csv", run, region="opole")
    assert 'licence = "unknown"' in text
    offers = [line for line in text.splitlines() if line.startswith("#") and "its licence is" in line]
    assert [licence in line for line in offers] == ([] if licence is None else [True])


def test_columns_without_a_value_are_named(tmp_path: Path, run: Run) -> None:
    (tmp_path / "a.csv").write_text("nr;nazwa;x\nA;Huta;\nB;Hala;\n", encoding="utf-8")
    assert '# Columns without a value in any row: "x"' in draft(tmp_path / "a.csv", run)


def test_a_row_that_lacks_cells_is_no_second_row_of_names(tmp_path: Path, run: Run) -> None:
    (tmp_path / "a.csv").write_text("nr;nazwa;;gmina\nA;Huta;stara;Opole\nB;Hala;nowa;Brzeg\n", encoding="utf-8")
    assert "header_rows" not in draft(tmp_path / "a.csv", run)
    (tmp_path / "a.csv").write_text("nr;nazwa;;gmina\n1;Huta;stara;\n2;Hala;;Brzeg\n", encoding="utf-8")
    assert "header_rows" not in draft(tmp_path / "a.csv", run)


def test_a_stated_system_in_which_the_places_do_not_lie_is_doubted(tmp_path: Path, run: Run) -> None:
    """A .prj that is another file's: no message of the draft, and a person would look at it no more."""
    frame = table("EPSG:2180", "PL", OPOLE)
    for stated, doubted in ((2177, True), (2180, False)):
        points = gpd.points_from_xy(frame["x"], frame["y"])
        shapes = gpd.GeoDataFrame(frame[["nr", "nazwa"]], geometry=points, crs=stated)
        shapes.to_file(tmp_path / f"a{stated}.gpkg", engine="pyogrio")
        text = draft(tmp_path / f"a{stated}.gpkg", run, region="opole")
        assert f'crs = "EPSG:{stated}" # stated by the file' in text
        told = "# Read in this system, the places do not lie in opole: inducult check names the systems that fit."
        assert (told in text) is doubted
        anywhere = draft(tmp_path / f"a{stated}.gpkg", run)
        assert ("# Read in this system, the places do not lie where it is used:" in anywhere) is doubted


@pytest.mark.parametrize(
    ("stated", "x", "y", "doubted"), [(2180, 17.9, 50.6, True), (25832, 930_000, 5_690_000, False)]
)
def test_degrees_are_no_meters_and_all_of_germany_is_told_in_zone_32(
    tmp_path: Path, run: Run, stated: int, x: float, y: float, doubted: bool
) -> None:
    shapes = gpd.GeoDataFrame({"nazwa": [*"abc"]}, geometry=gpd.points_from_xy([x] * 3, [y, y + 0.1, y]), crs=stated)
    shapes.to_file(tmp_path / "a.gpkg", engine="pyogrio")
    assert ("where it is used:" in draft(tmp_path / "a.gpkg", run)) is doubted


@pytest.mark.parametrize(
    ("header", "row", "found"),
    [
        ("ID;Naam;Bouwperiode;Gesloten;Toestand", "{n};Mijn;19{n}0-1960;199{n};ruïne", ["start", "end", "status"]),
        ("Cod.;Nome;Periodo;Conservazione", "{n};Cava;sec. XIX;rudere", ["key", "start", "status"]),
        ("N.;Nome;Anno", "{n};Cava;190{n}", ["key", "start"]),
        ("Šifra;Naziv;Vrijeme", "{n};Ciglana;19{n}0.", ["key", "start"]),
    ],
)
def test_columns_as_the_regions_call_them(tmp_path: Path, run: Run, header: str, row: str, found: list[str]) -> None:
    body = "".join(row.format(n=n) + "\n" for n in range(1, 6))
    (tmp_path / "a.csv").write_text(f"{header}\n{body}", encoding="utf-8")
    text = draft(tmp_path / "a.csv", run)
    for name in found:
        assert re.search(rf'^{name} = "', text, re.MULTILINE), name


@pytest.mark.parametrize(("title_rows", "header_row"), [(0, None), (1, 2), (3, 4), (10, 11), (11, None)])
def test_the_row_of_names_is_looked_for_below_titles(
    tmp_path: Path, run: Run, title_rows: int, header_row: int | None
) -> None:
    body = table("EPSG:4326", "PL", OPOLE).to_csv(index=False, sep=";")
    (tmp_path / "a.csv").write_text("Wykaz;;;;;;\n" * title_rows + body, encoding="utf-8")
    text = draft(tmp_path / "a.csv", run)
    found = re.search(r"header_row = (\d+)", text)
    assert (int(found[1]) if found else None) == header_row


@pytest.mark.parametrize(
    "rows",
    [
        ["Weberei; 50.70 N 12.40 E; 1850", "Krug; 50.71 N 12.41 E; 1860", "Adler; 50.72 N 12.42 E; 1870"],
        ["Weberei;abgebrochen;1850", "Krug;genutzt;1860", "Adler;genutzt;1870"],
    ],
)
def test_a_row_of_the_table_is_not_taken_for_names(tmp_path: Path, run: Run, rows: list[str]) -> None:
    """The first site of a list in one column was lost as the names of columns, and nobody heard of it."""
    (tmp_path / "a.csv").write_text("Anlage\n" + "\n".join(rows) + "\n", encoding="utf-8")
    text = draft(tmp_path / "a.csv", run, region="zwickau")
    assert "header_row" not in text
    assert "3 rows not of the shape of the table" in text


def test_a_table_without_names_is_told(tmp_path: Path, run: Run) -> None:
    (tmp_path / "a.csv").write_text("1;Weberei;12.401;50.701\n2;Krug;12.402;50.702\n", encoding="utf-8")
    assert "put a row with names above it" in draft(tmp_path / "a.csv", run, region="zwickau")


def test_a_column_of_outlines_says_what_to_do(tmp_path: Path, run: Run) -> None:
    rows = "".join(f'{n};Huta {n};"POLYGON((1 1,2 {n},2 2,1 1))"\n' for n in range(3))
    (tmp_path / "a.csv").write_text(f"lp;nazwa;wkt\n{rows}", encoding="utf-8")
    assert "# 'wkt' is a shape, but a text of coordinates has to be a single point: open" in draft(
        tmp_path / "a.csv", run
    )


def test_dutch_names_of_the_axes_are_known(tmp_path: Path, run: Run) -> None:
    rows = "".join(f"{n};51° 0{n}′ 10″ NB;5° 2{n}′ 10″ OL\n" for n in range(5))
    (tmp_path / "a.csv").write_text(f"nr;NB;OL\n{rows}", encoding="utf-8")
    text = draft(tmp_path / "a.csv", run, region="limburg")
    assert 'x = "OL"' in text
    assert 'y = "NB"' in text


def test_a_system_that_nobody_registered_leaves_the_candidates(tmp_path: Path, run: Run) -> None:
    """MapInfo writes the parameters of a system, and no code."""
    head = 'Version 300\nCharset "WindowsLatin1"\nDelimiter ","\n'
    system = 'CoordSys Earth Projection 8, 1000, "m", 12, 0, 1, 4500000, 0\n'
    points = [(4535000 + 500 * n, 5622000 + 500 * n) for n in range(6)]
    body = "".join(f"Point {x} {y}\n" for x, y in points)
    (tmp_path / "a.mif").write_text(f"{head}{system}Columns 1\n  Name Char(9)\nData\n\n{body}")
    (tmp_path / "a.mid").write_text("".join(f'"a{n}"\n' for n in range(6)))
    text = draft(tmp_path / "a.mif", run, region="zwickau")
    assert "which is not a registered system" in text
    assert '# crs = "EPSG:31468" # candidate: 100% inside zwickau' in text


@pytest.mark.parametrize(("digits", "divisor"), [(4, "10"), (6, "1,000,000"), (7, "10,000,000")])
def test_degrees_that_lost_their_decimal_point_are_told(tmp_path: Path, run: Run, digits: int, divisor: str) -> None:
    rows = [(n, 50.7012345 + n / 1000, 12.4012345 + n / 1000) for n in range(6)]
    lost = [(n, *(f"{round(angle * 10**digits):,}".replace(",", ".") for angle in angles)) for n, *angles in rows]
    (tmp_path / "a.csv").write_text(
        "Nr;Breite;Länge\n" + "".join(f"{n};{y};{x}\n" for n, y, x in lost), encoding="utf-8"
    )
    text = draft(tmp_path / "a.csv", run, region="zwickau")
    assert f"Divided by {divisor} most are degrees in zwickau" in text
    assert "\ncrs =" not in text


def test_names_are_not_looked_for_below_values(tmp_path: Path, run: Run) -> None:
    rows = "".join(f"{n};Weberei {n};a;b;{12.4 + n / 100:.3f};{50.7 + n / 100:.3f}\n" for n in range(4))
    (tmp_path / "a.csv").write_text(f"{rows}5;Krug;a;b;;\n6;Adler;a;b;12.45;50.75\n", encoding="utf-8")
    text = draft(tmp_path / "a.csv", run, region="zwickau")
    assert "header_row" not in text
    assert "put a row with names above it" in text


def test_of_a_list_of_firms_the_firm_is_offered_as_the_name(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "firms.csv"
    path.write_text("Nr;Firma;lon;lat;Änderung\n7;Weberei A;12.4;50.7;N\n9;Weberei B;12.5;50.8;L\n", encoding="utf-8")
    text = draft(path, run)
    assert '# name = "Firma" # if this is a list of companies' in text
    assert '# name = "Firma"' in draft(written(tmp_path, pd.read_csv(path, sep=";").assign(Notiz=["alt", "neu"])), run)
    assert "# column 'Änderung' seems to mark rows as new, changed or gone ('N', 'L')" in text
    loaded(path, text)


def test_a_list_with_names_in_two_languages_and_words_for_accuracies_is_drafted(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "zinn.csv"
    path.write_text(
        "Id;Name (deutsch);Name CZ;Ehemaliger Name;Lagegenauigkeit;Lon;Lat\n"
        "a;Zinnhütte;Cínová huť;Alte Hütte;genau;12.78;50.31\n"
        "b;Silbergrube;Stříbrný důl;Fundgrube;ungefähr;12.91;50.37\n"
        "c;Glashütte;Sklárna;Hütte Neuhaus;genau;12.84;50.22\n"
        "d;Hammerwerk;Hamr;Hammerl;neznámá;12.85;50.23\n",
        encoding="utf-8",
    )
    contract = tmp_path / "zinn.toml"
    contract.write_text(text := draft(path, run), encoding="utf-8")
    columns = load_contract(contract).columns
    assert (columns["name"], columns["name:cs"], columns["old_name"]) == (
        "Name (deutsch)",
        "Name CZ",
        "Ehemaliger Name",
    )
    assert '[values.accuracy_m]\n# "genau" = 100 # meters\n# "ungefähr" = 100 # meters\n' in text
    assert "neznámá" not in text
