"""Every notebook runs from top to bottom on a release, and lies in git without outputs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))
LONG = ("5_changes", "6_figures")
"""One makes releases to compare, one draws most: they wait for the slow tests."""
REGIONS = ("zwickau", "leoben", "karlovy-vary", "padova", "gorenjska", "sisak-moslavina", "opole", "limburg")


@pytest.fixture(scope="module")
def kernel() -> Iterator[AsyncKernelManager]:
    """One kernel on loopback: its start, and what all notebooks import, take longer than what most of them do."""
    kernel = AsyncKernelManager(kernel_name="python3")
    yield kernel
    run_sync(kernel.shutdown_kernel)(now=True)


def run(path: Path, kernel: AsyncKernelManager, **environment: str) -> nbformat.NotebookNode:
    """Run a notebook in its folder, with nothing of an earlier one; a cell that fails fails the test."""
    notebook = nbformat.read(path, as_version=4)
    told = {"INDUCULT_RELEASE": None, "INDUCULT_FIGURES": None, "INDUCULT_OLDER": None, **environment}
    begin = "%reset -f\nimport os\n" + "\n".join(
        f"os.environ.pop({name!r}, None)" if value is None else f"os.environ[{name!r}] = {value!r}"
        for name, value in told.items()
    )
    notebook.cells.insert(0, nbformat.v4.new_code_cell(f"{begin}\ndel os"))
    client = NotebookClient(
        notebook,
        km=kernel,
        timeout=240,
        resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=["--log-level=40"],
    )
    try:
        client.execute()
    finally:
        if client.kc is not None:
            client.kc.stop_channels()
    return notebook


def outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def is_figure(output: nbformat.NotebookNode) -> bool:
    return "image/png" in output.get("data", {})


def test_there_is_a_notebook_for_each_question() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "1_layers", "2_duckdb", "3_evidence", "4_review", "5_changes", "6_figures"
    ]  # fmt: skip


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_of_a_run_is_kept_in_git(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert outputs(notebook) == []
    assert {cell.execution_count for cell in notebook.cells if cell.cell_type == "code"} == {None}
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_says_what_it_shows_and_how_sure_it_is(path: Path) -> None:
    first = nbformat.read(path, as_version=4).cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    assert "*Run it:*" in first.source
    assert "*How sure:*" in first.source


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, id=path.stem, marks=[pytest.mark.slow] if path.stem in LONG else []) for path in NOTEBOOKS],
)
def test_it_runs_on_the_sample(path: Path, kernel: AsyncKernelManager, sample_data: Path, tmp_path: Path) -> None:
    figures = tmp_path / "not" / "yet"
    done = run(path, kernel, INDUCULT_RELEASE=str(sample_data), INDUCULT_FIGURES=str(figures))
    assert [output.text for output in outputs(done) if output.get("name") == "stderr"] == []
    assert any(map(is_figure, outputs(done)))
    if path.stem == "5_changes":
        told = "".join(output.data["text/plain"] for output in outputs(done) if "data" in output)
        assert all(change in told for change in ("new", "gone", "moved", "renamed", "closed"))
    kept = ["accuracy", "branches", "decades", "density", "sites"] if path.stem == "6_figures" else []
    assert sorted(file.name for file in figures.glob("*")) == [f"{n}.{s}" for n in kept for s in ("png", "svg")]


def test_neighbors_do_not_tell_how_far_distances_are_off(capsys: pytest.CaptureFixture[str]) -> None:
    """Two works 5 m apart: of degrees rounded to 10 cm, the share that differs is that of rounding, not of the map."""
    (path,) = [path for path in NOTEBOOKS if path.stem == "2_duckdb"]
    (cell,) = [cell.source for cell in nbformat.read(path, as_version=4).cells if "Geod(" in cell.source]
    near = pd.DataFrame({"distance_m": [4.0, 5_565.0], "lon": 15.0, "lat": [50.0, 50.0], "accuracy_m": 100.0})
    near = near.assign(works_lon=15.0, works_lat=[50.000045, 50.05], name="", region="", works="")
    exec(cell, {"near": near, "inside": near, "nearest": near, "RADIUS_M": 5_000})
    assert "off by up to 0." in capsys.readouterr().out


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """The data of who begins: one list of one region, of which no date is known, and nothing to compare it with."""
    from inducult_geo.pipeline import run_all
    from inducult_geo.run import open_run

    data = tmp_path_factory.mktemp("own") / "data"
    sample = repository / "data" / "raw" / "sample"
    (data / "raw" / "boundaries").mkdir(parents=True)
    (data / "raw" / "partners").mkdir()
    shutil.copy(sample / "boundaries" / "zwickau.geojson", data / "raw" / "boundaries")
    for path in (sample / "partners").glob("zwickau_*"):
        shutil.copy(path, data / "raw" / "partners")
    run_all(["zwickau"], open_run(data))
    return data


@pytest.mark.parametrize(
    "path", [path for path in NOTEBOOKS if path.stem in ("2_duckdb", "4_review")], ids=lambda path: path.stem
)
def test_it_runs_on_a_first_list_without_dates_or_pairs(path: Path, kernel: AsyncKernelManager, own: Path) -> None:
    done = run(path, kernel, INDUCULT_RELEASE=str(own))
    assert [output.text for output in outputs(done) if output.get("name") == "stderr"] == []
    assert "sites of an unknown date" in str(outputs(done)[0])


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> tuple[Path, Path]:
    """Hotmaps alone, then Hotmaps and EUTL, in the eight regions with their real outlines: the older and the newer."""
    from inducult_geo.pipeline import run_all
    from inducult_geo.run import open_run
    from inducult_geo.store import current_release

    data = tmp_path_factory.mktemp("real") / "data"
    (data / "raw" / "partners").mkdir(parents=True)
    (data / "raw" / "boundaries").mkdir()
    for region in REGIONS:
        shutil.copy(shared / "data" / "boundaries" / f"{region}.geojson", data / "raw" / "boundaries")
    releases = []
    for name in ("hotmaps.csv", "eutl.csv"):
        shutil.copy(shared / "data" / "sites" / name, data / "raw" / "partners")
        run_all([], open_run(data))
        releases.append(current_release(open_run(data).folder))
    assert None not in releases
    return releases[0], releases[1]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_on_the_real_release_of_eight_regions(
    path: Path, kernel: AsyncKernelManager, real: tuple[Path, Path]
) -> None:
    older, newer = real
    done = run(path, kernel, INDUCULT_RELEASE=str(newer), INDUCULT_OLDER=str(older))
    assert [output.text for output in outputs(done) if output.get("name") == "stderr"] == []
    assert any(map(is_figure, outputs(done)))
