"""Dates of registers and tags as first and last years, in twelve languages."""
