"""The timeline of a site: founded, closed, a museum since, in production again.

Records speak of different things: a register of the works that were, a museum of its own opening, a permit of what
runs today. What each says is an event with its year and record; the years of the site are chosen so that they fit each
other and its status.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from inducult_geo.catalog.models import CLOSED, MUSEUM_THEME
from inducult_geo.frames import TO_THE_YEAR, to_json

Row = Mapping[str, Any]

YEAR_GAP: Final = 5
"""Two founding (or closing) years that differ by more contradict each other, where both are told to the year."""

_SPAN: Final[Mapping[str, int]] = {"part_of_decade": 5, "decade": 10, "part_of_century": 25, "century": 100}
"""How many years a year that stands for so many others may mean, itself being the first (of an end the last); a part
may be a quarter, a half or "early"."""

_AROUND: Final = 5
"""How many years an approximate year may be beside itself."""

_ROUGH_GAP: Final[Mapping[str, int]] = {
    "part_of_decade": 10,
    "decade": 15,
    "range": 15,
    "approximate": 20,
    "turn_of_century": 30,
    "part_of_century": 60,
    "century": 110,
    "period": 200,
}
_LATER: Final = 30
"""A factory that begins this many years after the monument is another chapter, not another founding year."""
_LATER_USES: Final = ("museum since", "culture since")
_MONUMENT: Final = "technical_monument"
"""Type of the theme of museums that nobody visits like one: a bridge, a machine on a lawn."""

_MUSEUMS_FROM: Final = 1900
"""Before this year no works were made a museum: who tells an earlier one tells of the works."""


@dataclass(frozen=True)
class Told:
    """What the records of a site tell of its works: the first year of any, the last year of those of no later use."""

    oldest: int | None
    closed: int | None

    @classmethod
    def by(cls, part: Sequence[Row]) -> Told:
        """Collect it from the records of one site."""
        starts = (row["start_year"] for row in part if row["start_year"] is not None)
        ends = (row["end_year"] for row in part if row["end_year"] is not None and _later_use(row) is None)
        return cls(min(starts, default=None), max(ends, default=None))

    def precede(self, year: int | None) -> bool:
        """Whether the works were at their end, or long at work, when something began in a year."""
        if year is None or year < _MUSEUMS_FROM:
            return False
        if self.closed is not None:
            return year >= self.closed
        return self.oldest is not None and year - self.oldest >= _LATER


def _later_use(row: Row) -> str | None:
    """Return what a record speaks of beside the works: "museum", "culture", or None; of a monument it is neither."""
    use = row["present_use"]
    is_museum = row["theme"] == MUSEUM_THEME and row["type"] != _MONUMENT
    if is_museum or (use == "museum" and row["aspect"] not in ("monument", "both", "factory")):
        return "museum"
    return "culture" if use == "culture" and row["aspect"] in (None, "unknown") else None


def event_of(row: Row, told: Told) -> str:
    """Say what a record's first year is the beginning of, in the words of the timeline.

    `founded` is of the works (as `closed` is, their end), `production since` of a running factory beside or in an older
    monument, `museum since` and `culture since` of what the place is used for since. A record of a jute mill that holds
    concerts today tells when the mill was built, and one that tells a last year as well tells the life of the works: of
    a mine that can be visited, say, not of its visits. Only where other records tell of works that had closed by its
    first year, such a record tells of the later use.

    Parameters
    ----------
    told
        What all records of the site tell.
    """
    later, oldest = _later_use(row), told.oldest
    is_early = later == "museum" and row["start_year"] is not None and row["start_year"] < _MUSEUMS_FROM
    is_of_works = row["end_year"] is not None or (row["type"] is not None and row["theme"] != MUSEUM_THEME)
    if later and not is_early and (not is_of_works or told.precede(row["start_year"])):
        return f"{later} since"
    runs = row["status"] == "functional" and row["aspect"] == "factory"
    if runs and oldest is not None and row["start_year"] is not None and row["start_year"] - oldest >= _LATER:
        return "production since"
    return "founded"


def timeline(part: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the events that the records of a site tell: `year`, `event`, `record`, `precision`; in order, each once.

    Parameters
    ----------
    part
        Records of one site, the best first, with `start_year`, `end_year`, `year_precision`, `end_precision`,
        `status`, `aspect`, `theme`, `present_use`, `record_key`.

    Returns
    -------
    list of dict
        `precision` is how exactly the record tells that year (a value of `year_precision`), None where it does not say.
    """
    told = Told.by(part)
    found: dict[tuple[int, str], tuple[str, str | None]] = {}
    for row in part:
        event = event_of(row, told)
        if row["start_year"] is not None:
            found.setdefault((int(row["start_year"]), event), (str(row["record_key"]), row["year_precision"]))
        if row["end_year"] is not None:
            ended = event.replace("since", "until") if event in _LATER_USES else "closed"
            found.setdefault((int(row["end_year"]), ended), (str(row["record_key"]), row["end_precision"]))
    return [
        {"year": year, "event": event, "record": key, "precision": exact}
        for (year, event), (key, exact) in sorted(found.items())
    ]


