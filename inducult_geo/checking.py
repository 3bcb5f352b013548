"""What would become of a file: `inducult check` reads and harmonizes it as a run would, and writes nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from inducult_geo.api import ground_of, read_by_contract
from inducult_geo.catalog import load_contract
from inducult_geo.errors import ContractError
from inducult_geo.frames import from_json
from inducult_geo.gather import facts_of
from inducult_geo.run import Run, SourceFacts

_WIDTH, _HEIGHT = 60, 20


@dataclass(frozen=True)
class CheckReport:
    """A file's fate: the numbers, the reading chosen, each row that is not accepted, and a small map of text."""

    facts: SourceFacts
    accepted: int
    rows: tuple[dict[str, str], ...]
    drawing: str

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON can hold it; rows_in = accepted + rejected."""
        facts = self.facts
        return {
            "source": facts.source,
            "region": facts.region,
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
            "rows": list(self.rows),
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
        raise ContractError(f"{path}: region '{contract.region}' is in no catalog. Known: {known}.")
    table, result = read_by_contract(contract, run)
    facts = facts_of(contract, contract.region, table, result)
    records = result.records
    refused = records[records["reason"].notna()]
    rows = tuple(
        {
            "place": str(place),
            "name": str(from_json(names).get("name") or ""),
            "reason": str(reason),
            "detail": str(detail),
        }
        for place, names, reason, detail in refused[["place", "names", "reason", "detail"]].itertuples(index=False)
    )
    fine = records[records["reason"].isna()]
    degrees = fine.geometry.representative_point().to_crs("EPSG:4326").get_coordinates().to_numpy()
    return CheckReport(facts, len(fine), rows, draw(degrees, ground_of(contract, run).area))


def draw(points: np.ndarray, area: BaseGeometry | None) -> str:
    """Draw points (n, 2: longitude, latitude) over an outline as text: `·` land, `o` a site, `8` several."""
    shapes = [shapely.MultiPoint(points)] if len(points) else []
    frame = shapely.union_all([*shapes, *([area] if area is not None else [])])
    if frame.is_empty:
        return ""
    west, south, east, north = frame.bounds
    wide, high = max(east - west, 1e-6), max(north - south, 1e-6)
    xs = west + (np.arange(_WIDTH) + 0.5) * wide / _WIDTH
    ys = north - (np.arange(_HEIGHT) + 0.5) * high / _HEIGHT
    grid = np.full((_HEIGHT, _WIDTH), " ")
    if area is not None:
        mesh_x, mesh_y = np.meshgrid(xs, ys)
        grid[shapely.contains_xy(area, mesh_x, mesh_y)] = "·"
    if len(points):
        columns = np.clip(((points[:, 0] - west) / wide * _WIDTH).astype(int), 0, _WIDTH - 1)
        lines = np.clip(((north - points[:, 1]) / high * _HEIGHT).astype(int), 0, _HEIGHT - 1)
        hits = np.zeros((_HEIGHT, _WIDTH), dtype=int)
        np.add.at(hits, (lines, columns), 1)
        grid[hits == 1] = "o"
        grid[hits > 1] = "8"
    return "\n".join("".join(line).rstrip() for line in grid)
