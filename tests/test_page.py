"""The page in a real browser, opened from the disk: search, filters, list, addresses; no network, no complaint."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from browser import CHROMIUM
from page_shown import CHOSEN, DRAWN, NAMES, drawn, listed, search, show, status, tick

from inducult_geo.catalog.labels import LANGUAGES, labels
from inducult_geo.publish.page.pagewords import NAMES as LANGUAGE_NAMES
from inducult_geo.publish.page.pagewords import page_words

pytest.importorskip("websockets.sync.client")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")


def test_every_site_is_on_the_map_and_in_the_list(page, bundle):
    count = len(bundle.sites)
    assert status(page) == f"{count} of {count} sites"
    assert len(listed(page)) == count
    on_map = page.run(
        "new Set(inducult.map.map.queryRenderedFeatures({layers: ['signs']}).map((feature) => feature.id)).size"
    )
    assert on_map == count
    assert page.run("document.getElementById('static').hidden")


# What is asked one after another in one page takes a third of the time of pages of their own.
ASKED = {
    "skofja loka": NAMES[0],
    "cipkarna skofja": NAMES[0],
    "MUEHLE soehne": NAMES[1],
    "muhle sohne": NAMES[1],
    "lodzka zelaza": NAMES[2],
    "gross": NAMES[3],
    "sjovaerk": NAMES[4],
    "завод": NAMES[5],
    "predilnica st 7": NAMES[0],
    "Djurdjevac": NAMES[6],
    "durdevac PILANA": NAMES[6],
}


def test_search_finds_names_in_any_language_without_diacritics(page):
    for asked, found in ASKED.items():
        search(page, asked)
        assert listed(page) == [found], asked
        assert status(page).startswith("1 of "), asked


IDENTIFIERS = {
    NAMES[0]: ("osm:way/8", "way/8", "way 8", "w8", " WAY/8 ", "https://www.openstreetmap.org/way/8#map=16/50/13"),
    NAMES[1]: ("Q1009", "q1009", "https://www.wikidata.org/wiki/Q1009", "http://www.wikidata.org/entity/Q1009",
               "wd:Q1009"),
    NAMES[2]: ("{id}", "{compact}", "ic-{compact}"),
}  # fmt: skip


@pytest.mark.parametrize("found", IDENTIFIERS)
def test_an_identifier_finds_its_site_and_no_other(page, bundle, found):
    name = bundle.sites.set_index("name")["site_id"].get(found, "")
    for asked in IDENTIFIERS[found]:
        search(page, asked.format(id=name, compact=name.removeprefix("IC-").replace("-", "").lower()))
        assert listed(page) == [found], asked


def test_a_sites_own_number_in_a_list_comes_before_what_only_holds_it(page, bundle):
    records = bundle.records
    key = records.loc[records["source"].eq("register") & records["outcome"].eq("site"), "record_key"].iloc[3]
    site = records.set_index("record_key").loc[key, "site_id"]
    told = page.run(f"inducult.sites.places.get('{site}')")
    page.run(f"globalThis.kept = inducult.sites.columns.heritage_ref[{told}];"
             f"inducult.sites.columns.heritage_ref[{told}] = 'A/Ž-404/65'")  # fmt: skip
    first = {}
    for asked in (key, key.partition(":")[2], "a/ž-404/65", "404", "registe"):
        search(page, asked)
        first[asked] = page.run("inducult.found[0]")
    # A number that could be one of OpenStreetMap's.
    page.run(f"inducult.sites.columns.heritage_ref[{told}] = 'R 9871'")
    search(page, "r 9871")
    assert page.run("inducult.found") == [told]
    page.run(f"inducult.sites.columns.heritage_ref[{told}] = globalThis.kept")
    assert [first[asked] == told for asked in first] == [True, True, True, False, False]


@pytest.mark.parametrize("asked", ["Office of Monuments:5512.0112", "5512.0112", "pl-009/12"])
def test_what_another_list_calls_a_record_finds_its_site(page, asked):
    search(page, asked)
    assert listed(page) == []
    page.run("inducult.sites.columns.ids[3] = ['Office of Monuments:5512.0112', 'PL-009/12']")
    search(page, "")
    search(page, asked)
    assert page.run("inducult.found") == [3]
    page.run("inducult.sites.columns.ids[3] = 0")


def test_what_a_site_is_finds_it_in_any_language_after_what_is_named_so(page, bundle):
    mines = {*bundle.sites.index[bundle.sites["type"] == "mine"]}
    page.run("globalThis.kept = inducult.index.texts[1]; inducult.index.texts[1] = ' 1. kopalnia '")
    for asked in ("kopalnia", "DUL"):
        search(page, asked)
        told = page.run("inducult.found.map((site) => [site, inducult.sites.value('type', site)])")
        assert len([site for site, kind in told if kind == "mine"]) == len(mines) > 0, asked
        assert (told[0][0] == 1) is (asked == "kopalnia")
    page.run("inducult.index.texts[1] = globalThis.kept")


def test_a_search_for_nothing_that_is_there_says_so(page):
    search(page, "qqqq")
    assert listed(page) == []
    assert not page.run("document.getElementById('none').hidden")
    page.run("document.getElementById('clear').click()")
    assert len(listed(page)) > 30


@pytest.mark.parametrize(
    ("facet", "column", "value"),
    [
        ("region", "region", "opole"),
        ("aspect", "aspect", "both"),
        ("theme", "theme", "mining"),
        ("status", "status", "functional"),
        ("visitor_access", "visitor_access", "by appointment"),
    ],
)
def test_each_filter_leaves_what_it_says(page, bundle, facet, column, value):
    expected = int((bundle.sites[column] == value).sum())
    shown = page.run(f"document.querySelector('[data-facet={facet}] input[value=\"{value}\"] ~ .count').textContent")
    assert int(shown) == expected
    tick(page, facet, value)
    assert status(page) == f"{expected} of {len(bundle.sites)} sites"
    assert drawn(page) == expected, "the map shows the same"


def test_filters_of_one_group_add_up_and_groups_narrow(page, bundle):
    sites = bundle.sites
    tick(page, "aspect", "both")
    tick(page, "aspect", "factory")
    both = sites["aspect"].isin(["both", "factory"])
    assert status(page).startswith(f"{both.sum()} of ")
    tick(page, "visitor_access", "open")
    assert status(page).startswith(f"{(both & (sites['visitor_access'] == 'open')).sum()} of ")


def test_the_focus_goes_back_to_the_site_in_a_list_that_was_written_anew(page):
    page.run("document.querySelectorAll('#found button')[2].click(); inducult.update(false)")
    chosen = page.run("inducult.sites.columns.site_id[inducult.card.site]")
    page.run("document.querySelector('#card .close').focus()")
    page.key("Escape", code=27)
    assert page.run("document.activeElement.dataset.site") == chosen


def test_escape_in_the_search_leaves_the_reader_there(page):
    search(page, "muhle")
    page.run("document.querySelector('#found button').click(); document.getElementById('search').focus()")
    page.key("Escape", code=27)
    assert page.run("document.getElementById('card').hidden")
    assert page.run("document.activeElement.id") == "search"


def test_a_second_link_in_the_same_tab_shows_what_it_says_and_nothing_of_the_first(page):
    page.run(f"inducult.open({CHOSEN}); inducult.density('shown'); inducult.address.now()")
    page.run("location.hash = '#q=skofja'")
    page.until("inducult.found.length === 1")
    assert page.run("document.getElementById('card').hidden")
    assert page.run("document.getElementById('density').value") == ""
    page.run("inducult.address.now()")
    assert page.run("location.hash") == "#q=skofja"


def test_a_question_leads_to_its_site_on_the_map_and_back(page, file):
    show(page, file)
    link = "document.querySelector('section[aria-labelledby=review] td a')"
    page.run(f"{link}.focus(); {link}.click()")
    page.until("!document.getElementById('card').hidden")
    assert page.run(f"'#' + inducult.sites.columns.site_id[inducult.card.site] === {link}.getAttribute('href')")
    page.run("history.back()")
    page.until(f"document.getElementById('card').hidden && document.activeElement === {link}")
    box = page.run(f"(({link}).getBoundingClientRect().top >= 0) && ({link}.getBoundingClientRect().top < innerHeight)")
    assert box, "who answers one question after another stays at the table"


def test_a_link_to_a_site_takes_no_step_of_its_own(page, file, bundle):
    steps = page.run("history.length")
    page.open(file, fragment=f"#{bundle.sites['site_id'].iloc[9]}")
    page.until(DRAWN)
    assert page.run("location.hash").startswith("#site=")
    assert page.run("history.length") <= steps + 2, "about:blank and the page: back must not lead to the card again"


def test_everything_can_be_done_with_the_keyboard(page):
    page.run("document.getElementById('search').focus()")
    page.type("skofja loka")
    page.key("Enter", text="\r", code=13)
    page.until("!document.getElementById('card').hidden")
    assert page.run("document.activeElement.id") == "card-title"
    page.key("Escape", code=27)
    assert page.run("document.getElementById('card').hidden")
    assert page.run("document.activeElement.id") == "search", "the focus goes back to where it came from"
    for _ in range(3):
        page.key("Tab", code=9)
        if page.run("document.activeElement.tagName") == "SUMMARY":
            break
    page.key("Enter", text="\r", code=13)
    assert page.run("document.activeElement.parentElement.open")
    page.key("Tab", code=9)
    page.key(" ", text=" ", code=32)
    assert page.run("document.activeElement.checked")


def test_an_address_names_a_site(page, file, bundle):
    site = bundle.sites["site_id"].iloc[9]
    page.open(file, fragment=f"#{site}")
    page.until(DRAWN)
    assert site in page.run("document.getElementById('card').innerText")


STATE = (
    "#site={site}&q=tovarna&aspect=both&aspect=factory&theme=mining&density=production&map=7.50/50.1000/13.2000&lang=pl"
)


def test_an_address_brings_back_all_that_was_chosen(page, file, bundle):
    site = bundle.sites["site_id"].iloc[9]
    page.open(file, fragment=STATE.format(site=site))
    page.until(DRAWN)
    assert page.run("inducult.filters.values") == {
        "region": [], "aspect": ["factory", "both"], "theme": ["mining"], "status": [], "visitor_access": []
    }  # fmt: skip
    assert page.run("document.getElementById('search').value") == "tovarna"
    assert page.run("document.getElementById('density').value") == "production"
    assert page.run("document.documentElement.lang") == "pl"
    assert site in page.run("document.getElementById('card').innerText")
    assert page.run("inducult.map.view").startswith("7.50/50.1")
    page.run("inducult.address.now()")
    told = page.run("[...new URLSearchParams(location.hash.slice(1))]")
    assert sorted(map(tuple, told)) == sorted(
        [("site", site), ("q", "tovarna"), ("aspect", "both"), ("aspect", "factory"), ("theme", "mining"),
         ("density", "production"), ("map", "7.50/50.1000/13.2000"), ("lang", "pl")]
    )  # fmt: skip


@pytest.mark.parametrize(
    "fragment",
    # To open the page takes longer than to look: what stands side by side does no harm by itself either.
    [
        "#aspect=nothing&lang=xx&density=y&map=a/b/c&site=&a=&=&q=%ff",
        *(pytest.param(more, marks=pytest.mark.slow) for more in ("#%E0%A4%A", "#map=9/900/900&q=***", "#map=//")),
    ],
)  # fmt: skip
def test_an_address_that_nobody_can_read_does_no_harm(page, file, bundle, fragment):
    page.open(file, fragment=fragment)
    page.until(DRAWN)
    assert status(page).endswith(f"of {len(bundle.sites)} sites")
    assert page.run("document.documentElement.lang") == "en"
    west, south, east, north = page.run("inducult.map.map.getBounds().toArray().flat()")
    assert west < 10 < east < 30, "the map shows the regions"
    assert 40 < south < 48 < north


def test_clearing_leaves_an_empty_address(page):
    tick(page, "aspect", "both")
    page.run("inducult.address.now()")
    assert page.run("location.hash") == "#aspect=both"
    page.run(
        "document.getElementById('clear').click(); inducult.speak('en'); inducult.asked = ''; inducult.address.now()"
    )
    assert page.run("location.hash") == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_every_language(page, bundle, language):
    search(page, "skofja")
    page.run("document.querySelector('#found button').click()")
    page.run(f"inducult.speak('{language}')")
    words = page_words(language)
    assert page.run("document.documentElement.lang") == language
    assert status(page) == words["n_of_sites"].replace("{n}", "1").replace("{all}", str(len(bundle.sites)))
    facets = page.run("[...document.querySelectorAll('.facet summary > span:first-child')].map((e) => e.textContent)")
    assert facets == [words[name] for name in ("region", "aspect", "theme", "status", "visitor_access")]
    shown = page.run("[...document.querySelectorAll('[data-facet=theme] .words')].map((e) => e.textContent)")
    assert set(shown) <= set(labels("theme", language).values())
    card = page.run("document.getElementById('card').innerText")
    assert all(words[key] in card for key in ("accuracy", "sources", "licence", "years"))
    heading = page.run("document.getElementById('release').textContent")
    assert heading == words["release"]
    assert page.run("document.getElementById('legend').textContent").startswith(words["legend"])
    buttons = "[...document.querySelectorAll('#canvas button')].map((e) => e.ariaLabel)"
    assert page.run(buttons) == [words["zoom_in"], words["zoom_out"]]
    assert page.run("document.querySelector('main').ariaLabel") == words["the_map"]
    assert page.run("document.querySelector('.notice').textContent") == words["sample_notice"]
    spoken = "[...document.querySelectorAll('%s')].map((e) => e.closest('[lang]').lang)"
    assert set(page.run(spoken % "h2[data-t], #found, .legend [data-v]")) == {language}
    assert set(page.run(spoken % "caption, figcaption, footer li")) == {"en"}, "these are told in English"


def test_the_language_is_chosen_by_hand_and_stays(page):
    options = page.run("[...document.getElementById('language').options].map((o) => [o.value, o.textContent, o.lang])")
    assert options == [[code, LANGUAGE_NAMES[code], code] for code in LANGUAGES]
    page.run(
        "{ const box = document.getElementById('language'); box.value = 'hr'; box.dispatchEvent(new Event('change'));"
        "inducult.address.now() }"
    )
    assert page.run("location.hash") == "#lang=hr"
    assert "od" in status(page)


@pytest.mark.parametrize(("asked", "city"), [("Falkenau", "Sokolov"), ("oppeln", "Opole")])
def test_a_town_is_found_by_its_name_in_another_language(page, bundle, asked, city):
    search(page, asked)
    assert status(page).startswith(f"{(bundle.sites['city'] == city).sum()} of ")


def test_skip_links_lead_where_they_say_and_keep_the_address(page):
    tick(page, "aspect", "both")
    page.run("inducult.address.now()")
    for target in ("search", "found", "stage", "release"):
        page.run(f"document.querySelector('.skip[href=\"#{target}\"]').click()")
        assert page.run("document.activeElement.id") == target
        assert page.run("location.hash") == "#aspect=both"


def test_counts_are_spoken_and_regions_of_the_page_are_marked(page):
    assert page.run("document.getElementById('status').getAttribute('role')") == "status"
    assert page.run("document.querySelectorAll('main').length") == 1
    assert page.run("document.querySelectorAll('h1').length") == 1
    assert page.run("document.querySelector('#canvas canvas').getAttribute('aria-label')")
    assert page.run("document.querySelector('#canvas canvas').tabIndex") == 0


def test_committed_script_is_what_the_sources_give(repository, tmp_path):
    if shutil.which("node") is None or not (repository / "web/node_modules/esbuild").is_dir():
        pytest.skip("needs node and web/node_modules (npm ci)")
    subprocess.run(["node", "build.mjs", str(tmp_path)], cwd=repository / "web", check=True, timeout=120)
    for name in ("tool.js", "map.js", "map.css"):
        committed = repository / "inducult_geo/publish/templates" / name
        assert (tmp_path / name).read_bytes() == committed.read_bytes(), f"npm run build in web/ makes another {name}"


def test_lock_names_no_host_and_pins_every_package(repository):
    lock = (repository / "web/package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in lock
    packages = json.loads(lock)["packages"]
    assert all("integrity" in about for name, about in packages.items() if name)
