"""Answers to "why": why two records are one site or not, and what happened to the id of a site.

Both are worked out from a data folder as the last run left it, with the same weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import pandas as pd

from inducult_geo.errors import ConfigError, none_built
from inducult_geo.frames import as_records, from_json
from inducult_geo.match.clusters.outcomes import asked_from
from inducult_geo.match.decided.relations import told
from inducult_geo.match.decided.verdict import DIFFERENT
from inducult_geo.match.identity.continuity import heir_of
from inducult_geo.match.identity.registry import REGISTRY_COLUMNS
from inducult_geo.match.identity.site_ids import PREFIX, check_site_id
from inducult_geo.match.resolve import compare, compare_speaking
from inducult_geo.match.scoring.score import Scored, shipped_weights
from inducult_geo.match.scoring.waterfall import Waterfall, bar_in_words, waterfall
from inducult_geo.match.within_source.folds import Folds
from inducult_geo.memory import decisions_of, registry_of, weights_of
from inducult_geo.opening.befallen import called_before, changes_told
from inducult_geo.publish.bundle import withheld_sources
from inducult_geo.run import Run
from inducult_geo.stage import Stage, last_part, last_stage
from inducult_geo.text import first_few, fold_once, printable, shortened

SHOWN: Final = ("source", "names", "type", "aspect", "status", "start_year", "end_year", "operator", "address", "city")
_MOST_CALLED: Final = 8
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
            return f"both are of '{source}', and what one list gives as two rows are two places until a person decides"
        return "neither near each other, nor of one town, nor alike in a rare word, or others were more so"


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


def _site_with(key: str, run: Run) -> str | None:
    """Return the id of the site that a record is a part of; None where no region holds such a record."""
    for stage in _stages(run):
        # Not the whole region: one row of it, and two columns.
        for site_id, detail in stage.one_record(key, "site_id", "detail"):
            if site_id is None:
                raise ConfigError(f"'{key}' is in no site: {detail}")
            return str(site_id)
    return None


def site_of(text: str, run: Run) -> str:
    """Return the id of the site that a person means by its id, by the key of one of its records or by its name.

    A name counts in any of its languages and spellings; where none is just that, one that holds all the words will do,
    and where none does, one that a site bore in an earlier release (see `befallen.called_before`).

    Raises
    ------
    ConfigError
        Where no site or several are called so (they are named), or no region holds the record.
    """
    if text.strip().upper().startswith(f"{PREFIX}-"):
        return text.strip().upper()
    # A name may hold a colon, too; a key never says what a site is called.
    site_id = _site_with(text, run) or _site_with(heir_of(text, registry_of(run)), run) if ":" in text else None
    if site_id is not None:
        return site_id
    wanted = fold_once(text).strip()
    called = [*_called(run)]
    exact = [(site, told) for site, told, names in called if wanted in names]
    words = wanted.split()
    by_words = ((site, told) for site, told, names in called if any(_holds(name, words) for name in names))
    found = exact or ([] if ":" in text else [*by_words]) or ([*called_before(text, run).items()] if words else [])
    if ":" in text and not found:
        raise _unknown(text, run)
    if not found and next(_stages(run), None) is None:
        raise none_built(run.folder.root)
    if not words or not found:
        raise ConfigError(f"no site is called '{text}'. Give the name on the map, the id of a site or a record's key.")
    if len(found) > 1:
        some = first_few([f"{site} {told}" for site, told in found], _MOST_CALLED, "; ")
        raise ConfigError(printable(f"{len(found)} sites may be meant by '{text}': {some}. Give one of the ids."))
    return found[0][0]


def _called(run: Run) -> Iterator[tuple[str, str, list[str]]]:
    """Yield of every site that has a name its id, what a person would know it by, and all of its names, folded."""
    for stage in _stages(run):
        sites = stage.sites().dropna(subset=["name"])
        columns = [sites[name].tolist() for name in ("site_id", "name", "names", "city")]
        for site, name, names, city in zip(*columns, strict=True):
            where = f"{city}, {stage.region}" if isinstance(city, str) else stage.region
            yield site, f"'{name}' ({where})", [fold_once(str(one)) for one in (name, *from_json(names).values())]


def _holds(name: str, words: Sequence[str]) -> bool:
    return all(word in name for word in words)


def id_history(site_id: str, run: Run) -> tuple[str, ...]:
    """Tell what happened to the id of a site, be it alive or gone, one thing a line; no key can steer a terminal.

    Raises
    ------
    ConfigError
        Where no such id was ever given, or it is mistyped.
    """
    if not check_site_id(site_id):
        raise ConfigError(f"'{site_id}' is no site id: its check character does not fit. Look at it once more.")
    registry = registry_of(run)
    mine = registry[registry["site_id"] == site_id]
    if mine.empty:
        raise ConfigError(f"no site {site_id} was ever in {run.folder.root}.")
    told = (*map(printable, (*_history(mine), *changes_told(site_id, run))),)
    return told or ("its data tell no date, and nothing befell it",)


def why_unreleased(site_id: str, run: Run, released: pd.DataFrame) -> str:
    """Say why a release does not hold a site to which an id was given; of its content nothing is told.

    Parameters
    ----------
    site_id, run
        The id, and the data folder in which it was given.
    released
        The sources of the release (`source`, `publish`): what it withheld, whatever contracts say by now.
    """
    sources = {source for stage in _stages(run) for source in stage.sources_of(site_id)}
    if not sources:
        return f"{site_id} is no site any more: no region holds a record of it."
    if sources <= withheld_sources(released):
        return (
            f"{site_id} is in the registry and withheld from the release: all of its records are of sources that no "
            f"contract lets out (licence, publish): {', '.join(sorted(sources))}. The release counts these records as "
            "withheld."
        )
    return f"{site_id} is not in the release, which is older than what was last kept of its region: `inducult run`."


def withheld_record(text: str, released: pd.DataFrame) -> str:
    """Say of a record's key that a release tells nothing of that record; empty where it does, or it is no key.

    `released` are the sources of the release, as of `why_unreleased`.
    """
    source, colon, _ = text.partition(":")
    if not colon or source not in withheld_sources(released):
        return ""
    return f"'{text}' is withheld from the release by its license: what follows is told without it."


def id_changes(registry: pd.DataFrame) -> pd.DataFrame:
    """List every change of a site's id that the registry knows of, with its cause.

    Returns
    -------
    pandas.DataFrame
        `site_id`, `change` ("merged": the id is gone, `other` took its place; "renumbered": the site goes on, though
        its record `other` is gone and `record_key` took over), `other`, `record_key`, `last_seen`, `cause`; sorted.
    """
    stones = registry[registry["merged_into"].notna()]
    merged = stones.assign(change="merged", other=stones["merged_into"], record_key=None)
    followed = registry[registry["succeeds"].notna()]
    renumbered = followed.assign(change="renumbered", other=followed["succeeds"])
    columns = ["site_id", "change", "other", "record_key", "last_seen", "cause"]
    table = pd.concat([merged[columns], renumbered[columns]], ignore_index=True)
    table["cause"] = table["cause"].fillna("by an earlier version")
    return table.sort_values(["site_id", "change", "other"], ignore_index=True)


def _history(mine: pd.DataFrame) -> Iterator[str]:
    """Tell what happened to one id."""
    seen = mine["first_seen"].dropna()
    if len(seen):
        yield f"known since {seen.min()}, last seen {mine['last_seen'].dropna().max()}"
    for change in id_changes(mine).itertuples():
        if change.change == "merged":
            yield f"gone: merged into {change.other}; {change.cause}"
        else:
            yield f"its record '{change.other}' is gone and goes on as '{change.record_key}': {change.cause}"


def _holding(left: str, right: str, run: Run) -> tuple[Stage, pd.DataFrame]:
    """Find the region that holds both records, and its accepted records."""
    found: dict[str, str] = {}
    for stage in _stages(run):
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
            raise _unknown(key, run)
    word = decisions_of(run).of(left, right)
    is_so = "which is so by itself" if word and word.decision == DIFFERENT else "without effect meanwhile"
    said = f" {told([word])} ({is_so})." if word else ""
    raise ConfigError(
        f"'{left}' is in {found[left]}, '{right}' in {found[right]}: regions are resolved one by one.{said}"
    )


def _unknown(key: str, run: Run) -> ConfigError:
    """Say why no region holds a record: a wide source's may lie in none of them, or have been rejected before."""
    source = key.partition(":")[0]
    part = last_part(run.folder.wide, source) if source in run.catalog.sources else None
    if part is not None and key in part.record_keys():
        detail = _plain(part.records().set_index("record_key").loc[key, "detail"])
        return ConfigError(f"'{key}' is in no site: {detail or 'its place lies in no region that was built'}")
    registry = registry_of(run).reindex(columns=[*REGISTRY_COLUMNS])
    heir = heir_of(key, registry)
    last = registry[(registry["record_key"] == heir).to_numpy(dtype=bool, na_value=False)]
    if len(last):
        site_id, region, is_gone = last[["site_id", "region", "is_gone"]].iloc[-1]
        if heir != key and not is_gone:
            return ConfigError(f"'{key}' goes on as '{heir}', with the same name or at the same place. Give that key.")
        if isinstance(region, str) and region not in run.catalog.regions:
            return ConfigError(
                f"'{key}' is of region '{region}', which no catalog declares here. Name it by --catalog."
            )
        return ConfigError(
            f"'{key}' is gone: its source holds no such row any more, or no region that was built. Its last site was "
            f"{site_id}: `inducult explain {site_id}` tells what became of that."
        )
    return ConfigError(f"no record '{key}' in {run.folder.root}. A key is a source, a colon, the source's key.")


def _stages(run: Run) -> Iterator[Stage]:
    for region_id in sorted(run.catalog.regions):
        stage = last_stage(region_id, run)
        if stage is not None:
            yield stage


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def _short(value: Any) -> str:
    return shortened("" if value is None else str(value), _SIDE)
