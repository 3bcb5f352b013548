"""Cleaning, folding, legal forms and name tokens."""

from __future__ import annotations

import re
import time
import unicodedata
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ragged_lists import tokens_of, words_of

from inducult_geo.text import (
    clean_text,
    fold,
    lost_characters,
    name_concepts,
    name_tokens,
    packaged_rows,
    prepare_names,
    split_words,
    strip_legal_form,
    wikidata_item,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  Alte\u00a0 Mühle\t", "Alte Mühle"),
        ("Mu\u0308hle", "Mühle"),
        ("„Alte“ Mühle’s", '"Alte" Mühle\'s'),
        ("Zie\u200bgel\u00adei\ufeff", "Ziegelei"),
        ("Zeche\x00 Nord", "Zeche Nord"),
        ("M\x1ahle", "M\ufffdhle"),
        ("line\r\nbreak", "line break"),
        (1890.0, "1890"),
        (2.5, "2.5"),
        (7, "7"),
        *((nothing, None) for nothing in ("", " ", "-", "—", "n/a", "N/A", "?", "None", "nan", "NULL", None, pd.NA)),
        (float("nan"), None),
        *((name, name) for name in ("Null", "Nan", "Nil", "Na")),
        (pd.NaT, None),
    ],
)
def test_clean_text(value: object, expected: str | None) -> None:
    assert clean_text(value) == expected


@given(st.text())
def test_clean_text_is_idempotent(text: str) -> None:
    once = clean_text(text)
    if once is not None:
        assert clean_text(once) == once
        assert unicodedata.is_normalized("NFC", once)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("M\ufffdhle", "U+FFFD"),
        ("M\x1ahle", "substitute"),
        ("Gie\x9aerei", "control"),
        ("M?hle", "question mark"),
        ("Gie³da", "cp1250 read as cp1252"),
        ("Jáchymov".encode().decode("cp1252"), "UTF-8 read as cp1252"),
        ("Škofja Loka".encode().decode("cp1250"), "UTF-8 read as cp1250"),
    ],
)
def test_lost_characters(text: str, told: str) -> None:
    assert told in (lost_characters(text) or "")


@pytest.mark.parametrize(
    ("text", "item"),
    [
        *((told, "Q42") for told in ("Q42", " q42 ", "wd:Q42", "wikidata:Q42", "https://www.wikidata.org/wiki/Q42")),
        *(
            (f"http://www.wikidata.org/entity/{told}", "Q42")
            for told in ("Q42", "Q42.json", "Q42#P31", "Q42?uselang=de")
        ),
        *(
            (f"m.wikidata.org/wiki/{told}", "Q42")
            for told in ("Q42", "Special:EntityPage/Q42", "Special:EntityData/q42")
        ),
        *(
            (told, None)
            for told in ("", "Q0", "Q042", "Q", "42", "Q42;Q43", "Q42 Mill", "P31", "Q\u0664\u0662", "Q42.json")
        ),
        *((told, None) for told in ("https://www.wikidata.org/wiki/", "https://example.org/wiki/Q42", "SQ42")),
    ],
)
def test_an_item_of_wikidata_is_known_however_it_is_told(text: str, item: str | None) -> None:
    assert wikidata_item(text) == item


@pytest.mark.parametrize(
    "text",
    ["Mühle", "Kędzierzyn-Koźle", "Škofja Loka", "Đurđevac", "Who? Me", "Mühle?", "100 m³", "Ä", "São João", "Città"]
    # Letters that could be two bytes of UTF-8, beside one that cannot.
    + ["BÄŠTA, Müller", "KÄŠMIR ň"],
)
def test_sound_text_has_lost_nothing(text: str) -> None:
    assert lost_characters(text) is None


