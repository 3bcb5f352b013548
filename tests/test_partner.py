"""A partner's file by its contract: rows kept, keys unique, columns checked."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from files_made import sheet_with, workbook
from hypothesis import given, settings
from hypothesis import strategies as some

from inducult_geo.catalog import Contract, Read, load_contract
from inducult_geo.digest import sha256
from inducult_geo.errors import ContractError, SourceError
from inducult_geo.frames import from_json
from inducult_geo.harmonize.places.ground import Ground
from inducult_geo.harmonize.records import harmonize
from inducult_geo.harmonize.words.vocabulary import load_vocabulary
from inducult_geo.sources.formats.readers import read_table
from inducult_geo.sources.formats.table import Table
from inducult_geo.sources.partners import partner, steady
from inducult_geo.sources.partners.files import find_files
from inducult_geo.sources.partners.partner import read_partner
from inducult_geo.sources.partners.persons import is_called_personal, is_private, seems_personal
from inducult_geo.sources.partners.rows import _told

TOML = """
id = "test"
title = "Test"
region = "opole"
files = ["a.csv"]
licence = "CC0-1.0"
attribution = "nobody"
ignore = ["bemerkung"]
[place]
crs = "EPSG:2180"
x = "X"
y = "Y"
[columns]
key = "nr"
name = "nazwa"
ids.wikidata = "qid"
"""


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    (tmp_path / "test.toml").write_text(TOML)
    return load_contract(tmp_path / "test.toml")


def put(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text)


def test_what_is_private_never_leaves(contract: Contract, tmp_path: Path) -> None:
    """A partner's column of phones went out in `tags` of each record, though nobody mapped it."""
    put(tmp_path, "nr;nazwa;X;Y;qid;Telefon;uwagi\n1;Huta;1;2;Q1;0375 777;eva@example.org\n2;Hala;1;3;;;\n")
    told = [one.message for one in read_partner(contract, find_files(contract)).problems if one.kind == "persons"]
    assert [text.partition(": private")[2][:24] for text in told] == [" = ['Telefon', 'uwagi']."]
    kept = contract.model_copy(update={"private": ("Telefon", "uwagi")})
    table = read_partner(Contract.model_validate(dict(kept)), find_files(contract))
    assert "777" not in table.frame["tags"][0]
    assert "eva" not in table.frame["tags"][0]
    assert not [one for one in table.problems if one.kind in ("persons", "unmapped_column")]
    assert [*table.frame["key"]] == ["1", "2"]
    put(tmp_path, "nr;nazwa;X;Y;qid;Telefon;uwagi\n1;Huta;1;2;Q1;0375 778;jan@example.org\n2;Hala;1;3;;;\n")
    again = read_partner(Contract.model_validate(dict(kept)), find_files(contract))
    assert [*again.frame["content_hash"]] == [*table.frame["content_hash"]], "a number is soon tried against a hash"
    for private, says in (("Telefn", "Did you mean 'Telefon'"), ("nazwa", "mapped to 'name', which is published")):
        with pytest.raises(ContractError, match=says):
            read_partner(contract.model_copy(update={"private": (private,)}), find_files(contract))


def test_persons_in_a_column_that_is_called_otherwise_now_do_not_leave(contract: Contract, tmp_path: Path) -> None:
    """The next version of a list called the private column otherwise, and it was published without a word."""
    kept = contract.model_copy(update={"private": ("Bearbeiter / Tel.",)})
    put(tmp_path, "nr;nazwa;X;Y;qid;Stand;Sachbearbeiter\n1;Huta;1;2;Q1;2027;Fr. Nowak\n")
    with pytest.raises(ContractError, match=r"no column 'Bearbeiter / Tel.'.*published: 'Sachbearbeiter'\. Write"):
        read_partner(kept, find_files(kept))
    put(tmp_path, "nr;nazwa;X;Y;qid;Stand\n1;Huta;1;2;Q1;2027\n")
    assert len(read_partner(kept, find_files(kept)).frame) == 1


def test_persons_are_told_by_names_as_databases_write_them_and_by_telephone_numbers() -> None:
    names = ("BETREIBER_TEL", "BETREIBER_ANSPR", "last_edited_user", "gestorFax", "Sachbearbeiterin")
    assert [name for name in names if not is_called_personal(name)] == []
    assert [name for name in ("HOTEL", "BETREIBER", "Userfeld", "Mobiliar") if is_called_personal(name)] == []
    assert [seems_personal("uwagi", [cell]) for cell in ("tel. 77 454 12 34", "1880-1945")] == [True, False]


def test_how_to_reach_a_person_in_a_mapped_text_is_told(contract: Contract, tmp_path: Path) -> None:
    """Only columns that nobody mapped were looked at: a name with a telephone number was published unsaid."""
    reach = ["Huta, tel. 77 454 12 34", "Huta (eva@example.org)", "Huta +48 77 4541234", "Huta, Handy: 0171-5551234"]
    plain = ["Huta 1880-1945", "Hotel 1234567", "Huta @ Opole", "Huta +2.9345678", "Nr. 0375 77412", "Tel 3", "+4812"]
    put(tmp_path, "nr;nazwa;X;Y;qid\n" + "".join(f"{i};{text};1;2;\n" for i, text in enumerate([*reach, *plain])))
    (told,) = [one for one in read_partner(contract, find_files(contract)).problems if one.kind == "persons"]
    assert told.count == len(reach)
    assert "'nazwa' in 4 rows (a.csv line 2, a.csv line 3, a.csv line 4 and 1 more)" in told.message
    settled = Contract.model_validate(dict(contract) | {"private": ()})
    assert not [one for one in read_partner(settled, find_files(contract)).problems if one.kind == "persons"]


