"""Explain why two records are one site or not: scored as in the last run, with the same weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import pandas as pd

from inducult_geo.errors import ConfigError
from inducult_geo.frames import as_records
from inducult_geo.match.clusters.outcomes import asked_from
from inducult_geo.match.decided.relations import told
from inducult_geo.match.decided.verdict import DIFFERENT
from inducult_geo.match.resolve import compare, compare_speaking
from inducult_geo.match.scoring.score import Scored, shipped_weights
from inducult_geo.match.scoring.waterfall import Waterfall, bar_in_words, waterfall
from inducult_geo.match.within_source.folds import Folds
from inducult_geo.memory import decisions_of, weights_of
from inducult_geo.opening.tracing import built_stages, unknown_record
from inducult_geo.run import Run
from inducult_geo.stage import Stage
from inducult_geo.text import printable, shortened

SHOWN: Final = ("source", "names", "type", "aspect", "status", "start_year", "end_year", "operator", "address", "city")

_SIDE: Final = 44
"""Letters of a value in each of the two columns that tell records side by side."""


@dataclass(frozen=True)
class PairExplained:
    """Why two records are one site or not.

    Attributes
    ----------
    keys
        Keys of both records.
    left, right
        What both records say (`SHOWN`), by column.
    fall
        How their score comes about; None where they were never candidates.
    outcome
        What became of the pair: `decision`, `why`, `decided_by`, `score`, `distance_m`; empty where nothing was kept.
    bars
        Scores from which this pair is a match, and a question of a run.
    bar
        The first of them in words, with what makes it so.
    sites
        The site of each.
    compared
        Keys of the records that were compared: another one of the same source where it stands for a record.
    folded
        Why others stand for them; where one stands for both, why they are one.
    """

    keys: tuple[str, str]
    left: Mapping[str, Any]
    right: Mapping[str, Any]
    fall: Waterfall | None
    outcome: Mapping[str, Any]
    bars: tuple[float, float]
    bar: str
    sites: tuple[str, str]
    compared: tuple[str, str]
    folded: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        fall = self.fall
        return {
            **{
                side: {"record_key": key, "compared_as": compared, "site_id": site, **said}
                for side, key, compared, site, said in zip(
                    ("left", "right"), self.keys, self.compared, self.sites, (self.left, self.right), strict=True
                )
            },
            **self.outcome,
            "match_from": self.bars[0],
            "bar": self.bar,
            "review_from": self.bars[1],
            "start": None if fall is None else round(fall.start, 3),
            "steps": [] if fall is None else [step._asdict() for step in fall.steps],
            "unknown": [] if fall is None else [*fall.unknown],
            "note": "" if fall is None else fall.note,
            "probability": None if fall is None else round(fall.probability, 4),
        }

    def lines(self) -> list[str]:
        """Tell it, one thing a line; text of the data cannot steer a terminal."""
        told = [f"{'':>12}  {self.keys[0]:<{_SIDE}}  {self.keys[1]}"]
        for name in (*SHOWN, "site_id"):
            pair = self.sites if name == "site_id" else (self.left.get(name), self.right.get(name))
            if any(pair):
                told.append(f"{name:>12}  {_short(pair[0]):<{_SIDE}}  {_short(pair[1])}")
        told += ["", *self.folded]
        if self.fall is None:
            told.append(f"They were never compared: {self._why_strangers()}.")
        else:
            told += self.fall.lines()
            told.append(f"{self.fall.probability:.1%}: {self.bar}; a question from {self.bars[1]:.0%}")
        if self.outcome:
            told += ["", f"{self.outcome['decision']}: {self.outcome['why']}"]
        return [printable(line) for line in told]

    def _why_strangers(self) -> str:
        source = self.left.get("source")
        if self.compared[0] == self.compared[1]:
            return f"of these rows of '{source}' '{self.compared[0]}' alone is compared with others"
        if source == self.right.get("source"):
            return f"both are of '{source}', and two rows of one list are two places until a person decides otherwise"
        return "they are neither near each other, nor in one town, nor share a rare word, or other records did so more"


def explain_pair(left: str, right: str, run: Run) -> PairExplained:
    """Explain two records of one region, by their keys.

    Raises
    ------
    ConfigError
        Where a key is not known in the data folder, both are of different regions, or they are one.
    """
    if left == right:
        raise ConfigError(f"'{left}' is one record: name two, or the id of a site.")
    stage, records = _holding(left, right, run)
    scored, folds = _scored(records, run)
    keys = scored.pairs.prepared.key
    ends = {(keys[a], keys[b]): at for at, (a, b) in enumerate(zip(scored.pairs.left, scored.pairs.right, strict=True))}
    first, second = (folds.first.get(key, key) for key in (left, right))
    row = ends.get((first, second), ends.get((second, first)))
    table = stage.pairs()
    kept = table[table["left_key"].isin([left, right]) & table["right_key"].isin([left, right])]
    named = ("decision", "why", "decided_by", "score", "distance_m")
    outcome = {name: _plain(kept[name].iloc[0]) for name in named} if len(kept) else {}
    sides = records.set_index("record_key").loc[[left, right]]
    said = [{name: _plain(sides[name].iloc[at]) for name in SHOWN} for at in (0, 1)]
    sites = tuple(str(site) for site in stage.records().set_index("record_key").loc[[left, right], "site_id"])
    weights = weights_of(run) or shipped_weights()
    bars = (weights.match, weights.review)
    if row is not None:
        bars = float(scored.bar[row]), float(asked_from(scored)[row])
    bar = "" if row is None else bar_in_words(scored, row)
    fall = waterfall(scored, row) if row is not None else None
    folded = _folded((left, right), folds)
    return PairExplained(
        (left, right), said[0], said[1], fall, outcome, bars, bar, (sites[0], sites[1]), (first, second), folded
    )


def _scored(records: pd.DataFrame, run: Run) -> tuple[Scored, Folds]:
    """Score the records of a region as a run does: of rows that are one a single one speaks.

    All of the region are compared: what the neighbors of a pair score is part of its own score.
    """
    ordered = as_records(records.sort_values("record_key", ignore_index=True))
    by_weights = partial(compare, weights=weights_of(run))
    return compare_speaking(ordered, run.catalog.sources, decisions_of(run), by_weights)


def _folded(keys: tuple[str, str], folds: Folds) -> tuple[str, ...]:
    """Say of each record that another one stands for which that is, and why."""
    standing = [(key, folds.first[key]) for key in keys if key in folds.first]
    return tuple(f"'{other}' is compared for '{key}': {folds.why[key]}." for key, other in standing)


def _holding(left: str, right: str, run: Run) -> tuple[Stage, pd.DataFrame]:
    """Find the region that holds both records, and its accepted records."""
    found: dict[str, str] = {}
    for stage in built_stages(run):
        records = stage.records()
        here = {key for key in (left, right) if (records["record_key"] == key).any()}
        found |= dict.fromkeys(here, stage.region)
        if here == {left, right}:
            accepted = records[records["reason"].isna()]
            refused = here - set(accepted["record_key"])
            if refused:
                why = str(records.set_index("record_key").loc[sorted(refused)[0], "detail"])
                raise ConfigError(f"'{sorted(refused)[0]}' is in no site: {why}")
            return stage, accepted
    for key in (left, right):
        if key not in found:
            raise unknown_record(key, run)
    word = decisions_of(run).of(left, right)
    is_so = "which is so by itself" if word and word.decision == DIFFERENT else "without effect meanwhile"
    said = f" {told([word])} ({is_so})." if word else ""
    raise ConfigError(
        f"'{left}' is in {found[left]}, '{right}' in {found[right]}: regions are resolved one by one.{said}"
    )


def _short(value: Any) -> str:
    return shortened("" if value is None else str(value), _SIDE)


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value
