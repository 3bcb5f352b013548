"""What may leave does, what may not does not, and all of it is counted."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from bundles import contracts, small_bundle

from inducult_geo.frames import REJECT_REASONS, REVIEW_REASONS, content_hash, from_json, to_json
from inducult_geo.publish.bundle import withheld_sources
from inducult_geo.publish.layers.former_ids import former_ids, former_keys
from inducult_geo.publish.licences import credit_lines, credit_text, licence_names
from inducult_geo.releasing.withholding import NOT_SHOWN, for_release, grid_centers
from inducult_geo.resolving.gaps import with_gaps


@pytest.fixture(scope="module")
def whole():
    return small_bundle()


@pytest.fixture(scope="module")
def released(whole):
    return for_release(whole, contracts())


def test_an_outline_whose_license_nobody_tells_is_credited_without_one(released):
    regions = released.regions.assign(boundary_source="ours.geojson", boundary_licence=["CC0-1.0", None])
    lines = [line for line in credit_lines(replace(released, regions=regions)) if line.startswith("Outline")]
    assert [line.partition(": ")[2] for line in lines] == ["ours.geojson (CC0-1.0)", "ours.geojson"]
    turned = replace(released, regions=regions[::-1], sources=released.sources[::-1])
    assert credit_lines(turned) == credit_lines(replace(released, regions=regions)), "by id, whatever their order"
    nobody = replace(released, regions=regions.assign(boundary_source=None))
    assert not any(line.startswith("Outline") for line in credit_lines(nobody))


def test_records_of_a_withheld_source_leave_every_frame(whole, released):
    assert (whole.records["source"] == "secret").any()
    everything = [released.records["record_key"], released.pairs["left_key"], released.pairs["right_key"]]
    everything += [released.review["left_key"], released.review["right_key"], released.sites["lineage"]]
    assert not any(column.astype(str).str.contains("secret:").any() for column in everything)


def test_sites_that_rest_on_withheld_records_alone_leave(whole, released):
    carried = whole.records[whole.records["source"] != "secret"]["site_id"].dropna().unique()
    gone = set(whole.sites["site_id"]) - set(carried)
    assert gone
    assert set(released.sites["site_id"]) == set(whole.sites["site_id"]) - gone


def test_what_is_withheld_is_counted_and_the_law_holds(whole, released):
    run = released.run
    assert run["withheld"] == (whole.records["source"] == "secret").sum() > 0
    assert run["records_in"] + run["withheld"] == len(whole.records)
    assert run["records_in"] == run["in_sites"] + run["in_review"] + run["rejected"] == len(released.records)
    for table in (released.sources, released.regions):
        assert (table["records_in"] == table["in_sites"] + table["in_review"] + table["rejected"]).all()
    assert released.sources["records_in"].sum() == run["records_in"]
    assert released.sources["withheld"].sum() == run["withheld"]
    assert released.regions["sites"].sum() == run["sites"] == len(released.sites)


def test_a_shared_site_keeps_nothing_that_only_the_withheld_source_said():
    bundle = small_bundle()
    sites, records = bundle.sites, bundle.records
    secret = records.index[records["record_key"] == "secret:5"][0]
    site = sites.index[sites["site_id"] == records.loc[secret, "site_id"]][0]
    told = {
        "operator": "secret:5",
        "name": "secret:5",
        "geometry": "secret:5",
        "city": "secret:5",
        "theme": "osm:way/5",
    }
    sites.loc[site, ["operator", "name", "city"]] = ["Secret AG", "Secret name", "Secret city"]
    sites.loc[site, "lineage"] = str(told).replace("'", '"')
    records.loc[records["record_key"] == "osm:way/5", "city"] = "Sokolov"
    kept = for_release(bundle, contracts()).sites.set_index("site_id").loc[sites.loc[site, "site_id"]]
    assert pd.isna(kept["operator"])
    assert kept["city"] == "Sokolov"
    assert "Secret" not in str(kept.to_dict())
    assert set(from_json(kept["lineage"]).values()) == {"osm:way/5"}
    assert kept["geometry"].equals(records.set_index("record_key").loc["osm:way/5", "geometry"])
    assert (kept["n_records"], kept["n_sources"]) == (1, 1)


def test_places_of_a_generalized_source_are_centers_of_cells(released):
    wide = released.records[released.records["source"] == "wide"]
    assert len(wide)
    xy = shapely.get_coordinates(wide.geometry)
    np.testing.assert_array_equal(xy % 1000, 500)
    assert (wide["accuracy_m"] >= 1000 / math.sqrt(2)).all()
    assert (wide["geometry_origin"] == "grid").all()
    for column in ("raw_x", "raw_y", "tags", "detail"):
        assert wide[column].isna().all(), f"{column} would give the place away"


@pytest.mark.parametrize(
    ("reason", "written"),
    [
        ("bad_coordinate", "'50.7167 N, 12.4I67 E' cannot be read as coordinates without guessing."),
        ("outside_region", "lies 3.2 km outside Zwickau: check the coordinate"),
        ("ambiguous_place", "several fit: 'as declared' in EPSG:31468 (96% inside, 113 m away)"),
    ],
)
def test_why_a_generalized_record_cannot_be_used_is_told_without_its_place(reason, written):
    told = rejected_as(reason, written)
    assert {**REJECT_REASONS, **REVIEW_REASONS}[reason] in told
    assert "on a grid only" in told
    assert "check of its contract" in told
    assert not any(letter.isdigit() for letter in told)


@pytest.mark.parametrize(
    ("reason", "written"),
    [
        ("no_key", "column 'nr' is empty: give the row a key"),
        ("bad_row", "4 cells where the header has 5: correct the row in the file"),
        ("no_coordinates", "a coordinate is empty: give both, or leave the site to other sources"),
    ],
)
def test_what_gives_no_place_away_is_told_as_it_is(reason, written):
    assert rejected_as(reason, written) == written


def test_a_hash_of_what_came_in_is_no_way_to_the_place():
    """Whoever knows the rest of a row finds its coordinates by trying: there are about a million in a cell."""
    bundle = small_bundle()
    known = ["W-1", "Stahlwerk"]
    mine = bundle.records["source"] == "wide"
    bundle.records["content_hash"] = [content_hash([*known, str(x), "50.5"]) for x in range(len(bundle.records))]
    shown = for_release(bundle, contracts()).records.set_index("record_key")["content_hash"]
    before = bundle.records.set_index("record_key")["content_hash"]
    on_grid = [*bundle.records.loc[mine, "record_key"]]
    assert on_grid
    assert not set(shown[on_grid]) & {content_hash([*known, str(x), "50.5"]) for x in range(1000)}
    others = [key for key in shown.index if key not in on_grid]
    assert shown[others].equals(before[others])


@pytest.mark.parametrize(
    ("column", "value", "is_news"),
    [
        ("operator", "Another", True),
        ("retrieved_at", "2027-01-01", False),
        ("raw_x", "12.345", False),
        ("region", "y", False),
    ],
)
def test_what_is_shown_of_a_generalized_record_tells_whether_it_changed(column, value, is_news):
    bundle, changed = small_bundle(), small_bundle()
    row = bundle.records.index[bundle.records["source"] == "wide"][0]
    changed.records.loc[row, column] = value
    one, other = (for_release(each, contracts()).records["content_hash"].fillna("") for each in (bundle, changed))
    assert (one != other).sum() == is_news


def test_a_score_does_not_tell_how_far_a_generalized_place_is():
    """The place counts by how far away it is: with all points, or all digits of the score, it could be worked out."""
    bundle = small_bundle()
    bundle.pairs["score"], bundle.review["score"], bundle.review["priority"] = 0.8637, 0.5131, 0.2569
    bundle.pairs["why"] = (
        "place 420 m, true to 510 m +2.4; numbers different -1.3; overlap of the lists about 66% +0.5; rest -0.3"
    )
    bundle.sites["confidence"] = 0.8637
    shown = for_release(bundle, contracts())
    for table, values in ((shown.pairs, {"score": 0.9}), (shown.review, {"score": 0.5, "priority": 0.3})):
        wide = table["left_key"].str.startswith("wide:") | table["right_key"].str.startswith("wide:")
        assert wide.any()
        for column, value in values.items():
            assert set(table.loc[wide, column]) == {value}
            assert set(table.loc[~wide, column]) <= {0.8637, 0.5131, 0.2569}
    told = "place … m, true to … m; numbers different; overlap of the lists about 66%"
    assert told in set(shown.pairs["why"])
    holds = set(shown.records.loc[shown.records["source"] == "wide", "site_id"].dropna())
    assert set(shown.sites.loc[shown.sites["site_id"].isin(holds), "confidence"]) == {0.9}
    assert set(shown.sites.loc[~shown.sites["site_id"].isin(holds), "confidence"]) <= {0.8637, 1.0}


def rejected_as(reason, written):
    bundle = small_bundle()
    row = bundle.records.index[bundle.records["source"] == "wide"][0]
    bundle.records.loc[row, ["reason", "detail"]] = [reason, written]
    shown = for_release(bundle, contracts()).records.set_index("record_key")
    return shown.loc[bundle.records.loc[row, "record_key"], "detail"]


def test_sites_placed_by_a_generalized_record_are_generalized_too(whole, released):
    origin = released.sites["lineage"].map(lambda text: str(from_json(text).get("geometry")))
    moved = released.sites[origin.str.startswith("wide:")]
    others = released.sites[origin.str.startswith("osm:")]
    assert len(moved)
    np.testing.assert_array_equal(shapely.get_coordinates(moved.geometry) % 1000, 500)
    assert (moved["geometry_origin"] == "grid").all()
    assert moved["elevation_m"].isna().all()
    before = whole.sites.set_index("site_id").loc[others["site_id"]].reset_index()
    same = before["lineage"].map(lambda text: str(from_json(text).get("geometry"))).str.startswith("osm:").to_numpy()
    assert same.sum() > 20
    assert shapely.equals(before.geometry.to_numpy()[same], others.geometry.to_numpy()[same]).all()


def test_how_large_a_generalized_place_is_is_not_told():
    """An outline of just that size in the cell is soon found."""
    bundle = small_bundle()
    bundle.sites["area_m2"] = 12_345.0
    sites = for_release(bundle, contracts()).sites
    on_grid = sites["geometry_origin"] == "grid"
    assert on_grid.any()
    assert sites.loc[on_grid, "area_m2"].isna().all()
    assert sites.loc[~on_grid, "area_m2"].eq(12_345.0).any()
    known = sites["lineage"].map(from_json)
    assert not any("area_m2" in of or "elevation_m" in of for of in known[on_grid]), "nothing comes from where none is"


def test_how_large_a_generalized_place_is_is_not_told_by_a_pair():
    bundle = small_bundle()
    bundle.pairs["why"] = "outline of 7901 m², 12.5 m outside -1.5; name +2.0"
    pairs = for_release(bundle, contracts()).pairs
    wide = pairs["left_key"].str.startswith("wide:") | pairs["right_key"].str.startswith("wide:")
    assert set(pairs.loc[wide, "why"]) == {"outline of … m², … m outside; name"}


@pytest.mark.parametrize("hidden", ["grid", "at home"])
def test_how_far_places_lie_from_each_other_is_not_told_of_what_is_hidden(hidden):
    """Of one record that was compared, the median distance is a circle around it."""
    bundle = small_bundle()
    accepted = bundle.records[bundle.records["reason"].isna()].groupby("source")["record_key"].first()
    one, other = accepted["osm"], accepted["wide"]
    pair = bundle.pairs.iloc[:1].assign(left_key=one, right_key=other, left_site="s", right_site="s", distance_m=13.2)
    told = with_gaps(bundle.sources, bundle.records.assign(accuracy_m=10.0), pair)
    assert told.loc[told["compared"] > 0, "median_gap_m"].tolist() == [13.2, 13.2]
    terms = contracts()
    if hidden == "at home":
        terms["wide"] = terms["wide"].model_copy(update={"publish": False, "publish_grid_m": None})
    sources = for_release(replace(bundle, pairs=pair, sources=told), terms).sources.set_index("source")
    assert sources["compared"].eq(0).all()
    assert sources["median_gap_m"].isna().all()


def test_distances_to_a_generalized_place_are_not_told(released):
    wide = released.pairs["left_key"].str.startswith("wide:") | released.pairs["right_key"].str.startswith("wide:")
    assert released.pairs.loc[wide, "distance_m"].isna().all()
    assert set(released.pairs.loc[wide, "why"]) == {"name, distance … m"}
    assert released.pairs.loc[~wide, "distance_m"].notna().all()
    pairs = released.review[released.review["kind"] == "pair"]
    np.testing.assert_array_equal(shapely.get_coordinates(pairs.geometry) % 1000, 500)


@pytest.mark.parametrize("cell", [100.0, 1000.0, 2500.0])
def test_no_place_moves_further_than_half_a_diagonal(cell):
    points = shapely.points(np.random.default_rng(1).uniform(-1e6, 6e6, (300, 2)))
    centers = grid_centers(points, np.full(300, cell))
    assert shapely.distance(points, centers).max() <= cell / math.sqrt(2) + 1e-6
    assert np.array_equal(shapely.to_wkb(centers), shapely.to_wkb(grid_centers(centers, np.full(300, cell))))


def test_a_record_without_a_place_stays_without_one():
    assert grid_centers([None, shapely.Point(1, 1)], [1000.0, 1000.0])[0] is None


def test_a_question_about_a_generalized_place_does_not_name_its_readings():
    bundle = small_bundle()
    row = bundle.review.index[bundle.review["kind"] == "place"][0]
    told = {"left_key": "wide:99", "question": "50.123456, 12.6?", "why": "EPSG:5514: x 850000.5"}
    bundle.review.loc[row, [*told]] = [*told.values()]
    asked = for_release(bundle, contracts()).review.set_index("left_key").loc["wide:99"]
    assert asked["question"] == asked["why"] == NOT_SHOWN
    bundle.review.loc[row, "left_key"] = "osm:99"
    asked = for_release(bundle, contracts()).review.set_index("left_key").loc["osm:99"]
    assert (asked["question"], asked["why"]) == (told["question"], told["why"])


def grid_of(source, cell):
    """The contracts, one of them with another grid."""
    terms = contracts()
    return terms | {source: terms[source].model_copy(update={"publish_grid_m": cell})}


@pytest.mark.parametrize(
    ("in_contract", "in_table", "cell"),
    [(2000.0, None, 2000.0), (2000.0, 500.0, 2000.0), (500.0, 2000.0, 2000.0), (None, 500.0, 500.0)],
    ids=["contract alone", "contract is stricter", "table is stricter", "table alone"],
)
def test_of_two_grids_the_coarser_one_holds(in_contract, in_table, cell):
    bundle = small_bundle()
    bundle.sources["publish_grid_m"] = bundle.sources["publish_grid_m"].astype("float64")
    bundle.sources.loc[bundle.sources["source"] == "register", "publish_grid_m"] = in_table
    records = for_release(bundle, grid_of("register", in_contract)).records
    placed = records[(records["source"] == "register") & ~records.geometry.isna()]
    np.testing.assert_array_equal(shapely.get_coordinates(placed.geometry) % cell, cell / 2)
    assert set(placed["geometry_origin"]) == {"grid"}
    assert placed["accuracy_m"].min() >= cell / math.sqrt(2)


def test_the_accuracy_of_a_place_on_a_grid_is_its_own_and_that_of_the_cell_together():
    bundle, half_diagonal = small_bundle(), 1000 / math.sqrt(2)
    row = bundle.records.index[bundle.records["source"] == "wide"][0]
    bundle.records.loc[row, "accuracy_m"] = 5000.0
    released = for_release(bundle, contracts())
    records = released.records.set_index("record_key")
    key = bundle.records.loc[row, "record_key"]
    # In whole centimeters, and never truer than it is.
    assert 0 <= records.loc[key, "accuracy_m"] - math.hypot(5000, half_diagonal) < 0.01
    told, worth = (frame.set_index("source")["accuracy_m"] for frame in (released.sources, bundle.sources))
    assert 0 <= told["wide"] - math.hypot(worth["wide"], half_diagonal) < 0.01
    assert told.drop("wide").equals(worth.drop("wide"))


def test_a_site_that_takes_the_place_of_a_record_on_a_grid_is_as_true_as_that_record():
    bundle = small_bundle()
    records = bundle.records
    site = records.loc[(records["source"] == "wide") & records["site_id"].notna(), "site_id"].iloc[0]
    mine = (records["site_id"] == site) & (records["source"] == "wide")
    records.loc[(records["site_id"] == site) & ~mine, ["site_id", "outcome", "reason"]] = [None, "rejected", "bad_row"]
    secret = records.index[records["source"] == "secret"][0]
    records.loc[secret, ["site_id", "outcome"]] = [site, "site"]
    row = bundle.sites.index[bundle.sites["site_id"] == site][0]
    bundle.sites.loc[row, "lineage"] = to_json({"geometry": records.loc[secret, "record_key"]})
    released = for_release(bundle, contracts())
    shown = released.records.set_index("record_key").loc[records.loc[mine, "record_key"].iloc[0]]
    moved = released.sites.set_index("site_id").loc[site]
    assert moved["accuracy_m"] == shown["accuracy_m"]
    assert moved["geometry"].equals(shown["geometry"])
    assert (moved["geometry_origin"], moved["n_records"]) == ("grid", 1)


@pytest.mark.parametrize("side", ["left_key", "right_key"])
def test_a_withheld_record_on_either_side_takes_pair_and_question_away(side):
    """What is told of a pair tells of both its records."""
    bundle = small_bundle()
    bundle.review.loc[bundle.review["review_id"] == "r000", side] = "secret:5"
    pair = bundle.pairs.index[bundle.pairs["left_key"].str.startswith("osm:")][0]
    bundle.pairs.loc[pair, side] = "secret:77"
    released = for_release(bundle, contracts())
    assert "r000" not in set(released.review["review_id"])
    assert set(released.review["review_id"]) == set(bundle.review["review_id"]) - {"r000"}
    assert not released.pairs[side].str.startswith("secret:").any()


@pytest.mark.parametrize(("left", "right"), [(1000.0, 4000.0), (4000.0, 1000.0), (None, 4000.0), (4000.0, None)])
def test_a_question_between_two_grids_stands_on_the_coarser_one(left, right):
    """The point of a question may be that of either record: on the finer grid it would tell of the other's place."""
    bundle = small_bundle()
    bundle.review.loc[bundle.review["review_id"] == "r001", ["left_key", "right_key"]] = ["register:0", "wide:1"]
    bundle.sources["publish_grid_m"] = None
    terms = grid_of("register", left) | {"wide": grid_of("wide", right)["wide"]}
    asked = for_release(bundle, terms).review.set_index("review_id").loc["r001"]
    np.testing.assert_array_equal(shapely.get_coordinates(asked["geometry"]) % 4000, 2000)
    assert pd.isna(asked["distance_m"])
    assert "?" in asked["question"], "a question about a pair may be asked"


