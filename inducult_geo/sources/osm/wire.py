"""The wire format of .osm.pbf: blobs, messages, and fields decoded by numpy for all objects of a block at once.

The messages are those of the format's description (https://wiki.openstreetmap.org/wiki/PBF_Format), declared here as a
table and built when the module is imported, so that no generated file has to keep pace with protobuf. Groups, ways and
relations stay bytes until someone asks for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import deflate
import numpy as np
import numpy.typing as npt
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory  # type: ignore[import-untyped]
from isal import isal_zlib

Integers = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Fields = dict[int, tuple[Integers, Integers]]

MOST_BYTES, MOST_HEADER_BYTES = 32 * 1024 * 1024, 64 * 1024
"""Limits of the format for a blob and for its header."""

_FIRST_BYTES = 1536
_TYPES = {"int32": 5, "int64": 3, "sint64": 18, "uint32": 13, "bool": 8, "bytes": 12}

_MESSAGES: tuple[tuple[str, tuple[tuple[int, str, str], ...]], ...] = (
    ("BlobHeader", ((1, "type", "bytes"), (3, "datasize", "int32"))),
    ("Blob", ((1, "raw", "bytes"), (2, "raw_size", "int32"), (3, "zlib_data", "bytes"))),
    ("HeaderBlock", ((4, "required", "bytes*"), (32, "replicated", "int64"))),
    ("Strings", ((1, "s", "bytes*"),)),
    (
        "Block",
        (
            (1, "strings", "bytes"),
            (2, "groups", "bytes*"),
            (17, "granularity", "int32"),
            (18, "date_granularity", "int32"),
            (19, "lat_offset", "int64"),
            (20, "lon_offset", "int64"),
        ),
    ),
    (
        "Group",
        (
            (1, "nodes", "bytes*"),
            (2, "dense", "bytes"),
            (3, "ways", "bytes*"),
            (4, "relations", "bytes*"),
            (5, "changesets", "bytes*"),
        ),
    ),
    (
        "Dense",
        (
            (1, "id", "sint64*"),
            (5, "info", "bytes"),
            (8, "lat", "sint64*"),
            (9, "lon", "sint64*"),
            (10, "tags", "int32*"),
        ),
    ),
    ("DenseInfo", ((1, "version", "int32*"), (2, "timestamp", "sint64*"), (6, "visible", "bool*"))),
    ("Info", ((1, "version", "int32"), (2, "timestamp", "int64"), (6, "visible", "bool"))),
    (
        "Way",
        (
            (1, "id", "int64"),
            (2, "keys", "uint32*"),
            (3, "vals", "uint32*"),
            (4, "info", "bytes"),
            (8, "refs", "sint64*"),
        ),
    ),
    (
        "Relation",
        (
            (1, "id", "int64"),
            (2, "keys", "uint32*"),
            (3, "vals", "uint32*"),
            (4, "info", "bytes"),
            (8, "roles", "int32*"),
            (9, "refs", "sint64*"),
            (10, "types", "int32*"),
        ),
    ),
)
"""Name of a message and its fields: number, name, type (a star: repeated, numbers packed)."""


class HandOverError(Exception):
    """What the fast reader met that it leaves to pyosmium, in a few words."""


class DamageError(HandOverError):
    """What no writer writes, and pyosmium does not survive."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Where a blob of data lies in its file, in bytes."""

    offset: int
    size: int


def _build() -> dict[str, Any]:
    """Build the classes of all messages."""
    file = descriptor_pb2.FileDescriptorProto(name="inducult_osm.proto", package="inducult_osm", syntax="proto2")
    for name, fields in _MESSAGES:
        message = file.message_type.add(name=name)
        for number, field, kind in fields:
            many, plain = kind.endswith("*"), kind.rstrip("*")
            made = message.field.add(name=field, number=number, type=_TYPES[plain], label=3 if many else 1)
            made.options.packed = many and plain != "bytes"
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    found = {name: pool.FindMessageTypeByName(f"inducult_osm.{name}") for name, _ in _MESSAGES}
    return {name: message_factory.GetMessageClass(descriptor) for name, descriptor in found.items()}


_CLASSES = _build()


def parse(name: str, data: bytes) -> Any:
    """Read a message of a type named in the table."""
    return _CLASSES[name].FromString(data)


def integers(field: Any) -> Integers:
    """Return a repeated field of numbers as an array."""
    return np.asarray(field, dtype=np.int64) if len(field) else np.zeros(0, np.int64)


def blobs_of(path: Path) -> tuple[Any, list[Blob]]:
    """Return the header block and the places of all data blobs.

    Raises
    ------
    HandOverError
        Where the file is no sequence of whole blobs of known types.
    """
    header, blobs = None, []
    whole = path.stat().st_size
    with path.open("rb") as file:
        for kind, blob in _frames(file, whole):
            if kind == b"OSMHeader" and header is None:
                header = parse("HeaderBlock", inflated(file.read(blob.size)))
            elif kind == b"OSMData" and header is not None:
                blobs.append(blob)
            else:
                raise HandOverError(f"a blob of type {kind.decode(errors='replace')} where none is expected")
    if header is None:
        raise HandOverError("no header")
    return header, blobs


