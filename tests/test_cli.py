"""The face: what a person types, reads and gets back."""

from __future__ import annotations

import codecs
import gc
import inspect
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pandas as pd
import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from inducult_geo import cli
from inducult_geo.cli.common import exit_code, print_json, refuse_foreign, set_up_output
from inducult_geo.cli.process import packs_slowly
from inducult_geo.errors import ConfigError, InducultError, ReleaseError, SourceError
from inducult_geo.harmonize.places.points import transform_table
from inducult_geo.harmonize.transforms.crs import Transformed
from inducult_geo.match.link import LINK_COLUMNS
from inducult_geo.match.scoring.score import DOUBTED
from inducult_geo.publish.spreadsheet import plain_cell

COUNTEREXAMPLES = sorted((Path(__file__).parent / "counterexamples").glob("*.toml"))
POOL, LOOPS = "ARROW_DEFAULT_MEMORY_POOL", "NPY_DISABLE_CPU_FEATURES"


def inducult(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the program as a person does: another process, its exit code, what it prints."""
    command = [sys.executable, "-c", "from inducult_geo.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, timeout=120)


def told(*arguments: object) -> object:
    """Run in this process, quicker; returns the JSON that was printed."""
    result = CliRunner().invoke(cli.app, [*map(str, arguments), "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def sample(tmp_path: Path, repository: Path) -> Path:
    shutil.copytree(repository / "data" / "raw" / "sample", tmp_path / "data" / "raw" / "sample")
    return tmp_path / "data"


def set_up_of_a_command(*told: str, **environment: str) -> list[object]:
    """Return how often cycles are looked for, Arrow's pool, and NumPy's wide loops where a command has begun.

    NumPy's warnings are errors there; `told` stands for what Linux tells of the processor.
    """
    look = "from numpy._core._multiarray_umath import __cpu_features__ as loops; import gc, json, pyarrow"
    said = "gc.get_threshold(), pyarrow.default_memory_pool().backend_name, loops.get('X86_V4', False)"
    code = f"from inducult_geo import cli\ndef app():\n    {look}\n    print(json.dumps([{said}]))\ncli.app = app\n"
    for text in told:
        code += f"from inducult_geo.cli import process\nprocess.packs_slowly = lambda _: {text}\n"
    known = {name: value for name, value in os.environ.items() if name not in {POOL, LOOPS}}
    asked = [sys.executable, "-W", "error::ImportWarning:numpy", "-c", f"{code}cli.main()"]
    return json.loads(subprocess.run(asked, env=known | environment, capture_output=True, check=True).stdout)


def test_a_command_keeps_memory_looks_for_cycles_seldom_and_sorts_as_the_processor_does_best() -> None:
    threshold, pool, wide = set_up_of_a_command()
    assert threshold[0] > 10 * gc.get_threshold()[0]
    assert pool == "system"
    cpu = Path("/proc/cpuinfo")
    if cpu.exists() and packs_slowly(cpu.read_text(encoding="utf-8")):
        assert not wide


def test_a_persons_own_set_up_holds() -> None:
    *_, usual = set_up_of_a_command("False")
    assert set_up_of_a_command("True", **{POOL: "mimalloc", LOOPS: ""})[1:] == ["mimalloc", usual]


@pytest.mark.parametrize(
    ("vendor", "family", "flags", "slow"),
    [
        pytest.param("AuthenticAMD", 25, "fpu avx2 avx512f avx512bw", True, id="Zen 4"),
        pytest.param("AuthenticAMD", 25, "fpu avx2", False, id="Zen 3"),
        pytest.param("AuthenticAMD", 26, "fpu avx2 avx512f avx512bw", False, id="Zen 5"),
        pytest.param("GenuineIntel", 6, "fpu avx2 avx512f avx512bw", False, id="Intel"),
    ],
)
def test_a_processor_that_packs_vectors_slowly_is_told(vendor: str, family: int, flags: str, slow: bool) -> None:
    one = f"processor\t: 0\nvendor_id\t: {vendor}\ncpu family\t: {family}\nmodel\t\t: 17\nflags\t\t: {flags}\n\n"
    assert packs_slowly(one + "processor\t: 1\nvend") is slow
    assert not packs_slowly("Processor: ARMv8\n")


@pytest.mark.parametrize("encoding", ["iso8859-2", "ascii", "utf-8"])
def test_an_output_of_another_encoding_ends_no_command_and_json_stays_json(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With LANG=pl_PL the first letter that is not written there ended a command with the places in the code."""
    name = "Łódź: Mühle © 𝔐"
    written = io.BytesIO()
    narrow = io.TextIOWrapper(written, encoding=encoding)
    monkeypatch.setattr(sys, "stdout", narrow)
    set_up_output()
    sys.stdout.write(f"{name}\n")
    sys.stdout.flush()
    line = len(written.getvalue())
    print_json({"name": name})
    sys.stdout.flush()
    assert written.getvalue()[:line] == f"{name}\n".encode(encoding, "backslashreplace")
    assert json.loads(written.getvalue()[line:].decode("utf-8")) == {"name": name}


@pytest.mark.parametrize("closed", [1, 2])
def test_an_output_that_is_closed_ends_no_work(closed: int, tmp_path: Path) -> None:
    code = "import sys; sys.argv[1:] = ['--version']; from inducult_geo import cli; cli.main()"
    command = ["sh", "-c", f'exec "$0" -c "$1" {closed}>&-', sys.executable, code]
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_log_that_takes_nothing_ends_no_work_and_is_told_in_a_line(tmp_path: Path) -> None:
    """A run whose log lay on a full disk broke off at its first word, with the places in the code."""
    code = "from inducult_geo import cli, display\ndef app():\n"
    code += "    with display.progress() as (say, _): say('reading')\n"
    code += "    open('done', 'w').close()\n    print('whole')\ncli.app = app\ncli.main()"
    command = [sys.executable, "-c", code]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert ended.returncode == 1
        assert re.fullmatch(
            "reading\ninducult: the work is done, but .*: No space left .* repeat the command.\n", ended.stderr
        )
        (tmp_path / "done").unlink()
        both = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=full, check=False)
    assert (both.returncode, both.stdout) == (0, b"whole\n")
    assert (tmp_path / "done").exists()


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("contract", COUNTEREXAMPLES, ids=lambda path: path.stem)
def test_a_wrong_contract_gets_one_clear_message(
    contract: Path, tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "counterexamples"
    shutil.copytree(contract.parent, folder)
    text = contract.read_text(encoding="utf-8", errors="replace")
    broken = re.search(r"^# breaks: (.+)$", text, re.MULTILINE)
    assert broken is not None
    before = snapshot(tmp_path)
    with pytest.raises(ConfigError) as problem:
        told("check", folder / contract.name, "--data", repository / "data")
    message = str(problem.value)
    assert broken[1].strip() in message
    assert contract.stem in message
    assert "\n" not in message
    assert "Traceback" not in message
    assert snapshot(tmp_path) == before


def test_a_refusal_is_one_line_on_standard_error_and_exit_code_2(repository: Path) -> None:
    result = inducult("check", COUNTEREXAMPLES[0], "--data", repository / "data")
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("inducult: ")
    assert result.stderr.count("\n") == 1


def test_check_tells_what_would_happen_and_writes_nothing(sample: Path) -> None:
    before = snapshot(sample)
    for contract in sorted((sample / "raw" / "sample" / "partners").glob("*.toml")):
        report = told("check", contract, "--data", sample)
        assert report["rows_in"] == report["accepted"] + report["rejected"]
        assert report["rows_in"] > 0
        assert sum(report["rejected_by_reason"].values()) == report["rejected"]
        wanted = {"source", "crs", "reading", "candidates", "operation", "accuracy_m", "problems"}
        assert wanted <= set(report)
    assert snapshot(sample) == before


def test_check_draws_a_map_for_a_person(sample: Path) -> None:
    contract = sample / "raw" / "sample" / "partners" / "zwickau_industriekultur.toml"
    result = CliRunner().invoke(cli.app, ["check", str(contract), "--data", str(sample)])
    assert result.exit_code == 0
    assert "o" in result.stdout
    assert "·" in result.stdout
    assert "EPSG:31468" in result.stdout


def test_run_prints_counts_and_files_to_open(sample: Path) -> None:
    result = CliRunner().invoke(cli.app, ["run", "zwickau", "--data", str(sample)], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    assert "Sample data" in result.stdout
    assert "inducult.gpkg" in result.stdout
    assert "zwickau: reading zwickau.osm" in result.stderr
    verified = CliRunner().invoke(cli.app, ["verify", str(sample / "processed" / "current")])
    assert verified.exit_code == 0
    assert "0 broken" in verified.stdout


def test_run_names_a_broken_source_and_exits_with_1(sample: Path) -> None:
    (sample / "raw" / "sample" / "partners" / "zwickau_industriekultur.csv").write_bytes(b"")
    result = CliRunner().invoke(cli.app, ["run", "zwickau", "--data", str(sample), "--json"])
    assert result.exit_code == 1
    outcome = json.loads(result.stdout)
    (region,) = outcome["regions"]
    states = {source["source"]: source["state"] for source in region["sources"]}
    assert states["zwickau_industriekultur"] == "failed"
    assert states["osm"] == "fresh"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "zwikau"], "Did you mean 'zwickau'"),
        (["run", "--osm", "nowhere.osm.pbf"], "no such file"),
        (["run", "--osm", __file__, "--overpass"], "cannot be used together"),
        (["run", "--catalog", "nowhere"], "no such folder"),
        (["verify", "nowhere"], "no such folder"),
        (["link", "nowhere.toml", "nowhere.toml", "--out", "x.csv"], "no such file"),
        (["check", "nowhere.toml"], "no such file. Look at its name and folder."),
        (["check", "."], "is a folder. Name a .toml file in it."),
        (["link", ".", ".", "--out", "x.csv"], "is not a release, since it holds no sites.parquet"),
        (["check", "nowhere.toml", "--map", "where.png"], "Name it where.svg"),
        (["draft", "nowhere.csv"], "no such file. Look at its name"),
        (["draft", "."], "is a folder. Name a file in it"),
        (["draft", "nowhere.csv", "--out", __file__], "is there already"),
        (["diff", "nowhere", "nowhere"], "no such folder. Name a release"),
        (["review", "export", "nowhere", "--out", "x.csv"], "no such folder. Name a release"),
        (["review", "export", "/", "--out", "x.csv"], "is this the folder of a release"),
        (["review", "export", "--out", "x.csv"], "there is no release yet. Make one: inducult run"),
        (["review", "import", "nowhere.csv"], "no such file"),
        (["publish", "nowhere", "--to", "postgresql://me@host/db"], "no such folder"),
        (["explain", "osm:way/1"], "no record 'osm:way/1'"),
        (["explain", "Huta"], "no region was built yet"),
        (["explain", "IC-1"], "check character"),
        (["explain", "osm:\udcff"], r"'osm:.udcff' is not UTF-8"),
        (["explain", "osm:way/1", "x\udcff"], r"is not UTF-8. Is the terminal set"),
        (["grids", "nowhere", "--list"], "no grid 'nowhere'"),
        (["transform", "nowhere.csv", "--from", "EPSG:2180", "--to", "EPSG:4258", "--country", "PL"], "cannot be read"),
    ],
)
def test_a_wrong_call_is_told_what_to_do(arguments: list[str], said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        CliRunner().invoke(cli.app, [*arguments, *_data(arguments, tmp_path)], catch_exceptions=False)


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_none_can_be_is_refused_before_anything_starts(port: str) -> None:
    made = CliRunner().invoke(cli.app, ["serve", "--port", port])
    assert made.exit_code == 2
    assert "--port" in made.output


def _data(arguments: list[str], tmp_path: Path) -> list[str]:
    names_release = arguments[:2] == ["review", "export"] and arguments[2] != "--out"
    without = arguments[0] in ("verify", "diff", "publish") or names_release
    return [] if without else ["--data", str(tmp_path)]


def test_a_release_is_found_by_the_file_that_names_it_where_a_disk_knows_no_links(
    sample_data: Path, tmp_path: Path
) -> None:
    """On exFAT and some network drives `current` is a file: `verify .../current` found no such folder."""
    (release,) = (sample_data / "processed" / "releases").glob("[0-9]*")
    (tmp_path / "processed" / "releases").mkdir(parents=True)
    # As a link it is no slower to make; what is asked about is `current`.
    (tmp_path / "processed" / "releases" / release.name).symlink_to(release)
    current = tmp_path / "processed" / "current"
    current.write_text(f"{release.name}\n")
    out = tmp_path / "questions.csv"
    assert CliRunner().invoke(cli.app, ["verify", str(current)]).exit_code == 0
    assert CliRunner().invoke(cli.app, ["diff", str(release), str(current)]).exit_code == 0
    for named in ([str(current)], ["--data", str(tmp_path)]):
        assert CliRunner().invoke(cli.app, ["review", "export", *named, "--out", str(out)]).exit_code == 0
    current.write_text("gone\n")
    with pytest.raises(ConfigError, match="there is no release yet"):
        CliRunner().invoke(cli.app, ["verify", str(current)], catch_exceptions=False)


def test_a_site_is_explained_by_its_id_and_by_the_key_of_any_of_its_records(sample_data: Path) -> None:
    def told(*arguments: str) -> str:
        made = CliRunner().invoke(cli.app, ["explain", *arguments, "--data", str(sample_data)], catch_exceptions=False)
        assert made.exit_code == 0
        return made.stdout

    values = json.loads(told("opole_zabytki:6", "--json"))
    site = values["site_id"]
    assert {value["column"] for value in values["values"]} >= {"name", "type", "geometry"}
    assert values["history"][0].startswith("known since ")
    assert told("osm:way/9900070008") == told(site)
    assert f"The id {site}:" in told(site)


@pytest.mark.parametrize("name", ["manifest.json", "inducult.gpkg", "SHA256SUMS"])
def test_a_release_that_was_cut_is_not_said_to_be_unchanged(sample_data: Path, tmp_path: Path, name: str) -> None:
    whole, cut = sample_data / "processed" / "current", tmp_path / "cut"
    shutil.copytree(whole, cut)
    content = (cut / name).read_bytes()
    (cut / name).write_bytes(content[: len(content) // 2] + b"\xff")
    for pair in ((whole, cut), (cut, whole)):
        with pytest.raises(ConfigError, match=name):
            CliRunner().invoke(cli.app, ["diff", *map(str, pair)], catch_exceptions=False)


def test_commands_about_a_release_answer_in_words_and_as_json(sample_data: Path) -> None:
    def call(*arguments: object) -> tuple[int, str]:
        made = CliRunner().invoke(cli.app, [str(argument) for argument in arguments], catch_exceptions=False)
        return made.exit_code, made.stdout

    release = sample_data / "processed" / "current"
    assert call("diff", release, release) == (0, "nothing changed: no site is new, gone or different\n")
    assert call("diff", release, release, "--json") == (0, '{\n "changes": []\n}\n')
    code, text = call("verify", release, "--json")
    findings = json.loads(text)["findings"]
    assert (code, {finding["ok"] for finding in findings}) == (0, {True})
    assert call("ids", "--data", sample_data) == (0, "0 changes of ids\n")
    code, text = call("status", "--data", sample_data, "--json")
    assert json.loads(text)["sites"] > 100
    assert code == 0
    code, text = call("status", "--data", sample_data, "--max-age-h", "0")
    assert (code, text.startswith("needs a look: the release is 0 h old, more than 0")) == (1, True)
    assert call("status", "--data", sample_data, "--max-age-h", "-1")[0] == 2


def test_a_broken_release_is_told_and_goes_nowhere(tmp_path: Path) -> None:
    (tmp_path / "release").mkdir()
    made = CliRunner().invoke(cli.app, ["verify", str(tmp_path / "release")])
    assert made.exit_code == 1
    assert "BROKEN every file is there: inducult.gpkg is missing" in made.stdout
    with pytest.raises(ReleaseError, match="breaks its promises and is not published"):
        CliRunner().invoke(
            cli.app,
            ["publish", str(tmp_path / "release"), "--to", "postgresql://me@127.0.0.1:9/db"],
            catch_exceptions=False,
        )


def test_exit_codes_tell_wrong_calls_from_failures() -> None:
    assert exit_code(ConfigError("x")) == 2
    assert exit_code(SourceError("x")) == 1
    assert exit_code(InducultError("x")) == 1


def every_command(command: Any, name: str = "inducult") -> Iterator[tuple[str, Any]]:
    yield name, command
    for part, child in getattr(command, "commands", {}).items():
        yield from every_command(child, f"{name} {part}")


@pytest.mark.parametrize(("name", "command"), [*every_command(get_command(cli.app))])
def test_every_command_argument_and_option_says_what_it_is(name: str, command: Any) -> None:
    about = command.help or ""
    assert about[:1].isupper(), name
    assert about.rstrip().endswith("."), name
    for parameter in command.params:
        said = parameter.help or ""
        if parameter.name not in ("install_completion", "show_completion"):
            assert said.endswith((".", "?")), f"{name}: {parameter.name} says {said!r}"


@pytest.mark.parametrize("command", [command for _, command in every_command(get_command(cli.app))])
def test_no_command_takes_an_empty_path_for_the_working_directory(command: Any) -> None:
    hints = get_type_hints(inspect.unwrap(command.callback), include_extras=True) if command.callback else {}
    for hint in hints.values():
        if "pathlib" in str(hint):
            (told,) = hint.__metadata__
            with pytest.raises(typer.BadParameter, match=r"the path is empty\. Is a variable not set\? Name a path"):
                told.parser("")


def test_a_data_folder_of_a_variable_that_is_not_set_is_refused() -> None:
    result = CliRunner().invoke(cli.app, ["status", "--data", ""])
    assert (result.exit_code, "the path is empty" in result.stderr) == (2, True)


def test_help_is_quick_and_loads_no_geopandas() -> None:
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom inducult_geo import cli\n"
        "result = CliRunner().invoke(cli.app, ['--help'])\nassert result.exit_code == 0\n"
        "heavy = {'geopandas', 'pandas', 'numpy', 'shapely', 'rasterio', 'prefect', 'osmnx'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_transform_says_operation_and_accuracy(tmp_path: Path) -> None:
    points = tmp_path / "points.csv"
    points.write_text("name,x,y\nZwickau,4530000,5620000\n")
    arguments = ["transform", "--from", "EPSG:31468", "--country", "DE", "--to", "EPSG:25833", str(points)]
    result = CliRunner().invoke(cli.app, [*arguments, "--data", str(tmp_path)], catch_exceptions=False)
    assert result.exit_code == 0
    (row,) = result.stdout.splitlines()[1:]
    assert row.startswith("Zwickau,3")
    points.write_text("name,x,y\nZwickau,4530000,5620000\nanother zone,5530000,5620000\n")
    result = CliRunner().invoke(cli.app, [*arguments, "--data", str(tmp_path)], catch_exceptions=False)
    assert result.exit_code == 1
    assert "another zone,,,,," in result.stdout
    assert "EPSG:31468 is for " in result.stdout
    points.write_text("name,x,y\nnorth of Germany,4530000,6260000\nfar north,4530000,6600000\n")
    result = CliRunner().invoke(cli.app, [*arguments, "--data", str(tmp_path)], catch_exceptions=False)
    near, far = result.stdout.splitlines()[1:]
    assert ",,," not in near
    assert "far north,,,,," in far
    points.write_text("x,y\nthree,four\n")
    with pytest.raises(ConfigError, match="no row holds two numbers: x: 'three'"):
        CliRunner().invoke(cli.app, [*arguments, "--data", str(tmp_path)], catch_exceptions=False)
    for text, said in (
        ("x\n1\n", "exactly one column y"),
        ("x,X,y\n1,2,3\n", "exactly one column x"),
        ("x,y\n4530000,5,5620000,5\n", "rows have more cells than"),
    ):
        points.write_text(text)
        with pytest.raises(ConfigError, match=said):
            CliRunner().invoke(cli.app, [*arguments, "--data", str(tmp_path)], catch_exceptions=False)


@pytest.mark.parametrize(("delimiter", "mark"), [(",", "."), (";", ","), ("\t", "."), (";", ".")])
def test_transform_keeps_every_row_and_says_what_is_wrong(tmp_path: Path, delimiter: str, mark: str) -> None:
    rows = [["id", "X", "Y "], ["007", "4530000.5", "5620000"], ["008", "", "5620000"], ["009", "4530000", "four"],
            ["010", "5620000", "9e9"], ["011", "4 530 000.25", "5 620 000"]]  # fmt: skip
    text = "\n".join(delimiter.join(cell.replace(".", mark) for cell in row) for row in rows)
    points = tmp_path / "points.csv"
    points.write_text("\ufeff" + text + "\n", encoding="utf-8")
    arguments = ["transform", "--from", "31468", "--country", "de", "--to", "EPSG:25833", str(points)]
    result = CliRunner().invoke(cli.app, [*arguments, "--data", str(tmp_path)], catch_exceptions=False)
    assert result.exit_code == 1
    assert "3 of 5 rows have no place" in result.stderr
    table = pd.read_csv(StringIO(result.stdout), dtype=str, keep_default_na=False)
    assert [*table["id"]] == ["007", "008", "009", "010", "011"]
    assert [bool(problem) for problem in table["problem"]] == [False, True, True, True, False]
    assert table["problem"][1] == "x is empty"
    assert "four" in table["problem"][2]
    assert [bool(x) for x in table["x"]] == [True, False, False, False, True]
    assert table["x"][0].partition(".")[2].isdigit()
    assert [*table["accuracy_m"]] == ["3", "", "", "", "3"]
    assert float(table["x"][0]) - float(table["x"][4]) == pytest.approx(0.25, abs=1e-3)


@pytest.mark.parametrize(
    ("target", "y", "written"), [("EPSG:4326", 50.0, "12.123456789"), ("EPSG:25833", 5_620_000.0, "300012.1235")]
)
def test_degrees_and_meters_are_written_as_exactly_as_each_other(target: str, y: float, written: str) -> None:
    """Four decimals of a degree are eleven meters."""
    moved = Transformed(np.array([12.123456789 if y < 90 else 300_012.123456789]), np.array([y]), "none", 1.0)
    table, _ = transform_table(pd.DataFrame({"x": ["1"], "y": ["2"]}), "EPSG:4326", target, lambda _x, _y: moved)
    assert table["x"].tolist() == [written]


@pytest.mark.parametrize("command", [("link", "a.toml", "b.toml"), ("review", "export", "release"), ("draft", "a.csv")])
def test_a_folder_is_no_file_to_write_and_that_is_said_before_any_work(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    result = CliRunner().invoke(cli.app, [*command, "--out", str(tmp_path)])
    assert result.exit_code == 2
    # Put into a box, the line may break anywhere.
    assert "is a directory" in " ".join(result.stderr.replace("│", " ").split())


def test_link_joins_two_tables_and_one_with_a_release(tmp_path: Path, sample: Path, sample_data: Path) -> None:
    release = sample_data / "processed" / "current"
    contract = sample / "raw" / "sample" / "partners" / "zwickau_industriekultur.toml"
    numbers = told("link", contract, release, "--out", tmp_path / "pairs.csv", "--data", sample)
    pairs = pd.read_csv(tmp_path / "pairs.csv")
    assert [*pairs.columns] == [*LINK_COLUMNS]
    assert numbers["match"] == (pairs["decision"] == "match").sum() > 5
    assert pairs["right_id"].str.startswith("IC-").all()
    again = (pairs["decision"] == "match") & pairs["beside"].notna()
    told_doubtful = (pairs["decision"] == "review") | again | (pairs["score"] < DOUBTED)
    assert (pairs["doubtful"] == told_doubtful).all()
    assert numbers["doubtful"] == told_doubtful.sum() < len(pairs)


def test_link_says_how_places_are_read_and_which_of_them_cannot_be_right(tmp_path: Path) -> None:
    works = [("Sensenwerk Ahorn", 14.1), ("Kokerei Buche", 14.4), ("Ziegelei Eiche", 14.7), ("Ölmühle Erle", 15.0)]
    rows = [f"{at},{name},{lon},47.{at}" for at, (name, lon) in enumerate([*works, ("Hammerwerk Esche", 15.3)])]
    for side, x, y in (("left", "lat", "lon"), ("right", "lon", "lat")):
        (tmp_path / f"{side}.toml").write_text(
            f'id = "{side}"\nfiles = ["{side}.csv"]\ncountries = ["AT"]\n[place]\ncrs = "EPSG:4326"\nx = "{x}"\n'
            f'y = "{y}"\n[columns]\nkey = "id"\nname = "name"\n',
            encoding="utf-8",
        )
        table = "\n".join(["id,name,lon,lat", *rows, *(["9,Gasanstalt Ulme,11.6,48.1"] * (side == "right"))])
        (tmp_path / f"{side}.csv").write_text(table + "\n", encoding="utf-8")
    call = ["link", tmp_path / "left.toml", tmp_path / "right.toml", "--out", tmp_path / "pairs.csv"]
    result = CliRunner().invoke(cli.app, [*map(str, call), "--data", str(tmp_path / "data")])
    assert result.exit_code == 0, result.stderr
    said = result.stderr.splitlines()
    assert f"{tmp_path / 'left.toml'}: its coordinates are read with: axes swapped" in said
    assert [line.split(": ", 1)[1] for line in said if line.startswith(f"{tmp_path / 'right.toml'}: ")] == [
        "1 row not in the country told: right.csv line 7 says AT and lies in DE, some 57 km from there. Check "
        "coordinate and country."
    ]
    pairs = pd.read_csv(tmp_path / "pairs.csv")
    assert (pairs["left_id"] == pairs["right_id"]).all()
    assert pairs["distance_m"].max() < 1


@pytest.mark.parametrize("name", ["zwickau_industriekultur.csv", "zwickau_industriekultur.toml", "notes.csv"])
def test_link_writes_over_no_file_but_its_own_table(tmp_path: Path, sample_data: Path, name: str) -> None:
    partners = sample_data / "raw" / "sample" / "partners"
    for part in ("zwickau_industriekultur.toml", "zwickau_industriekultur.csv"):
        shutil.copyfile(partners / part, tmp_path / part)
    (tmp_path / "notes.csv").write_text("left_id;right_id\n", encoding="utf-8")
    before = (tmp_path / name).read_bytes()
    contract, release = tmp_path / "zwickau_industriekultur.toml", sample_data / "processed" / "current"
    result = CliRunner().invoke(cli.app, ["link", str(contract), str(release), "--out", str(tmp_path / name)])
    assert isinstance(result.exception, ConfigError)
    assert "is not a table that this command wrote" in str(result.exception)
    assert (tmp_path / name).read_bytes() == before
    # Of its own, with a mark before it or none, and of nothing at all, it makes the next one.
    heads, quoted = ",".join(LINK_COLUMNS).encode(), '"{}"'.format('";"'.join(LINK_COLUMNS)).encode()
    for begun in (b"", heads, codecs.BOM_UTF8 + heads + b"\r\n", quoted):
        (tmp_path / "pairs.csv").write_bytes(begun)
        refuse_foreign(tmp_path / "pairs.csv", LINK_COLUMNS)


def test_ids_in_pairs_are_no_formulas_and_can_be_read_back(tmp_path: Path) -> None:
    ids = ["=1+1", "@x", "-5", "'=2", "plain", "two\rlines"]
    for side in ("left", "right"):
        (tmp_path / f"{side}.toml").write_text(
            f'id = "{side}"\ntitle = "T"\nfiles = ["{side}.csv"]\nlicence = "CC0-1.0"\nattribution = ""\n'
            'countries = ["AT"]\n[place]\ncrs = "EPSG:4326"\nx = "lon"\ny = "lat"\n'
            '[columns]\nkey = "id"\nname = "name"\n',
            encoding="utf-8",
        )
        rows = [f'"{one}"' + f",Sensenwerk {'ABCDEF'[at]}elm,{14 + at / 10},47.{at}" for at, one in enumerate(ids)]
        (tmp_path / f"{side}.csv").write_text("\n".join(["id,name,lon,lat", *rows]) + "\n", encoding="utf-8")
    # One fits none, one has no place and fits none, one cannot be read.
    rows = ["far,Ölmühle Xaver,9.7,47.2", "placeless,Kokerei Zeta,,", "unread,Ziegelei Ypsilon,abc,47.2"]
    with (tmp_path / "left.csv").open("a", encoding="utf-8") as handle:
        handle.write("\n".join(rows) + "\n")
    out = tmp_path / "pairs.csv"
    numbers = told("link", tmp_path / "left.toml", tmp_path / "right.toml", "--out", out, "--data", tmp_path / "data")
    assert (numbers["left"], numbers["left_in_pairs"], numbers["left_alone"]) == (9, 6, 2)
    assert (numbers["left_rejected"], numbers["right_rejected"]) == ({"bad_coordinate": 1}, {})
    pairs = pd.read_csv(out, dtype=str)
    assert {"'=1+1", "'@x", "-5", "''=2", "plain", "two\rlines"} == {*pairs["left_id"]} == {*pairs["right_id"]}
    assert {plain_cell(text) for text in pairs["left_id"]} == {*ids}
    assert {*pairs["doubtful"]} <= {"True", "False"}
    assert float(pairs["score"][0]) > 0


def test_nothing_outside_is_read_as_markup(sample: Path) -> None:
    path = sample / "raw" / "sample" / "partners" / "limburg_erfgoed.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("C-mine", "[bold]C-mine[/] <script>alert(1)</script>"), encoding="utf-8")
    result = CliRunner().invoke(
        cli.app, ["check", str(path.with_suffix(".toml")), "--data", str(sample)], catch_exceptions=False
    )
    assert result.exit_code == 0


def test_the_server_serves_the_folder_and_the_catalogs_that_are_named(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command becomes another program: what it was told has to arrive there."""
    refused = inducult("serve", "--data", tmp_path / "empty", "--port", 0)
    assert refused.returncode == 2
    assert f"inducult: {tmp_path / 'empty'}: no region has data" in refused.stderr

    from flows.serve import main as serve

    server = typer.Typer()
    server.command()(serve)
    become: list[str] = []
    monkeypatch.setattr(os, "execv", lambda _, words: become.extend(words))

    def said(*arguments: object) -> str:
        become.clear()
        assert CliRunner().invoke(cli.app, ["serve", *map(str, arguments), "--port", "0"]).exit_code == 0
        assert become[:3] == [sys.executable, "-m", "flows.serve"]
        ended = CliRunner().invoke(server, become[3:])
        assert ended.exit_code == 2
        return ended.stderr

    told = said("nowhere", "--overpass", "--data", tmp_path / "empty")
    assert "inducult: the catalog has no region 'nowhere'" in told
    gone = tmp_path / "gone"
    assert str(gone) in said("--data", repository / "data", "--catalog", repository, "--catalog", gone)


def test_a_draft_is_told_which_layer_is_meant(tmp_path: Path, repository: Path) -> None:
    point = '<wpt lat="50.7" lon="12.5"><name>Schacht</name></wpt>'
    track = '<trk><trkseg><trkpt lat="50.7" lon="12.5"/><trkpt lat="50.8" lon="12.5"/></trkseg></trk>'
    head = '<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">'
    (tmp_path / "walk.gpx").write_text(f"{head}{point}{track}</gpx>", encoding="utf-8")
    arguments = ["draft", str(tmp_path / "walk.gpx"), "--data", str(repository / "data")]
    asked = CliRunner().invoke(cli.app, arguments, catch_exceptions=False).stdout
    assert "The file has 2 layers. Name one and draft again: inducult draft --layer waypoints" in asked
    told = CliRunner().invoke(cli.app, [*arguments, "--layer", "waypoints"], catch_exceptions=False).stdout
    assert 'layer = "waypoints" # stated' in told
    assert "# 1 row in" in told
    kept = tmp_path / "walk.toml"
    into = [*arguments, "--out", str(kept)]
    CliRunner().invoke(cli.app, into, catch_exceptions=False)
    assert kept.read_text(encoding="utf-8") == asked
    CliRunner().invoke(cli.app, [*into, "--layer", "waypoints"], catch_exceptions=False)
    assert kept.read_text(encoding="utf-8") == told, "the draft that asked for the choice was in its way"
    with pytest.raises(ConfigError, match="is there already"):
        CliRunner().invoke(cli.app, [*into, "--layer", "tracks"], catch_exceptions=False)


def test_a_draft_can_be_checked_at_once(tmp_path: Path, repository: Path) -> None:
    source = repository / "data" / "raw" / "sample" / "partners" / "zwickau_industriekultur.csv"
    shutil.copy(source, tmp_path / "liste.csv")
    arguments = ["draft", str(tmp_path / "liste.csv"), "--region", "zwickau", "--out", str(tmp_path / "liste.toml")]
    drafted = CliRunner().invoke(cli.app, [*arguments, "--data", str(repository / "data")], catch_exceptions=False)
    assert drafted.exit_code == 0
    assert "guessed" in (tmp_path / "liste.toml").read_text(encoding="utf-8")
    with pytest.raises(ConfigError, match="is there already"):
        CliRunner().invoke(cli.app, arguments, catch_exceptions=False)


def test_grids_are_listed_with_what_their_absence_costs(tmp_path: Path) -> None:
    listed = CliRunner().invoke(cli.app, ["grids", "--list", "--data", str(tmp_path)], catch_exceptions=False)
    assert listed.exit_code == 0
    assert "de_adv_BETA2007.tif" in listed.stdout


def test_fetch_gets_what_changed_and_names_what_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from publisher import Entry, publishing

    regions = tmp_path / "catalog" / "regions"
    regions.mkdir(parents=True)
    for name in ("here", "there"):
        (regions / f"{name}.toml").write_text(
            f'id = "{name}"\ncountry = "LI"\nbbox = [9, 47, 10, 48]\ngeofabrik = "europe/{name}"\n'
            '[boundary]\nfile = "x.geojson"\n'
        )
    with publishing() as publisher:
        publisher["europe/here-latest.osm.pbf"] = Entry(b"\x00\x00\x00\x0dextract", etag='"1"')
        monkeypatch.setenv("INDUCULT_GEOFABRIK_URL", publisher.base)
        monkeypatch.setenv("INDUCULT_RETRY_BASE_S", "0")
        arguments = ["fetch", "here", "there", "--data", str(tmp_path / "data"), "--catalog", str(tmp_path / "catalog")]
        result = CliRunner().invoke(cli.app, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 1
    states = {entry["regions"][0]: entry["state"] for entry in json.loads(result.stdout)["fetched"]}
    assert states["there"] == "failed"
    assert states["here"] != "failed"
    assert [path.suffix for path in (tmp_path / "data" / "raw" / "osm").glob("here-*.pbf")] == [".pbf"]


def test_a_file_that_the_fast_reader_hands_over_says_so(tmp_path: Path, sample: Path) -> None:
    import osmium

    path = sample / "raw" / "sample" / "osm" / "zwickau.osm"
    plain = tmp_path / "unsorted.osm.pbf"
    with osmium.SimpleWriter(str(plain)) as writer:
        for kind in (osmium.osm.WAY, osmium.osm.NODE):
            for element in osmium.FileProcessor(str(path), kind):
                writer.add(element)
    arguments = ["run", "zwickau", "--no-release", "--data", str(sample), "--osm", str(plain)]
    result = CliRunner().invoke(cli.app, arguments, catch_exceptions=False)
    assert "unsorted.osm.pbf: read by pyosmium: " in result.stderr


def test_ids_of_a_folder_without_a_registry_are_not_none_but_unknown(tmp_path: Path) -> None:
    made = CliRunner().invoke(cli.app, ["ids", "--data", str(tmp_path / "nowhere")])
    assert made.exit_code != 0
    assert "0 changes" not in made.output
    assert not [*tmp_path.iterdir()], "asking leaves nothing behind"
