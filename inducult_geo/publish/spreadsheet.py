"""CSV for spreadsheets: no cell can act as a formula, and accents survive a double click.

A cell of text that begins with a character that a spreadsheet takes for the start of a formula gets a leading
apostrophe (OWASP, "CSV Injection"); a plain number keeps its sign. The file begins with a byte order mark, because
Excel reads a CSV without one in the code page of the machine and spoils every accent; pandas, DuckDB, GDAL, R's readr
and LibreOffice skip the mark.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely
from pandas.api.types import is_numeric_dtype

from inducult_geo.errors import ConfigError, ContractError
from inducult_geo.publish.degrees import to_degrees
from inducult_geo.ragged import blocks
from inducult_geo.text import is_null, of_each, storable
from inducult_geo.text.encodings import best_encoding

ENCODING = "utf-8-sig"
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_MAYBE: Final = frozenset((*_STARTS, "'"))
"""Characters with which a text begins that may need an apostrophe."""

MOST_ROWS: Final = 2**20 - 1
"""So many rows a sheet of Excel has below its header."""

_WORKBOOK: Final = ".xlsx"
_NEITHER: Final = (".xls", ".ods", ".gpkg", ".geojson", ".json", ".parquet")
_DELIMITERS = ",;\t"
_CODE_PAGES: Final = ("cp1252", "cp1250")
_SAVE_SO: Final = "Save it as 'CSV UTF-8' and try again."
_ANY_LENGTH = 2**31 - 1


class UnixRows:
    """A text file for `csv.writer` whose rows end in a line feed alone.

    The writer must end them in `WRITTEN_END`: before Python 3.11.9 and 3.12.3 (gh-67044) it quotes no other ends of
    lines than its own, and a bare carriage return in a cell ends the row for whoever reads it.
    """

    WRITTEN_END: Final = "\r\n"

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, row: str) -> int:
        """Write one row."""
        return self._file.write(row.removesuffix(self.WRITTEN_END) + "\n")


def safe_cell(value: Any) -> Any:
    """Return a cell as it may stand in a spreadsheet: text that looks like a formula gets a leading apostrophe."""
    if not isinstance(value, str):
        return value
    text = storable(value)
    # Nearly all cells end here, and a release has millions.
    if text[:1] not in _MAYBE:
        return text
    # A text that itself begins so gets one more, so that `plain_cell` gives back what was written.
    looks = text.startswith(_STARTS) or (text.startswith("'") and text[1:].lstrip("'").startswith(_STARTS))
    return f"'{text}" if looks and not _NUMBER.fullmatch(text) else text


def safe_texts(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose cells are all as `safe_cell` gives them; columns of numbers stay as they are."""
    texts = [name for name in table if table[name].dtype == object or isinstance(table[name].dtype, pd.StringDtype)]
    return table.assign(**{str(name): table[name].map(safe_cell) for name in texts})


def plain_cell(text: str) -> str:
    """Undo `safe_cell`."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_STARTS) else text


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV: comma, UTF-8 with a byte order mark, formula-safe, the same bytes for the same table.

    Nulls are empty cells, floats have the shortest digits that give them back. A block of rows at a time: the cells of
    a million sites, all at once, take several times the memory of the file.
    """
    with path.open("w", encoding=ENCODING, newline="") as handle:
        writer = csv.writer(UnixRows(handle), lineterminator=UnixRows.WRITTEN_END)
        writer.writerow([safe_cell(str(name)) for name in table.columns])
        for here in blocks(len(table)):
            some = table.iloc[here]
            writer.writerows(zip(*(of_each(some[name], _cell) for name in some.columns), strict=True))


def is_workbook(out: Path) -> bool:
    """Whether a file to write is to be an Excel workbook, and no CSV, by its name.

    Raises
    ------
    ConfigError
        Where a program takes it for neither: for a workbook of another kind, or for the layer of a map.
    """
    if (ending := out.suffix.lower()) in _NEITHER:
        instead = f"'{out.stem}.csv' or '{out.stem}{_WORKBOOK}'"
        raise ConfigError(f"{out}: what is written is no {ending} file. Call it {instead}.")
    return ending == _WORKBOOK


