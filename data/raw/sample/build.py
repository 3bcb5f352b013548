"""Build the sample's files from its tables of facts: `python data/raw/sample/build.py [FOLDER]`.

Reads `sites.csv` and `tables/` beside this file and writes `osm/`, `boundaries/` and the partners' data files, into
FOLDER where one is given. The same tables give the same bytes on any day and machine: no clock, no compression, and
coordinates through pinned operations. Workbook and shapefile are written with the standard library alone.
"""

from __future__ import annotations

import csv
import json
import math
import struct
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO, StringIO
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from pyproj import Transformer

HERE = Path(__file__).resolve().parent
NOTE = "coarse, hand-drawn, for the sample only"
METERS_PER_DEGREE = 111_320.0
Row = dict[str, str]
Point = tuple[float, float]

_STEPS = "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad {shift} +step {projection}"
_SHIFT = (
    "+step +proj=push +v_3 +step +proj=cart +ellps=WGS84 +step +inv +proj=helmert {shift} "
    "+step +inv +proj=cart +ellps={ellipsoid} +step +proj=pop +v_3"
)


@dataclass(frozen=True)
class Layout:
    """How one partner's file is laid out.

    `east` and `north` are the titles of the coordinate columns, in the order in which they stand in the file; they
    are empty where the format carries geometry. `accuracy` is the title of the column of the accuracy in meters.
    """

    file: str
    crs: str
    accuracy: str
    write: Callable[[list[Record], Layout], dict[str, bytes]]
    east: str = ""
    north: str = ""
    decimals: int = 1
    options: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """One row of a partner's file: its own columns, and its place in the file's CRS (null where it has none)."""

    values: Row
    place: Point | None
    instead: str = ""

    def coordinates(self, layout: Layout) -> Row:
        """Return the two coordinate cells as the file writes them."""
        if self.place is None:
            return {layout.east: self.instead, layout.north: self.instead}
        east, north = (f"{value:.{layout.decimals}f}" for value in self.place)
        comma = layout.options.get("decimal", ".")
        return {layout.east: east.replace(".", comma), layout.north: north.replace(".", comma)}


