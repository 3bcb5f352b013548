"""The preview: one page, complete, escaped, readable without network and script."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from bundles import HOSTILE, contracts, small_bundle

from inducult_geo.publish.layers.domains import DOMAINS
from inducult_geo.publish.layers.tables import clean_text, layer_frames
from inducult_geo.publish.page.drawing import Frame, length_text, overview_map, region_map, round_length
from inducult_geo.publish.page.mapdata import SHAPES, _by_name, _other_names, json_for_page, map_data
from inducult_geo.publish.page.preview import _problems, _questions, _rejected, _site_marks, preview_page
from inducult_geo.publish.qgis.symbols import ASPECT_RINGS, THEME_COLORS
from inducult_geo.releasing.withholding import for_release


class Page(HTMLParser):
    """Gathers tags, their attributes and the text of a page."""

    VOID = ("meta", "br", "link", "img", "use", "circle", "path", "input")

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.words = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        if self.open[-1:] not in (["style"], ["script"]):
            self.words.append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def bundle():
    return for_release(small_bundle(), contracts())


@pytest.fixture(scope="module")
def html(bundle):
    return preview_page(bundle)


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def test_every_tag_is_closed(page):
    assert page.open == []


def test_page_needs_no_network(html, page):
    assert [attrs.get("id") for attrs in page.all("script")] == ["data", None, None]
    assert not page.all("link")
    assert not page.all("img")
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    outside = [attrs for _, attrs in page.tags if str(attrs.get("href", "#"))[0] != "#" or "src" in attrs]
    assert outside == []
    style = html[html.index("<style>") : html.index("</style>")]
    assert set(re.findall(r"url\(([\"']?data:)?", style)) <= {"data:", '"data:', "'data:"}
    (policy,) = [attrs["content"] for attrs in page.all("meta") if attrs.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "connect-src 'none'" in policy
    assert "http" not in policy
    assert "script-src 'unsafe" not in policy


def test_policy_names_the_hashes_of_the_scripts_and_no_other(html):
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert "script-src " + " ".join(f"'sha256-{digest}'" for digest in digests) + ";" in html


def test_the_list_does_not_wait_for_what_draws(html):
    """Over a slow line the library is half of what comes."""
    tool, library = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert "MapLibre" not in tool
    assert len(library) > 5 * len(tool)


def test_without_script_the_picture_stands_and_the_tool_is_hidden(page):
    assert "hidden" in next(attrs for attrs in page.all("div") if attrs.get("id") == "tool")
    assert "hidden" not in next(attrs for attrs in page.all("figure") if attrs.get("id") == "static")


def test_title_and_banner_say_sample_once(page, bundle):
    assert "SAMPLE" in page.text[:80]
    assert "Do not use it for any decision" in page.text
    ours = bundle.run | {"is_sample": True, "title": "InduCult2.0: sites (sample)"}
    assert "<title>SAMPLE: InduCult2.0: sites</title>" in preview_page(replace(bundle, run=ours))


def test_a_real_release_does_not_say_sample(bundle):
    real = preview_page(replace(bundle, run={**bundle.run, "is_sample": False}))
    assert "SAMPLE" not in real


@pytest.mark.parametrize("name", HOSTILE[:2] + HOSTILE[2:3])
def test_hostile_names_are_text(page, name):
    assert " ".join(name.split()) in page.text


def test_hostile_names_are_no_markup(html):
    assert html.count("<script") == 3
    assert html.count("</script") == 3
    assert "<script>alert" not in html
    assert "<b>Lost" not in html
    assert "\x00" not in html


def test_counts_are_those_of_the_run(page, bundle):
    (body,) = page.all("body")
    assert body["data-sites"] == str(bundle.run["sites"])
    for name in ("records_in", "in_sites", "in_review", "rejected", "withheld"):
        assert str(bundle.run[name]) in page.text


def test_the_head_counts_in_words_that_hold_for_any_number(bundle):
    """Words before numbers: "1 Regions" stood there, and no Slavic language has one form for all."""
    told = " ".join(Page(preview_page(replace(bundle, regions=bundle.regions.head(1)))).text.split())
    assert f"Sites: {bundle.run['sites']} · Regions: 1" in told.replace(" :", ":")


def test_every_site_is_on_its_regions_map_and_on_the_overview(page, bundle):
    uses = [attrs["href"] for attrs in page.all("use")]
    on_maps = sum(href.startswith("#t-") for href in uses)
    assert on_maps == len(bundle.sites)
    assert sum(href.startswith("#a-") for href in uses) == 2 * len(bundle.sites) + len(ASPECT_RINGS) + 1, (
        "and one in the head"
    )
    drawn = {attrs["id"] for attrs in page.all("g") if "id" in attrs}
    assert {href[1:] for href in uses} <= drawn


def test_a_crowd_is_drawn_as_dots(bundle, monkeypatch):
    monkeypatch.setattr("inducult_geo.publish.page.preview.CROWD", 5)
    crowded = Page(preview_page(bundle))
    dots = "".join(attrs["d"] for attrs in crowded.all("path") if attrs.get("class") == "crowd")
    both = (bundle.sites["aspect"] == "both").sum()
    assert dots.count("h0") == 2 * (len(bundle.sites) + both), "who is both wears two colors"
    assert crowded.open == []


def test_maps_have_words_and_tables_have_headers(page):
    for attrs in page.all("svg"):
        assert attrs.get("aria-hidden") == "true" or (attrs["role"] == "img" and attrs["aria-label"])
    assert page.all("table")
    assert all(attrs.get("scope") in ("col", "row") for attrs in page.all("th"))
    assert page.all("html")[0]["lang"] == "en"


def test_page_names_regions_themes_questions_reasons_sources_and_credit(page, bundle):
    expected = [*bundle.regions["title"], *DOMAINS["theme"].values(), *bundle.sources["title"], "ODbL 1.0"]
    expected += [DOMAINS["reason"]["no_coordinates"], *bundle.review["review_id"]]
    for words in expected:
        assert words in page.text


def test_a_question_tells_why_it_is_asked_and_leads_to_both_sites_on_the_map(page, bundle):
    links = {attrs["href"] for attrs in page.all("a")}
    standing = set(bundle.sites["site_id"])
    for asked in bundle.review.to_dict("records"):
        assert pd.isna(asked["why"]) or asked["why"] in page.text
        assert all(f"#{site}" in links for site in (asked["left_site"], asked["right_site"]) if site in standing)
    assert "#None" not in links


def test_a_name_of_right_to_left_letters_turns_nothing_that_stands_beside_it(html, bundle):
    apart = {unescape(text) for text in re.findall(r"<bdi>(.*?)</bdi>", html)}
    names = [*bundle.review["left_name"].dropna(), *bundle.review["right_name"].dropna()]
    assert names
    assert {*map(clean_text, [*names, *bundle.sources["title"], *bundle.regions["title"]])} <= apart


def test_problems_are_named_beside_the_map(page):
    assert "Karlovarský kraj – Stale: kept from an earlier run: OSM extract missing" in page.text


def test_tables_begin_with_what_is_most_pressing_and_all_that_was_told_stands_there():
    rows = [("a", 0.1, None), ("b", 0.9, None), ("c", 0.9, None), ("d", 1.0, "same")]
    asked = pd.DataFrame(rows, columns=["review_id", "priority", "decision"]).assign(geometry=None)
    assert [row["review_id"] for row in _questions(asked)] == ["b", "c", "a"]
    rejected = pd.DataFrame({"reason": ["bad_row", "no_key", "no_key"], "source": [*"abb"]})
    assert [row[1:] for row in _rejected(rejected)] == [(2, ["b"]), (1, ["a"])]
    told = {"title": "A", "state": "fresh", "message": "look"}
    frames = {"regions": pd.DataFrame([told]), "sources": pd.DataFrame([told | {"message": None}])}
    assert _problems(frames) == [("A", "", "look")]


def test_changes_are_shown_where_there_is_a_release_to_compare_with(bundle, monkeypatch):
    from inducult_geo.publish.page import preview

    rows = [
        {"change": kind, "site_id": f"IC-{n}", "name": HOSTILE[0], "region": "opole", "cause": "osm"}
        | (
            {"distance_m": 12.4, "detail": "12 m"}
            if kind == "moved"
            else {"distance_m": np.nan, "detail": "בית שדה -> חדש"}
        )
        for n, kind in enumerate(["moved", "new", "new"])
    ]
    real = preview.layer_frames
    monkeypatch.setattr(preview, "layer_frames", lambda given: {**real(given), "changes": pd.DataFrame(rows)})
    monkeypatch.setattr(preview, "CHANGES_SHOWN", 2)
    written = preview_page(bundle)
    text = Page(written).text
    told = r'<bdi>[^<]+</bdi></td><td class="title"><bdi>województwo opolskie<'
    assert len(re.findall(told, written)) == 2, "an id is none's word"
    assert "New: 2 · Moved: 1. The first 2 of 3 are shown" in text
    assert text.count("12 m") == 1, "how far a site moved is told once"
    assert HOSTILE[0] in text
    # Else a browser shows the new name first, and the old one after the arrow.
    assert written.count("<bdi>בית שדה</bdi> -&gt; <bdi>חדש</bdi>") == 1
    monkeypatch.setattr(preview, "layer_frames", real)
    assert "Changes since the last release" not in Page(preview_page(bundle)).text


def test_map_holds_what_it_shows(html, bundle):
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL).group(1))
    columns, tables = data["columns"], data["tables"]
    assert {len(column) for column in columns.values()} == {len(bundle.sites)}
    place = {site: number for number, site in enumerate(columns["site_id"])}
    for row in bundle.sites.to_dict("records"):
        number = place[row["site_id"]]
        assert columns["name"][number] == row["name"].replace("\x00", "")
        assert tables["aspect"][columns["aspect"][number]][0] == row["aspect"]
        assert columns["start_year"][number] == (0 if pd.isna(row["start_year"]) else row["start_year"])
        assert not (columns["website"][number] or "http").startswith("javascript")
        assert columns["operator"][number] == (0 if pd.isna(row["operator"]) else row["operator"])
    published = set(bundle.records["record_key"])
    assert {key for keys in columns["records"] for key in keys} <= published
    assert set(data["sources"]) == set(bundle.sources["source"])
    assert "lineage" not in columns


def test_a_site_of_no_known_branch_is_counted_as_none(bundle):
    """Who adds up what the GeoPackage holds must come to the figures of the page."""
    sites = bundle.sites.copy()
    sites.loc[sites.index[0], "theme"] = None
    changed = replace(bundle, sites=sites)
    data = map_data(changed, layer_frames(changed))
    numbers, table = data["columns"]["theme"], [value for value, _ in data["tables"]["theme"]]
    expected = sites["theme"].value_counts().to_dict()
    assert {table[code]: numbers.count(code) for code in set(numbers) if code >= 0} == expected
    assert numbers.count(-1) == 1
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th>.*?(\d+)</td></tr>", preview_page(changed))
    counted = {re.sub("<[^>]*>", "", head): int(count) for head, count in rows}
    assert [re.sub("<[^>]*>", "", head) for head, _ in rows].count("Not stated") == 1
    assert counted["Not stated"] == 1
    assert counted[DOMAINS["theme"]["other"]] == expected.get("other", 0)
    assert "Not stated</span></th>" not in preview_page(bundle)


def test_what_records_say_against_each_other_is_on_the_page(bundle):
    sites = bundle.sites.copy()
    sites["conflicts"] = None
    sites.loc[sites.index[0], "conflicts"] = '{"status": {"osm:way/1": "functional", "x:\\u00001": "disused"}}'
    changed = replace(bundle, sites=sites)
    columns = map_data(changed, layer_frames(changed))["columns"]
    place = columns["site_id"].index(sites["site_id"].iloc[0])
    assert columns["conflicts"][place] == ["status", "osm:way/1", "functional", "status", "x:1", "disused"]
    assert {*columns["conflicts"][:place], *columns["conflicts"][place + 1 :]} == {0}


def test_what_other_lists_call_a_site_is_on_the_page_once(bundle):
    records = bundle.records.copy()
    sites = bundle.sites.copy()
    site = records.loc[records["outcome"].eq("site"), "site_id"].value_counts().index[0]
    mine = records.index[records["site_id"].eq(site)]
    assert len(mine) > 1
    records[["ids", "heritage_ref"]] = None
    sites.loc[sites["site_id"].eq(site), ["wikidata", "heritage_ref"]] = ["Q1", "R 7"]
    records.loc[mine[0], ["ids", "heritage_ref"]] = ['{"wikidata": "Q1; Q2", "eprtr": "\\u0000PL-12"}', "R 7"]
    records.loc[mine[1], ["ids", "heritage_ref"]] = ['{"eprtr": "PL-12"}', "R 8; R 9"]
    changed = replace(bundle, sites=sites, records=records)
    told = map_data(changed, layer_frames(changed))["columns"]
    held = dict(zip(told["site_id"], told["ids"], strict=True))
    assert held.pop(site) == ["PL-12", "Q2", "R 8", "R 9"]
    assert {*held.values()} == {0}


def test_the_page_promises_no_better_accuracy_than_the_release(bundle):
    """707.107 m was 707 there: rounded to three digits, down as well as up."""
    sites = bundle.sites.copy()
    sites["accuracy_m"] = [5.12, 707.10678, 1000.02, 1234.5, 0.001, None, *[14.0] * (len(sites) - 6)]
    changed = replace(bundle, sites=sites)
    told = map_data(changed, layer_frames(changed))["columns"]
    held = dict(zip(told["site_id"], told["accuracy_m"], strict=True))
    assert [held[site] for site in sites["site_id"][:7]] == [5.12, 707.11, 1000.02, 1234.5, 0.01, 0, 14.0]


def test_a_web_address_can_be_clicked_and_nothing_else(bundle):
    two = "http://a.example; www.b.example"
    given = ["https://example.org/a?b=ž", "http://example.org", two, "javascript:alert(1)", "data:text/html,x", None,
             "  ", "https://a.example; www.b c", "http://a.example;javascript:alert(1)"]  # fmt: skip
    sites = bundle.sites.copy()
    keys = sites["site_id"].tolist()[: len(given)]
    sites["website"] = [*given, *[None] * (len(sites) - len(given))]
    told = map_data(replace(bundle, sites=sites), layer_frames(replace(bundle, sites=sites)))["columns"]
    links = dict(zip(told["site_id"], told["website"], strict=True))
    assert [links[key] for key in keys] == [*given[:3], 0, 0, 0, 0, 0, given[8]]


@pytest.mark.parametrize("text", ["</script><script>alert(1)</script>", "<!--", "&lt;", "\u2028", '"\\'])
def test_json_cannot_leave_its_block(text):
    told = json_for_page({"a": text})
    assert not set("<>&\u2028") & set(told)
    assert json.loads(told) == {"a": text}


def test_sites_stand_in_the_order_of_their_names():
    names = ["Schacht 10", "Zeche", "äpfel", "„Bau“", "Łódź", "lom", "Schacht 9", None]
    frame = pd.DataFrame({"name": names, "name_en": [None] * len(names)})
    told = [*_by_name(frame)["name"]][:-1]
    assert told == ["äpfel", "„Bau“", "Łódź", "lom", "Schacht 9", "Schacht 10", "Zeche"], "numbers as one counts"
    assert pd.isna(_by_name(frame)["name"].iloc[-1])


def test_a_site_is_called_in_english_where_it_has_no_other_name(bundle):
    english = ["Lime works", *[None] * (len(bundle.sites) - 1)]
    bare = replace(bundle, sites=bundle.sites.assign(name=None, name_en=english))
    titles = [*_site_marks(layer_frames(bare)["site_points"])["title"].str.partition(" – ")[0]]
    assert titles.count("Lime works") == 1
    assert sum(title.startswith("IC-") for title in titles) == len(titles) - 1


def test_a_release_of_nothing_still_has_a_page(bundle):
    nothing = replace(
        bundle,
        records=bundle.records.head(0),
        sites=bundle.sites.head(0),
        review=bundle.review.head(0),
        regions=bundle.regions.head(0),
        run={**bundle.run, "sites": 0},
    )
    page = preview_page(nothing)
    assert Page(page).open == []
    assert "This release holds no site." in page
    assert "Credit</a>: Natural Earth</p>" in page
    assert 'data-t="none_fits"' not in page, "nothing was asked for that could fit"


def test_every_mark_has_its_drawing():
    assert {ring[0].shape for rings in ASPECT_RINGS.values() for ring in rings} == set(SHAPES)


def contrast(one, other):
    """WCAG 2.2 contrast ratio of two colors written as #rrggbb."""

    def luminance(color):
        parts = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ (0.2126, 0.7152, 0.0722))

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"), [("ink", "bg"), ("ink", "card"), ("soft", "bg"), ("soft", "card"), ("warn", "warn-bg")]
)
def test_text_can_be_read(html, scheme, ink, ground):
    colors = [re.findall(rf"--{name}: (#[0-9a-f]{{6}})", html)[scheme] for name in (ink, ground)]
    assert contrast(*colors) >= 4.5


