"""A small made-up release for tests: two regions, hostile names, outlines, open questions, rejected records."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from inducult_geo.catalog import Contract
from inducult_geo.frames import SITE_COLUMNS, as_pairs, as_records, as_sites, to_json
from inducult_geo.match.identity.site_ids import new_site_id
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.layers.domains import DOMAINS

HOSTILE = (
    "<script>alert('x')</script>",
    "Robert'); DROP TABLE site_points;--",
    'Mühle & Söhne "Zur Säge" {{ 7*7 }} {% raw %}',
    "Żelazna\x00huta\x0b ]]> &amp; \ufffe",
    "[% layer_property('x','source') %]",
    "Cukrovar\u202eľ 😀",
    '=HYPERLINK("http://x")',
)
ASPECTS = ("monument", "factory", "both", "unknown")
THEMES = tuple(DOMAINS["theme"])
TYPES = tuple(DOMAINS["type"])
ORIGINS = {"karlovy-vary": (4500000.0, 3010000.0), "opole": (4870000.0, 3090000.0)}
SIZES = {"karlovy-vary": 42000.0, "opole": 68000.0}
N_SITES = 40
PER_REGION = N_SITES // 2


def small_bundle(seed: int = 7) -> Bundle:
    """Return about 40 sites with their records, to be changed; the same seed gives the same bundle."""
    return deepcopy(_made(seed))


@cache
def _made(seed: int) -> Bundle:
    rng = np.random.default_rng(seed)
    rows = [_site(number, rng) for number in range(N_SITES)]
    sites = as_sites(gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:3035"))
    records = _records(sites, rng)
    inside = records[records["outcome"] == "site"].groupby("site_id")["source"]
    for column, told in (("n_records", inside.size()), ("n_sources", inside.nunique())):
        sites[column] = sites["site_id"].map(told).fillna(0).astype("Int64")
    return Bundle(
        sites=sites,
        records=records,
        pairs=_pairs(records),
        review=_review(records),
        regions=_regions(records, sites),
        sources=_sources(records),
        run=_run(records, sites),
        former=_former(sites),
        former_keys=_former_keys(records),
    )


def _former(sites: pd.DataFrame) -> pd.DataFrame:
    """Two ids that went into the tenth site, one that went into the one that a withheld source alone holds."""
    into = [sites["site_id"].iloc[10]] * 2 + ["IC-GONE-X"]
    return pd.DataFrame(
        {
            "site_id": [new_site_id(key) for key in ("one", "two", "three")],
            "merged_into": into,
            "last_seen": ["2024-05-01", None, "2024-05-01"],
        }
    )


def _former_keys(records: pd.DataFrame) -> pd.DataFrame:
    """Two keys of records, one that a record has again, and one that leads to none."""
    key = records["record_key"].tolist()
    return pd.DataFrame(
        {
            "former_key": ["osm:node/0-1", "osm:node/0-2", key[3], "osm:node/0-4"],
            "record_key": [*key[:2], key[2], "osm:node/0-5"],
            "last_seen": ["2024-05-01", None, "2024-05-01", None],
        }
    )


def with_made_changes(bundle: Bundle) -> Bundle:
    """Return a bundle that tells one change of each kind, at sites that stand or stood."""
    stand = bundle.sites.head(len(DOMAINS["change"]))
    lost = ("gone", "merged")
    frame = pd.DataFrame(
        {
            "change": [*DOMAINS["change"]],
            "site_id": [
                f"IC-L{n}-X" if c in lost else s
                for n, (c, s) in enumerate(zip(DOMAINS["change"], stand["site_id"], strict=True))
            ],
            "name": stand["name"].to_list(),
            "region": stand["region"].to_list(),
            "detail": "in words",
            "cause": "osm changed",
            "distance_m": [12.5 if change == "moved" else None for change in DOMAINS["change"]],
        }
    )
    points = stand.geometry.representative_point().to_list()
    return replace(bundle, changes=gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:3035"))


def contracts() -> dict[str, Contract]:
    """Contracts of the sources of `small_bundle`: one is withheld, one leaves on a grid."""
    said = {"files": ("a.csv",), "licence": "CC-BY-4.0", "attribution": "Example office"}
    return {
        "register": Contract(id="register", title="Register", region="opole", **said),
        "secret": Contract(id="secret", title="Secret list", publish=False, **said),
        "wide": Contract(id="wide", title="Wide list", publish_grid_m=1000.0, columns={"key": "id"}, **said),
    }


def _site(number: int, rng: np.random.Generator) -> dict[str, object]:
    region = "karlovy-vary" if number < PER_REGION else "opole"
    x0, y0 = ORIGINS[region]
    x, y = rng.normal(0, SIZES[region] / 3.2, 2) + (x0, y0)
    name = HOSTILE[number] if number < len(HOSTILE) else f"Stará továrna č. {number}"
    site_type = TYPES[(number * 7) % len(TYPES)]
    point = shapely.Point(x, y)
    outline = point.buffer(60 + 12 * number, quad_segs=4)
    row = {
        "site_id": f"IC-{number:05d}-0",
        "name": name,
        "name_en": None if number % 3 else f"Old works no. {number}",
        "names": to_json({"name": name, "de": f"Fabrik {number}"}),
        "region": region,
        "country": "CZ" if region == "karlovy-vary" else "PL",
        "aspect": ASPECTS[number % 4],
        "type": site_type,
        "theme": THEMES[number % len(THEMES)],
        "status": "functional" if number % 4 in (1, 2) else "disused",
        "start_year": 1800 + 3 * number if number % 5 else None,
        "end_year": 1991 if number % 4 == 0 else None,
        "year_precision": "year",
        "end_precision": "year" if number % 4 == 0 else None,
        "operator": "Škoda & syn <a.s.>" if number % 6 == 0 else None,
        "address": f"Nádražní {number}",
        "city": "Sokolov" if region == "karlovy-vary" else "Opole",
        "present_use": "museum" if number % 7 == 0 else "unknown",
        "website": "https://example.org/?a=1&b=2"
        if number % 9 == 0
        else "javascript:alert(1)"
        if number == 4
        else None,
        "wikidata": f"Q{1000 + number}",
        "n_sources": 2,
        "n_records": 2,
        "n_review": 0,
        "confidence": round(0.8 + 0.005 * number, 3),
        "accuracy_m": 5.0 + number,
        "area_m2": outline.area if number % 3 == 0 else None,
        "geometry_origin": "digitized",
        "elevation_m": 400.0 + number,
        "licence": "ODbL-1.0",
        "attribution": "© OpenStreetMap contributors",
        "lineage": to_json(
            {
                "name": f"osm:way/{number}",
                "geometry": f"{_second(number)}:{number}" if number % 8 == 5 else f"osm:way/{number}",
            }
        ),
        "first_seen": "2019-05-01",
        "last_seen": "2024-03-01T20:21:22Z",
        "run_id": "0123456789abcdef",
        "geometry": outline if number % 3 == 0 else point,
    }
    assert set(row) - {"geometry"} <= set(SITE_COLUMNS)
    return row


def _second(number: int) -> str:
    """Which source besides OpenStreetMap knows a site."""
    return ("register", "wide", "secret")[number % 3]


def _records(sites: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    shared = {"type", "theme", "aspect", "status", "start_year", "end_year", "city", "region", "names", "accuracy_m"}
    rows: list[dict[str, object]] = []
    for number, site in enumerate(sites.to_dict("records")):
        keys = [f"{_second(number)}:{number}"] + ([f"osm:way/{number}"] if number % 10 != 2 else [])
        for key in keys:
            dx, dy = rng.normal(0, 30, 2)
            x, y = site["geometry"].centroid.x + dx, site["geometry"].centroid.y + dy
            rows.append(
                {name: site[name] for name in shared}
                | {"record_key": key, "source": key.split(":")[0], "geometry": shapely.Point(x, y), "raw_x": f"{x:.2f}"}
                | {"raw_y": f"{y:.2f}", "declared_crs": "EPSG:5514", "reading": "as written", "address": "Nádražní 1"}
                | {"tags": to_json({"x": x, "y": y, "name": site["name"]}), "place": f"a.csv row {number}"}
                | {"licence": "ODbL-1.0", "site_id": site["site_id"], "outcome": "site", "geometry_origin": "surveyed"}
            )
    rows += [_lost(number, "ambiguous_place", "review") for number in range(3)]
    rows += [_lost(number, ("no_coordinates", "bad_coordinate")[number % 2], "rejected") for number in range(3, 9)]
    frame = pd.DataFrame(rows)
    records = as_records(frame, geometry=frame["geometry"].to_list())
    records["site_id"] = frame["site_id"].to_numpy()
    records["outcome"] = frame["outcome"].to_numpy()
    return records


def _lost(number: int, reason: str, outcome: str) -> dict[str, object]:
    place = shapely.Point(ORIGINS["opole"]) if outcome == "review" else None
    return {
        "record_key": f"register:lost-{number}",
        "source": "register",
        "region": "opole" if number % 2 else None,
        "names": to_json({"name": f"<b>Lost</b> {number}"}),
        "licence": "CC-BY-4.0",
        "raw_x": "50,12",
        "raw_y": "?",
        "reason": reason,
        "detail": "The value '?' is no number. Correct row 12.",
        "outcome": outcome,
        "site_id": None,
        "geometry": place,
    }


def _pairs(records: gpd.GeoDataFrame) -> pd.DataFrame:
    inside = records[records["outcome"] == "site"]
    rows = [
        {"left_key": keys[0], "right_key": keys[1], "region": "opole", "score": 0.93, "decision": "match"}
        | {"distance_m": 31.0, "why": "name +4.1, distance 31 m +2.0", "left_site": site, "right_site": site}
        for site, keys in inside.groupby("site_id")["record_key"].agg(sorted).items()
        if len(keys) == 2
    ]
    return as_pairs(pd.DataFrame(rows))


def _review(records: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    osm = records[records["source"] == "osm"].head(4).reset_index(drop=True)
    rows = [
        {"review_id": f"r{n:03d}", "kind": "pair", "region": "karlovy-vary", "left_key": osm.loc[n, "record_key"]}
        | {"right_key": f"wide:{3 * n + 1}", "left_name": HOSTILE[n], "right_name": "Mlýn", "score": 0.6 + n / 20}
        | {"left_site": osm.loc[n, "site_id"], "right_site": f"IC-{3 * n + 1:05d}-0", "distance_m": 120.0 * (n + 1)}
        | {"question": f"Are {HOSTILE[n]} and Mlýn one site?", "why": "names differ -1.2", "priority": float(4 - n)}
        | {"geometry": osm.geometry[n]}
        for n in range(4)
    ]
    rows += [
        {"review_id": f"p{n:03d}", "kind": "place", "region": "opole", "left_key": f"register:lost-{n}"}
        | {"left_name": "Lost", "question": "Two readings fit.", "priority": 1.0}
        | {"geometry": shapely.Point(ORIGINS["opole"][0] + 9000 * n, ORIGINS["opole"][1])}
        for n in range(3)
    ]
    frame = pd.DataFrame(rows).assign(decision=None, decided_by=None, note=None)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:3035")


def _regions(records: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    rows = []
    for region, (x, y) in ORIGINS.items():
        size = SIZES[region]
        angles = np.linspace(0, 2 * np.pi, 90, endpoint=False)
        reach = size * (1 + 0.16 * np.sin(3 * angles) + 0.05 * np.cos(11 * angles))
        outline = shapely.Polygon(np.column_stack([x + reach * np.cos(angles), y + 0.8 * reach * np.sin(angles)]))
        rows.append(
            {"region": region, "title": "Karlovarský kraj" if region == "karlovy-vary" else "województwo opolskie"}
            | {"country": "CZ" if region == "karlovy-vary" else "PL", "boundary_source": "Surveyor's office"}
            | {"boundary_licence": "CC-BY-4.0", "area_km2": outline.area / 1e6, **_counts(records, "region", region)}
            | {"sites": int((sites["region"] == region).sum()), "state": "fresh" if x > 4.6e6 else "stale"}
            | {"message": None if x > 4.6e6 else "OSM extract missing: yesterday's records kept", "geometry": outline}
        )
    return gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:3035")


def _sources(records: gpd.GeoDataFrame) -> pd.DataFrame:
    names = {
        "osm": "OpenStreetMap",
        "register": "Register <of> monuments",
        "secret": "Secret list",
        "wide": "Wide list",
    }
    rows = [
        {"source": source, "title": title, "region": "opole" if source == "register" else None}
        | {"licence": "ODbL-1.0" if source == "osm" else "CC-BY-4.0"}
        | {"attribution": "© OpenStreetMap contributors" if source == "osm" else f"Office of {title}"}
        | {"publish": source != "secret", "publish_grid_m": 1000.0 if source == "wide" else None, "files": "a.csv"}
        | {"sha256": "ab" * 32, **_counts(records, "source", source), "crs": "EPSG:5514", "reading": "as written"}
        | {"operation": "Krovak", "accuracy_m": 1.0, "retrieved_at": "2024-03-01", "valid_at": "2024-01-01"}
        | {"state": "fresh", "message": None}
        for source, title in names.items()
    ]
    return pd.DataFrame(rows)


def _run(records: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> dict[str, object]:
    outcome = records["outcome"]
    return {
        "run_id": "0123456789abcdef",
        "title": "Map of industrial culture: two regions",
        "records_in": len(records),
        "in_sites": int((outcome == "site").sum()),
        "in_review": int((outcome == "review").sum()),
        "rejected": int((outcome == "rejected").sum()),
        "sites": len(sites),
        "withheld": 0,
        "version": "0.1.0",
        "schema_version": "1",
        "data_date": "2024-03-01",
        "is_sample": True,
        "code": "c0de",
    }


def _counts(records: gpd.GeoDataFrame, column: str, value: str) -> dict[str, int]:
    outcome = records.loc[records[column] == value, "outcome"]
    return {
        "records_in": len(outcome),
        "in_sites": int((outcome == "site").sum()),
        "in_review": int((outcome == "review").sum()),
        "rejected": int((outcome == "rejected").sum()),
    }
