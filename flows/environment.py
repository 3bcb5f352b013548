"""The Prefect server that the environment names.

Prefect reads that once, when it is imported: so nothing here imports it, nor does what asks here before it is known.
"""

from __future__ import annotations

import os

import requests

from inducult_geo.errors import InducultError
from inducult_geo.sources.web.http import shown


def reached(url: str | None = None) -> str | None:
    """Return the server that `PREFECT_API_URL` names, if any, once it answers: Prefect would show places in its code.

    `url` is what Prefect itself takes for it, from a profile or a file `.env`; what the environment says where null.

    Raises
    ------
    InducultError
        Where no answer comes.
    """
    url = url or os.environ.get("PREFECT_API_URL")
    if not url:
        return None
    try:
        # Whatever it answers: it may want to know who asks, which Prefect tells it.
        requests.get(f"{url.rstrip('/')}/health", timeout=30)
    except requests.RequestException as problem:
        raise InducultError(
            f"PREFECT_API_URL names {shown(url)}, where no server answers ({type(problem).__name__}). Start that "
            "server, or unset PREFECT_API_URL (in the environment, the Prefect profile or `.env`): then one is started "
            "here."
        ) from problem
    return url
