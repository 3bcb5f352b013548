"""Measure linking on the labelled tables: `python tests/benchmarks/bench_link.py [SHARED] [--quick]`.

Every figure is of records that the weights were not learned from: folds of left records, whole countries left out (and
linked without the others' rows), and sets that teach nothing. One row a set and state; each also with all true partners
taken out ("emptied": share of the rows that are matched all the same). P, R and F1 are of what `link` calls a match,
works that the right list gives again among them. "F1 run" is of what a run would join by itself: one partner, never one
that nothing but nearness speaks for. "sure" are matches from 0.7 on (what else is doubtful is left out), "asked" is the
share of all others from 0.15 on, "of errors" the share of all errors that are among them. Then the reliability of the
scores, what each comparison adds, and a learning curve. Nothing here is used by the package.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
from printed import table

from inducult_geo.frames import Records, concat_records
from inducult_geo.match.again import matches
from inducult_geo.match.learning.labelled import Labelled, labelled_sets, read_pairs
from inducult_geo.match.learning.train import THRESHOLDS, Examples, examples, fit_weights
from inducult_geo.match.link import link
from inducult_geo.match.pairs.candidates import candidates_of
from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.scoring.kinds import Kinds
from inducult_geo.match.scoring.overlap import Overlap
from inducult_geo.match.scoring.score import DOUBTED, LEAD_KNOTS, Weights, score, weights_from
from inducult_geo.ragged import ranks_within

SETS = Path(__file__).with_name("labelled.toml")
ALONE = ("whole", "bare")
"""States in which a country is linked alone, too."""


@dataclass(frozen=True)
class Best:
    """The best candidate of each labelled left record, and what `link` finds given again beside it.

    Its score; whether it is true, and whether it counts (is neither ignored); whether `link` calls it a match, and
    whether a run joins it; whether it is given again.
    """

    left: np.ndarray
    chance: np.ndarray
    true: np.ndarray
    counts: np.ndarray
    match: np.ndarray
    run: np.ndarray
    again: np.ndarray

    def among(self, keys: Iterable[str]) -> Best:
        kept = np.isin(self.left, [*keys])
        return Best(*(getattr(self, field.name)[kept] for field in fields(self)))


def best_of(part: Examples, weights: Weights, judged: np.ndarray, *, many: Sequence[str] | None = None) -> Best:
    """Pick the best candidates of each left record in `judged` (record keys)."""
    scored = score(part.pairs, weights, part.scores, many=many_of(part) if many is None else many)
    keys, chance = part.pairs.prepared.key, scored.probability
    rank = ranks_within(part.pairs.left, chance)
    teaches, true = np.zeros(len(chance), dtype=bool), np.zeros(len(chance), dtype=bool)
    teaches[part.rows], true[part.rows] = True, part.true
    best, again, _ = matches(scored, rank == 0)
    rows = np.flatnonzero(((rank == 0) | again) & np.isin(keys[part.pairs.left], judged))
    left, match = keys[part.pairs.left[rows]], (best | again)[rows]
    run = best & scored.is_match & scored.is_backed
    return Best(left, chance[rows], true[rows], teaches[rows], match, run[rows], again[rows])


def many_of(part: Examples) -> tuple[str]:
    """The left's source: as in `link`, several of its records may have the same partner."""
    return (part.pairs.prepared.source[0],)


def joined(parts: Iterable[Best]) -> Best:
    each = [*parts]
    return Best(*(np.concatenate([getattr(p, field.name) for p in each]) for field in fields(Best)))


def figures(whole: Best, emptied: Best, n_true: int, n_left: int) -> dict[str, float]:
    """Precision, recall, F1; share of emptied records matched; the same of sure matches; what a person is asked."""
    match, sure = whole.match, whole.match & (whole.chance >= DOUBTED)
    asked = (whole.chance >= THRESHOLDS["review"]) & ~sure
    hits, said = (whole.true & match).sum(), (whole.counts & match).sum()
    decided = whole.chance >= THRESHOLDS["review"]
    wrong = ((whole.counts & ~whole.true) & match) | (whole.true & ~match)
    return {
        "precision": hits / max(said, 1),
        "recall": hits / n_true,
        "f1": 2 * hits / max(said + n_true, 1),
        "f1_run": 2 * (whole.true & whole.run).sum() / max((whole.counts & whole.run).sum() + n_true, 1),
        "emptied": len({*emptied.left[emptied.match]}) / n_left,
        "sure_precision": (whole.true & sure).sum() / max((whole.counts & sure).sum(), 1),
        "sure_recall": (whole.true & sure).sum() / n_true,
        "asked": asked.sum() / max(decided.sum(), 1),
        "errors_asked": (wrong & asked).sum() / max(wrong.sum(), 1),
    }


