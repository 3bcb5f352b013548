"""All regions and what wide sources have outside them, put together: counted, nothing lost, nothing made up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from test_stage import FACTS

from inducult_geo.collecting.at_hand import kept_file
from inducult_geo.collecting.boundaries import kept_outline
from inducult_geo.errors import CountingError, RegionError
from inducult_geo.frames import OF_A_NIGHT, PAIR_COLUMNS, Counts, Problem, as_records, as_sites, from_json
from inducult_geo.match.identity.registry import empty_registry
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.layers.domains import DOMAINS
from inducult_geo.releasing.assemble import _told, assemble, release_manifest
from inducult_geo.releasing.overlapping import Left, pairs_of_each
from inducult_geo.releasing.withholding import for_release
from inducult_geo.run import Run, open_run
from inducult_geo.stage import Part, RegionOutcome, Stage, keep_part, keep_stage
from inducult_geo.store import DataFolder

BOX = {"opole": (17.0, 50.0, 18.5, 51.0), "leoben": (14.5, 47.2, 15.3, 47.8)}
PLACE = shapely.Point(4_850_000, 3_080_000)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = open_run(tmp_path / "data", contracts=False)
    for name, box in BOX.items():
        outline = run.folder.raw / "boundaries" / f"{name}.geojson"
        outline.parent.mkdir(parents=True, exist_ok=True)
        feature = {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shapely.box(*box))}
        outline.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
        kept_outline(run.catalog.region(name), run)
    return run


def record(key: str, reason: str | None = None, **said: Any) -> dict[str, Any]:
    source = key.split(":")[0]
    detail = None if reason is None else f"why {key}"
    names = json.dumps({"name": f"Works {key}"})
    return {"record_key": key, "source": source, "names": names, "reason": reason, "detail": detail, **said}


def stage(
    run: Run,
    region: str,
    *rows: dict[str, Any],
    pairs: tuple[dict[str, Any], ...] = (),
    at: Mapping[str, str] = MappingProxyType({}),
    **facts: Any,
) -> Stage:
    """A region as a run keeps it: a record without a reason is a site of its own, but for those at other ones."""
    table = pd.DataFrame([{**row, "region": region} for row in rows])
    reasons = [row["reason"] for row in rows]
    outcome = ["site" if r is None else "review" if r == "ambiguous_place" else "rejected" for r in reasons]
    keys = [row["record_key"] for row in rows]
    homes = [at.get(key, f"IC-{key}") if one == "site" else None for key, one in zip(keys, outcome, strict=True)]
    records = as_records(table, geometry=[PLACE] * len(table)).assign(site_id=homes, outcome=outcome)
    kept = records[records["outcome"] == "site"].drop_duplicates("site_id")
    ids = kept["site_id"].tolist()
    sites = as_sites(gpd.GeoDataFrame({"site_id": ids, "region": region}, geometry=[PLACE] * len(kept), crs=3035))
    counts = Counts(len(table), *(outcome.count(name) for name in ("site", "review", "rejected")))
    plain = pd.DataFrame({"a": pd.Series(dtype=object)})
    review = pd.DataFrame([*pairs]) if pairs else plain
    frames = {"records": records, "sites": sites, "pairs": plain, "review": review, "registry": plain}
    fact = replace(FACTS, region=region, counts=counts, **facts)
    outline = {"source": "the office", "licence": "CC0-1.0", "attribution": ""}
    return keep_stage(Stage(region, Path("x"), f"run-{region}", counts, len(kept), (fact,), outline, ()), run, frames)


def put_together(run: Run, *stages: Stage, wide: dict[str, Part] | None = None, **told: RegionOutcome) -> Bundle:
    outcomes = {one.region: told.get(one.region, RegionOutcome(one.region, "fresh", one)) for one in stages}
    return assemble({one.region: one for one in stages}, outcomes, wide or {}, run)


def frames_of(kept: Stage) -> dict[str, pd.DataFrame]:
    tables = {name: kept.table(name) for name in ("review", "registry")}
    return {"records": kept.records(), "sites": kept.sites(), "pairs": kept.pairs(), **tables}


def had_before(run: Run, key: str, region: str) -> None:
    told = empty_registry().reindex(range(1)).assign(record_key=key, site_id=f"IC-{key}", region=region)
    told.to_parquet(run.folder.registry)


def opole(run: Run, **facts: Any) -> Stage:
    rows = (record("osm:1", valid_at="2026-11-20"), record("osm:2", "ambiguous_place"), record("osm:3", "no_key"))
    return stage(run, "opole", *rows, **facts)


def published(bundle: Bundle, run: Run) -> Bundle:
    """What may leave of a bundle in which every record is a site of its own."""
    homes = ("IC-" + bundle.records["record_key"]).where(bundle.records["outcome"] == "site")
    return for_release(replace(bundle, records=bundle.records.assign(site_id=homes)), run.catalog.sources)


def test_a_source_whose_contract_was_taken_away_is_withheld_and_stops_nothing(run: Run) -> None:
    """Its records stay in the region until that is run again; nobody knows any more whether they may leave."""
    bundle = put_together(run, opole(run), stage(run, "leoben", record("gone:1"), record("gone:2"), source="gone"))
    row = bundle.sources.set_index("source").loc["gone"]
    assert (row["state"], row["records_in"], row["licence"]) == ("stale", 2, "unknown")
    assert "no contract declares it any more" in row["message"]
    public = published(bundle, run)
    assert not public.records["record_key"].str.startswith("gone").any()
    assert (public.run["records_in"], public.run["withheld"]) == (3, 2)
    assert sorted(public.sites["site_id"]) == ["IC-osm:1"]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (("fresh", "failed"), "partial"),
        (("stale", "failed"), "partial"),
        (("failed", "failed"), "failed"),
        (("fresh", "stale"), "stale"),
        (("fresh", "fresh"), "fresh"),
    ],
)
def test_a_source_that_failed_in_some_regions_only_is_not_said_to_be_missing(
    run: Run, states: tuple[str, str], expected: str
) -> None:
    there, other = (
        stage(run, name, record(f"osm:{name}"), state=state)
        for name, state in zip(("opole", "leoben"), states, strict=True)
    )
    row = put_together(run, there, other).sources.set_index("source").loc["osm"]
    assert row["state"] == expected
    assert row["state"] in DOMAINS["source_state"]


@pytest.mark.parametrize("state", ["stale", "failed"])
def test_a_region_of_which_a_source_is_not_of_this_run_is_not_said_to_be_fresh(run: Run, state: str) -> None:
    row = put_together(run, opole(run, state=state, message="an empty file")).regions.iloc[0]
    assert row["state"] == "partial"
    assert row["state"] in DOMAINS["state"]
    assert row["message"] == f"not as they should be: osm ({state}). Their rows among the sources say why."
    whole = put_together(run, opole(run)).regions.iloc[0]
    assert (whole["state"], whole["message"]) == ("fresh", None)


@pytest.mark.parametrize("what", ["a name", "a registry", "files", "use"])
def test_a_record_of_two_regions_is_on_the_map_once_and_stops_no_other(run: Run, what: str) -> None:
    """A region was called otherwise, and what was kept under its old name stopped the release of all eight."""
    rejected = {"use": "no_key"}.get(what)
    mine = stage(run, "leoben", record("osm:1", rejected), record("osm:9"), record("osm:3", "no_key"))
    theirs = opole(run)
    if what == "a registry":
        had_before(run, "osm:1", "opole")
    if what == "files":
        extract = run.folder.raw / "osm" / "opole.osm.pbf"
        extract.parent.mkdir()
        extract.touch()
    bundle = put_together(run, theirs, mine)
    owner, other = ("leoben", "opole") if what == "a name" else ("opole", "leoben")
    records = bundle.records.set_index("record_key")
    assert records.index.is_unique
    assert records.loc["osm:1", ["region", "outcome"]].tolist() == [owner, "site"]
    assert bundle.sites.set_index("site_id")["region"].to_dict() == {"IC-osm:1": owner, "IC-osm:9": "leoben"}
    assert [bundle.run[name] for name in ("records_in", "in_sites", "in_review", "rejected")] == [4, 2, 1, 1]
    assert bundle.sources["records_in"].tolist() == [4]
    said = "" if what == "use" else f"1 record ('osm:1' is the first) lies in {owner}, too: the outlines overlap. "
    assert "".join(bundle.overlaps.get(other, ())).startswith(said)
    assert (other in bundle.overlaps) == (what != "use")


@pytest.mark.parametrize("is_known", [True, False], ids=["had before", "of its own"])
def test_a_record_of_two_regions_stays_with_those_of_its_site(run: Run, is_known: bool) -> None:
    """A list was numbered anew: its rows went to the first region by name, and left their sites in two."""
    mine = stage(run, "opole", record("osm:1"), record("osm:7"), at={"osm:7": "IC-osm:1"})
    theirs = stage(run, "leoben", *([record("osm:1")] * is_known), record("osm:7"))
    if is_known:
        had_before(run, "osm:1", "opole")
    bundle = put_together(run, theirs, mine)
    assert bundle.records.set_index("record_key")["region"].to_dict() == {"osm:1": "opole", "osm:7": "opole"}
    assert bundle.sites["site_id"].tolist() == ["IC-osm:1"]


@pytest.mark.parametrize("by", ["others", "same", "part_of", "most"])
def test_what_is_one_site_lies_in_one_region_where_outlines_overlap(run: Run, by: str) -> None:
    """One works was on the map twice for good: each record stayed in the region that had it first."""
    own, shared = ("osm:2", "osm:4"), ("osm:1", "osm:3")
    here, there = {"others": (own, ()), "most": ((), ())}.get(by, (own, ("osm:5",)))
    mine, theirs = (
        stage(run, name, *map(record, (*keys, *shared)), at=dict.fromkeys((*keys, *shared), "IC-osm:1"))
        for name, keys in (("opole", here), ("leoben", there))
    )
    if by in ("same", "part_of"):
        said = dict(zip(PAIR_COLUMNS, [None] * len(PAIR_COLUMNS), strict=True)) | {"left_key": "osm:2"}
        said |= {"right_key": "osm:3", "region": "opole", "decision": by, "decided_by": "Eva"}
        mine = keep_stage(mine, run, frames_of(mine) | {"pairs": pd.DataFrame([said])})
    had_before(run, "osm:1", "opole" if by == "most" else "leoben")
    bundle = put_together(run, mine, theirs)
    regions = bundle.records.set_index("record_key")["region"]
    assert set(regions[[*here, *shared]]) == {"opole"}


def test_a_site_of_which_another_region_has_one_record_is_made_of_the_others(run: Run) -> None:
    pair = {"left_key": "osm:1", "right_key": "osm:2", "region": "opole", "priority": 0.5, "review_id": "Q-1"}
    two = stage(run, "opole", record("osm:1"), record("osm:2"), record("osm:4"), pairs=(pair,))
    records, sites = two.records(), two.sites()
    records["site_id"] = ["IC-osm:1", "IC-osm:1", "IC-osm:4"]
    records["accuracy_m"] = 5.0
    sites = sites[sites["site_id"] != "IC-osm:2"].assign(n_records=[2, 1], part_of=[None, "IC-osm:1"])
    two = keep_stage(two, run, frames_of(two) | {"records": records, "sites": sites})
    had_before(run, "osm:1", "leoben")
    other = stage(run, "leoben", record("osm:1"), record("osm:5"), at={"osm:5": "IC-osm:1"})
    bundle = put_together(run, two, other)
    here = bundle.sites[bundle.sites["region"] == "opole"].set_index("site_id")
    assert here["n_records"].to_dict() == {"IC-osm:1": 1, "IC-osm:4": 1}
    assert from_json(here.loc["IC-osm:1", "names"])["name"] == "Works osm:2"
    assert bundle.review.empty


@pytest.mark.parametrize(("said", "credit"), [("", "Our list"), ("  ", "Our list"), ("The office", "The office")])
def test_who_is_not_told_how_to_be_named_is_named_by_the_title(run: Run, said: str, credit: str) -> None:
    """Without a credit line the release broke its promise, and no region was published."""
    ours = run.catalog.sources["osm"].model_copy(update={"id": "ours", "title": "Our list", "attribution": said})
    run.catalog.sources["ours"] = ours
    bundle = put_together(run, stage(run, "leoben", record("ours:1"), source="ours"))
    assert published(bundle, run).sites["attribution"].tolist() == [credit]


@pytest.mark.parametrize("written", ["{root}", "{resolved}"])
def test_a_release_does_not_say_where_the_data_folder_lies(run: Run, written: str) -> None:
    """Two machines make the same bytes of the same data, and a steward's name in a path is nobody's business."""
    root = written.format(root=run.folder.root, resolved=run.folder.root.resolve())
    said = f"{root}/raw/partners/a.toml: unknown key 'colour'"
    kept = opole(run, state="stale", message=said)
    bundle = put_together(run, kept, opole=RegionOutcome("opole", "stale", kept, said))
    rows = [*bundle.sources["message"], *bundle.regions["message"]]
    assert rows == ["raw/partners/a.toml: unknown key 'colour'"] * 2
    manifest = json.dumps(release_manifest(bundle, {"opole": kept}, run))
    assert "raw/partners/a.toml" in manifest
    assert str(root) not in manifest


def test_only_what_begins_with_the_data_folder_is_shortened(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is "data" where nothing else is said: such a word ends others, and stands in addresses."""
    monkeypatch.chdir(run.folder.root.parent)
    here = replace(run, folder=DataFolder(Path("data")))
    others = "https://example.org/opendata/a.csv and ../data/b.csv"
    kept = opole(here, state="stale", message=f"data/raw/partners/a.toml, {run.folder.root}/c.csv: not {others}")
    row = put_together(here, kept).sources.iloc[0]
    assert row["message"] == f"raw/partners/a.toml, c.csv: not {others}"


