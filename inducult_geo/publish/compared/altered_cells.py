"""Detect changes in cells of a table of questions that are for reading only; they are not imported.

A spreadsheet changes cells by itself: it rounds numbers and writes them with a comma or as percent, makes dates of
house numbers, writes ##### where a column is narrow, and loses letters that a code page has not. That is no correction.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import pandas as pd

from inducult_geo.errors import ContractError
from inducult_geo.text import clean_text, counted, fold_once, quoted, shortened

_TELLING: Final = ("question", "left_name", "right_name")
"""Columns whose cells say which question a row is: sorted without `review_id`, they put answers beside others."""

_RECORDS: Final = ("left_key", "right_key")
"""Of an answer these count: it may tell them the other way around, and others are refused."""

_TOLD_MAX: Final = 20
_LONGEST: Final = 60
_DASHES: Final = str.maketrans({"–": "-", "—": "-", "−": "-", "…": "..."})
_OF_SHEETS: Final = re.compile(r"#+|#[^\W\d_]+[/!?]?[^\W_]*[!?]?|#[^\W_]+/0!")
_NUMBER: Final = re.compile(
    r"(?P<sign>-?)(?P<whole>\d+)(?:[.,](?P<part>\d*))?(?:e(?P<power>[+-]?\d{1,4}))?(?P<percent>%?)"
)
_THOUSANDS: Final = re.compile(r"-?\d{1,3}(?:[.,]\d{3})+")
_LIKE_A_DATE: Final = re.compile(r"\d{1,4}[-/.]\s?\d{1,4}(?:[-/.]\s?\d{1,4})?\.?|\d{1,2}[.\s-]\s?[^\W\d_]{3,9}\.?")
_DATE: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:[ T][\d:]+)?|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}[. -]\s?[^\W\d_]{3,9}\.?(?:[ -]\d{2,4})?"
    r"|[^\W\d_]{3,9}\.?[ -]\d{2,4}"
)


class _Cell(NamedTuple):
    """One cell that is not as it was asked: its question and column, what it says, and what was asked."""

    question: str
    column: str
    says: str
    was: str


def altered_told(edited: pd.DataFrame, asked: Iterable[pd.DataFrame], reading: Collection[str]) -> list[str]:
    """Say in which cells an edited table differs from the questions as they were asked.

    Parameters
    ----------
    edited
        What came back: texts, "" or null for an empty cell; `review_id` tells the question.
    asked
        The questions of each release with these columns, the newest first: where a list says something else by now, a
        table that was written before is not altered.
    reading
        The columns to look at. A column that was taken out, or emptied as a whole, is no change.

    Raises
    ------
    ContractError
        Where names or questions were sorted without the ids: then answers stand beside other questions.
    """
    texts = [{str(name): _text(cell) for name, cell in row.items()} for row in edited.to_dict("records")]
    rows = {row["review_id"]: row for row in texts if row["review_id"]}
    columns = [name for name in reading if name in edited and any(row[name] for row in rows.values())]
    found: dict[tuple[str, str], _Cell] = {}
    seen: set[str] = set()
    for table in asked:
        there = {str(row["review_id"]): row for row in table.to_dict("records") if str(row["review_id"]) in rows}
        for name, was in there.items():
            cells = {(name, column): _Cell(name, column, rows[name][column], _text(was[column])) for column in columns}
            own = _RECORDS if rows[name].get("decision") else ()
            differing = {p: cell for p, cell in cells.items() if p[1] not in own and not _is_same(cell.says, cell.was)}
            if name not in seen:
                found |= differing
            for place in cells.keys() - differing.keys():
                found.pop(place, None)
        seen |= there.keys()
        if not found and seen >= rows.keys():
            break
    _refuse_sorted([*found.values()])
    return [*_told([*found.values()], rows)]


def _refuse_sorted(found: list[_Cell]) -> None:
    """Refuse a table of which columns were sorted by themselves: the same cells, beside other ids."""
    torn = []
    for name in _TELLING:
        cells = [cell for cell in found if cell.column == name]
        if cells and Counter(cell.says for cell in cells) == Counter(cell.was for cell in cells):
            torn.append(name)
    if torn:
        raise ContractError(
            f"{quoted(torn)} stand beside the wrong questions: the table was sorted without the column review_id, so "
            "that answers may belong to other questions, and none is taken. Undo the sorting; or, if each decision "
            "stands beside its review_id, remove those columns."
        )


def _told(found: list[_Cell], rows: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    if not found:
        return
    yield (
        f"not taken: {counted(len(found), 'cell')} for reading only, changed in this table. Make a "
        "correction where the record comes from: in its row of the list's file, or in OpenStreetMap; the next run "
        "reads it there. Reasons for an answer belong in the column note"
    )
    for cell in found[:_TOLD_MAX]:
        side = f"{cell.column.partition('_')[0]}_key"
        key = "" if side == cell.column else rows[cell.question].get(side, "")
        whose = f"{cell.question} ({key})" if key else cell.question
        says = f"'{shortened(cell.says, _LONGEST)}'" if cell.says else "nothing"
        yield f"not taken: {cell.column} of {whose}: {says} for '{shortened(cell.was, _LONGEST)}'"
    if len(found) > _TOLD_MAX:
        yield f"not taken: {len(found) - _TOLD_MAX:,} more cells"


def _text(cell: Any) -> str:
    return (clean_text(cell) or "").translate(_DASHES).lstrip("'")


def _is_same(says: str, was: str) -> bool:
    """Whether a cell says what was asked, as a spreadsheet may have saved it."""
    if says == was or _OF_SHEETS.fullmatch(says):
        return True
    number, meant = _NUMBER.fullmatch(says.replace(" ", "").casefold()), _NUMBER.fullmatch(was.casefold())
    if meant is not None and (number is not None or _THOUSANDS.fullmatch(says)):
        return _is_same_number(says, number, _value(meant))
    if _LIKE_A_DATE.fullmatch(was) and _DATE.fullmatch(says):
        return True
    return _lost_letters(says, was)


def _is_same_number(says: str, number: re.Match[str] | None, meant: float) -> bool:
    """Whether a number is one that was rounded, or whose dot was taken for that of thousands."""
    digits = f"{abs(meant)!r}".replace(".", "").strip("0")
    if "." in repr(meant) and re.sub(r"\D", "", says).strip("0") == digits and _is_without_dot(says):
        return True
    if number is None:
        return False
    power = _power(number)
    if abs(power) > _LONGEST:
        return False
    return abs(_value(number) - meant) <= 0.5000001 * 10.0 ** (power - len(number["part"] or ""))


def _value(number: re.Match[str]) -> float:
    return float(f"{number['sign']}{number['whole']}.{number['part'] or 0}e{_power(number)}")


def _power(number: re.Match[str]) -> int:
    return int(number["power"] or 0) - (2 if number["percent"] else 0)


def _is_without_dot(says: str) -> bool:
    return says.lstrip("-").isdigit() or _THOUSANDS.fullmatch(says) is not None


def _lost_letters(says: str, was: str) -> bool:
    """Whether letters became question marks, or lost what a code page does not have: nobody corrects a name so."""
    if was.isascii():
        return False
    if len(says) == len(was) and all(one in (other, "?") for one, other in zip(says, was, strict=True)):
        return True
    return _marks(says) < _marks(was) and fold_once(says) == fold_once(was)


def _marks(text: str) -> int:
    return sum(letter > "\x7f" for letter in text)
