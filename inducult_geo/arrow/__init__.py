"""Columns of texts where Arrow holds them: no Python object for each of a million values."""
