"""What a researcher finds beside the data: Parquet, CSV, tiles, a description, hashes."""
