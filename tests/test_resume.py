"""A stage of which nothing has changed is not run again, and what has changed runs again: both can be broken."""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
from pathlib import Path

import pandas as pd
import pytest

import inducult_geo
from inducult_geo import memory
from inducult_geo.digest import FileHashes, frame_digest, sha256
from inducult_geo.errors import RegionError, StorageError
from inducult_geo.match.decided.decisions import Decision, append_decision
from inducult_geo.match.identity.registry import empty_registry
from inducult_geo.match.identity.site_ids import new_site_id
from inducult_geo.memory import registry_of
from inducult_geo.opening.release import open_release
from inducult_geo.pipeline import RunOutcome, at_work, run_all, settle_kept
from inducult_geo.publish.promises.verify import verify
from inducult_geo.release_folders import release_is_whole
from inducult_geo.releasing import release as releasing
from inducult_geo.resolving import region as resolving
from inducult_geo.run import _CODE, open_run
from inducult_geo.stage import RegionOutcome, last_stage
from inducult_geo.stamps import files_stamp, registry_share
from inducult_geo.status import status_of
from inducult_geo.store import DataFolder, current_release, read_json, write_json

REGIONS = ("leoben", "opole")


class Told:
    """A run on a data folder, with all that it says; `read` names the files that it read, `resolved` the regions."""

    def __init__(self, data: Path, *, afresh: bool = False, publish: bool = True) -> None:
        self.said: list[str] = []
        run = open_run(data, say=self.said.append, afresh=afresh)
        self.outcome: RunOutcome = run_all(REGIONS, run, publish=publish)

    @property
    def read(self) -> set[str]:
        return {line.split("reading ")[1] for line in self.said if "reading " in line}

    @property
    def resolved(self) -> set[str]:
        return {line.split(":")[0] for line in self.said if ": resolving " in line}

    @property
    def wrote(self) -> bool:
        return any(line.startswith("writing the release") for line in self.said)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> tuple[Path, Told]:
    """A data folder after its first release, of regions as another run has kept them; and what that run tells."""
    data = tmp_path_factory.mktemp("resume") / "data"
    for kept in (Path("raw", "sample"), *(Path("processed", "regions", region) for region in REGIONS)):
        shutil.copytree(sample_data / kept, data / kept, symlinks=True)
    return data, Told(data)


@pytest.fixture
def data(tmp_path: Path, first: tuple[Path, Told]) -> Path:
    shutil.copytree(first[0], tmp_path / "data", symlinks=True)
    return tmp_path / "data"


def releases(data: Path) -> list[str]:
    return sorted(path.name for path in (data / "processed" / "releases").iterdir())


def test_the_first_release_is_made_of_what_is_kept_of_its_regions(first: tuple[Path, Told]) -> None:
    assert (first[1].read, first[1].resolved) == (set(), set())
    assert first[1].wrote
    assert first[1].outcome.is_new


