"""Labels in the regions' languages: whole, honest about who checked them, and English where one is empty."""

from __future__ import annotations

import typing

import pytest

from inducult_geo.catalog import labels as tables
from inducult_geo.catalog.labels import KINDS, LANGUAGES, label_status, labels
from inducult_geo.catalog.models import Place
from inducult_geo.errors import CatalogError
from inducult_geo.harmonize.places.place import UNSTATED_ACCURACY_M
from inducult_geo.harmonize.words import vocabulary
from inducult_geo.publish.layers.declared import LAYERS
from inducult_geo.publish.layers.domains import DOMAINS, ON_GRID
from inducult_geo.text import packaged_rows
from inducult_geo.values import ASPECTS, PRESENT_USES, STATUSES


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_every_key_in_every_language(kind: str, language: str) -> None:
    told = labels(kind, language)
    assert list(told) == list(labels(kind, "en"))
    assert all(text == text.strip() and text for text in told.values())


def test_the_lists_of_the_program_have_labels() -> None:
    told = [tuple(labels(kind)) for kind in ("aspect", "status", "present_use")]
    assert told == [ASPECTS, STATUSES, PRESENT_USES]


def test_whatever_a_place_may_be_found_by_has_a_label() -> None:
    """A release is refused where a value is not in its list: a contract that tells no origin must not stop it."""
    stated = typing.get_args(Place.model_fields["origin"].annotation)
    assert {*stated, *UNSTATED_ACCURACY_M, ON_GRID} == DOMAINS["geometry_origin"].keys()


def test_a_title_that_is_told_is_that_of_the_layer() -> None:
    """A new layer may wait for its translations; until then its English title is shown."""
    told, titles = labels("layer"), {layer.name: layer.title for layer in LAYERS}
    assert {name: told[name] for name in told if name in titles} == {
        name: titles[name] for name in told if name in titles
    }
    assert len(told.keys() & titles.keys()) >= 9


def test_there_is_one_list_of_languages() -> None:
    assert vocabulary.LANGUAGES is LANGUAGES


def test_an_empty_label_is_english_and_says_that_nobody_gave_it(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {
        "kind": "layer",
        "key": "x",
        "label_en": "Mine",
        "label_de": " ",
        "label_cs": "Důl",
        "label_status": "cs=mem",
    }
    row["label_status"] = "cs=mem"
    tables._rows.cache_clear()
    labels.cache_clear()
    monkeypatch.setattr(tables, "packaged_rows", lambda _name: [row])
    try:
        assert labels("layer", "de")["x"] == "Mine"
        assert labels("layer", "cs")["x"] == "Důl"
        assert label_status("layer", "x", "de") == ""
        assert label_status("layer", "x", "cs") == "mem"
    finally:
        tables._rows.cache_clear()
        labels.cache_clear()


@pytest.mark.parametrize("kind", KINDS)
def test_every_label_says_how_far_it_is_to_be_trusted(kind: str) -> None:
    for key in labels(kind):
        told = {language: label_status(kind, key, language) for language in LANGUAGES}
        assert told.pop("en") == "own"
        assert set(told.values()) <= {"iD", "spell", "mem", ""}, key


def test_no_label_claims_to_be_verified_unless_a_row_names_its_source() -> None:
    """`label_status` knows no word for "a native speaker read it": whoever adds one adds it here."""
    for row in packaged_rows("labels.csv"):
        said = dict(part.split("=") for part in row["label_status"].split(";"))
        assert list(said) == list(LANGUAGES[1:])
        assert row["source"]


@pytest.mark.parametrize(("kind", "language"), [("layer", "fr"), ("colour", "en"), ("", "")])
def test_an_unknown_kind_or_language_is_told(kind: str, language: str) -> None:
    with pytest.raises(CatalogError, match=r"no labels of .*Kinds: .*languages: "):
        labels(kind, language)
