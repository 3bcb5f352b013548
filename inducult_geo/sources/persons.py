"""Columns with data of persons: those that a contract keeps private never leave, the others are told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from inducult_geo.catalog.models import Contract
from inducult_geo.catalog.permissions import permits_release
from inducult_geo.errors import ContractError, did_you_mean
from inducult_geo.frames import Problem
from inducult_geo.sources.table import Table
from inducult_geo.text import quoted

_HEADS: Final = re.compile(
    r"ansprechpartner|ansprechperson|kontakt|contact|telef|phone|\b(?:tel|tlf|gsm|fax|handy|mob|mobil|cell)\b|cellulare|"
    r"e-?mail|\bmail\b|osoba|oseba|referente|recapito|persona\b"
)
"""Heads of columns that tell whom to ask, and how, in the languages of the regions; in small letters."""

_ADDRESS: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\W\d_]{2,}")


def seems_personal(name: str, cells: Iterable[Any]) -> bool:
    """Whether a column seems to hold data of persons: by its name, or since an e-mail address stands in it."""
    if _HEADS.search(name.casefold()):
        return True
    return any("@" in cell and _ADDRESS.search(cell) is not None for cell in cells if isinstance(cell, str))


def is_private(column: str, private: Iterable[str]) -> bool:
    """Whether a column is private, lies in an object that is, or holds one: of "owner" and "owner.phone" each other."""
    return any(column == one or column.startswith(f"{one}.") or one.startswith(f"{column}.") for one in private)


def check_private(contract: Contract, path: Path, table: Table, wanted: Mapping[str, Sequence[str]]) -> None:
    """Refuse what `private` cannot keep: a column that is published as a field, or one whose name was misspelled.

    Raises
    ------
    ContractError
        With the column, and what to do.
    """
    found = [str(name) for name in table.frame]
    for column in contract.private:
        fields = [field for field, columns in wanted.items() if column in columns]
        if fields:
            raise ContractError(
                f"{contract.declared_in}: column '{column}' is `private`, and tells '{fields[0]}', which is published. "
                "Take it out of one of the two."
            )
        meant = did_you_mean(column, [name for name in found if name not in contract.private])
        if column not in found and meant:
            raise ContractError(f"{path}: no column '{column}', which `private` names.{meant}")


def persons_told(contract: Contract, path: Path, table: Table, mapped: Iterable[str]) -> list[Problem]:
    """Tell which columns seem to hold data of persons and would be published as they stand.

    Nothing is told of a contract that says `private`, be it that nothing is.
    """
    if "private" in contract.model_fields_set or not contract.publish or not permits_release(contract.licence):
        return []
    known = {*mapped, "geometry"}
    columns = [str(name) for name in table.frame if name not in known and seems_personal(str(name), table.frame[name])]
    columns = [name for name in columns if table.frame[name].notna().any()]
    if not columns:
        return []
    message = (
        f"{path.name}: columns that seem to hold data of persons, and are published as they stand (`tags` of each "
        f"record): {quoted(columns)}. Those that must not leave stand in the contract, above its sections: "
        f"private = [{quoted(columns)}]. Where all may, write private = []."
    )
    return [Problem(contract.id, "persons", message, len(columns))]