def test_every_record_of_every_region_is_there_once_and_counted(run: Run) -> None:
    bundle = put_together(run, opole(run), stage(run, "leoben", record("osm:9", retrieved_at="2026-11-21")))
    assert bundle.records["record_key"].tolist() == ["osm:1", "osm:2", "osm:3", "osm:9"]
    assert sorted(bundle.sites["site_id"]) == ["IC-osm:1", "IC-osm:9"]
    counted = {name: bundle.run[name] for name in ("records_in", "in_sites", "in_review", "rejected", "sites")}
    assert counted == {"records_in": 4, "in_sites": 2, "in_review": 1, "rejected": 1, "sites": 2}
    assert bundle.run["data_date"] == "2026-11-21"
    assert bundle.run["withheld"] == 0
    assert bundle.regions["region"].tolist() == ["leoben", "opole"]


def test_a_record_that_was_lost_or_made_up_on_the_way_is_found(run: Run) -> None:
    """Counted at the door and at the end of the road: the numbers come from two hands."""
    kept = opole(run)
    for counts in (Counts(4, 2, 1, 1), Counts(2, 1, 1, 0)):
        wrong = replace(kept, facts=(replace(kept.facts[0], counts=counts),))
        with pytest.raises(CountingError, match=r"release: \d records came in, but 1 are in sites, 1 in review"):
            put_together(run, wrong)


