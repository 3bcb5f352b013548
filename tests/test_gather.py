"""Which extract belongs to a region, what is taken as it was kept, and what a source's failure costs."""

from __future__ import annotations

import errno
import gzip
import json
import os
import re
from pathlib import Path

import pytest
import shapely

from inducult_geo.catalog import Region
from inducult_geo.collecting.at_hand import choose_regions, find_extract
from inducult_geo.collecting.boundaries import KeptOutline, kept_outline
from inducult_geo.collecting.gather import gather_region, gather_wide, ground_of_the_world, wide_or_kept
from inducult_geo.collecting.guards import with_rows_gone
from inducult_geo.collecting.versions import Difference, refuse_other_list
from inducult_geo.digest import FileHashes, sha256
from inducult_geo.errors import ConfigError, ContractError, SourceError, TransientError
from inducult_geo.frames import Counts, FileRead
from inducult_geo.run import Run, SourceFacts, open_run
from inducult_geo.sources.osm.extracts import newest_extract
from inducult_geo.stage import Part, last_part

REGION = """
id = "here"
country = "PL"
bbox = [16.5, 49.5, 18.0, 50.5]
crs = ["EPSG:2180"]
[boundary]
"ISO3166-2" = "PL-XX"
"""
SQUARE = shapely.box(17.0, 50.0, 17.1, 50.1)
CONTRACT = """
id = "{id}"
files = "{id}.csv"
licence = "CC0-1.0"
{more}
[place]
crs = "EPSG:4326"
x = "lon"
y = "lat"
accuracy_m = 5
[columns]
key = "nr"
name = "nazwa"
[defaults]
type = "brickworks"
"""
ROWS = ["1,Cegielnia Odra,17.05012,50.05012", "2,Huta Andrzej,17.06012,50.06012", "3,Papiernia,,"]


def file(data: Path, name: str, rows: list[str]) -> Path:
    path = data / "raw" / "partners" / f"{name}.csv"
    path.write_text("\n".join(["nr,nazwa,lon,lat", *rows]) + "\n", encoding="utf-8")
    return path


