"""What a run says of itself: its exit code, one sentence that names every failure, and a note that outlives it."""

from __future__ import annotations

from pathlib import Path

import pytest

from inducult_geo.errors import ConfigError, DecisionError, RegionError
from inducult_geo.frames import Counts
from inducult_geo.outcome import RunOutcome, begin, last_run, note, unpublished
from inducult_geo.pipeline import at_work
from inducult_geo.run import Run, SourceFacts, open_run
from inducult_geo.stage import RegionOutcome, Stage


def region(name: str, *facts: SourceFacts, state: str = "fresh", message: str | None = None) -> RegionOutcome:
    counts = Counts(10, 7, 1, 2)
    kept = Stage(name, Path("nowhere"), "r", counts, 5, facts, {}, ()) if state != "failed" else None
    return RegionOutcome(name, state, kept, message)


def run_of(*regions: RegionOutcome, wide: tuple[SourceFacts, ...] = ()) -> RunOutcome:
    return RunOutcome(regions, None, Counts(0, 0, 0, 0), 0, 0, {}, wide=wide)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return open_run(tmp_path / "data", contracts=False)


def fact(source: str, state: str, message: str | None = None, **said: object) -> SourceFacts:
    return SourceFacts(source, None, state, message=message, **said)


def test_a_whole_run_is_zero_and_says_so() -> None:
    outcome = run_of(region("opole", fact("osm", "fresh"), fact("eutl", "absent")), region("leoben"))
    assert outcome.exit_code == 0
    assert outcome.failures == ()
    assert outcome.sentence == "2 of 2 regions whole"


@pytest.mark.parametrize("state", ["failed", "stale"])
def test_a_source_that_failed_makes_the_run_partial(state: str) -> None:
    outcome = run_of(region("opole", fact("zabytki", state, "zabytki.csv:  not\nthere.")), region("leoben"))
    assert outcome.exit_code == 1
    assert outcome.sentence == "1 of 2 regions whole; failed: zabytki in opole (zabytki.csv: not there)"


def test_a_region_that_failed_is_named_with_its_reason() -> None:
    outcome = run_of(region("opole", state="failed", message="no outline."), region("leoben"))
    assert outcome.failures == ("opole (no outline)",)
    assert outcome.exit_code == 1


def test_a_region_without_a_reason_says_that_there_is_none() -> None:
    assert run_of(region("opole", state="failed")).failures == ("opole (no reason given)",)


def test_one_source_that_fails_everywhere_is_told_once() -> None:
    broken = fact("hotmaps", "stale", "the file is empty")
    names = ("gorenjska", "leoben", "limburg", "opole", "padova")
    (told,) = run_of(*(region(name, broken) for name in names)).failures
    assert told == "hotmaps in gorenjska, leoben, limburg and 2 more (the file is empty)"


@pytest.mark.parametrize(
    ("names", "where"),
    [
        (("opole",), "in opole"),
        (("leoben", "opole", "padova"), "in leoben, opole, padova"),
        (("leoben", "limburg", "opole", "padova"), "in leoben, limburg, opole and 1 more"),
    ],
)
def test_regions_of_a_failure_are_named_as_far_as_they_fit(names: tuple[str, ...], where: str) -> None:
    (told,) = run_of(*(region(name, fact("hotmaps", "failed", "empty")) for name in names)).failures
    assert told == f"hotmaps {where} (empty)"


def test_two_reasons_of_one_source_are_two_failures() -> None:
    outcome = run_of(region("opole", fact("a", "failed", "x")), region("leoben", fact("a", "failed", "y")))
    assert outcome.failures == ("a in opole (x)", "a in leoben (y)")


def test_a_wide_source_that_failed_outside_all_regions_counts() -> None:
    outcome = run_of(region("opole"), wide=(fact("eutl", "failed", "not a CSV."),))
    assert outcome.exit_code == 1
    assert outcome.failures == ("eutl (not a CSV)",)


def test_sources_of_a_region_that_failed_are_not_told_beside_it() -> None:
    """The region's own reason is enough: its sources are those of an earlier night."""
    old = region("opole", fact("a", "stale", "x"), state="stale", message="no outline.")
    assert run_of(old).failures == ("opole (no outline)",)


def test_a_run_that_publishes_nothing_still_counts() -> None:
    rejected = fact("a", "fresh", rejected_by_reason={"no_key": 2, "bad_row": 1})
    outcome = unpublished([region("opole", rejected), region("leoben", rejected), region("padova", state="failed")])
    assert outcome.release is None
    assert outcome.counts == Counts(20, 14, 2, 4)
    assert outcome.n_sites == 10
    assert outcome.rejected_by_reason == {"no_key": 4, "bad_row": 2}


