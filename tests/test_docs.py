"""The documentation builds without a warning, leads nowhere that is not there, and its pictures stay small."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import inducult_geo
from inducult_geo.publish.domains import DOMAINS
from inducult_geo.publish.layers import LAYERS
from inducult_geo.publish.symbols import ASPECT_RINGS, THEME_MARKS

PICTURES_MAX_BYTES = 1_500_000
LINK = re.compile(r"(?<!`)\[[^\]`]*\]\(([^)\s]+)\)")


class Page(HTMLParser):
    """The anchors of a page and where its links and pictures lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.targets: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value for name, value in attrs if value}
        if "id" in told:
            self.anchors.add(told["id"])
        self.targets += [told[name] for name in ("href", "src") if name in told and tag in ("a", "img")]


@pytest.fixture(scope="module")
def site(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation, built with every warning an error."""
    target = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "sphinx", "-q", "-n", "-W", "--keep-going", "-E", "-d", target / "doctrees"]
    done = subprocess.run(
        [*command, repository / "docs", target / "html"], capture_output=True, text=True, check=False, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, "")
    return target / "html"


def test_every_page_is_reached_and_no_link_is_dead(site: Path) -> None:
    pages = {path.relative_to(site).as_posix(): Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    dead = []
    for name, page in pages.items():
        for target in page.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            here = (site / name).parent / unquote(parts.path) if parts.path else site / name
            path = here.resolve()
            if not path.exists():
                dead.append(f"{name}: {target}")
                continue
            other = pages.get(path.relative_to(site.resolve()).as_posix())
            if parts.fragment and other is not None and unquote(parts.fragment) not in other.anchors:
                dead.append(f"{name}: {target}")
    assert dead == []
    assert len(pages) > 25


def test_the_dictionary_names_every_column_and_value(site: Path) -> None:
    text = (site / "dictionary.html").read_text(encoding="utf-8")
    for layer in LAYERS:
        assert layer.title.replace("'", "’") in text.replace("&#39;", "’") or layer.title in text
        for column in layer.columns:
            assert f">{column.name}<" in text, column.name
    assert all(f">{value}<" in text for value in DOMAINS["status"])


def test_the_symbols_are_those_of_the_program(site: Path) -> None:
    text = (site / "symbols.html").read_text(encoding="utf-8")
    marks = [*THEME_MARKS.values(), *(mark for rings in ASPECT_RINGS.values() for mark, _ in rings)]
    assert all(mark.color in text for mark in marks)


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", "DATA-LICENCES.md", "CODE_OF_CONDUCT.md", "SECURITY.md", "CHANGELOG.md"]
)
def test_links_between_files_of_the_repository_lead_somewhere(repository: Path, name: str) -> None:
    text = (repository / name).read_text(encoding="utf-8")
    inner = [target for target in LINK.findall(text) if "://" not in target and not target.startswith("#")]
    assert [target for target in inner if not (repository / target.partition("#")[0]).exists()] == []


def test_every_command_that_the_pages_show_is_there(repository: Path) -> None:
    """A command or bench that a page names exists."""
    told = "\n".join(path.read_text(encoding="utf-8") for path in (repository / "docs").rglob("*.md"))
    told += (repository / "README.md").read_text(encoding="utf-8")
    from typer.main import get_command

    from inducult_geo.cli import app

    known = set(get_command(app).commands)
    shown = set(re.findall(r"(?<![\w-])inducult ([a-z]+)", re.sub(r"import inducult.*", "", told)))
    assert shown <= known, shown - known
    named = set(re.findall(r"tests/(?:benchmarks/)?[a-z_]+\.py", told))
    assert [name for name in sorted(named) if not (repository / name).is_file()] == []
    targets = set(re.findall(r"`make ([a-z-]+)`", told))
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    assert [target for target in sorted(targets) if f"\n{target}:" not in makefile] == []


def test_there_is_one_version(repository: Path) -> None:
    declared = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert declared == inducult_geo.__version__
    assert f'version: "{declared}"' in (repository / "CITATION.cff").read_text(encoding="utf-8")


def test_check_is_what_the_server_runs(repository: Path) -> None:
    assert (repository / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("make --no-print-directory test")
    assert "\ncheck: test " in (repository / "Makefile").read_text(encoding="utf-8")


def test_the_pictures_are_small_and_all_shown(repository: Path) -> None:
    pictures = [path for path in (repository / "docs" / "pictures").iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in pictures) < PICTURES_MAX_BYTES
    told = "\n".join(path.read_text(encoding="utf-8") for path in (repository / "docs").rglob("*.md"))
    told += (repository / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in pictures if path.name not in told] == []
