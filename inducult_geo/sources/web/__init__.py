"""Download files: completely or not at all, with a deadline for each request."""