@pytest.mark.parametrize("color", THEME_COLORS.values(), ids=THEME_COLORS)
def test_themes_stand_out_from_their_white_ground(color):
    assert contrast(color, "#ffffff") >= 2.2


def test_north_is_up_and_the_bar_is_true():
    square = shapely.box(4_000_000, 3_000_000, 4_100_000, 3_100_000)
    empty = gpd.GeoDataFrame({"aspect": [], "theme": [], "title": []}, geometry=[], crs="EPSG:3035")
    drawn = region_map(square, empty)
    frame = Frame(square.bounds, 560)
    assert frame.place(4_000_000, 3_100_000) == (14.0, 14.0)
    assert frame.place(4_000_000, 3_000_000)[1] > 500
    assert drawn.bar_text == "20 km"
    assert drawn.bar_px == pytest.approx(20_000 * frame.scale, abs=0.1)
    assert [length_text(round_length(m)) for m in (500, 999, 1000, 1001)] == ["500 m", "500 m", "1 km", "1 km"]


def site_at(x: float, y: float) -> gpd.GeoDataFrame:
    """One site at a place in EPSG:3035."""
    about = {"aspect": ["factory"], "theme": ["metal"], "title": ["Huta"]}
    return gpd.GeoDataFrame(about, geometry=[shapely.Point(x, y)], crs="EPSG:3035")


