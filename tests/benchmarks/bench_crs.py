"""Measure what a change of datum costs: a million points DHDN -> EPSG:3035 against geopandas' `to_crs`.

Rounds are interleaved and CPU seconds counted; on a busy machine all of them grow, so the ratio of each round is what
counts. `to_crs` moves geometries and picks a Helmert transformation of 3 m; `transform_points` moves columns by the
grid BETA2007 where it is at hand (`INDUCULT_GRIDS`, or the shared folder), and by the same Helmert where it is not.
`transform_geometries` makes new geometries as well: most of its time, and of `to_crs`, is making them.

    .venv/bin/python tests/benchmarks/bench_crs.py [points] [rounds]
"""

from __future__ import annotations

import os
import resource
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
from printed import table

from inducult_geo.harmonize.transforms.crs import transform_geometries, transform_points

ROOT = Path(__file__).resolve().parents[2]


def say(line: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def cpu_s(work: Callable[[], object]) -> float:
    """CPU seconds of one call, of this process and its threads."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    """Print CPU seconds and ratios, per round and in the median."""
    n, rounds = (int(text) for text in (*sys.argv[1:], *("1000000", "5")[len(sys.argv) - 1 :]))
    shared = Path(os.environ.get("INDUCULT_SHARED", ROOT.parent / "shared")) / "data/crs/grids"
    grids = Path(os.environ.get("INDUCULT_GRIDS", shared))
    chance = np.random.default_rng(1)
    x, y = chance.uniform(4_500_000, 4_560_000, n), chance.uniform(5_600_000, 5_650_000, n)
    points = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=31468)
    shapes = points.to_numpy()
    call = {"source_crs": "EPSG:31468", "target_crs": "EPSG:3035", "country": "DE"}
    ways: dict[str, Callable[[], object]] = {
        "geopandas to_crs": lambda: points.to_crs(3035),
        "transform_points, grid": lambda: transform_points(x, y, grids=grids, **call),
        "transform_points, no grid": lambda: transform_points(x, y, grids=Path("/nowhere"), **call),
        "transform_geometries, grid": lambda: transform_geometries(shapes, grids=grids, **call),
    }
    say(f"{n:,} points, {rounds} rounds; {transform_points(x[:1], y[:1], grids=grids, **call).operation}")
    points[:2].to_crs(3035)
    seen: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            seen[name].append(cpu_s(work))
    theirs = seen["geopandas to_crs"]
    lines: list[dict[str, object]] = []
    for name, times in seen.items():
        ratios = sorted(mine / other for mine, other in zip(times, theirs, strict=True))
        lines.append(
            {"way": name, "CPU s (median)": f"{statistics.median(times):.2f}"}
            | {"least to most": f"{min(times):.2f} to {max(times):.2f}"}
            | {"share of to_crs": f"{statistics.median(ratios):.2f}"}
            | {"lowest to highest": f"{ratios[0]:.2f} to {ratios[-1]:.2f}"}
        )
    say("\n" + table(lines))


if __name__ == "__main__":
    main()
