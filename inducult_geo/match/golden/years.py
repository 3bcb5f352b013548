"""The years, timeline and contradictions of sites, and the date since which they are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import shapely

from inducult_geo.arrow.texts import no_texts, taken, texts
from inducult_geo.catalog.models import CLOSED
from inducult_geo.frames import to_json
from inducult_geo.match.golden.choice import Members
from inducult_geo.match.golden.filled import YEARS, FilledSites
from inducult_geo.match.golden.timeline import disagreements, timeline, written, years_of
from inducult_geo.ragged import Flags, Ints

FAR_M: Final = 1000.0
"""Places of one site farther apart than this, and than three times what they are true to, contradict each other."""

Row = dict[str, Any]


def fill_dates(sites: FilledSites, runs: Flags) -> None:
    """Fill years, timeline, conflicts, and first and last day on which a site was seen.

    Parameters
    ----------
    runs
        Which sites are in production.
    """
    members = sites.members
    _seen(sites)
    alone = np.where(members.is_lone, members.starts, -1)
    sites.take("year_precision", alone)
    sites.take("end_precision", np.where(runs, -1, alone))
    for column in ("start_year", "end_year"):
        year = np.where(members.is_lone, members.numbers(column)[members.starts], np.nan)
        sites.fill(column, np.where(runs & (column == "end_year"), np.nan, year), members.starts)
    sites.values["timeline"] = sites.values["conflicts"] = no_texts(len(members.sizes))
    dated = (members.told("start_year") | members.told("end_year"))[members.starts] & members.is_lone
    lines = [written(timeline([row])) for row in _rows_of(members, members.starts[dated])]
    sites.put("timeline", np.flatnonzero(dated), lines)
    _date_joint(sites, runs)


def _seen(sites: FilledSites) -> None:
    """Fill the first and the last date of the records of each site; null where none tells one."""
    starts = sites.members.starts
    for column, choose in (("first_seen", np.minimum), ("last_seen", np.maximum)):
        said = sites.members.coded(column).ranked()
        missing = len(said.listed) if choose is np.minimum else -1
        found = choose.reduceat(np.where(said.codes < 0, missing, said.codes), starts)
        listed = texts([*said.listed, None])
        sites.values[column] = taken(listed, np.where(found < 0, len(said.listed), found))


def _date_joint(sites: FilledSites, runs: Flags) -> None:
    """Fill years, timeline and conflicts of sites of several records; most tell none, and are left alone."""
    members, joint = sites.members, ~sites.members.is_lone
    far = _far(sites, np.flatnonzero(joint[members.site]))
    starts, ends = (np.add.reduceat(members.told(column), members.starts) for column in ("start_year", "end_year"))
    status = members.coded("status")
    opened, closed = (
        np.logical_or.reduceat(status.is_one_of(some), members.starts) for some in (["functional"], CLOSED)
    )
    dated = (starts > 0) | (ends > 0)
    differ = (opened & closed) | (starts > 1) | (ends > 1)
    some = np.flatnonzero(joint & (dated | differ))
    rows = np.flatnonzero(np.isin(members.site, some))
    row_of = dict(zip(rows.tolist(), _rows_of(members, rows), strict=True))
    shown = taken(sites.values["status"], some).to_pylist()
    said = _Said()
    for site, status_shown in zip(some.tolist(), shown, strict=True):
        here = slice(members.starts[site], members.starts[site] + members.sizes[site])
        ranked, ordered = ([row_of[row] for row in order[here].tolist()] for order in (members.plain, members.years))
        _date(said, site, ordered, "functional" if runs[site] else status_shown, status_shown)
        conflicts = disagreements(ranked) | ({"place": far.pop(site)} if site in far else {})
        said.texts["conflicts"][site] = to_json(conflicts)
    said.texts["conflicts"] |= {site: to_json({"place": place}) for site, place in far.items()}
    said.write(sites)


class _Said:
    """What is said of single sites: column -> site -> text or year, and the key of the record that says so."""

    def __init__(self) -> None:
        self.texts: dict[str, dict[int, str | None]] = {
            column: {} for column in ("year_precision", "end_precision", "status", "timeline", "conflicts")
        }
        self.years: dict[str, dict[int, int]] = {"start_year": {}, "end_year": {}}
        self.keys: dict[str, dict[int, str]] = {column: {} for column in (*YEARS, "status")}

    def write(self, sites: FilledSites) -> None:
        """Put it into the columns."""
        for column, said in self.texts.items():
            sites.put(column, np.array([*said], dtype=np.int64), [*said.values()])
        for column, years in self.years.items():
            sites.values[column][[*years]] = [*years.values()]
        for column, keys in self.keys.items():
            sites.say(column, np.array([*keys], dtype=np.int64), [*keys.values()])


def _date(said: _Said, site: int, part: Sequence[Row], status: str, shown: str) -> None:
    """Say the years of one site and its timeline; records are ranked for years."""
    years = years_of(part, status)
    for column, (value, key) in years.items():
        (said.years if column in said.years else said.texts)[column][site] = value
        said.keys[column][site] = key
    if shown == "unknown" and "end_year" in years:
        said.texts["status"][site], said.keys["status"][site] = "disused", years["end_year"][1]
    said.texts["timeline"][site] = written(timeline(part))


def _rows_of(members: Members, rows: Ints) -> list[Row]:
    """Return some records as plain mappings (frames of one row each would take minutes)."""
    columns = ("record_key", "aspect", "type", "theme", "status", "present_use", "year_precision", "end_precision")
    told = {name: taken(members.text(name), rows).to_pylist() for name in columns}
    for name in ("start_year", "end_year"):
        numbers = members.numbers(name)[rows].tolist()
        told[name] = [None if number != number else int(number) for number in numbers]
    return [dict(zip(told, row, strict=True)) for row in zip(*told.values(), strict=True)]


def _far(sites: FilledSites, rows: Ints) -> dict[int, dict[str, str]]:
    """Find records that put their site far from where it is shown: site -> record key -> how far, in words."""
    members = sites.members
    shapes, shown = members.shapes, sites.origin["geometry"][members.site[rows]]
    apart_m = np.where(shown >= 0, shapely.distance(shapes[rows], shapes[shown]), np.nan)
    true_m = np.hypot(members.accuracy_m[rows], members.accuracy_m[shown])
    at = np.flatnonzero(np.nan_to_num(apart_m) > np.maximum(FAR_M, 3 * true_m))
    keys = taken(members.text("record_key"), rows[at]).to_pylist()
    found: dict[int, dict[str, str]] = {}
    for site, key, far_m in zip(members.site[rows[at]].tolist(), keys, apart_m[at].tolist(), strict=True):
        found.setdefault(site, {})[key] = f"{far_m / 1000:.1f} km from the place shown"
    return found
