"""Measure, and put what was printed into the pages: `python docs/measure.py [NAME ...]`, all of them without a name.

Each measure is a command of the repository. What it prints goes into `docs/measured/NAME.md`, with the command, the day
and the state of the code that was measured; the pages include these files, so no figure in them is typed by hand.
Tables stay tables, a line alone is a sentence, others are shown as they stand. A command that fails, or has nothing to
measure since data are not here, leaves the old file as it is, and is named at the end.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import resource
import subprocess
import sys
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MEASURED = Path(__file__).resolve().parent / "measured"
BENCHES = "tests/benchmarks/bench_"
MEASURES = {
    "control": f"{BENCHES}control.py",
    "placement": f"{BENCHES}placement.py",
    "messy": f"{BENCHES}messy.py",
    "wide": f"{BENCHES}wide.py",
    "crs": f"{BENCHES}crs.py",
    "link": f"{BENCHES}link.py",
    "third": f"{BENCHES}third.py",
    "resolve": f"{BENCHES}resolve.py",
    "accuracy": f"{BENCHES}accuracy.py",
    "scale": f"{BENCHES}scale.py --million",
    "extracts": f"{BENCHES}osm.py --wide",
    "nothing": f"{BENCHES}night.py --nothing",
    "growth": f"{BENCHES}night.py --growth --sizes 10000 100000 1000000",
    "page": f"{BENCHES}page.py",
}
"""Name of the file in `measured/` -> the command, as a person would call it after `python`."""
PUNCTUATION = re.compile(r"[\\`*_{}\[\]<>#|]")
SKIPPED = "skipped:"
"""How a bench begins that has nothing to measure here."""


def markdown(said: str) -> str:
    """Return what a command printed as a part of a page."""
    parts = []
    for kind, lines in groupby(said.strip().splitlines(), lambda line: (not line.strip(), line.startswith("|"))):
        text = "\n".join(line.rstrip() for line in lines)
        if kind[1]:
            parts.append(text)
        elif "\n" in text:
            parts.append(f"```text\n{text}\n```")
        elif text:
            parts.append(PUNCTUATION.sub(r"\\\g<0>", text))
    return "\n\n".join(parts)


def code_state() -> str:
    """Name the last commit that touched what is measured, and whether the files are those of it."""
    commit = _git("log", "-1", "--format=%h")
    return f"commit `{commit}`" + (" with changes since" if _git("status", "--porcelain") else "")


def _git(*words: str) -> str:
    """Ask git about the code that is measured."""
    command = ["git", *words, "--", "inducult_geo", "tests/benchmarks"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def measure(name: str) -> str:
    """Run one measure and write its file; return why not, or nothing."""
    command = [sys.executable, *MEASURES[name].split()]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        return f"{name}: ended with {done.returncode}: {done.stderr.strip()[-500:]}"
    if done.stdout.startswith(SKIPPED):
        return f"{name}: {done.stdout.strip()}"
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    MEASURED.mkdir(exist_ok=True)
    (MEASURED / f"{name}.md").write_text(
        f"<!-- made by `python docs/measure.py {name}`; not to be edited -->\n\n{markdown(done.stdout)}\n\n"
        f"*Printed by `python {MEASURES[name]}` on {datetime.now(UTC):%Y-%m-%d}, {code_state()}, in {cpu_s:.0f} CPU s "
        f"(Python {platform.python_version()}, {os.cpu_count()} cores).*\n",
        encoding="utf-8",
    )
    return ""


def main() -> int:
    """Run the measures that are asked for, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASURES))
    names = parser.parse_args().names or [*MEASURES]
    if unknown := set(names) - set(MEASURES):
        parser.error(f"no measure is called {', '.join(sorted(unknown))}; there are {', '.join(MEASURES)}")
    problems: list[str] = []
    for name in names:
        sys.stdout.write(f"{name}: {MEASURES[name]} ...\n")
        sys.stdout.flush()
        problems += filter(None, [measure(name)])
    sys.stderr.writelines(f"not measured: {problem}\n" for problem in problems)
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
