"""OpenStreetMap: extracts and Overpass give one kind of objects, and these one kind of records."""
