"""Points with values as Mapbox Vector Tiles (version 2): each tile holds its points, and each value of them once.

GDAL writes the same tiles, but packs each point of each zoom on its own in between: a third of what a night costs.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inducult_geo.ragged import Floats, Ints, Ragged, Small, spread_out, starts_of

EXTENT: Final = 8192
"""Steps of a tile's side."""

BUFFER: Final = 160
"""Steps beyond its sides that a tile tells of, so that no symbol is cut there."""

_AT_ONCE: Final = 5_000
"""Points of tiles that are made together."""

_TEXT, _DOUBLE, _UINT, _SINT = b"\x0a", b"\x19", b"\x28", b"\x30"
_KEY, _VALUE, _LAYER = b"\x1a", b"\x22", b"\x1a"
_FEATURE, _TAGS, _TYPE, _GEOMETRY = 0x12, 0x12, 0x18, 0x22
_POINT, _MOVE_TO = 1, 9

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Tile:
    """A tile: its number (zooms one after the other, each along a Hilbert curve, as PMTiles counts them), and bytes."""

    number: int
    content: bytes


@dataclass(frozen=True)
class Points:
    """Points, and the values that they tell.

    Attributes
    ----------
    lon, lat
        Degrees, EPSG:4326.
    names
        Names of the columns.
    told
        Number of each point's value in each column, -1 where it tells none: one row a point.
    values
        The different values, as a tile holds them.
    """

    lon: Floats
    lat: Floats
    names: tuple[str, ...]
    told: Small
    values: tuple[bytes, ...]

    @classmethod
    def of(cls, lon: Floats, lat: Floats, columns: Mapping[str, pd.Series]) -> Points:
        """Take the values of columns: texts, whole and other numbers, null where nothing is told."""
        number: dict[bytes, int] = {}
        told = np.empty((len(lon), len(columns)), dtype=np.int32)
        for column, cells in enumerate(columns.values()):
            rows, different = pd.factorize(cells)
            codes = [number.setdefault(_value(one), len(number)) for one in different]
            told[:, column] = np.array([*codes, -1], dtype=np.int32)[rows]
        return cls(lon, lat, tuple(columns), told, tuple(number))


