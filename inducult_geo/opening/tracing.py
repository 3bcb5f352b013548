"""Find the site that a person means, and what happened to its id, as the last run left it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import pandas as pd

from inducult_geo.arrow.texts import text_or_none
from inducult_geo.errors import ConfigError, none_built
from inducult_geo.frames import from_json
from inducult_geo.match.identity.continuity import heir_of
from inducult_geo.match.identity.registry import REGISTRY_COLUMNS
from inducult_geo.match.identity.site_ids import PREFIX, check_site_id
from inducult_geo.memory import registry_of
from inducult_geo.opening.befallen import called_before, changes_told
from inducult_geo.publish.bundle import withheld_sources
from inducult_geo.run import Run
from inducult_geo.stage import Stage, last_part, last_stage
from inducult_geo.text import first_few, fold_once, printable

_MOST_CALLED: Final = 8


def _site_with(key: str, run: Run) -> str | None:
    """Return the id of the site that a record is a part of; None where no region holds such a record."""
    for stage in built_stages(run):
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
        raise unknown_record(text, run)
    if not found and next(built_stages(run), None) is None:
        raise none_built(run.folder.root)
    if not words or not found:
        raise ConfigError(f"no site is called '{text}'. Give the name on the map, the id of a site or a record's key.")
    if len(found) > 1:
        some = first_few([f"{site} {told}" for site, told in found], _MOST_CALLED, "; ")
        raise ConfigError(printable(f"{len(found)} sites have the name '{text}': {some}. Give one of the ids."))
    return found[0][0]


def _called(run: Run) -> Iterator[tuple[str, str, list[str]]]:
    """Yield of every site that has a name its id, what a person would know it by, and all of its names, folded."""
    for stage in built_stages(run):
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
        raise ConfigError(f"'{site_id}' is not a site id: its check character does not fit. Was a character mistyped?")
    registry = registry_of(run)
    mine = registry[registry["site_id"] == site_id]
    if mine.empty:
        raise ConfigError(f"no site {site_id} was ever in {run.folder.root}.")
    told = (*map(printable, (*_history(mine), *changes_told(site_id, run))),)
    return told or ("its data state no date, and nothing has happened to it",)


def why_unreleased(site_id: str, run: Run, released: pd.DataFrame) -> str:
    """Say why a release does not hold a site to which an id was given; of its content nothing is told.

    Parameters
    ----------
    site_id, run
        The id, and the data folder in which it was given.
    released
        The sources of the release (`source`, `publish`): what it withheld, whatever contracts say by now.
    """
    sources = {source for stage in built_stages(run) for source in stage.sources_of(site_id)}
    if not sources:
        return f"{site_id} is no longer a site: no region holds a record of it."
    if sources <= withheld_sources(released):
        return (
            f"{site_id} is in the registry and withheld from the release: all of its records come from sources whose "
            f"contracts do not permit publication (licence, publish): {', '.join(sorted(sources))}. The release counts "
            "these records as withheld."
        )
    return (
        f"{site_id} is not in the release, which is older than the last result for its region. To publish it: "
        "`inducult run`."
    )


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


def unknown_record(key: str, run: Run) -> ConfigError:
    """Say why no region holds a record: a wide source's may lie in none of them, or have been rejected before."""
    source = key.partition(":")[0]
    part = last_part(run.folder.wide, source) if source in run.catalog.sources else None
    if part is not None and key in part.record_keys():
        detail = text_or_none(part.records().set_index("record_key").loc[key, "detail"])
        return ConfigError(f"'{key}' is in no site: {detail or 'its place lies in no region that was built'}")
    registry = registry_of(run).reindex(columns=[*REGISTRY_COLUMNS])
    heir = heir_of(key, registry)
    last = registry[(registry["record_key"] == heir).to_numpy(dtype=bool, na_value=False)]
    if len(last):
        site_id, region, is_gone = last[["site_id", "region", "is_gone"]].iloc[-1]
        if heir != key and not is_gone:
            return ConfigError(f"'{key}' is now '{heir}', with the same name or at the same place. Give that key.")
        if isinstance(region, str) and region not in run.catalog.regions:
            return ConfigError(
                f"'{key}' belongs to region '{region}', which is not in the catalog. Name its catalog with --catalog."
            )
        return ConfigError(
            f"'{key}' is gone: its source no longer has this row, or the row lies in no region that was built. Its "
            f"last site was {site_id}: `inducult explain {site_id}` tells what became of that site."
        )
    return ConfigError(
        f"no record '{key}' in {run.folder.root}. A key consists of the source's id, a colon and the source's own key."
    )


def built_stages(run: Run) -> Iterator[Stage]:
    """Yield what is kept of each region that was built."""
    for region_id in sorted(run.catalog.regions):
        stage = last_stage(region_id, run)
        if stage is not None:
            yield stage
