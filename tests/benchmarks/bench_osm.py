"""Measure reading extracts: `python tests/benchmarks/bench_osm.py [--copies 10 40] [--rounds 3] [--others PYTHON]`.

Our reader (objects and their frame of records) against `osmium tags-filter` with the tag table's expressions, `osmium
export` and loading the result, in turns, so that a busy computer is busy for all. CPU is user and system time of whole
processes, imports included; the peak is the largest of a chain's processes. The files are copies of small real
extracts (see `tools/replicate_osm.py` of the shared data), kept in the temporary folder.

`--wide` only tells what the extracts hold and, by arithmetic alone, what as much a megabyte would be for Europe.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from printed import table

from inducult_geo.sources.osm.tags import load_tag_table

REPOSITORY = Path(__file__).resolve().parents[2]
EXTRACTS = ("liechtenstein-2022-07", "boeblingen-2020-03", "north-brabant-2021-05")
SIZES_GB = {"Europe": 30, "the planet": 85}
"""About the sizes that Geofabrik and OpenStreetMap state for their `.osm.pbf` files."""
EXPORT = {"linear_tags": False, "area_tags": True, "attributes": dict.fromkeys(("type", "id", "version"), True)}
OURS = """
import sys
from pathlib import Path
from inducult_geo.sources.osm.pbf import read_objects
from inducult_geo.sources.osm.records import records_of
print(len(records_of(read_objects(Path(sys.argv[1]), processes=int(sys.argv[2]))).frame))
"""
LOAD = "import sys, geopandas; print(len(geopandas.read_file(sys.argv[1], engine='pyogrio')))"
PYROSM = """
import json, sys, pyrosm
wanted = {key: True if "*" in values else values for key, values in json.load(open(sys.argv[2])).items()}
print(len(pyrosm.OSM(sys.argv[1]).get_data_by_custom_criteria(wanted, extra_attributes=list(wanted))))
"""
QUACKOSM = """
import json, sys, quackosm
wanted = {key: True if "*" in values else values for key, values in json.load(open(sys.argv[2])).items()}
print(len(quackosm.convert_pbf_to_geodataframe(
    sys.argv[1], tags_filter=wanted, ignore_cache=True, working_directory=sys.argv[3], verbosity_mode="silent"
)))
"""


@dataclass(frozen=True)
class Cost:
    """CPU seconds, wall seconds, peak MB, and what the last command said."""

    cpu: float
    wall: float
    peak: float
    said: str


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def run(commands: Sequence[Sequence[str]], folder: Path) -> Cost:
    """Run a chain of commands and add up what each and its children used."""
    cpu, wall, peak, said = 0.0, 0.0, 0.0, ""
    for command in commands:
        began = time.perf_counter()
        environment = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(REPOSITORY)}
        with (folder / "said").open("w+") as out:
            process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, env=environment, cwd=folder)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            said = out.read().strip() if process.returncode == 0 else f"failed ({process.returncode})"
        wall += time.perf_counter() - began
        cpu += used.ru_utime + used.ru_stime
        peak = max(peak, used.ru_maxrss / 1e3)
    return Cost(cpu, wall, peak, said)


def wanted_values() -> Mapping[str, list[str]]:
    """Return every key that can make a record, lifecycle prefixes included, with its values."""
    table = load_tag_table()
    return {
        form: sorted(value for value, row in table.rows[key].items() if row.select != "no")
        for form, (key, _) in table.forms.items()
    }


def chains(path: Path, folder: Path, others: str) -> dict[str, list[list[str]]]:
    """Return the commands of every reader that is here, and say which is not."""
    wanted = wanted_values()
    expressions = [f"nwr/{key}" + ("" if "*" in held else "=" + ",".join(held)) for key, held in wanted.items()]
    (folder / "expressions").write_text("\n".join(expressions))
    (folder / "export.json").write_text(json.dumps(EXPORT))
    (folder / "wanted.json").write_text(json.dumps(wanted))
    few, lines, source = str(folder / "few.osm.pbf"), str(folder / "few.geojsonseq"), str(path)
    found = {f"ours, {n} process(es)": [[sys.executable, "-c", OURS, source, str(n)]] for n in (1, 2)}
    if shutil.which("osmium"):
        found["osmium chain"] = [
            ["osmium", "tags-filter", "-O", "-o", few, "-e", str(folder / "expressions"), source],
            ["osmium", "export", "-O", "-c", str(folder / "export.json"), "-f", "geojsonseq", "-o", lines, few],
            [sys.executable, "-c", LOAD, lines],
        ]
    else:
        say("osmium is not installed: no chain to compare with")
    for name, code in (("pyrosm", PYROSM), ("quackosm", QUACKOSM)):
        if subprocess.run([others, "-c", f"import {name}"], capture_output=True, check=False).returncode == 0:
            found[name] = [[others, "-c", code, source, str(folder / "wanted.json"), str(folder / "work")]]
        else:
            say(f"{name} is not installed in {Path(others).name}: left out")
    return found


def measure(path: Path, rounds: int, others: str) -> dict[str, list[Cost]]:
    """Run all readers in turns; each begins with empty caches of its own."""
    costs: dict[str, list[Cost]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        every = chains(path, folder, others)
        for _ in range(rounds):
            for reader, commands in every.items():
                with tempfile.TemporaryDirectory(dir=folder) as cold:
                    cost = run(commands, Path(cold))
                say(f"{reader}: {cost.cpu:.2f} CPU s, {cost.wall:.2f} s, {cost.peak:.0f} MB, {cost.said}")
                costs.setdefault(reader, []).append(cost)
    return costs


def report(path: Path, costs: Mapping[str, Sequence[Cost]]) -> dict[str, float]:
    """Print medians and ratios to the chain; return median CPU by reader."""
    failed = [name for name, held in costs.items() if any(cost.said.startswith("failed") for cost in held)]
    costs = {name: held for name, held in costs.items() if name not in failed}
    middle = {name: statistics.median(cost.cpu for cost in held) for name, held in costs.items()}
    wall = {name: statistics.median(cost.wall for cost in held) for name, held in costs.items()}
    say(f"\n{path.name}, {path.stat().st_size / 1e6:.1f} MB, {len(next(iter(costs.values())))} rounds")
    say(f"{'reader':<22}{'CPU s':>8}{'ratio':>8}{'wall s':>8}{'ratio':>8}{'MB':>8}  says")
    chain_cpu, chain_wall = middle.get("osmium chain"), wall.get("osmium chain")
    for name, held in costs.items():
        ratios = [
            f"{mine / theirs:.2f}" if theirs else "-"
            for mine, theirs in ((middle[name], chain_cpu), (wall[name], chain_wall))
        ]
        peak = max(cost.peak for cost in held)
        figures = f"{middle[name]:>8.2f}{ratios[0]:>8}{wall[name]:>8.2f}{ratios[1]:>8}{peak:>8.0f}"
        say(f"{name:<22}{figures}  {held[-1].said}")
    for name in failed:
        say(f"{name:<22}failed: not counted")
    return middle


def big_file(shared: Path, copies: int) -> Path:
    """Make the file once; it stays in the temporary folder."""
    path = Path(tempfile.gettempdir()) / f"inducult-bench-{copies}.osm.pbf"
    if not path.exists():
        sources = [str(shared / f"data/osm/{name}.osm.pbf") for name in EXTRACTS]
        made = path.with_name(f"making-{path.name}")
        tool = str(shared / "tools/replicate_osm.py")
        subprocess.run([sys.executable, tool, str(copies), str(made), *sources], check=True)
        made.rename(path)
    return path


def wide(shared: Path) -> None:
    """Print what the small extracts hold, how fast ten copies of them are read, and both carried on."""
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        sized = {name: shared / f"data/osm/{name}.osm.pbf" for name in EXTRACTS} | {"ten copies": big_file(shared, 10)}
        for name, path in sized.items():
            cost = run([[sys.executable, "-c", OURS, str(path), "1"]], Path(folder))
            megabytes = path.stat().st_size / 1e6
            rows.append(
                {"extract": name, "MB": round(megabytes, 1), "records": int(cost.said)}
                | {"records a MB": round(int(cost.said) / megabytes, 1), "CPU s, start-up included": round(cost.cpu, 2)}
            )
    megabytes, records = (sum(float(str(row[name])) for row in rows[:3]) for name in ("MB", "records"))
    copies = rows[3]
    speed = float(str(copies["MB"])) / float(str(copies["CPU s, start-up included"]))
    say(table(rows) + "\n")
    say(f"{records / megabytes:.0f} records a megabyte, read at {speed:.0f} MB a CPU second. Carried on as they are:\n")
    carried = [
        {"file": name, "GB": size, "records": round(size * 1e3 * records / megabytes, -4)}
        | {"reading, CPU min": round(size * 1e3 / speed / 60)}
        for name, size in SIZES_GB.items()
    ]
    say(table([row | {"records": int(row["records"])} for row in carried]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=REPOSITORY.parent / "shared")
    parser.add_argument("--copies", type=int, nargs="+", default=[10, 40])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--others", default=sys.executable, help="a Python that has pyrosm or quackosm")
    parser.add_argument("--wide", action="store_true", help="only what the extracts hold, and what Europe would")
    chosen = parser.parse_args()
    if not (chosen.shared / "tools/replicate_osm.py").is_file():
        say("skipped: the folder of shared data is not here")
        return
    if chosen.wide:
        wide(chosen.shared)
        return
    medians = {}
    for copies in chosen.copies:
        path = big_file(chosen.shared, copies)
        medians[copies] = report(path, measure(path, chosen.rounds, chosen.others))
    few, many = min(medians), max(medians)
    if few < many:
        say(f"\ngrowth of CPU from {few} to {many} copies ({many / few:g} times the data)")
        for name in (name for name in medians[few] if name in medians[many]):
            say(f"{name:<22}{medians[many][name] / medians[few][name]:>8.2f}")


if __name__ == "__main__":
    main()
