"""Coordinates as people and programs write them: a table with a verdict for each, and every form printed and read back.

`coordinate_strings.csv` was written by hand: text, country, and what it says (latlon, xy, grid) or that it must be
refused. A text that is read otherwise than it says is worse than one that is refused.
"""

from __future__ import annotations

import csv
import html
import json
from pathlib import Path
from urllib.parse import quote

import mgrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openlocationcode import openlocationcode
from pyproj import Transformer

from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.coordinates.read import parse_coordinates

ROWS = list(csv.DictReader((Path(__file__).parent / "coordinate_strings.csv").read_text(encoding="utf-8").splitlines()))
LAT = st.floats(36.0, 60.0)
LON = st.floats(0.5, 33.5)
SIGNS = "0123456789NSEWOVZ°′″'\".,;:-+/ ()=XYRHxyabcšůł{}[]|\u00a0"
SLIPPED = st.builds(
    lambda text, at, put: text[:at] + put + text[at + 1 :],
    st.sampled_from([row["text"] for row in ROWS if row["kind"] == "latlon"]),
    st.integers(0, 30),
    st.text(SIGNS, max_size=1),
)
"""What somebody wrote, with a slip in it: of signs put together by chance hardly any is read at all."""


def test_the_table_is_wide() -> None:
    kinds = [row["kind"] for row in ROWS]
    assert len(ROWS) >= 500
    assert kinds.count("refuse") >= 200
    assert kinds.count("xy") + kinds.count("grid") >= 70


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["text"][:40])
def test_table(row: dict[str, str]) -> None:
    if row["kind"] == "refuse":
        with pytest.raises(CoordinateError):
            parse_coordinates(row["text"], country=row["country"] or None)
        return
    found = parse_coordinates(row["text"], country=row["country"] or None)
    assert found.kind == row["kind"]
    assert (found.a, found.b) == pytest.approx((float(row["a"]), float(row["b"])), abs=float(row["tolerance"] or 2e-6))


def _parts(value: float, decimals: int) -> tuple[int, int, str, float]:
    """Cut an angle into degrees, minutes and seconds, and give what that comes to."""
    unit = 10**decimals
    total = round(value * 3600 * unit)
    degrees, rest = divmod(total, 3600 * unit)
    minutes, seconds = divmod(rest, 60 * unit)
    return degrees, minutes, f"{seconds / unit:0{3 + decimals if decimals else 2}.{decimals}f}", total / 3600 / unit


# One mark of degrees, minutes and seconds after another, as keyboards and word processors give them.
MARKS = (
    ("°", "'", '"'), ("°", "′", "″"), ("º", "’", "”"), ("° ", "' ", "''"), ("˚", "´", "´´"), (" deg ", " min ", " sec"),
    (" Grad ", " Minuten ", " Sekunden"), (" stupňů ", " minut ", " sekund"), (" stopni ", " minut ", " sekund"),
    (" gradi ", " primi ", " secondi"), (" stopinj ", " minut ", " sekund"), (" stupnjeva ", " minuta ", " sekundi"),
    (" graden ", " minuten ", " seconden"), (" degrés ", " minutes ", " secondes"), (" ", " ", ""), (":", ":", ""),
    ("-", "-", ""), ("d", "m", "s"),
)  # fmt: skip
FRAMES = (
    ("{lat} N, {lon} E", None), ("N {lat} E {lon}", None), ("{lon} E {lat} N", None), ("{lat} N / {lon} O", "DE"),
    ("{lat} n. Br., {lon} ö. L.", "DE"), ("{lat} nördlicher Breite und {lon} östlicher Länge", "AT"),
    ("{lat} s. š., {lon} v. d.", "CZ"), ("{lat} severní šířky a {lon} východní délky", "CZ"),
    ("{lat} Nord, {lon} Est", "IT"), ("lat. {lat} N; long. {lon} E Greenwich", "IT"),
    ("{lat} s. g. š. {lon} v. g. d.", "SI"), ("{lat} severno in {lon} vzhodno", "SI"),
    ("{lat} s. g. š., {lon} i. g. d.", "HR"), ("{lat} sjeverne širine i {lon} istočne dužine", "HR"),
    ("{lat} szer. geogr. pn., {lon} dł. geogr. wsch.", "PL"), ("szer. {lat} N dł. {lon} E", "PL"),
    ("{lat} N.B. - {lon} O.L.", "BE"), ("{lat} noorderbreedte en {lon} oosterlengte", "BE"),
    ("{lat} de latitude nord et {lon} de longitude est", "FR"), ("WGS84: {lat} N {lon} E", None),
)  # fmt: skip


