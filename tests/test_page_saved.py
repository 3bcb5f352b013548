"""What a reader takes along from the page: the sites shown as a file, as the release's own files have them."""

from __future__ import annotations

import csv
import functools
import http.server
import json
import threading
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
from browser import CHROMIUM
from bundles import HOSTILE, contracts, small_bundle
from page_shown import show, tick

from inducult_geo.frames import to_json
from inducult_geo.publish.layers.dictionary import SHEET
from inducult_geo.publish.page.pagewords import page_words
from inducult_geo.publish.page.preview import preview_page
from inducult_geo.publish.research.documents import sites_table
from inducult_geo.publish.spreadsheet import lines_of, plain_cell, write_csv
from inducult_geo.releasing.withholding import for_release

pytest.importorskip("websockets.sync.client")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")

READY = "!!globalThis.inducult"
OWN = ("other_names", "record_keys", "release", "selection", "notes")
"""Columns that `sites.csv` has not."""


def rows_of(path):
    names, *lines = lines_of(path)
    return [dict(zip(names, line, strict=False)) for line in lines]


@pytest.fixture(scope="module")
def bundle():
    made = for_release(small_bundle(), contracts())
    sites = made.sites.copy()
    sites.loc[:6, "operator"] = ["=1+1", "+5", "-x", "'=2", '"quoted", and so on', "two\r\nlines", "@SUM(A1)"]
    sites.loc[0, "names"] = to_json({"name": HOSTILE[0], "__proto__": "Alt", "de": "=Fabrik"})
    sites.loc[0, "conflicts"] = to_json({"status": {"osm:way/0": "functional", "register:0": "disused"}})
    key = made.records.loc[made.records["site_id"] == sites.loc[0, "site_id"], "record_key"].iloc[0]
    events = [{"event": "founded", "precision": "century", "record": key, "year": 1850},
              {"event": "closed", "record": key, "year": 1991}]  # fmt: skip
    sites.loc[0, "timeline"] = f"[{', '.join(map(to_json, events))}]"
    sites.loc[1, ["start_year", "part_of"]] = [-50, sites.loc[0, "site_id"]]
    sites.loc[[2, 6], "accuracy_m"] = [1234.5, 707.10678]
    sites.loc[3, ["visitor_access", "licence"]] = ["by appointment, =x", "ODbL-1.0; CC-BY-4.0"]
    return replace(made, sites=sites)


