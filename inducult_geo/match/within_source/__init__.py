"""What one source has more than once: duplicates, a row for each year, works drawn in pieces."""
