"""Resolve every set that is there, and list what a steward must be able to trust: `python bench_resolve.py [SHARED]`.

For each set: records, sites, questions; the largest site; every site with more than one record of a source and the
reason why (none may be without); where there are labels, how many of the errors the questions hold (by the shipped
weights, which have seen these labels), and how the same records fare in squares as large as a region; for Poznań how
many rows fold, and points against polygons; for Liechtenstein which sites keep their id over three
years, and why each of the others does not. Nothing here is used by the package.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from bench_link import SETS
from bench_sample import sample_records

from inducult_geo.catalog.load import load_catalog
from inducult_geo.catalog.models import Contract, Place
from inducult_geo.frames import WORK_CRS, Records, as_records, concat_records, from_json, to_json
from inducult_geo.match.decided.decisions import Decisions
from inducult_geo.match.identity.registry import empty_registry
from inducult_geo.match.learning.labelled import Labelled, labelled_sets
from inducult_geo.match.learning.tables import records_from_csv
from inducult_geo.match.link import link
from inducult_geo.match.resolve import Resolution, resolve
from inducult_geo.match.within_source.duplicates import fold_duplicates
from inducult_geo.resolving.gaps import gaps

MANY = {"eutl": True, "eprtr": True, "jrc": True}
TABLES = {
    "Hotmaps and EUTL": {"hotmaps": {"operator": "company"}, "eutl": {}},
    "power plants: jrc, geodb, eprtr": {
        "power_jrc": {"capacity": "capacity_mw", "fuel": "types"},
        "power_geodb": {"capacity": "capacity_mw", "fuel": "primary_fuel"},
        "power_eprtr": {
            "operator": "ParentCompanyName",
            "address": "StreetName",
            "city": "City",
            "postcode": "PostalCode",
        },
    },
}
"""Set -> table -> field -> the table's column, where it bears another name; as the catalog's contracts map them."""
CONTRACTS = {"jrc": "jrc_open_units", "geodb": "wri_power"}
"""Source -> its contract in the catalog, where that bears another name."""
REGION_M = 50_000
"""Side of a square as large as a region."""
FAR_M = 20_000.0
"""Farther off than places of these tables are by mistake: beyond it a label may be wrong, and nobody is asked."""
YEARS = ("2021-05", "2022-07", "2024-03")


def contract(source: str) -> Contract:
    many = MANY.get(source, False)
    return Contract(
        id=source,
        title=source,
        files="x",
        licence="CC0-1.0",
        attribution=source,
        units_per_site=many,
        drawn_in_pieces=source == "osm",
    )


def resolved(records: Records, registry: pd.DataFrame | None = None) -> Resolution:
    table = Records(records.assign(region=records["region"].fillna("all"), licence="CC0-1.0"))
    contracts = {source: contract(source) for source in table["source"].unique()}
    known = empty_registry() if registry is None else registry
    return resolve(table, contracts=contracts, decisions=Decisions(), registry=known)


def twins(made: Resolution) -> dict[str, list[str]]:
    """Site -> why more than one record of a source is in it, a reason for each further one; "" where none is told."""
    table = made.members.rename("site").reset_index()
    table["source"] = table["record_key"].str.partition(":")[0]
    table = table[table.duplicated(["site", "source"], keep=False)]
    pairs = made.pairs
    why = {
        frozenset(ends): text for *ends, text in zip(pairs["left_key"], pairs["right_key"], pairs["why"], strict=True)
    }
    found: dict[str, list[str]] = {}
    for (site, _), keys in table.groupby(["site", "source"])["record_key"]:
        told = found.setdefault(site, [])
        for key in sorted(keys)[1:]:
            reasons = [why[ends] for other in keys if (ends := frozenset((key, other))) in why and other != key]
            told.append(next((r.split(";")[0] for r in reasons if _is_reason(r)), ""))
    return found


def _is_reason(text: str) -> bool:
    return text.startswith(("exact duplicate", "the contract of", "one site by the word", "decided by"))


def report(title: str, made: Resolution) -> Iterator[str]:
    """Tell of one set."""
    sizes = made.sites.sort_values(["n_records", "site_id"], ascending=[False, True])
    joined = int((made.pairs["decision"] == "match").sum())
    share = len(made.review) / max(joined + len(made.review), 1)
    yield (
        f"{title}: {len(made.members):,} records, {len(made.sites):,} sites, {joined:,} joined pairs, "
        f"{len(made.review):,} questions ({share:.1%} of both).\n"
    )
    largest = sizes.iloc[0]
    yield f"  largest site: {largest['n_records']} records, {_called(largest)}"
    reasons = twins(made)
    counts = Counter(reason for told in reasons.values() for reason in told)
    yield f"  sites with more than one record of a source: {len(reasons)}; without a reason: {counts.get('', 0)}"
    for reason, number in counts.most_common():
        yield f"    {number:5} x {reason or 'NO REASON'}"
    for _, site in sizes[sizes["site_id"].isin(reasons)].head(5).iterrows():
        yield f"    {site['n_records']:5} records: {_called(site)}"
    yield ""


def accuracies(records: Records, made: Resolution) -> Iterator[str]:
    """Tell how true each source's stated accuracy is, by the places of others at the same sites."""
    yield "  places of each source beside the truest of others at the same sites:"
    for source, told in gaps(records, made.pairs).iterrows():
        yield (
            f"     {source}, stated true to {place_of(str(source)).accuracy_m:.0f} m: {told['compared']:,.0f} records, "
            f"half of them less than {told['median_gap_m']:.0f} m off, {told['within_accuracy']:.1%} within both"
        )
    yield ""


