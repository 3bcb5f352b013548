"""Web addresses of sites as sources write them."""

from __future__ import annotations

import re
from typing import Final

_WEB: Final = re.compile(r"^(https?://)?[\w.-]+\.[a-z]{2,}(:\d+)?([/?#]\S*)?$", re.IGNORECASE)
_FURTHER: Final = re.compile(r";(?=\s|https?://|www\.).*", re.IGNORECASE)
"""What stands behind the first of several addresses; a semicolon may also be a part of one."""


def web_address(text: str | None) -> str | None:
    """Return a web address with its scheme, of several the first; anything else (a script, a mail) is no website."""
    text = _FURTHER.sub("", text).strip() if isinstance(text, str) else ""
    if not _WEB.match(text):
        return None
    return text if text.lower().startswith(("http://", "https://")) else f"https://{text}"
