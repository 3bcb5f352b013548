"""Verify what a release promises, by its files alone."""
