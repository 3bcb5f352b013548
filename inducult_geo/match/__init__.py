"""Matching: which records are one site, with scores, reasons, decisions and ids that stay."""

from inducult_geo.match.candidates import candidates
from inducult_geo.match.decisions import Decision, Decisions, append_decision, read_decisions
from inducult_geo.match.golden import golden
from inducult_geo.match.link import link
from inducult_geo.match.registry import empty_registry
from inducult_geo.match.resolve import Resolution, resolve
from inducult_geo.match.site_ids import check_site_id

__all__ = [
    "Decision",
    "Decisions",
    "Resolution",
    "append_decision",
    "candidates",
    "check_site_id",
    "empty_registry",
    "golden",
    "link",
    "read_decisions",
    "resolve",
]
