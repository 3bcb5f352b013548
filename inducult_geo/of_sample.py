"""What was made of the sample is no part of a release of real data: it was written by hand, for trying out."""

from __future__ import annotations

from pathlib import Path

from inducult_geo.run import Run
from inducult_geo.store import current_release, read_json, storing, write_json

_NOTE = "of_sample.json"


def set_sample_aside(run: Run) -> None:
    """Put aside what was kept of the sample's regions once a data folder holds data of its own.

    A region that is not run yet would stand in the release with the sites of the sample, and one whose file cannot be
    read with the sample's records. Nothing is removed; ids stay in the registry. Done once for each release of the
    sample that real data come after.

    Raises
    ------
    StorageError
        Where it cannot be moved.
    """
    folder = run.folder
    release, note = current_release(folder), folder.processed / _NOTE
    if folder.is_sample or release is None or (read_json(note) or {}).get("release") == release.name:
        return
    if not is_of_sample(release):
        return
    home = folder.processed / f"of-sample-{release.name}"
    there = [path for path in (folder.processed / "regions", folder.wide) if path.is_dir()]
    with storing(home):
        home.mkdir(exist_ok=True)
        for path in there:
            path.rename(home / path.name)
    write_json(note, {"release": release.name})
    run.say(
        f"{folder.root} holds data of its own now: what was made of the sample lies in {home} and is in no further "
        "release. A region is on the map again once it has data: inducult fetch, or a partner's file"
    )


def is_of_sample(release: Path) -> bool:
    """Whether a release says of itself that it is of the sample."""
    return (read_json(release / "manifest.json") or {}).get("is_sample") is True
