"""The datum grids that pinned operations need: which are there, how much a missing one costs, where to get them.

Names and SHA-256 stand in `catalog/operations.csv`. Files come by pyproj's own command (`pyproj sync`) from the server
that PROJ is set to, or out of a folder; only the registered bytes are kept. Nothing is fetched unless asked.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from inducult_geo.digest import sha256
from inducult_geo.errors import ConfigError, StorageError
from inducult_geo.harmonize.transforms.operations import Operation, operations
from inducult_geo.store import replacing

State = Literal["there", "missing", "wrong", "fetched", "not offered", "failed"]
_SECONDS = 600


@dataclass(frozen=True)
class Grid:
    """One grid, and how it stands.

    Attributes
    ----------
    name, sha256
        The file as registered.
    countries
        Where it counts.
    datums
        The systems that it moves to ETRS89.
    accuracy_m, without_m
        What coordinates are worth with it and, at worst, without it (null where nothing takes over).
    state
        there, missing, wrong (other bytes than registered), fetched, not offered by the server, or failed.
    detail
        What went wrong, for a person.
    """

    name: str
    sha256: str
    countries: tuple[str, ...]
    datums: tuple[str, ...]
    accuracy_m: float
    without_m: float | None
    state: State = "missing"
    detail: str = ""

    @property
    def cost(self) -> str:
        """What its absence costs, in words."""
        where = f"{', '.join(self.datums)} in {', '.join(self.countries)}"
        if self.without_m is None:
            return f"{where}: {self.accuracy_m:g} m with it; cannot be read without it"
        return f"{where}: {self.accuracy_m:g} m with it, {self.without_m:g} m without"

    def as_dict(self) -> dict[str, Any]:
        """Return the facts as JSON can hold them."""
        return {
            "name": self.name,
            "state": self.state,
            "countries": list(self.countries),
            "datums": list(self.datums),
            "accuracy_m": self.accuracy_m,
            "without_m": self.without_m,
            "detail": self.detail,
        }


def grids(folder: Path, *, only: Iterable[str] = ()) -> list[Grid]:
    """Say of every registered grid (or of `only` some, as `fetch_grids`) whether it is there, and what it is worth."""
    names = sorted({item.grid for item in operations() if item.grid})
    return _wanted([_with_state(_grid(name), folder) for name in names], tuple(only))


def fetch_grids(
    folder: Path,
    *,
    source: Path | None = None,
    only: Iterable[str] = (),
    say: Callable[[str], None] = lambda _: None,
) -> list[Grid]:
    """Put the grids that are missing or wrong into a folder.

    Parameters
    ----------
    folder
        `settings.grids_folder`; made where it is not there.
    source
        A folder to copy from; without it they are fetched from PROJ's server.
    only
        Names of grids, or countries of two letters; all where none is given.

    Returns
    -------
    list of Grid
        All that were asked for, with what became of each: one that fails costs itself alone.

    Raises
    ------
    ConfigError
        Where `only` names nothing that is registered, or `source` is no folder.
    """
    if source is not None and not source.is_dir():
        raise ConfigError(f"--from {source}: no such folder.")
    wanted = grids(folder, only=only)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise ConfigError(
            f"{folder}: cannot be created ({problem.strerror}). Let INDUCULT_GRIDS name another folder."
        ) from problem
    done = []
    for grid in wanted:
        if grid.state != "there":
            say(f"{grid.name}: {'copying' if source else 'fetching'}")
            grid = _fetch(grid, folder, source)
        done.append(grid)
    return done


def _grid(name: str) -> Grid:
    """Gather what the registry says of a grid."""
    users = [item for item in operations() if item.grid == name]
    instead = [_next_best(item) for item in users]
    known = [item.accuracy_m for item in instead if item is not None]
    return Grid(
        name,
        users[0].grid_sha256,
        tuple(sorted({item.country for item in users})),
        tuple(sorted({item.datum for item in users})),
        max(item.accuracy_m for item in users),
        max(known) if len(known) == len(users) else None,
    )


def _next_best(item: Operation) -> Operation | None:
    """Return what takes over where an operation's grid is not there."""
    others = [o for o in operations() if (o.country, o.datum) == (item.country, item.datum) and o.rank > item.rank]
    free = sorted((other for other in others if not other.grid), key=lambda other: other.rank)
    return free[0] if free else None


def _with_state(grid: Grid, folder: Path) -> Grid:
    path = folder / grid.name
    if not path.is_file():
        return grid
    if sha256(path) == grid.sha256:
        return replace(grid, state="there")
    return replace(
        grid,
        state="wrong",
        detail=f"{path} differs from the registered grid, as after an interrupted download: files that need it are "
        f"refused. Fetch it again (inducult grids {grid.countries[0]}), or remove it",
    )


def _wanted(known: list[Grid], only: tuple[str, ...]) -> list[Grid]:
    for name in only:
        if not any(name == grid.name or name.upper() in grid.countries for grid in known):
            names = ", ".join(grid.name for grid in known)
            countries = ", ".join(sorted({country for grid in known for country in grid.countries}))
            raise ConfigError(f"no grid '{name}'. Known: {names}; or a country: {countries}.")
    return [g for g in known if not only or g.name in only or {name.upper() for name in only} & set(g.countries)]


def _fetch(grid: Grid, folder: Path, source: Path | None) -> Grid:
    """Get one grid into a folder beside its place, and keep it if its bytes are the registered ones."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / grid.name
        if source is not None:
            if not (source / grid.name).is_file():
                return replace(grid, state="not offered", detail=f"{source} does not hold it")
            try:
                shutil.copyfile(source / grid.name, copy)
            except OSError as problem:
                return replace(grid, state="failed", detail=f"{source / grid.name}: cannot be read: {problem.strerror}")
        else:
            fault = _download(grid.name, Path(scratch))
            if fault:
                return replace(grid, state="failed", detail=fault)
            if not copy.is_file():
                return replace(
                    grid,
                    state="not offered",
                    detail="PROJ's server does not offer it: get it from its publisher, and use --from",
                )
        if sha256(copy) != grid.sha256:
            return replace(
                grid, state="failed", detail="what was downloaded differs from the registered grid: it was not kept"
            )
        try:
            with replacing(folder / grid.name) as draft:
                shutil.copyfile(copy, draft)
        except (OSError, StorageError) as problem:
            return replace(grid, state="failed", detail=str(problem))
    return replace(grid, state="fetched")


def _download(name: str, folder: Path) -> str:
    """Fetch a file by pyproj's own command; return what went wrong, or nothing."""
    command = [sys.executable, "-m", "pyproj", "sync", "--file", name, "--target-directory", str(folder)]
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return f"cannot be fetched: {problem}"
    if done.returncode == 0:
        return ""
    last = [line for line in done.stderr.splitlines() if line.strip()][-1:]
    return f"cannot be fetched: {' '.join(last)[:200] or 'pyproj sync failed'}"
