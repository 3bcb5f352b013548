"""Coordinate systems by whatever name, and pinned operations from one to the other."""
