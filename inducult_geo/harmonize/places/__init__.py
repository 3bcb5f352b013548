"""From coordinates as written to geometries in one system, with the reading chosen and a true accuracy."""
