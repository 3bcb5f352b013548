"""Tables in archives, and archives that are none or hide something."""

from __future__ import annotations

import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from files_made import AUTO, BOMB, KML, refused, workbook, zipped

from inducult_geo.catalog import Read
from inducult_geo.errors import ContractError
from inducult_geo.sources.formats.readers import read_table


@pytest.mark.parametrize("suffix", [".zip", ".xlsx", ".ods", ".kmz"])
def test_a_zip_bomb_is_told_by_its_directory(tmp_path: Path, suffix: str) -> None:
    refused(zipped(tmp_path / f"a{suffix}", {"doc.kml": bytes(80_000_000)}), "zip bomb.*Send the file unpacked")


@pytest.mark.parametrize("promised", [1000, 2_000_000])
def test_an_archive_that_hides_its_size_is_refused(tmp_path: Path, promised: int) -> None:
    path = zipped(tmp_path / "a.kmz", {"doc.kml": b"<kml>" + bytes(3_000_000)})
    data = bytearray(path.read_bytes())
    entry = data.rfind(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = promised.to_bytes(4, "little")
    path.write_bytes(data)
    refused(path, "larger than it says")


@pytest.mark.parametrize("name", ["../a.kml", "/etc/a.kml", "a/../../b.kml", "C:\\a.kml", "..\\a.kml"])
def test_no_member_leads_out_of_an_archive(tmp_path: Path, name: str) -> None:
    refused(zipped(tmp_path / "a.zip", {name: b"<kml/>"}), "leads out of the archive")


def test_a_link_in_an_archive_leads_out_of_it(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("a.kml")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    refused(tmp_path / "a.zip", "leads out of the archive")


def test_a_member_without_a_name_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"x": b"<kml/>"}, zipfile.ZIP_STORED)
    data = path.read_bytes()
    entry = data.rfind(b"PK\x01\x02")
    # The name's length is 0 in the directory; its letter becomes the first byte of an extra field.
    path.write_bytes(data[: entry + 28] + b"\0\0\1\0" + data[entry + 32 :])
    refused(path, "has no name|cannot be read as an archive")


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    refused(zipped(tmp_path / "a.zip", {f"{n}.txt": b"" for n in range(2_001)}), "2001 files are more")


CSV = "id;name\n1;Młyn\n2;Huta\n".encode("cp1250")


@pytest.mark.parametrize(
    "members",
    [
        {"plants.csv": CSV},
        {"data/plants.csv": CSV, "README.txt": b"read me", "manual.pdf": b"%PDF"},
        {"data/plants.TXT": CSV},
        {"plants.csv": CSV, "__MACOSX/._plants.csv": b"x", ".hidden.csv": b"y", "~$plants.xlsx": b"z"},
    ],
)
def test_a_table_of_text_in_an_archive_is_read(tmp_path: Path, members: dict[str, bytes]) -> None:
    table = read_table(zipped(tmp_path / "a.zip", members), AUTO)
    assert table.frame["name"].tolist() == ["Młyn", "Huta"]
    assert table.places[1].lower().endswith("line 3")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_no_room_for_temporary_files_is_no_fault_of_the_archive(tmp_path: Path) -> None:
    """It said "Pack it again". What a child may write is limited: to mount a small disk a test may not be allowed."""
    packed = zipped(tmp_path / "a.zip", {"a.csv": b"id,name\n" + b"1,Zeche\n" * 900})
    code = (
        "import resource, sys; from inducult_geo.sources.formats import readers; from pathlib import Path\n"
        "from inducult_geo.catalog import Read\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try: readers.read_table(Path(sys.argv[1]), Read())\n"
        "except Exception as problem: print(type(problem).__name__, problem)\n"
    )
    said = subprocess.run([sys.executable, "-c", code, packed], capture_output=True, text=True, check=True).stdout
    assert said.startswith(f"ContractError {packed}: 'a.csv' cannot be unpacked: [Errno 27]"), said
    assert "none the worse: make room for temporary files" in said


def test_a_workbook_in_an_archive_is_read(tmp_path: Path) -> None:
    inner = workbook(tmp_path / "a.xlsx", {"A1": "id", "A2": "1"})
    path = zipped(tmp_path / "b.zip", {"Liste 2026.xlsx": inner.read_bytes()})
    assert read_table(path, AUTO).places == ["Liste 2026.xlsx row 2"]


def test_of_several_tables_in_an_archive_one_is_named(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"units.csv": CSV, "x/links.csv": b"a,b\n1,2\n", "readme.txt": b"x"})
    refused(path, r"has 2 members \('units.csv', 'x/links.csv'\)\. Name the right one as \[read\] member")
    assert read_table(path, Read(member="x/links.csv")).frame["b"].tolist() == ["2"]
    assert len(read_table(path, Read(member="readme.txt")).frame) == 0
    refused(path, "no member 'z.csv'", Read(member="z.csv"))


def test_what_is_wrong_with_a_member_is_said_of_the_archive(tmp_path: Path) -> None:
    refused(
        zipped(tmp_path / "a.zip", {"x.csv": b"\x89PNG\r\n"}), r"a\.zip: x\.csv: is not what it says.*a PNG picture"
    )
    refused(zipped(tmp_path / "b.zip", {"x.csv": b""}), r"b\.zip: x\.csv: the file is empty")
    refused(zipped(tmp_path / "c.zip", {"inner.txt.bak": b"x", "a.pdf": b"%PDF"}), "holds no table .*'a.pdf'")


