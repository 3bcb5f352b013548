from __future__ import annotations

from itertools import chain

import numpy as np
import pandas as pd
import pytest
import shapely
from match_rows import backdrop, point, records, row, square

from inducult_geo.frames import RECORD_COLUMNS, to_json
from inducult_geo.match.pairs.compared import PLACE_FLOOR_M, Compared
from inducult_geo.match.pairs.comparisons import COMPARISONS
from inducult_geo.match.pairs.places import OUTSIDE_MEANT
from inducult_geo.match.pairs.types import (
    GENERAL_THEMES,
    NEIGHBORING_THEMES,
    NEIGHBORING_TYPES,
    STANDING_ALONE,
    THEMES_OF_ANY_WORKS,
)
from inducult_geo.match.reading.address_lines import without_towns
from inducult_geo.match.reading.addresses import companies_apart, read_address, read_addresses, tells_street
from inducult_geo.match.reading.prepare import accuracies, prepare
from inducult_geo.match.reading.prepared import AMONG_HOUSES, LISTED
from inducult_geo.match.reading.words import Words
from inducult_geo.ragged import Ragged
from inducult_geo.text import packaged_rows

BY_NAME = {entry.name: entry for entry in COMPARISONS}


def compare(name, one, other, *, extra=()):
    return compare_by([name], one, other, extra=extra)[0]


def compare_by(names, one, other, *, extra=()):
    table = records(row("a:1", **one), row("b:1", **other), *extra, *backdrop())
    pairs = Compared(prepare(table), np.array([0]), np.array([1]))
    return [float(BY_NAME[name].compare(pairs).value[0]) for name in names]


@pytest.mark.parametrize("name", BY_NAME)
def test_nothing_told_is_unknown_never_zero(name):
    assert np.isnan(compare(name, {}, {}))


FULL = {
    "name": "Zementwerk Rohrdorf 2",
    "operator": "Wiesböck GmbH",
    "address": "Sinning 1",
    "postcode": "83101",
    "city": "Rohrdorf",
    "ids": {"wikidata": "Q1"},
    "geometry": square(200),
    "type": "cement_works",
    "theme": "building_materials",
    "start_year": 1930,
    "tags": '{"capacity": "120.5", "fuel": "Fossil Hard coal"}',
}


@pytest.mark.parametrize("name", BY_NAME)
def test_one_side_alone_is_unknown_and_both_alike_are_best(name):
    if name not in ("numbers", "name told"):
        assert np.isnan(compare(name, FULL, {}))
    full = FULL | {"name": "Heizkraftwerk Rohrdorf 2"} if name == "power house" else FULL
    untold = {"name told": "city", "town alone": "geometry"}.get(name)
    same = compare(name, full, full | {untold: None} if untold else full)
    if name in ("outline", "next door"):  # two areas have none between them, nor has a house another one
        assert np.isnan(same)
    elif name == "telling words":  # by rarity, not by likeness
        assert same > 0.5
    else:
        assert same == pytest.approx(0.0 if name in ("place", "years", "capacity") else 1.0)


@pytest.mark.parametrize("entry", COMPARISONS, ids=lambda entry: entry.name)
def test_entries_are_whole(entry):
    assert set(entry.fields) <= {*RECORD_COLUMNS, "geometry"}
    assert entry.knots == tuple(sorted(entry.knots))
    assert entry.compare.__doc__


@pytest.mark.parametrize("entry", COMPARISONS, ids=lambda entry: entry.name)
def test_symmetric_and_told_in_words(entry):
    table = records(row("a:1", **FULL), row("b:1", **FULL | {"name": "Werk SPZ Rohrdorf"}), *backdrop())
    both = Compared(prepare(table), np.array([0, 1]), np.array([1, 0]))
    scores = entry.compare(both)
    assert scores.value[0] == pytest.approx(scores.value[1], nan_ok=True)
    assert all(isinstance(text, str) for text in scores.detail(np.array([0, 1])))


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("Maschinenfabrik Mühle", "Muehle Maschinenfabrik", 0.95, 1.0),
        ("Kupfer-Schmelzanlage mit Gießerei", "Kupferschmelzanlage mit Giesserei", 0.5, 1.0),
        ("Brikettfabrik Louise", "Druckerei Hornung", 0.0, 0.2),
        ("Antonov rov", "Antonijev rov", 0.3, 0.75),
        # A legal form is no word of a name, wherever it stands.
        ("Wacker GmbH, Burghausen", "Wacker Burghausen", 1.0, 1.0),
        ("Holcim Zrt. Lábatlan", "Holcim Lábatlan", 1.0, 1.0),
        ("Equinor ASA Granefeltet", "Equinor Granefeltet", 1.0, 1.0),
        # In one word or two; the middle one of three goes with the first.
        ("Arcelor Mittal Kraków", "ArcelorMittal Kraków", 1.0, 1.0),
        ("Papierfabrik Chateau-Feuillet", "Chateaufeuillet, Papierfabrik", 1.0, 1.0),
        ("Rau Chel Tal", "Rauchel Cheltal", 0.4, 0.6),
    ],
)
def test_names(one, other, least, most):
    assert least <= compare("name", {"name": one}, {"name": other}) <= most


