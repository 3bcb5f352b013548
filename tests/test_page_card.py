"""The card of a site in a real browser: what it tells, its links, how it opens and closes."""

from __future__ import annotations

import json
import re

import pytest
from browser import CHROMIUM
from bundles import HOSTILE
from page_shown import BOX, CHOSEN, DRAWN, NAMES, listed, search, show, status, tick

from inducult_geo.catalog.labels import LANGUAGES, labels
from inducult_geo.frames import BEGINNINGS, ENDS
from inducult_geo.publish.layers.domains import DOMAINS
from inducult_geo.publish.page.pagewords import page_words

pytest.importorskip("websockets.sync.client")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")
FACT = "[...document.querySelectorAll('#card dt')].find((e) => e.textContent === '%s').nextSibling.innerText"
ACCURACY = "[...document.querySelectorAll('#card dt')].find((e) => e.textContent === 'Accuracy').nextSibling.innerText"


def put(page, **values):
    """Give the chosen site other values for a while; returns what brings the old ones back."""
    site = page.run(CHOSEN)  # by a name that may be one of the values
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
    back = f"inducult.sites.columns[name][{site}] = value"
    return lambda: page.run(f"for (const [name, value] of Object.entries({json.dumps(before)})) {back}")


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
        (2199, 0, "year", None, "projected", "2199 – ?"),
        (1945, 0, "open_end", None, "functional", "since 1945 or later"),
        (0, 1989, "open_start", "open_start", "disused", "until 1989 or earlier"),
        (1870, 0, "part_of_century", None, "functional", "since 1870 (exact to: part of a century)"),
        (1850, 1990, "range", "year", "disused", "1850 (exact to: a span of years) – 1990"),
        (1904, 1999, "year", "decade", "disused", "1904 – 1999 (exact to: decade)"),
        (1850, 0, "approximate", None, "disused", "1850 – ? (exact to: a few years)"),
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
    dot = "getComputedStyle(document.querySelector('#card .timeline li'), '::before')"
    assert page.run(f"{dot}.borderTopWidth") != "0px", "paper and forced colors show no backgrounds"


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
    back = put(page, city="Dolgo mesto " * 50, name="Dolgo ime " * 200)
    page.run(f"inducult.open({chosen}); inducult.update(false)")
    page.until("!inducult.map.map.isMoving()")
    heights = [page.run(f"document.querySelector('{part}').clientHeight") for part in ("#card .body", "#card header")]
    names = page.run(FACT % "Names").strip()
    row = page.run(f"inducult.list.button({chosen}).clientHeight")
    back()
    assert heights[0] > 80
    assert heights[1] < 260
    assert names.startswith("Dolgo ime Dolgo ime"), "the whole name is told below"
    assert row < 150


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


def test_a_hostile_address_of_a_website_is_no_link(page, bundle):
    for number, site in enumerate(bundle.sites["website"]):
        if isinstance(site, str) and not site.startswith("http"):
            identifier = bundle.sites["site_id"].iloc[number]
            page.run(f"inducult.open(inducult.sites.places.get('{identifier}'))")
            assert "javascript" not in page.run("document.getElementById('card').innerHTML").lower()
