"""The JSON text of names."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from inducult_geo.harmonize.words.footnotes import without_footnotes
from inducult_geo.harmonize.words.names import harmonize_names
from inducult_geo.harmonize.words.notices import Notices


def one(**cells: object) -> dict[str, str] | None:
    text = harmonize_names(pd.DataFrame([{name.replace("__", ":"): cell for name, cell in cells.items()}]))[0]
    return json.loads(text) if isinstance(text, str) else None


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"name": " Důl\u00a0Svornost "}, {"name": "Důl Svornost"}),
        ({"name": "Svornost", "name__de": "Eintracht"}, {"name": "Svornost", "de": "Eintracht"}),
        ({"name": "A", "alt_name": "B; C;;B"}, {"name": "A", "alt": "B", "alt_2": "C"}),
        ({"name": "A;B"}, {"name": "A;B"}),
        (
            {"name": "M&uuml;hle &#8211; &#x41;&nbsp; ", "alt_name": "F. &amp; C;B"},
            {"name": "Mühle – A", "alt": "F. & C", "alt_2": "B"},
        ),
        ({"name": "Werk A&B; R&D;, &notit; &amp"}, {"name": "Werk A&B; R&D;, &notit; &amp"}),
        ({"alt_name": "A", "name": "A"}, {"name": "A"}),
        ({"name": "A", "name__en": "A"}, {"name": "A", "en": "A"}),
        ({"name": "A", "old_name": "B", "short_name": "C"}, {"name": "A", "old": "B", "short": "C"}),
        ({"name": "A", "official_name": "A a.s.", "parent": "P"}, {"name": "A", "official": "A a.s.", "parent": "P"}),
        ({"name__sr-Latn": "A", "name__be-x-old": "B"}, {"sr-Latn": "A", "be-x-old": "B"}),
        ({"name__etymology__wikidata": "Q1", "name__alt": "x", "name": "A"}, {"name": "A"}),
        ({"name": "Q12", "ids.wikidata": "http://www.wikidata.org/entity/Q12"}, None),
        ({"name": "q12", "key": "wd:Q12"}, None),
        ({"name": "Q2", "ids.wikidata": "Q12"}, {"name": "Q2"}),
        ({"name": "-", "alt_name": None}, None),
        ({"other": "x"}, None),
        ({"name": '<script>"'}, {"name": '<script>"'}),
    ],
)
def test_harmonize_names(cells: dict[str, object], expected: dict[str, str] | None) -> None:
    assert one(**cells) == expected


def test_text_is_readable_and_sorted() -> None:
    frame = pd.DataFrame({"name": ["Mühle", None], "name:cs": ["Mlýn", None]}, index=[4, 2])
    before = frame.copy()
    found = harmonize_names(frame)
    assert found[4] == '{"cs": "Mlýn", "name": "Mühle"}'
    assert found.isna().tolist() == [False, True]
    pd.testing.assert_frame_equal(frame, before)


def test_no_rows() -> None:
    assert harmonize_names(pd.DataFrame({"name": []})).empty


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Hütte Z*", "Hütte Z"),
        ("Mlin¹", "Mlin"),
        ("Brauerei [2]", "Brauerei"),
        ("Talilnica Javornik†", "Talilnica Javornik"),
        ("Talilnica Javornik †", "Talilnica Javornik"),
        ("Pivovar (starý)² *", "Pivovar (starý)"),
        ("*Ziegelei", "Ziegelei"),
        ("† Glashütte", "Glashütte"),
        ("[[Huta Andrzej]]¹ in [[Zawadzkie (Ort)|Zawadzkie]]", "Huta Andrzej¹ in Zawadzkie"),
        ("Hotel ***", None),
        ("Werk [[2]]", None),
        ("Halle 500 m²", None),
        ("Schacht 2", None),
        ("Zeche [Nordfeld]", None),
        ("Werk [1890]", None),
        ("Kornhaus (1)", None),
        ("*", None),
        ("Q*", None),
    ],
)
def test_the_mark_of_a_footnote_is_no_part_of_a_name_and_is_told(name: str, plain: str | None) -> None:
    notices = Notices("list")
    rows = pd.DataFrame({"name": [name, "Huta", None], "operator": ["A*", None, None]}, dtype=object)
    found = without_footnotes(rows, notices)
    assert found["name"].tolist() == [plain or name, "Huta", None]
    assert found["operator"].tolist() == rows["operator"].tolist()
    told = [problem.message for problem in notices.problems()]
    assert len(told) == (plain is not None)
    how = "holds wiki links" if "[[" in name else "has marks of footnotes"
    assert plain is None or told[0].startswith(f"'name' {how}: '{name}' (1).")


@pytest.mark.parametrize("mark", [" ", "*", " *", "†", "¹"])
def test_endless_marks_end_no_run(mark: str) -> None:
    names = pd.DataFrame({"name": [f"é{mark * 200_000}b"]}, dtype=object)
    assert without_footnotes(names, Notices("list"))["name"].tolist() == names["name"].tolist()
