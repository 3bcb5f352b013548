"""Settings from the file beside the data folder and from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from inducult_geo.errors import ConfigError
from inducult_geo.settings import load_settings


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
    [("retry_base_s = -1", "retry_base_s"), ("retry_bas_s = 1", "retry_bas_s"), ("= 1", "not valid TOML")],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "inducult.toml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_settings(tmp_path / "data")
