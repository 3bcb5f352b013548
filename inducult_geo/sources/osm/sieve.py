"""Test all tags of a block at once for those that may make an object wanted.

The pairs are bits. A block of an .osm.pbf names all keys and values that it uses in one table of strings: where the
table holds no pair that is sought, the block holds no such object. What passes the sieve may be wanted; the tag table
itself decides, on few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from inducult_geo.sources.osm.tags import Tags, TagTable, values_of
from inducult_geo.sources.osm.wire import DamageError, HandOverError, Integers


@dataclass(frozen=True)
class Sieve:
    """The pairs of key and value that are sought, as bits: a necessary condition, never a sufficient one.

    Attributes
    ----------
    keys
        Key -> its bit (forms of one key share one).
    values
        Value -> the bits of the keys that it is sought with.
    any_value
        Bits of the keys that are sought with whatever value.
    """

    keys: Mapping[bytes, int]
    values: Mapping[bytes, int]
    any_value: int

    @classmethod
    def of(cls, table: TagTable) -> Sieve:
        """Take the pairs of a tag table that select, alone or together with others.

        Raises
        ------
        HandOverError
            Where the table has more keys than an integer has bits.
        """
        bits = {key: 1 << place for place, key in enumerate(table.rows)}
        if len(bits) > 62:
            raise HandOverError("the tag table has too many keys")
        values: dict[bytes, int] = {}
        for key, rows in table.rows.items():
            for value in (value for value, row in rows.items() if row.select != "no"):
                values[value.encode()] = values.get(value.encode(), 0) | bits[key]
        any_value = values.pop(b"*", 0)
        return cls({form.encode(): bits[key] for form, (key, _) in table.forms.items()}, values, any_value)

    def marks(self, strings: Sequence[bytes]) -> tuple[Integers, Integers] | None:
        """Return for each string its bits as a key and as a value; null where no pair of strings fits."""
        places = dict(zip(strings, range(len(strings)), strict=True))
        # The empty string may stand twice: the first place is never used, and some writers add another for roles.
        if len(places) + max(strings.count(b"") - 1, 0) < len(strings):
            raise HandOverError("a string stands twice in its table")
        keys = {places[text]: self.keys[text] for text in places.keys() & self.keys.keys()}
        if not keys:
            return None
        values = {places[text]: self.values[text] for text in places.keys() & self.values.keys()}
        values |= {places[text]: self._listed(text) for text in _lists(strings)}
        as_key, as_value = np.zeros(len(strings), np.int64), np.zeros(len(strings), np.int64)
        as_key[list(keys)] = list(keys.values())
        as_value[list(values)] = list(values.values())
        as_value |= self.any_value
        found = np.bitwise_or.reduce(as_key) & np.bitwise_or.reduce(as_value)
        return (as_key, as_value) if found else None

    def _listed(self, text: bytes) -> int:
        """Return the bits of a value that is a list, as the tag table reads it."""
        bits = 0
        for part in values_of(text.decode(errors="replace")):
            bits |= self.values.get(part.encode(), 0)
        return bits


def _lists(strings: Sequence[bytes]) -> Iterator[bytes]:
    """Find the strings with a semicolon: a search in all at once is several times faster than one in each."""
    joined = b"\0".join([*strings, b""])
    if joined.count(b"\0") != len(strings):
        raise DamageError("a text with a zero byte")
    at = joined.find(b";")
    while at >= 0:
        start, end = joined.rfind(b"\0", 0, at) + 1, joined.find(b"\0", at)
        yield joined[start:end]
        at = joined.find(b";", end)


@dataclass(frozen=True)
class Sought:
    """What is wanted: the sieve for all objects of a block, and the tag table's word on those that pass it."""

    sieve: Sieve
    wanted: Callable[[Tags], bool]

    @classmethod
    def of(cls, table: TagTable) -> Sought:
        """Take both from a tag table."""
        return cls(Sieve.of(table), table.wanted)