def test_a_site_is_drawn_where_it_lies():
    square = shapely.box(4_000_000, 3_000_000, 4_100_000, 3_100_000)
    site = site_at(4_075_000, 3_090_000)
    (dot,) = region_map(square, site).dots
    assert (dot.x, dot.y) == pytest.approx((14 + 0.75 * 532, 14 + 0.1 * 532), abs=0.1)
    (far,) = overview_map(gpd.GeoDataFrame({"title": ["Here"]}, geometry=[square], crs="EPSG:3035"), site).dots
    outline = overview_map(gpd.GeoDataFrame({"title": ["Here"]}, geometry=[square], crs="EPSG:3035"), site).outlines[0]
    corners = np.array(re.findall(r"-?\d+\.?\d*", outline), dtype=float).reshape(-1, 2)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    assert (far.x, far.y) == pytest.approx((left + 0.75 * (right - left), top + 0.1 * (bottom - top)), abs=0.3)


def test_a_tall_region_stands_in_the_middle_of_its_map():
    tall = shapely.box(4_000_000, 3_000_000, 4_020_000, 3_100_000)
    site = site_at(4_010_000, 3_050_000)
    drawn = region_map(tall, site)
    (dot,) = drawn.dots
    assert (dot.x, dot.y) == pytest.approx((drawn.width / 2, drawn.height / 2), abs=1)
    assert drawn.height < 1.1 * drawn.width


