"""One column of an unknown table: its cells, and what they look like."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.coordinates.parsed import marked_angles
from inducult_geo.harmonize.coordinates.read import parse_number
from inducult_geo.text import fold_once, packaged_rows

_SAMPLE = 300
_MOSTLY = 0.8
_ANGLE = re.compile(r"[NSEWO]?\s*[-+]?\d{1,3}(?:[.,]\d+)?\s*[°º˚]", re.IGNORECASE)
_COUNTED = re.compile(r"(|.*\D)(?<!\d[.,])(\d{1,9})(\D*)", re.ASCII | re.DOTALL)
"""What stands before the last number of a cell (which is no fraction), that number, and what stands behind it."""


def any_of(*words: str, whole: tuple[str, ...] = ()) -> re.Pattern[str]:
    """Find whole words in a column's name, some only where they are all of it ("plant", but not "plant_phase").

    Both are folded, so that marks and case do not matter.
    """
    plain, alone = ("|".join(sorted(set(map(fold_once, some)), key=len, reverse=True)) for some in (words, whole))
    patterns = [rf"(?:^|[^a-z])(?:{plain})(?:$|[^a-z])"] * bool(words) + [rf"^(?:{alone})$"] * bool(whole)
    return re.compile("|".join(patterns))


@lru_cache(maxsize=1)
def _names() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Read what columns are called: by field and by reach (`in` a name, or the `whole` of it) the words."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in packaged_rows("column_names.csv"):
        found.setdefault((row["field"], row["reach"]), []).append(row["word"])
    return {key: tuple(words) for key, words in found.items()}


def called(*fields: str, also: tuple[str, ...] = (), whole: tuple[str, ...] = ()) -> re.Pattern[str]:
    """Find the names of fields of `column_names.csv`, and further ones, in a column's name (see `any_of`)."""
    inner, alone = ([word for one in fields for word in _names().get((one, reach), ())] for reach in ("in", "whole"))
    return any_of(*inner, *also, whole=(*alone, *whole))


def called_only(field: str) -> re.Pattern[str]:
    """Find the names of a field of `column_names.csv` that count only where they are the whole name of a column."""
    return any_of(whole=_names()[field, "whole"])


_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def found_in(words: re.Pattern[str], name: str) -> re.Match[str] | None:
    """Find words in a column's name, or in the last part of one as services write it: pointGeometryLon.

    What stands before says whose it is: an AuthorityAddressCountryCode is no address.
    """
    return words.search(fold_once(name)) or words.search(fold_once(_HUMP.split(name)[-1]))


def parted(name: str) -> str:
    """Return a column's name with its parts apart, where it is written as services do: reporting_Year."""
    return _HUMP.sub("_", name)


_ROW_NUMBER = any_of(
    "row",
    "lfd",
    "fid",
    "objectid",
    "lp",
    r"l\. ?p\.?",
    r"po[rř]\.? ?(?:č|číslo)\.?",
    r"p\. ?č\.?",
    r"zap\.? ?št\.?",
    "zaporedna številka",
    r"r\. ?br\.?",
    r"red(?:ni)?\.? broj",
    "volgnr",
    "volgnummer",
    "ordine",
    "ordre",
)


@dataclass(frozen=True)
class Column:
    """One column: its name, and its filled cells as text (all of them for uniqueness, some for their form)."""

    name: str
    cells: tuple[str, ...]
    rows: int

    @cached_property
    def sample(self) -> tuple[str, ...]:
        """Up to 300 cells, spread over the whole table."""
        return self.cells[:: max(1, len(self.cells) // _SAMPLE)][:_SAMPLE]

    @property
    def is_key(self) -> bool:
        """Whether every row has a value of its own."""
        return self.rows > 0 and len(self.cells) == self.rows and len(set(self.cells)) == self.rows

    def share(self, test: Callable[[str], bool]) -> float:
        """Share of the sample that passes a test."""
        return sum(map(test, self.sample)) / len(self.sample) if self.sample else 0.0

    @cached_property
    def decimal(self) -> str | None:
        """The decimal mark with which most cells are numbers, and nearly all; None where they are none.

        Whole numbers are such with either: among many of them one "4541000,5" tells the mark.
        """
        found = {mark: self.share(lambda cell, mark=mark: _is_number(cell, mark)) for mark in ".,"}  # type: ignore[misc]
        mark = max(found, key=found.__getitem__)
        return mark if found[mark] >= _MOSTLY else None

    @property
    def is_angle(self) -> bool:
        """Whether nearly all cells are degrees and minutes (45° 29′ 10″ N, 45 29 10), or decimal degrees among them."""
        angles = self.share(_is_angle)
        return angles >= _MOSTLY or (
            angles >= 1 - _MOSTLY and self.share(lambda cell: _is_angle(cell) or _is_number(cell, ".")) >= _MOSTLY
        )

    @property
    def is_small(self) -> bool:
        """Whether half of the numbers could be degrees."""
        return self.is_angle or self.share(lambda cell: abs(_number(cell, self.decimal or ".") or 0.0) <= 180) >= 0.5

    @property
    def is_counter(self) -> bool:
        """Whether it numbers the rows without a gap, with the same letters around the number or none: OBJ-001, OBJ-002.

        A register's own numbers may do so, too.
        """
        parts = [_COUNTED.fullmatch(cell) for cell in self.cells]
        if len(parts) <= 2 or len({(part[1], part[3]) if part else None for part in parts}) > 1:
            return False
        whole = [int(part[2]) for part in parts if part]
        return len(whole) == len(parts) and all(b - a == 1 for a, b in pairwise(whole))

    @property
    def is_called_row(self) -> bool:
        """Whether its name says that it numbers the rows."""
        return _ROW_NUMBER.search(fold_once(self.name)) is not None

    def numbers(self, decimal: str) -> list[float | None]:
        """Return the cells as numbers; None where one is none."""
        return [_number(cell, decimal) for cell in self.cells]


def _is_angle(cell: str) -> bool:
    return _ANGLE.match(marked_angles(cell)) is not None


def _number(cell: str, decimal: str) -> float | None:
    try:
        return parse_number(cell, decimal=decimal)
    except CoordinateError:
        return None


def _is_number(cell: str, decimal: str) -> bool:
    return _number(cell, decimal) is not None
