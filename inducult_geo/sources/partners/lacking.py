"""Report files that a contract names beside others and that are missing: their rows are in no release."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import PurePosixPath

from inducult_geo.catalog.load import BUILT_IN
from inducult_geo.catalog.models import Contract
from inducult_geo.frames import Problem
from inducult_geo.sources.partners.files import is_dated_copy
from inducult_geo.text import quoted


def lacking_told(contract: Contract, read: Sequence[str]) -> list[Problem]:
    """Tell which of a contract's files are not among those that were read, by their names or those of dated copies.

    Contracts of the built-in catalog name what a file may be called; one whose file came unpacked lacks no archive.
    """
    if contract.declared_in.is_relative_to(BUILT_IN):
        return []
    there = [_plain(name) for name in read]
    names = [name for name in contract.files if not (contract.read.member and _plain(name).endswith(".zip"))]
    lacking = [name for name in names if not any(_is_of(one, _plain(name)) for one in there)]
    if not lacking or not read:
        return []
    message = (
        f"{quoted(lacking)}, named in `files`, {'is' if len(lacking) == 1 else 'are'} not there: only the rows of "
        f"{quoted(read)} are read. Put what is missing beside the contract, or remove it from `files`."
    )
    return [Problem(contract.id, "file_missing", message, len(lacking))]


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", PurePosixPath(name).name).casefold()


def _is_of(found: str, name: str) -> bool:
    path = PurePosixPath(name)
    return found == name or is_dated_copy(found, path.stem, path.suffix)
