"""Rows made into records: every row out, vocabulary, years, websites, and characters that were lost."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely

from inducult_geo.catalog import Contract
from inducult_geo.errors import ContractError
from inducult_geo.frames import RECORD_COLUMNS, Raw, RawTable, from_json
from inducult_geo.harmonize.places.ground import Ground
from inducult_geo.harmonize.records import Harmonized, harmonize
from inducult_geo.harmonize.words.meanings import Meanings
from inducult_geo.harmonize.words.vocabulary import Vocabulary, load_vocabulary
from inducult_geo.harmonize.words.websites import web_address
from inducult_geo.values import ASPECTS, PRESENT_USES, STATUSES


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return load_vocabulary()


def made(
    vocabulary: Vocabulary, rows: list[dict[str, Any]], *, data_time: str | None = None, **more: Any
) -> Harmonized:
    place = {"crs": "EPSG:4326", "x": "x", "y": "y"} | more.pop("place", {})
    contract = Contract(id="test", files=("a.csv",), place=place, declared_in=Path("t.toml"), **more)
    whole = [
        {"key": str(n), "place": f"a.csv line {n + 2}", "tags": "{}", "content_hash": str(n), "x": "17.9", "y": "50.6"}
        | {"reason": None, "detail": None}
        | row
        for n, row in enumerate(rows)
    ]
    frame = pd.DataFrame(whole, dtype=object)
    return harmonize(RawTable(Raw(frame), data_time=data_time), contract, Ground("the world", "PL"), vocabulary)


def kinds(result: Harmonized) -> dict[str, str]:
    return {problem.kind: problem.message for problem in result.problems}


def test_texts_come_through_as_they_stand(vocabulary: Vocabulary) -> None:
    texts = {
        "operator": "Huta a.s.", "address": "Hutnicza 5", "postcode": "45-001", "city": "Opole",
        "website": "https://huta.pl", "wikipedia": "pl:Huta", "image": "huta.jpg",
        "visitor_access": "open", "opening_hours": "Mo-Fr 9-17", "fee": "10 zł", "wheelchair": "limited",
        "heritage_ref": "A-1/54", "heritage_scheme": "nid", "heritage_designation": "zabytek",
        "erih_role": "anchor",
    }  # fmt: skip
    assert made(vocabulary, [texts]).records.iloc[0][[*texts]].to_dict() == texts


def test_a_postcode_is_told_without_the_sign_of_its_country(vocabulary: Vocabulary) -> None:
    told = {"H-3743": "HU", "D - 08056": "DE", "PL-45-061": "PL", "CZ-360 01": "CZ", "LV-1001": "LV", "A-1010": "CZ"}
    told |= {"H3743": "HU", "D–08056 Zwickau": "DE", "CZ 360 01": "CZ", "D-08056": "CZ", "AB21 9AB": "GB"}
    told |= {"S-123 45": "SE", "FIN-00100": "FI", "L-1009": "LU"}
    rows = [{"postcode": code, "country": land} for code, land in told.items()]
    plain = made(vocabulary, rows).records["postcode"].tolist()
    assert plain[:6] == ["3743", "08056", "45-061", "360 01", "LV-1001", "A-1010"]
    assert plain[6:] == ["3743", "08056 Zwickau", "360 01", "D-08056", "AB21 9AB", "123 45", "00100", "1009"]
    assert made(vocabulary, [{"postcode": None}, {"postcode": "PL-45-061"}]).records["postcode"].isna().tolist() == [
        True,
        False,
    ]


def test_every_row_in_is_a_record_out(vocabulary: Vocabulary) -> None:
    rows = [
        {"name": "Huta"},
        {"x": None},
        {"x": "0", "y": "0"},
        {"reason": "bad_row", "detail": "3 cells"},
    ]
    records = made(vocabulary, rows).records
    assert [*records.columns] == [*RECORD_COLUMNS, "geometry"]
    assert [None if pd.isna(r) else r for r in records["reason"]] == [
        None,
        "no_coordinates",
        "bad_coordinate",
        "bad_row",
    ]
    assert records["record_key"].tolist() == ["test:0", "test:1", "test:2", "test:3"]
    assert records["detail"].notna().tolist() == [False, True, True, True]


def test_the_readers_reason_goes_first(vocabulary: Vocabulary) -> None:
    records = made(vocabulary, [{"x": None, "reason": "bad_row", "detail": "shape"}]).records
    assert records["reason"].iloc[0] == "bad_row"


def test_the_contract_decides_first_what_a_word_for_a_trade_means(vocabulary: Vocabulary) -> None:
    types = {"cegielnia": "industrial_museum", "Mlýn": "sawmill", "Textilindustrie": "textiles_leather", "diverse": ""}
    sectors = {"Eisen": "metallurgy", "sonst": ""}
    rows = [
        {"type": "MLYN"},
        {"type": "Textilindustrie"},
        {"type": "Diverse"},
        {"type": "tartak"},
        {"sector": "EISEN"},
        {"sector": "Sonst"},
        {"type": "diverse", "sector": "eisen"},
    ]
    result = made(vocabulary, rows, values={"type": types, "sector": sectors})
    found = result.records[["type", "theme"]].astype(object).where(result.records[["type", "theme"]].notna(), None)
    assert [*found.itertuples(index=False, name=None)] == [
        ("sawmill", "paper_wood"),
        (None, "textiles_leather"),
        (None, None),
        ("sawmill", "paper_wood"),
        (None, "metallurgy"),
        (None, None),
        (None, "metallurgy"),
    ]
    # What a contract maps, be it to a theme or to nothing, nobody is asked to map.
    assert "unmapped_value" not in kinds(result)


def test_what_a_contract_maps_counts_in_any_case_even_what_elsewhere_is_nothing(vocabulary: Vocabulary) -> None:
    meanings = {
        "status": {"-": "functional", "unknown": "disused", "Zavřeno": "disused"},
        "aspect": {"Denkmal": "monument"},
        "present_use": {"Wohnen": "housing", "n/a": "none"},
        "country": {"Deutschland-Ost": "DE"},
        "accuracy_m": {"-": "5000", "irgendwo": ""},
    }
    rows = [
        {"status": "-", "aspect": "DENKMAL", "present_use": "WOHNEN", "country": "deutschland-ost", "accuracy_m": "-"},
        {"status": "unknown", "aspect": "Factory", "present_use": "N/A", "accuracy_m": "Irgendwo"},
        {"status": "ZAVRENO", "aspect": None, "present_use": "None"},
        {"status": None, "aspect": "", "present_use": None},
    ]
    result = made(vocabulary, rows, values=meanings)
    records = result.records
    assert records["status"].tolist() == ["functional", "disused", "disused", "unknown"]
    assert records["aspect"].tolist() == ["monument", "factory", "unknown", "unknown"]
    assert records["present_use"].tolist() == ["housing", "none", "none", "unknown"]
    assert records["country"].tolist() == ["DE", "PL", "PL", "PL"]
    assert records["accuracy_m"].iloc[0] > records["accuracy_m"].iloc[1] == records["accuracy_m"].iloc[3]
    assert "unmapped_value" not in kinds(result)


@pytest.mark.parametrize(
    ("written", "website"),
    [
        ("www.huta.pl", "https://www.huta.pl"),
        ("http://huta.pl/a?b=1", "http://huta.pl/a?b=1"),
        ("http://huta.pl?id=5", "http://huta.pl?id=5"),
        ("HTTPS://Huta.PL", "HTTPS://Huta.PL"),
        ("httpd.huta.pl/a", "https://httpd.huta.pl/a"),
        ("www.zeche-ö.de:8080/#top", "https://www.zeche-ö.de:8080/#top"),
        ("www.huta.pl i www.hala.pl", "https://www.huta.pl"),
        ("http://huta.pl, http://hala.pl", "http://huta.pl"),
        ("strona: www.huta.pl (archiwalna)", "https://www.huta.pl"),
        ("Huta#http://huta.pl#", "http://huta.pl"),
        ("http://huta.pl#http://huta.pl#", "http://huta.pl"),
        ("http://huta.pl,https://hala.pl", "http://huta.pl"),
        ('<a href="http://huta.pl/a">x</a>', "http://huta.pl/a"),
        ("http//huta.pl.", "http://huta.pl"),
        ("http:/huta.pl", "http://huta.pl"),
        ("http:www.huta.pl?", "http://www.huta.pl"),
        ("(http://huta.pl/a.).", "http://huta.pl/a"),
        ("(https://pl.wikipedia.org/wiki/Huta_(Warszawa))", "https://pl.wikipedia.org/wiki/Huta_(Warszawa)"),
        ("https://huta.pl/[a]", "https://huta.pl/[a]"),
        *((f"{told};", told) for told in (f"https://cs.wikipedia.org/wiki/Huta_{end}" for end in ("a.s.", "Inc."))),
        *(
            (f"www.huta.pl {between}www.hala.pl", "https://www.huta.pl")
            for between in ("", "and ", "e ", "oraz ", "of ", "oder ", "o ", "(", "– ", "http://")
        ),
        *((f"strona: www.huta.pl {mark} stara", "https://www.huta.pl") for mark in ",;|/&"),
        ("http:// huta.pl", "http://huta.pl"),
        ("huta.pl/2010/http:/hala.pl", "https://huta.pl/2010/http:/hala.pl"),
        ("Xhttp://huta.pl", None),
        ("vbscript:open('http://huta.pl')", None),
        ("http://huta.pl|www.hala.pl", "http://huta.pl"),
        ("https://huta.pl/?a=http//hala.pl", "https://huta.pl/?a=http//hala.pl"),
        ("data:text/html,<a href='http://huta.pl'>", None),
        ("https://huta.pl/plan huty.pdf", None),
        ("javascript:open('http://huta.pl')", None),
        ("www.huta.pl; hala.pl", "https://www.huta.pl"),
        ("www.huta.pl/a;www.hala.pl", "https://www.huta.pl/a"),
        ("http://huta.pl/a;b=1;http://hala.pl/b", "http://huta.pl/a;b=1"),
        ("ftp://huta.pl/a", None),
        ("http://user:word@huta.pl", None),
        ("huta", None),
        ("brak", None),
        ("0", None),
        ("javascript:alert(1)", None),
        ("info@huta.pl", None),
        ("<b>huta.pl</b>", None),
    ],
)
def test_only_web_addresses_are_websites(vocabulary: Vocabulary, written: str, website: str | None) -> None:
    result = made(vocabulary, [{"website": written}])
    found = result.records["website"].iloc[0]
    assert (None if pd.isna(found) else found) == website
    # What was lost was not told.
    assert ("no_web_address" in kinds(result)) is (website is None and written not in ("brak", "0"))


def test_a_cell_full_of_beginnings_of_addresses_takes_no_time() -> None:
    before = time.process_time()
    assert web_address("=www." * 10_000) is None
    assert web_address("www.a" + ".)" * 50_000) is None
    assert time.process_time() - before < 0.6


@pytest.mark.parametrize(
    ("written", "valid_at"),
    [
        ("2021-05-03", "2021-05-03"),
        ("2021-05", "2021-05"),
        ("2021", "2021"),
        (2021.0, "2021"),
        ("3.5.2021", "2021-05-03"),
        ("03. 05. 2021", "2021-05-03"),
        ("03/05/2021", "2021-05-03"),
        ("2021-05-03 00:00:00", "2021-05-03"),
        ("2021-05-03T20:21:43Z", "2021-05-03T20:21:43Z"),
        (None, "2014-12-31"),
        ("nieznany", "2014-12-31"),
    ],
)
def test_the_day_that_a_row_speaks_of_is_a_day(vocabulary: Vocabulary, written: object, valid_at: str) -> None:
    result = made(vocabulary, [{"valid_at": written}], valid_at="2014-12-31")
    assert result.records["valid_at"].tolist() == [valid_at]
    assert "unread_date" not in kinds(result)


@pytest.mark.parametrize(
    "written", ["Frühjahr 2021", "31.02.2021", "2021-13-01", "9999-12-31", "05/13/2021", "1/2.2021", "21", "z 2021"]
)
def test_a_day_that_is_none_is_told_and_the_source_s_own_taken(vocabulary: Vocabulary, written: str) -> None:
    """As text it would be younger than any date, and its record would win every attribute."""
    result = made(vocabulary, [{"valid_at": written}, {"valid_at": "2020-01-01"}], valid_at="2014-12-31")
    assert result.records["valid_at"].tolist() == ["2014-12-31", "2020-01-01"]
    assert f"dates in 'valid_at' that cannot be read: '{written}' (1)" in kinds(result)["unread_date"]


@pytest.mark.parametrize("written", ["brak", "nieznany", "unbekannt", "k. A.", "-", "n/a", "  ", None, 0.0, "XXX"])
def test_a_number_that_says_there_is_none_is_no_identifier(vocabulary: Vocabulary, written: str | None) -> None:
    """Two registers that write "brak" (none) would have every such site be one."""
    records = made(vocabulary, [{"ids.heritage": written, "ids.wikidata": "Q1"}, {"ids.heritage": written}]).records
    assert from_json(records["ids"][0]) == {"wikidata": "Q1"}
    assert pd.isna(records["ids"][1])


def test_an_item_of_wikidata_is_told_by_its_number_and_what_is_none_stays(vocabulary: Vocabulary) -> None:
    told = ["https://www.wikidata.org/wiki/Q7", "q7", "wd:Q7", "Q7;Q8", "see Q7"]
    records = made(vocabulary, [{"ids.wikidata": one} for one in told]).records
    assert [from_json(text)["wikidata"] for text in records["ids"]] == ["Q7", "Q7", "Q7", "Q7;Q8", "see Q7"]


def test_what_nobody_mapped_is_said_once_with_how_often(vocabulary: Vocabulary) -> None:
    result = made(vocabulary, [{"status": "zwerfkei", "start": "once upon a time"}] * 3 + [{"status": "functional"}])
    assert "'zwerfkei' (3)" in kinds(result)["unmapped_value"]
    assert "once upon a time" in kinds(result)["unread_date"]
    assert result.records["status"].tolist() == ["unknown"] * 3 + ["functional"]


def test_a_use_in_the_column_of_conditions_is_a_use(vocabulary: Vocabulary) -> None:
    """A list of monuments said "muzeum" of the condition: nobody knew it, and the use was lost."""
    rows = [{"status": "muzeum"}, {"status": "museum", "present_use": "housing"}, {"status": "zwerfkei"}]
    result = made(vocabulary, [*rows, {"status": "disused"}, {"status": "Prázdné"}])
    assert result.records["status"].tolist() == ["unknown"] * 3 + ["disused"] * 2
    assert result.records["present_use"].tolist() == ["museum", "housing", "unknown", "unknown", "none"]
    assert "values of 'status' that nobody mapped: 'zwerfkei' (1)." in kinds(result)["unmapped_value"]
    # That no condition is told says nothing of the use; in a column of uses it says that there is none.
    none = made(vocabulary, [{"status": "brak"}, {"status": "keine"}, {"present_use": "brak"}]).records
    assert none[["status", "present_use"]].to_numpy().tolist() == [["unknown"] * 2] * 2 + [["unknown", "none"]]


def test_a_museum_is_used_as_such_unless_it_is_closed_or_another_use_is_told(vocabulary: Vocabulary) -> None:
    """A museum of a partner's list had no use, one of OpenStreetMap had: who counted museums missed it."""
    rows = [
        {"type": "industrial_museum"},
        {"type": "visitor mine", "status": "functional"},
        {"type": "visitor mine", "status": "closed"},
        {"type": "industrial_museum", "present_use": "culture"},
        {"type": "brewery"},
        {"name": "Muzeum hornictví"},
    ]
    assert made(vocabulary, rows).records["present_use"].tolist() == [
        *("museum", "museum", "unknown", "culture", "unknown", "museum"),
    ]


