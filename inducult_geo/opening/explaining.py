"""The evidence behind one site: why its records are one, and where each of its values comes from."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from inducult_geo.frames import from_json
from inducult_geo.match.decided.verdict import PART_OF
from inducult_geo.match.golden.merged_names import plain_name
from inducult_geo.publish.layers.columns import SITES
from inducult_geo.publish.layers.domains import DOMAINS
from inducult_geo.text import counted, is_null, line_of, printable

EVIDENCE_COLUMNS: Final = ("left_key", "right_key", "score", "decision", "decided_by", "distance_m", "why")
VALUE_COLUMNS: Final = ("column", "title", "value", "record_key", "source", "how", "others")

_WITH_PLACE: Final = ("accuracy_m", "area_m2", "geometry_origin")
_HOW: Final[Mapping[str, str]] = {
    "site_id": "kept for ever from the site's first record",
    "names": "every name of every record",
    "aspect": "from all records: 'both' if some say monument and others factory",
    "wikidata": "the best record that has one",
    **dict.fromkeys(("n_sources", "n_records", "n_review"), "counted"),
    "part_of": "by its outline, or decided by a person",
    "timeline": "from the years of all records",
    "conflicts": "where records contradict each other",
    "confidence": "the weakest link that holds the records together; 1 where nothing was matched",
    **dict.fromkeys(_WITH_PLACE, "with the place"),
    "elevation_m": "elevation raster at the place",
    "land_cover": "land cover raster at the place",
    "licence": "of all records",
    "attribution": "of all sources",
    "lineage": "written when the records were merged",
    "first_seen": "the oldest date of all records",
    "last_seen": "the newest date of all records",
    "run_id": "hash of all inputs",
}
"""How a value came about that no single record stands for."""

WIDTH: Final = 100
"""Characters of a line of values: a key is never broken, and a narrower terminal breaks the line itself."""

_NOT_SHOWN: Final = ("lineage", "run_id", "site_id")


@dataclass(frozen=True)
class Site:
    """One site of a release with everything that speaks for and against it.

    Attributes
    ----------
    asked_for
        The id that was asked for: another than `site_id` where that one was merged into this site.
    row
        The site: a row of `Release.sites`.
    records
        Its records: rows of `Release.records`.
    matches, review
        The compared pairs and open questions that touch it.
    sources
        All sources of the release, for titles and credits.
    """

    asked_for: str
    row: pd.Series
    records: gpd.GeoDataFrame
    matches: pd.DataFrame
    review: pd.DataFrame
    sources: pd.DataFrame

    @property
    def site_id(self) -> str:
        """The stable id."""
        return str(self.row["site_id"])

    @cached_property
    def told(self) -> list[dict[str, Any]]:
        """The records as mappings from column to value."""
        return [{str(name): value for name, value in row.items()} for row in self.records.to_dict("records")]

    @cached_property
    def lineage(self) -> Mapping[str, str]:
        """Column -> key of the record that its value was taken from; several, separated by "; ", where they made it."""
        return from_json(self.row["lineage"])

    def explain(self) -> Explanation:
        """Tell why these records are one site, and where each value comes from."""
        return Explanation(self)

    def __repr__(self) -> str:
        records = counted(len(self.records), "record")
        return f"<Site {self.site_id} {_shown(self.row['name'])!r}: {records}; see .explain()>"

    def _repr_html_(self) -> str:
        return self.explain()._repr_html_()


class Explanation:
    """An explanation of one site: `words`, and the tables `evidence` and `values`.

    Printing it shows the words, in which the evidence is told, and the values with their origin in lines of `WIDTH`
    characters; a notebook shows the tables.

    Parameters
    ----------
    site
        The site.
    """

    def __init__(self, site: Site) -> None:
        self.site = site

    @cached_property
    def words(self) -> str:
        """The explanation in sentences, one a line."""
        # A record's key is as its source wrote it.
        return "\n".join(map(printable, _sentences(self.site, self.evidence)))

    @cached_property
    def evidence(self) -> pd.DataFrame:
        """The compared pairs among the site's own records, the strongest first: `EVIDENCE_COLUMNS`."""
        pairs = self.site.matches
        within = pairs[(pairs["left_site"] == self.site.site_id) & (pairs["right_site"] == self.site.site_id)]
        ordered = within.sort_values(["score", "left_key", "right_key"], ascending=[False, True, True])
        return ordered[[*EVIDENCE_COLUMNS]].reset_index(drop=True)

    @cached_property
    def values(self) -> pd.DataFrame:
        """Each value with its origin: `VALUE_COLUMNS`.

        `record_key` and `source` are those of the record that the value was taken from, or of several, separated by
        "; ", where they made it together; null where no record stands for it, as `how` says.
        `others` names what other records say instead.
        """
        rows = [_origin(self.site, column.name, column.label) for column in SITES if column.name not in _NOT_SHOWN]
        place = self.site.row["geometry"]
        rows.append(_origin(self.site, "geometry", "Place", shown=f"{place.geom_type} in EPSG:3035"))
        return pd.DataFrame([row for row in rows if row["value"]], columns=[*VALUE_COLUMNS], dtype="str")

    def __str__(self) -> str:
        values = [line for value in self.values.to_dict("records") for line in _value_lines(value)]
        return "\n".join([self.words, "", "Where each value comes from", *values])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        words = "".join(f"<p>{html.escape(line)}</p>" for line in self.words.splitlines())
        tables = [("How its records hang together", self.evidence), ("Where each value comes from", self.values)]
        return words + "".join(f"<h5>{title}</h5>{_html_table(table)}" for title, table in tables if len(table))


