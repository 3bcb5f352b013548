"""What people call a coordinate system in the headings of a list is told beside the candidates of a draft."""

from __future__ import annotations

from pathlib import Path

import pytest

from inducult_geo.catalog import Read
from inducult_geo.catalog.crs_names import codes_named
from inducult_geo.drafting.crs import SystemLines
from inducult_geo.drafting.heads import read_headed
from inducult_geo.drafting.named import named_lines

OFFERED = SystemLines(offered=["EPSG:3794", "EPSG:3912"])


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("GK koordinate (D48)", ["EPSG:3912"]),
        ("X_D96/TM", ["EPSG:3794"]),
        ("Koordinaten (MGI / Austria Lambert)", ["EPSG:31287"]),
        ("ETRS89 / Austria Lambert", ["EPSG:3416"]),
        ("Rechtswert BMN M34", ["EPSG:31259"]),
        ("Ostwert ETRS89 UTM 33N", ["EPSG:25833"]),
        ("Rechtswert (EPSG: 31256)", ["EPSG:31256"]),
        ("Bundesland", []),
        ("Baujahr 1948", []),
    ],
)
def test_a_name_within_a_heading_is_found(text: str, codes: list[str]) -> None:
    assert codes_named(text) == codes


@pytest.mark.parametrize(
    "head",
    [
        "IME;X (D48/GK);Y\n",
        "Seznam dediščine;;\nIME;GK koordinate (D48);\n;Y;X\n",
        "Seznam dediščine, D48/GK;;\nIME;Y;X\n",
    ],
)
def test_the_heading_that_names_a_candidate_is_told(tmp_path: Path, head: str) -> None:
    """Two systems 600 m apart fitted, and the heading that says which it is was not shown."""
    path = tmp_path / "list.csv"
    path.write_text(head + "".join(f"Mlin {n};42782{n};14364{n}\n" for n in range(1, 8)), encoding="utf-8")
    table, read = read_headed(path, Read())
    (line,) = named_lines(path, table, read, OFFERED)
    assert line.startswith("# The heading '")
    assert line.endswith("' names EPSG:3912.")
    assert named_lines(path, table, read, SystemLines(chosen="EPSG:3912")) == [], "that is what it says already"
    assert named_lines(path, table, read, SystemLines(offered=["EPSG:3794"])) == [], "what does not fit is not offered"
