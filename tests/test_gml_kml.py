"""What GDAL does not tell of a GML or GeoJSON, and tells of a KML that is no site."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inducult_geo.catalog.models import Read
from inducult_geo.errors import ContractError
from inducult_geo.sources.formats.readers import read_table
from inducult_geo.sources.formats.table import Table

CODES = "http://inspire.ec.europa.eu/codelist"
INSPIRE = """<?xml version="1.0" encoding="UTF-8"?>
<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="http://www.opengis.net/gml/3.2"
 xmlns:pf="http://inspire.ec.europa.eu/schemas/pf/4.0" xmlns:xlink="http://www.w3.org/1999/xlink">{members}
</wfs:FeatureCollection>"""
MEMBER = """<wfs:member><pf:ProductionFacility gml:id="PF.{n}"><pf:surfaceGeometry><gml:Point gml:id="P{n}"
 srsName="http://www.opengis.net/def/crs/EPSG/0/4258"><gml:pos>50.7 12.{n}</gml:pos></gml:Point></pf:surfaceGeometry>
 <pf:name>{name}</pf:name>{told}</pf:ProductionFacility></wfs:member>"""


def gml(path: Path, *told: str) -> Table:
    members = "".join(MEMBER.format(n=n, name=f"Huta {n}", told=text) for n, text in enumerate(told, 4))
    path.write_text(INSPIRE.format(members=members), encoding="utf-8")
    return read_table(path, Read())


def test_the_codes_that_a_gml_refers_to_are_read(tmp_path: Path) -> None:
    """Branch and condition of works stand in the attributes of elements, which were lost."""
    activity = f'<pf:activity xlink:href="{CODES}/EconomicActivityNACEValue/{{}}"/>'
    status = f'<pf:statusType xlink:href="{CODES}/ConditionOfFacilityValue/functional"/>'
    two = activity.format("C.11.05") + activity.format("C.24.10")
    table = gml(tmp_path / "a.gml", two + status, activity.format("B.05") + '<pf:group xlink:href="#PF.4"/>')
    assert [*table.frame["activity"]] == ["C.11.05;C.24.10", "B.05"]
    assert [*table.frame["statusType"]] == ["functional", None]
    assert [*table.frame["name"]] == ["Huta 4", "Huta 5"]
    assert table.crs == "EPSG:4258"
    assert {"activity_href", "group", "group_href"}.isdisjoint(table.frame)
    (note,) = [one for one in table.notes if "references" in one]
    assert note == (
        "read from references (xlink:href): 'activity' (codes of 'EconomicActivityNACEValue'), 'statusType' (codes of "
        "'ConditionOfFacilityValue')"
    )


def test_a_gml_that_refers_to_nothing_is_read_as_it_was(tmp_path: Path) -> None:
    assert set(gml(tmp_path / "a.gml", "", "").frame) == {"gml_id", "name", "geometry"}


PLACE = "<Placemark><name>Huta</name><Point><coordinates>17,50</coordinates></Point></Placemark>"
PICTURE = (
    "<GroundOverlay><name>Stara mapa</name><Icon><href>mapa.png</href></Icon><LatLonBox><north>51</north>"
    "<south>50</south><east>18</east><west>17</west></LatLonBox></GroundOverlay>"
)
LINK = "<NetworkLink><name>all</name><Link><href>http://127.0.0.1:9/a.kml</href></Link></NetworkLink>"


def kml(path: Path, body: str, encoding: str = "utf-8") -> Path:
    prolog = f'<?xml version="1.0" encoding="{encoding}"?>'
    text = f'{prolog}<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>a</name>{body}</Document></kml>'
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_picture_that_lies_on_the_map_is_no_site(tmp_path: Path, encoding: str) -> None:
    table = read_table(kml(tmp_path / "a.kml", PLACE + PICTURE, encoding), Read())
    assert len(table.frame) == 2
    bad = {table.frame["Name"].iloc[row]: why for row, why in table.bad_rows.items()}
    assert bad == {"Stara mapa": "is a picture laid over the map (GroundOverlay), not a site"}


def test_a_kml_that_only_names_other_files_says_so(tmp_path: Path) -> None:
    with pytest.raises(
        ContractError, match=r"holds nothing itself: it refers to other files .* ask for their content\."
    ):
        read_table(kml(tmp_path / "a.kml", LINK), Read())
    assert len(read_table(kml(tmp_path / "b.kml", LINK + PLACE), Read()).frame) == 1


def test_tables_side_by_side_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("nr;nazwa;x;;nr;nazwa;x\n1;Huta;17;;2;Hala;18\n", encoding="utf-8")
    assert [(kind, number) for kind, _, number in read_table(path, Read()).warnings] == [("tables_side_by_side", 2)]
    path.write_text("nr;nazwa;x;y;x;y\n1;Huta;17;50;18;51\n", encoding="utf-8")
    assert not read_table(path, Read()).warnings


def test_the_raw_answer_of_a_query_service_says_what_to_download(tmp_path: Path) -> None:
    path = tmp_path / "query.tsv"
    path.write_text('?item\t?itemLabel\n<http://www.wikidata.org/entity/Q1>\t"Huta"@pl\n', encoding="utf-8")
    with pytest.raises(ContractError, match=r"raw answer of a query service .*Download the answer as CSV"):
        read_table(path, Read())


def test_what_stands_in_objects_of_a_geojson_has_columns_of_its_own(tmp_path: Path) -> None:
    """As Google's saved places have it: no contract could name what is inside."""
    told = [{"name": "Huta", "n": 3, "ok": True, "in": {"a": 1}}, {"name": " ", "city": "Opole"}, None]
    features = [
        {
            "type": "Feature",
            "properties": {"id": str(n), "location": one, "text": "{no object"},
            "geometry": {"type": "Point", "coordinates": [17, 50]},
        }
        for n, one in enumerate(told)
    ]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    table = read_table(path, Read())
    assert [*table.frame] == ["id", "location", "text", "geometry", "location.name", "location.n", "location.city"]
    assert [[*table.frame[f"location.{name}"]] for name in ("name", "n", "city")] == [
        ["Huta", None, None],
        ["3", None, None],
        [None, "Opole", None],
    ]
    assert table.notes[-1] == "read from objects in cells: 'location.name', 'location.n', 'location.city'"
    assert table.derived == {"location.name", "location.n", "location.city"}