@given(
    lat=LAT,
    lon=LON,
    frame=st.sampled_from(FRAMES),
    marks=st.sampled_from(MARKS),
    decimals=st.integers(0, 3),
    comma=st.booleans(),
)
def test_every_language_is_read_back(
    lat: float, lon: float, frame: tuple[str, str | None], marks: tuple[str, str, str], decimals: int, comma: bool
) -> None:
    north, east = _parts(lat, decimals), _parts(lon, decimals)
    texts = ["".join(f"{part}{mark}" for part, mark in zip(angle[:3], marks, strict=True)) for angle in (north, east)]
    if comma:
        texts = [text.replace(".", ",") for text in texts]
    pattern, country = frame
    # Colons and hyphens want two digits.
    if marks[0] in ":-":
        texts = [text if text[1].isdigit() else f"0{text}" for text in texts]
        texts = [text if text[4:5] not in ":-" else f"{text[:3]}0{text[3:]}" for text in texts]
    found = parse_coordinates(pattern.format(lat=texts[0], lon=texts[1]), country=country)
    assert (found.kind, found.a, found.b) == ("latlon", pytest.approx(north[3]), pytest.approx(east[3]))


LINKS = (
    "geo:{lat},{lon}", "geo:{lat},{lon};u=35?z=19", "geo:0,0?q={lat},{lon}(Werk)",
    "https://www.openstreetmap.org/#map=17/{lat}/{lon}", "https://www.openstreetmap.org/?mlat={lat}&mlon={lon}#map=9/1/2",
    "https://opentopomap.org/#map=15/{lat}/{lon}", "https://www.google.com/maps/@{lat},{lon},17z",
    "https://www.google.de/maps/place/X/@1.0,2.0,17z/data=!3d{lat}!4d{lon}", "https://maps.google.com/?q={lat},{lon}",
    "https://www.google.com/maps/search/?api=1&query={lat}%2C{lon}", "https://maps.google.com/maps?ll={lat},{lon}&z=9",
    "https://mapy.cz/zakladni?x={lon}&y={lat}&z=17", "https://mapy.com/cs/turisticka?id={lon}%2C{lat}&source=coor&x=1&y=2",
    "https://www.bing.com/maps?cp={lat}~{lon}&lvl=17", "https://maps.apple.com/?ll={lat},{lon}&q=Werk",
    "https://www.waze.com/ul?ll={lat}%2C{lon}&navigate=yes", "https://example.org/karte?lat={lat}&zoom=3&lon={lon}",
    "https://geohack.toolforge.org/geohack.php?params={lat}_N_{lon}_E_region:DE",
    "POINT ({lon} {lat})", "POINT Z ({lon} {lat} 310)", "SRID=4326;POINT({lon} {lat})", "MULTIPOINT(({lon} {lat}))",
    '{{"type": "Point", "coordinates": [{lon}, {lat}]}}', '{{"lat": {lat}, "lng": "{lon}"}}',
    "{{{{coord|{lat}|{lon}}}}}",
    "{{{{Coordinate|NS={lat}|EW={lon}|type=landmark}}}}", "{{{{Coord|{lat}|N|{lon}|E|type:landmark}}}}",
    "Lat/Lon: {lat}, {lon}", "lon, lat: {lon} {lat}", "({lat}, {lon})",
    "Breite/Länge: {lat} / {lon}", "φ={lat}; λ={lon}", "{lat}N{lon}E", "E{lon} N{lat}",
)  # fmt: skip


