"""Delimited text as partners send it: delimiters, encodings, quotes, headings."""

from __future__ import annotations

import csv
import gettext
from pathlib import Path

import pandas as pd
import pycountry
import pytest
from files_made import AUTO, workbook, write

from inducult_geo import read_source
from inducult_geo.catalog import Contract, Read
from inducult_geo.errors import ContractError
from inducult_geo.sources.formats.readers import read_table
from inducult_geo.sources.formats.twice import encoded_once
from inducult_geo.text.encodings import best_encoding


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_delimited_text_is_detected(tmp_path: Path, encoding: str, delimiter: str, newline: str) -> None:
    rows = [["nr", "nazwa", "rok"], ["1", "Huta Małapanew", "1754"], ["2", "Cegielnia", "1890"]]
    path = write(tmp_path / "a.csv", newline.join(delimiter.join(row) for row in rows) + newline, encoding)
    table = read_table(path, AUTO)
    assert [*table.frame.columns] == rows[0]
    assert table.frame.to_numpy().tolist() == rows[1:]
    assert not table.bad_rows
    assert table.places[1] == "a.csv line 3"


@pytest.mark.parametrize("title", ["Popis industrijske baštine", "Popis baštine, stanje 2024"])
@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_title_above_the_table_names_no_delimiter(tmp_path: Path, title: str, delimiter: str) -> None:
    rows = [("R.br.", "Naziv", "Širina", "Dužina")]
    rows += [(str(n), f"Ciglana {n}", f"45°2{n}'00,0\" S", "16°24'00,0\" I") for n in range(6)]
    lines = [title, *(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)]
    table = read_table(write(tmp_path / "a.csv", "\n".join(lines)), Read(header_row=2))
    assert [*table.frame.columns] == [*rows[0]]
    assert table.frame["Dužina"].tolist() == ["16°24'00,0\" I"] * 6
    assert not table.bad_rows


@pytest.mark.parametrize("encoding", ["cp1250", "iso8859_2", "cp1252", "cp852"])
def test_a_stated_encoding_is_followed(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "a.csv", "id;name\n1;Grüße\n", encoding)
    assert read_table(path, Read(encoding=encoding)).frame["name"][0] == "Grüße"


@pytest.mark.parametrize(
    ("region", "place", "encoding", "name"),
    [
        ("karlovy-vary", "50.2 N 12.9 E", "cp1250", "Důl Kladno"),
        ("sisak-moslavina", "45.4 N 16.4 E", "cp1250", "Tvornica Ćipić"),
        ("padova", "45.4 N 11.9 E", "cp1252", "Fornace Forlì"),
        ("zwickau", "50.7 N 12.5 E", "cp1252", "Gießerei Gößnitz"),
        ("opole", "50.6 N 17.9 E", "cp1250", "Młyn wodny Łąka"),
    ],
)
def test_of_a_few_letters_the_languages_of_the_region_tell_the_encoding(
    tmp_path: Path, region: str, place: str, encoding: str, name: str
) -> None:
    """Of "Důl" alone the other encoding of Windows was as likely: "Dùl"."""
    write(tmp_path / "a.csv", f"name;place\n{name};{place}\n", encoding)
    contract = f'id = "a"\nregion = "{region}"\nfiles = ["a.csv"]\nplace.text = "place"\ncolumns.name = "name"\n'
    records = read_source(write(tmp_path / "a.toml", contract))
    assert name in records["names"].iloc[0]


def test_a_guessed_encoding_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id;name\n" + "1;Förderturm für Müßiggänger\n" * 20, "cp1252")
    table = read_table(path, AUTO)
    assert any("guessed" in note for note in table.notes)