def test_every_variant_of_a_name_counts():
    one = {"names": {"name": "C-mine", "old_name": "Steenkoolmijn Winterslag"}}
    assert compare("name", one, {"name": "Steenkoolmijn Winterslag"}) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("one", "other", "value"),
    [
        ("Neurath F", "Neurath G", 0.0),
        ("Neurath F", "Neurath", 0.5),
        ("Hochofen 3", "Hochofen III", 1.0),
        ("TPP_Iztok3", "Maritsa Iztok-3", 1.0),
        ("Centrale Brindisi Nord", "Brindisi Sud", 0.0),
        ("Elektrownia Jastrząb Wschód", "Jastrzab East", 1.0),
        ("Werk Süd", "Werk", 0.5),
        # A number is no answer to a quarter; what both tell must agree.
        ("Werk Süd", "Werk 2", 0.5),
        ("Werk Süd 2", "Werk 2", 1.0),
        ("Werk Süd 2", "Werk Nord 2", 0.0),
        ("Werk Süd 1", "Werk Süd 2", 0.0),
        ("Alte Porzellanfabrik Rohla", "Neue Rohla", 0.0),
        ("Ziegelei Oberes Tal", "Unteres Tal", 0.0),
        ("Große Mühle Hof", "Kleine Hof", 0.0),
        ("Alte Rohla", "Rohla alt", np.nan),
        # So is one side no answer to another kind of them.
        ("Altes Werk Hof", "Werk Hof Nord", 0.5),
        ("Neue Zeche Alte Haase", "Alte Haase", np.nan),
    ],
)
def test_unit_numbers_and_sides(one, other, value):
    assert compare("numbers", {"name": one}, {"name": other}) == pytest.approx(value, nan_ok=True)


@pytest.mark.parametrize("kind", ["name", "name within", "telling words", "words"])
@pytest.mark.parametrize(("one", "other"), [("Ciglana 7 Sisak", "Pogon 7"), ("Werk Nord", "Mühle Nord")])
def test_names_with_a_number_alone_in_common_have_nothing_in_common(kind, one, other):
    assert compare(kind, {"name": one, "operator": "Alfa"}, {"name": other, "operator": "Zeta"}) == 0.0


def test_words_tell_as_much_among_few_records():
    """Four machines and the row of their plant are all that is there: their name is no word that everybody bears."""
    plant = [row("b:1", "Huta Pokój"), *(row(f"a:{unit}", f"Huta Pokój {unit}") for unit in range(1, 5))]
    told = []
    for others in ([], backdrop(250)):
        german = [other | {"country": "DE"} for other in others]
        pairs = Compared(prepare(records(*plant, *german)), np.array([1]), np.array([0]))
        told.append(float(BY_NAME["telling words"].compare(pairs).value[0]))
    few, many = told
    assert few > 0.7 * many


def test_a_number_grown_onto_a_word_is_taken_off():
    assert compare("name within", {"name": "LAVRIO4"}, {"name": "Lavrio"}) > 0.5


def test_operator_may_stand_in_the_other_name():
    value = compare("operator", {"name": "Werk Nord", "operator": "Märker Zement"}, {"name": "Märker Zement Harburg"})
    assert value == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("one", "other", "street", "number"),
    [
        ("Klosterstrasse 29", "Klosterstraße 29", 1.0, 1.0),
        ("via Domenico Fermi, 33", "VIA DOMENICO FERMI 35", 1.0, 0.0),
        ("Frankfurter Chaussee -", "Frankfurter Chaussee", 1.0, np.nan),
        ("Olefinstr. 1", "Olefinstrasse 1", 1.0, 1.0),
        ("Via dei Masini 95/97", "Via dei Masini 97", 1.0, 1.0),
        ("Linjakatu 2 n/a", "Linjakatu 2", 1.0, 1.0),
        # A range of houses; a longer one is none.
        ("Hüttenring 5", "Hüttenring 3-7", 1.0, 1.0),
        ("Hüttenring 5", "Hüttenring 3-70", 1.0, 0.0),
        # The number of a post box is no house, and a box alone is no street.
        ("Rautaruukintie 155", "PL 93", np.nan, np.nan),
        ("Raffinaderivägen 1", "Box 48084/Raffinaderivägen 1", 1.0, 1.0),
        ("contrada Marcellino", "c.p. 101 / Contrada Marcellino SNC", 1.0, np.nan),
        ("Hollaveien 482", "Postboks 130", np.nan, np.nan),
        ("Avenida da Liberdade, Apartado 12", "Avenida da Liberdade 4", 1.0, np.nan),
        ("Rue du Ried", "B.P. N° 7 rue du Ried", 1.0, np.nan),
        # A road's number is a word of it, and so is a milestone.
        ("N-240 km 38,9", "N-240, Km. 38", 1.0, np.nan),
        ("Strada statale 114", "strada SS 114", 1.0, np.nan),
        ("Ctra. CV20, km 7", "Ctra. CV 20, Km 7", 1.0, np.nan),
        ("STS 106 Jonica snc", "S.S. 106 Jonica, 1", 1.0, np.nan),
        # Some write a milestone behind its number; behind a road's it is the road's.
        ("27ο ΧΛΜ Αθηνών-Κορίνθου", "27o km Athinon - Korinthou 3", 1.0, np.nan),
        ("6,5 km Thessaloniki - Lagada", "Km 6 Thessaloniki-Lagada", 1.0, np.nan),
        ("16th km Nicosia Road", "Nicosia Road, km 16", 1.0, np.nan),
        ("N-340 km. 1155", "N-340 km 1155,5", 1.0, np.nan),
        # A day that a street is called by is no house; the year after it neither.
        ("27 Grudnia 5", "27 Grudnia 11", 1.0, 0.0),
        ("ul. 28 Czerwca 1956 r. 135/147", "ul. 28 Czerwca 1956", 1.0, np.nan),
        ("5 rue du 8 Mai 1945", "rue du 8 mai 5", 1.0, 1.0),
        ("Straße des 17. Juni 12", "Straße des 17. Juni 17", 1.0, 0.0),
        ("12 Mars Street", "Mars Street 12", 1.0, 1.0),
        ("Rua 5 de Outubro 12", "Rua 5 de Outubro 5", 1.0, 0.0),
        ("25ης Μαρτίου 5", "25is Martiou 25", 1.0, 0.0),
        ("ul. 3-ти март 12", "ul. 3 mart 3", 1.0, 0.0),
        ("Av. 11 d'Octubre 5", "Av. 11 Octubre 11", 1.0, 0.0),
        ("Március 15. tér 3", "Március 15 tér 15", 1.0, 0.0),
        ("Vasario 16-osios gatvė 7", "Vasario 16 gatvė 16", 1.0, 0.0),
        ("May 1st Street 4", "1st May Street 1", 1.0, 0.0),
        # ... also where no house is told.
        ("Március 15. tér", "Március 15. tér 3", 1.0, np.nan),
        ("Vasario 16-osios gatvė", "Vasario 16-osios gatvė 7", 1.0, np.nan),
        ("25ης Μαρτίου", "25ης Μαρτίου 5", 1.0, np.nan),
        ("May 12", "12 May", 1.0, 1.0),
        ("Halle 2 August-Thyssen-Str. 1", "August-Thyssen-Str. 2 Halle", 1.0, 1.0),
        ("An der B 93", "An der B93", 1.0, np.nan),
        # The letter of a house is written in many ways; what stands for "and", "to" or begins an abbreviation is none.
        ("Via Roma 3/A", "Via Roma 3a", 1.0, 1.0),
        ("Via Roma 3/A", "Via Roma 3/B", 1.0, 0.0),
        ("Avda. Rosales, 399-B", "Avda. Rosales 399 b", 1.0, 1.0),
        ("8 bis, rue Bihari", "rue Bihari 8bis", 1.0, 1.0),
        ("Gutenberga 6 i 14", "Gutenberga 6", 1.0, 1.0),
        ("3 Z.I. de Bellevue", "Bellevue 3", 1.0, 1.0),
        # A flat is no house.
        ("Nieuwe Weg 1 bus 3", "Nieuwe Weg 3", 1.0, 0.0),
        ("Mostowa 12 m. 5", "Mostowa 5 lok. B", 1.0, 0.0),
        # An estate, a village or the works is not another street than one; alike it is.
        ("Rue Jules Guesde", "Usine de Rety", np.nan, np.nan),
        ("Zone industrielle", "Rue Jules Guesde 7", np.nan, np.nan),
        ("Östra Bravikenvägen 20", "Bravikens Pappersbruk", np.nan, np.nan),
        ("Rue Jules Guesde", "Chemin Noir", 0.0, np.nan),
        ("Usine de Rety", "Zone Orti", 0.0, np.nan),
        ("Usine de Rety 2", "Usine de Rety", 1.0, np.nan),
        # The sign of a Czech house is none of an Italian box.
        ("U Sklárny čp. 300", "U Sklárny 300", 1.0, 1.0),
        # What has five digits is a postcode.
        ("Sat Tasca 617455", "Sat Tasca 12", 1.0, np.nan),
    ],
)
def test_addresses(one, other, street, number):
    told = compare_by(["street", "house number"], {"address": one}, {"address": other})
    assert told == pytest.approx([street, number], nan_ok=True)


