"""Form clusters of records that are one site, find parts of sites, and decide the outcome of each pair."""
