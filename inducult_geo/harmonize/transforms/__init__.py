"""Coordinate systems by any name, and the pinned operations between them."""