def written(events: Iterable[Mapping[str, Any]]) -> str | None:
    """Write a timeline as JSON."""
    told = ", ".join(part for event in events if (part := to_json(event)))
    return f"[{told}]" if told else None


def years_of(part: Sequence[Row], status: str | None) -> dict[str, tuple[Any, str]]:
    """Choose the years of a site: column -> value and the record that it comes from.

    The first year is that of the works, not of the museum in it, where any record tells one. A site in production has
    no last year; any other has the one that a record tells and that is not before the first year. Where the best record
    tells a year roughly ("19th century") and another one a very year that it may mean, that one is taken.

    Parameters
    ----------
    part
        Records of one site, the best for years first.
    status
        The site's status.
    """
    dated = [row for row in part if row["start_year"] is not None or row["end_year"] is not None]
    told = Told.by(dated)
    works = [row for row in dated if event_of(row, told) == "founded"] or dated
    chosen = next((row for row in works if row["start_year"] is not None), works[0] if works else None)
    if chosen is None:
        return {}
    began = _finer(chosen, [row for row in works if not _ends_before(chosen, row["start_year"])], "start_year")
    out = {"year_precision": (began["year_precision"], str(began["record_key"]))}
    start, ended = began["start_year"], chosen
    if start is not None:
        out["start_year"] = (int(start), str(began["record_key"]))
    if status != "functional":
        fitting = [row for row in works if row["end_year"] is not None and not _ends_before(row, start)]
        if chosen["end_year"] is None:
            ended = next(iter(fitting), chosen)
        ended = _finer(ended, fitting, "end_year")
        if ended["end_year"] is not None:
            out["end_year"] = (int(ended["end_year"]), str(ended["record_key"]))
            out["end_precision"] = (ended["end_precision"], str(ended["record_key"]))
    return {column: said for column, said in out.items() if said[0] is not None}


def _ends_before(row: Row, start: int | None) -> bool:
    """Whether a record tells that the works had ended by a year."""
    return start is not None and row["end_year"] is not None and row["end_year"] < start


def _finer(row: Row, others: Sequence[Row], column: str) -> Row:
    """Return the first record that tells the very year that a record tells roughly; that one where none does."""
    precision = "year_precision" if column == "start_year" else "end_precision"
    if row[column] is None:
        return row
    meant = _meant(row[column], row[precision], is_first=column == "start_year")
    return next((one for one in others if one[precision] in TO_THE_YEAR and one[column] in meant), row)


def _meant(year: int, rough: str | None, *, is_first: bool) -> range:
    """Return the years that a rough one may mean: none where it is told exactly, or by an age without known ends."""
    if rough == "approximate":
        return range(year - _AROUND, year + _AROUND + 1)
    if rough is None or rough not in _SPAN:
        return range(0)
    unit, span = 100 if "century" in rough else 10, _SPAN[rough]
    begins = year // unit * unit
    return range(year, min(year + span, begins + unit)) if is_first else range(max(year - span + 1, begins), year + 1)


def disagreements(part: Sequence[Row]) -> dict[str, dict[str, str]]:
    """Return what the records of a site contradict each other in: column -> record key -> value.

    Told are: in use or closed (records of production among each other, and of monuments); founding and closing years
    too far apart for their precision. A monument that is closed beside a factory that runs is no contradiction.
    """
    found: dict[str, dict[str, str]] = {}
    for of_works in (True, False):
        some = [row for row in part if (row["aspect"] in ("factory", "both", None, "unknown")) == of_works]
        said = {str(row["record_key"]): str(row["status"]) for row in some if row["status"] in ("functional", *CLOSED)}
        if len({status in CLOSED for status in said.values()}) == 2:
            found.setdefault("status", {}).update(said)
    told = Told.by(part)
    founded = [row for row in part if row["start_year"] is not None and event_of(row, told) == "founded"]
    ended = [row for row in part if row["end_year"] is not None and event_of(row, told) not in _LATER_USES]
    for column, rows in (("start_year", founded), ("end_year", ended)):
        if _differ(rows, column):
            found[column] = {str(row["record_key"]): str(int(row[column])) for row in rows}
    return found


def _differ(rows: Sequence[Row], column: str) -> bool:
    """Whether two of the years lie farther apart than their precision allows."""
    told = sorted((int(row[column]), _gap(row, column)) for row in rows)
    return any(b - a > max(gap, other) for (a, gap) in told for (b, other) in told if b > a)


def _gap(row: Row, column: str) -> int:
    """Return how many years one of a record's years may be beside itself."""
    return _ROUGH_GAP.get(str(row["year_precision" if column == "start_year" else "end_precision"]), YEAR_GAP)
