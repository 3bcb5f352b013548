"""Verify the web files: tiles and page hold the same sites, and the page loads nothing from outside."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from time import monotonic

import pyarrow as pa
import pyogrio

from inducult_geo.errors import ReleaseError
from inducult_geo.publish.compared import opened
from inducult_geo.publish.compared.opened import Opened
from inducult_geo.publish.files import PAGE, TILES

_LOADING = frozenset({"link", "img", "iframe", "frame", "object", "embed", "audio", "video", "source", "track", "base"})
"""Elements that fetch something, or make others fetch it from elsewhere."""

_HEAD = frozenset({"html", "head", "meta", "title", "style", "script"})
"""Elements before which a page is in its head; browsers obey no policy that stands behind another one."""


class Page(HTMLParser):
    """What a page says of the number of sites, and what it would load.

    Raises
    ------
    ReleaseError
        Where reading it takes longer than a query may (`QUERY_SECONDS`).
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.sites: int | None = None
        self.mapped: int | None = None
        self.policy = ""
        self.scripts: list[str] = []
        self.loads: list[str] = []
        self._inside = ""
        self._is_head = True
        self._until = monotonic() + opened.QUERY_SECONDS
        self.feed(path.read_text(encoding="utf-8"))
        self.close()

    def updatepos(self, i: int, j: int) -> int:
        """Look at the clock at each step: one that finds no end looks through all the rest, and the next one again."""
        if monotonic() > self._until:
            raise ReleaseError(
                f"{PAGE}: reading it does not end within {opened.QUERY_SECONDS:.0f} s: it is damaged, or was altered. "
                "Get the release again."
            )
        return super().updatepos(i, j)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read `data-sites` of the body and the policy; note what would be loaded, and where a script begins."""
        said = dict(attrs)
        sites = said.get("data-sites")
        if tag == "body" and sites is not None and sites.isascii() and sites.isdigit():
            self.sites = int(sites)
        self._is_head &= tag in _HEAD
        order = (said.get("http-equiv") or "").lower()
        if order == "content-security-policy" and self._is_head:
            self.policy = said.get("content") or ""
        # A page that leads on to another one breaks no policy.
        if tag in _LOADING or order == "refresh" or "src" in said or any(name.startswith("on") for name in said):
            self.loads.append(tag)
        if tag == "script":
            self._inside = "data" if said.get("id") == "data" else "script"

    def handle_data(self, data: str) -> None:
        """Count the sites of the map; keep scripts."""
        if self._inside == "data":
            self.mapped = len(json.loads(data)["columns"]["site_id"])
        elif self._inside == "script":
            self.scripts.append(data)

    def handle_endtag(self, tag: str) -> None:
        """Note that a script ended."""
        if tag == "script":
            self._inside = ""


def page_of(release: Opened) -> Page:
    """Return the release's page, read once for all who ask."""
    return release.once(PAGE, lambda: Page(release.folder / PAGE))


_INSIDE = {"'none'", "data:", "blob:"}
"""Sources of a policy that are the page itself."""


def _lets_out(name: str, sources: set[str]) -> bool:
    """Tell whether a rule allows anything that is not in the page; scripts are checked one by one."""
    if name == "script-src":
        return any(not source.startswith("'") for source in sources)
    return not sources <= _INSIDE | ({"'unsafe-inline'"} if name == "style-src" else set())


def page_is_sealed(release: Opened) -> Iterator[str]:
    """Check that the page loads nothing, may load nothing, and runs its own scripts only."""
    page = page_of(release)
    for tag in sorted(set(page.loads)):
        yield f"{PAGE} holds <{tag}> that loads or runs something from elsewhere"
    # Of a rule that stands twice, browsers obey the first: each is looked at.
    told = [rule.split() for rule in page.policy.split(";") if rule.strip()]
    rules = [(name.lower(), {*sources}) for name, *sources in told]
    if dict(reversed(rules)).get("default-src") != {"'none'"} or any(_lets_out(*rule) for rule in rules):
        yield f"the Content-Security-Policy of {PAGE} does not forbid the network"
    allowed = {source for name, sources in rules if name == "script-src" for source in sources}
    for script in page.scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        if f"'sha256-{digest}'" not in allowed:
            yield f"a script of {PAGE} is not the one that its Content-Security-Policy names"
    if len(allowed) > len(page.scripts):
        yield f"the Content-Security-Policy of {PAGE} allows more scripts than the page holds"


def tiles_hold_the_sites(release: Opened) -> Iterator[str]:
    """Check that the tiles hold every site and no other, and only columns of the layer of sites.

    A release without sites has no tiles: the format knows no empty extent.
    """
    expected = {str(site) for (site,) in release.rows("SELECT site_id FROM site_points")}
    path = release.folder / TILES
    if not path.is_file():
        if expected:
            yield f"{TILES} is missing"
        return
    found = _ids_in_tiles(release)
    for what, sites in (("lacks", expected - found), ("holds besides", found - expected)):
        if sites:
            yield f"{TILES} {what} {len(sites)} sites, such as {min(sites)}"
    # What else is told of a layer, GDAL counts in all tiles.
    with pyogrio.open_arrow(path, read_geometry=False) as (about, _):
        # GDAL adds `mvt_id` when it reads.
        other = sorted({*about["fields"]} - {*release.columns("site_points"), "mvt_id"})
    if other:
        yield f"{TILES} holds columns that the layer of sites has not: {', '.join(other)}"


def sites_in_tiles(release: Opened) -> int:
    """Count the sites in the deepest zoom; one at a tile's edge stands in its neighbor, too."""
    return len(_ids_in_tiles(release)) if (release.folder / TILES).is_file() else 0


def _ids_in_tiles(release: Opened) -> set[str]:
    """Return the ids that stand in the deepest zoom, read once for all who ask."""
    path = release.folder / TILES
    return release.once(TILES, lambda: {*map(str, _told_in_tiles(path)["site_id"].to_pylist())})


def _told_in_tiles(path: Path) -> pa.Table:
    _, table = pyogrio.read_arrow(path, columns=["site_id"], read_geometry=False)
    return table
