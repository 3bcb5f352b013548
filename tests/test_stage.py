"""What is kept between stages and between runs: whole or not at all, and nothing that nobody points to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from inducult_geo.digest import sha256
from inducult_geo.frames import Counts, FileRead, Problem, Records, as_records
from inducult_geo.match.decided.decisions import Decision, replay
from inducult_geo.match.scoring.score import shipped_weights
from inducult_geo.resolving.recalled import undeclared
from inducult_geo.resolving.region import _inputs, _of_region, decided_here, heard_here, still_told
from inducult_geo.run import Run, SourceFacts, open_run
from inducult_geo.stage import (
    FRAMES,
    Collected,
    Part,
    RegionOutcome,
    Stage,
    clear_unpointed,
    drop_part,
    keep_collected,
    keep_part,
    keep_stage,
    last_collected,
    last_part,
    last_stage,
    last_state,
    note_state,
    renew_stage,
)
from inducult_geo.store import write_json

OUTLINE = {"source": "the office", "licence": "CC0-1.0", "attribution": ""}
FACTS = SourceFacts(
    "osm",
    "opole",
    "fresh",
    (FileRead("opole.osm.pbf", "0" * 64, "extract", 3),),
    Counts(3, 2, 0, 1),
    {"no_coordinates": 1},
    "EPSG:4326",
    "as declared",
    "an operation",
    5.0,
    ({"reading": "as declared", "shift_m": 0.0},),
    "2026-11-20",
    None,
    (Problem("osm", "note", "a note", 2),),
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return open_run(tmp_path / "data", contracts=False)


def records(*keys: str) -> Records:
    return as_records(
        pd.DataFrame({"record_key": keys, "source": "osm", "start_year": 1890}),
        geometry=[shapely.Point(4_500_000, 3_000_000)] * len(keys),
    )


def home(run: Run, region: str = "opole") -> Path:
    return run.folder.region(region) / "sources"


def folders(path: Path) -> list[str]:
    return sorted(one.name for one in path.iterdir() if one.is_dir())


def frames(*keys: str) -> dict[str, pd.DataFrame]:
    whole = records(*keys)
    plain = pd.DataFrame({"a": [1]})
    sites = gpd.GeoDataFrame({"site_id": ["IC-1"]}, geometry=[shapely.Point(1, 2)], crs="EPSG:3035")
    return {"records": whole, "sites": sites, "pairs": plain, "review": plain, "registry": plain}


def stage(**said: object) -> Stage:
    made = Stage("opole", Path("nowhere"), "r1", Counts(3, 2, 0, 1), 1, (FACTS,), OUTLINE, ("a problem",), "stamp")
    return replace(made, **said)  # type: ignore[arg-type]


def test_what_was_told_of_a_list_under_another_id_is_told_while_nothing_but_the_registry_changes() -> None:
    """Where outlines overlap, the next night resolved once more, and published a release without that line."""
    told = "source 'list' is called 'wykaz' now: 6 records of it keep their site ids"
    before = stage(problems=("a problem", told))
    assert still_told(before, "stamp") == [told]
    full = stage(facts=(FACTS.with_counts(Counts(3, 2, 0, 1)),))
    (gone,) = undeclared(full, {"wykaz"}, [])
    assert gone.startswith(f"no contract declares source '{FACTS.source}' any more: 3 records of it left the region")
    assert still_told(stage(problems=(gone,)), "stamp") == [gone]
    called = f"source '{FACTS.source}' is called 'wykaz' now: 3 records"
    assert undeclared(full, {"wykaz"}, [called]) == []
    assert undeclared(stage(facts=(FACTS.with_counts(Counts(0, 0, 0, 0)),)), {"wykaz"}, []) == []
    assert still_told(before, "another") == still_told(None, "stamp") == []


class TestAPart:
    def test_it_comes_back_as_it_was_kept(self, run: Run) -> None:
        kept = keep_part(home(run), records("osm:1", "osm:2"), FACTS, "stamp")
        found = last_part(home(run), "osm")
        assert found == kept
        assert found.record_keys() == ["osm:1", "osm:2"]
        assert found.records()["start_year"].dtype == "Int64"
        assert last_part(home(run), "eutl") is None

    def test_its_digest_follows_its_records(self, run: Run) -> None:
        digests = [keep_part(home(run), records(*keys), FACTS, None).digest for keys in (("a",), ("b",), ("a",))]
        assert digests[0] == digests[2] != digests[1]
        assert len(folders(home(run))) == 1, "what was kept before goes"

    def test_where_nothing_is_kept_there_are_no_records(self) -> None:
        absent = Part(FACTS)
        assert (len(absent.records()), absent.record_keys(), absent.told()["outputs"]) == (0, [], None)

    def test_dropped_it_is_gone_and_its_folder_goes_with_the_next_clearing(self, run: Run) -> None:
        kept = keep_part(home(run), records("osm:1"), FACTS, None)
        drop_part(home(run), "osm")
        drop_part(home(run), "osm")
        assert last_part(home(run), "osm") is None
        assert kept.folder is not None
        assert clear_unpointed(run) == [kept.folder.name]
        assert folders(home(run)) == []

    @pytest.mark.parametrize(
        "words",
        [
            "{",
            "[]",
            '{"outputs": null}',
            '{"outputs": ""}',
            '{"outputs": "FOLDER"}',
            '{"outputs": "FOLDER", "facts": [], "digest": "", "stamp": null}',
            '{"outputs": "elsewhere", "facts": {}}',
        ],
    )
    def test_a_note_of_other_words_is_none(self, run: Run, words: str) -> None:
        kept = keep_part(home(run), records("osm:1"), FACTS, "stamp")
        assert kept.folder is not None
        (home(run) / "osm.json").write_text(words.replace("FOLDER", kept.folder.name))
        assert last_part(home(run), "osm") is None
        assert keep_part(home(run), records("osm:1"), FACTS, "stamp").digest == kept.digest

    @pytest.mark.parametrize("lost", ["", "records.parquet"])
    def test_one_of_which_something_is_lost_is_none(self, run: Run, lost: str) -> None:
        kept = keep_part(home(run), records("osm:1"), FACTS, "stamp")
        assert kept.folder is not None
        (kept.folder / lost).rename(run.folder.root / "elsewhere")
        assert last_part(home(run), "osm") is None


class TestCollected:
    def test_what_all_sources_gave_comes_back_in_the_order_of_their_names(self, run: Run) -> None:
        osm = keep_part(home(run), records("osm:1"), FACTS, "s")
        eutl = keep_part(home(run), records("eutl:1", "eutl:2"), replace(FACTS, source="eutl"), None)
        kept = keep_collected("opole", run, [osm, eutl], OUTLINE, "d")
        assert [fact.source for fact in kept.facts] == ["eutl", "osm"]
        assert [*kept.records()["record_key"]] == ["eutl:1", "eutl:2", "osm:1"]
        assert last_collected("opole", run) == kept

    def test_one_source_alone_leaves_what_is_known_of_the_others(self, run: Run) -> None:
        for source in ("osm", "eutl"):
            part = keep_part(home(run), records(f"{source}:1"), replace(FACTS, source=source), None)
            kept = keep_collected("opole", run, [part], OUTLINE, "d")
        assert [fact.source for fact in kept.facts] == ["eutl", "osm"]

    def test_a_source_that_no_catalog_knows_any_more_is_left_out(self, run: Run) -> None:
        gone = keep_part(home(run), records("gone:1"), replace(FACTS, source="gone"), None)
        osm = keep_part(home(run), records("osm:1"), FACTS, None)
        assert [fact.source for fact in keep_collected("opole", run, [gone, osm], OUTLINE, "d").facts] == ["osm"]

    def test_a_source_of_another_region_by_now_is_left_out(self, run: Run) -> None:
        moved = run.catalog.sources["eutl"].model_copy(update={"region": "leoben", "countries": ()})
        there = replace(run, catalog=replace(run.catalog, sources={**run.catalog.sources, "eutl": moved}))
        part = keep_part(home(run), records("eutl:1"), replace(FACTS, source="eutl"), None)
        assert [fact.source for fact in keep_collected("opole", run, [part], OUTLINE, "d").facts] == ["eutl"]
        assert keep_collected("opole", there, [part], OUTLINE, "d").facts == ()

    def test_an_absent_source_is_kept_as_a_fact(self, run: Run) -> None:
        absent = Part(replace(FACTS, state="absent", message="not there"))
        keep_collected("opole", run, [absent], OUTLINE, "d")
        found = last_collected("opole", run)
        assert found is not None
        assert (found.facts[0].state, len(found.records())) == ("absent", 0)

    def test_with_a_part_lost_there_is_nothing_to_go_on_with(self, run: Run) -> None:
        assert last_collected("opole", run) is None
        part = keep_part(home(run), records("osm:1"), FACTS, None)
        keep_collected("opole", run, [part], OUTLINE, "d")
        assert part.folder is not None
        (part.folder / "records.parquet").unlink()
        assert last_collected("opole", run) is None

    @pytest.mark.parametrize("words", [{"parts": [{"word": 1}]}, {"parts": [], "outline": {}}, {"word": 1}])
    def test_another_version_s_words_are_none(self, run: Run, words: dict[str, object]) -> None:
        write_json(run.folder.region("opole") / "collected.json", words)
        assert last_collected("opole", run) is None
        part = keep_part(home(run), records("osm:1"), FACTS, None)
        assert keep_collected("opole", run, [part], OUTLINE, "d") == last_collected("opole", run)


class TestAStage:
    def test_it_comes_back_as_it_was_kept(self, run: Run) -> None:
        kept = keep_stage(stage(registries=("a", "b"), rasters=(FACTS,)), run, frames("osm:1"))
        found = last_stage("opole", run)
        assert found == kept
        assert found.folder.name.startswith("manifest-")
        assert len(found.digest.split()) == len(FRAMES)
        assert [*found.records()["record_key"]] == ["osm:1"]
        assert [*found.sites()["site_id"]] == ["IC-1"]
        assert (len(found.pairs()), len(found.table("review"))) == (1, 1)

    def test_the_next_one_takes_its_place(self, run: Run) -> None:
        first = keep_stage(stage(), run, frames("osm:1"))
        second = keep_stage(stage(run_id="r2"), run, frames("osm:1", "osm:2"))
        assert not first.folder.exists()
        assert last_stage("opole", run) == second
        assert first.digest != second.digest

    @pytest.mark.parametrize("lost", FRAMES)
    def test_with_one_frame_lost_it_is_none(self, run: Run, lost: str) -> None:
        kept = keep_stage(stage(), run, frames("osm:1"))
        (kept.folder / f"{lost}.parquet").unlink()
        assert last_stage("opole", run) is None

    def test_facts_may_change_while_the_frames_stay(self, run: Run) -> None:
        kept = keep_stage(stage(), run, frames("osm:1"))
        note = run.folder.region("opole") / "manifest.json"
        before = note.stat().st_ino
        renew_stage(kept, run)
        assert note.stat().st_ino == before, "nothing is written where nothing has changed"
        renew_stage(replace(kept, problems=("another",)), run)
        found = last_stage("opole", run)
        assert found is not None
        assert (found.problems, found.folder) == (("another",), kept.folder)

    @pytest.mark.parametrize("name", FRAMES)
    def test_whole_is_one_of_which_each_file_is_as_it_was(self, run: Run, name: str) -> None:
        kept = keep_stage(stage(), run, frames("osm:1"))
        assert kept.is_whole(sha256)
        file = kept.folder / f"{name}.parquet"
        file.write_bytes(file.read_bytes()[:-1] + b"?")
        assert not kept.is_whole(sha256)
        assert replace(kept, digest="").is_whole(sha256), "an older version notes no hash"

    def test_what_the_disk_does_not_give_any_more_is_not_whole(self, run: Run) -> None:
        """It goes away, or cannot be read, between looking and hashing: then it is made anew, and no run dies of it."""

        def unreadable(path: Path) -> str:
            raise OSError(5, "Input/output error", str(path))

        kept, part = keep_stage(stage(), run, frames("osm:1")), keep_part(home(run), records("osm:1"), FACTS, None)
        assert part.is_whole(sha256)
        assert not part.is_whole(unreadable)
        assert not kept.is_whole(unreadable)
        (kept.folder / "pairs.parquet").unlink()
        assert not kept.is_whole(sha256)

    def test_a_source_without_records_is_whole(self) -> None:
        assert Part(SourceFacts("osm", "opole", "absent")).is_whole(sha256)

    @pytest.mark.parametrize("word", ['"n_sites"', '"counts"', '"records_in"', '"sha256"'])
    def test_another_version_s_words_are_none(self, run: Run, word: str) -> None:
        keep_stage(stage(), run, frames("osm:1"))
        note = run.folder.region("opole") / "manifest.json"
        note.write_text(note.read_text().replace(word, '"word"'))
        assert last_stage("opole", run) is None

    def test_what_became_of_it_is_told_to_runs_that_have_no_part_in_it(self, run: Run) -> None:
        kept = keep_stage(stage(), run, frames("osm:1"))
        assert last_state(kept, run) == RegionOutcome("opole", "stale", kept)
        note_state(RegionOutcome("opole", "failed", kept, "no outline"), run)
        assert last_state(kept, run) == RegionOutcome("opole", "failed", kept, "no outline")
        (run.folder.region("opole") / "state.json").write_text('{"condition": "failed"}')
        assert last_state(kept, run) == RegionOutcome("opole", "stale", kept), "another version's words"


@pytest.mark.parametrize(
    ("state", "source", "raster", "told", "is_whole"),
    [
        ("fresh", "fresh", "fresh", "fresh", True),
        ("fresh", "absent", "absent", "fresh", True),
        ("fresh", "stale", "fresh", "partial", False),
        ("fresh", "failed", "fresh", "partial", False),
        ("fresh", "fresh", "failed", "partial", False),
        ("stale", "fresh", "fresh", "stale", False),
        ("stale", "failed", "fresh", "stale", False),
    ],
)
def test_a_region_is_whole_where_all_its_sources_and_rasters_are(
    state: str, source: str, raster: str, told: str, is_whole: bool
) -> None:
    made = stage(facts=(replace(FACTS, state=source),), rasters=(replace(FACTS, state=raster),))
    outcome = RegionOutcome("opole", state, made)
    assert (outcome.told_state, outcome.is_whole) == (told, is_whole)
    assert RegionOutcome("opole", "failed", None).failed_sources == ()


def test_what_nobody_points_to_is_cleared_and_nothing_else(run: Run) -> None:
    """A run was killed between writing a folder and pointing to it."""
    kept = keep_stage(stage(), run, frames("osm:1"))
    part = keep_part(home(run), records("osm:1"), FACTS, None)
    wide = keep_part(run.folder.wide, records("eutl:1"), replace(FACTS, source="eutl", region=None), None)
    for left in (run.folder.region("opole") / "manifest-1", home(run) / "osm-1", run.folder.wide / "eutl-1"):
        left.mkdir()
        (left / "records.parquet").touch()
    assert sorted(clear_unpointed(run)) == ["eutl-1", "manifest-1", "osm-1"]
    assert last_stage("opole", run) == kept
    assert last_part(home(run), "osm") == part
    assert last_part(run.folder.wide, "eutl") == wide
    assert clear_unpointed(run) == []


def test_a_region_is_settled_again_for_each_word_that_it_tells_of(tmp_path: Path) -> None:
    """A word on a record that lies in another region now was told as without effect long after it was taken back."""
    pd.DataFrame({"record_key": ["a:1", "a:2"]}).to_parquet(tmp_path / "records.parquet")
    parts, known = [Part(FACTS, tmp_path)], pd.DataFrame({"record_key": ["a:1", "gone:1", "gone:2"]})
    pairs = [("a:1", "a:2"), ("a:1", "moved:1"), ("gone:1", "gone:2"), ("moved:1", "moved:2"), ("gone:1", "moved:1")]
    said = [Decision("Eva", "2026-03-01", left, right, "same") for left, right in pairs]
    assert decided_here(parts, replay(said), known) == sorted(one.as_line() for one in said[:3])
    went_on = pd.DataFrame({"record_key": ["a:2"], "succeeds": ["gone:1"]})
    assert heard_here({"a:1", "a:2"}, replay(said), went_on) == sorted(one.as_line() for one in (*said[:3], said[4]))
    assert heard_here({"a:1", "a:2"}, replay(said), went_on.iloc[:0]) == sorted(one.as_line() for one in said[:2])
    back = replay([*said, Decision("Eva", "2026-03-02", "a:1", "moved:1", "undecided")])
    assert decided_here(parts, back, known) != decided_here(parts, replay(said), known)


def test_a_region_is_settled_again_with_other_weights(run: Run, tmp_path: Path) -> None:
    collected = Collected("opole", (), {}, "outline")
    other = tmp_path / "weights.json"
    weights = shipped_weights().document("test")
    settled = []
    for share in (0.5, 0.6):
        write_json(other, weights | {"share": share})
        fitted = replace(run, settings=run.settings.model_copy(update={"weights": other}))
        settled.append(_inputs(run.catalog.region("opole"), collected, fitted))
    shipped = _inputs(run.catalog.region("opole"), collected, run)
    assert shipped != settled[0] != settled[1] != shipped


def test_of_a_registry_a_regions_own_rows_count() -> None:
    registry = pd.DataFrame({"record_key": ["a:1", "b:1"], "region": ["opole", "leoben"]})
    assert _of_region(registry, "opole")["record_key"].tolist() == ["a:1"]
    assert _of_region(registry[["record_key"]], "opole").empty, "an older one knows no regions"


def test_of_a_wide_source_a_region_takes_what_lies_in_it_and_can_be_used(run: Run) -> None:
    told = records("eutl:1", "eutl:2", "eutl:3").assign(reason=["bad_coordinate", None, None])
    places = [shapely.Point(0, 0), shapely.Point(1, 1), shapely.Point(9, 9)]
    part = keep_part(run.folder.wide, as_records(told.set_geometry(places, crs=told.crs)), FACTS, None)
    assert part.records_in(shapely.box(-2, -2, 2, 2))["record_key"].tolist() == ["eutl:2"]


def test_what_a_source_gave_last_takes_the_place_of_what_it_gave_before(run: Run) -> None:
    before, after = (keep_part(home(run), records(*keys), FACTS, None) for keys in (["osm:1"], ["osm:1", "osm:2"]))
    keep_collected("opole", run, [replace(before, folder=after.folder)], OUTLINE, "outline")
    assert keep_collected("opole", run, [after], OUTLINE, "outline").parts == (after,)
