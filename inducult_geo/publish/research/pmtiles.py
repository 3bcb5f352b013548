"""Vector tiles as one file that web maps read in parts: PMTiles, version 3.

By the format's specification: a header of 127 bytes tells where directory, metadata, further directories and tiles lie.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from inducult_geo.publish.research.vector_tiles import Tile, varints
from inducult_geo.ragged import Ints

_HEADER: Final = struct.Struct("<7sB11Q6B4iB2i")
_DIRECTORY_MAX: Final = 16_384 - _HEADER.size
"""Header and first directory are read by one request of that many bytes."""
_LEAF: Final = 4096
"""Entries of a further directory, where one is not enough; doubled until the first one holds all of these."""
_GZIP, _MVT, _CLUSTERED = 2, 1, 1
_E7: Final = 10_000_000

Bounds = tuple[float, float, float, float]


def archive(tiles: Iterable[Tile], bounds: Bounds, zooms: range, metadata: Mapping[str, Any]) -> bytes:
    """Return an archive of tiles, in the order of their numbers.

    Parameters
    ----------
    bounds
        West, south, east and north in degrees, EPSG:4326.
    metadata
        What viewers are told.
    """
    numbers, packed = [], []
    for tile in tiles:
        numbers.append(tile.number)
        packed.append(_gzipped(tile.content))
    root, leaves = _directories(np.array(numbers, dtype=np.int64), np.array([*map(len, packed)], dtype=np.int64))
    text = json.dumps(metadata, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    parts = (root, _gzipped(text.encode()), leaves, b"".join(packed))
    starts = [_HEADER.size + sum(map(len, parts[:place])) for place in range(len(parts))]
    lie = (number for start, part in zip(starts, parts, strict=True) for number in (start, len(part)))
    west, south, east, north = (round(degrees * _E7) for degrees in bounds)
    header = _HEADER.pack(
        *(b"PMTiles", 3, *lie, *[len(packed)] * 3, _CLUSTERED, _GZIP, _GZIP, _MVT, zooms[0], zooms[-1]),
        *(west, south, east, north, zooms[0], (west + east) // 2, (south + north) // 2),
    )
    return b"".join((header, *parts))


def _directories(numbers: Ints, lengths: Ints) -> tuple[bytes, bytes]:
    """Return the first directory and all further ones: of numbers of tiles, and of how many bytes they take."""
    starts = np.cumsum(lengths) - lengths
    whole = _directory(numbers, starts, lengths, of_leaves=False)
    if len(whole) <= _DIRECTORY_MAX:
        return whole, b""
    size = _LEAF
    while True:
        cuts = [slice(at, at + size) for at in range(0, len(numbers), size)]
        leaves = [_directory(numbers[cut], starts[cut], lengths[cut], of_leaves=False) for cut in cuts]
        taken = np.array([*map(len, leaves)], dtype=np.int64)
        root = _directory(numbers[::size], np.cumsum(taken) - taken, taken, of_leaves=True)
        if len(root) <= _DIRECTORY_MAX:
            return root, b"".join(leaves)
        size *= 2


def _directory(numbers: Ints, starts: Ints, lengths: Ints, *, of_leaves: bool) -> bytes:
    """Write a directory; where one thing follows another one, 0 says so, else it is where it starts, and 1."""
    places = starts + 1
    places[1:][starts[1:] == starts[:-1] + lengths[:-1]] = 0
    count = np.array([len(numbers)])
    # A directory has no run: that tells it from a tile.
    runs = np.full(len(numbers), 0 if of_leaves else 1)
    told: Sequence[Ints] = (count, np.diff(numbers, prepend=0), runs, lengths, places)
    return _gzipped(varints(np.concatenate(told))[0].tobytes())


def _gzipped(content: bytes) -> bytes:
    # Unlike `gzip` it writes no time.
    return zlib.compress(content, wbits=31)