def _sentences(site: Site, evidence: pd.DataFrame) -> Iterator[str]:
    row = site.row
    if site.asked_for != site.site_id:
        yield f"{site.asked_for} was merged into {site.site_id}."
    kind = ", ".join(filter(None, (_label("type", row["type"]), _label("theme", row["theme"]))))
    about = f" ({kind})" if kind else ""
    yield f"{site.site_id} is {_name(row['name'])}{about} in region {row['region']}: {_label('aspect', row['aspect'])}."
    yield from _of_records(site)
    yield from _of_evidence(site, evidence)
    yield from _of_place(site)
    yield from _apart(site)


def _of_records(site: Site) -> Iterator[str]:
    number, sources = len(site.records), site.records["source"].nunique()
    if number == 1:
        yield "It consists of a single record; nothing was merged."
    else:
        yield f"{number} records of {counted(sources, 'source')} are this site:"
    titles = dict(zip(site.sources["source"], site.sources["title"], strict=True))
    for record in site.told:
        name = plain_name(from_json(record["names"]))
        title = _shown(titles.get(record["source"])) or record["source"]
        place = f" ({_shown(record['place'])})" if _shown(record["place"]) else ""
        yield f"- {record['record_key']}: {_name(name)}, by {title}{place}"


def _of_evidence(site: Site, evidence: pd.DataFrame) -> Iterator[str]:
    for pair in evidence.to_dict("records"):
        scored = pd.notna(pair["score"])
        person = _shown(pair["decided_by"])
        by = f"{person} decided" if person else "by score" if scored else "by rule"
        score = f"probability {_number(pair['score'])}, " if scored else ""
        yield (
            f"{pair['left_key']} and {pair['right_key']}: {_decided(pair['decision'])}, {by}; {score}"
            f"{_distance(pair['distance_m'])}. Evidence: {_shown(pair['why'])}."
        )
    if len(site.records) > 1:
        yield f"The weakest link between them has a probability of {_number(site.row['confidence'])} (`confidence`)."


def _of_place(site: Site) -> Iterator[str]:
    key = site.lineage.get("geometry")
    record = next((r for r in site.told if r["record_key"] == key), None)
    accuracy = _number(site.row["accuracy_m"])
    if record is None:
        yield f"Its place is true to {accuracy} m."
        return
    steps = filter(None, (_shown(record[name]) for name in ("declared_crs", "reading", "operation")))
    told = _shown(record["geometry_origin"]) not in ("", "unknown")
    origin = f"{_label('geometry_origin', record['geometry_origin']).lower()}, " if told else ""
    yield f"Its place is that of {key}: {origin}true to {accuracy} m ({'; '.join(steps)})."


def _apart(site: Site) -> Iterator[str]:
    """Name the sites that it is a part or the whole of, what was kept apart, and what a person is still asked."""
    pairs = site.matches[site.matches["left_site"] != site.matches["right_site"]]
    for pair in pairs.to_dict("records"):
        yield _of_two_sites(pair, is_left=pair["left_site"] == site.site_id)
    for question in site.review.to_dict("records"):
        yield f"Open question {question['review_id']}: {_shown(question['question'])}"