@pytest.fixture(scope="module")
def file(bundle, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(preview_page(bundle), encoding="utf-8")
    return path


@pytest.fixture
def page(browser, file):
    show(browser, file)
    # A file that another test saved is none of this one's.
    browser.run("document.getElementById('saved').textContent = ''")
    yield browser
    assert [said for said in browser.complaints if "GL Driver Message" not in said] == []


def saved(page, kind, folder):
    """Press the button of a kind; return the file that the browser wrote."""
    page.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    page.run("document.querySelector('.save').open = true")
    page.run(f"document.getElementById('save-{kind}').click()")
    name = page.run("document.getElementById('saved').textContent").split()[-1]
    for _ in range(200):
        # The browser holds the name with an empty file while it writes beside it.
        if (folder / name).is_file() and (folder / name).stat().st_size and not [*folder.glob("*.crdownload")]:
            return folder / name
        page.run("new Promise((done) => setTimeout(done, 50))")
    raise AssertionError(f"{name} was not written")


def same(column, mine, released):
    """Whether two cells say the same: numbers as numbers, JSON as JSON."""
    if mine == released:
        return True
    if column.kind in ("number", "whole") and mine and released:
        told, true = float(mine), float(released)
        return true <= told < true + 0.0100001 if column.name == "accuracy_m" else told == true
    return column.json and bool(mine) and json.loads(mine) == json.loads(released)


def test_a_saved_table_says_what_the_release_says(page, bundle, tmp_path):
    write_csv(sites_table(bundle), tmp_path / "sites.csv")
    released = {row["site_id"]: row for row in rows_of(tmp_path / "sites.csv")}
    mine = {row["site_id"]: row for row in rows_of(saved(page, "csv", tmp_path))}
    assert mine.keys() == released.keys()
    held = [column for column in SHEET if column.name in mine["IC-00000-0"]]
    assert len(held) == len(mine["IC-00000-0"]) - len(OWN) > 35
    for site, row in released.items():
        if row["website"].startswith("javascript"):
            row["website"] = ""
        for column in held:
            assert same(column, mine[site][column.name], row[column.name]), (site, column.name)
    keys = bundle.records.groupby("site_id")["record_key"].agg(sorted)
    assert {site: json.loads(row["record_keys"]) for site, row in mine.items()} == keys.to_dict()
    assert json.loads(mine["IC-00000-0"]["other_names"])["__proto__"] == "Alt"


def test_no_cell_of_a_saved_table_is_a_formula_and_excel_sees_the_accents(page, bundle, tmp_path):
    page.run("document.getElementById('search').value = '=HYPERLINK(1) x'; inducult.update(false)")
    assert page.run("document.getElementById('save-csv').disabled"), "there is nothing to save"
    page.run("document.getElementById('search').value = ''; inducult.update(false)")
    path = saved(page, "csv", tmp_path)
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as handle:
        cells = [cell for row in csv.reader(handle) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "@", "\t", "\r")) or (cell.startswith(("+", "-"))
                and not cell[1:].replace(".", "").isdigit())]  # fmt: skip
    rows = [*rows_of(path)]
    told = {row["site_id"]: plain_cell(row["operator"]) for row in rows}
    given = bundle.sites.set_index("site_id")["operator"].dropna()
    assert {site: told[site] for site in given.index} == given.to_dict()


def test_a_saved_file_holds_what_is_shown_and_says_what_was_chosen(page, bundle, tmp_path):
    tick(page, "region", "opole")
    tick(page, "status", "functional")
    page.run("document.getElementById('search').value = 'tovarna'; inducult.update(false)")
    sites = bundle.sites
    shown = sites[(sites["region"] == "opole") & (sites["status"] == "functional")]["site_id"]
    path = saved(page, "geojson", tmp_path)
    assert path.name == f"inducult-sample-sites-2024-03-01-{len(shown)}-of-{len(sites)}.geojson"
    told = json.loads(path.read_text(encoding="utf-8"))
    assert sorted(feature["properties"]["site_id"] for feature in told["features"]) == sorted(shown)
    assert told["selection"] == "Region: województwo opolskie; Condition: In use; Search: tovarna"
    assert told["link"] == "#q=tovarna&region=opole&status=functional"
    assert (told["selected"], told["sites_in_release"]) == (len(shown), len(sites))
    assert told["notice"].startswith("SAMPLE")
    assert told["data_up_to"].startswith("2024-03-01")
    table = [*rows_of(saved(page, "csv", tmp_path))]
    assert {row["selection"] for row in table} == {told["selection"]}
    assert all("data up to 2024-03-01" in row["release"] and bundle.run["run_id"] in row["release"] for row in table)


def test_a_saved_file_names_those_whose_data_it_holds_and_no_others(page, bundle, tmp_path):
    records = bundle.records
    alone = records.groupby("site_id")["source"].agg(set).map(lambda sources: sources == {"register"})
    site = alone[alone].index[0]
    page.run(f"document.getElementById('search').value = '{site}'; inducult.update(false)")
    told = json.loads(saved(page, "geojson", tmp_path).read_text(encoding="utf-8"))
    assert told["credit"] == ["Register <of> monuments: Office of Register <of> monuments (CC-BY-4.0)"]
    page.run("document.getElementById('search').value = ''; inducult.update(false)")
    told = json.loads(saved(page, "geojson", tmp_path).read_text(encoding="utf-8"))
    assert "OpenStreetMap: © OpenStreetMap contributors (ODbL-1.0)" in told["credit"]
    assert any(line.startswith("Derived database under ODbL") for line in told["credit"])
    assert not any("Secret" in line for line in told["credit"])
    assert {feature["properties"]["attribution"] for feature in told["features"]} == {*bundle.sites["attribution"]}


