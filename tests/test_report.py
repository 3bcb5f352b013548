"""What commands tell at their end: every number, every failure, nothing that a name could make of the terminal."""

from __future__ import annotations

import io
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from inducult_geo.checking.check import CheckReport, DateShare
from inducult_geo.checking.map import Sites
from inducult_geo.frames import Counts, FileRead, Problem
from inducult_geo.outcome import RunOutcome
from inducult_geo.publish.compared.changes import CHANGE_COLUMNS
from inducult_geo.publish.promises.verify import Finding
from inducult_geo.report import (
    change_tables,
    check_tables,
    fetched_as_dicts,
    fetched_lines,
    finding_tables,
    outcome_as_dict,
    outcome_tables,
    status_lines,
)
from inducult_geo.run import Run, SourceFacts, open_run
from inducult_geo.sources.web.fetch_plan import FetchOutcome
from inducult_geo.stage import RegionOutcome, Stage
from inducult_geo.status import Status
from inducult_geo.store import DataFolder

MARKUP = "[bold red]x[/] [link=file:///etc/passwd]y[/link]"


def told(draw, *values) -> str:
    """What a function prints, with no terminal's width and no colors."""
    stream = io.StringIO()
    draw(*values, Console(file=stream, width=200, highlight=False, soft_wrap=True))
    return stream.getvalue()


def stage(region: str, counts: Counts, *, sites: int = 0, facts: tuple[SourceFacts, ...] = (), problems=()) -> Stage:
    return Stage(
        region=region,
        folder=Path("nowhere"),
        run_id="r",
        counts=counts,
        n_sites=sites,
        facts=facts,
        outline={},
        problems=tuple(problems),
    )


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "raw" / "partners").mkdir(parents=True)
    (tmp_path / "raw" / "partners" / "own.csv").write_text("a\n1\n")
    return open_run(tmp_path, contracts=False)


@pytest.fixture
def outcome() -> RunOutcome:
    """Two regions: one whole, one with a stale source; 3 records of a wide source lie in neither."""
    broken = SourceFacts("zabytki", "opole", "stale", message="zabytki.csv: not there. Put it back.")
    absent, there_alone = SourceFacts("eutl", None, "absent"), SourceFacts("zabytki", "karlovy-vary", "absent")
    note = Problem("kroniky", "unmapped_value", "values of 'type' that nobody mapped: 'Zvonice' (1).")
    quiet = Problem("kroniky", "note", "a note that is only for the manifest")
    regions = (
        RegionOutcome(
            "karlovy-vary",
            "fresh",
            stage(
                "karlovy-vary",
                Counts(1200, 1190, 4, 6),
                sites=900,
                facts=(SourceFacts("kroniky", "karlovy-vary", "fresh", problems=(note, quiet)), absent, there_alone),
                problems=("raster dem: 3 sites lie outside it",),
            ),
        ),
        RegionOutcome("opole", "fresh", stage("opole", Counts(30, 30, 0, 0), sites=20, facts=(broken, absent))),
        RegionOutcome("leoben", "failed", None, "leoben: no outline. Put one into raw/boundaries."),
    )
    noticed = (Problem("wide", "shared_place", "9 rows share 2 exact places"), Problem("wide", "note", "for nobody"))
    rejected = {"no_key": 2, "outside_all_regions": 3}
    return RunOutcome(regions, None, Counts(1233, 1220, 4, 9), 920, 7, rejected, noticed=noticed)


def row(text: str, name: str) -> str:
    (found,) = [line for line in text.splitlines() if line.strip("│┃ ").startswith(name)]
    return found


