"""Site ids that stay: who keeps one, who gets a new one, and what became of those that are gone."""
