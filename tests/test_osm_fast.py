"""The fast reader: the same objects as pyosmium's to the last digit, or a word in the log and pyosmium."""

from __future__ import annotations

import logging
import os
import random
import signal
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import osmium
import pytest
from osm_made import GRID, INNER, OUTER, WORKS, Item, N, R, W, assert_same, by_pyosmium, write
from shapely.geometry import box

from inducult_geo.errors import SourceError
from inducult_geo.sources.osm import fast as osm_fast
from inducult_geo.sources.osm.fast import gather_fast
from inducult_geo.sources.osm.pbf import read_objects
from inducult_geo.sources.osm.records import records_of
from inducult_geo.sources.osm.sieve import Sieve, Sought
from inducult_geo.sources.osm.tags import load_tag_table
from inducult_geo.sources.osm.wire import HandOverError, Opening, parse, unpack, varints, walk

TABLE = load_tag_table()
MULTI = {"type": "multipolygon", "landuse": "quarry"}
SITE = {"type": "site", "historic": "mine"}
RINGS = (W(11, OUTER), W(12, INNER), W(13, [1, 2, 3]), W(14, [3, 4, 1]))
EXTRACTS = ("boeblingen-2020-03", "liechtenstein-2021-05", "liechtenstein-2022-07", "liechtenstein-2024-03")
FAR = 10**10

