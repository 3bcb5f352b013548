"""The house: imports go down only, registries are whole, nothing grows past its size."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from spreading import LONGEST

LONGEST_FUNCTION, LONGEST_MODULE = 50, 400


def modules(repository: Path) -> list[Path]:
    return sorted([*(repository / "inducult_geo").rglob("*.py"), *(repository / "flows").rglob("*.py")])


def test_imports_go_down_only(repository: Path) -> None:
    program = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([program, "--no-cache"], cwd=repository, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_modules_and_functions_stay_small(repository: Path) -> None:
    too_long = []
    for path in modules(repository):
        text = path.read_text(encoding="utf-8")
        if len(text.splitlines()) > LONGEST_MODULE:
            too_long.append(path.name)
        functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
        too_long += [
            f"{path.name}:{node.name}" for node in functions if (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
        ]
    assert too_long == []


def test_the_files_of_tests_that_begin_first_are_there(repository: Path) -> None:
    assert [name for name in LONGEST if not (repository / "tests" / f"{name}.py").is_file()] == []


def test_every_public_name_is_where_it_is_said_to_be() -> None:
    import inducult_geo

    for name in inducult_geo.__all__:
        assert callable(getattr(inducult_geo, name))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        inducult_geo.nothing  # noqa: B018


def test_every_dependency_is_used_and_pinned(repository: Path) -> None:
    import re
    import tomllib

    declared = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[<>=\[;]", entry)[0] for entry in declared["dependencies"]]
    pinned = (repository / "constraints.txt").read_text()
    assert [name for name in names if f"\n{name}==" not in f"\n{pinned}"] == []
    homes = {"python-calamine": "python_calamine", "protobuf": "google.protobuf"}
    code = "\n".join(path.read_text(encoding="utf-8") for path in modules(repository))
    unused = [n for n in names if not re.search(rf"\b(import|from) {homes.get(n, n.replace('-', '_'))}\b", code)]
    assert unused == []


def test_constraints_name_no_host_and_hash_everything(repository: Path) -> None:
    text = (repository / "constraints.txt").read_text()
    assert "://" not in text
    packages = [line for line in text.splitlines() if "==" in line]
    assert all(line.endswith("\\") for line in packages)
