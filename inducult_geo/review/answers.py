"""Normalize answers as people write them: to one of the four decisions, and the keys of both records.

What stands beside them in their table, and nobody reads, is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from inducult_geo.errors import ReleaseError
from inducult_geo.match.decided.decisions import Decisions
from inducult_geo.match.identity.continuity import last_keys
from inducult_geo.match.questions import question_id
from inducult_geo.memory import decisions_of, registry_of
from inducult_geo.publish.compared.altered_cells import altered_told
from inducult_geo.publish.compared.review_table import READING, lost, questions_of
from inducult_geo.release_folders import releases_of
from inducult_geo.run import Run
from inducult_geo.stage import Stage, last_stage
from inducult_geo.text import fold_once, packaged_words

PLACE: Final = "place:"
"""How the id of a question about the place of a record begins; its key follows."""

_TABLE: Final = "decision_words.csv"
_LOOKED_MAX: Final = 10


def canonical(written: str) -> str:
    """Return the word of the log that is meant by a word of one of the regions' languages, else what was written.

    In a spreadsheet it is typed by hand: "Part of" is the word that the pages show, "Teil von" that of their German.
    """
    plain = " ".join(fold_once(written).replace("_", " ").strip(" .!").split())
    meant = next((word for word, known in packaged_words(_TABLE, "decision").items() if plain in known), None)
    return meant or "_".join(written.replace("_", " ").split()).casefold()


def with_records(rows: Sequence[Mapping[str, str]], run: Run, log: Decisions) -> list[dict[str, str]]:
    """Return answers with the log's words, and with the records of their question where the row names none.

    Parameters
    ----------
    rows
        `ANSWER_COLUMNS`, "" for null.
    run
        The data folder whose regions asked: what is no question of theirs stays without keys.
    log
        What was decided: a question that was answered is none that is open, and its file may come again.
    """
    lacking = {row["review_id"] for row in rows if row["review_id"] and not (row["left_key"] or row["right_key"])}
    asked = {**_answered(log), **dict(_asked(run))} if lacking else {}
    out = []
    for row in rows:
        known = asked.get(row["review_id"], {}) if row["review_id"] in lacking else {}
        if not known and row["review_id"].startswith(PLACE):
            known = {"kind": "place", "left_key": row["review_id"].removeprefix(PLACE)}
        out.append({**row, **known, "decision": canonical(row["decision"]) if row["decision"] else ""})
    return out


def unread(table: pd.DataFrame, run: Run) -> list[str]:
    """Say what an edited table of questions holds that nobody reads: added columns, and altered cells.

    Parameters
    ----------
    table
        Texts, "" or null for an empty cell, with the columns that are left of those of `export_review`, or nothing.
    run
        The data folder, one of whose last releases asked.

    Raises
    ------
    ContractError
        Where its answers stand beside other questions (see `altered_told`).
    """
    if table.empty:
        return []
    if "review_id" not in table:
        both = zip(table["left_key"], table["right_key"], strict=True)
        table = table.assign(review_id=[question_id(str(left), str(right)) for left, right in both])
    return [*lost(table), *altered_told(table, _asking(run), READING)]


def _asking(run: Run) -> Iterator[pd.DataFrame]:
    """Yield the questions of the last releases, the newest first."""
    for release in releases_of(run.folder)[: -_LOOKED_MAX - 1 : -1]:
        # What is wrong with a release is told by those that need it whole.
        with suppress(ReleaseError):
            yield questions_of(release)


def was_asked(review_id: str, run: Run) -> bool:
    """Whether one of the last releases holds a question."""
    return any((table["review_id"] == review_id).any() for table in _asking(run))


def answered_questions(run: Run) -> frozenset[str]:
    """Return the ids of the questions that a word in force answers, be they open in a release of before.

    A word that was said of records under their keys of before is one on those that go on as them, too, as is one that
    takes another back.
    """
    log = decisions_of(run)
    now = log.carried(last_keys(log.spoken, registry_of(run), present_regions(run))) if log.spoken else log
    return frozenset(question_id(*pair) for pair in {*log.latest, *now.latest} - now.reopened.keys())


def kept_stages(run: Run) -> Iterator[Stage]:
    """Yield the last good outputs of every region that was built, be it one of a catalog that is not named now."""
    for manifest in sorted((run.folder.processed / "regions").glob("*/manifest.json")):
        stage = last_stage(manifest.parent.name, run)
        if stage is not None:
            yield stage


def ever_known(run: Run) -> dict[str, frozenset[str]]:
    """Map each key that was ever given a site to the region of its last one; to none where an older version did."""
    registry = registry_of(run)
    rows = registry.loc[registry["record_key"].notna(), ["record_key", "region"]]
    alone = {region: frozenset([region]) for region in rows["region"].dropna().unique()}
    return {key: alone.get(region, frozenset()) for key, region in rows.itertuples(index=False, name=None)}


def present_regions(run: Run) -> dict[str, frozenset[str]]:
    """Map the key of each record of the regions as last kept to its regions: of two where their outlines overlap."""
    now: dict[str, frozenset[str]] = {}
    for stage in kept_stages(run):
        region = frozenset([stage.region])
        for key in pq.read_table(stage.folder / "records.parquet", columns=["record_key"])["record_key"].to_pylist():
            now[key] = now[key] | region if key in now else region
    return now


def unused_records(keys: Collection[str], run: Run) -> dict[str, str]:
    """Map each of some keys whose record cannot be used to the reason; those of a region as last kept."""
    is_asked = pc.field("record_key").isin([*keys]) & pc.field("reason").is_valid()
    tables = (
        pq.read_table(stage.folder / "records.parquet", columns=["record_key", "reason"], filters=is_asked)
        for stage in (kept_stages(run) if keys else ())
    )
    return {row["record_key"]: row["reason"] for table in tables for row in table.to_pylist()}


def _asked(run: Run) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the open questions of the regions, each with its records as a row of answers names them."""
    for stage in kept_stages(run):
        table = stage.table("review")
        for name, left, right in zip(table["review_id"], table["left_key"], table["right_key"], strict=True):
            yield str(name), {"left_key": str(left), "right_key": str(right)}


def _answered(log: Decisions) -> dict[str, dict[str, str]]:
    words = log.last_words.values()
    return {question_id(one.left, one.right): {"left_key": one.left, "right_key": one.right} for one in words}
