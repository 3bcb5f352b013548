"""Web addresses of sites as sources write them."""

from __future__ import annotations

import re
from typing import Final

_WEB: Final = re.compile(r"^(https?://)?[\w.-]+\.[a-z]{2,}(:\d+)?([/?#]\S*)?$", re.IGNORECASE)


def web_address(text: str | None) -> str | None:
    """Return a web address with its scheme; anything else (a script, a mail) is no website."""
    if not isinstance(text, str) or not _WEB.match(text):
        return None
    return text if text.lower().startswith(("http://", "https://")) else f"https://{text}"