def test_rows_that_name_works_in_two_towns_are_told(contract: Contract, tmp_path: Path) -> None:
    """Each became one site at one place, and nothing said so."""
    rows = ["Werk I und II, Zwickau und Werdau;Zwickau", "Weberei;Werdau und Aue", "Mühle A, Mühle B;Zwickau, Werdau",
            "Bahn Zwickau-Werdau;Zwickau", "Mühle, Werdau;Werdau", "Huta;Opole / Oppeln", "Schacht 1 und 2;Zwickau",
            "Werk;Zwickau, OT Planitz", "Tuchfabrik Werdau in Werdau;Werdau", "Weberei;Zwickau, Werdau",
            "Wood & Sons;EXETER, Devon", "Mill & Co.;Bideford, Devon", "Mill;Exeter", "Mine;Devon"]  # fmt: skip
    put(tmp_path, "nr;nazwa;miasto;X;Y;qid\n" + "".join(f"{i};{row};1;2;\n" for i, row in enumerate(rows)))
    mapped = contract.model_copy(update={"columns": dict(contract.columns) | {"city": ("miasto",)}})
    (told,) = [one for one in read_partner(mapped, find_files(mapped)).problems if one.kind == "several_towns"]
    assert told.count == 3
    assert "a.csv line 2: 'Werk I und II, Zwickau und Werdau', a.csv line 3: 'Werdau und Aue'" in told.message


