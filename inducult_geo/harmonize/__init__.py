"""Bring raw records to one form of coordinates, names, dates and types."""