@pytest.mark.parametrize(
    ("one", "other", "value"),
    [
        ({}, {"address": "Rynek 76"}, 1.0),
        ({"name": None}, {"address": "Rynek 76"}, 1.0),
        ({}, {}, np.nan),
        ({}, {"address": "Rynek 75-77"}, np.nan),
        ({}, {"address": "Rynek"}, np.nan),
        ({}, {"address": "Wodna 76"}, np.nan),
        # A list of works tells the gate, or the office.
        ({}, {"address": "Rynek 76", "accuracy_m": 500.0}, np.nan),
        # Works of one rare name may stand on two numbers.
        ({}, {"address": "Rynek 76", "name": "Apteka pod Złotym Lwem"}, np.nan),
    ],
)
def test_two_houses_of_one_street_are_two_for_who_knows_places(one, other, value):
    first = {"name": "Apteka pod Złotym Lwem", "address": "Rynek 75", "accuracy_m": 20.0} | one
    second = {"name": "Bank", "address": "Rynek 75", "accuracy_m": 50.0} | other
    assert compare("next door", first, second) == pytest.approx(value, nan_ok=True)


@pytest.mark.parametrize(
    ("one", "other", "value"),
    [
        ("06406", "6406", 1.0),
        ("55012", "55014", 0.8),
        ("1120", "9042", 0.0),
        ("SI-3320", "3320", 1.0),
        ("LV- 2117", "LV2117", 1.0),
        ("D-35576", "35576", 1.0),
        ("D – 08056", "08056", 1.0),
        ("d-08056", "D 08056 Zwickau", 1.0),
        ("15890 Eisenhüttenstadt", "15890", 1.0),
        ("PL-45-123", "45-123 Opole", 1.0),
        ("CZ 360 01 Karlovy Vary", "36001", 1.0),
        ("NL-1012 AB Amsterdam", "1012ab", 1.0),
        ("1012AB Amsterdam", "1012 AC", 5 / 6),
        ("AB21 9AB", "ab219ab", 1.0),
        ("1951 JZ", "1951JZ", 1.0),
        ("County Cork", "County Kerry", np.nan),
    ],
)
def test_postcodes(one, other, value):
    assert compare("postcode", {"postcode": one}, {"postcode": other}) == pytest.approx(value, nan_ok=True)


def test_a_town_is_known_in_a_name_however_it_is_spelled():
    """ "Dunkerque" is "dunkerqu" among the words of a name, since "ue" is another writing of "ü"."""
    town = {"name": "Aluminium Dunkerque", "city": "DUNKERQUE CEDEX 1"}
    other = {"name": "Raffinerie Dunkerque", "city": "Dunkerque"}
    assert compare("name", town, other) < compare("name", town | {"city": None}, other | {"city": None})
    assert compare("town alone", town, other) == 1.0


def test_the_municipality_in_brackets_behind_a_town_is_no_name_of_works():
    museum = {"name": "Mijnmuseum Beringen"}
    works = {"name": "Borealis Polymers - Beringen", "city": "Paal (Beringen)"}
    assert compare("name within", works, museum) < compare("name within", works | {"city": "Paal"}, museum)
    assert np.isnan(compare("town alone", works, museum | {"geometry": None}))
    found = Words().towns(
        pd.Series(["Sassuolo (MO)", "Paal (Beringen)", None]), np.zeros(3, dtype=int), np.array([""], dtype=object)
    )
    assert [part.counts.tolist() for part in found] == [[1, 1, 0], [1, 2, 0]]