def sources_of(labelled: Labelled) -> list[str]:
    """Name the sources of the left and the right list."""
    return [side["source"].iloc[0].removeprefix("power_") for side in (labelled.left, labelled.right)]


def keys_of(labelled: Labelled) -> tuple[set[tuple[str, str]], ...]:
    """Return the pairs that are true, and those that are neither right nor wrong, by the keys of their records."""
    a, b = sources_of(labelled)
    return tuple(
        {(f"{a}:{left}", f"{b}:{right}") for left, right in some} for some in (labelled.labels, labelled.ignored)
    )


def rights_in(home: Mapping[str, str], labelled: Labelled) -> Mapping[str, Sequence[str]]:
    """Site -> the records of the right list that are in it."""
    rights = pd.Series(home)[lambda found: found.index.str.startswith(f"{sources_of(labelled)[1]}:")]
    return rights.groupby(rights).groups


def held(records: Records, made: Resolution, labelled: Labelled) -> str:
    """Tell how many errors among the labelled left records a question is about.

    An error is a true pair in two sites, or a site of a left record that holds a right one but none that is true. Told
    are errors, too, whose every missed partner lies farther off than `FAR_M`: such a label or place may be wrong.
    """
    truth, known = keys_of(labelled)
    lefts, home = {left for left, _ in truth}, made.members.to_dict()
    apart = [(left, right) for left, right in truth if home[left] != home[right]]
    missed = {left for left, _ in apart}
    place = records.set_index("record_key").geometry
    lefts_of, rights_of = (place.reindex([pair[side] for pair in apart]) for side in (0, 1))
    gap_m = lefts_of.distance(rights_of, align=False)
    near = {left for (left, _), gap in zip(apart, gap_m, strict=True) if not gap > FAR_M}
    right_ones = {left for left, right in truth if home[left] == home[right]}
    at = rights_in(home, labelled)
    wrong = {left for left in lefts - right_ones if any((left, key) not in known for key in at.get(home[left], ()))}
    asked = {key for side in ("left_key", "right_key") for key in made.review[side]}
    errors = missed | wrong
    return (
        f"  {len(lefts):,} labelled records: {len(missed)} with a partner missed, {len(wrong)} with a wrong one alone; "
        f"of these {len(errors)}, {len(errors & asked)} are asked about ({len(lefts & asked)} labelled records are), "
        f"and {len(missed - near - wrong)} lie more than {FAR_M / 1000:.0f} km from any partner missed\n"
    )


def regional(records: Records, made: Resolution, labelled: Labelled) -> str:
    """Tell how the same records fare region by region: cut into squares, each resolved by itself.

    A run knows no more than its region's records. Counted are the labelled pairs with both ends in one square: found,
    and records of the right list in the site of a labelled left one that are none of its partners.
    """
    truth, known = keys_of(labelled)
    column, line = (np.floor(axis / REGION_M) for axis in (records.geometry.x, records.geometry.y))
    square = (column * 10_000 + line).set_axis(records["record_key"])
    here = {pair for pair in truth if square[pair[0]] == square[pair[1]]}
    wanted = {square[left] for left, _ in here}
    squares = [part for number, part in records.groupby(square.to_numpy()) if number in wanted]
    alone: dict[str, str] = {}
    for number, part in enumerate(squares):
        alone |= {key: f"{number} {site}" for key, site in resolved(Records(part)).members.items()}
    told = []
    for home in (made.members.to_dict(), alone):
        found = sum(home[left] == home[right] for left, right in here)
        at = rights_in(home, labelled)
        others = {(left, key) for left, _ in here for key in at.get(home[left], ())} - truth - known
        told.append(f"precision {found / (found + len(others)):.3f}, recall {found / len(here):.3f}")
    middle = np.median([len(part) for part in squares])
    return (
        f"  {len(here)} labelled pairs: {told[0]} in one run; {told[1]} square by square "
        f"({len(squares)} of {REGION_M // 1000} km, {middle:.0f} records in the middle one)\n"
    )


