"""`inducult check`: read and harmonize a file as a run would, and report; nothing is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from inducult_geo.catalog import Contract, load_contract
from inducult_geo.catalog.outlines import outlines_of
from inducult_geo.checking.map import Sites, picture, text_map
from inducult_geo.collecting.boundaries import outline_for_check
from inducult_geo.collecting.by_contract import read_by_contract
from inducult_geo.collecting.gather import facts_of
from inducult_geo.collecting.guards import unusable
from inducult_geo.errors import ContractError
from inducult_geo.frames import RawTable, Records, from_json
from inducult_geo.harmonize.dates.read import date_texts, life_span, parse_date, parse_end, tells_beginning
from inducult_geo.harmonize.words.meanings import settled_starts
from inducult_geo.harmonize.words.notices import lost_cells
from inducult_geo.run import Run, SourceFacts, reasons_told
from inducult_geo.stage import last_stage


@dataclass(frozen=True)
class DateShare:
    """How far the dates of one column could be read: the cells filled, those read, and the texts of the rest.

    `last_years` counts the cells that tell from when to when, in a column that is mapped to the beginning alone.
    """

    column: str
    filled: int
    read: int
    unread: dict[str, int]
    last_years: int = 0


@dataclass(frozen=True)
class CheckReport:
    """A file's fate.

    Attributes
    ----------
    facts
        The numbers, the reading chosen, what was noticed.
    accepted
        Rows that a run would take.
    rows
        Each row that is not accepted: `place`, `name`, `reason`, `detail`.
    noticed
        Each row that is accepted though something was noticed of its place; as `rows`, with an empty `reason`.
    lost
        Each cell that shows lost or misread characters: `place`, `column`, `text`, `detail`.
    dates
        How far the columns of dates could be read.
    sites
        What the map shows.
    outline
        Where the region's outline comes from; null for a wide source.
    countries
        Those in which a source without a region was expected to lie: of its contract, else of most of its rows.
    refusal
        Why a run would take none of it; null where it would take some.
    beside
        What the region's other records show of it, as the region was last built.
    """

    facts: SourceFacts
    accepted: int
    rows: tuple[dict[str, str], ...]
    noticed: tuple[dict[str, str], ...]
    lost: tuple[dict[str, str], ...]
    dates: tuple[DateShare, ...]
    sites: Sites
    outline: str | None = None
    countries: tuple[str, ...] = ()
    refusal: str | None = None
    beside: tuple[str, ...] = ()

    @property
    def drawing(self) -> str:
        """The map as text."""
        return text_map(self.sites)

    def picture(self) -> str:
        """Return the map as an SVG."""
        rows_in, facts = self.facts.counts.records_in, self.facts
        by_reason = reasons_told(facts.rejected_by_reason)
        lines = (
            f"{rows_in:,} rows = {self.accepted:,} accepted + {rows_in - self.accepted:,} not accepted"
            + (f" ({by_reason})" if by_reason else ""),
            f"{facts.crs or 'no CRS'}, {facts.reading or 'no reading'}; {facts.operation or 'no operation'}",
            *([f"{facts.region}: {self.outline}"] if self.outline else []),
        )
        return picture(self.sites, title=f"{facts.source}: {', '.join(file.name for file in facts.files)}", lines=lines)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON can hold it; rows_in = accepted + rejected."""
        facts = self.facts
        return {
            "source": facts.source,
            "region": facts.region,
            "outline": self.outline,
            "countries": list(self.countries),
            "files": [asdict(file) for file in facts.files],
            "rows_in": facts.counts.records_in,
            "accepted": self.accepted,
            "rejected": facts.counts.records_in - self.accepted,
            "rejected_by_reason": dict(facts.rejected_by_reason),
            "crs": facts.crs,
            "reading": facts.reading,
            "candidates": list(facts.candidates),
            "operation": facts.operation,
            "accuracy_m": facts.accuracy_m,
            "problems": [asdict(problem) for problem in facts.problems],
            "dates": [asdict(share) for share in self.dates],
            "lost_characters": list(self.lost),
            "rows": list(self.rows),
            "noticed": list(self.noticed),
            "beside": list(self.beside),
            "refusal": self.refusal,
        }


