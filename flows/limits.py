"""The named limits that the flows keep to; `python -m flows.limits` creates them on the server in use.

Prefect ignores a limit that does not exist. So the flows ask strictly, and whoever sets a server up creates them once:
`inducult serve` does, and `python -m flows.refresh`.
"""

from __future__ import annotations

import os

import requests
from prefect.client.orchestration import get_client

from inducult_geo.errors import InducultError
from inducult_geo.sources.http import shown

OVERPASS = "overpass"
"""Requests to Overpass servers at one time: they give an address two slots."""

LIMITS = {OVERPASS: 2}


def reached() -> str | None:
    """Return the server that `PREFECT_API_URL` names, if any, once it answers: Prefect would show places in its code.

    Raises
    ------
    InducultError
        Where no answer comes.
    """
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        return None
    try:
        # Whatever it answers: it may want to know who asks, which Prefect tells it.
        requests.get(f"{url.rstrip('/')}/health", timeout=30)
    except requests.RequestException as problem:
        raise InducultError(
            f"PREFECT_API_URL names {shown(url)}, where no server answers ({type(problem).__name__}). Start that "
            "server, or unset PREFECT_API_URL: then one is started here."
        ) from problem
    return url


def create_limits() -> None:
    """Create every limit, or bring it to its number."""
    with get_client(sync_client=True) as client:
        for name, slots in LIMITS.items():
            client.upsert_global_concurrency_limit_by_name(name, slots)


if __name__ == "__main__":
    create_limits()