def table_of(shared: Path, name: str, columns: dict[str, str]) -> Records:
    """Read a table as a run would: with the accuracy that its contract states, for the country where it does."""
    source = name.removeprefix("power_")
    records, place = records_from_csv(shared / f"data/sites/{name}.csv", source, columns), place_of(source)
    by_country = records["country"].map(place.accuracy_m_by_country).astype("float64")
    return Records(records.assign(accuracy_m=by_country.fillna(place.accuracy_m)))


@cache
def place_of(source: str) -> Place:
    return load_catalog().sources[CONTRACTS.get(source, source)].place


def _called(site: pd.Series) -> str:
    return ", ".join(str(site[column]) for column in ("name", "city") if pd.notna(site[column]))


def poznan(shared: Path, kind: str) -> Records:
    """The Poznań register as records: name, address, number in the register, date as it stands."""
    table = gpd.read_file(shared / f"data/monuments/poznan_register_{kind}.gpkg").to_crs(WORK_CRS)
    text = table.astype({name: "str" for name in table.columns if name != "geometry"})
    names = [
        to_json({"name": _told(now) or _told(own), "alt_name": _told(own) if _told(own) != _told(now) else None})
        for now, own in zip(text["NAZWA_OBECNA"], text["NAZWA_WLASNA"], strict=True)
    ]
    frame = pd.DataFrame(
        {
            "record_key": [f"{kind}:{key}" for key in table["rec_id"]],
            "source": kind,
            "names": names,
            "country": "PL",
            "region": "poznan",
            "city": "Poznań",
            "aspect": "monument",
            "address": [_joined(a, b) for a, b in zip(text["ULICA"], text["NUMER"], strict=True)],
            "heritage_ref": [_told(ref) for ref in text["ID_REJESTRU"]],
            "ids": [to_json({"heritage": _told(ref)}) for ref in text["ID_REJESTRU"]],
            "tags": [to_json(row) for row in text.drop(columns="geometry").to_dict("records")],
            "accuracy_m": 20.0,
        }
    )
    return as_records(frame, geometry=[_single(shape) for shape in table.geometry])


def _told(value: object) -> str | None:
    text = str(value).strip()
    return None if text in ("", "-", "nan", "None", "<NA>") else text


def _joined(*parts: object) -> str | None:
    return " ".join(part for part in map(_told, parts) if part) or None


def _single(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shape)
    return parts[0] if len(parts) == 1 else shape


def report_poznan(shared: Path) -> Iterator[str]:
    """Rows that fold; points against polygons, and joins of two monuments of other names (there should be none)."""
    points, polygons = poznan(shared, "points"), poznan(shared, "polygons")
    alone = resolved(points)
    yield f"Poznań: {len(points):,} rows of the points are {len(alone.sites)} monuments (697 expected).\n"
    made = resolved(concat_records([points, polygons]))
    yield from report("Poznań, points and polygons", made)
    table = concat_records([points, polygons]).set_index("record_key")
    homes = made.members.groupby(made.members).groups
    both = [keys for keys in homes.values() if len({key.partition(":")[0] for key in keys}) == 2]
    shapes = {site: table.loc[keys] for site, keys in enumerate(both)}
    other_ref = [part for part in shapes.values() if len(set(part["heritage_ref"])) > 1]
    apart = [p for p in shapes.values() if shapely.distance(*(p.geometry.to_numpy()[[0, -1]])) > 50]
    inside = shapely.STRtree(polygons.geometry.to_numpy()).query(points.geometry.to_numpy(), predicate="within")
    same = [points["names"].iloc[a] == polygons["names"].iloc[b] for a, b in inside.T]
    home = made.members.to_dict()
    keys = [frame["record_key"].to_numpy(dtype=object) for frame in (points, polygons)]
    met = [home[keys[0][a]] == home[keys[1][b]] for a, b in inside.T]
    yield f"   sites of a point and a polygon: {len(both)}; of other register numbers: {len(other_ref)}"
    yield f"   of these more than 50 m apart: {len(apart)}"
    named = sum(s and m for s, m in zip(same, met, strict=True))
    yield f"   points within a polygon of the same name: {sum(same)} rows, of which in one site: {named}"
    yield f"   points within a polygon of another name: {len(same) - sum(same)} rows, in one site: {sum(met) - named}"
    for part in other_ref[:8]:
        told = [f"{r.heritage_ref} {from_json(r.names).get('name')} ({r.address})" for r in part.itertuples()]
        yield "     other numbers: " + " | ".join(dict.fromkeys(told))


