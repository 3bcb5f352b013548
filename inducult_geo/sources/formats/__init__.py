"""Files of any known format: judged before they are read, and read as text, one row a record."""
