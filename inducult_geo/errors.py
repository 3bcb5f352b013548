"""The errors that a person may see. Each message says what is wrong, where, and what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path


class InducultError(Exception):
    """Anything that inducult-geo refuses or cannot do; its text is written for the person who runs it."""


class ConfigError(InducultError):
    """A wrong call or configuration: nothing was done (exit code 2)."""


class CatalogError(ConfigError):
    """A region, raster or vocabulary of a catalog folder does not hold what it must."""


class ContractError(ConfigError):
    """A source's contract is wrong, or does not fit the file that it describes."""


class SourceError(InducultError):
    """One source cannot be used in this run; the others go on."""


class TransientError(SourceError):
    """A source that may answer when asked again: the only error worth a retry.

    `soon` is false where that is of no use before the next night.
    """

    def __init__(self, message: str, *, soon: bool = True) -> None:
        super().__init__(message)
        self.soon = soon


class RegionError(InducultError):
    """One region cannot be built in this run; the others go on."""


class CoordinateError(InducultError, ValueError):
    """A coordinate, or a system of coordinates, that cannot be read without guessing."""


class DecisionError(InducultError):
    """The decisions log contradicts itself or names something unknown."""


class CountingError(InducultError):
    """Records went missing or were made up between two stages: always a fault of the program."""


class ReleaseError(InducultError):
    """A release breaks one of its promises."""


class BusyError(InducultError):
    """Another run holds the data folder."""


class StorageError(InducultError):
    """The data folder cannot be written: a full disk, a read-only folder. What was whole stays whole."""


def did_you_mean(said: str, known: Iterable[str]) -> str:
    """Return the question that helps with a slip of the pen, with a space before it; nothing where no word is near."""
    near = difflib.get_close_matches(said, list(known), n=1)
    return f" Did you mean '{near[0]}'?" if near else ""


def slip_of(said: str, known: Iterable[str]) -> str | None:
    """Return the word that a name is but a letter or two away from, where any name may stand; null where none is."""
    words = [*known]
    return None if said in words else next(iter(difflib.get_close_matches(said.lower(), words, 1, _SLIP)), None)


_SLIP = 0.85
"""Share of their letters that two spellings of one word have in common: "license" and "licence", "fil" and "file"."""


def none_built(data: Path) -> ConfigError:
    """Return what a person is told who asks for what the regions of a data folder hold, where none was built yet."""
    return ConfigError(f"{data}: no region was built yet. Run `inducult run` first.")


def located(where: str, message: str | None) -> str:
    """Say where something went wrong, and what: where once, for most messages begin with it."""
    return f"{where}: {(message or '').removeprefix(f'{where}: ')}"


def in_words(problem: Exception) -> str:
    """Return what an error says; of a file that cannot be read, which one, and what to do."""
    if isinstance(problem, OSError) and problem.filename is not None:
        return f"{problem.filename}: cannot be read: {problem.strerror}. Give this program the right to read it."
    return str(problem)


def fault_told(problem: BaseException | str) -> str:
    """Return what an error says; of one that is not told by name, that it is a fault of this program."""
    if not isinstance(problem, BaseException) or isinstance(problem, InducultError):
        return str(problem)
    return f"{type(problem).__name__}: {problem}. This is a fault of inducult-geo: please report it."


def steady(message: str | None) -> str | None:
    """Return a message without what differs from night to night though the reason is the same: times, numbers, ids.

    What stands in quotes is a name ("no column 'x2'"): another one is another reason.
    """
    if message is None:
        return None
    parts = re.split(r"((?<!\w)'[^'\n]{1,80}'(?!\w))", message)
    # Word by word: to look for a digit from each letter on would take for ever in a name without end.
    parts[::2] = (re.sub(r"\S+", _without_number, part) for part in parts[::2])
    return " ".join("".join(parts).split())


def _without_number(word: re.Match[str]) -> str:
    return "#" if any(map(str.isdecimal, word[0])) else word[0]


def is_no_plain_file(path: Path) -> bool:
    """Whether a pipe, a device or a socket stands there: to read it could wait, or go on, for ever."""
    return path.exists() and not (path.is_file() or path.is_dir())
