from __future__ import annotations

import pandas as pd
import pytest
from match_rows import backdrop, point, records, row

from inducult_geo.match import link
from inducult_geo.match.link import LINK_COLUMNS

LEFT = records(row("hm:1", "Zementwerk Rohrdorf", point()), row("hm:2", "Gaswerk Nord", point(50_000)))
RIGHT = records(row("eu:A/1:b", "Werk SPZ Rohrdorf Zement", point(200)), row("eu:2", "Ziegelei Süd", point(90_000)))


def test_keys_are_the_sources_own():
    links = link(LEFT, RIGHT)
    assert [*links.columns] == [*LINK_COLUMNS]
    assert links[["left_id", "right_id", "decision"]].to_numpy().tolist()[0] == ["1", "A/1:b", "match"]
    assert links["distance_m"].iloc[0] == 200.0
    assert "place 200 m" in links["why"].iloc[0]


def test_a_left_row_matches_once_and_several_may_match_one_right():
    left = records(*(row(f"l:{i}", "Kalkwerk Saal", point(10 * i)) for i in range(2)))
    right = records(row("r:0", "Kalkwerk Saal", point()), row("r:1", "Saal Kalk", point(40)))
    sure = link(left, right).query("decision == 'match'")
    assert sure["left_id"].is_unique


def test_without_review_only_matches_are_given():
    assert set(link(LEFT, RIGHT, review=False)["decision"]) <= {"match"}


def test_nothing_to_find_gives_nothing():
    far = records(*(part for part in backdrop() if part["source"] == "a"))
    links = link(LEFT, far)
    assert (links["decision"] != "match").all()


@pytest.mark.parametrize("swap", [False, True])
def test_empty_tables(swap):
    none = LEFT.iloc[:0]
    links = link(none, RIGHT) if swap else link(LEFT, none)
    assert links.empty
    assert [*links.columns] == [*LINK_COLUMNS]


def test_order_of_rows_changes_nothing():
    pd.testing.assert_frame_equal(link(LEFT, RIGHT), link(LEFT.iloc[::-1], RIGHT.iloc[::-1]))


def test_keys_that_both_tables_use_are_kept_apart():
    links = link(LEFT, LEFT)
    assert set(zip(links["left_id"], links["right_id"], strict=True)) >= {("1", "1"), ("2", "2")}


def test_real_tables(shared):
    from benchmarks.bench_link import bench_sites

    figures = bench_sites(shared)
    assert figures["all"]["f1"] >= 0.968
    assert figures["name_not_copied"]["f1"] >= 0.9
    assert figures["bare"]["f1"] >= 0.94
    assert figures["emptied"]["matched"] <= 0.085
    assert figures["review_rows"] <= 0.08 * (figures["review_rows"] + figures["match_rows"])
    assert figures["candidate_recall"] >= 0.997


def test_power_plants(shared):
    from benchmarks.bench_link import bench_power

    figures = bench_power(shared)
    assert figures["f1"] >= 0.855
    assert figures["emptied_matched"] <= 0.08
    assert bench_power(shared, tags=True)["f1"] >= 0.91


@pytest.mark.slow
def test_shipped_weights_are_what_training_gives(shared, tmp_path, repository):
    from benchmarks.bench_link import bench_folds, write_weights

    write_weights(shared, tmp_path / "weights.json")
    shipped = repository / "inducult_geo" / "match" / "weights.json"
    assert (tmp_path / "weights.json").read_text(encoding="utf-8") == shipped.read_text(encoding="utf-8")
    figures = bench_folds(shared)
    assert figures["all"] >= 0.96
    assert figures["name_not_copied"] >= 0.88
