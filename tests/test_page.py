"""The page in a real browser, opened from the disk: search, filters, list, map, card; no network, no complaint."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from browser import CHROMIUM
from bundles import HOSTILE, contracts, small_bundle

from inducult_geo.catalog.labels import LANGUAGES, labels
from inducult_geo.enrich.density import density_surfaces
from inducult_geo.frames import BEGINNINGS, ENDS, to_json
from inducult_geo.publish.layers.domains import DOMAINS
from inducult_geo.publish.page.pagewords import NAMES as LANGUAGE_NAMES
from inducult_geo.publish.page.pagewords import page_words
from inducult_geo.releasing.withholding import for_release

pytest.importorskip("websockets.sync.client")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")

DRAWN = "globalThis.inducult?.map?.map.loaded() && inducult.map.map.areTilesLoaded()"
FILLED = """(([width, height], at, [drawn, place]) => width === at[0] && height === at[1] && drawn === place)(
  [innerWidth, innerHeight], [%d, %d], [inducult.map.map.getCanvas(), document.getElementById('canvas')]
    .map((e) => [e.clientWidth, e.clientHeight].join()))"""
BOX = "(({x, y, width, height}) => [x, y, width, height])(document.getElementById('%s').getBoundingClientRect())"
RESET = """(() => {
  inducult.card.close();
  inducult.density('');
  inducult.speak('en');
  inducult.asked = '';
  inducult.moved = false;
  document.getElementById('search').value = '';
  const { found, sites } = inducult;
  if (found.length < sites.count || inducult.filters.active) inducult.filters.clear();
  else inducult.update(false, false);
  document.querySelectorAll('details').forEach((group) => (group.open = false));
  const { map } = inducult.map;
  const { center, zoom } = map.cameraForBounds(sites.bounds(sites.columns.lon.keys()), {padding: 36});
  if (map.getZoom() !== zoom || map.getCenter().distanceTo(center) > 1) map.jumpTo({center, zoom});
  document.activeElement?.blur();
  scrollTo(0, 0);
  inducult.address.now();
})()"""
"""Brings the page back to how it opens, without the time that opening takes."""
CHOSEN = "inducult.sites.columns.name.indexOf('Mühle Söhne')"
FACT = "[...document.querySelectorAll('#card dt')].find((e) => e.textContent === '%s').nextSibling.innerText"
ACCURACY = "[...document.querySelectorAll('#card dt')].find((e) => e.textContent === 'Accuracy').nextSibling.innerText"
NAMES = [
    "Škofja Loka: Čipkarna",
    "Mühle Söhne",
    "Łódzka Fabryka Żelaza",
    "Brüder Groß",
    "Sjøværk",
    "Завод имени Ленина",
    "Đurđevac: Pilana",
]


@pytest.fixture(scope="module")
def bundle():
    made = for_release(small_bundle(), contracts())
    sites = made.sites.copy()
    first = len(HOSTILE)
    for number, name in enumerate(NAMES, start=first):
        sites.loc[number, "name"] = name
        sites.loc[number, "names"] = to_json({"name": name, "sl": f"Predilnica št. {number}", "alt_2": "<i>Drugo</i>"})
    sites.loc[first, ["wikidata", "wikipedia", "website"]] = ["Q1007", "sl:Škofja Loka", "javascript:alert(1)"]
    sites["visitor_access"] = [
        "open" if n % 3 == 0 else "by appointment" if n % 3 == 1 else None for n in range(len(sites))
    ]
    whole, *parts = sites.index[sites["name"].notna()][-3:]
    sites.loc[parts, "part_of"] = sites.loc[whole, "site_id"]
    ready = replace(made, sites=sites)
    return replace(ready, surfaces=density_surfaces(ready.sites, ready.regions))


def show(page, file, *, width=1280, height=900, dark=False):
    """Show the page as it opens; where it is open it is brought back, which takes a tenth of the time."""
    if page.shown == file:
        page.lay_out(width=width, height=height, dark=dark)
        page.until(FILLED % (width, height))
        page.run(RESET)
    else:
        page.open(file, width=width, height=height, dark=dark)
    page.until(DRAWN)


@pytest.fixture
def page(browser, file):
    # A third of the tests show it in another way.
    browser.before_use(lambda: show(browser, file))
    yield browser
    outside = [url for url in browser.requests if not url.startswith(("file:", "blob:", "data:"))]
    assert outside == [], "the page asked the network"
    assert {url.partition("#")[0] for url in browser.requests if url.startswith("file:")} == {file.as_uri()}
    # Performance remarks of the software that draws in place of a graphics card are none of the page's.
    assert [said for said in browser.complaints if "GL Driver Message" not in said] == []


def status(page):
    return page.run("document.getElementById('status').textContent")


def listed(page):
    return page.run("[...document.querySelectorAll('#found .name')].map((e) => e.textContent)")


def search(page, text):
    page.run("globalThis.before = inducult.found; document.getElementById('search').focus();"
             "document.getElementById('search').value = ''")  # fmt: skip
    page.type(text)
    if not text:
        page.run("inducult.update(false)")
    page.until(f"inducult.found !== before && document.getElementById('search').value === {json.dumps(text)}")


def tick(page, facet, value):
    page.run(f"document.querySelector('[data-facet={facet}] input[value=\"{value}\"]').click()")


def put(page, **values):
    """Give the chosen site other values for a while; returns what brings the old ones back."""
    old = page.run(f"Object.entries(inducult.sites.columns).map(([name, values]) => [name, values[{CHOSEN}]])")
    for name, value in values.items():
        table = f"inducult.sites.tables.{name}"
        told = json.dumps(value)
        page.run(
            f"{{ let code = {told}; if ('{name}' in inducult.sites.tables) {{"
            f"  code = {table}.findIndex(([key]) => key === {told});"
            f"  if (code < 0 && {told} !== null) code = {table}.push([{told}, {told}]) - 1; }}"
            f"  inducult.sites.columns.{name}[{CHOSEN}] = code }}"
        )
    before = {name: value for name, value in old if name in values}
    site = page.run(CHOSEN)
    back = f"inducult.sites.columns[name][{site}] = value"
    return lambda: page.run(f"for (const [name, value] of Object.entries({json.dumps(before)})) {back}")


def drawn(page):
    page.until(DRAWN)
    ids = "inducult.map.map.querySourceFeatures('sites').map((feature) => feature.id)"
    return page.run(f"new Set({ids}).size")


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


def test_a_map_that_opens_hidden_fills_its_place_when_it_is_shown(page):
    """As in a tab of a partner's page, whose frame has no size until a reader turns to it."""
    told = page.run("""(async () => {
      const place = document.body.appendChild(document.createElement('div'));
      place.style = 'display: none; position: relative; width: 611px; height: 507px';
      const { map } = new inducult.map.constructor(inducult.sites, place, () => {}, () => {});
      place.style.display = 'block';
      for (let n = 0; n < 3; n += 1) await new Promise(requestAnimationFrame);
      const size = [map.getCanvas().clientWidth, map.getCanvas().clientHeight];
      map.remove();
      place.remove();
      return size;
    })()""")
    assert told == [611, 507]


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


