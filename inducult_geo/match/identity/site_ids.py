"""The text of a site id, made of the key of the site's first record, with a check character."""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from inducult_geo.ragged import blocks

PREFIX: Final = "IC"
DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U, so that an id can be read aloud."""

LENGTH: Final = 7
_FIELD: Final = 0b100101
_GENERATOR: Final = 2


def new_site_id(founding_key: str, salt: int = 0) -> str:
    """Make an id, such as `IC-7K3QF2M-X`, of a record's raw key; `salt` gives another one where it is taken."""
    text = founding_key if not salt else f"{founding_key}\n{salt}"
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    body = "".join(DIGITS[number >> (5 * place) & 31] for place in range(LENGTH))
    return f"{PREFIX}-{body}-{_check_character(body)}"


def _check_character(body: str) -> str:
    """Return the check character: finds every wrong character and every swap of two neighbors.

    A weighted sum in the field of 32 elements: each place counts with another power of the generator (the scheme of
    Reed-Solomon codes with one check symbol).
    """
    total, power = 0, 1
    for character in body:
        power = _times(power, _GENERATOR)
        total ^= _times(power, DIGITS.index(character))
    return DIGITS[total]


def check_site_id(text: str) -> bool:
    """Tell whether a text is a well-formed site id with the right check character."""
    parts = text.split("-") if isinstance(text, str) else []
    if len(parts) != 3 or parts[0] != PREFIX or len(parts[1]) != LENGTH or len(parts[2]) != 1:
        return False
    return all(character in DIGITS for character in parts[1]) and _check_character(parts[1]) == parts[2]


def new_site_ids(founding_keys: pa.Array) -> pa.Array:
    """Make the ids of many founding records at once (see `new_site_id`), as Arrow's texts."""
    return pa.concat_arrays([_written(_numbers(founding_keys[here])) for here in blocks(len(founding_keys))])


def _numbers(keys: pa.Array) -> NDArray[np.uint64]:
    """Return the number that the id of each key is made of: the first eight bytes of a hash."""
    digests = b"".join([hashlib.sha256(key).digest() for key in keys.cast(pa.large_binary()).to_pylist()])
    return np.frombuffer(digests, dtype=">u8")[::4].astype(np.uint64)


def _written(numbers: NDArray[np.uint64]) -> pa.Array:
    """Write the ids of numbers, all of which are of one length."""
    signs = np.frombuffer(DIGITS.encode(), dtype=np.uint8)
    letters = np.empty((len(numbers), len(PREFIX) + LENGTH + 3), dtype=np.uint8)
    letters[:] = np.frombuffer(f"{PREFIX}-{'?' * LENGTH}-?".encode(), dtype=np.uint8)
    check = np.zeros(len(numbers), dtype=np.uint8)
    power = 1
    for place in range(LENGTH):
        digit = ((numbers >> np.uint64(5 * place)) & np.uint64(31)).astype(np.uint8)
        letters[:, len(PREFIX) + 1 + place] = signs[digit]
        power = _times(power, _GENERATOR)
        check ^= np.array([_times(power, value) for value in range(len(DIGITS))], dtype=np.uint8)[digit]
    letters[:, -1] = signs[check]
    ends = np.arange(len(numbers) + 1, dtype=np.int64) * letters.shape[1]
    return pa.LargeStringArray.from_buffers(len(numbers), pa.py_buffer(ends), pa.py_buffer(letters.ravel()))


def _times(a: int, b: int) -> int:
    """Multiply two elements of the field of 32."""
    product = 0
    while b:
        product ^= a * (b & 1)
        a, b = a << 1, b >> 1
        a ^= _FIELD * (a >> 5)
    return product
