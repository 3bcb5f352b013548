"""JSON of rows, lines, features and pages of a server's answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from files_made import AUTO, FEATURE, refused, write

from inducult_geo.errors import ContractError
from inducult_geo.sources.formats import json_tables
from inducult_geo.sources.formats.paged import Page, cut_list, pages_told
from inducult_geo.sources.formats.readers import read_table


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"rows": [1]}', "is JSON, but not GeoJSON .*'rows'.*as CSV"),
        ("[1, 2]", "its top level is a list of 2"),
        ("3", "a single value"),
        ("[" * 200_000, "too deeply nested|cannot be read as JSON"),
        ('{"type": "Topology"}', "not GeoJSON"),
        ('{"type": "FeatureCollection", "features": [], "crs": {"type": "link", "properties": {"href": "http://a"}}}',
         "member `crs` does not hold a name"),
        ('{"type": "FeatureCollection", "features": [], "crs": {"type": "name", "properties": {"name": "http://a/b"}}}',
         "member `crs` does not hold a name"),
        ('{"type": "FeatureCollection", "features": [], "crs": {"type": "name", "properties": {"name": "/etc/b.prj"}}}',
         "member `crs` does not hold a name"),
        ('{"type": "FeatureCollection", "features": [], "crs": {"type": "name", "properties": {"name": "ftp://a/b"}}}',
         "member `crs` does not hold a name"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".json", ".geojson"])
def test_json_that_is_no_geojson_is_refused(tmp_path: Path, suffix: str, text: str, said: str) -> None:
    refused(write(tmp_path / f"a{suffix}", text), said)


@pytest.mark.parametrize(
    "text",
    [
        '[{"name": "Huta", "lat": 50.7180, "n": null, "x": {"y": "a"}}, {"name": " ", "on": true, "lat": NaN}]',
        """{"head": {"vars": ["name"]}, "results": {"bindings": [
            {"name": {"type": "literal", "value": "Huta"}, "lat": {"value": "50.7180"}, "x.y": {"value": "a"}},
            {"on": {"value": "true"}}]}}""",
        """{"count": 2, "next": null, "sites": [
            {"name": "Huta", "lat": 50.7180, "x": {"y": "a"}}, {"name": null, "on": true}]}""",
    ],
)
def test_json_of_rows_is_a_table(tmp_path: Path, text: str) -> None:
    """What Wikidata and most portals give as JSON was refused; numbers keep the digits that are written."""
    table = read_table(write(tmp_path / "a.json", text), AUTO)
    rows = table.frame[["name", "lat", "on", "x.y"]].astype(object).where(lambda cells: cells.notna(), None)
    assert rows.to_numpy().tolist() == [["Huta", "50.7180", None, "a"], [None, None, "true", None]]
    assert table.places == ["a.json object 1", "a.json object 2"]
    assert not table.warnings


@pytest.mark.parametrize("ending", ["jsonl", "json"])
def test_json_lines_are_a_table(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"a.{ending}", '\ufeff{"name": "Huta", "lat": 50.7180}\n\n{"name": "Ha}\\n{la"}\r\n')
    table = read_table(path, AUTO)
    assert table.frame["name"].tolist() == ["Huta", "Ha}\n{la"]
    assert table.places == [f"a.{ending} line 1", f"a.{ending} line 3"]
    refused(write(path, f"{FEATURE}\n{FEATURE}\n"), "JSON Lines")
    if ending == "jsonl":
        assert read_table(write(path, '{"name": "Huta"}\n'), AUTO).places == ["a.jsonl line 1"]
    refused(write(path, '{"a": 1}\n{"a": '), "JSON Lines")


def test_json_that_is_nearly_a_table_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half = r'[{"n\ud800": "a\ud800b", "x": {"y\udfff": "\ud800", "z": "\ud83c\udfed\u0000"}}]'
    frame = read_table(write(tmp_path / "half.json", half), AUTO).frame
    assert frame.to_csv().encode().decode().count("?") >= 4
    assert frame["x.z"][0].startswith("\N{FACTORY}")
    refused(write(tmp_path / "b.json", '[{"type": "Feature", "geometry": null}]'), "a list of 1")
    refused(write(tmp_path / "c.json", '[{"a": 1}, 2]'), "a list of 2")
    refused(write(tmp_path / "f.json", '{"a": [{"n": 1}], "b": [{"n": 2}]}'), "not GeoJSON")
    page = read_table(write(tmp_path / "page.json", '{"count": 5234, "results": [{"n": 1}]}'), AUTO)
    assert page.page is not None
    assert [("of 5,234 rows it holds 1" in told, lost) for _, told, lost in page.page.told] == [(True, 5233)]
    refused(write(tmp_path / "d.json", '[{"a": 1}'), "cut short")
    wide = json.dumps([{f"k{number}": 1} for number in range(2001)])
    refused(write(tmp_path / "e.json", wide), "2,001 different names")
    monkeypatch.setattr(json_tables, "MAX_JSON_BYTES", len(wide) - 1)
    refused(tmp_path / "e.json", "is JSON, but not GeoJSON")


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ([(2, 5, "ab"), (2, 5, "cd"), (1, 5, "e")], []),
        ([(2, 5, "ab"), (1, 5, "e")], [("of the 5 rows of a server's answer 3 are here. Ask", 2)]),
        ([(2, 4, "ab"), (2, 4, "ab")], [("answer 2 are here ('b' repeats another page)", 2)]),
        ([(2, 0, "ab"), None], []),
        ([(2, 0, "ab"), (2, 0, "cd")], [("each says to be a page", 1)]),
        ([(2, 3, "ab"), (1, 3, "c"), (3, 9, "xyz")], [("'c': of the 9 rows", 6)]),
    ],
)
def test_of_the_pages_of_an_answer_a_missing_one_is_told(files: list[Any], told: list[tuple[str, int]]) -> None:
    read = [(Page(*file[:2]), set(file[2])) if file else (None, {"w"}) for file in files]
    said = pages_told([("abc"[at], *one) for at, one in enumerate(read)])
    assert [(part in sentence, missing) for (part, _), (sentence, missing) in zip(told, said, strict=True)] == [
        (True, missing) for _, missing in told
    ]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('"exceededTransferLimit": true', "it holds 2 rows, and there are more"),
        ('"properties": {"exceededTransferLimit":true}', "it holds 2 rows, and there are more"),
        ('"numberMatched": 5234, "numberReturned": 2', "of 5,234 rows it holds 2"),
        ('"totalFeatures": 7', "of 7 rows it holds 2"),
        ('"totalFeatures": "unknown", "numberMatched": 2, "exceededTransferLimit": false', None),
    ],
)
def test_a_page_of_a_longer_list_is_told_as_one(tmp_path: Path, said: str, told: str | None) -> None:
    """Of 5,234 works of a server the first thousand came in, and nothing said so."""
    text = f'{{"type": "FeatureCollection", {said}, "features": [{FEATURE}, {FEATURE}]}}'
    table = read_table(write(tmp_path / "a.json", text), AUTO)
    assert [told in sentence for _, sentence, _ in (table.page.told if table.page and told else ())] == [True] * bool(
        told
    )
    assert bool(table.page) == bool(told)
    counts = b'<wfs:FeatureCollection numberMatched="5" numberReturned="2">'
    assert cut_list(counts, ".gml", 1) == Page(2, 5), "of its layers one was read"
    assert [cut_list(b" " * 9000 + counts[:45], kind, 1) for kind in (".gml", ".json")] == [None, Page(1, 5)]


def test_the_answer_of_an_arcgis_server_is_read_with_its_system_and_dates(tmp_path: Path) -> None:
    """It was refused, and asked for as GeoJSON, which older servers do not give."""
    rows = [{"attributes": {"NAME": name, "BUILT": -2524521600000}, "geometry": {"x": 323000, "y": 5621000}}
            for name in ("Weberei", "Spinnerei")]  # fmt: skip
    fields = [{"name": "NAME", "type": "esriFieldTypeString"}, {"name": "BUILT", "type": "esriFieldTypeDate"}]
    answer = {"geometryType": "esriGeometryPoint", "spatialReference": {"wkid": 102329, "latestWkid": 25833},
              "fields": fields, "features": rows}  # fmt: skip
    table = read_table(write(tmp_path / "a.json", json.dumps(answer)), AUTO)
    assert table.crs == "EPSG:25833"
    assert table.frame["NAME"].tolist() == ["Weberei", "Spinnerei"]
    assert str(table.frame["BUILT"][0]).startswith("1890-01-01")
    refused(write(tmp_path / "b.json", json.dumps(answer | {"features": [*rows, {"x": 1}]})), "not GeoJSON")


def test_a_legacy_crs_member_is_followed(tmp_path: Path) -> None:
    text = (
        '{"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2177"}},'
        '"features": [{"type": "Feature", "properties": {"n": "a"},'
        '"geometry": {"type": "Point", "coordinates": [6420000, 5800000]}}]}'
    )
    assert read_table(write(tmp_path / "a.json", text), AUTO).crs == "EPSG:2177"


@pytest.mark.parametrize(
    "lost", ["null", '"a"', '{"properties": {"n": 1}}', '{"type": "feature"}', '{"type": "Topic"}']
)
def test_a_member_of_geojson_that_gdal_would_pass_over_is_told(tmp_path: Path, lost: str) -> None:
    whole = '{"type": "Feature", "properties": {"n": 2}, "geometry": null}'
    path = write(tmp_path / "a.geojson", f'{{"type": "FeatureCollection", "features": [{whole}, {lost}, {whole}]}}')
    with pytest.raises(ContractError, match=r"a\.geojson: feature 2 of 3 is not a Feature .* would be lost\. Write"):
        read_table(path, AUTO)


def test_features_that_are_no_list_are_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a.geojson", '{"type": "FeatureCollection", "features": null}')
    with pytest.raises(ContractError, match="`features` is not a list"):
        read_table(path, AUTO)
