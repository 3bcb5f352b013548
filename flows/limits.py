"""The named limits that the flows keep to; `python -m flows.limits` creates them on the server in use.

Prefect ignores a limit that does not exist. So the flows ask strictly, and whoever sets a server up creates them once:
`inducult serve` does, and `python -m flows.refresh`.
"""

from __future__ import annotations

from prefect.client.orchestration import get_client

OVERPASS = "overpass"
"""Requests to Overpass servers at one time: they give an address two slots."""

LIMITS = {OVERPASS: 2}


def create_limits() -> None:
    """Create every limit, or bring it to its number."""
    with get_client(sync_client=True) as client:
        for name, slots in LIMITS.items():
            client.upsert_global_concurrency_limit_by_name(name, slots)


if __name__ == "__main__":
    create_limits()
