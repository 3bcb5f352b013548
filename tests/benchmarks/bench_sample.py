"""Measure resolving on the hand-written sample, whose tables name the true site of every row.

`python tests/benchmarks/bench_sample.py`: precision and recall of pairs of records of different sources, and what is
asked. Records are built from the tables, not from the files, so that only matching is measured.
"""

from __future__ import annotations

import json
import sys
from itertools import combinations
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from inducult_geo.frames import WORK_CRS, Records, as_records, to_json

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "raw" / "sample"
NAMES = ("nazwa", "ime", "Naziv", "název", "Bezeichnung", "naam", "DENOMINAZ", "name", "Objekt")
OTHERS = ("inne nazwy", "druga_imena", "Drugi naziv", "další názvy", "Auch bekannt als", "andere namen", "ALTRO_NOME")
OTHERS += ("drugi_nazivi", "Weitere Namen", "německý název")
CITIES = ("gmina", "obcina", "Mjesto", "mjesto", "obec", "Gemeinde", "gemeente", "COMUNE", "Ort")
COUNTRIES = {"zw": "DE", "le": "AT", "kv": "CZ", "pa": "IT", "pd": "IT", "go": "SI", "sm": "HR", "op": "PL", "li": "BE"}


def _first(row: dict, columns: tuple[str, ...]) -> str | None:
    return next((row[name] for name in columns if row.get(name)), None)


def _row(source: str, number: int, row: dict) -> dict:
    """One row of a table as a record, its place still in degrees."""
    tags = dict(part.split("=", 1) for part in row["tags"].split("|")) if source == "osm" else {}
    others = [row[name] for name in OTHERS if row.get(name)]
    names = {"name": tags.get("name") or _first(row, NAMES)}
    names |= {f"alt_name_{i}": text for i, text in enumerate("; ".join(others).split("; "))}
    names |= {key: text for key, text in tags.items() if key.startswith(("name:", "alt_name", "old_name"))}
    return {
        "record_key": f"{source}:{number}",
        "source": source,
        "region": row["site"].lstrip("-")[:2],
        "country": COUNTRIES.get(row["site"].lstrip("-")[:2]),
        "names": to_json(names),
        "operator": tags.get("operator"),
        "city": tags.get("addr:city") or _first(row, CITIES),
        "accuracy_m": 5.0 if source == "osm" else 500.0,
        "site": row["site"],
        "size_m": float(row.get("size_m") or 0),
        "offset_m": pd.to_numeric(row.get("offset_m", 0), errors="coerce"),
        "bearing": pd.to_numeric(row.get("bearing", 0), errors="coerce"),
    }


def sample_records() -> tuple[Records, pd.Series]:
    """Records of all tables, and the true site of each (index: record key)."""
    rows = []
    for path in sorted((SAMPLE / "tables").glob("*.csv")):
        if path.stem not in ("outlines", "operations"):
            table = pd.read_csv(path, dtype="str", keep_default_na=False).to_dict("records")
            rows += [_row(path.stem, number, row) for number, row in enumerate(table, start=1)]
    frame = pd.DataFrame(rows)
    sites = pd.read_csv(SAMPLE / "sites.csv").set_index("site")
    frame = frame[frame["site"].str.lstrip("-").isin(sites.index) & frame["offset_m"].notna()].reset_index(drop=True)
    true = sites.loc[frame["site"].str.lstrip("-")]
    points = gpd.GeoSeries(gpd.points_from_xy(true["lon"], true["lat"]), crs="EPSG:4326").to_crs(WORK_CRS)
    angle, side = np.radians(frame["bearing"]), frame["size_m"].to_numpy() / 2
    # What stands beside a site in the OSM table (a leading "-") is no site of its own: one works farther on.
    away = frame["offset_m"] + 400.0 * frame["site"].str.startswith("-")
    x, y = points.x + away * np.sin(angle), points.y + away * np.cos(angle)
    shapes = np.where(side > 0, shapely.box(x - side, y - side, x + side, y + side), shapely.points(x, y))
    truth = frame.set_index("record_key")["site"]
    return as_records(frame, geometry=shapes), truth


def bench() -> dict:
    from inducult_geo.match.decided.decisions import Decisions
    from inducult_geo.match.identity.registry import empty_registry
    from inducult_geo.match.resolve import resolve

    records, truth = sample_records()
    made = resolve(records, contracts={}, decisions=Decisions(), registry=empty_registry())

    def joined(home: pd.Series) -> set[tuple[str, str]]:
        grouped = home.groupby(home).groups.values()
        pairs = {tuple(sorted(pair)) for keys in grouped for pair in combinations(keys, 2)}
        return {(a, b) for a, b in pairs if a.split(":")[0] != b.split(":")[0]}

    said, real = joined(made.members), joined(truth[~truth.str.startswith("-")])
    asked = {tuple(sorted(pair)) for pair in zip(made.review["left_key"], made.review["right_key"], strict=True)}
    names = records.set_index("record_key")["names"]
    show = sorted((names[a], names[b]) for a, b in said - real), sorted((names[a], names[b]) for a, b in real - said)
    return {
        "records": len(records),
        "sites": len(made.sites),
        "true_pairs": len(real),
        "precision": round(len(said & real) / max(len(said), 1), 3),
        "recall": round(len(said & real) / len(real), 3),
        "asked": len(asked),
        "asked_and_true": len(asked & real),
        "wrong": show[0],
        "missed": show[1],
    }


if __name__ == "__main__":
    json.dump(bench(), sys.stdout, indent=1, ensure_ascii=False)
