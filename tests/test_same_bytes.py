"""The same input gives the same bytes: on another clone, in another time zone and language, hashed in another order."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import FEW

RUN = """
import os, sys
os.umask(int(sys.argv[2], 8))
import locale
locale.setlocale(locale.LC_ALL, "")
from inducult_geo.pipeline import run_all
from inducult_geo.run import open_run
assert run_all(sys.argv[3:], open_run(sys.argv[1])).release
"""
CODE = ("inducult_geo", "pyproject.toml", "constraints.txt", "README.md", "LICENSE")


def _released(clone: Path, repository: Path, *, umask: str, **environment: str) -> dict[str, str]:
    """Copy code and sample as a clone has them, run there, and return the hashes of what was published."""
    clone.mkdir()
    for name in CODE:
        whole = repository / name
        # What Python compiled comes along, which it tells by the time of a file.
        copy = shutil.copytree if whole.is_dir() else shutil.copy2
        copy(whole, clone / name)
    shutil.copytree(repository / "data" / "raw" / "sample", clone / "data" / "raw" / "sample")
    plain = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    told = subprocess.run(
        [sys.executable, "-c", RUN, str(clone / "data"), umask, *FEW],
        cwd=clone,
        # The clone's own code goes before the one that is installed.
        env={**plain, "PYTHONPATH": str(clone), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert told.returncode == 0, told.stderr
    return _published(clone / "data")


def _published(data: Path) -> dict[str, str]:
    sums = (data / "processed" / "current" / "SHA256SUMS").read_text(encoding="utf-8")
    return dict(line.split("  ")[::-1] for line in sums.splitlines())


# Without its own help Python takes the first for a locale that knows no letter beyond ASCII.
ELSEWHERE = {
    "a bare server": {"TZ": "UTC", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONHASHSEED": "0"},
    "the other side": {"TZ": "Pacific/Chatham", "LC_ALL": "C.UTF-8", "LANG": "cs_CZ.UTF-8", "PYTHONHASHSEED": "4711"},
}


@pytest.mark.parametrize(
    ("environment", "umask", "name"),
    [
        pytest.param(ELSEWHERE["a bare server"] | {"OMP_NUM_THREADS": "1"}, "022", "a", marks=pytest.mark.slow),
        (ELSEWHERE["the other side"] | {"GDAL_NUM_THREADS": "2"}, "077", "žluťoučký clone with a long name"),
    ],
    ids=ELSEWHERE,
)
def test_a_clone_publishes_the_same_bytes(
    tmp_path: Path, repository: Path, few_data: Path, environment: dict[str, str], umask: str, name: str
) -> None:
    """What was published here is hashed by a seed of chance, and made in two steps."""
    here = _published(few_data)
    there = _released(tmp_path / name, repository, umask=umask, **environment)
    assert len(here) > 15
    assert {name for name in here if here[name] != there.get(name)} == set()
    assert here.keys() == there.keys()
