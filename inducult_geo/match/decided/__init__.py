"""What people said of two records, and what their words say together."""