def test_card_tells_sources_years_links_accuracy_and_license(page, bundle):
    search(page, "skofja loka")
    page.run("document.querySelector('#found button').click()")
    card = page.run("document.getElementById('card').innerText")
    site = bundle.sites[bundle.sites["name"] == NAMES[0]].iloc[0]
    years = f"{site['start_year']} – {site['end_year']}" if site["end_year"] > 0 else f"since {site['start_year']}"
    accuracy = f"within {site['accuracy_m']:g} m"
    keys = bundle.records.loc[bundle.records["site_id"] == site["site_id"], "record_key"]
    for expected in (NAMES[0], "Predilnica", years, accuracy, site["licence"], site["site_id"], "Wikidata"):
        assert expected in card
    assert all(key.partition(":")[2] in card for key in keys)
    osm = {f"https://www.openstreetmap.org/{key[4:]}" for key in keys if key.startswith("osm:")}
    assert osm
    links = page.run("[...document.querySelectorAll('#card a')].map((a) => [a.href, a.rel])")
    assert {
        f"https://www.wikidata.org/wiki/{site['wikidata']}",
        "https://sl.wikipedia.org/wiki/%C5%A0kofja_Loka",
        *osm,
    } <= {href for href, _ in links}
    assert all(href.startswith("https://") and rel == "noopener noreferrer" for href, rel in links)


def test_the_cards_of_a_part_and_its_whole_lead_to_each_other(page, bundle):
    sites = bundle.sites.set_index("site_id")
    told = sites["part_of"].dropna()
    part, whole = told.index[0], told.iloc[0]
    page.run(f"inducult.open(inducult.sites.places.get({json.dumps(part)}))")

    def shown():
        return page.run("document.querySelector('#card code').textContent")

    def ways(term):
        cells = f"[...document.querySelectorAll('#card dt')].find((e) => e.textContent === '{term}').nextSibling"
        return page.run(f"[...{cells}.querySelectorAll('button .name')].map((e) => e.textContent)")

    assert ways("Part of") == [sites.loc[whole, "name"]]
    page.run("document.querySelector('#card dd button').click()")
    assert shown() == whole
    assert sorted(ways("Parts")) == sorted(sites.loc[told.index, "name"])
    page.run(f"[...document.querySelectorAll('#card dd .name')].find((e) => e.textContent === "
             f"{json.dumps(sites.loc[part, 'name'])}).closest('button').click()")  # fmt: skip
    assert shown() == part
    page.run("inducult.card.close()")


def test_a_site_whose_accuracy_is_not_known_has_a_card_that_says_so(page):
    column = "inducult.sites.columns.accuracy_m"
    (known,) = page.run(f"{column}.splice({CHOSEN}, 1, 0)")
    page.run(f"inducult.open({CHOSEN})")
    told = page.run(ACCURACY)
    lengths = ((5.12, "5.2"), (5.1, "5.1"), (0.5, "0.5"), (10.01, "11"), (123, "123"), (200.01, "201"), (1000, "1 k"))
    for meters, said in (*lengths, (999.5, "1 k"), (1000.02, "1.01 k"), (12_345, "12.4 k"), (20_000, "20 k")):
        page.run(f"{column}[{CHOSEN}] = {meters}; inducult.card.retell()")
        assert page.run(ACCURACY).startswith(f"within {said}m" if "k" in said else f"within {said} m"), meters
    page.run(f"{column}[{CHOSEN}] = {known}")
    assert told.startswith("not known")


@pytest.mark.parametrize(
    ("start", "end", "precision", "end_precision", "status", "said"),
    [
        (1960, 0, "year", None, "functional", "since 1960"),
        (1581, 0, "year", None, "disused", "1581 – ?"),
        (1945, 0, "open_end", None, "functional", "since 1945 or later"),
        (0, 1989, "open_start", "open_start", "disused", "until 1989 or earlier"),
        (1870, 0, "part_of_century", None, "functional", "since 1870 (exact to: part of a century)"),
        (1850, 1990, "range", "year", "disused", "1850 (exact to: a span of years) – 1990"),
        (1904, 1999, "year", "decade", "disused", "1904 – 1999 (exact to: decade)"),
        (1904, 1989, "year", "open_start", "disused", "1904 – 1989 or earlier"),
        (-50, 0, "century", None, "decommissioned", "50 BC – ? (exact to: century)"),
    ],
)
def test_years_say_no_more_than_is_known(page, start, end, precision, end_precision, status, said):
    exact = {"year_precision": precision, "end_precision": end_precision}
    told = put(page, start_year=start, end_year=end, status=status, **exact)
    page.run(f"inducult.open({CHOSEN})")
    years = page.run(FACT % "Years")
    page.run("inducult.speak('de')")
    german = page.run(FACT % "Jahre")
    told()
    assert years == said
    assert not {"since", "exact", "part", "later", "earlier", "span", "century"} & set(re.findall("[a-z]+", german))


