"""Files of many kinds, as the tests of reading make them."""

from __future__ import annotations

import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from inducult_geo.catalog import Read
from inducult_geo.errors import ContractError
from inducult_geo.sources.formats.readers import read_table

AUTO = Read()


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def zipped(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def refused(path: Path, said: str, read: Read = AUTO) -> None:
    with pytest.raises(ContractError, match=f"(?s){said}"):
        read_table(path, read)


BOMB = '<!DOCTYPE k [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
KML = (
    '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>&a;</name>'
    "<Point><coordinates>17,50</coordinates></Point></Placemark></Document></kml>"
)


FEATURE = '{"type": "Feature", "properties": {"n": 1}, "geometry": {"type": "Point", "coordinates": [17, 50]}}'


SHEET = (
    '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    "{rows}</sheetData></worksheet>"
)


def workbook(path: Path, cells: dict[str, str], **more: dict[str, str]) -> Path:
    """Write the smallest .xlsx: its sheet is called A, further ones by their names."""
    sheets = {"A": cells, **more}
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = [f"worksheets/sheet{n}.xml" for n in range(1, len(sheets) + 1)]
    types = "".join(f'<Override PartName="/xl/{part}" ContentType="{main}.worksheet+xml"/>' for part in parts)
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
    links = "".join(
        f'<Relationship Id="r{n}" Type="{relation}/worksheet" Target="{part}"/>' for n, part in enumerate(parts, 1)
    )
    members = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        f'<Override PartName="/xl/workbook.xml" ContentType="{main}.sheet.main+xml"/>{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{relation}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        f'xmlns:r="{relation}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{links}</Relationships>',
        **{f"xl/{part}": SHEET.format(rows=_rows(body)) for part, body in zip(parts, sheets.values(), strict=True)},
    }
    return zipped(path, {name: text.encode() for name, text in members.items()})


def _rows(cells: dict[str, str]) -> str:
    rows: dict[int, str] = {}
    for place, value in cells.items():
        number = int("".join(filter(str.isdigit, place)))
        cell = f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
        rows[number] = rows.get(number, "") + cell
    return "".join(f'<row r="{number}">{row}</row>' for number, row in sorted(rows.items()))


def sheet_with(path: Path, rows: str, *, calculated: bool = True, heads: tuple[str, ...] = ("id", "name", "x")) -> Path:
    """An .xlsx with the rows of a sheet as they stand in its XML."""
    workbook(path, {f"{letter}1": head for letter, head in zip("ABC", heads, strict=False)})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name).decode() for name in archive.namelist()}
    inside = members["xl/worksheets/sheet1.xml"].replace("</sheetData>", f"{rows}</sheetData>")
    members["xl/worksheets/sheet1.xml"] = inside
    if not calculated:
        members["xl/workbook.xml"] = members["xl/workbook.xml"].replace(
            "</sheets>", '</sheets><calcPr fullCalcOnLoad="1"/>'
        )
    return zipped(path, {name: text.encode() for name, text in members.items()})


def with_view(path: Path, query: str) -> Path:
    """Write a GeoPackage with a layer `x` of two points and a view `w` beside it."""
    places = gpd.GeoDataFrame({"n": ["a", "b"]}, geometry=[shapely.Point(1, 2), shapely.Point(3, 4)], crs=4326)
    places.to_file(path, layer="x", engine="pyogrio")
    with closing(sqlite3.connect(path)) as con:
        con.execute(f"CREATE VIEW w AS {query}")
        con.execute("INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('w', 'attributes', 'w')")
        con.commit()
    return path


ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS fid, x AS n FROM c"
