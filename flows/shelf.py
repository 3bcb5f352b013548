"""Releases on loopback, read-only, so that the links in the Prefect UI open: a browser follows no link to a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

LOOPBACK = "127.0.0.1"


class _Releases(SimpleHTTPRequestHandler):
    """Files of whole releases alone: no listing, and nothing whose name begins with a dot."""

    def send_head(self) -> Any:
        """Answer for a file of a release; for anything else, that there is none."""
        # By the path that is opened: in the address a dot may be written as %2E.
        file = Path(self.translate_path(self.path))
        hidden = any(part.startswith(".") for part in file.relative_to(self.directory).parts)
        if hidden or not file.is_file():
            self.send_error(404)
            return None
        return super().send_head()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parameter's name in the base class
        """Say nothing: the log is for what runs at night."""


@contextmanager
def shelf(releases: Path) -> Iterator[str]:
    """Serve a folder of releases while the block lasts; gives its address."""
    server = ThreadingHTTPServer((LOOPBACK, 0), partial(_Releases, directory=str(releases)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