def timeline(page, *events):
    """Give the chosen site a timeline of year, event, record and precision; returns how its card tells it."""
    column = f"inducult.sites.columns.timeline[{CHOSEN}]"
    code = "inducult.sites.tables.%s.findIndex(([value]) => value === %s)"
    row = f"[year, {code % ('event', 'event')}, record, {code % ('year_precision', 'precision')}]"
    page.run(f"globalThis.kept = {column}")
    page.run(f"{column} = {json.dumps(events)}.flatMap(([year, event, record, precision]) => {row})")
    page.run(f"inducult.open({CHOSEN})")
    told = page.run("[...document.querySelectorAll('#card ol.timeline li')].map((e) => e.innerText.trim())")
    years = page.run(FACT % "Years")
    page.run(f"{column} = globalThis.kept")
    return told, years


def test_past_and_present_stand_on_one_line_with_who_says_so(page):
    first = page.run(f"inducult.sites.columns.records[{CHOSEN}][0]").replace(":", " ")
    back = put(page, start_year=1850, end_year=1950, year_precision="century", status="disused", present_use="museum")
    told, _ = timeline(page, (1850, "founded", 0, "century"), (1862, "founded", -1, None), (1950, "closed", 0, None),
                       (1995, "museum since", 0, "year"), (-40, "culture since", 0, "open_start"))  # fmt: skip
    kinds = page.run(f"[inducult.sites.word('aspect', {CHOSEN})]")
    back()
    assert told == [
        f"1850 (exact to: century) founded {first}",
        "1862 founded",
        f"1950 closed {first}",
        f"1995 museum opens {first}",
        f"40 BC or earlier cultural use begins {first}",
        f"today Out of use · {kinds[0]} · {labels('present_use', 'en')['museum']}",
    ]
    assert page.run("document.querySelector('#card ol.timeline').getAttribute('role')") == "list"


def test_a_museum_in_works_that_are_out_of_use_goes_on(page):
    """Of a mine that is shown since 1986 the card said "1986 – ?", as if that were the mine's own year."""
    back = put(page, start_year=1986, end_year=0, year_precision="year", status="disused")
    told, years = timeline(page, (1986, "museum since", 0, None))
    back()
    assert years == "since 1986"
    assert told[0].startswith("1986 museum opens")


@pytest.mark.parametrize("other", ["founded", "production since"])
def test_works_that_ended_do_not_go_on_for_a_museum_that_began_in_their_year(page, other):
    back = put(page, start_year=1986, end_year=0, year_precision="year", status="disused")
    _, years = timeline(page, (1986, other, 0, None), (1986, "museum since", 0, None))
    back()
    assert years == "1986 – ?"


def test_a_single_year_of_the_works_is_told_once(page):
    back = put(page, start_year=1986, end_year=0, year_precision="year", status="functional")
    told, years = timeline(page, (1986, "founded", 0, None))
    back()
    assert (told, years) == ([], "since 1986")


def test_every_event_of_a_timeline_has_a_word_in_every_language():
    told = [f"event_{event.replace(' ', '_')}" for event in (*BEGINNINGS, *ENDS)]
    for language in LANGUAGES:
        words = page_words(language)
        assert all(words[event] for event in told)
    assert len({page_words()[event] for event in told}) == len(told)


def test_no_precision_of_a_year_is_told_in_the_words_of_the_files():
    loose = DOMAINS["year_precision"].keys() - {"day", "month", "season", "year", "open_start", "open_end"}
    assert {f"precision_{value}" for value in loose} <= set(page_words())


def test_a_card_speaks_numbers_countries_languages_and_answers_in_the_language_of_the_page(page):
    told = put(page, accuracy_m=5.1, country="CZ", wheelchair="limited", fee="no")
    column = f"inducult.sites.columns.names[{CHOSEN}]"
    page.run(f"globalThis.names = {column}; {column} = ['cs', 'Mlýn', 'old_2', 'Alte Mühle', 'name_2', 'Mühle 2']")
    page.run(f"inducult.speak('de'); inducult.open({CHOSEN})")
    names, access, region = (page.run(FACT % term) for term in ("Namen", "Zugang", "Region"))
    accuracy = page.run(FACT % "Genauigkeit")
    language = page.run("[...document.querySelectorAll('#card dd bdi')].map((e) => e.lang)")
    page.run(f"{column} = names")
    told()
    assert names.splitlines()[1:] == ["Mlýn Tschechisch", "Alte Mühle früher", "Mühle 2"]
    assert names.splitlines()[0].endswith(" Englisch")
    assert language[:4] == ["en", "cs", "", ""], "a voice reads a Czech name as Czech"
    assert accuracy.startswith("auf 5,1 m genau")
    assert "Tschechien" in region
    assert "Eintritt: nein" in access
    assert "Rollstuhl: Eingeschränkt" in access