class TestOutcome:
    def test_every_region_has_its_numbers(self, outcome: RunOutcome, run: Run) -> None:
        text = told(lambda o, console: outcome_tables(o, run, console), outcome)
        assert [cell.strip() for cell in row(text, "karlovy-vary").split("│")[1:-1]] == [
            "karlovy-vary", "1,200", "1,190", "4", "6", "900", "fresh",
        ]  # fmt: skip

    def test_the_rest_is_what_lies_in_no_region(self, outcome: RunOutcome, run: Run) -> None:
        text = told(lambda o, console: outcome_tables(o, run, console), outcome)
        assert [cell.strip() for cell in row(text, "outside these regions").split("│")[2:7]] == ["3", "0", "0", "3", ""]

    def test_what_two_regions_hold_lies_not_outside(self, outcome: RunOutcome, run: Run) -> None:
        twice = replace(outcome, counts=Counts(1227, 1217, 4, 6))
        text = told(lambda o, console: outcome_tables(o, run, console), twice)
        assert [cell.strip() for cell in row(text, "outside, less").split("│")[1:4]] == [
            "outside, less what two hold", "-3", "-3",
        ]  # fmt: skip

    def test_the_rows_add_up_to_the_last(self, outcome: RunOutcome, run: Run) -> None:
        text = told(lambda o, console: outcome_tables(o, run, console), outcome)
        names = ("karlovy-vary", "opole", "leoben", "outside these regions", "all")
        cells = [[int(c.replace(",", "").strip() or 0) for c in row(text, name).split("│")[2:7]] for name in names]
        assert [sum(column) for column in zip(*cells[:-1], strict=True)] == cells[-1]

    def test_what_is_not_whole_is_marked_and_named(self, outcome: RunOutcome, run: Run) -> None:
        text = told(lambda o, console: outcome_tables(o, run, console), outcome)
        assert "partial" in row(text, "opole")
        assert "failed" in row(text, "leoben")
        assert "FAILED leoben: no outline. Put one into raw/boundaries." in text
        assert "FAILED source zabytki in opole: zabytki.csv: not there. Put it back." in text

    def test_reasons_stand_in_words(self, outcome: RunOutcome, run: Run) -> None:
        text = told(lambda o, console: outcome_tables(o, run, console), outcome)
        assert "2 no_key: the row has no key" in text
        assert "3 outside_all_regions: the place lies outside all regions" in text

    def test_withheld_and_absent_are_told_notes_for_the_manifest_are_not(self, outcome: RunOutcome, run: Run) -> None:
        text = told(lambda o, console: outcome_tables(o, run, console), outcome)
        assert "7 records are withheld from the release" in text
        assert text.count("Not used, since their files are missing: eutl\n") == 1
        region = outcome.regions[0]
        absent = [replace(region.stage.facts[0], source=name, state="absent") for name in (*"abcd", "osm")]
        many = replace(outcome, regions=(replace(region, stage=replace(region.stage, facts=(*absent,))),))
        text = told(lambda o, console: outcome_tables(o, run, console), many)
        assert "are missing: osm, 4 lists that this program knows (`--json` names them)" in text
        assert "note karlovy-vary kroniky: values of 'type' that nobody mapped" in text
        assert "note karlovy-vary: raster dem: 3 sites lie outside it" in text
        assert "note wide: 9 rows share 2 exact places" in text
        assert "for nobody" not in text
        assert "only for the manifest" not in text

    def test_without_a_release_no_file_is_named(self, outcome: RunOutcome, run: Run) -> None:
        assert "Open in QGIS" not in told(lambda o, console: outcome_tables(o, run, console), outcome)

    def test_a_release_names_its_files_and_an_old_one_says_so(self, outcome: RunOutcome, run: Run) -> None:
        old = RunOutcome(**{**vars(outcome), "release": Path("releases/2026-01-01T000000Z"), "is_new": False})
        text = told(lambda o, console: outcome_tables(o, run, console), old)
        assert "Nothing has changed: release 2026-01-01T000000Z holds" in text
        assert str(run.folder.current / "inducult.gpkg") in text
        apart = replace(run, folder=DataFolder(Path("maps [old]")))
        narrow = io.StringIO()
        outcome_tables(old, apart, Console(file=narrow, width=30))
        assert "\nOpen in QGIS:      maps [old]/processed/current/inducult.gpkg\n" in narrow.getvalue()
        assert "open question" not in text

    def test_questions_are_told_apart_from_records_in_review(self, outcome: RunOutcome, run: Run) -> None:
        release = run.folder.root / "releases"
        release.mkdir()
        with closing(sqlite3.connect(release / "inducult.gpkg")) as con:
            con.executescript("CREATE TABLE review (review_id); INSERT INTO review VALUES (1), (2), (3)")
        asking = RunOutcome(**{**vars(outcome), "release": release})
        text = told(lambda o, console: outcome_tables(o, run, console), asking)
        assert "3 open questions: whether two records are one site (both are in sites meanwhile)" in text
        assert outcome_as_dict(asking)["open_questions"] == 3

    def test_own_data_are_not_called_a_sample(self, outcome: RunOutcome, run: Run) -> None:
        assert "Sample data" not in told(lambda o, console: outcome_tables(o, run, console), outcome)

    def test_the_same_facts_as_json(self, outcome: RunOutcome) -> None:
        values = json.loads(json.dumps(outcome_as_dict(outcome)))
        assert values["counts"] == {"records_in": 1233, "in_sites": 1220, "in_review": 4, "rejected": 9}
        assert values["exit_code"] == 1
        assert [region["state"] for region in values["regions"]] == ["fresh", "fresh", "failed"]
        assert values["regions"][2]["counts"] is None
        assert values["regions"][1]["sources"][0]["message"] == "zabytki.csv: not there. Put it back."
        assert values["release"] is None
        assert len(values["failures"]) == 2

    def test_a_message_cannot_steer_the_terminal(self, outcome: RunOutcome, run: Run) -> None:
        hostile = RegionOutcome("opole", "failed", None, MARKUP)
        text = told(lambda o, c: outcome_tables(o, run, c), RunOutcome(**{**vars(outcome), "regions": (hostile,)}))
        assert f"FAILED opole: {MARKUP}" in text


