"""Decisions of people about pairs of records, and what follows from all of them together."""