def test_rows_of_a_wrong_shape_are_kept_and_marked(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'id;name\n1;A\n2\n3;B;surplus\n\n4;"C;\nD"\n5;E;;\n')
    table = read_table(path, AUTO)
    assert [*table.frame["id"]] == ["1", "2", "3", "4", "5"]
    assert set(table.bad_rows) == {1, 2}
    assert table.frame["name"][3] == "C;\nD"
    assert table.places[4] == "a.csv line 8"


@pytest.mark.parametrize(("encoding", "said"), [("utf-8", "line 3: byte 0xb3"), ("klingon", "not a known encoding")])
def test_a_wrong_encoding_names_the_line(tmp_path: Path, encoding: str, said: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id;name\n1;Huta\n2;Ma\xb3apanew\n")
    with pytest.raises(ContractError, match=said):
        read_table(path, Read(encoding=encoding))


def test_a_cell_of_ten_megabytes_is_a_bad_row_and_half_of_it_read(tmp_path: Path) -> None:
    whole = read_table(write(tmp_path / "a.csv", "id;name\n1;" + "x" * 10_000_001 + "\n2;Huta\n"), AUTO)
    assert whole.frame["id"].tolist() == ["1", "2"]
    assert set(whole.bad_rows) == {0}
    assert "10,000,000 characters" in whole.bad_rows[0]
    assert len(whole.frame["name"][0]) == 10_000
    table = read_table(write(tmp_path / "b.csv", "id;name\n1;" + "x" * 5_000_000 + "\n"), AUTO)
    assert len(table.frame["name"][0]) == 5_000_000


def test_the_first_file_of_a_process_may_hold_a_long_cell(tmp_path: Path) -> None:
    """Its delimiter was looked for with the limit of Python, so that no column was found."""
    before = csv.field_size_limit(131_072)
    try:
        table = read_table(write(tmp_path / "a.csv", "id;name\n1;" + "x" * 200_000 + "\n"), AUTO)
    finally:
        csv.field_size_limit(before)
    assert [*table.frame.columns] == ["id", "name"]
    assert len(table.frame["name"][0]) == 200_000


def test_a_cell_with_nul_marks_its_row(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "a.csv", "id;name\n1;Huta\n2;Mł\x00yn\n" + "3;Hala\n" * 50), AUTO)
    assert len(table.frame) == 52
    assert set(table.bad_rows) == {1}
    assert "NUL" in table.bad_rows[1]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ('1;"Huta;1\n2;Młyn;2\n3;Hala;3"\n4;Gazownia;4\n', {0}),
        ('1;"Huta;1\n2;"Młyn";2\n3;"Hala";3\n4;Gazownia;4\n', {0}),
        ('1;Huta;1\n2;"Młyn;2\n3;Hala;3\n4;Gazownia;4\n', {1}),
        ('1;"Huta;1\n2;"Młyn;2\n3;"Hala;3\n4;"Gazownia;4\n', {0, 1, 2, 3}),
        ('1;"Huta\nMałapanew; 2 hale; 3 piece";1\n2;Młyn 12";2\n3;"Hala ""A""";3\n4;"Gaz"ownia;4\n', set()),
    ],
)
def test_an_open_quote_costs_its_own_row_alone(tmp_path: Path, text: str, bad: set[int], newline: str) -> None:
    table = read_table(write(tmp_path / "a.csv", ("id;name;x\n" + text).replace("\n", newline)), AUTO)
    assert table.frame["id"].tolist() == ["1", "2", "3", "4"]
    assert set(table.bad_rows) == bad
    assert all("a quote is not closed" in why or "cells where" in why for why in table.bad_rows.values())


def test_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "a.csv", "id;X;X;X (1);X;\n1;2;3;4;5;\n"), AUTO)
    assert [*table.frame.columns] == ["id", "X (2)", "X (3)", "X (1)", "X (4)"]
    assert table.frame.loc[0].tolist() == ["1", "2", "3", "4", "5"]
    assert any("'X' appears 3 times in the header" in note for note in table.notes)


