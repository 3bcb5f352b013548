"""What one source gives more than once: duplicates, a row a year, works drawn in pieces."""