def test_a_date_that_is_none_says_why(vocabulary: Vocabulary) -> None:
    rows = [{"start": "1898 (progetto)"}, {"start": "anni Trenta"}, {"start": "1907 (sluiting 1987)"}]
    result = made(vocabulary, rows)
    told = kinds(result)["unread_date"]
    assert "'1898 (progetto)' names a plan, not the beginning of work." in told
    assert "'anni Trenta' names no century. Say in [values.start]" in told
    assert result.records["start_year"].tolist()[2] == 1907
    assert result.records["start_year"].isna().tolist() == [True, True, False]


def test_contract_defaults_and_values_fill_in(vocabulary: Vocabulary) -> None:
    rows = [{"status": "czynny-x", "aspect": None}, {"status": None, "aspect": "monument"}]
    result = made(vocabulary, rows, defaults={"aspect": "factory"}, values={"status": {"czynny-x": "functional"}})
    assert result.records["status"].tolist() == ["functional", "unknown"]
    assert result.records["aspect"].tolist() == ["factory", "monument"]


@pytest.mark.parametrize("column", ["name", "city", "operator", "address", "start", "name:de", "alt_name"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Za\ufffdęże", "U+FFFD"),
        ("Gda\x1ask", "substitute"),
        ("Příbram".encode().decode("cp1252"), "UTF-8 read as cp1252"),
        ("Förderturm".encode().decode("cp1250"), "UTF-8 read as"),
        ("Ko?ice", "question mark"),
    ],
)
def test_lost_characters_are_said_for_every_text_column(
    vocabulary: Vocabulary, column: str, text: str, said: str
) -> None:
    import re

    message = kinds(made(vocabulary, [{column: "Huta"}, {column: text}])).get("lost_characters", "")
    assert f"'{column}'" in message
    assert "first in a.csv line 3' (1)" in message
    assert re.search(said.replace("+", r"\+"), message)


