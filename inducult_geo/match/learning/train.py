"""Learn the weights of the comparisons from labelled pairs by logistic regression; deterministic.

The records are shown in several states: as they are, without addresses, without operators, with neither, without
capacity and fuel, with addresses or places on one side alone; and each time also with all true partners taken out, so
that abstaining is learned and a missing field does not mislead. Weights of comparisons that the labels say nothing
about are judgments, kept in `JUDGED`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inducult_geo.errors import ConfigError
from inducult_geo.frames import Records, concat_records, own_keys
from inducult_geo.match.learning.labelled import Labelled, labelled_sets
from inducult_geo.match.learning.regression import logistic
from inducult_geo.match.pairs.candidates import compared
from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.pairs.comparing import compare_all
from inducult_geo.match.pairs.comparisons import COMPARISONS
from inducult_geo.match.pairs.scores import Scores
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.scoring.points import added
from inducult_geo.match.scoring.rivals import leads
from inducult_geo.match.scoring.score import LEAD_KNOTS, LEADS
from inducult_geo.ragged import Flags, Floats, Ints

JUDGED: Final[Mapping[str, tuple[float, ...]]] = {
    "identifier": (-14.0, 4.0, 14.0),
    "area": (-2.0, 0.0, 2.0, 4.0, 5.0),
    # What is added up is scaled, to about 0.6: this is a likelihood ratio, and counts whole.
    "outline": (-2.4, 0.0, 8.0),
    "next door": (0.0, -10.0),
    "kind": (-4.0, -1.5, 0.4, 1.0),
    "capacity": (5.0, 4.0, 2.0, 1.0, 0.0, -1.0),
    "fuel": (-4.0, 3.0),
    "years": (1.0, 0.7, 0.0, -0.8),
}
"""Points at their knots of the comparisons that are not learned, or that no labelled record tells anything for."""

STATES: Final[Mapping[str, tuple[str, ...]]] = {
    "whole": (),
    "no address": ("address", "postcode", "city"),
    "no operator": ("operator",),
    "bare": ("address", "postcode", "city", "operator"),
    "no capacity": ("tags",),
    "no address left": ("address", "postcode", "city"),
    "no address right": ("address", "postcode", "city"),
    "no place left": ("geometry",),
    "town alone left": ("geometry", "address", "postcode"),
    "town and name left": ("geometry", "address", "postcode", "operator"),
}
"""State of the records in training -> columns that are hidden; on one side alone where `ONE_SIDED` says so."""

ONE_SIDED: Final[Mapping[str, int]] = {
    "no address left": 0,
    "no address right": 1,
    "no place left": 0,
    "town alone left": 0,
    "town and name left": 0,
}
"""State -> which side hides the columns: 0 the left, 1 the right."""

THRESHOLDS: Final[Mapping[str, float]] = {"match": 0.3, "review": 0.15}
PLACELESS_SHARE: Final = 0.5
"""What an example without a place counts against one with it: most lists tell one."""

EMPTIED_SHARE: Final = 0.6
"""What an example without a true partner counts against one with it."""

_SCALE_KNOTS: Final = (-15.0, 15.0)


@dataclass(frozen=True)
class Examples:
    """Candidates of labelled records in one state.

    Attributes
    ----------
    pairs
        All candidates of both tables (the neighbors count).
    scores
        Comparison -> what it found.
    rows
        Numbers of the pairs that teach: of labelled left records, not ignored.
    true
        Whether each of these is a true pair.
    group
        Key of the left record that each belongs to (for folds).
    weight
        What each counts.
    name
        The set and the state.
    """

    pairs: Compared
    scores: Mapping[str, Scores]
    rows: Ints
    true: Flags
    group: NDArray[np.object_]
    weight: float = 1.0
    name: str = ""

    def without(self, keys: Collection[str]) -> Examples:
        """Return the same without what some left records teach."""
        kept = np.array([key not in keys for key in self.group], dtype=bool)
        return replace(self, rows=self.rows[kept], true=self.true[kept], group=self.group[kept])


def train(sets: Iterable[Labelled]) -> dict[str, Any]:
    """Learn weights from labelled sets.

    Returns
    -------
    dict
        The content of `weights.json`.
    """
    return fit_weights([part for labelled in sets for part in examples(labelled)])


def examples(labelled: Labelled) -> Iterator[Examples]:
    """Show the records in every state of `STATES` that hides something, with their partners and without."""
    left, right = labelled.left, labelled.right
    gone = {b for _, b in (*labelled.labels, *labelled.ignored)}
    shown: set[tuple[tuple[str, ...], ...]] = set()
    for state, columns in STATES.items():
        side = ONE_SIDED.get(state)
        hidden = tuple(
            tuple(c for c in columns if side in (None, number) and table[c].notna().any())
            for number, table in enumerate((left, right))
        )
        if hidden in shown:
            continue
        shown.add(hidden)
        mine, theirs = _hide(left, hidden[0]), _hide(right, hidden[1])
        name, weight = f"{labelled.name}, {state}", labelled.weight
        if "geometry" in columns:
            weight *= PLACELESS_SHARE
        yield _examples(mine, theirs, labelled, weight, name)
        kept = Records(theirs[~own_keys(theirs["record_key"]).isin(gone)].reset_index(drop=True))
        yield _examples(mine, kept, labelled, weight * EMPTIED_SHARE, name)


def fit_weights(shown: Sequence[Examples], *, leave_out: Collection[str] = ()) -> dict[str, Any]:
    """Fit the weights on examples, without the left records whose keys are in `leave_out`.

    First the points of the comparisons, then what the neighbors add to their sum.
    """
    left_out = set(leave_out)
    shown = [part.without(left_out) for part in shown]
    true = np.concatenate([part.true for part in shown])
    weight = np.concatenate([np.full(len(part.rows), part.weight) for part in shown])

    def gather(values: Iterable[Floats]) -> Floats:
        return np.concatenate([value[part.rows] for value, part in zip(values, shown, strict=True)])

    columns = {e.name: gather(part.scores[e.name].value for part in shown) for e in COMPARISONS if e.learned}
    knots = {e.name: e.knots for e in COMPARISONS if e.learned and not np.isnan(columns[e.name]).all()}
    learned, intercept = logistic(columns, knots, true, weight)
    points = {
        e.name: learned.get(e.name) or [*(JUDGED.get(e.name) or e.judged or np.zeros(len(e.knots)))]
        for e in COMPARISONS
    }
    bases = [intercept + added({n: one.value for n, one in part.scores.items()}, points) for part in shown]
    # As in `link`, several records of the left may be of one works.
    lists = [(part.pairs.prepared.source[0],) for part in shown]
    found = [np.column_stack(leads(p.pairs, b, names)) for p, b, names in zip(shown, bases, lists, strict=True)]
    # Which of two lists is the first is a matter of their names: both sides count alike.
    second = {"scale": gather(bases), "lead": gather(found)}
    ends, offset = logistic(second, {"scale": _SCALE_KNOTS, "lead": LEAD_KNOTS}, true, weight, free=("scale",))
    low, high = ends["scale"]
    slope = (high - low) / (_SCALE_KNOTS[1] - _SCALE_KNOTS[0])
    return {
        "about": "Log-odds at each comparison's knots; written by inducult_geo.match.learning.train.",
        "thresholds": dict(THRESHOLDS),
        "intercept": intercept,
        "points": points,
        "neighbors": {
            "scale": round(slope, 4),
            "offset": round(offset + low - slope * _SCALE_KNOTS[0], 3),
            "leads": dict.fromkeys(LEADS, ends["lead"]),
        },
        "share": round(_share(shown), 3),
    }


def _share(shown: Sequence[Examples]) -> float:
    """Share of the left records that teach which have a true partner among their candidates."""
    with_partner = sum(part.weight * len(set(part.group[part.true])) for part in shown)
    return with_partner / max(sum(part.weight * len(set(part.group)) for part in shown), 1e-9)


def _examples(left: Records, right: Records, labelled: Labelled, weight: float, name: str) -> Examples:
    """Compare the candidates of two tables and mark what is true."""
    pairs = compared(prepare(concat_records([left, right])), split=len(left))
    keys = own_keys(pd.Series(pairs.prepared.key, dtype="str")).to_numpy(dtype=object)
    named = [*zip(keys[pairs.left], keys[pairs.right], strict=True)]
    truth, doubtful, lefts = set(labelled.labels), set(labelled.ignored), {a for a, _ in labelled.labels}
    true = np.array([pair in truth for pair in named], dtype=bool)
    teaches = np.array([pair[0] in lefts and pair not in doubtful for pair in named], dtype=bool) | true
    rows = np.flatnonzero(teaches)
    group = pairs.prepared.key[pairs.left[rows]]
    return Examples(pairs, compare_all(pairs), rows, true[rows], group, weight, name)


def _hide(records: Records, columns: Sequence[str]) -> Records:
    """Return records without what stands in some columns."""
    hidden = records.copy()
    for column in columns:
        hidden[column] = pd.Series(None, index=hidden.index, dtype=hidden[column].dtype)
    return Records(hidden)


def main(args: Sequence[str] | None = None) -> int:
    """Fit the weights from labelled sets, and print them or write them to a file."""
    parser = argparse.ArgumentParser(
        prog="python -m inducult_geo.match.learning.train",
        description="Fit the weights of the matcher on labelled pairs of tables.",
    )
    parser.add_argument("sets", type=Path, metavar="SETS.toml", help="which tables and labels, see labelled.py")
    parser.add_argument("--data", type=Path, help="the folder of the tables; that of SETS.toml where not given")
    parser.add_argument("--out", type=Path, help="the file to write, for example inducult_geo/match/weights.json")
    given = parser.parse_args(args)
    try:
        text = json.dumps(train(labelled_sets(given.sets, given.data)), indent=1) + "\n"
    except ConfigError as error:
        parser.exit(2, f"{error}\n")
    if given.out:
        given.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