def test_a_region_far_away_widens_the_overview():
    far = gpd.GeoDataFrame(
        {"title": ["Far"]}, geometry=[shapely.box(2_800_000, 1_800_000, 2_900_000, 1_900_000)], crs="EPSG:3035"
    )
    empty = gpd.GeoDataFrame({"aspect": [], "theme": [], "title": []}, geometry=[], crs="EPSG:3035")
    drawn = overview_map(far, empty)
    x, y = (float(value) for value in re.findall(r"-?\d+\.?\d*", drawn.outlines[0])[:2])
    assert 0 <= x <= drawn.width
    assert 0 <= y <= drawn.height


def test_the_map_names_regions_and_access_in_words(bundle):
    """What is chosen by hand must be read: an id such as "sisak-moslavina" is none's word."""
    tables = map_data(bundle, layer_frames(bundle))["tables"]
    titles = dict(zip(bundle.regions["region"], bundle.regions["title"], strict=True))
    assert {value: label for value, label in tables["region"] if value in titles} == titles
    assert all(label != value for value, label in tables["visitor_access"])
    assert {value for value, _ in tables["visitor_access"]} >= {"open", "limited", "closed"}


@pytest.mark.parametrize("names", ["{", "[1]", "null", None, "{}", '{"de": ""}'])
def test_names_that_say_nothing_are_none(names):
    assert _other_names(names) == 0