def _frames(file: BinaryIO, whole: int) -> Iterator[tuple[bytes, Blob]]:
    at = 0
    while at < whole:
        file.seek(at)
        size = int.from_bytes(file.read(4), "big")
        if size > MOST_HEADER_BYTES:
            raise HandOverError("a blob's header is too long")
        header = parse("BlobHeader", file.read(size))
        at += 4 + size
        if not 0 < header.datasize <= MOST_BYTES or at + header.datasize > whole:
            raise HandOverError("a blob is cut short or too long")
        file.seek(at)
        yield header.type, Blob(at, header.datasize)
        at += header.datasize


def read_blob(file: BinaryIO, blob: Blob) -> bytes:
    """Read a blob as it is packed."""
    file.seek(blob.offset)
    data = file.read(blob.size)
    if len(data) < blob.size:
        raise HandOverError("a blob is cut short")
    return data


def inflated(data: bytes) -> bytes:
    """Unpack a blob whole."""
    blob = _known(data)
    return bytes(blob.raw) if blob.HasField("raw") else bytes(deflate.zlib_decompress(blob.zlib_data, blob.raw_size))


def _known(data: bytes) -> Any:
    blob = parse("Blob", data)
    if blob.HasField("raw") == blob.HasField("zlib_data"):
        raise HandOverError("a blob is packed in an unknown way")
    if blob.HasField("zlib_data") and not 0 < blob.raw_size <= MOST_BYTES:
        raise HandOverError("a blob's size is missing or too large")
    return blob


class Opening:
    """The beginning of a blob, unpacked only as far as it is read."""

    def __init__(self, data: bytes) -> None:
        blob = _known(data)
        self._stream = None if blob.HasField("raw") else isal_zlib.decompressobj()
        self._packed = blob.zlib_data
        self.data: bytes = blob.raw
        self.size = len(self.data) if self._stream is None else blob.raw_size
        self.need(min(_FIRST_BYTES, self.size))

    def need(self, size: int) -> None:
        """Unpack until so many bytes are there.

        Raises
        ------
        HandOverError
            Where the blob is shorter.
        """
        while len(self.data) < size:
            more = self._stream.decompress(self._packed, size - len(self.data)) if self._stream is not None else b""
            if self._stream is None or not more:
                raise HandOverError("a blob ends too early")
            self._packed = self._stream.unconsumed_tail
            self.data += more

    def field(self, tag: int, at: int) -> tuple[int, int]:
        """Return start and end of a field of bytes that must begin at `at`; its own bytes may not be there yet."""
        self.need(min(at + 11, self.size))
        if self.data[at] != tag:
            raise HandOverError("fields in an unusual order")
        length, shift, at = 0, 0, at + 1
        while True:
            part = self.data[at]
            length, shift, at = length | (part & 127) << shift, shift + 7, at + 1
            if part < 128:
                return at, at + length


def varints(data: Bytes, at: Integers) -> tuple[Integers, Integers]:
    """Read one varint at each place: the numbers, and the places behind them."""
    at = at.copy()
    part = data[at].astype(np.int64)
    values = part & 127
    at += 1
    more, shift = np.flatnonzero(part > 127), 7
    while len(more):
        part = data[at[more]].astype(np.int64)
        values[more] |= (part & 127) << shift
        at[more] += 1
        more, shift = more[part > 127], shift + 7
        if shift > 63 and len(more):
            raise HandOverError("a number is too long")
    return values, at


def walk(data: Bytes, ends: Integers, known: Sequence[int]) -> tuple[Integers, Fields]:
    """Find the fields of many messages that lie end to end, each beginning with a number in field 1.

    Parameters
    ----------
    data
        All messages.
    ends
        Where each one ends; it begins where the one before ended.
    known
        Numbers of the other fields (bytes or packed numbers, below 16), in rising order.

    Returns
    -------
    tuple
        The numbers in field 1, and for each field the places and lengths of its contents (length 0: absent).

    Raises
    ------
    HandOverError
        Where a message holds other fields, or these in another order.
    """
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]])
    if (data[starts] != 8).any():
        raise HandOverError("fields in an unusual order")
    numbers, at = varints(data, starts + 1)
    fields: Fields = {}
    for field in known:
        mine = np.flatnonzero(at < ends)
        mine = mine[data[at[mine]] == field * 8 + 2]
        places, lengths = np.zeros_like(ends), np.zeros_like(ends)
        lengths[mine], places[mine] = varints(data, at[mine] + 1)
        if (lengths > len(data)).any() or (lengths < 0).any():
            raise HandOverError("a field is too long")
        at[mine] = places[mine] + lengths[mine]
        fields[field] = (places, lengths)
    if (at != ends).any():
        raise HandOverError("fields that are unknown or in an unusual order")
    return numbers, fields


def unpack(data: Bytes, places: Integers, lengths: Integers) -> tuple[Integers, Integers]:
    """Read packed small numbers of many messages: the numbers, and which message each one is of."""
    begins = np.cumsum(lengths) - lengths
    packed = data[np.repeat(places - begins, lengths) + np.arange(int(lengths.sum()))]
    last = packed < 128
    owner = np.repeat(np.arange(len(lengths)), lengths)[last]
    if last.all():
        return packed.astype(np.int64), owner
    ends = np.flatnonzero(last)
    values, _ = varints(packed, np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1]))
    return values, owner