def damaged(folder: Path, name: str) -> None:
    """Damage a file as a disk does: it is as long as before, and nothing says that it was written."""
    (file,) = [*folder.glob(f"{name}.parquet"), *folder.glob(f"manifest-*/{name}.parquet")]
    content = bytearray(file.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    file.write_bytes(content)


@pytest.mark.parametrize("name", ["records", pytest.param("registry", marks=pytest.mark.slow)])
def test_outputs_of_a_region_that_a_disk_has_lost_are_made_anew(data: Path, name: str) -> None:
    before = releases(data)
    damaged(data / "processed" / "regions" / "opole", name)
    again = Told(data)
    assert (again.read, again.resolved) == (set(), {"opole"})
    assert "opole: what was kept of it is damaged, and is made anew" in again.said
    assert again.outcome.exit_code == 0
    assert releases(data) == before, "the same sites with the same ids"


def test_records_of_a_source_that_a_disk_has_lost_are_read_anew(data: Path) -> None:
    before = releases(data)
    (kept,) = (data / "processed" / "regions" / "leoben" / "sources").glob("leoben_eisenstrasse-*")
    damaged(kept, "records")
    again = Told(data)
    assert again.read == {"leoben_eisenstrasse.xlsx"}
    assert (again.outcome.exit_code, releases(data)) == (0, before)


def test_without_the_outputs_of_another_region_nothing_is_published(data: Path) -> None:
    """The night of one region must not tell the sites of another to be gone."""
    before = releases(data)
    damaged(data / "processed" / "regions" / "opole", "sites")
    run = open_run(data, afresh=True)
    with pytest.raises(RegionError, match=r"opole: what was kept of it is damaged.* inducult run opole"):
        run_all(["leoben"], run)
    note = data / "processed" / "regions" / "opole" / "manifest.json"
    note.write_text(note.read_text().replace('"n_sites"', '"places"'))
    with pytest.raises(RegionError, match=r"opole: .*of another version"):
        run_all(["leoben"], run)
    assert releases(data) == before
    assert run_all(REGIONS, open_run(data)).exit_code == 0


def test_a_region_that_fails_and_of_which_nothing_can_be_read_is_not_left_out(data: Path) -> None:
    """It was of this run: its sites were told to be gone, since it failed in the night that found its outputs lost."""
    before = releases(data)
    home, raw = data / "processed" / "regions" / "opole", data / "raw" / "sample"
    note = home / "manifest.json"
    note.write_text(note.read_text()[:-9])
    shutil.rmtree(home / "sources")
    (raw / "osm" / "opole.osm").write_text("an error page")
    (raw / "partners" / "opole_zabytki.csv").unlink()
    failed = r"opole: what was kept of it is damaged.* it failed: opole: no source could be read.* inducult run opole"
    with pytest.raises(RegionError, match=failed):
        run_all(REGIONS, open_run(data))
    assert releases(data) == before
    shutil.rmtree(home)
    assert run_all(REGIONS, open_run(data)).exit_code == 1, "a region that never had outputs keeps nobody from his"
    assert len(releases(data)) == len(before) + 1


def test_nothing_changed_runs_nothing_and_publishes_nothing(data: Path, first: tuple[Path, Told]) -> None:
    before, folder = releases(data), DataFolder(data)
    noted = read_json(folder.released)
    assert noted is not None
    write_json(folder.released, noted | {"confirmed": "2026-01-01T00:00:00+00:00"})
    again = Told(data)
    assert (again.read, again.resolved, again.wrote) == (set(), set(), False)
    assert str((read_json(folder.released) or {})["confirmed"]) >= str(noted["confirmed"]), "it is confirmed anew"
    assert releases(data) == before
    assert not again.outcome.is_new
    assert again.outcome.exit_code == 0
    assert again.outcome.counts == first[1].outcome.counts
    assert again.outcome.n_sites == first[1].outcome.n_sites
    assert again.outcome.rejected_by_reason == first[1].outcome.rejected_by_reason != {}
    assert again.outcome.n_changes == 0
    assert first[1].outcome.n_changes is None, "there was no release before"
    assert again.outcome.release == current_release(DataFolder(data))


@pytest.fixture(scope="module")
def taken_back(tmp_path_factory: pytest.TempPathFactory, first: tuple[Path, Told]) -> tuple[Path, Told]:
    """A data folder of two releases, a license taken back between them; and what the run of the second tells."""
    data = Path(shutil.copytree(first[0], tmp_path_factory.mktemp("taken_back") / "data", symlinks=True))
    path = data / "raw" / "sample" / "partners" / "opole_zabytki.toml"
    path.write_text("publish = false\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    return data, Told(data)


@pytest.mark.slow
def test_a_license_that_is_taken_back_makes_a_new_release(
    first: tuple[Path, Told], taken_back: tuple[Path, Told]
) -> None:
    data, again = taken_back
    assert again.outcome.is_new
    assert again.outcome.withheld == 17
    assert again.outcome.n_changes
    assert again.outcome.release is not None
    assert sorted([*releases(first[0]), again.outcome.release.name]) == releases(data)


def test_everything_afresh_gives_the_same_bytes_and_is_not_published_either(data: Path) -> None:
    before = releases(data)
    again = Told(data, afresh=True)
    assert again.resolved == set(REGIONS)
    assert again.wrote
    assert not again.outcome.is_new
    assert releases(data) == before


def test_a_changed_file_costs_its_source_and_its_region_alone(data: Path) -> None:
    path = data / "raw" / "sample" / "partners" / "opole_zabytki.csv"
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join(lines[:-1]) + b"\n")
    again = Told(data)
    assert again.read == {"opole_zabytki.csv"}
    assert again.resolved == {"opole"}
    assert again.outcome.is_new
    assert len(releases(data)) == 2
    (told,) = (data / "processed" / "changes").iterdir()
    said = told.read_bytes()
    # The disk was full right after the release was published, or the run was killed there.
    told.unlink()
    with at_work(open_run(data)):
        assert told.read_bytes() == said
    shutil.rmtree(told.parent)
    told.parent.write_text("a file where a folder belongs")
    lines: list[str] = []
    with at_work(open_run(data, say=lines.append)):
        assert any("cannot be told: " in line and "a file stands where a folder belongs" in line for line in lines)


def test_a_file_touched_but_not_changed_costs_nothing(data: Path) -> None:
    path = data / "raw" / "sample" / "osm" / "opole.osm"
    os.utime(path, (1_700_000_000, 1_700_000_000))
    again = Told(data)
    assert (again.read, again.resolved, again.wrote) == (set(), set(), False)


def test_a_decision_costs_the_region_that_it_is_about(data: Path) -> None:
    stage = last_stage("opole", open_run(data))
    assert stage is not None
    left, right = sorted(stage.records()["record_key"])[:2]
    log = data / "raw" / "decisions" / "decisions.jsonl"
    append_decision(log, Decision("me", "2026-01-01T00:00:00+00:00", left, right, "different"))
    append_decision(log, Decision("me", "2026-01-01T00:00:00+00:00", "far:1", "far:2", "same"))
    again = Told(data, publish=False)
    assert again.read == set()
    assert again.resolved == {"opole"}


@pytest.mark.slow
def test_a_site_that_a_person_merged_is_found_by_its_former_id(data: Path) -> None:
    before = open_release(data).sites
    one, other = before.loc[(before["region"] == "opole") & (before["n_review"] == 0), "site_id"].iloc[:2]
    left, right = sorted(open_release(data).site(site).records["record_key"].iloc[0] for site in (one, other))
    log = data / "raw" / "decisions" / "decisions.jsonl"
    append_decision(log, Decision("me", "2026-01-01T00:00:00+00:00", left, right, "same"))
    assert Told(data).wrote
    release = open_release(data)
    (former,), (stands,) = release.former_ids["site_id"], release.former_ids["merged_into"]
    assert {former, stands} == {one, other}
    assert release.site(former).site_id == stands
    assert all(finding.ok for finding in verify(release.folder))


def test_other_code_runs_everything(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from inducult_geo import stamps

    monkeypatch.setattr(stamps, "code_hash", lambda: "another")
    again = Told(data, publish=False)
    assert again.resolved == set(REGIONS)
    assert {"leoben.osm", "opole.osm", "leoben_eisenstrasse.xlsx"} <= again.read


def test_every_kind_of_file_of_the_package_counts_as_its_code() -> None:
    """The script of the map page did not: a release kept the old page, and one run id had two pages."""
    root = Path(inducult_geo.__file__).parent
    kinds = {path.suffix for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert kinds - _CODE <= {".typed"}


def test_an_outline_that_changes_costs_its_region(data: Path) -> None:
    path = data / "raw" / "sample" / "boundaries" / "leoben.geojson"
    whole = json.loads(path.read_text(encoding="utf-8"))
    whole["features"][0]["properties"]["note"] = "drawn anew"
    path.write_text(json.dumps(whole), encoding="utf-8")
    assert Told(data, publish=False).resolved == {"leoben"}


def test_after_a_crash_the_next_run_goes_on_from_the_last_whole_stage(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = data / "raw" / "sample" / "partners" / "opole_zabytki.csv"
    path.write_bytes(b"\n".join(path.read_bytes().splitlines()[:-1]) + b"\n")
    settle = resolving.resolve

    def dies(*arguments, **named):
        if "opole" in set(arguments[0]["region"]):
            raise KeyboardInterrupt
        return settle(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(resolving, "resolve", dies)
        with pytest.raises(KeyboardInterrupt):
            Told(data)
    again = Told(data)
    assert (again.read, again.resolved) == (set(), {"opole"})
    assert again.outcome.is_new


def test_a_region_that_was_kept_before_its_registry_was_written_is_not_resolved_again(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that dies at another region leaves the registry as it was when this one, the first of all, was made."""
    monkeypatch.setattr(resolving, "registry_of", lambda _: empty_registry())
    said: list[str] = []
    run = open_run(data, say=said.append)
    settle_kept(run.catalog.regions["leoben"], run)
    assert not any("resolving" in line for line in said)


@pytest.mark.slow
def test_an_altered_release_is_written_anew(data: Path) -> None:
    release = current_release(DataFolder(data))
    assert release is not None
    with (release / "README.txt").open("a") as file:
        file.write("scribbled")
    again = Told(data)
    assert any("altered" in line for line in again.said)
    assert again.outcome.is_new
    assert again.outcome.release is not None
    assert release_is_whole(again.outcome.release)


def test_after_a_release_that_cannot_be_read_the_next_one_is_published_and_tells_no_changes(data: Path) -> None:
    release = current_release(DataFolder(data))
    assert release is not None
    for name in ("sites.parquet", "inducult.gpkg"):
        (release / name).write_bytes(b"torn")
    again = Told(data)
    assert (again.outcome.is_new, again.outcome.n_changes, again.outcome.exit_code) == (True, None, 0)
    assert any("is not in the release: " in line for line in again.said)
    assert again.outcome.release is not None
    assert release_is_whole(again.outcome.release)


def test_old_releases_go_before_a_run_that_may_find_no_room(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk stayed full, whatever the settings said: they left after a release that could not be written."""
    monkeypatch.setenv("INDUCULT_RELEASES_KEPT", "1")
    (new,) = releases(data)
    (data / "processed" / "releases" / f"{new[:8]}00T000000Z").mkdir()
    with at_work(open_run(data)):
        assert releases(data) == [new]


@pytest.mark.slow
def test_a_release_that_a_person_turned_back_to_does_not_hold_for_the_newest(
    first: tuple[Path, Told], taken_back: tuple[Path, Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was noted is of the newest one: it must not pass for what stands in the older."""
    monkeypatch.setenv("INDUCULT_RELEASES_KEPT", "1")
    data = Path(shutil.copytree(taken_back[0], tmp_path / "data", symlinks=True))
    new = current_release(DataFolder(data))
    assert new is not None
    current = data / "processed" / "current"
    current.unlink()
    current.symlink_to(Path("releases", *releases(first[0])))
    again = Told(data)
    assert again.wrote
    assert again.outcome.release == new == current_release(DataFolder(data))
    assert again.outcome.withheld == 17
    assert releases(data) == [new.name], "old ones go"


def test_lost_outputs_are_made_again(data: Path) -> None:
    def sites() -> tuple[Path, str]:
        stage = last_stage("leoben", open_run(data))
        assert stage is not None
        return stage.folder / "sites.parquet", frame_digest(stage.sites())

    file, before = sites()
    file.unlink()
    assert Told(data, publish=False).resolved == {"leoben"}
    assert sites()[1] == before


def test_a_registry_that_was_lost_is_made_again_with_the_same_ids(data: Path) -> None:
    registry = data / "processed" / "registry.parquet"
    before = frame_digest(registry_of(open_run(data)))
    registry.unlink()
    assert Told(data).outcome.exit_code == 0
    assert frame_digest(registry_of(open_run(data))) == before


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory, first: tuple[Path, Told]) -> Path:
    """A data folder after a release with a site that is not called as its records would say."""
    data = Path(shutil.copytree(first[0], tmp_path_factory.mktemp("renamed") / "data", symlinks=True))
    path = data / "processed" / "registry.parquet"
    registry = pd.read_parquet(path)
    old = registry.loc[registry["region"] == "opole", "site_id"].iloc[0]
    mine = new_site_id("a record that founded the site and is gone")
    registry["site_id"] = registry["site_id"].replace(old, mine)
    registry.to_parquet(path, index=False)
    release = Told(data).outcome.release
    assert release is not None
    ids = set(pd.read_parquet(release / "sites.parquet", columns=["site_id"])["site_id"])
    assert mine in ids
    assert old not in ids
    return data


@pytest.mark.parametrize(
    "lost",
    [
        ["registry.parquet"],
        pytest.param(["registry.parquet", "regions", "released.json"], marks=pytest.mark.slow),
    ],
    ids=["it alone", "all that is kept"],
)
def test_ids_with_a_history_outlast_a_registry_that_was_not_restored(
    renamed: Path, tmp_path: Path, lost: list[str]
) -> None:
    """A backup held the releases, and not the file that knows why a site is not called as its records would say."""
    data = Path(shutil.copytree(renamed, tmp_path / "data", symlinks=True))
    release = current_release(DataFolder(data))
    assert release is not None
    for name in lost:
        gone = data / "processed" / name
        shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    again = Told(data)
    assert again.outcome.release == release
    assert not again.outcome.is_new
    told = [line for line in again.said if "registry.parquet: was missing" in line]
    assert len(told) == 1
    assert (f"release {release.name}" in told[0]) == ("regions" in lost)
    assert Told(data).said == [f"nothing has changed: release {release.name} holds"]


@pytest.mark.parametrize("harm", ["cut off", "another table", "other values"])
def test_a_registry_that_was_harmed_is_told_by_status_and_run_alike(data: Path, harm: str) -> None:
    path = data / "processed" / "registry.parquet"
    assert status_of(DataFolder(data), max_age_h=24).torn == ()
    if harm == "cut off":
        path.write_bytes(path.read_bytes()[:500])
    elif harm == "another table":
        pd.DataFrame({"a": [1]}).to_parquet(path)
    else:
        pd.read_parquet(path).assign(x="far").to_parquet(path)
    with pytest.raises(StorageError, match=r"registry\.parquet: the registry of site ids is damaged .*from a backup"):
        registry_of(open_run(data))
    (told,) = status_of(DataFolder(data), max_age_h=24).torn
    assert "the registry of site ids is damaged" in told


def test_a_registry_that_may_not_be_read_is_not_called_damaged_nor_to_be_removed(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path) -> None:
        raise PermissionError(errno.EACCES, "Failed to open local file")

    monkeypatch.setattr(memory.pq, "read_schema", refused)
    with pytest.raises(
        StorageError, match=r"registry\.parquet: cannot be read: Permission denied.*give this program the right"
    ):
        registry_of(open_run(data))


@pytest.mark.slow
def test_a_registry_that_is_missing_beside_a_damaged_release_is_made_of_the_records(data: Path) -> None:
    shutil.rmtree(data / "processed" / "regions")
    (data / "processed" / "registry.parquet").unlink()
    release = current_release(DataFolder(data))
    assert release is not None
    (release / "records.parquet").write_bytes(b"PAR1torn")
    again = Told(data)
    assert again.outcome.exit_code == 0
    assert not any("was missing" in line for line in again.said)


def test_the_share_of_a_region_is_the_same_before_and_after_merging(data: Path) -> None:
    run = open_run(data)
    for region in REGIONS:
        stage = last_stage(region, run)
        assert stage is not None
        merged, own = (registry_share(table, region) for table in (registry_of(run), stage.table("registry")))
        assert merged == own
        assert merged in stage.registries


def test_hashes_are_taken_anew_only_where_a_file_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from inducult_geo import digest

    counted: list[Path] = []

    def counting(path: Path) -> str:
        counted.append(path)
        return sha256(path)

    monkeypatch.setattr(digest, "sha256", counting)
    monkeypatch.setattr(digest, "SETTLED_S", 0.0)
    path = tmp_path / "a"
    path.write_bytes(b"one")
    time.sleep(0.02)
    hashes = FileHashes(tmp_path / ".hashes.json")
    assert hashes.of(path) == hashes.of(path) == sha256(path)
    assert len(counted) == 1
    hashes.save()
    assert FileHashes(tmp_path / ".hashes.json").of(path) == sha256(path)
    assert len(counted) == 1
    path.write_bytes(b"two")
    assert FileHashes(tmp_path / ".hashes.json").of(path) == sha256(path)
    assert len(counted) == 2
    (tmp_path / ".hashes.json").write_text("{torn")
    assert FileHashes(tmp_path / ".hashes.json").of(path) == sha256(path)


def test_a_file_of_this_very_moment_is_not_trusted_to_its_size_and_time(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    hashes = FileHashes()
    before = hashes.of(path)
    state = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert hashes.of(path) != before


def test_sidecars_of_a_shapefile_count(tmp_path: Path) -> None:
    for name in ("a.shp", "a.prj", "b.prj"):
        (tmp_path / name).write_text(name)
    run = open_run(tmp_path, contracts=False)
    assert [name for name, _ in files_stamp([tmp_path / "a.shp"], run)] == ["a.shp", "a.prj"]


def test_a_release_is_another_one_where_a_region_fails_for_another_reason_or_the_sample_is_left(tmp_path: Path) -> None:
    def made_of(message: str, data: str = "own") -> str:
        run = open_run(tmp_path / data, contracts=False)
        return releasing._stamp({}, {"opole": RegionOutcome("opole", "stale", None, message)}, {}, run)

    (tmp_path / "sample" / "raw" / "sample").mkdir(parents=True)
    busy = made_of("busy (HTTP 504). Ask again in 20 seconds.")
    assert busy == made_of("busy (HTTP 503). Ask again in 7 seconds."), "the same each night"
    assert len({busy, made_of("no outline"), made_of("no outline", "sample")}) == 3
