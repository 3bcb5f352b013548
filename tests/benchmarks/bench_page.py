"""How the page and the tiles behave with many sites: CPU to write them, and time to load, filter and search them.

The browser draws with software here, so its times are upper bounds for a desk with a graphics card.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from browser import CHROMIUM, Browser
from bundles import contracts, small_bundle

from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.page.preview import preview_page
from inducult_geo.publish.research.tiles import write_tiles
from inducult_geo.releasing.withholding import for_release

SITES = 100_000
DRAWN = "globalThis.inducult?.map?.map.loaded() && inducult.map.map.areTilesLoaded()"


def say(line: str) -> None:
    """Tell one figure."""
    sys.stdout.write(line + "\n")


def many(count: int) -> Bundle:
    """Return the small bundle's sites over and over, strewn over Central Europe, with one record each."""
    base = for_release(small_bundle(), contracts())
    rng = np.random.default_rng(0)
    take = np.arange(count) % len(base.sites)
    sites = base.sites.iloc[take].reset_index(drop=True)
    sites["site_id"] = [f"IC-{number:06d}-0" for number in range(count)]
    sites["name"] = [f"{name} {number}" for number, name in enumerate(sites["name"].astype(str))]
    places = shapely.points(rng.uniform(3.9e6, 5.0e6, count), rng.uniform(2.4e6, 3.3e6, count))
    sites = sites.set_geometry(places, crs="EPSG:3035")
    firsts = base.records[base.records["outcome"] == "site"].groupby("site_id").head(1).set_index("site_id")
    records = firsts.loc[base.sites["site_id"].iloc[take]].reset_index()
    records = records.assign(site_id=sites["site_id"], record_key=[f"osm:way/{number}" for number in range(count)])
    records = gpd.GeoDataFrame(records, geometry=places, crs="EPSG:3035")
    run = {**base.run, "sites": count}
    return replace(base, sites=sites, records=records, review=base.review.head(0), pairs=base.pairs.head(0), run=run)


def main() -> None:
    """Print the figures."""
    bundle = many(SITES)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        started = time.process_time()
        page = preview_page(bundle)
        say(f"page of {SITES} sites: {time.process_time() - started:.1f} CPU s, {len(page.encode()) / 1e6:.1f} MB")
        (folder / "index.html").write_text(page, encoding="utf-8")
        started = time.process_time()
        write_tiles(bundle, folder / "sites.pmtiles")
        size = (folder / "sites.pmtiles").stat().st_size / 1e6
        say(f"tiles: {time.process_time() - started:.1f} CPU s, {size:.1f} MB")
        if CHROMIUM is None:
            say("no chromium here: the browser's part is left out")
            return
        in_browser(folder)


ASKED = ("stara tovarna", "tovarna 4999", "IC-04999", "way/4711", "sokolov", "q", "skoda")
ACTIONS = {
    "filter by aspect": "document.querySelector('[data-facet=aspect] input').click()",
    "filter by region": "document.querySelector('[data-facet=region] input').click()",
    "clear all": "document.getElementById('clear').click()",
    "open a card": "inducult.open(25000)",
    "another language": "inducult.speak('de')",
}


def in_browser(folder: Path) -> None:
    """Load, filter and search in a headless Chromium."""
    browser = Browser(folder / "profile")
    try:
        started = time.perf_counter()
        browser.open(folder / "index.html")
        say(f"page loaded, list and filters ready: {time.perf_counter() - started:.1f} s")
        browser.until(DRAWN)
        say(f"map drawn: {time.perf_counter() - started:.1f} s")
        say(f"first search, which folds all names: {spent(browser, searched('tovarna 7')):.0f} ms")
        later = [spent(browser, searched(text)) for text in ASKED]
        say(f"later searches: {min(later):.0f} to {max(later):.0f} ms")
        spent(browser, searched(""))
        for what, script in ACTIONS.items():
            started = time.perf_counter()
            took = spent(browser, script)
            browser.until(DRAWN)
            say(f"{what}: list after {took:.0f} ms, map after {time.perf_counter() - started:.1f} s")
        browser.call("Page.setDownloadBehavior", behavior="deny")
        for kind in ("csv", "geojson"):
            took = spent(browser, f"inducult.save('{kind}')")
            say(f"save all as {kind}: {took:.0f} ms")
        browser.call("HeapProfiler.collectGarbage")
        heap = browser.run("performance.memory.usedJSHeapSize") / 1e6
        say(f"memory of the page: {heap:.0f} MB; requests to the network: {len(outside(browser))}")
    finally:
        browser.close()


def searched(text: str) -> str:
    """Return the script that searches for a text."""
    return f"document.getElementById('search').value = '{text}'; inducult.update(false)"


def spent(browser: Browser, script: str) -> float:
    """Run a script in the page; return the milliseconds that it kept the page busy."""
    timed = f"(() => {{const start = performance.now(); {script}; return performance.now() - start}})()"
    return float(browser.run(timed))


def outside(browser: Browser) -> list[str]:
    """Return what the page asked of anything but itself."""
    return [url for url in browser.requests if not url.startswith(("file:", "blob:", "data:"))]


if __name__ == "__main__":
    main()