@pytest.mark.parametrize(
    ("text", "spellings"),
    [
        ("Mühle", ("muhle", "muehle")),
        ("Mu\u0308hle", ("muhle", "muehle")),
        ("GIEẞEREI", ("giesserei", "gieszerei")),
        ("Głubczyce", ("glubczyce",)),
        ("Đurđevac", ("durdevac", "djurdjevac")),
        ("ĲZER", ("ijzer", "yzer")),
        ("Jáchymov", ("jachymov",)),
        ("Zeche", ("zeche",)),
        ("Škofja", ("skofja", "shkofja", "schkofja")),
        ("ΧΑΛΥΒΟΥΡΓΙΚΗ", ("chalyvourgiki", "halyvourgiki")),
        ("Ελευσίνα", ("elefsina",)),
        ("Λουτρού", ("loutrou",)),
        ("Προϊόντα", ("proionta",)),
        ("Козлодуй", ("kozloduy",)),
        ("Југославија", ("jugoslavija",)),
        ("工場", ("工場",)),
    ],
)
def test_fold(text: str, spellings: tuple[str, ...]) -> None:
    assert fold(text) == spellings


@pytest.mark.parametrize(
    ("name", "country", "bare", "form"),
    [
        ("voestalpine Stahl Donawitz GesmbH", "AT", "voestalpine Stahl Donawitz", "LLC"),
        ("Energiepark Donawitz GmbH & CoKG", "AT", "Energiepark Donawitz", "LP"),
        ("Mühle Köln GmbH & Co. KG", "DE", "Mühle Köln", "LP"),
        ("VEB Baumwollspinnerei", "DE", "Baumwollspinnerei", "STATE"),
        ("VEB Kombinat Schwarze Pumpe", "DE", "Schwarze Pumpe", "STATE"),
        ("Důl Svornost, s. p.", "CZ", "Důl Svornost", "SP"),
        ("Textilka Aš", "CZ", "Textilka Aš", None),
        ("Textilka AS", "CZ", "Textilka AS", None),
        ("Textilka, a.s.", "CZ", "Textilka", "JSC"),
        ("Cegielnia Opole Sp. z o.o.", "PL", "Cegielnia Opole", "LLC"),
        ("GORENJE D.O.O.", "SI", "GORENJE", "LLC"),
        ("Fonderie di Padova S.p.A. in liquidazione", "IT", "Fonderie di Padova", "JSC"),
        ("Huta Łaziska SA w upadłości układowej", "PL", "Huta Łaziska", "JSC"),
        ("Sklárna Nový Bor, a.s. v konkurzu", "CZ", "Sklárna Nový Bor", "JSC"),
        ("Weberei Muster AG in Liq.", "CH", "Weberei Muster", "JSC"),
        ("Tissages Dupont SAS en liquidation judiciaire", "FR", "Tissages Dupont", "JSC"),
        ("Redcar Steel Ltd (in administration)", "GB", "Redcar Steel", "LLC"),
        ("Dunai Vasmű Kft. f.a.", "HU", "Dunai Vasmű", "LLC"),
        ("Böhler GmbH in Konkurs", "AT", "Böhler", "LLC"),
        ("Brouwerij Alken NV (failliet)", "BE", "Brouwerij Alken", "JSC"),
        ("Horch AG i.L.", "DE", "Horch", "JSC"),
        ("Horch Il", "DE", "Horch Il", None),
        ("SPA Terme", "IT", "SPA Terme", None),
        ("SE Works North", "DE", "SE Works North", None),
        ("Sappi Lanaken N.V.", "BE", "Sappi Lanaken", "JSC"),
        ("Tata Steel Ltd", "GB", "Tata Steel", "LLC"),
        ("Nordic AB", "??", "Nordic", "JSC"),
        # Two letters before a name are a form where a country writes it so, and initials where any may be meant.
        ("AB InBev", "US", "AB InBev", None),
        ("AB InBev", None, "AB InBev", None),
        ("AB Achema", "LT", "Achema", "JSC"),
        ("SC Energoterm SA", None, "SC Energoterm", "JSC"),
        ("SC Energoterm SA", "RO", "Energoterm", "JSC"),
        ("Oy Sinebrychoff Ab", None, "Sinebrychoff", "JSC"),
        ("Akcinė bendrovė Achema", "LT", "Achema", "JSC"),
        ("Uždaroji akcinė bendrovė Achema", "LT", "Achema", "LLC"),
        ("Akciju sabiedrība Latvijas Gāze", "LV", "Latvijas Gāze", "JSC"),
        ("AG", "DE", "AG", None),
        ("", "DE", "", None),
    ],
)
def test_strip_legal_form(name: str, country: str | None, bare: str, form: str | None) -> None:
    assert strip_legal_form(name, country=country) == (bare, form)


