"""Partners' files by their contracts: which file, which columns, which rows."""
