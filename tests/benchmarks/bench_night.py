"""Measure nights: what one without news costs, and how the road from records to a release grows.

`python tests/benchmarks/bench_night.py [--sizes 10000 100000] [--nothing]`. Each size is a data folder of two made-up
partner files over Central Europe (as `bench_scale` makes them up), run by `inducult run` as a process of its own: CPU
of that process and its peak of memory, by the system's own count. Nights without news are measured on the sample and on
Hotmaps with EUTL: a full run, then one more; start-up (a run that refuses its call) is subtracted from both.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from bench_scale import EXTENT, source, works
from printed import table

from inducult_geo.frames import WORK_CRS, from_json

REPOSITORY = Path(__file__).resolve().parents[2]
CONTRACT = """id = "{name}"
title = "Made-up works {name}"
files = ["{name}.csv"]
region = "middle"
licence = "CC0-1.0"
attribution = "nobody"
[place]
crs = "EPSG:3035"
x = "x"
y = "y"
accuracy_m = 200
[columns]
key = "key"
name = "name"
operator = "operator"
address = "address"
postcode = "postcode"
city = "city"
[defaults]
aspect = "factory"
"""
REGION = """id = "middle"
title = "Central Europe, made up"
country = "DE"
timezone = "Europe/Berlin"
bbox = [5.0, 43.0, 25.0, 56.0]
crs = ["EPSG:3035"]
[boundary]
file = "middle.geojson"
"""


def make_up(root: Path, size: int) -> None:
    """Write a data folder of two partner files with `size` rows in all, and the catalog of its one region."""
    random = np.random.default_rng(size)
    truth = works(random, int(size * 0.4))
    partners, regions = root / "data" / "raw" / "partners", root / "catalog" / "regions"
    partners.mkdir(parents=True)
    regions.mkdir(parents=True)
    for name in ("made_a", "made_b"):
        records = source(random, truth, name, size // 2)
        table = pd.DataFrame(records[["operator", "address", "postcode", "city"]])
        table.insert(0, "key", [key.split(":")[1] for key in records["record_key"]])
        table["name"] = [from_json(text)["name"] for text in records["names"]]
        table["x"], table["y"] = records.geometry.x.round(1).to_numpy(), records.geometry.y.round(1).to_numpy()
        table.to_csv(partners / f"{name}.csv", index=False)
        (partners / f"{name}.toml").write_text(CONTRACT.format(name=name), encoding="utf-8")
    west, south, east, north = EXTENT
    area = gpd.GeoSeries.from_xy([west - 60_000, east + 60_000], [south - 60_000, north + 60_000], crs=WORK_CRS)
    box = gpd.GeoSeries([area.union_all().envelope.segmentize(20_000)], crs=WORK_CRS).to_crs("EPSG:4326")
    box.to_file(regions / "middle.geojson", driver="GeoJSON")
    (regions / "middle.toml").write_text(REGION, encoding="utf-8")


def measured(*arguments: str) -> dict:
    """Run the command line and return its CPU seconds, its peak of memory and how it ended."""
    with tempfile.TemporaryFile() as out:
        command = [sys.executable, "-c", "from inducult_geo.cli import main; main()", *arguments]
        pid = os.posix_spawn(
            sys.executable,
            command,
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_DUP2, out.fileno(), 2)],
        )
        _, status, used = os.wait4(pid, 0)
        out.seek(0)
        said = out.read().decode(errors="replace")
    return {
        "cpu_s": round(used.ru_utime + used.ru_stime, 2),
        "peak_mb": round(used.ru_maxrss / 1024),
        "exit_code": os.waitstatus_to_exitcode(status),
        "said": said,
    }


def night(root: Path, size: int) -> dict:
    """Measure one size from records to release."""
    make_up(root, size)
    arguments = ["run", "--data", str(root / "data"), "--catalog", str(root / "catalog"), "--json"]
    told = measured(*arguments)
    if told["exit_code"] != 0:
        raise SystemExit(f"{size} records: {told['said'][-2000:]}")
    facts = json.loads(told["said"][told["said"].index("{") :])
    records = facts["counts"]["records_in"]
    return {
        "records": records,
        "sites": facts["sites"],
        "CPU s": round(told["cpu_s"], 1),
        "CPU s for 1,000 records": round(told["cpu_s"] / records * 1000, 2),
        "peak memory, MB": told["peak_mb"],
        "release, MB": round(sum(path.stat().st_size for path in Path(facts["release"]).iterdir()) / 1e6),
    }


def nothing_new(data: Path) -> dict:
    """Measure a run of everything and one in which nothing has changed, both without start-up."""
    started = measured("run", "no-such-region", "--data", str(data))["cpu_s"]
    full = measured("run", "--data", str(data), "--json")
    before = sorted((data / "processed" / "releases").iterdir())
    again = measured("run", "--data", str(data), "--json")
    assert sorted((data / "processed" / "releases").iterdir()) == before, "something new was published"
    work, idle = (max(told["cpu_s"] - started, 0.0) for told in (full, again))
    return {
        "start-up, CPU s": started,
        "a full run, CPU s": round(work, 2),
        "one without news, CPU s": round(idle, 2),
        "share, %": round(100 * idle / work, 1),
    }


def known_folders(root: Path) -> list[Path]:
    """Make up a folder with the sample, and one with Hotmaps and EUTL where the shared data is at hand."""
    shutil.copytree(REPOSITORY / "data" / "raw" / "sample", root / "sample" / "raw" / "sample")
    shared = Path(os.environ.get("INDUCULT_SHARED", REPOSITORY.parent / "shared")) / "data"
    if not shared.is_dir():
        return [root / "sample"]
    (root / "hotmaps-eutl" / "raw" / "partners").mkdir(parents=True)
    for name in ("hotmaps.csv", "eutl.csv"):
        shutil.copy(shared / "sites" / name, root / "hotmaps-eutl" / "raw" / "partners" / name)
    shutil.copytree(shared / "boundaries", root / "hotmaps-eutl" / "raw" / "boundaries")
    return [root / "sample", root / "hotmaps-eutl"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--nothing", action="store_true", help="only nights without news")
    parser.add_argument("--growth", action="store_true", help="only the sizes")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        if not asked.growth:
            nights = [{"data": path.name} | nothing_new(path) for path in known_folders(root)]
            sys.stdout.write(table(nights) + "\n")
        figures = []
        for size in [] if asked.nothing else asked.sizes:
            figures.append(night(root / str(size), size))
            shutil.rmtree(root / str(size))
    if figures:
        sys.stdout.write("\n" + table(figures) + "\n")
    for small, large in pairwise(figures):
        growth = large["CPU s"] / small["CPU s"], large["records"] / small["records"]
        sys.stdout.write("\nCPU times {:.1f} for {:.0f} times the records.\n".format(*growth))


if __name__ == "__main__":
    main()