def test_an_archive_in_an_archive_is_named_and_never_passed_over(tmp_path: Path) -> None:
    """The text beside it was drafted as the table, with no rows: the partner's data were lost without a word."""
    inner = zipped(tmp_path / "inner.zip", {"x.csv": CSV}).read_bytes()
    path = zipped(tmp_path / "all.zip", {"part/inner.zip": inner, "read me.txt": b"read me"})
    refused(path, r"holds archives in an archive \('part/inner.zip'\)\. Unpack it")
    refused(path, "holds archives in an archive", Read(member="part/inner.zip"))
    assert len(read_table(path, Read(member="read me.txt")).frame) == 0
    beside = read_table(zipped(tmp_path / "b.zip", {"x.csv": CSV, "old.7z": b"7z", "a.txt": b"x"}), AUTO)
    assert len(beside.frame) > 0
    assert "holds also 'old.7z', archives that are not read" in beside.notes
    plain = read_table(zipped(tmp_path / "c.zip", {"x.csv": CSV, "a.txt": b"x"}), AUTO)
    assert not any("holds also" in note for note in plain.notes)


@pytest.mark.parametrize(("suffix", "remedy"), [(".xlsx", "Save or copy it again"), (".zip", "or pack it again")])
def test_a_file_that_was_copied_half_way_says_what_helps(tmp_path: Path, suffix: str, remedy: str) -> None:
    whole = zipped(tmp_path / "a.zip", {"x.csv": CSV * 50}, zipfile.ZIP_STORED).read_bytes()
    half = tmp_path / f"half{suffix}"
    half.write_bytes(whole[: len(whole) // 2])
    refused(half, f"cannot be read as an archive.*{remedy}")


def test_the_root_of_a_kmz_is_read_and_the_rest_named(tmp_path: Path) -> None:
    one = KML.replace("&a;", "Huta").encode()
    path = zipped(tmp_path / "a.kmz", {"files/b.kml": one.replace(b"Huta", b"Hala"), "doc.kml": one})
    table = read_table(path, AUTO)
    assert table.frame["Name"].tolist() == ["Huta"]
    assert any("holds also 'files/b.kml'" in note for note in table.notes)
    assert read_table(path, Read(member="files/b.kml")).frame["Name"].tolist() == ["Hala"]


def test_entities_inside_a_kmz_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.kmz", {"doc.kml": (BOMB + KML).encode()})
    refused(path, "document type or entities")


def test_half_of_a_mapinfo_table_in_an_archive_names_the_other_half(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "sent.zip", "w") as archive:
        archive.writestr("gis/huty.mif", "Version 300\n")
    refused(tmp_path / "sent.zip", r"huty\.mid is missing")


def archive(path: Path, *, change: tuple[int, int] | None = None, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """A zipped table; `change` sets a byte of the directory's entry, counted from its start."""
    with zipfile.ZipFile(path, "w", compression) as target:
        target.writestr("a.csv", "id;name\n" + "1;Huta\n" * 50)
    if change is not None:
        data = bytearray(path.read_bytes())
        data[data.index(b"PK\x01\x02") + change[0]] = change[1]
        path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("change", "compression", "said"),
    [
        ((8, 1), zipfile.ZIP_DEFLATED, "a.csv is encrypted. Pack it again without a password"),
        (None, zipfile.ZIP_BZIP2, "a.csv is compressed in an unusual way. Pack it again as plain ZIP"),
        (None, zipfile.ZIP_LZMA, "a.csv is compressed in an unusual way"),
        ((21, 9), zipfile.ZIP_DEFLATED, "its members share bytes, as zip bombs do"),
        ((24, 1), zipfile.ZIP_DEFLATED, "a.csv is larger than it says, as zip bombs are"),
        ((42, 9), zipfile.ZIP_DEFLATED, "a.csv is damaged"),
        ((10, 99), zipfile.ZIP_DEFLATED, "a.csv is compressed in an unusual way"),
    ],
)
def test_an_archive_that_hides_something_is_refused_by_name(
    tmp_path: Path, change: tuple[int, int] | None, compression: int, said: str
) -> None:
    path = archive(tmp_path / "a.zip", change=change, compression=compression)
    with pytest.raises(ContractError) as told:
        read_table(path, AUTO)
    assert str(told.value).startswith(f"{path}: ")
    assert said in str(told.value)


def test_an_archive_as_it_should_be_is_read(tmp_path: Path) -> None:
    assert len(read_table(archive(tmp_path / "a.zip"), AUTO).frame) == 50
    assert len(read_table(archive(tmp_path / "b.zip", compression=zipfile.ZIP_STORED), AUTO).frame) == 50


def test_a_kmz_without_a_map_names_what_it_holds(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.kmz", {"images/a.png": b"x", "__MACOSX/._doc.kml": b"y"})
    with pytest.raises(ContractError, match=r"a\.kmz: holds no \.kml \(found: 'images/a\.png', '__MACOSX"):
        read_table(path, AUTO)


@pytest.mark.parametrize("name", ["a.zip", "a.kmz", "a.xlsx"])
def test_an_archive_of_nothing_is_called_so(tmp_path: Path, name: str) -> None:
    with pytest.raises(ContractError, match="but the file holds an empty ZIP archive"):
        read_table(zipped(tmp_path / name, {}), AUTO)


def test_an_archive_without_a_table_names_what_it_holds(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.pdf": b"x", "readme.md": b"y"})
    with pytest.raises(
        ContractError, match=r"a\.zip: holds no table \(found: 'a\.pdf', 'readme\.md'\)\. Known: \.csv, "
    ):
        read_table(path, AUTO)