def test_a_card_tells_where_sources_disagree(page):
    column = f"inducult.sites.columns.conflicts[{CHOSEN}]"
    said = ["status", "osm:way/1", "functional", "status", "x:<b>", "disused", "start_year", "x:2", "1850",
            "start_year", "x:3", "-50", "place", "x:2", "4.5 km from the place shown"]  # fmt: skip
    page.run(f"{column} = {json.dumps(said)}; inducult.open({CHOSEN})")
    told = page.run(FACT % "Sources disagree").splitlines()
    page.run(f"{column} = 0")
    assert told == ["Condition: In use osm way/1", "Condition: Out of use x <b>", "Years: 1850 – ? x 2",
                    "Years: 50 BC – ? x 3", "Place: 4.5 km from the place shown x 2"]  # fmt: skip


def test_a_site_of_no_known_branch_has_its_sign_and_is_found_as_such(page):
    told = put(page, theme=None)
    page.run("inducult.filters.build(document.getElementById('facets')); inducult.update(false)")
    tick(page, "theme", "")
    found = page.run("inducult.found.map((site) => inducult.sites.columns.name[site])")
    page.run(f"inducult.open({CHOSEN})")
    sign = page.run("document.querySelectorAll('#card header svg path').length")
    page.until(DRAWN)
    on_map = page.run("inducult.map.map.queryRenderedFeatures({layers: ['signs']}).length")
    told()
    page.run("inducult.filters.clear(); inducult.filters.build(document.getElementById('facets'))")
    assert found == ["Mühle Söhne"]
    assert sign > 0
    assert on_map == 1


def test_of_many_sites_under_one_click_none_is_left_out(page):
    """A hundred thousand sites from afar: a list of forty that says "40 sites here" would be a lie."""
    page.run(f"inducult.open({CHOSEN})")
    page.run("inducult.map.picked(Array.from({length: 95}, (_, n) => n % inducult.sites.count))")
    rows = "document.querySelectorAll('#card .rows li').length"
    assert page.run("document.getElementById('card-title').textContent") == "95 sites here"
    assert page.run("location.hash") == "", "the site that was open before is no more"
    assert page.run("inducult.map.map.getSource('chosen').serialize().data.features.length") == 0
    told = [page.run(rows)]
    for _ in range(2):
        page.run("document.querySelector('#card .plain').click()")
        told.append(page.run(rows))
    assert told == [40, 80, 95]
    assert page.run("document.querySelector('#card .plain').hidden")
    assert page.run("document.activeElement === document.querySelectorAll('#card .rows button')[80]")


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


def test_the_button_back_closes_the_card_and_leaves_the_list_as_it_was(page):
    """On a phone it is what closes things: it left the page."""
    page.run("document.getElementById('search').value = 'tovarna'; inducult.update(false)")
    page.run("document.querySelectorAll('#found button')[3].click()")
    row = page.run("globalThis.row = document.querySelectorAll('#found button')[3]; row.dataset.site")
    page.run("inducult.open(5); inducult.address.now()")
    assert page.run("location.hash").startswith("#site=")
    page.run("history.back()")
    page.until("document.getElementById('card').hidden")
    assert page.run("location.hash") == "#q=tovarna"
    assert page.run("globalThis.row.isConnected"), "the list was not written anew"
    assert page.run("document.activeElement.dataset.site") == row
    page.run("history.forward()")
    page.until("!document.getElementById('card').hidden")
    page.run(
        "document.querySelector('[data-facet=aspect] input').click(); inducult.density('shown'); inducult.address.now()"
    )
    page.run("history.back()")
    page.until("document.getElementById('card').hidden")
    page.run("inducult.address.now()")
    assert page.run("location.hash") == "#q=tovarna&density=shown&aspect=monument", (
        "what was chosen beside the card stays"
    )


def test_back_from_the_first_card_of_a_fresh_page_shows_the_page_as_it_opened(page, file):
    page.open(file)
    page.until(DRAWN)
    page.run("document.querySelector('#found button').click()")
    page.run("history.back()")
    page.until("document.getElementById('card').hidden && location.hash === ''")
    assert status(page).endswith(" sites")


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


def test_how_a_place_was_found_is_told_where_it_is_known(page):
    origin = "inducult.sites.columns.geometry_origin"
    was = page.run(f"{origin}[{CHOSEN}]")
    told = {}
    for value in ("grid", "unknown"):
        at = f"inducult.sites.tables.geometry_origin.findIndex(([key]) => key === '{value}')"
        page.run(f"{origin}[{CHOSEN}] = {at}; inducult.open({CHOSEN})")
        told[value] = page.run(ACCURACY)
    page.run(f"{origin}[{CHOSEN}] = {was}")
    assert told["grid"] == f"{told['unknown']} · Cell of a grid"
    assert "·" not in told["unknown"]


def test_hostile_names_are_text(page):
    names = listed(page)
    for name in (HOSTILE[0], HOSTILE[1], HOSTILE[6]):
        assert name in names
    search(page, "script alert")
    page.run("document.querySelector('#found button').click()")
    assert page.run("document.querySelector('#card h2').textContent") == HOSTILE[0]
    search(page, "skofja")
    page.run("document.querySelector('#found button').click()")
    assert "<i>Drugo</i>" in page.run("document.getElementById('card').textContent")
    assert page.run("document.scripts.length") == 3
    assert not page.run("[...document.links].some((a) => !/^(https?|file):/.test(a.protocol))")


def test_a_click_on_the_map_opens_the_card(page):
    page.run("document.getElementById('tool').scrollIntoView()")
    site = page.run("inducult.sites.columns.name.indexOf('Mühle Söhne')")
    lon, lat = (page.run(f"inducult.sites.columns.{axis}[{site}]") for axis in ("lon", "lat"))
    page.run(f"void inducult.map.map.jumpTo({{center: [{lon}, {lat}], zoom: 13}})")
    page.until(DRAWN)
    x, y, width, height = page.run(BOX % "canvas")
    page.click(x + width / 2, y + height / 2)
    page.until("!document.getElementById('card').hidden")
    assert page.run("document.querySelector('#card h2').textContent") == "Mühle Söhne"


