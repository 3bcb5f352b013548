"""A steward's view of three real sites whose sources contradict each other: what is asked, what becomes of them.

`python tests/test_steward.py` prints the story. The facts are those of public registers, written down by hand; places
are good to about 100 m, but for the one that is wrong on purpose.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from match_rows import backdrop, records, row

from inducult_geo.catalog.models import Contract
from inducult_geo.frames import WORK_CRS, from_json
from inducult_geo.match.decided.decisions import Decision, replay
from inducult_geo.match.decided.verdict import VERDICTS
from inducult_geo.match.identity.registry import empty_registry
from inducult_geo.match.resolve import Resolution, resolve

CONTRACTS = {
    "osm": Contract(id="osm", files="x", licence="ODbL-1.0", reliability=60),
    "list": Contract(id="list", files="x", licence="CC0-1.0", reliability=50),
    "permits": Contract(id="permits", files="x", licence="CC0-1.0", reliability=55, units_per_site=True),
    "register": Contract(id="register", files="x", licence="CC-BY-4.0", reliability=80),
}


def at(lon: float, lat: float, side_m: float = 0) -> shapely.Geometry:
    """A place in the work CRS: a point, or a square works."""
    place = gpd.GeoSeries([shapely.Point(lon, lat)], crs="EPSG:4326").to_crs(WORK_CRS).iloc[0]
    return shapely.box(*(place.buffer(side_m / 2).bounds)) if side_m else place


STEEL = {"type": "steelworks", "theme": "metal"}
DONAWITZ = (
    row(
        "osm:way/1",
        "voestalpine Stahl Donawitz",
        at(15.0637, 47.3796, 900),
        **(STEEL | {"aspect": "factory", "status": "functional", "operator": "voestalpine", "city": "Leoben"}),
        country="AT",
        accuracy_m=10.0,
        valid_at="2024-03-01",
    ),
    # The degree is right, the minutes are not: 38 km to the south.
    row(
        "list:77",
        "Voestalpine Stahl Donawitz GmbH",
        at(15.0637, 47.0377),
        **(STEEL | {"aspect": "factory", "status": "functional", "operator": "voestalpine AG"}),
        country="AT",
        accuracy_m=100.0,
        start_year=1891,
        valid_at="2016-01-01",
    ),
)
TARANTO = (
    row(
        "permits:1050",
        "Acciaierie d'Italia Taranto",
        at(17.2120, 40.5110),
        **(STEEL | {"aspect": "factory", "status": "functional", "operator": "Acciaierie d'Italia S.p.A."}),
        address="Via Appia SS km 648",
        city="Taranto",
        postcode="74123",
        country="IT",
        valid_at="2023-01-01",
    ),
    row(
        "list:12",
        "ILVA S.p.A. Stabilimento di Taranto",
        at(17.2050, 40.5060),
        **(STEEL | {"aspect": "factory", "status": "functional", "operator": "ILVA"}),
        address="SS Via Appia km 648",
        city="Taranto",
        postcode="74123",
        country="IT",
        start_year=1965,
        valid_at="2014-01-01",
    ),
)
PLZEN = (
    row(
        "osm:way/5",
        "Plzeňský Prazdroj",
        at(13.3878, 49.7475, 600),
        type="brewery",
        theme="food_drink",
        aspect="factory",
        status="functional",
        start_year=1842,
        country="CZ",
        accuracy_m=10.0,
    ),
    row(
        "register:31",
        "Pivovarské muzeum - sladovna",
        at(13.3872, 49.7480, 40),
        type="industrial_museum",
        theme="museum_memory",
        aspect="monument",
        status="disused",
        present_use="museum",
        start_year=1959,
        country="CZ",
        accuracy_m=10.0,
    ),
)
CASES = {"Donawitz, 38 km off": DONAWITZ, "Taranto, renamed": TARANTO, "Plzeň, a museum inside works": PLZEN}


def run(rows: tuple, *words: Decision) -> Resolution:
    return resolve(
        records(*rows, *backdrop(25)),
        contracts=CONTRACTS,
        decisions=replay(words),
        registry=empty_registry(),
    )


def keys_of(rows: tuple) -> tuple[str, str]:
    """The part, or the later one, first: as the review would show them."""
    first, second = (one["record_key"] for one in rows)
    return (second, first)


def word(rows: tuple, verdict: str) -> Decision:
    return Decision("Eva", "2026-03-01", *keys_of(rows), verdict, "seen on the spot")


def site_of(made: Resolution, key: str) -> dict:
    return made.sites.set_index("site_id").loc[made.members[key]].to_dict()


def asked(made: Resolution, rows: tuple) -> list[dict]:
    keys = set(keys_of(rows))
    return [one for one in made.review.to_dict("records") if keys == {one["left_key"], one["right_key"]}]


def test_donawitz_is_one_site_and_the_wrong_place_is_told() -> None:
    made = run(DONAWITZ)
    alone = made.members["osm:way/1"] != made.members["list:77"]
    assert not alone or asked(made, DONAWITZ)
    joined = run(DONAWITZ, word(DONAWITZ, "same"))
    site = site_of(joined, "list:77")
    assert site["geometry"].geom_type == "Polygon"
    assert from_json(site["lineage"])["geometry"] == "osm:way/1"
    (told,) = from_json(site["conflicts"])["place"].items()
    assert told == ("list:77", "37.5 km from the place shown") or told[1].startswith(("37", "38"))
    assert (site["start_year"], from_json(site["lineage"])["start_year"]) == (1891, "list:77")
    assert joined.review.empty


def test_a_renamed_works_keeps_both_names_and_the_newer_operator() -> None:
    made = run(TARANTO)
    assert made.members["permits:1050"] == made.members["list:12"] or asked(made, TARANTO)
    site = site_of(run(TARANTO, word(TARANTO, "same")), "list:12")
    assert {"Acciaierie d'Italia Taranto", "ILVA S.p.A. Stabilimento di Taranto"} <= {
        *from_json(site["names"]).values()
    }
    assert site["operator"] == "Acciaierie d'Italia S.p.A."
    assert site["name"] == "Acciaierie d'Italia Taranto"
    assert from_json(site["lineage"])["operator"] == "permits:1050"
    assert site["start_year"] == 1965


def test_a_museum_inside_works_is_asked_about_and_every_answer_is_kept() -> None:
    made = run(PLZEN)
    (question,) = asked(made, PLZEN)
    assert (
        question["question"]
        == "Is 'Pivovarské muzeum - sladovna' part of 'Plzeňský Prazdroj', one site with it, or another?"
    )
    assert (question["left_key"], question["right_key"]) == ("register:31", "osm:way/5")
    part, same, other = (run(PLZEN, word(PLZEN, verdict)) for verdict in ("part_of", "same", "different"))
    assert site_of(part, "register:31")["part_of"] == part.members["osm:way/5"]
    assert site_of(same, "osm:way/5")["aspect"] == "both"
    assert site_of(same, "osm:way/5")["name"] == "Plzeňský Prazdroj"
    assert site_of(same, "osm:way/5")["type"] == "brewery"
    assert site_of(same, "osm:way/5")["present_use"] == "museum"
    assert site_of(same, "osm:way/5")["start_year"] == 1842
    assert '"museum since"' in site_of(same, "osm:way/5")["timeline"]
    assert site_of(same, "osm:way/5")["status"] == "functional"
    assert other.members["register:31"] != other.members["osm:way/5"]
    for told in (part, same, other):
        assert told.review.empty
        assert len(told.members) == len(made.members)


@pytest.mark.parametrize("rows", CASES.values(), ids=CASES)
@pytest.mark.parametrize("verdict", VERDICTS)
def test_whatever_is_answered_is_obeyed(rows: tuple, verdict: str) -> None:
    made = run(rows, word(rows, verdict))
    left, right = keys_of(rows)
    assert (made.members[left] == made.members[right]) == (verdict == "same")
    assert not asked(made, rows)


def story() -> Iterator[str]:
    """Tell each case: what is asked, and what every answer would make of it."""
    shown = ("name", "aspect", "status", "start_year", "end_year", "operator", "present_use", "part_of", "confidence")
    for title, rows in CASES.items():
        yield f"== {title}"
        for one in rows:
            yield f"  {one['record_key']}: {from_json(one['names'])['name']}"
        for verdict in (None, *VERDICTS):
            made = run(rows, *([] if verdict is None else [word(rows, verdict)]))
            yield f"-- {'before anybody is asked' if verdict is None else f'Eva answers: {verdict}'}"
            for one in asked(made, rows):
                yield f"  asked, priority {one['priority']}: {one['question']}"
                yield f"    {one['why']}"
            for site_id in dict.fromkeys(made.members[key] for key in keys_of(rows)):
                site = made.sites.set_index("site_id").loc[site_id]
                yield f"  {site_id}: " + ", ".join(f"{c}={site[c]}" for c in shown if pd.notna(site[c]))
                for column in ("timeline", "conflicts"):
                    if isinstance(site[column], str):
                        yield f"    {column}: {site[column]}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(story()) + "\n")
