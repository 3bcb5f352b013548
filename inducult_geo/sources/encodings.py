"""Which encoding a text without a byte order mark is in: UTF-8 proves itself, all others are weighed.

One-byte encodings decode anything. So each is judged by what it makes of the bytes above ASCII: letters of the eight
regions' languages between letters count for it, signs inside words against it. The order decides between equals.
"""

from __future__ import annotations

import re

from charset_normalizer import from_bytes

_CANDIDATES = ("cp1252", "cp1250", "iso8859_2", "mac_roman", "cp852", "cp850", "mac_latin2")
_LETTERS = "äöüÄÖÜßéèêëàâçîïôûùœÉÈÀÇáíóúýěščřžůďťňÁÍÓÚÝĚŠČŘŽŮĎŤŇćđĆĐąęłńśźżĄĘŁŃŚŹŻìòÒÌÙ"
_GOOD = re.compile(f"[{_LETTERS}]")
_HIGH = re.compile("[^\x00-\x7f]")
# Capitals with marks amid small letters, signs beside letters, and letters of other languages (or that Italian has
# at the end of a word only) are what a wrong table shows.
_BAD = re.compile(
    r"(?<=[a-z])[ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞŠŽČĆĐĚŘŮŁĄĘŃŚŹŻŇŤĎ](?=[a-z])|[^\x00-\x7f\w\s°–—„“”‘’«»…§·€]|[\x80-\x9f]|[ªº¹²³µƒøìòùðþ](?=[a-z])"
)
_SAMPLE = 400_000
_NUL_SHARE = 0.3


def best_encoding(data: bytes) -> str | None:
    """Return the encoding that explains the bytes best; None where they are no text.

    UTF-16 without a mark is known by its NULs, which stand at every other place.
    """
    sample = data[:_SAMPLE]
    for encoding, start in (("utf-16-le", 1), ("utf-16-be", 0)):
        half = sample[start : 2 * (len(sample) // 2) : 2]
        if half and half.count(0) > _NUL_SHARE * len(half) and sample[1 - start :: 2].count(0) < 0.01 * len(half):
            return encoding
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _weighed(data)
    return "utf-8"


def _weighed(data: bytes) -> str | None:
    if data.count(0) > 0.001 * len(data):
        return None
    lines = re.split(rb"[\r\n]+", data)
    sample = b"\n".join(line for line in lines if not line.isascii())[:_SAMPLE]
    scores = {encoding: _score(sample, encoding) for encoding in _CANDIDATES}
    best = max(_CANDIDATES, key=lambda encoding: scores[encoding])
    if scores[best] > 0:
        return best
    guess = from_bytes(sample).best()
    return None if guess is None else guess.encoding


def _score(sample: bytes, encoding: str) -> float:
    """Return the share of letters that belong, less three times that of signs that do not, of all above ASCII."""
    text = sample.decode(encoding, errors="replace")
    high = len(_HIGH.findall(text))
    return (len(_GOOD.findall(text)) - 3 * len(_BAD.findall(text))) / max(high, 1)
