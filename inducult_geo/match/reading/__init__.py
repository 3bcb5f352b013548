"""Prepare records once for all pairs: words with their rarity, places, identifiers and trades."""
