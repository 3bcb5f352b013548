"""What a steward reads in the Prefect UI: counts, problems, changes, the map, and where the files are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from prefect.artifacts import (
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_table_artifact,
)

from flows.picture import map_picture
from inducult_geo.frames import NO_COUNTS
from inducult_geo.outcome import RunOutcome
from inducult_geo.publish.files import GEOPACKAGE, PAGE
from inducult_geo.publish.qgis.symbols import aspects_in_words
from inducult_geo.publish.spreadsheet import plain_rows_of
from inducult_geo.run import Run
from inducult_geo.text import counted

MOST_CHANGES = 100


def show(outcome: RunOutcome, run: Run) -> None:
    """Create every artifact of a night."""
    release = outcome.release
    title = "no release" if release is None else f"release {release.name}" + ("" if outcome.is_new else ", unchanged")
    create_table_artifact(key="counts", table=counts_rows(outcome), description=f"{outcome.sentence} ({title})")
    create_table_artifact(key="problems", table=[*problem_rows(outcome)], description="What a person should look at")
    if release is None:
        return
    table = [*changed_rows(run.folder.processed / "changes", release.name)] if outcome.is_new else []
    said = (
        "not known: there was no release before" if outcome.n_changes is None else counted(outcome.n_changes, "change")
    )
    create_table_artifact(key="changes", table=table, description=f"What changed with this release: {said}")
    create_link_artifact(
        link=_address(release / PAGE, run), link_text="Open the map", key="map-page",
        description=f"The map of {title}, to search and filter",
    )  # fmt: skip
    create_link_artifact(
        link=_address(release / GEOPACKAGE, run), link_text="GeoPackage with the layer of questions",
        key="review", description="What waits for a person: answer it in QGIS, in a copy of the GeoPackage",
    )  # fmt: skip
    create_markdown_artifact(markdown=_files(release), key="release", description=title)
    create_image_artifact(image_url=map_picture(release), key="map", description=aspects_in_words())


def counts_rows(outcome: RunOutcome) -> list[dict[str, Any]]:
    """Return one row a region: what came in and what became of it."""
    rows = []
    for one in outcome.regions:
        counts = one.stage.counts if one.stage else NO_COUNTS
        sites = one.stage.n_sites if one.stage else 0
        rows.append({"region": one.region, "state": one.told_state, **counts.as_dict(), "sites": sites})
    return rows


def problem_rows(outcome: RunOutcome) -> Iterator[dict[str, Any]]:
    """Yield what failed, then what was noticed: where, which source, what, and what was said of it."""
    for one in outcome.regions:
        if one.state != "fresh":
            yield _row(one.region, "", one.state, one.message)
        for fact in one.failed_sources:
            yield _row(one.region, fact.source, fact.state, fact.message)
    for fact in outcome.wide:
        yield _row("", fact.source, fact.state, fact.message)
    noticed = outcome.noticed_of_regions
    for one in outcome.regions:
        for fact in one.stage.facts if one.stage else ():
            for problem in fact.problems:
                yield _row(one.region, fact.source, problem.kind, problem.message)
        for text in one.stage.problems if one.stage else ():
            if regions := noticed.pop(text, None):
                yield _row(regions, "", "note", text)
    for problem in outcome.noticed:
        yield _row("", problem.source, problem.kind, problem.message)


def changed_rows(folder: Path, release: str) -> Iterator[dict[str, Any]]:
    """Yield the first changes of a release, as its CSV tells them."""
    for path in folder.glob(f"*_{release}.csv"):
        yield from islice(plain_rows_of(path), MOST_CHANGES)


def _row(region: str, source: str, what: str, said: str | None) -> dict[str, Any]:
    return {"region": region, "source": source, "what": what, "said": said or ""}


def _address(path: Path, run: Run) -> str:
    """Return the address under which `inducult serve` shows a release's file, else that of the file itself."""
    base = run.settings.releases_url
    return path.resolve().as_uri() if base is None else f"{base.rstrip('/')}/{path.parent.name}/{path.name}"


def _files(release: Path) -> str:
    lines = [f"- `{path.resolve()}`" for path in sorted(release.iterdir()) if path.is_file()]
    return "\n".join(
        [
            f"# Release {release.name}",
            "",
            "Answers to open questions: edit the column `decision` of the layer *review* in a copy of `inducult.gpkg`,",
            "then `inducult review import COPY.gpkg`.",
            "",
            *lines,
        ]
    )
