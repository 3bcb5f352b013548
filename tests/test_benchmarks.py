"""Every benchmark can at least be started: `make bench` is run seldom, and what it imports moves."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

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
