"""A whole release: every file, its hash, its words, and the same bytes each time."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from bundles import contracts, small_bundle

from inducult_geo.errors import ReleaseError
from inducult_geo.publish.page.preview import preview_page
from inducult_geo.publish.qgis.metadata import SAMPLE_NOTICE, data_date
from inducult_geo.publish.release import write_release, write_sums
from inducult_geo.publish.research.listing import FILES, LAW_SQL, readme_text, sha256sums
from inducult_geo.releasing.withholding import for_release

MANIFEST = {"version": "0.1.0", "regions": {"opole": {"state": "fresh"}}, "a": [1, None, "ž"]}


@pytest.fixture(scope="module")
def bundle():
    return for_release(small_bundle(), contracts())


@pytest.fixture(scope="module")
def folder(bundle, tmp_path_factory):
    target = tmp_path_factory.mktemp("release")
    write_release(bundle, target, MANIFEST)
    return target


def test_a_release_holds_exactly_its_files(folder):
    assert sorted(path.name for path in folder.iterdir()) == sorted(name for name, _ in FILES)


def test_sums_cover_every_file_but_themselves(folder):
    lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    told = {line.split("  ")[1]: line.split("  ")[0] for line in lines}
    assert set(told) == {path.name for path in folder.iterdir()} - {"SHA256SUMS"}
    for name, digest in told.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_sums_can_be_written_anew_after_files_were_added(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "tiles.bin").write_bytes(b"x")
    write_sums(tmp_path)
    write_sums(tmp_path)
    assert (tmp_path / "SHA256SUMS").read_text() == f"{hashlib.sha256(b'x').hexdigest()}  deep/tiles.bin\n"
    assert sha256sums(tmp_path) == (tmp_path / "SHA256SUMS").read_text()


def test_two_releases_of_one_bundle_are_the_same(bundle, folder, tmp_path):
    write_release(bundle, tmp_path, MANIFEST)
    for path in folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_manifest_is_written_as_given(folder):
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8")) == MANIFEST


@pytest.mark.parametrize("occupied", [True, False])
def test_a_release_goes_into_an_empty_folder_only(bundle, tmp_path, occupied):
    target = tmp_path if occupied else tmp_path / "absent"
    if occupied:
        (tmp_path / "old.txt").write_text("x")
    with pytest.raises(ReleaseError, match="existing, empty folder"):
        write_release(bundle, target, MANIFEST)


def test_readme_says_what_a_reader_must_know(bundle):
    text = readme_text(bundle)
    run = bundle.run
    assert text.startswith("SAMPLE: ")
    assert SAMPLE_NOTICE in text
    assert f"{run['records_in']} = {run['in_sites']} + {run['in_review']} + {run['rejected']}" in text
    assert f"{run['withheld']} more records came in" in text
    for needed in (*LAW_SQL, "accuracy_m", "ODbL 1.0", "© OpenStreetMap contributors", "grid cells of 1000 m"):
        assert needed in text
    for source in bundle.sources["title"]:
        assert source in text
    assert "nan" not in text.lower().split()
    assert "None" not in text.split()


def test_readme_asks_for_the_odbl_only_where_openstreetmap_is_in(bundle):
    asked = "The sites are derived from OpenStreetMap among others."
    assert asked in readme_text(bundle)
    others = bundle.records[bundle.records["source"] != "osm"]
    assert asked not in readme_text(replace(bundle, records=others))
    assert asked not in readme_text(replace(bundle, records=bundle.records.iloc[:0]))


def test_readme_of_a_real_release_does_not_say_sample(bundle):
    assert "SAMPLE" not in readme_text(replace(bundle, run={**bundle.run, "is_sample": False}))


def test_outside_text_cannot_steer_a_terminal_or_forge_lines(bundle):
    sources = bundle.sources.assign(title="Evil\x1b[2J\nrecords in 0 = 0")
    text = readme_text(replace(bundle, sources=sources))
    assert "\x1b" not in text
    assert "\nrecords in 0" not in text


def test_how_many_sources_tell_no_date_is_said(bundle):
    records = bundle.records.assign(valid_at="2024-03-01")
    assert data_date(replace(bundle, records=records)) == "2024-03-01"
    undated = records.assign(valid_at=records["valid_at"].mask(records["source"] == records["source"].iloc[0]))
    told = f"2024-03-01 (1 of {records['source'].nunique()} sources tell no date)"
    blurred = replace(bundle, records=undated)
    assert f"Data up to {told};" in readme_text(blurred)
    assert f"Data up to {told} " in preview_page(blurred)


def test_a_release_without_any_date_says_so(bundle, tmp_path):
    write_release(replace(bundle, run={**bundle.run, "data_date": None}), tmp_path, MANIFEST)
    for name in ("README.txt", "index.html"):
        assert "an unknown date" in (tmp_path / name).read_text(encoding="utf-8")