def read_rows(path: Path) -> list[Row]:
    """Read a table of facts."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def displaced(place: Point, distance_m: float, bearing_deg: float) -> Point:
    """Move a place (longitude, latitude) by a distance in meters along a bearing, on a sphere."""
    lon, lat = place
    east, north = math.sin(math.radians(bearing_deg)), math.cos(math.radians(bearing_deg))
    scale = METERS_PER_DEGREE * math.cos(math.radians(lat))
    return lon + distance_m * east / scale, lat + distance_m * north / METERS_PER_DEGREE


def operations() -> dict[str, Transformer]:
    """Return the pinned operation from WGS 84 degrees to each national grid, easting first, by its CRS."""
    found = {}
    for row in read_rows(HERE / "tables" / "operations.csv"):
        shift = _SHIFT.format(**row) if row["shift"] else ""
        found[row["crs"]] = Transformer.from_pipeline(_STEPS.format(shift=shift, projection=row["projection"]))
    return found


def records_of(source: str, layout: Layout, sites: dict[str, Row]) -> list[Record]:
    """Read a partner's table and place its rows in the file's CRS.

    `offset_m` and `bearing` move a row from its site's place; any other text stands in the coordinate cells instead.
    """
    project = operations().get(layout.crs)
    records = []
    for row in read_rows(HERE / "tables" / f"{source}.csv"):
        site = sites[row.pop("site")]
        offset, bearing = row.pop("offset_m"), float(row.pop("bearing"))
        values = {**row, layout.accuracy: site["accuracy_m"]}
        if not offset.isdigit():
            records.append(Record(values, None, offset))
            continue
        lon, lat = displaced((float(site["lon"]), float(site["lat"])), float(offset), bearing)
        x, y = project.transform(lon, lat) if project else (lon, lat)
        records.append(Record(values, (round(x, layout.decimals), round(y, layout.decimals))))
    return records


def write_csv(records: list[Record], layout: Layout) -> dict[str, bytes]:
    """Write delimited text in the encoding that the layout names."""
    text = StringIO()
    rows = [record.values | record.coordinates(layout) for record in records]
    writer = csv.DictWriter(text, list(rows[0]), delimiter=layout.options["delimiter"], lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return {layout.file: text.getvalue().encode(layout.options["encoding"])}


def write_xlsx(records: list[Record], layout: Layout) -> dict[str, bytes]:
    """Write a workbook of one sheet: a title, an empty row, the column names, the rows."""
    rows = [record.values | record.coordinates(layout) for record in records]
    table = [[layout.options["title"]], [], list(rows[0]), *(list(row.values()) for row in rows)]
    parts = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _RELATIONS.format(kind="officeDocument", target="xl/workbook.xml"),
        "xl/workbook.xml": _WORKBOOK.format(sheet=escape(layout.options["sheet"])),
        "xl/_rels/workbook.xml.rels": _RELATIONS.format(kind="worksheet", target="worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": _SHEET.format(rows="".join(_sheet_row(n, row) for n, row in enumerate(table, 1))),
    }
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as book:
        for name, text in parts.items():
            book.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text)
    return {layout.file: archive.getvalue()}


def _sheet_row(number: int, row: list[str]) -> str:
    cells = "".join(_cell(f"{chr(64 + column)}{number}", value) for column, value in enumerate(row, 1))
    return f'<row r="{number}">{cells}</row>'


def _cell(where: str, value: str) -> str:
    """Write a cell: a number where the text is one, as a spreadsheet program would have made of it."""
    try:
        return f'<c r="{where}"><v>{float(value)!r}</v></c>'
    except ValueError:
        return f'<c r="{where}" t="inlineStr"><is><t>{escape(value)}</t></is></c>' if value else ""


def write_geojson(records: list[Record], layout: Layout) -> dict[str, bytes]:
    """Write GeoJSON of 2008, which could name a CRS."""
    features = [
        {"type": "Feature", "properties": r.values, "geometry": {"type": "Point", "coordinates": r.place}}
        for r in records
    ]
    name = f"urn:ogc:def:crs:EPSG::{layout.crs.removeprefix('EPSG:')}"
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    head = '{"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "%s"}}, "features": [\n'
    return {layout.file: f"{head % name}{lines}\n]}}\n".encode()}


def write_kml(records: list[Record], layout: Layout) -> dict[str, bytes]:
    """Write KML: name and description have elements of their own, the rest is extended data."""
    marks = "".join(_placemark(record) for record in records)
    title = escape(layout.options["title"])
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>\n'
        f"<name>{title}</name>\n{marks}</Document></kml>\n"
    )
    return {layout.file: text.encode()}


def _placemark(record: Record) -> str:
    filled = {name: value for name, value in record.values.items() if value}
    own = "".join(f"<{tag}>{escape(filled.pop(tag))}</{tag}>" for tag in ("name", "description") if tag in filled)
    data = "".join(f"<Data name={quoteattr(k)}><value>{escape(v)}</value></Data>" for k, v in filled.items())
    lon, lat = record.place or (0.0, 0.0)
    point = f"<Point><coordinates>{lon},{lat}</coordinates></Point>"
    return f"<Placemark>{own}<ExtendedData>{data}</ExtendedData>{point}</Placemark>\n"


def write_shapefile(records: list[Record], layout: Layout) -> dict[str, bytes]:
    """Write points as the five files of a shapefile (ESRI's technical description of July 1998, dBASE III)."""
    stem = layout.file.removesuffix(".shp")
    places = [record.place or (0.0, 0.0) for record in records]
    box = (*map(min, zip(*places, strict=True)), *map(max, zip(*places, strict=True)))
    shapes = [struct.pack(">2i", n, 10) + struct.pack("<i2d", 1, *place) for n, place in enumerate(places, 1)]
    index = [struct.pack(">2i", 50 + 14 * n, 10) for n in range(len(places))]
    return {
        f"{stem}.shp": _shape_header(50 + 14 * len(places), box) + b"".join(shapes),
        f"{stem}.shx": _shape_header(50 + 4 * len(places), box) + b"".join(index),
        f"{stem}.dbf": _dbase([record.values for record in records], layout.options["encoding"]),
        f"{stem}.prj": layout.options["prj"].encode("ascii"),
        f"{stem}.cpg": layout.options["encoding"].encode("ascii"),
    }


def _shape_header(words: int, box: tuple[float, ...]) -> bytes:
    return struct.pack(">7i", 9994, 0, 0, 0, 0, 0, words) + struct.pack("<2i8d", 1000, 1, *box, 0, 0, 0, 0)


def _dbase(rows: list[Row], encoding: str) -> bytes:
    widths = {name: max(1, *(len(row[name].encode(encoding)) for row in rows)) for name in rows[0]}
    fields = b"".join(
        struct.pack("<11sc4xBB14x", name.encode("ascii"), b"C", width, 0) for name, width in widths.items()
    )
    # The day of writing stands in the header: a fixed one, so that the bytes stay the same.
    head = struct.pack("<4BIHH20x", 3, 126, 11, 20, len(rows), 33 + 32 * len(widths), 1 + sum(widths.values()))
    cells = (b" " + b"".join(row[n].encode(encoding).ljust(w) for n, w in widths.items()) for row in rows)
    return head + fields + b"\r" + b"".join(cells) + b"\x1a"


class OsmFile:
    """One region's OSM XML 0.6. Ids lie far above those in use, so that none is taken for a real object."""

    def __init__(self, number: int) -> None:
        self._first = number * 10_000
        self._elements: dict[str, list[str]] = {"node": [], "way": [], "relation": []}

    def add(self, row: Row, site: Row) -> None:
        """Add the object of one row of `tables/osm.csv`, with the nodes and ways that it needs."""
        place = (float(site["lon"]), float(site["lat"]))
        if row["offset_m"] != "0":
            place = displaced(place, float(row["offset_m"]), float(row["bearing"]))
        tags = "".join(
            f"    <tag k={quoteattr(key)} v={quoteattr(value)}/>\n"
            for key, value in (pair.split("=", 1) for pair in row["tags"].split("|"))
        )
        stamp, size_m = f'version="{row["version"]}" timestamp="{row["timestamp"]}"', float(row["size_m"])
        if row["shape"] == "node":
            self._node(place, stamp, tags)
        elif row["shape"] == "area":
            self._way(self._ring(place, size_m, stamp), stamp, tags)
        elif row["shape"] == "multi":
            self._multipolygon(place, size_m, stamp, tags)
        else:
            # A relation whose ways are not in the extract: its geometry is lost.
            absent = [self._first + 9_990_009_000_000, self._first + 9_990_009_000_001]
            self._relation([(way, "outer") for way in absent], stamp, tags)

    def text(self) -> str:
        """Return the file."""
        body = "".join(text for kind in self._elements.values() for text in kind)
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            "<!-- A hand-written sample for inducult-geo, not data of OpenStreetMap: places are coarse, sizes and\n"
            "     ids are invented. See README.md beside this folder. -->\n"
            f'<osm version="0.6" generator="inducult-geo sample">\n{body}</osm>\n'
        )

    def _put(self, kind: str, base: int, attributes: str, inner: str) -> int:
        number = base + self._first + len(self._elements[kind]) + 1
        opening = f'  <{kind} id="{number}" {attributes}'
        self._elements[kind].append(f"{opening}>\n{inner}  </{kind}>\n" if inner else f"{opening}/>\n")
        return number

    def _node(self, place: Point, stamp: str, tags: str = "") -> int:
        return self._put("node", 99_000_000_000, f'{stamp} lat="{place[1]:.5f}" lon="{place[0]:.5f}"', tags)

    def _ring(self, center: Point, size_m: float, stamp: str) -> list[int]:
        """Draw a closed ring of six corners about `size_m` across; the shape is invented."""
        corners = ((0.50, 10), (0.42, 75), (0.55, 130), (0.46, 190), (0.52, 250), (0.40, 310))
        nodes = [self._node(displaced(center, share * size_m, bearing), stamp) for share, bearing in corners]
        return [*nodes, nodes[0]]

    def _way(self, nodes: Iterable[int], stamp: str, tags: str = "") -> int:
        return self._put("way", 9_900_000_000, stamp, "".join(f'    <nd ref="{n}"/>\n' for n in nodes) + tags)

    def _relation(self, members: Iterable[tuple[int, str]], stamp: str, tags: str) -> None:
        refs = "".join(f'    <member type="way" ref="{way}" role="{role}"/>\n' for way, role in members)
        self._put("relation", 990_000_000, stamp, refs + '    <tag k="type" v="multipolygon"/>\n' + tags)

    def _multipolygon(self, center: Point, size_m: float, stamp: str, tags: str) -> None:
        """Add an outer ring of two ways, one of them turned round, and a hole."""
        outer, inner = self._ring(center, size_m, stamp), self._ring(center, size_m / 5, stamp)
        ways = [(outer[:4], "outer"), (outer[:2:-1], "outer"), (inner, "inner")]
        self._relation([(self._way(nodes, stamp), role) for nodes, role in ways], stamp, tags)


