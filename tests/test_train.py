from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from match_rows import point, records, row

from inducult_geo.errors import ConfigError
from inducult_geo.frames import from_json
from inducult_geo.match.learning.labelled import Labelled, labelled_sets, read_pairs
from inducult_geo.match.learning.regression import hats, logistic
from inducult_geo.match.learning.tables import records_from_csv
from inducult_geo.match.learning.train import STATES, examples, fit_weights, main, train
from inducult_geo.match.scoring.score import weights_from

WORDS = ("Ahorn", "Birke", "Linde", "Erle", "Eiche", "Buche", "Hasel", "Tanne", "Ulme", "Weide")
NAMES = [f"{a}werk {b}au" for a in ("Eisen", "Glas", "Kalk", "Papier", "Stahl", "Zement") for b in WORDS]


def tables(count=16, **fields):
    left = records(*(row(f"a:{i}", name, point(900 * i), **fields) for i, name in enumerate(NAMES[:count])))
    right = records(*(row(f"b:{i}", name, point(900 * i + 150), **fields) for i, name in enumerate(NAMES[:count])))
    return left, right


def labelled(count=16, **fields):
    left, right = tables(count, **fields)
    return Labelled("made up", left, right, {(str(i), str(i)) for i in range(count)})


def test_training_learns_and_is_the_same_every_time():
    learned = train([labelled()])
    assert learned == train([labelled()])
    points = learned["points"]
    assert points["name"][-1] > points["name"][0]
    assert points["place"][0] > points["place"][-1]
    assert learned["neighbors"]["scale"] > 0


def test_one_example_gives_finite_weights():
    learned = train([labelled(1)])
    assert np.isfinite([value for points in learned["points"].values() for value in points]).all()


def test_states_that_hide_nothing_are_not_shown_twice():
    placed = {"made up, whole", "made up, no place left"}
    assert {part.name for part in examples(labelled())} == placed
    shown = {part.name for part in examples(labelled(address="Sinning 1"))}
    one_sided = {f"made up, {state} left" for state in ("no address", "town alone")} | {"made up, no address right"}
    assert shown == placed | one_sided | {"made up, no address"}
    assert STATES["whole"] == ()


def test_emptied_examples_have_no_true_pair():
    whole, emptied, placeless, _ = examples(labelled())
    assert whole.true.sum() == placeless.true.sum() == 16
    assert not emptied.true.any()
    assert placeless.weight < whole.weight


def test_what_is_left_out_teaches_nothing():
    shown = [*examples(labelled())]
    assert fit_weights(shown, leave_out={"a:1"}) != fit_weights(shown)
    assert {key for part in shown for key in part.without({"a:1"}).group}.isdisjoint({"a:1"})


def test_hats_share_between_knots():
    assert hats(np.array([0.25, np.nan, 5.0]), (0.0, 0.5, 1.0)).tolist() == [[0.5, 0.5, 0], [0, 0, 0], [0, 0, 1]]


def test_logistic_finds_the_rate():
    true = np.array([True] * 30 + [False] * 10)
    _, intercept = logistic({"x": np.full(40, np.nan)}, {"x": (0.0, 1.0)}, true, np.ones(40))
    assert intercept == pytest.approx(np.log(3), abs=0.01)


def write_sets(folder, text):
    path = folder / "sets.toml"
    path.write_text(text, encoding="utf-8")
    return path


TABLE = "id,name,lon,lat\n1,Zementwerk Rohrdorf,12.1,47.8\n2,Kalkwerk Saal,11.9,48.9\n"
SET = '[[set]]\nname = "x"\nleft = "l.csv"\nright = "r.csv"\nlabels = "t.csv"\n'


def test_weights_are_written_from_sets_by_path(tmp_path):
    for name in ("l.csv", "r.csv"):
        (tmp_path / name).write_text(TABLE, encoding="utf-8")
    (tmp_path / "t.csv").write_text("left_id,right_id\n1,1\n2,2\n", encoding="utf-8")
    sets = write_sets(tmp_path, SET)
    assert len(labelled_sets(sets)[0].labels) == 2
    assert main([str(sets), "--out", str(tmp_path / "weights.json")]) == 0
    assert weights_from(json.loads((tmp_path / "weights.json").read_text(encoding="utf-8"))).points["name"]


def test_a_word_that_other_programs_write_for_nothing_is_read_as_it_stands(tmp_path):
    table = tmp_path / "l.csv"
    table.write_text("id,name,lon,lat,country,city\nNA,Null,17,-22.5,NA,None\n2,-,,,,-\n", encoding="utf-8")
    first, second = records_from_csv(table, "s").to_dict("records")
    assert (first["record_key"], from_json(first["names"])) == ("s:NA", {"name": "Null"})
    assert (first["country"], first["city"]) == ("NA", "None")
    assert from_json(second["names"]) == {}
    assert pd.isna([second["country"], second["city"], second["geometry"]]).all()
    (tmp_path / "t.csv").write_text("left_id,right_id\nNA,null\n", encoding="utf-8")
    assert read_pairs(tmp_path / "t.csv") == {("NA", "null")}


def test_sets_that_notepad_saved_are_read(tmp_path):
    for name in ("l.csv", "r.csv"):
        (tmp_path / name).write_text(TABLE, encoding="utf-8")
    (tmp_path / "t.csv").write_text("left_id,right_id\n1,1\n", encoding="utf-8")
    assert [one.name for one in labelled_sets(write_sets(tmp_path, "\ufeff" + SET))] == ["x"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SET, "l.csv"),
        (SET + "colour = 1\n", "colour"),
        ("[[", "sets.toml"),
        ("set = 1", "not a list of tables"),
        ("set = ['x']", "not a list of tables"),
    ],
)
def test_wrong_sets_are_told(tmp_path, text, told):
    with pytest.raises(ConfigError, match=told):
        labelled_sets(write_sets(tmp_path, text))
