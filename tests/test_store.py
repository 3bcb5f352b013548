"""The data folder: nothing half-written ever bears a final name."""

from __future__ import annotations

from pathlib import Path

import pytest

from inducult_geo.errors import BusyError
from inducult_geo.store import (
    DataFolder,
    current_release,
    new_release,
    prune_releases,
    read_json,
    replacing,
    sha256,
    write_json,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def write_half() -> None:
        with replacing(target) as draft:
            draft.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_write_replaces_at_once(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "a.txt"
    with replacing(target) as draft:
        draft.write_text("new")
        assert not target.exists()
        assert draft.name.startswith(".")
    assert target.read_text() == "new"


def test_json_that_is_not_whole_reads_as_none(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    write_json(path, {"a": 1})
    assert read_json(path) == {"a": 1}
    path.write_text('{"a": ')
    assert read_json(path) is None
    path.write_text("[1]")
    assert read_json(path) is None
    assert read_json(tmp_path / "absent.json") is None


def test_a_release_is_published_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with new_release(folder) as draft:
        (draft / "a").write_text("1")
    first = current_release(folder)
    assert first is not None
    assert names(first) == ["a"]

    def build_half() -> None:
        with new_release(folder) as draft:
            (draft / "a").write_text("2")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        build_half()
    assert current_release(folder) == first
    assert names(folder.releases) == [first.name]


def test_two_releases_in_one_second_get_two_names(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    found = set()
    for number in range(3):
        with new_release(folder) as draft:
            (draft / "a").write_text(str(number))
        found.add(current_release(folder))
    assert len(found) == 3


def test_a_pointer_file_serves_where_links_cannot_be_made(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    (folder.releases / "2026-11-20T020000Z").mkdir(parents=True)
    folder.current.write_text("2026-11-20T020000Z\n")
    assert current_release(folder) == folder.releases / "2026-11-20T020000Z"
    folder.current.write_text("gone\n")
    assert current_release(folder) is None


def test_pruning_keeps_the_newest_and_the_current(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    for number in range(4):
        with new_release(folder) as draft:
            (draft / "a").write_text(str(number))
    oldest = min(path for path in folder.releases.iterdir())
    folder.current.unlink()
    folder.current.symlink_to(Path("releases") / oldest.name)
    gone = prune_releases(folder, 2)
    assert len(gone) == 1
    assert oldest.is_dir()
    assert len(names(folder.releases)) == 3


def test_a_second_run_on_one_folder_is_told_to_wait(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with folder.lock(), pytest.raises(BusyError, match="another run"), DataFolder(tmp_path).lock():
        pass
    with folder.lock():
        pass


def test_the_sample_stands_in_only_where_nothing_else_is(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    assert not folder.is_sample
    (tmp_path / "raw" / "sample").mkdir(parents=True)
    assert folder.is_sample
    assert folder.raw == tmp_path / "raw" / "sample"
    (tmp_path / "raw" / "osm").mkdir()
    (tmp_path / "raw" / "osm" / ".gitkeep").touch()
    assert folder.is_sample
    (tmp_path / "raw" / "osm" / "opole.osm.pbf").touch()
    assert not folder.is_sample


def test_sha256(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256(tmp_path / "a").startswith("ba7816bf")