def test_empty_columns_at_the_end_are_none(tmp_path: Path) -> None:
    text = "id;name;;;\n1;Huta;;;\n2;Hala\n"
    assert [*read_table(write(tmp_path / "a.csv", text), AUTO).frame.columns] == ["id", "name"]
    filled = read_table(write(tmp_path / "b.csv", "id;name;;;\n1;Huta;;x;\n"), AUTO)
    assert [*filled.frame.columns] == ["id", "name", "column 3", "column 4"]
    sheet = workbook(tmp_path / "a.xlsx", {"A1": "id", "A2": "1", "H1": "", "H9": ""})
    assert [*read_table(sheet, AUTO).frame.columns] == ["id"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_told(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "a.csv", "id;name\n" + "1;Förderturm\n" * 20, encoding)
    assert read_table(path, AUTO).frame["name"][0] == "Förderturm"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp1252", ["Förderturm", "Müßiggang", "Straße", "Göss"]),
        ("cp1250", ["Příbram", "Železárna", "Hřebečná", "Důl"]),
        ("cp1250", ["Małapanew", "Młyn", "Żelazna", "Łódź"]),
        ("iso8859_2", ["Małapanew", "Młyn", "Żelazna", "źródło"]),
        ("mac_roman", ["Förderturm", "Müßiggang", "Königshütte", "Göss"]),
        ("cp852", ["Małapanew", "Młyn", "Żelazna", "źródło"]),
        # Read as cp1252, č becomes è and Č becomes È: letters that are at home elsewhere.
        ("cp1250", ["Železarna", "Kovačnica", "Steklarna Hrastnik", "Čevljarna", "Tržič"]),
        ("cp1250", ["Željezara Sisak", "Ciglana Đurđevac", "Mlin Kukuljević", "Šećerana"]),
        ("iso8859_2", ["Železarna", "Kovačnica", "Čevljarna", "Tržič"]),
        ("cp1252", ["Centrale idroelettrica", "Società", "città è già più"]),
        ("cp1252", ["Papierfabriek België", "ijzergieterij Coöperatie", "Château"]),
        ("cp850", ["Förderturm", "Müßiggang", "Straße", "Königshütte"]),
        ("cp1250", ["Škoda", "Łódź", "Žďár", "Šibenik"]),
        ("iso8859_2", ["Škoda", "Łódź", "Žďár", "Šibenik"]),
        ("cp1251", ["Топлана «Нови Београд»", "Железара Смедерево", "ЛИВНИЦА", "Fabrika Застава"]),
        ("cp1251", ["Завод «Арсенал»", "ГЕС Дніпро", "Цукровий завод № 2", "Зуївка"]),
        ("iso8859_5", ["Завод Москва", "ФАБРИКА", "Мелница Перник", "Рудник"]),
        ("koi8_u", ["Завод Москва", "ФАБРИКА", "Мельниця", "Рудник"]),
        ("cp866", ["Завод Москва", "ФАБРИКА", "Мельница", "Рудник"]),
        ("mac_cyrillic", ["Завод Москва", "Железная дорога", "Мельница", "Рудник"]),
        ("cp1253", ["Λαύριο", "Άγιος Νικόλαος", "ΕΡΓΟΣΤΑΣΙΟ", "Technopolis Αθήνα"]),
        ("iso8859_7", ["Λαύριο", "Άγιος Νικόλαος", "ΕΡΓΟΣΤΑΣΙΟ", "Technopolis Αθήνα"]),
        ("cp737", ["Λαύριο", "Άγιος Νικόλαος", "ΕΡΓΟΣΤΑΣΙΟ", "Technopolis Αθήνα"]),
        # Half of Europe in one file: no Central European letters stand in it.
        ("mac_roman", ["Tømmergravsgade", "Produção", "Vértes", "SÄTERIN", "Unità", "LULEÅ", "GENERACIÓN", "Theiß"]),
    ],
)
def test_one_byte_encodings_are_weighed(tmp_path: Path, encoding: str, names: list[str], newline: str) -> None:
    text = newline.join(["id;name", *(f"{n};{name}" for n, name in enumerate(names * 5))])
    table = read_table(write(tmp_path / "a.csv", text, encoding), AUTO)
    assert table.frame["name"].tolist() == names * 5
    evidence = next(note for note in table.notes if "guessed" in note)
    # What the words look like is the evidence that a person can judge.
    assert any(name in evidence or name.split()[0] in evidence for name in names)