ODDITIES: dict[str, list[Item]] = {
    "a works": [*GRID, W(1, OUTER, WORKS)],
    "a node": [*GRID, N(99, 1, 2, WORKS)],
    "only nodes": [*GRID, N(50, 3, 3, WORKS), N(FAR, 1, 2, {"historic": "mine"})],
    "only ways": [W(1, OUTER, WORKS)],
    "only relations": [R(1, [("w", 1, "outer")], MULTI)],
    "only untagged": [*GRID, *RINGS],
    "no wanted tag": [*GRID, W(1, OUTER, {"building": "yes"}), N(99, 1, 1, {"shop": "kiosk"})],
    "lifecycle": [
        *GRID,
        W(1, OUTER, {"disused:landuse": "quarry"}),
        W(2, INNER, {"abandoned:man_made": "works"}),
        W(3, INNER, {"proposed:man_made": "works"}),
        W(4, INNER, {"razed:building": "brewery", "name": "Löwenbräu"}),
        N(99, 2, 2, {"was:man_made": "mineshaft"}),
    ],
    "lists of values": [
        *GRID,
        W(1, OUTER, {"man_made": "silo; works"}),
        W(2, INNER, {"man_made": "works;silo"}),
        W(3, INNER, {"man_made": ";;"}),
        W(4, INNER, {"name": "works;mine"}),
        N(98, 2, 2, {"historic": "castle ;mine", "name": "a;b"}),
        N(99, 2, 2, {"historic": "castle\u00a0;\u00a0mine"}),
    ],
    "any value": [*GRID, W(1, OUTER, {"industrial": "ropes", "name": "R"}), W(2, OUTER, {"industrial": "no"})],
    "evidence": [*GRID, W(1, OUTER, {"landuse": "industrial"}), W(2, OUTER, {"landuse": "industrial", "name": "X"})],
    "no metadata": [
        *GRID,
        N(98, 1, 1, WORKS, None, None),
        W(1, OUTER, WORKS, None, None),
        R(1, [("n", 1, "")], SITE, None, None),
    ],
    "early time": [*GRID, N(98, 1, 1, WORKS, 3, "1970-06-01T00:00:00Z"), W(1, OUTER, WORKS, 2**31 - 1)],
    "multipolygons": [
        *GRID,
        *RINGS,
        W(15, [11, 9, 10, 12, 11]),
        R(1, [("w", 11, "outer"), ("w", 12, "inner")], MULTI),
        R(2, [("w", 13, ""), ("w", 14, ""), ("n", 9, "label")], MULTI),
        R(3, [("w", 11, "outer"), ("w", 99, "inner")], MULTI),
        R(4, [("w", 13, "outer")], MULTI),
        R(5, [("w", 11, "outer"), ("w", 15, "outer")], MULTI),
        R(6, [], MULTI),
    ],
    "sites that nest": [
        *GRID,
        *RINGS,
        R(1, [("r", 2, ""), ("w", 11, ""), ("n", 9, "entrance"), ("r", 1, "")], SITE),
        R(2, [("r", 3, ""), ("n", 10, "")], {"type": "site"}),
        R(3, [("w", 12, ""), ("r", 77, "")], {"type": "route"}),
    ],
    "missing nodes": [
        *GRID,
        W(1, [1, 2, 77, 4, 1], WORKS),
        W(2, [77, 78], WORKS),
        W(3, [1, 77], WORKS),
        W(4, [], WORKS),
        W(5, [1, 1], WORKS),
        W(6, [1, FAR, 2], WORKS),
    ],
    "bow-tie": [*GRID, W(1, [1, 2, 4, 3, 1], WORKS)],
    "many blocks": [
        *(N(number, number % 97, number // 97, WORKS if number % 5000 == 1 else None) for number in range(1, 20_001)),
        *(W(number, [number, number + 1], WORKS if number % 500 == 1 else None) for number in range(1, 9_001)),
    ],
}


def in_order(items: list[Item]) -> list[Item]:
    return sorted(items, key=lambda item: ("NWR".index(type(item).__name__), item.number))


@pytest.mark.parametrize("form", ["pbf", "pbf,pbf_compression=none", "pbf,add_metadata=false"])
@pytest.mark.parametrize("items", ODDITIES.values(), ids=ODDITIES.keys())
def test_oddities_are_read_as_pyosmium_reads_them(tmp_path, caplog, items, form):
    path = write(tmp_path / "made.osm.pbf", in_order(items), form)
    with caplog.at_level(logging.INFO):
        assert_same(read_objects(path), by_pyosmium(path))
    assert "read by pyosmium" not in caplog.text


@pytest.mark.parametrize("name", EXTRACTS)
def test_real_extracts_are_read_as_pyosmium_reads_them(shared, caplog, name):
    path = shared / f"data/osm/{name}.osm.pbf"
    with caplog.at_level(logging.INFO):
        objects = read_objects(path)
    assert "read by pyosmium" not in caplog.text
    assert objects.hits >= 37
    assert_same(objects, by_pyosmium(path))


@pytest.mark.parametrize("name", ["north-brabant-2021-05.osm.pbf", "krems-2013-12.osm.gz"])
def test_the_other_extracts(shared, name):
    assert_same(read_objects(shared / "data/osm" / name), by_pyosmium(shared / "data/osm" / name))


def test_an_area(shared):
    path, area = shared / "data/osm/liechtenstein-2024-03.osm.pbf", box(9.5, 47.1, 9.55, 47.2)
    objects = read_objects(path, area=area)
    assert objects.clipped > 0
    assert_same(objects, by_pyosmium(path, area))


@pytest.mark.parametrize("processes", [2, 3])
def test_several_processes_give_the_same(tmp_path, monkeypatch, processes):
    monkeypatch.setattr(osm_fast, "_BLOBS_A_TASK", 1)
    path = write(tmp_path / "made.osm.pbf", ODDITIES["many blocks"])
    assert_same(read_objects(path, processes=processes), read_objects(path))


def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_forked_reader_that_is_killed_fails_its_file_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(osm_fast, "_BLOBS_A_TASK", 1)
    monkeypatch.setattr(osm_fast, "_peeked", killed)
    with pytest.raises(SourceError, match=r"made\.osm\.pbf: reading it crashed.*too little memory"):
        read_objects(write(tmp_path / "made.osm.pbf", ODDITIES["many blocks"]), processes=2)


def test_a_hand_over_in_a_forked_reader_arrives(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(osm_fast, "_BLOBS_A_TASK", 1)
    many = ODDITIES["many blocks"]
    path = write(tmp_path / "made.osm.pbf", [*many[:9000], many[8999], *many[9000:]])
    with caplog.at_level(logging.INFO):
        assert read_objects(path, processes=2).hits == by_pyosmium(path).hits
    assert "read by pyosmium: objects out of order or in several versions" in caplog.text


HANDED: dict[str, tuple[list[Item], str, str]] = {
    "unsorted nodes": ([*GRID[::-1], W(1, OUTER, WORKS)], "pbf", "out of order or in several versions"),
    "unsorted ways": ([*GRID, W(2, OUTER, WORKS), W(1, INNER, WORKS)], "pbf", "out of order or in several versions"),
    "unsorted relations": ([*GRID, R(2, [], MULTI), R(1, [], MULTI)], "pbf", "out of order or in several versions"),
    "two versions": (
        [*GRID, W(1, OUTER, WORKS, 1), W(1, OUTER, {}, 2)],
        "pbf",
        "out of order or in several versions",
    ),
    "two versions of a node": (
        [*GRID, N(99, 1, 1, WORKS, 1), N(99, 1, 1, {}, 2)],
        "pbf",
        "out of order or in several versions",
    ),
    "kinds out of order": ([W(1, OUTER, WORKS), *GRID], "pbf", "kinds of objects out of order"),
    "concatenated": ([*GRID, W(1, OUTER, WORKS), N(99, 1, 1, WORKS), W(2, INNER)], "pbf", "kinds of objects out of"),
    "never uploaded": ([N(-1, 1, 1, WORKS)], "pbf", "never uploaded"),
    "never uploaded ways": ([*GRID, W(-1, OUTER, WORKS)], "pbf", "never uploaded"),
    "plain nodes": ([*GRID, W(1, OUTER, WORKS)], "pbf,pbf_dense_nodes=false", "plain nodes"),
    "lz4": ([*GRID, W(1, OUTER, WORKS)], "pbf,pbf_compression=lz4", "packed in an unknown way"),
}


@pytest.mark.parametrize(("items", "form", "why"), HANDED.values(), ids=HANDED.keys())
def test_what_is_not_ordinary_is_handed_over_and_said(tmp_path, caplog, items, form, why):
    try:
        path = write(tmp_path / "made.osm.pbf", items, form)
    except ValueError as problem:
        assert form.endswith("lz4")
        pytest.skip(f"this libosmium cannot write it: {problem}")
    try:
        expected = by_pyosmium(path)
    except SourceError:
        expected = None
    with caplog.at_level(logging.INFO, "inducult_geo"):
        if expected is None:
            with pytest.raises(SourceError):
                read_objects(path)
        else:
            assert_same(read_objects(path), expected)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1
    assert said[0].startswith(f"{path}: read by pyosmium: ")
    assert why in said[0]


def test_a_tag_that_is_too_long_is_pyosmiums_to_refuse(tmp_path):
    path = tmp_path / "hand.osm.pbf"
    texts = (b"", b"man_made", b"works", b"note", b"x" * 1030)
    strings = part(0x0A, b"".join(part(0x0A, text) for text in texts))
    way = b"\x08\x01" + part(0x12, b"\x01\x03") + part(0x1A, b"\x02\x04")
    path.write_bytes(blob(b"OSMHeader", HEADER) + blob(b"OSMData", strings + part(0x12, part(0x1A, way))))
    with pytest.raises(HandOverError, match="a tag that is too long"):
        gather_fast(path, TABLE)
    with pytest.raises(SourceError, match="overlong string"):
        read_objects(path)


def test_history_is_handed_over_and_refused(tmp_path, caplog):
    path = write(tmp_path / "made.osm.pbf", [*GRID, W(1, OUTER, WORKS, 1), W(1, OUTER, WORKS, 2)], "osh.pbf")
    with caplog.at_level(logging.INFO), pytest.raises(SourceError, match="history"):
        read_objects(path)
    assert "read by pyosmium: it asks for HistoricalInformation" in caplog.text


@pytest.mark.parametrize("share", [0, 3, 0.2, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_pyosmiums_to_refuse(tmp_path, caplog, share):
    whole = write(tmp_path / "whole.osm.pbf", ODDITIES["many blocks"]).read_bytes()
    path = tmp_path / "cut.osm.pbf"
    path.write_bytes(whole[: share if isinstance(share, int) else int(len(whole) * share)])
    with caplog.at_level(logging.INFO), pytest.raises(SourceError, match="download it again"):
        read_objects(path)
    assert "read by pyosmium" in caplog.text


def blob(kind: bytes, content: bytes, more: bytes = b"") -> bytes:
    """Frame a block as the format wants it, by hand."""
    packed = zlib.compress(content)
    body = b"\x10" + varint(len(content)) + b"\x1a" + varint(len(packed)) + packed + more
    header = b"\x0a" + varint(len(kind)) + kind + b"\x18" + varint(len(body))
    return struct.pack(">I", len(header)) + header + body


def varint(number: int) -> bytes:
    parts = b""
    while number > 127:
        parts, number = parts + bytes([number & 127 | 128]), number >> 7
    return parts + bytes([number])


def part(tag: int, content: bytes) -> bytes:
    return bytes([tag]) + varint(len(content)) + content


HEADER = part(0x22, b"OsmSchema-V0.6") + part(0x22, b"DenseNodes")
STRINGS = part(0x0A, b"".join(part(0x0A, text) for text in (b"", b"man_made", b"works")))
DENSE = part(0x0A, b"\x02\x02") + part(0x42, b"\x00\x02") + part(0x4A, b"\x00\x02") + part(0x52, b"\x01\x02\x00\x00")
NODES = STRINGS + part(0x12, part(0x12, DENSE))
WAY = b"\x08\x01" + part(0x12, b"\x01") + part(0x1A, b"\x02") + part(0x42, b"\x02\x02")


def test_a_file_made_by_hand(tmp_path):
    path = tmp_path / "hand.osm.pbf"
    ways = STRINGS + part(0x12, part(0x1A, WAY)) + b"\x88\x01\x64"
    path.write_bytes(blob(b"OSMHeader", HEADER) + blob(b"OSMData", NODES) + blob(b"OSMData", ways))
    assert gather_fast(path, TABLE).hits[1].refs == (1, 2)
    assert_same(read_objects(path), by_pyosmium(path))


@pytest.mark.parametrize(
    ("blobs", "why"),
    [
        ([(b"OSMHeader", HEADER + part(0x22, b"Telepathy"))], "it asks for Telepathy"),
        ([(b"OSMData", NODES)], "a blob of type OSMData"),
        ([(b"OSMHeader", HEADER), (b"Other", NODES)], "a blob of type Other"),
        ([(b"OSMHeader", HEADER), (b"OSMData", part(0x12, part(0x12, DENSE)) + STRINGS)], "an unusual order"),
        ([(b"OSMHeader", HEADER), (b"OSMData", NODES + b"\x88\x01\x65")], "unusual units"),
        ([(b"OSMHeader", HEADER), (b"OSMData", STRINGS + part(0x12, part(0x2A, b"")))], "unknown kind"),
        ([(b"OSMHeader", HEADER), (b"OSMData", NODES[:-3])], "it seems damaged"),
        (
            [(b"OSMHeader", HEADER), (b"OSMData", STRINGS + part(0x12, part(0x1A, part(0x12, b"\x01") + b"\x08\x01")))],
            "an unusual order",
        ),
        (
            [(b"OSMHeader", HEADER), (b"OSMData", STRINGS + part(0x12, part(0x1A, WAY + part(0x52, b"\x01"))))],
            "unknown or in an unusual order",
        ),
        (
            [(b"OSMHeader", HEADER), (b"OSMData", STRINGS + part(0x12, part(0x1A, b"\x08\x01\x12\x01\x01")))],
            "keys with",
        ),
        (
            [(b"OSMHeader", HEADER), (b"OSMData", part(0x0A, part(0x0A, b"a") * 2) + part(0x12, part(0x1A, WAY)))],
            "twice",
        ),
    ],
)
def test_unusual_files_made_by_hand_are_handed_over(tmp_path, blobs, why):
    path = tmp_path / "hand.osm.pbf"
    path.write_bytes(b"".join(blob(kind, content) for kind, content in blobs))
    with pytest.raises(HandOverError, match=why):
        gather_fast(path, TABLE)


def test_a_text_with_a_zero_byte_is_refused(tmp_path):
    """Libosmium keeps texts by their end: it reads on beyond this one, and may crash."""
    path = tmp_path / "hand.osm.pbf"
    path.write_bytes(blob(b"OSMHeader", HEADER) + blob(b"OSMData", NODES.replace(b"works", b"wo\0ks")))
    with pytest.raises(SourceError, match=r"hand\.osm\.pbf: holds a text with a zero byte"):
        read_objects(path)


def test_damage_never_crashes_nor_gives_other_objects(tmp_path):
    """Flip bytes: either pyosmium decides, or both give the same."""
    chance = random.Random(1)
    whole = write(tmp_path / "whole.osm.pbf", ODDITIES["multipolygons"], "pbf,pbf_compression=none").read_bytes()
    path = tmp_path / "hurt.osm.pbf"
    read = 0
    for _ in range(100):
        hurt = bytearray(whole)
        hurt[chance.randrange(len(hurt))] ^= 1 << chance.randrange(8)
        path.write_bytes(hurt)
        try:
            gather_fast(path, TABLE)
        except HandOverError:
            continue
        try:
            expected = by_pyosmium(path)
        except SourceError:
            continue
        assert_same(read_objects(path), expected)
        read += 1
    assert read > 5


def test_objects_in_a_block_that_is_not_unpacked_are_checked_for_order(tmp_path):
    nodes = [N(number, 1, 1) for number in range(1, 30_001)]
    nodes[12_000], nodes[12_001] = nodes[12_001], nodes[12_000]
    path = write(tmp_path / "made.osm.pbf", [*nodes, W(1, [1, 29_999], WORKS)])
    with pytest.raises(HandOverError, match="out of order"):
        gather_fast(path, TABLE)


def test_blocks_that_hold_several_kinds(tmp_path):
    """As Osmosis writes them where nodes end and ways begin; the second block of nodes is out of order."""
    path = tmp_path / "hand.osm.pbf"
    mixed = NODES + part(0x12, part(0x1A, WAY))
    path.write_bytes(blob(b"OSMHeader", HEADER) + blob(b"OSMData", mixed))
    assert len(gather_fast(path, TABLE).hits) == 2
    assert_same(read_objects(path), by_pyosmium(path))
    path.write_bytes(blob(b"OSMHeader", HEADER) + blob(b"OSMData", NODES) + blob(b"OSMData", mixed))
    with pytest.raises(HandOverError, match="out of order or in several versions"):
        gather_fast(path, TABLE)
    path.write_bytes(blob(b"OSMHeader", HEADER) + blob(b"OSMData", mixed) + blob(b"OSMData", NODES))
    with pytest.raises(HandOverError, match="out of order"):
        gather_fast(path, TABLE)


@pytest.mark.parametrize("content", [NODES, STRINGS + part(0x12, part(0x1A, WAY))], ids=["nodes", "ways"])
def test_the_order_is_checked_from_block_to_block(tmp_path, content):
    path = tmp_path / "hand.osm.pbf"
    path.write_bytes(blob(b"OSMHeader", HEADER) + blob(b"OSMData", content) * 2)
    with pytest.raises(HandOverError, match="out of order or in several versions"):
        gather_fast(path, TABLE)
    assert read_objects(path).hits == 1


def test_other_formats_are_not_tried(tmp_path, caplog):
    path = write(tmp_path / "made.osm", [*GRID, W(1, OUTER, WORKS)], "osm")
    with caplog.at_level(logging.INFO):
        assert read_objects(path).hits == 1
    assert not caplog.records


def test_a_table_of_another_catalog(tmp_path):
    rows = {"shop": {"kiosk": replace(TABLE.rows["man_made"]["works"], key="shop", value="kiosk")}}
    table = replace(TABLE, rows=rows, forms={"shop": ("shop", None)})
    path = write(tmp_path / "made.osm.pbf", [*GRID, N(99, 1, 1, {"shop": "kiosk"}), W(1, OUTER, WORKS)])
    assert read_objects(path, table=table).features.osm_id.tolist() == [99]


def test_the_sieve_lets_pass_all_that_the_table_wants():
    sieve = Sieve.of(TABLE)
    for form, (key, _) in TABLE.forms.items():
        for value, row in TABLE.rows[key].items():
            for text in (value, f"x;{value}", f"{value} ; x"):
                strings = [b"", text.encode(), form.encode()]
                hit = any(TABLE.hits({form: text}))
                marks = sieve.marks(strings)
                assert not hit or (marks is not None and marks[0][2] & marks[1][1]), (form, text, row)


def test_the_sieve_hands_over_what_it_cannot_tell():
    sieve = Sought.of(TABLE).sieve
    assert sieve.marks([b"", b"", b"name", b"works"]) is None
    with pytest.raises(HandOverError, match="twice"):
        sieve.marks([b"", b"works", b"man_made", b"works"])
    with pytest.raises(HandOverError, match="zero byte"):
        sieve.marks([b"", b"man_made", b"a\0b"])
    with pytest.raises(HandOverError, match="too many keys"):
        Sieve.of(SimpleNamespace(rows={str(n): {} for n in range(63)}, forms={}))


def test_varints_and_packed_numbers():
    numbers = [0, 1, 127, 128, 300, 2**35, 2**62]
    data = np.frombuffer(b"".join(map(varint, numbers)), np.uint8)
    ends = np.cumsum([len(varint(number)) for number in numbers])
    values, after = varints(data, np.concatenate([[0], ends[:-1]]))
    assert (values.tolist(), after.tolist()) == (numbers, ends.tolist())
    owned, owner = unpack(data, np.array([0, 3, 3]), np.array([3, 0, len(data) - 3]))
    assert (owned.tolist(), owner.tolist()) == (numbers, [0, 0, 0, 2, 2, 2, 2])
    with pytest.raises(HandOverError, match="too long"):
        varints(np.full(20, 255, np.uint8), np.array([0]))


def test_walk_tells_fields_apart():
    data = WAY + b"\x08\x05" + part(0x42, b"\x02")
    ids, fields = walk(np.frombuffer(data, np.uint8), np.array([len(WAY), len(data)]), (2, 3, 4, 8))
    assert ids.tolist() == [1, 5]
    assert {field: lengths.tolist() for field, (_, lengths) in fields.items()} == {
        2: [1, 0],
        3: [1, 0],
        4: [0, 0],
        8: [2, 1],
    }


def test_the_beginning_of_a_blob_is_unpacked_no_further_than_needed(tmp_path):
    content = bytes(range(256)) * 400
    body = blob(b"OSMData", content)
    opening = Opening(body[body.index(b"\x10" + varint(len(content))) :])
    assert len(opening.data) == 1536
    opening.need(5000)
    assert opening.data == content[:5000]
    with pytest.raises(HandOverError, match="ends too early"):
        opening.need(len(content) + 1)


def test_the_messages_read_what_libosmium_writes(tmp_path):
    path = write(tmp_path / "made.osm.pbf", [*GRID])
    header, blobs = osm_fast.blobs_of(Path(path))
    assert set(header.required) == {b"OsmSchema-V0.6", b"DenseNodes"}
    assert len(blobs) == 1
    assert parse("Info", b"\x08\x07").version == 7
    assert osmium.io.Reader(path).header().get("sorting") in (None, "", "Type_then_ID")


@pytest.mark.parametrize(("more", "told"), [([], ["ends_early"]), ([R(1, [("w", 11, "")], {"type": "site"})], [])])
def test_an_extract_that_lost_its_end_between_two_blobs_is_told(tmp_path: Path, more: list[R], told: list[str]) -> None:
    """What is whole reads well: of one cut so, half of the works were missing in silence."""
    path = write(tmp_path / "a.osm.pbf", [*GRID, W(11, OUTER, WORKS), *more])
    raw = records_of(read_objects(path))
    assert [len(raw.frame), [problem.kind for problem in raw.problems]] == [1, told]


@pytest.mark.parametrize("form", ["pbf", "xml"])
def test_works_that_an_extract_was_cut_through_are_told_once(tmp_path: Path, form: str) -> None:
    """A cut drops the members beyond it, and the file is whole: nothing told of the works drawn in part."""
    torn = [R(1, [("w", 11, "outer"), ("w", 99, "outer")], {"type": "multipolygon", **WORKS}), W(12, [1, 2, 98], WORKS)]
    sound = [W(11, OUTER), W(13, INNER, WORKS), R(2, [("w", 13, "")], {"type": "site", **WORKS})]
    sound.append(R(3, [("w", 13, ""), ("r", 2, "")], {"type": "site", **WORKS}))
    items = sorted([*torn, *sound], key=lambda item: (isinstance(item, R), item.number))
    (told,) = records_of(
        read_objects(write(tmp_path / f"a.osm{'.pbf' if form == 'pbf' else ''}", [*GRID, *items], form))
    ).problems
    assert (told.kind, told.count) == ("torn", 2)
    assert "members of 1 relation, nodes of 1 way" in told.message
