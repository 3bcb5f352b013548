"""The outcome of a run, in numbers and in one sentence, and the note of it that `inducult status` shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inducult_geo.errors import InducultError, fault_told
from inducult_geo.frames import NO_COUNTS, Counts, Problem
from inducult_geo.run import Run, SourceFacts, new_versions, rows_gone
from inducult_geo.stage import RegionOutcome
from inducult_geo.store import DataFolder, read_json, write_json
from inducult_geo.text import first_few


@dataclass(frozen=True)
class RunOutcome:
    """What a run did: its regions, the release that holds, and what of it is told to the shell.

    `is_new` is false where nothing has changed, so that the release of an earlier night holds. `n_changes` counts the
    changes since the release before (a site may have several); null where that cannot be told. `wide` are the failures
    of no region: wide sources, and contracts that cannot be read. `noticed` is what was found in wide sources that were
    read.
    """

    regions: tuple[RegionOutcome, ...]
    release: Path | None
    counts: Counts
    n_sites: int
    withheld: int
    rejected_by_reason: Mapping[str, int]
    is_new: bool = True
    n_changes: int | None = None
    wide: tuple[SourceFacts, ...] = ()
    noticed: tuple[Problem, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 whole, 1 partly done."""
        return 0 if all(region.is_whole for region in self.regions) and not self.wide else 1

    @property
    def noticed_of_regions(self) -> dict[str, str]:
        """Map what is noticed of regions to those of which it is (see `told_by`)."""
        return told_by((one.region, text) for one in self.regions if one.stage for text in one.stage.problems)

    @property
    def failures(self) -> tuple[str, ...]:
        """What failed, each with its reason: regions, sources and rasters; a wide source once, not once a region."""
        told = [f"{one.region} ({_plain(one.message)})" for one in self.regions if one.state != "fresh"]
        broken: dict[tuple[str, str], list[str]] = {}
        for region in self.regions:
            for fact in region.failed_sources if region.state == "fresh" else ():
                broken.setdefault((fact.source, _plain(fact.message)), []).append(region.region)
        for fact in self.wide:
            broken.setdefault((fact.source, _plain(fact.message)), [])
        told += [f"{source}{_places(places)} ({why})" for (source, why), places in broken.items()]
        return tuple(told)

    @property
    def gone(self) -> tuple[str, ...]:
        """Of which sources many records are gone since the run before, each with what to do."""
        told = [line for region, noticed in self._noticed for line in rows_gone(noticed, region)]
        return (*told, *rows_gone(self.noticed, None))

    @property
    def brought(self) -> tuple[str, ...]:
        """What new versions of lists brought that were read today."""
        told = [line for region, noticed in self._noticed for line in new_versions(noticed, region, days=0)]
        return (*told, *new_versions(self.noticed, None, days=0))

    @property
    def _noticed(self) -> Iterator[tuple[str, tuple[Problem, ...]]]:
        """What was found in the sources of each region."""
        for region in self.regions:
            for fact in region.stage.facts if region.stage is not None else ():
                yield region.region, fact.problems

    @property
    def sentence(self) -> str:
        """The outcome in one sentence, which names everything that failed."""
        return f"{self.counted}; failed: {'; '.join(self.failures)}" if self.failures else self.counted

    @property
    def counted(self) -> str:
        """How many regions are whole, in words: of a single one a number tells nothing."""
        whole = sum(one.is_whole for one in self.regions)
        if len(self.regions) == 1:
            return f"{self.regions[0].region} is {'whole' if whole else 'not whole'}"
        return f"{whole} of {len(self.regions)} regions whole"


def _plain(message: str | None) -> str:
    return " ".join((message or "no reason given").split()).rstrip(".")


def _places(regions: Sequence[str]) -> str:
    return f" in {first_few(regions, 3)}" if regions else ""


def unpublished(outcomes: Sequence[RegionOutcome], wide: tuple[SourceFacts, ...] = ()) -> RunOutcome:
    """Sum up a run that publishes nothing; `wide` are the failures of no region."""
    stages = [outcome.stage for outcome in outcomes if outcome.stage is not None]
    counts = sum((stage.counts for stage in stages), NO_COUNTS)
    rejected: Counter[str] = Counter()
    for stage in stages:
        for fact in stage.facts:
            rejected.update(fact.rejected_by_reason)
    n_sites = sum(stage.n_sites for stage in stages)
    return RunOutcome(tuple(outcomes), None, counts, n_sites, 0, dict(rejected), wide=wide)


@contextmanager
def begin(run: Run) -> Iterator[None]:
    """Note that a run began, and, where it ends with an error, with which one."""
    began = _now()
    write_json(run.folder.noted, {"began": began, "ended": None})
    try:
        yield
    except Exception as problem:
        with suppress(InducultError, OSError):
            _write_note(run, began, 1, _plain(fault_told(problem)), ())
        raise


def note(outcome: RunOutcome, run: Run) -> None:
    """Note how a run ended."""
    began = (last_run(run.folder) or {}).get("began")
    _write_note(run, began, outcome.exit_code, outcome.sentence, outcome.failures)


def last_run(folder: DataFolder) -> dict[str, Any] | None:
    """Return the note of the last run; null where there never was one, or where it is damaged.

    It holds `began`, `ended` (null where the run was killed, or is at work), `exit_code`, `said` and `failures`.
    """
    return read_json(folder.noted)


def _write_note(run: Run, began: str | None, code: int, said: str, failures: Sequence[str]) -> None:
    values = {"began": began, "ended": _now(), "exit_code": code, "said": said, "failures": list(failures)}
    write_json(run.folder.noted, values)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def told_by(said: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Map each text to the regions that tell it, which are named first: what several tell alike is said once."""
    found: dict[str, list[str]] = {}
    for region, text in said:
        found.setdefault(text, []).append(region)
    return {text: ", ".join(dict.fromkeys(regions)) for text, regions in found.items()}