@pytest.mark.parametrize(
    ("language", "encodings"),
    [
        ("ru", ["cp1251", "koi8_r", "iso8859_5", "cp866", "mac_cyrillic"]),
        ("uk", ["cp1251", "koi8_u", "iso8859_5"]),
        ("be", ["cp1251", "iso8859_5"]),
        ("sr", ["cp1251", "iso8859_5"]),
        ("mk", ["cp1251", "iso8859_5"]),
        ("bg", ["cp1251", "iso8859_5"]),
        ("el", ["cp1253", "iso8859_7", "cp737"]),
        ("cs", ["cp1250", "iso8859_2", "cp852"]),
        ("pl", ["cp1250", "iso8859_2", "cp852"]),
        ("hr", ["cp1250", "iso8859_2", "cp852"]),
        ("sl", ["cp1250", "iso8859_2", "cp852"]),
    ],
)
def test_ten_names_of_countries_are_enough_to_tell_an_encoding(language: str, encodings: list[str]) -> None:
    told = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language])
    names = sorted({told.gettext(country.name) for country in pycountry.countries})
    for encoding in encodings:
        whole = [name for name in names if not name.isascii() and name.encode(encoding, "replace").count(b"?") == 0]
        lists = ["\n".join(whole[start::9][:10]) for start in range(9)]
        found = [
            text.encode(encoding).decode(best_encoding(text.encode(encoding)) or "ascii", "replace") for text in lists
        ]
        # Two encodings of Central Europe differ in few letters, and names of other languages stand among these.
        wanted = 7 if language in ("cs", "pl", "hr", "sl") else 9
        assert sum(text == read for text, read in zip(lists, found, strict=True)) >= wanted, encoding


def test_half_a_character_is_a_lost_one(tmp_path: Path) -> None:
    """No file can hold one: it ended its region, and `check` in a traceback."""
    (tmp_path / "a.csv").write_bytes(b"id;name\n1;half +2AA- x\n2;whole +ANY-\n")
    table = read_table(tmp_path / "a.csv", Read(encoding="utf-7"))
    assert table.frame["name"].tolist() == ["half \ufffd x", "whole Ö"]


def test_the_end_mark_of_old_systems_is_no_row(tmp_path: Path) -> None:
    assert len(read_table(write(tmp_path / "a.csv", "id;name\n1;Huta\n\x1a"), AUTO).frame) == 1


@pytest.mark.parametrize("table", ["cp1252", "cp1250", "latin-1"])
@pytest.mark.parametrize("stated", [None, "utf-8"])
def test_a_text_that_was_encoded_twice_is_read_as_it_was(tmp_path: Path, table: str, stated: str | None) -> None:
    names = ["Huta Małapanew", "Żółta cegielnia", "Müßiggang – Göß", "plain"]
    text = "nr;name\n" + "".join(f"{n};{name}\n" for n, name in enumerate(names))
    # As browsers have it: a byte without a letter is a control character.
    again = "".join(
        bytes([byte]).decode(table, errors="replace").replace("\ufffd", chr(byte)) for byte in text.encode()
    )
    (tmp_path / "a.csv").write_text(again, encoding="utf-8")
    found = read_table(tmp_path / "a.csv", Read(encoding=stated))
    assert found.frame["name"].tolist() == names
    assert any("encoded twice ('" in note and "read as it was meant" in note for note in found.notes)


