"""The same input gives the same bytes: on another clone, in another time zone and language, hashed in another order."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

RUN = """
import os, sys
os.umask(int(sys.argv[2], 8))
import locale
locale.setlocale(locale.LC_ALL, "")
from inducult_geo.pipeline import run_all
from inducult_geo.run import open_run
assert run_all(["zwickau", "leoben"], open_run(sys.argv[1])).release
"""
CODE = ("inducult_geo", "pyproject.toml", "constraints.txt", "README.md", "LICENSE")


def _released(clone: Path, repository: Path, *, umask: str, **environment: str) -> dict[str, str]:
    """Copy code and sample as a clone has them, run there, and return the hashes of what was published."""
    for name in CODE:
        whole = repository / name
        # What Python compiled comes along, which it tells by the time of a file.
        copy = shutil.copytree if whole.is_dir() else shutil.copy2
        copy(whole, clone / name)
    shutil.copytree(repository / "data" / "raw" / "sample", clone / "data" / "raw" / "sample")
    plain = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    told = subprocess.run(
        [sys.executable, "-c", RUN, str(clone / "data"), umask],
        cwd=clone,
        # The clone's own code goes before the one that is installed.
        env={**plain, "PYTHONPATH": str(clone), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert told.returncode == 0, told.stderr
    sums = (clone / "data" / "processed" / "current" / "SHA256SUMS").read_text(encoding="utf-8")
    return dict(line.split("  ")[::-1] for line in sums.splitlines())


def test_two_clones_publish_the_same_bytes(tmp_path: Path, repository: Path) -> None:
    here, there = tmp_path / "a", tmp_path / "žluťoučký clone with a long name"
    here.mkdir()
    there.mkdir()
    # Without its own help Python takes this for a locale that knows no letter beyond ASCII.
    plain = {"TZ": "UTC", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONHASHSEED": "0"}
    one = _released(here, repository, umask="022", OMP_NUM_THREADS="1", **plain)
    more = {"TZ": "Pacific/Chatham", "LC_ALL": "C.UTF-8", "LANG": "cs_CZ.UTF-8", "PYTHONHASHSEED": "4711"}
    other = _released(there, repository, umask="077", GDAL_NUM_THREADS="2", **more)
    assert len(one) > 15
    assert {name for name in one if one[name] != other.get(name)} == set()
    assert one.keys() == other.keys()
