"""Columns of texts as Arrow arrays: no Python object for each of a million values."""
