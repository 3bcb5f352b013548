"""Who must be credited for the data of a release, and under which licenses they are."""

from __future__ import annotations

from typing import Any, NamedTuple

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
    used = _by_id(bundle.used_sources, "source", "title", "attribution", "licence")
    sources = [Credit(source, title, who, licence) for source, title, who, licence in used]
    told = _by_id(bundle.regions, "region", "title", "boundary_source", "boundary_licence")
    outlines = [Credit(None, f"Outline of {title}", who, licence) for _, title, who, licence in told]
    return sources + [credit for credit in outlines if credit.who]


def _by_id(table: pd.DataFrame, *columns: str) -> list[tuple[str, ...]]:
    """Return some columns of the rows of a table as texts, ordered by the first one."""
    # Tables of a few rows and many columns: to sort them as tables costs many times as much as all that is done here.
    return sorted(zip(*(map(text_of, table[name]) for name in columns), strict=True))


def credit_lines(bundle: Bundle) -> list[str]:
    """Return one line for each source and outline in the release: title, credit, license."""
    lines = [f"{credit.what}: {credit.named}" for credit in credits_of(bundle)]
    return lines + ([f"Derived database under {ODBL}"] if (bundle.records["source"] == OSM).any() else [])


def credit_text(bundle: Bundle) -> str:
    """Return the credit of the whole release as one paragraph."""
    return "; ".join(credit_lines(bundle))


def licence_names(bundle: Bundle) -> list[str]:
    """Return the licenses of the sources in the release, each once."""
    return sorted({text_of(value) for value in bundle.used_sources["licence"]} - {""})


def text_of(value: Any) -> str:
    """Return a value of a table as text, nothing for null."""
    return "" if value is None or pd.isna(value) else str(value).strip()
