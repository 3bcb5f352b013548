"""Pairs of records: which are worth comparing, and what each comparison finds about them."""