@pytest.mark.parametrize("times", [2, 9])
def test_a_file_that_is_replaced_while_it_is_read_is_noted_as_what_was_read(
    contract: Contract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """The rows were of the old file, the hash of the new one."""

    put(tmp_path, "nr;nazwa;X;Y;qid\n1;Huta;1;2;\n")
    reads = []

    def read(path: Path, said: Read) -> Table:
        table = read_table(path, said)
        reads.append(path)
        if len(reads) <= times:
            put(tmp_path, "nr;nazwa;X;Y;qid\n1;Hala;1;2;\n" + "2;Hala;1;3;\n" * len(reads))
        if len(reads) == 1:
            raise ContractError("half of a new version")
        return table

    monkeypatch.setattr(steady, "read_table", read)
    if times > 2:
        with pytest.raises(SourceError, match="being written while it is read"):
            read_partner(contract, find_files(contract))
        return
    table = read_partner(contract, find_files(contract))
    assert (table.files[0].rows, table.files[0].sha256) == (3, sha256(tmp_path / "a.csv"))
    assert table.frame["name"].tolist() == ["Hala"] * 3


def test_of_an_object_that_holds_what_is_private_nothing_leaves() -> None:
    assert [is_private(name, ["owner.phone"]) for name in ("owner", "owner.phone", "owner.city", "phone")] == [
        True, True, False, False,
    ]  # fmt: skip
    assert [is_private(name, ["owner"]) for name in ("owner.phone", "owners")] == [True, False]
    row = {"name": "Huta", "owner": {"phone": "1"}, "owner.city": "Opole"}
    (told,) = _told([row], pd.DataFrame({"name": ["Huta"]}), {}, ["owner.phone"])
    assert json.loads(told) == {"name": "Huta", "owner.city": "Opole"}


def test_a_key_made_of_the_row_does_not_depend_on_columns_that_the_reader_adds(
    contract: Contract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each version that reads more of a file gave such rows other keys: ids of two rows alike changed places."""
    put(tmp_path, "nr;nazwa;X;Y;qid\n1;Huta;1;2;Q1\n")
    keyless = contract.model_copy(update={"columns": {"name": ("nazwa",)}})
    before = read_partner(keyless, find_files(keyless)).frame
    read = steady.read_table

    def with_more(*given: object) -> Table:
        table = read(*given)
        return replace(table, frame=table.frame.assign(more="x"), derived=frozenset({"more"}))

    monkeypatch.setattr(steady, "read_table", with_more)
    after = read_partner(keyless, find_files(keyless)).frame
    assert [*after["key"]] == [*before["key"]] == [*after["content_hash"]]
    assert '"more": "x"' in after["tags"][0]


@pytest.mark.parametrize("ending", ["geojson", "parquet"])
def test_an_empty_cell_leaves_the_keys_of_other_rows_as_they_are(tmp_path: Path, ending: str) -> None:
    """Whole numbers became fractions, true became 1.0, and a key made of the row or of the number another one."""
    toml = TOML.replace("a.csv", f"a.{ending}").replace('crs = "EPSG:2180"\nx = "X"\ny = "Y"', "geometry = true")
    (tmp_path / "test.toml").write_text(toml.replace('ids.wikidata = "qid"\n', ""))
    by_number = load_contract(tmp_path / "test.toml")
    by_row = by_number.model_copy(update={"columns": {"name": ("nazwa",)}})
    found = []
    for numbers, marks in (([7, 8], [True, False]), ([7, None], [True, None])):
        cells = {"nr": pa.array(numbers), "nazwa": ["Huta", "Młyn"], "czynna": pa.array(marks)}
        if ending == "parquet":
            shape = gpd.GeoSeries([shapely.Point(1, 2)] * 2, crs=2180)
            pq.write_table(pa.table(cells | {"geometry": shape.to_wkb()}), tmp_path / "a.parquet")
        else:
            rows = zip(numbers, cells["nazwa"], marks, strict=True)
            shape = {"type": "Point", "coordinates": [1, 2]}
            told = [
                {"type": "Feature", "properties": {"nr": nr, "nazwa": name, "czynna": mark}, "geometry": shape}
                for nr, name, mark in rows
            ]
            (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": told}))
        for contract in (by_number, by_row):
            first = read_partner(contract, find_files(contract)).frame.iloc[0]
            found.append((first["key"], first["tags"]))
    assert found[:2] == found[2:]
    assert found[0] == ("7", '{"czynna": true, "nazwa": "Huta", "nr": 7}')


def test_a_key_in_a_column_of_doubles_is_that_of_one_of_integers_or_text(tmp_path: Path) -> None:
    """It was "12.0": with the next version of the file, whose column was of integers, every row had another key.

    Of 1234567890123456700 a double has 1234567890123456768 made: the digits that it does not hold are not written.
    """
    toml = TOML.replace("a.csv", "a.parquet").replace('ids.wikidata = "qid"\n', "")
    (tmp_path / "test.toml").write_text(toml)
    contract = load_contract(tmp_path / "test.toml")
    keys = []
    doubles, large = [12.0, 1e15, None], [12.0, 1234567890123456700.0, None]
    for cells in (doubles, [12, 10**15, None], ["12", "1000000000000000", None], large):
        told = {"nr": pa.array(cells), "nazwa": ["Huta", "Młyn", "Hala"], "X": [1, 2, 3], "Y": [4, 5, 6]}
        pq.write_table(pa.table(told), tmp_path / "a.parquet")
        keys.append([*read_partner(contract, find_files(contract)).frame["key"]])
    assert keys[:3] == [["12", "1000000000000000", "?a.parquet row 3"]] * 3
    assert keys[3][:2] == ["12", "1.2345678901234568e+18"]


def test_what_a_cell_of_lists_or_of_blanks_tells(tmp_path: Path) -> None:
    """A list of values ended the run with the places in the code; a blank was taken for a name, and for a default."""
    (tmp_path / "test.toml").write_text(
        'id = "test"\nregion = "opole"\nfiles = ["a.geojson"]\n[place]\ngeometry = true\n[columns]\nkey = "nr"\n'
        'name = ["nazwa", "alias"]\nstatus = "stan"\noperator = "firma"\n[defaults]\nstatus = "disused"\n'
    )
    told = {"nr": 1, "nazwa": "\u200b\ufeff", "alias": ["Huta", "Hala"], "stan": "", "firma": ["A", "B"]}
    shape = {"type": "Point", "coordinates": [17.9, 50.6]}
    rows = [{"type": "Feature", "properties": told, "geometry": shape}]
    (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": rows}))
    contract = load_contract(tmp_path / "test.toml")
    ground = Ground("opole", "PL", shapely.box(17, 50, 19, 51), ("EPSG:2180",))
    table = read_partner(contract, find_files(contract))
    record = harmonize(table, contract, ground, load_vocabulary()).records.iloc[0]
    said = from_json(record["names"])["name"], record["operator"], record["status"]
    assert said == ("Huta; Hala", "A; B", "disused")


def test_a_column_is_found_whatever_nobody_sees_in_its_name(contract: Contract, tmp_path: Path) -> None:
    """The message was: no column 'nazwa', did you mean 'nazwa'?"""
    put(tmp_path, "nr\u200b;na\u00adzwa;X;Y;qid;U\u0301\n1;Huta;1;2;Q1;x\n")
    meant = contract.model_copy(update={"private": ("Ú",)})
    row = read_partner(meant, find_files(contract)).frame.iloc[0]
    assert (row["key"], row["name"], "x" in row["tags"]) == ("1", "Huta", False)


def test_every_row_in_is_a_row_out(contract: Contract, tmp_path: Path) -> None:
    put(tmp_path, "nr;nazwa;X;Y;qid;bemerkung\n1;Huta;1;2;Q1;\n\u200b;ohne Nummer;1;2;;\n3;kurz\n4;Młyn;;;;x\n")
    table = read_partner(contract, find_files(contract))
    rows = table.frame
    assert len(rows) == 4
    assert [*rows["reason"]] == [None, "no_key", "bad_row", None]
    assert rows["key"][1] == "?a.csv line 3"
    assert rows["ids.wikidata"][0] == "Q1"
    assert '"bemerkung": "x"' in rows["tags"][3]
    assert table.files[0].rows == 4
    assert not [problem for problem in table.problems if problem.kind == "unmapped_column"]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_row_that_repeats_the_names_of_the_columns_is_no_site(tmp_path: Path, ending: str) -> None:
    """Printed tables have a header on each page; its words were told as coordinates and dates that cannot be read."""
    (tmp_path / "test.toml").write_text(TOML.replace("a.csv", f"a.{ending}"))
    head = ["nr", "nazwa", "X", "Y", "qid", "uwagi", "uwagi"]
    rows = [head, ["1", "Huta", "1", "2", "", "", ""], head, ["nr", "", "X", "Y", "2024", "", ""]]
    rows += [["2", "nazwa", "3", "4", "", "uwagi", ""], ["X7", "nazwa", "nr", "Y", "", "", ""]]
    if ending == "csv":
        put(tmp_path, "\n".join(map(";".join, rows)))
    else:
        workbook(
            tmp_path / "a.xlsx", {f"{'ABCDEFG'[c]}{r}": x for r, row in enumerate(rows, 1) for c, x in enumerate(row)}
        )
    contract = load_contract(tmp_path / "test.toml")
    table = read_partner(contract, find_files(contract)).frame
    assert [*table["reason"]] == [None, "bad_row", "bad_row", None, None]
    assert str(table["detail"][1]).startswith("repeats the names of the columns")
    assert table.loc[1, ["name", "x", "y", "ids.wikidata"]].tolist() == [None] * 4
    assert from_json(table["tags"][1])["nazwa"] == "nazwa"
    assert [*table["name"]] == ["Huta", None, None, "nazwa", "nazwa"]


def test_rows_of_another_table_below_are_not_read_by_the_names_of_the_first(tmp_path: Path) -> None:
    """The year in which works ended was taken for their first, since another table below had it in that column."""
    (tmp_path / "test.toml").write_text(TOML)
    put(
        tmp_path,
        HEAD + "1;Huta;1;2;\n\nStillgelegt;;;;\nnr;obiekt;X;koniec;\nb;Młyn;1;1990;\n" + HEAD + "3;Hala;5;6;\n",
    )
    contract = load_contract(tmp_path / "test.toml")
    table = read_partner(contract, find_files(contract)).frame
    assert [*table["reason"]] == [None, None, "bad_row", "bad_row", "bad_row", None]
    assert "another table begins here" in table["detail"][2]
    assert "stands below a.csv line 5, which names other columns" in table["detail"][3]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_a_wrong_delimiter_is_told_as_one(tmp_path: Path, mark: str) -> None:
    (tmp_path / "test.toml").write_text(TOML + '[read]\ndelimiter = "|"\n')
    put(tmp_path, (HEAD + "1;Huta;1;2;\n").replace(";", mark))
    contract = load_contract(tmp_path / "test.toml")
    with pytest.raises(ContractError, match=r"one column .*, so \[read\] delimiter of contract test seems"):
        read_partner(contract, find_files(contract))
    # What names none of the columns is another file: to take that line out of the contract would help nothing.
    put(tmp_path, "Bad gateway\ntry again\n")
    with pytest.raises(ContractError, match=r"no column .*Found: Bad gateway\."):
        read_partner(contract, find_files(contract))


def test_a_form_that_writes_each_choice_into_a_column_of_its_name_keeps_its_rows(tmp_path: Path) -> None:
    """A mill of wool and iron, without coordinates: most of its cells are names of columns, and all are answers."""
    (tmp_path / "test.toml").write_text(TOML)
    head = ["nr", "nazwa", "X", "Y", "qid", "uwagi", "wool", "iron", "coal"]
    rows = [head, ["1", "Huta", "", "", "", "", "wool", "iron", "coal"], ["2", "B", "1", "2", "", "", "", "iron", ""]]
    put(tmp_path, "\n".join(map(";".join, rows)))
    contract = load_contract(tmp_path / "test.toml")
    table = read_partner(contract, find_files(contract)).frame
    assert [*table["name"]] == ["Huta", "B"]
    assert "bad_row" not in [*table["reason"]]


def test_a_column_that_nobody_mapped_is_said(contract: Contract, tmp_path: Path) -> None:
    put(tmp_path, "nr;nazwa;X;Y;qid;bemerkung;foto\n1;Huta;1;2;Q1;;a.jpg\n")
    problems = read_partner(contract, find_files(contract)).problems
    assert any(problem.kind == "unmapped_column" and "foto" in problem.message for problem in problems)


def test_a_formula_without_result_is_told_and_a_whole_column_of_them_refused(tmp_path: Path) -> None:
    told = TOML.replace("a.csv", "a.xlsx").replace('"nr"', '"id"').replace('"nazwa"', '"name"').replace('"qid"', '"id"')
    (tmp_path / "test.toml").write_text(told.replace('x = "X"\ny = "Y"', 'text = "x"'))
    contract = load_contract(tmp_path / "test.toml")
    empty = '<c r="B{0}"><f>A1</f><v/></c><c r="C{0}"><v>5</v></c></row>'
    rows = [f'<row r="{n}"><c r="A{n}"><v>{n}</v></c>' + empty.format(n) for n in (2, 3)]
    sheet_with(tmp_path / "a.xlsx", "".join(rows))
    with pytest.raises(
        ContractError, match=r"'name' holds only formulas without a result, or errors.*save it; or remove"
    ):
        read_partner(contract, find_files(contract))
    sheet_with(tmp_path / "a.xlsx", rows[0] + rows[1].replace("<v/>", "<v>7</v>"))
    table = read_partner(contract, find_files(contract))
    assert [*table.frame["name"]] == [None, 7]
    (problem,) = [one for one in table.problems if one.kind == "formula_without_result"]
    assert problem.message.startswith("a.xlsx: 1 cell with a formula")


def test_a_column_without_a_value_is_no_news(contract: Contract, tmp_path: Path) -> None:
    """A GPX names twenty fields of its format; the two that hold something were lost among them."""
    put(tmp_path, "nr;nazwa;X;Y;qid;bemerkung;leer;foto\n1;Huta;1;2;Q1;; ;\n2;Hala;1;2;Q2;;;b.jpg\n")
    (told,) = [p for p in read_partner(contract, find_files(contract)).problems if p.kind == "unmapped_column"]
    assert "does not mention: foto. Map" in told.message


def test_a_missing_column_names_what_was_found(contract: Contract, tmp_path: Path) -> None:
    put(tmp_path, "nr;nazwy;X;Y;qid\n1;Huta;1;2;Q1\n")
    with pytest.raises(ContractError, match=r"no column 'nazwa' for name, .*Did you mean 'nazwy'.*Found: nr"):
        read_partner(contract, find_files(contract))


def test_all_columns_that_are_missing_are_named_at_once_with_what_to_write(contract: Contract, tmp_path: Path) -> None:
    """They came one a run, each without a word of what to do."""
    put(tmp_path, "numer;obiekt;X;Y;qid\n1;Huta;1;2;Q1\n")
    with pytest.raises(ContractError) as refusal:
        read_partner(contract, find_files(contract))
    assert str(refusal.value).endswith(
        "a.csv: no column 'nr' for key, 'nazwa' for name, as contract test maps them. "
        "Found: numer, obiekt, X, Y, qid. If a column has a new name, write that name. "
        "If either name may appear: key = ['nr', 'its new name']."
    )
    put(tmp_path, "nr;nazwy;X;Y;qid\n1;Huta;1;2;Q1\n")
    of_town = contract.model_copy(update={"columns": {**contract.columns, "city": ("nazwy",)}})
    with pytest.raises(ContractError, match=r"no column 'nazwa' for name, as contract test maps them\. Found"):
        read_partner(of_town, find_files(of_town))
    put(tmp_path, "nr;nazwa;Rechts;Y;qid\n1;Huta;1;2;Q1\n")
    with pytest.raises(ContractError, match=r"no column 'X' for x.*write that name\.$"):
        read_partner(contract, find_files(contract))


def test_a_column_that_stands_twice_has_to_be_named(contract: Contract, tmp_path: Path) -> None:
    put(tmp_path, "nr;nazwa;X;Y;qid;nazwa\n1;Huta;1;2;Q1;Hala\n")
    with pytest.raises(ContractError, match=r"no column 'nazwa'.*appears 2 times.*name 'nazwa \(1\)' or 'nazwa \(2\)'"):
        read_partner(contract, find_files(contract))


def test_of_several_columns_the_first_that_is_filled_counts(tmp_path: Path) -> None:
    (tmp_path / "test.toml").write_text(TOML.replace('key = "nr"', 'key = ["nr", "nr_starszy", "gone"]'))
    contract = load_contract(tmp_path / "test.toml")
    put(tmp_path, "nr;nazwa;X;Y;qid;nr_starszy\n1;Huta;1;2;Q1;9\n;Hala;1;2;Q1;8\n;Gaj;1;2;Q1;\n")
    table = read_partner(contract, find_files(contract))
    assert table.frame["key"].tolist() == ["1", "8", "?a.csv line 4"]
    assert table.frame["reason"].tolist() == [None, None, "no_key"]
    assert "'nr', 'nr_starszy', 'gone'" in table.frame["detail"][2]
    assert not [problem for problem in table.problems if problem.kind == "unmapped_column"]


def test_street_and_number_of_two_columns_are_one_address(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "id,name,via,civico\n1,A,Via Roma,5\n2,B,Via Roma,\n3,C,,7/A\n4,D,,\n5,E,Corso 3,Corso 3\n"
        "6,F,Via Po,NULL\n7,G,-,n/a\n"
    )
    columns = {"key": "id", "name": "name", "address": ["via", "civico"]}
    table = read_partner(Contract(id="x", files=("a.csv",), columns=columns), [path])
    assert table.frame["address"].tolist() == ["Via Roma 5", "Via Roma", "7/A", None, "Corso 3", "Via Po", None]


def test_an_empty_list_of_columns_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "test.toml").write_text(TOML.replace('key = "nr"', "key = []"))
    with pytest.raises(ContractError, match="key"):
        load_contract(tmp_path / "test.toml")


def test_of_equal_keys_the_first_row_keeps_it_and_both_are_named(contract: Contract, tmp_path: Path) -> None:
    """What is added behind takes no key away: decisions and the id of the site hang on it."""
    head, rows = "nr;nazwa;X;Y;qid\n", ["1;Huta;1;2;Q1\n", "2;Gazownia;5;6;\n", "1;Młyn;3;4;\n", "1;Huta;1;2;Q1\n"]
    for end in (3, 4):
        put(tmp_path, head + "".join(rows[:end]))
        table = read_partner(contract, find_files(contract))
        assert [*zip(table.frame["key"], table.frame["name"], strict=True)][:3] == [
            ("1", "Huta"), ("2", "Gazownia"), ("1#2", "Młyn")
        ]  # fmt: skip
        (told,) = [problem for problem in table.problems if problem.kind == "repeated_key"]
        assert told.count == end - 2
        assert "a.csv line 4 has the key '1' of a.csv line 2 and is kept as '1#2'" in told.message
    assert [*table.frame["key"]][3:] == ["1#3"]
    assert table.frame["reason"].isna().all(), "a key that stands twice makes no row unusable"


def test_of_many_equal_keys_some_are_named_and_all_are_counted(contract: Contract, tmp_path: Path) -> None:
    put(tmp_path, "nr;nazwa;X;Y;qid\n" + "".join(f"1;Huta {n};1;2;\n" for n in range(9)))
    (told,) = [one for one in read_partner(contract, find_files(contract)).problems if one.kind == "repeated_key"]
    assert told.message.startswith("8 rows with the key of another row; each is kept, the later one under a key of its")
    assert told.message.count("has the key '1' of a.csv line 2") == 5
    assert "; and more. If they are the same site" in told.message


def test_a_file_outside_what_is_expected_fails_its_source(tmp_path: Path) -> None:
    (tmp_path / "test.toml").write_text(TOML + "[expect]\nrows_min = 2\nrows_max = 3\n")
    contract = load_contract(tmp_path / "test.toml")
    put(tmp_path, "nr;nazwa;X;Y;qid\n1;Huta;1;2;Q1\n")
    with pytest.raises(SourceError, match=r"1 row in a\.csv, where the contract expects 2 to 3"):
        read_partner(contract, find_files(contract))


@pytest.mark.parametrize("name", ["../a.csv", "/etc/passwd", "sub/../../a.csv"])
def test_no_file_outside_the_folder_is_read(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    (tmp_path / "a.csv").write_text("nr\n1\n")
    (folder / "test.toml").write_text(TOML.replace('"a.csv"', f'"{name}"'))
    with pytest.raises(ContractError, match="lies outside the contract's folder"):
        find_files(load_contract(folder / "test.toml"))


def test_of_a_link_that_leads_elsewhere_it_is_said_that_it_is_one(contract: Contract, tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to(tmp_path.parent / "share" / "a.csv")
    with pytest.raises(ContractError, match=r"is a link that leads out of .* Put the file itself beside"):
        find_files(contract)


@pytest.mark.parametrize("name", ["Zakłady Übung.csv", "Zakłady Übung-2026-11-20.csv"])
def test_a_name_that_a_mac_wrote_is_the_same(contract: Contract, tmp_path: Path, name: str) -> None:
    """It looks the same, and was missing; what a Mac puts beside it on a share is no file."""
    (tmp_path / unicodedata.normalize("NFD", name)).write_text("nr\n1\n")
    (tmp_path / f"._{name.replace('20.csv', '28.csv')}").write_bytes(b"\0\5")
    same = contract.model_copy(update={"files": ("Zakłady Übung.csv",)})
    assert [unicodedata.normalize("NFC", path.name) for path in find_files(same)] == [name]


def test_the_newest_dated_copy_is_found(contract: Contract, tmp_path: Path) -> None:
    for date in ("2026-01-01", "2026-11-20", "2025-12-31"):
        (tmp_path / f"a-{date}.csv").write_text("nr\n")
    assert [path.name for path in find_files(contract)] == ["a-2026-11-20.csv"]
    put(tmp_path, "nr\n")
    assert [path.name for path in find_files(contract)] == ["a.csv"]


def test_a_dated_copy_is_found_whatever_the_name_holds(tmp_path: Path) -> None:
    (tmp_path / "test.toml").write_text(TOML.replace('"a.csv"', '"list [1]*.csv"'))
    (tmp_path / "list [1]*-2026-11-20.csv").write_text("nr\n")
    (tmp_path / "list 1-2026-11-21.csv").write_text("nr\n")
    contract = load_contract(tmp_path / "test.toml")
    assert [path.name for path in find_files(contract)] == ["list [1]*-2026-11-20.csv"]


def test_files_are_also_looked_for_among_the_partners(contract: Contract, tmp_path: Path) -> None:
    partners = tmp_path / "partners"
    partners.mkdir()
    (partners / "a.csv").write_text("nr\n")
    assert find_files(contract) == []
    assert find_files(contract, partners=partners) == [partners / "a.csv"]


def test_the_hash_of_a_shapefile_covers_its_attributes(tmp_path: Path) -> None:
    import geopandas as gpd
    import shapely

    (tmp_path / "test.toml").write_text(
        'id = "t"\nregion = "opole"\nfiles = ["a.shp"]\n[place]\ngeometry = true\n[columns]\nkey = "nr"\nname = "n"\n'
    )
    contract = load_contract(tmp_path / "test.toml")
    hashes = []
    for name in ("Huta", "Hut2"):
        frame = gpd.GeoDataFrame({"nr": ["1"], "n": [name]}, geometry=[shapely.Point(1, 2)], crs="EPSG:2180")
        frame.to_file(tmp_path / "a.shp", engine="pyogrio")
        hashes.append(read_partner(contract, find_files(contract)).files[0].sha256)
    assert hashes[0] != hashes[1]


HEAD = "nr;nazwa;X;Y;qid\n"


def test_a_key_that_looks_like_a_repeated_one_stays_its_row_s_own(contract: Contract, tmp_path: Path) -> None:
    put(tmp_path, HEAD + "1;Huta;1;2;\n1#2;Gazownia;3;4;\n1;Młyn;5;6;\n1;Hala;7;8;\n")
    table = read_partner(contract, find_files(contract))
    keys = dict(zip(table.frame["name"], table.frame["key"], strict=True))
    assert keys["Gazownia"] == "1#2"
    assert len(set(keys.values())) == 4
    assert next(problem.count for problem in table.problems if problem.kind == "repeated_key") == 2


@settings(max_examples=40)
@given(some.lists(some.text("1#2", max_size=4), min_size=1, max_size=8))
def test_every_row_gets_a_key_of_its_own_and_the_first_of_equals_keeps_it(keys: list[str]) -> None:
    rows = pd.DataFrame({"key": keys}, dtype=object)
    made = partner._unique_keys(rows)["key"]
    assert made.is_unique
    assert [*rows["key"]] == keys, "what is given is not changed"
    assert all(made[keys.index(key)] == key for key in keys)


@pytest.mark.parametrize("name", ["huty.shp", "HUTY.SHP"])
def test_a_files_hash_follows_the_files_that_belong_to_it(tmp_path: Path, name: str) -> None:
    """A shapefile's attributes stand in its .dbf (or .DBF): what changes there is another file."""
    told = TOML.replace("a.csv", name).replace('x = "X"\ny = "Y"\n', "").replace('ids.wikidata = "qid"\n', "")
    (tmp_path / "test.toml").write_text(told)
    made = tmp_path / "made.shp"
    frame = gpd.GeoDataFrame({"nr": ["1"], "nazwa": ["Huta"]}, geometry=[shapely.Point(1, 2)], crs=2180)
    hashes = []
    for frame["nazwa"] in ("Huta", "Huta", "Hala"):
        frame.to_file(made)
        for part in made.parent.glob("made.*"):
            ending = part.suffix.upper() if name.isupper() else part.suffix
            part.rename(tmp_path / f"{Path(name).stem}{ending}")
        table = read_partner(load_contract(tmp_path / "test.toml"), [tmp_path / name])
        hashes.append(table.files[0].sha256)
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_row_s_content_hash_follows_its_content_and_its_shape_alone(contract: Contract, tmp_path: Path) -> None:
    put(tmp_path, HEAD + "1;Huta;1;2;Q1\n2;Huta;1;2;Q1\n1;Huta;1;2;Q1\n")
    one, two, three = read_partner(contract, find_files(contract)).frame["content_hash"]
    assert one == three != two
    put(tmp_path, HEAD + "x;y;1;2;\n1;Huta;1;2;Q1\n")
    assert read_partner(contract, find_files(contract)).frame["content_hash"][1] == one


def test_tags_keep_the_row_as_it_stands(contract: Contract, tmp_path: Path) -> None:
    put(tmp_path, "nr;nazwa;X;Y;qid;Größe, m²\n1;Huta „Małapanew”;1,5;2;;12\n")
    table = read_partner(contract, find_files(contract))
    assert from_json(table.frame["tags"][0]) == {
        "nr": "1", "nazwa": "Huta „Małapanew”", "X": "1,5", "Y": "2", "Größe, m²": "12",
    }  # fmt: skip
    assert (table.frame["x"][0], table.frame["place"][0]) == ("1,5", "a.csv line 2")


def test_without_a_key_column_rows_are_known_by_their_content(tmp_path: Path) -> None:
    (tmp_path / "test.toml").write_text(TOML.replace('key = "nr"\n', ""))
    put(tmp_path, HEAD + "1;Huta;1;2;\n1;Huta;1;2;\n2;Hala;1;2;\n")
    rows = read_partner(load_contract(tmp_path / "test.toml"), [tmp_path / "a.csv"]).frame
    assert [*rows["reason"]] == [None] * 3
    assert [*rows["key"][[0, 2]]] == [*rows["content_hash"][[0, 2]]]
    assert rows["key"][1] == rows["content_hash"][0] + "#2"


def test_of_an_archive_and_what_was_unpacked_of_it_one_is_read(tmp_path: Path) -> None:
    files = TOML.replace('["a.csv"]', '["a.zip", "a.csv"]')
    (tmp_path / "test.toml").write_text(files + '[read]\nmember = "deep/a.csv"\n')
    (tmp_path / "a.zip").write_bytes(b"PK")
    assert [path.name for path in find_files(load_contract(tmp_path / "test.toml"))] == ["a.zip"]
    put(tmp_path, HEAD)
    assert [path.name for path in find_files(load_contract(tmp_path / "test.toml"))] == ["a.csv"]


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
@pytest.mark.parametrize("other", ["EPSG:4326", None])
def test_of_files_in_several_systems_none_lends_its_own_to_the_others(tmp_path: Path, other: str | None) -> None:
    toml = TOML.replace('files = ["a.csv"]', 'files = ["a.gpkg", "b.gpkg"]')
    toml = toml.replace('crs = "EPSG:2180"\nx = "X"\ny = "Y"', "geometry = true").replace('ids.wikidata = "qid"', "")
    (tmp_path / "test.toml").write_text(toml)
    for name, crs, place in (("a", "EPSG:2180", (431_000, 314_000)), ("b", other, (17.9, 50.7))):
        rows = {"nr": [name], "nazwa": ["Huta"]}
        gpd.GeoDataFrame(rows, geometry=[shapely.Point(place)], crs=crs).to_file(tmp_path / f"{name}.gpkg")
    contract = load_contract(tmp_path / "test.toml")
    with pytest.raises(ContractError, match=r"several CRS \(a\.gpkg says EPSG:2180, b\.gpkg says (EPSG:4326|none)\)"):
        read_partner(contract, find_files(contract))
    (tmp_path / "test.toml").write_text(toml.replace("geometry = true", 'geometry = true\ncrs = "EPSG:2180"'))
    declared = load_contract(tmp_path / "test.toml")
    assert len(read_partner(declared, find_files(declared)).frame) == 2


def test_several_files_are_one_source_and_a_repeated_key_is_told_over_all(tmp_path: Path) -> None:
    (tmp_path / "test.toml").write_text(TOML.replace('["a.csv"]', '["a.csv", "b.csv", "gone.csv"]'))
    contract = load_contract(tmp_path / "test.toml")
    put(tmp_path, HEAD + "1;Huta;1;2;\n2;Hala;1;2;\n")
    (tmp_path / "b.csv").write_text(HEAD + "2;Inna hala;1;2;\n;Bez;1;2;\n")
    table = read_partner(contract, find_files(contract))
    assert [(file.name, file.rows) for file in table.files] == [("a.csv", 2), ("b.csv", 2)]
    assert set(table.frame["key"]) == {"1", "2", "2#2", "?b.csv line 3"}
    (repeated,) = [problem.message for problem in table.problems if problem.kind == "repeated_key"]
    assert repeated.startswith("1 row with the key of another row; each is kept")
    assert "b.csv line 2 has the key '2' of a.csv line 3 and is kept as '2#2'" in repeated
    assert len({file.sha256 for file in table.files}) == 2
    (missing,) = [problem for problem in table.problems if problem.kind == "file_missing"]
    assert "'gone.csv', named in `files`, is not there: only the rows of 'a.csv', 'b.csv' are" in missing.message
    (tmp_path / "b.csv").rename(tmp_path / "b-2026-11-20.csv")
    (missing,) = [one for one in read_partner(contract, find_files(contract)).problems if one.kind == "file_missing"]
    assert missing.count == 1
    # Another file whose name only begins so is no copy of it, and a copy with a name of its own is not read twice.
    (tmp_path / "b-2026-11-20.csv").rename(tmp_path / "b-2.csv")
    other = contract.model_copy(update={"files": ("b.csv", "b-2.csv")})
    (missing,) = [one for one in read_partner(other, find_files(other)).problems if one.kind == "file_missing"]
    assert "'b.csv', named in `files`, is not there: only the rows of 'b-2.csv' are" in missing.message
    (tmp_path / "b-2.csv").rename(tmp_path / "b-2026-11-20.csv")
    twice = contract.model_copy(update={"files": ("b.csv", "b-2026-11-20.csv")})
    assert [path.name for path in find_files(twice)] == ["b-2026-11-20.csv"]


@pytest.mark.parametrize(
    ("expect", "rows", "said"),
    [
        ("rows_min = 2", 1, "1 row in a.csv, where the contract expects 2 to any number"),
        ("rows_max = 2", 3, "3 rows in a.csv, where the contract expects 1 to 2"),
        ("", 0, "0 rows in a.csv, where the contract expects 1 to any number"),
        ("rows_min = 2\nrows_max = 2", 2, None),
        ("rows_min = 0", 0, None),
    ],
)
def test_how_many_rows_a_good_file_has(tmp_path: Path, expect: str, rows: int, said: str | None) -> None:
    (tmp_path / "test.toml").write_text(TOML + f"[expect]\n{expect}\n")
    contract = load_contract(tmp_path / "test.toml")
    put(tmp_path, HEAD + "".join(f"{n};Huta;1;2;\n" for n in range(rows)))
    if said is None:
        assert len(read_partner(contract, find_files(contract)).frame) == rows
        return
    with pytest.raises(SourceError) as told:
        read_partner(contract, find_files(contract))
    assert said in str(told.value)
    assert str(told.value).endswith("if the new number is right, change [expect].")


def test_a_text_column_called_geometry_is_offered_as_text(tmp_path: Path) -> None:
    place = 'x = "X"\ny = "Y"'
    assert place in TOML
    (tmp_path / "test.toml").write_text(TOML.replace(place, "geometry = true"))
    contract = load_contract(tmp_path / "test.toml")
    put(tmp_path, "nr;nazwa;qid;geometry\n1;Huta;Q1;POINT (1 2)\n")
    with pytest.raises(ContractError, match=r"has no geometry, .* Name it as \[place\] text instead"):
        read_partner(contract, find_files(contract))
    put(tmp_path, HEAD + "1;Huta;1;2;\n")
    with pytest.raises(ContractError, match=r"has no geometry, .* Name x and y instead"):
        read_partner(contract, find_files(contract))


def test_an_older_copy_of_another_file_is_not_taken_for_this_one(contract: Contract, tmp_path: Path) -> None:
    for name in ("ab-2026-01-01.csv", "a-2026-1-1.csv", "a-2026-01-01.txt", "a-final.csv"):
        (tmp_path / name).write_text("nr\n")
    assert find_files(contract) == []


def test_a_file_s_name_that_no_disk_takes_is_told(tmp_path: Path) -> None:
    contract = Contract(id="mine", files=("a" * 300 + ".csv",), declared_in=tmp_path / "mine.toml")
    with pytest.raises(ContractError, match=r"mine\.toml: file 'aaa.*: File name too long"):
        find_files(contract)


@pytest.mark.parametrize(
    ("head", "marks", "says"),
    [
        ("Änderung", ["N", "Ä", "L", "N"], "seems to mark rows as new, changed or gone ('N', 'Ä', 'L')"),
        ("změna", ["přidáno", "upraveno", "zrušeno", "přidáno"], "marks 1 row as gone"),
        ("Zmiana", ["nowy wpis", "korekta opisu", "skreślono", "nowy wpis"], "marks 1 row as gone"),
        ("Änderung", ["2024-01-05", "2024-02-07", "2024-02-08", "2024-02-09"], None),
        ("kod", ["N", "Ä", "L", "N"], None),
    ],
)
def test_a_column_of_changes_is_known_by_its_head(
    tmp_path: Path, head: str, marks: list[str], says: str | None
) -> None:
    """Lists of changes mark rows with letters and words of their own, and those that were gone came in as sites."""
    (tmp_path / "test.toml").write_text(TOML)
    contract = load_contract(tmp_path / "test.toml")
    put(tmp_path, f"nr;nazwa;X;Y;qid;{head}\n" + "".join(f"{n};a;1;2;;{mark}\n" for n, mark in enumerate(marks)))
    found = read_partner(contract, find_files(contract))
    told = [problem.message for problem in found.problems if problem.kind == "deleted_rows"]
    assert len(told) == (says is not None)
    assert says is None or says in told[0]
    assert says is None or "ask for the whole list" in told[0]


def test_rows_that_go_on_the_row_above_are_told_as_that(tmp_path: Path) -> None:
    """In a table taken from a PDF: they lacked coordinates, it was said, and half a name went into the release."""
    (tmp_path / "test.toml").write_text(TOML)
    contract = load_contract(tmp_path / "test.toml")
    rows = [
        "1;Huta;1;2;;",
        ";Małapanew;;;;",
        ";w Ozimku;;;;",
        "2;Cementownia;1;2;;",
        ";;3;;;",
        "3;Browar;1;;;",
        "4;a;1;2;;",
        "5;a;1;2;;",
        ";b;7;;;",
    ]
    put(tmp_path, "nr;nazwa;X;Y;qid;zm\n" + "\n".join(rows) + "\n")
    frame = read_partner(contract, find_files(contract)).frame
    assert [n for n, why in enumerate(frame["detail"]) if "seems to continue the row above" in str(why)] == [1, 2, 4]
    assert frame["reason"].tolist()[1] == "bad_row"
    assert "only 'nazwa' is filled. Join the two" in frame["detail"].tolist()[1]
    put(tmp_path, "nr;nazwa;X;Y;qid;zm\n;a;;;;\n;b;;;;\n" + "\n".join(rows[3:4] * 4) + "\n")
    assert not any(
        "continue the row" in str(why) for why in read_partner(contract, find_files(contract)).frame["detail"]
    )
    put(tmp_path, "nr;nazwa;X;Y;qid;zm\n;a;1;2;;\n;b;;;;\n1;c;1;2;;\n2;d;1;2;;\n")
    frame = read_partner(contract, find_files(contract)).frame
    assert not any("continue the row" in str(why) for why in frame["detail"]), "where half of the rows have no number"
    put(tmp_path, "nr;nazwa;X;Y;qid;zm;" + ";".join("abcdef") + "\n1;a;1;2" + ";" * 8 + "\n;b;3;4" + ";" * 8
        + "".join(f"\n{n};a;1;2" + ";" * 8 for n in range(2, 6)) + "\n")  # fmt: skip
    assert read_partner(contract, find_files(contract)).frame["x"].tolist()[1] == "3"
    reasons = read_partner(contract, find_files(contract)).frame["reason"].tolist()
    assert reasons[1] != "bad_row", "what has a place is a row of its own"


@pytest.mark.parametrize(
    ("words", "gone"),
    [
        (["neu", "geändert", "gelöscht", "gelöscht"], 2),
        (["bez zmian", "nowy", "", "Usunięty."], 1),
        (["new", "changed", "unchanged", "new"], 0),
        (["brick", "deleted", "new", "new"], 0),
    ],
)
def test_rows_that_say_that_they_are_deleted_are_told(tmp_path: Path, words: list[str], gone: int) -> None:
    """They came in as sites as all others, and a list of changes stood for the whole list."""
    (tmp_path / "test.toml").write_text(TOML)
    contract = load_contract(tmp_path / "test.toml")
    put(tmp_path, "nr;nazwa;X;Y;qid;zm\n" + "".join(f"{n};a;1;2;;{word}\n" for n, word in enumerate(words)))
    found = read_partner(contract, find_files(contract))
    told = [problem for problem in found.problems if problem.kind == "deleted_rows"]
    assert [problem.count for problem in told] == ([gone] if gone else [])
    if told:
        assert "column 'zm' marks" in told[0].message
        assert f"a.csv line {words.index('gelöscht') + 2 if 'gelöscht' in words else 5}" in told[0].message
    (tmp_path / "test.toml").write_text(TOML.replace('"bemerkung"', '"bemerkung", "zm"'))
    contract = load_contract(tmp_path / "test.toml")
    assert not any(p.kind == "deleted_rows" for p in read_partner(contract, find_files(contract)).problems)


def test_values_in_place_of_names_are_told(tmp_path: Path) -> None:
    """A file without a header lost its first site, and the check said nothing."""
    (tmp_path / "test.toml").write_text(
        TOML.replace('"X"', '"17.9031"')
        .replace('"Y"', '"50.6641"')
        .replace('"nr"', '"1"')
        .replace('"nazwa"', '"Huta"')
        .replace('ids.wikidata = "qid"', "")
    )
    contract = load_contract(tmp_path / "test.toml")
    put(tmp_path, "1;Huta;17.9031;50.6641;1872\n2;Browar;17.9032;50.6642;1890\n3;Tartak;17.9033;50.6643;1901\n")
    (told,) = [p for p in read_partner(contract, find_files(contract)).problems if p.kind == "values_as_names"]
    assert "'17.9031', '50.6641', '1872'" in told.message
    assert "put a row with names above it" in told.message


@pytest.mark.parametrize(("countries", "told"), [(("PL", "CZ"), True), ((), False)])
def test_countries_beside_a_region_have_no_effect_and_that_is_told(
    contract: Contract, tmp_path: Path, countries: tuple[str, ...], told: bool
) -> None:
    put(tmp_path, "nr;nazwa;X;Y;qid\n1;Huta;1;2;Q1\n")
    both = contract.model_copy(update={"region": "opole", "countries": countries})
    said = "`countries` has no effect, since the contract names the region opole: keep one of both"
    assert (said in [one.message for one in read_partner(both, find_files(both)).problems]) is told


@pytest.mark.parametrize(("licence", "told"), [("nur intern", True), ("unknown", False), ("CC0-1.0", False)])
def test_a_licence_that_says_no_is_told(tmp_path: Path, licence: str, told: bool) -> None:
    (tmp_path / "test.toml").write_text(TOML.replace("CC0-1.0", licence))
    contract = load_contract(tmp_path / "test.toml")
    put(tmp_path, "nr;nazwa;X;Y;qid\n1;Huta;1;2;Q1\n")
    found = [p.message for p in read_partner(contract, find_files(contract)).problems if p.kind == "licence"]
    assert [message.partition(":")[0] for message in found] == (
        ["licence = 'nur intern' permits nothing"] if told else []
    )
