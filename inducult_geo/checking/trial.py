"""Match a checked list with the records that its region has, as a run would; nothing is kept."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np
import pandas as pd
import shapely

from inducult_geo.catalog import Contract
from inducult_geo.frames import Records, as_records, concat_records
from inducult_geo.match.resolve import Resolution, compare, resolve
from inducult_geo.memory import decisions_of, registry_of, weights_of
from inducult_geo.resolving.shifted import places_told
from inducult_geo.run import Run
from inducult_geo.stage import Stage
from inducult_geo.text import counted

_AROUND_M: Final = 5_000.0
"""Records farther from all of the list's than that are not looked at: a region may have many."""


def tried(records: Records, contract: Contract, stage: Stage, run: Run) -> tuple[str, ...]:
    """Say how many rows would be of sites that are there, and what other sources show of the list's places.

    Parameters
    ----------
    records
        The list's records, the rejected ones too, in the work CRS.
    contract
        The list's contract.
    stage
        Its region as last built; what an earlier version of the list brought there is left out.
    """
    mine = Records(records[records["reason"].isna() & records.geometry.notna()].assign(region=stage.region))
    there = as_records(stage.records())
    others = Records(there[there["reason"].isna() & there["source"].ne(contract.id)])
    near = shapely.STRtree(others.geometry.to_numpy()).query(mine.geometry.to_numpy(), "dwithin", _AROUND_M)[1]
    if not len(near):
        return ()
    both = concat_records([mine, Records(others.iloc[np.unique(near)])])
    run.say(f"{stage.region}: trying {counted(len(mine), 'row')} beside {counted(len(both) - len(mine), 'record')}")
    made = resolve(
        both,
        contracts={**run.catalog.sources, contract.id: contract},
        decisions=decisions_of(run),
        registry=registry_of(run),
        comparing=partial(compare, weights=weights_of(run)),
    )
    told = places_told(both, made.pairs, run.catalog.region(stage.region), {contract.id})
    return (_fate(made, mine["record_key"], stage.region), *told)


def _fate(made: Resolution, keys: pd.Series, region: str) -> str:
    """Say how many rows would be of sites that are there, how many of new ones, and how many are asked about."""
    others = {*made.members[~made.members.index.isin(keys)]}
    there = int(made.members[keys].isin(others).sum())
    asked = int(keys.isin({*made.review["left_key"], *made.review["right_key"]}).sum())
    return (
        f"in {region}, as last built, {counted(there, 'row')} would be of sites that other sources know, "
        f"{len(keys) - there} of sites of their own; a person would be asked about {asked or 'none'}"
    )