def test_a_site_names_the_licenses_and_credits_of_its_own_sources_alone(whole, released):
    by_site = released.records[released.records["outcome"] == "site"].groupby("site_id")["source"].agg(set)
    said = {
        frozenset({"osm"}): ("ODbL-1.0", "© OpenStreetMap contributors"),
        frozenset({"wide"}): ("CC-BY-4.0", "Office of Wide list"),
        frozenset({"osm", "wide"}): ("CC-BY-4.0; ODbL-1.0", "Office of Wide list; © OpenStreetMap contributors"),
        frozenset({"osm", "register"}): (
            "CC-BY-4.0; ODbL-1.0",
            "Office of Register <of> monuments; © OpenStreetMap contributors",
        ),
        frozenset({"register"}): ("CC-BY-4.0", "Office of Register <of> monuments"),
    }
    for site in released.sites.itertuples():
        assert (site.licence, site.attribution) == said[frozenset(by_site[site.site_id])]
    assert by_site.map(frozenset).nunique() > 2


def test_a_part_does_not_name_a_whole_that_stays_at_home():
    bundle = small_bundle()
    carried = bundle.records[bundle.records["source"] != "secret"]["site_id"]
    (hidden, *_) = bundle.sites[~bundle.sites["site_id"].isin(carried)]["site_id"]
    shown = bundle.sites["site_id"].isin(carried)
    part, other, whole, *_ = bundle.sites[shown]["site_id"]
    bundle.sites.loc[bundle.sites["site_id"] == part, "part_of"] = hidden
    bundle.sites.loc[bundle.sites["site_id"] == other, "part_of"] = whole
    sites = for_release(bundle, contracts()).sites.set_index("site_id")
    assert pd.isna(sites.loc[part, "part_of"])
    assert sites.loc[other, "part_of"] == whole