class TestCheck:
    """What a steward reads before a file is used: `inducult check`."""

    def report(self, **said) -> CheckReport:
        file = FileRead("zabytki.csv", "ab", "delimited text", 1_203, "cp1250")
        reasons = {"no_coordinates": 2, "outside_region": 1}
        facts = SourceFacts("opole_zabytki", "opole", "fresh", (file,), Counts(1_203, 0, 0, 0), reasons)
        values = {
            "facts": facts,
            "accepted": 1_200,
            "rows": (),
            "noticed": (),
            "lost": (),
            "dates": (),
            "outline": None,
            "countries": (),
        }
        facts_said = {name: said.pop(name) for name in [*said] if name not in values}
        values["facts"] = replace(facts, **facts_said)
        nowhere = Sites(np.zeros((0, 2)), np.zeros(0, dtype=bool), (), None)
        return CheckReport(**{**values, **said}, sites=nowhere)

    def test_the_head_says_how_the_file_was_read(self) -> None:
        known = {"crs": "EPSG:2180", "reading": "axes swapped", "operation": "EPSG:1149", "accuracy_m": 0.1}
        lines = told(check_tables, self.report(**known, outline="opole.geojson")).splitlines()
        assert lines[:9] == [
            "source      opole_zabytki",
            "region      opole",
            "outline     opole.geojson",
            "crs         EPSG:2180",
            "reading     axes swapped",
            "operation   EPSG:1149",
            "accuracy_m  0.1",
            "file        zabytki.csv: delimited text, cp1250, 1,203 rows",
            "rows        1,203 in = 1,200 accepted + 3 not accepted",
        ]

    def test_what_is_not_known_is_a_dash_and_a_file_without_encoding_names_none(self) -> None:
        sheet = FileRead("lista.xlsx", "ab", "spreadsheet", 3)
        text = told(check_tables, self.report(region=None, files=(sheet,)))
        assert "countries   -" in text
        assert "countries   AT, DE" in told(check_tables, self.report(region=None, countries=("AT", "DE")))
        assert "crs         -" in text
        assert "file        lista.xlsx: spreadsheet, 3 rows" in text

    def test_reasons_are_counted_and_explained(self) -> None:
        text = told(check_tables, self.report())
        assert "       2 no_coordinates: the row has no coordinates" in text
        assert "       1 outside_region: it lies outside the region of its source" in text

    def test_what_was_noticed_of_accepted_rows_stands_below_those_that_are_not(self) -> None:
        row = {"place": "line 2", "name": "Huta [1]", "reason": "", "detail": "lies in CZ"}
        lines = told(check_tables, self.report(noticed=(row, {**row, "place": "line 3", "name": ""}))).splitlines()
        at = lines.index("noticed     something about 2 accepted rows:")
        assert lines[at + 1] == "  line 2: Huta [1]; line 3: lies in CZ"
        assert "noticed" not in told(check_tables, self.report())

    def test_rows_that_fare_alike_are_told_together(self) -> None:
        rows = tuple(
            {"place": f"line {number}", "name": f"Huta {number}", "reason": "no_key", "detail": "no key"}
            for number in range(2, 7)
        )
        other = {"place": "line 9", "name": "Browar [bold]", "reason": "bad_coordinate", "detail": "'51 17' may be two"}
        text = told(check_tables, self.report(rows=(*rows, other)))
        assert "  line 2: Huta 2; line 3: Huta 3; line 4: Huta 4 and 2 more: no_key: no key" in text
        assert "  line 9: Browar [bold]: bad_coordinate: '51 17' may be two" in text
        assert "line 5" not in text
        unnamed = told(check_tables, self.report(rows=({**other, "name": ""}, rows[0])))
        assert "  line 9: bad_coordinate: '51 17' may be two" in unnamed
        exactly = told(check_tables, self.report(rows=rows[:3]))
        assert "line 4: Huta 4: no_key" in exactly
        assert "more" not in exactly

    def test_a_file_of_faults_does_not_fill_the_screen(self) -> None:
        rows = [
            {"place": f"line {number}", "name": "x", "reason": "bad_coordinate", "detail": f"fault {number}"}
            for number in range(25)
        ]
        rows.append({**rows[-1], "place": "line 99"})
        text = told(check_tables, self.report(rows=tuple(rows)))
        assert "fault 19" in text
        assert "fault 20" not in text
        assert "  ... and 6 rows more (all with --json)" in text
        assert "rows more" not in told(check_tables, self.report(rows=tuple(rows[:20])))

    @pytest.mark.parametrize(
        ("share", "line"),
        [
            (DateShare("rok", 0, 0, {}), "dates       rok: no cell is filled"),
            (
                DateShare("rok", 8, 8, {}, 3),
                "dates       rok: 8 of 8 read (100.0%); 3 tell a last year, too: map the column to end as well, if "
                "work ended then",
            ),
            (DateShare("rok", 2000, 2000, {}), "dates       rok: 2,000 of 2,000 read (100.0%)"),
            (
                DateShare("rok", 8, 5, {"?": 2, "[dawno]": 1}),
                "dates       rok: 5 of 8 read (62.5%); not: '?' (2), '[dawno]' (1)",
            ),
        ],
        ids=["empty", "last years", "all", "some"],
    )
    def test_how_far_dates_were_read(self, share: DateShare, line: str) -> None:
        assert line in told(check_tables, self.report(dates=(share,))).splitlines()

    def test_of_many_dates_that_were_not_read_the_first_are_named(self) -> None:
        share = DateShare("rok", 100, 75, {f"text {number}": 1 for number in range(25)})
        text = told(check_tables, self.report(dates=(share,)))
        assert "'text 19' (1) and 5 more" in text
        assert "text 20" not in text

    def test_notes_and_readings_that_fit_are_told_to_the_letter(self) -> None:
        note = Problem("opole_zabytki", "unmapped_column", f"columns that the contract does not mention: {MARKUP}")
        fits = {"crs": "EPSG:2180", "reading": "axes swapped", "inside_share": 0.985, "shift_m": 1203}
        text = told(check_tables, self.report(problems=(note,), candidates=(fits,)))
        assert f"note        columns that the contract does not mention: {MARKUP}" in text
        assert "candidate   EPSG:2180 axes swapped: 98% inside, 1203 m away" in text