UNDER = """(() => {
  const [map, legend] = ["canvas", "legend"].map((id) => document.getElementById(id).getBoundingClientRect());
  return inducult.found.filter((site) => {
    const at = inducult.map.map.project([inducult.sites.columns.lon[site], inducult.sites.columns.lat[site]]);
    const [x, y] = [map.x + at.x, map.y + at.y];
    return x < legend.right && x > legend.left && y > legend.top && y < legend.bottom || x < map.left || y < map.top
      || x > map.right || y > map.bottom;
  }).length;
})()"""
"""How many of the sites that are shown lie under the legend, or off the map."""


def test_no_site_opens_under_the_legend_nor_is_brought_there(page, file):
    page.open(file, width=1280, height=800)
    page.until(DRAWN)
    assert page.run("document.getElementById('legend').open")
    assert page.run(UNDER) == 0
    near = page.run("inducult.map.map.getZoom()")
    tick(page, "region", "karlovy-vary")
    page.until("!inducult.map.map.isMoving()")
    assert page.run("inducult.found.length") == 19
    assert page.run(UNDER) == 0
    page.run("document.getElementById('legend').open = false; inducult.filters.clear()")
    page.run("document.getElementById('fit').click()")
    page.until("!inducult.map.map.isMoving()")
    assert page.run("inducult.map.map.getZoom()") > near, "without the legend there is more room"


LEGEND = """(() => {
  const seen = (part) => [...document.querySelectorAll(`#legend ${part}`)].filter((e) => e.checkVisibility());
  const fills = seen("ul:first-of-type svg g").map((e) => e.getAttribute("fill"));
  return [seen(".legend-body > p").map((e) => e.textContent), fills];
})()"""
"""What the legend says of the branches, and with what it fills the signs of the aspects."""


def test_the_legend_shows_the_signs_that_are_drawn_at_the_zoom_of_the_map(page):
    page.run("document.getElementById('legend').open = true; void inducult.map.map.jumpTo({zoom: 7.9})")
    note, fills = page.run(LEGEND)
    assert note == [page_words()["when_near"]]
    assert "#ffffff" not in fills
    page.run("void inducult.map.map.jumpTo({zoom: 8})")
    note, fills_near = page.run(LEGEND)
    assert note == []
    assert fills_near == ["#ffffff"] * len(fills)


@pytest.mark.parametrize("legend", ["true", "false"], ids=["legend", "no legend"])
def test_the_chosen_site_lies_neither_under_the_legend_nor_under_the_card(page, file, legend):
    show(page, file, width=1280, height=800)
    page.run(f"document.getElementById('legend').open = {legend}")
    page.run("void inducult.map.map.jumpTo({center: [5, 44], zoom: 9})")
    page.run(
        "location.hash = '#site=' + inducult.sites.columns.site_id[inducult.sites.columns.name.indexOf('Mühle Söhne')]"
    )
    assert seen_at(page, [(-20, 0), (0, 0), (20, 0)]) == {"CANVAS"}


AT = f"inducult.map.map.project([inducult.sites.columns.lon[{CHOSEN}], inducult.sites.columns.lat[{CHOSEN}]])"
CANVAS = "inducult.map.map.getCanvas().getBoundingClientRect()"


def seen_at(page, asides):
    """Return what lies on top of the chosen site, and beside it."""
    page.until("!document.getElementById('card').hidden && !inducult.map.map.isMoving()")
    page.until(DRAWN)
    over = f"document.elementFromPoint({CANVAS}.x + {AT}.x + %d, {CANVAS}.y + {AT}.y + %d).tagName"
    return {page.run(over % aside) for aside in asides}


AROUND = [(0, 0), (-18, 0), (18, 0), (0, -18), (0, 18)]


def test_a_page_too_narrow_for_the_margins_of_the_map_has_a_map_for_all_that(browser, file):
    browser.open(file, width=80)
    assert browser.run("inducult.map !== null && document.getElementById('no-map').hidden")
    browser.shown = None


def test_the_chosen_site_lies_above_the_card_on_a_phone(page, file):
    show(page, file, width=390, height=844)
    page.run("document.getElementById('tool').scrollIntoView()")
    page.run(f"location.hash = '#site=' + inducult.sites.columns.site_id[{CHOSEN}]")
    assert seen_at(page, AROUND) == {"CANVAS"}


@pytest.mark.parametrize(("size", "share"), [((390, 844), (0.5, 0.7)), ((1280, 844), (0.85, 0.3))])
def test_a_site_that_the_card_would_cover_moves_out_from_under_it(page, file, size, share):
    show(page, file, width=size[0], height=size[1])
    page.run("document.getElementById('tool').scrollIntoView()")
    x, y, width, height = page.run(BOX % "canvas")
    page.run(
        f"void inducult.map.map.jumpTo({{center: [inducult.sites.columns.lon[{CHOSEN}], "
        f"inducult.sites.columns.lat[{CHOSEN}]], zoom: 12}})"
    )
    page.run(f"void inducult.map.map.panBy([{width * (0.5 - share[0])}, {height * (0.5 - share[1])}], {{duration: 0}})")
    page.until(DRAWN)
    page.click(x + width * share[0], y + height * share[1])
    assert seen_at(page, AROUND) == {"CANVAS"}
    assert page.run("document.querySelector('#card h2').textContent") == "Mühle Söhne"


def test_borders_of_countries_are_drawn_from_afar_only(page):
    """Natural Earth's lie kilometers off: from near they would run through the middle of towns."""
    page.run("document.getElementById('tool').scrollIntoView()")
    seen = []
    for zoom in (6, 11):  # On the border of Germany and Czechia.
        page.run(f"void inducult.map.map.jumpTo({{center: [12.96, 50.41], zoom: {zoom}}})")
        page.until(DRAWN)
        seen.append(page.run("inducult.map.map.queryRenderedFeatures({layers: ['borders']}).length"))
    assert seen[0] > 0
    assert seen[1] == 0


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


