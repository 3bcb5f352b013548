"""How the page lies on screens, phones and paper, in a real browser: map, legend, density, what hides what."""

from __future__ import annotations

import base64

import pytest
from browser import CHROMIUM
from page_shown import BOX, CHOSEN, DRAWN, NAMES, search, show, tick

from inducult_geo.catalog.labels import LANGUAGES
from inducult_geo.publish.page.pagewords import page_words

pytest.importorskip("websockets.sync.client")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")


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


def test_the_id_of_a_question_is_not_cut_to_pieces(page, file):
    show(page, file)
    widths = page.run("[...document.querySelectorAll('th.key')].map((e) => e.clientWidth)")
    assert min(widths) >= 130


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
        told = page.run("document.querySelector('noscript').innerText")
        assert "does not run the script of this page" in told, "nobody was told why there is no search"
        assert page.run("document.querySelector('noscript p').getBoundingClientRect().height") > 0
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
        left, right = page.run(
            "(({left, right}) => [left, innerWidth - right])(document.getElementById('card').getBoundingClientRect())"
        )
    sheets = base64.b64decode(page.call("Page.printToPDF")["data"]).count(b"/Type /Page\n")
    assert body[0] <= body[1], "nothing of it is cut off"
    assert seen == [True, False, False, False, False]
    assert min(left, right) > 10, "a border at the edge of the sheet is cut"
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


WHEEL = {"type": "mouseWheel", "deltaX": 0, "deltaY": 240}


@pytest.mark.parametrize(
    ("size", "is_past"),
    [((740, 360), True), ((320, 256), True), ((812, 375), True), ((390, 844), False), ((1280, 620), False)],
)
def test_a_map_as_high_as_the_window_lets_a_reader_scroll_past(page, file, size, is_past):
    """On a phone held across, and at 400 %, every finger moved the map: search, list and figures were out of reach."""
    width, height = size
    show(page, file, width=width, height=height)
    page.run("document.querySelector('.stage').scrollIntoView({block: 'start'})")
    zoom, before = page.run("[inducult.map.map.getZoom(), scrollY]")
    page.call("Input.dispatchMouseEvent", x=width * 0.7, y=height * 0.5, **WHEEL)
    past = f"scrollY > {before + 100} && Math.abs(inducult.map.map.getZoom() - {zoom}) < 0.01"
    zoomed = f"Math.abs(inducult.map.map.getZoom() - {zoom}) > 0.1"
    page.until(past if is_past else zoomed)
    shares = "inducult.map.map.cooperativeGestures.isEnabled()"
    assert page.run(shares) == is_past
    told = page.run("document.querySelector('.maplibregl-mobile-message')?.textContent")
    assert told == (page_words("en")["gesture_fingers"] if is_past else None)
    page.until("!document.querySelector('.maplibregl-show')")
    page.lay_out(width=390, height=844, dark=False)
    page.until(f"!{shares}")


def test_the_line_above_the_list_hides_no_site_that_the_keyboard_is_at(page):
    """Who went up the list with Shift and Tab was at sites that nobody saw, one after the other."""
    page.run("document.querySelectorAll('#found button')[30].focus()")
    hidden = """(({x, y, width}) => [y + 2, y + 20].some((at) => !document.activeElement.contains(
      document.elementFromPoint(x + width / 2, at))))(document.activeElement.getBoundingClientRect())"""
    for _ in range(29):
        page.key("Tab", code=9, shift=True)
        assert page.run("document.activeElement.matches('#found button')")
        assert not page.run(hidden), page.run("document.activeElement.textContent")


def test_with_letters_twice_as_large_no_word_on_the_map_is_broken(page, file):
    """As a phone is set for who reads no small print: "Density" stood there letter by letter, down half of the map."""
    show(page, file, width=390, height=844)
    page.run("document.documentElement.style.fontSize = '200%'")
    word = (
        "(({height, right}) => [height, right])(document.querySelector('.extras label span').getBoundingClientRect())"
    )
    try:
        for language in ("en", *LANGUAGES):
            page.run(f"inducult.speak('{language}')")
            height, right = page.run(word)
            assert height < 2 * 30, f"{language}: one line of letters of 28 px"
            assert right <= 390
    finally:
        page.run("document.documentElement.style.fontSize = ''")


@pytest.mark.parametrize("forced", ["none", "active"])
def test_where_the_keyboard_is_on_the_map_is_seen(page, file, forced):
    """The ring around the map was cut off by its edge, that of its buttons gone where colors are forced."""
    show(page, file)
    page.call("Emulation.setEmulatedMedia", media="", features=[{"name": "forced-colors", "value": forced}])
    try:
        for part in ("canvas.maplibregl-canvas", ".maplibregl-ctrl-zoom-in", ".maplibregl-ctrl-zoom-out"):
            found = f"document.querySelector('{part}')"
            page.run("document.activeElement.blur()")
            page.key("Shift", code=16)
            box = page.run(f"(({{x, y, width, height}}) => ({{x, y, width, height}}))({found}.getBoundingClientRect())")
            clip = {**box, "width": min(box["width"], 40), "height": min(box["height"], 40), "scale": 4}
            seen = []
            for step in ("blur", "focus"):
                page.run(f"{found}.{step}()")
                page.until(DRAWN)
                seen.append(page.call("Page.captureScreenshot", format="png", clip=clip)["data"])
            assert page.run(f"{found}.matches(':focus-visible')")
            assert seen[0] != seen[1], part
    finally:
        show(page, file)