COLUMNS = {
    "P": "precision",
    "R": "recall",
    "F1": "f1",
    "F1 run": "f1_run",
    "emptied": "emptied",
    "sure P": "sure_precision",
    "sure R": "sure_recall",
    "asked": "asked",
    "of errors": "errors_asked",
}


def row(name: str, given: Mapping[str, float]) -> dict[str, object]:
    """One row of the table of figures."""
    return {"set": name} | {title: f"{given[key]:.3f}" for title, key in COLUMNS.items()}


def reliability(name: str, best: Best) -> dict[str, object]:
    """One row of the calibration: for each tenth of the score the share of right pairs, and their number."""
    told: dict[str, object] = {"right by score": name}
    for low in np.arange(0.0, 0.95, 0.1):
        here = (best.chance >= low) & (best.chance < low + 0.1 + (low > 0.85)) & ~best.again
        told[f"from {low:.1f}"] = f"{best.true[here].mean():.2f} ({here.sum()})" if here.sum() else ""
    return told


class Judge:
    """Holds the examples of all sets, and judges weights on left records that they were not learned from."""

    def __init__(self, sets: list[Labelled]) -> None:
        self.sets = {labelled.name: labelled for labelled in sets}
        self.shown = [part for labelled in sets for part in examples(labelled)]

    def lefts(self, name: str) -> np.ndarray:
        """Keys of the labelled left records of a set."""
        source = self.sets[name].left["record_key"].iloc[0].partition(":")[0]
        return np.array(sorted({f"{source}:{a}" for a, _ in self.sets[name].labels}), dtype=object)

    def parts(self, name: str) -> list[tuple[Examples, Examples]]:
        """States of a set, each with its partners and without."""
        return in_twos(part for part in self.shown if part.name.partition(",")[0] == name)

    def alone(self, name: str, fold: np.ndarray) -> list[tuple[Examples, Examples]]:
        """The same of tables that hold the countries of a fold alone, as a person brings them."""
        whole = self.sets[name]
        lands = whole.left.loc[whole.left["record_key"].isin(fold), "country"].unique()
        left, right = (Records(t[t["country"].isin(lands)].reset_index(drop=True)) for t in (whole.left, whole.right))
        mine = {*left["record_key"].str.partition(":")[2]}
        labels, ignored = ([pair for pair in pairs if pair[0] in mine] for pairs in (whole.labels, whole.ignored))
        return in_twos(examples(replace(whole, left=left, right=right, labels=labels, ignored=ignored)))

    def out_of(
        self, name: str, folds: Iterable[np.ndarray], shown: list[Examples] | None = None, *, alone: bool = False
    ) -> dict:
        """State -> best candidates with partners and without; each fold judged by weights learned from the others."""
        found: dict[str, tuple[list[Best], list[Best]]] = {}
        for fold in folds:
            weights = weights_from(fit_weights(shown or self.shown, leave_out=set(fold)))
            for state in self.alone(name, fold) if alone else self.parts(name):
                place = found.setdefault(state[0].name, ([], []))
                for part, into in zip(state, place, strict=True):
                    into.append(best_of(part, weights, fold))
        return {state: tuple(map(joined, both)) for state, both in found.items()}

    def report(self, name: str, found: dict, how: str, own: set[str] = frozenset()) -> list[tuple[dict, dict | None]]:
        """Rows of figures, and of the calibration where there is one."""
        rows, labels = [], self.sets[name].labels
        for state, (whole, emptied) in found.items():
            n_left, title = len({a for a, _ in labels}), f"{state} ({how})"
            rows.append((row(title, figures(whole, emptied, len(labels), n_left)), reliability(title, whole)))
            if own:
                source = self.lefts(name)[0].partition(":")[0]
                keys, n = {f"{source}:{a}" for a in own}, sum(a in own for a, _ in labels)
                given = figures(whole.among(keys), emptied.among(keys), n, len(own))
                rows.append((row("... names not copied", given), None))
        return rows