WORDS = "VEB Werk AG & Co. KG d.o.o. a. s. S.p.A. , - Nord PP 2 in Liquidation ()"


@given(st.lists(st.sampled_from(WORDS.split())))
def test_stripping_twice_changes_nothing_more(words: list[str]) -> None:
    for country in (None, "DE", "CZ", "PL"):
        once = strip_legal_form(" ".join(words), country=country)[0]
        assert strip_legal_form(once, country=country)[0] == once
        assert bool(once) == bool(words)


@pytest.mark.parametrize(
    ("name", "country", "tokens"),
    [
        ("Ziegelwerk Zwickau", "DE", ("@brickworks", "zwickau")),
        ("Cegielni w Opolu Sp. z o.o.", "PL", ("@brickworks", "opolu")),
        ("Porzellanfabrik Karlsbad", "CZ", ("@porcelain", "karlovy", "vary")),
        ("St. Joachimsthal", "CZ", ("jachymov",)),
        ("Kraftwerk Neurath F", "DE", ("@power_station", "neurath", "#f")),
        ("Blok II Elektrownia Opole", "PL", ("blok", "#2", "@power_station", "opole")),
        ("Elektrárna Tisová I", "CZ", ("@power_station", "tisova", "#1")),
        ("Schacht 02", "DE", ("@shaft", "#2")),
        ("VEB Baumwollspinnerei Muehlhausen", "DE", ("@spinning", "muhlhausen")),
        ("Papier-Fabrik Köln", "DE", ("@paper_mill", "koln")),
        ("Brauer & Weber GmbH", "DE", ("brauer", "weber")),
        ("WAG Verdichterstation Rainbach", "AT", ("wag", "verdichterstation", "rainbach")),
        ("ehem. Ziegelei", "DE", ("@brickworks",)),
        ("ehemals Ziegelei, heute Museum", "DE", ("@brickworks", "@museum")),
        ("obecnie AWF", "PL", ("awf",)),
        ("Ballylumford B Station", "GB", ("ballylumford", "#b", "station")),
        # A digit that is spoken "to" or "for" is none of a unit.
        ("A2A Energia", "IT", ("a2a", "energia")),
        ("NET4GAS Kralice", "CZ", ("net4gas", "kralice")),
        ("Weisweiler K3A", "DE", ("weisweiler", "#k3a")),
        ("Weisweiler Block2a", "DE", ("weisweiler", "#block2a")),
        # Works called by what they make are those of the trade.
        ("Anlage zur Herstellung von Papier", "DE", ("@paper_mill",)),
        ("Instalacja do produkcji wapna", "PL", ("instalacja", "@lime_kiln")),
        ("Výroba cementu Mokrá", "CZ", ("@cement", "mokra")),
        # That it is a branch or an installation of its company tells it from no other.
        ("Wienerberger - punct de lucru Gura Ocniței", "RO", ("wienerberger", "gura", "ocnitei")),
        ("ENCI B.V., vestiging Maastricht", "NL", ("enci", "maastricht")),
        ("Cemex Oddział Chełm", "PL", ("cemex", "chelm")),
        ("Εγκατάσταση Βόλου", "GR", ("volou",)),
        ("Ensus Wilton Site", "GB", ("ensus", "wilton")),
        ("Anlage 73", "DE", ("#73",)),
        ("Site", "GB", ("site",)),
        # Short words mean their trade where their language is spoken; longer ones everywhere.
        ("Star Energy", "GB", ("star", "energy")),
        ("Star Energy", "CZ", ("@old", "energy")),
        ("Star Energy", None, ("@old", "energy")),
        ("Star Energy", "US", ("@old", "energy")),
        ("Holzheizkraftwerk Horn", "DE", ("holz", "@heating", "horn")),
        ("Bruk-Bet Nieciecza", "PL", ("bruk", "bet", "nieciecza")),
        ("Skärblacka bruk", "SE", ("skarblacka", "@factory")),
        ("Fors bruk", "FI", ("fors", "@factory")),
        ("Zuckerfabrik Brest", "FR", ("@sugar", "brest")),
        ("Steel Works North", "IT", ("@iron_and_steel", "north")),
        ("San Marco", "ES", ("@saint", "marco")),
        ("Kops I Power Plant", "AT", ("kops", "#1", "@power_station")),
        # Legal forms stand before names in some countries.
        ("SC CARPATCEMENT HOLDING SA - FABRICA DE CIMENT", "RO", ("carpatcement", "holding", "@cement")),
        ("SAS Papeterie de Vizille", "FR", ("@paper_mill", "vizille")),
        ("AS Kunda Nordic", "EE", ("kunda", "nordic")),
        ("SIA Cemex", "LV", ("cemex",)),
        ("Oy Sinebrychoff Ab", "FI", ("sinebrychoff",)),
        ("ΠΑΚΟ ΑΒΕΕ", "GR", ("pako",)),
        ("CALES Y CEMENTOS", "ES", ("@lime_kiln", "@cement")),
        ("Faiella & C", "IT", ("faiella",)),
        ("E D F Nord", "FR", ("nord",)),
        # As long as a cell of a broken file may be: looked through once, not once for every letter.
        pytest.param("Aurora" + " A" * 100_000, None, ("aurora", "#a"), id="100,000 letters"),
        ("ΧΑΛΥΒΟΥΡΓΙΚΗ Α.Ε.", "GR", ("chalyvourgiki",)),
        ("Alte Ziegelei", "DE", ("@old", "@brickworks")),
        # What compounds begin with may be a product, too.
        ("Kartonwerk Varel", "DE", ("@paper_mill", "@factory", "varel")),
        ("Stahlhammer Tannenberg", "DE", ("@iron_and_steel", "@forge", "tannenberg")),
        ("Schraubenwerk Thale", "DE", ("schrauben", "@factory", "thale")),
        ("Elektrostahlwerk Lingen", "DE", ("@iron_and_steel", "lingen")),
        ("Martfui Növényolajgyár", "HU", ("martfui", "@food")),
        ("Kleiwarenfabriek Nuth", "NL", ("@brickworks", "nuth")),
        ("Trinec Iron & Steel Works", None, ("trinec", "@iron_and_steel")),
        ("Gasanstalt Glauchau", "DE", ("@gasworks", "glauchau")),
        ("TAQA B.V.", "NL", ("taqa",)),
        ("AG", "DE", ("ag",)),
        ("", None, ()),
        ("???", None, ()),
    ],
)
def test_name_tokens(name: str, country: str | None, tokens: tuple[str, ...]) -> None:
    assert name_tokens(name, country=country) == tokens


