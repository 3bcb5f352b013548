"""`inducult check`: what it tells of a file, as numbers, as text and as a picture."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import shapely
from typer.testing import CliRunner

from inducult_geo import display
from inducult_geo.checking.check import CheckReport, check
from inducult_geo.checking.map import PICTURE_MARK, Sites, picture, text_map
from inducult_geo.cli import app
from inducult_geo.cli.common import refuse_foreign_picture
from inducult_geo.errors import ConfigError, ContractError
from inducult_geo.run import open_run

SVG = "{http://www.w3.org/2000/svg}"
CONTRACT = """
id = "test"
region = "opole"
files = ["a.csv"]
[place]
crs = "EPSG:4326"
x = "lon"
y = "lat"
accuracy_m = 100
[columns]
key = "id"
name = "name"
start = "rok"
end = "koniec"
"""
ROWS = (
    "id;name;lon;lat;rok;koniec\n"
    "1;Huta Małapanew;18.2051;50.6702;1754;\n"
    "2;Cementownia;17.9482;50.6651;1857;1990\n"
    "3;Młyn;17.9211;50.6701;k. XIX w.;przed wojną\n"
    "4;Gazownia;17.9299;50.6699;dawno;\n"
    "5;Cegielnia;17.9301;50.6101;1900;1850\n"
    "6;Szyb;;;nieznany;\n"
    "7;\x1b[31m<script>alert(1)</script> & Co;16.7101;51.1101;0;9999\n"
    "8;Daleko;50.6699;17.9299;;\n"
    "9;Ma\ufffdapanew;17.9102;50.6602;1890;\n"
    ";Bez klucza;17.9102;50.6612;1890;\n"
)  # fmt: skip


def test_a_list_is_tried_beside_what_its_region_has(sample_data: Path, tmp_path: Path) -> None:
    """As it is, as if its system were another, and where nothing was built yet; the release stays as it was."""
    partners = sample_data / "raw/sample/partners"
    before = sorted(path.name for path in (sample_data / "processed").rglob("*"))
    (told,) = check(partners / "gorenjska_dediscina.toml", open_run(sample_data)).beside
    assert told == (
        "in gorenjska, as last built, 10 rows would be of sites that other sources know, 10 of sites of their own; a "
        "person would be asked about none"
    )
    shutil.copy(partners / "gorenjska_dediscina.geojson", tmp_path)
    text = (partners / "gorenjska_dediscina.toml").read_text(encoding="utf-8").replace("EPSG:3912", "EPSG:3794")
    (tmp_path / "list.toml").write_text(
        text.replace('accuracy_m = "natancnost_m"', "").replace("= 500", "= 30"), encoding="utf-8"
    )
    report = check(tmp_path / "list.toml", open_run(sample_data))
    assert "6 lie some 610 m south-east of theirs" in report.beside[1]
    assert report.as_dict()["beside"] == list(report.beside)
    assert sorted(path.name for path in (sample_data / "processed").rglob("*")) == before
    assert check(tmp_path / "list.toml", open_run(tmp_path / "empty", contracts=False)).beside == ()


def test_who_checks_a_large_list_is_told_what_is_waited_for(sample_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 50,000 rows it takes half a minute; of a refusal there is one line, so what ends at once says nothing."""
    # On a busy machine a step of 30 records takes longer than that, and is told.
    monkeypatch.setattr(display, "_SILENCE_S", 3600.0)
    contract = sample_data / "raw/sample/partners/gorenjska_dediscina.toml"
    call = ["check", str(contract), "--data", str(sample_data)]
    told = [CliRunner().invoke(app, [*call, *more]) for more in ([], ["--json"])]
    assert [result.stderr for result in told] == ["gorenjska: trying 20 rows beside 10 records\n", ""]


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    (tmp_path / "a.csv").write_text(ROWS, encoding="utf-8")
    (tmp_path / "c.toml").write_text(CONTRACT, encoding="utf-8")
    return tmp_path / "c.toml"


@pytest.fixture
def report(contract: Path, tmp_path: Path) -> CheckReport:
    return check(contract, open_run(tmp_path / "data", contracts=False))


