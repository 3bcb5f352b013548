"""Rebuild a missing registry of site ids from what else holds them, so that sites keep their ids after a restore."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from inducult_geo.arrow.keys import is_in
from inducult_geo.match.identity.borders import with_own_ids
from inducult_geo.match.identity.registry import empty_registry, merge_registries, typed_registry
from inducult_geo.of_sample import is_of_sample
from inducult_geo.run import Run
from inducult_geo.stage import last_stage
from inducult_geo.store import current_release, replacing
from inducult_geo.text import counted


def rescue_registry(run: Run) -> None:
    """Write the registry of site ids where it is missing, though earlier runs left what tells it.

    Each region's outputs hold its share, with what became of older ids; of what no region holds the current release
    tells the ids alone. Ids made anew from the records would differ wherever the record that founded a site is gone.

    Raises
    ------
    StorageError
        Where the disk does not take it.
    """
    path = run.folder.registry
    if path.is_file():
        return
    release = current_release(run.folder)
    if release is not None and is_of_sample(release) and not run.folder.is_sample:
        release = None
    released = empty_registry() if release is None else _released(release)
    kept = as_released(dict(_shares(run)), released)
    missing = released[~is_in(released["record_key"], kept["record_key"])]
    registry = pd.concat([kept, missing], ignore_index=True) if len(missing) else kept
    if registry.empty:
        return
    with replacing(path) as draft:
        typed_registry(registry).to_parquet(draft, index=False)
    homes = ["what earlier runs kept"] if len(kept) else []
    homes += [f"release {release.name}"] if release is not None and len(missing) else []
    run.say(
        f"{path}: was missing. The ids of {counted(registry['site_id'].nunique(), 'site')} are taken from "
        f"{' and '.join(homes)}, so that they stay. A backup of that file may know older ones as well: "
        "put it back, then run again."
    )


def _shares(run: Run) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each region's share of the registry, as far as its outputs are whole."""
    for manifest in sorted(run.folder.processed.glob("regions/*/manifest.json")):
        stage = last_stage(manifest.parent.name, run)
        if stage is not None and stage.is_whole(run.hashes.of):
            yield stage.region, stage.table("registry")


def as_released(shares: Mapping[str, pd.DataFrame], released: pd.DataFrame) -> pd.DataFrame:
    """Return what regions kept as one registry, with the regions and ids under which the release has their records.

    A region keeps the id under which a record came to it, and knows records that another one has on the map: who has
    each, and that the rest of its site stays under another id, the release found.

    Parameters
    ----------
    shares
        Region -> its share of the registry.
    released
        The records of the release: `record_key`, `site_id`, `region`; no row where there is none.
    """
    there = released.set_index("record_key")["region"]
    homes = {name: table["record_key"].map(there) for name, table in shares.items()}
    own = {name: table[homes[name].isna() | (homes[name] == name)] for name, table in shares.items()}
    kept = merge_registries(empty_registry(), own)
    columns = ["record_key", "region", "site_id"]
    both = kept[columns].merge(released[columns], on=columns[:2], suffixes=("", "_told")).dropna()
    told = both.drop_duplicates(["region", "site_id"])
    ids = dict(zip(zip(told["region"], told["site_id"], strict=True), told["site_id_told"], strict=True))
    named = with_own_ids(kept, ids, "site_id")
    is_record = named["record_key"].notna()
    return named[is_record | ~is_in(named["site_id"], named.loc[is_record, "site_id"])]


def _released(release: Path) -> pd.DataFrame:
    """Return which site each record of a release is of; nothing of one that cannot be read."""
    try:
        columns = ["record_key", "site_id", "region"]
        records = pq.read_table(release / "records.parquet", columns=columns).to_pandas()
        columns = ["site_id", "first_seen", "last_seen"]
        sites = pq.read_table(release / "sites.parquet", columns=columns).to_pandas()
    except (OSError, ValueError, pa.ArrowException):
        return empty_registry()
    told = records.dropna(subset=["record_key", "site_id"]).merge(sites, on="site_id", how="left")
    for name in ("first_seen", "last_seen"):
        told[name] = told[name].map(str, na_action="ignore")
    return typed_registry(told)
