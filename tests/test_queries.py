"""Answers of query services, exports of maps, and lists of yes and no: from the draft to records."""

from __future__ import annotations

import json
import time
import zipfile
from pathlib import Path

import pandas as pd
import pyogrio
import pytest

from inducult_geo.api import read_by_contract
from inducult_geo.catalog import Read, load_contract
from inducult_geo.drafting.contract import draft
from inducult_geo.errors import ContractError
from inducult_geo.frames import Records, from_json
from inducult_geo.run import Run, open_run
from inducult_geo.sources.formats.descriptions import with_described
from inducult_geo.sources.formats.readers import read_table
from inducult_geo.sources.formats.table import Table
from inducult_geo.sources.partners.files import find_files
from inducult_geo.sources.partners.marks import is_marked, word_of
from inducult_geo.sources.partners.partner import read_partner

ITEM = "http://www.wikidata.org/entity/"
WIKIDATA = f"""item,itemLabel,coord,inception,dissolved,typeLabel,ownerLabel,image
{ITEM}Q11,mijn van Winterslag,Point(5.51 50.98),1912-01-01T00:00:00Z,1988-03-31T00:00:00Z,steenkoolmijn,KS,a.jpg
{ITEM}Q11,mijn van Winterslag,Point(5.51 50.98),1912-01-01T00:00:00Z,1988-03-31T00:00:00Z,steenkoolmijn,KS,b.jpg
{ITEM}Q12,Brouwerij Martens,Point(5.487 51.172),1758-01-01T00:00:00Z,,brouwerij,,
{ITEM}Q11,mijn van Winterslag,Point(5.51 50.98),1917-01-01T00:00:00Z,1988-03-31T00:00:00Z,museum,N.V. Mijnen,a.jpg
{ITEM}Q13,Q13,Point(5.338 50.93),http://www.wikidata.org/.well-known/genid/3c9e,,stokerij,,
{ITEM}Q14,Pollismolen,,1866-00-00T00:00:00Z,,watermolen,,
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return open_run(tmp_path_factory.mktemp("data"), contracts=False)


def drafted(folder: Path, run: Run, name: str, text: str, region: str = "limburg") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return draft(folder / name, run, region=region)


def records_of(folder: Path, run: Run, name: str, text: str, region: str = "limburg") -> Records:
    """Make the records of a file by the contract that the draft writes, as it stands."""
    (folder / "contract.toml").write_text(drafted(folder, run, name, text, region), encoding="utf-8")
    return read_by_contract(load_contract(folder / "contract.toml"), run)[1].records


def test_an_item_of_wikidata_is_one_record_with_all_that_its_rows_tell(tmp_path: Path, run: Run) -> None:
    records = records_of(tmp_path, run, "query.csv", WIKIDATA).set_index("record_key")
    assert [key.rpartition("/")[2] for key in records.index] == ["Q11", "Q12", "Q13", "Q14"]
    mine, brewery, nameless, mill = (records.loc[f"query:{ITEM}Q{number}"] for number in (11, 12, 13, 14))
    assert (mine["type"], mine["start_year"], mine["end_year"], mine["operator"]) == (
        "coal_mine", 1912, 1988, "KS; N.V. Mijnen"
    )  # fmt: skip
    assert from_json(mine["ids"]) == {"wikidata": "Q11"}
    assert from_json(mine["tags"])["image"] == ["a.jpg", "b.jpg"]
    assert (brewery["start_year"], brewery["year_precision"]) == (1758, "year"), "nobody said the first of January"
    assert pd.isna(nameless["names"]), "Q13 is a number and no name"
    assert pd.isna(nameless["start_year"]), "that there was a beginning tells no year"
    assert (mill["start_year"], mill["reason"]) == (1866, "no_coordinates")


def test_a_draft_of_wikidata_says_what_it_guessed(tmp_path: Path, run: Run) -> None:
    text = drafted(tmp_path, run, "query.csv", WIKIDATA)
    assert "one_record_per_key = true # guessed: 6 rows of 4 items" in text
    assert 'key = "item" # guessed: items of Wikidata\n"ids.wikidata" = "item" # guessed\nname = "itemLabel"' in text
    only = "".join(line for line in WIKIDATA.splitlines(keepends=True) if "Q11," not in line)
    assert "one_record_per_key" not in drafted(tmp_path, run, "once.csv", only)


JOINED = """nr;nazwa;rodzaj;stan;rok;X;Y
1;Huta;huta;czynna;1850;18.1;50.6
2;Młyn;młyn;;1900;18.2;50.7
1;Huta Stara;gazownia;nieczynna;1850;18.1;50.6
;Bez klucza;browar;;;18.3;50.5
1;Huta;huta;czynna;1860;18.9;50.6
"""
CONTRACT = """id = "t"
region = "opole"
files = ["a.csv"]
one_record_per_key = true
[place]
crs = "EPSG:4326"
x = "X"
y = "Y"
[columns]
key = "nr"
name = "nazwa"
type = "rodzaj"
status = "stan"
start = "rok"
"""


def test_what_rows_of_one_key_tell_differently_is_kept_and_places_are_told(tmp_path: Path, run: Run) -> None:
    (tmp_path / "a.csv").write_text(JOINED, encoding="utf-8")
    (tmp_path / "t.toml").write_text(CONTRACT, encoding="utf-8")
    contract = load_contract(tmp_path / "t.toml")
    table = read_partner(contract, find_files(contract))
    rows = table.frame
    assert rows["key"].tolist() == ["1", "2", "?a.csv line 5"]
    first = rows.iloc[0]
    assert (first["name"], first["alt_name"], first["type"]) == ("Huta", "Huta Stara", "huta; gazownia")
    assert (first["start"], first["status"], first["x"]) == ("1850; 1860", "czynna; nieczynna", "18.1")
    assert first["place"] == "a.csv line 2 and 2 rows of its key"
    assert json.loads(first["tags"])["X"] == ["18.1", "18.9"]
    told = [problem.message for problem in table.problems if problem.kind == "joined_rows"]
    assert told[0].startswith("5 rows of 3 records")
    assert "1 record whose rows give several places: '1' (a.csv line 2)" in told[1]
    assert table.files[0].rows == 5, "the file has as many rows as it has"
    found = read_by_contract(contract, run)[1]
    assert found.records["status"].tolist()[0] == "unknown", "in use and out of use"
    assert any("czynna; nieczynna" in problem.message for problem in found.problems)


def test_what_belongs_together_is_of_one_row(tmp_path: Path) -> None:
    """An east of one row and a north of another are no place, nor are a street and a postcode of two."""
    lines = ["nr;nazwa;X;Y;ul;kod", "1;Huta;18.1;;Polna 1;", "1;Huta;18.9;50.6;;", "1;Huta;;50.7;Kolejowa 2;45-001"]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    head = CONTRACT.split('type = "rodzaj"')[0]
    (tmp_path / "t.toml").write_text(head + 'address = "ul"\npostcode = "kod"\n', encoding="utf-8")
    contract = load_contract(tmp_path / "t.toml")
    row = read_partner(contract, find_files(contract)).frame.iloc[0]
    assert (row["x"], row["y"]) == ("18.9", "50.6")
    assert (row["address"], row["postcode"]) == ("Kolejowa 2", "45-001")


def test_the_order_of_rows_is_no_change_of_a_record(tmp_path: Path) -> None:
    hashes, told = [], []
    for lines in (JOINED.splitlines(), [*JOINED.splitlines()[:1], *reversed(JOINED.splitlines()[1:])]):
        (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
        (tmp_path / "t.toml").write_text(CONTRACT, encoding="utf-8")
        contract = load_contract(tmp_path / "t.toml")
        frame = read_partner(contract, find_files(contract)).frame
        hashes.append(dict(zip(frame["key"], frame["content_hash"], strict=True))["1"])
        told.append(frame[frame["key"] == "1"].drop(columns="place").to_dict("records"))
    assert hashes[0] == hashes[1]
    assert told[0] == told[1]


def test_one_record_per_key_without_a_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text(CONTRACT.replace('key = "nr"\n', ""), encoding="utf-8")
    with pytest.raises(ContractError, match=r"one_record_per_key needs a key in \[columns\]"):
        load_contract(tmp_path / "t.toml")


def test_rows_of_one_key_stay_apart_where_no_contract_says_that_they_are_one(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(JOINED, encoding="utf-8")
    (tmp_path / "t.toml").write_text(CONTRACT.replace("one_record_per_key = true\n", ""), encoding="utf-8")
    contract = load_contract(tmp_path / "t.toml")
    table = read_partner(contract, find_files(contract))
    assert table.frame["key"].tolist() == ["1", "2", "1#2", "?a.csv line 5", "1#3"]
    assert "one_record_per_key = true" in next(p.message for p in table.problems if p.kind == "repeated_key")


YES_NO = """Nr;Objekt;Museum ja/nein;Brauerei;Hammerwerk;in Betrieb;Breite;Länge
a1;Gösser;ja;x;;ja;47.362;15.093
a2;Radwerk;;;X;nein;47.488;14.993
a3;Stadtbräu;nein;x;x;;47.382;15.094
a4;Alte Post;nein;;;nein;47.4;14.833
"""


def test_columns_of_yes_and_no_tell_kinds_and_conditions(tmp_path: Path, run: Run) -> None:
    records = records_of(tmp_path, run, "list.csv", YES_NO, "leoben").set_index("record_key")
    assert 'type = ["Museum ja/nein", "Brauerei", "Hammerwerk"]' in (tmp_path / "contract.toml").read_text()
    assert [*records["type"].fillna("")] == ["brewery", "hammer_forge", "", ""]
    assert [*records["status"]] == ["functional", "unknown", "unknown", "unknown"]


def test_a_no_that_the_contract_gives_a_meaning_has_it(tmp_path: Path, run: Run) -> None:
    text = drafted(tmp_path, run, "list.csv", YES_NO, "leoben")
    text += '\n[values.status]\n"ja" = "functional"\n"nein" = "disused"\n'
    (tmp_path / "contract.toml").write_text(text, encoding="utf-8")
    records = read_by_contract(load_contract(tmp_path / "contract.toml"), run)[1].records
    assert [*records["status"]] == ["functional", "disused", "unknown", "disused"]


@pytest.mark.parametrize(
    ("cells", "marked"),
    [
        (["x", None, "X"], True),
        (["ja", "nein", ""], True),
        (["1", "0"], True),
        (["PRAWDA", "FAŁSZ"], True),
        (["WAAR", "ONWAAR"], True),
        (["1", "1"], False),  # may be a code
        (["nein", "nein"], False),
        (["x", "Mühle"], False),
        (["✓", "✗"], False),  # a cross beside a check is a no, and alone a yes
        ([], False),
    ],
)
def test_what_says_yes_or_no(cells: list[str | None], marked: bool) -> None:
    assert is_marked(cells) == marked


@pytest.mark.parametrize(
    ("column", "word"),
    [
        ("Museum ja/nein", "Museum"),
        ("Brauerei (J/N)", "Brauerei"),
        ("muzeum ano / ne", "muzeum"),
        ("Hammerwerk", "Hammerwerk"),
        ("ja/nein", "ja/nein"),
    ],
)
def test_what_a_column_asks(column: str, word: str) -> None:
    assert word_of(column) == word


def test_tags_of_openstreetmap_are_offered_together_and_the_kind_of_an_object_is_no_kind(
    tmp_path: Path, run: Run
) -> None:
    text = (
        "@id\t@type\t@lat\t@lon\tname\tman_made\tindustrial\n"
        "12\tway\t50.966\t5.502\tWatertoren Genk\twater_tower\t\n"
        "13\tnode\t51.172\t5.487\tMartens\t\tbrewery\n"
    )
    records = records_of(tmp_path, run, "overpass.csv", text)
    assert 'type = ["man_made", "industrial"]' in (tmp_path / "contract.toml").read_text()
    assert records["type"].tolist() == ["water_tower", "brewery"]
    one = text.replace("\tindustrial\n", "\tfoto\n")
    assert 'type = "man_made"' in drafted(tmp_path, run, "one.csv", one)


def kml(*descriptions: str) -> str:
    marks = "".join(
        f"<Placemark><name>Cegielnia {n}</name><description><![CDATA[{text}]]></description>"
        f"<Point><coordinates>17.{n},50.6,0</coordinates></Point></Placemark>"
        for n, text in enumerate(descriptions, start=1)
    )
    return (
        f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><name>a</name>{marks}</Folder></Document></kml>'
    )


LINES = "<img src='x.jpg'/><br>rodzaj: {}<br><b>stan:</b> ruina<br>rok budowy: 1890"
BALLOON = (
    "<html><body><table><tr><td>Obiekt</td></tr><tr><td><table>"
    "<tr><td>rodzaj</td><td>{}</td></tr><tr><td>stan</td><td>ruina</td></tr>"
    "<tr><td>rok budowy</td><td>1890</td></tr></table></td></tr></table></body></html>"
)


@pytest.mark.parametrize("form", [LINES, BALLOON])
def test_what_a_map_s_balloons_tell_comes_into_columns(tmp_path: Path, run: Run, form: str) -> None:
    records = records_of(tmp_path, run, "a.kml", kml(form.format("cegielnia"), form.format("tartak"), ""), "opole")
    assert [*records["type"]][:2] == ["brickworks", "sawmill"]
    assert [*records["status"]] == ["disused", "disused", "unknown"]
    assert [*records["start_year"].fillna(0)] == [1890, 1890, 0]
    assert (
        "read from the column 'description': 'rodzaj', 'stan', 'rok budowy'" in (tmp_path / "contract.toml").read_text()
    )
    # Else each row had another key with the first further row that tells a name less.
    assert read_table(tmp_path / "a.kml", Read()).derived == {"rodzaj", "stan", "rok budowy"}


@pytest.mark.parametrize(
    "texts",
    [
        ("A mill: it stands still.", "Burnt down. See http://example.org: a page."),
        ("rodzaj: tartak", ""),  # one row alone may be a sentence
        ("<table><tr><td>a<td>b</table><!-- <tr>", "</tr></td><tr><td></td><td>x</td></tr>"),
        ("name: X<br>geometry: Y<br>description: Z", "name: X<br>geometry: Y<br>description: Z"),
    ],
)
def test_sentences_and_broken_markup_make_no_columns(tmp_path: Path, run: Run, texts: tuple[str, ...]) -> None:
    text = drafted(tmp_path, run, "a.kml", kml(*texts), "opole")
    assert "read from the column" not in text


def test_no_name_in_a_balloon_ends_a_reading(tmp_path: Path, run: Run) -> None:
    names = ("self", "index", "__class__", "a'b", "x" * 59, "<b>k</b>")
    told = "<br>".join(f"{name}: 1" for name in names)
    records = records_of(tmp_path, run, "a.kml", kml(told, told, told), "opole")
    assert from_json(records["tags"].iloc[0])["self"] == "1"


def workbook(path: Path, sheets: dict[str, pd.DataFrame]) -> None:
    for name, frame in sheets.items():
        pyogrio.write_dataframe(frame, path, layer=name, driver="XLSX", append=path.exists())


def test_codes_that_another_sheet_explains_are_drafted_with_what_they_mean(tmp_path: Path, run: Run) -> None:
    objects = pd.DataFrame(
        {
            "ID": [1, 2, 3, 4],
            "Name": ["Karl", "Meier", "Pölbitz", "Anna"],
            "ArtID": [1, 2, 9, 1],
            "ZustandID": [2, 1, 3, 3],
            "GemeindeID": [10, 10, 11, 11],
            "lon": [12.49, 12.5, 12.48, 12.47],
            "lat": [50.72, 50.71, 50.74, 50.73],
        }
    )
    sheets = {
        "tblObjekte": objects,
        "tblArt": pd.DataFrame({"ArtID": [1, 2, 9], "Art": ["Bergwerk", "Weberei", "Sonstiges"]}),
        "tblZustand": pd.DataFrame({"ZustandID": [1, 2, 3], "Z": ["in Betrieb", "stillgelegt", "abgebrochen"]}),
        "tblBauart": pd.DataFrame(
            {"ID": [1, 2, 3, 4, 5], "Art": ["Mühle", "Brauerei", "Ziegelei", "Sägewerk", "Gaswerk"]}
        ),
        "tblGemeinde": pd.DataFrame({"GemeindeID": [10, 11], "Gemeinde": ["Zwickau", "Mülsen"]}),
    }
    workbook(tmp_path / "a.xlsx", sheets)
    text = draft(tmp_path / "a.xlsx", run, region="zwickau", read=Read(sheet="tblObjekte"))
    assert "type = \"ArtID\" # guessed: codes that sheet 'tblArt' explains" in text
    assert (
        '[values.type]\n"1" = "mine" # \'Bergwerk\'\n"2" = "weaving_mill" # \'Weberei\'\n# "9" is \'Sonstiges\'' in text
    )
    (tmp_path / "c.toml").write_text(text, encoding="utf-8")
    found = read_by_contract(load_contract(tmp_path / "c.toml"), run)[1]
    assert [*found.records["type"].fillna("")] == ["mine", "weaving_mill", "", "mine"]
    assert [*found.records["status"]] == ["decommissioned", "functional"] + ["decommissioned"] * 2
    assert any("'9' (1)" in problem.message for problem in found.problems), "what nobody mapped is told"
    sheets["tblArt"] = pd.DataFrame({"ArtID": [1, 1, 2, 9], "Art": ["Bergwerk", "Hütte", "Weberei", "Mühle"]})
    (tmp_path / "a.xlsx").unlink()
    workbook(tmp_path / "a.xlsx", sheets)
    text = draft(tmp_path / "a.xlsx", run, region="zwickau", read=Read(sheet="tblObjekte"))
    assert "type = " not in text, "a code with two words explains nothing, and the ID of a row is no kind"


@pytest.mark.parametrize(
    "cell",
    ["<![x [ y", "<a " * 6_000, "<" * 19_000, "<" + " " * 19_000, "<tr>" * 4_900, "&#99999999999;", "<!-- "],
)
def test_a_description_that_no_program_wrote_tells_nothing_and_takes_no_time(cell: str) -> None:
    """The parser of the standard library raises at the first, and takes a quarter of a minute for the second."""
    before = time.process_time()
    frame = pd.DataFrame({"name": ["a"] * 40, "description": [cell] * 40})
    table = Table(frame, [f"row {n}" for n in range(40)])
    assert with_described(table).frame.columns.tolist() == ["name", "description"]
    assert time.process_time() - before < 10


def test_hidden_sheets_and_pivots_are_told_apart(tmp_path: Path, run: Run) -> None:
    frame = pd.DataFrame({"nr": ["a", "b"], "lon": [12.49, 12.5], "lat": [50.72, 50.71], "sheet": ["7", "8"]})
    path = tmp_path / "liste.xlsx"
    workbook(path, {"Objekte": frame, "intern": frame, "Summen": frame})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    book = members["xl/workbook.xml"]
    members["xl/workbook.xml"] = book.replace(b'sheetId="2" state="visible"', b'sheetId="2" state="hidden"')
    pivot = '<Relationships><Relationship Id="r1" Type="x/pivotTable" Target="../pivotTables/p.xml"/></Relationships>'
    members["xl/worksheets/_rels/sheet3.xml.rels"] = pivot.encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    asked = draft(path, run)
    assert '# sheet = "Objekte"\n# sheet = "intern" # hidden\n# sheet = "Summen" # a pivot table\n' in asked
    chosen = draft(path, run, read=Read(sheet="Objekte"))
    assert "# Not read, since one sheet is named: 'intern' (hidden), 'Summen' (a pivot table)" in chosen