SEEN = (
    "(({top, bottom}) => top >= 0 && bottom <= innerHeight + 1)(document.querySelector('%s').getBoundingClientRect())"
)


@pytest.mark.parametrize("height", [844, 640])
def test_a_site_chosen_far_down_the_list_on_a_phone_opens_in_sight(page, file, height):
    """Its card opened above the window: who tapped a site saw nothing happen."""
    show(page, file, width=390, height=height)
    page.run("document.querySelectorAll('#found button')[20].scrollIntoView({block: 'center'})")
    assert not page.run(SEEN % ".stage")
    page.run("document.querySelectorAll('#found button')[20].click()")
    assert page.run(SEEN % "#card")
    page.key("Escape", code=27)
    assert page.run(SEEN % "#found li:nth-child(21) button"), "closing leads back to the list"


CREDIT = """(() => {
  const line = document.querySelector(".credit-on-map");
  const text = line.lastChild;
  const range = document.createRange();
  range.setStart(text, 0);
  range.setEnd(text, text.data.indexOf("contributors") + 12);
  const [box, seen] = [range, line].map((part) => part.getBoundingClientRect());
  return [range.toString(), Math.min(seen.right - box.right, seen.bottom - box.bottom)];
})()"""
"""How the credit on the map begins, and how many pixels are left beside or below it."""


def test_openstreetmap_is_named_on_the_map_of_a_phone(page, file):
    """ "OpenStreetMap: ..." was all that there was room for."""
    show(page, file, width=320, height=844)
    for language in ("en", *LANGUAGES):
        page.run(f"inducult.speak('{language}')")
        named, left_px = page.run(CREDIT)
        assert named == ": © OpenStreetMap contributors"
        assert left_px >= 0, language


@pytest.mark.parametrize(
    ("column", "value", "links"),
    [
        ("wikipedia", "https://de.wikipedia.org/wiki/M%C3%BChle", ["https://de.wikipedia.org/wiki/M%C3%BChle"]),
        ("wikipedia", "de:Alte Mühle#Der Bau", ["https://de.wikipedia.org/wiki/Alte_M%C3%BChle#Der_Bau"]),
        ("wikipedia", "de:Mühle; en:Mill", ["https://de.wikipedia.org/wiki/M%C3%BChle", "https://en.wikipedia.org/wiki/Mill"]),
        ("wikipedia", "de:Kohle;Stahl", ["https://de.wikipedia.org/wiki/Kohle%3BStahl"]),
        ("wikipedia", "https://evil.example/wikipedia.org/", []),
        ("wikipedia", "javascript:alert(1)", []),
        ("wikidata", "Q1; Q22", ["https://www.wikidata.org/wiki/Q1", "https://www.wikidata.org/wiki/Q22"]),
        ("wikidata", "Q0; wd:q3; m.wikidata.org/entity/Q4.json; Q5x",
         ["https://www.wikidata.org/wiki/Q3", "https://www.wikidata.org/wiki/Q4"]),
        ("website", "https://a.example/;www.b.example/x; http://c.example/?p=1;q=2",
         ["https://a.example/", "https://www.b.example/x", "http://c.example/?p=1;q=2"]),
    ],
)  # fmt: skip
def test_links_lead_where_their_source_means(page, column, value, links):
    """An article given by its address led to "https.wikipedia.org", and of two web sites there was one broken link."""
    back = put(page, **{"wikipedia": 0, "wikidata": 0, "website": 0, "image": 0, column: value})
    page.run(f"inducult.open({CHOSEN})")
    told = page.run("[...document.querySelectorAll('#card ul.inline a')].map((a) => a.href)")
    back()
    assert told == links


def test_a_name_without_end_leaves_room_for_what_is_known(page, file):
    show(page, file, width=390, height=740)
    chosen = page.run(CHOSEN)
    back = put(page, name="Dolgo ime " * 200)
    page.run(f"inducult.open({chosen}); inducult.update(false)")
    page.until("!inducult.map.map.isMoving()")
    heights = [page.run(f"document.querySelector('{part}').clientHeight") for part in ("#card .body", "#card header")]
    names = page.run(FACT % "Names").strip()
    row = page.run(f"inducult.list.button({chosen}).clientHeight")
    back()
    assert heights[0] > 80
    assert heights[1] < 220
    assert names.startswith("Dolgo ime Dolgo ime"), "the whole name is told below"
    assert row < 120


def test_a_link_to_a_site_that_is_no_more_says_so(page, bundle):
    page.run("location.hash = '#site=IC-7K3QF2M-X&q=skofja'")
    page.until("!document.getElementById('card').hidden")
    assert page.run("document.activeElement.textContent") == "No site IC-7K3QF2M-X here"
    page.run("inducult.speak('de')")
    assert page.run("document.getElementById('card').innerText").startswith("Kein Standort IC-7K3QF2M-X hier")
    page.run("location.hash = '#q=skofja'")
    page.until("document.getElementById('card').hidden")
    for fragment in ("#release", "#site=<b>&q=x"):
        page.run(f"location.hash = '{fragment}'")
        page.run("new Promise((done) => setTimeout(done, 50))")
        assert page.run("document.getElementById('card').hidden")
    site = bundle.sites["site_id"].iloc[9]
    page.run(f"location.hash = '#{site.lower()}'")
    page.until(f"document.querySelector('#card code')?.textContent === '{site}'")