def _of_two_sites(pair: Mapping[Hashable, Any], *, is_left: bool) -> str:
    """Tell of a pair of records of two sites, seen from that of one of them."""
    mine, theirs = ("left", "right") if is_left else ("right", "left")
    other, why = _shown(pair[f"{theirs}_site"]), _shown(pair["why"])
    if pair["decision"] == PART_OF:
        return f"{'Part' if is_left else 'Whole'} of {other}: {pair['left_key']} in {pair['right_key']} ({why})."
    score = f", probability {_number(pair['score'])}" if pd.notna(pair["score"]) else ""
    ends = f"{pair[f'{mine}_key']} and {pair[f'{theirs}_key']}"
    return f"Kept apart from {other}: {ends} ({_decided(pair['decision'])}{score}; {why})."


def _origin(site: Site, column: str, title: str, shown: str | None = None) -> dict[str, Any]:
    """Return one row of `Explanation.values`."""
    key = site.lineage.get("geometry" if column in _WITH_PLACE else column)
    keys = _keys(site, key)
    sources = sorted({str(record["source"]) for record in site.told if record["record_key"] in keys})
    value = shown if shown is not None else _shown(site.row[column])
    how = "taken from the record" if key is not None else "no record says" if value == "unknown" else "not told"
    others = [*_others(site, column, keys[0], value)] if len(keys) == 1 else []
    return {
        "column": column,
        "title": title,
        "value": value,
        "record_key": key,
        "source": "; ".join(sources) or None,
        "how": _HOW.get(column, how),
        "others": "; ".join(others) or None,
    }


def _value_lines(value: Mapping[Hashable, Any]) -> Iterator[str]:
    """Tell one row of `Explanation.values` in lines that are no longer than `WIDTH`, unless a single word is."""
    key, source, others = (_shown(value[name]) for name in ("record_key", "source", "others"))
    origin = f"{key} ({source}): {value['how']}" if key and source else ": ".join(filter(None, (key, value["how"])))
    for indent, text in (
        ("", f"{value['title']} ({value['column']}): {value['value']}"),
        ("  ", origin),
        ("  ", f"otherwise {others}" if others else ""),
    ):
        yield from textwrap.wrap(
            text,
            WIDTH,
            initial_indent=indent,
            subsequent_indent=f"{indent}    ",
            break_long_words=False,
            break_on_hyphens=False,
        )


def _keys(site: Site, key: str | None) -> list[str]:
    """Return the records that a value's origin names: mostly one, several where they make it together."""
    own = [str(record["record_key"]) for record in site.told]
    return [key] if key in own else [one for one in str(key or "").split("; ") if one in own]


def _others(site: Site, column: str, key: str, value: str) -> Iterator[str]:
    """Name the records that say something else."""
    if column == "geometry":
        return
    for record in site.told:
        said = _shown(plain_name(from_json(record["names"])) if column == "name" else record.get(column))
        if record["record_key"] != key and said not in ("", "unknown", value):
            yield f"{record['record_key']}: {said}"


def _label(domain: str, value: Any) -> str:
    return DOMAINS[domain].get(_shown(value), _shown(value))


def _decided(decision: Any) -> str:
    label = _label("pair_decision", decision).partition(" (")[0]
    return label[:1].lower() + label[1:]


def _name(name: Any) -> str:
    return f"'{_shown(name)}'" if _shown(name) else "a site without a name"


def _shown(value: Any) -> str:
    """Return a value as text on one line, nothing for null."""
    return line_of(value.date() if isinstance(value, pd.Timestamp) and not is_null(value) else value)


def _number(value: Any) -> str:
    return _shown(value) or "not known"


def _distance(distance_m: Any) -> str:
    """Say how far apart two records are: not told where one has no place, or its license keeps the place back."""
    return f"{_shown(distance_m)} m apart" if _shown(distance_m) else "how far apart is not told"


def _html_table(table: pd.DataFrame) -> str:
    head = "".join(f"<th>{html.escape(str(name))}</th>" for name in table)
    rows = ("".join(f"<td>{html.escape(_shown(value))}</td>" for value in row) for row in table.itertuples(index=False))
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"