@pytest.mark.parametrize("there", [None, point()])
def test_a_town_counts_for_itself_where_no_distance_tells(there):
    one, other = {"city": "Opole", "geometry": point()}, {"city": "Oppeln", "country": "PL", "geometry": there}
    told = compare("town alone", one | {"country": "PL"}, other)
    assert told == pytest.approx(1.0 if there is None else np.nan, nan_ok=True)


@pytest.mark.parametrize(
    ("one", "least", "most"),
    [
        ({"city": "Nemours", "address": "Rue Saint-Laurent, Bagneaux-sur-Loing"}, 0.95, 1.0),
        ({"city": "Nemours", "name": "Corning Bagneaux sur Loing"}, 0.95, 1.0),
        ({"city": "Nemours", "address": "Rue Saint-Laurent"}, 0.0, 0.5),
        ({"city": None, "address": "Rue Saint-Laurent, Bagneaux-sur-Loing"}, np.nan, np.nan),
    ],
)
def test_the_town_of_works_may_stand_elsewhere_where_an_office_has_another(one, least, most):
    """A head office, or the municipality, is told for the town; the village of the works is in the address or name."""
    works = {"name": "Corning", "city": "BAGNEAUX SUR LOING", "country": "FR", "geometry": None}
    one = {"name": "Corning", "country": "FR", "geometry": None} | one
    value = compare("town alone", one, works)
    assert compare("town alone", works, one) == pytest.approx(value, nan_ok=True)
    assert np.isnan(value) if np.isnan(least) else least <= value <= most


@pytest.mark.parametrize(
    ("told", "least", "most"),
    [
        ({"city": "Cordemais"}, 0.7, 1.0),
        ({"city": "Nantes", "address": "Unité de production Cordemais"}, 0.7, 1.0),
        ({"city": "Nantes"}, 0.0, 0.5),
    ],
)
def test_a_name_that_is_the_town_of_the_other_is_told(told, least, most):
    """A list without addresses names its works by their town; the other tells it in the address alone."""
    value = compare("name told", {"name": "E D F"} | told, {"name": "Cordemais"})
    assert least <= value <= most
    assert np.isnan(compare("name told", {"name": "E D F"} | told, {"name": "Cordemais", "city": "Nantes"}))


def test_works_are_alike_in_greek_and_latin_letters():
    greek, latin = {"name": "ΧΑΛΥΒΟΥΡΓΙΚΗ Α.Ε.", "country": "GR"}, {"name": "Halyvourgiki S.A.", "country": "GR"}
    assert compare("name", greek, latin) > 0.6
    assert compare("town alone", greek | {"city": "Λάρυμνα"}, latin | {"city": "LARYMNA"}) == 1.0
    assert compare("street", greek | {"address": "Παραλία Διστόμου"}, latin | {"address": "Paralia Distomou"}) == 1.0


def test_the_share_of_an_owner_is_no_part_of_its_name():
    names = {"name": "Hochofen", "parent": "Saarstahl [50.0%]"}
    table = records(row("a:1", "Hochofen", operator="Saarstahl"), row("b:1", names=names), *backdrop())
    pairs = Compared(prepare(table), np.array([0]), np.array([1]))
    assert BY_NAME["operator"].compare(pairs).value[0] == pytest.approx(1.0)


def test_postcodes_of_two_countries_say_nothing():
    assert np.isnan(compare("postcode", {"postcode": "1120"}, {"postcode": "1120", "country": "AT"}))


def test_a_shared_identifier_tells_less_where_others_bear_it():
    mine = {"ids": {"permit": "5"}}
    assert compare("identifier", mine, mine) == 1.0
    assert compare("identifier", mine, mine, extra=[row("b:2", ids={"permit": "5"})]) == 0.5
    assert compare("identifier", {"ids": {"wikidata": "Q1"}}, {"ids": {"wikidata": "Q2"}}) == 0.0
    assert np.isnan(compare("identifier", {"ids": {"wikidata": "Q1"}}, {"ids": {"heritage": "7"}}))


@pytest.mark.parametrize(
    ("scheme", "told", "expected"),
    [
        *(("heritage", told, 1.0) for told in ("A-1/54", "a 1/54", "A–1/54.")),
        *(("heritage", told, np.nan) for told in ("nr rej. A-1/54 z 12.03.1954", "A-1/54; A-2/61", "1/54", "Denkmal")),
        *(("heritage", told, 0.0) for told in ("A-15/4", "A-1/5", "A-2/54")),
        *(("wikidata", told, np.nan) for told in ("Q7; Q8", "see Q7", "Q8; Q9")),
    ],
)
def test_one_identifier_may_be_written_in_two_ways(scheme, told, expected):
    """Two registers that wrote a number in two ways had the same brewery under one name be two."""
    mine = {"heritage": "A-1/54", "wikidata": "Q7"}[scheme]
    found = compare("identifier", {"ids": {scheme: mine}}, {"ids": {scheme: told}})
    assert np.array_equal(found, expected, equal_nan=True)


def test_a_number_that_lost_its_zeros_is_the_same():
    one, other = ({"ids": {"heritage": told}} for told in ("09203456", "9203456"))
    assert compare("identifier", one, other) == 1.0


def test_place_counts_in_units_of_accuracy():
    near = [compare("place", {"geometry": point(), "accuracy_m": a}, {"geometry": point(800)}) for a in (5.0, 2000.0)]
    assert near[0] > near[1]
    assert compare("place", {"geometry": square(4000)}, {"geometry": point(1900)}) == 0.0


def test_accuracy_is_supposed_from_what_the_point_stands_for():
    table = records(row("a:1", geometry_origin="settlement"), row("a:2"), row("a:3", accuracy_m=7.0))
    assert accuracies(table).tolist() == [2000.0, 300.0, 7.0]


def test_areas():
    assert compare("area", {"geometry": square(100)}, {"geometry": square(100, 50)}) == pytest.approx(1 / 3)
    assert np.isnan(compare("area", {"geometry": square(100)}, {"geometry": point()}))