def test_open_questions_are_counted_where_they_are_asked():
    bundle = small_bundle()
    bundle.sites["n_review"] = 9
    bundle.review.loc[bundle.review["review_id"] == "r002", "right_site"] = bundle.review.loc[2, "left_site"]
    released = for_release(bundle, contracts())
    told = released.sites.set_index("site_id")["n_review"].to_dict()
    questions = released.review[["left_site", "right_site"]].apply(lambda row: {*row.dropna()}, axis=1)
    assert told == {site: sum(site in about for about in questions) for site in told}
    assert {0, 1} <= set(told.values())


@pytest.mark.parametrize(
    ("placed_by", "said_of", "told"),
    [("osm:way/4", "register", True), ("osm:way/4", "wide", False), ("wide:4", "register", False)],
    ids=["both may be shown", "of a record on a grid", "of a site on a grid"],
)
def test_how_far_records_lie_apart_is_told_where_their_places_may_be(placed_by, said_of, told):
    bundle = small_bundle()
    row = bundle.sites.index[bundle.sites["site_id"] == "IC-00004-0"][0]
    bundle.sites.loc[row, "lineage"] = to_json({"name": "osm:way/4", "geometry": placed_by})
    said = {"place": {f"{said_of}:4": "2.1 km away"}, "status": {"osm:way/4": "disused", "wide:4": "functional"}}
    bundle.sites.loc[row, "conflicts"] = to_json(said)
    conflicts = for_release(bundle, contracts()).sites.set_index("site_id").loc["IC-00004-0", "conflicts"]
    assert from_json(conflicts) == (said if told else {"status": said["status"]})


