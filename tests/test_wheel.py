"""The wheel works without the repository: in an environment of its own, outside of it, on a copy of the sample."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

LIKE_HELP = "import typer.main, rich.console, rich.markdown, rich.panel, rich.table"
"""What no program can do without that shows help as ours does."""

HELP_MOST = 2.5
PACKED = ("pyproject.toml", "README.md", "LICENSE", "inducult_geo", "flows")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that nothing is left in the tree."""
    source = tmp_path_factory.mktemp("source")
    for name in PACKED:
        path = repository / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, source)
    target = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", target, source]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = target.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the wheel and, by path, the pinned packages; no test needs the internet."""
    home = tmp_path_factory.mktemp("stranger") / "env"
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    command = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run(command, check=True, timeout=300)
    (packages,) = home.glob("lib/python*/site-packages")
    # A path alone: the .pth files there, the editable repository among them, are not looked at.
    (packages / "pinned.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    return home / "bin"


def call(command: list[object], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("PYTHON", "INDUCULT"))}
    return subprocess.run(
        [*map(str, command)], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


def spent(command: list[object], folder: Path) -> float:
    """Run a command three times; returns the least seconds of CPU that it took."""
    took = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = call(command, folder)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.returncode == 0, done.stderr
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(took)


def test_the_wheel_holds_its_tables_styles_and_types(wheel: Path, repository: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    plain = {".py", ".typed"}
    for name in ("inducult_geo", "flows"):
        for path in (repository / name).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert path.relative_to(repository).as_posix() in held, path
    assert any(Path(name).suffix not in plain for name in held)
    assert not any(name.startswith(("tests", "docs", "data", "notebooks")) for name in held)


def test_the_package_comes_from_the_wheel(programs: Path, tmp_path: Path, repository: Path) -> None:
    told = call([programs / "python", "-c", "import inducult_geo; print(inducult_geo.__file__)"], tmp_path)
    assert str(programs.parent) in told.stdout, told.stderr
    assert str(repository) not in told.stdout


def test_help_is_quick_and_loads_no_geopandas(programs: Path, tmp_path: Path) -> None:
    shown, least = (
        spent([programs / program, *arguments], tmp_path)
        for program, arguments in (("inducult", ["--help"]), ("python", ["-c", LIKE_HELP]))
    )
    assert shown < HELP_MOST * least
    asked = "import sys; sys.argv = ['inducult', '--help']\nfrom inducult_geo.cli import main\ntry: main()\nfinally: "
    done = call([programs / "python", "-c", asked + "print('geopandas' in sys.modules, file=sys.stderr)"], tmp_path)
    assert "check" in done.stdout
    assert done.stderr.strip().endswith("False"), done.stderr


def test_a_stranger_runs_the_sample_and_opens_the_release(programs: Path, tmp_path: Path, repository: Path) -> None:
    shutil.copytree(repository / "data" / "raw" / "sample", tmp_path / "data" / "raw" / "sample")
    done = call([programs / "inducult", "run", "--json"], tmp_path)
    assert done.returncode == 0, done.stderr
    script = (
        "import json\nfrom inducult_geo import open_release\nrelease = open_release('data')\n"
        "site = release.site(release.sites['site_id'].iloc[0])\n"
        "rows = release.duckdb().sql('SELECT count(*) FROM sites').fetchall()[0][0]\n"
        "print(json.dumps([len(release.sites), rows, release.about['sites'], site.explain().words]))"
    )
    opened = call([programs / "python", "-c", script], tmp_path)
    assert opened.returncode == 0, opened.stderr
    sites, rows, told, words = json.loads(opened.stdout)
    assert sites == rows == told > 100
    assert " is " in words
    checked = call([programs / "inducult", "verify", "data/processed/current"], tmp_path)
    assert checked.returncode == 0, checked.stdout
