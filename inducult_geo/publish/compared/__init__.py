"""Releases that are opened again: compared with the one before, typed for research, asked for open questions."""