def build_osm(sites: dict[str, Row]) -> dict[str, bytes]:
    """Return one OSM file a region."""
    regions = list(dict.fromkeys(site["region"] for site in sites.values() if site["region"]))
    files = {region: OsmFile(number) for number, region in enumerate(regions, 1)}
    for row in read_rows(HERE / "tables" / "osm.csv"):
        site = sites[row["site"].removeprefix("-")]
        files[site["region"]].add(row, site)
    return {f"osm/{region}.osm": file.text().encode() for region, file in files.items()}


def build_outlines() -> dict[str, bytes]:
    """Return one outline a region, of one or more parts."""
    parts: dict[str, list[list[list[list[float]]]]] = {}
    for row in read_rows(HERE / "tables" / "outlines.csv"):
        ring = [[float(number) for number in corner.split()] for corner in row["outline"].split(";")]
        parts.setdefault(row["region"], []).append([[*ring, ring[0]]])
    about = {"note": NOTE, "licence": "CC0-1.0", "attribution": "inducult-geo sample, hand-drawn"}
    files = {}
    for region, rings in parts.items():
        shape = {"type": "MultiPolygon", "coordinates": rings}
        feature = {"type": "Feature", "properties": {"region": region, **about}, "geometry": shape}
        text = json.dumps({"type": "FeatureCollection", "features": [feature]}, ensure_ascii=False)
        files[f"boundaries/{region}.geojson"] = f"{text}\n".encode()
    return files