def test_an_underscore_in_a_word_of_a_name_is_told_as_a_letter_lost(vocabulary: Vocabulary) -> None:
    rows = [{"name": "M_yn wodny"}, {"name": "walcownia_blach"}, {"name": "Halle_Nord KV_2 Gr_A"}]
    message = kinds(made(vocabulary, rows))["lost_characters"]
    assert "an underscore inside a word: a character was lost, first in a.csv line 2' (1)" in message


@pytest.mark.parametrize("text", ["Łódź", "Příbram", "Želiezovce", "What now?", "Größe", "Sisak–Moslavina"])
def test_honest_text_is_not_suspected(vocabulary: Vocabulary, text: str) -> None:
    result = made(vocabulary, [{"name": text, "website": "huta.pl/a?b=c"}])
    assert "lost_characters" not in kinds(result)


def test_years_and_names_come_through(vocabulary: Vocabulary) -> None:
    row = {"name": "Ziegelwerk&nbsp;Zwickau", "start": "1890", "end": "1995", "ids.wikidata": "Q1"}
    record = made(vocabulary, [row]).records.iloc[0]
    assert (record["start_year"], record["end_year"]) == (1890, 1995)
    assert from_json(record["names"])["name"] == "Ziegelwerk Zwickau"
    assert from_json(record["ids"]) == {"wikidata": "Q1"}
    assert record["type"] == "brickworks"


def test_a_crowd_at_one_point_is_a_settlement(vocabulary: Vocabulary) -> None:
    records = made(vocabulary, [{"name": f"Huta {n}"} for n in range(5)]).records
    assert set(records["geometry_origin"]) == {"settlement"}
    assert (records["accuracy_m"] >= 2000).all()


@pytest.mark.parametrize(
    ("written", "code"),
    [("AT", "AT"), ("aut", "AT"), ("Rakousko", "AT"), ("Österreich", "AT"), ("Belgien", "BE"), ("Hrvatska", "HR"),
     ("Bosnia & Herzegovina", "BA"), ("EL", "GR"), (None, "PL"), ("Atlantis", "PL"), ("ČR", "CZ"), ("čr", "CZ"),
     *((written, "DE") for written in ("NSR", "RFN", "BRD", "DDR", "NRD", "NDR", "GDR", "RDA")), ("RH", "HR"),
     *((written, "CZ") for written in ("Česká rep.", "Rep. Ceca", "Tschech. Rep.")),
     ("CR", "CR"), ("A", "AT"), ("SLO", "SI"), ("Belgique", "BE"), ("Magyarország", "HU"), ("Großbritannien", "GB"),
     ("Slovenská republika", "SK")],
)  # fmt: skip
def test_countries_become_codes(vocabulary: Vocabulary, written: str | None, code: str) -> None:
    result = made(vocabulary, [{"country": written}])
    assert result.records["country"].tolist() == [code]
    assert ("unmapped_value" in kinds(result)) == (written == "Atlantis")


def test_words_of_accuracy_become_meters(vocabulary: Vocabulary) -> None:
    rows = [
        {"accuracy_m": cell, "x": f"17.91234{n}", "y": "50.612345"}
        for n, cell in enumerate(("Exact", "approximate", "75", "12,5", None, "so so", "-3", "inf", "0"))
    ]
    result = made(vocabulary, rows, values={"accuracy_m": {"exact": "200", "approximate": "5000"}})
    found = result.records["accuracy_m"].round().tolist()
    # What is not stated or not understood is what the source as a whole is worth.
    assert found[:4] == [200, 5000, 75, 13]
    assert set(found[4:]) == {500}
    said = kinds(result)["unmapped_value"]
    assert all(f"'{text}' (1)" in said for text in ("so so", "-3", "inf", "0"))


