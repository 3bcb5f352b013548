"""Questions of the sample and the answers to them, for the tests of the review."""

from __future__ import annotations

import csv
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from conftest import released

from inducult_geo.review.table import ANSWER_COLUMNS, export_review
from inducult_geo.run import Run, open_run
from inducult_geo.store import current_release

ASKING = ("gorenjska", "leoben", "sisak-moslavina")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> Path:
    """The data folder of a run of three regions of the sample, which ask more than half of its questions."""
    return released(tmp_path_factory, "asking_data", ASKING, sample_data)


@pytest.fixture
def run(tmp_path: Path, built: Path) -> Run:
    shutil.copytree(built, tmp_path / "data", symlinks=True)
    return open_run(tmp_path / "data")


def release_of(run: Run) -> Path:
    release = current_release(run.folder)
    assert release is not None
    return release


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, built: Path) -> Path:
    path = tmp_path_factory.mktemp("exported") / "review.csv"
    export_review(release_of(open_run(built)), path)
    return path


@pytest.fixture
def sheet(tmp_path: Path, exported: Path) -> Path:
    """The questions as a CSV."""
    return Path(shutil.copy(exported, tmp_path))


def rows_of(sheet: Path) -> list[dict[str, str]]:
    with sheet.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def save(sheet: Path, rows: list[dict[str, str]], *, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    with sheet.open("w", encoding=encoding, newline="") as handle:
        writer = csv.DictWriter(handle, rows[0], delimiter=delimiter, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
    return sheet


def pairs_of(sheet: Path) -> list[dict[str, str]]:
    return [row for row in rows_of(sheet) if row["kind"] == "pair"]


def answered(sheet: Path, answer: Callable[[dict[str, str]], None], which: int = 0) -> dict[str, str]:
    """Answer one question of the sheet and save it."""
    rows = rows_of(sheet)
    (row,) = [row for row in rows if row["review_id"] == pairs_of(sheet)[which]["review_id"]]
    answer(row)
    save(sheet, rows)
    return row


def line(left: str, right: str, decision: str, **more: str) -> dict[str, str]:
    blank = dict.fromkeys(ANSWER_COLUMNS, "")
    return blank | {"kind": "pair", "left_key": left, "right_key": right, "decision": decision, **more}


def keys(built: Path, n: int) -> list[str]:
    """Some record keys of the sample."""
    return sorted(pd.read_parquet(built / "processed" / "current" / "records.parquet")["record_key"])[:n]


def ids(run: Run) -> dict[str, str]:
    """Which site each record is part of in the current release."""
    records = pd.read_parquet(release_of(run) / "records.parquet").dropna(subset=["site_id"])
    return dict(zip(records["record_key"], records["site_id"], strict=True))


def questions(run: Run) -> set[str]:
    with closing(sqlite3.connect(release_of(run) / "inducult.gpkg")) as con:
        return {name for (name,) in con.execute("SELECT review_id FROM review")}


def as_geopackage(run: Run, sheet: Path) -> Path:
    """A copy of the release in whose layer of questions stands what the sheet says."""
    copy = Path(shutil.copy(release_of(run) / "inducult.gpkg", sheet.with_suffix(".gpkg")))
    with closing(sqlite3.connect(copy)) as con:
        for (name,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            con.execute(f'DROP TRIGGER "{name}"')  # They call functions that QGIS has.
        for row in rows_of(sheet):
            answer = [row[name] or None for name in ("decision", "decided_by", "note", "review_id")]
            con.execute("UPDATE review SET decision = ?, decided_by = ?, note = ? WHERE review_id = ?", answer)
        con.commit()
    return copy
