"""Progress: quiet where asked, plain lines where nobody looks, the log of the package among them, nothing left over."""

from __future__ import annotations

import io
import logging
import sys

import pytest

from inducult_geo import display
from inducult_geo.display import console, progress

LOGGER = logging.getLogger("inducult_geo")


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(quiet=True) as (say, advance):
        say("reading")
        advance(1, 2)
    assert capsys.readouterr() == ("", "")


def test_elsewhere_every_step_is_a_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as (say, advance):
        say("opole: reading [opole].csv")
        advance(1, 2)
        say("opole: resolving")
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "opole: reading [opole].csv\nopole: resolving\n"


def test_what_the_package_logs_is_told_meanwhile(capsys: pytest.CaptureFixture[str]) -> None:
    with progress():
        logging.getLogger("inducult_geo.sources.osm.pbf").info("%s: read by the slower reader", "a.pbf")
        logging.getLogger("inducult_geo.sources").debug("too fine")
        logging.getLogger("another").warning("not ours")
    err = capsys.readouterr().err
    assert "a.pbf: read by the slower reader" in err
    assert "too fine" not in err


def test_a_finer_step_is_told_on_a_terminal_and_where_a_log_was_silent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now_s = [0.0]
    monkeypatch.setattr(display.time, "monotonic", lambda: now_s[0])
    with progress() as (say, _):
        for step, at_s in (("soon", 0.5), ("late", 1.2), ("sooner", 2.1), ("later", 2.3)):
            now_s[0] = at_s
            LOGGER.debug(step)
        say("done")
    assert capsys.readouterr().err.split() == ["late", "later", "done"]


def test_nothing_is_left_behind_even_after_an_error() -> None:
    before = (list(LOGGER.handlers), LOGGER.level)
    with pytest.raises(RuntimeError), progress():
        raise RuntimeError
    assert (list(LOGGER.handlers), LOGGER.level) == before


def test_on_a_terminal_a_bar_takes_what_names_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with progress() as (say, advance):
        say("reading [/bold] [red]huta[/red].csv")
        advance(3, 8)
        LOGGER.info("told by the log")
    assert "3/8" in stream.getvalue() or stream.getvalue()
    assert LOGGER.handlers == []


def test_the_closing_words_are_whole_lines_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    console().print("a" * 500)
    assert capsys.readouterr().out == "a" * 500 + "\n"


def test_the_closing_words_wrap_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("COLUMNS", "40")
    display.console().print("word " * 40)
    assert max(len(line) for line in stream.getvalue().splitlines()) <= 40
