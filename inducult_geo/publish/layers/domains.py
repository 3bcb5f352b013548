"""The closed lists of values that columns of a release take, each value with its label for a person."""

from __future__ import annotations

from collections.abc import Mapping

from inducult_geo.catalog.labels import labels
from inducult_geo.frames import REJECT_REASONS, REVIEW_REASONS

ON_GRID = "grid"
"""Origin of a place that is published as the cell of a grid; releases of before wrote the cell behind it."""

_STATES = {
    "fresh": "Fresh",
    "stale": "Stale: kept from an earlier run",
    "partial": "Partial: some sources stale or failed",
    "failed": "Failed: not in this release",
}

DOMAINS: Mapping[str, Mapping[str, str]] = {
    "aspect": labels("aspect"),
    "theme": labels("theme"),
    "type": labels("type"),
    "status": labels("status"),
    "present_use": labels("present_use"),
    "year_precision": {
        "day": "To the day",
        "month": "To the month",
        "season": "To the season",
        "year": "To the year",
        "approximate": "About that year, or in doubt",
        "part_of_decade": "Part of a decade",
        "decade": "Decade, or a span as short",
        "turn_of_century": "Turn of a century",
        "part_of_century": "Part of a century",
        "century": "Century",
        "period": "Named period",
        "range": "Some year of a span",
        "open_start": "That year or before",
        "open_end": "That year or later",
    },
    "geometry_origin": labels("geometry_origin"),
    "outcome": {"site": "In a site", "review": "Waits for a person", "rejected": "Cannot be used"},
    "reason": {name: text[:1].upper() + text[1:] for name, text in {**REJECT_REASONS, **REVIEW_REASONS}.items()},
    "pair_decision": {
        "match": "One site (by score or a stated rule)",
        "review": "Doubtful (by score)",
        "no_match": "Two sites (by score)",
        "same": "One site (a person decided)",
        "part_of": "Left is part of right (outline, person)",
        "different": "Two sites (a person decided)",
    },
    "decision": {
        "same": "Both are one site",
        "part_of": "The left is part of the right",
        "different": "They are two sites",
        "undecided": "I take my answer back: ask again",
    },
    "change": {
        "new": "New",
        "gone": "Gone",
        "moved": "Moved",
        "renamed": "Renamed",
        "reopened": "Reopened",
        "closed": "Closed",
        "merged": "Merged into another site",
        "split": "Split from another site",
        "revised": "Other values differ",
    },
    "question_kind": {"pair": "Are these two records one site?", "place": "Where is this record?"},
    "state": _STATES,
    "source_state": {**_STATES, "partial": "Partial: lacking in some regions"},
}
"""Name of a domain -> its values -> their labels. Names are lower case, as the GeoPackage schema extension asks."""
