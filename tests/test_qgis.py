"""The GeoPackage in a real QGIS: everything opens, is styled, named and joined."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest
from bundles import contracts, small_bundle, with_made_changes
from qgis_python import PYTHON, has_qgis
from test_surfaces import with_surfaces

from inducult_geo.frames import from_json
from inducult_geo.publish.databases.geopackage import write_geopackage
from inducult_geo.publish.files import GEOPACKAGE
from inducult_geo.publish.layers.declared import LAYERS, layer_named
from inducult_geo.publish.layers.domains import DOMAINS
from inducult_geo.publish.qgis.coverage import COVERAGES
from inducult_geo.releasing.withholding import for_release

SCRIPT = Path(__file__).with_name("qgis_open.py")
pytestmark = pytest.mark.qgis
HOSTILE_CREDIT = "Office [% 6 * 7 %] <b>of</b> 'monuments'"
HOSTILE_TITLE = "Kraj [% 6 * 7 %] <i>x</i>"
WHOLE, PARTS = 5, [6, 7]
NAMELESS = [18, 21]
"""Numbers of two sites with outlines that get no name, the second no type, either."""

ROUGH = {11: (1224.74, " (± 1.3 km)"), 9: (51.2, " (± 52 m)"), 10: (50.0, " (± 50 m)"), 14: (49.9, "")}
"""Number of a site, its accuracy, and what its label says of it at 1:5,000."""
DATED = {
    12: ((1800, 1999, "century", "decade", "disused"), "1800 (century) – 1999 (decade, or a span as short)"),
    13: ((1904, None, "year", None, "functional"), "1904 – "),
    16: ((None, 1991, None, "day", "decommissioned"), "? – 1991"),
    15: ((1904, None, "approximate", None, "unknown"), "1904 (about that year, or in doubt) – ?"),
}
TOLD = {
    "names": (
        {"alt_2": "[% 1 %]", "loc": "Y", "name": "Důl <b>A</b>", "name:de": "Grube 'A'", "name_2": "Nr 2", "old": "X"},
        "Důl <b>A</b>\n[% 1 %] (also)\nY (loc)\nGrube 'A' (German)\nNr 2\nX (earlier)",
    ),
    "timeline": (
        [
            {"event": "founded", "precision": "century", "record": "osm:way/24", "year": -20},
            {"event": "closed", "precision": "range", "record": "osm:way/24", "year": 1999},
            {"event": "museum since", "record": "b:1; 2", "year": 2001},
        ],
        "20 BC (century) founded · osm:way/24\n1999 (some year of a span) closed · osm:way/24\n"
        "2001 museum since · b:1; 2",
    ),
    "conflicts": (
        {"place": {"b:1": "4 km off"}, "start_year": {"a:1": 1900}, "status": {"a:1": "disused", "b:1": "projected"}},
        "Condition: Out of use · a:1\nCondition: Planned · b:1\nStart year: 1900 · a:1\nPlace: 4 km off · b:1",
    ),
    "lineage": (
        {"area_m2": "a:1", "geometry": "a:1", "name": "a:1; b:2", "of later": "a:1"},
        "Name of the site: a:1; b:2\nArea: a:1\nPlace: a:1\nof later: a:1",
    ),
}  # fmt: skip
"""Column of JSON of one site, what it holds, and the lines that its form tells."""
NO_PAGE = {
    "Open the website": "",
    "Open the picture": "",
    "Open in Wikidata": "",
    "Open in Wikipedia": "",
}
LINKED = {
    22: (
        ("https://a.example/?x=1&y=2 ; http://b.example", "www.c.at/p.jpg", "Q12; Q3", "de:Grube A? 50 %#Lage;en:B"),
        {
            "Open the website": "https://a.example/?x=1&y=2",
            "Open the picture": "https://www.c.at/p.jpg",
            "Open in Wikidata": "https://www.wikidata.org/wiki/Q12",
            "Open in Wikipedia": "https://de.wikipedia.org/wiki/Grube_A%3F_50_%25",
        },
    ),
    3: (("file:///etc/passwd", "javascript:alert(1)", "../Q1", "de:/x"), NO_PAGE),
    4: (("see http://a.example", "data:text/html,x", "Q0", "https://it.wikipedia.org/wiki/X"),
        NO_PAGE | {"Open in Wikipedia": "https://it.wikipedia.org/wiki/X"}),
    8: ((None, None, None, None), NO_PAGE),
}  # fmt: skip
"""Number of a site, its website, image, Wikidata item and article, and the page that each button opens."""


@pytest.fixture(scope="module")
def bundle():
    made = small_bundle()
    made.sites.loc[NAMELESS, ["name", "name_en"]] = None
    made.sites.loc[NAMELESS[1], "type"] = None
    made.sites.loc[[*ROUGH], "accuracy_m"] = [meters for meters, _ in ROUGH.values()]
    columns = ["name", "start_year", "end_year", "year_precision", "end_precision", "status"]
    made.sites.loc[[*DATED], columns] = [[f"Dated {number}", *told] for number, (told, _) in DATED.items()]
    made.sites.loc[[*LINKED], ["website", "image", "wikidata", "wikipedia"]] = [told for told, _ in LINKED.values()]
    made.sites.loc[24, [*TOLD]] = [json.dumps(held) for held, _ in TOLD.values()]
    made.records.loc[made.records["outcome"].eq("rejected").idxmax(), "names"] = '{"old": "Z <b>"}'
    made.sites.loc[PARTS, "part_of"] = made.sites.loc[WHOLE, "site_id"]
    made.sources.loc[made.sources["source"] != "osm", "attribution"] = HOSTILE_CREDIT
    made.regions.loc[0, "title"] = HOSTILE_TITLE
    return with_surfaces(with_made_changes(for_release(made, contracts())))


@pytest.fixture(scope="module")
def met(bundle, tmp_path_factory):
    if not has_qgis():
        pytest.skip("needs QGIS for the system's Python")
    path = tmp_path_factory.mktemp("qgis") / GEOPACKAGE
    write_geopackage(bundle, path)
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    told = subprocess.run([PYTHON, SCRIPT, path], capture_output=True, text=True, check=True, timeout=120)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before, "opening changed the file"
    return json.loads(told.stdout.splitlines()[-1])


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_layer_is_valid_styled_and_named(met, layer):
    seen = met["layers"][layer.name]
    assert seen["valid"]
    assert seen["styled"]
    assert seen["count"] > 0
    assert seen["unnamed"] == []
    assert seen["crs"] == ("EPSG:3035" if layer.geometry else None)
    assert seen["title"] == layer.title
    assert seen["licenses"] == ["CC-BY-4.0", "ODbL-1.0"]
    assert set(seen["value_maps"]) >= {column.name for column in layer.columns if column.domain}
    assert seen["exported"] == ["", seen["count"]]
    assert seen["display_error"] == ""
    assert seen["tip_errors"] == []
    assert list(seen["styles"]) == [layer.style_name, *(name for name, _ in layer.more_styles)]
    assert seen["tabs"] == list(dict.fromkeys(column.group for column in layer.columns))


@pytest.mark.parametrize(("name", "symbols"), [("monument", 2), ("factory", 2), ("both", 3), ("unknown", 2)])
def test_aspects_are_drawn_as_rings_around_the_theme(met, name, symbols):
    seen = met["layers"]["site_points"]
    assert seen["renderer"] == "categorizedSymbol"
    assert seen["categories"][name] == symbols
    assert seen["labels"]


def test_a_site_without_a_name_is_called_what_it_is(met, bundle):
    sites = bundle.sites.set_index("site_id")
    nameless, untyped = (f"IC-{number:05d}-0" for number in NAMELESS)
    for layer in ("site_points", "site_areas"):
        called = met["layers"][layer]["displayed"]
        assert DOMAINS["type"][sites["type"][nameless]] in called
        assert nameless not in called
        assert untyped in called


def test_a_printed_page_of_a_region_has_names_that_the_screen_shows_nearer(met):
    scales = met["layers"]["site_points"]["farthest"]
    assert len(scales) == 5
    for by_rule, on_screen, on_paper in scales:
        assert by_rule == on_screen < on_paper == 1_000_000


def test_lists_of_records_call_each_by_its_name_and_key(met, bundle):
    used = bundle.records[bundle.records["outcome"] != "rejected"]
    names = (from_json(text).get("name") for text in used["names"])
    told = [f"{name} ({key})" if name else key for name, key in zip(names, used["record_key"], strict=True)]
    assert sorted(met["layers"]["source_records"]["displayed"]) == sorted(told)
    assert any(" (" in shown for shown in told)


def test_a_place_that_is_rough_for_the_scale_is_drawn_and_labelled_so(met):
    near, far = ({site: told for site, *told in rows} for rows in met["layers"]["site_points"]["at_scale"].values())
    for number, (_, told) in ROUGH.items():
        label, stroke = near[f"IC-{number:05d}-0"]
        assert re.sub(r"^[^(]+\d", "", label.replace("\N{NO-BREAK SPACE}", " ")) == told
        assert stroke == ("dot" if told else "solid")
    assert (far["IC-00011-0"][1], far["IC-00009-0"][1]) == ("dot", "solid")
    assert "±" not in far["IC-00009-0"][0]


def test_map_tips_tell_how_exact_a_year_is(met):
    tips = met["layers"]["site_points"]["tip"]
    for number, (_, told) in DATED.items():
        (tip,) = [tip for tip in tips if f"<b>Dated {number}</b>" in tip]
        assert f"Years:</span> {told}" in {line.strip("\n") for line in re.split('<br>|<span style="color:#555">', tip)}


def test_buttons_of_a_form_open_web_pages_and_nothing_else(met, bundle):
    told = met["layers"]["site_points"]["pages"]
    for number, (_, opened) in LINKED.items():
        assert told[f"IC-{number:05d}-0"] == opened
    assert {name for name, layer in met["layers"].items() if layer["pages"]} == {
        "site_points", "site_areas", "source_records", "rejected",
    }  # fmt: skip


def test_the_temporal_controller_shows_what_stood_in_a_year(met, bundle):
    shown = {int(year): {*names} for year, names in met["layers"]["site_points"]["in_years"].items()}
    dated = {year: {number for number in DATED if f"Dated {number}" in names} for year, names in shown.items()}
    assert dated == {1750: set(), 1950: {12, 13, 15, 16}, 1991: {12, 13, 15, 16}, 1992: {12, 13, 15}, 2005: {13, 15}}
    years = bundle.sites[["start_year", "end_year"]].stack().dropna().astype(int)
    assert met["project"]["controller"] == [years[years > 0].min(), 2024, 10, True, "", "1850\N{EN DASH}1859"]


@pytest.mark.parametrize("layer", ["review", "changes"])
def test_questions_and_changes_stand_in_no_year_but_that_of_the_data(met, layer):
    shown = met["layers"][layer]["in_years"]
    assert (shown["2005"], len(shown["2024"])) == ([], met["layers"][layer]["count"])


@pytest.mark.parametrize("layer", ["site_points", "site_areas", "source_records"])
def test_what_does_not_tell_when_it_began_is_pale_in_an_animation(met, layer):
    shown = met["layers"][layer]["opacities"]
    assert shown["still_unknown"] == shown["still_known"] == [100]
    assert (shown["in_time_known"], shown["in_time_unknown"]) == ([100], [30])


def test_a_question_shows_both_records_and_the_worst_first(met, bundle):
    left, right = met["project"]["records_asked_about"]
    assert all(found == [key] for key, found in left)
    assert all(found == ([key] if key else []) for key, found in right)
    pairs = bundle.review["kind"] == "pair"
    assert sorted(key for key, _ in right if key) == sorted(bundle.review.loc[pairs, "right_key"])
    lengths = met["project"]["between"]
    assert {asked for asked, length in lengths.items() if length is None} == {*bundle.review.loc[~pairs, "review_id"]}
    places = bundle.records.set_index("record_key").geometry
    for asked in bundle.review[pairs].itertuples():
        if places[asked.right_key].geom_type == "Point":
            assert lengths[asked.review_id] == pytest.approx(asked.geometry.distance(places[asked.right_key]), abs=0.01)
    assert met["layers"]["review"]["sorted_by"] == ['"priority"', 1]
    assert met["project"]["ring_in_legend"] == "solid", "a legend has no question that could be decided"


def test_a_table_of_attributes_begins_with_what_is_looked_for(met):
    shown = {name: layer["table"] for name, layer in met["layers"].items()}
    assert [name for name, _ in shown["rejected"]][:4] == ["name_in_words", "reason", "detail", "place"]
    assert [name for name, _ in shown["site_points"]][:3] == ["name", "region", "type"]
    assert all(width > 50 for columns in shown.values() for _, width in columns), "QGIS took every width"
    assert met["layers"]["rejected"]["tabs"][0] == "Why not used"
    called = [(from_json(told).get("name"), name) for told, name in met["layers"]["rejected"]["called"] if told]
    assert (None, "Z <b>") in called, "an earlier name, where there is no other"
    assert all(name in (shown, None) for name, shown in called)


def test_a_question_has_its_mark_at_its_ring(met):
    for marks in met["project"]["question_marks"]:
        assert [pytest.approx(2.9, abs=0.05)] * 2 in marks


@pytest.mark.parametrize("column", TOLD)
def test_a_form_tells_what_json_holds_in_lines_of_words(met, column):
    held, lines = TOLD[column]
    told = met["project"]["in_words"]["Industrial sites"]
    assert (held, lines) in [(json.loads(text), words) for name, text, words in told if name == column]


def test_nothing_that_json_holds_is_left_untold(met):
    told = met["project"]["in_words"]
    assert {column for column, *_ in told["Records of the sources"]} == {"names", "tags"}
    for column, text, words in (row for rows in told.values() for row in rows):
        held = json.loads(text)
        values = [*held.values()] if isinstance(held, dict) else [event["record"] for event in held]
        inner = [one for value in values for one in (value if isinstance(value, dict) else [value])]
        missing = [one for one in inner if str(one) not in (words or "")]
        assert not missing, (column, text, words)


def test_a_map_tip_of_a_site_without_a_name_says_what_it_is(met):
    assert not any("<b></b>" in tip for tip in met["layers"]["site_points"]["tip"])


def test_map_tips_show_hostile_names_as_text(met):
    tips = "\n".join(met["layers"]["site_points"]["tip"])
    assert "&lt;script&gt;alert" in tips
    assert "<script" not in tips
    assert "[% layer_property('x','source') %]" in tips, "an expression in a name is not evaluated"
    assert "Monument and factory" in tips


def test_project_opens_with_all_its_layers(met, bundle):
    project = met["project"]
    assert project["read"]
    assert project["complaints"] == [], "the version in the file is that of the oldest QGIS that it is made for"
    assert project["crs"] == "EPSG:3035"
    assert project["title"].startswith("SAMPLE")
    assert len(project["layers"]) == len(LAYERS) + 1 + len(COVERAGES)
    assert all(project["layers"].values())
    assert project["groups"] == ["Review", "Changes", "Sites", "Evidence", "Background", "Documentation"]
    assert [name for name, fixed in project["read_only"].items() if not fixed] == [layer_named("review").title]


def test_a_bookmark_leads_to_each_region(met, bundle):
    found = met["project"]["bookmarks"]
    assert {*found} == {f"region_{region}" for region in bundle.regions["region"]}
    for row in bundle.regions.itertuples():
        title, group, crs, (west, south, east, north) = found[f"region_{row.region}"]
        assert (title, group, crs) == (row.title, "Regions", "EPSG:3035")
        x0, y0, x1, y1 = row.geometry.bounds
        assert west < x0 < x1 < east < x1 + (x1 - x0)
        assert south < y0 < y1 < north < y1 + (y1 - y0)


def test_relations_lead_from_a_site_to_its_records(met, bundle):
    relations = met["project"]["relations"]
    assert len(relations) == 12
    assert all(relations.values())
    counts = dict(zip(bundle.sites["site_id"], bundle.sites["n_records"], strict=True))
    assert {site: len(keys) for site, keys in met["project"]["records_of_a_site"].items()} == counts


def test_tabs_of_a_form_show_the_related_rows(met):
    tabs = {name: tabs for name, tabs in met["project"]["tabs_of_rows"].items() if tabs}
    assert {name: len(shown) for name, shown in tabs.items()} == {
        "Industrial sites": 7,
        "Open questions": 2,
        "Sources": 2,
        "Records of the sources": 1,
    }
    assert all(known for shown in tabs.values() for known in shown.values())


def test_the_panel_of_layers_shows_symbols_the_size_of_letters(met):
    assert met["project"]["symbols_px"] < 48


def test_a_site_leads_to_its_parts(met, bundle):
    told = bundle.sites.dropna(subset="part_of").groupby("part_of")["site_id"].agg(sorted).to_dict()
    assert [len(parts) for parts in told.values()] == [2]
    found = {site: sorted(parts) for site, parts in met["project"]["parts_of_a_site"].items() if parts}
    assert found == told


def test_map_is_drawn_in_colors(met):
    assert met["project"]["colors"] > 50


THEMES = {
    "Heritage and production": {"Industrial sites": "by aspect", "Open questions": "default"},
    "Heritage": {"Industrial sites": "heritage", "Density of monuments (sites per km²)": "default"},
    "Production": {"Industrial sites": "production", "Density of production (sites per km²)": "default"},
    "Branches of industry": {"Industrial sites by branch": "by branch"},
    "Data quality": {"Industrial sites": "data quality", "Records of the sources": "default"},
    "Review": {"Open questions": "default", "Industrial sites": "background"},
    "Changes": {"Changes since the last release": "default", "Industrial sites": "background"},
}


@pytest.mark.parametrize(("name", "styles"), THEMES.items())
def test_a_map_theme_shows_its_layers_in_its_styles(met, name, styles):
    theme = met["project"]["themes"][name]
    assert styles.items() <= theme["styles"].items()
    assert set(styles) <= set(theme["layers"])
    assert all(colors > 10 for colors in theme["colors"]), "drawn from afar and near"


def test_there_is_no_other_theme_and_each_looks_different(met):
    themes = met["project"]["themes"]
    assert set(themes) == set(THEMES)
    assert len({tuple(theme["colors"]) for theme in themes.values()}) == len(themes)


def test_surfaces_are_drawn_in_colors_by_the_project(met):
    assert list(met["project"]["rasters"].values()) == [["singlebandpseudocolor", 1]] * 2


def test_every_style_of_the_sites_draws(met):
    assert met["layers"]["site_points"]["styles"] == {
        "by aspect": "categorizedSymbol",
        "by branch": "categorizedSymbol",
        "heritage": "RuleRenderer",
        "production": "RuleRenderer",
        "data quality": "RuleRenderer",
        "background": "categorizedSymbol",
    }


@pytest.mark.parametrize(("name", "size_mm"), [("Map on A4", [297, 210]), ("Map on A3", [420, 297])])
def test_a_layout_prints_a_map_of_all_and_one_of_each_region(met, bundle, name, size_mm):
    layout = met["project"]["layouts"][name]
    assert layout["results"] == [0, 0, 0]
    assert layout["size_mm"] == size_mm
    pictures = {"whole.png", *(f"{region}.png" for region in bundle.regions["region"])}
    assert {*layout["files"]} >= {"whole.pdf", *pictures}
    assert set(layout["colors"]) == pictures
    assert all(colors > 50 for colors in layout["colors"].values())
    assert len({*layout["colors"].values()}) > 1, "a page a region, not the same page again"
    assert not layout["follows"], "a map that follows a theme empties the tabs of related rows"
    assert layout["legend"] == ["Open questions", "Industrial sites", "Industrial sites by branch", "Regions"]
    assert layout["linked"] == [True, True, True]
    assert layout["outside"] == []
    assert all(km == float(f"{km:.0e}") for km in layout["segments_km"])
    shortest, longest = layout["bar_mm"]
    assert longest > 2 * shortest, "from 1 to 2 is the widest gap between round numbers: else a bar tells 19 and 38 km"


@pytest.mark.parametrize("name", ["Map on A4", "Map on A3"])
def test_a_layout_names_the_release_its_day_and_its_sources_and_evaluates_nothing_of_theirs(met, bundle, name):
    layout = met["project"]["layouts"][name]
    whole, page = layout["labels"], layout["atlas_labels"]
    assert whole["title"] == met["project"]["title"]
    assert whole["date"].startswith("Data up to 2024-03-01")
    assert whole["credit"].startswith("© OpenStreetMap contributors (ODbL-1.0) · ")
    assert f"{HOSTILE_CREDIT} (CC-BY-4.0)" in whole["credit"]
    assert whole["credit"].endswith("openstreetmap.org/copyright")
    assert whole["crs"] == page["crs"] == "ETRS89-extended / LAEA Europe (EPSG:3035)"
    last = max(bundle.regions["title"])
    assert (page["title"], page["date"]) == (last, f"{whole['title']} · {whole['date']}")
    assert page["credit"] == whole["credit"]


def test_there_is_a_card_to_print_for_each_site(met, bundle):
    pages = dict(met["project"]["cards"])
    waits = pages.pop("")
    assert waits["title"].startswith("Atlas >"), "no expression stands there as text"
    assert {waits[label] for label in ("subtitle", "facts", "told", "credit")} == {""}
    assert waits["colors"] > 50
    assert waits["linked"]
    assert waits["in_degrees"] == pytest.approx(100_000, rel=1e-3), "also where a person moves the project to degrees"
    assert {*pages} == {*bundle.sites["site_id"]}
    for site, page in pages.items():
        assert page["file"] == site
        assert page["off_m"] < 1
        assert page["scale"] == pytest.approx(100_000, rel=1e-3)
        assert site in page["credit"]
    names = bundle.sites.set_index("site_id")["name"].dropna().str.replace("\0", "")
    assert {site: page["title"] for site, page in pages.items() if site in names} == names.to_dict()


def test_a_card_tells_facts_names_years_and_terms_as_text(met):
    pages = met["project"]["cards"]
    card = pages["IC-00024-0"]
    assert card["told"] == "\n\n".join(
        f"{title}\n{TOLD[name][1]}"
        for title, name in (("Names", "names"), ("Past and present", "timeline"), ("Contradictions", "conflicts"))
    )
    facts = card["facts"].splitlines()
    assert facts[0] == "Monument or factory: Monument (heritage)"
    assert "Condition: Out of use" in facts
    assert "Address: Nádražní 24, Opole" in facts
    assert "Place: true to 29 m, drawn from a map or picture" in facts
    assert "Sources: osm, register" in facts
    assert not any("Not known" in line or line.endswith(": ") for line in facts)
    assert card["credit"].startswith("License: ")
    assert f"Years: {DATED[12][1]}" in pages["IC-00012-0"]["facts"].splitlines()