@pytest.mark.parametrize(
    ("left", "right", "country"),
    [
        ("Mühle Müller", "MUEHLE MUELLER", "DE"),
        ("Đurđevac pilana", "Djurdjevac Pilana DOO", "HR"),
        ("Papierfabrik", "Papier Fabrik", "DE"),
        ("Cegielnia", "Ziegelei", None),
        ("Sint-Truiden", "Saint-Trond", "BE"),
        ("Block 2", "Block II", None),
        ("Wien", "Vienna", "AT"),
        ("Ölsnitz", "Oelsnitz", "DE"),
        ("Pumpspeicherwerk Avče", "Črpalna hidroelektrarna Avče", "SI"),
        ("Velebit RHE", "Velebit Pumped Storage Power Plant", "HR"),
        ("PVE Dlouhé stráně", "Přečerpávací vodní elektrárna Dlouhé stráně", "CZ"),
    ],
)
def test_two_writings_give_the_same_tokens(left: str, right: str, country: str | None) -> None:
    assert name_tokens(left, country=country) == name_tokens(right, country=country)


def test_different_units_stay_different() -> None:
    assert name_tokens("Neurath F") != name_tokens("Neurath") != name_tokens("Neurath G")
    assert set(name_tokens("Werk 1")) != set(name_tokens("Werk 2"))