class TestAWideSource:
    def part(self, run: Run) -> Part:
        rows = [record("eutl:1"), record("eutl:2"), record("eutl:3", "no_coordinates")]
        whole = as_records(pd.DataFrame(rows), geometry=[PLACE, shapely.Point(0, 0), None])
        facts = replace(FACTS, source="eutl", region=None, counts=Counts(3, 2, 0, 1), problems=())
        return keep_part(run.folder.wide, whole, facts, None)

    def test_what_no_region_took_is_rejected_with_its_reason(self, run: Run) -> None:
        taken = stage(run, "opole", record("eutl:1"), source="eutl")
        bundle = put_together(run, taken, wide={"eutl": self.part(run)})
        rows = bundle.records.set_index("record_key")
        assert rows["outcome"].to_dict() == {"eutl:1": "site", "eutl:2": "rejected", "eutl:3": "rejected"}
        assert rows["reason"].to_dict()["eutl:2"] == "outside_all_regions"
        assert rows["detail"].to_dict()["eutl:2"] == "its place lies in no region of this release"
        assert rows["reason"].to_dict()["eutl:3"] == "no_coordinates", "its own reason stays"
        (source,) = bundle.sources.to_dict("records")
        assert (source["source"], source["records_in"], source["in_sites"], source["rejected"]) == ("eutl", 3, 1, 2)
        assert pd.isna(source["region"]), "it is about more than one region"

    def test_one_that_is_not_there_adds_nothing(self, run: Run) -> None:
        absent = Part(replace(FACTS, source="eutl", region=None, state="absent", counts=Counts(0, 0, 0, 0)))
        bundle = put_together(run, opole(run), wide={"eutl": absent})
        assert bundle.sources["source"].tolist() == ["osm"]


