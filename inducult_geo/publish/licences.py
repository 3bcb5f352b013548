"""Who must be named for what is in a release, and under which licenses."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from inducult_geo.catalog import OSM
from inducult_geo.publish.bundle import Bundle

ODBL = "ODbL 1.0 (Open Database License), © OpenStreetMap contributors, https://www.openstreetmap.org/copyright"


class Credit(NamedTuple):
    """Who must be named for what: a source (by its id and title) or the outline of a region (`source` is null)."""

    source: str | None
    what: str
    who: str
    licence: str

    @property
    def named(self) -> str:
        """Who, and under which license."""
        return self.who + (f" ({self.licence})" if self.licence else "")


def credits_of(bundle: Bundle) -> list[Credit]:
    """Return who must be named for the sources in the release, by id, then for the outlines of regions that say it."""
    # Of tables of many columns a few: what makes a row of each of them costs more than all that is done with it.
    used = used_sources(bundle)[["source", "title", "attribution", "licence"]].sort_values("source")
    sources = [
        Credit(str(source), text_of(title), text_of(who), text_of(licence))
        for source, title, who, licence in used.itertuples(index=False, name=None)
    ]
    told = pd.DataFrame(bundle.regions[["region", "title", "boundary_source", "boundary_licence"]])
    outlines = [
        Credit(None, f"Outline of {text_of(title)}", text_of(who), text_of(licence))
        for _, title, who, licence in told.sort_values("region").itertuples(index=False, name=None)
    ]
    return sources + [credit for credit in outlines if credit.who]


def credit_lines(bundle: Bundle) -> list[str]:
    """Return one line for each source and outline in the release: title, credit, license."""
    lines = [f"{credit.what}: {credit.named}" for credit in credits_of(bundle)]
    return lines + ([f"Derived database under {ODBL}"] if (bundle.records["source"] == OSM).any() else [])


def credit_text(bundle: Bundle) -> str:
    """Return the credit of the whole release as one paragraph."""
    return "; ".join(credit_lines(bundle))


def licence_names(bundle: Bundle) -> list[str]:
    """Return the licenses of the sources in the release, each once."""
    return sorted({text_of(value) for value in used_sources(bundle)["licence"]} - {""})


def used_sources(bundle: Bundle) -> pd.DataFrame:
    """Return the sources of which records, or values sampled from a raster, are in the release."""
    names = bundle.sources["source"]
    used = names.isin(bundle.records["source"].unique())
    lineage = bundle.sites["lineage"].dropna().astype(str)
    lineage = lineage[lineage.str.contains('"raster:', regex=False)]
    sampled = [not own and _names_raster(lineage, name) for name, own in zip(names, used, strict=True)]
    return bundle.sources[used | np.array(sampled, dtype=bool)]


def _names_raster(lineage: pd.Series, name: str) -> bool:
    """Tell whether a site's value comes from a raster: `"raster:<id>"` or `"raster:<id>@<date>"`."""
    return bool(lineage.str.contains(rf'"raster:{re.escape(str(name))}["@]').any())


def text_of(value: Any) -> str:
    """Return a value of a table as text, nothing for null."""
    return "" if value is None or pd.isna(value) else str(value).strip()
