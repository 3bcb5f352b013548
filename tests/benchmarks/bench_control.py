"""Measure how true places are: control points of surveying agencies by the pinned operations, and hard strings.

For each system: how far the point that we compute lies from the one that is given, at most; the accuracy that we state;
and the tolerance to which the point itself is given. Rows of the kind "projection" change no datum. Then the strings of
`tests/coordinate_strings.csv`, and those of the shared folder, which were written by others.
"""

from __future__ import annotations

import csv
import math
import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path

from printed import table

from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.coordinates.read import parse_coordinates
from inducult_geo.harmonize.transforms.crs import transform_points

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("INDUCULT_SHARED", ROOT.parent / "shared")) / "data/crs"
DEGREE_M = 111_320.0
Row = Mapping[str, str]


def rows_of(path: Path) -> list[dict[str, str]]:
    """Read a table of text."""
    return [*csv.DictReader(path.read_text(encoding="utf-8").splitlines())]


def away(row: Row, grids: Path | None) -> tuple[float, float]:
    """Return how far our place of a control point is from the given one, and the accuracy that we state, in meters."""
    done = transform_points(
        [float(row["source_x"])],
        [float(row["source_y"])],
        source_crs=row["source_epsg"],
        target_crs=row["target_epsg"],
        country=row["country"],
        grids=grids,
    )
    east, north = done.x[0] - float(row["target_x"]), done.y[0] - float(row["target_y"])
    if row["target_epsg"] != "EPSG:4258":
        return math.hypot(east, north), done.accuracy_m
    return math.hypot(east * math.cos(math.radians(done.y[0])), north) * DEGREE_M, done.accuracy_m


def control_points(rows: Iterable[Row]) -> list[dict[str, object]]:
    """Return one line a country, way and kind of point."""
    way = lambda row: (row["country"], row["source_epsg"], row["target_epsg"], row["kind"])  # noqa: E731
    lines: list[dict[str, object]] = []
    for (country, source, target, kind), group in groupby(sorted(rows, key=way), way):
        points = [*group]
        found = {name: [away(row, at) for row in points] for name, at in (("grids", SHARED / "grids"), ("none", None))}
        lines.append(
            {"country": country, "from": source, "to": target, "kind": kind, "points": len(points)}
            | {"off by, m": f"{max(far for far, _ in found['grids']):.3f}"}
            | {"stated, m": f"{max(stated for _, stated in found['grids']):g}"}
            | {"without grids, m": f"{max(far for far, _ in found['none']):.3f}"}
            | {"stated then, m": f"{max(stated for _, stated in found['none']):g}"}
            | {"given to, m": f"{max(float(row['tolerance_m']) for row in points):g}"}
        )
    return lines


def verdict(row: Row) -> str:
    """Say how a string was read: as it means, as something else, or refused."""
    try:
        found = parse_coordinates(row["text"], country=row.get("country") or None)
    except CoordinateError:
        return "rightly refused" if "refuse" in row["kind"] else "refused, though it means a place"
    if row["kind"] == "refuse":
        return "read, though it should be refused"
    near = all(
        math.isclose(value, float(row[name]), abs_tol=float(row.get("tolerance") or 2e-6))
        for name, value in (("a", found.a), ("b", found.b))
        if row[name]
    )
    return "read as meant" if found.kind in row["kind"] and near else "read as something else"


def main() -> None:
    """Print the tables."""
    say = lambda text: sys.stdout.write(f"{text}\n")  # noqa: E731
    if not SHARED.is_dir():
        say(f"skipped: no control points at {SHARED}")
        return
    say(table(control_points(rows_of(SHARED / "control_points.csv"))) + "\n")
    lists = {"ours": ROOT / "tests/coordinate_strings.csv", "by others": SHARED / "coordinate_strings.csv"}
    counts = {name: Counter(map(verdict, rows_of(path))) for name, path in lists.items()}
    verdicts = ["read as meant", "rightly refused", "refused, though it means a place"]
    verdicts += ["read, though it should be refused", "read as something else"]
    say(table([{"strings": name} | {text: told[text] for text in verdicts} for name, told in counts.items()]))


if __name__ == "__main__":
    main()
