"""The documentation builds without a warning, leads nowhere that is not there, and its pictures stay small."""

from __future__ import annotations

import ast
import re
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from html.parser import HTMLParser
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urlsplit

import pytest

import inducult_geo
from inducult_geo import open_release
from inducult_geo.harmonize.places.placement import POINTS_MIN, SAME_PLACE_M
from inducult_geo.match.again import NEARLY, SAME_WORKS
from inducult_geo.match.clusters.outcomes import WORTH_ASKING
from inducult_geo.match.golden.years import FAR_M
from inducult_geo.match.learning.refit import FEWEST, FEWEST_OF_EACH
from inducult_geo.match.learning.train import THRESHOLDS
from inducult_geo.match.pairs.places import PRECISE_M
from inducult_geo.match.questions import FAR_SURE, PRECISE_SURE
from inducult_geo.match.reading.misplaced import ASTRAY_FROM_M, ASTRAY_FROM_TIMES, KNOWN_FROM
from inducult_geo.match.scoring.evidence import FAR_FROM_M, PRECISE_FAR_M, SAME_FUEL, SAME_PLANT
from inducult_geo.match.scoring.score import DOUBTED, EVEN, NEARNESS_ALONE, OTHER_UNIT, TRADES_DOUBTED, UNIT
from inducult_geo.publish.layers.declared import LAYERS
from inducult_geo.publish.layers.domains import DOMAINS
from inducult_geo.publish.qgis.pictograms import PICTOGRAMS
from inducult_geo.publish.qgis.symbols import ASPECT_RINGS, THEME_COLORS
from inducult_geo.resolving.cells import CELL_M, HALO_M
from inducult_geo.resolving.region import WIDE_FROM
from inducult_geo.text.lexicon import LOCAL_UP_TO

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
    colors = [*THEME_COLORS.values(), *(mark.color for rings in ASPECT_RINGS.values() for mark, _ in rings)]
    assert all(color in text for color in colors)
    assert all(f'd="{path}"' in text for paths in PICTOGRAMS.values() for path in paths), "as the maps draw them"


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


def test_every_option_that_a_shown_command_has_is_there(repository: Path) -> None:
    """`inducult run --data mydata --afresh`: each option belongs to that very command."""
    from typer.main import get_command

    from inducult_geo.cli import app

    told = "\n".join(path.read_text(encoding="utf-8") for path in (repository / "docs").rglob("*.md"))
    told += (repository / "README.md").read_text(encoding="utf-8")
    wrong, known = [], get_command(app).commands
    shown = re.findall(r"(?:^|`)inducult ([a-z]+)((?: [^`\n#]*)?)", told, re.MULTILINE)
    for name, rest in shown:
        command = known[name]
        first = rest.split()[0] if rest.split() else ""
        command = getattr(command, "commands", {}).get(first, command)
        options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        wrong += [f"{name}{rest}: {option}" for option in re.findall(r"(?<= )--[a-z-]+", rest) if option not in options]
    assert wrong == []
    assert len(shown) > 40


def test_every_query_on_a_page_answers_and_the_law_holds(repository: Path, sample_data: Path) -> None:
    pages = [*(repository / "docs").rglob("*.md"), repository / "README.md"]
    queries = [text for page in pages for text in re.findall(r"```sql\n(.*?)```", page.read_text("utf-8"), re.DOTALL)]
    assert len(queries) >= 3
    with closing(sqlite3.connect(sample_data / "processed" / "current" / "inducult.gpkg")) as release:
        laws = 0
        for query in queries:
            rows = release.execute(query).fetchall()
            assert rows, query
            if "FROM runs" in query:
                records_in, *ends = rows[0]
                assert records_in == sum(ends) > 0, query
                laws += 1
    assert laws >= 2


