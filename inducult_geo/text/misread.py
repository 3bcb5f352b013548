"""Repair letters that were read in the wrong encoding and saved as UTF-8: "Straﬂe" for "Straße", "ZAK£AD" for "ZAKŁAD".

Nothing in such a file is damaged, so that no reader complains. It is known by its letters, as an encoding is (see
`encodings`): put back into the bytes that they were, they make likelier text in another table.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import islice, product
from typing import Final, NamedTuple

from inducult_geo.text.clean import LOST
from inducult_geo.text.encodings import RARE, TABLES, likelihood

AS_BYTE: Final = "inducult_geo.as_byte"
"""Name of the way in which a control character is taken for the byte that it was, see `codecs.register_error`."""

_TAKEN_FOR: Final = ("cp1252", "mac_roman", "cp1250", "cp850", "cp852", "iso8859_2")
_WORDS: Final = 4_000
_BETWEEN_WORDS: Final = re.compile(r"[\s;,|]+")
_LONGEST: Final = 80
_SHOWN_OF: Final = 200
_IN_WORDS: Final = 0.5
"""Share of the letters that change which must stand within a word: "§ 5", "500 m²", "»Hof«" are right as they are."""

_DIFFERENT: Final = 2
"""So many different letters must change, more to be sure: of one the other table may make a letter of some language."""

_CONTROLS: Final = re.compile("[\x80-\x9f]+")

_LEAST: Final = 0.4
"""Gain of each letter, in natural logarithms, from which another table is worth telling. Letters of a language that is
not known there (Icelandic, Portuguese) may gain up to 0.3 when they are put into another's."""

_LEAST_OF_ALL: Final = 25.0
"""... and of all letters together: of a few none can tell."""

_SURE: Final = 2.0
"""Gain of each letter from which the text as it stands is of no language at all."""


def _as_byte(problem: UnicodeError) -> tuple[bytes, int]:
    """Give a control character as the byte that it was: a table of Windows has no letter for five bytes."""
    if not isinstance(problem, UnicodeEncodeError) or not _CONTROLS.fullmatch(
        problem.object, problem.start, problem.end
    ):
        raise problem
    return problem.object[problem.start : problem.end].encode("latin-1"), problem.end


codecs.register_error(AS_BYTE, _as_byte)


class Misread(NamedTuple):
    """What was written in the table `written`, and was taken for text in the table `taken_for`.

    Attributes
    ----------
    shown
        Words that show it, for a person: "'Straﬂe' for 'Straße'".
    is_sure
        Whether the text as it stands is of no language.
    """

    written: str
    taken_for: str
    shown: str
    is_sure: bool

    @property
    def told(self) -> str:
        """What a person is told of such a file."""
        return f"letters seem to be of {self.written}, and were read as {self.taken_for} before ({self.shown})"

    @property
    def encoding(self) -> str:
        """What `[read] encoding` says of such a file."""
        return f"{self.written} read as {self.taken_for}"


def misread(texts: Iterable[str]) -> Misread | None:
    """Tell which table texts were written in, and which they were taken for; None where all seems to be right."""
    # Each once: a unit that stands in every row tells no more than in one.
    words = [*dict.fromkeys(islice(_words(texts), _WORDS))]
    text = "\n".join(words)
    count = sum(letter > "\x7f" for letter in text)
    gain, written, taken_for, meant = max(_readings(text), default=(0.0, "", "", text))
    if gain < _LEAST or gain * count < _LEAST_OF_ALL:
        return None
    letters = _letters_changed(text, meant)
    if len(letters) < _DIFFERENT:
        return None
    showing = [one for one in words if not letters.isdisjoint(one)]
    word = max(showing[:_SHOWN_OF], key=lambda one: sum(letter.isalpha() for letter in one))
    shown = f"{word!r} for {_again(word, written, taken_for)!r}"
    return Misread(written, taken_for, shown, gain >= _SURE and len(letters) > _DIFFERENT)


def _readings(text: str) -> Iterator[tuple[float, str, str, str]]:
    """Yield the other readings of a text: the gain of each letter, both tables, and the text as it was meant."""
    as_it_is = likelihood(text, 0.0)
    for taken_for, written in product(_TAKEN_FOR, TABLES):
        meant = None if written == taken_for else _again(text, written, taken_for)
        if meant is not None and meant != text:
            rare = RARE.get(written, 0.0) + RARE.get(taken_for, 0.0)
            yield likelihood(meant, rare) - as_it_is, written, taken_for, meant


def _words(texts: Iterable[str]) -> Iterator[str]:
    """Yield the words with letters beyond ASCII, none of them endless, and none of which a letter was lost."""
    lines = (line for text in texts if not text.isascii() for line in text.splitlines() if not line.isascii())
    words = (word[:_LONGEST] for line in lines for word in _BETWEEN_WORDS.split(line))
    return (word for word in words if not word.isascii() and LOST not in word)


def _letters_changed(text: str, meant: str) -> set[str]:
    """Return the letters in which two texts of one length differ; none where most are no letters, see `_IN_WORDS`."""
    places = [at for at, (old, new) in enumerate(zip(text, meant, strict=True)) if old != new]
    within = [at for at in places if text[max(at - 1, 0) : at].isalpha() and text[at + 1 : at + 2].isalpha()]
    return {text[at] for at in places} if len(within) >= _IN_WORDS * len(places) else set()


def as_meant(text: str, written: str, taken_for: str) -> str:
    """Return a text as it was meant that was written in one table and taken for another.

    Raises
    ------
    UnicodeError
        Where a letter of it is in neither table.
    LookupError
        Where there is no such table.
    """
    return text.encode(taken_for, errors=AS_BYTE).decode(written)


def _again(text: str, written: str, taken_for: str) -> str | None:
    try:
        return as_meant(text, written, taken_for)
    except UnicodeError:
        return None
