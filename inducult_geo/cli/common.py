"""What the commands share: options, opening a run, refusing to overwrite files, and printing results."""

from __future__ import annotations

import codecs
import io
import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inducult_geo.errors import BusyError, ConfigError, CountingError, InducultError, StorageError

if TYPE_CHECKING:
    from inducult_geo.run import OsmMode, Run


def named_path(text: str) -> Path:
    """Parse a path; an empty one, which would mean the working directory, is refused.

    Raises
    ------
    typer.BadParameter
        Where it is empty.
    """
    if not text.strip():
        raise typer.BadParameter("the path is empty. Is a variable not set? Name a path; '.' is the folder you are in.")
    return Path(text)


def file_to_write(text: str) -> Path:
    """Parse a path as `named_path` does; a folder is refused.

    Raises
    ------
    typer.BadParameter
        Where it is empty, or a folder.
    """
    if (path := named_path(text)).is_dir():
        raise typer.BadParameter(f"'{path}' is a directory. Name a file in it.")
    return path


Data = Annotated[
    Path | None, typer.Option("--data", parser=named_path, help="The data folder, with raw/ and processed/.")
]
Catalogs = Annotated[
    list[Path] | None,
    typer.Option(
        "--catalog",
        parser=named_path,
        help="A folder with regions/, sources/, rasters/ that adds to the built-in catalog. Repeatable.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the same facts as JSON.")]

_BEGINNING = 2000
_FOREIGN = "{said}: is there already, and is not a {what} that this command wrote. Name another file, or remove it."


def exit_code(problem: InducultError) -> int:
    """Return 2 for a wrong call, a wrong configuration or a busy folder, else 1."""
    return 2 if isinstance(problem, ConfigError | BusyError) else 1


def readable(text: str | None) -> str | None:
    """Refuse an argument that is no UTF-8: no file of ours holds such a text, and Arrow will not look for one."""
    if text is not None and text != text.encode("utf-8", "replace").decode():
        raise ConfigError(f"{text!a} is not UTF-8. Is the terminal set to another encoding?")
    return text


def refuse_foreign(out: Path, columns: Iterable[str]) -> None:
    """Refuse to overwrite a file that is not an earlier table with the same columns: a slip must not cost a list.

    A table that a spreadsheet program saved again is one: that may change the delimiter, name it in a first line
    (`sep=;`), and put the names of columns between quotation marks.

    Raises
    ------
    ConfigError
        Where `out` is there, is not empty, and does not begin with the names of `columns`.
    """
    begun, heads = re.sub(rb"\Asep=.\r?\n", b"", _begun(out).replace(b'"', b"")), [*columns]
    if begun and not begun.startswith(tuple(sign.join(heads).encode() for sign in ",;\t")):
        raise ConfigError(_FOREIGN.format(said=f"--out {out}", what="table"))


def refuse_foreign_picture(out: Path, mark: str) -> None:
    """Refuse to overwrite a picture that does not have the program's mark in its beginning.

    Raises
    ------
    ConfigError
        As `refuse_foreign`.
    """
    begun = _begun(out)
    if begun and mark.encode() not in begun:
        raise ConfigError(_FOREIGN.format(said=f"--map {out}", what="picture"))


def _begun(out: Path) -> bytes:
    if not out.is_file():
        return b""
    with out.open("rb") as handle:
        begun = handle.read(_BEGINNING)
    if begun.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return begun.decode("utf-16", "ignore").encode()
    return begun.removeprefix(codecs.BOM_UTF8)


class _Output(io.TextIOWrapper):
    """Standard output, which may be a log on a full disk: that is an error of one line."""

    def __init__(self, told: io.TextIOWrapper) -> None:
        super().__init__(told.buffer, told.encoding, "backslashreplace", line_buffering=told.line_buffering)
        # Were it collected as garbage, it would close the buffer that both write to.
        self._told = told

    def write(self, text: str, /) -> int:
        """Write a text."""
        with _telling():
            return super().write(text)

    def flush(self) -> None:
        """Write what was held back."""
        with _telling():
            super().flush()


@contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as problem:
        raise StorageError(
            f"the work is done, but the result cannot be written to the output (a file, a log): {problem.strerror}. "
            "Make room there and repeat the command."
        ) from problem


def set_up_output() -> None:
    r"""Write letters that the output's encoding lacks (`LANG=pl_PL`) as their numbers (`\u2192`).

    An output that takes nothing is an error of one line; to one that is closed (`1>&-`) nothing is written.
    """
    told = sys.stdout
    if isinstance(told, io.TextIOWrapper):
        sys.stdout = _Output(told)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 (open to the end)


def drop_unwritten() -> None:
    """Drop what an output does not take: Python would report it again when it ends, with an exit code of its own."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, StorageError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def refusal_is_two() -> Iterator[None]:
    """Treat a file that cannot be used as a wrong call (exit code 2): the command is about that file alone.

    A full disk and a fault of the program stay what they are: another call would not help.
    """
    try:
        yield
    except (ConfigError, StorageError, CountingError):
        raise
    except InducultError as problem:
        raise ConfigError(str(problem)) from problem


@contextmanager
def opened_run(
    data: Path | None,
    catalogs: list[Path] | None,
    *,
    osm: OsmMode = "files",
    osm_file: Path | None = None,
    quiet: bool,
    contracts: bool = True,
    afresh: bool = False,
    afresh_sources: Iterable[str] = (),
) -> Iterator[Run]:
    """Open a run that reports its progress: a bar on a terminal, plain lines elsewhere, nothing where `quiet`."""
    from inducult_geo.display import progress
    from inducult_geo.run import open_run

    with progress(quiet=quiet) as (say, advance):
        yield open_run(
            data,
            catalogs=catalogs or (),
            osm=osm,
            osm_file=osm_file,
            contracts=contracts,
            say=say,
            advance=advance,
            afresh=afresh,
            afresh_sources=afresh_sources,
        )


def show(draw: Callable[[Any], None]) -> None:
    """Let `draw` write to the console."""
    from inducult_geo.display import console

    draw(console())


def print_json(values: dict[str, Any]) -> None:
    """Print facts as JSON, for other programs; NaN and infinity, which JSON lacks, are null."""
    # Other programs read JSON as UTF-8, whatever the locale: for any other encoding it is escaped.
    is_utf8 = (sys.stdout.encoding or "").lower().startswith("utf")
    typer.echo(json.dumps(_for_json(values), ensure_ascii=not is_utf8, indent=1, default=str, allow_nan=False))


def _for_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _for_json(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_for_json(part) for part in value]
    # A scalar of numpy becomes one of Python first.
    plain = value.item() if getattr(value, "ndim", None) == 0 else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain
