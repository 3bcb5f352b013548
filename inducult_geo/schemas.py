"""Checks of the frames that one stage gives to the next; made there once, and nowhere else.

A frame that breaks its schema is a fault of the program, never of the data: data that cannot be used carry a reason.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

import pandas as pd
import shapely

from inducult_geo.errors import CountingError
from inducult_geo.frames import REJECT_REASONS, REVIEW_REASONS, Records, Sites
from inducult_geo.values import ASPECTS, PRESENT_USES, STATUSES

if TYPE_CHECKING:
    import pandera.pandas as pa

Frame = TypeVar("Frame", Records, Sites)
_YEARS = (-3000, 2100)


def checked_records(records: Records, where: str) -> Records:
    """Return records that keep their schema: unique keys, known reasons, a place and an accuracy where accepted.

    Raises
    ------
    CountingError
        Where they do not; the message names the column and the first rows.
    """
    return _checked(records, _record_schema(), where)


def checked_sites(sites: Sites, where: str) -> Sites:
    """Return sites that keep their schema: unique ids, a place, a license, values from their lists.

    Raises
    ------
    CountingError
        Where they do not.
    """
    return _checked(sites, _site_schema(), where)


def _checked(frame: Frame, schema: pa.DataFrameSchema, where: str) -> Frame:
    import pandera.errors

    try:
        schema.validate(pd.DataFrame(frame), lazy=True)
    except pandera.errors.SchemaErrors as problem:
        cases = problem.failure_cases.head(5)
        told = "; ".join(f"{c.column}: {c.check} ({str(c.failure_case)[:60]})" for c in cases.itertuples())
        message = f"{where}: a stage broke its promise: {told}. This is a fault of inducult-geo: please report it."
        raise CountingError(message) from problem
    return frame


@lru_cache(maxsize=1)
def _record_schema() -> pa.DataFrameSchema:
    import pandera.pandas as pa

    reasons = [*REJECT_REASONS, *REVIEW_REASONS]
    return pa.DataFrameSchema(
        {
            "record_key": pa.Column(unique=True, nullable=False),
            "source": pa.Column(nullable=False),
            "aspect": pa.Column(checks=pa.Check.isin(ASPECTS)),
            "status": pa.Column(checks=pa.Check.isin(STATUSES)),
            "present_use": pa.Column(checks=pa.Check.isin(PRESENT_USES)),
            "start_year": pa.Column(nullable=True, checks=pa.Check.between(*_YEARS)),
            "end_year": pa.Column(nullable=True, checks=pa.Check.between(*_YEARS)),
            "accuracy_m": pa.Column(nullable=True, checks=pa.Check.gt(0)),
            "licence": pa.Column(nullable=False),
            "content_hash": pa.Column(nullable=False),
            "reason": pa.Column(nullable=True, checks=pa.Check.isin(reasons)),
        },
        checks=[
            pa.Check(_placed_where_accepted, name="accepted rows have a place and its accuracy"),
            pa.Check(lambda frame: frame["reason"].isna() | frame["detail"].notna(), name="a reason is told in words"),
        ],
    )


@lru_cache(maxsize=1)
def _site_schema() -> pa.DataFrameSchema:
    import pandera.pandas as pa

    return pa.DataFrameSchema(
        {
            "site_id": pa.Column(unique=True, nullable=False),
            "region": pa.Column(nullable=False),
            "aspect": pa.Column(checks=pa.Check.isin(ASPECTS)),
            "status": pa.Column(checks=pa.Check.isin(STATUSES)),
            "n_records": pa.Column(checks=pa.Check.ge(1)),
            "confidence": pa.Column(checks=pa.Check.between(0, 1)),
            "accuracy_m": pa.Column(checks=pa.Check.gt(0)),
            "licence": pa.Column(nullable=False),
            "run_id": pa.Column(nullable=False),
        },
        checks=[pa.Check(_has_place, name="every site has a place")],
    )


def _placed_where_accepted(frame: pd.DataFrame) -> pd.Series:
    return frame["reason"].notna() | (_has_place(frame) & frame["accuracy_m"].notna())


def _has_place(frame: pd.DataFrame) -> pd.Series:
    shapes = frame["geometry"].to_numpy()
    return pd.Series(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)), index=frame.index)