@given(lat=LAT, lon=LON, link=st.sampled_from(LINKS), decimals=st.integers(4, 9))
def test_every_link_and_snippet_is_read_back(lat: float, lon: float, link: str, decimals: int) -> None:
    north, east = f"{lat:.{decimals}f}", f"{lon:.{decimals}f}"
    found = parse_coordinates(link.format(lat=north, lon=east))
    assert (found.kind, found.a, found.b) == ("latlon", float(north), float(east))
    assert found.precision_m == pytest.approx(111_320 * 10.0**-decimals, rel=0.01)


@given(lat=LAT, lon=LON)
def test_degrees_without_separators_are_read_back(lat: float, lon: float) -> None:
    north, east = _parts(lat, 1), _parts(lon, 1)
    packed = f"{north[0]:02}{north[1]:02}{north[2]}", f"{east[0]:03}{east[1]:02}{east[2]}"
    minutes = [f"{value % 1 * 60:07.4f}" for value in (lat, lon)]
    for text, expected in (
        (f"{packed[0]}N {packed[1]}E", (north[3], east[3])),
        (f"N{packed[0]} E{packed[1]}", (north[3], east[3])),
        (f"+{packed[0]}+{packed[1]}/", (north[3], east[3])),
        (f"+{packed[0]}-{packed[1]}/", (north[3], -east[3])),
        (f"+{lat:08.5f}+{lon:09.5f}/", (lat, lon)),
        (f"N {int(lat)}° {minutes[0]}' E {int(lon):03}° {minutes[1]}'", (lat, lon)),
        (f"{int(lat)}° {minutes[0]} N {int(lon)}° {minutes[1]} E".replace(".", ","), (lat, lon)),
    ):
        if "60.0000" in text or "60,0000" in text:
            continue
        found = parse_coordinates(text)
        assert (found.a, found.b) == pytest.approx(expected, abs=6e-6), text


