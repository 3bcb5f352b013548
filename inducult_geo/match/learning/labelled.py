"""Labelled pairs of tables for training and measuring, declared in a TOML.

```toml
[[set]]
name = "hotmaps-eutl"
left = "hotmaps.csv"            # id, name, lon, lat, and where known operator, address, postcode, city, country ...
right = "eutl.csv"
labels = "labels.csv"           # left_id, right_id: true pairs
dont_care = "dont_care.csv"     # optional: neither right nor wrong
weight = 0.5                    # optional: what each of its examples counts in training
left_columns = { operator = "company" }
```
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from inducult_geo.errors import ConfigError, InducultError
from inducult_geo.frames import Records
from inducult_geo.match.learning.tables import records_from_csv
from inducult_geo.toml import read_toml

Pairs = Collection[tuple[str, str]]

_KEYS: Final = frozenset(("name", "left", "right", "labels", "dont_care", "weight", "left_columns", "right_columns"))


@dataclass(frozen=True)
class Labelled:
    """Two tables and what is true of them.

    Attributes
    ----------
    name
        What the set is called.
    left, right
        Records in the work CRS.
    labels
        True pairs of source keys (what stands after the first ":" of a record key).
    ignored
        Pairs that are neither right nor wrong.
    weight
        What each of its examples counts in training.
    """

    name: str
    left: Records
    right: Records
    labels: Pairs
    ignored: Pairs = ()
    weight: float = 1.0


def labelled_sets(path: Path, folder: Path | None = None) -> list[Labelled]:
    """Read the sets that a TOML declares.

    Parameters
    ----------
    folder
        Where the tables are; beside the TOML where not given.

    Raises
    ------
    ConfigError
        Where the TOML, a table or a column that it names is missing, or the TOML does not hold what it must.
    """
    declared = read_toml(path).get("set", [])
    if not (isinstance(declared, list) and all(isinstance(one, dict) for one in declared)):
        raise ConfigError(f"{path}: 'set' is not a list of tables: begin each set with [[set]]")
    try:
        return [_labelled(path, folder or path.parent, one) for one in declared]
    except (OSError, InducultError, KeyError) as error:
        raise ConfigError(f"{path}: the labelled sets cannot be read: {error}") from error


def read_pairs(path: Path, **only: str) -> set[tuple[str, str]]:
    """Read the columns `left_id` and `right_id` of a CSV, of the rows where other columns hold what is given."""
    # A key such as "NA" is one.
    rows = pd.read_csv(path, dtype="str", keep_default_na=False)
    for column, value in only.items():
        rows = rows[rows[column] == value]
    return set(zip(rows["left_id"], rows["right_id"], strict=True))


def _labelled(path: Path, folder: Path, declared: Mapping[str, Any]) -> Labelled:
    unknown = sorted(declared.keys() - _KEYS)
    if unknown:
        raise ConfigError(f"{path}: unknown {', '.join(unknown)} in set '{declared.get('name', '?')}'")
    left, right = (
        records_from_csv(folder / declared[side], Path(declared[side]).stem, declared.get(f"{side}_columns"))
        for side in ("left", "right")
    )
    ignored = read_pairs(folder / declared["dont_care"]) if "dont_care" in declared else set()
    labels = read_pairs(folder / declared["labels"])
    return Labelled(declared["name"], left, right, labels, ignored, float(declared.get("weight", 1.0)))
