"""Why two records are one site or not: what is told of a pair, in words and as values, and what cannot be told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from match_rows import point, records, row
from typer.testing import CliRunner

from inducult_geo import cli
from inducult_geo.errors import ConfigError
from inducult_geo.frames import Records
from inducult_geo.match.clusters.outcomes import WORTH_ASKING, asked_from
from inducult_geo.match.decided.decisions import Decision, Decisions, replay
from inducult_geo.match.resolve import compare, speaking_records
from inducult_geo.match.scoring.score import shipped_weights
from inducult_geo.match.scoring.waterfall import Step, Waterfall
from inducult_geo.opening import pairs, tracing
from inducult_geo.opening.befallen import called_before
from inducult_geo.opening.pairs import PairExplained, explain_pair
from inducult_geo.opening.release import open_release
from inducult_geo.opening.tracing import id_history, site_of
from inducult_geo.pipeline import run_all
from inducult_geo.publish.spreadsheet import write_csv
from inducult_geo.run import Run, SourceFacts, open_run
from inducult_geo.stage import Stage, keep_part, last_stage

JOINED = ("opole_zabytki:6", "osm:way/9900070008")
STRANGERS = ("opole_zabytki:16", "osm:way/9900070010")


@pytest.fixture(scope="module")
def run(sample_data: Path) -> Run:
    return open_run(sample_data)


def test_a_joined_pair_is_told_with_both_records_the_sum_and_the_outcome(run: Run) -> None:
    told = explain_pair(*JOINED, run)
    assert told.sites[0] == told.sites[1]
    assert told.outcome["decision"] == "match"
    assert told.fall.probability == pytest.approx(told.outcome["score"], abs=1e-3)
    assert told.bars == (shipped_weights().match, WORTH_ASKING)
    lines = told.lines()
    assert lines[0].split() == [*JOINED]
    beside = {line.split()[0]: line for line in lines[1:] if line.strip()}
    assert beside["source"].split()[1:] == ["opole_zabytki", "osm"]
    assert "Huta Małapanew" in beside["names"]
    assert beside["site_id"].split()[1:] == [*told.sites]
    assert "operator" not in beside, "what neither side tells takes no line"
    assert f"{told.fall.probability:.1%}: {told.bar}; a question from {told.bars[1]:.0%}" in lines
    assert told.bar.startswith(f"a match from {told.bars[0]:.0%}")
    assert lines[-2:] == ["", f"match: {told.outcome['why']}"]


def test_the_order_of_the_keys_changes_the_sides_and_nothing_else(run: Run) -> None:
    one, other = explain_pair(*JOINED, run), explain_pair(*reversed(JOINED), run)
    assert (one.left, one.right) == (other.right, other.left)
    assert (one.outcome, one.fall) == (other.outcome, other.fall)


def test_the_same_as_values_that_a_program_can_read(run: Run) -> None:
    values = json.loads(json.dumps(explain_pair(*JOINED, run).as_dict()))
    assert values["left"]["record_key"] == JOINED[0]
    assert values["right"]["type"] == "ironworks"
    assert values["left"]["start_year"] is None or isinstance(values["left"]["start_year"], int)
    assert values["match_from"] > values["review_from"]
    total = values["start"] + sum(step["points"] for step in values["steps"])
    assert 1 / (1 + np.exp(-total)) == pytest.approx(values["probability"], abs=1e-3)
    assert {step["name"] for step in values["steps"]}.isdisjoint(values["unknown"])


def test_a_pair_that_waits_for_a_person_says_so_and_stays_two_sites(run: Run) -> None:
    """Which pairs of the sample are doubtful is the matcher's matter: any of them will do."""
    stages = [stage for name in sorted(run.catalog.regions) if (stage := last_stage(name, run))]
    pairs = pd.concat([stage.pairs() for stage in stages])
    doubtful = pairs[pairs["decision"] == "review"].iloc[0]
    told = explain_pair(doubtful["left_key"], doubtful["right_key"], run)
    assert told.outcome["decision"] == "review"
    assert told.sites[0] != told.sites[1]
    assert told.lines()[-1] == f"review: {doubtful['why']}"