@pytest.mark.parametrize(
    ("mark", "told", "meters"),
    [
        (",", ("1.000", "75,5 m", "82.5", 61.125, True), [1000, 76, 83, 61, 700]),
        (".", ("1,000", "75.5 m", "82,5", "0,125", "5 ft"), [700, 76, 83, 1, 700]),
    ],
)
def test_an_accuracy_is_read_with_the_decimal_mark_of_its_list(
    vocabulary: Vocabulary, mark: str, told: Sequence[Any], meters: list[int]
) -> None:
    """A thousand meters became one."""
    rows = [{"accuracy_m": cell, "x": f"17{mark}9123456{n}", "y": f"50{mark}6123456"} for n, cell in enumerate(told)]
    result = made(vocabulary, rows, read={"decimal": mark}, place={"accuracy_m": 700})
    assert result.records["accuracy_m"].round().tolist() == meters
    said = kinds(result)["unmapped_value"]
    assert [f"'{cell}' (1)" in said for cell in told] == [number == 700 for number in meters]


def test_a_contract_states_the_accuracy_of_a_country_by_itself(vocabulary: Vocabulary) -> None:
    told = (("Italia", None), ("DE", None), ("IT", "75"), (None, None), ("it", "so so"))
    rows = [
        {"country": country, "accuracy_m": cell, "x": f"17.91234{n}", "y": "50.612345"}
        for n, (country, cell) in enumerate(told)
    ]
    place = {"accuracy_m": 700, "accuracy_m_by_country": {"IT": 2300}}
    found = made(vocabulary, rows, place=place).records["accuracy_m"]
    assert found.round().tolist() == [2300, 700, 75, 700, 2300]


def test_codes_of_public_schemes_tell_type_and_theme(vocabulary: Vocabulary) -> None:
    rows = [
        {"sector:eprtr": "3(c)(i)"},
        {"sector:eprtr": "99.x", "nace": "24.10"},
        {"sector:eprtr": "1.(e)", "name": "Ziegelei Müller"},
        {"sector:eprtr": "3(c)(i)", "type": "brickworks"},
        {"nace": "NACE_1.1:24.10"},
        {"sector:eprtr": "3(c)(i)", "nace": "24.10"},
    ]
    result = made(vocabulary, rows)
    types = [None if pd.isna(cell) else cell for cell in result.records["type"]]
    assert types == ["cement_works", None, "brickworks", "brickworks", None, "cement_works"]
    themes = [None if pd.isna(cell) else cell for cell in result.records["theme"]]
    assert themes[:3] == ["building_materials", "metallurgy", "building_materials"]
    assert themes[3:] == ["building_materials", "chemistry", "building_materials"]
    assert "'99.x' (1)" in kinds(result)["unmapped_value"]
    with pytest.raises(ContractError, match=r"\[columns\] sector:sic: no such scheme. Known: .*eprtr"):
        made(vocabulary, [{"sector:sic": "1"}])


@pytest.mark.parametrize(
    ("row", "stored"),
    [
        ({"nace": "25.30"}, "25.30"),
        ({"sector:nace": "25.30"}, "25.30"),
        ({"sector:nace": "DJ27.10"}, "NACE_1.1:DJ27.10"),
        ({"sector:nace": "D27.10"}, "NACE_1.1:D27.10"),
        ({"sector:nacerev21": "DJ27.10"}, "NACE_1.1:DJ27.10"),
        ({"sector:nacerev1": "DJ27.10"}, "NACE_1:DJ27.10"),
        ({"sector:NACE Rev. 2": "25.30"}, "25.30"),
        ({"sector:nacerev21": "25.30"}, "NACE_2.1:25.30"),
        ({"sector:NACE Rev. 1.1": "24.10"}, "NACE_1.1:24.10"),
        ({"sector:nacerev1": "NACE_1.1:24.10"}, "NACE_1.1:24.10"),
        ({"sector:nacerev21": "25.30", "nace": "25.40"}, "25.40"),
        ({"sector:nacerev21": "25.30", "nace": "-"}, "NACE_2.1:25.30"),
        ({"sector:eprtr": "3(c)(i)"}, None),
    ],
)
def test_a_code_of_nace_is_kept_with_its_revision(vocabulary: Vocabulary, row: dict, stored: str | None) -> None:
    """A code of a column of its scheme came into no release, and one of another revision could not be told as such."""
    (code,) = made(vocabulary, [row]).records["nace"]
    assert (None if pd.isna(code) else code) == stored


@pytest.mark.parametrize(
    ("told", "name", "expected"),
    [
        ("factory", "Muzeum nart Elan", "factory"),
        (None, "Muzeum nart Elan", "industrial_museum"),
        ("factory", "Ziegelei Müller", "brickworks"),
        ("brewery", "Ziegelei Müller", "brewery"),
        ("industrial_building", "Cegielnia Nowak", "brickworks"),
        ("industrial_building", "Hilti Werk 1", "industrial_building"),
        ("industrial_area", "Stahlwerk Donawitz", "steelworks"),
        ("industrial_area", "Gewerbepark Ziegelei", "industrial_area"),
        ("industrial_area", "Industriegebiet Nord", "industrial_area"),
    ],
)
def test_a_name_says_more_of_works_never_that_they_are_a_museum(
    vocabulary: Vocabulary, told: str | None, name: str, expected: str
) -> None:
    records = made(vocabulary, [{"type": told, "theme": vocabulary.theme_of(told), "name": name}]).records
    assert records["type"].tolist() == [expected]
    assert records["theme"].tolist() == [vocabulary.theme_of(expected)]


@pytest.mark.parametrize(
    ("branch", "name", "expected"),
    [
        ("Cement", "VÁPENKA VITOŠOV s.r.o.", "lime_kiln"),
        ("Cement", "PIEC WAPIENNY CUKROWNI CEREKIEW", "sugar_factory"),
        ("Cement", "Werk Lünen", "cement_works"),
        ("Iron and steel", "Walcownia Rur", "rolling_mill"),
        ("Iron and steel", "Koksownia Radlin", "coking_plant"),
        ("Iron and steel", "Huta Katowice", "steelworks"),
        ("Non-ferrous metals", "Huta Aluminium Konin", "nonferrous_smelter"),
        ("Paper and printing", "Overton Mill", "paper_mill"),
        ("Non-metallic mineral products", "Cegielnia Lewkowo", "brickworks"),
    ],
)
def test_a_name_says_more_than_the_branch_that_it_fits(
    vocabulary: Vocabulary, branch: str, name: str, expected: str
) -> None:
    assert made(vocabulary, [{"sector:hotmaps": branch, "name": name}]).records["type"].tolist() == [expected]


