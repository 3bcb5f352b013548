"""Explanations of made-up sites: what is said where values are missing, strange or hostile."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from inducult_geo.frames import PAIR_COLUMNS, as_records, as_sites, to_json
from inducult_geo.opening.explaining import WIDTH, Site
from inducult_geo.publish.layers import columns

PLACE = shapely.Point(4_500_000, 3_000_000)


def record(key: str, **said: object) -> dict[str, object]:
    values = {"record_key": key, "source": key.split(":", maxsplit=1)[0], "names": to_json({"name": f"Works {key}"})}
    return {**values, "accuracy_m": 50.0, "place": "line 2", "geometry": PLACE, **said}


def made(records: list[dict[str, object]], *, pairs=(), questions=(), sources=None, **said: object) -> Site:
    """A site of records; `said` are columns of the site."""
    row = {"site_id": "IC-1", "name": "Works", "region": "opole", "aspect": "monument", "status": "unknown"}
    row |= {"accuracy_m": 50.0, "confidence": 0.9, "n_records": len(records), "geometry": PLACE, **said}
    told = pd.DataFrame(records)
    return Site(
        asked_for=str(said.get("asked_for", "IC-1")),
        row=as_sites(gpd.GeoDataFrame([row], geometry="geometry", crs="EPSG:3035")).iloc[0],
        records=as_records(told.drop(columns="geometry"), geometry=list(told["geometry"])),
        matches=pd.DataFrame(pairs, columns=[*PAIR_COLUMNS]),
        review=pd.DataFrame(questions, columns=[column.name for column in columns.REVIEW]),
        sources=pd.DataFrame(sources or {"source": ["a"], "title": ["List A"]}),
    )


def pair(
    left: str, right: str, decision: str, score: float | None, *, sites=("IC-1", "IC-1"), by=None
) -> dict[str, object]:
    values = {"left_key": left, "right_key": right, "region": "opole", "score": score, "decision": decision}
    return {
        **values,
        "distance_m": 12.0,
        "why": "name +2",
        "left_site": sites[0],
        "right_site": sites[1],
        "decided_by": by,
    }


def test_a_site_of_which_nothing_is_known_but_its_place() -> None:
    words = made([record("a:1", names=None, place=None)], name=None).explain().words
    assert "IC-1 is a site without a name in region opole: Monument (heritage)." in words
    assert "It consists of a single record; nothing was merged." in words
    assert "- a:1: a site without a name, by List A\n" in words
    assert "weakest link" not in words, "nothing holds one record together"
    assert "Its place is true to 50 m." in words


def test_a_source_that_the_release_does_not_list_is_named_by_its_id() -> None:
    assert "by b (line 2)" in made([record("b:1")]).explain().words


def test_a_record_is_called_by_its_name_not_by_another_one() -> None:
    """In the order of letters `alt` comes before `name`."""
    site = made([record("a:1", names=to_json({"alt": "Liapor", "name": "Lias"})), record("b:1")], name="Lias")
    assert "- a:1: 'Lias', by" in site.explain().words
    only = made([record("a:1", names=to_json({"alt": "Liapor"}))], name="Liapor")
    assert "- a:1: 'Liapor', by" in only.explain().words


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (("a:1", "a:2"), "2 records of 1 source are this site:"),
        (("a:1", "a:2", "b:3"), "3 records of 2 sources are this site:"),
    ],
)
def test_records_and_their_sources_are_counted(keys: tuple[str, ...], says: str) -> None:
    words = made([record(key) for key in keys]).explain().words.splitlines()
    assert words[1] == says
    assert [line.split(":")[0] for line in words[2 : 2 + len(keys)]] == [f"- {key[0]}" for key in keys]


@pytest.mark.parametrize(
    ("said", "about"),
    [
        ({"type": "ironworks", "theme": "metallurgy"}, " (Ironworks, Iron, steel and metals)"),
        ({"theme": "metallurgy"}, " (Iron, steel and metals)"),
        ({}, ""),
    ],
)
def test_a_site_is_introduced_by_what_is_known_of_its_kind(said: dict[str, str], about: str) -> None:
    first = made([record("a:1")], **said).explain().words.splitlines()[0]
    assert first == f"IC-1 is 'Works'{about} in region opole: Monument (heritage)."


def test_who_made_a_pair_one_is_said_even_where_nobody_decided() -> None:
    site = made([record("a:1"), record("b:2")], pairs=[pair("a:1", "b:2", "match", 0.95)])
    assert "a:1 and b:2: one site, by score; probability 0.95, 12 m apart." in site.explain().words
    unplaced = made([record("a:1"), record("b:2")], pairs=[pair("a:1", "b:2", "match", 0.95) | {"distance_m": None}])
    assert "probability 0.95, how far apart is not told. Evidence" in unplaced.explain().words


def test_a_person_who_decided_is_named() -> None:
    site = made([record("a:1"), record("b:2")], pairs=[pair("a:1", "b:2", "same", None, by="Eva")])
    words = site.explain().words
    assert "a:1 and b:2: one site, Eva decided; 12 m apart. Evidence: name +2." in words
    assert "The weakest link between them has a probability of 0.9" in words
    assert site.explain().evidence["decided_by"].tolist() == ["Eva"]


def test_what_a_rule_joined_is_no_matter_of_score() -> None:
    site = made([record("a:1"), record("a:2")], pairs=[pair("a:1", "a:2", "match", None)])
    assert "a:1 and a:2: one site, by rule; 12 m apart. Evidence: name +2." in site.explain().words


def test_parts_and_wholes_are_told_from_either_side() -> None:
    pairs = [
        pair("a:1", "c:9", "part_of", None, sites=("IC-1", "IC-9")),
        pair("d:7", "a:1", "part_of", None, sites=("IC-7", "IC-1"), by="Jan"),
    ]
    words = made([record("a:1")], pairs=pairs).explain().words
    assert "Part of IC-9: a:1 in c:9 (name +2)." in words
    assert "Whole of IC-7: d:7 in a:1 (name +2)." in words
    assert "Kept apart" not in words


def test_what_was_kept_apart_is_told_from_either_side() -> None:
    pairs = [
        pair("a:1", "c:9", "no_match", 0.2, sites=("IC-1", "IC-9")),
        pair("d:7", "a:1", "different", 0.9, sites=("IC-7", "IC-1"), by="Jan"),
    ]
    explanation = made([record("a:1")], pairs=pairs).explain()
    assert "Kept apart from IC-9: a:1 and c:9 (two sites, probability 0.2; name +2)." in explanation.words
    assert "Kept apart from IC-7: a:1 and d:7 (two sites, probability 0.9; name +2)." in explanation.words
    assert explanation.evidence.empty


def test_an_open_question_is_asked() -> None:
    question = {"review_id": "Q-1", "kind": "pair", "question": "Are these one site?", "left_site": "IC-1"}
    assert "Open question Q-1: Are these one site?" in made([record("a:1")], questions=[question]).explain().words


def test_the_place_tells_how_it_was_read() -> None:
    read = {
        "declared_crs": "EPSG:2180",
        "reading": "axes swapped",
        "operation": "EPSG:1",
        "geometry_origin": "digitized",
    }
    words = made([record("a:1", **read)], lineage=to_json({"geometry": "a:1"})).explain().words
    assert (
        "Its place is that of a:1: drawn from a map or picture, true to 50 m (EPSG:2180; axes swapped; EPSG:1)."
        in words
    )


@pytest.mark.parametrize("origin", [None, "unknown"])
def test_a_place_of_which_nothing_is_told_is_not_called_not_told(origin: str | None) -> None:
    words = made([record("a:1", geometry_origin=origin)], lineage=to_json({"geometry": "a:1"})).explain().words
    assert "Its place is that of a:1: true to 50 m (" in words


def test_a_merged_id_is_said_first() -> None:
    site = made([record("a:1")])
    asked = Site(**{**vars(site), "asked_for": "IC-0"})
    assert asked.explain().words.startswith("IC-0 was merged into IC-1.\n")


class TestValues:
    def values(self, site: Site) -> pd.DataFrame:
        return site.explain().values.set_index("column")

    def test_a_value_names_its_record_and_who_says_otherwise(self) -> None:
        records = [record("a:1", type="mine", start_year=1890), record("b:2", type="coal_mine", start_year=1890)]
        told = self.values(
            made(records, type="mine", start_year=1890, lineage=to_json({"type": "a:1", "start_year": "a:1"}))
        )
        assert told.loc["type", ["value", "record_key", "source", "how"]].tolist() == [
            "mine", "a:1", "a", "taken from the record",
        ]  # fmt: skip
        assert told.loc["type", "others"] == "b:2: coal_mine"
        assert pd.isna(told.loc["start_year", "others"]), "who says the same does not say otherwise"

    def test_unknown_contradicts_nothing(self) -> None:
        records = [record("a:1", status="disused"), record("b:2", status="unknown"), record("c:3", status=None)]
        told = self.values(made(records, status="disused", lineage=to_json({"status": "a:1"})))
        assert pd.isna(told.loc["status", "others"])

    def test_a_name_is_compared_with_names(self) -> None:
        told = self.values(made([record("a:1"), record("b:2")], name="Works a:1", lineage=to_json({"name": "a:1"})))
        assert told.loc["name", "others"] == "b:2: Works b:2"

    def test_what_no_record_says_says_so(self) -> None:
        assert self.values(made([record("a:1")])).loc["status", "how"] == "no record says"

    def test_what_was_counted_or_put_together_names_no_record(self) -> None:
        told = self.values(made([record("a:1")], n_sources=1, licence="CC0-1.0"))
        assert told.loc[["n_records", "licence"], "record_key"].isna().all()
        assert told.loc["n_records", "how"] == "counted"

    def test_a_value_of_several_records_names_them_all(self) -> None:
        records = [record("a:1", aspect="monument"), record("b:2", aspect="factory"), record("c; d:3")]
        lineage = to_json({"aspect": "a:1; b:2", "operator": "c; d:3"})
        told = self.values(made(records, aspect="both", operator="Huta", lineage=lineage))
        assert told.loc["aspect", ["record_key", "source"]].tolist() == ["a:1; b:2", "a; b"]
        assert pd.isna(told.loc["aspect", "others"])
        assert told.loc["operator", ["record_key", "source"]].tolist() == ["c; d:3", "c; d"], "a key may hold the sign"

    def test_columns_of_the_place_go_with_the_geometry(self) -> None:
        told = self.values(made([record("a:1")], geometry_origin="digitized", lineage=to_json({"geometry": "a:1"})))
        for name in ("geometry", "accuracy_m", "geometry_origin"):
            assert told.loc[name, "record_key"] == "a:1"
        assert told.loc["geometry", "value"] == "Point in EPSG:3035"

    def test_that_others_lie_elsewhere_is_no_contradiction_of_the_place(self) -> None:
        """How far apart records lie stands in `conflicts`, with what they are true to."""
        records = [record("a:1"), record("b:2", geometry=shapely.Point(1, 1))]
        told = self.values(made(records, lineage=to_json({"geometry": "a:1"})))
        assert pd.isna(told.loc["geometry", "others"])

    def test_what_is_empty_is_left_out(self) -> None:
        assert "operator" not in self.values(made([record("a:1")])).index


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "a\x00b\x1b[31m", "line\nbreak", "\u202egnp.exe"])
def test_hostile_text_stays_text(hostile: str) -> None:
    site = made([record("a:1", names=to_json({"name": hostile}), operator=hostile)], name=hostile, operator=hostile)
    explanation = site.explain()
    page = explanation._repr_html_()
    assert "<script>" not in page
    for text in (explanation.words, page, str(explanation), repr(site)):
        assert not any(char in text for char in "\x00\x1b\u202e")
    assert len(repr(site).splitlines()) == 1


def test_a_hostile_key_stays_on_its_line() -> None:
    keys = ("a:\x1b[2J\n\u202e", "b:\x07")
    lineage = to_json({"type": keys[0]})
    site = made([record(key) for key in keys], pairs=[pair(*keys, "match", 0.95)], type="mine", lineage=lineage)
    for text in (str(site.explain()), site._repr_html_()):
        assert all(char.isprintable() for char in text.replace("\n", ""))
    assert "- a: [2J  : 'Works" in site.explain().words


def test_a_notebook_shows_words_and_tables_with_a_row_for_each_value() -> None:
    site = made([record("a:1"), record("b:2")], pairs=[pair("a:1", "b:2", "match", 0.95)], operator="Škoda & syn")
    page = site._repr_html_()
    assert page == site.explain()._repr_html_()
    assert "<th>left_key</th>" in page
    assert "<td>Škoda &amp; syn</td>" in page
    assert page.count("<tr>") == 2 + len(site.explain().evidence) + len(site.explain().values)
    alone = made([record("a:1")])._repr_html_()
    assert "hang together" not in alone, "a table without rows is not shown"


def test_printing_shows_words_and_each_value_with_its_origin_in_lines_that_fit() -> None:
    records = [record("a:1", type="mine", operator="Huta " * 60), record("b:2", type="coal_mine")]
    lineage = to_json({"type": "a:1", "operator": "a:1"})
    pairs = [pair("a:1", "b:2", "match", 0.95)]
    site = made(records, pairs=pairs, type="mine", operator="Huta " * 60, lineage=lineage)
    text = str(site.explain())
    assert text.startswith("IC-1 is 'Works'")
    assert "a:1 and b:2: one site, by score; probability 0.95, 12 m apart. Evidence: name +2." in text
    lines = text.split("\n\nWhere each value comes from\n")[1].splitlines()
    at = lines.index("Type of place (type): mine")
    assert lines[at + 1 : at + 3] == ["  a:1 (a): taken from the record", "  otherwise b:2: coal_mine"]
    assert "  counted" in lines, "no record stands for it"
    assert max(map(len, lines)) <= WIDTH
    assert sum(line.count("Huta") for line in lines) == 60, "nothing is cut off"
    assert repr(site.explain()) == text


def test_a_key_longer_than_a_line_stays_whole() -> None:
    key = f"a:{'1' * 150}"
    told = str(made([record(key, type="mine")], type="mine", lineage=to_json({"type": key})).explain())
    assert [line.strip() for line in told.splitlines() if line.startswith("  ")].count(key) == 1
