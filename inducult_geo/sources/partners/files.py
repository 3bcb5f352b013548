"""Find the files of a contract by their names, beside it or in the partners' folder."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path, PurePosixPath

from inducult_geo.catalog.models import Contract
from inducult_geo.errors import ContractError, did_you_mean


def find_files(contract: Contract, *, partners: Path | None = None) -> list[Path]:
    """Return the contract's files that are there, beside the TOML or in the partners' folder.

    A file `name.csv` is also found as the newest of its dated copies `name-2026-11-20.csv`. An archive is left out
    where the file in it that is meant (`[read] member`) lies there unpacked: its rows would come twice.

    Raises
    ------
    ContractError
        Where a name climbs out of those two folders.
    """
    folders = [contract.declared_in.parent, *([partners] if partners is not None else [])]
    roots = [folder.resolve() for folder in folders] if contract.files else []
    found = []
    for name in contract.files:
        for root in roots:
            try:
                path = _inside(contract, root, name)
            except OSError as problem:
                raise ContractError(f"{contract.declared_in}: file '{name[:80]}': {problem.strerror}.") from problem
            if path is not None:
                found.append(path)
                break
    # A dated copy may bear the name of one file and stand for another: its rows would come twice.
    found = [*dict.fromkeys(found)]
    member = PurePosixPath(contract.read.member or "").name
    unpacked = any(path.name == member for path in found)
    return [path for path in found if not (unpacked and path.suffix.lower() == ".zip")]


def near_name(contract: Contract) -> str:
    """Return the question whether a file beside a contract is meant by it; nothing where none is called alike."""
    others = [name for name in _files_in(contract.declared_in.parent) if not name.lower().endswith(".toml")]
    return next(filter(None, (did_you_mean(name, others) for name in contract.files)), "")


def _inside(contract: Contract, root: Path, name: str) -> Path | None:
    """Return the file of that name in a folder (resolved), never one outside it."""
    path = (root / name).resolve()
    if not path.is_relative_to(root):
        is_link = (root / name).is_symlink()
        where = "is a link that leads out of" if is_link else "lies outside"
        raise ContractError(
            f"{contract.declared_in}: file '{name}' {where} the contract's folder. "
            f"Put {'the file itself' if is_link else 'it'} beside the contract."
        )
    if path.is_file():
        return path
    there = {unicodedata.normalize("NFC", other): other for other in _files_in(path.parent)}
    stem, suffix = unicodedata.normalize("NFC", path.stem), unicodedata.normalize("NFC", path.suffix)
    # A Mac writes the letter and its mark apart, a contract mostly as one: both look the same.
    same = there.get(stem + suffix)
    if same is not None and (path.parent / same).resolve().is_relative_to(root):
        return path.parent / same
    newest = max(((name, other) for name, other in there.items() if is_dated_copy(name, stem, suffix)), default=None)
    return None if newest is None else path.parent / newest[1]


def is_dated_copy(name: str, stem: str, suffix: str) -> bool:
    """Whether a file is called as another one with a day behind its stem: list-2026-11-20.csv."""
    dated = rf"{re.escape(stem)}-\d{{4}}-\d\d-\d\d.*{re.escape(suffix)}"
    return re.fullmatch(dated, name, re.ASCII | re.DOTALL) is not None


def _files_in(folder: Path) -> list[str]:
    """Return the names of the files of a folder; what a Mac puts beside each on a share ("._list.csv") is none."""
    if not folder.is_dir():
        return []
    # What a folder tells of its entries is enough: on a share each file that is asked costs a question to the server.
    with os.scandir(folder) as entries:
        return [one.name for one in entries if not one.name.startswith(".") and one.is_file()]
