"""Turn coordinates as written into geometries in one system, with their reading and their accuracy."""
