"""The layers of a release: their declarations, and the rows of each."""
