"""The same pairs scored by Splink (DuckDB) and by inducult-geo in one run: CPU seconds of each.

Splink is no dependency: it gets an environment of its own, made once in the user's cache folder. Both are given the
same pairs; neither finds them. What is timed of Splink is `predict` alone, without reading the tables, and, apart from
it, the whole process. It is asked twice: for four comparisons of whole texts (name by Jaro-Winkler in levels, town and
postcode equal or not, distance in levels), and for eight of words with words (the best pair of words by Jaro-Winkler,
for name, operator, both, street and town), as near to ours as its library comes. We make all our comparisons (every
word's best partner weighted by rarity, numbers, house numbers, places by their accuracy, and so on), look at each
pair's rivals, and estimate how much the lists overlap; Splink does none of the last three.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from pyproj import Transformer

from inducult_geo.frames import WORK_CRS, Records, from_json
from inducult_geo.match.comparisons import Compared

SIDE = Path(__file__).with_name("splink_side.py")
WANTED = "splink==5.*"
WORD = re.compile(r"[^\W_]+")


def python_with_splink() -> Path | None:
    """Return an interpreter that has Splink, from an environment of its own; None where it cannot be had."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "inducult-geo" / "splink"
    python = folder / "bin" / "python"
    if (
        subprocess.run([python, "-c", "import splink"], capture_output=True, check=False).returncode
        if python.exists()
        else 1
    ):
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", folder], capture_output=True, check=False)
        install = [python, "-m", "pip", "install", "--quiet", WANTED]
        if made.returncode or subprocess.run(install, capture_output=True, check=False).returncode:
            return None
    return python


def write_tables(records: Records, pairs: Compared, folder: Path) -> list[Path]:
    """Write records and pairs as Splink reads them."""
    lon, lat = Transformer.from_crs(WORK_CRS, 4326, always_xy=True).transform(records.geometry.x, records.geometry.y)
    table = pd.DataFrame(records[["operator", "address", "postcode", "city"]]).astype(object)
    names = [from_json(text).get("name") for text in records["names"].to_numpy(dtype=object)]
    table = table.assign(unique_id=range(len(records)), name=names, lat=lat, lon=lon)
    for field, column in (("name", "name"), ("operator", "operator"), ("street", "address"), ("city", "city")):
        table[f"{field}_words"] = [WORD.findall(one.lower()) if isinstance(one, str) else None for one in table[column]]
    table["every_word"] = [a + (b or []) for a, b in zip(table["name_words"], table["operator_words"], strict=True)]
    table["numbers"] = [re.findall(r"\d+", one) if isinstance(one, str) else None for one in table["address"]]
    given = pd.DataFrame({"match_key": "0", "join_key_l": pairs.left, "join_key_r": pairs.right})
    files = [folder / "records.parquet", folder / "pairs.parquet"]
    for frame, path in zip((table, given), files, strict=True):
        frame.to_parquet(path, index=False)
    return files


def score_with_splink(records: Records, pairs: Compared) -> Iterator[dict]:
    """Score pairs with Splink, in one thread and in as many as DuckDB chooses; nothing where it is not to be had."""
    python = python_with_splink()
    if python is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        files = write_tables(records, pairs, Path(folder))
        for what in ("fields", "words"):
            for threads in (1, 0):
                before = _children_s()
                ran = subprocess.run(
                    [python, SIDE, *files, str(threads), what], capture_output=True, text=True, check=False
                )
                if ran.returncode:
                    raise SystemExit(f"Splink ended with an error:\n{ran.stderr[-2000:]}")
                told: dict = json.loads(ran.stdout) | {"what": what, "process_s": _children_s() - before}
                if told["pairs"] != len(pairs.left):
                    raise SystemExit(f"Splink scored {told['pairs']} of {len(pairs.left)} pairs: no comparison")
                yield told


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
