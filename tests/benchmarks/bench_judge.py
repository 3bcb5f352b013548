"""Link Hotmaps with the EUTL as anybody would, and count with the judge's scripts: `python bench_judge.py [SHARED]`.

Nothing of the package is called but its command line: the contracts of the catalog beside the real tables, `inducult
link`, then `score_links.py` and `empty_partners.py` of the shared tools; every command is printed, to be repeated.
First with the shipped weights (learned from these labels), then out of fold: five times with weights that did
not see a fifth of the labelled rows, of which the links of that fifth are kept. Links that are not doubtful, which
nobody need look at (`pairs_sure.csv`), are counted by themselves. `--shipped` stops after the first.
"""

from __future__ import annotations

import argparse
import csv
import json
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path

from bench_link import SETS, Judge, folds_of

from inducult_geo.match.learning.labelled import labelled_sets
from inducult_geo.match.learning.train import fit_weights

SET = "hotmaps-eutl"
SOURCES = ("hotmaps", "eutl")


class Road:
    """A folder with both contracts and tables, and one where the labelled partners are taken out."""

    def __init__(self, shared: Path, folder: Path) -> None:
        self.folder, self.tools, self.sites = folder, shared / "tools", shared / "data" / "sites"
        self.labels, self.ignored = (self.sites / f"hotmaps_eutl_{name}.csv" for name in ("labels", "dont_care"))
        for place in (folder / "whole", folder / "emptied"):
            place.mkdir()
            for source in SOURCES:
                contract = files("inducult_geo") / "catalog" / "sources" / f"{source}.toml"
                (place / f"{source}.toml").write_text(contract.read_text(encoding="utf-8"), encoding="utf-8")
                shutil.copyfile(self.sites / f"{source}.csv", place / f"{source}.csv")
        out = folder / "emptied" / "eutl.csv"
        self.run(self.tools / "empty_partners.py", self.sites / "eutl.csv", out, self.labels, self.ignored)

    def run(self, script: Path | str, *arguments: object, silent: bool = False) -> str:
        """Run a script, or `inducult`, and show the command with what it says."""
        name = [script] if script == "inducult" else ["python", script]
        command = [str(part) for part in (*name, *arguments)]
        first = (
            [str(Path(sys.executable).parent / "inducult")] if script == "inducult" else [sys.executable, *command[1:2]]
        )
        made = subprocess.run([*first, *command[len(name) :]], capture_output=True, text=True, check=True)
        if not silent:
            sys.stdout.write(f"$ {shlex.join(command)}\n{made.stdout.strip()}\n")
        return made.stdout

    def link(self, kind: str, weights: Mapping[str, object] | None = None) -> Path:
        """Link both tables into pairs.csv; weights of one's own are named in inducult.toml beside the data."""
        place = self.folder / kind
        if weights is not None:
            (place / "weights.json").write_text(json.dumps(weights), encoding="utf-8")
            (place / "inducult.toml").write_text(f'weights = "{place}/weights.json"\n', encoding="utf-8")
        pairs, tables = place / "pairs.csv", [place / f"{source}.toml" for source in SOURCES]
        self.run("inducult", "link", *tables, "--out", pairs, "--data", place / "data", silent=weights is not None)
        return pairs

    def count(self, whole: Path, emptied: Path) -> None:
        """Say what the judge's scripts say of links with the partners, of the sure ones, and without."""
        for only in ((), ("--only", "name_copied=False")):
            self.run(self.tools / "score_links.py", whole, self.labels, "--dont-care", self.ignored, *only)
        decided = [row for row in read(whole) if row["doubtful"] == "False"]
        sure = write(whole.with_name(f"{whole.stem}_sure.csv"), decided)
        self.run(self.tools / "score_links.py", sure, self.labels, "--dont-care", self.ignored)
        self.run(self.tools / "empty_partners.py", "--count", emptied, self.labels)


def out_of_fold(road: Road, shared: Path) -> list[Path]:
    """Link five times, and keep of each time what is of labelled rows that the weights did not see."""
    judge = Judge(labelled_sets(SETS, shared / "data" / "sites"))
    kept: dict[str, list[dict[str, str]]] = {"whole": [], "emptied": []}
    for fold in folds_of(judge.lefts(SET), 5):
        weights = fit_weights(judge.shown, leave_out={*fold})
        unseen = {key.partition(":")[2] for key in fold}
        for kind, rows in kept.items():
            rows += [row for row in read(road.link(kind, weights)) if row["left_id"] in unseen]
    return [write(road.folder / f"{kind}_out_of_fold.csv", rows) for kind, rows in kept.items()]


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def write(path: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    lines = [*rows]
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, nargs="?", default=Path(__file__).resolve().parents[3] / "shared")
    parser.add_argument("--shipped", action="store_true", help="with the shipped weights alone")
    given = parser.parse_args()
    if not (given.shared / "tools").is_dir():
        sys.stdout.write(f"skipped: no labelled tables under {given.shared}\n")
        return
    with tempfile.TemporaryDirectory() as folder:
        road = Road(given.shared, Path(folder))
        road.count(road.link("whole"), road.link("emptied"))
        if not given.shipped:
            sys.stdout.write("\nThe same, each row by weights that did not see it:\n\n")
            road.count(*out_of_fold(road, given.shared))


if __name__ == "__main__":
    main()