def test_a_run_asks_later_about_what_little_else_speaks_for() -> None:
    told = {
        "alike": ("Ziegelei Hoffmann",) * 2,
        "units": ("Kesselhaus Wawel 1", "Kesselhaus Wawel 2"),
        "neighbors": ("Ahornhof", "Birkenquell"),
        "elsewhere": ("Eichenstolz", "Lindenruh"),
    }
    apart_m = {"elsewhere": 5_000}
    rows = [
        row(f"{source}:{what}", name, point(9_000 * at, apart_m.get(what, 30) * side))
        for at, (what, names) in enumerate(told.items())
        for side, (source, name) in enumerate(zip("ab", names, strict=True))
    ]
    scored = compare(records(*rows))
    keys = scored.pairs.prepared.key
    ends = [
        {keys[end].partition(":")[2] for end in pair}
        for pair in zip(scored.pairs.left, scored.pairs.right, strict=True)
    ]
    asked = {what: asked_from(scored)[ends.index({what})] for what in told}
    assert asked == {"alike": WORTH_ASKING, "units": 0.7, "neighbors": 0.5, "elsewhere": 0.7}


def test_the_score_told_is_that_of_the_run(run: Run) -> None:
    """Pieces that one record speaks for in a run were its rivals where a pair was told of."""
    pairs = last_stage("leoben", run).pairs()
    doubtful = pairs[pairs["score"].between(0.2, 0.8) & pairs["decided_by"].isna()]
    told = [explain_pair(one, other, run) for one, other in doubtful[["left_key", "right_key"]].to_numpy()]
    assert [one.fall.probability for one in told] == pytest.approx([*doubtful["score"]], abs=1e-3)


def test_a_record_that_another_one_speaks_for_says_so(run: Run) -> None:
    records = last_stage("leoben", run).records()
    accepted = Records(records[records["reason"].isna()].sort_values("record_key", ignore_index=True))
    piece, whole = next(iter(speaking_records(accepted, run.catalog.sources, Decisions())[1].first.items()))
    told = explain_pair(piece, "leoben_eisenstrasse:E-101", run)
    assert told.compared == (whole, "leoben_eisenstrasse:E-101")
    assert told.as_dict()["left"]["compared_as"] == whole
    assert any(line.startswith(f"'{whole}' is compared for '{piece}': the contract of 'osm'") for line in told.lines())
    same = explain_pair(piece, whole, run)
    assert same.lines()[-3].startswith(f"They were never compared: of these rows of 'osm' '{whole}' alone is compared")


def test_records_that_never_met_are_told_as_such(run: Run) -> None:
    told = explain_pair(*STRANGERS, run)
    assert (told.fall, told.outcome) == (None, {})
    assert told.lines()[-1] == (
        "They were never compared: they are neither near each other, nor in one town, nor share a rare word, or other "
        "records did so more."
    )
    values = told.as_dict()
    assert (values["start"], values["steps"], values["unknown"], values["probability"]) == (None, [], [], None)
    assert "decision" not in values


def test_two_rows_of_one_list_are_not_told_to_lie_far_apart(run: Run) -> None:
    """Of two works of one town, from one file, it said that they are of different towns."""
    told = explain_pair("zwickau_industriekultur:IK-01", "zwickau_industriekultur:IK-02", run)
    assert told.left["city"] == told.right["city"]
    assert "never compared: both are of 'zwickau_industriekultur', and two rows of one list" in told.lines()[-1]