def test_a_long_word_in_a_text_that_was_encoded_twice_takes_no_time() -> None:
    """Shapes in hexadecimal are words of a million letters: each of them was looked at as often."""
    shape = "0106" * 250_000
    found = encoded_once(f"{shape} Mühle Größe Öl".encode().decode("cp1252"))
    assert found is not None
    assert found[0].endswith("Mühle Größe Öl")
    assert "for 'Mühle'" in found[1]
    found = encoded_once(f"{shape}äöü".encode().decode("cp1252"))
    assert found is not None
    assert len(found[1]) < 200


@pytest.mark.parametrize(
    "names", [["Huta Małapanew", "Żółta"], ["Müßiggang", "Göß", "Straße"], ["Ã©tat", "a"], ["Â°", "Ł‚"]]
)
def test_an_honest_text_is_not_taken_for_one_encoded_twice(tmp_path: Path, names: list[str]) -> None:
    (tmp_path / "a.csv").write_text("nr;name\n" + "".join(f"1;{name}\n" for name in names), encoding="utf-8")
    found = read_table(tmp_path / "a.csv", AUTO)
    assert found.frame["name"].tolist() == names
    assert not any("twice" in note for note in found.notes)


@pytest.mark.parametrize("others", [["Łom"], ["Łom", "Żółta Huta", "Góra – Dół", "Müller, MÃ¼ller"] * 5])
def test_lines_that_were_encoded_twice_are_mended_and_the_others_stand(tmp_path: Path, others: list[str]) -> None:
    """Lists are put together by copying: one letter outside the table left all others garbled."""
    names = ["Mühle – alt", "Größe", "Öl"]
    garbled = [name.encode().decode("cp1252") for name in names]
    (tmp_path / "a.csv").write_text("nr;name\n" + "".join(f"1;{name}\n" for name in [*garbled, *others]), "utf-8")
    found = read_table(tmp_path / "a.csv", AUTO)
    assert found.frame["name"].tolist() == [*names, *others]
    told = "3 lines encoded twice ('Ã¼' for 'ü'): read as before. The others, such as line 5, stand as they are"
    assert any(told in note for note in found.notes)


@pytest.mark.parametrize(
    ("first", "delimiter"),
    [
        ("sep=;", ";"),
        ('"sep=;"', ";"),
        ("SEP=,", ","),
        ("sep=|", "|"),
        ("sep=\t", "\t"),
        ("sep=:", ":"),
        ("sep=; ", ";"),
    ],
)
@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"])
def test_a_first_line_for_excel_names_the_delimiter(tmp_path: Path, first: str, delimiter: str, newline: str) -> None:
    rows = [delimiter.join(row) for row in (("nr", "nazwa", "uwagi"), ("1", "Huta", "a"), ("2", "Hala", "b"))]
    (tmp_path / "a.csv").write_text(newline.join([first, *rows]), encoding="utf-8-sig", newline="")
    table = read_table(tmp_path / "a.csv", Read())
    assert [*table.frame.columns] == ["nr", "nazwa", "uwagi"]
    assert table.frame["nazwa"].tolist() == ["Huta", "Hala"]
    assert table.places == ["a.csv line 3", "a.csv line 4"]
    assert table.bad_rows == {}
    assert table.notes == (), "nothing was guessed"


