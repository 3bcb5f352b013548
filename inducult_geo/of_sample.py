"""Move what was made of the sample aside once the data folder has real data, which it must not mix with."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from inducult_geo.arrow.keys import is_in
from inducult_geo.memory import registry_fault
from inducult_geo.run import Run
from inducult_geo.store import current_release, read_json, replacing, storing, write_json

_NOTE = "of_sample.json"


def set_sample_aside(run: Run) -> None:
    """Put aside what was kept of the sample's regions once a data folder holds data of its own.

    A region that is not run yet would stand in the release with the sites of the sample, and one whose file cannot be
    read with the sample's records. Nor are its sites any that real ones go on as: the sample bears names of real works,
    and these would get its ids and its day of `first_seen`. Nothing is removed: the registry as it was is put aside as
    well. Done once for each release of the sample that real data come after.

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
        _forget(home, run)
    write_json(note, {"release": release.name})
    run.say(
        f"{folder.root} now holds data of its own: what was made from the sample is kept in {home} and will not be in "
        "any further release. A region is on the map again once it has data: use inducult fetch, or add a partner's "
        "file"
    )


def _forget(home: Path, run: Run) -> None:
    """Take the records that were put aside out of the registry of site ids, whose old state stays with them."""
    path, kept = run.folder.registry, home / run.folder.registry.name
    if not path.is_file() or registry_fault(path) is not None:
        return
    # What broke off is done again: the first copy is the one that knows the sample.
    if not kept.is_file():
        with replacing(kept) as draft:
            shutil.copyfile(path, draft)
    tables = [pq.read_table(one, columns=["record_key"]) for one in home.glob("regions/*/*/records.parquet")]
    if tables:
        registry = pq.read_table(path)
        of_sample = is_in(registry["record_key"], pa.concat_tables(tables)["record_key"].combine_chunks())
        with replacing(path) as draft:
            pq.write_table(registry.filter(pa.array(~of_sample)), draft)


def is_of_sample(release: Path) -> bool:
    """Whether a release says of itself that it is of the sample."""
    return (read_json(release / "manifest.json") or {}).get("is_sample") is True