def test_every_row_is_told(report: CheckReport) -> None:
    told = report.as_dict()
    assert told["rows_in"] == 10 == told["accepted"] + told["rejected"]
    assert told["rejected_by_reason"] == {"no_coordinates": 1, "no_key": 1, "outside_region": 2}
    assert {row["place"]: row["reason"] for row in told["rows"]} == {
        "a.csv line 7": "no_coordinates",
        "a.csv line 8": "outside_region",
        "a.csv line 9": "outside_region",
        "a.csv line 11": "no_key",
    }
    assert all(row["detail"] for row in told["rows"])
    assert told["outline"] == "bounding box, since the region's outline is missing"
    json.dumps(told)


def test_the_share_of_dates_that_were_read(report: CheckReport) -> None:
    start, end = report.as_dict()["dates"]
    # "nieznany" says that nothing is known: that is no date that could not be read.
    assert start == {"column": "start", "filled": 7, "read": 6, "unread": {"dawno": 1}, "last_years": 0}
    assert end == {"column": "end", "filled": 3, "read": 2, "unread": {"przed wojną": 1}, "last_years": 0}
    kinds = [problem.kind for problem in report.facts.problems]
    # An end that cannot be read is said though the beginning can.
    assert kinds.count("unread_date") == 2
    assert kinds.count("dates_contradict") == 1


def test_lost_characters_are_told_cell_by_cell(report: CheckReport) -> None:
    lost = report.as_dict()["lost_characters"]
    assert [(cell["place"], cell["column"], cell["text"]) for cell in lost] == [
        ("a.csv line 10", "name", "Ma\ufffdapanew")
    ]
    assert "U+FFFD" in lost[0]["detail"]


def drawn(text: str) -> ET.Element:
    return ET.fromstring(text)


def test_the_picture_shows_every_place(report: CheckReport) -> None:
    root = drawn(report.picture())
    titles = [element.text or "" for element in root.iter(f"{SVG}title")][1:]
    assert len(titles) == 9  # all but the row without a place
    assert sum("outside_region" in title for title in titles) == 2
    assert any("<script>alert(1)</script> & Co" in title for title in titles)
    assert {element.tag for element in root.iter()} <= {
        SVG + tag for tag in ("svg", "title", "rect", "text", "g", "path", "circle")
    }
    words = [element.text for element in root.iter(f"{SVG}text")]
    assert "10 rows = 6 accepted + 4 not accepted (1 no_coordinates, 1 no_key, 2 outside_region)" in words
    assert "beyond the edge (1)" in words
    assert any(word and word.endswith(" km") for word in words)


def sites(points: list[tuple[float, float]], *, area: shapely.Polygon | None = None, refused: int = 0) -> Sites:
    accepted = np.arange(len(points)) >= refused
    return Sites(np.array(points).reshape(-1, 2), accepted, tuple(f"row {n}" for n in range(len(points))), area)


BOX = shapely.box(17, 50, 18.5, 51)


def test_letters_keep_the_shape_of_the_land() -> None:
    lines = text_map(sites([(17.01, 50.99), (18.49, 50.01), (18.491, 50.011)], area=BOX, refused=1)).splitlines()
    body = [line for line in lines if "·" in line and "the region" not in line]
    wide, high = max(len(line.strip()) for line in body), len(body)
    # 1.5 degrees of longitude at 50.5 north are 106 km, one of latitude 111 km; a letter is twice as high as wide.
    assert wide / high == pytest.approx(106 / 111 * 2.1, rel=0.15)
    assert body[0].strip().startswith("?")
    assert body[-1].rstrip().endswith("8")
    assert lines[-1] == "o one site, 8 several, ? not accepted, · the region"


def test_the_bar_is_as_long_as_it_says() -> None:
    text = text_map(sites([], area=BOX))
    bar = next(line for line in text.splitlines() if line.startswith("|-"))
    kilometers = float(bar.split("| ")[1].removesuffix(" km"))
    body = max(len(line.strip()) for line in text.splitlines() if line.strip().startswith("·"))
    assert (bar.index("|", 1) + 1) / body * 106 == pytest.approx(kilometers, rel=0.1)