def test_a_class_of_nace_goes_before_a_word_for_all_works_of_a_branch(vocabulary: Vocabulary) -> None:
    """The nickel smelter of Aue was an ironworks by its "-hütte", though its register says 24.45."""
    name = "Nickelhütte Aue GmbH"
    codes = ["24.45", "NACE_1.1:27.45", "24.10", "68.20", None]
    told = made(vocabulary, [{"nace": code, "name": name} for code in codes]).records["type"].tolist()
    assert told == ["nonferrous_smelter", *["ironworks"] * 4]
    rows = [{"nace": "24.45", "name": "Gießerei Aue", "type": None}, {"nace": "24.45", "name": name, "type": "factory"}]
    assert made(vocabulary, rows).records["type"].tolist() == ["foundry", "nonferrous_smelter"]


@pytest.mark.parametrize("column", ["type", "sector"])
@pytest.mark.parametrize(
    ("told", "kind", "theme"),
    [
        ("Textilindustrie", "", "textiles_leather"),
        ("Lebensmittel, Getränke", "", "food_drink"),
        ("Brauerei, Mälzerei", "brewery", "food_drink"),
        ("Lebensmittel, Maschinenbau", "", ""),
        ("Bergbau / Textil", "", ""),
    ],
)
def test_a_branch_of_industry_is_a_theme_and_several_are_none(
    vocabulary: Vocabulary, column: str, told: str, kind: str, theme: str
) -> None:
    result = made(vocabulary, [{column: told}])
    assert result.records[["type", "theme"]].fillna("").iloc[0].tolist() == [kind, theme]
    assert any(told in problem.message for problem in result.problems) == (not kind and not theme)


def test_a_theme_may_be_told_by_its_name(vocabulary: Vocabulary) -> None:
    records = made(vocabulary, [{"theme": "Bergbau und Steinbrüche"}, {"theme": "mining"}]).records
    assert records["theme"].tolist() == ["mining", "mining"]


def test_works_are_no_bridge_by_the_name_of_their_town(vocabulary: Vocabulary) -> None:
    rows = [{"name": "Elektrownia Most", "city": city} for city in ("Most", "Brno", None)]
    assert made(vocabulary, rows).records["type"].fillna("").tolist() == ["power_station", "", ""]


@pytest.mark.parametrize(
    ("told", "status", "years"),
    [
        ({"status": "stillgelegt 1991"}, "decommissioned", (None, 1991)),
        ({"status": "geschlossen (2015)"}, "decommissioned", (None, 2015)),
        ({"status": "nieczynna od 1995 r."}, "disused", (None, 1995)),
        ({"status": "od 1995 nieczynna"}, "disused", (None, 1995)),
        ({"status": "v provozu od roku 1956"}, "functional", (1956, None)),
        ({"status": "closed 1991", "start": "1880", "end": "1990"}, "decommissioned", (1880, 1990)),
        ({"status": "closed 1991", "start": "1880"}, "decommissioned", (1880, 1991)),
        ({"status": "in use since 1920", "start": "1880"}, "functional", (1880, None)),
        ({"status": "stillgelegt, 1991 abgebrochen"}, "decommissioned", (None, None)),
        ({"status": "in use 2020"}, "functional", (None, None)),
        ({"status": "1991"}, "unknown", (None, None)),
        ({"status": "1880 gegründet, 1990 geschlossen"}, "decommissioned", (1880, 1990)),
        ({"status": "in use since 1900, closed 1990"}, "unknown", (None, None)),
        ({"status": "in use 1880-1990"}, "unknown", (None, None)),
        ({"status": "closed until 2025"}, "unknown", (None, None)),
        ({"status": "planned 2030"}, "projected", (None, None)),
        ({"status": "planned since 2020"}, "projected", (None, None)),
        ({"status": "in Betrieb; aktiv;"}, "functional", (None, None)),
        ({"status": "fermée en 1966"}, "decommissioned", (None, 1966)),
        ({"status": "gesloten op 31 maart 1988"}, "decommissioned", (None, 1988)),
        ({"status": "zamknięta 31.12.2004 r."}, "decommissioned", (None, 2004)),
        ({"status": "rozebrany w latach 70."}, "decommissioned", (None, None)),
        ({"status": "zaprto v 90. letih 20. stol."}, "decommissioned", (None, 1999)),
        ({"status": "opuštěno v roce 1990"}, "disused", (None, 1990)),
        ({"status": "zaniklá, zbořeno 2012"}, "decommissioned", (None, None)),
        ({"status": "zapuščen, propada"}, "disused", (None, None)),
        ({"status": "stillgelegt, in Betrieb"}, "unknown", (None, None)),
        ({"status": "v provozu od 1. 1. 1990"}, "functional", (1990, None)),
    ],
)
def test_a_status_may_tell_since_when(
    vocabulary: Vocabulary, told: dict[str, str], status: str, years: tuple[int | None, int | None]
) -> None:
    record = made(vocabulary, [told]).records.iloc[0]
    assert record["status"] == status
    assert tuple(None if pd.isna(record[name]) else record[name] for name in ("start_year", "end_year")) == years


@pytest.mark.parametrize("word", ["unknown", "Unbekannt", "brak danych", "neznámý", "N/A", "onbekend"])
def test_unknown_is_no_name_and_no_owner(vocabulary: Vocabulary, word: str) -> None:
    records = made(vocabulary, [{"name": word, "operator": word, "name:de": word, "alt_name": f"{word};Huta"}]).records
    assert pd.isna(records["operator"][0])
    assert from_json(records["names"][0]) == {"alt": "Huta"}


def plain(column: pd.Series) -> list[Any]:
    return [None if pd.isna(cell) else cell for cell in column]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"type": "cegielnia"}, ("brickworks", "building_materials")),
        ({"type": "cegielnia", "name": "Huta Anna"}, ("brickworks", "building_materials")),  # what is stated holds
        ({"type": "zwerfkei", "name": "Ziegelei Müller"}, ("brickworks", "building_materials")),
        ({"name": "Ziegelei Müller"}, ("brickworks", "building_materials")),
        ({"name": "Müller & Co"}, (None, None)),
        ({"sector": "metale"}, (None, "metallurgy")),  # a broad sector tells the theme alone
        ({"sector": "metale", "name": "Ziegelei Müller"}, ("brickworks", "building_materials")),
        ({"sector": "cegielnia"}, ("brickworks", "building_materials")),
        ({"type": "cegielnia", "sector": "metale"}, ("brickworks", "building_materials")),
        ({"theme": "energy"}, (None, "energy")),
        ({"theme": "energy", "type": "cegielnia"}, ("brickworks", "energy")),
        ({"theme": "textiles of wool", "type": "cegielnia"}, ("brickworks", "building_materials")),
    ],
)
def test_what_is_said_of_a_site_tells_its_type_and_theme(
    vocabulary: Vocabulary, row: dict[str, str], expected: tuple[str | None, str | None]
) -> None:
    records = made(vocabulary, [row], values={"sector": {"metale": "metallurgy"}}).records
    assert (plain(records["type"])[0], plain(records["theme"])[0]) == expected


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("aspect", ["monument", "both", "castle", None], ["monument", "both", "unknown", "unknown"]),
        ("present_use", ["museum", "none", "fun", None], ["museum", "none", "unknown", "unknown"]),
        ("status", ["disused", "czynny", "zwerfkei", None], ["disused", "functional", "unknown", "unknown"]),
    ],
)
def test_a_condition_is_one_of_its_list_and_another_is_told(
    vocabulary: Vocabulary, column: str, values: list[str | None], expected: list[str]
) -> None:
    known = {"aspect": ASPECTS, "present_use": PRESENT_USES, "status": STATUSES}[column]
    result = made(vocabulary, [{column: value} for value in values])
    assert result.records[column].tolist() == expected
    problem = next(problem for problem in result.problems if problem.kind == "unmapped_value")
    assert problem.message == (
        f"values of '{column}' that nobody mapped: '{values[2]}' (1). Map them in [values.{column}]. Known: "
        f"{', '.join(known)}."
    )
    assert problem.count == 1


