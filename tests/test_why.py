"""Why two records are one: the waterfall, weights that learn from decisions, units of one site, the life of an id."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from match_rows import backdrop, point, records, row, square
from typer.testing import CliRunner

from inducult_geo import cli
from inducult_geo.errors import ConfigError, InducultError
from inducult_geo.match.decided.decisions import Decision, replay
from inducult_geo.match.learning.refit import Taught, refit, taught_by
from inducult_geo.match.link import link
from inducult_geo.match.pairs.candidates import candidates_of
from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.resolve import compare
from inducult_geo.match.scoring.score import score, shipped_weights, weights_from
from inducult_geo.match.scoring.waterfall import explain, waterfall
from inducult_geo.opening.tracing import id_changes


def test_a_waterfall_starts_at_nothing_known_and_ends_at_the_score() -> None:
    mills = (row("a:1", "Sappi Lanaken", point()), row("b:1", "Sappi Lanaken", point(90)))
    scored = compare(records(*mills, *backdrop(12)))
    for at in range(0, len(scored.probability), 7):
        fall = waterfall(scored, at)
        total = fall.start + sum(step.points for step in fall.steps)
        assert 1 / (1 + np.exp(-total)) == pytest.approx(scored.probability[at], abs=1e-6)
        assert fall.start == pytest.approx(waterfall(scored, 0).start, abs=1e-4)
        assert {step.name for step in fall.steps}.isdisjoint(fall.unknown)
        assert len(fall.lines()) == len(fall.steps) + 1 + bool(fall.unknown)
    first = waterfall(scored, int(np.argmax(scored.probability)))
    assert any("sappi" in step.detail for step in first.steps)
    assert "operator" in first.unknown


def test_why_places_that_are_known_tell_nothing_is_said() -> None:
    """A steward sees both on the map: that 'place' is not known needs a word."""
    told = {"city": "Taranto", "country": "IT"}
    town = (row(f"a:{n}", f"Officina {n} Vento", point(500 * n), **told) for n in range(5))
    far = row("b:1", "Acciaieria Ilva", point(200_000), **told)
    scored = compare(records(row("a:9", "Acciaieria Ilva", point(900), **told), far, *town, *backdrop(12)))
    keys = scored.pairs.prepared.key
    ends = [{a, b} for a, b in zip(keys[scored.pairs.left], keys[scored.pairs.right], strict=True)]
    fall = waterfall(scored, ends.index({"a:9", "b:1"}))
    assert "place" in fall.unknown
    assert fall.lines()[-1].strip().startswith("the places, 199 km apart, count nothing: one of them is far from")
    near = waterfall(scored, ends.index({"a:x0", "b:x0"}))
    assert not near.note
    assert "count nothing" not in near.lines()[-1]


@pytest.mark.parametrize(
    ("place", "told"), [(point(90_000), "addresses, 90 km apart, count"), (None, "addresses count")]
)
def test_why_an_address_that_is_known_tells_nothing_is_said(place, told) -> None:
    works = row("a:1", "Alsen Grauberg Saal", point(), city="Saal")
    office = row("b:1", "Alsen Grauberg Saal", place, city="Hamburg")
    scored = compare(records(works, office, *backdrop(12)))
    keys = scored.pairs.prepared.key
    ends = [{a, b} for a, b in zip(keys[scored.pairs.left], keys[scored.pairs.right], strict=True)]
    fall = waterfall(scored, ends.index({"a:1", "b:1"}))
    assert fall.note.startswith(f"the {told} nothing: the name of one record tells the town of the other")
    both = np.array([ends.index({"a:x0", "b:x0"}), ends.index({"a:1", "b:1"})])
    assert [why.endswith(f"; {fall.note}") for why in explain(scored, both)] == [False, True]


def test_weights_that_were_fitted_before_there_was_a_comparison_still_hold() -> None:
    """A file of last year's decisions: what it does not know counts as it does without it."""
    document = shipped_weights().document("last year")
    del document["points"]["outline"]
    document["points"]["kind"] = [-1.5, 0.4, 1.0]  # judged, with the three knots of then
    known = weights_from(document)
    assert known.points == shipped_weights().points
    works = records(row("a:1", "Werk Sinning", point()), row("b:1", "Werk Sinning", square(20)), *backdrop(12))
    assert len(compare(works, known).probability)
    document["points"]["name"] = [1.0, 2.0]
    with pytest.raises(ValueError, match="'name' has 2 points, and needs 5"):
        weights_from(document)