def test_a_link_to_a_site_that_was_merged_leads_where_it_went(page, bundle):
    former, stands = bundle.former[["site_id", "merged_into"]].iloc[0]
    page.run(f"location.hash = '#{former.lower()}'")
    page.until(f"document.querySelector('#card code')?.textContent === '{stands}'")
    assert former in page.run(FACT % "Former ids")
    page.until(f"location.hash.includes('{stands}')")
    search(page, former)
    assert page.run("inducult.found.map((site) => inducult.sites.columns.site_id[site])") == [stands]


def test_nothing_sticks_out_on_a_phone(page, file):
    page.open(file, width=390, height=844)
    page.until(DRAWN)
    page.run("document.querySelector('#found button').click()")
    assert page.run("document.documentElement.scrollWidth") <= 390
    left, _, width, _ = page.run(BOX % "card")
    assert 0 <= left < left + width <= 390
    page.run("document.documentElement.style.fontSize = '200%'")
    assert page.run("document.documentElement.scrollWidth") <= 390, "nor where a reader has letters of twice the size"
    assert page.run("getComputedStyle(document.getElementById('search')).fontSize") == "32px"
    kept = "document.querySelectorAll('header *, main *')"
    out = "(e) => e.getBoundingClientRect().right > 390.5 && !e.closest('.scroll, svg, .maplibregl-map')"
    assert page.run(f"[...{kept}].filter({out}).map((e) => e.tagName + e.id)") == []


def test_without_webgl_all_but_the_map_works(page, file):
    page.call("Page.enable")
    script = page.call(
        "Page.addScriptToEvaluateOnNewDocument",
        source="HTMLCanvasElement.prototype.getContext = () => null;",
    )
    try:
        page.open(file)
        page.until("globalThis.inducult")
        assert not page.run("document.getElementById('static').hidden")
        assert not page.run("document.getElementById('no-map').hidden")
        assert page.run("document.getElementById('fit').hidden"), "there is no map to fit"
        told, drawn, stage = (page.run(BOX % part) for part in ("no-map", "static", "tool"))
        assert told[1] + told[3] <= drawn[1] < drawn[1] + drawn[3] <= stage[1] + stage[3], "in place of the map"
        search(page, "skofja loka")
        page.run("document.querySelector('#found button').click()")
        assert NAMES[0] in page.run("document.getElementById('card').innerText")
    finally:
        page.call("Page.removeScriptToEvaluateOnNewDocument", identifier=script["identifier"])
    page.shown = None
    page.complaints.clear()


def test_without_script_the_page_is_whole(page, file):
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.call("Page.navigate", url=file.as_uri())
        page.until("document.readyState === 'complete' && document.title !== ''")
        assert page.run("document.getElementById('tool').hidden")
        assert page.run("document.querySelectorAll('#static svg').length") >= 1
        assert page.run("getComputedStyle(document.getElementById('static')).display") != "none"
        ways = "[...document.querySelectorAll('.skip')].filter((a) => getComputedStyle(a).display !== 'none')"
        assert page.run(f"{ways}.map((a) => a.hash)") == ["#release"], "the others lead to what is not shown"
    finally:
        page.call("Emulation.setScriptExecutionDisabled", value=False)
        page.shown = None


def test_on_paper_the_picture_follows_the_head_at_once_and_the_ground_is_light(browser, file):
    show(browser, file)
    with browser.paper(dark=True):
        head = browser.run("document.querySelector('header').getBoundingClientRect().bottom")
        top = browser.run("document.getElementById('static').getBoundingClientRect().top")
        ground = browser.run("getComputedStyle(document.body).backgroundColor")
    assert 0 <= top - head < 100, "a page that is all but empty would come before it"
    assert ground == "rgb(250, 248, 244)", "paper is light, whatever the screen is"


def test_a_picture_out_of_sight_waits_and_keeps_its_name_and_room(page, file):
    page.open(file, width=390, height=800)
    page.until(DRAWN)
    last = "[...document.querySelectorAll('.panels .picture')].at(-1)"
    drawn = f"{last}.querySelector('use, path').checkVisibility({{contentVisibilityAuto: true}})"
    room = f"{last}.getBoundingClientRect().height"
    waiting, height = page.run(f"[{drawn}, {room}]")
    told = page.call("Accessibility.getFullAXTree")["nodes"]
    names = {node["name"]["value"] for node in told if node.get("role", {}).get("value") == "image"}
    assert not waiting
    assert page.run(f"{last}.ariaLabel") in names
    page.run(f"{last}.scrollIntoView()")
    page.until(drawn)
    assert page.run(room) == height > 100
    assert page.run(f"{last}.firstElementChild.getBoundingClientRect().height") == pytest.approx(height, abs=1)


@pytest.mark.parametrize("width", [1280, 390], ids=["desk", "phone"])
def test_on_paper_the_card_that_is_open_is_whole_and_alone(page, file, width):
    show(page, file, width=width, height=500)
    page.run(f"inducult.open({CHOSEN})")
    with page.paper():
        body = page.run(
            "(({scrollHeight, clientHeight}) => [scrollHeight, clientHeight])(document.querySelector('#card .body'))"
        )
        seen = [page.run(f"document.querySelector('{part}').getBoundingClientRect().height > 0")
                for part in ("#card dl", "#static", "#search", "#canvas", "#legend")]  # fmt: skip
    sheets = base64.b64decode(page.call("Page.printToPDF")["data"]).count(b"/Type /Page\n")
    assert body[0] <= body[1], "nothing of it is cut off"
    assert seen == [True, False, False, False, False]
    assert sheets == 1, "who prints a card does not want the tables of the release"