@given(lat=LAT, lon=LON)
def test_codes_are_read_back(lat: float, lon: float) -> None:
    zone = int(lon // 6) + 31
    east, north = Transformer.from_crs(4326, 32600 + zone, always_xy=True).transform(lon, lat)
    band = "STUVWX"[int((lat - 32) // 8)]
    for text in (
        f"UTM {zone}{band if band != 'S' else 'N'} {east:.1f} {north:.1f}",
        f"{zone}N E {east:.1f} N {north:.1f}",
        f"UTM zone {zone}N: {north and east:.1f}, {north:.1f}",
        f"ETRS89 / UTM zone {zone}N N {north:.1f} E {east:.1f}",
        f"UTM {zone} E {east:.1f} N {north:.1f}",
    ):
        found = parse_coordinates(text)
        assert found.kind == "grid"
        assert (found.a, found.b) == pytest.approx((lat, lon), abs=2e-6), text
    code = mgrs.MGRS().toMGRS(lat, lon)
    for text in (code, f"{code[:-10]} {code[-10:-5]} {code[-5:]}", f"MGRS: {code}"):
        found = parse_coordinates(text)
        assert (found.a, found.b) == pytest.approx((lat, lon), abs=3e-5), text
    plus = openlocationcode.encode(lat, lon, 11)
    for text in (plus, plus.lower(), f"{plus} Zwickau, Deutschland"):
        found = parse_coordinates(text)
        assert (found.a, found.b) == pytest.approx((lat, lon), abs=4e-5), text
    with pytest.raises(CoordinateError):
        parse_coordinates(f"{plus[4:]} Zwickau")


GROUPS = (".", " ", "'", "", "\u202f")


@given(
    a=st.floats(100_000, 8_999_999),
    b=st.floats(100_000, 8_999_999),
    labels=st.sampled_from(("R {} H {}", "RW: {} HW: {}", "Y={} X={}", "x: {}; y: {}", "Hochwert {} m, Rechtswert {} m",
                            "E {} N {}", "N={} / E={}", "Ost {} Nord {}", "X/Y: {} / {}")),
    group=st.sampled_from(GROUPS),
)  # fmt: skip
def test_labelled_plane_coordinates_are_read_back(a: float, b: float, labels: str, group: str) -> None:
    texts = [f"{value:,.2f}".replace(",", "_").replace(".", ",").replace("_", group) for value in (a, b)]
    found = parse_coordinates(labels.format(*texts))
    assert (found.kind, found.crs) == ("xy", None)
    assert (found.a, found.b) == (pytest.approx(a, abs=0.0051), pytest.approx(b, abs=0.0051))
    assert found.labels is not None
    assert labels.upper().replace(":", " ").replace("=", " ").replace("/", " ").split()[0] == found.labels[0].upper()


@given(a=st.floats(100_000, 8_999_999), b=st.floats(100_000, 8_999_999), comma=st.booleans(),
       separator=st.sampled_from(("; ", " / ", " ", "\t", ", ")))  # fmt: skip
def test_plain_plane_coordinates_are_read_back_in_their_order(a: float, b: float, comma: bool, separator: str) -> None:
    text = f"{a:.3f}{separator}{b:.3f}"
    found = parse_coordinates(text.replace(".", ",") if comma else text)
    assert (found.kind, found.labels) == ("xy", None)
    assert (found.a, found.b) == (pytest.approx(a, abs=6e-4), pytest.approx(b, abs=6e-4))


@given(lat=LAT, lon=LON, damage=st.sampled_from(("minute", "second", "axis", "range", "three", "hyphen", "far")))
def test_what_is_damaged_is_refused(lat: float, lon: float, damage: str) -> None:
    d, m, s, _ = _parts(lat, 0)
    e = _parts(lon, 0)
    text = {
        "minute": f"{d}°{60 + m % 40}'{s}\"N {e[0]}°{e[1]}'{e[2]}\"E",
        "second": f"{d}°{m}'{61 + int(s) % 39}\"N {e[0]}°{e[1]}'{e[2]}\"E",
        "axis": f"{lat:.5f} N {lon:.5f} N",
        "range": f"{lat:.5f} - {lat + 0.01:.5f}, {lon:.5f} - {lon + 0.01:.5f}",
        "three": f"{lat:.5f} {lon:.5f} {100 * lon:.1f}",
        "hyphen": f"{lat:.5f}-{lon:.5f}",
        "far": f"{lat + 90:.5f} N {lon:.5f} E",
    }[damage]
    with pytest.raises(CoordinateError):
        parse_coordinates(text)


@given(SLIPPED | st.text(max_size=80))
def test_nothing_crashes_and_degrees_lie_on_the_globe(text: str) -> None:
    for written in (text, html.escape(text), quote(text), f"https://mapy.cz/?{text}", json.dumps({"lat": text})):
        try:
            found = parse_coordinates(written)
        except CoordinateError:
            continue
        assert found.kind == "xy" or (abs(found.a) <= 90 and abs(found.b) <= 180)


@pytest.mark.parametrize("country", ["BE", "CH", "LU"])
def test_o_is_refused_where_it_is_east_and_west(country: str) -> None:
    with pytest.raises(CoordinateError, match="ouest"):
        parse_coordinates("50.96 N 5.5 O", country=country)
    assert parse_coordinates("50.96 N 5.5 O", country="FR").b == -5.5
    assert parse_coordinates("50.96 N 5.5 O", country="DE").b == 5.5


def test_a_label_that_contradicts_its_direction_is_refused() -> None:
    with pytest.raises(CoordinateError, match="given as a latitude"):
        parse_coordinates("Lat 50°43'12\"E Lon 12°29'45\"N")


def test_meters_or_packed_degrees() -> None:
    with pytest.raises(CoordinateError, match="may be meters"):
        parse_coordinates("N504312 E122945")
    assert parse_coordinates("N 504312.5 E 122945.5").kind == "xy"