def test_values_are_mapped_by_the_contract_first(vocabulary: Vocabulary) -> None:
    values = {
        "aspect": {"zabytek": "monument"},
        "present_use": {"muzeum techniki": "museum"},
        "country": {"CSSR": "CZ"},
        "type": {"cegielnia": "lime_kiln"},
    }
    row = {"aspect": "zabytek", "present_use": "muzeum techniki", "country": "CSSR", "type": "cegielnia"}
    result = made(vocabulary, [row], values=values)
    record = result.records.iloc[0]
    assert [record[name] for name in row] == ["monument", "museum", "CZ", "lime_kiln"]
    assert "unmapped_value" not in kinds(result)


@pytest.mark.parametrize("column", ["type", "sector", "status"])
def test_of_many_values_that_nobody_mapped_the_commonest_are_named(vocabulary: Vocabulary, column: str) -> None:
    rows = [{column: f"zwerfkei {n}"} for n in range(7) for _ in range(n + 1)]
    result = made(vocabulary, rows)
    assert [one.count for one in result.problems if one.kind == "unmapped_value"] == [len(rows)]
    message = kinds(result)["unmapped_value"]
    assert f"values of '{column}' that nobody mapped: 'zwerfkei 6' (7), 'zwerfkei 5' (6), " in message
    assert "'zwerfkei 2' (3) and 2 more. " in message
    assert message.endswith(" of every release." if column != "status" else "decommissioned, unknown.")
    assert "zwerfkei 1'" not in message


@pytest.mark.parametrize(
    ("start", "end", "years", "kind"),
    [
        ("1890", "1995", (1890, 1995), None),
        ("1890", "", (1890, None), None),
        ("", "1995", (None, 1995), None),
        ("1890", "kiedyś", (1890, None), "unread_date"),
        ("kiedyś", "1995", (None, 1995), "unread_date"),
        ("1995", "1890", (1995, None), "dates_contradict"),
        ("0", "9999", (None, None), None),  # numbers that stand for no year
    ],
)
def test_years_are_read_and_what_cannot_be_is_told(
    vocabulary: Vocabulary, start: str, end: str, years: tuple[int | None, int | None], kind: str | None
) -> None:
    result = made(vocabulary, [{"start": start, "end": end}])
    record = result.records.iloc[0]
    found = tuple(None if pd.isna(record[name]) else record[name] for name in ("start_year", "end_year"))
    assert found == years
    assert set(kinds(result)) & {"unread_date", "dates_contradict"} == ({kind} if kind else set())
    if kind == "dates_contradict":
        assert f"'{start} - {end}' (1)" in kinds(result)[kind]


def test_what_a_date_means_is_said_in_the_contract(vocabulary: Vocabulary) -> None:
    """The remedy that the message names: nobody changes a partner's file."""
    rows = [{"start": start, "end": "o. J."} for start in ("anni '30", "Anni ’30", "1912", "dopoguerra", "boh")]
    told = kinds(made(vocabulary, rows))["unread_date"]
    assert told.startswith("dates in 'start' that cannot be read: 'Anni '30' (1), 'anni '30' (1), 'boh' (1)")
    assert told.endswith('. Say in [values.start] what they mean: "1930s", "1850..1900", or "" for nothing.')
    meanings = {"start": {"anni '30": "1930s", "dopoguerra": "after 1945", "boh": ""}, "end": {"o. J.": ""}}
    result = made(vocabulary, rows, values=meanings)
    assert plain(result.records["start_year"]) == [1930, 1930, 1912, 1945, None]
    assert result.records["end_year"].isna().all()
    assert "unread_date" not in kinds(result)


@pytest.mark.parametrize("name", ["start", "end"])
def test_a_date_that_means_no_date_is_refused(vocabulary: Vocabulary, name: str) -> None:
    with pytest.raises(ContractError, match=rf"\[values\.{name}\] 'früher' = 'einst': this cannot be read as a date"):
        made(vocabulary, [{name: "früher"}], values={name: {"früher": "einst"}})


def test_when_the_data_are_of_is_told_by_row_contract_or_source(vocabulary: Vocabulary) -> None:
    def dates(**said: Any) -> tuple[list[Any], list[Any]]:
        records = made(vocabulary, [{"valid_at": "2021-05-03"}, {}], **said).records
        return plain(records["valid_at"]), plain(records["retrieved_at"])

    assert dates() == (["2021-05-03", None], [None, None])
    assert dates(valid_at="2020-01-01") == (["2021-05-03", "2020-01-01"], [None, None])
    assert dates(retrieved="2026-11-01") == (["2021-05-03", None], ["2026-11-01"] * 2)
    assert dates(data_time="2026-11-20") == (["2021-05-03", "2026-11-20"], ["2026-11-20"] * 2)
    assert dates(data_time="2026-11-20", valid_at="2020-01-01")[0] == ["2021-05-03", "2020-01-01"]
    assert dates(data_time="2026-11-20", retrieved="2026-11-25")[1] == ["2026-11-25"] * 2


def test_where_and_how_a_source_was_placed_is_told_once(vocabulary: Vocabulary) -> None:
    result = made(vocabulary, [{}, {"x": None}, {"x": "17°55'48\"E", "y": "50°40'12\"N"}])
    assert set(result.placed.systems) - {None} == {"EPSG:4326"}
    assert plain(result.records["raw_x"]) == ["17.9", None, "17°55'48\"E"]
    assert plain(result.records["declared_crs"]) == ["EPSG:4326", None, "EPSG:4326"]