def test_every_term_is_found() -> None:
    lost = []
    for row in packaged_rows("name_concepts.csv"):
        found = name_concepts(row["term"])
        meant = {type_id for concept in found for type_id in concept.types}
        if len(row["term"].replace(".", "")) > 1 and (not found or (row["type_id"] and row["type_id"] not in meant)):
            lost.append(row["term"])
    assert lost == []


@given(st.text(max_size=40))
def test_any_name_gives_tokens(name: str) -> None:
    tokens = name_tokens(name)
    assert len(set(tokens)) == len(tokens)
    assert all(token and token == token.lower() for token in tokens)


@pytest.mark.parametrize("name", ["SA " * 200_000 + "Aurora", "Aurora" + " SA" * 200_000], ids=["before", "behind"])
def test_legal_forms_without_end_are_stripped_one_by_one(name: str) -> None:
    """Copying all words for each of them took more than half a minute."""
    started = time.process_time()
    assert strip_legal_form(name, country="FR") == ("Aurora", "JSC")
    assert time.process_time() - started < 10


@pytest.mark.parametrize("dtype", ["str", "object"])
def test_prepare_names_reads_each_pair_of_name_and_country_once(dtype: str) -> None:
    names = pd.Series(["Ziegelei", None, "Eger", "Eger", "Ziegelei"], dtype=dtype)
    country = pd.Series(["DE", "DE", "CZ", None, "DE"], dtype=dtype)
    lists, which = prepare_names(names, country)
    assert which.tolist() == [0, -1, 1, 2, 0]
    assert words_of(lists) == [("@brickworks",), ("cheb",), ("eger",)]
    assert prepare_names(names[:0], country[:0])[1].tolist() == []


@pytest.mark.slow
def test_speed(shared: Path) -> None:
    """Machines differ by half: what names cost is told in how often their letters alone could be read meanwhile."""
    table = pd.read_csv(shared / "data" / "sites" / "eutl.csv", dtype=str)[["name", "country"]].dropna()
    table = table.drop_duplicates()
    prepare_names(table["name"][:10], table["country"][:10])
    started = time.process_time()
    prepare_names(table["name"], table["country"])
    prepared = time.process_time()
    for name in table["name"]:
        re.findall(r"\w+", unicodedata.normalize("NFKD", name).casefold())
    assert prepared - started < 15 * (time.process_time() - prepared)


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("Elektrociep\ufffdownia Bielsko-Bia\ufffda", ("@power_station", "bielsko", "biaa")),
        ("Elektrociep?ownia Bielsko-Bia?a", ("@power_station", "bielsko", "biaa")),
        ("Obermalzm\ufffdhle Penig", ("obermalz", "@mill", "penig")),
        ("Kopalnia \ufffdAnna\ufffd", ("@mine", "anna")),
        ("Ostro??ka", ("ostroka",)),
        ("d\ufffdl Anna", ("dl", "anna")),  # too little is left
        ("\ufffd Anna", ("anna",)),
    ],
)
def test_words_with_lost_letters_are_no_two_words(name: str, tokens: tuple[str, ...]) -> None:
    """A word of trade is known where what is left of it fits one alone; of others the rest counts."""
    assert set(name_tokens(name, country="PL")) == set(tokens)
    assert words_of(tokens_of([name], ["PL"])) == [name_tokens(name, country="PL")]


def test_a_cell_of_nothing_but_lost_letters_is_read_in_linear_time() -> None:
    assert split_words("Kopalnia " + "\ufffd" * 400_000 + " Anna") == ("kopalnia", "anna")
