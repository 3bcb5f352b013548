"""How the tests are spread over processes: a file stays in one, and who takes long begins first."""

from __future__ import annotations

from typing import Final

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER: Final = {
    "Prefect's server": ("test_deploy", "test_flow_parts", "test_flows", "test_flow_stages"),
    "Chromium": ("test_page", "test_page_card", "test_page_laid_out", "test_page_odd", "test_page_saved"),
}
"""Files that start, or import, the same thing, which takes longer than most of their tests: one process has it."""

LONGEST: Final = (
    *TOGETHER["Prefect's server"], "test_resume", "test_verify", "test_pipeline", "test_reviewing",
    "test_review_words", "test_howto", "test_stability", "test_notebooks", "test_cli", "test_docs",
    "test_night", "test_same_bytes", "test_overpass_extract", "test_status", "test_osm_fast", "test_link",
    "test_continuity", "test_postgis", "test_qgis", *TOGETHER["Chromium"],
)  # fmt: skip
"""Files that take ten seconds or more, in the order in which they begin; the others fill what time is left."""

_TOGETHER_OF: Final = {name: what for what, names in TOGETHER.items() for name in names}
_PLACES: Final = {name: place for place, name in enumerate(LONGEST)}


def place_of(item: pytest.Item) -> int:
    """Return when the file of a test begins."""
    return _PLACES.get(item.path.stem, len(LONGEST))


class ByFile(LoadScopeScheduling):
    """Gives each process whole files, in the order in which they were collected."""

    def __init__(self, config: pytest.Config, log: object = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return _TOGETHER_OF.get(file.rpartition("/")[2].removesuffix(".py"), file)