def test_what_was_given_is_not_changed(vocabulary: Vocabulary) -> None:
    frame = pd.DataFrame(
        [{"key": "1", "place": "a", "tags": "{}", "content_hash": "h", "x": "17.9", "y": "50.6", "status": None}],
        dtype=object,
    ).assign(reason=None, detail=None)
    before = frame.copy()
    contract = Contract(
        id="t", files=("a.csv",), place={"crs": "EPSG:4326", "x": "x", "y": "y"}, defaults={"status": "disused"}
    )
    records = harmonize(RawTable(Raw(frame)), contract, Ground("the world", "PL"), vocabulary).records
    assert records["status"].tolist() == ["disused"]
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            {"values": {"status": {"czynny": "funktional"}}},
            "t.toml: [values.status] 'czynny' = 'funktional': there is no such status. Did you mean 'functional'?",
        ),
        ({"values": {"type": {"huta": "ironwork"}}}, "no such type. Did you mean 'ironworks'?"),
        ({"values": {"sector": {"metale": "metalurgy"}}}, "no such sector. Did you mean 'metallurgy'?"),
        ({"values": {"aspect": {"zabytek": "zzz"}}}, "no such aspect. Known: monument, factory, both, unknown."),
        ({"values": {"type": {"piwo": "Brauerei"}}}, "there is no such type. Did you mean 'brewery'?"),
        ({"values": {"type": {"x": "zwerfkei"}}}, "no such type. The words for it stand in DICTIONARY.md of every"),
        ({"values": {"present_use": {"pusty": "nothing at all"}}}, "there is no such present_use. Known: production, "),
        (
            {"values": {"country": {"CSSR": "Czechoslovakia"}}},
            "'Czechoslovakia': there is no such country. Write its code",
        ),
        ({"defaults": {"theme": "metalurgy"}}, "t.toml: [defaults] theme = 'metalurgy': there is no such theme."),
    ],
)
def test_a_contract_that_means_nothing_there_is_costs_its_source_alone(
    vocabulary: Vocabulary, said: dict[str, Any], told: str
) -> None:
    """A status that is none broke the schema, and with it the whole region, as a fault of the program."""
    with pytest.raises(ContractError) as refusal:
        made(vocabulary, [{"status": "czynny"}], **said)
    assert told in str(refusal.value)


def test_what_a_contract_may_mean(vocabulary: Vocabulary) -> None:
    values = {
        "type": {"huta": "ironworks", "metal": "metallurgy", "inne": ""},
        "sector": {"a": "metallurgy", "b": "brickworks"},
        "country": {"CSSR": "CZ", "DDR": "Germany"},
    }
    rows = [{"type": "huta"}, {"type": "metal"}, {"type": "inne"}, {"country": "DDR"}]
    records = made(vocabulary, rows, values=values, defaults={"theme": "energy"}).records
    assert plain(records["type"]) == ["ironworks", None, None, None]
    assert records["country"].tolist() == ["PL", "PL", "PL", "DE"]
    assert set(records["theme"]) == {"energy"}


@pytest.mark.parametrize(
    ("said", "countries", "told"),
    [
        # A person wrote it: it is meant.
        ({"defaults": {"country": "NA"}}, ["NA", "NA", "DE"], False),
        ({"values": {"country": {"NA": "NA"}}}, ["NA", "PL", "DE"], False),
        ({"values": {"country": {"NA": "CZ"}}}, ["CZ", "PL", "DE"], False),
        # Namibia, or R's word for nothing: asked about, and the region's country stands.
        ({}, ["PL", "PL", "DE"], True),
        ({"defaults": {"country": "CZ"}}, ["PL", "CZ", "DE"], True),
    ],
)
def test_namibia_is_a_country_where_a_person_says_so(
    vocabulary: Vocabulary, said: dict[str, Any], countries: list[str], told: bool
) -> None:
    result = made(vocabulary, [{"country": "NA"}, {"country": None}, {"country": "DE"}], **said)
    assert result.records["country"].tolist() == countries
    assert ("'NA' (1). Map them in [values.country]" in kinds(result).get("unmapped_value", "")) == told


@pytest.mark.parametrize("written", ["n/a", "na", "-", "NULL", " "])
def test_a_country_that_says_nothing_is_no_unknown_one(vocabulary: Vocabulary, written: str) -> None:
    result = made(vocabulary, [{"country": written}])
    assert result.records["country"].tolist() == ["PL"]
    assert "unmapped_value" not in kinds(result)


def test_an_accuracy_that_none_can_be_is_told_and_not_taken(vocabulary: Vocabulary) -> None:
    """One cell of 1e308 became infinity, which stopped the release of all regions."""
    written = ["1e308", "1e400", "-5", "0", "1000001", "1000000", "30"]
    result = made(vocabulary, [{"accuracy_m": text} for text in written])
    taken = result.records["accuracy_m"] > 500_000
    assert taken.tolist() == [False] * 5 + [True, False]
    assert all(f"'{text}'" in kinds(result)["unmapped_value"] for text in written[:5])


@pytest.mark.parametrize(
    ("head", "written", "at_least_m"),
    [("Genauigkeit (km)", "2,5", 2500), ("accuracy_km", 2.5, 2500), ("km", "800 m", 800), ("acc_m", "700", 700)],
)
def test_an_accuracy_is_in_the_unit_of_its_column(
    vocabulary: Vocabulary, head: str, written: Any, at_least_m: float
) -> None:
    """2.5 of a column in kilometers were 2.5 m."""
    rows = [{"accuracy_m": cell, "x": "17.912345", "y": "50.612345"} for cell in (written, None)]
    more: dict[str, Any] = {"columns": {"accuracy_m": head}, "defaults": {"accuracy_m": "300"}}
    found, by_default = made(vocabulary, rows, **more).records["accuracy_m"]
    assert at_least_m <= found < at_least_m + 10
    assert 300 <= by_default < 310


def test_what_a_contract_says_of_accuracies_is_not_in_the_unit_of_their_column(vocabulary: Vocabulary) -> None:
    rows = [{"accuracy_m": cell, "x": "17,912345", "y": "50,612345"} for cell in ("genau", None)]
    more: dict[str, Any] = {"values": {"accuracy_m": {"genau": "12.345"}}, "read": {"decimal": ","}}
    defaults = {"accuracy_m": "2 km", "heritage_ref": "A-12"}
    records = made(vocabulary, rows, columns={"accuracy_m": "km"}, defaults=defaults, **more).records
    exact, by_default = records["accuracy_m"]
    assert 12.3 < exact < 22
    assert 2000 <= by_default < 2010
    assert records["heritage_ref"].tolist() == ["A-12", "A-12"]


def test_a_word_for_nothing_where_a_name_belongs_is_told(vocabulary: Vocabulary) -> None:
    rows = [
        {"name": "Huta", "city": "None", "operator": "Null", "name:de": "NaN"},
        {"name": "Młyn", "city": "None", "operator": "-", "name:de": None},
    ]
    result = made(vocabulary, rows)
    assert result.records["operator"].tolist()[0] == "Null"
    assert result.records["city"].isna().all()
    told = [problem.message for problem in result.problems if problem.kind == "read_as_empty"]
    assert [text[:60] for text in told] == [
        "cells of 'city' that say 'None' (2) are read as empty, since",
        "cells of 'name:de' that say 'NaN' (1) are read as empty, sin",
    ]


