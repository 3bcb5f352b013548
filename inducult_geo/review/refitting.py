"""Refit the weights to a data folder's own decisions; used where `inducult.toml` names the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from inducult_geo.errors import none_built
from inducult_geo.frames import Records, as_records, concat_records
from inducult_geo.match.decided.decisions import Decisions
from inducult_geo.match.identity.continuity import successors
from inducult_geo.match.learning.refit import Refit, refit, taught_by
from inducult_geo.match.pairs.candidates import compared
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.resolve import sources_of_units, speaking_records
from inducult_geo.memory import decisions_of, registry_of, weights_of
from inducult_geo.run import Run
from inducult_geo.stage import last_stage
from inducult_geo.store import write_json

FILE_NAME = "weights.json"


@dataclass(frozen=True)
class RefitOutcome:
    """What refitting gave: decisions in the log and those that teach, accuracy before and after, the file if any."""

    n_decisions: int
    fit: Refit
    path: Path | None

    @property
    def exit_code(self) -> int:
        """0 where weights were written, 1 where the old ones are as good."""
        return 0 if self.path is not None else 1

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as JSON can hold it."""
        told = {name: value for name, value in self.fit.__dict__.items() if name != "weights"}
        return {"decisions": self.n_decisions, **told, "out": str(self.path) if self.path else None}

    def lines(self) -> list[str]:
        """Tell the outcome, one thing a line."""
        fit = self.fit
        told = [
            f"{self.n_decisions} decisions in force, of which {fit.n_same} 'same' and {fit.n_different} 'different' "
            "are about pairs that were compared and can teach",
            f"decided as the stewards did: {fit.accuracy_before:.1%} before, {fit.accuracy_after:.1%} after "
            "(each pair by weights that did not know it)",
            f"mean logarithmic loss: {fit.loss_before:.3f} before, {fit.loss_after:.3f} after",
        ]
        if fit.moved:
            told.append("moved most: " + ", ".join(f"{name} {by:+.2f}" for name, by in [*fit.moved.items()][:5]))
        if self.path is None:
            return [*told, "Nothing was written: the weights in use are as true to the decisions."]
        return [*told, f'{self.path}: to use them, write weights = "{self.path}" into inducult.toml']


def refit_weights(run: Run) -> RefitOutcome:
    """Refit the weights in use by the decisions, and keep them beside the log where they are better.

    Raises
    ------
    ConfigError
        Where no region was built yet.
    InducultError
        Where there are too few decisions.
    """
    decisions = decisions_of(run)
    records = concat_records([*_records(run, decisions)])
    if records.empty:
        raise none_built(run.folder.root)
    decisions = decisions.carried(successors(decisions.spoken, registry_of(run), {}, records["record_key"]))
    pairs, units = compared(prepare(records)), sources_of_units(run.catalog.sources)
    fit = refit(taught_by(pairs, decisions, units), weights_of(run))
    if not fit.is_better:
        return RefitOutcome(len(decisions), fit, None)
    path = run.folder.decisions.with_name(FILE_NAME)
    about = f"Shipped weights moved by {fit.n_same + fit.n_different} decisions; written by `inducult review fit`."
    write_json(path, fit.weights.document(about))
    return RefitOutcome(len(decisions), fit, path)


def _records(run: Run, decisions: Decisions) -> Iterator[Records]:
    """Yield the accepted records of all regions as last kept, without those that others stand for."""
    for region_id in sorted(run.catalog.regions):
        stage = last_stage(region_id, run)
        if stage is not None:
            records = stage.records()
            kept = records[records["reason"].isna()].sort_values("record_key", ignore_index=True)
            yield speaking_records(as_records(pd.DataFrame(kept)), run.catalog.sources, decisions)[0]