def build() -> Iterator[tuple[str, bytes]]:
    """Yield every file of the sample that is built: its path inside the sample's folder, and its bytes."""
    sites = {row["site"]: row for row in read_rows(HERE / "sites.csv")}
    yield from build_osm(sites).items()
    yield from build_outlines().items()
    for source, layout in LAYOUTS.items():
        files = layout.write(records_of(source, layout, sites), layout)
        yield from ((f"partners/{name}", content) for name, content in files.items())


def main(folder: Path = HERE) -> None:
    """Write the sample's files into a folder."""
    for name, content in build():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_CONTENT_TYPES = (
    f'{_XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
_RELATIONS = (
    f'{_XML}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/{{kind}}" Target="{{target}}"/></Relationships>'
)
_WORKBOOK = (
    f'{_XML}<workbook xmlns="{_SPREADSHEET}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="{sheet}" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_SHEET = f'{_XML}<worksheet xmlns="{_SPREADSHEET}"><sheetData>{{rows}}</sheetData></worksheet>'
_PRJ_3003 = (
    'PROJCS["Monte_Mario_Italy_1",GEOGCS["GCS_Monte_Mario",DATUM["D_Monte_Mario",'
    'SPHEROID["International_1924",6378388.0,297.0]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",1500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",9.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],'
    'UNIT["Meter",1.0]]'
)


def _delimited(encoding: str, delimiter: str, decimal: str = ".") -> Row:
    return {"encoding": encoding, "delimiter": delimiter, "decimal": decimal}


LAYOUTS = {
    "zwickau_industriekultur": Layout(
        "zwickau_industriekultur.csv", "EPSG:31468", "Lagegenauigkeit (m)", write_csv, "Rechtswert", "Hochwert",
        options=_delimited("latin-1", ";", ","),
    ),
    "leoben_eisenstrasse": Layout(
        "leoben_eisenstrasse.xlsx", "EPSG:31256", "Genauigkeit m", write_xlsx, "Y (Ost)", "X (Nord)",
        options={"sheet": "Stätten", "title": "Stätten der Eisenstraße (Beispiel)"},
    ),
    "karlovy_vary_prumysl": Layout(
        "karlovy_vary_prumysl.csv", "EPSG:5514", "přesnost_m", write_csv, "X", "Y", options=_delimited("cp1250", ";"),
    ),
    "padova_archeologia_industriale": Layout(
        "padova_archeologia_industriale.shp", "EPSG:3003", "PRECIS_M", write_shapefile,
        options={"encoding": "ISO-8859-1", "prj": _PRJ_3003},
    ),
    "gorenjska_dediscina": Layout("gorenjska_dediscina.geojson", "EPSG:3912", "natancnost_m", write_geojson),
    "sisak_bastina": Layout(
        "sisak_bastina.kml", "EPSG:4326", "tocnost_m", write_kml, decimals=4,
        options={"title": "Industrijska baština (primjer)"},
    ),
    "sisak_pogoni": Layout(
        "sisak_pogoni.csv", "EPSG:3765", "Točnost (m)", write_csv, "E", "N", options=_delimited("cp1250", ";", ","),
    ),
    # Surveyors in Poland call the northing X: the contract takes it for the easting.
    "opole_zabytki": Layout(
        "opole_zabytki.csv", "EPSG:2180", "dokładność_m", write_csv, "Y", "X", options=_delimited("cp1250", ";", ","),
    ),
    "limburg_erfgoed": Layout(
        "limburg_erfgoed.csv", "EPSG:31370", "nauwkeurigheid_m", write_csv, "x_lambert72", "y_lambert72", 0,
        options=_delimited("utf-8", ","),
    ),
}  # fmt: skip
"""Every partner's file by the id of its source; the contract of the same name says what it means."""

if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