def test_what_failed_of_no_region_is_told_also_where_nothing_is_published() -> None:
    outcome = unpublished([region("opole")], wide=(fact("eutl", "failed", "not a CSV."),))
    assert outcome.exit_code == 1
    assert outcome.failures == ("eutl (not a CSV)",)
    assert outcome.withheld == 0


class TestNote:
    def test_an_end_is_noted_also_where_the_note_of_the_beginning_was_lost(self, run: Run) -> None:
        with begin(run):
            (run.folder.processed / "last_run.json").unlink()
            note(run_of(region("opole")), run)
        told = last_run(run.folder)
        assert told is not None
        assert (told["began"], told["exit_code"]) == (None, 0)

    def test_there_is_none_before_the_first_run(self, run: Run) -> None:
        assert last_run(run.folder) is None

    def test_a_run_that_was_killed_has_begun_and_not_ended(self, run: Run) -> None:
        with begin(run):
            told = last_run(run.folder)
        assert told is not None
        assert told["ended"] is None
        assert told["began"].endswith("Z")

    def test_a_run_that_ends_tells_how(self, run: Run) -> None:
        with begin(run):
            note(run_of(region("opole", fact("a", "failed", "x"))), run)
        told = last_run(run.folder)
        assert told is not None
        assert (told["exit_code"], told["failures"]) == (1, ["a in opole (x)"])
        assert told["ended"] >= told["began"]
        assert "opole is not whole" in told["said"]

    def test_an_error_is_noted_and_goes_on(self, run: Run) -> None:
        with pytest.raises(RegionError, match=r"all\n is lost"), begin(run):
            raise RegionError("all\n is lost.")
        told = last_run(run.folder)
        assert told is not None
        assert told["said"] == "all is lost"
        assert told["exit_code"] == 1

    def test_a_fault_of_the_program_is_told_as_one(self, run: Run) -> None:
        """It was told as a run that somebody had killed."""
        with pytest.raises(ZeroDivisionError), begin(run):
            raise ZeroDivisionError("by zero")
        told = last_run(run.folder)
        assert told is not None
        assert told["said"] == "ZeroDivisionError: by zero. This is a fault of inducult-geo: please report it"
        assert told["exit_code"] == 1


def test_a_run_that_ends_at_the_log_of_decisions_is_noted_as_failed(tmp_path: Path) -> None:
    """`inducult status` went on to tell of the run before, that all was whole."""
    run = open_run(tmp_path / "data", contracts=False)
    run.folder.decisions.parent.mkdir(parents=True)
    run.folder.decisions.write_text("{oops\n{}\n")
    with pytest.raises(DecisionError), at_work(run):
        pass
    noted = last_run(run.folder)
    assert noted is not None
    assert noted["exit_code"] == 1
    assert "line 1: not a line of JSON" in noted["said"]


@pytest.mark.parametrize("unmounted", ["raw/partners", "raw"])
def test_inputs_that_are_gone_all_at_once_end_the_run_before_anything_is_done(tmp_path: Path, unmounted: str) -> None:
    """All of their sites left the map, with exit code 0."""
    data, share = tmp_path / "data", tmp_path / "share"
    (data / "raw" / "partners").mkdir(parents=True)
    (data / "raw" / "partners" / "list.csv").write_text("id,name\n")
    (data / "raw" / "boundaries").mkdir()
    (data / "raw" / "boundaries" / "opole.geojson").touch()

    def work() -> None:
        with at_work(open_run(data)):
            pass

    work()
    (data / unmounted).rename(share)
    (data / unmounted).mkdir()
    with pytest.raises(ConfigError, match=rf"{unmounted}: is empty, but held files in the last run, .*mounted\?"):
        work()
    said = (last_run(open_run(data).folder) or {})["said"]
    assert "is empty, but held files" in said
    (data / unmounted).rmdir()
    share.rename(data / unmounted)
    work()


def test_inputs_that_are_taken_away_for_good_are_gone(tmp_path: Path) -> None:
    """With their folder; and an extract that is named stands in for the folder of extracts."""
    (tmp_path / "raw" / "osm").mkdir(parents=True)
    (extract := tmp_path / "raw" / "osm" / "opole.osm").touch()
    (tmp_path / "raw" / "note.txt").touch()
    with at_work(open_run(tmp_path)):
        extract.rename(tmp_path / "mine.osm")
    with at_work(open_run(tmp_path, osm_file=tmp_path / "mine.osm")):
        pass
    with pytest.raises(ConfigError, match="osm: is empty"), at_work(open_run(tmp_path)):
        pass
    extract.parent.rmdir()
    for _ in range(2):
        with at_work(open_run(tmp_path)):
            extract.parent.mkdir(exist_ok=True)