@pytest.mark.parametrize(
    "points",
    [[], [(17.9, 50.6)], [(17.9, 50.6)] * 3, [(-179, -60), (179, 80)], [(17, 50), (17, 60)], [(0, 0), (90, 0.1)]],
)
def test_any_points_can_be_drawn(points: list[tuple[float, float]]) -> None:
    letters = text_map(sites(points))
    assert all(len(line) <= 70 for line in letters.splitlines())
    root = drawn(picture(sites(points), title="t", lines=("a", "b")))
    circles = [element for element in root.iter(f"{SVG}circle") if element.find(f"{SVG}title") is not None]
    assert len(circles) == len(points)
    if not points:
        assert letters == ""
        assert any("nothing to draw" in (element.text or "") for element in root.iter(f"{SVG}text"))


def test_what_lies_beyond_the_edge_is_counted_and_marked_there() -> None:
    far = sites([(17.5, 50.5), (30.0, 50.5), (17.5, -20.0)], area=BOX, refused=0)
    assert "2 beyond the edge" in text_map(far)
    root = drawn(picture(far, title="t", lines=()))
    rings = [c for c in root.iter(f"{SVG}circle") if c.get("r") == "7"]
    assert {ring[0].text for ring in rings} == {"row 1", "row 2"}


def test_the_command_draws_where_it_is_told(contract: Path, tmp_path: Path) -> None:
    call = ["check", str(contract), "--data", str(tmp_path / "data")]
    done = CliRunner().invoke(app, [*call, "--map", str(tmp_path / "map.svg")])
    assert done.exit_code == 0, done.output
    assert "6 accepted + 4 not accepted" in done.output
    assert "start: 6 of 7 read (85.7%); not: 'dawno' (1)" in done.output
    assert "the row has no key" in done.output
    drawn((tmp_path / "map.svg").read_text(encoding="utf-8"))
    wrong = CliRunner().invoke(app, [*call, "--map", str(tmp_path / "map.png")])
    assert isinstance(wrong.exception, ConfigError)
    assert not (tmp_path / "map.png").exists()
    (tmp_path / "own.svg").write_text('<?xml version="1.0"?><svg/>', encoding="utf-8")
    wrong = CliRunner().invoke(app, [*call, "--map", str(tmp_path / "own.svg")])
    assert "is there already, and is not a picture that this command wrote" in str(wrong.exception)
    refuse_foreign_picture(tmp_path / "map.svg", PICTURE_MARK)


def test_the_picture_says_how_the_file_was_read(report: CheckReport) -> None:
    words = [element.text for element in drawn(report.picture()).iter(f"{SVG}text")]
    assert "test: a.csv" in words
    assert "EPSG:4326, as declared; WGS 84 taken as ETRS89" in words
    assert "opole: bounding box, since the region's outline is missing" in words


def test_every_row_that_is_not_taken_bears_its_name_and_what_to_do(report: CheckReport) -> None:
    rows = {row["place"]: row for row in report.rows}
    assert rows["a.csv line 8"]["name"] == "[31m<script>alert(1)</script> & Co"
    assert rows["a.csv line 11"] == {
        "place": "a.csv line 11",
        "name": "Bez klucza",
        "reason": "no_key",
        "detail": "column 'id' is empty: give the row a key",
    }
    titles = report.sites.titles
    assert titles[0] == "a.csv line 2: Huta Małapanew"
    assert any(title.startswith("a.csv line 9: Daleko - outside_region: lies ") for title in titles)
    assert report.sites.accepted.tolist().count(True) == 6


def test_dates_that_cannot_be_read_are_listed_the_commonest_first(tmp_path: Path) -> None:
    texts = ["dawno", "kiedyś", "kiedyś", "przed wojną", "1890", "", "brak", "kiedyś", "dawno"]
    rows = "".join(f"{n};Huta {n};17.9{n};50.6{n};{text};\n" for n, text in enumerate(texts))
    (tmp_path / "a.csv").write_text("id;name;lon;lat;rok;koniec\n" + rows, encoding="utf-8")
    (tmp_path / "c.toml").write_text(CONTRACT, encoding="utf-8")
    start, end = check(tmp_path / "c.toml", open_run(tmp_path / "data", contracts=False)).dates
    assert [*start.unread.items()] == [("kiedyś", 3), ("dawno", 2), ("przed wojną", 1)]
    assert (start.filled, start.read) == (7, 1)
    assert (end.filled, end.read, end.unread) == (0, 0, {})
    meant = '[values.start]\n"kiedyś" = ""\n"przed wojną" = "before 1939"\n'
    (tmp_path / "c.toml").write_text(CONTRACT + meant, encoding="utf-8")
    start, end = check(tmp_path / "c.toml", open_run(tmp_path / "data", contracts=False)).dates
    assert (start.filled, start.read, [*start.unread]) == (4, 2, ["dawno"])


