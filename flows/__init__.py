"""Prefect orders the pipeline's stages; what they do lives in the package, which never imports Prefect."""

import os

# Both ends of Prefect's telemetry are off, and a busy machine gets time to start the temporary server:
# set before Prefect is imported, since it reads them once.
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT", "false")
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "180")
