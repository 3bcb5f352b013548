"""Settings of a run: `inducult.toml` beside the data folder, overridden by the environment.

Every field can be set by an environment variable of its name with the prefix `INDUCULT_`
(for example `INDUCULT_OVERPASS_URLS`); secrets belong there, and are never printed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from inducult_geo.errors import ConfigError, did_you_mean, slip_of
from inducult_geo.toml import read_toml


def _named(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise PydanticCustomError("empty_path", "it is empty. Leave it out, or name a path")
    return value


NamedPath = Annotated[Path, BeforeValidator(_named)]
"""A path that is not empty."""


class Settings(BaseSettings):
    """What can be set without touching a catalog.

    Attributes
    ----------
    data
        The data folder (with `raw/` and `processed/`).
    grids
        Folder of datum grids; `<data>/raw/grids` where not given.
    geofabrik_url
        Where regions' extracts are downloaded from.
    overpass_urls
        Bases ending in `/api`, tried in turn.
    retry_base_s
        First wait of every backoff, in seconds.
    retry_after_max_s
        Told to wait longer than this, the next mirror is asked, or the source fails.
    http_deadline_s
        Time for one whole request, in seconds.
    overpass_deadline_s
        Time for all that is asked of Overpass servers about one region in one night, in seconds.
    serve_cron
        One schedule for all regions, for trying it out.
    releases_kept
        How many releases are kept; the current one and the newest of each month stay beyond that.
    downloads_kept
        How many downloads of one file (an extract, an answer of Overpass) are kept; what a person put there stays.
    gdal_timeout_s
        Time after which GDAL gives up on a network address that a raster or vector file points to, in seconds.
    notify_url
        Where people are told of a night: an Apprise address (`json://`, `mailto://`, `slack://` ...). A secret: set
        it in the environment.
    notify_always
        Whether a night without any change is told, too.
    database_url
        Database of the Prefect server that `inducult serve` starts, such as `postgresql+asyncpg://...`; SQLite in the
        data folder where not given. A secret: set it in the environment.
    dask_address
        Address of a Dask scheduler on which the flows run their tasks; threads where not given.
    releases_url
        Address under which releases can be opened, for links in the Prefect UI; `inducult serve` sets it.
    weights
        Weights of the matcher that `inducult review fit` wrote; the shipped ones where not given.
    """

    model_config = SettingsConfigDict(env_prefix="INDUCULT_", extra="forbid", frozen=True)

    data: NamedPath = Path("data")
    grids: NamedPath | None = None
    geofabrik_url: str = "https://download.geofabrik.de"
    overpass_urls: Annotated[tuple[str, ...], NoDecode] = ("https://overpass-api.de/api",)
    retry_base_s: float = Field(default=5.0, ge=0)
    retry_after_max_s: float = Field(default=120.0, ge=0)
    http_deadline_s: float = Field(default=300.0, gt=0)
    overpass_deadline_s: float = Field(default=900.0, gt=0)
    serve_cron: str | None = None
    releases_kept: int = Field(default=30, ge=1)
    downloads_kept: int = Field(default=7, ge=1)
    gdal_timeout_s: int = Field(default=60, ge=1)
    notify_url: SecretStr | None = None
    notify_always: bool = False
    database_url: SecretStr | None = None
    dask_address: str | None = None
    releases_url: str | None = None
    weights: NamedPath | None = None

    @field_validator("overpass_urls", mode="before")
    @classmethod
    def _split_urls(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @property
    def grids_folder(self) -> Path:
        """Where datum grids are looked for."""
        return self.grids or self.data / "raw" / "grids"


def load_settings(data: Path | None = None) -> Settings:
    """Read the settings of a data folder.

    Parameters
    ----------
    data
        The data folder; from `$INDUCULT_DATA` or `data` where not given.

    Raises
    ------
    ConfigError
        Where `inducult.toml` or an environment variable does not hold what it must, or such a variable is misspelled.
    """
    _refuse_misspelled()
    named: dict[str, Any] = {} if data is None else {"data": data}
    try:
        without_file = Settings(**named)
        file = without_file.data.parent / "inducult.toml"
        if not file.is_file():
            return without_file
        # The environment wins over the file, and what is named over both: what they set is left out of its share.
        told = without_file.model_fields_set
        return Settings(**{name: value for name, value in read_toml(file).items() if name not in told}, **named)
    except ValidationError as error:
        raise ConfigError(f"settings: {_remedy(error)}") from error


def _refuse_misspelled() -> None:
    """Refuse a variable that is but a slip of the pen away from a setting: it would set nothing, and nobody be told."""
    prefix = str(Settings.model_config["env_prefix"])
    fields = {name: f"{prefix}{name}".upper() for name in Settings.model_fields}
    for name in os.environ:
        own = name.upper().removeprefix(prefix)
        if name.upper().startswith(prefix) and (meant := slip_of(own.lower(), fields)) is not None:
            raise ConfigError(f"settings: {name} in the environment sets nothing. Did you mean '{fields[meant]}'?")


def _remedy(error: ValidationError) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = sorted(Settings.model_fields)
        return f"unknown key '{name}' in inducult.toml.{did_you_mean(name, known)} Known: {', '.join(known)}."
    return f"{name}: {first['msg']}. Set it in inducult.toml or INDUCULT_{name.upper()}."
