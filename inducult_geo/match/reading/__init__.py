"""Records read once for all pairs: their words as numbers with their rarity, their places, identifiers and trades."""
