"""Read OpenStreetMap: extracts and Overpass give the same objects, and these the same records."""