def test_python_that_a_tour_shows_runs_on_the_sample(repository: Path, sample_data: Path) -> None:
    """The lines of the researcher's tour and of README, with the release where it lies."""
    pytest.importorskip("duckdb")
    pages = [repository / "docs" / "tour-researcher.md", repository / "README.md"]
    for page in pages:
        (block,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        assert "data/processed/current" in block
        found: dict[str, object] = {}
        exec(block.replace("data/processed/current", str(sample_data / "processed" / "current")), found)
        assert len(found["release"].sites) > 100


def test_no_query_of_the_tour_compares_each_row_with_each_other(repository: Path, sample_data: Path) -> None:
    """On 80,000 sites, one that did took a hundred times as long as it takes by sorting."""
    pytest.importorskip("duckdb")
    page = (repository / "docs" / "tour-researcher.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    calls = [call for call in ast.walk(ast.parse(block)) if isinstance(call, ast.Call)]
    queries = [call.args[0].value for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "sql"]
    con = open_release(sample_data / "processed" / "current").duckdb()
    for setting in ("nested_loop_join_threshold", "merge_join_threshold"):
        con.execute(f"SET {setting} = 0")  # small tables are compared so, and large ones planned as if they were large
    plans = [con.execute(f"EXPLAIN (FORMAT json) {query}").fetchall()[0][1] for query in queries]
    slow = [query for query, plan in zip(queries, plans, strict=True) if re.search("NESTED_LOOP|NL_JOIN|CROSS", plan)]
    assert slow == []
    assert any("IE_JOIN" in plan for plan in plans)


def measures(repository: Path) -> ModuleType:
    """The program that measures what the pages show."""
    spec = spec_from_file_location("measure", repository / "docs" / "measure.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_was_measured_names_its_command_and_stands_on_one_page(repository: Path) -> None:
    folder, commands = repository / "docs" / "measured", measures(repository).MEASURES
    assert sorted(path.stem for path in folder.iterdir()) == sorted(commands)
    pages = {path: path.read_text(encoding="utf-8") for path in (repository / "docs").glob("*.md")}
    for name, command in commands.items():
        said = (folder / f"{name}.md").read_text(encoding="utf-8")
        stamp = re.search(r"\*Printed by `python (.+?)` on \d{4}-\d\d-\d\d, commit `[0-9a-f]{7,}`", said)
        assert stamp is not None, name
        assert stamp[1].split()[0] == command.split()[0]  # the last measure may have had fewer sizes
        (page,) = [text for text in pages.values() if f"{{include}} measured/{name}.md" in text]
        assert re.search(rf"`python docs/measure\.py[^`]* {name}\b[^`]*`", page.replace("\n", " ")), name


def test_no_page_states_a_result_of_its_own(repository: Path) -> None:
    """A share, a time or a size is printed by a command, and so comes out of `measured/`; rules are listed here."""
    rules = {"docs/coordinates.md": {"95 %"}}
    figure = re.compile(r"\d[\d,.]* ?%|\d[\d,.]* (?:CPU|MB|GB|ms)\b|\b0\.\d{3,}\b")
    for page in [repository / "README.md", *(repository / "docs").glob("*.md"), *(repository / "docs").glob("d*/*.md")]:
        prose = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert set(figure.findall(prose)) == rules.get(page.relative_to(repository).as_posix(), set()), page


def test_a_measure_is_written_only_when_something_was_measured(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = measures(repository)
    said = {
        "good.py": "print('two *works*\\n\\n| a |\\n|---|\\n| 1 |\\n\\nrow one\\nrow  two')",
        "bad.py": "raise SystemExit('the table is torn')",
        "absent.py": "print('skipped: no labelled tables here')",
    }
    for name, text in said.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(module, "MEASURED", tmp_path / "measured")
    monkeypatch.setattr(module, "MEASURES", {name.partition(".")[0]: str(tmp_path / name) for name in said})
    assert module.measure("good") == ""
    written = (tmp_path / "measured" / "good.md").read_text(encoding="utf-8")
    assert "\n\ntwo \\*works\\*\n\n| a |\n|---|\n| 1 |\n\n```text\nrow one\nrow  two\n```\n\n*Printed by" in written
    (tmp_path / "good.py").write_text(said["bad.py"], encoding="utf-8")
    assert "ended with 1: the table is torn" in module.measure("good")
    assert (tmp_path / "measured" / "good.md").read_text(encoding="utf-8") == written
    assert module.measure("absent") == "absent: skipped: no labelled tables here"
    assert not (tmp_path / "measured" / "absent.md").exists()


@pytest.mark.parametrize(
    ("page", "sentence", "values"),
    [
        ("matching", "From {} a pair is a match, from {} a question", [THRESHOLDS["match"], THRESHOLDS["review"]]),
        (
            "matching",
            'or in a quarter of the compass ("Nord", "Süd") need {}, and are asked about from {}',
            [OTHER_UNIT, DOUBTED],
        ),
        ("matching", "more than {} km from the town that its own record tells", [ASTRAY_FROM_M / 1000]),
        ("matching", "(and {} times as far as most places of that town", [ASTRAY_FROM_TIMES]),
        ("matching", "of which there must be {})", [KNOWN_FROM]),
        ("matching", "those of up to {} letters only in the countries of their language", [LOCAL_UP_TO]),
        ("matching", "further ones from {}; but", [UNIT]),
        ("matching", "which takes the best of two lists, nearness alone needs {}", [NEARNESS_ALONE]),
        ("matching", "places more than {} km and three times their accuracy apart", [FAR_M / 1000]),
        ("matching", "with the capacity or from {} on within twice their accuracy", [SAME_FUEL]),
        ("matching", "(farther apart than {} km and four times their accuracy, with no", [FAR_FROM_M / 1000]),
        ("matching", "where both are accurate to {} m, than {} km)", [PRECISE_M, PRECISE_FAR_M / 1000]),
        ("matching", "from {} on at one place that both are power plants", [SAME_PLANT]),
        ("matching", "are joined by a run from {} on at one place where the name", [SAME_PLANT]),
        (
            "matching",
            "(where nothing but nearness speaks for it: from {}; of what lies elsewhere: from {})",
            [EVEN, DOUBTED],
        ),
        ("matching", "those below {}, where nothing surer", [DOUBTED]),
        ("matching", "where its score is doubtful (from {})", [WORTH_ASKING]),
        ("matching", "likewise those below {} whose places contradict each other", [FAR_SURE]),
        ("matching", "where either place is accurate to {} m, all below {} are asked about", [PRECISE_M, PRECISE_SURE]),
        ("matching", "So are those below {} whose types tell two trades", [TRADES_DOUBTED]),
        ("matching", "whose types tell two trades, if it scores below {}", [TRADES_DOUBTED]),
        ("matching", "what is given again, what else scores below {}", [DOUBTED]),
        ("matching", "it keeps at least {} of what fits, and the two score {}", [NEARLY, SAME_WORKS]),
        ("matching", "by the decisions (at least {}, and {} of each kind)", [FEWEST, FEWEST_OF_EACH]),
        ("coordinates", "fewer than {} different points", [POINTS_MIN]),
        ("coordinates", "two readings fit, more than {} m apart", [SAME_PLACE_M]),
        ("scaling", "a fixed grid of {} km, each with a halo of {} km", [CELL_M / 1000, HALO_M / 1000]),
        ("scaling", "A region of {:,} records and more", [WIDE_FROM]),
    ],
)
def test_rules_on_the_pages_are_those_of_the_program(
    repository: Path, page: str, sentence: str, values: list[float]
) -> None:
    text = " ".join((repository / "docs" / f"{page}.md").read_text(encoding="utf-8").split())
    said = sentence.format(*(int(value) if float(value).is_integer() else value for value in values))
    assert said in text, said


def test_the_page_on_matching_knows_every_module_and_no_other(repository: Path) -> None:
    table = (repository / "docs" / "matching.md").read_text(encoding="utf-8").partition("Where it stands")[2]
    rows = table.partition("\n## ")[0].splitlines()
    told = sorted(name for row in rows if row.startswith("|") for name in re.findall(r"`(\w+)`", row))
    modules = (repository / "inducult_geo" / "match").rglob("*.py")
    assert told == sorted(module.stem for module in modules if module.stem != "__init__")


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