def in_twos(parts: Iterable[Examples]) -> list[tuple[Examples, Examples]]:
    """Put the examples of each state with partners and without side by side."""
    each = [*parts]
    return [*zip(each[::2], each[1::2], strict=True)]


def folds_of(keys: np.ndarray, count: int) -> list[np.ndarray]:
    """Cut keys up at random, the same every time."""
    order = np.random.default_rng(0).permutation(len(keys)) % count
    return [keys[order == number] for number in range(count)]


def own_names(shared: Path) -> set[str]:
    """Left ids of the pairs whose names were not copied from one another."""
    return {a for a, _ in read_pairs(shared / "data/sites/hotmaps_eutl_labels.csv", name_copied="False")}


def countries(shared: Path, judge: Judge) -> list[np.ndarray]:
    """Labelled left records of each country."""
    rows = pd.read_csv(shared / "data/sites/hotmaps_eutl_labels.csv", dtype="str")
    return [("hotmaps:" + group).unique().astype(object) for _, group in rows.groupby("country")["left_id"]]


def without(judge: Judge, shared: Path) -> list[dict[str, object]]:
    """Ablation and learning curve: learned from three fifths (or fewer) of the left records, judged on the others."""
    name = "hotmaps-eutl"
    order = np.random.default_rng(1).permutation(judge.lefts(name))
    cut = len(order) * 2 // 5
    judged, taught = order[:cut], order[cut:]
    kinds = {"": {*judged}, " own": {f"hotmaps:{a}" for a in own_names(shared)} & {*judged}}
    labels = [("hotmaps:" + a, b) for a, b in judge.sets[name].labels]
    states = dict(zip(("whole", "bare"), (judge.parts(name)[0], judge.parts(name)[3]), strict=True))

    def told(title: str, document: dict, many: Sequence[str] | None = None) -> dict[str, object]:
        cells: dict[str, object] = {"learned": title}
        for state, both in states.items():
            best, none = (best_of(part, weights_from(document), judged, many=many) for part in both)
            for kind, keys in kinds.items():
                given = figures(best.among(keys), none.among(keys), sum(a in keys for a, _ in labels), len(keys))
                cells[f"{state}{kind}: F1"] = f"{given['f1']:.3f}"
            cells[f"{state}: emptied"] = f"{figures(best, none, 1, len(judged))['emptied']:.3f}"
        return cells

    def taught_by(shown: list[Examples], leave: Iterable[str] = judged) -> dict:
        return fit_weights(shown, leave_out={*leave})

    whole = taught_by(judge.shown)
    rows = [told("all comparisons", whole)]
    for comparison in whole["points"]:
        if not all(np.isnan(part.scores[comparison].value).all() for part in judge.shown):
            document = taught_by([_blind(part, comparison) for part in judge.shown])
            document["points"][comparison] = [0.0] * len(document["points"][comparison])
            rows.append(told(f"without {comparison}", document))
    silent = dict.fromkeys(whole["neighbors"]["leads"], [0.0] * len(LEAD_KNOTS))
    rows.append(told("without leads", whole | {"neighbors": whole["neighbors"] | {"leads": silent}}))
    rows.append(told("without others that fit", whole, many=("hotmaps", "eutl")))
    for title, part in (("without overlap", "overlap"), ("without kinds", "kinds")):
        with mock.patch(f"inducult_geo.match.scoring.score.{part}", SILENT[part]):
            rows.append(told(title, whole))
    mine, others = ([p for p in judge.shown if p.name.startswith(name) == ours] for ours in (True, False))
    rows.append(told("power plants alone", taught_by(others, ())))
    counts = (25, 50, 100, 200, 400, len(taught))
    return rows + [told(f"{count} of its rows alone", taught_by(mine, [*judged, *taught[count:]])) for count in counts]


def _none(pairs: Compared) -> np.ndarray:
    return np.zeros(len(pairs.left), dtype=np.int32)


SILENT = {
    "overlap": lambda pairs, *_: Overlap(_none(pairs), np.zeros(1), np.zeros(1)),
    "kinds": lambda pairs, *_: Kinds(_none(pairs), np.zeros(1), np.full(1, -1)),
}
"""What is said about two lists -> the same, saying nothing."""


