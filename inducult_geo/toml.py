"""TOML as people save it: one way to read it, and one way to say what is wrong with it."""

from __future__ import annotations

import tomllib
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
        raise error(f"{path}: is no file but a pipe or device. Remove it, or put the file itself there.")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise error(f"{path}: is larger than {MAX_BYTES // 1024**2} MB: no declaration. Remove it.")
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        # Tables may be nested deeper in a key ("a.a.a") than in brackets.
        holds_nul = _holds_nul(values)
    except FileNotFoundError:
        raise error(f"{path}: no such file") from None
    except UnicodeDecodeError as problem:
        raise error(f"{path}: cannot be read as UTF-8 text: {problem}. Save it as UTF-8.") from problem
    except OSError as problem:
        raise error(f"{path}: cannot be read: {problem.strerror}.") from problem
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise error(f"{path}: not valid TOML: {problem}. Mend or remove the file.") from problem
    except ValueError as problem:
        # What Python says of it, the limit of digits, is for programmers.
        raise error(f"{path}: holds a number of thousands of digits. Mend or remove the file.") from problem
    if holds_nul:
        # No file's name and no text of a release can hold one.
        raise error(f"{path}: holds a NUL character, written as \\u0000. Take it out.")
    return values


def _holds_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return isinstance(value, str) and "\x00" in value
