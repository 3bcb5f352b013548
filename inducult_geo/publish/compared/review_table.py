"""The open questions as a table: written from a release, and read again after a person edited it."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from inducult_geo.errors import ConfigError, ContractError, ReleaseError
from inducult_geo.frames import from_json, read_shapes
from inducult_geo.publish.compared.opened import looked_at, tables_alone
from inducult_geo.publish.files import GEOPACKAGE, RECORDS_FILE
from inducult_geo.publish.layers.declared import layer_named
from inducult_geo.publish.layers.tables import GEOMETRY
from inducult_geo.publish.spreadsheet import degrees, is_workbook, read_csv, write_csv, write_workbook
from inducult_geo.store import replacing
from inducult_geo.text import counted, first_few, is_null, sql_name

ANSWER_COLUMNS: Final = ("review_id", "kind", "left_key", "right_key", "decision", "decided_by", "note")
"""The columns that are read of an edited table; all others are for reading only."""

_READ: Final = (*ANSWER_COLUMNS, "why")
"""With what the file knew when it asked, where that is there: an answer that knew less than the log comes late."""

_NEEDED: Final = (("review_id", "decision"), ("left_key", "right_key", "decision"))
"""Who sends a spreadsheet takes columns out: without either of these nobody knows what was decided, of what."""

_QUESTION: Final = ("review_id", "kind", "region", "question", "decision", "decided_by", "note")
_EVIDENCE: Final = ("left_key", "right_key", "score", "distance_m", "why", "priority")
_SIDE: Final = (
    *("source", "type", "aspect", "status", "start_year", "end_year"),
    *("operator", "address", "city", "website"),
)
_EXPORTED: Final = frozenset(
    (*_QUESTION, *_EVIDENCE, *(f"{side}_{name}" for side in ("left", "right") for name in ("name", *_SIDE)))
    + ("left_longitude", "left_latitude", "right_longitude", "right_latitude", "sheet")
)
READING: Final = ("kind", "left_key", "right_key", *sorted(_EXPORTED - {*ANSWER_COLUMNS, "sheet"}))
"""Columns of the table of questions that are not for answers."""

_OF_LAYER: Final = frozenset({"fid", *(column.name for column in layer_named("review").columns)})

_LAYER: Final = "review"
_MAP_LAYERS: Final = (".geojson", ".json", ".shp", ".dbf", ".kml", ".gml", ".fgb", ".parquet")
_NAMED_MAX: Final = 5


def export_review(release: Path, out: Path, answered: Collection[str] = ()) -> tuple[int, int]:
    """Write the open questions of a release as a CSV, or as a workbook (`.xlsx`), both records side by side.

    Returns their number, and how many of the release were left out since they are `answered` (by `review_id`).

    Columns: the question with the three answers to fill in, the evidence, then each fact of the left and of the right
    record in turn, with longitude and latitude (WGS84). Formula-safe; see `publish.spreadsheet`.

    Raises
    ------
    ReleaseError
        Where the folder is no release, or a damaged one.
    ConfigError
        Where `out` holds answers, or something else than an earlier table of questions; where it is a workbook that
        is there already, or is called like another kind of file.
    """
    _refuse_to_lose(out)
    table = questions_of(release)
    still = table[~table["review_id"].isin([*answered])]
    with replacing(out) as draft:
        if is_workbook(out):
            write_workbook(still, draft, _LAYER)
        else:
            write_csv(still, draft)
    return len(still), len(table) - len(still)


def questions_of(release: Path) -> pd.DataFrame:
    """Return the open questions of a release as `export_review` writes them, the most pressing first.

    Raises
    ------
    ReleaseError
        As `export_review` does.
    """
    package, records = release / GEOPACKAGE, release / RECORDS_FILE
    if not package.is_file() or not records.is_file():
        raise ReleaseError(f"{release}: no {GEOPACKAGE} with records.parquet: is this the folder of a release?")
    named = [*_QUESTION, *_EVIDENCE]
    try:
        # As all that reads a release: what somebody put there as a query could run without end.
        with closing(looked_at(tables_alone(package))) as con:
            # A release without questions has no such layer: then there is nothing to ask.
            questions = _select(con, named) if _columns(con) else []
        sides = _sides(records)
    except (sqlite3.Error, UnicodeDecodeError, pa.ArrowException, OSError, ValueError) as problem:
        raise ReleaseError(
            f"{release}: cannot be read: {str(problem).splitlines()[0]}. It is damaged, or was altered: "
            "`inducult verify` tells where. Get the release again."
        ) from problem
    table = pd.DataFrame(questions, columns=named, dtype=object)
    table = table.sort_values(["priority", "review_id"], ascending=[False, True], ignore_index=True)
    for field in ("name", *_SIDE, "longitude", "latitude"):
        for side in ("left", "right"):
            told = [sides.get(key, {}).get(field) for key in table[f"{side}_key"]]
            # As objects: beside a null a year must not become 1880.0.
            table[f"{side}_{field}"] = pd.Series(told, index=table.index, dtype=object)
    return table


def _refuse_to_lose(out: Path) -> None:
    """Refuse to write over what a person filled in, or what is no table of questions at all."""
    as_workbook = is_workbook(out)
    if not out.is_file() or not out.stat().st_size:
        return
    if as_workbook:
        raise ConfigError(f"{out}: is there already and may hold answers. Name another file, or remove it.")
    try:
        filled = sum(any(row[name] for name in ("decision", "decided_by", "note")) for row in read_answers(out))
    except ContractError as problem:
        raise ConfigError(
            f"{out}: is there already, and is not a table of questions. Name another file, or remove it."
        ) from problem
    if filled:
        raise ConfigError(
            f"{out}: is there already, with {counted(filled, 'answer')}. Name another file; or import the answers "
            f"first (`inducult review import {out.name}`), then remove it."
        )


def read_answers(source: Path) -> list[dict[str, str]]:
    """Read `ANSWER_COLUMNS` of an edited `inducult.gpkg` or CSV, as `read_edited` does."""
    return read_edited(source)[0]


def read_edited(source: Path) -> tuple[list[dict[str, str]], pd.DataFrame]:
    """Read `ANSWER_COLUMNS` and `why` of an edited `inducult.gpkg` or CSV ("" for null), and all that stands there.

    Raises
    ------
    ContractError
        Where the file has no such layer or columns, or cannot be read.
    """
    if not source.is_file():
        raise ContractError(f"{source}: no such file. Name an edited {GEOPACKAGE} or CSV.")
    if source.suffix.lower() in _MAP_LAYERS:
        raise ContractError(
            f"{source}: a file of the kind {source.suffix} cannot be read. In QGIS export the layer 'review' as CSV "
            f"(Export, Save Features As), or name the {GEOPACKAGE} that you answered in."
        )
    with source.open("rb") as handle:
        is_database = handle.read(16) == b"SQLite format 3\x00"
    table = _questions_in_geopackage(source) if is_database else read_csv(source, ANSWER_COLUMNS)
    return answers_of(source, table), table


def lost(answers: pd.DataFrame) -> list[str]:
    """Say which columns somebody added to questions, and wrote something into: nobody reads them."""
    added = [name for name in answers.columns if name not in _EXPORTED | _OF_LAYER]
    filled = [f"'{name}'" for name in added if any(str(cell).strip() for cell in answers[name] if cell is not None)]
    if not filled:
        return []
    return [
        f"not taken, since no question has such a column: {first_few(filled, _NAMED_MAX)}. Write what matters into the "
        "column note"
    ]


def answers_of(source: Path, table: pd.DataFrame) -> list[dict[str, str]]:
    """Return `ANSWER_COLUMNS` and `why` of a table that came back, as `read_answers` does; "" where one was taken out.

    Raises
    ------
    ContractError
        Where the decision is not there, or neither the question's id nor the keys of both records, or a column
        stands there twice.
    """
    least, both = _NEEDED
    _require(source, table.columns, least if "review_id" in table else both)
    return [_plain(values) for values in table.reindex(columns=[*_READ]).itertuples(index=False)]


def _questions_in_geopackage(source: Path) -> pd.DataFrame:
    """Read a GeoPackage as it stands, with what QGIS left in its write-ahead log.

    A copy is opened, because opening a database in WAL mode writes beside it, and it may be open elsewhere.
    """
    with TemporaryDirectory(prefix="inducult-review-") as folder:
        copy = Path(folder, "review.gpkg")
        shutil.copyfile(source, copy)
        for suffix in ("-wal", "-shm", "-journal"):
            beside = source.with_name(source.name + suffix)
            if beside.is_file():
                shutil.copyfile(beside, copy.with_name(copy.name + suffix))
        try:
            with closing(sqlite3.connect(copy)) as con:
                con.execute("PRAGMA trusted_schema = OFF")
                there = [name for name in _columns(con) if name != GEOMETRY]
                _require(source, there, ANSWER_COLUMNS)
                return pd.DataFrame(_select(con, there), columns=there, dtype=object)
        except (sqlite3.Error, UnicodeDecodeError) as problem:
            raise ContractError(
                f"{source}: cannot be read: {problem}. Save the layer 'review' in QGIS, close the project, try again."
            ) from problem


def _columns(con: sqlite3.Connection) -> list[str]:
    """Return the columns of the layer; none where it is not a table of its own (a view could run anything)."""
    if not con.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (_LAYER,)).fetchone():
        return []
    return [str(name) for (name,) in con.execute("SELECT name FROM pragma_table_info(?)", (_LAYER,))]


def _require(source: Path, found: Iterable[str], needed: Iterable[str]) -> None:
    there = Counter(found)
    twice = [name for name in ANSWER_COLUMNS if there[name] > 1]
    if twice:
        raise ContractError(f"{source}: several columns are called {', '.join(twice)}. Keep the one that is meant.")
    missing = [name for name in needed if name not in there]
    if not any(name in there for name in ANSWER_COLUMNS):
        raise ContractError(f"{source}: holds no open questions: it needs the layer or table '{_LAYER}' of a release.")
    if missing:
        raise ContractError(
            f"{source}: no column {', '.join(missing)} among the questions. Leave the columns in place."
        )


def _select(con: sqlite3.Connection, columns: Iterable[str]) -> list[tuple[Any, ...]]:
    """Read columns of the layer."""
    # With the table's name: alone SQLite takes that of a column which is not there for a text.
    named = ", ".join(f"{_LAYER}.{sql_name(name)}" for name in columns)
    return con.execute(f"SELECT {named} FROM {_LAYER}").fetchall()  # noqa: S608


def _plain(values: Iterable[Any]) -> dict[str, str]:
    texts = ("" if is_null(value) else str(value).strip() for value in values)
    return dict(zip(_READ, texts, strict=True))


def _sides(path: Path) -> dict[str, dict[str, Any]]:
    """Return what is shown of each record of a release."""
    records = read_shapes(path, columns=["record_key", "names", *_SIDE, "geometry"])
    longitude, latitude = degrees(records.geometry.to_numpy())
    names = pd.Series([from_json(text).get("name") for text in records["names"]], index=records.index, dtype="str")
    table = pd.DataFrame(records[[*_SIDE]]).assign(name=names, longitude=longitude, latitude=latitude)
    rows = ({str(name): value for name, value in row.items()} for row in table.to_dict("records"))
    return dict(zip(records["record_key"].astype(str), rows, strict=True))
