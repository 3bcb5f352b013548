"""The named limits that the flows keep to; `python -m flows.limits` creates them on the server in use.

Prefect ignores a limit that does not exist. So the flows ask strictly, and whoever sets a server up creates them once:
`inducult serve` does, and `python -m flows.refresh`.
"""

from __future__ import annotations

import sys

from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL

from flows.environment import reached
from inducult_geo.cli.common import exit_code
from inducult_geo.errors import ConfigError, InducultError
from inducult_geo.sources.web.http import shown

OVERPASS = "overpass"
"""Requests to Overpass servers at one time: they give an address two slots."""

LIMITS = {OVERPASS: 2}


def create_limits() -> None:
    """Create every limit, or bring it to its number."""
    with get_client(sync_client=True) as client:
        for name, slots in LIMITS.items():
            client.upsert_global_concurrency_limit_by_name(name, slots)


def main() -> str:
    """Create them on the server in use; returns what was done.

    Raises
    ------
    InducultError
        Where no server is named, or it gives no answer.
    """
    url = reached(PREFECT_API_URL.value())
    if url is None:
        raise ConfigError("no server is named: set PREFECT_API_URL. That of `inducult serve` has these limits.")
    create_limits()
    return f"{shown(url)}: " + ", ".join(f"{name} {slots} at one time" for name, slots in LIMITS.items())


if __name__ == "__main__":
    try:
        sys.stdout.write(main() + "\n")
    except InducultError as problem:
        sys.stderr.write(f"inducult: {problem}\n")
        sys.exit(exit_code(problem))
