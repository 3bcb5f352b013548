"""Settings of Sphinx, and the pages that are made from the program's own declarations."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from inducult_geo import __version__
from inducult_geo.publish.layers.dictionary import dictionary_text
from inducult_geo.publish.qgis.pictograms import PICTOGRAMS
from inducult_geo.publish.qgis.symbols import aspect_marks, theme_colors

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "inducult-geo"
author = "inducult-geo"
project_copyright = "the authors of inducult-geo"
version = release = __version__
extensions = ["myst_parser"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "inducult-geo"
html_static_path: list[str] = []
exclude_patterns = ["_build", "measured"]
nitpicky = True


def dictionary_page() -> str:
    """Return the data dictionary of a release as a page: one title, everything else below it."""
    layers, _, lists = dictionary_text().partition("\n# Lists of values\n")
    text = layers + "\n## Lists of values\n" + lists.replace("\n## ", "\n### ")
    # Links lead to the headings of lists, whose anchors Sphinx writes with hyphens.
    return re.sub(r"\]\(#(\w+)\)", lambda link: f"](#{link[1].replace('_', '-')})", text)


def symbols_table() -> str:
    """Return how aspects and branches are drawn, as tables."""
    aspects = ["| value | means | drawn as |", "|---|---|---|"]
    for mark in aspect_marks():
        rings = ", inside it ".join(f"{ring.shape} `{ring.color}`" for ring, _ in mark.rings)
        aspects.append(f"| `{mark.value}` | {mark.label} | {rings} |")
    themes = ["| value | means | color | drawn as |", "|---|---|---|---|"]
    for value, label, color in theme_colors():
        paths = "".join(f'<path d="{path}"/>' for path in PICTOGRAMS[value])
        look = f'width="24" height="24" style="background: #fff" fill="{color}" fill-rule="evenodd"'
        drawn = f'<svg viewBox="0 0 24 24" {look}>{paths}</svg>'
        themes.append(f"| `{value}` | {label} | `{color}` | {drawn} |")
    return "\n".join(aspects) + "\n\n" + "\n".join(themes)


def fill(_app: Sphinx, page: str, source: list[str]) -> None:
    """Put what the declarations say in the place of its mark."""
    if page == "index" and not (Path(__file__).parent / "scaling.md").is_file():
        source[0] = source[0].replace("\nscaling\n", "\n")
    if page == "dictionary":
        source[0] = dictionary_page()
    if page == "symbols":
        source[0] = source[0].replace("(what the declarations say)", symbols_table())


def setup(app: Sphinx) -> None:
    """Tell Sphinx who fills the pages."""
    app.connect("source-read", fill)
