"""One HTML page that shows a release: a map to search and filter, figures, open questions, sources.

It needs no network, and shows everything but the search without script, too.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import geopandas as gpd
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from inducult_geo.catalog import OSM
from inducult_geo.frames import WORK_CRS
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.layers.domains import DOMAINS
from inducult_geo.publish.layers.tables import clean_text, layer_frames
from inducult_geo.publish.licences import ODBL, credit_lines
from inducult_geo.publish.page.drawing import overview_map, region_map
from inducult_geo.publish.page.mapdata import SHAPES, json_for_page, map_data
from inducult_geo.publish.qgis.layouts import printed_credits
from inducult_geo.publish.qgis.metadata import SAMPLE_NOTICE, data_date, release_title
from inducult_geo.publish.qgis.pictograms import PICTOGRAMS
from inducult_geo.publish.qgis.symbols import aspect_marks, theme_colors
from inducult_geo.text import is_null

QUESTIONS_SHOWN = 60
CHANGES_SHOWN = 100
CROWD = 800
"""A picture of more sites than this shows dots without titles: a sign each takes a phone longer than all else."""
NAME_SHOWN, SENTENCE_SHOWN = 160, 600
"""Letters that a table shows of a name and of a sentence: one name of 5,000 made it as long as twenty screens."""

_RIGHT_TO_LEFT: Final = r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+"
_TURNING: Final = re.compile(rf"({_RIGHT_TO_LEFT}(?:[ .'-]{_RIGHT_TO_LEFT})*)")
"""Words of right-to-left letters that follow each other."""


def preview_page(bundle: Bundle, frames: Mapping[str, pd.DataFrame] | None = None) -> str:
    """Return the text of `index.html`; `frames` are the rows of the layers, where they are there already.

    Names come from outside: everything is escaped, and what no text may hold is taken out.
    """
    frames = layer_frames(bundle) if frames is None else frames
    sites = _site_marks(frames.get("site_points"))
    regions = gpd.GeoDataFrame(frames["regions"])
    panels = [_panel(row, sites) for row in regions.to_dict("records")]
    questions = _questions(frames.get("review"))
    named = credit_lines(bundle)
    scripts = [_packaged(name) for name in ("tool.js", "map.js")]  # what draws is long, and not needed for the list
    return (
        _environment()
        .get_template("index.html")
        .render(
            title=release_title(bundle),
            notice=SAMPLE_NOTICE if bundle.run["is_sample"] else "",
            run=bundle.run,
            data_date=data_date(bundle),
            overview=overview_map(regions, sites),
            panels=panels,
            aspects=aspect_marks(),
            aspect_counts=_counts(sites, "aspect"),
            themes=theme_colors(),
            pictograms=PICTOGRAMS,
            cross=_cross(sites),
            shapes=SHAPES,
            crowd=CROWD,
            rejected=_rejected(frames.get("rejected")),
            questions=questions[:QUESTIONS_SHOWN],
            questions_in_all=len(questions),
            kinds=DOMAINS["question_kind"],
            kinds_of_change=DOMAINS["change"],
            titles=dict(zip(regions["region"], regions["title"], strict=True)),
            sources=[_plain(row) for row in frames["sources"].to_dict("records")],
            states=DOMAINS["state"],
            source_states=DOMAINS["source_state"],
            problems=_problems(frames),
            **_changes(frames.get("changes")),
            credits=named,
            map_credit=" · ".join(printed_credits(bundle)),
            odbl=ODBL if (bundle.records["source"] == OSM).any() else "",
            map_data=Markup(json_for_page(map_data(bundle, frames))),  # noqa: S704 - escaped by json_for_page
            scripts=scripts,
            map_css=_packaged("map.css"),
            script_hashes=" ".join(f"'{_hash(script)}'" for script in scripts),
        )
    )


@cache
def _packaged(name: str) -> Markup:
    """Return a script or style sheet that `web/` built."""
    text = files("inducult_geo.publish").joinpath("templates", name).read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704 - a file of our own


def _hash(script: str) -> str:
    """Return a script's hash as a Content-Security-Policy names it: only this very script may run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    loader = PackageLoader("inducult_geo.publish", "templates")
    env = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_text
    )
    env.filters["whole"] = _whole
    env.filters["of"] = lambda count, noun: f"{_whole(count)} {noun if count == 1 else f'{noun}s'}"
    env.filters["apart"] = _apart
    env.filters["name"] = lambda value: _cut(value, NAME_SHOWN)
    env.filters["sentence"] = lambda value: _apart(_cut(value, SENTENCE_SHOWN))
    return env


def _text(value: Any) -> Any:
    """Show null as nothing; leave markup and numbers alone."""
    if is_null(value):
        return ""
    return clean_text(value) if type(value) is str else value


