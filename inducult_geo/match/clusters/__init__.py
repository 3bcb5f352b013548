"""Which records are one site, which site is part of another, and what becomes of every pair."""
