"""The closed lists of values that a record and a site may have."""

from __future__ import annotations

ASPECTS = ("monument", "factory", "both", "unknown")
STATUSES = ("functional", "projected", "underConstruction", "disused", "decommissioned", "unknown")
PRESENT_USES = ("production", "museum", "culture", "business", "housing", "none", "unknown")