class TestOthers:
    def test_promises_are_counted_and_the_broken_ones_named(self) -> None:
        findings = [Finding("all is there", True), Finding("sums match", False, f"sites.csv {MARKUP}")]
        text = told(finding_tables, findings)
        assert "ok     all is there" in text
        assert f"BROKEN sums match: sites.csv {MARKUP}" in text
        assert text.rstrip().endswith("1 promise kept, 1 broken")

    def test_nothing_changed_is_said(self) -> None:
        assert told(change_tables, pd.DataFrame(columns=[*CHANGE_COLUMNS])).startswith("nothing changed")

    def test_each_change_stands_in_one_line(self) -> None:
        rows = [
            ("moved", "IC-1", "Huta [x]", "opole", "12 m", "osm changed", 12.0),
            ("new", "IC-2", None, "opole", "first seen", None, None),
        ]
        lines = told(change_tables, pd.DataFrame(rows, columns=[*CHANGE_COLUMNS])).splitlines()
        assert lines[0] == "moved     IC-1  opole  Huta [x]: 12 m | osm changed"
        assert lines[1] == "new       IC-2  opole  -: first seen"
        assert lines[2] == "2 changes"

    def test_a_download_that_failed_says_why(self) -> None:
        failed = FetchOutcome("opole.osm.pbf", ("opole",), "http://127.0.0.1/x", None, f"not found {MARKUP}")
        assert told(fetched_lines, [failed]) == f"failed    opole.osm.pbf: not found {MARKUP}\n"
        (values,) = fetched_as_dicts([failed])
        assert values["state"] == "failed"
        assert values["file"] is None
        assert values["regions"] == ["opole"]


