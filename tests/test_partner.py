"""A partner's file by its contract: rows kept, keys unique, columns checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from inducult_geo.catalog import Contract, load_contract
from inducult_geo.errors import ContractError, SourceError
from inducult_geo.sources.partner import find_files, read_partner

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


def test_every_row_in_is_a_row_out(contract: Contract, tmp_path: Path) -> None:
    put(tmp_path, "nr;nazwa;X;Y;qid;bemerkung\n1;Huta;1;2;Q1;\n;ohne Nummer;1;2;;\n3;kurz\n4;Młyn;;;;x\n")
    table = read_partner(contract, find_files(contract))
    rows = table.frame
    assert len(rows) == 4
    assert [*rows["reason"]] == [None, "no_key", "bad_row", None]
    assert rows["key"][1] == "?a.csv line 3"
    assert rows["ids.wikidata"][0] == "Q1"
    assert '"bemerkung": "x"' in rows["tags"][3]
    assert table.files[0].rows == 4
    assert not [problem for problem in table.problems if problem.kind == "unmapped_column"]


def test_a_column_that_nobody_mapped_is_said(contract: Contract, tmp_path: Path) -> None:
    put(tmp_path, "nr;nazwa;X;Y;qid;bemerkung;foto\n1;Huta;1;2;Q1;;a.jpg\n")
    problems = read_partner(contract, find_files(contract)).problems
    assert any(problem.kind == "unmapped_column" and "foto" in problem.message for problem in problems)


def test_a_missing_column_names_what_was_found(contract: Contract, tmp_path: Path) -> None:
    put(tmp_path, "nr;nazwy;X;Y;qid\n1;Huta;1;2;Q1\n")
    with pytest.raises(ContractError, match=r"no column 'nazwa'.*maps to name.*Did you mean 'nazwy'.*Found: nr"):
        read_partner(contract, find_files(contract))


def test_a_column_that_stands_twice_has_to_be_named(contract: Contract, tmp_path: Path) -> None:
    put(tmp_path, "nr;nazwa;X;Y;qid;nazwa\n1;Huta;1;2;Q1;Hala\n")
    with pytest.raises(ContractError, match=r"no column 'nazwa'.*stands 2 times.*name 'nazwa \(1\)' or 'nazwa \(2\)'"):
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


def test_an_empty_list_of_columns_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "test.toml").write_text(TOML.replace('key = "nr"', "key = []"))
    with pytest.raises(ContractError, match="key"):
        load_contract(tmp_path / "test.toml")


def test_equal_keys_stay_apart_whatever_their_order(contract: Contract, tmp_path: Path) -> None:
    head = "nr;nazwa;X;Y;qid\n"
    rows = ["1;Huta;1;2;Q1\n", "1;Młyn;3;4;\n", "2;Gazownia;5;6;\n", "1;Huta;1;2;Q1\n"]
    keyed = []
    for order in (rows, rows[::-1]):
        put(tmp_path, head + "".join(order))
        table = read_partner(contract, find_files(contract))
        keyed.append(sorted(zip(table.frame["key"], table.frame["name"], strict=True)))
        assert any(problem.kind == "repeated_key" and problem.count == 2 for problem in table.problems)
    assert keyed[0] == keyed[1]
    assert len({key for key, _ in keyed[0]}) == 4


def test_a_file_outside_what_is_expected_fails_its_source(tmp_path: Path) -> None:
    (tmp_path / "test.toml").write_text(TOML + "[expect]\nrows_min = 2\nrows_max = 3\n")
    contract = load_contract(tmp_path / "test.toml")
    put(tmp_path, "nr;nazwa;X;Y;qid\n1;Huta;1;2;Q1\n")
    with pytest.raises(SourceError, match=r"1 rows in a\.csv, where the contract expects 2 to 3"):
        read_partner(contract, find_files(contract))


@pytest.mark.parametrize("name", ["../a.csv", "/etc/passwd", "sub/../../a.csv"])
def test_no_file_outside_the_folder_is_read(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    (tmp_path / "a.csv").write_text("nr\n1\n")
    (folder / "test.toml").write_text(TOML.replace('"a.csv"', f'"{name}"'))
    with pytest.raises(ContractError, match="lies outside the contract's folder"):
        find_files(load_contract(folder / "test.toml"))


def test_the_newest_dated_copy_is_found(contract: Contract, tmp_path: Path) -> None:
    for date in ("2026-01-01", "2026-11-20", "2025-12-31"):
        (tmp_path / f"a-{date}.csv").write_text("nr\n")
    assert [path.name for path in find_files(contract)] == ["a-2026-11-20.csv"]
    put(tmp_path, "nr\n")
    assert [path.name for path in find_files(contract)] == ["a.csv"]


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