def outline(side_m: float, east_m: float, accuracy_m: float = 20.0) -> float:
    """Compare a square of that side with a point so far east of its middle, both as true as told."""
    area, spot = ({"geometry": shape, "accuracy_m": accuracy_m} for shape in (square(side_m), point(east_m)))
    assert compare("outline", area, spot) == pytest.approx(compare("outline", spot, area), nan_ok=True)
    return compare("outline", area, spot)


def test_a_point_in_a_small_outline_tells_more_than_one_beside_it():
    inside, at_the_wall, next_door, over_there = (outline(20, east) for east in (0, 10, 30, 100))
    assert inside == at_the_wall > 2.5 > 1.0 > next_door > 0 > over_there
    # One point in four is not meant to lie in the outline of its site, so none tells more against it.
    assert 0 < over_there - np.log(1 / OUTSIDE_MEANT) < 0.15


def test_a_point_in_a_large_outline_or_one_that_is_not_true_tells_no_more_than_its_place():
    small, larger, large = (outline(side, 0) for side in (60, 120, 170))
    assert small > larger > large > 0
    assert np.isnan(outline(400, 0)), "the outline is larger than all that counts as near"
    assert 0 < outline(20, 0, accuracy_m=300.0) < 0.8
    assert abs(outline(20, 100, accuracy_m=300.0)) < 0.8


@pytest.mark.parametrize(("apart", "accuracy_m"), [(0.0, 60.0), (40.0, 60.0), (25.0, 20.0), (16.0, 20.0)])
def test_what_an_outline_tells_is_how_much_likelier_the_point_is_there(apart, accuracy_m):
    """By trial: the same site's errors keep their bound in 95 of 100, another's point lies anywhere near."""
    random, side, size = np.random.default_rng(3), 30.0, 1_000_000
    unit_m = np.hypot(np.hypot(accuracy_m, accuracy_m), PLACE_FLOOR_M)
    angle, far = random.uniform(0, 2 * np.pi, size), unit_m * np.sqrt(random.uniform(0, 1, size))
    other = np.column_stack([far * np.cos(angle), far * np.sin(angle)])
    error = random.normal(0, 1, (2, size, 2)) * accuracy_m / 2.4477
    assert np.mean(np.hypot(*error[0].T) <= accuracy_m) == pytest.approx(0.95, abs=0.002)
    own = random.uniform(-side / 2, side / 2, (size, 2)) + error.sum(axis=0)
    near = [np.mean(np.hypot(at[:, 0] - apart, at[:, 1]) < 5) for at in (own, other)]
    meant = (1 - 1 / OUTSIDE_MEANT) * (1 - (side**2 / np.pi + 2 * 2 * (accuracy_m / 2.4477) ** 2) / unit_m**2)
    wanted = np.log(meant * near[0] / near[1] + 1 - meant)
    # A square is not round, and its blur is taken for that of the distance to it.
    assert outline(side, apart, accuracy_m) == pytest.approx(wanted, abs=0.4)


def test_an_outline_is_told_with_where_the_point_lies():
    sides = [row("a:1", geometry=square(20)), row("b:1", geometry=point()), row("b:2", geometry=point(40))]
    pairs = Compared(prepare(records(*sides)), np.array([0, 0]), np.array([1, 2]))
    told = BY_NAME["outline"].compare(pairs).detail(np.array([0, 1]))
    assert told == ["of 400 m², inside", "of 400 m², 30 m outside"]


def test_two_points_or_two_areas_have_no_outline_between_them():
    assert np.isnan(compare("outline", {"geometry": point()}, {"geometry": point(5)}))
    assert np.isnan(compare("outline", {"geometry": square(20)}, {"geometry": square(30)}))
    assert np.isnan(compare("outline", {"geometry": square(20)}, {}))


def test_a_line_through_an_outline_is_no_point_in_it():
    """A railway or a weir touches many houses, and is none of them."""
    line = shapely.LineString([point(-900), point(900)])
    assert np.isnan(compare("outline", {"geometry": square(20)}, {"geometry": line}))
    assert np.isnan(compare("outline", {"geometry": line}, {"geometry": point()}))


def test_an_outline_beside_a_place_without_any_error_is_told():
    told = [outline(20, east, accuracy_m=0.0) for east in (0, 10, 50)]
    assert told[0] == told[1] > 3 > -1 > told[2]


@pytest.mark.parametrize(
    ("address", "country", "left", "company"),
    [
        ("Uddeholms AB", "SE", None, "Uddeholms AB"),
        ("Henkelstr. 67 BASF Personal Care GmbH", "DE", "Henkelstr. 67", "BASF Personal Care GmbH"),
        ("Köser-Straße Aluminium Oxid GmbH & Co. KG", "DE", "Köser-Straße", "Aluminium Oxid GmbH & Co. KG"),
        ("Via IV Novembre 276 (c/o Favini S.R.L.)", "IT", "Via IV Novembre 276", "Favini S.R.L."),
        ("Ibstock Brick Ltd Leicester Road", "GB", "Leicester Road", "Ibstock Brick Ltd"),
        ("Brunner Mond (UK) Ltd", "GB", None, "Brunner Mond (UK) Ltd"),
        ("SALT UNION LTD, Mersey View", "GB", "Mersey View", "SALT UNION LTD"),
        # What only looks like a legal form: no number, an eagle of Hungary, another country's form, a form alone.
        ("Via Roma SNC", "IT", "Via Roma SNC", None),
        ("Sas utca 7.", "HU", "Sas utca 7.", None),
        ("Hauptstraße 3 AB", "DE", "Hauptstraße 3 AB", None),
        ("Main Street, Ltd", "GB", "Main Street, Ltd", None),
        ("Meadow Road", "GB", "Meadow Road", None),
        # Whose law holds is not known.
        ("Uddeholms AB", "", "Uddeholms AB", None),
        (None, "SE", None, None),
    ],
)
def test_a_company_in_an_address_is_no_street(address, country, left, company):
    parts = companies_apart(pd.Series([address, "Hof 1"]), np.array([country, "DE"], dtype=object))
    told = [part.where(part.notna(), None).tolist() for part in parts]
    assert told == [[left, "Hof 1"], [company, None]]


