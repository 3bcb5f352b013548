"""What a contract maps that records have no column for reaches the comparisons all the same."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import inducult_geo
from inducult_geo.frames import concat_records, from_json, to_json
from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.pairs.comparisons import COMPARISONS
from inducult_geo.match.reading.fuels import FUELS, fuel_bits
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.reading.trades import capacity_and_fuel, is_beside_works
from inducult_geo.sources.partners.units import with_unit

CONTRACT = """
id = "{id}"
title = "Plants"
files = ["{id}.csv"]
licence = "CC0-1.0"
attribution = ""
countries = ["AT"]
[place]
crs = "EPSG:4326"
x = "lon"
y = "lat"
[columns]
key = "nr"
name = "name"
capacity = "power"
fuel = "source"
"""


def read(folder: Path, key: str, *rows: str, power: str = "power") -> inducult_geo.Records:
    contract = CONTRACT.format(id=key).replace('"power"', f'"{power}"')
    (folder / f"{key}.toml").write_text(contract, encoding="utf-8")
    lines = [f"nr,name,lon,lat,{power},source", *rows]
    (folder / f"{key}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return inducult_geo.read_source(folder / f"{key}.toml")


def test_capacity_and_fuel_of_a_contract_are_compared(tmp_path: Path) -> None:
    one = read(tmp_path, "one", "1,Melk,15.3,48.2,168 MW,Hydro", "2,Pack,15.0,47.0,,", '3,Theiss,15.7,48.3,"30,5",Gas')
    other = read(tmp_path, "other", "1,Melk,15.3,48.2,84,Run of river water", "2,Pack,15.0,47.0,4,Hydro")
    assert from_json(one["tags"].iloc[0])["capacity"] == "168 MW"
    assert from_json(one["tags"].iloc[0])["power"] == "168 MW"
    assert "capacity" not in from_json(one["tags"].iloc[1])
    table = prepare(concat_records([one, other]))
    assert table.capacity.tolist() == pytest.approx([168, np.nan, 30.5, 84, 4], nan_ok=True)
    pairs = Compared(table, np.array([0, 1]), np.array([3, 4]))
    found = {entry.name: entry.compare(pairs).value.tolist() for entry in COMPARISONS}
    assert found["capacity"] == pytest.approx([1.0, np.nan], nan_ok=True)
    assert found["fuel"] == pytest.approx([1.0, np.nan], nan_ok=True)


def test_a_column_that_is_called_so_and_means_something_else_is_neither_lost_nor_taken(tmp_path: Path) -> None:
    contract = CONTRACT.format(id="own").replace('name = "name"', 'name = "name"\noperator = "fuel"')
    (tmp_path / "own.toml").write_text(contract, encoding="utf-8")
    rows = ["nr,name,lon,lat,power,source,capacity,fuel", "1,Melk,15.3,48.2,168 MW,Hydro,9000 t,Shell"]
    rows += ["2,Pack,15.0,47.0,,,8000 t,Esso"]
    (tmp_path / "own.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    records = inducult_geo.read_source(tmp_path / "own.toml")
    told = [from_json(text) for text in records["tags"]]
    assert [(one.get("capacity"), one["capacity (in the file)"]) for one in told] == [
        ("168 MW", "9000 t"),
        (None, "8000 t"),
    ]
    assert [(one.get("fuel"), one["fuel (in the file)"]) for one in told] == [("Hydro", "Shell"), (None, "Esso")]
    assert prepare(records).capacity.tolist() == pytest.approx([168, np.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("text", "capacity"),
    [
        ("1 200 MW", 1200),
        ("1\u202f200,5 MW", 1200.5),
        ("1\u00a0200", 1200),
        ("12’500", 12_500),
        ("1.200,5", 1200.5),
        ("1,200.5 MWe", 1200.5),
        ("1.200.000", 1_200_000),
        ("1 200 300", 1_200_300),
        ("1.200", 1.2),
        ("1,200", 1.2),
        ("0,25", 0.25),
        ("1 20", np.nan),
        ("1 200 30", np.nan),
        ("1.200.5", np.nan),
        ("1.2 GW", 1200),
        ("350kW", 0.35),
        ("10 MWp", 10),
        ("ca. 10,5 MW (el)", 10.5),
        ("10 MW el.", 10),
        ("10 MWt", 10),
        ("10 ca. MW", 10),
        ("1 200 (ca.)", 1200),
        ("1200*", 1200),
        ("1,2†† GW", 1200),
        ("1200 MW ca.", 1200),
        ("1200 MW*", 1200),
        ("10 MW brutto", 10),
        ("10 MVA", np.nan),
        ("yes", np.nan),
        ("-3", np.nan),
        ("2 x 600", np.nan),
    ],
)
def test_a_capacity_is_read_with_marks_between_its_thousands(text: str, capacity: float) -> None:
    read_as, _ = capacity_and_fuel(pd.Series([to_json({"capacity": text})]), pd.Series([None], dtype="str"))
    assert read_as.tolist() == pytest.approx([capacity], nan_ok=True)


@pytest.mark.parametrize(
    ("fuel", "told"),
    [
        ("coal", "Steinkohle, Braunkohle, węgiel kamienny, hnědé uhlí, carbone, premog, kameni ugljen, steenkool"),
        ("gas", "Erdgas, gaz ziemny, zemní plyn, metano, zemeljski plin, prirodni plin, aardgas"),
        ("gas", "Fossil Coal-derived gas, blast furnace gas, Gichtgas, Kokereigas"),
        ("oil", "Gas oil, gasolio, Mineralölprodukte"),
        ("oil", "Heizöl, olej opałowy, topný olej, olio combustibile, kurilno olje, loživo ulje, stookolie"),
        ("nuclear", "Kernenergie, energia jądrowa, jaderná, nucleare, jedrska, nuklearna"),
        ("hydro", "Laufwasser, Pumpspeicher, woda, vodní, idroelettrico, hidro, waterkracht, Hydro Water Reservoir"),
        ("wind", "Windenergie (Onshore), wiatr, větrná, eolico, veter, vjetar"),
        ("solar", "Solare Strahlungsenergie, PV, słoneczna, fotovoltaická, fotovoltaico, sončna, sunce, zonne-energie"),
        ("biomass", "Biomasse, Holz, drewno, bioplyn, legno, lesna biomasa, hout, Deponiegas, Klärgas, landfill gas"),
        ("waste", "Müll, Hausmüll, odpady, komunální odpad, rifiuti, otpad, afval, huisvuil"),
        ("geothermal", "Erdwärme, geotermia, geotermální, geotermica"),
        ("peat", "Torf, rašelina, treset, turf"),
        (None, "Wasserstoff, hydrogen, Abwärme, waste heat, odpadní teplo, Sonstige, Gaststätte, Sundsfjord, "),
    ],
)
def test_fuels_are_read_in_the_languages_of_the_regions(fuel: str | None, told: str) -> None:
    wanted = 0 if fuel is None else 1 << [*FUELS].index(fuel)
    assert {word: fuel_bits(word) for word in told.split(", ")} == dict.fromkeys(told.split(", "), wanted)


@pytest.mark.parametrize(
    ("head", "cell", "told"),
    [
        *((head, "1200", "1200 kW") for head in ("Leistung (kW)", "vykon_kW", "Moc [kW]", "kWel", "kWe", "kWt")),
        *((head, "1200", "1200 kW") for head in ("Leistung kW", "Leistung/kW", "PTH,kWth", "kWp", "kW_el", "kW (el)")),
        ("Prated kWh", "1200", "1200"),
        ("PkW", "1200", "1200"),
        ("GW", "1.2", "1200 MW"),
        ("kW", 1.125, "0.001125 MW"),
        ("kW", 1234567.8, "1234.5678 MW"),
        ("kW", True, "True"),
        ("Leistung in MW", "1200", "1200"),
        ("Leistung", "1200", "1200"),
        *(("Leistung (kW)", cell, cell) for cell in ("1,2 MW", "ca. 1,2 MW", "1200 PS", "brak", "True")),
        *(("Leistung (kW)", cell, f"{cell} kW") for cell in ("ca. 1200", "około 1200", "~1200", "1,2E+03")),
        *(("Leistung (kW)", cell, f"{cell} kW") for cell in ("1200 ca.", "1200 (ca.)", "1200*")),
        ("Tonnen kWh", "1200", "1200"),
    ],
)
def test_a_capacity_has_the_unit_of_its_column(head: str, cell: object, told: str) -> None:
    """Kilowatts were read as megawatts: works of one capacity were a thousandfold apart."""
    assert [str(one) for one in with_unit([cell, None], [head])] == [told, "None"]
    assert with_unit([cell], [head, "MW"]) == [cell]
    assert with_unit([cell], ["kW", "GW"]) == [cell]


def test_a_column_of_kilowatts_is_told_in_tags_with_its_unit(tmp_path: Path) -> None:
    records = read(tmp_path, "one", "1,Melk,15.3,48.2,1250,Hydro", "2,Pack,15.0,47.0,,", power="Leistung (kW)")
    told = [from_json(tags) for tags in records["tags"]]
    assert [(row.get("capacity"), row.get("Leistung (kW)")) for row in told] == [("1250 kW", "1250"), (None, None)]
    assert capacity_and_fuel(records["tags"], records["type"])[0][0] == 1.25


@pytest.mark.parametrize(
    ("beside", "kilowatts", "megawatts"),
    [
        *((sure, "12.500", 0.0125) for sure in ("2350.000", "0.250", "9.1234")),
        *((sure, "12,500", 0.0125) for sure in ("9,75", "0,250", "2350,000")),
        ("9,75", "12.500", 12.5),
        ("750", "12.500", 12.5),
    ],
)
def test_the_other_numbers_of_a_column_tell_its_decimal_mark(beside: str, kilowatts: str, megawatts: float) -> None:
    """A register writes 12.5 kW as "12.500": it was read as 12,500 kW."""
    tags = [to_json({"capacity": cell}) for cell in with_unit([beside, kilowatts], ["Leistung (kW)"])]
    found, _ = capacity_and_fuel(pd.Series(tags), pd.Series([None, None]))
    assert found[1] == pytest.approx(megawatts)


@pytest.mark.parametrize(
    ("told", "megawatts"),
    [
        *((text, 1.2) for text in ("1.200 kW", "1,200 KW", "1 200 kW", "1.2 MW", "1.200 MW", "około 1,2 MW", "± 1,2")),
        ("0.500 kW", 0.0005),
        ("1.200.000 kW", 1200.0),
        ("1.25 kW", 0.00125),
    ],
)
def test_of_kilowatts_three_digits_are_no_fraction(told: str, megawatts: float) -> None:
    capacity, _ = capacity_and_fuel(pd.Series([to_json({"capacity": told})]), pd.Series([None], dtype="str"))
    assert capacity.tolist() == pytest.approx([megawatts])


def test_openstreetmap_tells_capacity_and_fuel_by_tags_of_its_own_and_a_type_tells_water() -> None:
    tags = [
        {"plant:source": "coal", "plant:output:electricity": "1.2 GW"},
        {"generator:source": "hydro", "generator:output:electricity": "yes"},
        {"plant:source": "gas"},
        {"name": "x"},
        {"fuel": "Hydro"},
    ]
    types = pd.Series(["power_station", "hydro_power", "hydro_power", "hydro_power", None], dtype="str")
    capacity, fuel = capacity_and_fuel(pd.Series([to_json(one) for one in tags]), types)
    coal, water, gas = (fuel_bits(word) for word in ("coal", "hydro", "gas"))
    assert fuel.tolist() == [coal, water, gas, water, water]
    assert capacity.tolist() == pytest.approx([1200.0, np.nan, np.nan, np.nan, np.nan], nan_ok=True)


def test_a_cell_of_a_broken_file_is_looked_through_once() -> None:
    """Blanks without end took minutes, as did a text that says "and" a thousand times."""
    before = time.process_time()
    tags = pd.Series([to_json({"capacity": " " * 200_000 + "?"})])
    capacity, _ = capacity_and_fuel(tags, pd.Series([None], dtype="str"))
    assert np.isnan(capacity[0])
    assert not is_beside_works("Kessel und Turm " * 12_500)
    assert time.process_time() - before < 10


def test_each_row_has_what_its_own_tags_tell() -> None:
    told = [to_json({"capacity": "12 MW", "fuel": "coal"}), None, to_json({"fuel": "gas"}), to_json({"name": "x"})]
    rows = [1, 0, 2, 0, 3, 1]
    types = pd.Series([None] * 6, dtype="str")
    capacity, fuel = capacity_and_fuel(pd.Series([told[row] for row in rows], dtype="str"), types)
    assert np.array_equal(capacity, [np.nan, 12, np.nan, 12, np.nan, np.nan], equal_nan=True)
    assert fuel.tolist() == [0, fuel_bits("coal"), fuel_bits("gas"), fuel_bits("coal"), 0, 0]
    assert [part.tolist() for part in capacity_and_fuel(types[:2], types[:2])[1:]] == [[0, 0]]
