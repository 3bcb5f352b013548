"""The release's files for researchers: Parquet, CSV, tiles, descriptions, hashes."""
