"""Learn the weights of the comparisons from labelled pairs: a plain logistic regression, the same every time.

The records are shown in several states: as they are, without addresses, without operators, with neither; and each
time also with all true partners taken out, so that abstaining is learned and a missing field does not mislead.
Weights of comparisons that the labels say nothing about are judgements, kept in `JUDGED`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.linalg import block_diag, solve

from inducult_geo.frames import Records, concat_records
from inducult_geo.match.candidates import candidates_of
from inducult_geo.match.comparisons import COMPARISONS, Compared
from inducult_geo.match.prepare import prepare
from inducult_geo.match.ragged import Flags, Floats, Ints
from inducult_geo.match.score import LEAD_KNOTS, LEADS, leads, weigh
from inducult_geo.match.tables import records_from_csv

JUDGED: Final[Mapping[str, tuple[float, ...]]] = {
    "identifier": (-14.0, 4.0, 14.0),
    "area": (-2.0, 0.0, 2.0, 4.0, 5.0),
    "kind": (-1.5, 0.4, 1.0),
    "capacity": (5.0, 4.0, 2.0, 1.0, 0.0, -1.0),
    "fuel": (-4.0, 3.0),
    "years": (1.0, 0.7, 0.0, -0.8),
}
"""Points of the comparisons that are not learned, at their knots."""

STATES: Final[Mapping[str, tuple[str, ...]]] = {
    "whole": (),
    "no address": ("address", "postcode", "city"),
    "no operator": ("operator",),
    "bare": ("address", "postcode", "city", "operator"),
}
"""State of the records in training -> columns that are hidden."""

THRESHOLDS: Final[Mapping[str, float]] = {"match": 0.3, "match_without_address": 0.25, "review": 0.1}
EMPTIED_SHARE: Final = 0.6
"""What an example without a true partner counts against one with it."""

_SCALE_KNOTS: Final = (-15.0, 15.0)
RIDGE: Final = 1.0
SMOOTH: Final = 3.0

Pairs = Collection[tuple[str, str]]


@dataclass(frozen=True)
class Examples:
    """Candidates of labelled records in one state.

    Attributes
    ----------
    pairs
        All candidates of both tables (the neighbors count).
    values
        Comparison -> values, one a pair.
    rows
        Numbers of the pairs that teach: of labelled left records, not ignored.
    true
        Whether each of these is a true pair.
    group
        Which left record each belongs to (for folds).
    weight
        What each counts.
    """

    pairs: Compared
    values: Mapping[str, Floats]
    rows: Ints
    true: Flags
    group: Ints
    weight: float


def train(left: Records, right: Records, labels: Pairs, ignored: Pairs = ()) -> dict[str, Any]:
    """Learn weights.

    Parameters
    ----------
    left, right
        Records of two sources.
    labels
        True pairs of source keys (what stands after the first ":" of a record key).
    ignored
        Pairs that are neither right nor wrong.

    Returns
    -------
    dict
        The content of `weights.json`.
    """
    return fit([*examples(left, right, labels, ignored)])


def examples(left: Records, right: Records, labels: Pairs, ignored: Pairs = ()) -> Iterator[Examples]:
    """Show the records in every state of `STATES`, with their partners and without."""
    for columns in STATES.values():
        mine, theirs = _hide(left, columns), _hide(right, columns)
        yield _examples(mine, theirs, labels, ignored, 1.0)
        gone = {b for _, b in (*labels, *ignored)}
        kept = Records(theirs[~_own_keys(theirs).isin(gone)].reset_index(drop=True))
        yield _examples(mine, kept, labels, ignored, EMPTIED_SHARE)


def fit(shown: Sequence[Examples], *, leave_out: Collection[int] = ()) -> dict[str, Any]:
    """Fit the weights on examples, without the left records in `leave_out`."""
    learned = [entry for entry in COMPARISONS if entry.learned]
    knots = {entry.name: entry.knots for entry in learned}
    left_out = np.array([*leave_out], dtype=np.int64)
    taken = [part.rows[~np.isin(part.group, left_out)] for part in shown]
    true = np.concatenate([part.true[~np.isin(part.group, left_out)] for part in shown])
    weight = np.concatenate([np.full(len(rows), part.weight) for rows, part in zip(taken, shown, strict=True)])
    columns = {
        name: np.concatenate([part.values[name][rows] for rows, part in zip(taken, shown, strict=True)])
        for name in knots
    }
    points, intercept = _logistic(columns, knots, true, weight)
    bases = [_base(part, points, knots, intercept) for part in shown]
    second = {"scale": np.concatenate([base[rows] for base, rows in zip(bases, taken, strict=True)])}
    found = [leads(part.pairs, base) for part, base in zip(shown, bases, strict=True)]
    for at, name in enumerate(LEADS):
        second[name] = np.concatenate([lead[at][rows] for lead, rows in zip(found, taken, strict=True)])
    ends, offset = _logistic(second, {"scale": _SCALE_KNOTS} | dict.fromkeys(LEADS, LEAD_KNOTS), true, weight)
    low, high = ends.pop("scale")
    slope = (high - low) / (_SCALE_KNOTS[1] - _SCALE_KNOTS[0])
    return {
        "about": "Log-odds at each comparison's knots; written by inducult_geo.match.train.",
        "thresholds": dict(THRESHOLDS),
        "intercept": intercept,
        "points": points | {name: [*judged] for name, judged in JUDGED.items()},
        "neighbors": {
            "scale": round(slope, 4),
            "offset": round(offset + low - slope * _SCALE_KNOTS[0], 3),
            "leads": ends,
        },
    }


def _examples(left: Records, right: Records, labels: Pairs, ignored: Pairs, weight: float) -> Examples:
    """Compare the candidates of two tables and mark what is true."""
    prepared = prepare(concat_records([left, right]))
    pairs = Compared(prepared, *candidates_of(prepared, split=len(left)))
    keys = pd.Series(prepared.key, dtype="str").str.partition(":")[2].to_numpy(dtype=object)
    named = [*zip(keys[pairs.left], keys[pairs.right], strict=True)]
    truth, doubtful, lefts = set(labels), set(ignored), {a for a, _ in labels}
    true = np.array([pair in truth for pair in named], dtype=bool)
    teaches = np.array([pair[0] in lefts and pair not in doubtful for pair in named], dtype=bool) | true
    rows = np.flatnonzero(teaches)
    values = {entry.name: entry.compare(pairs).value for entry in COMPARISONS if entry.learned}
    return Examples(pairs, values, rows, true[rows], pairs.left[rows], weight)


def _base(part: Examples, points: Mapping[str, Any], knots: Mapping[str, Sequence[float]], intercept: float) -> Floats:
    """Log-odds of all pairs without neighbors."""
    parts = (weigh(part.values[name], knots[name], points[name]) for name in knots)
    return intercept + sum(parts, np.zeros(len(part.pairs.left)))


def _hats(value: Floats, knots: Sequence[float]) -> Floats:
    """How much each knot counts for each value (rows x knots); nothing where unknown."""
    held = np.clip(np.nan_to_num(value), knots[0], knots[-1])
    columns = [np.interp(held, knots, row) for row in np.eye(len(knots))]
    return np.where(np.isnan(value)[:, None], 0.0, np.column_stack(columns))


def _penalty(size: int) -> Floats:
    """Penalty on the points of one comparison: small, and without corners."""
    bends = np.diff(np.eye(size), n=2, axis=0) if size > 2 else np.zeros((0, size))
    return RIDGE * np.eye(size) + SMOOTH * bends.T @ bends


def _logistic(
    columns: Mapping[str, Floats], knots: Mapping[str, Sequence[float]], true: Flags, weight: Floats
) -> tuple[dict[str, list[float]], float]:
    """Fit points and intercept by Newton's method."""
    design = np.column_stack([np.ones(len(true)), *(_hats(columns[name], knots[name]) for name in knots)])
    penalty = block_diag(1e-6, *(_penalty(len(knots[name])) for name in knots))
    beta = np.zeros(design.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-(design @ beta)))
        gradient = design.T @ (weight * (true - p)) - penalty @ beta
        curvature = (design * (weight * p * (1 - p))[:, None]).T @ design + penalty
        step = solve(curvature, gradient, assume_a="pos")
        beta = beta + step
        if np.abs(step).max() < 1e-8:
            break
    split = np.split(beta[1:], np.cumsum([len(knots[name]) for name in knots])[:-1])
    # Three digits are what the labels can tell, and keep the file the same on every machine.
    return {name: [round(float(b), 3) for b in part] for name, part in zip(knots, split, strict=True)}, round(
        float(beta[0]), 3
    )


