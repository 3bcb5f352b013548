"""Columns with personal data: those that a contract keeps private are dropped, others are reported."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from inducult_geo.catalog.models import Contract
from inducult_geo.errors import ContractError, did_you_mean
from inducult_geo.frames import Problem
from inducult_geo.sources.formats.table import Table
from inducult_geo.text import counted, first_few, quoted

_HEADS: Final = re.compile(
    r"ansprech|\banspr\b|bearbeiter|\buser\b|kontakt|contact|telef|phone|\b(?:tel|tlf|gsm|fax|handy|mob|mobil|cell)\b|cellulare|"
    r"e-?mail|\bmail\b|osoba|oseba|referente|recapito|persona\b"
)
"""Heads of columns that tell whom to ask, and how, in the languages of the regions; in small letters."""

_NUMBER: Final = re.compile(
    r"\b(?:telefono|telefon|telefoon|telephone|phone|tel|tlf|mobil|mobile|mobitel|mob|handy|gsm|fax|cell)\b[.:\s]*"
    r"[+(]?\d[\d\s()/.-]{5,}\d|(?<![\w.,+])\+[1-9]\d(?:[\s()/.-]*\d){7,12}(?!\w)",
    re.IGNORECASE,
)
"""A telephone number: after a word that says so, or with the code of a country."""

_PARTS: Final = re.compile(r"_|(?<=[a-z])(?=[A-Z])")
"""Where databases and services part a name: BETREIBER_TEL, operatorTel."""

_SHOWN: Final = 3
_ADDRESS: Final = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}\.[^\W\d_]{2,}")
"""An e-mail address; of a cell without a blank no beginning is tried farther than such an address is long."""


def is_called_personal(name: str) -> bool:
    """Whether a column is called as those are that tell whom to ask, and how."""
    return _HEADS.search(_PARTS.sub(" ", name).casefold()) is not None


def seems_personal(name: str, cells: Iterable[Any]) -> bool:
    """Whether a column seems to hold data of persons: by its name, or by an e-mail address or telephone number."""
    return is_called_personal(name) or any(_reaches_a_person(cell) for cell in cells if isinstance(cell, str))


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
                f"{contract.declared_in}: column '{column}' is listed as `private`, but also mapped to '{fields[0]}', "
                "which is published. Remove it from one of the two."
            )
        meant = did_you_mean(column, [name for name in found if name not in contract.private])
        if column not in found and meant:
            raise ContractError(f"{path}: no column '{column}', which `private` names.{meant}")
    lacking = [column for column in contract.private if not any(is_private(name, [column]) for name in found)]
    mapped = {name for names in wanted.values() for name in names}
    if lacking and contract.may_publish and (more := _personal(contract, table, mapped)):
        raise ContractError(
            f"{path}: no column {quoted(lacking)}, which `private` names, but has columns that seem to hold personal "
            f"data and would be published: {quoted(more)}. Write these into `private` of {contract.declared_in} "
            f"instead; if they may be published, remove {quoted(lacking)} from it."
        )


def persons_told(contract: Contract, path: Path, table: Table, mapped: Iterable[str]) -> list[Problem]:
    """Tell which columns seem to hold data of persons and would be published as they stand.

    Nothing is told of a contract that says `private`, be it that nothing is.
    """
    if "private" in contract.model_fields_set or not contract.may_publish:
        return []
    columns = _personal(contract, table, mapped)
    if not columns:
        return []
    message = (
        f"{path.name}: columns that seem to hold personal data, and are published as they stand (`tags` of each "
        f"record): {quoted(columns)}. List those that must not be published in the contract, above its sections: "
        f"private = [{quoted(columns)}]. If all may be published, write private = []."
    )
    return [Problem(contract.id, "persons", message, len(columns))]


def _personal(contract: Contract, table: Table, mapped: Iterable[str]) -> list[str]:
    """Name the columns that nobody mapped, seem to hold data of persons, and are not private."""
    known = {*mapped, "geometry"}
    rest = (str(name) for name in table.frame if name not in known and not is_private(str(name), contract.private))
    return [name for name in rest if table.frame[name].notna().any() and seems_personal(name, table.frame[name])]


def persons_in_texts(contract: Contract, path: Path, table: Table) -> list[Problem]:
    """Tell in which mapped columns e-mail addresses or telephone numbers stand among other words: they are published.

    Nothing is told of a contract that says that nothing is private (`private = []`).
    """
    says_nothing = "private" in contract.model_fields_set and not contract.private
    if says_nothing or not contract.may_publish:
        return []
    mapped = {name for names in contract.mapped.values() for name in names}
    told, rows = [], 0
    for name in (str(name) for name in table.frame if name in mapped):
        cells = zip(table.places, table.frame[name], strict=True)
        where = [place for place, cell in cells if isinstance(cell, str) and _reaches_a_person(cell)]
        if where:
            told.append(f"'{name}' in {counted(len(where), 'row')} ({first_few(where, _SHOWN)})")
            rows += len(where)
    if not told:
        return []
    message = (
        f"{path.name}: mapped columns hold e-mail addresses or telephone numbers, which are published as they stand: "
        f"{'; '.join(told)}. Remove from the file what must not be published. If all may be published, write private = "
        "[]."
    )
    return [Problem(contract.id, "persons", message, rows)]


def _reaches_a_person(cell: str) -> bool:
    return ("@" in cell and _ADDRESS.search(cell) is not None) or _NUMBER.search(cell) is not None