def _cut(value: Any, letters: int) -> Any:
    """Return a text as far as a table shows it; "…" stands for the rest, which the files of the release hold."""
    text = _text(value)
    return text if not isinstance(text, str) or len(text) <= letters else text[: letters - 1].rstrip() + "…"


def _apart(value: Any) -> Any:
    """Return a sentence whose names of right-to-left letters turn nothing: "A -> B" would be read as "B -> A"."""
    text = _text(value)
    parts = _TURNING.split(text) if isinstance(text, str) else []
    if len(parts) < 2:
        return text
    return Markup().join(Markup("<bdi>{}</bdi>").format(part) if n % 2 else part for n, part in enumerate(parts))


def _whole(value: Any) -> str:
    """Return a count with thin spaces between the thousands."""
    return "0" if value is None or pd.isna(value) else f"{int(value):,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _site_marks(points: pd.DataFrame | None) -> gpd.GeoDataFrame:
    """Return what a map needs to know of each site."""
    if points is None:
        empty: dict[str, list[str]] = {name: [] for name in ("region", "aspect", "theme", "branch", "title")}
        return gpd.GeoDataFrame(empty, geometry=[], crs=WORK_CRS)
    label = points["name"].fillna(points["name_en"]).fillna(points["site_id"]).astype(str)
    label = label.map(lambda name: _cut(name, NAME_SHOWN))
    types = points["type"].map(dict(DOMAINS["type"])).fillna("type not known")
    known = {"region": points["region"], "title": label + " – " + types}
    known["branch"] = points["theme"].fillna("")
    for column in ("aspect", "theme"):
        inside = points[column].isin([*DOMAINS[column]])
        known[column] = points[column].where(inside, "unknown" if column == "aspect" else "other")
    return gpd.GeoDataFrame(known, geometry=points["geometry"], crs=WORK_CRS)


def _panel(row: dict[Any, Any], sites: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return what the page shows of a region: its row of figures and its map."""
    inside = sites[sites["region"] == row["region"]]
    plain = _plain({key: value for key, value in row.items() if key != "geometry"})
    return {"row": plain, "map": region_map(row["geometry"], inside)}


def _counts(frame: pd.DataFrame, column: str) -> dict[str, int]:
    return {str(value): int(count) for value, count in frame[column].value_counts().items()}


def _cross(sites: gpd.GeoDataFrame) -> dict[str, dict[str, int]]:
    """Count sites by theme and aspect; "" stands for those of no known theme."""
    themes = sites["theme"].where(sites["branch"] != "", "")
    return {str(theme): _counts(group, "aspect") for theme, group in sites.groupby(themes)}


def _rejected(frame: pd.DataFrame | None) -> list[tuple[str, int, list[str]]]:
    """Return each reason in words, how many records it took, and the sources they are of."""
    if frame is None:
        return []
    groups = frame.groupby(frame["reason"].fillna("no reason given"))
    rows = [
        (DOMAINS["reason"].get(str(reason), str(reason)), len(group), sorted(group["source"].dropna().unique()))
        for reason, group in groups
    ]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def _questions(frame: pd.DataFrame | None) -> list[dict[str, Any]]:
    """Return the open questions, the most urgent first."""
    if frame is None:
        return []
    still_open = frame[frame["decision"].isna()]
    ordered = still_open.sort_values(["priority", "review_id"], ascending=[False, True])
    return [_plain(row) for row in pd.DataFrame(ordered).drop(columns="geometry").to_dict("records")]


def _problems(frames: Mapping[str, pd.DataFrame]) -> list[tuple[str, str, str]]:
    """Return who has a problem, in which state it is, and what it is: regions first, then sources."""
    rows = [
        _plain(row) | {"who": row["title"], "states": DOMAINS[domain]}
        for layer, domain in (("regions", "state"), ("sources", "source_state"))
        for row in frames[layer].drop(columns="geometry", errors="ignore").to_dict("records")
    ]
    return [
        (
            row["who"],
            "" if row["state"] == "fresh" else row["states"].get(row["state"], row["state"]),
            row["message"],
        )
        for row in rows
        if row["state"] != "fresh" or row["message"]
    ]


def _changes(frame: pd.DataFrame | None) -> dict[str, Any]:
    """Return what changed since the last release, as far as the page shows it; None where none is known."""
    if frame is None:
        return {"changes": None, "change_counts": {}, "changes_in_all": 0}
    table = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    return {
        "changes": [_plain(row) for row in table.head(CHANGES_SHOWN).to_dict("records")],
        "change_counts": _counts(table, "change"),
        "changes_in_all": len(table),
    }


def _plain(row: dict[Any, Any]) -> dict[str, Any]:
    """Return a row with None for every kind of null."""
    return {str(name): None if is_null(value) else value for name, value in row.items()}
