"""Text that a program read in the wrong table and wrote as UTF-8."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pyogrio import write_dataframe

from inducult_geo.catalog.models import Read
from inducult_geo.errors import ContractError
from inducult_geo.sources.formats.readers import read_table
from inducult_geo.text.misread import Misread, as_meant, misread

GERMAN = (
    "Hüttenstraße Mälzerei Färberei Gießerei Töpferei Walzwerk Süd Bürgerstraße Schönfels Äußere Straße Königshütte"
)
POLISH = "Zakład Górniczy Kędzierzyn-Koźle Młyn Śląsk Żelazna Huta Łabędy Częstochowa Gliwice Świętochłowice Brzeźnica"
CZECH = "Sklárna Nový Bor Přádelna Teplárna Příbram Koželužna Šluknov Žatec Dělnická čtvrť Křížová Důl Jáchymov Třinec"
CROATIAN = (
    "Željezara Sisak Ciglana Čazma Šećerana Županja Kavurića Križevci Đurđevac Tvornica žica Mlin Kašina Ličko Lešće "
    "Čakovec Đakovo Našice Vrbovečka pivovara Čepin Žminj Pušća Bukevčić Topličica Klučevac Račinovci Orahovička"
)
SLOVENE = (
    "Kidričevo Kočevje Črnomelj Čatež Tovarniška Železarna Ravne Račji Mačkovec Lendavska Gorička Podčetrtek Občice "
    "Črna Ločica Močnik Ribičija Začret Bučka Kočna Ločna Semič Rogaška Mirnčan Zdenčar Gačnik Pečovnik Dečno Čepovan"
)
FRENCH = "Usine métallurgique Forges et Aciéries Société générale Entrepôt Vallée Hénin Liège Élévateur Huilerie"


def wrong(text: str, written: str, taken_for: str) -> str:
    return text.encode(written).decode(taken_for)


@pytest.mark.parametrize(
    ("text", "written", "taken_for", "is_sure"),
    [
        (GERMAN, "cp1252", "mac_roman", True),
        (GERMAN, "mac_roman", "cp1252", True),
        (GERMAN, "cp850", "mac_roman", True),
        (POLISH, "cp1250", "cp1252", True),
        (POLISH, "cp1250", "mac_roman", True),
        (POLISH, "iso8859_2", "latin-1", True),
        (CZECH, "cp1250", "mac_roman", True),
        (CROATIAN, "cp1250", "cp1252", False),
        (SLOVENE, "cp1250", "cp1252", False),
        (FRENCH, "cp1252", "mac_roman", True),
    ],
)
def test_a_wrong_table_is_known_by_its_letters(text: str, written: str, taken_for: str, is_sure: bool) -> None:
    found = misread([wrong(text, written, taken_for)])
    assert found is not None
    assert as_meant(wrong(text, written, taken_for), found.written, found.taken_for) == text
    assert found.is_sure == is_sure


@pytest.mark.parametrize(
    "text", [*(f"{text} " * 3 for text in (GERMAN, POLISH, CZECH, CROATIAN, SLOVENE, FRENCH)), "Zeche", ""]
)
def test_what_is_right_stays(text: str) -> None:
    assert misread([text]) is None


@pytest.mark.parametrize(
    "text", ["§ 2 Abs. 1 DSchG, § 5", "12‰", "5 × 3, 4 ÷ 2", "3 m³", "»{}«", "Sacher®", "€uro", "S†"]
)
def test_signs_are_no_letters_of_another_table(text: str) -> None:
    assert misread([text.format(word) for word in GERMAN.split() * 20]) is None


@pytest.mark.parametrize("text", ["Škoda", "Çanakkale", "Ñandú", "Þingvellir", "Lëtzebuerg", "a·b"])
def test_a_letter_that_many_words_hold_is_none_of_another_table(text: str) -> None:
    assert misread([f"{text}{number}" for number in range(200)]) is None


def test_a_few_letters_tell_nothing() -> None:
    assert misread([wrong("Mühle", "cp1252", "mac_roman")]) is None


def test_a_real_list_is_told_falsely_in_no_country_whose_language_is_known(shared: Path) -> None:
    rows = pd.read_csv(shared / "data/sites/eutl.csv", dtype="str", usecols=["name", "address", "city", "country"])
    cells = {country: part.fillna("").to_numpy().ravel().tolist() for country, part in rows.groupby("country")}
    found = {country: told for country, texts in cells.items() if (told := misread(texts)) is not None}
    assert found.keys() <= {"EE", "IS"}
    assert not any(told.is_sure for told in found.values())


def lines(text: str) -> str:
    return "\n".join(["name;lon;lat", *(f"{word};12.5;50.7" for word in text.split())])


def test_a_csv_is_read_as_it_was_meant_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "liste.csv"
    path.write_text(wrong(lines(GERMAN), "cp1252", "mac_roman"), encoding="utf-8")
    table = read_table(path, Read())
    assert table.frame["name"].tolist() == GERMAN.split()
    assert any(
        "seem to be of cp1252, and were read as mac_roman" in note and "'Hüttenstraße'" in note for note in table.notes
    )


def test_what_is_less_sure_is_told_and_the_contract_decides(tmp_path: Path) -> None:
    path = tmp_path / "popis.csv"
    path.write_text(wrong(lines(CROATIAN), "cp1250", "cp1252"), encoding="utf-8")
    table = read_table(path, Read())
    assert "Kavuriæa" in table.frame["name"].tolist()
    told = next(note for note in table.notes if "left as they stand" in note)
    stated = told.rpartition('"')[0].rpartition('"')[2]
    assert stated == Misread("cp1250", "cp1252", "", False).encoding
    table = read_table(path, Read(encoding=stated))
    assert table.frame["name"].tolist() == CROATIAN.split()
    assert not any("letters" in note for note in table.notes)


@pytest.mark.parametrize("stated", ["cp1250 read as cp1252", "nonsense read as cp1252", "cp1250 read as nonsense"])
def test_a_wrong_word_of_the_contract_is_told(tmp_path: Path, stated: str) -> None:
    path = tmp_path / "popis.csv"
    path.write_text(lines(POLISH), encoding="utf-8")
    with pytest.raises(ContractError, match=r"cannot be read as .*Correct \[read\] encoding"):
        read_table(path, Read(encoding=stated))


def test_a_workbook_is_told_how_to_be_mended(tmp_path: Path) -> None:
    path = tmp_path / "lista.ods"
    names = wrong(POLISH, "cp1250", "cp1252").split()
    write_dataframe(pd.DataFrame({"name": names}), path, driver="ODS")
    assert any('encoding = "cp1250 read as cp1252"' in note for note in read_table(path, Read()).notes)