def contract(folder: Path, name: str, more: str = 'region = "here"') -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(CONTRACT.format(id=name, more=more), encoding="utf-8")
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one region, its outline and one partner's file; the catalog lies beside it."""
    (tmp_path / "catalog" / "regions").mkdir(parents=True)
    (tmp_path / "catalog" / "regions" / "here.toml").write_text(REGION, encoding="utf-8")
    data = tmp_path / "data"
    contract(data / "raw" / "partners", "zabytki")
    file(data, "zabytki", ROWS)
    feature = {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(SQUARE)}
    outlines = data / "raw" / "boundaries"
    outlines.mkdir()
    (outlines / "here.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return data


def names_an_extract(data: Path) -> None:
    told = REGION.replace("[boundary]", 'geofabrik = "europe/poland/here"\n[boundary]')
    (data.parent / "catalog" / "regions" / "here.toml").write_text(told, encoding="utf-8")


def extract(data: Path) -> None:
    """Write an extract of two works, the first in the region."""
    (data / "raw" / "osm").mkdir()
    nodes = "".join(
        f'<node id="{number}" version="1" timestamp="2026-01-01T00:00:00Z" lat="50.05" lon="{lon}">'
        f'<tag k="man_made" v="works"/><tag k="name" v="Huta {number}"/></node>'
        for number, lon in ((1, 17.05), (2, 18.5))
    )
    (data / "raw" / "osm" / "here.osm").write_text(f'<osm version="0.6">{nodes}</osm>')


class Night:
    """One run of one region, with what it said."""

    def __init__(self, data: Path, *, only: set[str] | None = None, patient: bool = False, **said: object) -> None:
        self.said: list[str] = []
        self.run: Run = open_run(data, catalogs=[data.parent / "catalog"], say=self.said.append, **said)
        self.region: Region = self.run.catalog.region("here")
        land: KeptOutline = kept_outline(self.region, self.run)
        found = gather_region(self.region, land, self.run, only=only, patient=patient)
        self.parts: dict[str, Part] = {part.facts.source: part for part in found}

    def part(self, name: str = "zabytki") -> Part:
        return self.parts[name]


class TestAPartnersFile:
    def test_its_rows_are_counted_and_how_they_were_placed_is_told(self, data: Path) -> None:
        part = Night(data).part()
        facts = part.facts
        assert (facts.state, facts.message, facts.region) == ("fresh", None, "here")
        assert facts.counts == Counts(3, 2, 0, 1)
        assert facts.rejected_by_reason == {"no_coordinates": 1}
        # The source's own 5 m, with what a fifth decimal of a degree and WGS 84 leave open.
        assert facts.accuracy_m == pytest.approx(5.2, abs=0.1)
        assert [(one.name, one.rows) for one in facts.files] == [("zabytki.csv", 3)]
        records = part.records()
        assert [*records["region"]] == ["here"] * 3
        assert part.record_keys() == ["zabytki:1", "zabytki:2", "zabytki:3"]

    def test_how_old_it_is_stands_in_its_contract(self, data: Path) -> None:
        assert Night(data).part().facts.data_time is None
        contract(data / "raw" / "partners", "zabytki", 'region = "here"\nretrieved = 2026-03-01')
        assert Night(data).part().facts.data_time == "2026-03-01"

    def test_unchanged_it_is_taken_as_it_was_kept(self, data: Path) -> None:
        first, again = Night(data), Night(data)
        assert again.part() == first.part()
        assert first.said == ["here: reading zabytki.csv"]
        assert again.said == []

    @pytest.mark.parametrize(
        ("had", "has", "gone"),
        [
            (20, 12, [8]),
            (20, 16, []),
            (100, 70, [30]),
            *(
                pytest.param(*more, marks=pytest.mark.slow)
                for more in ((10, 6, [4]), (5, 3, []), (100, 80, []), (10, 30, []))
            ),
        ],
    )
    def test_many_records_gone_at_once_are_told(self, data: Path, had: int, has: int, gone: list[int]) -> None:
        rows = [f"{number},Cegielnia {number},17.05,50.05" for number in range(100)]
        file(data, "zabytki", rows[:had])
        Night(data)
        file(data, "zabytki", rows[:has])
        told = [one.count for one in Night(data).part().facts.problems if one.kind == "rows_gone"]
        assert told == gone
        file(data, "zabytki", rows[: has + 1])
        told = [one.count for one in Night(data).part().facts.problems if one.kind == "rows_gone"]
        assert told == [count - 1 for count in gone]
        file(data, "zabytki", rows[: max(had, has)])
        assert not [one for one in Night(data).part().facts.problems if one.kind == "rows_gone"]

    @pytest.mark.parametrize(("source", "fewest"), [("zabytki", 3), ("osm", 5)])
    def test_of_few_records_openstreetmap_loses_some_more_by_chance(self, source: str, fewest: int) -> None:
        before, *now = (
            SourceFacts(source, "here", "fresh", counts=Counts(10, 10 - gone, 0, gone))
            for gone in (0, fewest - 1, fewest)
        )
        assert [len(with_rows_gone(before, one).problems) for one in now] == [0, 1]

    def test_that_most_are_back_is_no_end_of_the_notice(self, data: Path) -> None:
        """It began no new one either, so that of the last fifth nobody was told."""
        rows = [f"{number},Cegielnia {number},17.05,50.05" for number in range(100)]
        told = []
        for has in (100, 60, 90, 95, 97, 98):
            file(data, "zabytki", rows[:has])
            told.append([one.count for one in Night(data).part().facts.problems if one.kind == "rows_gone"])
        assert told == [[], [40], [10], [5], [3], []]

    def test_a_list_that_was_numbered_anew_is_not_taken_until_somebody_says_so(self, data: Path) -> None:
        """Each site id would mean another works from that night on."""
        works = [
            f"Cegielnia {name},17.0{n}012,50.05012" for n, name in enumerate(("Odra", "Nysa", "Olza", "Bystra"), 1)
        ]
        file(data, "zabytki", [f"Z{n},{one}" for n, one in enumerate(works)])
        before = Night(data).part().records()
        file(data, "zabytki", [f"Z{n},{one}" for n, one in enumerate([*works[1:], works[0]])])
        night = Night(data)
        assert night.part().facts.state == "stale"
        assert night.part().facts.message == (
            "zabytki: 4 rows now have the key of another row ('Z0' is the row that was 'Z1' before): the list was "
            "numbered anew, so that site ids and decisions would move to other works. Let [columns] key name a column "
            "whose values stay with their rows, or map no key. If this is intended: "
            "`inducult run here --afresh-source zabytki`."
        )
        assert [*night.part().records()["names"]] == [*before["names"]]
        assert Night(data, afresh_sources=["zabytki"]).part().facts.state == "fresh"
        assert Night(data).part().facts.message is None

    def test_rows_that_can_no_longer_be_used_are_gone_as_well(self, data: Path) -> None:
        rows = [f"{number},Cegielnia {number},17.05,50.05" for number in range(20)]
        file(data, "zabytki", rows)
        assert Night(data).part().facts.counts.rejected == 0
        file(data, "zabytki", rows[:9] + [f"{number},Cegielnia {number},," for number in range(9, 20)])
        (told,) = [one.message for one in Night(data).part().facts.problems if one.kind == "rows_gone"]
        assert told.startswith("9 records can be used, but an earlier run had 20: 11 are gone at once.")
        assert "`inducult run here --afresh-source zabytki` ends this notice" in told
        assert not [
            one for one in Night(data, afresh_sources=["zabytki"]).part().facts.problems if one.kind == "rows_gone"
        ]

    def test_what_a_new_version_brought_is_told_row_by_row_until_the_next(self, data: Path) -> None:
        """Three of ten gone and new keys for all: the counts alone showed the first, and nothing the second."""
        rows = [f"{n},Cegielnia {name},17.05,50.0{n}012" for n, name in enumerate(("Odra", "Nysa", "Olza", "Bystra"))]
        file(data, "zabytki", [*rows, "9,Papiernia,17.06,50.06"])
        Night(data)

        def told() -> list[str]:
            return [one.message[12:] for one in Night(data).part().facts.problems if one.kind == "new_version"]

        file(data, "zabytki", [*rows[:2], rows[2].replace("Olza", "Wda"), "7,Huta Nowa,17.07,50.07", f"X{rows[3]}"])
        expected = (
            "a new version of zabytki.csv: 5 rows; 1 gone (Papiernia); 1 new (Huta Nowa); 1 changed; 1 under a new key."
        )
        assert told() == [expected]
        assert told() == [expected]
        contract(data / "raw" / "partners", "zabytki", 'region = "here"\nreliability = 3')
        assert told() == [expected]
        file(data, "zabytki", [f"Y{row}" for row in rows])
        (message,) = told()
        assert message.startswith(
            "a new version of zabytki.csv: 4 rows, before 5; 1 gone (Huta Nowa); all rows have new keys"
        )
        assert "[columns] key name a column whose values stay" in message

    def test_of_a_list_without_keys_a_row_that_tells_something_else_is_a_changed_one(self, data: Path) -> None:
        """Its key is made of the whole row: the keys of all rows were new, with the advice to map no key."""
        home = data / "raw" / "partners"
        text = contract(home, "zabytki").read_text(encoding="utf-8").replace('key = "nr"\n', "")
        (home / "zabytki.toml").write_text(text, encoding="utf-8")
        rows = [f"{n},Cegielnia {name},17.05,50.0{n}012" for n, name in enumerate(("Odra", "Nysa", "Olza", "Bystra"))]
        file(data, "zabytki", rows)
        Night(data)
        file(data, "zabytki", [f"9{row}" for row in rows[:3]])
        (told,) = [one.message[12:] for one in Night(data).part().facts.problems if one.kind == "new_version"]
        assert told == "a new version of zabytki.csv: 3 rows, before 4; 1 gone (Cegielnia Bystra); 3 changed."

    def test_a_row_that_lies_far_from_where_it_lay_is_named(self, data: Path) -> None:
        """A slip of the pen by 30 km was one of "2 changed": who read that saw nothing."""
        contract(data / "raw" / "partners", "zabytki")
        rows = [f"{n},Cegielnia {name},17.05,50.0{n}012" for n, name in enumerate(("Odra", "Nysa", "Olza", "Bystra"))]
        file(data, "zabytki", rows)
        Night(data)
        moved = [rows[0].replace("50.00012", "50.02012"), rows[1].replace("50.01012", "50.01112"), *rows[2:]]
        file(data, "zabytki", moved)
        (told,) = [one.message[12:] for one in Night(data).part().facts.problems if one.kind == "new_version"]
        assert told == "a new version of zabytki.csv: 4 rows; 2 changed; of them 1 moved (Cegielnia Odra by 2.2 km)."
        anew = [f"{row}0" for row in [*moved[:3], rows[3].replace("Bystra", "Wda")]]
        file(data, "zabytki", anew)
        (told,) = [one.message[12:] for one in Night(data).part().facts.problems if one.kind == "new_version"]
        assert told == "a new version of zabytki.csv: 4 rows; 4 changed (for 3 of them, what is read is the same)."
        file(data, "zabytki", [f"{row}0" for row in anew])
        (told,) = [one.message[12:] for one in Night(data).part().facts.problems if one.kind == "new_version"]
        assert told == "a new version of zabytki.csv: 4 rows; 4 changed (what is read from them is the same)."

    def test_that_most_rows_are_rejected_is_told(self, data: Path) -> None:
        def told() -> list[str]:
            return [one.message for one in Night(data).part().facts.problems if one.kind == "mostly_rejected"]

        assert told() == []
        file(data, "zabytki", [ROWS[0], ROWS[2], "4,Huta,,"])
        assert told() == ["2 of 3 rows are rejected (2 no_coordinates): is the contract right?"]

    @pytest.mark.parametrize("key", ["{n}", "X{n}"], ids=["under the same keys", "under other keys"])
    def test_another_list_in_its_place_is_not_taken(self, data: Path, key: str) -> None:
        """All its sites would leave in silence, or their ids go to other works."""
        file(data, "zabytki", [f"{n},Cegielnia {n},17.05,50.0{n}012" for n in range(1, 5)])
        Night(data)
        file(data, "zabytki", [f"{key.format(n=n)},Huta {n * 9},17.08,50.0{n}033" for n in range(1, 5)])
        facts = Night(data).part().facts
        assert facts.state == "stale"
        assert facts.message == (
            "zabytki: zabytki.csv seems to hold a different list than before: of its 4 rows 0 are known. If it is the "
            "wrong file, put the right one there. If it is right: `inducult run here --afresh-source zabytki`."
        )
        assert Night(data, afresh_sources=["zabytki"]).part().facts.state == "fresh"
        assert Night(data).part().facts.state == "fresh"

    def test_a_list_that_grew_or_shrank_is_no_other_one(self) -> None:
        was, now = (
            SourceFacts("zabytki", "here", "fresh", files=(FileRead("a.csv", digest, "csv", 0),)) for digest in "ab"
        )
        many = tuple(map(str, range(95)))
        refuse_other_list(Difference(5, 0, 0, 0, 0, (), many), was, now)
        refuse_other_list(Difference(5, 0, 0, 0, 0, many, ()), was, now)
        with pytest.raises(SourceError, match="seems to hold a different list"):
            refuse_other_list(Difference(5, 0, 0, 0, 0, many, many), was, now)

    def test_a_file_of_which_no_row_can_be_used_fails(self, data: Path) -> None:
        """A contract that forgets where the coordinates are rejected all rows, and the run called itself whole."""
        file(data, "zabytki", ["1,Cegielnia,,", "2,Huta,,"])
        facts = Night(data).part().facts
        assert (facts.state, facts.message) == (
            "failed",
            "zabytki: none of its 2 rows can be used (2 no_coordinates). The first, zabytki.csv line 2: a coordinate "
            "is empty: give both, or leave the site to other sources. Correct the file or the contract: "
            "`inducult check` names every row.",
        )

    def test_afresh_it_is_read_again(self, data: Path) -> None:
        first, again = Night(data), Night(data, afresh=True)
        assert again.said == first.said
        assert again.part().folder != first.part().folder
        assert again.part().digest == first.part().digest

    @pytest.mark.parametrize("changed", ["file", "contract", "region", "outline", "grid"])
    def test_whatever_it_depends_on_lets_it_be_read_again(self, data: Path, changed: str) -> None:
        Night(data)
        if changed == "file":
            file(data, "zabytki", ROWS[:2])
        elif changed == "contract":
            path = data / "raw" / "partners" / "zabytki.toml"
            path.write_text(path.read_text().replace("accuracy_m = 5", "accuracy_m = 7"))
        elif changed == "region":
            path = data.parent / "catalog" / "regions" / "here.toml"
            path.write_text(path.read_text().replace("EPSG:2180", "EPSG:2178"))
        elif changed == "outline":
            path = data / "raw" / "boundaries" / "here.geojson"
            path.write_text(path.read_text().replace("17.1", "17.2"))
        else:
            (data / "raw" / "grids").mkdir()
            (data / "raw" / "grids" / "pl.tif").write_bytes(b"grid")
        assert "here: reading zabytki.csv" in Night(data).said

    def test_what_was_kept_before_goes_when_it_is_replaced(self, data: Path) -> None:
        first = Night(data).part()
        file(data, "zabytki", ROWS[:1])
        second = Night(data).part()
        assert first.folder is not None
        assert second.folder is not None
        assert not first.folder.exists()
        assert second.folder.is_dir()
        assert len(second.records()) == 1

    @pytest.mark.parametrize("damage", ["gone", "torn", "other words", "no facts"])
    def test_what_was_kept_and_cannot_be_read_is_made_again(self, data: Path, damage: str) -> None:
        first = Night(data).part()
        note = data / "processed" / "regions" / "here" / "sources" / "zabytki.json"
        told = json.loads(note.read_text())
        if damage == "gone":
            assert first.folder is not None
            (first.folder / "records.parquet").unlink()
        elif damage == "torn":
            note.write_text(note.read_text()[:-40])
        elif damage == "other words":
            note.write_text(json.dumps(told | {"facts": told["facts"] | {"word_of_tomorrow": 1}}))
        else:
            note.write_text(json.dumps({"outputs": told["outputs"]}))
        again = Night(data)
        assert again.said == ["here: reading zabytki.csv"]
        assert again.part().facts == first.facts


class TestWhatAFailureCosts:
    def break_file(self, data: Path) -> None:
        (data / "raw" / "partners" / "zabytki.csv").write_text("nr;nazwa\n1;x\n")

    def test_yesterdays_records_stay_and_it_is_said(self, data: Path) -> None:
        kept = Night(data).part()
        self.break_file(data)
        night = Night(data)
        part = night.part()
        assert (part.facts.state, part.folder, part.digest) == ("stale", kept.folder, kept.digest)
        assert part.facts.counts == kept.facts.counts
        assert part.facts.message is not None
        assert "zabytki.csv" in part.facts.message
        assert night.said[-1] == f"here: {part.facts.message} The records of the last good run stay."

    def test_a_reason_without_a_period_gets_one(self, data: Path) -> None:
        night = Night(data)
        night.run.catalog.broken["zabytki"] = "zabytki.toml: unknown key 'crz'"
        gather_region(night.region, kept_outline(night.region, night.run), night.run)
        assert night.said[-1] == "here: zabytki.toml: unknown key 'crz'. The records of the last good run stay."

    def test_a_file_that_may_not_be_read_costs_its_source_and_no_fault_of_ours_is_told(
        self, data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A file that another user put there, mode 600, cost its region the night, as a fault to be reported."""
        Night(data)
        name = data / "raw" / "partners" / "zabytki.csv"
        name.write_text(name.read_text() + "\n", encoding="utf-8")

        def of(self: FileHashes, path: Path) -> str:
            if path == name:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return sha256(path)

        monkeypatch.setattr(FileHashes, "of", of)
        part = Night(data).part()
        assert part.facts.state == "stale"
        assert (
            part.facts.message == f"{name}: cannot be read: Permission denied. Give this program the right to read it."
        )

    def test_without_yesterday_it_has_failed_with_the_reason(self, data: Path) -> None:
        self.break_file(data)
        night = Night(data)
        assert (night.part().facts.state, night.part().folder) == ("failed", None)
        assert len(night.part().records()) == 0
        assert night.part().record_keys() == []
        assert not night.said[-1].endswith("stay.")

    def test_once_mended_it_is_fresh_again(self, data: Path) -> None:
        Night(data)
        self.break_file(data)
        Night(data)
        file(data, "zabytki", ROWS)
        assert Night(data).part().facts.state == "fresh"

    def test_a_stewards_file_that_is_gone_is_missed(self, data: Path) -> None:
        Night(data)
        file = data / "raw" / "partners" / "zabytki.csv"
        file.rename(file.with_name("Zabytki.CSV"))
        facts = Night(data).part().facts
        told = "zabytki: zabytki.csv is missing beside zabytki.toml. Did you mean 'Zabytki.CSV'?"
        assert (facts.state, facts.message) == ("stale", told)
        assert last_part(data / "processed" / "regions" / "here" / "sources", "zabytki") is not None
        contract = file.with_suffix(".toml")
        contract.write_text(f'url = "https://example.org/zabytki.csv"\n{contract.read_text()}')
        assert Night(data).part().facts.message == f"{told} Get it: inducult fetch here"

    def test_a_catalogs_file_that_is_gone_was_taken_away(self, data: Path) -> None:
        contract(data.parent / "catalog" / "sources", "offered")
        file(data, "offered", ROWS)
        assert Night(data).part("offered").facts.state == "fresh"
        (data / "raw" / "partners" / "offered.csv").unlink()
        night = Night(data)
        assert (night.part("offered").facts.state, night.part("offered").facts.message) == (
            "absent",
            "not there: offered.csv",
        )
        assert last_part(data / "processed" / "regions" / "here" / "sources", "offered") is None
        assert night.part().facts.state == "fresh", "a stranger's loss is none of another's"

    def test_only_some_may_be_asked_for(self, data: Path) -> None:
        assert set(Night(data, only={"zabytki"}).parts) == {"zabytki"}
        assert {"osm", "zabytki", "hotmaps", "eutl"} <= set(Night(data).parts)


class TestALostGrid:
    GRID = "de_adv_BETA2007.tif"

    def placed_by_grid(self, data: Path) -> None:
        """Let the last good run have used a grid; and let the file have changed since."""
        Night(data)
        note = data / "processed" / "regions" / "here" / "sources" / "zabytki.json"
        told = json.loads(note.read_text())
        told["facts"] |= {"operation": f"DHDN to ETRS89 (8), {self.GRID}", "accuracy_m": 0.9}
        note.write_text(json.dumps(told))
        file(data, "zabytki", ROWS[:2])

    def test_sites_do_not_move_over_night(self, data: Path) -> None:
        self.placed_by_grid(data)
        facts = Night(data).part().facts
        assert facts.state == "stale"
        assert facts.message is not None
        assert self.GRID in facts.message
        assert f"Put it back (inducult grids {self.GRID})" in facts.message
        assert re.search(
            r"go on with 5\.\d+ m instead of 0\.9 m: inducult run here --afresh-source zabytki\.", facts.message
        )

    def test_who_says_afresh_goes_on(self, data: Path) -> None:
        self.placed_by_grid(data)
        assert Night(data, afresh_sources=["zabytki"]).part().facts.state == "fresh"

    def test_a_grid_that_is_there_and_no_longer_needed_is_not_lost(self, data: Path) -> None:
        self.placed_by_grid(data)
        (data / "raw" / "grids").mkdir()
        (data / "raw" / "grids" / self.GRID).write_bytes(b"grid")
        assert Night(data).part().facts.state == "fresh"


class TestAWideSource:
    ROWS = (*ROWS, "4,Fabryka daleko,19.00,50.05")

    @pytest.fixture(autouse=True)
    def wide(self, data: Path) -> None:
        contract(data / "raw" / "partners", "wide", 'countries = ["PL"]')
        file(data, "wide", [*self.ROWS])

    def test_a_region_takes_what_lies_in_it(self, data: Path) -> None:
        part = Night(data).part("wide")
        assert part.record_keys() == ["wide:1", "wide:2"]
        assert part.facts.counts == Counts(2, 2, 0, 0)
        assert part.facts.rejected_by_reason == {}
        assert part.facts.region == "here"
        assert [*part.records()["region"]] == ["here", "here"]

    def test_a_row_that_tells_no_country_lies_in_that_of_the_region(self, data: Path) -> None:
        contract(data / "raw" / "partners", "wide", "")
        assert [*Night(data).part("wide").records()["country"]] == ["PL", "PL"]

    @pytest.mark.parametrize("afresh", [[], ["wide"]])
    def test_the_whole_is_harmonized_once_and_keeps_the_rest(self, data: Path, afresh: list[str]) -> None:
        night = Night(data, afresh_sources=afresh)
        said = len(night.said)
        whole = gather_wide(night.run.catalog.sources["wide"], night.run)
        assert len(night.said) == said, "read once, for the region and for the whole"
        assert whole.facts.counts == Counts(4, 3, 0, 1)
        assert (whole.facts.region, whole.folder is not None and whole.folder.parent.name) == (None, "sources")

    def test_where_it_breaks_every_region_keeps_its_share(self, data: Path) -> None:
        Night(data)
        (data / "raw" / "partners" / "wide.csv").write_text("nr;nazwa\n")
        night = Night(data)
        assert (night.part("wide").facts.state, len(night.part("wide").records())) == ("stale", 2)
        source = night.run.catalog.sources["wide"]
        assert (wide_or_kept(source, night.run).facts.state, len(wide_or_kept(source, night.run).records())) == (
            "stale",
            4,
        )
        assert any(line.startswith("wide: ") and line.endswith("stay.") for line in night.said)

    def test_where_it_is_taken_away_no_share_stays(self, data: Path) -> None:
        Night(data)
        (data / "raw" / "partners" / "wide.csv").unlink()
        night = Night(data)
        assert (night.part("wide").facts.state, night.part("wide").folder) == ("absent", None)
        assert wide_or_kept(night.run.catalog.sources["wide"], night.run).facts.state == "absent"


class TestOpenStreetMap:
    def test_another_regions_extract_is_none_and_that_is_told(self, data: Path) -> None:
        names_an_extract(data)
        (data / "raw" / "osm").mkdir()
        assert Night(data).part("osm").facts.state == "absent"
        (data / "raw" / "osm" / "slaskie-latest.osm.pbf").touch()
        facts = Night(data).part("osm").facts
        assert facts.state == "failed"
        assert facts.message == (
            f"here: no OpenStreetMap extract for this region. Put it at {data}/raw/osm/here.osm.pbf, "
            "or get it: inducult fetch here."
        )

    def test_a_region_of_which_no_extract_is_named_lives_of_its_partners(self, data: Path) -> None:
        (data / "raw" / "osm").mkdir()
        (data / "raw" / "osm" / "slaskie-latest.osm.pbf").touch()
        night = Night(data)
        assert night.part("osm").facts.state == "absent"
        assert night.said[0].startswith("here: built without OpenStreetMap: the catalog names no extract")

    def test_but_an_extract_that_was_read_before_is_missed(self, data: Path) -> None:
        extract(data)
        assert Night(data).part("osm").facts.state == "fresh"
        (data / "raw" / "osm" / "here.osm").rename(data / "raw" / "osm" / "slaskie.osm")
        night = Night(data)
        facts = night.part("osm").facts
        assert (facts.state, night.part("osm").record_keys()) == ("stale", ["osm:node/1"])
        assert str(facts.message).endswith(f"Put it at {data}/raw/osm/here.osm.pbf.")

    def test_who_asks_for_none_gets_none(self, data: Path) -> None:
        (data / "raw" / "osm").mkdir()
        (data / "raw" / "osm" / "here.osm.pbf").write_bytes(b"torn")
        assert Night(data, osm="none").part("osm").facts.state == "absent"

    def test_an_extract_is_read_clipped_and_kept(self, data: Path) -> None:
        extract(data)
        night = Night(data)
        assert night.part("osm").record_keys() == ["osm:node/1"]
        assert night.said[0] == "here: reading here.osm"
        assert Night(data).part("osm") == night.part("osm")

    def test_an_archived_answer_serves_as_an_extract(self, data: Path) -> None:
        (data / "raw" / "osm").mkdir()
        node = {"type": "node", "id": 1, "lat": 50.05, "lon": 17.05, "version": 1, "timestamp": "2026-01-01T00:00:00Z"}
        answer = {
            "version": 0.6,
            "osm3s": {"timestamp_osm_base": "2026-11-20T01:00:00Z"},
            "elements": [node | {"tags": {"man_made": "works", "name": "Huta"}}],
        }
        with gzip.open(data / "raw" / "osm" / "here-2026-11-20.json.gz", "wt") as handle:
            json.dump(answer, handle)
        part = Night(data).part("osm")
        assert part.record_keys() == ["osm:node/1"]
        assert part.facts.data_time == "2026-11-20T01:00:00Z"

    def test_a_torn_extract_costs_itself_alone(self, data: Path) -> None:
        (data / "raw" / "osm").mkdir()
        (data / "raw" / "osm" / "here.osm.pbf").write_bytes(b"torn")
        night = Night(data)
        assert night.part("osm").facts.state == "failed"
        assert "here.osm.pbf" in str(night.part("osm").facts.message)
        assert night.part().facts.state == "fresh"

    def test_a_server_that_may_answer_later_is_asked_again_by_who_has_patience(
        self, data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("INDUCULT_OVERPASS_URLS", "http://127.0.0.1:9/api")
        monkeypatch.setenv("INDUCULT_RETRY_BASE_S", "0")
        with pytest.raises(TransientError):
            Night(data, osm="overpass", only={"osm"}, patient=True)
        hurried = Night(data, osm="overpass")
        assert hurried.part("osm").facts.state == "failed"
        assert hurried.part().facts.state == "fresh"

    def test_patience_does_not_help_a_broken_file(self, data: Path) -> None:
        TestWhatAFailureCosts().break_file(data)
        assert Night(data, patient=True).part().facts.state == "failed"


def test_a_wide_source_that_cannot_be_read_is_refused_where_nobody_falls_back(data: Path) -> None:
    contract(data / "raw" / "partners", "wide", "")
    (data / "raw" / "partners" / "wide.csv").write_bytes(b"")
    run = open_run(data, catalogs=[data.parent / "catalog"])
    with pytest.raises(ContractError, match=r"wide\.csv: the file is empty"):
        gather_wide(run.catalog.sources["wide"], run)


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["zwickau.osm"], "zwickau.osm"),
        (["sachsen-latest.osm.pbf"], "sachsen-latest.osm.pbf"),
        (["sachsen-2026-11-19.osm.pbf", "sachsen-2026-11-20.osm.pbf"], "sachsen-2026-11-20.osm.pbf"),
        (["sachsen-2026-11-20.osm.pbf", "sachsen-latest.osm.pbf"], "sachsen-2026-11-20.osm.pbf"),
        (["sachsen-2026-11-20.osm.pbf", "zwickau.osm.pbf"], "zwickau.osm.pbf"),
        (["sachsen-anhalt.txt", "zwickauer-land.md"], None),
        (["zwickauer.osm.pbf", "sachsenring.osm"], None),
        (["sachsen-anhalt-2026-11-20.osm.pbf", "zwickau"], None),
        (["zwickau-test.osm.pbf", "sachsen-anhalt.osm"], "zwickau-test.osm.pbf"),
        (["zwickau (1).osm"], "zwickau (1).osm"),
        (["zwickau_old.osm", "sachsen-latest.osm.pbf"], "sachsen-latest.osm.pbf"),
        (["zwickau-umland.osm", "zwickau-umland-latest.osm"], None),
        (["sachsen-anhalt-2026-11-20.osm.pbf", "sachsen-latest.osm.pbf"], "sachsen-latest.osm.pbf"),
        (["sachsen-231101.osm.pbf"], "sachsen-231101.osm.pbf"),
        (["zwickau-undated.json.gz"], "zwickau-undated.json.gz"),
        ([], None),
    ],
)
def test_the_newest_extract_of_a_region_is_found(tmp_path: Path, names: list[str], chosen: str | None) -> None:
    folder = tmp_path / "raw" / "osm"
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()
    run = open_run(tmp_path)
    zwickau = run.catalog.region("zwickau")
    run.catalog.regions["zwickau-umland"] = zwickau.model_copy(update={"id": "zwickau-umland", "geofabrik": None})
    found = find_extract(zwickau, run)
    assert (found.name if found else None) == chosen


@pytest.mark.parametrize("geofabrik", [None, "europe/germany/sachsen"])
def test_a_region_called_as_a_land_takes_no_extract_of_a_land_that_begins_alike(
    tmp_path: Path, geofabrik: str | None
) -> None:
    (tmp_path / "sachsen-anhalt.osm.pbf").touch()
    region = open_run(tmp_path).catalog.region("zwickau").model_copy(update={"id": "sachsen", "geofabrik": geofabrik})
    assert newest_extract(tmp_path, region, [region]) is None
    (tmp_path / "sachsen_test.osm.pbf").touch()
    assert newest_extract(tmp_path, region, [region]) == tmp_path / "sachsen_test.osm.pbf"


def test_one_extract_for_all_and_none_when_a_server_is_asked(tmp_path: Path) -> None:
    extract = tmp_path / "all.osm.pbf"
    run = open_run(tmp_path, osm_file=extract)
    assert find_extract(run.catalog.region("opole"), run) == extract
    run = open_run(tmp_path, osm="overpass")
    assert find_extract(run.catalog.region("opole"), run) is None


@pytest.mark.parametrize(("countries", "country"), [('["PL"]', "PL"), ('["PL", "CZ"]', None)])
def test_a_wide_source_of_two_countries_is_of_neither(data: Path, countries: str, country: str | None) -> None:
    """The country chooses how places are moved, and is that of rows which tell none."""
    contract(data / "raw" / "partners", "wide", f"countries = {countries}")
    run = open_run(data, catalogs=[data.parent / "catalog"])
    assert ground_of_the_world(run.catalog.sources["wide"], run).country == country


def test_a_source_to_be_taken_afresh_that_the_run_would_pass_over_is_refused(data: Path) -> None:
    catalogs = [data.parent / "catalog"]
    with pytest.raises(ConfigError, match=r"no source 'zabytk' is declared\. Did you mean 'zabytki'\?"):
        open_run(data, catalogs=catalogs, afresh_sources=["zabytk"])
    run = open_run(data, catalogs=catalogs, afresh_sources=["zabytki"])
    assert [region.id for region in choose_regions(["here"], run)] == ["here"]
    with pytest.raises(
        ConfigError, match=r"belongs to here, which is not part of this run.*inducult run here --afresh-source"
    ):
        choose_regions(["opole"], run)
