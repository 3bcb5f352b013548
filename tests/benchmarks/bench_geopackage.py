"""Measure writing: `python tests/benchmarks/bench_geopackage.py [--sites 100000] [--rounds 2]`.

A complete GeoPackage (layers, aliases, lists of values, metadata, styles, project, indexes, packed) is written from a
made-up bundle, and beside it pyogrio's bare Arrow write of the same frames, layer by layer, in one run and turn by
turn. Counted is CPU time of the process with its threads; what counts is the ratio. The package uses nothing of this.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

sys.path.insert(0, str(Path(__file__).parents[2]))

from inducult_geo.frames import as_pairs, as_records, as_sites
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.databases.geopackage import write_geopackage
from inducult_geo.publish.files import GEOPACKAGE
from inducult_geo.publish.layers.tables import layer_frames
from inducult_geo.releasing.withholding import for_release
from tests.bundles import contracts, small_bundle


def large_bundle(n_sites: int) -> Bundle:
    """Return the small bundle of the tests many times over: every copy with keys and places of its own."""
    small = for_release(replace(small_bundle(), surfaces={}), contracts())
    copies = -(-n_sites // len(small.sites))
    site_of = {old: f"IC-{number:03d}" for number, old in enumerate(small.sites["site_id"])}
    sites = _copied(small.sites, copies, site_of, ("site_id",), ()).iloc[:n_sites]
    kept = set(sites["site_id"])
    records = _copied(small.records, copies, site_of, ("site_id",), ("record_key",))
    records = records[records["site_id"].isin(kept) | records["site_id"].isna()]
    pairs = _copied(small.pairs, copies, site_of, ("left_site", "right_site"), ("left_key", "right_key"))
    pairs = pairs[pairs["left_site"].isin(kept) & pairs["right_site"].isin(kept)]
    told = as_records(records, geometry=records.geometry.to_list())
    told = told.assign(site_id=records["site_id"].to_numpy(), outcome=records["outcome"].to_numpy())
    # In the order in which `assemble` gives them.
    return replace(
        small,
        sites=as_sites(sites.reset_index(drop=True)),
        records=told.sort_values("record_key", ignore_index=True),
        pairs=as_pairs(pairs),
    )


def _copied(
    frame: pd.DataFrame, copies: int, sites: dict[str, str], site_columns: tuple[str, ...], keys: tuple[str, ...]
) -> pd.DataFrame:
    whole = pd.concat([frame] * copies, ignore_index=True)
    number = np.repeat(np.arange(copies), len(frame))
    for column in site_columns:
        said = [sites.get(value) for value in whole[column]]
        whole[column] = [None if base is None else f"{base}-{n}" for base, n in zip(said, number, strict=True)]
    for column in keys:
        whole[column] = [f"{key}/{n}" for key, n in zip(whole[column], number, strict=True)]
    if "geometry" in whole:
        step = 37.0 * number
        geometry = gpd.GeoSeries(whole["geometry"], crs="EPSG:3035")
        moved = [shape if shape is None else shape_at(shape, d) for shape, d in zip(geometry, step, strict=True)]
        whole = gpd.GeoDataFrame(whole.drop(columns="geometry"), geometry=moved, crs="EPSG:3035")
    return whole


def shape_at(shape: object, distance_m: float) -> object:
    """Move a geometry east and north."""
    from shapely.affinity import translate

    return translate(shape, distance_m, distance_m / 3)


def bare(frames: dict[str, pd.DataFrame], path: Path) -> None:
    """Write the frames as pyogrio does it by itself."""
    for name, frame in frames.items():
        pyogrio.write_dataframe(
            frame, path, layer=name, driver="GPKG", use_arrow=True, append=path.exists(), promote_to_multi=False
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=105_600)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    bundle = large_bundle(asked.sites)
    frames = layer_frames(bundle)
    ours, plain, sizes = [], [], {}
    with TemporaryDirectory(prefix="bench-gpkg-") as folder:
        for turn in range(asked.rounds):
            for what, times in (("bare", plain), ("complete", ours)):
                path = Path(folder, f"{what}-{turn}", GEOPACKAGE)
                path.parent.mkdir()
                start = time.process_time()
                if what == "bare":
                    bare(frames, path)
                else:
                    write_geopackage(bundle, path)
                times.append(time.process_time() - start)
                sizes[what] = path.stat().st_size
                path.unlink()
    told = {
        "sites": len(bundle.sites),
        "records": len(bundle.records),
        "rows_of_all_layers": sum(len(frame) for frame in frames.values()),
        "bare_cpu_s": [round(value, 2) for value in plain],
        "complete_cpu_s": [round(value, 2) for value in ours],
        "ratio": round(min(ours) / min(plain), 2),
        "bare_mb": round(sizes["bare"] / 1e6, 1),
        "complete_mb": round(sizes["complete"] / 1e6, 1),
    }
    json.dump(told, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
