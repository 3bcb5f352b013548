"""Coordinates as people, programs and files write them, cell by cell."""
