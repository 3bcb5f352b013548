"""The page of a small bundle in a real browser, for the files of tests that look at it."""

from __future__ import annotations

import json
from dataclasses import replace

from bundles import HOSTILE, contracts, small_bundle

from inducult_geo.enrich.density import density_surfaces
from inducult_geo.frames import to_json
from inducult_geo.releasing.withholding import for_release

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
NAMES = [
    "Škofja Loka: Čipkarna",
    "Mühle Söhne",
    "Łódzka Fabryka Żelaza",
    "Brüder Groß",
    "Sjøværk",
    "Завод имени Ленина",
    "Đurđevac: Pilana",
]


def page_bundle():
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


def drawn(page):
    page.until(DRAWN)
    ids = "inducult.map.map.querySourceFeatures('sites').map((feature) => feature.id)"
    return page.run(f"new Set({ids}).size")
