"""One region's records become its sites, night after night: with what was known of them, cell by cell."""