def test_last_years_that_no_column_is_mapped_to_are_counted(tmp_path: Path) -> None:
    texts = ["1917-1988", "1925–1966", "tussen 1870 en 1880", "1890", "19de eeuw", "onbekend", "dawno"]
    rows = "".join(f"{n};Huta {n};17.9{n};50.6{n};{text};\n" for n, text in enumerate(texts))
    (tmp_path / "a.csv").write_text("id;name;lon;lat;rok;koniec\n" + rows, encoding="utf-8")
    for line, counted in (("", 2), ('end = "koniec"\n', 0), ('end = "rok"\n', 0)):
        (tmp_path / "c.toml").write_text(CONTRACT.replace('end = "koniec"\n', line), encoding="utf-8")
        report = check(tmp_path / "c.toml", open_run(tmp_path / "data", contracts=False))
        assert [share.last_years for share in report.dates if share.column == "start"] == [counted], line


def test_a_wide_source_has_no_outline_and_its_map_no_region(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id;lon;lat\n1;17.91234;50.61234\n2;3.1;-4.5\n3;;\n", encoding="utf-8")
    wide = 'id = "w"\nfiles = ["a.csv"]\n[place]\ncrs = "EPSG:4326"\nx = "lon"\ny = "lat"\n[columns]\nkey = "id"\n'
    (tmp_path / "c.toml").write_text(wide, encoding="utf-8")
    report = check(tmp_path / "c.toml", open_run(tmp_path / "data", contracts=False))
    assert (report.outline, report.sites.area, report.accepted) == (None, None, 2)
    assert report.as_dict()["region"] is None
    assert report.dates == ()
    assert report.sites.titles == ("a.csv line 2: no name", "a.csv line 3: no name")
    assert report.sites.points[1] == pytest.approx([3.1, -4.5])
    words = [element.text or "" for element in drawn(report.picture()).iter(f"{SVG}text")]
    assert "3 rows = 2 accepted + 1 not accepted (1 no_coordinates)" in words


def test_a_contract_for_a_region_that_nobody_declared_is_refused(contract: Path, tmp_path: Path) -> None:
    contract.write_text(CONTRACT.replace('"opole"', '"opol"'), encoding="utf-8")
    with pytest.raises(
        ContractError, match=r"c\.toml: region 'opol' is not in the catalog\. Known: gorenjska, .*zwickau\."
    ):
        check(contract, open_run(tmp_path / "data", contracts=False))


def undeclared(tmp_path: Path) -> Path:
    """Lambert 2008 in a list that names no system, and one row in degrees."""
    rows = [f"{n};Ziegelei {n};{716_000 + 700 * n};{678_000 + 500 * n}" for n in range(8)]
    (tmp_path / "liste.csv").write_text(
        "\n".join(["Nr;Objekt;Rechts;Hoch", *rows, "8;Schacht;5,49;50,92"]), encoding="utf-8"
    )
    return tmp_path / "liste.csv"


def test_the_system_that_was_found_is_told_where_none_is_declared(tmp_path: Path) -> None:
    undeclared(tmp_path)
    place = '[place]\nx = "Rechts"\ny = "Hoch"\n'
    contract = f'id = "t"\nregion = "limburg"\nfiles = ["liste.csv"]\n{place}[columns]\nkey = "Nr"\n'
    (tmp_path / "c.toml").write_text(contract, encoding="utf-8")
    told = check(tmp_path / "c.toml", open_run(tmp_path / "data", contracts=False)).as_dict()
    assert (told["accepted"], told["rejected"]) == (9, 0)
    assert "EPSG:3812" in told["crs"]


def test_what_befell_many_rows_alike_is_told_once(tmp_path: Path) -> None:
    undeclared(tmp_path)
    contract = 'id = "t"\nregion = "limburg"\nfiles = ["liste.csv"]\n[columns]\nkey = "Nr"\nname = "Objekt"\n'
    (tmp_path / "c.toml").write_text(contract, encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(tmp_path / "c.toml"), "--data", str(tmp_path / "data")])
    shown = result.output
    assert result.exit_code == 1
    assert "A run would take no row of this source, and report that it failed. t: none of its" in shown
    assert shown.count("maps no coordinates") == 1
    assert "`geometry = true` for a file of shapes" in " ".join(shown.split())
    assert "liste.csv line 2: Ziegelei 0; liste.csv line 3: Ziegelei 1" in shown
    assert "and 6 more" in shown


