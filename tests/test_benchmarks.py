"""Every benchmark can at least be started: `make bench` is run seldom, and what it imports moves."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parent / "benchmarks"


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("bench_*.py")))
def test_a_benchmark_starts_and_says_what_it_measures(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, name, raising=False)
    module = importlib.import_module(name)
    assert (module.__doc__ or "").strip()


def test_what_a_bench_prints_is_a_table_on_a_page_as_well() -> None:
    table = importlib.import_module("printed").table
    rows = [{"set": "a|b", "pairs": 12_345, "F1": 0.5}, {"set": "longer", "pairs": 7, "F1": ""}]
    assert table(rows).splitlines() == [
        "| set    |  pairs |  F1 |",
        "|--------|-------:|----:|",
        "| a\\|b   | 12,345 | 0.5 |",
        "| longer |      7 |     |",
    ]


def test_splink_is_given_the_words_that_ours_compares(tmp_path: Path) -> None:
    """What stands in the tables for it is what our comparisons look at: words, their rarity, numbers, places."""
    scale, splink = importlib.import_module("bench_scale"), importlib.import_module("splink_pairs")
    random = np.random.default_rng(1)
    records = scale.records_of(scale.works(random, 60), random, 120)
    pairs = scale.compared(scale.prepare(records))
    prepared = pairs.prepared
    told, given = (pd.read_parquet(path) for path in splink.write_tables(records, pairs, tmp_path))
    assert (given["join_key_l"].to_numpy() == pairs.left).all()
    lists = {"name": prepared.names, "operator": prepared.operators}
    for field, side in lists.items():
        for at in range(0, 120, 7):
            words, weights = told[f"our_{field}_words"][at], told[f"our_{field}_weights"][at]
            if not side.counts[at]:
                assert words is None
                continue
            numbers = prepared.variants.row(side.row(at)[0])
            assert sorted(words) == sorted(prepared.lexicon.words[numbers])
            assert weights.sum() == pytest.approx(prepared.lexicon.weights[numbers].sum())
            assert told[f"our_{field}_sum"][at] == pytest.approx(weights.sum())
    assert told["rarest"][0] in told["our_name_words"][0]
    assert told["our_x"].to_numpy(dtype=float) == pytest.approx(prepared.x)
    assert told["our_ids"].isna().all()


def test_a_small_size_is_told_by_its_run_of_median_time(monkeypatch: pytest.MonkeyPatch) -> None:
    scale = importlib.import_module("bench_scale")
    spent = {10: [0.3, 0.1, 0.2, 0.9, 0.8], scale.SMALL + 1: [7.0]}
    left = {size: [*times] for size, times in spent.items()}
    monkeypatch.setattr(
        scale, "apart", lambda _, sizes: [{scale.WHOLE: left[size][0], "run": left[size].pop(0)} for size in sizes]
    )
    told = scale.often([*spent])
    assert {size: made["run"] for size, made in told.items()} == {10: 0.3, scale.SMALL + 1: 7.0}
    assert not any(left.values())
