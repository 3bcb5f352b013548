"""A release opened for reading: frames, SQL, and the evidence behind each site."""
