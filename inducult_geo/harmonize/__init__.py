"""Records in one language of coordinates, names, dates and types."""
