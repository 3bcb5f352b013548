"""Choose pairs of records that are worth comparing, and compare them."""
