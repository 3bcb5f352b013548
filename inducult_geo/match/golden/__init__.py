"""The best value of each attribute of a site, and which record it comes from."""