def test_a_name_of_two_kinds_is_told_once():
    assert _other_names('{"name": "Huta", "de": "Hütte", "old": "Hütte"}', "Huta") == ["de", "Hütte"]


def test_a_timeline_says_which_record_tells_a_year_and_how_exactly(bundle):
    sites, records = bundle.sites.copy(), bundle.records
    site = sites["site_id"].iloc[0]
    own = sorted(records.loc[records["site_id"] == site, "record_key"])
    events = [{"event": "founded", "precision": "century", "record": own[0], "year": 1850},
              {"event": "closed", "precision": "approximate", "record": own[0], "year": 1950},
              {"event": "museum until", "precision": "decade", "record": own[1], "year": 1999},
              {"event": "closed", "record": "gone:1", "year": 2001}]  # fmt: skip
    sites["timeline"] = None
    sites.loc[0, "timeline"] = json.dumps(events)
    changed = replace(bundle, sites=sites)
    data = map_data(changed, layer_frames(changed))
    place = data["columns"]["site_id"].index(site)
    told = data["columns"]["timeline"][place]
    precisions = [*DOMAINS["year_precision"]]
    rows = [told[n : n + 4] for n in range(0, len(told), 4)]
    assert [(row[0], data["tables"]["event"][row[1]][0]) for row in rows] == [(e["year"], e["event"]) for e in events]
    assert [row[2] for row in rows] == [0, 0, 1, -1]
    assert [row[3] for row in rows] == [*map(precisions.index, ("century", "approximate", "decade")), -1]
    assert {*data["columns"]["timeline"][:place], *data["columns"]["timeline"][place + 1 :]} == {0}


def test_no_name_of_a_region_lies_over_another_or_over_another_region():
    """Two regions whose long names, each under its outline, would run into one another."""
    places = {"Provincia di Padova (sample)": 4_420_000, "Sisačko-moslavačka županija (sample)": 4_640_000}
    shapes = [shapely.box(x, 2_480_000, x + 60_000, 2_540_000) for x in places.values()]
    regions = gpd.GeoDataFrame({"title": [*places]}, geometry=shapes, crs="EPSG:3035")
    sites = gpd.GeoDataFrame({name: [] for name in ("aspect", "theme", "title")}, geometry=[], crs="EPSG:3035")
    one, other = overview_map(regions, sites).labels
    assert abs(one.y - other.y) > 14 or abs(one.x - other.x) > 9 * (len(one.text) + len(other.text)) / 2
