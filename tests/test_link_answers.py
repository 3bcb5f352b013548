"""What a person wrote into a table of pairs, obeyed when the same two lists are linked again."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from inducult_geo import cli
from inducult_geo.catalog import Read
from inducult_geo.cli.common import refuse_foreign
from inducult_geo.errors import ConfigError, ContractError
from inducult_geo.match.link import LINK_COLUMNS
from inducult_geo.publish import spreadsheet
from inducult_geo.review.link_answers import Earlier
from inducult_geo.sources.formats.readers import read_table


def lists(folder: Path) -> list[str]:
    """Write two lists of an old directory's kind, without places."""
    tables = {
        "left": ["1,Sensenwerk Ahornelm,Leoben", "=2,Kalkwerk Birkenau,Graz", "3,Glashütte Cedern,Leoben"],
        "right": ["a,Sensenwerk Ahornelm,Leoben", "b,Kalkwerk Birkenau,Graz", "c,Ziegelei Xaver,Wels"],
    }
    for side, rows in tables.items():
        (folder / f"{side}.csv").write_text("\n".join(["id,name,town", *rows]) + "\n", encoding="utf-8")
        (folder / f"{side}.toml").write_text(
            f'id = "{side}"\ntitle = "T"\nfiles = ["{side}.csv"]\nlicence = "CC0-1.0"\nattribution = ""\n'
            'countries = ["AT"]\n[columns]\nkey = "id"\nname = "name"\ncity = "town"\n',
            encoding="utf-8",
        )
    return [str(folder / f"{side}.toml") for side in tables]


def linked(folder: Path, *more: str, out: str = "pairs.csv") -> str:
    call = ["link", *lists(folder), "--out", str(folder / out), "--data", str(folder / "data"), *more]
    return CliRunner().invoke(cli.app, call, catch_exceptions=False).stdout


def test_words_and_notes_in_a_table_of_pairs_stay_when_it_is_made_again(tmp_path: Path) -> None:
    out = tmp_path / "pairs.csv"
    assert {"match": 2, "same": 0, "kept": 0}.items() <= json.loads(linked(tmp_path, "--json")).items()
    table = pd.read_csv(out, dtype=str)
    assert table[["left_id", "right_id"]].to_numpy().tolist() == [["1", "a"], ["'=2", "b"]]
    table = table.assign(decision=["Gleich", "verschieden"], note=["seen in the archive", ""])
    table.loc[2, ["left_id", "right_id", "decision", "note"]] = ["3", "c", "review", "?"]
    # As Excel saves it where a comma stands within numbers.
    table.to_csv(out, sep=";", index=False, encoding="utf-8-sig")
    told = " ".join(linked(tmp_path).split())
    assert "were obeyed: 1 same, 1 different" in told
    assert "pairs no longer found, but kept because of their note: 1 pair" in told
    assert "left records: 1 are in the table, 2 have no match" in told
    # Written anew as it came: with commas alone Excel would show one column.
    assert out.read_bytes().startswith(b"\xef\xbb\xbfleft_id;")
    again = pd.read_csv(out, dtype=str, keep_default_na=False, sep=";")
    assert [*again.columns] == [*LINK_COLUMNS, "note"]
    rows = again[["left_id", "right_id", "decision", "doubtful", "note"]].to_numpy().tolist()
    assert rows == [
        ["1", "a", "same", "False", "seen in the archive"],
        ["'=2", "b", "different", "False", ""],
        ["3", "c", "undecided", "False", "?"],
    ]
    assert "in either list" not in told
    first = out.read_bytes()
    linked(tmp_path)
    assert out.read_bytes() == first
    # A word on a row that was renumbered is told, and stays.
    out.write_bytes(first.replace(b"1;a;", b"7;a;"))
    assert "decisions without effect, since one of their rows is no longer in either list: 1" in " ".join(
        linked(tmp_path).split()
    )
    assert b"7;a;" in out.read_bytes()


@pytest.mark.parametrize(
    ("text", "saved", "form"),
    [
        ("left_id,note\n1,ž\n", "utf-8", ("utf-8", ",")),
        ("left_id;note\n1;Hütte\n", "cp1252", ("utf-8-sig", ";")),
        ("left_id\tnote\n1\tž\n", "utf-16", ("utf-16", "\t")),
        ("sep=;\nleft_id;note\n1;ž\n", "utf-8-sig", ("utf-8-sig", ";")),
        ("", "utf-8", ("utf-8", ",")),
    ],
)
def test_a_table_of_pairs_keeps_the_form_in_which_it_was_saved(
    tmp_path: Path, text: str, saved: str, form: tuple[str, str]
) -> None:
    (tmp_path / "pairs.csv").write_bytes(text.encode(saved))
    assert spreadsheet.form_of(tmp_path / "pairs.csv") == form
    # What is known by its heads is no foreign table, which a person would be told to remove, answers and all.
    refuse_foreign(tmp_path / "pairs.csv", ["left_id", "note"])


