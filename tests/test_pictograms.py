"""Pictograms: one for each theme, told apart by their shape, drawn inside their grid."""

from __future__ import annotations

import re
from base64 import b64decode
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from inducult_geo.publish.layers.domains import DOMAINS
from inducult_geo.publish.qgis.pictograms import PICTOGRAMS, embedded

MOVES = re.compile(r"([MLHVZAC])", re.IGNORECASE)


def test_every_theme_has_a_pictogram_of_its_own() -> None:
    assert set(PICTOGRAMS) == set(DOMAINS["theme"])
    assert all(one != other for one, other in combinations(PICTOGRAMS.values(), 2))


@pytest.mark.parametrize("theme", PICTOGRAMS)
def test_a_pictogram_is_an_svg_that_takes_its_color_from_the_symbol(theme: str) -> None:
    text = embedded(theme)
    assert text.startswith("base64:")
    root = ET.fromstring(b64decode(text.removeprefix("base64:")))
    assert root.get("viewBox") == "0 0 24 24"
    paths = root.findall("{http://www.w3.org/2000/svg}path")
    assert [path.get("d") for path in paths] == [*PICTOGRAMS[theme]]
    for path in paths:
        assert path.get("fill", "").startswith("param(fill)")
        assert set(re.sub(r"[-\d. e]", "", path.get("d", ""))) <= set("MLHVZACmlhvzac")


@pytest.mark.parametrize("theme", PICTOGRAMS)
def test_absolute_corners_lie_on_the_grid(theme: str) -> None:
    for path in PICTOGRAMS[theme]:
        for command, numbers in re.findall(r"([ML])([-\d. ]+)", path):
            values = [float(number) for number in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", numbers)]
            assert command in "ML"
            assert all(0 <= value <= 24 for value in values), path


def test_a_theme_that_nobody_drew_is_drawn_as_other() -> None:
    assert embedded("beekeeping") == embedded("other")