class TestSources:
    def test_one_row_sums_up_what_became_of_it_everywhere(self, run: Run) -> None:
        here = opole(run, accuracy_m=5.0, crs="EPSG:4326", data_time="2026-11-19", message="cut short.")
        there = stage(
            run, "leoben", record("osm:9"), state="stale", message="torn.", accuracy_m=40.0, crs="EPSG:31256",
            files=(), data_time="2026-11-20",
        )  # fmt: skip
        (row,) = put_together(run, here, there).sources.to_dict("records")
        assert (row["state"], row["message"]) == ("stale", "cut short; torn.")
        assert (row["records_in"], row["in_sites"], row["in_review"], row["rejected"]) == (4, 2, 1, 1)
        assert (row["crs"], row["accuracy_m"]) == ("EPSG:4326; EPSG:31256", 40.0)
        assert row["operation"] == "an operation", "what is said twice stands once"
        assert row["valid_at"] == "2026-11-20"
        assert (row["files"], row["sha256"]) == ("opole.osm.pbf", "0" * 64)

    def test_one_that_is_absent_in_a_region_is_not_told_there(self, run: Run) -> None:
        here = opole(run)
        absent = replace(FACTS, source="eutl", state="absent", counts=Counts(0, 0, 0, 0))
        bundle = put_together(run, replace(here, facts=(*here.facts, absent)))
        assert bundle.sources["source"].tolist() == ["osm"]
        assert bundle.sources["region"].tolist() == ["opole"]


