"""Read TOML as people save it, and report errors in it the same way everywhere."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

from inducult_geo.errors import ConfigError, is_no_plain_file

MAX_BYTES = 64 * 1024**2
"""Larger files are not read: reading TOML takes many times its size."""


def read_toml(path: Path, error: type[ConfigError] = ConfigError) -> dict[str, Any]:
    """Read a TOML file in UTF-8, with or without a byte order mark (Windows' Notepad writes one).

    Parameters
    ----------
    error
        What is raised where the file is not there, cannot be read or is no TOML; the message names it and the remedy.

    Raises
    ------
    ConfigError
        Or the child of it that `error` names.
    """
    if is_no_plain_file(path):
        raise error(f"{path}: is not a file, but a pipe or device. Remove it, or put the file itself there.")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise error(f"{path}: is larger than {MAX_BYTES // 1024**2} MB, so it cannot be a declaration. Remove it.")
        parsed, holds_nul = _parsed(path.read_text(encoding="utf-8-sig"))
        values = deepcopy(parsed)
    except FileNotFoundError:
        raise error(f"{path}: no such file. Look at its name and folder.") from None
    except IsADirectoryError:
        raise error(f"{path}: is a folder. Name a .toml file in it.") from None
    except UnicodeDecodeError as problem:
        raise error(f"{path}: cannot be read as UTF-8 text: {_letter_told(problem)}. Save it as UTF-8.") from problem
    except OSError as problem:
        raise error(f"{path}: cannot be read: {problem.strerror}.") from problem
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        told = _line_told(path.read_text(encoding="utf-8-sig"), str(problem))
        raise error(f"{path}: not valid TOML: {told}. Correct or remove the file.") from problem
    except ValueError as problem:
        # What Python says of it, the limit of digits, is for programmers.
        raise error(f"{path}: holds a number of thousands of digits. Correct or remove the file.") from problem
    if holds_nul:
        # No file's name and no text of a release can hold one.
        raise error(f"{path}: holds a NUL character, written as \\u0000. Take it out.")
    return values


# A service reads the same declarations for every flow and task.
@lru_cache(maxsize=256)
def _parsed(text: str) -> tuple[dict[str, Any], bool]:
    """Return what a text says, never to be changed, and whether it holds a NUL."""
    values = tomllib.loads(text)
    # Tables may be nested deeper in a key ("a.a.a") than in brackets.
    return values, _holds_nul(values)


def _letter_told(problem: UnicodeDecodeError) -> str:
    if problem.object.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "it is in UTF-16"
    line = problem.object[: problem.start].count(b"\n") + 1
    return f"line {line} holds the byte 0x{problem.object[problem.start]:02x}, a letter of another encoding"


def _line_told(text: str, said: str) -> str:
    """Say what is wrong with a line, and what to write: who keeps a list does not know the words of a parser."""
    found = _AT.search(said)
    # A parser counts no line at the signs that Python does (U+2028).
    lines = text.split("\n")
    if found is None or not 0 < int(found[1]) <= len(lines):
        return said
    line = lines[int(found[1]) - 1].strip()
    reader = said[: found.start()].strip()
    remedy = next((remedy for applies, remedy in _REMEDIES if applies(line, reader)), None)
    shown = line[:_SHOWN] + ("..." if len(line) > _SHOWN else "")
    return f"line {found[1]}, `{shown}`: " + (f"{remedy} (the reader says: {reader})" if remedy else reader)


def _matches(pattern: str) -> Callable[[str, str], bool]:
    """Return a test of a line, without what stands in straight quotes."""
    compiled = re.compile(pattern)
    return lambda line, _: bool(compiled.search(_QUOTED.sub('""', line)))


def _says(*words: str) -> Callable[[str, str], bool]:
    """Return a test of what the parser says."""
    return lambda _, reader: any(word in reader for word in words)


_SHOWN = 80
_A_NAME = 'write a name of several words, or with other letters than a to z, in "quotes"'
_UNSEEN = "[\u00a0\u2000-\u200f\u2028\u2029\u202f\u2060\ufeff]"
_AT = re.compile(r" \(at line (\d+), column \d+\)$")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_REMEDIES: tuple[tuple[Callable[[str, str], bool], str], ...] = (
    (_matches("[\u201c\u201d\u201e\u201a\u2018\u2019\u00ab\u00bb]"), 'write straight quotes, as "this"'),
    (_says("hex value", "escape", "Unescaped"), "in double quotes a \\ means something else: write / in its place"),
    (_says("Cannot declare"), "this section appears twice: put all of its lines together"),
    (_says("Cannot overwrite", "Cannot mutate"), "this name appears twice in its section: keep one"),
    (_matches(r"^[^=#\[]*$|^[^=#\[]+:"), "write = between the name and its value"),
    (_matches(_UNSEEN), "there is a special space, as word processors write it: type it again"),
    (_says("Expected '=' after", "Invalid statement", "initial character"), _A_NAME),
    (_matches(r"=\s*\d{1,2}[./]\d{1,2}[./]\d{4}"), "write a day as 2026-11-28"),
    (_matches(r"=\s*\d+,\d"), "write a decimal point: 0.95"),
    (_matches(r"=\s*(?!true\b|false\b)[^\W\d_]"), 'write the value in quotes: name = "Name"'),
    (_says("Expected newline"), "after the value there may only be a remark that begins with #"),
    (_says("Illegal character", "Unclosed", "Unterminated"), "a quote or a bracket is not closed, here or above"),
)
"""Tests of the line and of what the parser says of it -> what to do; the first that applies is told."""


def _holds_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return isinstance(value, str) and "\x00" in value
