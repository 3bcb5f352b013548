"""Bounds on what happens to files that arrive wrong; `benchmarks/bench_placement.py` measures the same more widely."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from corruptions import REGIONS, Dataset, datasets, lies, noisy, region
from placing import is_torn, outcome

from inducult_geo.catalog import Contract
from inducult_geo.errors import ContractError
from inducult_geo.harmonize.places.ground import Ground
from inducult_geo.harmonize.places.place import place


@pytest.fixture(autouse=True)
def _no_grids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INDUCULT_GRIDS", raising=False)


def _all(shared: Path, name: str, n: int, how: str = "spread") -> list[Dataset]:
    where = region(shared, name)
    return [data for crs in where.systems for data in datasets(where, crs, n, seed=n, how=how)]


@pytest.mark.parametrize(
    ("name", "n", "how"),
    [
        # Each region in one way at once, in the others where there is time.
        pytest.param(name, n, how, marks=[] if at % 2 == way else [pytest.mark.slow])
        for at, name in enumerate(REGIONS)
        for way, (n, how) in enumerate([(5, "spread"), (12, "town"), (40, "border")])
    ],
)
def test_damaged_files_are_repaired_or_kept_back(shared: Path, name: str, n: int, how: str) -> None:
    seen: Counter[str] = Counter()
    rows_elsewhere = 0
    for data in _all(shared, name, n, how):
        found, _, wrong = outcome(data)
        rows_elsewhere += wrong
        if data.kind == "none":
            assert found == "as declared", data
            continue
        if found == "kept back":
            # What is kept back has two meanings; all else is repaired.
            assert is_torn(data), (data.crs, data.kind)
            found = "torn"
        assert found != "as declared" or data.crs in ("EPSG:5513", "EPSG:2065"), (data.crs, data.kind)
        seen[found] += 1
    assert rows_elsewhere == 0
    assert set(seen) <= {"repaired", "as declared", "torn"}
    assert seen["torn"] <= 0.15 * seen.total()


@pytest.mark.slow
@pytest.mark.parametrize("name", REGIONS)
def test_noise_changes_no_decision_for_the_worse(shared: Path, name: str) -> None:
    for data in _all(shared, name, 60):
        found, right, wrong = outcome(noisy(data, 0.05, 1))
        assert found not in ("REPAIRED WRONGLY", "believed"), (data.crs, data.kind)
        # A digit may be wrong and the point still lie inside: no more rows than were damaged.
        assert wrong <= 3
        assert right >= 57 or (right == 0 and (found == "kept back"))


@pytest.mark.slow
@pytest.mark.parametrize("name", REGIONS)
def test_a_file_that_lies_is_kept_back_or_believed_never_repaired_wrongly(shared: Path, name: str) -> None:
    where = region(shared, name)
    for truth in where.systems:
        for data in lies(where, truth, 20, seed=2):
            assert outcome(data)[0] != "REPAIRED WRONGLY", (truth, data.crs)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if at in (1, 3) else [pytest.mark.slow]) for at, name in enumerate(REGIONS)]
)
def test_without_a_declared_system_nothing_is_guessed(shared: Path, name: str) -> None:
    seen: Counter[str] = Counter()
    for data in _all(shared, name, 20):
        if data.crs not in data.region.usual:
            # A system that the region's file does not list cannot be found: it must not be taken for another.
            continue
        found, _, wrong = outcome(data, crs=None)
        assert (found, wrong) != ("REPAIRED WRONGLY", data.n), (data.crs, data.kind)
        assert wrong == 0, (data.crs, data.kind)
        seen[found] += 1
    assert seen["kept back"]


def _ground(data: Dataset) -> Ground:
    return Ground(data.region.name, data.region.country, data.region.area, data.region.usual)


@pytest.mark.parametrize(
    ("name", "crs"),
    [
        ("padova", "EPSG:3003"),
        ("zwickau", "EPSG:31469"),
        ("karlovy-vary", "EPSG:3835"),
        ("sisak-moslavina", "EPSG:31275"),
    ],
)
def test_one_decision_of_a_steward_settles_it(shared: Path, name: str, crs: str) -> None:
    """Quarantined rows say which readings fit and how far apart; one line in the contract places all of them."""
    torn = [
        data for how in ("spread", "town", "border") for n in (12, 30)
        for data in datasets(region(shared, name), crs, n, seed=3, how=how)
        if data.kind == "prefix missing" and outcome(data)[0] == "kept back"
    ]  # fmt: skip
    assert torn
    for data in torn:
        rows = pd.DataFrame({"x": data.x, "y": data.y}, dtype=object)
        declared = {"crs": data.crs, "x": "X", "y": "Y", "accuracy_m": 1.0}
        contract = Contract(id="t", files=("a.csv",), place=declared, declared_in=Path("t.toml"))
        placed = place(rows, contract, _ground(data))
        assert set(placed.cells.reason) == {"ambiguous_place"}
        assert max(candidate["shift_m"] for candidate in placed.candidates) > 3
        assert {"reading", "crs", "inside_share", "shift_m"} <= set(placed.candidates[0])
        detail = placed.cells.detail[0] or ""
        assert "'zone prefix missing' in EPSG" in detail
        assert "m away" in detail
        assert 'below [place]: reading = "' in detail
        found, right, wrong = outcome(data, reading="zone prefix missing")
        assert (found, right, wrong) == ("repaired", data.n, 0)


def test_a_repair_of_a_noisy_file_is_offered_and_can_be_settled(shared: Path) -> None:
    where = region(shared, "opole")
    data = next(item for item in datasets(where, "EPSG:2180", 40, seed=1) if item.kind == "kilometers")
    x = [*data.x[:30], *(f"{float(text) + 900:.3f}" for text in data.x[30:])]
    spoiled = Dataset(where, data.crs, data.kind, x, data.y, data.lon, data.lat)
    assert outcome(spoiled)[0] == "kept back"
    assert outcome(spoiled, reading="kilometers")[1:] == (30, 0)
    contract = Contract(
        id="t", files=("a",), place={"crs": "EPSG:2180", "x": "X", "y": "Y"}, declared_in=Path("t.toml")
    )
    placed = place(pd.DataFrame({"x": x, "y": data.y}, dtype=object), contract, _ground(data))
    assert "too few for a repair" in (placed.cells.detail[0] or "")


def test_half_a_file_inside_does_not_settle_an_undeclared_system(shared: Path) -> None:
    where = region(shared, "opole")
    data = next(iter(datasets(where, "EPSG:2177", 40, seed=1)))
    x = [*data.x[:30], *(f"{float(text) + 900_000:.3f}" for text in data.x[30:])]
    assert outcome(Dataset(where, data.crs, "half", x, data.y, data.lon, data.lat), crs=None)[0] == "kept back"


def test_a_reading_that_names_several_or_none_is_refused(shared: Path) -> None:
    where = region(shared, "gorenjska")
    data = next(iter(datasets(where, "EPSG:3912", 20, seed=1)))
    rows = pd.DataFrame({"x": data.x, "y": data.y}, dtype=object)
    for reading, said in (("as written", "fits several readings"), ("upside down", "does not fit. Fitting: EPSG:")):
        contract = Contract(
            id="t", files=("a",), place={"x": "X", "y": "Y", "reading": reading}, declared_in=Path("t.toml")
        )
        with pytest.raises(ContractError, match=said):
            place(rows, contract, _ground(data))
    one = Contract(
        id="t", files=("a",), place={"x": "X", "y": "Y", "reading": "EPSG:3912 as written"}, declared_in=Path("t.toml")
    )
    assert set(place(rows, one, _ground(data)).cells.reason) == {None}


@pytest.mark.parametrize("mark", [",", "."])
def test_a_decimal_mark_that_differs_is_followed_and_said(shared: Path, mark: str) -> None:
    where = region(shared, "opole")
    data = next(item for item in datasets(where, "EPSG:2180", 12, seed=1) if item.kind == "decimal comma")
    texts = [[text.replace(",", mark) for text in texts] for texts in (data.x, data.y)]
    other = "." if mark == "," else ","
    contract = Contract(
        id="t", files=("a",), place={"crs": "EPSG:2180", "x": "X", "y": "Y"}, read={"decimal": other},
        declared_in=Path("t.toml"),
    )  # fmt: skip
    rows = pd.DataFrame({"x": texts[0], "y": texts[1]}, dtype=object)
    placed = place(rows, contract, _ground(data))
    assert set(placed.cells.reason) == {None}
    said = next(problem for problem in placed.problems if problem.kind == "decimal_differs")
    assert f"'{mark}' as decimal mark" in said.message
    assert placed.cells.raw_x == texts[0]
    # Four rows are too few to overrule a contract.
    few = place(rows[:4], contract, _ground(data))
    assert set(few.cells.reason) == {"bad_coordinate"}
    assert np.isnan(few.cells.x).all()
