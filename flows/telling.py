"""Who sleeps is told: what happened, what was kept, what to do; through a block of Prefect, where an address is set.

The address (`INDUCULT_NOTIFY_URL`) is any that Apprise knows: `json://host/path` for a webhook, `mailto://` for mail.
It is a secret: it is neither logged nor stored. That nobody could be told never fails a night.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect import get_run_logger
from prefect.blocks.notifications import AppriseNotificationBlock
from prefect.client.schemas.objects import FlowRun, State
from pydantic import SecretStr

from flows.parameters import Parameters, words_of
from inducult_geo.errors import ConfigError
from inducult_geo.outcome import RunOutcome
from inducult_geo.run import Run
from inducult_geo.settings import Settings, load_settings
from inducult_geo.store import DataFolder, current_release
from inducult_geo.text import counted

RUN = "inducult run"
_MOST_LINES = 20

# Of an address that it cannot use it tells the whole, tokens and all, to every log.
logging.getLogger("apprise").addFilter(lambda _record: False)


def tell_outcome(outcome: RunOutcome, run: Run, *, again: str = RUN) -> None:
    """Tell of a night that failed in part, or that changed something; of any, where the settings say so.

    `again` is the command that runs the same by hand.
    """
    news = outcome.exit_code != 0 or (outcome.is_new and (outcome.n_changes != 0 or bool(outcome.gone)))
    if news or run.settings.notify_always:
        send(run.settings.notify_url, *outcome_text(outcome, again), failed=outcome.exit_code != 0)


def tell_crash(_flow: Any, flow_run: FlowRun, state: State[Any]) -> None:
    """Tell of a night that ended with an error of its own: nothing was published."""
    if isinstance(state.result(raise_on_failure=False), RunOutcome):
        return  # told already, by name
    given = (flow_run.parameters or {}).get("parameters") or {}
    asked = given if isinstance(given, Parameters) else Parameters.model_validate(given)
    settings = _settings(asked.data)
    why = words_of(state) or str(state.message)
    send(settings.notify_url, *crash_text(why, DataFolder(settings.data), asked.command), failed=True)


def _settings(data: Path | None) -> Settings:
    """Return the settings; where their file is what ended the night, those of the environment alone."""
    try:
        return load_settings(data)
    except ConfigError:
        return Settings() if data is None else Settings(data=data)


def outcome_text(outcome: RunOutcome, again: str = RUN) -> tuple[str, str]:
    """Return subject and body: what happened, what was kept, what to do (`again` is the command for it)."""
    release = "nothing was published" if outcome.release is None else f"release {outcome.release.name}"
    lines = [f"What happened: {outcome.counted}; {release}, {counted(outcome.n_sites, 'site')}"]
    lines[0] += f", {counted(outcome.n_changes, 'change')}." if outcome.is_new and outcome.n_changes else "."
    if outcome.gone:
        lines += ["", "Look at this:", *_listed(outcome.gone)]
    if outcome.brought:
        lines += ["", "New versions of lists:", *_listed(outcome.brought)]
    if outcome.failures:
        lines += ["", "Failed:", *_listed(outcome.failures)]
        lines += ["", "What was kept: everything else is of this night; of what failed, the data of the last good run"]
        lines[-1] += " stays in the release, marked as stale. Where there was none, it is left out."
        lines += [f"What to do: correct what is named above, then run `{again}`, or wait for the next night."]
    if outcome.release is not None:
        lines += ["", f"The map: {outcome.release / 'index.html'}"]
    subject = f"inducult-geo: {outcome.counted}"
    return subject + (f", {len(outcome.failures)} failed" if outcome.failures else ""), "\n".join(lines)


def _listed(texts: Sequence[str]) -> list[str]:
    """Return texts as lines, the first of many: how many more there are is told, too."""
    more = len(texts) - _MOST_LINES
    return [f"- {text}" for text in texts[:_MOST_LINES]] + ([f"- and {more} more: inducult status"] if more > 0 else [])


def crash_text(why: str, folder: DataFolder, again: str = RUN) -> tuple[str, str]:
    """Return subject and body for a night of which nothing came."""
    held = current_release(folder)
    kept = "There is no release yet." if held is None else f"Release {held.name} is whole and stays the current one."
    body = f"What happened: {why}\n\nWhat was kept: {kept} No decision is lost.\n"
    return "inducult-geo: the run failed, nothing was published", body + (
        f"What to do: correct what is named above and run `{again}`; it goes on from the last whole stage."
    )


def send(address: SecretStr | None, subject: str, body: str, *, failed: bool) -> bool:
    """Send a message; returns whether somebody took it. Without an address nobody is told."""
    if address is None:
        return False
    try:
        block = AppriseNotificationBlock(url=address, notify_type="failure" if failed else "info")
        with block.raise_on_failure():
            block.notify(body=body, subject=subject)
    except Exception as problem:  # whatever a mail server does must not fail the night
        _log().warning("nobody could be told: %s. Look at INDUCULT_NOTIFY_URL.", type(problem).__name__)
        return False
    return True


def _log() -> Any:
    try:
        return get_run_logger()
    except RuntimeError:
        from prefect.logging import get_logger

        return get_logger("inducult")