@pytest.mark.parametrize(
    ("written", "is_told"),
    [
        *((text, False) for text in ("bez názvu", "B.D.", "N.N.", "(brak)", "n.v.t.", "ohne Namen", "//")),
        *((text, False) for text in ("k. A.", "N/A", "S.N.C.", "BRAK", "TBD", "NVT", "KEINE", "UNBEKANNT")),
        ("Information not available", False),
        *((text, True) for text in ("#BEZUG!", "#DIV/0!", "#N/D", "BD", "dtto", "j.w.", "0", "xxx", "-9999")),
        *((text, True) for text in ("#N/V", "#NENÍ_K_DISPOZICI", "#N.B.", "Err:502", "ND", "NN", "0,0", "-1")),
        *((text, True) for text in ("B.P.", "Nema", "Nima", "Ka")),
    ],
)
def test_what_people_and_spreadsheets_write_for_nothing_is_no_name(
    vocabulary: Vocabulary, written: str, is_told: bool
) -> None:
    """A brewery and a sawmill of two lists were one by the number "b.d." (no data) that both had."""
    plain = ["operator", "address", "city", "postcode", "heritage_ref"]
    row = dict.fromkeys(["name", *plain, "ids.heritage"], written)
    result = made(vocabulary, [row | {"alt_name": f"Huta; {written}"}])
    record = result.records.iloc[0]
    assert from_json(record["names"]) == {"alt": "Huta"}
    assert record[plain].isna().all()
    assert not from_json(record["ids"]).get("heritage")
    assert ("read_as_empty" in kinds(result)) is is_told


@pytest.mark.parametrize(
    "written",
    ["NEMA", "N&N", "NC", "Brak Boot", "#1", "Huta 0", "X2", "Privat-Brauerei", "XXXLutz", "Kopp&regner; Co", "Erz!"],
)
def test_a_name_that_is_near_to_nothing_is_one(vocabulary: Vocabulary, written: str) -> None:
    assert from_json(made(vocabulary, [{"name": written}]).records["names"].iloc[0]) == {"name": written}


@pytest.mark.parametrize(("written", "is_asked"), [("b.d.", False), ("není známo", False), ("#BEZUG!", True)])
def test_nobody_is_asked_what_a_word_for_nothing_means(vocabulary: Vocabulary, written: str, is_asked: bool) -> None:
    row = dict.fromkeys(("type", "sector", "theme", "status", "aspect", "present_use", "accuracy_m"), written)
    assert ("unmapped_value" in kinds(made(vocabulary, [row]))) is is_asked


def test_an_owner_without_a_name_is_no_name_of_works(vocabulary: Vocabulary) -> None:
    row = dict.fromkeys(("operator", "parent"), "Privatbesitz") | {"fee": "keine"}
    result = made(vocabulary, [row | {"name": "Vari"}])
    record = result.records.iloc[0]
    assert from_json(record["names"]) == {"parent": "Privatbesitz"}
    assert (record["operator"], record["fee"]) == ("Privatbesitz", "keine")
    assert "'name' that say 'Vari' (1)" in kinds(result)["read_as_empty"]
    assert "read_as_empty" not in kinds(made(vocabulary, [row, {"operator": "BP", "city": "Aš"}]))


def test_a_theme_that_is_none_is_told(vocabulary: Vocabulary) -> None:
    result = made(vocabulary, [{"theme": "energy"}, {"theme": "Energetyka i inne"}])
    assert plain(result.records["theme"]) == ["energy", None]
    assert "values of 'theme' that nobody mapped: 'Energetyka i inne' (1)" in kinds(result)["unmapped_value"]
    assert "'energy'" not in kinds(result)["unmapped_value"]


def test_a_word_counts_as_it_is_written_before_its_case_is_left_out() -> None:
    told = Contract(id="t", files=("a.csv",), values={"status": {"A": "functional", "a": "disused"}})
    meanings = Meanings(told, "status")
    assert [meanings.of(cell) for cell in ("A", "a", "Ä", " a ", "b")] == [
        *("functional", "disused", "functional", "disused", None)
    ]


def test_of_two_kinds_of_works_in_one_cell_none_is_taken(vocabulary: Vocabulary) -> None:
    cells = ("Ziegelei; Brauerei", "Museum; Brauerei", "Bergwerk; Steinkohlenbergwerk")
    result = made(vocabulary, [{"type": cell} for cell in cells])
    assert result.records["type"].astype(object).where(lambda told: told.notna(), None).tolist() == [
        *(None, "brewery", "coal_mine")
    ]
    assert "'Ziegelei; Brauerei' (1)" in kinds(result)["unmapped_value"]


def test_a_row_that_is_not_in_its_country_is_told_and_stays(vocabulary: Vocabulary) -> None:
    leoben, iceland = {"x": "15.09", "y": "47.38"}, {"x": "-14.1", "y": "65.03"}
    rows = [
        leoben | {"country": "AT"},
        leoben | {"country": "DE"},
        iceland | {"country": "HR"},
        leoben,
        {"country": "PL"},
        {"x": "50.1", "y": "19.07"},
        {"x": "-17.9", "y": "50.6"},
        # In the Baltic, some 240 km from Poland.
        {"x": "10.7", "y": "54.6"},
    ]
    result = made(vocabulary, rows)
    assert result.records["reason"].isna().all()
    assert result.records["country"].tolist() == ["AT", "DE", "HR", "PL", "PL", "PL", "PL", "PL"]
    said = "its country is {}, but it lies {} from there: check the coordinate and the country"
    assert result.records["detail"].fillna("").tolist() == [
        "",
        said.format("DE", "in AT, some 150 km"),
        said.format("HR", "in IS, some 2,700 km"),
        said.format("PL", "in AT, some 320 km"),
        "",
        said.format("PL", "some 4,000 km") + "; with its axes swapped it would lie there, at 50.10000, 19.07000",
        said.format("PL", "some 2,200 km")
        + "; with the sign of x reversed (17.9) it would lie there, at 50.60000, 17.90000",
        "",
    ]
    assert kinds(result)["not_in_its_country"] == (
        "5 rows not in the country told: a.csv line 3 says DE and lies in AT, some 150 km from there; a.csv line 4 "
        "says HR and lies in IS, some 2,700 km from there; a.csv line 5 says PL and lies in AT, some 320 km from there "
        "and 2 more. Check coordinate and country."
    )


def test_what_is_said_of_a_place_already_is_not_lost(vocabulary: Vocabulary) -> None:
    leoben = {"x": "15.09", "y": "47.38", "country": "DE"}
    result = made(vocabulary, [{**leoben, "name": f"Werk {letter}"} for letter in "ABCDE"])
    said = "its country is DE, but it lies in AT, some 150 km from there"
    assert all("shares its exact point" in detail and said in detail for detail in result.records["detail"])


def test_of_a_region_only_rows_of_other_countries_are_asked(vocabulary: Vocabulary) -> None:
    contract = Contract(
        id="test",
        files=("a.csv",),
        region="leoben",
        place={"crs": "EPSG:4326", "x": "x", "y": "y"},
        declared_in=Path("t.toml"),
    )
    ground = Ground("leoben", "AT", shapely.box(14.5, 47.2, 15.3, 47.7), ("EPSG:31256",))
    blank = {"tags": "{}", "reason": None, "detail": None, "x": "15.09", "y": "47.38"}
    rows = [
        blank | {"key": str(n), "place": f"a.csv line {n + 2}", "content_hash": str(n), "country": country}
        for n, country in enumerate(["AT", None, "SI"])
    ]
    result = harmonize(RawTable(Raw(pd.DataFrame(rows, dtype=object))), contract, ground, vocabulary)
    (told,) = (text for kind, text in kinds(result).items() if kind == "not_in_its_country")
    assert told.startswith("1 row not in the country told: a.csv line 4 says SI and lies in AT, some 81 km")
