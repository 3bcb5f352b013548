"""All regions leave as one release: put together, what may not leave withheld, written, kept whole."""
