"""How each command ends: 2 where nothing was done, 1 where the work failed, whatever the command is about."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_cli import every_command
from typer.main import get_command
from typer.testing import CliRunner

from inducult_geo import api, cli
from inducult_geo.cli.common import exit_code, refusal_is_two
from inducult_geo.errors import (
    BusyError,
    ConfigError,
    ContractError,
    CountingError,
    DecisionError,
    InducultError,
    SourceError,
    StorageError,
)

# What is first imported while its parts are replaced would keep the replaced ones for all tests of this process.
assert api
PAIR = "osm:node/1 same list:7"
WORK = {
    "run": ("", "inducult_geo.pipeline.run_all"),
    "fetch": ("", "inducult_geo.sources.web.fetch_plan.fetch_all"),
    "status": ("", "inducult_geo.status.status_of"),
    "check": ("a.toml", "inducult_geo.checking.check.check"),
    "draft": ("a.csv", "inducult_geo.drafting.contract.draft"),
    "grids": ("", "inducult_geo.grids.fetch_grids"),
    "transform": ("a.csv --from 4326 --to 3035 --country DE", "inducult_geo.harmonize.places.points.transform_table"),
    "link": ("a.toml b.toml --out c.csv", "inducult_geo.catalog.load_contract"),
    "explain": ("a:1 b:2", "inducult_geo.opening.pairs.explain_pair"),
    "ids": ("", "inducult_geo.memory.registry_of"),
    "review export": ("release --out c.csv", "inducult_geo.review.table.export_review"),
    "review import": ("a.csv", "inducult_geo.review.table.import_review"),
    "review decide": (PAIR, "inducult_geo.review.table.decide"),
    "review fit": ("", "inducult_geo.review.refitting.refit_weights"),
    "verify": ("release", "inducult_geo.publish.promises.verify.verify"),
    "diff": ("release release", "inducult_geo.publish.compared.changes.diff"),
    "publish": ("release --to postgresql://me@127.0.0.1/db", "inducult_geo.publish.promises.verify.verify"),
}
"""What each command is called with, and what does its work; `serve` becomes another program."""
ENDS = {ContractError: 2, StorageError: 1}
FULL = "a.csv: cannot be written: the disk is full."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that holds just enough for every command to begin its work."""
    folder = tmp_path_factory.mktemp("ends")
    for name in ("release", "processed"):
        (folder / name).mkdir()
    (folder / "processed" / "registry.parquet").touch()
    (folder / "a.csv").write_text("x,y\n1,2\n")
    return folder


def test_every_command_has_its_end_tried() -> None:
    names = {name.partition(" ")[2] for name, command in every_command(get_command(cli.app)) if command.params}
    assert names - {"", "review"} == {*WORK, "serve"}


@pytest.mark.parametrize("name", WORK)
def test_nothing_done_ends_with_2_and_failed_work_with_1(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk ended `review import` with 2, as if another call would help."""
    monkeypatch.chdir(folder)
    arguments, work = WORK[name]
    takes_data = () if name in ("verify", "diff", "publish") else ("--data", str(folder))
    ends = {}
    for error in ENDS:

        def fails(*_given: object, _error: type[InducultError] = error, **_named: object) -> None:
            raise _error(FULL)

        monkeypatch.setattr(work, fails)
        made = CliRunner().invoke(cli.app, [*name.split(), *arguments.split(), *takes_data])
        assert isinstance(made.exception, InducultError), made.output
        assert str(made.exception) == FULL
        ends[error] = exit_code(made.exception)
    assert ends == ENDS


@pytest.mark.parametrize(
    ("error", "code"), [*ENDS.items(), (BusyError, 2), (CountingError, 1), (DecisionError, 2), (SourceError, 2)]
)
def test_what_a_file_has_against_a_command_is_a_refusal_and_what_the_disk_has_is_none(
    error: type[InducultError], code: int
) -> None:
    with pytest.raises(InducultError, match=FULL) as told, refusal_is_two():
        raise error(FULL)
    assert exit_code(told.value) == code


@pytest.mark.parametrize("name", WORK)
def test_an_option_that_there_is_not_ends_with_2(name: str) -> None:
    assert CliRunner().invoke(cli.app, [*name.split(), "--nothing"]).exit_code == 2


def test_a_busy_folder_ends_as_a_wrong_call_does() -> None:
    assert [exit_code(problem("x")) for problem in (BusyError, ConfigError, InducultError)] == [2, 2, 1]
