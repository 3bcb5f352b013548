"""The data folder: nothing half-written ever bears a final name."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from inducult_geo.digest import sha256
from inducult_geo.errors import BusyError, StorageError
from inducult_geo.release_folders import new_release, prune_releases, release_is_whole, releases_of
from inducult_geo.releasing.release import _note
from inducult_geo.run import open_run
from inducult_geo.stage import _write
from inducult_geo.store import (
    SUMS,
    DataFolder,
    clear_leftovers,
    confirmed_at,
    current_release,
    moment_of,
    read_json,
    replacing,
    storing,
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


def test_whatever_gets_a_name_lies_on_the_disk_and_a_release_has_its_place_in_the_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that outlives a loss of power must not lead to a file that did not."""
    folder, synced, moved = DataFolder(tmp_path), set[int](), []

    def checked(move: Callable[[Path, Path], Path]) -> Callable[[Path, Path], Path]:
        def checked_move(self: Path, target: Path) -> Path:
            if not self.is_symlink():
                assert {path.stat().st_ino for path in (self, *self.rglob("*"))} <= synced
            if target.parent == folder.releases:
                assert target.name in folder.published.read_text()
            moved.append(target.name)
            return move(self, target)

        return checked_move

    for name in ("rename", "replace"):
        monkeypatch.setattr(Path, name, checked(getattr(Path, name)))
    monkeypatch.setattr(os, "fsync", lambda handle: synced.add(os.fstat(handle).st_ino))
    with new_release(folder) as draft:
        (draft / "deep").mkdir()
        (draft / "deep" / "a").write_text("1")
    kept = _write(folder.processed, "osm", {"records": pd.DataFrame({"a": [1]})})
    assert moved == ["published.json", releases_of(folder)[0].name, "current", kept.name]


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


def test_pruning_keeps_the_newest_and_the_current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
    # What is removed but in part bears no release's name.
    monkeypatch.setattr("inducult_geo.release_folders.shutil.rmtree", lambda *_args, **_named: None)
    (half,) = prune_releases(folder, 1)
    assert half not in names(folder.releases)