def test_pairs_leave_as_a_workbook_which_is_not_written_over(tmp_path: Path) -> None:
    """Excel spoils every accent of a CSV without a mark; in a workbook, colors and comments may stand by the pairs."""
    linked(tmp_path, out="pairs.xlsx")
    book = read_table(tmp_path / "pairs.xlsx", Read()).frame
    assert [*book] == [*LINK_COLUMNS]
    assert book[["left_id", "left_name", "decision"]].to_numpy().tolist() == [
        ["1", "Sensenwerk Ahornelm", "match"],
        ["'=2", "Kalkwerk Birkenau", "match"],
    ]
    with pytest.raises(ConfigError, match=r"may hold answers. Name another file; or save this one as 'pairs.csv'"):
        linked(tmp_path, out="pairs.xlsx")
    # As Excel saves it.
    book.assign(decision=["same", "different"]).to_csv(
        tmp_path / "pairs.csv", sep=";", index=False, encoding="utf-8-sig"
    )
    assert "were obeyed: 1 same, 1 different" in " ".join(linked(tmp_path).split())


def test_more_pairs_than_a_workbook_holds_go_into_a_csv_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is known after hours of work; a table of that name, with its answers, stays as it is."""
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 1)
    (tmp_path / "pairs.csv").write_text("mine")
    call = ["link", *lists(tmp_path), "--out", str(tmp_path / "pairs.xlsx"), "--data", str(tmp_path / "data"), "--json"]
    result = CliRunner().invoke(cli.app, call)
    written = tmp_path / "pairs-2.csv"
    assert (result.exit_code, json.loads(result.stdout)["out"]) == (1, str(written))
    assert f"pairs.xlsx is not written, and all of them go into {written}." in result.stderr
    assert (pd.read_csv(written)["left_id"].tolist(), (tmp_path / "pairs.csv").read_text()) == (["1", "'=2"], "mine")
    assert not (tmp_path / "pairs.xlsx").exists()


def test_of_a_pair_that_stands_twice_all_notes_stay(tmp_path: Path) -> None:
    """Two people's tables were put together: what the second had noted beside a pair was lost."""
    rows = [("1", "a", "match", "Eva: archive"), ("2", "b", "match", " x "), ("1", "a", "same", "Jan: seen")]
    rows += [("1", "a", "same", "Eva: archive")]
    table = pd.DataFrame(rows, columns=["left_id", "right_id", "decision", "note"])
    table.reindex(columns=[*LINK_COLUMNS, "note"]).to_csv(tmp_path / "pairs.csv", index=False)
    kept = Earlier.of(tmp_path / "pairs.csv").table[["left_id", "decision", "note"]].to_numpy().tolist()
    assert kept == [["1", "same", "Jan: seen; Eva: archive"], ["2", "", " x "]]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["maybe", "match"], "the column 'decision' says 'maybe' of 1 and a"),
        (["same", "different"], "two different decisions about 1 and a"),
    ],
)
def test_a_word_that_cannot_be_obeyed_is_told_before_any_work(words: list[str], told: str, tmp_path: Path) -> None:
    table = pd.DataFrame([("1", "a", word) for word in words], columns=["left_id", "right_id", "decision"])
    table.to_csv(tmp_path / "pairs.csv", index=False)
    with pytest.raises(ContractError, match=told):
        Earlier.of(tmp_path / "pairs.csv")


def test_rows_that_tell_neither_a_place_nor_a_country_are_counted(tmp_path: Path) -> None:
    left, right = lists(tmp_path)
    text = Path(left).read_text(encoding="utf-8").replace('countries = ["AT"]\n', "")
    Path(left).write_text(text, encoding="utf-8")
    call = ["link", left, right, "--out", str(tmp_path / "pairs.csv"), "--data", str(tmp_path / "data")]
    told = CliRunner().invoke(cli.app, call, catch_exceptions=False).stdout
    assert "left records that state neither a place nor a country: 3;" in " ".join(told.split())
    assert "right records" not in told