def _own_keys(records: Records) -> pd.Series:
    """Return the sources' own keys."""
    return records["record_key"].str.partition(":")[2]


def _hide(records: Records, columns: Sequence[str]) -> Records:
    """Return records without what stands in some columns."""
    hidden = records.copy()
    for column in columns:
        hidden[column] = pd.Series(None, index=hidden.index, dtype=hidden[column].dtype)
    return Records(hidden)


def read_pairs(path: Path) -> set[tuple[str, str]]:
    """Read the columns `left_id` and `right_id` of a CSV."""
    rows = pd.read_csv(path, dtype="str")
    return set(zip(rows["left_id"], rows["right_id"], strict=True))


def _columns(text: str) -> tuple[str, str]:
    field, _, column = text.partition("=")
    if not column:
        raise argparse.ArgumentTypeError(f"'{text}' is not FIELD=COLUMN, for example operator=company")
    return field, column


def main(args: Sequence[str] | None = None) -> int:
    """Fit the weights from two tables and their labels, and print them or write them to a file."""
    parser = argparse.ArgumentParser(
        prog="python -m inducult_geo.match.train",
        description="Fit the weights of the matcher. LEFT and RIGHT are CSV tables with id, name, lon, lat, and where "
        "known operator, address, postcode, city, country; LABELS and DONT_CARE have left_id and right_id.",
    )
    for name in ("left", "right", "labels"):
        parser.add_argument(name, type=Path, metavar=name.upper())
    parser.add_argument("dont_care", type=Path, nargs="?", metavar="DONT_CARE")
    parser.add_argument("--column", type=_columns, action="append", default=[], metavar="FIELD=COLUMN")
    parser.add_argument("--out", type=Path, help="the file to write, for example inducult_geo/match/weights.json")
    given = parser.parse_args(args)
    left, right = (records_from_csv(path, path.stem, dict(given.column)) for path in (given.left, given.right))
    ignored = read_pairs(given.dont_care) if given.dont_care else ()
    text = json.dumps(train(left, right, read_pairs(given.labels), ignored), indent=1) + "\n"
    if given.out:
        given.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