def test_a_draft_knows_the_words_of_axes_and_one_odd_row_hides_none(tmp_path: Path) -> None:
    file = undeclared(tmp_path)
    arguments = ["draft", str(file), "--region", "limburg", "--data", str(tmp_path / "data")]
    drafted = CliRunner().invoke(app, arguments).output
    assert 'x = "Rechts"' in drafted
    assert 'y = "Hoch"' in drafted
    assert '# crs = "EPSG:3812"' in drafted


WIDE = CONTRACT.replace('region = "opole"', 'countries = ["PL", "CZ"]').replace(
    'start = "rok"\nend = "koniec"', 'country = "kraj"'
)


@pytest.fixture
def wide(tmp_path: Path) -> CheckReport:
    rows = "id;name;lon;lat;kraj\n1;Huta;18.2051;50.6702;PL\n2;Sklárna;14.4;50.1;CZ\n3;Pivovar;15.09;47.38;CZ\n"
    (tmp_path / "a.csv").write_text(rows, encoding="utf-8")
    (tmp_path / "c.toml").write_text(WIDE, encoding="utf-8")
    return check(tmp_path / "c.toml", open_run(tmp_path / "data"))


def test_a_list_of_countries_is_drawn_upon_them(wide: CheckReport) -> None:
    *letters, _, legend = wide.drawing.splitlines()
    assert legend == "o one site, 8 several, · its countries"
    # Leoben, in the lower middle, lies in neither country.
    assert [line.strip() for line in letters if "o" in line and "·" not in line] == ["o"]
    root = drawn(wide.picture())
    lands = [path for path in root.iter(f"{SVG}path") if path.get("fill") == "#e3ead9"]
    assert len(lands) == 2
    numbers = [float(number) for path in lands for number in path.attrib["d"].strip("MZ").replace("L", " ").split()]
    assert min(numbers) >= 0
    assert max(numbers) <= 900


def test_it_says_of_which_countries_a_list_is(wide: CheckReport, report: CheckReport) -> None:
    assert (wide.as_dict()["region"], wide.as_dict()["countries"]) == (None, ["CZ", "PL"])
    assert (report.as_dict()["region"], report.as_dict()["countries"]) == ("opole", [])


def test_what_was_noticed_of_an_accepted_row_stands_at_its_mark(wide: CheckReport) -> None:
    titles = [element.text or "" for element in drawn(wide.picture()).iter(f"{SVG}title")][1:]
    said = "its country is CZ, but it lies in AT, some 140 km from there: check the coordinate and the country"
    assert titles == ["a.csv line 2: Huta", "a.csv line 3: Sklárna", f"a.csv line 4: Pivovar - {said}"]


def test_accepted_rows_of_which_something_was_noticed_are_listed(wide: CheckReport, tmp_path: Path) -> None:
    said = "its country is CZ, but it lies in AT, some 140 km from there: check the coordinate and the country"
    (row,) = wide.as_dict()["noticed"]
    assert row == {"place": "a.csv line 4", "name": "Pivovar", "reason": "", "detail": said}
    assert wide.as_dict()["rows"] == []


def test_a_list_without_countries_is_drawn_upon_those_that_its_rows_tell(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id;name;lon;lat;kraj\n1;Huta;18.2;50.67;PL\n2;Mill;17.9;50.6;PL\n")
    (tmp_path / "c.toml").write_text(WIDE.replace('countries = ["PL", "CZ"]\n', ""))
    report = check(tmp_path / "c.toml", open_run(tmp_path / "data"))
    assert (report.countries, len(report.sites.countries)) == (("PL",), 1)
