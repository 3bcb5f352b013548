"""Drafts of lists with codes of a public scheme: activities of E-PRTR and emissions trading, subsectors of Hotmaps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inducult_geo.api import read_source
from inducult_geo.catalog import load_contract
from inducult_geo.drafting.column import Column
from inducult_geo.drafting.contract import draft
from inducult_geo.drafting.schemes import scheme_lines
from inducult_geo.run import open_run

TRADING = ("20", "24", "29", "36", "20", "31")


def lines(name: str, cells: tuple[str, ...]) -> list[str]:
    return scheme_lines([Column(name, cells, len(cells))])[0]


@pytest.mark.parametrize(
    ("name", "cells", "scheme"),
    [
        ("activity_id", TRADING, "euets"),
        ("activityType", tuple(f"{code}-Some activity" for code in TRADING), "euets"),
        ("MAIN ACTIVITY", ("20.0", "24.0", "99.0"), "euets"),
        ("Tätigkeit", ("1.(c)", "3.(c).(i)", "5.(d)"), "eprtr"),
        ("EPRTRAnnexIMainActivityCode", ("2(b)", "3(e)", "8(c)"), "eprtr"),
        ("EPRTRAnnexIMainActivityCode", ("3(c)", "2(b)", "7(a)(i)"), "eprtr"),
        ("subsector", ("Iron and steel", "Cement", "Paper and printing", "Glass"), "hotmaps"),
    ],
)
def test_codes_of_a_public_scheme_are_told_by_how_they_are_written(
    name: str, cells: tuple[str, ...], scheme: str
) -> None:
    assert lines(name, cells)[0].startswith(f'"sector:{scheme}" = "{name}" # guessed')


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("Nr", TRADING),  # nothing says that these are activities
        ("NACE activity", TRADING),
        ("activity", ("24.10", "23.51", "35.11")),  # classes of NACE
        ("activity", ("20", "70", "85")),
        ("house", ("1a", "2b", "3c")),
        ("sector", ("Cement", "Glass")),  # two words are no scheme
        ("sector", ("Textiles", "Cement", "Breweries", "Toys")),
        ("activity", ()),
    ],
)
def test_other_numbers_and_words_are_of_no_scheme(name: str, cells: tuple[str, ...]) -> None:
    assert lines(name, cells) == []


def test_activities_of_emissions_trading_are_not_drafted_as_divisions_of_nace(tmp_path: Path) -> None:
    """20 is the burning of fuels there, and chemistry in NACE; which it is, a person can still say."""
    path = tmp_path / "permits.csv"
    rows = [f"A{n},Werk {n},{code},12.4{n},50.7{n}" for n, code in enumerate(TRADING)]
    path.write_text("\n".join(("id,name,activity,lon,lat", *rows)), encoding="utf-8")
    text = draft(path, open_run(tmp_path / "data", contracts=False))
    assert '# nace = "activity" # if these are divisions of NACE' in text
    contract = path.with_suffix(".toml")
    contract.write_text(text, encoding="utf-8")
    assert load_contract(contract).columns["sector:euets"] == "activity"
    told = read_source(contract)
    assert list(told["type"])[:3] == ["power_station", "steelworks", "cement_works"]
    contract.write_text(re.sub('(?m)^"sector:euets".*$', "", text).replace("# nace =", "nace ="), encoding="utf-8")
    assert list(read_source(contract)["theme"])[:2] == ["chemistry", "metallurgy"]