def test_on_paper_stands_what_search_and_filters_leave_with_its_map(page, file):
    show(page, file)
    assert page.run("document.getElementById('waiting').hidden"), "the map is there"
    page.run("dispatchEvent(new Event('beforeprint'))")
    assert page.run("document.getElementById('paper').hidden"), "all sites stand in the picture"
    tick(page, "aspect", "both")
    with page.paper():
        page.run("dispatchEvent(new Event('beforeprint'))")
        paper = "document.getElementById('paper')"
        names = page.run(f"[...{paper}.querySelectorAll('.name')].map((e) => e.textContent)")
        said = page.run(f"{paper}.firstElementChild.textContent")
        inked = page.run(
            f"(({{width, height}}, c) => new Set(c.getImageData(0, 0, width, height).data).size)"
            f"({paper}.querySelector('canvas'), {paper}.querySelector('canvas').getContext('2d'))"
        )
        seen = page.run(
            "['paper', 'static'].map((id) => document.getElementById(id).getBoundingClientRect().height > 0)"
        )
        page.run("dispatchEvent(new Event('afterprint'))")
    assert names == page.run("inducult.found.map((site) => inducult.sites.title(site))")
    assert f"{len(names)} of " in said
    assert "Monument and factory" in said
    assert inked > 10, "the copy of the map holds what was drawn"
    assert seen == [True, False]
    assert page.run(f"{paper}.childElementCount") == 0


@pytest.mark.parametrize(
    ("width", "dark"),
    # Each width and each light once; the slow tests have the others.
    [
        (1280, True),
        (390, False),
        *(pytest.param(*other, marks=pytest.mark.slow) for other in ((1280, False), (390, True))),
    ],
)
def test_axe_finds_no_fault(page, file, repository, width, dark):
    axe = repository / "web/node_modules/axe-core/axe.min.js"
    if not axe.is_file():
        pytest.skip("needs web/node_modules (npm ci)")
    if dark and width > 1000:
        page.open(file, dark=dark, width=width, height=900)  # Else no map would begin in the dark.
        page.until(DRAWN)
    else:
        show(page, file, dark=dark, width=width)
    page.run("document.querySelectorAll('details').forEach((group) => (group.open = true))")
    page.run("inducult.density('production')")
    page.run("document.querySelector('#found button').click()")
    page.run(axe.read_text(encoding="utf-8") + "; 0")
    faults = page.run(
        "axe.run().then((found) => found.violations"
        ".map((v) => [v.id, v.impact, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 150))]))"
    )
    assert faults == []


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


def test_a_map_in_a_frame_says_in_the_language_how_it_is_moved(page):
    gestures = "inducult.map.map.cooperativeGestures"
    assert not page.run(f"{gestures}.isEnabled()"), "in no frame it moves at once"
    page.run(f"{gestures}.enable(); inducult.speak('cs')")
    words = page_words("cs")
    told = page.run(
        "[...document.querySelector('.maplibregl-cooperative-gesture-screen').children].map((e) => e.textContent)"
    )
    page.run(f"{gestures}.disable()")
    assert told == [words["gesture_wheel"].replace("{key}", words["key_ctrl"]), words["gesture_fingers"]]


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


HOT = """(() => {
  const {lon, lat, aspect} = inducult.sites.columns;
  const chosen = inducult.sites.tables.aspect.findIndex(([value]) => value === 'both');
  const site = aspect.indexOf(chosen);
  inducult.map.map.jumpTo({center: [lon[site] + 0.02, lat[site]], zoom: 10});
})()"""


@pytest.mark.parametrize("name", ["monuments", "production", "shown"])
def test_a_density_is_drawn_and_explained(page, name):
    page.run(HOT)
    page.until(DRAWN)
    pixels = (
        "new Promise((done) => inducult.map.map.once('render', () => { const gl = inducult.map.map.getCanvas()"
        ".getContext('webgl2'); const c = new Uint8Array(4 * 900); gl.readPixels(gl.drawingBufferWidth / 2, "
        "gl.drawingBufferHeight / 2, 30, 30, gl.RGBA, gl.UNSIGNED_BYTE, c); done([...c]); }) "
        "&& inducult.map.map.triggerRepaint())"
    )
    before = page.run(pixels)
    page.run(f"inducult.density('{name}')")
    page.until("!!inducult.map.map.getLayer('surface') || inducult.map.wanted === 'shown'")
    page.until(DRAWN)
    assert page.run(pixels) != before
    legend = page.run("document.querySelector('#legend .scale').textContent")
    assert page_words()["sites_shown" if name == "shown" else name] in legend
    page.run("inducult.density('')")
    page.until("!inducult.map.map.getLayer('surface')")
    page.until(DRAWN)
    assert page.run(pixels) == before
    assert page.run("document.querySelector('#legend .scale').textContent") == ""


def test_on_the_smallest_phone_nothing_runs_over_and_no_word_of_the_head_is_broken(page, file):
    """At 320 pixels, which is also a desk's page at 400 %, "Sprache" stood in two lines."""
    page.open(file, width=320, height=640, fragment="#lang=de")
    page.until(DRAWN)
    assert page.run("document.documentElement.scrollWidth") == 320
    lines = "((e) => Math.round(e.offsetHeight / parseFloat(getComputedStyle(e).lineHeight)))"
    assert page.run(f"{lines}(document.querySelector('#speak > span'))") == 1
    assert page.run("document.querySelector('header').getBoundingClientRect().height") < 640 / 3, (
        "the map is what counts"
    )


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


def test_a_hostile_address_of_a_website_is_no_link(page, bundle):
    for number, site in enumerate(bundle.sites["website"]):
        if isinstance(site, str) and not site.startswith("http"):
            identifier = bundle.sites["site_id"].iloc[number]
            page.run(f"inducult.open(inducult.sites.places.get('{identifier}'))")
            assert "javascript" not in page.run("document.getElementById('card').innerHTML").lower()


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
