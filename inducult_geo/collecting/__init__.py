"""One region's records from every source: what lies there, its outline, and what is not taken unasked."""
