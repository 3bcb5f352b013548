"""Geometries as a GeoPackage keeps them: WKB behind a header (GeoPackage 1.3, 2.1.3)."""

from __future__ import annotations

_ENVELOPES = {1: 32, 2: 48, 3: 48, 4: 64}


def wkb_of(blob: bytes) -> bytes | None:
    """Return the WKB in a GeoPackage geometry, which follows 8 bytes and an envelope; None where it is none."""
    if len(blob) < 8 or blob[:2] != b"GP":
        return None
    return blob[8 + _ENVELOPES.get(blob[3] >> 1 & 7, 0) :]
