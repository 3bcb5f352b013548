"""What a visitor would stumble over where a release holds odd things: texts without end, many values, nothing."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from browser import CHROMIUM
from bundles import contracts, small_bundle, with_made_changes
from page_shown import BOX, DRAWN, listed, search, show, status

from inducult_geo.catalog.labels import LANGUAGES
from inducult_geo.enrich.density import density_surfaces
from inducult_geo.frames import to_json
from inducult_geo.publish.page.pagewords import page_words
from inducult_geo.publish.page.preview import preview_page
from inducult_geo.releasing.withholding import for_release

pytest.importorskip("websockets.sync.client")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")

ENDLESS = ("Vereinigte Baumwollspinnerei und Weberei " * 130)[:5000]
WORKS = "🏭 Werk ⭐"


@pytest.fixture(scope="module")
def bundle():
    made = for_release(small_bundle(), contracts())
    sites, review, sources = made.sites.copy(), made.review.copy(), made.sources.copy()
    sites.loc[0, "name"], sites.loc[1, "name"], sites.loc[3, "name"] = ENDLESS, WORKS, "Forty names"
    named = {"name": "Forty names", "cs": "Přádelna", "qq": "Name in none"}
    sites.loc[3, "names"] = to_json(named | {f"alt_{n}": f"Other name {n}" for n in range(40)})
    sites.loc[3, "wikidata"] = "; ".join(f"Q{n}" for n in range(100, 200))
    sites.loc[3, "website"] = f"https://one.example/; https://www.two.example/{'way/' * 40}"
    sites.loc[3, "wikipedia"] = "de:Zeche; nl:Mijn"
    review.loc[0, ["left_name", "question"]] = [ENDLESS, f"Are {ENDLESS} and Mlýn one site?"]
    sources.loc[sources["source"] == "register", "title"] = "Register" * 30
    ready = with_made_changes(replace(made, sites=sites, review=review, sources=sources))
    return replace(ready, surfaces=density_surfaces(ready.sites, ready.regions))


@pytest.fixture(scope="module")
def file(bundle, tmp_path_factory):
    path = tmp_path_factory.mktemp("odd") / "index.html"
    path.write_text(preview_page(bundle), encoding="utf-8")
    return path


@pytest.fixture
def nothing(tmp_path):
    """The page of a release of no site."""
    made = for_release(small_bundle(), contracts())
    path = tmp_path / "index.html"
    run = {**made.run, "sites": 0}
    path.write_text(
        preview_page(replace(made, sites=made.sites.head(0), review=made.review.head(0), run=run)), encoding="utf-8"
    )
    return path


def test_one_site_is_no_sites():
    """ "1 sites of 2 records" stood below the map of a region."""
    made = for_release(small_bundle(), contracts())
    regions = made.regions.assign(sites=1, in_sites=[1, 2000])
    one = made.sites[made.sites["region"].eq("opole")].head(1)
    run = {**made.run, "sites": 1}
    page = preview_page(replace(made, sites=one, regions=regions, review=made.review.head(0), run=run))
    assert "<figcaption>1 site of 1 record<" in page.replace(" · <strong>", "<")
    assert "<figcaption>1 site of 2\N{NARROW NO-BREAK SPACE}000 records<" in page
    told = {*re.findall(r"with [^\"]*?(?:;|\.)", page)}
    assert {"with 2 regions and 1 site;", "with 0 sites.", "with 1 site."} <= told


def opened(page, name):
    page.run(f"inducult.open(inducult.sites.columns.name.indexOf('{name}'))")


@pytest.mark.parametrize("width", [1280, 360])
def test_a_name_without_end_makes_no_table_as_long_as_twenty_screens(page, file, width):
    show(page, file, width=width)
    rows = "[...document.querySelectorAll('.report tr')].map((row) => row.offsetHeight)"
    assert max(page.run(rows)) < 900
    assert ENDLESS[:100] in page.run("document.querySelector('[aria-labelledby=review]').innerText"), "it can be told"


def test_a_table_holds_its_words_on_paper(page):
    page.lay_out(width=794, height=1100, dark=False)
    with page.paper():
        wide = page.run("[...document.querySelectorAll('.report table')].map((table) => table.scrollWidth)")
    assert max(wide) <= 794


def test_no_word_of_a_table_is_broken_on_a_phone(page, file):
    show(page, file, width=360, height=740)
    broken = """[...document.querySelectorAll(".report :is(th, td) :is(span, bdi)")].filter((e) => {
      const text = document.createTreeWalker(e, NodeFilter.SHOW_TEXT).nextNode();
      const range = document.createRange();
      return [...(text?.data ?? "").matchAll(/[^\\s-]+/g)].some(({ 0: word, index }) => {
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        return word.length < 15 && new Set([...range.getClientRects()].map(({ top }) => top)).size > 1;
      });
    }).map((e) => e.textContent.slice(0, 40))"""
    assert page.run(broken) == []


def test_a_change_tells_its_site_on_one_line(page):
    link = "document.querySelector('[aria-labelledby=changes] td a')"
    assert page.run(f"{link}.getClientRects().length") == 1, "an id in three lines is copied by nobody"


@pytest.mark.parametrize("table", ["regions", "branches", "rejected"])
def test_on_a_phone_a_caption_is_read_without_scrolling_it(page, file, table):
    """Of a table wider than the screen it was cut off in the middle of a word."""
    show(page, file, width=360, height=740)
    edges = f"""((scroll) => [0, 120].map((left) => {{
      scroll.scrollLeft = left;
      const [box, words] = [scroll, scroll.querySelector("caption span")].map((e) => e.getBoundingClientRect());
      return [words.left - box.left, box.right - words.right];
    }}))(document.querySelector("[aria-labelledby={table}] .scroll"))"""
    for before, after in page.run(edges):
        assert before >= 0
        assert after >= 0


def test_a_search_for_signs_alone_says_that_they_are_not_searched_for(page):
    """All sites stayed there, as if each of them answered."""
    seen = "document.getElementById('signs').checkVisibility()"
    assert not page.run(seen)
    for asked in ("!?", "{{", "*"):
        page.run(f"document.getElementById('search').value = '{asked}'; inducult.update(false)")
        assert page.run(seen), asked
        assert not page.run("document.getElementById('clear').hidden")
    search(page, "werk")
    assert not page.run(seen)
    page.run("document.getElementById('search').value = '  '; inducult.update(false)")
    assert not page.run(seen)


def test_a_picture_in_a_name_can_be_searched_for(page):
    search(page, "🏭")
    assert listed(page) == [WORKS]
    search(page, "⭐ werk")
    assert listed(page) == [WORKS]


def test_where_there_is_no_site_nothing_is_offered_that_needs_one(browser, nothing):
    """Filters opened to nothing, the legend told of branches and named none."""
    browser.open(nothing)
    browser.until(DRAWN)
    assert status(browser) == "0 of 0 sites"
    assert browser.run("document.getElementById('none').innerText") == "This release holds no site."
    parts = ("#facets", "#legend", "#density", "#save-csv", "#more")
    assert [part for part in parts if browser.run(f"document.querySelector('{part}').checkVisibility()")] == []
    assert [said for said in browser.complaints if "GL Driver Message" not in said] == []
    browser.shown = None


def test_forty_names_of_a_site_hide_nothing_else_of_it(page, file):
    """What a site is stood four screens of a phone below its names."""
    show(page, file, width=360, height=740)
    opened(page, "Forty names")
    names = "document.querySelector('#card dd')"
    assert page.run(f"{names}.offsetHeight") < 300
    assert "Other name 39" in page.run(f"{names}.textContent")
    page.run(f"{names}.querySelector('.plain').click()")
    assert page.run(f"{names}.querySelector('ul').getBoundingClientRect().bottom <= "
                    f"{names}.getBoundingClientRect().bottom + 1")  # fmt: skip
    assert page.run(f"{names}.querySelector('.plain') === null && {names}.contains(document.activeElement)")


def test_no_link_that_the_keyboard_comes_to_is_cut_off(page):
    opened(page, "Forty names")
    links = "[...document.querySelectorAll('#card .inline a')]"
    assert page.run(f"!!{links}.at(-1).closest('.cut')")
    page.run("document.querySelector('#card .inline').closest('dd').querySelector('.plain').focus()")
    page.key("Tab", code=9, shift=True)
    assert page.run(f"document.activeElement === {links}.at(-1)")
    page.until(f"!{links}.at(-1).closest('.cut')")


def test_on_paper_no_value_of_a_card_is_cut(page):
    opened(page, "Forty names")
    with page.paper():
        cut = "[...document.querySelectorAll('#card .cut')].map((e) => e.scrollHeight - e.clientHeight)"
        assert {*page.run(cut)} == {0}
        buttons = "[...document.querySelectorAll('#card .cut + .plain')].map((e) => e.checkVisibility())"
        assert {*page.run(buttons)} == {False}


def test_each_of_several_links_says_where_it_leads(page):
    """A hundred links called "Wikidata" stood side by side."""
    opened(page, "Forty names")
    told = page.run("[...document.querySelectorAll('#card .inline a')].map((a) => a.textContent)")
    assert len({*told}) == len(told) == 104
    assert {"Wikidata Q100", "Wikipedia de:Zeche", "Website one.example"} <= {*told}
    assert max(map(len, told)) < 60


@pytest.mark.parametrize("width", [1280, 360])
def test_what_is_chosen_is_told_whole(page, file, width):
    """ "Monument (herit..." stood there beside room for more."""
    show(page, file, width=width)
    page.run("for (const facet of document.querySelectorAll('.facet')) facet.querySelector('input').click()")
    wide = "e.scrollWidth > e.clientWidth).map((e) => e.textContent)"
    cut = f"[...document.querySelectorAll('.said > span')].filter((e) => e.scrollHeight > e.clientHeight || {wide}"
    split = f"[...document.querySelectorAll('.facet summary > span')].filter((e) => {wide}"
    try:
        for language in LANGUAGES:
            page.run(f"inducult.speak('{language}')")
            assert page.run(cut) == []
            assert page.run(split) == []
        page.run("document.querySelector('.said > span').textContent = 'Dolge besede '.repeat(60)")
        assert page.run("document.querySelector('.facet summary').offsetHeight") < 100
    finally:
        page.run("inducult.speak('en')")


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (360, 740)])
def test_after_a_hundred_values_of_one_group_the_sites_are_not_screens_below(browser, tmp_path, width, height):
    """As a partner writes who may visit what: each site in words of its own."""
    made = for_release(small_bundle(), contracts())
    words = [f"by appointment, telephone {n}" for n in range(len(made.sites))]
    path = tmp_path / "index.html"
    path.write_text(preview_page(replace(made, sites=made.sites.assign(visitor_access=words))), encoding="utf-8")
    browser.open(path, width=width, height=height)
    browser.until(DRAWN)
    group = "document.querySelector('[data-facet=visitor_access]')"
    boxes = f"{group}.querySelectorAll('input')"
    browser.run(f"{group}.open = true")
    assert browser.run(f"{boxes}.length") == len(words) > 25
    assert browser.run(f"{group}.offsetHeight") < height * 0.75
    browser.run(f"{boxes}[{len(words) - 1}].focus()")
    seen = "(({x, y, height}) => document.elementFromPoint(x + 2, y + height / 2) === document.activeElement)"
    browser.run("document.activeElement.scrollIntoView({block: 'nearest'})")
    assert browser.run(f"{seen}(document.activeElement.getBoundingClientRect())")
    assert browser.run("document.documentElement.scrollWidth") == width
    browser.run(f"{group}.parentElement.querySelector('[data-facet=theme]').open = true")
    theme = "document.querySelector('[data-facet=theme] fieldset')"
    assert browser.run(f"{theme}.scrollHeight <= {theme}.clientHeight"), "a group as long as that of branches is whole"
    browser.shown = None


def test_what_is_typed_from_right_to_left_stands_so(page):
    search(page, "مصنع")
    typed = "getComputedStyle(document.getElementById('search')).direction"
    assert page.run(typed) == "rtl"
    search(page, "works")
    assert page.run(typed) == "ltr"


def test_where_colors_are_forced_a_density_is_told_by_its_colors(page):
    """Its ramp was an empty box."""
    page.run("inducult.density('production')")
    forced = [{"name": "forced-colors", "value": "active"}]
    page.call("Emulation.setEmulatedMedia", media="", features=forced)
    try:
        ramp = "document.querySelector('#legend .ramp')"
        assert "gradient" in page.run(f"getComputedStyle({ramp}).backgroundImage")
    finally:
        page.call("Emulation.setEmulatedMedia", media="", features=[])
        page.run("inducult.density('')")


def test_a_name_says_its_language_only_where_there_is_such_a_language(page):
    """Of a code that means none a screen reader may say nothing."""
    opened(page, "Forty names")
    told = "Object.fromEntries([...document.querySelectorAll('#card dd bdi')].map((e) => [e.textContent, e.lang]))"
    languages = page.run(told)
    assert languages["Přádelna"] == "cs"
    assert languages["Name in none"] == ""


def test_every_language_has_the_words_for_what_is_cut_or_not_searched_for():
    for language in LANGUAGES:
        assert (language == "en") == (page_words(language)["show_all"] == "Show all")
        assert (language == "en") == (page_words(language)["only_signs"] == page_words("en")["only_signs"])


def test_nothing_of_it_sticks_out_on_a_phone(page, file):
    show(page, file, width=360, height=740)
    opened(page, "Forty names")
    assert page.run("document.documentElement.scrollWidth") == 360
    left, _, width, _ = page.run(BOX % "card")
    assert 0 <= left < left + width <= 360
