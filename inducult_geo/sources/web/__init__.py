"""What comes over the net: whole or not at all, with a deadline for each request."""
