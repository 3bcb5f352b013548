"""The same pairs scored by Splink (DuckDB) and by inducult-geo in one run: CPU seconds of each.

Splink is no dependency: it gets an environment of its own, made once in the user's cache folder. Both are given the
same pairs; neither finds them. What is timed of Splink is `predict` alone, without reading the tables, and, apart from
it, the whole process. It is asked three times:

- for four comparisons of whole texts (name by Jaro-Winkler in levels, town and postcode equal or not, distance);
- for eight of words with words (the best pair of words by Jaro-Winkler, for name, operator, both, street and town), as
  near to ours as its library comes without SQL of one's own (we compare towns where no distance tells);
- for all of ours that it and DuckDB's SQL express: seventeen of twenty. It is given our words and their rarity, made
  beforehand as ours are, and levels at our knots. Each word finds its best partner by Jaro-Winkler, weighed by rarity,
  in both directions (name, name within, operator against operator and against name both ways, all words, street),
  and the name of a record without a town among all words of the other;
  the rarest word is compared with Splink's adjustment for term frequency; then unit numbers, house numbers, postcodes
  by their beginning, distance in units of accuracy, kind, capacity, fuel, years, identifiers, power houses.

What is not the same in the third: areas in common and points in an outline are left out (DuckDB needs an extension for
shapes; no record of the table has one), and so is a town where no distance tells; an identifier that others share,
too, counts as one of these alone; the first name speaks for a record (none of the table has two); a value is worked out
anew for each level that is asked, since a level of Splink is a condition of its own.
What we do beyond comparing, and Splink does not (the rivals of each pair, how much the lists overlap), is timed as
well: we are measured without it and with it.
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

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyproj import Transformer

from inducult_geo.frames import WORK_CRS, Records, from_json
from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.reading.prepare import flat
from inducult_geo.match.reading.prepared import AMONG_WORKS, HOUSE, Prepared
from inducult_geo.ragged import Ragged

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
    table = table.assign(**prepared_columns(pairs.prepared))
    given = pd.DataFrame({"match_key": "0", "join_key_l": pairs.left, "join_key_r": pairs.right})
    files = [folder / "records.parquet", folder / "pairs.parquet"]
    made = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    # Where no record has an identifier, nothing but the type tells that these are lists of texts.
    ids = [[f"{scheme}|{text}" for scheme, text in one.items()] or None for one in pairs.prepared.ids]
    pq.write_table(made.append_column("our_ids", pa.array(ids, pa.list_(pa.string()))), files[0])
    given.to_parquet(files[1], index=False)
    return files


def prepared_columns(p: Prepared) -> dict[str, object]:
    """Return what our comparisons look at: lists of words with the rarity of each and their sum, numbers, codes."""
    words, weights, is_number = p.lexicon.words, p.lexicon.weights, p.lexicon.is_number
    first = [Ragged(side.values[side.offsets[:-1][side.counts > 0]], np.r_[0, np.cumsum(side.counts > 0)])
             for side in (p.names, p.operators)]  # fmt: skip
    lists = dict(zip(("our_name", "our_operator"), (flat(side, p.variants) for side in first), strict=True))
    lists |= {"our_every": p.every_word, "our_street": p.streets, "our_city": p.cities, "our_house": p.house_numbers}
    lists["our_everything"] = p.everything
    told: dict[str, object] = {}
    for name, side in lists.items():
        numbers = [side.row(row) for row in range(len(side))]
        told[f"{name}_words"] = [[*words[some]] if len(some) else None for some in numbers]
        told[f"{name}_weights"] = [[*weights[some]] if len(some) else None for some in numbers]
        told[f"{name}_sum"] = [weights[some].sum() if len(some) else None for some in numbers]
        if name == "our_name":
            told["our_numbers"] = [[*words[some[is_number[some]]]] or None for some in numbers]
            told["rarest"] = [words[some[weights[some].argmax()]] if len(some) else None for some in numbers]
    for name in ("postcode", "country", "type", "theme"):
        told[f"our_{name}"] = [text or None for text in getattr(p, name)]
    for name in ("x", "y", "accuracy_m", "start_year", "capacity"):
        told[f"our_{name}"] = pd.array(getattr(p, name), dtype="Float64")
    says = pd.Series(p.service).map({HOUSE: 1.0, AMONG_WORKS: 0.0}).astype("Float64")
    return told | {"our_power_house": says, "our_fuel": p.fuel}


def score_with_splink(records: Records, pairs: Compared) -> Iterator[dict]:
    """Score pairs with Splink, in one thread and in as many as DuckDB chooses; nothing where it is not to be had.

    All comparisons of ours are asked for in one thread only: they take long.
    """
    python = python_with_splink()
    if python is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        files = write_tables(records, pairs, Path(folder))
        for what, counts in (("fields", (1, 0)), ("words", (1, 0)), ("ours", (1, 0))):
            for threads in counts:
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