def check(path: Path, run: Run) -> CheckReport:
    """Say what a run would make of a contract's file.

    Raises
    ------
    ContractError, SourceError
        Where the contract is wrong or the file as a whole cannot be used.
    """
    contract = load_contract(path)
    if contract.region is not None and contract.region not in run.catalog.regions:
        known = ", ".join(sorted(run.catalog.regions))
        raise ContractError(f"{path}: region '{contract.region}' is not in the catalog. Known: {known}.")
    outline = None if contract.region is None else outline_for_check(run.catalog.region(contract.region), run)
    table, result = read_by_contract(contract, run)
    facts = facts_of(contract, contract.region, table, result)
    records = result.records
    lost = tuple(
        {"place": cell.place, "column": cell.column, "text": cell.text, "detail": cell.detail}
        for cell in lost_cells(table.frame)
    )
    return CheckReport(
        facts,
        int(records["reason"].isna().sum()),
        _listed(records[records["reason"].notna()]),
        _listed(records[records["reason"].isna() & records["detail"].notna()]),
        lost,
        _dates(table, contract),
        _sites(records, None if outline is None else outline.area, result.countries),
        None if outline is None else outline.source,
        result.countries,
        unusable(facts),
        _tried(records, contract, run),
    )


def _tried(records: Records, contract: Contract, run: Run) -> tuple[str, ...]:
    """Say what the rows would be beside the other records of their region; of one that was never built nothing."""
    stage = None if contract.region is None else last_stage(contract.region, run)
    if stage is None:
        return ()
    # Who checks a first file need not wait for the whole matcher.
    from inducult_geo.checking.trial import tried

    return tried(records, contract, stage, run)


def _listed(records: pd.DataFrame) -> tuple[dict[str, str], ...]:
    """List rows for a person: where they stand, their names, and what is said of them."""
    return tuple(
        {
            "place": str(place),
            "name": str(from_json(names).get("name") or ""),
            "reason": "" if pd.isna(reason) else str(reason),
            "detail": "" if pd.isna(detail) else str(detail),
        }
        for place, names, reason, detail in records[["place", "names", "reason", "detail"]].itertuples(index=False)
    )


def _dates(table: RawTable, contract: Contract) -> tuple[DateShare, ...]:
    shares = []
    for column in ("start", "end"):
        if column not in table.frame:
            continue
        meant = date_texts(table.frame[column], contract.values.get(column, {}))
        texts = [text for text in meant if text is not None]
        unread = Counter(text for text in texts if not _is_read(text, column, contract))
        listed = dict(sorted(unread.items(), key=lambda item: (-item[1], item[0])))
        last_years = 0 if "end" in table.frame else sum(life_span(text, text).end_year is not None for text in texts)
        shares.append(DateShare(column, len(texts), len(texts) - unread.total(), listed, last_years))
    return tuple(shares)


def _is_read(text: str, column: str, contract: Contract) -> bool:
    """Whether a year is taken of a text in a column of dates."""
    is_both = contract.columns.get("start") == contract.columns.get("end")
    if column == "start":
        return tells_beginning(text, text if is_both else None, settled_starts(contract))
    return (parse_date if is_both else parse_end)(text) is not None


def _sites(records: Records, area: BaseGeometry | None, countries: Collection[str]) -> Sites:
    placed = records[records.geometry.notna() & ~records.geometry.is_empty]
    with np.errstate(all="ignore"):
        shown = placed.geometry.representative_point().to_crs("EPSG:4326")
    drawable = np.isfinite(shown.bounds.to_numpy()).all(axis=1)
    placed, points = placed[drawable], shown[drawable].get_coordinates().to_numpy()
    titles = tuple(
        " - ".join(filter(None, (f"{row['place']}: {row['name'] or 'no name'}", _noted(row))))
        for row in _listed(placed)
    )
    return Sites(points, placed["reason"].isna().to_numpy(), titles, area, outlines_of(countries))


def _noted(row: dict[str, str]) -> str:
    """Return what is to be said of a row: why it is refused, and what was noticed of it."""
    return ": ".join(filter(None, (row["reason"], row["detail"])))
