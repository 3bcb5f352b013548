"""Settings from the file beside the data folder and from the environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from inducult_geo.errors import ConfigError
from inducult_geo.run import open_run
from inducult_geo.settings import load_settings


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine that the tests run on."""
    for name in [name for name in os.environ if name.startswith("INDUCULT_")]:
        monkeypatch.delenv(name)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inducult.toml").write_text("retry_base_s = 1.5\nreleases_kept = 3\n")
    monkeypatch.setenv("INDUCULT_RETRY_BASE_S", "0.25")
    settings = load_settings(tmp_path / "data")
    assert settings.retry_base_s == 0.25
    assert settings.releases_kept == 3
    assert settings.data == tmp_path / "data"


def test_several_servers_come_as_one_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("INDUCULT_OVERPASS_URLS", "http://127.0.0.1:1/api/, http://127.0.0.1:2/api")
    assert load_settings(tmp_path).overpass_urls == ("http://127.0.0.1:1/api", "http://127.0.0.1:2/api")


def test_grids_lie_in_the_data_folder_unless_said_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INDUCULT_GRIDS", raising=False)
    assert load_settings(tmp_path).grids_folder == tmp_path / "raw" / "grids"
    monkeypatch.setenv("INDUCULT_GRIDS", str(tmp_path / "elsewhere"))
    assert load_settings(tmp_path).grids_folder == tmp_path / "elsewhere"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("retry_base_s = -1", r"retry_base_s: .*greater than or equal to 0\. Set it in .* or INDUCULT_RETRY_BASE_S\."),
        ("retry_after_max_s = -0.5", "retry_after_max_s"),
        ("http_deadline_s = 0", "http_deadline_s: .*greater than 0"),
        ("releases_kept = 0", "releases_kept: .*greater than or equal to 1"),
        ('releases_kept = "many"', r"releases_kept: Input should be a valid integer.*INDUCULT_RELEASES_KEPT"),
        ('grids = ""', r"grids: it is empty\. Leave it out, or name a path\. Set it in .* or INDUCULT_GRIDS\."),
        ("downloads_kept = 0", "downloads_kept"),
        ("gdal_timeout_s = 0", "gdal_timeout_s"),
        ("notify_url = 5", "notify_url"),
        (
            "retry_bas_s = 1",
            r"unknown key 'retry_bas_s' in inducult\.toml\. Did you mean 'retry_base_s'\? Known: .*data",
        ),
        ("colour = 1", r"unknown key 'colour' in inducult\.toml\. Known: "),
        ("= 1", r"inducult\.toml: not valid TOML: .*line 1.* Correct or remove the file"),
    ],
)
def test_a_wrong_setting_is_named_with_the_remedy(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "inducult.toml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_settings(tmp_path / "data")


@pytest.mark.parametrize(
    "text", ["retry_base_s = 0", "retry_after_max_s = 0", "releases_kept = 1", "gdal_timeout_s = 1"]
)
def test_the_smallest_that_makes_sense_is_taken(tmp_path: Path, text: str) -> None:
    (tmp_path / "inducult.toml").write_text(text)
    name, value = text.split(" = ")
    assert getattr(load_settings(tmp_path / "data"), name) == float(value)


def test_a_file_that_notepad_saved_is_read(tmp_path: Path) -> None:
    (tmp_path / "inducult.toml").write_text("\ufeffreleases_kept = 3\r\n", encoding="utf-8")
    assert load_settings(tmp_path / "data").releases_kept == 3


def test_a_file_in_another_encoding_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "inducult.toml").write_bytes('releases_url = "http://büro/"'.encode("cp1252"))
    with pytest.raises(ConfigError, match=r"inducult\.toml: cannot be read as UTF-8 text: .*Save it as UTF-8"):
        load_settings(tmp_path / "data")


def test_a_secret_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDUCULT_DATABASE_URL", "postgresql+asyncpg://me:hush@db/prefect")
    monkeypatch.setenv("INDUCULT_NOTIFY_URL", "json://me:hush@host/path")
    settings = load_settings(tmp_path)
    assert "hush" not in repr(settings) + str(settings) + settings.model_dump_json()
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value().endswith("@db/prefect")


def test_a_wrong_secret_is_not_told_either(tmp_path: Path) -> None:
    (tmp_path / "inducult.toml").write_text('database_url = ["hush"]')
    with pytest.raises(ConfigError, match="INDUCULT_DATABASE_URL") as told:
        load_settings(tmp_path / "data")
    assert "hush" not in str(told.value)


def test_the_environment_names_the_data_folder_and_its_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inducult.toml").write_text("releases_kept = 7")
    monkeypatch.setenv("INDUCULT_DATA", str(tmp_path / "data"))
    settings = load_settings()
    assert (settings.data, settings.releases_kept) == (tmp_path / "data", 7)
    assert load_settings(tmp_path / "other" / "data").releases_kept != 7


def test_empty_addresses_between_commas_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDUCULT_OVERPASS_URLS", " , http://127.0.0.1:1/api//,")
    assert load_settings(tmp_path).overpass_urls == ("http://127.0.0.1:1/api",)


def test_a_misspelled_variable_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It set nothing, and nobody was told; what other programs read may bear the prefix, too."""
    monkeypatch.setenv("INDUCULT_SHARED", "x")
    monkeypatch.setenv("inducult_releases_kept", "7")
    assert load_settings(tmp_path).releases_kept == 7
    monkeypatch.setenv("INDUCULT_NOTIFY_ULR", "json://hush")
    with pytest.raises(ConfigError, match=r"INDUCULT_NOTIFY_ULR .* sets nothing\. Did you mean 'INDUCULT_NOTIFY_URL'"):
        load_settings(tmp_path)


def test_addresses_in_the_file_may_be_a_list(tmp_path: Path) -> None:
    (tmp_path / "inducult.toml").write_text('overpass_urls = ["http://127.0.0.1:1/api", "http://127.0.0.1:2/api"]')
    assert len(load_settings(tmp_path / "data").overpass_urls) == 2


def test_settings_do_not_change_while_a_run_lasts(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    with pytest.raises(ValidationError, match="frozen"):
        settings.releases_kept = 1


def test_a_path_with_a_line_break_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    """GDAL takes it out: a run ended with the places in the code where the GeoPackage is written."""
    with pytest.raises(ConfigError, match=r"holds a line break .*a\\nb'\. Rename that folder\.$"):
        open_run(tmp_path / "a\nb")


@pytest.mark.parametrize("name", ["", "raw", "raw/osm", "raw/partners", "raw/decisions"])
def test_inputs_on_a_disk_that_is_not_there_are_not_taken_for_gone(tmp_path: Path, name: str) -> None:
    """All sites of a folder of lists left the map, and the run said that the region is whole."""
    home = tmp_path / "data" / name
    home.parent.mkdir(parents=True, exist_ok=True)
    home.symlink_to("share")
    with pytest.raises(ConfigError, match=r": is a link to share, which is not there\. Is its disk or share mounted\?"):
        open_run(tmp_path / "data")


def test_a_path_that_sqlite_opens_no_file_under_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    """A run took its time, and ended with the places in the code where the GeoPackage is written."""
    deep = tmp_path.joinpath(*["\u017d" * 100] * 2, "data")
    with pytest.raises(ConfigError, match=r"bytes long; 420 leave room .*Move it nearer to the root"):
        open_run(deep)
    assert not deep.exists()