def test_a_license_that_nobody_stated_permits_nothing(whole):
    terms = contracts()
    terms["register"] = terms["register"].model_copy(update={"licence": "unknown"})
    assert "register" not in set(for_release(whole, terms).records["source"])


def test_the_table_of_sources_alone_can_withhold(whole):
    released = for_release(whole, {})
    assert released.run["withheld"] > 0
    assert "secret" not in set(released.records["source"])


def test_a_table_that_says_nothing_of_a_source_withholds_nothing():
    said = pd.DataFrame({"source": ["a", "b", "c"], "publish": pd.array([None, False, True], dtype="boolean")})
    assert withheld_sources(said) == {"b"}


def test_what_led_to_a_site_before_leads_to_one_that_is_here_and_from_none(released):
    site, other = released.sites["site_id"].iloc[:2]
    key, further = released.records["record_key"].iloc[:2]
    ids = pd.DataFrame({"site_id": ["older", site, "old"], "merged_into": [site, other, "gone"], "last_seen": None})
    keys = pd.DataFrame({"former_key": ["older", key, "old"], "record_key": [key, further, "gone"], "last_seen": None})
    told = replace(released, former=ids, former_keys=keys)
    assert former_ids(told)["site_id"].tolist() == former_keys(told)["former_key"].tolist() == ["older"]