def write_workbook(table: pd.DataFrame, path: Path, sheet: str) -> None:
    """Write a table as the one sheet of an Excel workbook (.xlsx), formula-safe; numbers are numbers there.

    A CSV with commas opens as a single column where Excel parts cells by semicolons, as in most of the regions.

    Raises
    ------
    ConfigError
        Where it has more rows than Excel opens: all beyond would be lost when it is saved there.
    """
    if len(table) > MOST_ROWS:
        raise ConfigError(
            f"{len(table):,} rows are more than the {MOST_ROWS:,} that Excel opens in a workbook. Write a .csv instead."
        )
    # GDAL writes the names of columns with the first row only; an empty one is read as none.
    cells = safe_texts(table if len(table) else table.reindex([0])).convert_dtypes()
    texts = [name for name in cells if not is_numeric_dtype(cells[name]) or cells[name].isna().all()]
    pyogrio.write_dataframe(cells.astype(dict.fromkeys(texts, "string")), path, driver="XLSX", layer=sheet)


def form_of(path: Path) -> tuple[str, str]:
    """Return the encoding and the delimiter in which a CSV is written anew, so that what saved it opens it again.

    A new or empty one gets UTF-8 without a mark, and commas. A code page gives way to UTF-8 with its mark.
    """
    if not path.is_file() or not path.stat().st_size:
        return "utf-8", ","
    text, page = _decoded(path)
    with path.open("rb") as file:
        mark = file.read(3)
    is_marked = page is not None or mark == codecs.BOM_UTF8
    encoding = "utf-16" if mark[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8"
    return (ENCODING if is_marked else encoding), _delimiter_of(_without_sep(text))


def write_plain_csv(table: pd.DataFrame, file: IO[str], delimiter: str = ",") -> None:
    """Write a table as pandas writes CSV: no mark, no index, cells as they are.

    Parameters
    ----------
    table
        Any table.
    file
        An open text file that leaves the ends of lines as they are (`newline=""`).
    delimiter
        What stands between cells.
    """
    rows: Any = UnixRows(file)  # pandas promises to ask for more than `write`, and does not.
    table.to_csv(rows, index=False, sep=delimiter, lineterminator=UnixRows.WRITTEN_END)


def degrees(shapes: Any) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return longitude and latitude (WGS84, six decimals: a decimeter) of a point on each geometry in `WORK_CRS`.

    A point is itself; NaN where there is no geometry. ETRS89 and WGS84 are taken as equal, which holds within a meter.
    """
    geometry = np.asarray(shapes, dtype=object)
    points = np.where(shapely.get_type_id(geometry) == 0, geometry, shapely.point_on_surface(geometry))
    points[shapely.is_empty(points)] = None
    x, y = shapely.get_x(points), shapely.get_y(points)
    placed = np.isfinite(x) & np.isfinite(y)
    longitude, latitude = np.full(len(x), np.nan), np.full(len(x), np.nan)
    longitude[placed], latitude[placed] = to_degrees().transform(x[placed], y[placed])
    return longitude.round(6), latitude.round(6)


def read_csv(path: Path, certain: Collection[str] = ()) -> pd.DataFrame:
    """Read a CSV that a spreadsheet may have saved: comma, semicolon or tab; every cell as text, the empty one "".

    Read are UTF-8, UTF-16 with its mark, and the two code pages in which Excel saves a plain "CSV" in Europe.

    Parameters
    ----------
    path
        The file.
    certain
        Columns whose text must not be guessed: in a code page it must read the same in either, or the other columns
        must show which one it is.

    Raises
    ------
    ContractError
        Where it is no such text, what must be certain is not, there is no header, or a row has more cells than it.
    """
    text, page = _decoded(path)
    text = _without_sep(text)
    rows = _rows_in(text, _delimiter_of(text), path)
    if not rows:
        raise ContractError(f"{path}: empty: it needs a first line with the names of the columns.")
    header = [name.strip() for name in rows[0]]
    kept = [row for row in rows[1:] if any(cell.strip() for cell in row)]
    wide = next((row for row in kept if any(cell.strip() for cell in row[len(header) :])), None)
    if wide is not None:
        raise ContractError(
            f"{path}: a row has {len(wide)} cells, the header {len(header)}: '{','.join(wide)[:60]}'. Beyond it "
            f"stands '{next(cell for cell in wide[len(header) :] if cell.strip())[:60]}': name it, or empty it."
        )
    whole = [[plain_cell(cell) for cell in row[: len(header)]] + [""] * (len(header) - len(row)) for row in kept]
    table = pd.DataFrame(whole, columns=header, dtype="str")
    if page is not None:
        _check_certain(path, table, [name for name in header if name in certain], page)
    return table


def _without_sep(text: str) -> str:
    """Take Excel's word for the mark between columns away, which it does not count as a row."""
    return re.sub(r"\A\"?sep=.\"?\r?\n", "", text)


def _delimiter_of(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(_DELIMITERS, key=first.count)


def _rows_in(text: str, delimiter: str, path: Path) -> list[list[str]]:
    """Return the rows of a text; one whose quotation mark nothing closes is refused: it would hold all rows below."""
    _allow_any_cell()
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    line = 1
    try:
        for row in reader:
            rows.append(row)
            line = reader.line_num + 1
    except csv.Error as problem:
        raise ContractError(
            f"{path}: not a CSV from line {line} on: {problem}. A cell that holds quotation marks needs one more at "
            "each end and each of its own twice, as a spreadsheet writes them."
        ) from None
    return rows


def _decoded(path: Path) -> tuple[str, str | None]:
    """Return the text of a file, and its code page where it is in one."""
    try:
        data = path.read_bytes()
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return data.decode("utf-16"), None
        return data.decode(ENCODING), None
    except UnicodeDecodeError as problem:
        page = best_encoding(data)
        try:
            if page in _CODE_PAGES:
                return data.decode(page), page
        except UnicodeDecodeError:
            pass
        raise ContractError(f"{path}: not UTF-8 ({problem.reason}). {_SAVE_SO}") from None
    except OSError as problem:
        raise ContractError(f"{path}: cannot be read: {problem.strerror}.") from problem


def _check_certain(path: Path, table: pd.DataFrame, certain: list[str], page: str) -> None:
    """Refuse texts that a code page may have spoiled, or that another one reads otherwise and nothing tells which."""
    other = next(name for name in _CODE_PAGES if name != page)
    rest = "\n".join(table.drop(columns=certain).to_numpy().ravel()).encode(page, "replace")
    is_shown = rest.decode(page, "replace") != rest.decode(other, "replace") and best_encoding(rest) == page
    for name in certain:
        for cell in table[name]:
            if re.search(r"\?\w", cell):
                raise ContractError(
                    f"{path}: '{cell}' of '{name}' may have lost a letter when it was saved. {_SAVE_SO}"
                )
            otherwise = cell.encode(page, "replace").decode(other, "replace")
            if otherwise != cell and not is_shown:
                raise ContractError(f"{path}: '{cell}' of '{name}' may be '{otherwise}' as well. {_SAVE_SO}")


def plain_rows_of(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV that `write_csv` made by the names of its columns, as they were before it."""
    lines = lines_of(path)
    names = next(lines, [])
    yield from (dict(zip(names, map(plain_cell, line), strict=False)) for line in lines)


def lines_of(path: Path) -> Iterator[list[str]]:
    """Yield the rows of a CSV that `write_csv` made, its header first, as they stand in it; a cell may be any length.

    An empty line is no row.
    """
    _allow_any_cell()
    with path.open(encoding=ENCODING, newline="") as handle:
        yield from filter(None, csv.reader(handle))


def _allow_any_cell() -> None:
    """Let a cell have any length: Python allows 131,072 characters, and keeps the number for the whole process."""
    csv.field_size_limit(_ANY_LENGTH)


def _cell(value: Any) -> Any:
    """Return a value as the writer takes it: nothing for null."""
    if isinstance(value, str):
        return safe_cell(value)
    return "" if is_null(value) else value
