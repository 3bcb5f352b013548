"""Measure linking on the labelled tables: `python tests/benchmarks/bench_link.py [SHARED]`.

Builds records straight from the CSV files (so that reading and harmonizing are not measured), links them with the
shipped weights and scores against the labels. Nothing here is used by the package.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from inducult_geo.frames import Records
from inducult_geo.match.ragged import ranks_within
from inducult_geo.match.tables import records_from_csv

SURE = 0.8
"""Score from which a match needs no person."""

TAGS = {
    "jrc": {"capacity": "capacity_mw", "fuel": "types"},
    "geodb": {"capacity": "capacity_mw", "fuel": "primary_fuel"},
}


def hotmaps(shared: Path) -> Records:
    return records_from_csv(shared / "data/sites/hotmaps.csv", "hotmaps", {"operator": "company"})


def eutl(shared: Path) -> Records:
    return records_from_csv(shared / "data/sites/eutl.csv", "eutl")


def read_pairs(path: Path, **only: str) -> set[tuple[str, str]]:
    rows = pd.read_csv(path, dtype="str")
    for column, value in only.items():
        rows = rows[rows[column] == value]
    return set(zip(rows["left_id"], rows["right_id"], strict=True))


def measure(links: pd.DataFrame, truth: set[tuple[str, str]], ignored: set[tuple[str, str]] = frozenset()) -> dict:
    """Precision, recall and F1 among labelled left rows, as the judge's script counts them."""
    sure = links[links["decision"] == "match"]
    predicted = set(zip(sure["left_id"], sure["right_id"], strict=True))
    lefts = {left for left, _ in truth}
    scored = {pair for pair in predicted if pair[0] in lefts and (pair in truth or pair not in ignored)}
    hits = len(scored & truth)
    precision, recall = hits / max(len(scored), 1), hits / len(truth)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4), "n": len(truth)}


def without(records: Records, *pairs: set[tuple[str, str]]) -> Records:
    """Records without every labelled partner: what is left has no true answer."""
    gone = {right for part in pairs for _, right in part}
    return Records(records[~records["record_key"].str.partition(":")[2].isin(gone)].reset_index(drop=True))


def stripped(records: Records, *columns: str) -> Records:
    """Records as a source would give them that does not know these columns."""
    bare = records.copy()
    for column in columns:
        bare[column] = pd.Series(None, index=bare.index, dtype=bare[column].dtype)
    return Records(bare)


def bench_sites(shared: Path) -> dict:
    from inducult_geo.match.candidates import candidates
    from inducult_geo.match.link import link

    labels = shared / "data/sites/hotmaps_eutl_labels.csv"
    truth, own = read_pairs(labels), read_pairs(labels, name_copied="False")
    ignored = read_pairs(shared / "data/sites/hotmaps_eutl_dont_care.csv")
    left, right = hotmaps(shared), eutl(shared)
    began = time.process_time()
    links = link(left, right)
    figures: dict = {"cpu_s": round(time.process_time() - began, 1)}
    at_left, at_right = candidates(left, right)
    ids = [frame["record_key"].str.partition(":")[2].to_numpy() for frame in (left, right)]
    found = set(zip(ids[0][at_left], ids[1][at_right], strict=True))
    figures |= {"candidate_recall": round(len(found & truth) / len(truth), 4)}
    figures |= {"candidates_per_record": round(len(found) / len(left), 1)}
    figures |= {"all": measure(links, truth, ignored), "name_not_copied": measure(links, own, ignored)}
    figures["review_rows"] = int((links["decision"] == "review").sum())
    figures["match_rows"] = int((links["decision"] == "match").sum())
    bare = [stripped(frame, "address", "postcode", "city", "operator") for frame in (left, right)]
    poor = link(*bare)
    figures |= {"bare": measure(poor, truth, ignored), "bare_not_copied": measure(poor, own, ignored)}
    for name, tables in {"emptied": (left, right), "emptied_bare": bare}.items():
        none = link(tables[0], without(tables[1], truth, ignored))
        lefts = {a for a, _ in truth}
        matched = set(none.loc[none["decision"] == "match", "left_id"]) & lefts
        asked = set(none.loc[none["decision"] == "review", "left_id"]) & lefts - matched
        figures[name] = {"matched": round(len(matched) / len(lefts), 4), "review": round(len(asked) / len(lefts), 4)}
    return figures