class TestQuestions:
    PAIR = (
        {
            "review_id": "pair:1", "kind": "pair", "region": "opole", "left_key": "osm:1", "right_key": "osm:3",
            "question": "Is it one site?", "priority": 0.4,
        },
    )  # fmt: skip

    def test_doubtful_pairs_and_places_are_one_list_the_weightiest_first(self, run: Run) -> None:
        rows = (record("osm:1"), record("osm:2", "ambiguous_place"), record("osm:3", "no_key"))
        review = put_together(run, stage(run, "opole", *rows, pairs=self.PAIR)).review
        assert review["review_id"].tolist() == ["place:osm:2", "pair:1"]
        place = review.iloc[0]
        assert place["question"] == ("Where is Works osm:2? The coordinates fit several readings.")
        assert (place["left_key"], place["left_name"], place["why"]) == ("osm:2", "Works osm:2", "why osm:2")
        assert review.geometry.notna().all()
        assert review.crs.to_epsg() == 3035

    def test_a_place_without_a_name_is_asked_for_by_its_key(self, run: Run) -> None:
        rows = (record("osm:2", "ambiguous_place", names=None),)
        review = put_together(run, stage(run, "opole", *rows)).review
        assert review["question"].iloc[0].startswith("Where is osm:2? ")

    def test_a_name_in_a_language_is_one(self, run: Run) -> None:
        rows = (record("osm:2", "ambiguous_place", names=json.dumps({"de": "Werk Nord"})),)
        review = put_together(run, stage(run, "opole", *rows)).review
        assert (review["left_name"].iloc[0], review["question"].iloc[0][:19]) == ("Werk Nord", "Where is Werk Nord?")

    def test_without_a_question_the_list_is_empty_and_has_its_columns(self, run: Run) -> None:
        review = put_together(run, stage(run, "opole", record("osm:1"))).review
        assert len(review) == 0
        assert {"review_id", "decision", "note", "geometry"} <= set(review.columns)