def _blind(part: Examples, comparison: str) -> Examples:
    seen = part.scores[comparison]
    return replace(part, scores=dict(part.scores) | {comparison: replace(seen, value=seen.value * np.nan)})


def bench_candidates(labelled: Labelled) -> dict[str, float]:
    """Recall of the candidates, how many a left record, and the CPU seconds that linking takes."""
    began = time.process_time()
    links = link(labelled.left, labelled.right)
    spent = time.process_time() - began
    tables = (labelled.left, labelled.right)
    first, second = candidates_of(prepare(concat_records([*tables])), split=len(labelled.left))
    ends = first, second - len(labelled.left)
    ids = [t["record_key"].str.partition(":")[2].to_numpy()[end] for t, end in zip(tables, ends, strict=True)]
    found, truth = set(zip(*ids, strict=True)), set(labelled.labels)
    doubtful = links["doubtful"].mean() if len(links) else 0.0
    return {
        "recall": len(found & truth) / len(truth),
        "per_record": len(found) / len(labelled.left),
        "cpu_s": spent,
        "doubtful": float(doubtful),
    }


def measure(links: pd.DataFrame, truth: set[tuple[str, str]], ignored: set[tuple[str, str]] = frozenset()) -> dict:
    """Precision, recall and F1 among labelled left rows, as the judge's script counts them."""
    sure = links[links["decision"] == "match"]
    predicted = set(zip(sure["left_id"], sure["right_id"], strict=True))
    lefts = {left for left, _ in truth}
    scored = {pair for pair in predicted if pair[0] in lefts and (pair in truth or pair not in ignored)}
    hits = len(scored & truth)
    precision, recall = hits / max(len(scored), 1), hits / len(truth)
    return {"precision": precision, "recall": recall, "f1": 2 * hits / max(len(scored) + len(truth), 1)}


def emptied(labelled: Labelled) -> Records:
    """The right table without every labelled partner: what is left has no true answer."""
    gone = {right for _, right in (*labelled.labels, *labelled.ignored)}
    return Records(labelled.right[~labelled.right["record_key"].str.partition(":")[2].isin(gone)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, nargs="?", default=Path(__file__).resolve().parents[3] / "shared")
    parser.add_argument("--quick", action="store_true", help="folds and countries alone")
    given = parser.parse_args()
    say = lambda text: sys.stdout.write(f"{text}\n")  # noqa: E731
    if not (given.shared / "data/sites").is_dir():
        say(f"skipped: no labelled tables under {given.shared}")
        return
    sets = labelled_sets(SETS, given.shared / "data/sites")
    judge, own = Judge(sets), own_names(given.shared)
    hotmaps, jrc = "hotmaps-eutl", "jrc-geodb"
    rounds = (
        (hotmaps, folds_of(judge.lefts(hotmaps), 5), "out of fold", own),
        (hotmaps, countries(given.shared, judge), "country left out", own),
        (jrc, folds_of(judge.lefts(jrc), 5), "out of fold", set()),
    )
    rows = []
    for name, folds, how, names in rounds:
        rows += judge.report(name, judge.out_of(name, folds), how, names)
    found = judge.out_of(hotmaps, countries(given.shared, judge), alone=True)
    found = {state: both for state, both in found.items() if state.partition(", ")[2] in ALONE}
    rows += judge.report(hotmaps, found, "country left out, and linked alone", own)
    rest = [part for part in judge.shown if not part.name.startswith(jrc)]
    rows += judge.report(jrc, judge.out_of(jrc, [judge.lefts(jrc)], rest), "never seen")
    say(table([figures for figures, _ in rows]) + "\n")
    say(table([calibration for _, calibration in rows if calibration]) + "\n")
    titles = {"recall": "recall of candidates", "per_record": "candidates a left record", "cpu_s": "linking, CPU s"}
    titles["doubtful"] = "doubtful rows of all"
    told = {labelled.name: bench_candidates(labelled) for labelled in sets}
    say(
        table([{"set": name} | {title: f"{of[key]:.4g}" for key, title in titles.items()} for name, of in told.items()])
    )
    if not given.quick:
        say("\n" + table(without(judge, given.shared)))


if __name__ == "__main__":
    main()
