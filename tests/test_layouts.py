"""The print layouts: nothing on the page lies on anything else, and every credit can be read."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest
from bundles import contracts, small_bundle
from hypothesis import given
from hypothesis import strategies as st

from inducult_geo.publish.layers.declared import layer_named
from inducult_geo.publish.qgis.cards import BOXES
from inducult_geo.publish.qgis.layouts import CREDIT, DATED, SHEETS, Box, Sheet, layouts, printed_credits
from inducult_geo.publish.qgis.styles import styles_of
from inducult_geo.releasing.withholding import for_release


@pytest.fixture(scope="module")
def bundle():
    return for_release(small_bundle(), contracts())


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
@pytest.mark.parametrize("letters", [0, 200, 2_000, 100_000])
def test_items_lie_on_the_page_and_not_on_one_another(sheet: Sheet, letters: int) -> None:
    boxes = sheet.boxes("x" * letters)
    page = boxes.pop("page")
    assert (page.x, page.y, page.width, page.height) == (0, 0, sheet.width_mm, sheet.height_mm)
    for box in boxes.values():
        assert box.x >= 5
        assert box.y >= 5
        assert box.x + box.width <= page.width - 5
        assert box.y + box.height <= page.height - 5
    for one, other in combinations(boxes.values(), 2):
        apart = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert apart or one.y + one.height <= other.y or other.y + other.height <= one.y, (one, other)
    assert boxes["map"].height >= page.height / 4


def test_items_of_a_card_lie_on_the_page_and_the_ring_alone_on_another() -> None:
    boxes = dict(BOXES)
    page, shown, ring = (boxes.pop(name) for name in ("page", "map", "here"))
    assert (ring.x + ring.width / 2, ring.y + ring.height / 2) == (
        shown.x + shown.width / 2,
        shown.y + shown.height / 2,
    )
    for one, other in combinations([shown, *boxes.values()], 2):
        apart = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert apart or one.y + one.height <= other.y or other.y + other.height <= one.y, (one, other)
    assert all(box.x + box.width <= page.width - 5 and box.y + box.height <= page.height - 5 for box in boxes.values())


def test_a_legend_of_any_style_stays_on_the_page() -> None:
    for name in ("review", "site_points", "regions"):
        for style, qml in styles_of(layer_named(name), region_titles={}).items():
            labels = [part.get("label") or "" for part in ET.fromstring(qml.strip()).iter() if part.get("label")]
            assert labels, style
            # 44 letters of 7 points fill what the legend's column has beside the symbols.
            assert max(map(len, labels)) <= 44, (style, max(labels, key=len))


def test_a_long_credit_gets_the_lines_that_it_needs() -> None:
    heights = [SHEETS[0].boxes("x" * letters)["credit"].height for letters in (50, 500, 1000)]
    assert heights[0] < heights[1] < heights[2]
    assert heights[2] >= 1000 / 180 * 2.5, "180 letters of 6.5 points fill a line of 216 mm"


@given(st.tuples(st.floats(1e6, 5e6), st.floats(1e6, 5e6)), st.floats(1, 1e6), st.floats(1, 1e6), st.floats(10, 400))
def test_an_extent_is_widened_to_the_shape_of_the_map(corner, width: float, height: float, side_mm: float) -> None:
    box = Box(0, 0, 200, side_mm)
    west, south, east, north = box.around((*corner, corner[0] + width, corner[1] + height))
    assert (east - west) / (north - south) == pytest.approx(200 / side_mm, rel=1e-2)
    assert west <= corner[0] + 0.01
    assert south <= corner[1] + 0.01
    assert east >= corner[0] + width - 0.01
    assert north >= corner[1] + height - 0.01
    assert min((east - west) / width, (north - south) / height) == pytest.approx(1, abs=0.01), "not wider than needed"


def test_ids_are_the_same_every_night_and_differ_on_a_sheet() -> None:
    ids = [sheet.uuid(item) for sheet in SHEETS for item in sheet.boxes("")]
    assert len(set(ids)) == len(ids)
    assert SHEETS[0].uuid("map") == "{eddf2559-4303-59bd-90ab-169ba8c50da1}"


def test_each_credit_stands_once_with_its_license_and_openstreetmap_first(bundle) -> None:
    sources = bundle.sources.assign(attribution="the same office", licence="CC-BY-4.0")
    sources.loc[sources["source"] == "osm", ["attribution", "licence"]] = ["© OpenStreetMap contributors", "ODbL-1.0"]
    regions = bundle.regions.assign(boundary_source=["land\n  surveyors ", None], boundary_licence=[" ", None])
    told = printed_credits(replace(bundle, sources=sources, regions=regions))
    assert told == [
        "© OpenStreetMap contributors (ODbL-1.0)",
        "the same office (CC-BY-4.0)",
        "land surveyors",
        "openstreetmap.org/copyright",
    ]


def test_without_openstreetmap_there_is_no_link_to_it(bundle) -> None:
    records = bundle.records[bundle.records["source"] != "osm"]
    assert not any("openstreetmap" in line.lower() for line in printed_credits(replace(bundle, records=records)))


def test_the_labels_variables_hold_credit_and_day(bundle) -> None:
    said = layouts(bundle)["variables"]
    assert said[CREDIT] == " · ".join(printed_credits(bundle))
    assert said[DATED].startswith("Data up to 2024-03-01")
