"""Refuse servers whose certificate is invalid, and addresses of this machine or its network."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from urllib.parse import urlsplit


def insecure(problem: BaseException) -> str:
    """Say why a server's word that it is the one that was meant does not hold, and what to do."""
    told: BaseException | None = problem
    while told is not None and not isinstance(told, ssl.SSLCertVerificationError):
        told = told.__cause__ or told.__context__
    if told is None:
        return "no secure connection (SSLError). Ask again later."
    return (
        f"its certificate is not valid ({told.verify_message}). Check the clock of this machine; if it is right, tell "
        "those who run that server"
    )


def is_inside(url: str) -> bool:
    """Whether a host is this machine or in its network; one that is not known here is not."""
    try:
        host = urlsplit(url).hostname or ""
        found = {str(one[4][0]).partition("%")[0] for one in socket.getaddrinfo(host, None)}
    except (OSError, ValueError):
        return False
    return any(not ipaddress.ip_address(one).is_global for one in found)
