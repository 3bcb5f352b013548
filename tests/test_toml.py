from __future__ import annotations

import os
from pathlib import Path

import pytest

from inducult_geo.errors import CatalogError, ConfigError
from inducult_geo.toml import read_toml


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_file_is_read_as_editors_save_it(tmp_path: Path, mark: str, newline: str) -> None:
    (tmp_path / "a.toml").write_bytes(f'{mark}id = "Mühle"{newline}[read]{newline}header_row = 2{newline}'.encode())
    assert read_toml(tmp_path / "a.toml") == {"id": "Mühle", "read": {"header_row": 2}}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, r"a\.toml: no such file\. Look at its name and folder\.$"),
        ('id = "a"'.encode("utf-16"), r"a\.toml: cannot be read as UTF-8 text: it is in UTF-16\. Save it as UTF-8\."),
        (b'id = "M\xfchle"', r"a\.toml: cannot be read as UTF-8 text: .*0xfc.*Save it as UTF-8\."),
        (b"id = " + b"[" * 5000 + b"]" * 5000, r"a\.toml: not valid TOML: "),
        (b"[" + b".".join([b"a"] * 5000) + b"]", r"a\.toml: not valid TOML: "),
        (b"rows_min = " + b"9" * 5000, r"a\.toml: holds a number of thousands of digits\. Correct or remove"),
        (b'id = "a\\u0000"', r"a\.toml: holds a NUL character"),
        (b'[read]\nnames = [{ "b\\u0000" = 1 }]', r"a\.toml: holds a NUL character"),
        (b'id = "a"\nid = \n', r"a\.toml: not valid TOML: .*line 2.*Correct or remove the file\."),
    ],
)
@pytest.mark.parametrize("error", [ConfigError, CatalogError])
def test_what_is_no_toml_is_refused_with_the_way_out(
    tmp_path: Path, data: bytes | None, said: str, error: type[ConfigError]
) -> None:
    if data is not None:
        (tmp_path / "a.toml").write_bytes(data)
    with pytest.raises(error, match=said):
        read_toml(tmp_path / "a.toml", error)


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("name = “Nazwa”", 'write straight quotes, as "this"'),
        ("name\u00a0= 'a'", "there is a special space, as word processors write it: type it again"),
        ("name = Nazwa # 'guessed'", 'write the value in quotes: name = "Name"'),
        ('name: "Nazwa"', "write = between the name and its value"),
        ('alt name = "Nazwa"', 'write a name of several words, or with other letters than a to z, in "quotes"'),
        ('Größe = "Nazwa"', 'write a name of several words, or with other letters than a to z, in "quotes"'),
        ('name = "Nazwa",', "after the value there may only be a remark that begins with #"),
        ('name = "Nazwa', "a quote or a bracket is not closed, here or above"),
        (r'files = ["C:\Users\lista.csv"]', r"in double quotes a \ means something else: write / in its place"),
        ('id = "b"', "this name appears twice in its section: keep one"),
        ("[read]\n[read]", "this section appears twice: put all of its lines together"),
        ("retrieved = 28.11.2026", "write a day as 2026-11-28"),
        ("reliability = 50,5", "write a decimal point: 0.95"),
    ],
)
def test_a_line_that_cannot_be_read_is_shown_with_what_to_write(tmp_path: Path, line: str, remedy: str) -> None:
    (tmp_path / "a.toml").write_text(f'id = "a\u2028b"\n{line}\n', encoding="utf-8")
    shown = line.splitlines()[-1]
    with pytest.raises(ConfigError) as told:
        read_toml(tmp_path / "a.toml")
    where = f"line {1 + len(line.splitlines())}, `{shown}`: "
    assert f"a.toml: not valid TOML: {where}{remedy} (the reader says: " in str(told.value)


def test_a_folder_of_that_name_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.toml").mkdir()
    with pytest.raises(ConfigError, match=r"a\.toml: is a folder\. Name a \.toml file in it\."):
        read_toml(tmp_path / "a.toml")


def test_a_pipe_a_device_and_a_file_of_gigabytes_are_told_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "zero.toml").symlink_to("/dev/zero")
    for name in ("pipe.toml", "zero.toml"):
        with pytest.raises(ConfigError, match=rf"{name}: is not a file, but a pipe or device\. Remove it"):
            read_toml(tmp_path / name)
    with (tmp_path / "big.toml").open("wb") as handle:
        handle.truncate(3 * 1024**3)
    with pytest.raises(CatalogError, match=r"big\.toml: is larger than 64 MB"):
        read_toml(tmp_path / "big.toml", CatalogError)


def test_who_changes_what_was_read_changes_it_for_nobody_else(tmp_path: Path) -> None:
    """A text that was read before is not parsed again: a service reads the same declarations for every flow."""
    path = tmp_path / "a.toml"
    path.write_text('[place]\ncrs = ["EPSG:2180"]\n', encoding="utf-8")
    read_toml(path)["place"]["crs"].append("other")
    assert read_toml(path) == {"place": {"crs": ["EPSG:2180"]}}
    path.write_text('[place]\ncrs = ["EPSG:2177"]\n', encoding="utf-8")
    assert read_toml(path) == {"place": {"crs": ["EPSG:2177"]}}