@pytest.mark.parametrize(
    ("line", "city", "country", "street"),
    [
        ("John Kennedylaan 51, 9042 Gent, Belgium", "Ghent", "BE", "John Kennedylaan 51"),
        ("Kerpelystraße 199, 8700 Leoben, Styria, Austria", "Leoben", "AT", "Kerpelystraße 199"),
        ("Leoben, Styria, Austria", "Leoben", "AT", None),
        ("Leoben, Kerpelystraße 199", "Leoben", "AT", "Kerpelystraße 199"),
        ("Kresna, Zavoia", "Kresna", "BG", "Zavoia"),
        ("Via Roma, 12", "Padova", "IT", "Via Roma, 12"),
        ("Halle 3, A", "Linz", "AT", "Halle 3, A"),
        ("Leoben", "Leoben", "AT", "Leoben"),
    ],
)
def test_the_town_and_the_country_of_an_address_are_no_street(line, city, country, street):
    lines, cities = pd.Series([line, None]), pd.Series([city, None], dtype=object)
    left = without_towns(lines, cities, np.array([country, ""], dtype=object))
    assert [None if pd.isna(text) else text for text in left] == [street, None]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("Konepajantie", True),
        ("C/ Sabino Alonso Fueyo", True),
        ("Partida Planet, s/n", True),
        ("Am Kraftwerk Jänschwalde", True),
        ("DN 12C nr. FN", True),
        ("3ο χλμ Κομοτηνής", True),
        ("Budapesti országút", True),
        ("Prof.-Staudinger-Str. -", True),
        ("Industriområdet", False),
        ("Zone industrie", False),
        ("Werk am Bahnhof", False),
        ("Gut Schwarzenbruch", False),
        ("Poznań", False),
        ("", False),
    ],
)
def test_addresses_that_tell_a_street(address, told):
    assert tells_street(address) == told


@pytest.mark.parametrize("owner", ["Privatbesitz", "osoba prywatna", "různí vlastníci"])
def test_owners_without_a_name_are_not_compared(owner):
    shared = [row(f"{side}:1", name, point(), operator=owner) for side, name in (("a", "Huta"), ("b", "Tartak"))]
    assert prepare(records(*shared)).operators.counts.tolist() == [0, 0]


def test_a_company_in_an_address_is_an_operator():
    """The register writes the company where the street should be, and calls the works by what they make."""
    works, permit = {"name": "Aluminium Norf GmbH", "address": "Koblenzer Str. 120"}, {"name": "Anlage Alunorf"}
    told = permit | {"address": "Aluminium Norf GmbH"}
    assert compare("operator", works, told) == 1
    assert np.isnan(compare("street", works, told))
    assert np.isnan(compare("operator", works, permit | {"address": "Norfer Weg 1"}))


@pytest.mark.parametrize(
    ("address", "words", "houses"),
    [
        *((f"Polna 5, {parcel}", ("polna",), ("5",)) for parcel in ("dz. nr 45/2", "działka 45", "Flur 3 Flst. 12/4")),
        *((f"Polna 5, {parcel}", ("polna",), ("5",)) for parcel in ("parc. č. 123/4", "foglio 12 part 34", "k.č. 7-9")),
        *((f"Polna 5, {parcel}", ("polna",), ("5",)) for parcel in ("dz. nr ewid. 45/2", "Gst.-Nr. 9", "mapp. 34")),
        *((f"Polna 5, {parcel}", ("polna",), ("5",)) for parcel in ("działek nr 45/2", "Flurst. 9", "parc. st. 12")),
        *((f"Polna 5, {parcel}", ("polna",), ("5",)) for parcel in ("p. č. 12/3", "kat. č. 12", "parcelle 12")),
        *((f"Polna 5, {parcel}", ("polna",), ("5",)) for parcel in ("Grundst. 9", "Flur 3, Flurstück 9", "fg. 3")),
        *((f"Polna 5, {parcel}", ("polna",), ("5",)) for parcel in ("parcela 12", "mappale 3", "part. 34", "parc c 1")),
        ("ul. Szparc. 5", ("ul", "szparc"), ("5",)),
        ("Zur Flur 5", ("zur", "flur"), ("5",)),
        ("Im Flur 4", ("im", "flur"), ("4",)),
        ("Parkstr. 5", ("parkstr",), ("5",)),
        ("Flurweg 3", ("flurweg",), ("3",)),
        ("Auf der Flur 4", ("auf", "flur"), ("4",)),
        ("Rue du Parc 12", ("ru", "du", "parc"), ("12",)),
        ("Duna part 1", ("duna", "part"), ("1",)),
        ("Kożuszki Parcel 42", ("kozuszki", "parcel"), ("42",)),
        ("ul. 3-go Maja 7", ("ul", "3maja"), ("7",)),
        *((f"Hauptstr. 5 {word} 7", ("hauptstr",), ("5", "7")) for word in ("u.", "a", "e", "i", "o", "u", "y", "a.")),
    ],
)
def test_a_parcel_is_no_house(address, words, houses):
    assert read_address(address) == (words, houses)


def test_of_a_street_that_is_read_once_each_house_is_told():
    """Numbers that are of no house, too: of post boxes, roads, milestones and days."""
    streets = "Hauptstr.;Am Werk, ;Box;boite postale n° ;P.L.;SS ;N-;km;8 Mai ;27 Grudnia;Március;Kovo 11-osios g.;A3 ,"
    lines = [f"{street} {house}" for street in streets.split(";") for house in ("7", "012", "1945", "19450", "7a")]
    assert [*read_addresses([*lines, None])] == [*map(read_address, lines), ((), ())]
    assert len({words for words, _ in read_addresses(lines)}) > len(streets.split(";"))


def test_companies_are_taken_from_each_house_of_a_street():
    lines = pd.Series([f"{line} {house}" for house in (1, 2, 345) for line in ("Favini GmbH, Mittelweg", "Mittelweg")])
    left, companies = companies_apart(lines, np.full(len(lines), "DE", dtype=object))
    assert left.tolist() == [f"Mittelweg {house}" for house in (1, 1, 2, 2, 345, 345)]
    assert companies.notna().tolist() == [True, False] * 3


