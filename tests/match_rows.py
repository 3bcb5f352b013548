"""Small hand-made records for the tests of matching."""

from __future__ import annotations

from typing import Any

import pandas as pd
import shapely

from inducult_geo.frames import Records, as_records, to_json

HERE = (4_600_000.0, 2_900_000.0)


def point(east_m: float = 0, north_m: float = 0) -> shapely.Point:
    return shapely.Point(HERE[0] + east_m, HERE[1] + north_m)


def square(side_m: float, east_m: float = 0, north_m: float = 0) -> shapely.Polygon:
    x, y = HERE[0] + east_m, HERE[1] + north_m
    return shapely.box(x - side_m / 2, y - side_m / 2, x + side_m / 2, y + side_m / 2)


def row(key: str, name: str | None = None, geometry: Any = None, **fields: Any) -> dict[str, Any]:
    names = fields.pop("names", {"name": name})
    ids = fields.pop("ids", {})
    known = {"record_key": key, "source": key.split(":")[0], "country": "DE", "region": "zwickau"}
    return known | {"names": to_json(names), "ids": to_json(ids), "geometry": geometry} | fields


def records(*rows: dict[str, Any]) -> Records:
    return as_records(pd.DataFrame(list(rows)))


def backdrop(count: int = 40) -> list[dict[str, Any]]:
    """Other works far around, in both lists, so that words have a rarity; none is like what a test makes."""
    words = ("Ahorn", "Birke", "Buche", "Eiche", "Erle", "Esche", "Fichte", "Hasel", "Kiefer", "Linde", "Tanne", "Ulme")
    words += ("Weide", "Zeder", "Holunder")
    return [
        row(
            f"{source}:x{number}",
            f"{words[number % 15]}hof {words[(number * 7 + 3) % 15]}quell",
            point(30_000 + 15_000 * number, 2_000 * (source == "b")),
            country="AT",
        )
        for number in range(count)
        for source in ("a", "b")
    ]
