"""The how-to pages, followed to the letter on a copy of the repository: they work, and change one place only."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from forking import forking

PAGES = sorted(
    path for path in (Path(__file__).resolve().parent.parent / "docs" / "howto").glob("*.md") if path.stem != "index"
)
QUICK = ("partner", "tag")
"""What users add most; the other pages wait for the slow tests, since each runs the pipeline."""
PLACE = re.compile(r"^\*\*One place:\*\* `([^`]+)`$", re.MULTILINE)
BLOCK = re.compile(r"^```(?P<head>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
CAPTION = re.compile(r'\A:caption: "(.*)"\n')
COPIED = ("inducult_geo", "flows", "data")
"""What a user of a clone has; tests and documentation are not needed."""


@dataclass(frozen=True)
class Step:
    """One code block of a page: its language, what its caption says is to be done with it, and its text."""

    language: str
    caption: str
    text: str


def steps(page: Path) -> list[Step]:
    found = []
    for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
        body = block["body"]
        caption = CAPTION.match(body)
        told = caption[1].replace('\\"', '"').replace("\\\\n", "\n") if caption else ""
        language = block["head"].removeprefix("{code-block}").strip()
        found.append(Step(language, told, body[caption.end() :] if caption else body))
    return found


def follow(step: Step, folder: Path, python: list[str]) -> None:
    """Do what one block says; `python` runs a text."""
    if step.caption.startswith("new file: "):
        path = folder / step.caption.removeprefix("new file: ")
        assert not path.exists(), path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(step.text, encoding="utf-8", newline="")
    elif step.caption.startswith("at the end of "):
        with (folder / step.caption.removeprefix("at the end of ")).open("a", encoding="utf-8", newline="") as file:
            file.write(step.text)
    elif step.caption:
        name, anchor = re.fullmatch(r"in (\S+), above the line: (.*)", step.caption, re.DOTALL).groups()
        text = (folder / name).read_text(encoding="utf-8")
        assert text.count(f"\n{anchor}") == 1, f"{name} has not one line {anchor!r}"
        (folder / name).write_text(text.replace(f"\n{anchor}", f"\n{step.text}{anchor}"), encoding="utf-8", newline="")
    elif step.language == "sh":
        run(["bash", "-eu", "-c", step.text], folder, python)
    else:
        assert step.language == "python", f"a {step.language} block needs a caption that says where it goes"
        run([*python, step.text], folder, python)


def run(command: list[str], folder: Path, python: list[str]) -> None:
    """Run a command that meets the code of the copy, not of the repository."""
    programs = folder / ".programs"
    programs.mkdir(exist_ok=True)
    program = programs / "inducult"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(python)} "from inducult_geo.cli import main; main()" "$@"\n')
    program.chmod(0o755)
    environment = {**os.environ, "PYTHONPATH": str(folder), "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, f"{command[-1]}\n{done.stdout}\n{done.stderr}"


def state(folder: Path) -> dict[str, str]:
    """Every file but what Python, the test and runs make, with its hash."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not {"__pycache__", "processed", ".programs"} & set(path.relative_to(folder).parts)
    }


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """What runs a text of Python: a copy of the program is imported anew each time, what it is built on once."""
    with forking(tmp_path_factory.mktemp("forking")) as command:
        yield command


@pytest.fixture
def copy(tmp_path: Path, repository: Path) -> Path:
    for name in COPIED:
        # What Python compiled comes along, which it tells by the time of a file: no page has to wait for it.
        shutil.copytree(repository / name, tmp_path / name, ignore=shutil.ignore_patterns("processed", "partners.own"))
    return tmp_path


def test_there_is_a_page_for_each_thing_that_is_added_in_one_place() -> None:
    assert {page.stem for page in PAGES} == {"region", "partner", "directory", "tag", "comparison", "layer"}


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, id=page.stem, marks=[] if page.stem in QUICK else [pytest.mark.slow]) for page in PAGES],
)
def test_the_page_works_and_touches_one_place(page: Path, copy: Path, python: list[str]) -> None:
    (place,) = PLACE.findall(page.read_text(encoding="utf-8"))
    todo = steps(page)
    assert todo[-1].language == "python", "a page ends with what must be true"
    before = state(copy)
    for step in todo:
        follow(step, copy, python)
    after = state(copy)
    touched = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert place in touched
    own = {name for name in touched if name.startswith("mydata/")}
    assert touched - own <= {place}, "the page names one place of the program"
    assert not any(name in before for name in own)


def test_a_page_whose_promise_does_not_hold_fails(copy: Path, python: list[str]) -> None:
    with pytest.raises(AssertionError, match="no such folder"):
        follow(Step("python", "", "from inducult_geo import open_release\nopen_release('nothing')"), copy, python)


def test_an_anchor_that_is_not_there_fails(copy: Path, python: list[str]) -> None:
    with pytest.raises(AssertionError, match="has not one line"):
        follow(
            Step("python", "in inducult_geo/publish/layers/declared.py, above the line: NOTHING", "x = 1"), copy, python
        )
