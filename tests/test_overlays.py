"""The density as the page lays it over its map, and the words of the page."""

from __future__ import annotations

import base64
import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
from bundles import contracts, small_bundle
from pyproj import Transformer
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile
from rasterio.transform import xy

from inducult_geo.catalog.labels import LANGUAGES
from inducult_geo.enrich.density import density_surfaces
from inducult_geo.publish.page import overlays
from inducult_geo.publish.page.overlays import density_overlays
from inducult_geo.publish.page.pagewords import NAMES, VALUES, access_words, page_words, translations
from inducult_geo.publish.qgis.metadata import SAMPLE_NOTICE
from inducult_geo.releasing.withholding import for_release
from inducult_geo.text import packaged_rows


@pytest.fixture(scope="module")
def bundle():
    made = for_release(small_bundle(), contracts())
    return replace(made, surfaces=density_surfaces(made.sites, made.regions))


def read_picture(data: bytes) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with MemoryFile(data) as memory, memory.open() as picture:
            return picture.read(1)


def pixels(overlay) -> np.ndarray:
    return read_picture(base64.b64decode(overlay["png"]))


@pytest.mark.parametrize("name", ["monuments", "production"])
def test_a_pixel_tells_the_density_at_its_place(bundle, name: str) -> None:
    surface, overlay = bundle.surfaces[name], density_overlays(bundle)[name]
    gray = pixels(overlay)
    west, south, east, north = overlay["corners"]
    to_web = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
    (left, bottom), (right, top) = to_web.transform(west, south), to_web.transform(east, north)
    row, column = np.unravel_index(np.nanargmax(surface.values), surface.values.shape)
    place = xy(surface.transform, row, column)
    x, y = Transformer.from_crs("EPSG:3035", "EPSG:3857", always_xy=True).transform(*place)
    across, down = (x - left) / (right - left) * gray.shape[1], (top - y) / (top - bottom) * gray.shape[0]
    assert gray[int(down), int(across)] >= 240, "the highest value is where the surface has it"
    assert overlay["top"] == pytest.approx(float(np.nanmax(surface.values)), rel=1e-3)
    assert overlay["bandwidth_km"] == 5
    assert gray[0, 0] == 0


def test_the_faintest_density_is_not_drawn_as_none(bundle) -> None:
    surface = bundle.surfaces["monuments"]
    faint = np.full_like(surface.values, 1e-6)
    faint[0, 0] = 1.0
    shown = pixels(
        density_overlays(replace(bundle, surfaces={"monuments": replace(surface, values=faint)}))["monuments"]
    )
    assert shown[len(shown) // 2, shown.shape[1] // 2] == 1


def test_a_wide_release_gets_a_coarser_picture(bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlays, "MAX_SIDE", 100)
    for overlay in density_overlays(bundle).values():
        assert max(pixels(overlay).shape) == 100
        assert pixels(overlay).max() > 100


def test_equal_surfaces_give_equal_pictures(bundle) -> None:
    assert density_overlays(bundle) == density_overlays(bundle)


def test_without_surfaces_or_sites_there_is_no_picture(bundle) -> None:
    assert density_overlays(replace(bundle, surfaces={})) == {}
    empty = density_surfaces(bundle.sites.head(0), bundle.regions)
    assert density_overlays(replace(bundle, surfaces=empty)) == {}


def test_the_picture_is_an_ordinary_png() -> None:
    data = overlays.png_bytes(np.arange(12, dtype="uint8").reshape(3, 4))
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert read_picture(data).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]


def test_every_word_has_every_language_the_same_places_to_fill_and_says_who_checked_it() -> None:
    for row in packaged_rows("page_words.csv"):
        filled = sorted(re.findall(r"\{\w+\}", row["label_en"]))
        for language in LANGUAGES:
            text = row[f"label_{language}"]
            assert text.strip() == text
            assert text, (row["key"], language)
            assert sorted(re.findall(r"\{\w+\}", text)) == filled, (row["key"], language)
        told = dict(part.split("=") for part in row["label_status"].split(";"))
        assert set(told) == set(LANGUAGES) - {"en"}
        assert set(told.values()) <= {"spell", "mem"}, "no native speaker has read them yet"


def test_an_empty_word_falls_back_to_english(monkeypatch: pytest.MonkeyPatch) -> None:
    from inducult_geo.publish.page import pagewords

    page_words.cache_clear()
    row = {f"label_{language}": "" for language in LANGUAGES} | {"key": "x", "label_en": "Map", "label_de": "Karte"}
    monkeypatch.setattr(pagewords, "packaged_rows", lambda _: [row])
    try:
        assert (page_words("de")["x"], page_words("pl")["x"]) == ("Karte", "Map")
    finally:
        page_words.cache_clear()


def test_the_page_gets_every_language_and_no_word_twice() -> None:
    told = translations(of_sample=True)
    assert list(told) == list(LANGUAGES) == list(NAMES)
    for language in LANGUAGES[1:]:
        assert told[language]["words"].items().isdisjoint(told["en"]["words"].items())
        assert set(told[language]["values"]) == {*VALUES, "visitor_access", "fee", "wheelchair"}
    assert access_words("de")["open"] == "Für Besucher offen"


def test_the_notice_of_a_sample_is_there_in_every_language_and_in_no_other_release() -> None:
    assert page_words()["sample_notice"] == SAMPLE_NOTICE
    assert all("sample_notice" in told["words"] for told in translations(of_sample=True).values())
    assert not any("sample_notice" in told["words"] for told in translations(of_sample=False).values())


def test_every_word_that_the_script_asks_for_is_there(repository) -> None:
    sources = "".join(file.read_text(encoding="utf-8") for file in (repository / "web/src").glob("*.js"))
    template = (repository / "inducult_geo/publish/templates/index.html").read_text(encoding="utf-8")
    asked = set(re.findall(r'\bt\("([a-z_0-9]+)"', sources)) | set(re.findall(r'data-t="([a-z_0-9]+)"', template))
    assert len(asked) > 50
    assert asked <= set(page_words())