class TestRegions:
    def test_a_region_tells_its_outline_and_what_became_of_it(self, run: Run) -> None:
        kept = opole(run)
        bundle = put_together(run, kept, opole=RegionOutcome("opole", "stale", kept, "no network"))
        (row,) = bundle.regions.drop(columns="geometry").to_dict("records")
        assert (row["state"], row["message"], row["country"]) == ("stale", "no network", "PL")
        assert (row["boundary_source"], row["boundary_licence"]) == ("the office", "CC0-1.0")
        assert (row["records_in"], row["sites"]) == (3, 1)
        # 1.5 degrees of longitude and 1 of latitude at 50.5 degrees north: 106.4 km by 111.2 km.
        assert row["area_km2"] == pytest.approx(106.4 * 111.2, rel=0.01)
        assert "(sample)" not in row["title"]

    def test_a_damaged_outline_names_the_way_out(self, run: Run) -> None:
        kept = opole(run)
        kept_file(run.catalog.region("opole"), run).unlink()
        with pytest.raises(RegionError, match=r"opole: its outline is damaged.*inducult run opole --afresh"):
            put_together(run, kept)


def test_the_run_id_follows_what_went_in_and_not_the_clock(run: Run) -> None:
    ids = [put_together(run, opole(run)).run["run_id"] for _ in range(2)]
    other = put_together(run, replace(opole(run), run_id="another")).run["run_id"]
    assert ids[0] == ids[1] != other


def test_the_manifest_tells_of_every_region_and_source(run: Run) -> None:
    stages = {"opole": opole(run), "leoben": stage(run, "leoben", record("osm:9"))}
    manifest = release_manifest(put_together(run, *stages.values()), stages, run)
    assert [*manifest["regions"]] == ["leoben", "opole"]
    assert manifest["regions"]["opole"]["sources"][0]["counts"]["records_in"] == 3
    assert manifest["is_sample"] is False
    assert manifest["run"]["records_in"] == 4
    json.dumps(manifest)


@pytest.mark.parametrize("terms", [{}, {"publish": False}, {"publish_grid_m": 1000.0}])
def test_what_is_noticed_of_a_source_that_stays_or_leaves_on_a_grid_is_in_no_release(run: Run, terms: Any) -> None:
    """It names records and places: a note on two decisions told the key of a record that nobody may know of."""
    run.catalog.sources["ours"] = run.catalog.sources["osm"].model_copy(update={"id": "ours", **terms})
    seen = Problem("ours", "unknown_type", "type: 'Hidden works' (1)")
    kept = stage(run, "opole", record("ours:1"), source="ours", problems=(seen,), candidates=({"x": 4},))
    kept = replace(kept, problems=("Eva: 'ours:2' same 'ours:1'", "ours: some 600 m north", "of none: it's well"))
    told = release_manifest(put_together(run, kept), {"opole": kept}, run)["regions"]["opole"]
    assert told["problems"] == [*kept.problems[2 if terms else 0 :]]
    assert [len(told["sources"][0][name]) for name in ("problems", "candidates")] == [0 if terms else 1] * 2


def test_the_sample_says_in_every_title_that_it_is_one(tmp_path: Path) -> None:
    (tmp_path / "data" / "raw" / "sample").mkdir(parents=True)
    run = open_run(tmp_path / "data", contracts=False)
    outline = run.folder.raw / "boundaries" / "opole.geojson"
    outline.parent.mkdir()
    gpd.GeoDataFrame(geometry=[shapely.box(*BOX["opole"])], crs=4326).to_file(outline)
    kept_outline(run.catalog.region("opole"), run)
    bundle = put_together(run, opole(run))
    assert bundle.run["title"].endswith("(sample)")
    assert bundle.regions["title"].iloc[0].endswith("(sample)")
    assert bundle.run["is_sample"]


def test_a_pair_goes_with_either_record_that_is_left_to_another_region() -> None:
    left = Left(pd.DataFrame({"record_key": ["b:1"], "region": ["opole"], "to": ["leoben"]}))
    rows = [("opole", "a:1", "b:1"), ("opole", "b:1", "c:1"), ("opole", "a:1", "c:1"), ("leoben", "a:1", "b:1")]
    pairs = pd.DataFrame(rows, columns=["region", "left_key", "right_key"])
    assert pairs_of_each(pairs, left).index.tolist() == [2, 3]


def test_what_is_noticed_of_one_night_stands_in_no_release(tmp_path: Path) -> None:
    fact = replace(FACTS, problems=tuple(Problem("osm", kind, "x") for kind in (*OF_A_NIGHT, "note")))
    told = _told(fact, open_run(tmp_path, contracts=False), is_shown=True)
    assert [problem["kind"] for problem in told["problems"]] == ["note"]