def test_input_is_left_alone(whole):
    before = whole.records.to_wkb().copy(), whole.sites.to_wkb().copy()
    for_release(whole, contracts())
    pd.testing.assert_frame_equal(before[0], whole.records.to_wkb())
    pd.testing.assert_frame_equal(before[1], whole.sites.to_wkb())


def test_credit_names_odbl_where_openstreetmap_took_part(released):
    assert "ODbL 1.0" in credit_text(released)
    assert "OpenStreetMap contributors" in credit_text(released)
    assert not any("Secret" in line for line in credit_lines(released))
    assert licence_names(released) == ["CC-BY-4.0", "ODbL-1.0"]
    assert released.sites["attribution"].str.len().gt(0).all()


def test_credit_does_not_name_odbl_without_openstreetmap(whole):
    terms = contracts()
    terms["osm"] = terms["secret"].model_copy(update={"id": "osm"})
    released = for_release(whole, terms)
    assert "osm" not in set(released.records["source"])
    assert "ODbL" not in credit_text(released)


def with_raster(bundle, lineage):
    """Return the bundle with a raster among its sources, and one site whose elevation comes as the lineage says."""
    row = bundle.sources.iloc[[0]].assign(
        source="dem",
        title="Elevation",
        attribution="Height office",
        licence="CC-BY-4.0 raster",
        records_in=0,
        in_sites=0,
    )
    sites = bundle.sites.copy()
    sites.loc[0, "lineage"] = to_json({"name": "osm:way/0", "elevation_m": lineage})
    return replace(bundle, sites=sites, sources=pd.concat([bundle.sources, row], ignore_index=True))


@pytest.mark.parametrize("lineage", ["raster:dem", "raster:dem@2019-06-30"])
def test_a_raster_that_gave_a_value_is_credited(released, lineage):
    bundle = with_raster(released, lineage)
    assert "Elevation: Height office (CC-BY-4.0 raster)" in credit_lines(bundle)
    assert "CC-BY-4.0 raster" in licence_names(bundle)


@pytest.mark.parametrize("lineage", ["raster:dem2@2019-06-30", "dem:way/1"])
def test_a_raster_that_gave_none_is_not(released, lineage):
    assert "Height office" not in credit_text(with_raster(released, lineage))