def test_each_row_of_a_saved_table_says_its_own_terms(page, bundle, tmp_path):
    sources = bundle.records.groupby("site_id")["source"].agg(set)
    rows = [*rows_of(saved(page, "csv", tmp_path))]
    derived = {row["site_id"]: "Derived database under ODbL" in row["notes"] for row in rows}
    assert derived == {site: "osm" in sources[site] for site in derived}
    assert {*derived.values()} == {True, False}
    assert all(row["notes"].startswith("SAMPLE DATA") and "accuracy_m: how far" in row["notes"] for row in rows)


def test_a_search_that_asks_for_nothing_is_no_selection(page, tmp_path):
    page.run("document.getElementById('search').value = ' !? '; inducult.update(false)")
    told = json.loads(saved(page, "geojson", tmp_path).read_text(encoding="utf-8"))
    page.run("document.getElementById('search').value = ''; inducult.update(false)")
    assert (told["selection"], told["selected"]) == ("all sites", told["sites_in_release"])


def test_a_saved_map_layer_opens_in_gdal_where_the_sites_lie(page, bundle, tmp_path):
    frame = gpd.read_file(saved(page, "geojson", tmp_path)).set_index("site_id")
    assert frame.crs == "EPSG:4326"
    assert len(frame) == len(bundle.sites)
    assert pd.api.types.is_integer_dtype(frame["start_year"]) or frame["start_year"].dtype == "float64"
    shapes = bundle.sites.set_index("site_id").to_crs("EPSG:3035").geometry.representative_point()
    wide = frame.to_crs("EPSG:3035").loc[shapes.index]
    assert wide.distance(shapes).max() < 600  # Within the outlines.
    points = bundle.sites.geometry.geom_type.eq("Point").to_numpy()
    assert wide[points].distance(shapes[points]).max() < 0.2


def test_a_language_changes_the_words_of_a_file_and_not_its_values(page, tmp_path):
    tick(page, "aspect", "both")
    english = json.loads(saved(page, "geojson", tmp_path).read_text(encoding="utf-8"))
    page.run("inducult.speak('cs'); document.querySelector('.save').open = false")
    words = page_words("cs")
    assert page.run("document.getElementById('save-csv').textContent") == words["save_csv"]
    (tmp_path / "cs").mkdir()
    czech = json.loads(saved(page, "geojson", tmp_path / "cs").read_text(encoding="utf-8"))
    assert czech["selection"].startswith(words["aspect"])
    assert czech["features"] == english["features"]


def test_a_page_that_a_server_gives_saves_as_well(browser, file, bundle, tmp_path):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(file.parent)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        browser.call("Page.navigate", url=f"http://127.0.0.1:{server.server_port}/index.html#region=opole")
        browser.until(f"document.URL.startsWith('http:') && {READY}")
        shown = (bundle.sites["region"] == "opole").sum()
        assert len([*rows_of(saved(browser, "csv", tmp_path))]) == shown
    finally:
        server.shutdown()
        server.server_close()
        browser.shown = None


def test_saving_is_done_with_the_keyboard_and_says_what_it_does(page, tmp_path):
    page.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    page.run("document.getElementById('fit').focus()")
    page.key("Tab", code=9)
    page.key("Enter", text="\r", code=13)
    page.key("Tab", code=9)
    assert page.run("document.activeElement.id") == "save-csv"
    page.key("Enter", text="\r", code=13)
    page.until("document.getElementById('saved').textContent !== ''")
    assert page.run("document.getElementById('saved').getAttribute('role')") == "status"
    tick(page, "aspect", "both")
    assert page.run("document.getElementById('saved').textContent") == "", "that file held other sites"