@pytest.mark.parametrize(
    ("pair", "says"),
    [
        (("opole_zabytki:6", "opole_zabytki:99"), "no record 'opole_zabytki:99'"),
        (("gorenjska_dediscina:GO-03", "opole_zabytki:6"), "is in gorenjska, 'opole_zabytki:6' in opole: regions are"),
        (("opole_zabytki:17", "opole_zabytki:6"), "'opole_zabytki:17' is in no site: '?' is not a number"),
        (("osm:way/9900050002", "gorenjska_dediscina:GO-12"), "'gorenjska_dediscina:GO-12' is in no site: lies 5.7 km"),
        (("opole_zabytki:6", "opole_zabytki:6"), "'opole_zabytki:6' is one record: name two"),
    ],
    ids=["unknown", "two regions", "rejected", "in review", "twice the same"],
)
def test_what_cannot_be_told_is_said_with_the_reason(run: Run, pair: tuple[str, str], says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        explain_pair(*pair, run)
    assert says in str(refused.value)


@pytest.mark.parametrize(("said", "says"), [("same", "without effect meanwhile"), ("different", "so by itself")])
def test_what_was_decided_of_records_of_two_regions_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, said: str, says: str
) -> None:
    """One of them had moved, and of the word on both nothing was said."""
    pair = ("opole_zabytki:6", "gorenjska_dediscina:GO-03")
    monkeypatch.setattr(pairs, "decisions_of", lambda _: replay([Decision("Eva", "2026-03-01", *pair, said)]))
    with pytest.raises(ConfigError, match=f"Eva on 2026-03-01: 'opole_zabytki:6' {said} .*{says}"):
        explain_pair(*pair, run)


@pytest.mark.parametrize(
    ("detail", "says"), [(None, "lies in no region that was built"), ("the row has no coordinates", "no coordinates")]
)
def test_a_record_of_a_wide_source_that_no_region_took_is_not_unknown(tmp_path: Path, detail: str, says: str) -> None:
    empty = open_run(tmp_path)
    kept = records(row("hotmaps:HM1", "Stahlwerk Donawitz", point(), detail=detail))
    keep_part(empty.folder.wide, kept, SourceFacts("hotmaps", None, "fresh"), None)
    with pytest.raises(ConfigError, match=f"'hotmaps:HM1' is in no site: .*{says}"):
        site_of("hotmaps:HM1", empty)
    with pytest.raises(ConfigError, match="no record 'hotmaps:HM2'"):
        site_of("hotmaps:HM2", empty)
    with pytest.raises(ConfigError, match=r"no record '\.\./x:1'"):
        site_of("../x:1", empty)


def test_a_record_leads_to_its_site(run: Run) -> None:
    assert site_of(JOINED[0], run) == site_of(JOINED[1], run) == explain_pair(*JOINED, run).sites[0]


@pytest.mark.parametrize("said", ["Huta Małapanew", "huta malapanew", " MAŁAPANEW ", "malapanew huta"])
def test_a_site_is_found_by_its_name_however_it_is_written(run: Run, said: str) -> None:
    assert site_of(said, run) == site_of(JOINED[0], run)


def test_an_id_and_a_key_are_taken_as_such(run: Run) -> None:
    own = site_of(JOINED[0], run)
    assert site_of(own, run) == site_of(f" {own.lower()}", run) == site_of(JOINED[0], run) == own
    with pytest.raises(ConfigError, match="no record 'huta:1'"):
        site_of("huta:1", run)


def test_a_name_that_holds_a_colon_is_no_key(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "_called", lambda _: [("IC-1", "'Zeche: Nord' (opole)", ["zeche: nord"])])
    assert site_of("Zeche: Nord", run) == "IC-1"


