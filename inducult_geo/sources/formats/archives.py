"""Judge archives by their directory before anything in them is read; members are read, never extracted by path.

A bomb promises little and holds much: so the promised sizes are limited, the members may not share bytes, and each
is decompressed once, up to what it promised, and thrown away. A name may not climb out of the archive.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO

from inducult_geo.errors import ContractError

MAX_MEMBERS = 2_000
MAX_EXPANDED = 1024**3
MAX_RATIO = 200
"""Expansion allowed for a whole archive of more than `_SMALL` bytes; text in tables comes to 10 to 50."""

LOCKED = "it is protected by a password. Open it with the password, and save it without one."
"""What is told of a spreadsheet that is."""

_OLE, _ENCRYPTED_BOOK = b"\xd0\xcf\x11\xe0", "EncryptedPackage".encode("utf-16-le")
_ENCRYPTED_PART = b"encryption-data"

_SMALL = 50 * 1024**2
_CHUNK = 1024**2
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


def checked_members(path: Path) -> list[str]:
    """Return the names of an archive's files after judging its directory.

    Raises
    ------
    ContractError
        Where it is damaged or encrypted, holds too much, hides its true size, or a name leads out of it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.filename.endswith("/")]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError) as problem:
        remedy = "Copy it again, or pack it again" if path.suffix.lower() == ".zip" else "Save or copy it again"
        raise ContractError(
            f"{path}: cannot be read as an archive, although its ending says so: it is damaged or was cut short. "
            f"{remedy} (the reader says: {problem})."
        ) from problem
    _check_sizes(path, members)
    for member in members:
        _check_member(path, member)
    with path.open("rb") as handle:
        for member in members:
            try:
                _check_promise(path, member, handle)
            except (OSError, ValueError) as problem:
                raise ContractError(
                    f"{path}: {member.filename} is damaged. Copy or pack it again (the reader says: {problem})."
                ) from problem
    return [member.filename for member in members]


def read_member(path: Path, name: str, size: int | None = None) -> bytes:
    """Return the bytes of one member of a judged archive, or its first `size` bytes."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(name) as handle:
            return handle.read(-1 if size is None else size)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError) as problem:
        raise ContractError(
            f"{path}: {name} is damaged. Copy or pack it again (the reader says: {problem})."
        ) from problem


def is_locked(path: Path) -> bool:
    """Whether a spreadsheet has a password: then an .xlsx is no archive, and an .ods one of encrypted parts.

    Of an old .xls its reader tells so.
    """
    if path.suffix.lower() == ".ods":
        with suppress(ContractError, KeyError):
            return _ENCRYPTED_PART in read_member(path, "META-INF/manifest.xml")
    if path.suffix.lower() == ".xlsx":
        with path.open("rb") as handle:
            return handle.read(len(_OLE)) == _OLE and _ENCRYPTED_BOOK in handle.read()
    return False


def _check_sizes(path: Path, members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_MEMBERS:
        raise ContractError(
            f"{path}: {len(members)} files are more than the {MAX_MEMBERS} allowed. Pack only the table that is needed."
        )
    packed, expanded = path.stat().st_size, sum(member.file_size for member in members)
    ratio = expanded / max(packed, 1)
    if expanded > MAX_EXPANDED or (expanded > _SMALL and ratio > MAX_RATIO):
        raise ContractError(
            f"{path}: would grow from {packed / 1e6:.1f} MB to {expanded / 1e6:,.0f} MB: it is a zip bomb, or does not "
            "hold a table. Send the file unpacked."
        )
    if sum(member.compress_size for member in members) > packed:
        raise ContractError(f"{path}: its members share bytes, as zip bombs do. Pack it again.")


def _check_member(path: Path, member: zipfile.ZipInfo) -> None:
    """Refuse names that lead elsewhere, links, encryption and unusual compression."""
    name = member.filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    if not name:
        raise ContractError(f"{path}: a member has no name: the archive is damaged. Pack it again.")
    is_link = (member.external_attr >> 16) & 0o170000 == 0o120000
    if name.startswith("/") or ".." in parts or ":" in name or "\x00" in name or is_link:
        raise ContractError(f"{path}: member {member.filename!r} leads out of the archive. Pack it again.")
    if member.flag_bits & 0x1:
        raise ContractError(f"{path}: {member.filename} is encrypted. Pack it again without a password.")
    if member.compress_type not in _METHODS:
        raise ContractError(f"{path}: {member.filename} is compressed in an unusual way. Pack it again as plain ZIP.")


def _check_promise(path: Path, member: zipfile.ZipInfo, handle: IO[bytes]) -> None:
    """Decompress a member up to the size that it promises, and refuse it where there is more."""
    if member.compress_type == zipfile.ZIP_STORED:
        return
    handle.seek(member.header_offset)
    head = handle.read(_LOCAL_HEADER.size)
    if len(head) < _LOCAL_HEADER.size or not head.startswith(b"PK\x03\x04"):
        raise ContractError(f"{path}: {member.filename} is damaged. Pack it again.")
    fields = _LOCAL_HEADER.unpack(head)
    handle.seek(fields[-2] + fields[-1], 1)
    decoder, left, grown = zlib.decompressobj(-zlib.MAX_WBITS), member.compress_size, 0
    while left > 0 and not decoder.eof:
        chunk = handle.read(min(_CHUNK, left))
        if not chunk:
            break
        left -= len(chunk)
        grown += _expand(path, member, decoder, chunk, member.file_size - grown)


def _expand(path: Path, member: zipfile.ZipInfo, decoder: zlib._Decompress, chunk: bytes, most: int) -> int:
    """Return how many bytes a chunk grows to; more than `most` breaks the promise."""
    grown = 0
    try:
        while chunk:
            grown += len(decoder.decompress(chunk, _CHUNK))
            if grown > most:
                raise ContractError(f"{path}: {member.filename} is larger than it says, as zip bombs are. Refused.")
            chunk = decoder.unconsumed_tail
    except zlib.error as problem:
        raise ContractError(
            f"{path}: {member.filename} is damaged. Copy or pack it again (the reader says: {problem})."
        ) from problem
    return grown