def decided(number: int, *, flipped: bool = False) -> tuple[Taught, int]:
    """Pairs far apart of one name (the same) and near ones of other names (different), or all the other way round."""
    rows, words = [], []
    for at in range(number):
        east = 12_000 * at
        names = (f"Werk Alpha{at:03d}", f"Werk Alpha{at:03d}") if at % 2 else (f"Beta{at:03d}hof", f"Quell{at:03d}")
        rows += [row(f"a:{at:03d}", names[0], point(east)), row(f"b:{at:03d}", names[1], point(east + 400))]
        same = (at % 2 == 1) != flipped
        words.append(Decision("Eva", "2026-01-01", f"a:{at:03d}", f"b:{at:03d}", "same" if same else "different"))
    prepared = prepare(records(*rows))
    return taught_by(Compared(prepared, *candidates_of(prepared)), replay(words)), number


def test_decisions_against_the_weights_move_them_and_the_pairs_are_decided_as_told() -> None:
    taught, number = decided(60, flipped=True)
    assert len(taught.rows) == number
    fit = refit(taught)
    assert (fit.n_same, fit.n_different) == (30, 30)
    assert fit.loss_after < fit.loss_before
    assert fit.accuracy_after > fit.accuracy_before
    assert fit.is_better
    assert fit.moved
    again = weights_from(json.loads(json.dumps(fit.weights.document("test"))))
    assert again == fit.weights
    shipped = shipped_weights()
    assert fit.weights.leads == shipped.leads
    assert (fit.weights.match, fit.weights.share) == (shipped.match, shipped.share)
    assert fit.weights.points["identifier"] == shipped.points["identifier"]
    scored = score(taught.pairs, again)
    assert (scored.is_match[taught.rows] == taught.true).mean() > fit.accuracy_before


def test_agreeing_decisions_change_little() -> None:
    taught, _ = decided(60)
    assert max(refit(taught).moved.values()) < 1.5


def test_permits_of_one_works_are_judged_as_a_run_judges_them_and_are_no_rivals() -> None:
    rows, words = [], []
    for at in range(30):
        east, name = 12_000 * at, f"Werk Alpha{at:03d}"
        rows += [row(f"a:{at:03d}", name, point(east))]
        rows += [row(f"b:{at:03d}-1", f"Alpha{at:03d} Nord", point(east + 30))]
        rows += [row(f"b:{at:03d}-2", f"{name} Kessel", point(east - 200))]
        rows += [row(f"c:{at:03d}", f"Quell{at:03d}", point(east + 400))]
        words += [Decision("Eva", "2026-01-01", f"a:{at:03d}", f"b:{at:03d}-{permit}", "same") for permit in (1, 2)]
        words += [Decision("Eva", "2026-01-01", f"a:{at:03d}", f"c:{at:03d}", "different")]
    prepared = prepare(records(*rows))
    pairs = Compared(prepared, *candidates_of(prepared))
    rivals, permits = (refit(taught_by(pairs, replay(words), many)) for many in (frozenset(), frozenset({"b"})))
    assert permits.accuracy_before >= rivals.accuracy_before
    assert permits.loss_before < rivals.loss_before


@pytest.mark.parametrize("number", [0, 10, 38])
def test_too_few_decisions_are_refused_with_their_number(number: int) -> None:
    taught, _ = decided(max(number, 1))
    few = Taught(taught.pairs, taught.rows[:number], taught.true[:number])
    with pytest.raises(InducultError, match=f"^{number} decisions can teach"):
        refit(few)


def test_one_kind_of_decision_teaches_nothing_and_a_part_is_none() -> None:
    taught, _ = decided(90)
    with pytest.raises(InducultError, match="of each kind"):
        refit(Taught(taught.pairs, taught.rows[taught.true], taught.true[taught.true]))
    word = Decision("Eva", "2026-01-01", "a:000", "b:000", "part_of")
    assert len(taught_by(taught.pairs, replay([word])).rows) == 0