def test_one_line_of_two_countries_is_read_for_each():
    told = "Favini S.p.A., Via Roma 1"
    lines = pd.Series([told, told, told, None, None, "Via Roma 1"], dtype=object)
    left, companies = companies_apart(lines, np.array(["", "IT", "PL"] * 2, dtype=object))
    assert left.fillna("").tolist() == [told, "Via Roma 1", told, "", "", "Via Roma 1"]
    assert companies.fillna("").tolist() == ["", "Favini S.p.A.", "", "", "", ""]


def test_an_address_as_long_as_a_cell_may_be_is_left_as_it_is():
    text, here = "Ltd, Graz, " * 20_000, np.array(["GB"], dtype=object)
    assert companies_apart(pd.Series([text]), here)[0].tolist() == [text]
    assert without_towns(pd.Series([text]), pd.Series(["Graz"]), here).tolist() == [text]


@pytest.mark.parametrize(
    ("one", "other", "value"),
    [
        (("brickworks", "building_materials"), ("brickworks", "building_materials"), 1.0),
        (("brickworks", "building_materials"), ("kiln", "building_materials"), 0.5),
        (("quarry", "mining"), ("lime_kiln", "building_materials"), 0.25),
        (("lime_kiln", "building_materials"), ("quarry", "mining"), 0.25),
        (("brewery", "food_drink"), ("heating_plant", "energy"), 0.25),
        (("brewery", "food_drink"), ("coal_mine", "mining"), 0.0),
        (("brewery", "food_drink"), ("sawmill", "paper_wood"), 0.0),
        (("grain_mill", "food_drink"), ("sawmill", "paper_wood"), 0.25),
        (("paper_mill", "paper_wood"), ("grain_mill", "food_drink"), 0.25),
        (("railway_station", "transport_storage"), ("water_tower", "water_waste"), 0.0),
        (("brewery", "food_drink"), ("owner_villa", "housing_landscape"), 0.0),
        (("factory", "other"), ("owner_villa", "housing_landscape"), np.nan),
        (("railway_station", "transport_storage"), ("industrial_museum", "museum_memory"), np.nan),
        (("railway_station", "transport_storage"), ("railway_station", "transport_storage"), 1.0),
        (("brickworks", "building_materials"), ("industrial_museum", "museum_memory"), np.nan),
    ],
)
def test_kinds(one, other, value):
    told = [dict(zip(("type", "theme"), side, strict=True)) for side in (one, other)]
    assert compare("kind", *told) == pytest.approx(value, nan_ok=True)


def test_every_theme_and_type_that_is_told_apart_is_in_the_vocabulary():
    themes = {row["theme_id"] for row in packaged_rows("themes.csv")}
    assert {*chain(*NEIGHBORING_THEMES), *THEMES_OF_ANY_WORKS, *GENERAL_THEMES} == themes
    assert {row["type_id"] for row in packaged_rows("types.csv")} >= {*STANDING_ALONE, *chain(*NEIGHBORING_TYPES)}


@pytest.mark.parametrize(
    ("one", "other", "value"),
    [
        ("Papierfabrik Albert", "Heizkraftwerk Albert", 0.0),
        ("Elektrociepłownia Huta", "Huta", 0.0),
        ("Kesselhaus Süd", "Heizwerk Süd", 1.0),
        ("Papierfabrik Albert", "Spinnerei Albert", np.nan),
        # Works with a power house, or without it, are no power house; one of works is.
        ("Papierfabrik Albert mit Heizwerk", "Papierfabrik Albert", np.nan),
        ("Kokerei Prosper (ohne Kesselhaus)", "Kesselanlage Kokerei Prosper", 0.0),
        ("raffineria api e impianto IGCC", "Centrale termoelettrica api", 0.0),
        ("Heizkraftwerk mit Turbinenhalle", "Heizwerk und Kesselhaus", 1.0),
    ],
)
def test_a_power_house_beside_other_works(one, other, value):
    mills = [row(f"{source}:{n}", f"Spinnerei {n}", point(90_000 + n)) for n in range(8) for source in "ab"]
    assert compare("power house", {"name": one}, {"name": other}, extra=mills) == pytest.approx(value, nan_ok=True)


@pytest.mark.parametrize(
    ("told", "value"),
    [
        ({"type": "power_station"}, 1.0),
        ({"type": "heating_plant"}, 1.0),
        ({"tags": '{"fuel": "Fossil Gas"}'}, 1.0),
        ({"type": "steelworks"}, 0.0),
        ({"tags": '{"capacity": "300"}'}, 0.0),
    ],
)
def test_a_type_or_a_fuel_makes_a_power_house_whatever_the_name(told, value):
    works = [row(f"a:{n}", f"Spinnerei {n}", point(50_000 + n)) for n in range(3)]
    assert compare("power house", {"name": "Langerlo 1"} | told, {"name": "Centrale Langerlo"}, extra=works) == value
    assert np.isnan(compare("power house", {"name": "Langerlo 1"} | told, {"name": None}))


def test_among_power_plants_the_word_says_nothing():
    plants = [row(f"{source}:{n}", f"Kraftwerk {n}", point(50_000 + n)) for n in range(80) for source in "ab"]
    assert np.isnan(compare("power house", {"name": "Neurath"}, {"name": "Kraftwerk Neurath"}, extra=plants))


@pytest.mark.parametrize(
    ("other", "works", "value"),
    [
        ("Sanac Assemini", 8, 0.5),
        # In a list that tells of no other works ("Neurath", "Irsching") a name is none of other works, either.
        ("Sanac Assemini", 1, np.nan),
        ("Centrale termoelettrica Assemini", 8, np.nan),
        ("WKC Assemini", 8, np.nan),
        (None, 8, np.nan),
    ],
)
def test_one_of_a_list_of_power_plants_is_hardly_what_tells_none_among_other_works(other, works, value):
    plants = [row(f"b:{n}", f"Kraftwerk {n}", point(50_000 + n)) for n in range(80)]
    mills = [row(f"a:{n}", f"Papierfabrik {n}", point(90_000 + n)) for n in range(works)]
    found = compare("power house", {"name": other}, {"name": "Assemini"}, extra=[*plants, *mills])
    assert found == pytest.approx(value, nan_ok=True)


