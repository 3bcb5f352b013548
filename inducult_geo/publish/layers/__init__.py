"""The layers of a release as they are declared, and the rows of each."""