def bench_power(shared: Path, *, tags: bool = False) -> dict:
    from inducult_geo.match.link import link

    folder = shared / "data/sites"
    truth = read_pairs(folder / "power_jrc_geodb_labels.csv")
    left, right = (records_from_csv(folder / f"power_{name}.csv", name, TAGS[name] if tags else None) for name in TAGS)
    links = link(left, right)
    none = link(left, without(right, truth))
    matched = set(none.loc[none["decision"] == "match", "left_id"]) & {a for a, _ in truth}
    return measure(links, truth) | {"emptied_matched": round(len(matched) / len(truth), 4)}


def labelled(shared: Path) -> tuple[Records, Records, set[tuple[str, str]], set[tuple[str, str]]]:
    folder = shared / "data/sites"
    ignored = read_pairs(folder / "hotmaps_eutl_dont_care.csv")
    return hotmaps(shared), eutl(shared), read_pairs(folder / "hotmaps_eutl_labels.csv"), ignored


def write_weights(shared: Path, target: Path) -> None:
    """Learn the shipped weights anew."""
    from inducult_geo.match.train import train

    target.write_text(json.dumps(train(*labelled(shared)), indent=1) + "\n", encoding="utf-8")


def bench_folds(shared: Path, folds: int = 5) -> dict:
    """Judge weights on the left records that they were not learned from."""
    from inducult_geo.match.score import score, weights_from
    from inducult_geo.match.train import examples, fit

    left, right, truth, ignored = labelled(shared)
    own = {a for a, _ in read_pairs(shared / "data/sites/hotmaps_eutl_labels.csv", name_copied="False")}
    shown = [*examples(left, right, truth, ignored)]
    groups = np.unique(np.concatenate([part.group for part in shown]))
    fold_of = np.random.default_rng(0).permutation(len(groups)) % folds
    counts = {"all": [0, 0, len(truth)], "name_not_copied": [0, 0, len(own)]}
    whole, emptied, matched = shown[0], shown[1], 0
    chances: list[np.ndarray] = []
    truths: list[np.ndarray] = []
    keys = pd.Series(whole.pairs.prepared.key, dtype="str").str.partition(":")[2].to_numpy()
    for fold in range(folds):
        out = groups[fold_of == fold]
        weights = weights_from(fit(shown, leave_out=out))
        for part in (whole, emptied):
            scored = score(part.pairs, weights)
            best = ranks_within(part.pairs.left, scored.probability)[part.rows] == 0
            hit = best & scored.is_match[part.rows] & np.isin(part.group, out)
            if part is emptied:
                matched += int(hit.sum())
                continue
            chances.append(scored.probability[part.rows][best & np.isin(part.group, out)])
            truths.append(part.true[best & np.isin(part.group, out)])
            for name, among in (("all", True), ("name_not_copied", np.isin(keys[part.group], [*own]))):
                counts[name][0] += int((hit & among & part.true).sum())
                counts[name][1] += int((hit & among).sum())
    figures: dict = {name: round(2 * hits / (said + n), 4) for name, (hits, said, n) in counts.items()}
    score_of, true = (np.concatenate(part) for part in (chances, truths))
    figures["calibration"] = {
        f"{low:.1f}-{low + 0.1:.1f}": [int(here.sum()), round(float(true[here].mean()), 3) if here.any() else None]
        for low in np.arange(0, 10) / 10
        for here in [(score_of >= low) & (score_of < low + 0.1 + (low == 0.9))]
    }
    sure = score_of >= SURE
    figures["sure"] = {
        "precision": round(float(true[sure].mean()), 4),
        "recall": round(true[sure].sum() / len(truth), 4),
    }
    return figures | {"emptied": round(matched / len(truth), 4)}