def report_hidden(shared: Path) -> Iterator[str]:
    """Link monuments by name, place and address alone: which polygon has the register number of the point?

    Every second register number is taken out of the polygons, so that half of the points have no partner.
    """
    told = poznan(shared, "points")
    each = told[~told["record_key"].isin(fold_duplicates(told))]
    points, polygons = (
        made.assign(ids=None, tags=None, heritage_ref=None, own=made["heritage_ref"])
        for made in (each, poznan(shared, "polygons"))
    )
    numbers = sorted(set(polygons["own"].dropna()))[::2]
    polygons = polygons[polygons["own"].isin(numbers)]
    own = pd.concat([points, polygons]).assign(id=lambda made: made["record_key"].str.partition(":")[2])
    own = own.set_index("id")["own"]
    with_partner = int(points["own"].isin(numbers).sum())
    for title, hidden in (("", []), (", without addresses", ["address"])):
        sides = (Records(made.drop(columns="own").assign(**dict.fromkeys(hidden))) for made in (points, polygons))
        found = link(*sides).query("decision == 'match'")
        same = own[found["left_id"]].to_numpy() == own[found["right_id"]].to_numpy()
        right, linked = found.loc[same, "left_id"].nunique(), found["left_id"].nunique()
        alone = found.loc[~own[found["left_id"]].isin(numbers).to_numpy(), "left_id"].nunique()
        again, wrong = found["beside"].notna().sum(), (found["beside"].notna() & ~same).sum()
        yield (
            f"   register numbers hidden{title}: {linked} of {len(points)} points linked, {right} rightly (of "
            f"{with_partner} with a partner); {alone} of the {len(points) - with_partner} without one; "
            f"{again} polygons beside those, {wrong} wrongly"
        )
    yield ""


def report_liechtenstein(shared: Path) -> Iterator[str]:
    """Sites of the extract of each year that keep their id in the next, and what became of each other one."""
    from inducult_geo.api import read_osm

    registry, before = empty_registry(), None
    for year in YEARS:
        records = read_osm(shared / f"data/osm/liechtenstein-{year}.osm.pbf")
        kept = Records(records[records["reason"].isna()].assign(region="liechtenstein", retrieved_at=f"{year}-01"))
        made = resolved(kept, registry)
        if before is not None:
            yield from _stayed(before, made, kept, year)
        registry, before = made.registry, (year, made, kept)


def _stayed(before: tuple[str, Resolution, Records], made: Resolution, kept: Records, year: str) -> Iterator[str]:
    """Tell which ids are still there, and why the others are not."""
    was, old, _ = before
    stay = set(old.sites["site_id"]) & set(made.sites["site_id"])
    renumbered = set(old.members.index) - set(made.members.index)
    heirs = made.registry.dropna(subset=["succeeds"])
    share = len(stay) / len(old.sites)
    yield (
        f"Liechtenstein {was} -> {year}: {len(stay)} of {len(old.sites)} sites keep their id ({share:.1%}); "
        f"{len(renumbered)} records gone; {len(heirs)} so far go on under another key.\n"
    )
    stones = made.registry.dropna(subset=["merged_into"]).set_index("site_id")
    places = kept.geometry.to_numpy()
    for site in old.sites[~old.sites["site_id"].isin(stay)].sort_values("site_id").itertuples():
        if site.site_id in stones.index:
            why = f"merged into {stones.loc[site.site_id, 'merged_into']}: {stones.loc[site.site_id, 'cause']}"
        else:
            near = shapely.distance(places, site.geometry)
            at = int(near.argmin())
            other = from_json(kept["names"].iloc[at]).get("name")
            keys = ", ".join(old.members.index[old.members == site.site_id])
            told = f"'{other}'" if other else "one without a name"
            what = f"{told} ({kept['type'].iloc[at]}), {near[at]:.0f} m away"
            why = f"{keys} is no more in the extract; nearest is {what}"
        yield f"     lost {site.site_id} {site.name if pd.notna(site.name) else site.type}: {why}"
    yield ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, nargs="?", default=Path(__file__).resolve().parents[3] / "shared")
    parser.add_argument("--registers", action="store_true", help="only Poznań and Liechtenstein")
    given = parser.parse_args()
    shared = given.shared
    told = [] if given.registers else [report("sample", resolved(sample_records()[0]))]
    if (shared / "data").is_dir():
        labels = dict(zip(TABLES, labelled_sets(SETS, shared / "data/sites"), strict=True))
    if (shared / "data").is_dir() and given.registers:
        told += [report_poznan(shared), report_hidden(shared), report_liechtenstein(shared)]
    elif (shared / "data").is_dir():
        for title, tables in TABLES.items():
            read = [table_of(shared, name, columns) for name, columns in tables.items()]
            records = concat_records(read)
            made = resolved(records)
            told += [report(title, made), accuracies(records, made)]
            told += [[held(records, made, labels[title]), regional(records, made, labels[title])]]
        told += [report_poznan(shared), report_hidden(shared), report_liechtenstein(shared)]
    for part in told:
        sys.stdout.write("\n".join(part) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
