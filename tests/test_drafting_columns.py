"""What the columns of an unknown table are taken for, by their names in nine languages and by what stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import shapely

from inducult_geo.catalog import Read
from inducult_geo.drafting import sheets
from inducult_geo.drafting.codes import codes_of
from inducult_geo.drafting.column import Column, called
from inducult_geo.drafting.columns import (
    RULES,
    angles_of,
    axes_of,
    columns_of,
    fields_of,
    names_of,
    place_text_of,
)
from inducult_geo.drafting.house_numbers import address_columns, house_numbers, lost_zero_lines
from inducult_geo.drafting.keys import doubled_keys_of, key_lines, key_of
from inducult_geo.drafting.names import language_of
from inducult_geo.drafting.points import axes_inside, number_lines, shape_points, zone_lines
from inducult_geo.drafting.text import comment, number_range, printable, quoted, short
from inducult_geo.harmonize.places.placement import Candidate
from inducult_geo.harmonize.places.readings import Reading
from inducult_geo.text import packaged_rows

NAMES = ("Cegielnia Odra", "Huta Małapanew", "Młyn wodny", "Gazownia")
YEARS = ("1890", "1754", "k. XIX w.", "1857-1860")


def column(name: str, cells: Sequence[str], rows: int | None = None) -> Column:
    return Column(name, tuple(cells), len(cells) if rows is None else rows)


@pytest.mark.parametrize(
    ("field", "name", "cells"),
    [
        ("name", "Bezeichnung", NAMES),
        ("name", "NÁZEV", NAMES),
        ("name", "Denominazione", NAMES),
        ("name", "Nazwa obiektu", NAMES),
        ("name", "naam", NAMES),
        ("name", "IME", NAMES),
        ("name", "Betrieb", NAMES),
        ("name", "Továrna", NAMES),
        ("name", "Megnevezés", NAMES),
        ("name", "Názov", NAMES),
        ("name", "Denumirea", NAMES),
        ("start", "Építés éve", YEARS),
        ("start", "Datowanie", YEARS),
        ("start", "Bauzeit", ("um 1890", "1754", "Anfang 20. Jh.", "1857")),
        ("start", "Datazione", ("sec. XIX", "1907", "inizio XX secolo", "1922")),
        ("start", "Datace", ("1. pol. 19. stol.", "1907", "1890", "1922")),
        ("start", "begbouwjr", ("0", "0", "1890", "1911")),
        ("end", "stillgelegt", ("1990", "1991", "2001", "1945")),
        ("end", "stopgezet", ("1990", "1991", "2001", "1945")),
        ("start", "Époque", ("vers 1890", "1754", "XIXe siècle", "1857")),
        ("start", "Cronologia", ("sec. XIX", "1907", "fine '800", "1922")),
        ("type", "Attività", ("fornace", "cartiera", "molino", "filanda")),
        ("type", "Obor činnosti", ("cihelna", "huť", "mlýn", "plynárna")),
        ("present_use", "Nutzung heute", ("Museum", "leer", "Wohnen", "leer")),
        ("present_use", "Destinazione attuale", ("museo", "nessuna", "uffici", "museo")),
        ("present_use", "Namembnost danes", ("muzej", "prazno", "stanovanja", "muzej")),
        ("postcode", "CP", ("3600", "3790", "3700", "3770")),
        ("status", "Stan", ("nieczynny", "w użyciu", "ruina", "ruina")),
        ("type", "Rodzaj", ("cegielnia", "huta", "młyn", "gazownia")),
        ("type", "Vrsta", ("ciglana", "talionica", "mlin", "mlin")),
        ("operator", "Eigentümer", ("Zeche AG", "Hütte GmbH", "Stadt", "Stadt")),
        ("alt_name", "Other plant names (English)", NAMES),
        ("alt_name", "Další názvy", NAMES),
        ("old_name", "Dawna nazwa", NAMES),
        ("old_name", "ehemaliger Name", NAMES),
        ("parent", "Parent", NAMES),
        ("parent", "Muttergesellschaft", NAMES),
        ("city", "Municipality", ("Leoben", "Trofaiach", "Eisenerz", "Leoben")),
        ("address", "Indirizzo", ("Via Roma 1", "Via Milano 2", "Corso 3", "Via 4")),
        ("postcode", "PLZ", ("08056", "08058", "08060", "08062")),
        ("postcode", "PSČ", ("360 01", "360 05", "362 21", "36225")),
        ("postcode", "kod_pocztowy", ("45-061", "46-040", "47-100", "48-300")),
        ("postcode", "Postcode", ("SI-4000", "SI-4270", "4281", "4290")),
        ("postcode", "CAP", ("35121", "35122", "35020", "35042")),
        ("postcode", "Kod pocztowy", ("45-061", "46-040", "47-100", "48-300")),
        ("postcode", "Poštanski broj", ("44000", "44010", "44250", "44320")),
        ("city", "Città", ("Padova", "Este", "Monselice", "Cittadella")),
        ("address", "Ubicazione", ("via Roma 1", "via Po 2", "viale Arno 3", "via Adige 4")),
        ("operator", "Poduzeće", NAMES),
        ("present_use", "Destinazione d'uso", ("museo", "uffici", "loft", "museo")),
        ("start", "Eröffnung", YEARS),
        ("website", "Webseite", ("www.a.pl", "https://b.pl", "HTTP://C.PL", "http://d.pl")),
        ("city", "Miejscowość", ("Opole", "Ozimek", "Nysa", "Brzeg")),
        ("city", "Obec", ("Cheb", "Aš", "Sokolov", "Ostrov")),
        ("country", "Country", ("PL", "DE", "CZ", "PL")),
        ("country", "Land", ("D", "A", "D", "CZ")),
        ("country", "Kraj", ("Polska", "Niemcy", "Polska", "Czechy")),
        ("city", "Kraj", ("Kranj", "Bled", "Jesenice", "Kranj")),
        ("capacity", "installed_capacity_MW", ("2069", "1064", "12.5", "0.4")),
        ("capacity", "Nettonennleistung", ("2069,5", "1064", "12,5", "0,4")),
        ("capacity", "capacity", ("168 MW", "1 200 MW", "0.4 GW", "350 kWel")),
        ("capacity", "Moc [MW]", ("2069", "1064", "12.5", "0.4")),
        ("fuel", "primary_fuel", ("Hydro", "Coal", "Gas", "Gas")),
        ("fuel", "Energieträger", ("Braunkohle", "Erdgas", "Erdgas", "Wasser")),
        ("name", "Plant", NAMES),
        ("name", "Zakład górniczy", NAMES),
        ("start", "Data budowy", YEARS),
        ("start", "dateringen", ("19de eeuw", "1907", "interbellum", "1922")),
        ("start", "Inbetriebnahmejahr", YEARS),
        ("start", "Uvedení do provozu", YEARS),
        *(("start", head, YEARS) for head in ("gegr.", "zał. w r.", "opgericht", "Fondata nel")),
        ("operator", "Ditta", ("F.lli Burgo", "S. A. Montecatini", "Rossi & C.", "Lanificio Marzotto")),
        ("end", "Jaar van sluiting", ("1990", "1991", "2001", "1945")),
        ("end", "rok zakończenia", ("1990", "1991", "2001", "1945")),
        ("status", "bewaringstoestand", ("bewaard", "gesloopt", "gesloopt", "bewaard")),
        ("type", "Industriezweig", ("Ziegelei", "Hütte", "Mühle", "Gaswerk")),
        ("name", "Zakład", NAMES),
        ("website", "WWW", ("www.a.pl", "https://b.pl", "HTTP://C.PL", "http://d.pl")),
    ],
)
def test_a_field_is_told_by_a_word_of_any_partner(field: str, name: str, cells: tuple[str, ...]) -> None:
    found = fields_of([column(name, cells)])
    assert [entry.name for entry in found.get(field, [])] == [name]


def test_every_row_of_the_table_of_names_is_of_a_field_and_stands_once() -> None:
    rows = packaged_rows("column_names.csv")
    about = {"activity", "beginning", "demolished", "of dates", "reported", "x", "y"}
    assert {row["field"] for row in rows} == {rule.field for rule in RULES} | about
    assert {row["reach"] for row in rows} == {"in", "whole"}
    assert len({(row["field"], row["word"]) for row in rows}) == len(rows)


def test_some_words_are_a_name_only_where_they_are_the_whole_of_it() -> None:
    names = called("operator")
    assert names.search("azienda")
    assert not names.search("azienda agricola")
    assert names.search("majitel objektu")


@pytest.mark.parametrize(
    ("field", "name", "cells"),
    [
        ("name", "name", ("1", "2", "3", "4")),  # numbers are no names
        ("city", "Kraj", ("Polska", "Niemcy", "Polska", "Czechy")),  # countries in Polish, towns in Slovene
        ("country", "Kraj", ("Kranj", "Bled", "Jesenice", "Kranj")),
        ("country", "Land", ("Sachsen", "Bayern", "Sachsen", "Thüringen")),
        ("start", "od", ("2004-03-01", "2004-03-02", "1998-12-24", "3. 5. 1958")),  # since when it is protected
        ("name", "Ortsname", NAMES),  # "name" is only a part of the word
        ("status", "SOE Status", ("No", "No", "unknown", "Yes")),
        ("parent", "Parent GEM ID", ("E1", "E2", "E3", "E4")),
        ("name", "plant_phase", ("Main plant", "Main plant", "Phase 2", "Main plant")),
        ("name", "Plant", ("12", "13", "14", "15")),
        ("start", "start", ("nie", "wiem", "kiedy", "było")),
        ("start", "start", ("2016-06-10T10:51:41Z",) * 4),  # when a form was filled in
        ("start", "start", ("2016-06-10 10:51",) * 4),
        ("postcode", "PLZ", ("Zwickau", "Werdau", "Glauchau", "Meerane")),
        ("postcode", "PLZ", ("08056", "Werdau", "Glauchau", "Meerane")),
        ("country", "country", ("1", "2", "3", "4")),
        ("country", "country", ("P", "D", "C", "P")),
        ("capacity", "Kapazität", ("groß", "klein", "groß", "klein")),
        ("fuel", "fuel", ("1", "2", "3", "4")),
        ("website", "source", ("https://a.pl/list", "https://b.pl", "https://c.pl", "https://d.pl")),  # of the row
        ("website", "link", ("a.jpg", "b.jpg", "c.jpg", "d.jpg")),
        ("type", "type", ("node", "way", "node", "relation")),  # of an object of OpenStreetMap
        ("website", "link", ("https://a.pl", "", "-", "brak")),
    ],
)
def test_what_its_cells_gainsay_is_not_taken_by_its_name(field: str, name: str, cells: tuple[str, ...]) -> None:
    assert field not in fields_of([column(name, cells)])


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Rok zamknięcia", "end"),
        ("endYear", "end"),
        ("dateOfEndOfOperation", "end"),
        ("startEndYear", "start"),
        ("Year of closure", "end"),
        ("Decommissioning year", "end"),
        ("Retired year", "end"),
        ("Demolition year", None),
        ("Rok wyburzenia", None),
        ("Rok powst.", "start"),
        ("Leto (do)", "end"),
        ("Leto (od)", "start"),
        ("ukončení", "end"),
        ("Rok zániku", "end"),
        ("Bezárás éve", "end"),
        ("Anul închiderii", "end"),
        ("Godina zatvaranja", "end"),
        ("Leto zaprtja", "end"),
        ("Année de fermeture", "end"),
        ("Zahájení - ukončení", "start"),
        ("Anno inizio - anno fine", "start"),
        ("founded / closed", "start"),
        ("zahájení", "start"),
        ("Dismissione", "end"),
        ("Einde", "end"),
        ("Prestanak rada", "end"),
        ("Vrijeme (od - do)", None),
        ("Leto (od-do)", "start"),
    ],
)
def test_the_year_of_closing_is_offered_for_no_beginning(name: str, field: str | None) -> None:
    """It was commented as `start` beside the year of building: who took it made sites a century younger."""
    found = fields_of([Column(name, ("1907", "1989", "1998"), 3)])
    assert {one for one in ("start", "end") if one in found} == ({field} if field else set())


def test_a_day_without_an_hour_is_a_date() -> None:
    assert "start" in fields_of([column("Baujahr", ["1890-01-01 00:00:00", "1907-01-01 00:00:00"])])


def test_of_two_that_fit_the_fuller_goes_first() -> None:
    sparse, full = column("name", NAMES[:2], 4), column("Objekt", NAMES)
    assert [entry.name for entry in fields_of([sparse, full])["name"]] == ["Objekt", "name"]


def test_a_name_of_today_goes_before_a_former_one_and_each_before_none() -> None:
    former, own = column("Historischer Name", NAMES), column("Name", NAMES[:3], 4)
    assert [entry.name for entry in fields_of([former, own])["name"]] == ["Name"]
    assert [entry.name for entry in fields_of([former])["name"]] == ["Historischer Name"]


@pytest.mark.parametrize(
    ("heading", "language"),
    [
        ("Name_de", "de"),
        ("Název CZ", "cs"),
        ("Plant name (English)", "en"),
        ("Ime (slovensko)", "sl"),
        ("Nom de l'usine", None),
        ("Name", None),
    ],
)
def test_a_heading_names_the_language_of_names(heading: str, language: str | None) -> None:
    assert language_of(heading) == language


def test_a_column_without_a_cell_is_nothing() -> None:
    empty = column("name", [], 4)
    assert fields_of([empty]) == {}
    assert not empty.is_key
    assert empty.share(lambda _: True) == 0
    assert empty.decimal is None
    assert place_text_of([empty]) is None
    assert names_of([empty]) == []


@pytest.mark.parametrize(
    ("cells", "rows", "is_key"),
    [(("1", "2", "3"), 3, True), (("1", "2", "2"), 3, False), (("1", "2"), 3, False), ((), 0, False)],
)
def test_a_key_is_filled_and_different_in_every_row(cells: tuple[str, ...], rows: int, is_key: bool) -> None:
    assert column("nr", cells, rows).is_key == is_key


@pytest.mark.parametrize("name", ["Parcelní číslo", "Gst.-Nr.", "Nr działki", "Perceelnummer", "Kat. čestica broj"])
def test_the_number_of_a_piece_of_land_is_no_key(name: str) -> None:
    land, row = column(name, ["12/3", "45", "st. 7"]), column("id", ["1", "2", "3"])
    assert key_of([land, row])[0] == row
    assert key_of([land])[0] is None


def test_the_key_is_the_one_that_is_named_so_and_no_measure() -> None:
    columns = [
        column("uwagi", ["a", "b", "c"]),
        column("X", ["17.5", "17.6", "17,7"]),
        column("Nr rej.", ["A-1", "A-2", "B-1"]),
        column("id", ["1.0", "2.0", "3.0"]),  # a spreadsheet's whole numbers
    ]
    key, unique = key_of(columns)
    assert key is not None
    assert key.name == "Nr rej."
    assert unique == ["uwagi", "Nr rej.", "id"]
    assert key_of(columns[:2]) == (None, ["uwagi"])
    by_chance = column("cod poștal", ["331111", "337238", "335800"])
    assert key_of([by_chance])[0] is None, "a postcode that is called a code, different in a few rows"


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (("row", "kod"), "kod"),
        (("Nr", "kod"), "kod"),
        (("fid", "row", "id"), "id"),
        (("row",), "row"),
        (("kod", "code"), "kod"),
        (("nom", "No."), "No."),
        (("ne", "N"), "N"),
    ],
)
def test_what_only_numbers_the_rows_is_a_key_where_there_is_no_better(names: tuple[str, ...], chosen: str) -> None:
    """With the next file each row has another number."""
    codes = {"kod": ["A-1", "B-7", "A-3"], "code": ["x1", "x5", "x9"]}
    key, _ = key_of([column(name, codes.get(name, ["1", "2", "3"])) for name in names])
    assert key is not None
    assert key.name == chosen


def test_a_fuel_is_told_by_cells_that_repeat_whatever_the_column_is_called() -> None:
    kinds = column("types", ["Fossil Hard coal", "Wind Onshore", "Hydro Reservoir", "Other", *["Fossil Gas"] * 12])
    plants = column("plants", [f"Hydro plant {town}" for town in "ABCDEFGH"] * 2)
    stations = column("station", [f"Water works {number}" for number in range(16)])
    found = fields_of([kinds, stations])
    assert [entry.name for entry in found["fuel"]] == ["types"]
    assert [entry.name for entry in found["type"]] == ["types"]
    assert [entry.name for entry in fields_of([plants, stations])["fuel"]] == ["plants"]
    codes = column("fuel", ["NG", "CP", "WI", "NU"] * 4)
    assert [entry.name for entry in fields_of([codes, kinds])["fuel"]] == ["types", "fuel"]
    vague = column("types", ["steam", "motor", "Fossil Gas", "turbine"] * 4)
    assert "fuel" not in fields_of([vague])


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (("NACE_1.1:40.10", "NACE_1.1:40.11", "NACE_1.1:24.10"), True),
        (("35.11", "2410", "24.1"), True),
        (("production of electricity", "cement", "steel"), False),
    ],
)
def test_codes_of_activities_are_known(cells: tuple[str, ...], told: bool) -> None:
    assert ("nace" in fields_of([column("NACEMainEconomicActivityCode", cells)])) == told


@pytest.mark.parametrize(
    ("cells", "decimal"),
    [
        (["17.5", "50"], "."),
        (["17,5", "50,25"], ","),
        (["5 621 000,5", "5 621 001,5"], ","),
        (["1", "2", "3", "4", "brak"], "."),  # four of five
        (["1", "2", "3", "brak", "brak"], None),
        (["4537000", "4538000", "4539000", "4540000", "4541000,5"], ","),
        (["4537000", "4538000", "4539000", "4541000.5"], "."),
        (["x"], None),
    ],
)
def test_the_decimal_mark_is_the_one_that_makes_numbers(cells: list[str], decimal: str | None) -> None:
    assert column("x", cells).decimal == decimal


def test_cells_that_are_no_numbers_are_null() -> None:
    assert column("x", ["17,5", "brak", "18,5"]).numbers(",") == [17.5, None, 18.5]


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ("lon", "lat"),
        ("Rechtswert", "Hochwert"),
        ("RW", "HW"),
        ("R-Wert (GK4)", "H-Wert (GK4)"),
        ("Ostwert", "Nordwert"),
        ("Zeměpisná délka", "Zeměpisná šířka"),
        ("Zemljepisna dolžina", "Zemljepisna širina"),
        ("Geografska dužina", "Geografska širina"),
        ("Zemljopisna dužina", "Zemljopisna širina"),
        ("Długość geogr.", "Szerokość geogr."),
        ("Lengtegraad", "Breedtegraad"),
        ("Coord. Est", "Coord. Nord"),
        ("POINT_X", "POINT_Y"),
        ("gps_x", "gps_y"),
        ("GKX", "GKY"),
        ("Längengrad", "Breitengrad"),
        ("zem. délka", "zem. šířka"),
        ("Zem. dužina", "Zem. širina"),
        ("geogr. Länge", "geogr. Breite"),
        ("E", "N"),
    ],
)
def test_axes_are_known_by_every_partners_words(x: str, y: str) -> None:
    columns = [column("nr", ["1", "2"]), column(y, ["50.1", "50.2"]), column(x, ["17.1", "17.2"])]
    found = axes_of(columns)
    assert found is not None
    assert [axis.name for axis in found] == [x, y]


@pytest.mark.parametrize(
    ("x", "y", "cells"),
    [
        ("lon", "lat", ("siedemnaście", "osiemnaście")),
        ("lon", "wysokość", ("17.1", "17.2")),
        ("Délka", "Šířka", ("60", "12")),  # length and width of a building
        ("EŠD", "NAZIV", ("1", "2")),
        ("lon", "lon", ("17.1", "17.2")),
    ],
)
def test_what_are_no_axes(x: str, y: str, cells: tuple[str, ...]) -> None:
    assert axes_of([column(x, cells), column(y, cells)]) is None


def test_a_number_of_the_row_is_no_coordinate_whatever_it_is_called() -> None:
    """`N.` numbers the rows of an Italian list: it stood for the northing, and no system fitted."""
    counted = column("N.", ["1", "2", "3"])
    est = column("Est", ["1703424.5", "1712000.1", "1733553.2"])
    nord = column("Nord", ["5004485.0", "5012345.6", "5057419.9"])
    assert axes_of([counted, est, nord]) == (est, nord)
    assert axes_of([counted, est]) is None
    spread = column("N.", ["14", "3", "9"])
    assert axes_of([spread, est, nord]) == (est, nord), "no length beside a number that may be degrees"
    lon, lat = column("lon", ["11.9", "11.8", "11.7"]), column("lat", ["45.4", "45.3", "45.2"])
    assert axes_of([spread, lon, lat]) == (lon, lat), "no word beside a letter"
    assert axes_of([column("E", est.cells), column("N", nord.cells), lon, lat])[0].name == "E", "else the first pair"  # type: ignore[index]


def test_degrees_and_minutes_in_two_columns_are_axes() -> None:
    x = column("Zemljopisna dužina", ["16° 46′ 38.2″ E", "16° 10′ 00″ E"])
    y = column("Zemljopisna širina", ["45° 33′ 21.1″ N", "45°20' N"])
    assert axes_of([y, x]) == (x, y)
    assert angles_of(*(axis.cells[0] for axis in (x, y))) == pytest.approx((16.777278, 45.555861), abs=1e-6)
    assert angles_of("no", "place") is None
    x, y = column("dł. geogr.", ["17 58 37", "18 12 36"]), column("szer. geogr.", ["50 32 02", "50 40 12"])
    assert axes_of([x, y]) == (x, y)
    assert angles_of(*(axis.cells[0] for axis in (x, y))) == pytest.approx((17.976944, 50.533889), abs=1e-6)


def test_names_that_nobody_called_so_are_short_texts_nearly_all_different() -> None:
    columns = [
        column("kind", ["młyn", "młyn", "młyn", "huta"]),  # a list of kinds
        column("text", ["x" * 81] * 4),
        column("code", ["A1", "A2", "A3", "A4"]),
        column("photo", [f"https://example.org/{n}.jpg" for n in range(4)]),
        column("rare", NAMES[:2], 4),
        column("project", NAMES),
        column("project 2", [*NAMES[:3], NAMES[2]]),
    ]
    assert [entry.name for entry in names_of(reversed(columns))] == ["project", "project 2"]


@pytest.mark.parametrize(
    ("cells", "is_place"),
    [
        (["50°30'N 17°32'E"] * 4 + ["?"], True),
        (["50°30'N 17°32'E"] * 3 + ["?", "?"], False),
        (["POINT (17.5 50.5)"], True),
        (["geo:50.5,17.5"], True),
        (["ul. Fabryczna 1"], False),
    ],
)
def test_a_text_of_places_is_told_by_nearly_all_its_cells(cells: list[str], is_place: bool) -> None:
    assert (place_text_of([column("nr", ["1"]), column("gdzie", cells)]) is not None) == is_place


def test_the_sample_is_spread_over_the_whole_table() -> None:
    """A list that was filled with care on its first page only must not pass for one."""
    cells = ["1890"] * 500 + ["?"] * 2500
    sample = column("rok", cells).sample
    assert len(sample) == 300
    assert sample.count("1890") == 50
    assert column("rok", cells[:100]).sample == tuple(cells[:100])
    assert column("rok", cells).decimal is None


def test_blank_cells_are_left_out_and_a_column_named_geometry_may_be_text() -> None:
    frame = pd.DataFrame({"a": [" x ", "", None, "  "], "geometry": ["POINT (1 2)"] * 4}, dtype=object)
    found = {entry.name: entry for entry in columns_of(frame)}
    assert found["a"].cells == ("x",)
    assert found["a"].rows == 4
    assert len(found["geometry"].cells) == 4


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("two\nlines", "# two lines"),
        ("a\u2028b", "# a b"),
        ("\x1b[31mred", "# [31mred"),
        ("key = 1\r\n[place]", "# key = 1 [place]"),
        ("", "# "),
    ],
)
def test_a_comment_is_one_line_whatever_it_tells(text: str, line: str) -> None:
    assert comment(text) == line


def test_texts_are_shortened_and_quoted_for_a_person() -> None:
    assert short("a\tb\n c") == "'a b c'"
    assert len(short("x" * 100)) == 42
    assert quoted('say "hi"\\\x7f\n') == '"say \\"hi\\"\\\\\\u007f\\n"'
    assert printable("Młyn\x00Żary") == "Młyn Żary"
    assert number_range(np.array([3.0, 1.5])) == "1.5 to 3"
    assert number_range(np.array([])) == "no numbers"


FIELDS = ("type", "status", "start", "end", "operator", "heritage_ref", "accuracy_m", "city", "address")
CELLS = {
    "type": ["iron", "mill", "brewery"],
    "status": ["open", "closed", "ruin"],
    "start": ["1850", "1860", "1870"],
    "end": ["1950", "1960", "1970"],
    "operator": ["Foo GmbH", "Bar", "Baz"],
    "heritage_ref": ["PA0001", "PA0077", "PA0003"],
    "accuracy_m": ["10", "100", "20"],
    "city": ["Abc", "Def", "Ghi"],
    "address": ["Abc 1", "Def 2", "Ghi 3"],
}
HEADS = {
    "en": "Kind;State;Since;Until;Owner;Heritage number;Accuracy;Town;Address",
    "de": "Gattung;Erhaltungszustand;seit;bis;Betreiber;Denkmalnummer;Lagegenauigkeit;Stadt;Anschrift",
    "cs": "Druh;Stav;od;do;Provozovatel;Rejst. č. ÚSKP;Přesnost;Obec;Adresa",
    "it": "Categoria;Stato di conservazione;dal;fino al;Gestore;Vincolo;Precisione;Comune;Indirizzo",
    "sl": "Zvrst;Stanje;od leta;do leta;Upravljavec;EŠD;Natančnost;Naselje;Naslov",
    "hr": "Vrsta;Stanje;od;do;Vlasnik;Registarski broj;Točnost;Mjesto;Adresa",
    "pl": "Rodzaj;Stan;od roku;do roku;Właściciel;Nr rejestru;Dokładność;Miejscowość;Ulica",
    "nl": "Soort;Toestand;vanaf;tot;Exploitant;Monumentnummer;Nauwkeurigheid;Plaats;Straat",
    "fr": "Genre;État;depuis;jusqu'en;Propriétaire;Réf. Mérimée;Précision;Commune;Rue",
}


@pytest.mark.parametrize("language", HEADS)
def test_the_heads_of_nine_languages_are_known(language: str) -> None:
    heads = dict(zip(FIELDS, HEADS[language].split(";"), strict=True))
    found = fields_of([column(head, CELLS[name]) for name, head in heads.items()])
    assert {name: fitting[0].name for name, fitting in found.items() if name in heads} == heads
    assert found.keys() == heads.keys(), "no head is taken for what it does not say"


def test_how_exact_a_date_is_is_no_accuracy_of_a_place() -> None:
    cells = ["1", "2", "5"]
    assert not fields_of([column("date_accuracy", cells), column("Přesnost datace", cells)]).get("accuracy_m")


@pytest.mark.parametrize(
    ("cells", "numbers_rows"),
    [
        (["Z0", "Z1", "Z2"], True),
        (["OBJ-001", "OBJ-002", "OBJ-003"], True),
        (["Obj. 9 a", "Obj. 10 a", "Obj. 11 a"], True),
        (["1", "2", "3"], True),
        (["17.5", "17.6", "17.7"], False),  # degrees
        (["OBJ-001", "OBJ-003", "OBJ-004"], False),  # a row went: the numbers stay with their rows
        (["OBJ-001", "OBX-002", "OBJ-003"], False),
        (["A/1/54", "A/2/61", "A/3/70"], False),
        (["a", "b", "c"], False),
        (["1", "2"], False),  # too few to tell
    ],
)
def test_a_number_without_a_gap_numbers_the_rows_whatever_stands_around_it(
    cells: list[str], numbers_rows: bool
) -> None:
    assert column("code", cells).is_counter == numbers_rows


@pytest.mark.parametrize(
    "head", ["Lp.", "L.p.", "poř. č.", "P.č.", "Zap. št.", "R. br.", "Redni broj", "Volgnr.", "Lfd. Nr."]
)
def test_what_numbers_the_rows_is_called_so_in_every_language(head: str) -> None:
    counted, register = column(head, ["1", "2", "4"]), column("kod", ["A7", "A1", "A3"])
    assert key_of([counted, register])[0] == register
    assert key_of([counted])[0] == counted
    assert counted.is_called_row


@pytest.mark.parametrize(
    ("field", "head", "cells"),
    [
        ("website", "Website", ["www.mijnmuseum.be", "c-mine.be", "https://a.eu/b"]),
        ("opening_hours", "openingsuren", ["di-zo 10-17u", "op afspraak"]),
        ("opening_hours", "Godziny otwarcia", ["10-16"]),
        ("present_use", "heutige Nutzung", ["Wohnen", "Museum"]),
        ("present_use", "use", ["housing", "museum"]),
    ],
)
def test_what_a_list_of_museums_tells_is_known(field: str, head: str, cells: list[str]) -> None:
    assert fields_of([column(head, cells)]).keys() == {field}
    assert not fields_of([column("mail", ["info at a.b", "-"])])


@pytest.mark.parametrize(
    ("head", "cells", "field"),
    [
        ("NUTZUNG", ["Brauerei", "Ziegelei", "Mühle", "Wohnen"], "type"),
        ("use", ["brewery", "museum"], "present_use"),
        ("Nutzung", ["Museum", "Fabrik"] * 3, "present_use"),
        ("heutige Nutzung", ["Brauerei", "Ziegelei"] * 3, "present_use"),
    ],
)
def test_a_column_of_uses_that_holds_kinds_of_works_tells_what_they_were(
    head: str, cells: list[str], field: str
) -> None:
    """Its kinds were read as uses of today, each of them unknown; and a museum of today as what the works were."""
    assert next(iter(fields_of([column(head, cells)]))) == field


@pytest.mark.parametrize(
    ("name", "cells", "field"),
    [
        ("Was", ("Mühle", "Brauerei", "Mühle", "Ziegelei", "Mühle", "Brauerei"), "type"),
        ("Bemerkung", ("in Betrieb", "verfallen", "in Betrieb", "abgebrochen", "in Betrieb", "verfallen"), "status"),
        ("Was", ("Mühle", "Brauerei", "Ziegelei", "Kalkofen", "Gaswerk", "Bergwerk"), None),  # may be names
        ("Führung", ("ja", "nein", "ja", "nein", "ja", "ja"), None),
        ("Gruppe", ("1", "2", "1", "2", "1", "2"), None),
        ("Was", ("Mühle", "Mühle"), None),  # too few to tell
        ("Strom", ("yes", "yes", "yes", "yes", "yes", "no"), None),  # answers another question
    ],
)
def test_kinds_and_conditions_are_told_by_their_cells(name: str, cells: tuple[str, ...], field: str | None) -> None:
    found = [one for one in fields_of([column(name, cells)]) if one in ("type", "status")]
    assert found == ([field] if field else [])


def test_a_key_that_stands_twice_or_lacks_is_offered_and_told() -> None:
    twice, lacking = column("Nr", ["D-1", "D-2", "D-2", "D-3", "D-4"]), column("Inv.", ["a", "b", "c", "d"], rows=5)
    year = column("Nr Baujahr", ["1890", "1890", "1901", "1901", "1890"])
    assert doubled_keys_of([twice, lacking, year, column("id", ["1", "2", "3", "4"])]) == [twice, lacking]
    assert key_lines(None, [], [twice, lacking]) == [
        "# No column that is named like a key is one: until one is set, rows are recognized by their content.",
        "# 'Nr' has the name of a key, but 1 value stands in several rows, e.g. 'D-2' in 2, told apart by their order "
        "alone. Ask the sender to correct that, then use:",
        '# key = "Nr"',
        "# 'Inv.' has the name of a key, but 1 row without one would be rejected. "
        "Ask the sender to correct that, then use:",
        '# key = "Inv."',
    ]


def test_names_in_one_word_as_services_write_them_are_read() -> None:
    registry = pd.DataFrame(
        {
            "contactName": ["Anna", "Jan", "Eva", "Karl"], "nameOfFeature": NAMES,
            "facilityStatus": ["functional", "disused", "functional", "disused"], "reportingYear": ["2019"] * 4,
            "dateOfStartOfOperation": ["1881", "1890", "1901", "1920"], "siteInspireId": ["a", "c", "x", "b"],
            "authorityAddressCountryCode": ["AT"] * 4, "pointGeometryLon": ["15.07", "15.32", "15.09", "15.1"],
            "pointGeometryLat": ["47.37", "47.27", "47.38", "47.3"],
        }
    )  # fmt: skip
    columns = columns_of(registry)
    axes = axes_of(columns)
    assert axes is not None
    assert [axis.name for axis in axes] == ["pointGeometryLon", "pointGeometryLat"]
    key, _ = key_of(columns)
    assert key is not None
    assert key.name == "siteInspireId"
    assert {name: [one.name for one in found] for name, found in fields_of(columns).items()} == {
        "name": ["nameOfFeature"], "start": ["dateOfStartOfOperation"], "status": ["facilityStatus"],
    }  # fmt: skip


@pytest.mark.parametrize(
    "head", ["Hausnr.", "Haus-Nr.", "č.p.", "N. civico", "Hišna številka", "Kućni broj", "Nr domu", "Huisnummer"]
)
def test_the_number_of_a_house_is_a_part_of_the_address_and_no_key(head: str) -> None:
    numbers, street = column(head, ["12", "3", "bb"]), column("Ulica", ["A", "B", "C"])
    assert house_numbers([numbers]) == [numbers]
    assert house_numbers([column(name, numbers.cells) for name in ("Nr", "Objekt-Nr.", "Číslo")]) == []
    assert address_columns(street, [numbers]) == f'["Ulica", "{head}"]'


def test_a_bare_number_is_that_of_a_house_behind_streets_alone_and_no_postcode_ever_is() -> None:
    """Of "ulica;nr" the numbers were lost, and "Adresse;CP" made an address of street and postcode."""
    bare, street = column("nr", ["12", "3a", "1"]), column("ulica", ["A", "B", "C"])
    assert house_numbers([bare, street]) == []
    assert house_numbers([street, bare]) == [bare]
    assert house_numbers([column("Adresse", ["A", "B"]), codes := column("CP", ["3600", "3790"])]) == []
    assert "postcode" in fields_of([codes])
    whole = column("Ulice, č.p.", ["Dlouhá 12", "Krátká 3"])
    assert house_numbers([whole]) == []
    assert "address" in fields_of([whole])


@pytest.mark.parametrize(
    ("cells", "country", "told"),
    [
        (("8056", "08371"), "DE", '1 of 2 have less than 5 digits ("8056")'),
        (("8056", "9130"), "DE", "2 of 2"),
        (("8056", "8700"), "AT", None),
        (("08056", "35131"), "IT", None),
        (("8056", "08371"), None, None),
    ],
)
def test_postcodes_that_lost_their_zero_are_told(cells: tuple[str, ...], country: str | None, told: str | None) -> None:
    (postcodes,) = fields_of([column("PLZ", cells)])["postcode"]
    lines = lost_zero_lines(postcodes, country)
    assert told in lines[0] if told else lines == []


@pytest.mark.parametrize("cell", ["CZ 362 21", "CZ-36221", "362 21", "PL 45-123", "D-08056", "AT 8700"])
def test_a_postcode_may_bear_its_country(cell: str) -> None:
    assert "postcode" in fields_of([column("PSČ", [cell, cell])])


def test_another_sheet_explains_codes_alone_that_it_has_all() -> None:
    kinds = pd.DataFrame({"ArtID": [1.0, 2.0, None, 3.0], "Art": ["Bergwerk", "Weberei", "Mühle", None]}, dtype=object)
    (found,) = codes_of([("tblArt", kinds), ("tblAlt", kinds)], [column("ArtID", ("1", "2", "1", "3"))])
    assert (found.sheet, found.words) == ("tblArt", {"1": "Bergwerk", "2": "Weberei"})
    assert codes_of([("tblArt", kinds)], [column("ArtID", ("1", "2", "1", "7"))]) == []
    assert codes_of([("tblArt", kinds)], [column("ArtID", ("1", "2", "3"))]) == [], "each row has its own"


@pytest.mark.parametrize(("share", "is_swapped"), [(1.0, False), (1.0, True), (0.8, False)])
def test_columns_that_no_name_tells_are_axes_where_they_put_nearly_all_rows_into_the_region(share, is_swapped) -> None:
    cells = {"a": [f"18,{n}01" for n in range(1, 9)], "b": [f"50,{n}02" for n in range(1, 9)], "nr": [*"12345678"]}
    frame = pd.DataFrame(cells)
    asked: list[np.ndarray] = []

    def candidates(points: np.ndarray) -> list[Candidate]:
        asked.append(points)
        return [Candidate(Reading("axes swapped" if is_swapped else "as written", "EPSG:4326"), share, 0.0)]

    found = axes_inside(frame, columns_of(frame), candidates)
    assert (found and [one.name for one in found]) == (None if share < 0.9 else [*"ba"] if is_swapped else [*"ab"])
    assert asked[0][0].tolist() == [18.101, 50.102]
    assert len(asked) == 1, "what numbers the rows is no axis"
    assert [line.split(" ")[1] for line in number_lines(frame, columns_of(frame))] == ["'a'", "'b'"]


def test_zones_are_few_and_a_shape_is_told_by_its_middle() -> None:
    assert zone_lines([column("strefa", ["32U", "33U"])]) != []
    assert zone_lines([column("a", ["33U"])]) == zone_lines([column("b", [f"{zone}U" for zone in range(30, 36)])]) == []
    assert shape_points(pd.Series([None, shapely.box(0, 0, 2, 4)])).tolist() == [[1.0, 2.0]]


def test_sheets_hold_what_stands_in_them_and_are_called_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"sheet": ["own", "own"], "name of the sheet": ["A", "B"], "x": ["1", None], "y": ["2", "3"]})
    warnings = [("hidden_sheet", "sheet 'A': hidden", 1), ("pivot_sheet", "sheet 'A': sums", 1)]
    asked: list[Read] = []
    table = SimpleNamespace(kind="spreadsheet", frame=frame, warnings=warnings)
    monkeypatch.setattr(sheets, "read_table", lambda _path, read: asked.append(read) or table)
    found = sheets.sheets_of(Path("a.xlsx"), Read(sheet="B", header_row=3, header_rows=2))
    assert (asked[0].header_row, asked[0].header_rows) == (1, 1)
    assert found.mark("A") == " (hidden, a pivot table)"
    ((name, rows),) = found.others("A")
    assert (name, [*rows.columns]) == ("B", ["sheet", "y"])


@pytest.mark.parametrize(
    ("field", "wrong", "right"),
    [
        ("start", "Godina upisa", "Godina izgradnje"),
        ("start", "Anno di rilevamento", "Anno di costruzione"),
        ("start", "Rok wpisu", "Datowanie"),
        ("start", "Datum der geplanten Inbetriebnahme", "Inbetriebnahmedatum der Einheit"),
    ],
)
def test_a_year_in_which_something_was_written_down_or_is_planned_is_no_beginning(
    field: str, wrong: str, right: str
) -> None:
    columns = [column(name, ("1890", "1902", "1911", "1923")) for name in (wrong, right)]
    assert [entry.name for entry in fields_of(columns)[field]] == [right]


def test_of_two_columns_that_may_be_conditions_a_part_of_a_country_comes_last() -> None:
    columns = [
        column("state", ("Sachsen", "Bayern", "Sachsen", "Berlin")),
        column("status", ("shutdown", "operating", "operating", "shutdown")),
    ]
    assert [entry.name for entry in fields_of(columns)["status"]] == ["status", "state"]
    assert [entry.name for entry in fields_of(columns[:1])["status"]] == ["state"]


def test_the_name_of_an_owner_is_none_of_a_site_where_there_is_another() -> None:
    owners = column("Owner name (English)", ("Heidelberg", "Holcim", "Cemex", "Buzzi"))
    found = fields_of([owners, column("Asset name (English)", NAMES)])
    assert [entry.name for entry in found["name"]] == ["Asset name (English)"]
    assert [entry.name for entry in found["operator"]] == ["Owner name (English)"]
    assert [entry.name for entry in fields_of([owners])["name"]] == ["Owner name (English)"]
