"""Coordinates as written: read right, or refused."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.coordinates.lengths import parse_meters, unit_of_heads
from inducult_geo.harmonize.coordinates.read import Parsed, parse_coordinates, parse_number


def _read(text: str, country: str | None = None) -> Parsed | None:
    try:
        return parse_coordinates(text, country=country)
    except CoordinateError:
        return None


def test_hard_strings(shared: Path) -> None:
    rows = list(csv.DictReader((shared / "data/crs/coordinate_strings.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 44
    for row in rows:
        found = _read(row["text"])
        assert (found.kind if found else "refuse") in row["kind"], row["text"]
        if row["a"] and found is not None:
            assert (found.a, found.b) == pytest.approx((float(row["a"]), float(row["b"])), abs=1e-8), row["text"]


@pytest.mark.parametrize(
    ("text", "country", "lat", "lon"),
    [
        ("45º27´40˝ N 16º22´10˝ E", "HR", 45.461111111, 16.369444444),
        ("50°43′12″ severní šířky, 12°29′45″ východní délky", "CZ", 50.72, 12.495833333),
        ("50.7201S 12.4958V", None, 50.7201, 12.4958),  # sever, východ
        ("46° 14' 37\" severne geografske širine, 14° 21' vzhodne geografske dolžine", "SI", 46.243611111, 14.35),
        ("45°29′06″ sjeverne geografske širine, 16°22′21″ istočne geografske dužine", "HR", 45.485, 16.3725),
        ("17°55′17″ dł. geogr. wsch., 50°40′30″ szer. geogr. pn.", "PL", 50.675, 17.921388889),
        ("szerokość geograficzna: 50°40′30″ N, długość geograficzna: 17°55′17″ E", "PL", 50.675, 17.921388889),
        ("50° 43' n. Br., 12° 29' ö. L.", "DE", 50.716666667, 12.483333333),
        ("nördliche Breite 50° 43', östliche Länge 12° 29'", "DE", 50.716666667, 12.483333333),
        ("45° 24' Nord, 11° 52' Ovest", "IT", 45.4, -11.866666667),
        ("45,4 N 11,87 O", "IT", 45.4, -11.87),  # Ovest
        ("45,4 N 11,87 O", "AT", 45.4, 11.87),  # Ost
        ("51,05° N.B. 3,72° O.L.", "BE", 51.05, 3.72),
        ("Latitudine 45,4064 Longitudine 11,8769", "IT", 45.4064, 11.8769),
        ("50 43 12 N 12 29 45 E", None, 50.72, 12.495833333),
        ("lat=50.7201, lon=12.4958", None, 50.7201, 12.4958),
        ("12.4958 lon 50.7201 lat", None, 50.7201, 12.4958),
        ("50.5 N 3.5 W", None, 50.5, -3.5),
        ("50.7201, 12.4958", None, 50.7201, 12.4958),  # a no-break space
        ("50°43'12\" 12°29'45\"", None, 50.72, 12.495833333),
        ("https://www.openstreetmap.org/?mlat=50.7201&mlon=12.4958#map=5/1.0/2.0", None, 50.7201, 12.4958),
        ("https://www.google.de/maps/place/X/@1.0,2.0,17z/data=!3d50.7201!4d12.4958", None, 50.7201, 12.4958),
        ("https://maps.google.com/?q=50.7201,12.4958", None, 50.7201, 12.4958),
        ("SRID=4326;POINT Z (12.4958 50.7201 300)", None, 50.7201, 12.4958),
        ("+504312+0122945/", None, 50.72, 12.495833333),
        ("N504312 E0122945", None, 50.72, 12.495833333),
        ("geo:50.7201,12.4958;u=35?z=19", None, 50.7201, 12.4958),
        ("WGS84: N 50.7201 E 12.4958", None, 50.7201, 12.4958),
        ("50:43:12 N 12:29:45 E", None, 50.72, 12.495833333),
    ],
)  # fmt: skip
def test_languages_and_forms(text: str, country: str | None, lat: float, lon: float) -> None:
    found = parse_coordinates(text, country=country)
    assert found.kind == "latlon"
    assert (found.a, found.b) == pytest.approx((lat, lon), abs=1e-8)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "x" * 5000, "50.7201", "50.7201N", "50,12", "50 12", "12.4958 50.7201", "[50.7201, 12.4958]",
        "50,7201,12,4958", "50.7201 12.4958 300", "50,7201 12.4958", "850.000 1.010.000", "Y 850.000 X 1.010.000",
        "91.5 N 12.5 E", "50.5 N 181.5 E", "-50.7 N 12.5 E", "50.5° 30' N 12° E", "50°12'61\" N 12° E",
        "N 45.5, I 16.3",
        "POINT (0 0)", "POINT (1.2.3 4)", "POINT EMPTY", "X=0 Y=0", "X=0 Y=12.5",
        "geo:50.7,12.4;crs=nad27", "PFCW+2G Zwickau",
        "9F2PPFCW+", "9F2P0000+", "33U UR 2321 213", "33U ZZ 23217 21395", "33A 323217 5621395", "33T 323217 5621395",
        "99U 323217 5621395", "https://example.org/#map=17/50.7201/12.4958", "https://[",
        "https://osm.org/ #map=17/50.7/12.4", "2024-05-12", "12.10.2005",
        "tel. 0375 123456", "ca. 50.7 N, 12.4 E oder so", "٥٠.٧ ١٢.٤", "nan nan", "inf, inf", "1e2 N 1e1 E",
        "= =", "°'\"",
    ],
)  # fmt: skip
def test_refused(text: str) -> None:
    with pytest.raises(CoordinateError):
        parse_coordinates(text)


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        ("46.36 14.30 (približno)", "'(približno)'"),
        ("ca. 46.36, 14.30", "'ca.'"),
        ("46.36, 14.30?", "'?'"),
        ("46.36 14.30 ±100 m", "'±100 m'"),
        ("46.36, 14.30 (Ortsmitte)", "'(Ortsmitte)'"),
        ("ul. Fabryczna 1, Opole (ok.)", None),
    ],
)
def test_what_stands_beside_coordinates_is_named(text: str, beside: str | None) -> None:
    with pytest.raises(CoordinateError, match="cannot be read as coordinates without guessing") as told:
        parse_coordinates(text)
    said = f"Beside them stands {beside}: write how true the place is into a column of its own."
    assert (said in str(told.value)) == (beside is not None)


def test_s_is_north_or_south_in_slavic_countries() -> None:
    with pytest.raises(CoordinateError, match="sever"):
        parse_coordinates("50.72 S 12.49 E", country="CZ")
    assert parse_coordinates("33.9 S 18.4 E").a == -33.9
    with pytest.raises(CoordinateError, match="wschód"):
        parse_coordinates("50.7 N 17.9 W", country="PL")


@pytest.mark.parametrize("lead", ["", "\\x", "0x"])
def test_points_in_well_known_binary_are_read(lead: str) -> None:
    """As PostGIS and QGIS write a column of shapes into a CSV."""
    plane = shapely.set_srid(shapely.Point(328729.85, 5612371.2, 310), 25833)
    found = parse_coordinates(lead + shapely.to_wkb(plane, hex=True, include_srid=True))
    assert (found.kind, found.a, found.b, found.crs) == ("xy", 328729.85, 5612371.2, "EPSG:25833")
    many = shapely.set_srid(shapely.MultiPoint([(12.4958, 50.7201)]), 4326)
    found = parse_coordinates(lead + shapely.to_wkb(many, hex=True, include_srid=True).lower())
    assert (found.kind, found.a, found.b, found.crs) == ("latlon", 50.7201, 12.4958, "EPSG:4326")
    assert found.precision_m == pytest.approx(11.1, rel=0.01)


@pytest.mark.parametrize(
    "text",
    [
        shapely.to_wkb(shapely.LineString([(1, 2), (3, 4)]), hex=True),
        shapely.to_wkb(shapely.Point(), hex=True),
        shapely.to_wkb(shapely.Point(0, 50.7), hex=True),
        shapely.to_wkb(shapely.set_srid(shapely.Point(4534567, 5619432), 4326), hex=True, include_srid=True),
        "01" + "ff" * 20,
    ],
)
def test_binary_that_is_no_point_is_refused(text: str) -> None:
    with pytest.raises(CoordinateError):
        parse_coordinates(text)


@pytest.mark.parametrize(
    ("text", "a", "b", "labels", "crs"),
    [
        ("R 4 534 567 H 5 619 432", 4534567, 5619432, ("R", "H"), None),
        ("Hochwert: 5619432,5 Rechtswert: 4534567,25", 5619432.5, 4534567.25, ("Hochwert", "Rechtswert"), None),
        ("y=5464678, x=5122536", 5464678, 5122536, ("y", "x"), None),
        ("E 323217 N 5621395", 323217, 5621395, ("E", "N"), None),
        ("4534567,12 5619432,98", 4534567.12, 5619432.98, None, None),
        ("4.534.567,12 / 5.619.432,98", 4534567.12, 5619432.98, None, None),
        ("-850000.5; -1010000.25", -850000.5, -1010000.25, None, None),
        ("SRID=5514;POINT(-850000 -1010000)", -850000, -1010000, None, "EPSG:5514"),
    ],
)
def test_plane_coordinates_keep_their_order(
    text: str, a: float, b: float, labels: tuple[str, str] | None, crs: str | None
) -> None:
    found = parse_coordinates(text)
    assert (found.kind, found.a, found.b, found.labels, found.crs) == ("xy", a, b, labels, crs)


@pytest.mark.parametrize(
    ("text", "lat", "lon", "precision_m"),
    [
        ("33U 323217 5621395", 50.717438, 12.495654, 1.0),
        ("33N 323217 5621395", 50.717438, 12.495654, 1.0),
        ("UTM 33U 323217,5 5621395,5", 50.717442, 12.495661, 0.1),
        ("33U UR 23217 21395", 49.818923, 12.542374, 1.0),
        ("33UUS2323721690", 50.720099, 12.495803, 1.0),
        ("9F2JPFCW+28", 50.7200625, 12.4958125, 13.9),
    ],
)
def test_grid_codes(text: str, lat: float, lon: float, precision_m: float) -> None:
    found = parse_coordinates(text)
    assert found.kind == "grid"
    assert found.crs == "EPSG:4326"
    assert (found.a, found.b) == pytest.approx((lat, lon), abs=2e-6)
    assert found.precision_m == pytest.approx(precision_m)


@pytest.mark.parametrize(
    ("text", "precision_m"),
    [
        ("50.7201, 12.4958", 11.1),
        ("50.72 N 12.4958 E", 1110.0),
        ("50°43'12\"N 12°29'45\"E", 30.9),
        ("X=1,25 Y=2,25", 0.01),
        ("POINT(1.249E1 5.072E1)", 1110.0),
    ],
)
def test_precision_is_the_worth_of_the_last_digit(text: str, precision_m: float) -> None:
    assert parse_coordinates(text).precision_m == pytest.approx(precision_m)


def _dms(value: float, decimals: int) -> str:
    """Print an angle as degrees, minutes, seconds, carrying over."""
    unit = 10**decimals
    total = round(value * 3600 * unit)
    degrees, rest = divmod(total, 3600 * unit)
    minutes, seconds = divmod(rest, 60 * unit)
    return f"{degrees}°{minutes:02d}′{seconds / unit:.{decimals}f}″"


LAT = st.floats(35.5, 55.0)
LON = st.floats(2.5, 24.2)
PATTERNS = (
    "{lat} N {lon} E", "N{lat} E{lon}", "{lon}E, {lat}N", "{lat} s. š., {lon} v. d.", "{lat} s. g. š. {lon} i. g. d.",
    "{lat} NB, {lon} OL", "Breite: {lat}, Länge: {lon}", "szer. geogr. {lat}, dł. geogr. {lon}",
    "lat. {lat}; long. {lon}",
)  # fmt: skip


@given(lat=LAT, lon=LON, pattern=st.sampled_from(PATTERNS), decimals=st.integers(0, 3), comma=st.booleans())
def test_printed_dms_is_read_back(lat: float, lon: float, pattern: str, decimals: int, comma: bool) -> None:
    north, east = _dms(lat, decimals), _dms(lon, decimals)
    if comma:
        north, east = north.replace(".", ","), east.replace(".", ",")
    found = parse_coordinates(pattern.format(lat=north, lon=east))
    assert (found.a, found.b) == pytest.approx((lat, lon), abs=0.51 * 10**-decimals / 3600)


@given(
    lat=LAT,
    lon=LON,
    comma=st.booleans(),
    pattern=st.sampled_from((*PATTERNS, "{lat}; {lon}", "{lat} {lon}", "{lat}, {lon}")),
)
def test_printed_degrees_are_read_back(lat: float, lon: float, comma: bool, pattern: str) -> None:
    north, east = f"{lat:.6f}", f"{lon:.6f}"
    if comma:
        north, east = north.replace(".", ","), east.replace(".", ",")
    found = parse_coordinates(pattern.format(lat=north, lon=east))
    assert (found.a, found.b) == pytest.approx((lat, lon), abs=1e-6)


@given(lat=LAT, lon=LON)
def test_reversed_pairs_are_refused(lat: float, lon: float) -> None:
    with pytest.raises(CoordinateError):
        parse_coordinates(f"{lon:.5f}, {lat:.5f}" if lon < 34 else "")


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("4534567.12", ".", 4534567.12), ("1 234 567,89", ",", 1234567.89), ("1.234.567,89", ",", 1234567.89),
        ("1,234,567.5", ".", 1234567.5), ("1,234,567", ".", 1234567), ("850.000", ",", 850000),
        ("4534567.12 m", ".", 4534567.12),
        ("'4534567", ".", 4534567), ('"50.72"', ".", 50.72), ("−12.5", ".", -12.5), ("5 619 432,10", ",", 5619432.1),
        ("12.4958°", ".", 12.4958), ("1'234'567.5", ".", 1234567.5), ("-0", ".", 0), ("+5", ",", 5),
        ("\ufeff50.5", ".", 50.5),
    ],
)  # fmt: skip
def test_parse_number(text: str, decimal: str, value: float) -> None:
    assert parse_number(text, decimal=decimal) == value


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize(
    "text", ["", "-", "n/a", "nan", "inf", "1e6", "12.", "--5", "5-", "1" * 400, "1.2.3", "12 km", "٥٠"]
)
def test_parse_number_refuses(text: str, decimal: str) -> None:
    with pytest.raises(CoordinateError):
        parse_number(text, decimal=decimal)


@pytest.mark.parametrize(
    ("text", "decimal"), [("12,495", "."), ("12,5", "."), ("12.5", ","), ("1.5", ";"), ("12.3456", ",")]
)
def test_parse_number_refuses_the_other_mark(text: str, decimal: str) -> None:
    with pytest.raises(CoordinateError):
        parse_number(text, decimal=decimal)


@given(st.floats(-9e8, 9e8, allow_nan=False), st.sampled_from([".", ","]), st.sampled_from(["", " ", "\u202f"]))
def test_printed_numbers_are_read_back(value: float, decimal: str, group: str) -> None:
    text = f"{value:,.3f}".replace(",", "_").replace(".", decimal).replace("_", group)
    assert parse_number(text, decimal=decimal) == pytest.approx(value, abs=5.1e-4)


@pytest.mark.parametrize("sides", [4, 40])
@pytest.mark.parametrize("form", ["wkt", "ewkt", "wkb"])
def test_an_outline_in_a_column_of_text_says_what_to_do(form: str, sides: int) -> None:
    """QGIS writes outlines into a CSV so."""
    shape = shapely.Point(414166, 290021).buffer(50, quad_segs=sides // 4)
    text = {"wkt": shape.wkt, "ewkt": f"SRID=2180;{shape.wkt}", "wkb": shapely.to_wkb(shape, hex=True)}[form]
    with pytest.raises(CoordinateError, match=r"is a shape.*save it as a GeoPackage"):
        parse_coordinates(text)


def test_of_a_link_that_shows_a_way_the_destination_is_the_place() -> None:
    way = "https://www.google.com/maps/dir/"
    found = parse_coordinates(f"{way}?api=1&destination=50.6701,17.9213")
    assert (found.a, found.b) == (50.6701, 17.9213)
    with pytest.raises(CoordinateError, match="No coordinates in the link"):
        parse_coordinates(f"{way}Opole/Nysa/@50.6701,17.9213,12z")


@pytest.mark.parametrize(
    ("cell", "decimal", "meters"),
    [
        ("1.5", ".", 1.5),
        ("1,5 m", ".", 1.5),
        ("1.5", ",", 1.5),
        ("1,000", ".", None),
        ("1,000", ",", 1.0),
        *((cell, ".", None) for cell in ("2.500 m", "1.000", "ca. 10.000 m")),
        ("2.500 m", ",", 2500.0),
        ("3.216", ".", 3.216),
        ("2.250", ".", None),
        *((cell, ".", None) for cell in ("120,000", "120.500")),
        ("1234.500", ".", 1234.5),
        ("0.500", ".", 0.5),
        ("?", ".", None),
        *(
            (cell, ".", 50.0)
            for cell in ("±50 m", "+/- 50", "ca. 50 m", "cca 50m", "około 50 m", "přibližně 50", "<50 m")
        ),
        *((cell, ".", 50.0) for cell in ("do 50 m", "unter 50 m", "50 metrów", "50 metri", "50 Meter", "50 m.")),
        ("1,5 km", ",", 1500.0),
        ("2 cm", ".", 0.02),
        ("100–200 m", ",", 200.0),
        ("50-20 m", ".", None),
        ("1 000 m", ",", 1000.0),
        ("> 50 m", ".", None),
        ("50 ft", ".", None),
        ("5 x 5 m", ".", None),
    ],
)
def test_a_length_is_read_as_people_write_it(cell: str, decimal: str, meters: float | None) -> None:
    assert parse_meters(cell, decimal=decimal) == meters


@pytest.mark.parametrize(
    ("heads", "unit_m"),
    [
        *(([head], 1000.0) for head in ("km", "accuracy_km", "Genauigkeit (km)", "acc/km", "Fehler [KM]", "acc,km ")),
        (["dokładność [cm]"], 0.01),
        (["mm"], 0.001),
        (["dm"], 0.1),
        *(([head], 1.0) for head in ("Genauigkeit m", "Ackm", "km²", "Genauigkeit")),
        (["acc km", "acc"], 1.0),
        (["acc km", "Fehler km"], 1000.0),
    ],
)
def test_the_head_of_a_column_tells_the_unit_of_its_lengths(heads: list[str], unit_m: float) -> None:
    assert unit_of_heads(heads) == unit_m
    assert parse_meters("50 Meter", unit_m=unit_m) == 50.0
    assert parse_meters(50, unit_m=unit_m) == parse_meters("50", unit_m=unit_m) == 50 * unit_m