def vector_tiles(points: Points, layer: str, zooms: range) -> Iterator[Tile]:
    """Yield the tiles of all zooms that hold any points, in the order of their numbers; the points keep theirs."""
    keys = [_sized(_KEY, name.encode()) for name in points.names]
    around = _sized(b"\x0a", layer.encode()), b"\x28" + number_bytes(EXTENT) + b"\x78\x02"
    for zoom in zooms:
        placed = _placed(points, zoom)
        # Tiles that follow one another are made together, as many as lie near in memory.
        starts = starts_of(placed.tile)
        cuts = starts[starts_of(starts // _AT_ONCE)].tolist()
        for start, stop in zip(cuts, [*cuts[1:], len(placed.tile)], strict=True):
            yield from _tiles(points, placed.part(slice(start, stop)), keys, around)


def number_bytes(number: int) -> bytes:
    """Return a whole number of 0 or more as Protocol Buffers write it."""
    written = bytearray()
    while number > 127:
        written.append((number & 127) | 128)
        number >>= 7
    written.append(number)
    return bytes(written)


def varints(numbers: Ints) -> tuple[Bytes, Ints]:
    """Write whole numbers of 0 and more as Protocol Buffers do; returns all bytes, and how many each of them takes."""
    sizes = sizes_of(numbers)
    starts = np.cumsum(sizes) - sizes
    written = np.empty(int(sizes.sum()), dtype=np.uint8)
    for place in range(int(sizes.max(initial=0))):
        here = np.flatnonzero(sizes > place)
        more = (sizes[here] > place + 1) * 128
        written[starts[here] + place] = ((numbers[here] >> (7 * place)) & 127) | more
    return written, sizes


def sizes_of(numbers: Ints) -> Ints:
    """Return how many bytes `varints` writes of each number."""
    sizes = np.ones(len(numbers), dtype=np.int64)
    limit = 1 << 7
    while (larger := numbers >= limit).any() and limit < 1 << 62:
        sizes += larger
        limit <<= 7
    return sizes


@dataclass(frozen=True)
class _Placed:
    """Points in tiles, by tile: number of the tile and of the point, and the place in the tile, in steps."""

    tile: Ints
    point: Ints
    x: Ints
    y: Ints

    def part(self, rows: slice) -> _Placed:
        return _Placed(self.tile[rows], self.point[rows], self.x[rows], self.y[rows])


def _placed(points: Points, zoom: int) -> _Placed:
    """Put each point into the tiles of a zoom that tell of it."""
    side = 1 << zoom
    x = (points.lon + 180) / 360 * side
    y = (1 - np.arcsinh(np.tan(np.radians(points.lat))) / math.pi) / 2 * side
    reach = BUFFER / EXTENT
    first, last = ([np.floor(at + aside).astype(np.int64) for at in (x, y)] for aside in (-reach, reach))
    found = []
    for across in (0, 1):
        for down in (0, 1):
            column, row = first[0] + across, first[1] + down
            here = np.flatnonzero(
                (column <= last[0]) & (row <= last[1]) & (column >= 0) & (row >= 0) & (column < side) & (row < side)
            )
            column, row = column[here], row[here]
            steps = (np.rint((at[here] - tile) * EXTENT).astype(np.int64) for at, tile in ((x, column), (y, row)))
            found.append((_numbers(zoom, column, row), here, *steps))
    parts = [np.concatenate(told) for told in zip(*found, strict=True)]
    order = np.lexsort((parts[1], parts[0]))
    return _Placed(*(part[order] for part in parts))


def _numbers(zoom: int, column: Ints, row: Ints) -> Ints:
    """Return the numbers of tiles: those of all coarser zooms come before, and a Hilbert curve leads through them."""
    numbers = np.full(len(column), (4**zoom - 1) // 3, dtype=np.int64)
    for place in reversed(range(zoom)):
        size = 1 << place
        right, below = column >> place & 1, row >> place & 1
        numbers += size * size * ((3 * right) ^ below)
        flips = (below == 0) & (right == 1)
        column, row = (np.where(flips, size - 1 - part, part) for part in (column, row))
        column, row = np.where(below == 0, row, column), np.where(below == 0, column, row)
    return numbers


def _tiles(points: Points, placed: _Placed, keys: Sequence[bytes], around: tuple[bytes, bytes]) -> Iterator[Tile]:
    """Yield tiles whole: the points of `placed` are all of theirs."""
    told = points.told[placed.point]
    starts = starts_of(placed.tile)
    which = np.repeat(np.arange(len(starts)), np.diff([*starts, len(told)]))
    entry, column = np.nonzero(told >= 0)
    tile = which[entry]
    key, tile_keys = _counted_anew(tile, column, len(starts))
    value, tile_values = _counted_anew(tile, told[entry, column], len(starts))
    tags = Ragged(
        np.column_stack([key, value]).ravel(), np.r_[0, np.cumsum(2 * np.bincount(entry, minlength=len(told)))]
    )
    # A coarse tile may hold nearly all points.
    portions = (slice(at, min(at + _AT_ONCE, len(told))) for at in range(0, len(told), _AT_ONCE))
    written, sizes = zip(*(_features(tags.part(some), placed.part(some)) for some in portions), strict=True)
    features = b"".join(written)
    bounds = [*np.r_[0, np.cumsum(np.concatenate(sizes))][starts].tolist(), len(features)]
    for at, number in enumerate(placed.tile[starts].tolist()):
        parts = (
            around[0],
            features[bounds[at] : bounds[at + 1]],
            *(keys[one] for one in tile_keys[at]),
            *(points.values[one] for one in tile_values[at]),
            around[1],
        )
        yield Tile(number, _sized(_LAYER, b"".join(parts)))


def _counted_anew(tile: Ints, codes: Ints | Small, count: int) -> tuple[Ints, list[list[int]]]:
    """Count codes anew in each tile, in the order of appearance; returns these, and the codes of each of the tiles."""
    width = int(codes.max(initial=0)) + 1
    number, found = pd.factorize(tile * width + codes)
    home, code = np.divmod(np.asarray(found, dtype=np.int64), width)
    starts = np.searchsorted(home, np.arange(count + 1)).astype(np.int64)
    return number - starts[tile], [part.tolist() for part in np.split(code, starts[1:-1])]


def _features(tags: Ragged, placed: _Placed) -> tuple[bytes, Ints]:
    """Write points, all of whose bytes are numbers of Protocol Buffers; returns these, and how many each point takes.

    `tags` tells of each point the numbers of key and value, of one value after the other.
    """
    # Negative numbers stand between the others: 0, -1, 1, -2.
    x, y = ((part << 1) ^ (part >> 63) for part in (placed.x, placed.y))
    lengths = 11 + tags.counts
    starts = np.cumsum(lengths) - lengths
    owner, at = spread_out(starts + 4, tags.counts)
    size = np.bincount(owner, weights=sizes_of(tags.values), minlength=len(tags)).astype(np.int64)
    shape = 1 + sizes_of(x) + sizes_of(y)
    whole = 1 + sizes_of(size) + size + 4 + shape
    numbers = np.empty(int(lengths.sum()), dtype=np.int64)
    numbers[at] = tags.values
    head: tuple[Ints | int, ...] = (_FEATURE, whole, _TAGS, size)
    tail: tuple[Ints | int, ...] = (_TYPE, _POINT, _GEOMETRY, shape, _MOVE_TO, x, y)
    for first, part in ((starts, head), (starts + 4 + tags.counts, tail)):
        for place, told in enumerate(part):
            numbers[first + place] = told
    written, sizes = varints(numbers)
    return written.tobytes(), np.add.reduceat(sizes, starts)


def _value(value: Any) -> bytes:
    """Return a value as a tile holds it."""
    if isinstance(value, str):
        return _sized(_VALUE, _sized(_TEXT, value.encode()))
    if float(value).is_integer():
        whole = int(value)
        return _sized(_VALUE, _UINT + number_bytes(whole) if whole >= 0 else _SINT + number_bytes(-2 * whole - 1))
    return _sized(_VALUE, _DOUBLE + struct.pack("<d", value))


def _sized(tag: bytes, content: bytes) -> bytes:
    return tag + number_bytes(len(content)) + content