def test_a_list_of_many_boiler_houses_and_of_other_works_is_none_of_power_plants():
    """Half of the German and Polish permits are boiler houses: alone, without other countries, they stay permits."""
    houses = [row(f"b:{n}", f"Heizwerk {n}", point(50_000 + n)) for n in range(80)]
    mills = [row(f"{source}:m{n}", f"Papierfabrik {n}", point(90_000 + n)) for n in range(40) for source in "ab"]
    works = {"name": "Aluminium Norf GmbH"}
    assert np.isnan(compare("power house", works, {"name": "Einheitliche Anlage Alunorf"}, extra=[*houses, *mills]))
    assert compare("power house", works, {"name": "Kesselhaus Alunorf"}, extra=[*houses, *mills]) == 0.0


def test_a_short_list_is_one_of_power_plants_where_nearly_all_are():
    """Nine of 13 permits of a region are boiler houses: that the others tell of no works may be chance."""
    said = [*(f"Heizwerk {number}" for number in range(9)), "KG Energo", "Papos Trade", "Lias Vintirov", "Nove Sedlo"]
    for count, state in ((10, LISTED), (13, AMONG_HOUSES)):
        permits = [row(f"c:{number:02}", name, point(1_000 * number)) for number, name in enumerate(said[:count])]
        assert prepare(records(*permits)).service[count - 1] == state


def test_where_a_list_tells_of_no_works_at_all_its_names_deny_no_power_house():
    """A list knows power plants by their towns alone ("CRUAS 1"): what it does not tell, it does not deny."""
    towns = [row(f"a:{n}", f"Cruas {n}", point(50_000 + n)) for n in range(8)]
    assert np.isnan(compare("power house", {"name": "Cruas"}, {"name": "Cruas Power Plant"}, extra=towns))


@pytest.mark.parametrize(
    ("fuel", "value"), [("Wind", 0.0), ("Solar", 0.0), ("Wind; Fossil Gas", 0.5), ("Hydro", 0.5), ("Other", 0.5)]
)
def test_wind_and_sun_make_no_works(fuel, value):
    """A wind farm beside chemical works that bear its name is a neighbor, where a plant may be the works' own."""
    plants = [row(f"b:{n}", f"Kraftwerk {n}", point(50_000 + n)) for n in range(80)]
    mills = [row(f"a:{n}", f"Papierfabrik {n}", point(90_000 + n)) for n in range(8)]
    farm = {"name": "Sanac Assemini", "tags": to_json({"fuel": fuel})}
    assert compare("power house", {"name": "Sanac Assemini"}, farm, extra=[*plants, *mills]) == value


@pytest.mark.parametrize(
    ("one", "other", "value"),
    [
        ("Fossil Hard coal", "Coal", 1.0),
        ("Fossil Gas; Waste", "Gas", 1.0),
        ("Hydro Run-of-river and poundage", "Wind", 0.0),
        ("Fossil Coal-derived gas", "Coal", 0.0),
        ("Other", "Gas", np.nan),
    ],
)
def test_fuels(one, other, value):
    sides = ({"tags": to_json({"fuel": text})} for text in (one, other))
    assert compare("fuel", *sides) == pytest.approx(value, nan_ok=True)


@pytest.mark.parametrize(
    ("one", "other", "value"),
    [("100", "400", 2.0), ("0", "5", np.nan), ("many", "5", np.nan), ("nan", "5", np.nan), ("12,5", "12.5", 0.0)],
)
def test_capacities(one, other, value):
    sides = ({"tags": to_json({"capacity": text})} for text in (one, other))
    assert compare("capacity", *sides) == pytest.approx(value, nan_ok=True)


def test_hostile_text_is_only_text():
    for text in ("'; DROP TABLE sites;--", "\ufffd\x00", "(((", "💥" * 500, "{}", "%s%n", "ah" * 100_000):
        hostile = dict.fromkeys(("name", "address", "city", "postcode", "operator"), text)
        table = records(row("a:1", **hostile), row("b:1", **FULL), *backdrop())
        pairs = Compared(prepare(table), np.array([0]), np.array([1]))
        for entry in COMPARISONS:
            assert len(entry.compare(pairs).value) == 1


def test_names_of_rows_in_order_each_variant_once() -> None:
    found = prepare(
        records(
            row("a:1", names={"old_name": "Mühle Nord", "name": "Nordmühle GmbH", "parent": "Südwerk AG"}),
            row("b:1", names={"name": "Lavrio 4", "alt_name": "Lavrio 4", "official_name": " "}, operator="Südwerk"),
            row("a:2", names={}, operator="  "),
            row("a:3", names={"name": "Mühle Nord"}, country=None),
        )
    )
    words = found.lexicon.words

    def said(lists: Ragged, at: int) -> list[list[str]]:
        return [words[found.variants.row(variant)].tolist() for variant in lists.row(at)]

    assert said(found.names, 0) == [["#north", "@mill"], ["@mill", "#north"]]
    assert said(found.names, 1) == [["lavrio", "#4"]]
    assert said(found.operators, 0) == said(found.operators, 1) != []
    assert said(found.names, 2) == said(found.operators, 2) == []
    assert said(found.names, 3) == [["@mill", "#north"]]
    assert not len(prepare(records(row("a:1", "x")).iloc[:0]))


def test_words_of_two_names_are_never_written_as_one() -> None:
    found = prepare(records(row("a:1", "Werk Arcelor"), row("a:2", "Mittal Werk"), row("b:1", "ArcelorMittal")))
    said = [found.lexicon.words[found.variants.row(found.names.row(at)[0])].tolist() for at in range(3)]
    assert said == [["@factory", "arcelor"], ["mittal", "@factory"], ["arcelormittal"]]