def test_a_contract_s_delimiter_goes_before_what_the_file_says_for_excel(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("sep=;\nnr,nazwa\n1,Huta\n")
    assert [*read_table(tmp_path / "a.csv", Read(delimiter=",")).frame.columns] == ["nr", "nazwa"]


@pytest.mark.parametrize(("header_row", "names"), [(1, ["nr", "nazwa"]), (2, ["nr", "nazwa"]), (3, ["1", "Huta"])])
def test_who_counts_the_line_for_excel_is_right(tmp_path: Path, header_row: int, names: list[str]) -> None:
    (tmp_path / "a.csv").write_text("sep=;\nnr;nazwa\n1;Huta\n2;Hala\n")
    assert [*read_table(tmp_path / "a.csv", Read(header_row=header_row)).frame.columns] == names


@pytest.mark.parametrize("first", ["sep=", "sep=ab;x", "separator=;x", "sep;rok", "sep=1;x", "a;sep=;"])
def test_a_heading_that_only_looks_so_is_a_heading(tmp_path: Path, first: str) -> None:
    (tmp_path / "a.csv").write_text(f"{first}\n1;2;3\n")
    assert read_table(tmp_path / "a.csv", Read()).frame.columns[0] == first.split(";")[0]


@pytest.mark.parametrize(
    "written", ["Rok\nbudowy", "Rok\u00a0budowy", " Rok  budowy ", "Rok\r\nbudowy", "Rok\u2028budowy"]
)
@pytest.mark.parametrize("kind", ["a.csv", "a.parquet"])
def test_white_space_in_a_heading_is_one_space(tmp_path: Path, written: str, kind: str) -> None:
    """A line break inside a heading cannot be seen, and nobody could name the column in a contract."""
    frame = pd.DataFrame({"nr": ["1"], written: ["1890"]})
    write = frame.to_csv if kind == "a.csv" else frame.to_parquet
    write(tmp_path / kind, index=False)
    assert [*read_table(tmp_path / kind, Read()).frame.columns] == ["nr", "Rok budowy"]


def test_a_contract_may_write_a_heading_as_it_is_seen_or_as_it_stands(tmp_path: Path) -> None:
    values = {"id": "t", "files": ("a.csv",), "declared_in": tmp_path / "t.toml"}
    place = {"x": "Coord.\nEst", "y": "Coord.  Nord"}
    contract = Contract(
        **values, place=place, columns={"key": "nr", "start": ("Rok\nbudowy", "")}, ignore=("a\u00a0b",)
    )
    assert contract.columns["start"] == ("Rok budowy", "")
    assert (contract.place.x, contract.place.y, contract.ignore) == ("Coord. Est", "Coord. Nord", ("a b",))


def test_headings_that_differ_by_white_space_alone_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('nr;"Rok\nbudowy";Rok budowy\n1;2;3\n')
    table = read_table(tmp_path / "a.csv", Read())
    assert [*table.frame.columns] == ["nr", "Rok budowy (1)", "Rok budowy (2)"]
    assert "appears 2 times in the header" in table.notes[-1]


def test_an_upper_row_of_names_that_ends_early_cuts_no_column_off(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Nr;Naam;Ligging\n;;lon;lat;jaar\n1;Mijn;5.5;50.9;1907\n", encoding="utf-8")
    table = read_table(path, Read(header_rows=2))
    assert [*table.frame.columns] == ["Nr", "Naam", "lon", "lat", "jaar"]
    assert table.bad_rows == {}
    assert table.frame.iloc[0].tolist() == ["1", "Mijn", "5.5", "50.9", "1907"]


@pytest.mark.parametrize("text", ["d’Arenberg; ’t Hof; 19e–20e eeuw; façade", "„Zeche Zollverein” – Schacht 12; Größe"])
def test_signs_between_letters_do_not_speak_against_an_encoding(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_bytes(f"id;a;b;c;d\n1;{text};x\n".encode("cp1252"))
    table = read_table(tmp_path / "a.csv", AUTO)
    assert table.encoding == "cp1252"
    assert table.frame["a"][0] == text.split(";")[0].strip()


@pytest.mark.parametrize("codec", ["punycode", "undefined"])
def test_a_codec_that_is_none_of_a_table_names_the_remedy(tmp_path: Path, codec: str) -> None:
    with pytest.raises(ContractError, match=f"cannot be read as '{codec}'.*Correct"):
        read_table(write(tmp_path / "a.csv", "id;n\n1;x\n"), Read(encoding=codec))