def test_a_second_run_on_one_folder_is_told_to_wait(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with folder.lock(), pytest.raises(BusyError, match="another run"), DataFolder(tmp_path).lock():
        pass
    with folder.lock():
        pass


def test_a_lock_that_another_user_made_is_named(tmp_path: Path) -> None:
    """Who had run once as root was told of the whole folder, whose rights were right."""
    (tmp_path / "processed" / ".lock").mkdir(parents=True)
    told = pytest.raises(StorageError, match=r"processed/\.lock: cannot be written: a folder")
    with told, DataFolder(tmp_path).lock():
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


def publish(folder: DataFolder, text: str) -> Path:
    """Publish a release of one file with its hash, as a run does."""
    with new_release(folder) as draft:
        (draft / "sites.csv").write_text(text)
        (draft / SUMS).write_text(f"{sha256(draft / 'sites.csv')}  sites.csv\n")
    found = current_release(folder)
    assert found is not None
    return found


def test_the_same_bytes_are_not_published_twice(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    first = publish(folder, "a")
    assert publish(folder, "a") == first
    second = publish(folder, "b")
    assert second != first
    assert [*releases_of(folder)] == sorted([first, second])


def test_the_same_bytes_are_published_anew_where_the_last_ones_were_damaged(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    first = publish(folder, "a")
    (first / "sites.csv").write_text("torn")
    assert publish(folder, "a") != first


def test_the_same_bytes_are_published_anew_where_the_last_ones_lost_their_list(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    first = publish(folder, "a")
    (first / SUMS).unlink()
    assert publish(folder, "a") != first


def test_a_release_that_was_current_before_can_be_again(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    first, _ = publish(folder, "a"), publish(folder, "b")
    folder.current.unlink()
    folder.current.symlink_to(Path("releases") / first.name)
    assert publish(folder, "a") == first
    assert len(releases_of(folder)) == 2


def test_the_newest_release_is_current_again_where_the_pointer_to_it_was_lost(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    only = publish(folder, "a")
    folder.current.unlink()
    assert current_release(folder) is None
    assert publish(folder, "a") == only
    assert releases_of(folder) == [only]


def test_what_a_killed_run_of_the_same_number_left_is_in_no_release(tmp_path: Path) -> None:
    """In a container every run may have the number 7."""
    folder = DataFolder(tmp_path)
    left = folder.releases / f".building.{os.getpid()}"
    left.mkdir(parents=True)
    (left / "torn.gpkg").touch()
    assert names(publish(folder, "a")) == [SUMS, "sites.csv"]


def test_a_pointer_that_a_killed_run_of_the_same_number_left_is_in_nobody_s_way(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    first = publish(folder, "a")
    (folder.processed / f".current.{os.getpid()}").symlink_to(Path("releases") / first.name)
    second = publish(folder, "b")
    assert current_release(folder) == second
    assert folder.current.is_symlink()
    assert names(folder.processed) == ["current", "published.json", "releases"]


def test_a_note_beside_the_releases_is_none(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    release = publish(folder, "a")
    (folder.releases / "2026-notes.txt").touch()
    assert releases_of(folder) == [release]
    assert prune_releases(folder, 1) == []


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux lists open files so")
def test_no_file_stays_open(tmp_path: Path) -> None:
    open_files = len([*Path("/proc/self/fd").iterdir()])
    for number in range(30):
        write_json(tmp_path / "a.json", {"n": number})
    assert len([*Path("/proc/self/fd").iterdir()]) < open_files + 30


def test_a_folder_that_was_copied_with_its_links_followed_is_read_and_the_way_to_mend_it_is_told(
    tmp_path: Path,
) -> None:
    folder = DataFolder(tmp_path)
    first = publish(folder, "a")
    folder.current.unlink()
    shutil.copytree(first, folder.current)
    assert current_release(folder) == folder.current
    with pytest.raises(StorageError, match=r"/current: cannot be written: a folder of that name stands there"):
        publish(folder, "b")
    assert (folder.current / "sites.csv").read_text() == "a"


@pytest.mark.parametrize(
    ("damage", "is_whole"),
    [
        (Path.is_dir, True),
        (lambda release: (release / "more.txt").write_text("a note of the steward's"), True),
        (lambda release: (release / "sites.csv").write_text("A"), False),
        (lambda release: (release / "sites.csv").unlink(), False),
        (lambda release: (release / SUMS).unlink(), False),
        (lambda release: (release / SUMS).write_text(""), False),
        (lambda release: (release / SUMS).write_text("no hash here\n"), False),
        (lambda release: (release / SUMS).write_bytes(b"\xff\xfe\x00"), False),
    ],
)
def test_a_release_is_whole_where_every_listed_file_is_as_it_was(
    tmp_path: Path, damage: Callable[[Path], object], is_whole: bool
) -> None:
    release = publish(DataFolder(tmp_path), "a")
    damage(release)
    assert release_is_whole(release) == is_whole


@pytest.mark.parametrize(
    "pointer", [b"", b"\n", b".", b"..", b"../regions", b"\xff\xfe2\x000\x00", b"2026-11-21T020000Z", b".building.1"]
)
def test_a_damaged_pointer_points_to_nothing(tmp_path: Path, pointer: bytes) -> None:
    folder = DataFolder(tmp_path)
    (folder.releases / "2026-11-20T020000Z").mkdir(parents=True)
    (folder.releases / ".building.1").mkdir()
    (folder.processed / "regions").mkdir()
    folder.current.write_bytes(pointer)
    write_json(folder.released, {"release": "2026-11-20T020000Z", "confirmed": "2026-11-20T02:00:00+00:00"})
    assert current_release(folder) is None
    assert confirmed_at(folder) is None


def test_where_links_cannot_be_made_a_release_is_pointed_to_by_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    folder = DataFolder(tmp_path)
    first, second = publish(folder, "a"), publish(folder, "b")
    assert first != second
    assert not folder.current.is_symlink()
    assert folder.current.read_text() == f"{second.name}\n"
    assert names(folder.processed) == ["current", "published.json", "releases"]


def test_when_a_release_was_confirmed_counts_for_it_alone(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    release = publish(folder, "a")
    assert confirmed_at(folder) is None
    write_json(folder.released, {"release": release.name, "confirmed": "2026-11-20T02:00:00+00:00"})
    assert confirmed_at(folder) == datetime(2026, 11, 20, 2, tzinfo=UTC)
    publish(folder, "b")
    assert confirmed_at(folder) is None


@pytest.mark.parametrize("text", [None, 7, "", "yesterday", "2026-11-20", "2026-11-20T02:00:00"])
def test_a_time_without_a_zone_is_none(text: object) -> None:
    assert moment_of(text) is None
    assert moment_of("2026-11-20T02:00:00Z") == datetime(2026, 11, 20, 2, tzinfo=UTC)


def test_things_lie_where_the_pages_say(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    where = {
        folder.raw: "raw",
        folder.partners: "raw/partners",
        folder.rasters: "raw/rasters",
        folder.decisions: "raw/decisions/decisions.jsonl",
        folder.releases: "processed/releases",
        folder.current: "processed/current",
        folder.registry: "processed/registry.parquet",
        folder.released: "processed/released.json",
        folder.declared: "processed/declared.json",
        folder.published: "processed/published.json",
        folder.left_alone: "processed/left_alone.json",
        folder.held: "processed/held.json",
        folder.wide: "processed/sources",
        folder.region("opole"): "processed/regions/opole",
    }
    assert {str(path.relative_to(tmp_path)) for path in where} == {*where.values()}
    assert (SUMS, len(where)) == ("SHA256SUMS", 14)


def test_pruning_keeps_the_current_release_also_of_a_folder_that_a_link_leads_to(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "data").symlink_to("disk")
    folder = DataFolder(tmp_path / "data")
    first, _, third = (publish(folder, text) for text in "abc")
    folder.current.unlink()
    folder.current.symlink_to(Path("releases") / first.name)
    assert len(prune_releases(folder, 1)) == 1
    assert [path.name for path in releases_of(folder)] == [first.name, third.name]


def test_pruning_keeps_the_newest_of_every_month(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    days = ["2026-09-01", "2026-09-30", "2026-10-05", "2026-11-18", "2026-11-19", "2026-11-20"]
    for day in days:
        (folder.releases / f"{day}T020000Z").mkdir(parents=True)
    folder.current.symlink_to(Path("releases") / "2026-11-20T020000Z")
    assert prune_releases(folder, 2) == ["2026-09-01T020000Z", "2026-11-18T020000Z"]
    assert [path.name[:10] for path in releases_of(folder)] == ["2026-09-30", "2026-10-05", "2026-11-19", "2026-11-20"]
    assert prune_releases(folder, 2) == []


def test_the_tenth_release_of_a_second_is_newer_than_the_second_one(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    names = [f"2026-09-01T020000Z{end}" for end in ("", "-2", "-9", "-10", "-11")]
    for name in names:
        (folder.releases / name).mkdir(parents=True)
    folder.current.symlink_to(Path("releases") / names[-1])
    assert [path.name for path in releases_of(folder)] == names
    assert prune_releases(folder, 2) == names[:3]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Set the clock by which releases are named."""

    def set_clock(day: str) -> None:
        class Clock(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:
                return datetime.fromisoformat(day).replace(tzinfo=tz)

        monkeypatch.setattr("inducult_geo.release_folders.datetime", Clock)

    return set_clock


def test_on_a_clock_that_was_set_back_the_old_releases_go_first(tmp_path: Path, at: Callable[[str], None]) -> None:
    folder = DataFolder(tmp_path)
    days = ["2026-11-18", "2026-11-19", "2026-11-20", "2025-01-01", "2025-01-02", "2025-01-03"]
    for day in days:
        at(day)
        publish(folder, day)
        prune_releases(folder, 3)
    # The newest of November 2026 stays, as that of any month does.
    assert [path.name[:10] for path in releases_of(folder)] == days[2:]
    at("2025-01-03")
    assert publish(folder, "more").name == "2025-01-03T000000Z-2"


def test_a_release_on_a_clock_set_back_is_current_again_where_the_pointer_was_lost(
    tmp_path: Path, at: Callable[[str], None]
) -> None:
    folder = DataFolder(tmp_path)
    at("2026-11-20")
    publish(folder, "a")
    at("2025-01-01")
    newest = publish(folder, "b")
    folder.current.unlink()
    at("2025-01-02")
    assert publish(folder, "b") == newest


@pytest.mark.parametrize("noted", ["", "[]", '{"releases": 3}', '{"releases": [null, ["2026-11-21T000000Z"]]}'])
def test_releases_of_which_no_order_is_noted_are_in_the_order_of_their_names(tmp_path: Path, noted: str) -> None:
    folder = DataFolder(tmp_path)
    for day in ("2026-11-20", "2026-11-21"):
        (folder.releases / f"{day}T000000Z").mkdir(parents=True)
    folder.published.write_text(noted)
    assert [path.name[:10] for path in releases_of(folder)] == ["2026-11-20", "2026-11-21"]


def test_a_release_that_an_older_version_published_stands_by_its_name(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    days = ["2026-11-10", "2026-11-20", "2026-11-15", "2026-11-25"]
    for day in days:
        (folder.releases / day).mkdir(parents=True)
    write_json(folder.published, {"releases": ["2026-11-20", "gone", "2026-11-15"]})
    assert [path.name for path in releases_of(folder)] == days


def test_what_a_killed_run_left_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    left = [
        "processed/.manifest.1-2.json",
        "processed/.current.12",
        "processed/releases/.building.12/sites.parquet",
        "processed/releases/.old.2026-01-01T020000Z/sites.parquet",
        "processed/regions/opole/.manifest-20261120T020000/records.parquet",
        "processed/regions/opole/sources/.osm-20261120T020000/records.parquet",
        "processed/sources/.eutl.1-2.json",
        "processed/changes/.changes.1-2.csv",
    ]
    stay = [
        "processed/.lock",
        "processed/.hashes.json",
        "processed/.prefect/prefect.db",
        "processed/.gitkeep",
        "processed/.gitignore",
        "processed/registry.parquet",
        "processed/releases/2026-11-20T020000Z/.nojekyll",
        "processed/regions/opole/manifest.json",
        "raw/partners/.contract.toml.swp",
    ]
    for name in left + stay:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    outside = tmp_path / "raw" / "partners"
    (folder.processed / ".link").symlink_to(outside)
    gone = clear_leftovers(folder)
    assert len(gone) == len(left) + 1
    assert "releases/.building.12" in gone
    kept = [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.rglob("*")) if path.is_file()]
    assert kept == sorted(stay, key=Path)
    assert clear_leftovers(folder) == []


def test_a_draft_that_another_user_left_ends_no_run_and_is_not_told_to_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_arguments: object, **_named: object) -> None:
        raise PermissionError(errno.EACCES, "not yours")

    folder = DataFolder(tmp_path)
    (folder.releases / ".building.12").mkdir(parents=True)
    (folder.processed / ".registry.1-2.parquet").touch()
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", refused)
        patch.setattr(Path, "unlink", refused)
        assert clear_leftovers(folder) == []
    assert len(clear_leftovers(folder)) == 2


def test_there_is_nothing_to_clear_in_a_new_folder(tmp_path: Path) -> None:
    assert clear_leftovers(DataFolder(tmp_path)) == []


class GdalError(Exception):
    """An error of a library that bears no number."""


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (OSError(errno.ENOSPC, "x"), "the disk is full"),
        (OSError(errno.EDQUOT, "x"), "the quota is used up"),
        (OSError(errno.EROFS, "x"), "the disk is read-only"),
        (PermissionError(errno.EACCES, "x"), "writing is not allowed"),
        (OSError(errno.EIO, "x"), "the disk reports an error"),
        (GdalError("database or disk is full"), "the disk is full"),
        (GdalError("sqlite3_exec(COMMIT) failed: disk I/O error"), "the disk reports an error, or files may .*"),
        (GdalError("write failed: No space left on device"), "the disk is full"),
    ],
)
def test_what_a_disk_has_against_it_is_told_in_words(tmp_path: Path, problem: Exception, said: str) -> None:
    with (
        pytest.raises(
            StorageError, match=rf"sites\.csv: cannot be written: {said}\. What was there .* is whole"
        ) as told,
        storing(tmp_path / "sites.csv"),
    ):
        raise problem
    assert told.value.__cause__ is problem


def test_the_disk_s_word_is_found_behind_another_error(tmp_path: Path) -> None:
    def write() -> None:
        try:
            raise OSError(errno.ENOSPC, "x")
        except OSError as first:
            raise GdalError("could not close the file") from first

    with pytest.raises(StorageError, match="the disk is full"), storing(tmp_path / "a"):
        write()


def test_the_disk_s_word_is_found_where_it_is_the_cause_alone(tmp_path: Path) -> None:
    """A library may keep the error that it met, and raise its own of it later."""
    with pytest.raises(StorageError, match="the disk is full"), storing(tmp_path / "a"):
        raise GdalError("could not close the file") from OSError(errno.ENOSPC, "x")


def test_the_disk_s_word_is_found_where_a_library_met_it_while_it_cleaned_up(tmp_path: Path) -> None:
    def write() -> None:
        try:
            raise OSError(errno.EROFS, "x")
        except OSError:
            raise GdalError("could not close the file")  # noqa: B904 - as a library does that does not care

    with pytest.raises(StorageError, match="the disk is read-only"), storing(tmp_path / "a"):
        write()


@pytest.mark.parametrize("problem", [ValueError("a fault of ours"), OSError(errno.ENOENT, "x"), GdalError("no layer")])
def test_another_error_passes_as_it_is(tmp_path: Path, problem: Exception) -> None:
    with pytest.raises(type(problem)) as told, storing(tmp_path / "deep" / "a"):
        raise problem
    assert told.value is problem


def test_without_room_an_error_that_says_nothing_is_the_disk_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inducult_geo.store.ROOM_LEFT", 1 << 62)
    with pytest.raises(StorageError, match="the disk is full"), storing(tmp_path / "not" / "yet" / "there"):
        raise GdalError("unknown")


def test_a_disk_with_room_that_takes_no_more_files_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was called full, while `df` showed room."""
    monkeypatch.setattr("inducult_geo.store.FILES_LEFT", 1 << 62)
    with pytest.raises(StorageError, match=r"takes no more files, .* as df -i tells"), storing(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "x")
    uncounted = SimpleNamespace(f_bavail=1 << 40, f_frsize=1, f_files=0, f_favail=0)
    monkeypatch.setattr(os, "statvfs", lambda _path: uncounted)
    with pytest.raises(GdalError), storing(tmp_path / "a"):
        raise GdalError("unknown")


def test_a_release_for_which_there_was_no_room_tells_how_much_there_was(tmp_path: Path) -> None:
    """What was written of it is gone by then: whoever looks finds a disk that is not full."""
    said = r"releases: .* the disk is full \(a new release takes more than the [1-9][\d,.]* MB that were free\)\."
    with pytest.raises(StorageError, match=said), new_release(DataFolder(tmp_path)):
        raise OSError(errno.ENOSPC, "x")


def test_a_release_that_is_published_and_could_not_be_noted_is_named_as_published(tmp_path: Path) -> None:
    """Told was the full disk alone, of which the pages say that nothing new was published."""
    run = open_run(tmp_path)
    run.folder.released.mkdir(parents=True)
    with pytest.raises(
        StorageError, match=r"^release 2026-01-01T000000Z is published and valid, .*released\.json: cannot"
    ):
        _note(Path("2026-01-01T000000Z"), "stamp", {}, {}, run)


def test_a_storage_error_is_not_wrapped_again(tmp_path: Path) -> None:
    first = StorageError("a: cannot be written")
    with pytest.raises(StorageError) as told, storing(tmp_path / "b"):
        raise first
    assert told.value is first


@pytest.mark.parametrize("blocked", ["data", "data/processed"])
def test_a_file_where_a_folder_belongs_is_told(tmp_path: Path, blocked: str) -> None:
    (tmp_path / blocked).parent.mkdir(exist_ok=True)
    (tmp_path / blocked).write_text("")
    with (
        pytest.raises(StorageError, match="a file stands where a folder belongs"),
        DataFolder(tmp_path / "data").lock(),
    ):
        pass


def test_a_folder_on_a_disk_that_is_not_there_is_told(tmp_path: Path) -> None:
    """It said that a file stands there."""
    (tmp_path / "processed").symlink_to("/mnt/not/mounted")
    with pytest.raises(StorageError, match="processed is a link to a disk or share"), DataFolder(tmp_path).lock():
        pass


@pytest.mark.parametrize(
    ("name", "said"), [("folder", "a folder of that name stands there"), ("a" * 300, "its name is too long")]
)
def test_a_name_that_no_file_can_have_is_told(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match=said), replacing(tmp_path / name) as draft:
        draft.write_text("x")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_json_is_written_for_people(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"where": tmp_path, "name": "Grube Glückauf"})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert "Grube Glückauf" in text
    assert text.endswith("}\n")
    assert len(text.splitlines()) == 4
    (tmp_path / "a.json").write_bytes(b'{"name": "Gl\xfcck"}')
    assert read_json(tmp_path / "a.json") is None


def test_threads_that_write_one_file_leave_it_whole(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    values = [{"number": number, "rest": "x" * 10_000} for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(write_json, target, one) for one in values * 3]
    assert [one.exception() for one in done] == [None] * 24
    assert read_json(target) in values
    assert names(tmp_path) == ["a.json"]


@pytest.mark.parametrize("name", ["osm", "partners", "rasters"])
def test_any_file_of_one_s_own_ends_the_sample(tmp_path: Path, name: str) -> None:
    (tmp_path / "raw" / "sample").mkdir(parents=True)
    (tmp_path / "raw" / name / "deep").mkdir(parents=True)
    folder = DataFolder(tmp_path)
    assert folder.is_sample
    assert folder.partners == tmp_path / "raw" / "sample" / "partners"
    (tmp_path / "raw" / name / "deep" / "file").touch()
    assert not folder.is_sample
    assert folder.partners == tmp_path / "raw" / "partners"
    # What stewards decided is never the sample's.
    assert folder.decisions == tmp_path / "raw" / "decisions" / "decisions.jsonl"
