"""Site ids that stay: which site keeps one, which gets a new one, and what became of ids that are gone."""
