"""The map page of a release: one HTML file, and the small maps that are drawn like it."""
