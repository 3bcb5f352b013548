"""Markup is judged before a parser sees it: nothing that reaches out or grows passes, everything plain does."""

from __future__ import annotations

import io
import json

import pytest

from inducult_geo.errors import ContractError
from inducult_geo.sources.formats import markup
from inducult_geo.sources.formats.markup import check_geojson, check_xml, holds

BOMB = '<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><kml>&b;</kml>'
ROOTS = ("kml", "gml")


def judge(text: str | bytes, encoding: str = "utf-8") -> None:
    check_xml("a.kml", io.BytesIO(text if isinstance(text, bytes) else text.encode(encoding)), ROOTS)


@pytest.mark.parametrize(
    "text",
    [
        "<kml/>",
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"></kml>',
        "<?xml version='1.0' encoding='windows-1250'?><kml>\u017d</kml>".encode("cp1250"),
        "<!-- a remark --> <?style x?>\n <kml/>",
        "\ufeff<kml/>",
        "<ns:kml xmlns:ns='x'/>",
        "<kml>DOCTYPE and ENTITY as words, a < b</kml>",
    ],
)
def test_plain_xml_passes(text: str | bytes) -> None:
    judge(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_entities_are_refused_in_every_encoding(encoding: str) -> None:
    with pytest.raises(ContractError, match=r"a\.kml: holds a document type or entities.*Remove them"):
        judge(BOMB, encoding)


@pytest.mark.parametrize("spelled", ["<!DOCTYPE", "<!doctype", "<!DocType", "<!ENTITY", "<!entity"])
def test_the_spelling_does_not_matter(spelled: str) -> None:
    with pytest.raises(ContractError, match="document type or entities"):
        judge(f"{spelled} kml><kml/>")


@pytest.mark.parametrize("shift", range(-12, 3))
def test_nothing_hides_between_two_windows(shift: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read in pieces; what lies across two of them is seen all the same."""
    monkeypatch.setattr(markup, "_CHUNK", 256)
    start = "<kml>"
    text = start + "x" * (4 * 256 - len(start) + shift) + "<!ENTITY a SYSTEM 'file:///etc/passwd'>" + "</kml>"
    with pytest.raises(ContractError, match="document type or entities"):
        judge(text)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("<OGRVRTDataSource><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTDataSource>", "<OGRVRTDataSource>"),
        ("<html/>", "<html>"),
        ("a;b;c\n1;2;3\n", "something else"),
        ("", "something else"),
        ("<", "something else"),
    ],
)
def test_another_root_than_the_ending_promises_is_refused(text: str, held: str) -> None:
    with pytest.raises(ContractError, match=r"should begin with <kml> or <gml>, but holds ") as told:
        judge(text)
    assert held in str(told.value)


@pytest.mark.parametrize("encoding", ["UTF-7", "utf_7", "IBM037", "EBCDIC-CP-US", "x-user-defined"])
def test_an_encoding_in_which_things_could_hide_is_refused(encoding: str) -> None:
    with pytest.raises(ContractError, match=r"unusual encoding\. Export it again as UTF-8"):
        judge(f'<?xml version="1.0" encoding="{encoding}"?><kml/>')


def test_the_file_is_read_from_its_start_whatever_was_read_before() -> None:
    handle = io.BytesIO(b"<kml>urn:x-crs</kml>")
    handle.seek(7)
    assert holds(handle, b"urn:x-crs")
    assert not holds(handle, b"urn:y-crs")
    assert holds(io.BytesIO("<kml>urn:x-crs</kml>".encode("utf-16")), b"urn:x-crs")


def collection(**said: object) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": [], **said}).encode()


@pytest.mark.parametrize(
    "data",
    [
        collection(),
        b"\xef\xbb\xbf" + collection(),
        json.dumps({"type": "Point", "coordinates": [1, 2]}).encode(),
        collection(crs=None),
        collection(crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2177"}}),
        collection(crs={"type": "EPSG", "properties": {"code": 31370}}),
    ],
)
def test_plain_geojson_passes(data: bytes) -> None:
    check_geojson("a.geojson", data)


@pytest.mark.parametrize(
    "crs",
    [
        {"type": "link", "properties": {"href": "http://127.0.0.1/crs"}},
        {"type": "name", "properties": {"name": "http://127.0.0.1/crs"}},
        {"type": "name", "properties": {"name": "FILE:///etc/passwd"}},
        {"type": "name", "properties": {"name": "/etc/passwd"}},
        {"type": "name", "properties": {"name": ["EPSG:4326"]}},
        {"type": "name", "properties": None},
        {"type": "name"},
        "EPSG:4326",
        [],
        7,
    ],
)
def test_a_system_that_is_no_name_is_never_followed(crs: object) -> None:
    with pytest.raises(ContractError, match=r"its member `crs` does not hold a name\. Remove it"):
        check_geojson("a.geojson", collection(crs=crs))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "cannot be read as JSON"),
        (b"{", "cannot be read as JSON"),
        (b'{"type": "FeatureCollection"', "cannot be read as JSON"),
        (b"[" * 200_000, "too deeply nested"),
        (b'{"type": "Topology"}', "not GeoJSON .its top level holds 'type'"),
        (b"{}", "its top level holds nothing"),
        (b"[1, 2, 3]", "its top level is a list of 3"),
        (b"7", "it is a single value"),
        (b'{"type": ["Feature"]}', "not GeoJSON"),
        ('{"type": "\u017d"}'.encode("cp1250"), "not written in UTF-8"),
    ],
)
def test_what_is_no_geojson_is_told_what_it_is(data: bytes, said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_geojson("a.geojson", data)


def test_too_much_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markup, "MAX_JSON_BYTES", 10)
    with pytest.raises(ContractError, match="too much for JSON: send it as a GeoPackage"):
        check_geojson("a.geojson", collection())