def test_a_key_is_looked_up_without_reading_any_name(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    own = site_of(JOINED[0], run)
    monkeypatch.setattr(tracing, "_called", lambda _: pytest.fail("the names of all sites were read"))
    monkeypatch.setattr(Stage, "records", lambda _: pytest.fail("all records were read"))
    assert site_of(JOINED[0], run) == own


@pytest.mark.parametrize("said", ["Huta Nirgendwo", "", " "])
def test_a_name_that_no_site_bears_is_refused(run: Run, said: str) -> None:
    with pytest.raises(ConfigError, match="no site is called"):
        site_of(said, run)


def test_a_name_that_several_bear_is_refused_with_their_ids(run: Run) -> None:
    with pytest.raises(ConfigError) as refused:
        site_of("Huta", run)
    told = str(refused.value)
    assert told.startswith("3 sites have the name 'Huta': IC-")
    assert f"{site_of('Huta Szkła Jedlice', run)} 'Huta Szkła Jedlice' (" in told
    assert told.endswith("opole). Give one of the ids.")
    with pytest.raises(ConfigError, match=r"^\d+ sites have the name 'a': (IC-[^;]+; ){7}IC-[^;]+ and \d+ more\."):
        site_of("a", run)


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("opole_zabytki:99", "no record 'opole_zabytki:99' in"),
        ("opole_zabytki:17", "'opole_zabytki:17' is in no site: '?' is not a number"),
        ("gorenjska_dediscina:GO-12", "'gorenjska_dediscina:GO-12' is in no site: lies 5.7 km"),
    ],
)
def test_a_record_without_a_site_says_why(run: Run, key: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        site_of(key, run)
    assert says in str(refused.value)


@pytest.fixture(scope="module")
def withholding(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Run:
    """A data folder of one region, one of whose lists may not be published."""
    data = tmp_path_factory.mktemp("withholding")
    shutil.copytree(repository / "data" / "raw" / "sample", data / "raw" / "sample")
    contract = data / "raw" / "sample" / "partners" / "opole_zabytki.toml"
    contract.write_text(contract.read_text(encoding="utf-8").replace("\nlicence", "\npublish = false\nlicence", 1))
    run_all(["opole"], open_run(data))
    return open_run(data)


class TestWhatTheReleaseDoesNotTell:
    def told(self, run: Run, *words: str) -> str:
        made = CliRunner().invoke(cli.app, ["explain", *words, "--data", str(run.folder.root)], catch_exceptions=False)
        assert made.exit_code == 0
        return made.stdout

    def test_of_a_withheld_site_that_is_said_and_nothing_else(self, withholding: Run) -> None:
        key = "opole_zabytki:9"
        site = site_of(key, withholding)
        told = self.told(withholding, key)
        assert told.startswith(f"{site} is in the registry and withheld from the release: all of its records come ")
        assert "(licence, publish): opole_zabytki. The release counts these records as withheld.\n" in told
        assert f"\n\nThe id {site}:\nits data state no date" in told
        assert "Zagwi" not in told
        values = json.loads(self.told(withholding, site, "--json"))
        assert (values["site_id"], values["values"], values["note"]) == (site, [], told.splitlines()[0])

    def test_of_a_withheld_record_the_rest_of_its_site_is_told(self, withholding: Run) -> None:
        told = self.told(withholding, JOINED[0])
        assert told.startswith(f"'{JOINED[0]}' is withheld from the release by its license: ")
        assert told.count(JOINED[0]) == 1
        assert json.loads(self.told(withholding, JOINED[1], "--json"))["note"] is None

    def test_of_a_source_that_no_contract_declares_any_more_the_same_is_said(self, withholding: Run) -> None:
        """What the release withheld it says itself: the contract may be gone since, or say something else."""
        contract = withholding.folder.partners / "opole_zabytki.toml"
        kept = contract.read_text(encoding="utf-8")
        try:
            for now in (None, kept.replace("publish = false\n", "")):
                contract.unlink() if now is None else contract.write_text(now, encoding="utf-8")
                assert "withheld from the release: all of its" in self.told(withholding, "opole_zabytki:9")
                assert "withheld from the release by its license" in self.told(withholding, JOINED[0])
        finally:
            contract.write_text(kept, encoding="utf-8")

    def test_of_a_record_that_is_withheld_from_the_next_release_only_nothing_is_said(self) -> None:
        released = pd.DataFrame({"source": ["osm", "opole_zabytki"], "publish": [True, False]})
        assert tracing.withheld_record("opole_zabytki:1", released)
        assert not tracing.withheld_record("opole_zabytki", released), "no key"
        assert not tracing.withheld_record("opole_zabytki:1", released.assign(publish=True))

    def test_of_a_site_that_is_not_released_yet_that_is_said(self, withholding: Run) -> None:
        own = site_of("opole_zabytki:9", withholding)
        released = pd.DataFrame({"source": ["osm", "opole_zabytki"], "publish": True})
        assert "is older than the last result for its region" in tracing.why_unreleased(own, withholding, released)

    def test_of_a_site_that_no_region_holds_any_more_that_is_said(self, withholding: Run) -> None:
        released = open_release(withholding.folder.root).sources
        assert tracing.why_unreleased("IC-1", withholding, released) == (
            "IC-1 is no longer a site: no region holds a record of it."
        )


def test_what_data_say_cannot_steer_the_terminal_and_long_texts_are_cut() -> None:
    hostile = {"names": "\x1b[2JHuta", "operator": "x" * 44, "address": "y" * 45, "start_year": 0}
    fall = Waterfall(0.1, (Step("name", "'\x1b]0;title\x07' / 'b'", 1.0),), (), 0.75)
    keys, sites = ("a:1", "b:1"), ("IC-1", "IC-2")
    told = PairExplained(keys, hostile, {}, fall, {}, (0.4, 0.1), "a match from 40%", sites, keys, ())
    lines = told.lines()
    text = "\n".join(lines)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert " [2JHuta" in text
    assert "x" * 44 in text
    assert "y" * 43 + "…" in text
    assert "y" * 44 not in text
    assert not any(line.strip().startswith("start_year") for line in lines)
    assert lines[-1] == "75.0%: a match from 40%; a question from 10%"


def registry(*rows: dict[str, object]) -> pd.DataFrame:
    columns = ("record_key", "site_id", "first_seen", "last_seen", "merged_into", "succeeds", "cause")
    return pd.DataFrame([{**dict.fromkeys(columns), **row} for row in rows], columns=[*columns])


def test_the_life_of_an_id_is_told_in_order(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from inducult_geo.opening import tracing

    living, gone = "IC-5PD2S5C-4", "IC-0MTW5W3-9"
    rows = registry(
        {"record_key": "a:1", "site_id": living, "first_seen": "2024-05-01", "last_seen": "2026-01-01"},
        {"record_key": "osm:way/2", "site_id": living, "first_seen": "2023-05-01", "last_seen": "2026-02-01"},
        {"record_key": "osm:way/2", "site_id": living, "succeeds": "osm:way/1", "cause": "the same name, 3 m away"},
        {"site_id": gone, "merged_into": living, "cause": "Eva said so"},
    )
    monkeypatch.setattr(tracing, "registry_of", lambda _: rows)
    assert id_history(living, run) == (
        "known since 2023-05-01, last seen 2026-02-01",
        "its record 'osm:way/1' is gone and goes on as 'osm:way/2': the same name, 3 m away",
    )
    assert id_history(gone, run) == (f"gone: merged into {living}; Eva said so",)
    monkeypatch.setattr(tracing, "registry_of", lambda _: rows.assign(cause=None))
    assert id_history(gone, run) == (f"gone: merged into {living}; by an earlier version",)


def test_what_befell_a_site_from_release_to_release_is_told(tmp_path: Path) -> None:
    """Of a site whose row was taken out of its list, "nothing befell it" was told, and of the row that it never was."""
    site = "IC-5PD2S5C-4"
    changes = tmp_path / "processed" / "changes"
    changes.mkdir(parents=True)
    columns = ["change", "site_id", "name", "region", "detail", "cause", "distance_m"]
    moved = ["moved", site, "=Huta", "opole", "29727 m", "list changed", "29727"]
    gone = ["gone", site, "Huta", "opole", "none of its records is in a site", "list vanished", ""]
    other = ["gone", "IC-0MTW5W3-9", "Piast", "opole", "none of its records is in a site", "list vanished", ""]
    write_csv(pd.DataFrame([other, gone], columns=columns), changes / "2026-02-01T000000Z_2026-02-02T000000Z.csv")
    write_csv(pd.DataFrame([moved], columns=columns), changes / "2026-01-01T000000Z_2026-01-02T000000Z.csv")
    rows = registry({"record_key": "list:1", "site_id": site})
    rows.astype("str").where(rows.notna(), None).to_parquet(tmp_path / "processed" / "registry.parquet")
    run = open_run(tmp_path)
    assert id_history(site, run) == (
        "release 2026-01-02T000000Z: moved: '=Huta', 29727 m (list changed)",
        "release 2026-02-02T000000Z: gone: 'Huta', none of its records is in a site (list vanished)",
    )
    assert site_of("HUTA", run) == site, "by the name that it had"
    assert called_before("huta", run)[site] == (
        "There was a site 'Huta' (opole) until release 2026-02-01T000000Z; gone, none of its records is in a site "
        "(list vanished)."
    )
    renamed = ["renamed", site, "Huta", "opole", "Hütte -> Huta", "list changed", ""]
    write_csv(pd.DataFrame([renamed], columns=columns), changes / "2026-01-02T000000Z_2026-01-03T000000Z.csv")
    assert site_of("hutte", run) == site
    assert called_before("hutte", run)[site].endswith("Z; called 'Huta' now (list changed).")
    # Else nobody saw from a site that had come apart where its records had gone.
    apart = ["split", "IC-0MTW5W3-9", "Piast", "opole", f"holds records that were in {site}", "Anna decided", ""]
    write_csv(pd.DataFrame([apart], columns=columns), changes / "2026-03-01T000000Z_2026-03-02T000000Z.csv")
    assert id_history(site, run)[-1] == (
        f"release 2026-03-02T000000Z: split: 'Piast' IC-0MTW5W3-9, holds records that were in {site} (Anna decided)"
    )
    with pytest.raises(ConfigError, match=f"'list:1' is gone: .* Its last site was {site}: `inducult explain"):
        site_of("list:1", run)
    with pytest.raises(ConfigError, match="no record 'list:2' in "):
        site_of("list:2", run)


def test_a_row_is_found_by_the_key_that_it_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a list that was numbered anew each old key was gone, "its source holds no such row any more"."""
    site, run = "IC-5PD2S5C-4", open_run(tmp_path)
    rows = registry(
        {"record_key": "list:1", "site_id": site},
        {"record_key": "list:A1", "site_id": site, "succeeds": "list:1"},
        {"record_key": "list:B1", "site_id": site, "succeeds": "list:A1"},
        {"record_key": "list:9", "site_id": site},
    ).assign(region=[None, None, None, "elsewhere"], is_gone=[True, True, False, False])
    monkeypatch.setattr(tracing, "registry_of", lambda _run: rows)
    monkeypatch.setattr(tracing, "_site_with", lambda key, _run: site if key == "list:B1" else None)
    assert site_of("list:1", run) == site
    with pytest.raises(ConfigError, match="'list:1' is now 'list:B1', with the same name"):
        explain_pair("list:1", "list:2", run)
    with pytest.raises(ConfigError, match="'list:9' belongs to region 'elsewhere', which is not in the catalog"):
        site_of("list:9", run)
    rows["is_gone"] = True
    with pytest.raises(ConfigError, match=r"'list:1' is gone: .* Its last site was"):
        explain_pair("list:1", "list:2", run)


def test_changes_of_ids_are_told_without_what_could_steer_a_terminal(tmp_path: Path) -> None:
    living, gone = "IC-5PD2S5C-4", "IC-0MTW5W3-9"
    rows = registry(
        {"site_id": gone, "merged_into": living},
        {"record_key": "a:2", "site_id": living, "succeeds": "a:\x1b[2J1", "cause": "the same name, 3 m away"},
    )
    (tmp_path / "processed").mkdir()
    rows.astype("str").where(rows.notna(), None).to_parquet(tmp_path / "processed" / "registry.parquet")
    made = CliRunner().invoke(cli.app, ["ids", "--data", str(tmp_path)], catch_exceptions=False, color=True)
    assert made.stdout.splitlines() == [
        "2 changes of ids",
        f"merged     {gone} -> {living}: by an earlier version",
        f"renumbered {living}: a: [2J1 goes on as a:2: the same name, 3 m away",
    ]
    assert not any("\x1b" in line for line in id_history(living, open_run(tmp_path)))