def bench_without(shared: Path, *, quick: bool = True) -> dict:
    """Ablation and learning curve: trained on three fifths (or fewer) of the left records, judged on the others."""
    from inducult_geo.match.score import score, weights_from
    from inducult_geo.match.train import examples, fit

    shown = [*examples(*labelled(shared))]
    whole, groups = shown[0], np.unique(np.concatenate([part.group for part in shown]))
    order = np.random.default_rng(1).permutation(groups)
    cut = len(order) * 2 // 5
    judged, taught = order[:cut], order[cut:]

    def f1(document: dict) -> float:
        scored = score(whole.pairs, weights_from(document))
        best = ranks_within(whole.pairs.left, scored.probability)[whole.rows] == 0
        among = np.isin(whole.group, judged)
        hit = best & scored.is_match[whole.rows] & among
        return round(2 * float((hit & whole.true).sum()) / float(hit.sum() + (whole.true & among).sum()), 4)

    figures: dict = {"all": f1(fit(shown, leave_out=judged)), "without": {}, "labels": {}}
    for name in whole.values:
        blind = [replace(part, values=part.values | {name: part.values[name] * np.nan}) for part in shown]
        document = fit(blind, leave_out=judged)
        figures["without"][name] = f1(document)
    for count in (50, 200, len(taught)) if quick else (25, 50, 100, 200, 400, len(taught)):
        figures["labels"][str(count)] = f1(fit(shown, leave_out=[*judged, *taught[count:]]))
    return figures


def table(figures: dict) -> str:
    """One line a set: precision, recall, F1, and the share of emptied records that were matched or asked."""
    sites, lines = figures["hotmaps_eutl"], [f"{'set':28}{'P':>8}{'R':>8}{'F1':>8}{'emptied':>9}{'asked':>8}"]
    rows = {
        "hotmaps x eutl": (sites["all"], sites["emptied"]),
        "  names not copied": (sites["name_not_copied"], {}),
        "  without address, operator": (sites["bare"], sites["emptied_bare"]),
        "    names not copied": (sites["bare_not_copied"], {}),
    }
    for name, (said, none) in rows.items():
        lines.append(_line(name, said, none))
    power = ("jrc_geodb", "jrc_geodb_tags")
    lines.extend(_line(name, figures[name], {"matched": figures[name]["emptied_matched"]}) for name in power)
    share = sites["review_rows"] / max(sites["review_rows"] + sites["match_rows"], 1)
    lines.append(f"review share of decided pairs {share:.3f}; candidate recall {sites['candidate_recall']}")
    return "\n".join(lines)


def _line(name: str, said: dict, none: dict) -> str:
    cells = [said["precision"], said["recall"], said["f1"]]
    extra = [f"{none[key]:.4f}" if key in none else "" for key in ("matched", "review")]
    return f"{name:28}" + "".join(f"{cell:8.4f}" for cell in cells) + f"{extra[0]:>9}{extra[1]:>8}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, nargs="?", default=Path(__file__).resolve().parents[3] / "shared")
    parser.add_argument("--train", type=Path, metavar="WEIGHTS.json", help="learn the weights anew and write them")
    parser.add_argument("--folds", action="store_true", help="judge out of fold too")
    parser.add_argument("--ablation", action="store_true", help="leave out comparisons and labels, one after the other")
    given = parser.parse_args()
    if given.train:
        write_weights(given.shared, given.train)
    if not (given.shared / "data/sites").is_dir():
        sys.stdout.write(f"skipped: no labelled tables under {given.shared}\n")
        return
    figures = {"hotmaps_eutl": bench_sites(given.shared), "jrc_geodb": bench_power(given.shared)}
    figures["jrc_geodb_tags"] = bench_power(given.shared, tags=True)
    if given.folds:
        figures["out_of_fold"] = bench_folds(given.shared)
    if given.ablation:
        figures["ablation"] = bench_without(given.shared)
    json.dump(figures, sys.stdout, indent=1)
    sys.stdout.write("\n" + table(figures) + "\n")


if __name__ == "__main__":
    main()