class TestStatus:
    def status(self, **said) -> Status:
        values = {
            "release": Path("releases/2026-01-01T000000Z"), "age_h": 3.26, "max_age_h": 36.0, "sites": 138,
            "open_questions": 12, "stale": (),
        }  # fmt: skip
        return Status(**{**values, **said})

    def test_all_well(self) -> None:
        text = told(status_lines, self.status())
        assert "2026-01-01T000000Z, confirmed 3.3 h ago, 138 sites" in text
        assert "12 open questions" in text
        assert text.startswith("all well\n")

    def test_one_is_told_as_one(self) -> None:
        text = told(status_lines, self.status(sites=1, open_questions=1, withheld={"zabytki": 1}))
        for words in (" 1 site\n", " 1 open question\n", " 1 record of zabytki:"):
            assert words in text

    def test_what_stays_at_home_is_named_and_no_trouble(self) -> None:
        """Of a first contract, whose license nobody knew yet, the map showed nothing and all was well."""
        text = told(status_lines, self.status(withheld={"zabytki": 7}))
        assert "withheld  7 records of zabytki: its contract permits no release (licence, publish)" in text
        assert text.startswith("all well\n")

    @pytest.mark.parametrize(
        ("said", "first", "line"),
        [
            ({"stale": (f"region opole: stale: {MARKUP}",)}, "1 stale", f"stale     region opole: stale: {MARKUP}"),
            ({"age_h": 40.0}, "the release is 40 h old, more than 36", "confirmed 40.0 h ago"),
            ({"release": None}, "there is no release", "no release yet: run `inducult run`"),
            ({"last_run_failed": True, "untaken": ("a.jsonl",)}, "the last run failed; 1 answers", "answers   a.jsonl"),
        ],
    )
    def test_what_needs_a_look_is_said_first(self, said: dict[str, object], first: str, line: str) -> None:
        text = told(status_lines, self.status(**said))
        assert text.startswith(f"needs a look: {first}\n")
        assert line in text
