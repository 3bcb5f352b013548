"""What happened to sites between releases, read from the tables of changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from inducult_geo.publish.spreadsheet import plain_rows_of
from inducult_geo.run import Run
from inducult_geo.text import fold_once, shortened

_CHANGES_MAX: Final = 20
_DETAIL: Final = 200
_GONE: Final = ("gone", "merged")
_SHARED: Final = ("merged", "split")
"""What is told of a site that goes or comes, and befalls those that its detail names, too."""
_ARROW: Final = " -> "


def changes_told(site_id: str, run: Run) -> list[str]:
    """Tell what became of a site from one release to the next, the last changes of those that were written down.

    What came out of it, and what went into it, is told with the id of that.
    """
    told = []
    for path in _written(run):
        # Most nights nothing befalls a site, and to look for its id is faster than to read rows.
        if site_id.encode() not in path.read_bytes():
            continue
        told += [
            f"release {path.stem.partition('_')[2]}: {row['change']}: '{row['name']}'"
            f"{'' if row['site_id'] == site_id else ' ' + row['site_id']}, {shortened(row['detail'], _DETAIL)} "
            f"({row['cause']})"
            for row in _rows(path)
            if row["site_id"] == site_id or (row["change"] in _SHARED and site_id in row["detail"])
        ]
    return told[-_CHANGES_MAX:]


def called_before(name: str, run: Run) -> dict[str, str]:
    """Map every site that was called so, and is gone or called otherwise since, to what became of it, in a sentence."""
    wanted = fold_once(name).strip()
    found: dict[str, str] = {}
    for path in _written(run):
        last = path.stem.partition("_")[0]
        for row in _rows(path):
            was, _, now = row["detail"].partition(_ARROW) if row["change"] == "renamed" else (row["name"], "", "")
            if row["change"] in (*_GONE, "renamed") and fold_once(was).strip() == wanted:
                now = f"called '{now}' now" if now else f"{row['change']}, {shortened(row['detail'], _DETAIL)}"
                cause = f"{now} ({row['cause']})"
                found[row["site_id"]] = f"There was a site '{was}' ({row['region']}) until release {last}; {cause}."
    return found


def _written(run: Run) -> list[Path]:
    return sorted((run.folder.processed / "changes").glob("*_*.csv"))


def _rows(path: Path) -> Iterator[Mapping[str, str]]:
    """Yield the changes of a file; of one that somebody cut those that are whole."""
    named = {"change", "site_id", "name", "region", "detail", "cause"}
    yield from (row for row in plain_rows_of(path) if row.keys() >= named)
