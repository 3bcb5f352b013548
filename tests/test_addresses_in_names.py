"""Addresses that stand in names."""

from __future__ import annotations

import numpy as np
import pytest
from match_rows import backdrop, point, records, row

from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.pairs.comparisons import COMPARISONS
from inducult_geo.match.reading.prepare import prepare

BY_NAME = {entry.name: entry for entry in COMPARISONS}


def prepared(*rows):
    return prepare(records(*rows, *backdrop()))


def words(lists, number, table):
    return [*table.lexicon.words[lists.row(number)]]


def read(name, **more):
    """Return the words of name, street and house numbers of a record of that name."""
    table = prepared(row("a:1", name, point(), **more))
    told = table.names.row(0)
    called = [word for variant in told for word in words(table.variants, variant, table)]
    return called, words(table.streets, 0, table), words(table.house_numbers, 0, table)


@pytest.mark.parametrize(
    ("name", "left", "street", "houses"),
    [
        ("Kamienica, ul. Garbary 12", "Kamienica", ["~ul", "~garbary"], ["#12"]),
        ("Willa (ul. Głogowska 90a)", "Willa", ["~ul", "~glogowska"], ["#90a"]),
        ("Dom, ul. 27 Grudnia 5, Poznań", "Dom Poznań", ["~ul", "~27grudnia"], ["#5"]),
        ("Villa Lindenstraße 5", "Villa", ["~lindenstr"], ["#5"]),
        ("Villa Karl-Marx-Str. 7, Turm", "Villa Turm", ["~karl", "~marx"], ["#7"]),
        ("Kamienica, ul.Garbary 12", "Kamienica", ["~ul", "~garbary"], ["#12"]),
        ("Filanda, Via Dante 5", "Filanda", ["~dante"], ["#5"]),
        ("Filanda, Via Dante 5/A", "Filanda", ["~dante"], ["#5a"]),
        ("Mlýn, ulice Nádražní 3", "Mlýn", ["~ulice", "~nadrazni"], ["#3"]),
        ("Slovenska cesta 12", None, ["~slovenska", "~cesta"], ["#12"]),
        ("Moulin, 12, rue de la Gare", "Moulin", ["~ru", "~gare"], ["#12"]),
        ("Mill, 5 High Street", "Mill", ["~high", "~street"], ["#5"]),
        ("Mill, 1-5 High Street", "Mill", ["~high", "~street"], ["#1", "#2", "#3", "#4", "#5"]),
        ("Halle 3, 12 rue Nord", "Halle 3", ["~ru", "~nord"], ["#12"]),
        ("Werkstraat 3-5", None, ["~werkstraat"], ["#3", "#5", "#4"]),
    ],
)
def test_an_address_in_a_name_is_an_address(name, left, street, houses):
    called, streets, numbers = read(name)
    assert called == (read(left)[0] if left else [])
    assert (streets, sorted(numbers)) == (street, sorted(houses))


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Kraftwerk 2",
            "Neurath F",
            "Kotłownia nr 3",
            "Heizwerk Hafenweg",
            "Hochofen 3 Nord",
            "Zakład 27",
            "1. Straße",
        ),
        # Words that begin or end like one for a street.
        *("Viadukt 3", "Barry Callebaut 2", "Ulanów 2", "Placówka 12", "Trgovina 3", "Staudamm 2", "Holzlagerplatz 3"),
    ],
)
def test_what_is_no_address_stays_a_name(name):
    called, streets, numbers = read(name)
    assert called
    assert not streets
    assert not numbers


def test_a_record_with_an_address_keeps_its_name():
    called, streets, _ = read("Kamienica, ul. Garbary 12", address="Wielka 3")
    assert "#12" in called
    assert streets == ["~wielka"]


def test_a_house_called_by_its_address_is_that_of_another_list_and_not_the_next():
    rows = (
        row("a:1", "ul. Garbary 12", point(0)),
        row("b:1", "Dom", point(20), address="Garbary 12"),
        row("b:2", "Dom", point(10), address="Garbary 14"),
    )
    pairs = Compared(prepared(*rows), np.array([0, 0]), np.array([1, 2]))
    assert BY_NAME["house number"].compare(pairs).value.tolist() == [1.0, 0.0]
    assert np.isnan(BY_NAME["name"].compare(pairs).value).all()


def test_each_name_of_a_record_gives_way_and_the_first_address_counts():
    called, streets, numbers = read(
        "Dom, ul. Garbary 12", names={"name": "Dom, ul. Garbary 12", "alt_name": "Wielka ulica 3"}
    )
    assert called == read("Dom")[0]
    assert (streets, numbers) == (["~wielka", "~ulica"], ["#3"])