def test_further_permits_of_one_site_are_told_as_units() -> None:
    works = records(row("a:1", "Stahlwerk Donawitz", point(), address="Kerpelystrasse 199", city="Leoben"))
    units = ("Sinteranlage Stahlwerk", "Stahlwerk", "Stahlwerk Kohleeinblasung")
    known = {"address": "Kerpelystraße 199", "city": "Leoben"}
    permits = records(*(row(f"b:{i}", f"{unit} Donawitz", point(10), **known) for i, unit in enumerate(units)))
    alone, told = link(works, permits), link(works, permits, units=True)
    assert (alone["decision"] == "match").sum() == (told["decision"] == "match").sum() == 1
    assert "unit" not in set(alone["decision"])
    assert set(told.loc[told["decision"] == "unit", "right_id"]) <= {"0", "2"}
    assert (told["decision"] == "unit").sum() >= 1
    for chance, why in zip(told["score"], told["why"], strict=True):
        total = sum(float(part.rsplit(" ", 1)[1]) for part in why.split("; "))
        assert 1 / (1 + np.exp(-total)) == pytest.approx(chance, abs=0.02)


def test_changes_of_ids_are_listed_with_their_cause() -> None:
    rows = [
        {"record_key": "osm:2", "site_id": "IC-1", "succeeds": "osm:1", "cause": "the same name", "last_seen": "2026"},
        {"record_key": None, "site_id": "IC-2", "merged_into": "IC-1", "cause": "its records are now there"},
        {"record_key": "x:1", "site_id": "IC-1"},
    ]
    changes = id_changes(pd.DataFrame(rows))
    assert changes[["site_id", "change", "other"]].to_numpy().tolist() == [
        ["IC-1", "renumbered", "osm:1"],
        ["IC-2", "merged", "IC-1"],
    ]


def call(*arguments: str) -> tuple[int, str]:
    made = CliRunner().invoke(cli.app, [*arguments])
    if isinstance(made.exception, InducultError):
        return (2 if isinstance(made.exception, ConfigError) else 1), str(made.exception)
    return made.exit_code, made.output


def test_a_pair_and_a_site_are_explained_on_the_command_line(sample_data: Path) -> None:
    records_ = pd.read_parquet(sample_data / "processed" / "current" / "records.parquet").dropna(subset=["site_id"])
    twice = records_[records_.duplicated("site_id", keep=False)].sort_values(["site_id", "record_key"])
    left, right = twice["record_key"].iloc[:2]
    site = twice["site_id"].iloc[0]
    code, text = call("explain", left, right, "--data", str(sample_data))
    assert code == 0
    assert "start" in text
    assert "a match from" in text
    assert left in text
    code, text = call("explain", right, left, "--data", str(sample_data), "--json")
    told = json.loads(text)
    assert told["left"]["site_id"] == told["right"]["site_id"] == site
    assert told["probability"] == pytest.approx(told["score"], abs=1e-3)
    assert told["steps"][0]["name"]
    code, text = call("explain", site, "--data", str(sample_data), "--json")
    assert code == 0
    told = json.loads(text, parse_constant=pytest.fail)
    assert {row["others"] for row in told["values"]} >= {None}, "NaN is no JSON"
    code, text = call("explain", site, "--data", str(sample_data))
    assert code == 0
    assert left in text
    assert "known since" in text


@pytest.mark.parametrize(
    ("what", "says"),
    [
        (("IC-0000000-1",), "check character"),
        (("IC-0000000-0",), "no site IC-0000000-0"),
        (("osm:way/0", "osm:way/1"), "no record 'osm:way/0'"),
    ],
)
def test_what_is_not_there_is_said_with_exit_code_2(sample_data: Path, what: tuple[str, ...], says: str) -> None:
    code, text = call("explain", *what, "--data", str(sample_data))
    assert code == 2
    assert says in text


def test_fitting_without_decisions_is_refused_and_ids_are_listed(sample_data: Path) -> None:
    code, text = call("review", "fit", "--data", str(sample_data))
    assert code == 2
    assert "0 decisions can teach" in text
    assert not (sample_data / "raw" / "decisions" / "weights.json").exists()
    code, text = call("ids", "--data", str(sample_data), "--json")
    assert (code, json.loads(text)) == (0, {"changes": []})


def test_weights_that_are_none_are_refused(tmp_path: Path) -> None:
    from inducult_geo.memory import weights_of
    from inducult_geo.run import open_run

    (tmp_path / "inducult.toml").write_text(f'weights = "{tmp_path}/none.json"\n')
    run = open_run(tmp_path / "data", contracts=False)
    with pytest.raises(ConfigError, match="review fit"):
        weights_of(run)
    (tmp_path / "none.json").write_text("{}")
    with pytest.raises(ConfigError, match="holds no weights"):
        weights_of(run)
    good = shipped_weights().document("the same")
    (tmp_path / "none.json").write_text(json.dumps(good))
    assert weights_of(run) == shipped_weights()
