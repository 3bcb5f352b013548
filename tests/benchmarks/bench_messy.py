"""Files as they come: what draft and check make of each, as one table; rows in = accepted + rejected.

A draft is used as it is written, but where it leaves the CRS to a person: then the one that it offers is taken
(`decided`). Beside the messy files stand the register of Poznań, with the share of its dates that is read, and the real
files of open data by their built-in contracts.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from printed import table

from inducult_geo.catalog import load_catalog
from inducult_geo.checking.check import CheckReport, check
from inducult_geo.drafting.contract import draft
from inducult_geo.errors import InducultError
from inducult_geo.run import Run, open_run

SHARED = Path(os.environ.get("INDUCULT_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data"
OPEN = {
    "eprtr": "messy/eprtr_plants_cr_macroman.csv",
    "gem_steel_map": "messy/gem_blast_furnaces_utf16.csv",
    "jrc_hydro": "messy/jrc_hydro_bom.csv",
    "hotmaps": "sites/hotmaps.csv",
    "eutl": "sites/eutl.csv",
}
OFFERED = re.compile(r"^# (crs = \"EPSG:\d+\")", re.MULTILINE)


def say(line: str) -> None:
    """Tell one line."""
    sys.stdout.write(line + "\n")


def drafted(path: Path, run: Run) -> tuple[CheckReport, str]:
    """Draft and check a copy of a file; return the report and what a person had to decide."""
    contract = path.with_name("contract.toml")
    text = draft(path, run)
    offered = OFFERED.findall(text)
    decided = ""
    if "\ncrs = " not in text and len(offered) == 1:
        text, decided = OFFERED.sub(r"\1", text), f"decided: {offered[0]}"
    contract.write_text(text, encoding="utf-8")
    return check(contract, run), decided


def row(name: str, report: CheckReport, decided: str = "") -> dict[str, object]:
    """Return one row of the table."""
    told = report.as_dict()
    if told["rows_in"] != told["accepted"] + told["rejected"]:
        raise SystemExit(f"{name}: {told['rows_in']} rows in are not those accepted and rejected")
    file = report.facts.files[0]
    how = ", ".join(filter(None, (file.kind, file.encoding, told["crs"])))
    why = ", ".join(f"{number} {reason}" for reason, number in told["rejected_by_reason"].items())
    lost = f"{len(told['lost_characters'])} cells lost characters" if told["lost_characters"] else ""
    return {
        "file": name,
        "rows": told["rows_in"],
        "accepted": told["accepted"],
        "rejected": told["rejected"],
        "how it was read, and why not": "; ".join(filter(None, (how, why, lost, decided))),
    }


def refused(name: str, problem: InducultError, folder: Path) -> dict[str, object]:
    """Return the row of a file that is refused: what its steward is told."""
    told = f"refused: {str(problem).replace(f'{folder}/', '')}"
    return {"file": name, "rows": "", "accepted": "", "rejected": "", "how it was read, and why not": told}


def main() -> None:
    """Print the tables."""
    if not SHARED.is_dir():
        say(f"skipped: the real files are not at {SHARED}")
        return
    with tempfile.TemporaryDirectory() as folder:
        run = open_run(Path(folder) / "data", contracts=False)
        rows: list[dict[str, object]] = []
        dates: list[dict[str, object]] = []
        for path in sorted([*(SHARED / "messy").iterdir(), *(SHARED / "monuments").glob("*.gpkg")]):
            own = Path(folder) / path.name.replace(".", "_")
            own.mkdir()
            for part in path.parent.glob(f"{path.stem}.*"):
                shutil.copy(part, own)
            try:
                report, decided = drafted(own / path.name, run)
            except InducultError as problem:
                rows.append(refused(path.name, problem, own))
                continue
            rows.append(row(path.name, report, decided))
            dates += [
                {"file": path.name, "column": share.column, "dates": share.filled, "read": share.read}
                | {"not read": "; ".join(share.unread)}
                for share in report.dates
                if share.filled
            ]
        say(table(rows) + "\n\nby built-in contracts\n")
        known: list[dict[str, object]] = []
        for name, file in OPEN.items():
            contract = load_catalog().sources[name]
            own = Path(folder) / name
            own.mkdir()
            shutil.copy(SHARED / file, own / contract.files[0])
            shutil.copy(contract.declared_in, own / "contract.toml")
            known.append(row(f"{name} ({Path(file).name})", check(own / "contract.toml", run)))
        say(table(known) + "\n\ndates\n\n" + table(dates))


if __name__ == "__main__":
    main()
