"""Make `inducult_geo/catalog/countries.csv` from Natural Earth as `world-atlas` packs it: `python web/countries.py`.

Writes to the path that is given, else into the catalog. Needs `npm ci` in `web/` before.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pycountry
import shapely

HERE = Path(__file__).resolve().parent
ATLAS = HERE / "node_modules" / "world-atlas" / "countries-10m.json"
TABLE = HERE.parent / "inducult_geo" / "catalog" / "countries.csv"
SOURCE = "Natural Earth 1:10 million (world-atlas 2.0.2)"

EUROPE = frozenset((
    "AD", "AL", "AT", "BA", "BE", "BG", "BY", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FO",
    "FR", "GB", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MC", "MD", "ME", "MK",
    "MT", "NL", "NO", "PL", "PT", "RO", "RS", "SE", "SI", "SK", "SM", "TR", "UA", "XK",
))  # fmt: skip

# What lists of sites tell by the country that it belongs to.
BELONG_TO = {
    "AX": "FI",
    **dict.fromkeys(("GG", "GI", "IM", "JE"), "GB"),
    **dict.fromkeys(("BL", "MF", "NC", "PF", "PM", "WF"), "FR"),
    **dict.fromkeys(("AW", "CW", "SX"), "NL"),
    **dict.fromkeys(("Akrotiri", "Cyprus U.N. Buffer Zone", "Dhekelia", "N. Cyprus"), "CY"),
    "Kosovo": "XK",
    "VA": "IT",
}

SIMPLER_DEG = 0.02
"""Corners are left out where outlines move by about so much: two kilometers."""

STEP_DEG = 0.01
"""Corners are rounded to multiples of this."""


def main() -> None:
    """Write the table."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TABLE
    shapes = dict(sorted(_outlines(json.loads(ATLAS.read_text(encoding="utf-8")))))
    # All at once: neighbors keep the same border.
    coarse = shapely.coverage_simplify([*shapes.values()], SIMPLER_DEG)
    rounded = shapely.set_precision(coarse, STEP_DEG)
    with target.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("country", "outline", "source"))
        for code, shape in zip(shapes, rounded, strict=True):
            table.writerow((code, shapely.to_wkt(shape, rounding_precision=2), SOURCE))


def _outlines(atlas: dict[str, Any]) -> Iterator[tuple[str, shapely.MultiPolygon]]:
    """Yield the code of each country of Europe with its outline, in EPSG:4326."""
    steps, start = (np.array(atlas["transform"][name]) for name in ("scale", "translate"))
    arcs = [np.cumsum(np.array(arc), axis=0) * steps + start for arc in atlas["arcs"]]
    parts: dict[str, list[shapely.Geometry]] = {}
    for one in atlas["objects"]["countries"]["geometries"]:
        name = one["properties"]["name"]
        known = pycountry.countries.get(numeric=one.get("id", ""))
        code = known.alpha_2 if known else name
        if (code := BELONG_TO.get(code, code)) in EUROPE:
            parts.setdefault(code, []).append(_shape(one, arcs))
    for code, shapes in parts.items():
        whole = shapely.union_all(shapes)
        areas = [one for one in shapely.get_parts(whole) if isinstance(one, shapely.Polygon)]
        yield code, shapely.MultiPolygon(areas)


def _shape(told: dict[str, Any], arcs: Sequence[np.ndarray]) -> shapely.Geometry:
    """Put a geometry of TopoJSON together: rings of arcs, whose number is turned into its complement where reversed."""
    areas = [told["arcs"]] if told["type"] == "Polygon" else told["arcs"]
    polygons = []
    for area in areas:
        rings = [np.concatenate([arcs[n] if n >= 0 else arcs[~n][::-1] for n in ring]) for ring in area]
        # Some islands have no extent at this scale.
        whole = [ring for ring in rings if len(ring) > 3]
        if whole:
            polygons.append(shapely.Polygon(whole[0], whole[1:]))
    return shapely.make_valid(shapely.MultiPolygon(polygons))


if __name__ == "__main__":
    main()
