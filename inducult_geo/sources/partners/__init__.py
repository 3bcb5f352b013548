"""Read partners' files by their contracts: files, columns, rows."""
